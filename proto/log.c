/* Log lines: built in one static buffer, counted by event for the rate limit, given to the sink.
 * Not here: what is logged when. */
#include "proto/log.h"
#include <czmq.h>
#include <inttypes.h>

enum {
    LINE_BYTES = 32 * 1024, /* the counters of a busy process are about 10 KiB */
    TEXT_BYTES = 256,       /* of one text, longer ones are cut */
    ESCAPED_BYTES = 6 * TEXT_BYTES,
    LINES_A_SECOND = 10
};

typedef struct rate { /* of one event */
    int64_t since_ms; /* begin of its second, monotonic */
    int64_t lines;    /* in that second */
    int64_t dropped;  /* since the last line that came out */
} rate_t;

typedef struct line {
    char bytes[LINE_BYTES];
    size_t length;
} line_t;

static mm_log_sink_t *log_sink;
static void *log_sink_ctx;
static mm_log_level_t least_level = MM_LOG_INFO;
static zhashx_t *rates; /* event -> rate_t; events are constants, so it is bounded */
static line_t line;

static const char *const level_words[] = {
    [MM_LOG_DEBUG] = "debug",
    [MM_LOG_INFO] = "info",
    [MM_LOG_WARN] = "warn",
    [MM_LOG_ERROR] = "error",
};

static void destroy_rate(void **item)
{
    free(*item);
    *item = NULL;
}

void mm_log_to(mm_log_sink_t *sink, void *ctx)
{
    log_sink = sink;
    log_sink_ctx = ctx;
    zhashx_destroy(&rates);
    if (sink != NULL) {
        rates = zhashx_new();
        zhashx_set_destructor(rates, destroy_rate);
    }
}

/* One write for a whole line, so that lines of two processes do not mix. */
static void write_to_stderr(void *ctx, const char *text)
{
    struct iovec parts[2] = {{.iov_len = strlen(text)}, {.iov_len = 1}};
    static char line_end[] = "\n";

    (void)ctx;
    memcpy(&parts[0].iov_base, &text, sizeof text); /* writev only reads */
    parts[1].iov_base = line_end;
    (void)!writev(STDERR_FILENO, parts, 2);
}

void mm_log_to_stderr(void)
{
    mm_log_to(write_to_stderr, NULL);
}

void mm_log_set_level(mm_log_level_t level)
{
    least_level = level;
}

bool mm_log_level_parse(const char *word, mm_log_level_t *out)
{
    for (size_t i = 0; i < sizeof level_words / sizeof level_words[0]; i++) {
        if (strcmp(word, level_words[i]) == 0) {
            *out = (mm_log_level_t)i;
            return true;
        }
    }
    return false;
}

/* --- a line ------------------------------------------------------------------------------- */

/* All or nothing: a line that is full stays valid JSON.  Two bytes are kept for the end. */
__attribute__((format(printf, 1, 2))) static void append(const char *format, ...)
{
    size_t room = LINE_BYTES - 2 - line.length;
    va_list arguments;
    int length = 0;

    va_start(arguments, format);
    length = vsnprintf(line.bytes + line.length, room, format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length < room)
        line.length += (size_t)length;
    line.bytes[line.length] = '\0';
}

/* Takes one code point off the text; U+FFFD, and one byte, where it is no UTF-8. */
static uint32_t take_code_point(mm_text_t *text)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text->ptr;
    uint32_t code = bytes[0];
    size_t more = code < 0x80   ? 0
                  : code < 0xc0 ? 4
                  : code < 0xe0 ? 1
                  : code < 0xf0 ? 2
                  : code < 0xf8 ? 3
                                : 4;
    size_t i = 1;

    if (more > 0 && more < 4)
        code &= 0x3fu >> more;
    while (i <= more && i < text->len && (bytes[i] & 0xc0) == 0x80)
        code = code << 6 | (bytes[i++] & 0x3fu);
    if (more == 4 || i <= more || code < least[more] || code > 0x10ffff ||
        (code >= 0xd800 && code <= 0xdfff)) {
        code = 0xfffd;
        i = 1;
    }
    text->ptr += i;
    text->len -= i;
    return code;
}

/* Writes the text as the inside of a JSON string, printable ASCII only. */
static void escape(mm_text_t text, char out[ESCAPED_BYTES + 1])
{
    char *at = out;
    size_t left = ESCAPED_BYTES + 1;

    if (text.len > TEXT_BYTES)
        text.len = TEXT_BYTES;
    *at = '\0';
    while (text.len > 0) {
        uint32_t code = take_code_point(&text);
        int length = 0;

        if (code == '"' || code == '\\')
            length = snprintf(at, left, "\\%c", (char)code);
        else if (code >= 0x20 && code < 0x7f)
            length = snprintf(at, left, "%c", (char)code);
        else if (code < 0x10000)
            length = snprintf(at, left, "\\u%04" PRIx32, code);
        else
            length = snprintf(at, left, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd7c0 + (code >> 10),
                              0xdc00 + (code & 0x3ff));
        at += length;
        left -= (size_t)length;
    }
}

static void append_field(const mm_log_field_t *field)
{
    char escaped[ESCAPED_BYTES + 1];

    if (field->is_number) {
        append(",\"%s\":%" PRId64, field->key, field->number);
        return;
    }
    escape(field->text, escaped);
    append(",\"%s\":\"%s\"", field->key, escaped);
}

static void begin(mm_log_level_t level, const char *event)
{
    struct timespec now;
    struct tm day;
    char stamp[32];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &day);
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &day);
    line.length = 0;
    append("{\"ts\":\"%s.%03dZ\",\"level\":\"%s\",\"event\":\"%s\"", stamp,
           (int)(now.tv_nsec / 1000000), level_words[level], event);
}

/* --- the rate ----------------------------------------------------------------------------- */

static rate_t *rate_of(const char *event)
{
    rate_t *rate = zhashx_lookup(rates, event);

    if (rate == NULL) {
        rate = calloc(1, sizeof *rate);
        if (rate == NULL)
            abort();
        zhashx_insert(rates, event, rate);
    }
    return rate;
}

/* May one more line of this event come out?  Errors always may. */
static bool is_admitted(rate_t *rate, mm_log_level_t level)
{
    struct timespec now;
    int64_t now_ms = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (rate->lines == 0 || now_ms - rate->since_ms >= 1000) {
        rate->since_ms = now_ms;
        rate->lines = 0;
    }
    if (rate->lines >= LINES_A_SECOND && level != MM_LOG_ERROR) {
        rate->dropped++;
        return false;
    }
    rate->lines++;
    return true;
}

void mm_log(mm_log_level_t level, const char *event, const mm_log_field_t *fields, size_t count)
{
    rate_t *rate = NULL;

    if (log_sink == NULL || level < least_level)
        return;
    rate = rate_of(event);
    if (!is_admitted(rate, level))
        return;
    begin(level, event);
    if (rate->dropped > 0)
        append(",\"suppressed\":%" PRId64, rate->dropped);
    rate->dropped = 0;
    for (size_t i = 0; i < count; i++)
        append_field(&fields[i]);
    line.bytes[line.length] = '}'; /* append keeps room for it and for the end */
    line.bytes[line.length + 1] = '\0';
    log_sink(log_sink_ctx, line.bytes);
}

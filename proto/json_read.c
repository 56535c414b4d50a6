/* JSON values to msgpack in one pass.
 *
 * The number of a container's elements is not known when its header is written, so a nested one
 * reserves three bytes (array16, map16) and fills them in at its end; an array of more elements
 * makes room for array32 then.  Five bytes for all would let "[[[1.5]]]" outgrow
 * MM_JSON_DECODED_MAX; at most one array in 128 KiB of text pays for a move. */
#include "proto/json_reader.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "proto/json_number.h"
#include "proto/json_string.h"

enum { HEADER = 3 }; /* reserved: a byte of format and 16 bits */

static bool fail(mm_json_reader_t *reader, mm_reason_t reason)
{
    if (reader->reason == MM_REASON_NONE)
        reader->reason = reason;
    return false;
}

static bool overflow(mm_json_reader_t *reader)
{
    reader->out.overflow = true;
    return false;
}

bool mm_json_reader_is_ok(const mm_json_reader_t *reader)
{
    return reader->reason == MM_REASON_NONE && !reader->out.overflow;
}

/* --- headers that are known late ----------------------------------------------------------- */

static size_t room(const mm_json_reader_t *reader)
{
    return reader->out.capacity - reader->out.size;
}

/* Leaves HEADER bytes free and notes where. */
static bool reserve(mm_json_reader_t *reader, size_t *mark)
{
    if (room(reader) < HEADER)
        return overflow(reader);
    *mark = reader->out.size;
    reader->out.size += HEADER;
    return true;
}

static void put_header(uint8_t *at, uint8_t format, uint64_t value, size_t width)
{
    at[0] = format;
    for (size_t i = 1; i <= width; i++)
        at[i] = (uint8_t)(value >> 8 * (width - i));
}

/* Moves what stands behind the reserved header so that it follows one of `size` bytes. */
static bool resize_header(mm_json_reader_t *reader, size_t mark, size_t size)
{
    uint8_t *content = reader->out.bytes + mark + HEADER;
    size_t len = reader->out.size - mark - HEADER;

    if (size > HEADER && room(reader) < size - HEADER)
        return overflow(reader);
    if (size != HEADER)
        memmove(reader->out.bytes + mark + size, content, len);
    reader->out.size = mark + size + len;
    return true;
}

/* The shortest header, as the packer would write it: equal strings are equal bytes. */
static bool close_string(mm_json_reader_t *reader, size_t mark)
{
    size_t len = reader->out.size - mark - HEADER;
    size_t width = len < 32 ? 0 : len <= UINT8_MAX ? 1 : len <= UINT16_MAX ? 2 : 4;
    static const uint8_t formats[] = {[1] = 0xd9, [2] = 0xda, [4] = 0xdb};
    uint8_t format = width == 0 ? (uint8_t)(0xa0 | len) : formats[width];

    if (!resize_header(reader, mark, 1 + width))
        return false;
    put_header(reader->out.bytes + mark, format, len, width);
    return true;
}

static bool close_array(mm_json_reader_t *reader, size_t mark, uint32_t count)
{
    size_t width = count <= UINT16_MAX ? 2 : 4;

    if (!resize_header(reader, mark, 1 + width))
        return false;
    put_header(reader->out.bytes + mark, width == 2 ? 0xdc : 0xdd, count, width);
    return true;
}

/* --- strings ------------------------------------------------------------------------------- */

/* Four hexadecimal digits; -1 when they are not. */
static int32_t read_hex(const uint8_t *at, const uint8_t *end)
{
    int32_t code = 0;

    if (end - at < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        uint8_t byte = at[i], letter = byte | 0x20;
        if (byte >= '0' && byte <= '9')
            code = code << 4 | (byte - '0');
        else if (letter >= 'a' && letter <= 'f')
            code = code << 4 | (letter - 'a' + 10);
        else
            return -1;
    }
    return code;
}

/* Behind "\u".  Takes a whole surrogate pair. */
static bool read_code(mm_json_reader_t *reader, uint32_t *code)
{
    int32_t high = read_hex(reader->at, reader->end);

    if (high < 0)
        return fail(reader, MM_REASON_NOT_JSON);
    reader->at += 4;
    *code = (uint32_t)high;
    if (high < 0xd800 || high > 0xdfff)
        return true;
    bool is_pair = high < 0xdc00 && reader->end - reader->at >= 6 && reader->at[0] == '\\' &&
                   reader->at[1] == 'u';
    int32_t low = is_pair ? read_hex(reader->at + 2, reader->end) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return fail(reader, MM_REASON_SURROGATE);
    reader->at += 6;
    *code = 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
    return true;
}

static bool write_code(mm_json_reader_t *reader, uint32_t code)
{
    size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};

    if (room(reader) < size)
        return overflow(reader);
    uint8_t *to = reader->out.bytes + reader->out.size;
    for (size_t i = size - 1; i > 0; i--, code >>= 6)
        to[i] = (uint8_t)(0x80 | (code & 0x3f));
    to[0] = (uint8_t)(leads[size] | code);
    reader->out.size += size;
    return true;
}

/* At a backslash. */
static bool read_escape(mm_json_reader_t *reader)
{
    static const uint8_t meanings[UINT8_MAX + 1] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
    };
    uint32_t code = 0;

    if (reader->end - reader->at < 2)
        return fail(reader, MM_REASON_NOT_JSON);
    uint8_t meaning = meanings[reader->at[1]];
    bool is_code = reader->at[1] == 'u';
    reader->at += 2;
    if (meaning != 0) {
        if (room(reader) == 0)
            return overflow(reader);
        reader->out.bytes[reader->out.size++] = meaning;
        return true;
    }
    if (!is_code)
        return fail(reader, MM_REASON_NOT_JSON);
    return read_code(reader, &code) && write_code(reader, code);
}

static bool is_utf8(const uint8_t *start, const uint8_t *end)
{
    return mm_text_is_utf8((mm_text_t){(const char *)start, (size_t)(end - start)});
}

/* The content of a string with escapes; `plain` bytes at its start are known to have none. */
static bool read_escaped(mm_json_reader_t *reader, size_t plain, bool has_high)
{
    const uint8_t *start = reader->at;
    size_t mark = 0;

    if (!reserve(reader, &mark))
        return false;
    if (room(reader) < plain)
        return overflow(reader);
    memcpy(reader->out.bytes + reader->out.size, start, plain);
    reader->out.size += plain;
    reader->at += plain;
    for (;;) {
        while (reader->at < reader->end && *reader->at == '\\') /* "\r\n" is two */
            if (!read_escape(reader))
                return false;
        size_t left = (size_t)(reader->end - reader->at), space = room(reader);
        size_t copied = mm_json_copy_plain(reader->out.bytes + reader->out.size, reader->at,
                                           left < space ? left : space, &has_high);
        reader->at += copied;
        reader->out.size += copied;
        if (reader->at == reader->end)
            return fail(reader, MM_REASON_NOT_JSON);
        if (*reader->at == '"')
            break;
        if (*reader->at < 0x20)
            return fail(reader, MM_REASON_NOT_JSON);
        if (*reader->at != '\\' && copied == space)
            return overflow(reader);
    }
    /* Escapes are ASCII and made of it, so the text as sent can be checked at once. */
    if (has_high && !is_utf8(start, reader->at))
        return fail(reader, MM_REASON_UTF8);
    reader->at++;
    return close_string(reader, mark);
}

/* At the opening quote. */
static bool read_string(mm_json_reader_t *reader)
{
    const uint8_t *start = ++reader->at;
    bool has_high = false;
    size_t plain = mm_json_plain(start, (size_t)(reader->end - start), &has_high);
    const uint8_t *stop = start + plain;

    if (stop == reader->end)
        return fail(reader, MM_REASON_NOT_JSON);
    if (*stop == '\\')
        return read_escaped(reader, plain, has_high);
    if (*stop != '"')
        return fail(reader, MM_REASON_NOT_JSON); /* a control character */
    if (has_high && !is_utf8(start, stop))
        return fail(reader, MM_REASON_UTF8);
    mm_write_str(&reader->out, (mm_text_t){(const char *)start, plain});
    reader->at = stop + 1;
    return !reader->out.overflow;
}

/* --- the other values ---------------------------------------------------------------------- */

static bool read_number(mm_json_reader_t *reader)
{
    static const uint8_t minus_zero[] = {0xca, 0x80, 0, 0, 0};
    mm_number_t number;
    size_t len = mm_number_read(reader->at, (size_t)(reader->end - reader->at), &number);

    if (len == 0)
        return fail(reader, MM_REASON_NOT_JSON);
    if (isinf(number.real))
        return fail(reader, MM_REASON_NUMBER_RANGE);
    reader->at += len;
    if (number.is_integer)
        mm_write_i64(&reader->out, number.integer);
    else if (number.real < 0 || number.real > 0)
        mm_write_double(&reader->out, number.real);
    else /* -0 as a short float: nine bytes for two would not keep to MM_JSON_DECODED_MAX */
        mm_write_raw(&reader->out, (mm_slice_t){minus_zero, sizeof minus_zero});
    return !reader->out.overflow;
}

static bool take_word(mm_json_reader_t *reader, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, word, len) != 0)
        return fail(reader, MM_REASON_NOT_JSON);
    reader->at += len;
    return true;
}

static bool read_array(mm_json_reader_t *reader, unsigned depth)
{
    size_t mark = 0;
    uint32_t count = 0;

    if (!reserve(reader, &mark))
        return false;
    reader->at++;
    if (mm_json_reader_peek(reader) != ']') {
        for (;;) {
            if (!mm_json_reader_value(reader, depth))
                return false;
            count++;
            if (mm_json_reader_peek(reader) != ',')
                break;
            reader->at++;
        }
    }
    if (mm_json_reader_peek(reader) != ']')
        return fail(reader, MM_REASON_NOT_JSON);
    reader->at++;
    return close_array(reader, mark, count);
}

static bool read_object(mm_json_reader_t *reader, unsigned depth)
{
    mm_text_t key;
    size_t mark = 0;
    uint32_t count = 0;

    if (!reserve(reader, &mark))
        return false;
    while (mm_json_reader_next(reader, &count, &key))
        if (!mm_json_reader_value(reader, depth))
            return false;
    if (!mm_json_reader_is_ok(reader))
        return false;
    put_header(reader->out.bytes + mark, 0xde, count, 2); /* MM_JSON_MEMBERS fit */
    return true;
}

bool mm_json_reader_next(mm_json_reader_t *reader, uint32_t *count, mm_text_t *key)
{
    uint8_t byte;

    if (*count == 0)
        reader->at++; /* '{' */
    byte = mm_json_reader_peek(reader);
    if (byte == '}') {
        reader->at++;
        return false;
    }
    if (*count > 0) {
        if (byte != ',')
            return fail(reader, MM_REASON_NOT_JSON);
        reader->at++;
        byte = mm_json_reader_peek(reader);
    }
    if (byte != '"')
        return fail(reader, MM_REASON_NOT_JSON);
    if (++*count > MM_JSON_MEMBERS)
        return fail(reader, MM_REASON_TOO_MANY_MEMBERS);
    mm_slice_t written = {reader->out.bytes + reader->out.size, 0};
    if (!read_string(reader))
        return false;
    written.len = (size_t)(reader->out.bytes + reader->out.size - written.ptr);
    mm_cursor_t cursor = mm_cursor(written);
    *key = mm_cursor_str(&cursor);
    if (mm_json_reader_peek(reader) != ':')
        return fail(reader, MM_REASON_NOT_JSON);
    reader->at++;
    return true;
}

bool mm_json_reader_value(mm_json_reader_t *reader, unsigned depth)
{
    switch (mm_json_reader_peek(reader)) {
    case '"':
        return read_string(reader);
    case '{':
    case '[':
        if (depth == MM_JSON_DEPTH)
            return fail(reader, MM_REASON_TOO_DEEP);
        return *reader->at == '{' ? read_object(reader, depth + 1) : read_array(reader, depth + 1);
    case 't':
        mm_write_bool(&reader->out, true);
        return take_word(reader, "true");
    case 'f':
        mm_write_bool(&reader->out, false);
        return take_word(reader, "false");
    case 'n':
        mm_write_nil(&reader->out);
        return take_word(reader, "null");
    default:
        return read_number(reader);
    }
}

uint8_t mm_json_reader_peek(mm_json_reader_t *reader)
{
    for (; reader->at < reader->end; reader->at++) {
        uint8_t byte = *reader->at;
        if (byte > ' ' || (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t'))
            return byte;
    }
    return 0;
}

/* --- a whole text -------------------------------------------------------------------------- */

mm_json_reader_t mm_json_reader(mm_text_t json, uint8_t *out, size_t capacity)
{
    static const uint8_t nothing[1];
    const uint8_t *at = json.len == 0 ? nothing : (const uint8_t *)json.ptr;

    return (mm_json_reader_t){.at = at, .end = at + json.len, .out = mm_writer(out, capacity)};
}

mm_err_t mm_json_reader_finish(mm_json_reader_t *reader, mm_text_t json)
{
    if (mm_json_reader_is_ok(reader)) {
        mm_json_reader_peek(reader);
        if (reader->at != reader->end)
            fail(reader, MM_REASON_NOT_JSON);
    }
    if (reader->reason != MM_REASON_NONE) {
        if (!mm_text_is_utf8(json)) /* also where the reader did not get to */
            reader->reason = MM_REASON_UTF8;
        return MM_ERR_INVALID_MESSAGE;
    }
    return reader->out.overflow ? MM_ERR_TOO_LARGE : MM_OK;
}

mm_err_t mm_json_read(mm_text_t json, uint8_t *out, size_t capacity, size_t *out_len,
                      mm_reason_t *reason)
{
    mm_json_reader_t reader = mm_json_reader(json, out, capacity);

    mm_json_reader_value(&reader, 0);
    mm_err_t err = mm_json_reader_finish(&reader, json);
    *out_len = err == MM_OK ? reader.out.size : 0;
    *reason = err == MM_ERR_INVALID_MESSAGE ? reader.reason : MM_REASON_NONE;
    return err;
}

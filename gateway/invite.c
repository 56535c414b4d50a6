/* See invite.h. */
#include "gateway/invite.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINE_BYTES = 75, YEAR_MAX = 9999, MS_PER_SECOND = 1000, VALUE_BYTES = 2048 };

/* Bytes of the character that begins at `at`, which is UTF-8. */
static size_t char_bytes(const char *at)
{
    size_t len = 1;

    while (((unsigned char)at[len] & 0xc0) == 0x80)
        len++;
    return len;
}

static void put_line(FILE *out, const char *name, const char *value)
{
    size_t used = strlen(name) + 1;

    (void)fprintf(out, "%s:", name);
    while (*value != '\0') {
        size_t len = char_bytes(value);
        if (used + len > LINE_BYTES) {
            (void)fputs("\r\n ", out);
            used = 1;
        }
        (void)fwrite(value, 1, len, out);
        used += len;
        value += len;
    }
    (void)fputs("\r\n", out);
}

/* TEXT of section 3.3.11. */
static void put_text(FILE *out, const char *name, mm_text_t text)
{
    char value[VALUE_BYTES];
    size_t used = 0;

    for (size_t i = 0; i < text.len && used + 3 < sizeof value; i++) {
        char c = text.ptr[i];
        if (c == '\\' || c == ';' || c == ',' || c == '\n')
            value[used++] = '\\';
        if (c == '\n')
            value[used++] = 'n';
        else if ((unsigned char)c >= 0x20 && c != 0x7f)
            value[used++] = c;
    }
    value[used] = '\0';
    put_line(out, name, value);
}

/* True when it was written. */
static bool put_time(FILE *out, const char *name, int64_t time_ms)
{
    time_t seconds = (time_t)(time_ms / MS_PER_SECOND);
    struct tm parts;
    char value[32];

    if (time_ms <= 0 || gmtime_r(&seconds, &parts) == NULL || parts.tm_year + 1900 > YEAR_MAX)
        return false;
    (void)strftime(value, sizeof value, "%Y%m%dT%H%M%SZ", &parts);
    put_line(out, name, value);
    return true;
}

char *mm_invite_print(const mm_invite_t *invite)
{
    mm_text_t title = invite->title.len > 0 ? invite->title : mm_text("MikroMeet meeting");
    char uid[VALUE_BYTES];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert(out != NULL);
    put_line(out, "BEGIN", "VCALENDAR");
    put_line(out, "VERSION", "2.0");
    put_line(out, "PRODID", "-//MikroMeet//MikroMeet " MM_VERSION "//EN");
    put_line(out, "METHOD", "PUBLISH");
    put_line(out, "BEGIN", "VEVENT");
    (void)snprintf(uid, sizeof uid, "%.*s@%s", (int)invite->room.len, invite->room.ptr,
                   invite->host[0] != '\0' ? invite->host : "mikromeet");
    put_text(out, "UID", mm_text(uid));
    (void)put_time(out, "DTSTAMP", invite->stamp_ms);
    if (put_time(out, "DTSTART", invite->start_ms))
        (void)put_time(out, "DTEND", invite->end_ms);
    put_text(out, "SUMMARY", title);
    if (invite->url[0] != '\0')
        put_line(out, "URL", invite->url);
    put_line(out, "END", "VEVENT");
    put_line(out, "END", "VCALENDAR");
    (void)fclose(out);
    assert(text != NULL);
    return text;
}

/* See escape.h. */
#include "admin/escape.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ESCAPE_BYTES = 12, CHAR_BYTES = 4 };

/* Bytes of the character that `text` begins with; 0 when it is none. */
static size_t char_size(mm_text_t text)
{
    for (size_t size = 1; size <= CHAR_BYTES && size <= text.len; size++)
        if (mm_text_is_utf8((mm_text_t){text.ptr, size}))
            return size;
    return 0;
}

static uint32_t code_of(const char *at, size_t size)
{
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = (uint8_t)at[0] & masks[size];

    for (size_t i = 1; i < size; i++)
        code = code << 6 | ((uint8_t)at[i] & 0x3fU);
    return code;
}

/* Unicode's general categories Cc, Cf, Zl, Zp as far as they matter to who reads a line. */
static bool is_hidden(uint32_t code)
{
    static const struct {
        uint32_t low, high;
    } hidden[] = {{0x80, 0x9f},     {0xad, 0xad},      {0x61c, 0x61c},   {0x180e, 0x180e},
                  {0x200b, 0x200f}, {0x2028, 0x202e},  {0x2060, 0x206f}, {0xfeff, 0xfeff},
                  {0xfff9, 0xfffb}, {0xe0000, 0xe0fff}};

    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (code >= hidden[i].low && code <= hidden[i].high)
            return true;
    return false;
}

/* Writes one character to `out`, which has ESCAPE_BYTES; returns how many it took. */
static size_t escape_char(const char *at, size_t size, char *out)
{
    uint32_t code = size > 0 ? code_of(at, size) : (uint8_t)at[0];
    int len;

    if (size == 0 || code < 0x20 || code == 0x7f) {
        len = snprintf(out, ESCAPE_BYTES, "\\x%02" PRIx32, code);
    } else if (is_hidden(code)) {
        len = snprintf(out, ESCAPE_BYTES, "\\u{%" PRIx32 "}", code);
    } else if (code == '\\') {
        len = snprintf(out, ESCAPE_BYTES, "\\\\");
    } else {
        memcpy(out, at, size);
        return size;
    }
    assert(len > 0 && len < ESCAPE_BYTES);
    return (size_t)len;
}

char *mm_escape(mm_text_t text)
{
    char *out = malloc(text.len * ESCAPE_BYTES + 1);
    size_t len = 0;

    assert(out != NULL);
    while (text.len > 0) {
        size_t size = char_size(text), step = size > 0 ? size : 1;
        len += escape_char(text.ptr, size, out + len);
        text.ptr += step;
        text.len -= step;
    }
    out[len] = '\0';
    return out;
}

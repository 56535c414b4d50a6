#include "proto/id.h"

#include <string.h>

mm_id_t mm_id_from_random(const uint8_t random[16])
{
    mm_id_t id;

    memcpy(id.bytes, random, sizeof id.bytes);
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x40); /* version 4 */
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80); /* variant of RFC 9562 */
    return id;
}

bool mm_id_is_nil(const mm_id_t *id)
{
    static const mm_id_t nil;

    return mm_id_equal(id, &nil);
}

bool mm_id_equal(const mm_id_t *a, const mm_id_t *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* A hyphen stands before these bytes. */
static bool has_hyphen_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void mm_id_print(const mm_id_t *id, char out[MM_ID_CHARS])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < sizeof id->bytes; i++) {
        if (has_hyphen_before(i))
            *out++ = '-';
        *out++ = digits[id->bytes[i] >> 4];
        *out++ = digits[id->bytes[i] & 0x0f];
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool mm_id_parse(mm_text_t text, mm_id_t *out)
{
    mm_id_t id;
    const char *at = text.ptr;

    memset(out, 0, sizeof *out);
    if (text.len != MM_ID_CHARS)
        return false;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (has_hyphen_before(i) && *at++ != '-')
            return false;
        int high = hex_digit(at[0]), low = hex_digit(at[1]);
        if (high < 0 || low < 0)
            return false;
        id.bytes[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    *out = id;
    return true;
}

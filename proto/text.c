#include "proto/text.h"

#include <string.h>

mm_text_t mm_text(const char *terminated)
{
    return (mm_text_t){terminated, terminated == NULL ? 0 : strlen(terminated)};
}

bool mm_text_is(mm_text_t text, const char *terminated)
{
    return mm_text_equal(text, mm_text(terminated));
}

bool mm_text_equal(mm_text_t a, mm_text_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Length of the sequence at `at`, 0 when it is not well formed (RFC 3629, section 4). */
static size_t sequence(const uint8_t *at, size_t left)
{
    uint8_t first = at[0];
    uint8_t low = 0x80, high = 0xbf; /* bounds of the second byte */

    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (left < size)
        return 0;
    if (first == 0xe0)
        low = 0xa0; /* overlong */
    else if (first == 0xed)
        high = 0x9f; /* surrogates */
    else if (first == 0xf0)
        low = 0x90; /* overlong */
    else if (first == 0xf4)
        high = 0x8f; /* above U+10FFFF */
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if (!is_continuation(at[i]))
            return 0;
    return size;
}

bool mm_text_is_utf8(mm_text_t text)
{
    const uint8_t *at = (const uint8_t *)text.ptr;
    size_t left = text.len;

    while (left > 0) {
        uint64_t block;
        while (left >= sizeof block) { /* most text is ASCII */
            memcpy(&block, at, sizeof block);
            if ((block & UINT64_C(0x8080808080808080)) != 0)
                break;
            at += sizeof block;
            left -= sizeof block;
        }
        if (left == 0)
            return true;
        size_t size = sequence(at, left);
        if (size == 0)
            return false;
        at += size;
        left -= size;
    }
    return true;
}

size_t mm_text_chars(mm_text_t text)
{
    size_t chars = 0;

    for (size_t i = 0; i < text.len; i++)
        chars += !is_continuation((uint8_t)text.ptr[i]);
    return chars;
}

/* The code point at the start of `text`, which is not empty; its bytes go to `size`.  A byte
 * that begins no sequence counts as one character, U+FFFD. */
static uint32_t first_char(mm_text_t text, size_t *size)
{
    const uint8_t *at = (const uint8_t *)text.ptr;
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};

    *size = sequence(at, text.len);
    if (*size == 0) {
        *size = 1;
        return 0xfffd;
    }
    uint32_t code = at[0] & masks[*size];
    for (size_t i = 1; i < *size; i++)
        code = code << 6 | (at[i] & 0x3fU);
    return code;
}

/* WhiteSpace and LineTerminator of ECMA-262, sections 12.2 and 12.3. */
static bool is_white(uint32_t code)
{
    return (code >= 0x09 && code <= 0x0d) || code == 0x20 || code == 0xa0 || code == 0x1680 ||
           (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
           code == 0x202f || code == 0x205f || code == 0x3000 || code == 0xfeff;
}

static mm_text_t trim_end(mm_text_t text)
{
    while (text.len > 0) {
        size_t start = text.len - 1, size;
        while (start > 0 && text.len - start < 4 && is_continuation((uint8_t)text.ptr[start]))
            start--;
        mm_text_t last = {text.ptr + start, text.len - start};
        if (!is_white(first_char(last, &size)) || size != last.len)
            break;
        text.len = start;
    }
    return text;
}

mm_text_t mm_text_trim(mm_text_t text)
{
    size_t size;

    while (text.len > 0 && is_white(first_char(text, &size))) {
        text.ptr += size;
        text.len -= size;
    }
    return trim_end(text);
}

static bool may_stand_in_name(uint32_t code)
{
    bool is_control = code < 0x20 || (code >= 0x7f && code <= 0x9f);
    bool is_bidi = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
                   code == 0x200e || code == 0x200f || code == 0x061c;

    return !is_control && !is_bidi;
}

mm_text_t mm_text_clean_name(mm_text_t raw, char out[MM_NAME_BYTES])
{
    static const char nobody[] = "Guest";
    mm_text_t name = {out, 0};
    size_t chars = 0, size;

    for (; raw.len > 0 && chars < MM_NAME_CHARS; raw.ptr += size, raw.len -= size) {
        uint32_t code = first_char(raw, &size);
        bool is_leading = name.len == 0 && is_white(code);
        bool is_broken = size == 1 && code == 0xfffd;
        if (is_leading || is_broken || !may_stand_in_name(code))
            continue;
        memcpy(out + name.len, raw.ptr, size);
        name.len += size;
        chars++;
    }
    name = trim_end(name);
    if (name.len == 0) {
        memcpy(out, nobody, sizeof nobody - 1);
        name.len = sizeof nobody - 1;
    }
    return name;
}

#include "proto/json_string.h"

#include <string.h>

#if defined(__SSE2__) && !defined(MM_JSON_PORTABLE)
#include <emmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_NEON) && !defined(MM_JSON_PORTABLE)
#include <arm_neon.h>
#endif

static bool is_special(uint8_t byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\';
}

/* Each kind of block has its size and one function: the number of plain bytes at its start,
 * with `*has_high` set when one of these is above 0x7f. */

#if defined(__SSE2__) && !defined(MM_JSON_PORTABLE)

enum { BLOCK = 16 };

static inline size_t plain_in_block(const uint8_t *at, bool *has_high)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    __m128i special = _mm_or_si128(_mm_or_si128(quote, backslash), control);
    unsigned stops = (unsigned)_mm_movemask_epi8(special) | 1U << BLOCK;
    unsigned before = stops & -stops; /* the first stop */

    *has_high |= ((unsigned)_mm_movemask_epi8(bytes) & (before - 1)) != 0;
    return (size_t)__builtin_ctz(stops);
}

#elif defined(__aarch64__) && defined(__ARM_NEON) && !defined(MM_JSON_PORTABLE)

enum { BLOCK = 16 };

/* Four bits for each byte: NEON has no movemask, but it narrows. */
static inline uint64_t nibbles(uint8x16_t mask)
{
    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(mask), 4)), 0);
}

static inline size_t plain_in_block(const uint8_t *at, bool *has_high)
{
    uint8x16_t bytes = vld1q_u8(at);
    uint8x16_t quote = vceqq_u8(bytes, vdupq_n_u8('"'));
    uint8x16_t backslash = vceqq_u8(bytes, vdupq_n_u8('\\'));
    uint8x16_t control = vcltq_u8(bytes, vdupq_n_u8(0x20));
    uint64_t stops = nibbles(vorrq_u8(vorrq_u8(quote, backslash), control));
    uint64_t highs = nibbles(vcgeq_u8(bytes, vdupq_n_u8(0x80)));

    if (stops == 0) {
        *has_high |= highs != 0;
        return BLOCK;
    }
    *has_high |= (highs & ((stops & -stops) - 1)) != 0;
    return (size_t)__builtin_ctzll(stops) / 4;
}

#else

enum { BLOCK = 8 };

static inline size_t plain_in_block(const uint8_t *at, bool *has_high)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    uint64_t bytes;

    memcpy(&bytes, at, sizeof bytes);
    /* A byte that is smaller than n borrows into its own top bit; below the first one that does,
     * nothing is exact, so this only answers whether there is any. */
    uint64_t quote = bytes ^ ones * '"', backslash = bytes ^ ones * '\\';
    uint64_t special = ((bytes - ones * 0x20) & ~bytes) | ((quote - ones) & ~quote) |
                       ((backslash - ones) & ~backslash);
    if ((special & highs) == 0) {
        *has_high |= (bytes & highs) != 0;
        return BLOCK;
    }
    size_t plain = 0;
    for (; plain < BLOCK && !is_special(at[plain]); plain++)
        *has_high |= at[plain] >= 0x80;
    return plain;
}

#endif

size_t mm_json_plain(const uint8_t *text, size_t len, bool *has_high)
{
    size_t at = 0;
    bool high = false;

    while (len - at >= BLOCK) {
        size_t plain = plain_in_block(text + at, &high);
        at += plain;
        if (plain < BLOCK)
            goto out;
    }
    for (; at < len && !is_special(text[at]); at++)
        high |= text[at] >= 0x80;
out:
    *has_high |= high;
    return at;
}

size_t mm_json_copy_plain(uint8_t *to, const uint8_t *text, size_t len, bool *has_high)
{
    size_t at = 0;
    bool high = false;

    while (len - at >= BLOCK) {
        memcpy(to + at, text + at, BLOCK);
        size_t plain = plain_in_block(text + at, &high);
        at += plain;
        if (plain < BLOCK)
            goto out;
    }
    for (; at < len && !is_special(text[at]); at++) {
        to[at] = text[at];
        high |= text[at] >= 0x80;
    }
out:
    *has_high |= high;
    return at;
}

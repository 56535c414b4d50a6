#include "proto/json_string.h"

#include <string.h>

/* Each kind of block has: load; special, a block with a mark for each byte that is not plain;
 * join, all marks or bits of two blocks; is_marked; has_high, whether a byte is above 0x7f;
 * plain_before, the number of plain bytes at its start. */

#if defined(__SSE2__) && !defined(MM_JSON_PORTABLE)
#include <emmintrin.h>

enum { BLOCK = 16 };
typedef __m128i block_t;

static inline block_t load(const uint8_t *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline block_t join(block_t a, block_t b)
{
    return _mm_or_si128(a, b);
}

static inline block_t special(block_t bytes)
{
    block_t quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    block_t backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    block_t control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);

    return join(join(quote, backslash), control);
}

static inline bool is_marked(block_t marks)
{
    return _mm_movemask_epi8(marks) != 0;
}

static inline bool has_high(block_t bytes)
{
    return _mm_movemask_epi8(bytes) != 0;
}

static inline size_t plain_before(const uint8_t *at, block_t marks)
{
    (void)at;
    return (size_t)__builtin_ctz((unsigned)_mm_movemask_epi8(marks));
}

#elif defined(__aarch64__) && defined(__ARM_NEON) && !defined(MM_JSON_PORTABLE)
#include <arm_neon.h>

enum { BLOCK = 16 };
typedef uint8x16_t block_t;

static inline block_t load(const uint8_t *at)
{
    return vld1q_u8(at);
}

static inline block_t join(block_t a, block_t b)
{
    return vorrq_u8(a, b);
}

static inline block_t special(block_t bytes)
{
    block_t quote = vceqq_u8(bytes, vdupq_n_u8('"'));
    block_t backslash = vceqq_u8(bytes, vdupq_n_u8('\\'));

    return join(join(quote, backslash), vcltq_u8(bytes, vdupq_n_u8(0x20)));
}

/* Four bits for each byte: NEON has no movemask, but it narrows. */
static inline uint64_t nibbles(block_t marks)
{
    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(marks), 4)), 0);
}

static inline bool is_marked(block_t marks)
{
    return nibbles(marks) != 0;
}

static inline bool has_high(block_t bytes)
{
    return vmaxvq_u8(bytes) >= 0x80;
}

static inline size_t plain_before(const uint8_t *at, block_t marks)
{
    (void)at;
    return (size_t)__builtin_ctzll(nibbles(marks)) / 4;
}

#else

enum { BLOCK = 8 };
typedef uint64_t block_t;

static const block_t ones = UINT64_C(0x0101010101010101);

static inline block_t load(const uint8_t *at)
{
    block_t bytes;

    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

static inline block_t join(block_t a, block_t b)
{
    return a | b;
}

static inline bool has_high(block_t bytes)
{
    return (bytes & ones * 0x80) != 0;
}

/* A byte below n borrows into its own top bit, and perhaps from the next byte: so the marks
 * say exactly whether there is one, but not where. */
static inline block_t special(block_t bytes)
{
    block_t quote = bytes ^ ones * '"', backslash = bytes ^ ones * '\\';

    return ((bytes - ones * 0x20) & ~bytes) | ((quote - ones) & ~quote) |
           ((backslash - ones) & ~backslash);
}

static inline bool is_marked(block_t marks)
{
    return has_high(marks);
}

static inline size_t plain_before(const uint8_t *at, block_t marks)
{
    size_t plain = 0;

    (void)marks;
    while (at[plain] >= 0x20 && at[plain] != '"' && at[plain] != '\\')
        plain++;
    return plain;
}

#endif

static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\';
}

/* How often a byte above 0x7f stands in front of the first special one does not matter, only
 * whether: so this is asked for the few bytes of the last block one by one. */
static bool any_high(const uint8_t *at, size_t len)
{
    uint8_t all = 0;

    for (size_t i = 0; i < len; i++)
        all |= at[i];
    return all >= 0x80;
}

enum { WIDE = 4 * BLOCK };

/* Four blocks at once, for long texts without anything special; the caller goes on where it stops. */
static inline size_t skip_wide(uint8_t *to, const uint8_t *text, size_t len, bool *high)
{
    size_t at = 0;

    for (; len - at >= WIDE; at += WIDE) {
        block_t a = load(text + at), b = load(text + at + BLOCK), c = load(text + at + 2 * BLOCK),
                d = load(text + at + 3 * BLOCK);
        if (is_marked(join(join(special(a), special(b)), join(special(c), special(d)))))
            break;
        *high |= has_high(join(join(a, b), join(c, d)));
        if (to != NULL)
            memcpy(to + at, text + at, WIDE);
    }
    return at;
}

/* Both functions in one; `to` is NULL where nothing is copied, which the compiler sees. */
static inline size_t take_plain(uint8_t *to, const uint8_t *text, size_t len, bool *high)
{
    size_t at = 0;

    while (len - at >= BLOCK) {
        block_t bytes = load(text + at), marks = special(bytes);
        if (to != NULL)
            memcpy(to + at, text + at, BLOCK);
        if (is_marked(marks)) {
            size_t plain = plain_before(text + at, marks);
            if (has_high(bytes))
                *high |= any_high(text + at, plain);
            return at + plain;
        }
        *high |= has_high(bytes);
        at += BLOCK;
        if (at == WIDE) /* it is a long one */
            at += skip_wide(to == NULL ? NULL : to + at, text + at, len - at, high);
    }
    size_t rest = at;
    for (; at < len && is_plain(text[at]); at++)
        if (to != NULL)
            to[at] = text[at];
    *high |= any_high(text + rest, at - rest);
    return at;
}

size_t mm_json_plain(const uint8_t *text, size_t len, bool *has_high_byte)
{
    bool high = false;
    size_t plain = take_plain(NULL, text, len, &high);

    *has_high_byte |= high;
    return plain;
}

size_t mm_json_copy_plain(uint8_t *to, const uint8_t *text, size_t len, bool *has_high_byte)
{
    bool high = false;
    size_t plain = take_plain(to, text, len, &high);

    *has_high_byte |= high;
    return plain;
}

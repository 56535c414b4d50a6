/* The block scanner in both builds: the one of this machine and the plain C one, which is compiled here
 * a second time under other names, each compared with a loop over the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "proto/json_string.h"

size_t portable_plain(const uint8_t *text, size_t len, bool *has_high_byte);
size_t portable_copy_plain(uint8_t *to, const uint8_t *text, size_t len, bool *has_high_byte);

#define MM_JSON_PORTABLE
#define mm_json_plain      portable_plain
#define mm_json_copy_plain portable_copy_plain
#include "proto/json_string.c"
#undef mm_json_plain
#undef mm_json_copy_plain

typedef size_t plain_fn(const uint8_t *, size_t, bool *);
typedef size_t copy_fn(uint8_t *, const uint8_t *, size_t, bool *);

static plain_fn *const plains[] = {mm_json_plain, portable_plain};
static copy_fn *const copies[] = {mm_json_copy_plain, portable_copy_plain};

static size_t expected_plain(const uint8_t *text, size_t len, bool *has_high_byte)
{
    size_t at = 0;

    *has_high_byte = false;
    for (; at < len && text[at] >= 0x20 && text[at] != '"' && text[at] != '\\'; at++)
        *has_high_byte |= text[at] >= 0x80;
    return at;
}

/* `text` lies at the end of its allocation: a sanitizer sees what is read too far. */
static void check(const uint8_t *text, size_t len)
{
    bool expected_high;
    size_t expected = expected_plain(text, len, &expected_high);

    for (size_t kind = 0; kind < 2; kind++) {
        bool high = false;
        assert_int_equal(plains[kind](text, len, &high), expected);
        assert_int_equal(high, expected_high);
        uint8_t *to = malloc(len + 1);
        to[len] = 0x5a;
        high = false;
        assert_int_equal(copies[kind](to, text, len, &high), expected);
        assert_int_equal(high, expected_high);
        assert_memory_equal(to, text, expected);
        assert_int_equal(to[len], 0x5a);
        free(to);
    }
}

static void each_byte_stops_or_passes_at_each_place(void **state)
{
    (void)state;
    for (size_t len = 1; len < 150; len += len < 40 ? 1 : 13) {
        uint8_t *text = malloc(len);
        memset(text, 'a', len);
        for (size_t at = 0; at < len; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                text[at] = (uint8_t)byte;
                check(text, len);
            }
            text[at] = 'a';
        }
        free(text);
    }
}

static void the_first_of_several_stops(void **state)
{
    static const uint8_t bytes[] = {'"', '\\', 0x1f, 0, 0x80, 0xff, 0x20, 0x21, 0x23, 0x5b, 0x5d};
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t len = 1 + (size_t)round % 200;
        uint8_t *text = malloc(len);
        for (size_t i = 0; i < len; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
            text[i] = seed >> 60 == 0 ? bytes[(seed >> 40) % sizeof bytes] : 'x';
        }
        check(text, len);
        free(text);
    }
}

static void a_high_byte_behind_the_stop_does_not_count(void **state)
{
    uint8_t text[128];

    (void)state;
    for (size_t at = 0; at + 1 < sizeof text; at++) {
        memset(text, 'a', sizeof text);
        text[at] = '"';
        text[at + 1] = 0xc3;
        check(text, sizeof text);
    }
}

static void an_earlier_finding_is_kept(void **state)
{
    bool high = true;

    (void)state;
    for (size_t kind = 0; kind < 2; kind++) {
        plains[kind]((const uint8_t *)"abc", 3, &high);
        assert_true(high);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_stops_or_passes_at_each_place),
        cmocka_unit_test(the_first_of_several_stops),
        cmocka_unit_test(a_high_byte_behind_the_stop_does_not_count),
        cmocka_unit_test(an_earlier_finding_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

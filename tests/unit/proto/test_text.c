/* UTF-8, trimming, and names fit to be shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "proto/text.h"

static void views_compare_by_their_bytes(void **state)
{
    (void)state;
    assert_int_equal(mm_text(NULL).len, 0);
    assert_true(mm_text_is(mm_text("abc"), "abc"));
    assert_false(mm_text_is(mm_text("abc"), "ab"));
    assert_false(mm_text_is((mm_text_t){"ab\0", 3}, "ab"));
    assert_true(mm_text_equal((mm_text_t){NULL, 0}, mm_text("")));
    assert_false(mm_text_equal(mm_text("abc"), mm_text("abd")));
}

/* The encoding of a code point, surrogates and too large ones included. */
static size_t encode(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(code | (0xf00U >> size & 0xf0U) | (size == 2 ? 0xc0U : 0));
    return size;
}

static void every_code_point_but_surrogates_is_utf8(void **state)
{
    char text[24];

    (void)state;
    for (uint32_t code = 0; code < 0x120000; code++) {
        bool is_good = (code < 0xd800 || code > 0xdfff) && code <= 0x10ffff;
        memset(text, 'a', sizeof text);
        size_t at = code % 17, size = encode(code, text + at);
        if (mm_text_is_utf8((mm_text_t){text, sizeof text}) != is_good)
            fail_msg("U+%X", (unsigned)code);
        if (is_good && size > 1 && mm_text_is_utf8((mm_text_t){text, at + size - 1}))
            fail_msg("U+%X cut off", (unsigned)code);
    }
}

/* Two bytes of each kind: written down from the table of RFC 3629, not from the code. */
static void sequences_outside_the_table_are_no_utf8(void **state)
{
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x41",
                                      "\xc2\xc2",
                                      "\xe0\x9f\xbf",
                                      "\xe0\xa0",
                                      "\xe1\x80\x41",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf0\x90\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xf8\x88\x80\x80\x80",
                                      "\xfe",
                                      "\xff",
                                      "abcdefgh\xff",
                                      "abcdefg\xe2\x82"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (mm_text_is_utf8(mm_text(bad[i])))
            fail_msg("number %zu", i);
    assert_true(mm_text_is_utf8(mm_text("")));
    assert_true(mm_text_is_utf8(mm_text("12345678\xc3\xa9"
                                        "12345678")));
}

static void characters_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(mm_text_chars(mm_text("")), 0);
    assert_int_equal(mm_text_chars(mm_text("abc")), 3);
    assert_int_equal(mm_text_chars(mm_text("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")), 3);
}

static void assert_trims(const char *text, const char *expected)
{
    if (!mm_text_is(mm_text_trim(mm_text(text)), expected))
        fail_msg("\"%s\"", text);
}

static void trimming_takes_what_javascript_takes(void **state)
{
    (void)state;
    assert_trims("", "");
    assert_trims("a", "a");
    assert_trims(" \t\n\v\f\ra b\r\f\v\n\t ", "a b");
    assert_trims("\xc2\xa0\xef\xbb\xbf"
                 "a\xef\xbb\xbf\xc2\xa0",
                 "a");
    assert_trims("\xe1\x9a\x80\xe2\x80\x80\xe2\x80\x8a"
                 "a\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaf",
                 "a");
    assert_trims("\xe2\x81\x9f\xe3\x80\x80", "");
    assert_trims("\xe2\x80\x8b"
                 "a\xe2\x80\x8b",
                 "\xe2\x80\x8b"
                 "a\xe2\x80\x8b"); /* zero width */
    assert_trims("\x85"
                 "a",
                 "\x85"
                 "a");
    assert_trims(" \xc3\xa9 ", "\xc3\xa9");
}

static void assert_cleans(const char *raw, const char *expected)
{
    char out[MM_NAME_BYTES];

    if (!mm_text_is(mm_text_clean_name(mm_text(raw), out), expected))
        fail_msg("\"%s\" is not \"%s\"", raw, expected);
}

static void names_lose_what_does_not_show(void **state)
{
    (void)state;
    assert_cleans("Ann", "Ann");
    assert_cleans("  Ann Lee \n", "Ann Lee");
    assert_cleans("A\x01n\x1b[31m\x7f\xc2\x85n", "An[31mn");
    assert_cleans("\xe2\x80\xae"
                  "nnA\xe2\x80\xac\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c\xe2\x80\x8f",
                  "nnA");
    assert_cleans("\xe2\x80\xaa \xe2\x80\xac Ann", "Ann"); /* trimmed after the removal */
    assert_cleans("\xf0\x9f\x98\x80\xe2\x82\xac", "\xf0\x9f\x98\x80\xe2\x82\xac");
    assert_cleans("A\xff"
                  "b\xc3",
                  "Ab"); /* what is no UTF-8 cannot be shown */
}

static void a_name_of_nothing_is_guest(void **state)
{
    (void)state;
    assert_cleans("", "Guest");
    assert_cleans(" \t\xc2\xa0", "Guest");
    assert_cleans("\xe2\x80\xae\x07", "Guest");
}

static void long_names_are_cut_at_a_character(void **state)
{
    char raw[1024] = "", out[MM_NAME_BYTES];

    (void)state;
    for (int i = 0; i < 70; i++)
        strcat(raw, "\xf0\x9f\x98\x80");
    mm_text_t name = mm_text_clean_name(mm_text(raw), out);
    assert_int_equal(name.len, MM_NAME_BYTES);
    assert_memory_equal(name.ptr, raw, MM_NAME_BYTES);

    memset(raw, 'a', 100);
    memset(raw + 60, ' ', 20); /* trimmed once more after the cut */
    raw[100] = '\0';
    assert_int_equal(mm_text_clean_name(mm_text(raw), out).len, 60);
    memset(raw, '\x01', 500);
    memset(raw + 500, 'b', 64);
    raw[564] = '\0';
    assert_int_equal(mm_text_clean_name(mm_text(raw), out).len, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_compare_by_their_bytes),
        cmocka_unit_test(every_code_point_but_surrogates_is_utf8),
        cmocka_unit_test(sequences_outside_the_table_are_no_utf8),
        cmocka_unit_test(characters_are_counted_not_bytes),
        cmocka_unit_test(trimming_takes_what_javascript_takes),
        cmocka_unit_test(names_lose_what_does_not_show),
        cmocka_unit_test(a_name_of_nothing_is_guest),
        cmocka_unit_test(long_names_are_cut_at_a_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

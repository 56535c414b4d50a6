/* Text of strangers on a terminal [ADMIN-08]. */
#include "admin/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *raw, size_t len, const char *shown)
{
    char *escaped = mm_escape((mm_text_t){raw, len});

    assert_string_equal(escaped, shown);
    free(escaped);
}

#define SHOWN(raw, shown) expect(raw, sizeof(raw) - 1, shown)

static void plain_text_of_any_script_stands_as_it_is(void **state)
{
    (void)state;
    SHOWN("", "");
    SHOWN("Ann Smith-1", "Ann Smith-1");
    SHOWN("J\xc3\xb6rg \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
          "J\xc3\xb6rg \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80");
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    SHOWN("\x1b[2J\x1b]0;x\x07", "\\x1b[2J\\x1b]0;x\\x07");
    SHOWN("a\r\nb\tc\x7f", "a\\x0d\\x0ab\\x09c\\x7f");
    SHOWN("a\0b", "a\\x00b");
    SHOWN("\xc2\x9b"
          "31m\xc2\x85",
          "\\u{9b}31m\\u{85}");
}

static void what_reorders_or_hides_is_escaped(void **state)
{
    (void)state;
    SHOWN("a\xe2\x80\xae"
          "b\xe2\x81\xa6"
          "c\xd8\x9c",
          "a\\u{202e}b\\u{2066}c\\u{61c}");
    SHOWN("\xe2\x80\x8b\xe2\x80\xa8\xef\xbb\xbf\xf3\xa0\x81\x81",
          "\\u{200b}\\u{2028}\\u{feff}\\u{e0041}");
}

static void bytes_that_are_no_utf8_are_escaped_one_by_one(void **state)
{
    (void)state;
    SHOWN("a\xff\xc3", "a\\xff\\xc3");
    SHOWN("\x9b"
          "31m",
          "\\x9b31m");
    SHOWN("\xc0\xaf\xed\xa0\x80", "\\xc0\\xaf\\xed\\xa0\\x80");
}

static void an_escape_cannot_be_forged(void **state)
{
    (void)state;
    SHOWN("\\x1b", "\\\\x1b");
}

/* Whatever comes in, what goes out is printable. */
static void no_byte_leads_to_a_control_character(void **state)
{
    (void)state;
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++) {
            char raw[2] = {(char)a, (char)b};
            char *escaped = mm_escape((mm_text_t){raw, sizeof raw});
            for (const char *at = escaped; *at != '\0'; at++)
                assert_false((unsigned char)*at < 0x20 || *at == 0x7f);
            assert_true(mm_text_is_utf8(mm_text(escaped)));
            free(escaped);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_of_any_script_stands_as_it_is),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(what_reorders_or_hides_is_escaped),
        cmocka_unit_test(bytes_that_are_no_utf8_are_escaped_one_by_one),
        cmocka_unit_test(an_escape_cannot_be_forged),
        cmocka_unit_test(no_byte_leads_to_a_control_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

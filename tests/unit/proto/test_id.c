/* Ids in their two forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "proto/id.h"

static const char text[] = "01234567-89ab-4def-8123-456789abcdef";
static const mm_id_t id = {{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x4d, 0xef, 0x81, 0x23, 0x45, 0x67,
                            0x89, 0xab, 0xcd, 0xef}};

static void an_id_prints_in_lower_case(void **state)
{
    char out[MM_ID_CHARS];

    (void)state;
    mm_id_print(&id, out);
    assert_memory_equal(out, text, MM_ID_CHARS);
}

static void an_id_is_read_in_either_case(void **state)
{
    mm_id_t read;

    (void)state;
    assert_true(mm_id_parse(mm_text(text), &read));
    assert_true(mm_id_equal(&read, &id));
    assert_true(mm_id_parse(mm_text("01234567-89AB-4DeF-8123-456789ABCDEF"), &read));
    assert_true(mm_id_equal(&read, &id));
}

static void anything_else_is_no_id(void **state)
{
    static const char *const bad[] = {"",
                                      "01234567-89ab-4def-8123-456789abcde",
                                      "01234567-89ab-4def-8123-456789abcdef0",
                                      "0123456789ab4def8123456789abcdef",
                                      "01234567-89ab-4def-8123_456789abcdef",
                                      "0123456-789ab-4def-8123-456789abcdef",
                                      "01234567-89ab-4def-8123-456789abcdeg",
                                      "{1234567-89ab-4def-8123-456789abcde}",
                                      " 1234567-89ab-4def-8123-456789abcdef",
                                      "0x234567-89ab-4def-8123-456789abcdef",
                                      "01234567-89ab-4def-8123-456789abcde\xc3"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        mm_id_t read = id;
        assert_false(mm_id_parse(mm_text(bad[i]), &read));
        assert_true(mm_id_is_nil(&read));
    }
}

static void a_random_id_is_of_version_4(void **state)
{
    uint8_t random[16];

    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        memset(random, (int)byte, sizeof random);
        mm_id_t made = mm_id_from_random(random);
        assert_int_equal(made.bytes[6] >> 4, 4);
        assert_int_equal(made.bytes[8] >> 6, 2);
        assert_int_equal(made.bytes[6] & 0x0f, byte & 0x0f);
        assert_int_equal(made.bytes[8] & 0x3f, byte & 0x3f);
        assert_int_equal(made.bytes[0], byte);
        assert_int_equal(made.bytes[15], byte);
        assert_false(mm_id_is_nil(&made));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_prints_in_lower_case),
        cmocka_unit_test(an_id_is_read_in_either_case),
        cmocka_unit_test(anything_else_is_no_id),
        cmocka_unit_test(a_random_id_is_of_version_4),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Passwords of rooms: what is right, what is wrong, and that no two hashes look alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "broker/password.h"

static void right_password_is_right_and_others_are_wrong(void **state)
{
    static const char *const others[] = {"", "secre", "secrett", "Secret", "secret ", " secret"};
    mm_password_t password;

    (void)state;
    assert_int_equal(mm_password_make(mm_text("secret"), &password), MM_OK);
    assert_true(password.is_set);
    assert_true(mm_password_is_right(mm_text("secret"), &password));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(mm_password_is_right(mm_text(others[i]), &password));
}

static void every_byte_of_a_password_counts(void **state)
{
    char longest[201], other[201]; /* 50 characters of four bytes */
    mm_password_t password;

    (void)state;
    for (size_t i = 0; i < 200; i += 4)
        memcpy(longest + i, "\xf0\x9f\x98\x80", 4);
    longest[200] = '\0';
    memcpy(other, longest, sizeof other);
    other[199] = '\x81';
    assert_int_equal(mm_password_make(mm_text(longest), &password), MM_OK);
    assert_true(mm_password_is_right(mm_text(longest), &password));
    assert_false(mm_password_is_right(mm_text(other), &password));
}

static void zero_byte_does_not_end_a_password(void **state)
{
    static const char with_zero[] = "a\0b", other[] = "a\0c";
    mm_password_t password;

    (void)state;
    assert_int_equal(mm_password_make((mm_text_t){with_zero, 3}, &password), MM_OK);
    assert_true(mm_password_is_right((mm_text_t){with_zero, 3}, &password));
    assert_false(mm_password_is_right((mm_text_t){other, 3}, &password));
    assert_false(mm_password_is_right((mm_text_t){with_zero, 1}, &password));
}

static void same_password_is_hashed_differently_each_time(void **state)
{
    mm_password_t a, b;

    (void)state;
    assert_int_equal(mm_password_make(mm_text("secret"), &a), MM_OK);
    assert_int_equal(mm_password_make(mm_text("secret"), &b), MM_OK);
    assert_memory_not_equal(a.salt, b.salt, sizeof a.salt);
    assert_memory_not_equal(a.hash, b.hash, sizeof a.hash);
}

static void missing_password_is_checked_as_an_empty_one(void **state)
{
    mm_password_t password;

    (void)state;
    assert_int_equal(mm_password_make((mm_text_t){"", 0}, &password), MM_OK);
    assert_true(mm_password_is_right((mm_text_t){NULL, 0}, &password));
}

/* scrypt with N = 8192, r = 8, p = 1, computed by another implementation: a stored hash stays good. */
static void hash_is_the_scrypt_of_rfc_7914(void **state)
{
    mm_password_t password = {
        .is_set = true,
        .salt = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        .hash = {0xc4, 0xb5, 0x44, 0x90, 0x6a, 0x33, 0xd8, 0xff, 0x10, 0x9c, 0x8c,
                 0x1c, 0xb2, 0x59, 0x74, 0xc0, 0x2e, 0xad, 0xbb, 0x73, 0xde, 0xf7,
                 0xf8, 0x05, 0xc1, 0x64, 0x96, 0x75, 0xc5, 0x33, 0xc3, 0xa7},
    };

    (void)state;
    assert_true(mm_password_is_right(mm_text("secret"), &password));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_password_is_right_and_others_are_wrong),
        cmocka_unit_test(every_byte_of_a_password_counts),
        cmocka_unit_test(zero_byte_does_not_end_a_password),
        cmocka_unit_test(same_password_is_hashed_differently_each_time),
        cmocka_unit_test(missing_password_is_checked_as_an_empty_one),
        cmocka_unit_test(hash_is_the_scrypt_of_rfc_7914),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

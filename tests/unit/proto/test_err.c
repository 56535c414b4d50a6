/* The lists of errors and reasons. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "proto/err.h"

static void the_contracts_texts_stand_behind_their_codes(void **state)
{
    (void)state;
    assert_string_equal(mm_err_code(MM_ERR_ROOM_FULL), "ROOM_FULL");
    assert_string_equal(mm_err_text(MM_ERR_ROOM_FULL), "Room is full");
    assert_string_equal(mm_err_text(MM_ERR_NOT_JOINED), "Not joined to a room");
    assert_string_equal(mm_err_text(MM_ERR_UNAUTHORIZED), "Only moderators can %s");
    assert_string_equal(mm_err_code(MM_ERR_BUSY), "");
    assert_string_equal(mm_reason_text(MM_REASON_TOO_LONG), "too long");
    assert_string_equal(mm_reason_text(MM_REASON_NONE), "");
}

static void names_are_lower_case_and_differ(void **state)
{
    (void)state;
    assert_string_equal(mm_err_name(MM_ERR_ROOM_FULL), "room_full");
    assert_string_equal(mm_err_name(MM_OK), "ok");
    for (mm_err_t err = MM_OK; err < MM_ERR_LIMIT; err++) {
        for (const char *at = mm_err_name(err); *at != '\0'; at++)
            assert_true(islower((unsigned char)*at) || *at == '_');
        for (mm_err_t other = MM_OK; other < err; other++)
            assert_string_not_equal(mm_err_name(err), mm_err_name(other));
        assert_true(err == MM_OK || mm_err_text(err)[0] != '\0');
    }
}

/* A number on the bus may be any. */
static void numbers_out_of_range_have_harmless_texts(void **state)
{
    (void)state;
    assert_string_equal(mm_err_code(MM_ERR_LIMIT), "");
    assert_string_equal(mm_err_text((mm_err_t)1000), "");
    assert_string_equal(mm_err_name((mm_err_t)-1), "unknown");
    assert_string_equal(mm_reason_text(MM_REASON_LIMIT), "");
    assert_string_equal(mm_reason_text((mm_reason_t)63), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_contracts_texts_stand_behind_their_codes),
        cmocka_unit_test(names_are_lower_case_and_differ),
        cmocka_unit_test(numbers_out_of_range_have_harmless_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

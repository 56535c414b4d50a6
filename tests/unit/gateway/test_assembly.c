/* Messages that come in pieces. */
#include "gateway/assembly.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LIMIT = 10000 };

static mm_err_t add(mm_assembly_t *assembly, const char *text, size_t remaining, bool is_last,
                    mm_text_t *out)
{
    mm_piece_t piece = {mm_text(text), remaining, is_last};

    return mm_assembly_add(assembly, &piece, LIMIT, out);
}

static void pieces_become_one_message(void **state)
{
    mm_assembly_t assembly = {0};
    mm_text_t message;

    (void)state;
    for (int i = 0; i < 3; i++) { /* the same assembly serves one message after the other */
        assert_int_equal(add(&assembly, "a", 2, false, &message), MM_ERR_AGAIN);
        assert_int_equal(add(&assembly, "bc", 0, false, &message), MM_ERR_AGAIN);
        assert_int_equal(add(&assembly, "", 0, false, &message), MM_ERR_AGAIN);
        assert_int_equal(add(&assembly, "d", 0, true, &message), MM_OK);
        assert_true(mm_text_is(message, "abcd"));
        assert_int_equal(message.ptr[message.len], '\0');
    }
    mm_assembly_fini(&assembly);
}

static void a_message_may_be_empty(void **state)
{
    mm_assembly_t assembly = {0};
    mm_text_t message;

    (void)state;
    assert_int_equal(add(&assembly, "", 0, true, &message), MM_OK);
    assert_int_equal(message.len, 0);
    assert_int_equal(message.ptr[0], '\0');
    mm_assembly_fini(&assembly);
}

static void what_is_announced_counts(void **state)
{
    mm_assembly_t assembly = {0};
    mm_text_t message;

    (void)state;
    assert_int_equal(add(&assembly, "abc", LIMIT - 3, false, &message), MM_ERR_AGAIN);
    assert_int_equal(add(&assembly, "d", LIMIT - 3, false, &message), MM_ERR_TOO_LARGE);
    mm_assembly_fini(&assembly);
    assert_int_equal(add(&assembly, "abc", SIZE_MAX, false, &message), MM_ERR_TOO_LARGE);
    assert_null(assembly.bytes);
    mm_assembly_fini(&assembly);
}

static void the_limit_itself_passes(void **state)
{
    mm_assembly_t assembly = {0};
    mm_text_t message;
    char *text = calloc(1, LIMIT + 1);

    (void)state;
    assert_non_null(text);
    memset(text, 'x', LIMIT);
    assert_int_equal(add(&assembly, text, 0, true, &message), MM_OK);
    assert_int_equal(message.len, LIMIT);
    assert_int_equal(add(&assembly, text, 0, false, &message), MM_ERR_AGAIN);
    assert_int_equal(add(&assembly, "y", 0, true, &message), MM_ERR_TOO_LARGE);
    mm_assembly_fini(&assembly);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_become_one_message),
        cmocka_unit_test(a_message_may_be_empty),
        cmocka_unit_test(what_is_announced_counts),
        cmocka_unit_test(the_limit_itself_passes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The handler table and messages.def agree, in both directions. */
#include "broker/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Numbers without a row are asked too: a handler for a message that does not exist is as wrong as a missing one. */
static void every_message_to_the_broker_has_a_handler_and_no_other(void **state)
{
    (void)state;
    for (int msg = 0; msg < MM_MSG_LIMIT; msg++) {
        const mm_spec_t *spec = mm_spec((mm_msg_t)msg);
        bool is_for_broker =
            spec != NULL && (spec->senders & (MM_BY_ANYONE | MM_BY_GATEWAY | MM_BY_ADMIN)) != 0;
        bool has_handler = mm_dispatch_handler((mm_msg_t)msg) != NULL;
        if (is_for_broker != has_handler)
            fail_msg("message %d (%s) has %s handler", msg, spec != NULL ? spec->name : "no row",
                     has_handler ? "a" : "no");
    }
    assert_null(mm_dispatch_handler(MM_MSG_LIMIT));
}

static void rows_that_lack_a_role_have_the_words_for_it(void **state)
{
    (void)state;
    for (int msg = 0; msg < MM_MSG_LIMIT; msg++) {
        const mm_spec_t *spec = mm_spec((mm_msg_t)msg);
        if (spec == NULL || (spec->senders & MM_BY_ANYONE) == 0)
            continue;
        bool is_for_moderators = (spec->senders & MM_ROLE_MEMBER) == 0;
        assert_int_equal(is_for_moderators, spec->refusal[0] != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_to_the_broker_has_a_handler_and_no_other),
        cmocka_unit_test(rows_that_lack_a_role_have_the_words_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

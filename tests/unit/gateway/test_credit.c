/* Chunk credit between two people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/credit.h"

static mm_id_t id_of(int number)
{
    return (mm_id_t){{[0] = (uint8_t)(number >> 8), [1] = (uint8_t)number, [15] = 1}};
}

static void one_chunk_is_free_however_large(void **state)
{
    mm_credit_t credit = {0};

    (void)state;
    assert_true(mm_credit_allows(&credit, 10 * MM_CHUNK_WINDOW));
    credit.sent = 10 * MM_CHUNK_WINDOW;
    assert_false(mm_credit_allows(&credit, 1));
    credit.granted = credit.sent;
    assert_true(mm_credit_allows(&credit, 10 * MM_CHUNK_WINDOW));
}

static void window_bounds_what_is_under_way(void **state)
{
    mm_credit_t credit = {.sent = 1000, .granted = 400}; /* 600 under way */

    (void)state;
    assert_true(mm_credit_allows(&credit, MM_CHUNK_WINDOW - 600));
    assert_false(mm_credit_allows(&credit, MM_CHUNK_WINDOW - 599));
}

static void saying_a_total_twice_mints_nothing(void **state)
{
    mm_credit_t credit = {.sent = 2 * MM_CHUNK_WINDOW, .granted = MM_CHUNK_WINDOW};

    (void)state;
    assert_false(mm_credit_allows(&credit, 1));
    credit.granted = MM_CHUNK_WINDOW;
    assert_false(mm_credit_allows(&credit, 1));
}

static void more_granted_than_sent_lets_everything_pass(void **state)
{
    mm_credit_t credit = {.sent = 5, .granted = 1000};

    (void)state;
    assert_true(mm_credit_allows(&credit, MM_CHUNK_WINDOW));
}

static void each_peer_has_a_row_of_its_own(void **state)
{
    mm_credits_t credits = {0};
    mm_id_t ann = id_of(1), bob = id_of(2);

    (void)state;
    assert_null(mm_credits_find(&credits, &ann));
    mm_credits_get(&credits, &ann)->sent = 7;
    mm_credits_get(&credits, &bob)->sent = 8;
    assert_int_equal(mm_credits_get(&credits, &ann)->sent, 7);
    mm_credits_forget(&credits, &ann);
    assert_null(mm_credits_find(&credits, &ann));
    assert_int_equal(mm_credits_find(&credits, &bob)->sent, 8);
    mm_credits_forget(&credits, &ann);
    assert_int_equal(mm_credits_get(&credits, &ann)->sent, 0); /* counts anew */
    mm_credits_fini(&credits);
    assert_int_equal(credits.count, 0);
}

static void invented_peers_do_not_pile_up(void **state)
{
    mm_credits_t credits = {0};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        mm_id_t peer = id_of(i);
        mm_credits_get(&credits, &peer)->sent = (uint64_t)i;
    }
    assert_true(credits.count <= 1024);
    assert_true(credits.capacity <= 1024);
    mm_credits_fini(&credits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_chunk_is_free_however_large),
        cmocka_unit_test(window_bounds_what_is_under_way),
        cmocka_unit_test(saying_a_total_twice_mints_nothing),
        cmocka_unit_test(more_granted_than_sent_lets_everything_pass),
        cmocka_unit_test(each_peer_has_a_row_of_its_own),
        cmocka_unit_test(invented_peers_do_not_pile_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

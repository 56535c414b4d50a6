/* The timer heap: earliest first, one timer a name. */
#include "broker/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char taken[MM_ROOM_ID_MAX + 1];

static void nothing_is_due_without_timers(void **state)
{
    mm_timers_t *timers = mm_timers_new();

    (void)state;
    assert_true(mm_timers_next(timers) == INT64_MAX);
    assert_false(mm_timers_take(timers, INT64_MAX, taken));
    mm_timers_drop(timers, "nobody");
    mm_timers_destroy(&timers);
    assert_null(timers);
    mm_timers_destroy(&timers);
}

static void timers_come_out_when_due_the_earliest_first(void **state)
{
    mm_timers_t *timers = mm_timers_new();

    (void)state;
    mm_timers_set(timers, "late", 30);
    mm_timers_set(timers, "early", 10);
    mm_timers_set(timers, "middle", 20);
    assert_true(mm_timers_next(timers) == 10);
    assert_false(mm_timers_take(timers, 9, taken));
    assert_true(mm_timers_take(timers, 25, taken));
    assert_string_equal(taken, "early");
    assert_true(mm_timers_take(timers, 25, taken));
    assert_string_equal(taken, "middle");
    assert_false(mm_timers_take(timers, 25, taken));
    assert_true(mm_timers_next(timers) == 30);
    mm_timers_destroy(&timers);
}

static void equal_times_come_in_the_order_of_setting(void **state)
{
    mm_timers_t *timers = mm_timers_new();

    (void)state;
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%02d", i);
        mm_timers_set(timers, name, 5);
    }
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%02d", i);
        assert_true(mm_timers_take(timers, 5, taken));
        assert_string_equal(taken, name);
    }
    mm_timers_destroy(&timers);
}

static void setting_again_moves_the_timer(void **state)
{
    mm_timers_t *timers = mm_timers_new();

    (void)state;
    mm_timers_set(timers, "a", 10);
    mm_timers_set(timers, "b", 20);
    mm_timers_set(timers, "a", 30);
    assert_true(mm_timers_take(timers, 100, taken));
    assert_string_equal(taken, "b");
    mm_timers_set(timers, "a", 5);
    assert_true(mm_timers_next(timers) == 5);
    mm_timers_drop(timers, "a");
    assert_true(mm_timers_next(timers) == INT64_MAX);
    mm_timers_destroy(&timers);
}

static int64_t earliest(const int64_t *when, int names, int *at)
{
    int64_t best = INT64_MAX;

    for (int i = 0; i < names; i++)
        if (when[i] < best) {
            best = when[i];
            *at = i;
        }
    return best;
}

static void random_use_agrees_with_a_plain_list(void **state)
{
    enum { NAMES = 50, STEPS = 20000 };
    mm_timers_t *timers = mm_timers_new();
    int64_t when[NAMES];
    unsigned seed = 3;

    (void)state;
    for (int i = 0; i < NAMES; i++)
        when[i] = INT64_MAX;
    for (int step = 0; step < STEPS; step++) {
        int which = rand_r(&seed) % NAMES, what = rand_r(&seed) % 4, at = -1;
        char name[16];
        snprintf(name, sizeof name, "n%d", which);
        if (what < 2) {
            /* all different, so that the order is known */
            when[which] = (int64_t)(rand_r(&seed) % 100000) * NAMES + which;
            mm_timers_set(timers, name, when[which]);
        } else if (what == 2) {
            when[which] = INT64_MAX;
            mm_timers_drop(timers, name);
        } else if (earliest(when, NAMES, &at) != INT64_MAX) {
            assert_true(mm_timers_take(timers, when[at], taken));
            snprintf(name, sizeof name, "n%d", at);
            assert_string_equal(taken, name);
            when[at] = INT64_MAX;
        }
        assert_true(mm_timers_next(timers) == earliest(when, NAMES, &at));
    }
    mm_timers_destroy(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_due_without_timers),
        cmocka_unit_test(timers_come_out_when_due_the_earliest_first),
        cmocka_unit_test(equal_times_come_in_the_order_of_setting),
        cmocka_unit_test(setting_again_moves_the_timer),
        cmocka_unit_test(random_use_agrees_with_a_plain_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

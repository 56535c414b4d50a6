/* Delays after failures. */
#include "broker/throttle.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MINUTE_MS = 60000 };

static const uint8_t ann[MM_ADDRESS_BYTES] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 1};
static const uint8_t bob[MM_ADDRESS_BYTES] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 2};

/* [JOIN-11] */
static void some_are_free_and_then_each_waits_longer_behind_the_one_before(void **state)
{
    static const int64_t delays_ms[] = {1000, 3000, 7000, 15000, 31000, 56000, 81000};
    mm_throttle_t *throttle = mm_throttle_new(3, MINUTE_MS);

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(mm_throttle_enter(throttle, ann, 0), 0);
    for (size_t i = 0; i < sizeof delays_ms / sizeof *delays_ms; i++)
        assert_int_equal(mm_throttle_enter(throttle, ann, 0), delays_ms[i]);
    assert_int_equal(mm_throttle_enter(throttle, bob, 0), 0);
    mm_throttle_destroy(&throttle);
    assert_null(throttle);
    mm_throttle_destroy(&throttle);
}

static void what_passed_does_not_count(void **state)
{
    mm_throttle_t *throttle = mm_throttle_new(1, MINUTE_MS);

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(mm_throttle_enter(throttle, ann, 0), 0);
        mm_throttle_passed(throttle, ann);
    }
    assert_int_equal(mm_throttle_enter(throttle, ann, 0), 0);
    assert_int_equal(mm_throttle_enter(throttle, ann, 0), 1000);
    mm_throttle_destroy(&throttle);
}

static void a_window_without_a_failure_forgets(void **state)
{
    mm_throttle_t *throttle = mm_throttle_new(1, MINUTE_MS);

    (void)state;
    assert_int_equal(mm_throttle_enter(throttle, ann, 0), 0);
    assert_int_equal(mm_throttle_enter(throttle, ann, 59999), 1000);
    assert_int_equal(mm_throttle_enter(throttle, ann, 60999 + MINUTE_MS), 0);
    mm_throttle_destroy(&throttle);
}

static void zero_is_off(void **state)
{
    mm_throttle_t *throttle = mm_throttle_new(0, MINUTE_MS);

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(mm_throttle_enter(throttle, ann, 0), 0);
    mm_throttle_destroy(&throttle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_are_free_and_then_each_waits_longer_behind_the_one_before),
        cmocka_unit_test(what_passed_does_not_count),
        cmocka_unit_test(a_window_without_a_failure_forgets),
        cmocka_unit_test(zero_is_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

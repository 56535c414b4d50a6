/* Delays after failures. */
#include "broker/throttle.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MINUTE_MS = 60000 };

static const uint8_t ann[MM_ADDRESS_BYTES] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 1};
static const uint8_t bob[MM_ADDRESS_BYTES] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 2};

/* [JOIN-11] */
static void some_are_free_and_then_the_delay_doubles_up_to_its_bound(void **state)
{
    static const int64_t delays_ms[] = {1000, 2000, 4000, 8000, 16000, 25000, 25000, 25000};
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

static void failures_are_forgotten_one_by_one_when_they_are_a_window_old(void **state)
{
    mm_throttle_t *throttle = mm_throttle_new(1, MINUTE_MS);

    (void)state;
    assert_int_equal(mm_throttle_enter(throttle, ann, 0), 0);
    assert_int_equal(mm_throttle_enter(throttle, ann, 30000), 1000);
    assert_int_equal(mm_throttle_enter(throttle, ann, 59999), 2000);
    mm_throttle_passed(throttle, ann);
    assert_int_equal(mm_throttle_enter(throttle, ann, MINUTE_MS), 1000);
    assert_int_equal(mm_throttle_enter(throttle, ann, 3 * MINUTE_MS), 0);
    mm_throttle_destroy(&throttle);
}

/* Behind one address there may be a whole office. */
static void what_is_right_does_not_keep_failures_in_mind(void **state)
{
    mm_throttle_t *throttle = mm_throttle_new(2, MINUTE_MS);

    (void)state;
    mm_throttle_enter(throttle, ann, 0);
    mm_throttle_enter(throttle, ann, 0);
    for (int64_t now_ms = 0; now_ms < MINUTE_MS; now_ms += 1000) {
        assert_int_equal(mm_throttle_enter(throttle, ann, now_ms), 1000);
        mm_throttle_passed(throttle, ann);
    }
    assert_int_equal(mm_throttle_enter(throttle, ann, MINUTE_MS), 0);
    mm_throttle_passed(throttle, bob); /* was never there */
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
        cmocka_unit_test(some_are_free_and_then_the_delay_doubles_up_to_its_bound),
        cmocka_unit_test(what_passed_does_not_count),
        cmocka_unit_test(failures_are_forgotten_one_by_one_when_they_are_a_window_old),
        cmocka_unit_test(what_is_right_does_not_keep_failures_in_mind),
        cmocka_unit_test(zero_is_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

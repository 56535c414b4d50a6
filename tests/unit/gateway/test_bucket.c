/* The token bucket. */
#include "gateway/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const mm_bucket_rate_t messages = {.per_second = 50, .burst = 320};
static const mm_bucket_rate_t bytes = {.per_second = 4 << 20, .burst = 4 << 20};

/* [LIMIT-10] */
static void a_burst_is_free_and_then_each_costs_its_time(void **state)
{
    mm_bucket_t bucket = {0};

    (void)state;
    for (int i = 0; i < 320; i++)
        assert_int_equal(mm_bucket_take(&bucket, &messages, 1, 5000), 0);
    assert_int_equal(mm_bucket_take(&bucket, &messages, 1, 5000), 20);
    assert_int_equal(mm_bucket_take(&bucket, &messages, 1, 5000), 40);
    assert_int_equal(mm_bucket_take(&bucket, &messages, 1, 5040), 20);
}

static void it_fills_at_its_rate_and_no_further_than_full(void **state)
{
    mm_bucket_t bucket = {0};

    (void)state;
    for (int i = 0; i < 320; i++)
        mm_bucket_take(&bucket, &messages, 1, 0);
    for (int64_t now_ms = 20; now_ms <= 2000; now_ms += 20)
        assert_int_equal(mm_bucket_take(&bucket, &messages, 1, now_ms), 0);
    assert_int_equal(mm_bucket_take(&bucket, &messages, 1, 2000), 20);
    for (int i = 0; i < 320; i++)
        assert_int_equal(mm_bucket_take(&bucket, &messages, 1, 3600000), 0);
    assert_int_equal(mm_bucket_take(&bucket, &messages, 1, 3600000), 20);
}

static void so_many_in_a_long_time_whatever_the_pauses(void **state)
{
    mm_bucket_t bucket = {0};
    int64_t now_ms = 0;
    int taken = 0;

    (void)state;
    while (now_ms < 60000) {
        now_ms += mm_bucket_take(&bucket, &messages, 1, now_ms);
        taken++;
    }
    assert_in_range(taken, 320 + 60 * 50 - 1, 320 + 60 * 50 + 1);
}

static void bytes_are_taken_whole_and_a_debt_is_rounded_up(void **state)
{
    mm_bucket_t bucket = {0};

    (void)state;
    for (int i = 0; i < 16; i++)
        assert_int_equal(mm_bucket_take(&bucket, &bytes, 256 << 10, 0), 0);
    assert_int_equal(mm_bucket_take(&bucket, &bytes, 256 << 10, 0), 63); /* 62.5 */
    assert_int_equal(mm_bucket_take(&bucket, &bytes, 0, 0), 63);
    assert_int_equal(mm_bucket_take(&bucket, &bytes, 0, 63), 0);
}

static void the_largest_numbers_do_not_overflow(void **state)
{
    mm_bucket_rate_t slow = {.per_second = 1, .burst = 1 << 30}, fast = {1 << 30, 1 << 30};
    mm_bucket_t bucket = {0}, other = {0};

    (void)state;
    assert_int_equal(mm_bucket_take(&bucket, &slow, 1 << 30, INT64_C(1) << 40), 0);
    assert_int_equal(mm_bucket_take(&bucket, &slow, 1 << 30, INT64_C(1) << 40),
                     (INT64_C(1) << 30) * 1000);
    assert_int_equal(mm_bucket_take(&other, &fast, 1 << 30, 0), 0);
    assert_int_equal(mm_bucket_take(&other, &fast, 2, 0), 1);
}

static void a_greater_burst_helps_at_once(void **state)
{
    mm_bucket_rate_t wider = {.per_second = 50, .burst = 640};
    mm_bucket_t bucket = {0};

    (void)state;
    for (int i = 0; i < 330; i++)
        mm_bucket_take(&bucket, &messages, 1, 0);
    assert_int_equal(mm_bucket_take(&bucket, &wider, 1, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_free_and_then_each_costs_its_time),
        cmocka_unit_test(it_fills_at_its_rate_and_no_further_than_full),
        cmocka_unit_test(so_many_in_a_long_time_whatever_the_pauses),
        cmocka_unit_test(bytes_are_taken_whole_and_a_debt_is_rounded_up),
        cmocka_unit_test(the_largest_numbers_do_not_overflow),
        cmocka_unit_test(a_greater_burst_helps_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

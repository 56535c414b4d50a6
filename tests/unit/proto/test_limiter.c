/* The sliding window of an address. */
#include "proto/limiter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MINUTE_MS = 60000 };

static const uint8_t *address(const char *text)
{
    static uint8_t bytes[4][MM_ADDRESS_BYTES];
    static size_t used;
    uint8_t *out = bytes[used++ % 4];

    assert_true(mm_address_read(mm_text(text), out));
    return out;
}

static void so_many_within_the_window_and_then_the_rest_waits(void **state)
{
    mm_limiter_t *limiter = mm_limiter_new(3, MINUTE_MS);
    const uint8_t *ann = address("10.0.0.1");

    (void)state;
    assert_int_equal(mm_limiter_take(limiter, ann, 1000), 0);
    assert_int_equal(mm_limiter_take(limiter, ann, 2000), 0);
    assert_int_equal(mm_limiter_take(limiter, ann, 3000), 0);
    assert_int_equal(mm_limiter_take(limiter, ann, 11000), 50000);
    assert_int_equal(mm_limiter_take(limiter, ann, 60999), 1);
    assert_int_equal(mm_limiter_take(limiter, ann, 61000), 0); /* the first has left the window */
    assert_int_equal(mm_limiter_take(limiter, ann, 61000), 1000);
    mm_limiter_destroy(&limiter);
    assert_null(limiter);
    mm_limiter_destroy(&limiter);
}

static void the_window_slides_instead_of_beginning_anew(void **state)
{
    mm_limiter_t *limiter = mm_limiter_new(2, MINUTE_MS);
    const uint8_t *ann = address("10.0.0.1");

    (void)state;
    assert_int_equal(mm_limiter_take(limiter, ann, 59000), 0);
    assert_int_equal(mm_limiter_take(limiter, ann, 59001), 0);
    assert_int_equal(mm_limiter_take(limiter, ann, 60001), 58999);
    mm_limiter_destroy(&limiter);
}

static void what_was_refused_is_not_counted(void **state)
{
    mm_limiter_t *limiter = mm_limiter_new(1, MINUTE_MS);
    const uint8_t *ann = address("10.0.0.1");

    (void)state;
    assert_int_equal(mm_limiter_take(limiter, ann, 0), 0);
    for (int64_t now_ms = 1; now_ms < MINUTE_MS; now_ms += 1000)
        assert_int_equal(mm_limiter_take(limiter, ann, now_ms), MINUTE_MS - now_ms);
    assert_int_equal(mm_limiter_take(limiter, ann, MINUTE_MS), 0);
    mm_limiter_destroy(&limiter);
}

static void each_subscriber_has_a_window_of_its_own(void **state)
{
    mm_limiter_t *limiter = mm_limiter_new(1, MINUTE_MS);

    (void)state;
    assert_int_equal(mm_limiter_take(limiter, address("10.0.0.1"), 0), 0);
    assert_int_equal(mm_limiter_take(limiter, address("10.0.0.2"), 0), 0);
    assert_int_not_equal(mm_limiter_take(limiter, address("::ffff:10.0.0.1"), 0), 0);
    assert_int_equal(mm_limiter_take(limiter, address("2001:db8:0:1::1"), 0), 0);
    assert_int_not_equal(mm_limiter_take(limiter, address("2001:db8:0:1:ffff::2"), 0), 0);
    assert_int_equal(mm_limiter_take(limiter, address("2001:db8:0:2::1"), 0), 0);
    mm_limiter_destroy(&limiter);
}

static void zero_turns_it_off(void **state)
{
    mm_limiter_t *limiter = mm_limiter_new(0, MINUTE_MS);

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(mm_limiter_take(limiter, address("10.0.0.1"), 0), 0);
    assert_int_equal(mm_limiter_counted(limiter, address("10.0.0.1"), 0), 0);
    mm_limiter_destroy(&limiter);
}

static void counting_goes_on_at_the_limit(void **state)
{
    mm_limiter_t *limiter = mm_limiter_new(3, MINUTE_MS);
    const uint8_t *ann = address("10.0.0.1");

    (void)state;
    for (int64_t now_ms = 0; now_ms < 10; now_ms++)
        mm_limiter_count(limiter, ann, now_ms);
    assert_int_equal(mm_limiter_counted(limiter, ann, 10), 3);
    assert_int_equal(mm_limiter_counted(limiter, ann, MINUTE_MS + 7), 2); /* 8 and 9 are left */
    assert_int_equal(mm_limiter_counted(limiter, ann, MINUTE_MS + 9), 0);
    mm_limiter_destroy(&limiter);
}

/* Beyond the bound the one quiet for longest is forgotten. */
static void the_table_is_bounded(void **state)
{
    mm_limiter_t *limiter = mm_limiter_new(1, MINUTE_MS);
    uint8_t bytes[MM_ADDRESS_BYTES] = {0x20, 1};

    (void)state;
    for (uint32_t i = 0; i <= MM_LIMITER_ADDRESSES; i++) {
        memcpy(bytes + 2, &i, sizeof i);
        assert_int_equal(mm_limiter_take(limiter, bytes, 0), 0);
    }
    assert_int_not_equal(mm_limiter_take(limiter, bytes, 0), 0);
    memset(bytes + 2, 0, 4);
    assert_int_equal(mm_limiter_take(limiter, bytes, 0), 0); /* was the first */
    mm_limiter_destroy(&limiter);
}

static void who_was_quiet_for_a_window_is_let_go(void **state)
{
    mm_limiter_t *limiter = mm_limiter_new(2, MINUTE_MS);

    (void)state;
    mm_limiter_count(limiter, address("10.0.0.1"), 0);
    mm_limiter_count(limiter, address("10.0.0.2"), 30000);
    mm_limiter_count(limiter, address("10.0.0.3"), MINUTE_MS);
    assert_int_equal(mm_limiter_counted(limiter, address("10.0.0.1"), 0), 0);
    assert_int_equal(mm_limiter_counted(limiter, address("10.0.0.2"), MINUTE_MS), 1);
    mm_limiter_destroy(&limiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_within_the_window_and_then_the_rest_waits),
        cmocka_unit_test(the_window_slides_instead_of_beginning_anew),
        cmocka_unit_test(what_was_refused_is_not_counted),
        cmocka_unit_test(each_subscriber_has_a_window_of_its_own),
        cmocka_unit_test(zero_turns_it_off),
        cmocka_unit_test(counting_goes_on_at_the_limit),
        cmocka_unit_test(the_table_is_bounded),
        cmocka_unit_test(who_was_quiet_for_a_window_is_let_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

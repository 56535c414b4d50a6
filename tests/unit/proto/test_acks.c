/* Mark and ranges of what is complete, against a plain list of flags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "proto/acks.h"

enum { NUMBERS = 400 };

/* The plain truth: the mark and every range, compared with what the object holds. */
static void assert_same(const mm_acks_t *acks, const bool *is_complete)
{
    uint64_t number = 1;
    size_t at = 0;

    while (number <= NUMBERS && is_complete[number])
        number++;
    assert_int_equal(acks->mark, number - 1);
    for (; number <= NUMBERS; number++) {
        uint64_t low = number;
        while (number <= NUMBERS && is_complete[number])
            number++;
        if (number == low)
            continue;
        assert_true(at < acks->count);
        assert_int_equal(acks->ranges[at].low, low);
        assert_int_equal(acks->ranges[at].high, number - 1);
        at++;
    }
    assert_int_equal(at, acks->count);
}

static void numbers_in_any_order_become_mark_and_ranges(void **state)
{
    uint32_t random = 12345;

    (void)state;
    for (int round = 0; round < 50; round++) {
        bool is_complete[NUMBERS + 1] = {false};
        mm_acks_t acks;
        mm_acks_init(&acks, 0);
        for (int i = 0; i < 600; i++) {
            uint64_t number;
            random = random * 1664525 + 1013904223;
            number = 1 + (random >> 8) % NUMBERS;
            assert_int_equal(mm_acks_add(&acks, number), !is_complete[number]);
            is_complete[number] = true;
            if (i % 20 == 0)
                assert_same(&acks, is_complete);
        }
        for (uint64_t number = 1; number <= NUMBERS; number++)
            mm_acks_add(&acks, number);
        assert_int_equal(acks.mark, NUMBERS);
        assert_int_equal(acks.count, 0);
        mm_acks_fini(&acks);
    }
}

static void what_lies_below_a_first_mark_is_complete(void **state)
{
    mm_acks_t acks;

    (void)state;
    mm_acks_init(&acks, 41);
    assert_false(mm_acks_add(&acks, 41));
    assert_false(mm_acks_add(&acks, 1));
    assert_true(mm_acks_add(&acks, 42));
    assert_int_equal(acks.mark, 42);
    mm_acks_fini(&acks);
}

/* Takes what headers say until all is said; returns how many headers that took. */
static int listen(mm_acks_t *acks, bool *heard)
{
    mm_header_t header = {0};
    bool is_all = false;
    int headers = 0;

    while (!is_all) {
        assert_true(headers++ < 100);
        header.range_count = 0;
        is_all = mm_acks_say(acks, &header);
        assert_true(header.range_count <= MM_RANGES_MAX);
        for (size_t i = 0; i < header.range_count; i++)
            for (uint64_t number = header.ranges[i].low; number <= header.ranges[i].high; number++)
                heard[number] = true;
    }
    return headers;
}

static void more_ranges_than_a_header_takes_are_said_by_several(void **state)
{
    bool heard[NUMBERS + 1] = {false};
    mm_acks_t acks;

    (void)state;
    mm_acks_init(&acks, 0);
    for (uint64_t number = 2; number <= NUMBERS; number += 2)
        mm_acks_add(&acks, number);
    assert_int_equal(acks.count, NUMBERS / 2);
    assert_int_equal(listen(&acks, heard), (NUMBERS / 2 + MM_RANGES_MAX - 1) / MM_RANGES_MAX);
    for (uint64_t number = 1; number <= NUMBERS; number++)
        assert_int_equal(heard[number], number % 2 == 0);
    mm_acks_fini(&acks);
}

static void what_comes_between_headers_is_said_too(void **state)
{
    bool heard[NUMBERS + 1] = {false};
    mm_header_t header = {0};
    mm_acks_t acks;

    (void)state;
    mm_acks_init(&acks, 0);
    for (uint64_t number = 100; number <= 398; number += 2)
        mm_acks_add(&acks, number);
    assert_false(mm_acks_say(&acks, &header));
    mm_acks_add(&acks, 3); /* before all that was said */
    listen(&acks, heard);
    assert_true(heard[3]);
    assert_true(heard[398]);
    mm_acks_fini(&acks);
}

static void new_session_hears_everything_again(void **state)
{
    bool heard[NUMBERS + 1] = {false};
    mm_header_t header = {0};
    mm_acks_t acks;

    (void)state;
    mm_acks_init(&acks, 0);
    mm_acks_add(&acks, 5);
    assert_true(mm_acks_say(&acks, &header));
    mm_acks_say_again(&acks);
    listen(&acks, heard);
    assert_true(heard[5]);
    mm_acks_fini(&acks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_any_order_become_mark_and_ranges),
        cmocka_unit_test(what_lies_below_a_first_mark_is_complete),
        cmocka_unit_test(more_ranges_than_a_header_takes_are_said_by_several),
        cmocka_unit_test(what_comes_between_headers_is_said_too),
        cmocka_unit_test(new_session_hears_everything_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

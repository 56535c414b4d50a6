/* Deadlines of one length. */
#include "gateway/deadlines.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void they_fall_due_in_the_order_they_were_set(void **state)
{
    mm_deadlines_t *deadlines = mm_deadlines_new(100);
    int first, second, third;

    (void)state;
    assert_true(mm_deadlines_next(deadlines) == INT64_MAX);
    (void)mm_deadlines_set(deadlines, &first, 1000);
    void *name = mm_deadlines_set(deadlines, &second, 1010);
    (void)mm_deadlines_set(deadlines, &third, 1010);
    assert_int_equal(mm_deadlines_next(deadlines), 1100);
    assert_null(mm_deadlines_take_due(deadlines, 1099));
    assert_ptr_equal(mm_deadlines_take_due(deadlines, 1100), &first);
    mm_deadlines_clear(deadlines, &name);
    assert_null(name);
    mm_deadlines_clear(deadlines, &name);
    assert_ptr_equal(mm_deadlines_take_due(deadlines, 1110), &third);
    assert_null(mm_deadlines_take_due(deadlines, INT64_MAX));
    mm_deadlines_destroy(&deadlines);
    assert_null(deadlines);
    mm_deadlines_destroy(&deadlines);
}

static void what_is_left_is_freed(void **state)
{
    mm_deadlines_t *deadlines = mm_deadlines_new(0);
    int subject;

    (void)state;
    (void)mm_deadlines_set(deadlines, &subject, 5);
    assert_int_equal(mm_deadlines_next(deadlines), 5);
    mm_deadlines_destroy(&deadlines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_fall_due_in_the_order_they_were_set),
        cmocka_unit_test(what_is_left_is_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The window of entries that are kept until they are complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "proto/window.h"

static void add(mm_window_t *window, const char *text, size_t cost)
{
    mm_window_add(window, (mm_slice_t){(const uint8_t *)text, strlen(text)}, cost,
                  (void *)(uintptr_t)window->next);
}

static void entries_are_copied_under_rising_numbers(void **state)
{
    char text[] = "one";
    mm_window_t window;

    (void)state;
    mm_window_init(&window);
    add(&window, text, 3);
    text[0] = 'X';
    add(&window, "second", 6);
    assert_memory_equal(mm_window_find(&window, 1)->bytes, "one", 3);
    assert_int_equal(mm_window_find(&window, 2)->len, 6);
    assert_int_equal(mm_window_find(&window, 1)->cost_until, 3);
    assert_int_equal(mm_window_find(&window, 2)->cost_until, 9);
    assert_int_equal(window.bytes, 9);
    assert_null(mm_window_find(&window, 0));
    assert_null(mm_window_find(&window, 3));
    mm_window_fini(&window);
}

static void completion_in_any_order_gives_back_each_tag_once(void **state)
{
    static const uint64_t order[] = {3, 1, 5, 2, 4};
    mm_window_t window;
    void *tag = NULL;

    (void)state;
    mm_window_init(&window);
    for (int i = 0; i < 5; i++)
        add(&window, "entry", 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true(mm_window_complete(&window, order[i], &tag));
        assert_int_equal((uintptr_t)tag, order[i]);
        assert_null(mm_window_find(&window, order[i]));
        assert_false(mm_window_complete(&window, order[i], &tag));
    }
    assert_int_equal(window.first, 6);
    assert_int_equal(window.bytes, 0);
    assert_false(mm_window_complete(&window, 6, &tag));
    mm_window_fini(&window);
}

static void first_moves_over_what_is_complete(void **state)
{
    mm_window_t window;
    void *tag;

    (void)state;
    mm_window_init(&window);
    for (int i = 0; i < 4; i++)
        add(&window, "e", 1);
    mm_window_complete(&window, 2, &tag);
    mm_window_complete(&window, 3, &tag);
    assert_int_equal(window.first, 1);
    mm_window_complete(&window, 1, &tag);
    assert_int_equal(window.first, 4);
    assert_int_equal(window.unsent, 4); /* what is complete need not be sent */
    mm_window_fini(&window);
}

static void window_grows_while_its_first_entry_waits(void **state)
{
    enum { COUNT = 1000 };
    mm_window_t window;
    char text[32];
    void *tag;

    (void)state;
    mm_window_init(&window);
    for (int i = 1; i <= COUNT; i++) {
        snprintf(text, sizeof text, "entry %d", i);
        add(&window, text, strlen(text));
        if (i > 1 && i % 3 == 0)
            mm_window_complete(&window, (uint64_t)i, &tag);
    }
    for (int i = 1; i <= COUNT; i++) {
        const mm_retained_t *retained = mm_window_find(&window, (uint64_t)i);
        if (i > 1 && i % 3 == 0) {
            assert_null(retained);
            continue;
        }
        snprintf(text, sizeof text, "entry %d", i);
        assert_int_equal(retained->len, strlen(text));
        assert_memory_equal(retained->bytes, text, strlen(text));
    }
    mm_window_fini(&window);
    assert_int_equal(window.next, 1);
}

static void ring_is_used_again_and_again(void **state)
{
    mm_window_t window;
    void *tag;

    (void)state;
    mm_window_init(&window);
    for (uint64_t i = 1; i <= 1000; i++) {
        add(&window, "entry", 5);
        if (i > 10)
            assert_true(mm_window_complete(&window, i - 10, &tag));
    }
    assert_int_equal(window.capacity, 64);
    assert_int_equal(window.next - window.first, 10);
    assert_int_equal(window.cost, 5000);
    mm_window_fini(&window);
}

static void rewinding_never_goes_before_what_is_incomplete(void **state)
{
    mm_window_t window;
    void *tag;

    (void)state;
    mm_window_init(&window);
    for (int i = 0; i < 6; i++)
        add(&window, "e", 1);
    window.unsent = 7;
    mm_window_complete(&window, 1, &tag);
    mm_window_rewind(&window, 4);
    assert_int_equal(window.unsent, 5);
    mm_window_rewind(&window, 0);
    assert_int_equal(window.unsent, 2);
    window.unsent = 3;
    mm_window_rewind(&window, 6); /* what was never sent is not skipped */
    assert_int_equal(window.unsent, 3);
    mm_window_fini(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_copied_under_rising_numbers),
        cmocka_unit_test(completion_in_any_order_gives_back_each_tag_once),
        cmocka_unit_test(first_moves_over_what_is_complete),
        cmocka_unit_test(window_grows_while_its_first_entry_waits),
        cmocka_unit_test(ring_is_used_again_and_again),
        cmocka_unit_test(rewinding_never_goes_before_what_is_incomplete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

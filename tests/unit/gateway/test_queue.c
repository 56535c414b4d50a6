/* The queue of one connection: order, bytes, references, and when it stands still. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "gateway/queue.h"

static mm_buffer_t *buffer_of(size_t len)
{
    mm_buffer_t *buffer = mm_buffer_new(len);

    memset(mm_buffer_text(buffer), 'x', len);
    return buffer;
}

/* The queue keeps the only reference. */
static void put(mm_queue_t *queue, size_t len, int64_t now_ms)
{
    mm_buffer_t *buffer = buffer_of(len);
    mm_queued_t item = {.buffer = buffer, .body_len = (uint32_t)len};

    mm_queue_put(queue, &item, now_ms);
    mm_buffer_unref(&buffer);
}

static void what_came_first_leaves_first(void **state)
{
    mm_queue_t queue = {0};

    (void)state;
    assert_null(mm_queue_first(&queue));
    /* In and out in turns, so that the ring runs over its end and grows while it does. */
    for (size_t round = 0, in = 0, out = 0; round < 500; round++) {
        for (size_t i = 0; i < 3; i++)
            put(&queue, ++in, 0);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(mm_queue_first(&queue)->buffer->len, ++out);
            mm_queue_drop_first(&queue, 0);
        }
    }
    assert_int_equal(queue.count, 500);
    mm_queue_fini(&queue);
    assert_int_equal(queue.count, 0);
    assert_int_equal(queue.bytes, 0);
}

static void bytes_are_those_of_the_text(void **state)
{
    mm_queue_t queue = {0};

    (void)state;
    put(&queue, 10, 0);
    put(&queue, 32, 0);
    assert_int_equal(queue.bytes, 42);
    mm_queue_drop_first(&queue, 0);
    assert_int_equal(queue.bytes, 32);
    mm_queue_fini(&queue);
}

static void buffer_is_shared_and_freed_with_its_last_reference(void **state)
{
    mm_queue_t one = {0}, two = {0};
    mm_buffer_t *buffer = buffer_of(5);
    mm_queued_t item = {.buffer = buffer};

    (void)state;
    mm_queue_put(&one, &item, 0);
    mm_queue_put(&two, &item, 0);
    assert_int_equal(buffer->references, 3);
    mm_queue_drop_first(&one, 0);
    assert_int_equal(buffer->references, 2);
    mm_queue_fini(&two);
    assert_int_equal(buffer->references, 1);
    mm_buffer_unref(&buffer);
    mm_queue_fini(&one);
}

static void memory_of_a_burst_is_given_back(void **state)
{
    mm_queue_t queue = {0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        put(&queue, 1, 0);
    for (int i = 0; i < 1000; i++)
        mm_queue_drop_first(&queue, 0);
    assert_null(queue.ring);
    put(&queue, 1, 0); /* and it can be used again */
    mm_queue_fini(&queue);
}

static void queue_is_stuck_when_nothing_left_for_long(void **state)
{
    mm_queue_t queue = {0};

    (void)state;
    assert_false(mm_queue_is_stuck(&queue, 1000));
    put(&queue, 1, 100);
    put(&queue, 1, 200); /* more to wait is no movement */
    assert_false(mm_queue_is_stuck(&queue, 100));
    assert_true(mm_queue_is_stuck(&queue, 101));
    mm_queue_drop_first(&queue, 150);
    assert_false(mm_queue_is_stuck(&queue, 150));
    assert_true(mm_queue_is_stuck(&queue, 151));
    mm_queue_drop_first(&queue, 160);
    assert_false(mm_queue_is_stuck(&queue, 5000)); /* empty */
    put(&queue, 1, 6000);
    assert_false(mm_queue_is_stuck(&queue, 6000));
    mm_queue_fini(&queue);
}

static void chunks_of_one_sender_are_released_and_others_not(void **state)
{
    mm_id_t ann = {{1}}, bob = {{2}};
    mm_queue_t queue = {0};

    (void)state;
    for (int i = 0; i < 4; i++) {
        mm_buffer_t *buffer = buffer_of(3);
        mm_queued_t item = {.buffer = buffer, .sender = i % 2 == 0 ? ann : bob, .body_len = 3};
        mm_queue_put(&queue, &item, 0);
        mm_buffer_unref(&buffer);
    }
    mm_queue_release_sender(&queue, &ann);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(mm_queue_first(&queue)->body_len, i % 2 == 0 ? 0 : 3);
        mm_queue_drop_first(&queue, 0);
    }
    mm_queue_fini(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_first_leaves_first),
        cmocka_unit_test(bytes_are_those_of_the_text),
        cmocka_unit_test(buffer_is_shared_and_freed_with_its_last_reference),
        cmocka_unit_test(memory_of_a_burst_is_given_back),
        cmocka_unit_test(queue_is_stuck_when_nothing_left_for_long),
        cmocka_unit_test(chunks_of_one_sender_are_released_and_others_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

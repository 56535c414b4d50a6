/* See queue.h.  A ring that doubles, and is given back when it has run empty after a burst. */
#include "gateway/queue.h"

#include <assert.h>
#include <stdlib.h>

enum { CAPACITY_FIRST = 8, CAPACITY_KEPT = 64 };

void mm_queue_fini(mm_queue_t *queue)
{
    while (queue->count > 0)
        mm_queue_drop_first(queue, 0);
    free(queue->ring);
    *queue = (mm_queue_t){0};
}

static void grow(mm_queue_t *queue)
{
    uint32_t capacity = queue->capacity == 0 ? CAPACITY_FIRST : queue->capacity * 2;
    mm_queued_t *ring = calloc(capacity, sizeof *ring);

    assert(ring != NULL);
    for (uint32_t i = 0; i < queue->count; i++)
        ring[i] = queue->ring[(queue->head + i) & (queue->capacity - 1)];
    free(queue->ring);
    queue->ring = ring;
    queue->capacity = capacity;
    queue->head = 0;
}

void mm_queue_put(mm_queue_t *queue, const mm_queued_t *item, int64_t now_ms)
{
    mm_queued_t *slot;

    if (queue->count == 0)
        queue->moved_ms = now_ms;
    if (queue->count == queue->capacity)
        grow(queue);
    slot = &queue->ring[(queue->head + queue->count++) & (queue->capacity - 1)];
    *slot = *item;
    mm_buffer_ref(slot->buffer);
    queue->bytes += item->buffer->len;
}

const mm_queued_t *mm_queue_first(const mm_queue_t *queue)
{
    return queue->count == 0 ? NULL : &queue->ring[queue->head];
}

void mm_queue_drop_first(mm_queue_t *queue, int64_t now_ms)
{
    mm_queued_t *first;

    assert(queue->count > 0);
    first = &queue->ring[queue->head];
    queue->moved_ms = now_ms;
    queue->bytes -= first->buffer->len;
    mm_buffer_unref(&first->buffer);
    queue->head = (queue->head + 1) & (queue->capacity - 1);
    if (--queue->count == 0 && queue->capacity > CAPACITY_KEPT) {
        free(queue->ring);
        *queue = (mm_queue_t){0};
    }
}

bool mm_queue_is_stuck(const mm_queue_t *queue, int64_t since_ms)
{
    return queue->count > 0 && queue->moved_ms < since_ms;
}

void mm_queue_release_sender(mm_queue_t *queue, const mm_id_t *sender)
{
    for (uint32_t i = 0; i < queue->count; i++) {
        mm_queued_t *item = &queue->ring[(queue->head + i) & (queue->capacity - 1)];
        if (mm_id_equal(&item->sender, sender))
            item->body_len = 0;
    }
}

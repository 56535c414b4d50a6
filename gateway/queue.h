/* What waits to be written to one connection, in order: printed messages of one class.  Bounded by its owner, in bytes. */
#ifndef MM_GATEWAY_QUEUE_H
#define MM_GATEWAY_QUEUE_H

#include "gateway/buffer.h"
#include "proto/id.h"

typedef struct mm_queued {
    mm_buffer_t *buffer;
    mm_id_t sender;    /* chunks: who is credited when it is written */
    uint32_t body_len; /* chunks: with how much */
} mm_queued_t;

typedef struct mm_queue {
    mm_queued_t *ring; /* capacity is a power of two, or 0 */
    uint32_t capacity, head, count;
    size_t bytes;     /* of text */
    int64_t moved_ms; /* when it last was empty or got shorter */
} mm_queue_t;

void mm_queue_fini(mm_queue_t *queue); /* a zeroed queue is empty */
void mm_queue_put(mm_queue_t *queue, const mm_queued_t *item,
                  int64_t now_ms);                          /* takes a reference of its own */
const mm_queued_t *mm_queue_first(const mm_queue_t *queue); /* NULL when empty */
void mm_queue_drop_first(mm_queue_t *queue, int64_t now_ms);

/* Something waits, and nothing has left since. */
bool mm_queue_is_stuck(const mm_queue_t *queue, int64_t since_ms);

/* What is queued of this sender is credited to nobody any more. */
void mm_queue_release_sender(mm_queue_t *queue, const mm_id_t *sender);

#endif

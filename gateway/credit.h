/* Chunk credit between pairs of participants: cumulative bytes, so that a repeated or late word mints nothing.
 * A sender's connection holds one row a receiver (bytes put on the link, bytes its gateway said were written), a
 * receiver's one a sender (bytes written).  A room has few people: a short array, searched. */
#ifndef MM_GATEWAY_CREDIT_H
#define MM_GATEWAY_CREDIT_H

#include "proto/id.h"

enum {
    MM_CHUNK_WINDOW = 64 * 1024
}; /* bytes of chunks under way between two people; one chunk is always free */

typedef struct mm_credit {
    mm_id_t peer;
    uint64_t sent;    /* by us to the peer, or by the peer written to us */
    uint64_t granted; /* of these known to be written */
} mm_credit_t;

typedef struct mm_credits {
    mm_credit_t *rows;
    size_t count, capacity;
} mm_credits_t;

void mm_credits_fini(mm_credits_t *credits);                             /* a zeroed one is empty */
mm_credit_t *mm_credits_get(mm_credits_t *credits, const mm_id_t *peer); /* makes the row */
mm_credit_t *mm_credits_find(mm_credits_t *credits, const mm_id_t *peer);
void mm_credits_forget(mm_credits_t *credits, const mm_id_t *peer);

/* Whether a chunk of `len` may go now. */
bool mm_credit_allows(const mm_credit_t *credit, size_t len);

#endif

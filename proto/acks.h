/* Which numbers are complete: a mark, and ranges above it.  Entries complete out of order because one waits for a disk
 * or a hash and must not stall the rest. */
#ifndef MM_PROTO_ACKS_H
#define MM_PROTO_ACKS_H

#include "proto/entry.h"

typedef struct mm_acks {
    uint64_t mark;
    mm_range_t *ranges; /* rising, never touching each other or the mark */
    size_t count, capacity;
    size_t said;   /* where the next header goes on */
    size_t unsaid; /* ranges that headers have not said since the latest change */
} mm_acks_t;

void mm_acks_init(mm_acks_t *acks, uint64_t mark);
void mm_acks_fini(mm_acks_t *acks);

/* False when it was complete already. */
bool mm_acks_add(mm_acks_t *acks, uint64_t number);

/* Copies the mark and as many ranges as a header takes; where there are more, the next header goes on behind them.
 * True when all have been said since the latest change. */
bool mm_acks_say(mm_acks_t *acks, mm_header_t *header);

/* A new session: the other side may have missed what was said. */
void mm_acks_say_again(mm_acks_t *acks);

#endif

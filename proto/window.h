/* The entries one side has said and not yet seen completed, in order of their numbers: what is sent again when a
 * session begins anew.  Owns their bytes.  Numbers have no gaps; completion comes in any order.
 * Not here: frames and credit (proto/link.h). */
#ifndef MM_PROTO_WINDOW_H
#define MM_PROTO_WINDOW_H

#include "proto/entry.h"

typedef struct mm_retained {
    uint8_t *bytes; /* NULL once complete */
    uint32_t len;
    uint32_t cost;       /* bytes of credit it takes; 0 for flow entries */
    uint64_t cost_until; /* of all entries up to and with this one, since number 1 */
    void *tag;           /* the owner's */
} mm_retained_t;

typedef struct mm_window {
    mm_retained_t *ring; /* capacity is a power of two, or 0 */
    size_t capacity;
    uint64_t first;  /* number of the oldest incomplete entry */
    uint64_t next;   /* number of the next one to be said */
    uint64_t unsent; /* number of the next one to be put into a frame */
    uint64_t cost;   /* of all entries ever said */
    uint64_t bytes;  /* held now */
} mm_window_t;

void mm_window_init(mm_window_t *window);
void mm_window_fini(mm_window_t *window);

/* Takes a copy of the bytes (whose number is window->next) under that number. */
void mm_window_add(mm_window_t *window, mm_slice_t entry, size_t cost, void *tag);

/* NULL when it is complete, or no number of this window. */
mm_retained_t *mm_window_find(const mm_window_t *window, uint64_t number);

/* Marks an entry complete and frees its bytes; its tag is returned.  False when it was, or never was said. */
bool mm_window_complete(mm_window_t *window, uint64_t number, void **tag);

/* Everything above `received` is to be sent (again). */
void mm_window_rewind(mm_window_t *window, uint64_t received);

#endif

/* When each room wants to be looked at next: one timer a name, in a binary heap.  Time comes in as an
 * argument; equal times come out in the order in which they were set.  Owned by the registry.
 * Not here: what happens then (broker/registry.c), the clock (broker/main.c). */
#ifndef MM_BROKER_TIMERS_H
#define MM_BROKER_TIMERS_H

#include "proto/stamp.h"

typedef struct mm_timers mm_timers_t;

mm_timers_t *mm_timers_new(void);
void mm_timers_destroy(mm_timers_t **timers_p);

/* Sets the timer of `name` (1..MM_ROOM_ID_MAX bytes), in place of one that was set before. */
void mm_timers_set(mm_timers_t *timers, const char *name, int64_t when_ms);

/* Does nothing where none is set. */
void mm_timers_drop(mm_timers_t *timers, const char *name);

/* When the earliest is due; INT64_MAX where none is set. */
int64_t mm_timers_next(const mm_timers_t *timers);

/* Removes the earliest timer if it is due, writes its name and returns true. */
bool mm_timers_take(mm_timers_t *timers, int64_t now_ms, char name[MM_ROOM_ID_MAX + 1]);

#endif

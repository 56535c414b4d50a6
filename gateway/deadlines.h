/* Deadlines of one length.  All being equally long, they fall due in the order in which they were set: a list is enough.
 * Not here: reading a clock. */
#ifndef MM_GATEWAY_DEADLINES_H
#define MM_GATEWAY_DEADLINES_H

#include <stdint.h>

typedef struct mm_deadlines mm_deadlines_t;

mm_deadlines_t *mm_deadlines_new(int64_t length_ms);
void mm_deadlines_destroy(mm_deadlines_t **deadlines_p);

/* Sets one for `subject` and returns its name, for mm_deadlines_clear.  `now_ms` never falls from call to call. */
void *mm_deadlines_set(mm_deadlines_t *deadlines, void *subject, int64_t now_ms);
void mm_deadlines_clear(mm_deadlines_t *deadlines, void **name_p);

/* Takes the next one that is due out of the list and returns its subject; NULL when none is. */
void *mm_deadlines_take_due(mm_deadlines_t *deadlines, int64_t now_ms);

/* When the next one falls due; INT64_MAX when there is none. */
int64_t mm_deadlines_next(const mm_deadlines_t *deadlines);

#endif

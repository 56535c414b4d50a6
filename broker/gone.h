/* Ids of people who left, were refused or were removed within the last hour, by the *name* of their room: a
 * message to one of them is dropped without an error, also when the room has ended and was made anew.  Bounded per name and
 * in all; the oldest go first.  Owned by the registry.
 *
 * All slots are allocated at once, so that a day with many meetings takes no more memory than one with few; what grows is
 * one small entry for each name remembered.  Times are those of stamps, which may differ by a little between gateways: order is the
 * order of adding.
 * Not here: who is present (broker/room.h). */
#ifndef MM_BROKER_GONE_H
#define MM_BROKER_GONE_H

#include "proto/id.h"

typedef struct mm_gone mm_gone_t;

/* `per_room` and `total` count ids and are at least 1; an id is remembered for `memory_ms`. */
mm_gone_t *mm_gone_new(size_t per_room, size_t total, int64_t memory_ms);
void mm_gone_destroy(mm_gone_t **gone_p);

void mm_gone_add(mm_gone_t *gone, const char *room, const mm_id_t *id, int64_t now_ms);
bool mm_gone_has(const mm_gone_t *gone, const char *room, const mm_id_t *id, int64_t now_ms);

/* Ids and room names remembered, those too old included that were not needed since. */
size_t mm_gone_count(const mm_gone_t *gone);
size_t mm_gone_names(const mm_gone_t *gone);

#endif

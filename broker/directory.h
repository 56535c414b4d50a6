/* All rooms of this broker by id, in the order in which they were made: making them, ending them, their timers, their records
 * and their counts.
 *
 * Settling is what a room cannot do itself after a turn: it is ended when its last participant has left, its record
 * is asked to be kept, its timer set.  Owned by the registry.
 * Not here: connections and turns (broker/registry.c), what a message does to a room (broker/room*.c). */
#ifndef MM_BROKER_DIRECTORY_H
#define MM_BROKER_DIRECTORY_H

#include "broker/latent.h"
#include "broker/room.h"

typedef struct mm_directory mm_directory_t;

/* A room id in the form in which ids are compared: six letters or digits are upper-cased, others stand as they are. */
typedef struct mm_room_id {
    char text[MM_ROOM_ID_MAX + 1];
} mm_room_id_t;

/* False for what can name no room. */
bool mm_room_id_read(mm_text_t text, mm_room_id_t *out);

mm_directory_t *mm_directory_new(const mm_settings_t *settings, mm_counters_t *counters);
void mm_directory_destroy(mm_directory_t **directory_p);

/* NULL where there is none.  Valid until the room is settled. */
mm_room_t *mm_directory_find(const mm_directory_t *directory, const char *id);

/* Whether one more room may be, and whether this creator may have one more that nobody has joined. */
bool mm_directory_may_add(const mm_directory_t *directory);
bool mm_directory_may_add_for(const mm_directory_t *directory, const mm_creator_t *creator);

/* A new room of an id that is free: one that a join makes, or a pre-created one, counted for its creator. */
mm_room_t *mm_directory_add_ad_hoc(mm_directory_t *directory, const mm_room_id_t *id);
mm_room_t *mm_directory_add_kept(mm_directory_t *directory, const mm_room_id_t *id,
                                 const mm_creator_t *creator);

/* What follows from a turn at `now_ms` for its room, which may be ended here.  `room` may be NULL. */
void mm_directory_settle(mm_directory_t *directory, mm_room_t *room, int64_t now_ms,
                         mm_outbox_t *outbox);

/* Ends the rooms whose life is over; when that will next be so (INT64_MAX for never). */
void mm_directory_on_time(mm_directory_t *directory, int64_t now_ms, mm_outbox_t *outbox);
int64_t mm_directory_next_time(const mm_directory_t *directory);

/* A record of the store.  MM_ERR_MALFORMED when it cannot be read or the room is there already. */
mm_err_t mm_directory_restore(mm_directory_t *directory, mm_text_t key, mm_slice_t value);

/* All rooms, in order; `visit` changes nothing. */
void mm_directory_each(const mm_directory_t *directory,
                       void (*visit)(void *ctx, const mm_room_t *room), void *ctx);

#endif

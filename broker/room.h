/* A room is an actor: it changes only in a turn and knows nothing but the turn.
 *
 * Words.  A person has a *seat* (a participant) or *waits* at the door.  Both lists are in order of arrival.  What is true
 * after each turn: whoever is seated or waits has a connection placed here and nowhere else; where somebody is
 * seated, somebody seated is moderator; people wait only at a locked room in which somebody sits; the recorder is seated.
 *
 * A room is owned by the registry, found anew in each turn; pointers to people are valid until the lists change.
 * Not here: finding, making and ending rooms (broker/registry.c), the role check (broker/dispatch.h), what a turn is
 * (broker/turn.h), what the store keeps (broker/facts.h). */
#ifndef MM_BROKER_ROOM_H
#define MM_BROKER_ROOM_H

#include "broker/facts.h"
#include "broker/turn.h"

typedef struct mm_person {
    mm_id_t id;
    mm_contact_t contact;
    bool is_moderator, is_muted, is_video_off, is_hand_raised;
    size_t name_len;
    char name[MM_NAME_BYTES];
} mm_person_t;

typedef struct mm_people {
    mm_person_t *list;
    size_t count, capacity;
} mm_people_t;

/* Whether the facts changed in this turn, and how well they must be kept. */
typedef enum mm_news { MM_NEWS_NONE, MM_NEWS_KEEP, MM_NEWS_KEEP_DURABLY } mm_news_t;

typedef struct mm_room {
    char id[MM_ROOM_ID_MAX + 1]; /* as printed */
    uint64_t serial;             /* rooms of this broker are numbered as they are made */
    bool is_over; /* ended by its owner or an operator: gone with this turn, kept or not */
    bool is_kept; /* pre-created: stays when empty; else it was made by a join and ends then */
    mm_facts_t facts;
    mm_news_t news;
    mm_people_t seats, waiting;
    mm_id_t recorder;  /* who records; nil for nobody */
    mm_id_t locked_by; /* who locked it last; they may have left since */
} mm_room_t;

/* --- room.c: the state ----------------------------------------------------------------------- */

/* An empty room; the id has at most MM_ROOM_ID_MAX bytes. */
mm_room_t *mm_room_new(const char *id, bool is_kept);
void mm_room_destroy(mm_room_t **room_p);

mm_person_t *mm_room_find_seat(const mm_room_t *room, const mm_id_t *id);
mm_person_t *mm_room_find_waiting(const mm_room_t *room, const mm_id_t *id);

bool mm_room_is_empty(const mm_room_t *room);
bool mm_room_is_full(const mm_room_t *room);
bool mm_room_is_locked(const mm_room_t *room);

void mm_room_set_locked(mm_room_t *room, bool is_locked);

/* Asks for the facts to be kept at the end of the turn. */
void mm_room_note(mm_room_t *room, mm_news_t news);

mm_person_t *mm_people_add(mm_people_t *people, const mm_person_t *person);
void mm_people_remove(mm_people_t *people, const mm_id_t *id);
void mm_people_clear(mm_people_t *people);

/* The sender of the turn, who must be seated. */
mm_person_t *mm_room_sender(const mm_turn_t *turn);

/* The error for a target that is not where a message wants it: MM_ERR_TARGET_GONE when its id was ever seen in a
 * room of this name (present otherwise, or gone within the hour), else MM_ERR_TARGET_NOT_FOUND. */
mm_err_t mm_room_missing(const mm_turn_t *turn, const mm_id_t *target);

/* Recipients of the output begun last, in join order. */
void mm_room_tell_everybody(mm_turn_t *turn);
void mm_room_tell_others(mm_turn_t *turn, const mm_id_t *but);
void mm_room_tell_moderators(mm_turn_t *turn);

/* --- room_feed.c: what the feed hears ---------------------------------------------------------- */

void mm_room_report_created(mm_turn_t *turn);
void mm_room_report_lock(mm_turn_t *turn, bool is_locked);
void mm_room_report_joined(mm_turn_t *turn, const mm_person_t *person);
void mm_room_report_left(mm_turn_t *turn, const mm_id_t *id);
void mm_room_report_state(mm_turn_t *turn, const mm_person_t *person);

/* --- room_create.c ---------------------------------------------------------------------------- */

/* Whether a create-room can be answered with a room at all, by its members alone. */
mm_err_t mm_room_check_wish(const mm_turn_t *turn);

/* Facts of a room that a join makes. */
void mm_room_begin_ad_hoc(mm_turn_t *turn);

/* --- room_join.c ------------------------------------------------------------------------------ */

/* Gives a person a seat, who is bound already, and tells everybody. */
void mm_room_admit(mm_turn_t *turn, const mm_person_t *person);

/* --- room_leave.c ----------------------------------------------------------------------------- */

/* Takes a participant's seat and tells those left; the connection is the caller's matter. */
void mm_room_remove(mm_turn_t *turn, const mm_id_t *id);

/* The meeting is over for everybody: seats and door are emptied, connections closed, and the room goes with this turn. */
void mm_room_end(mm_turn_t *turn);

/* Takes the sender's seat or place at the door; the connection is the caller's matter. */
void mm_room_depart(mm_turn_t *turn);

/* --- room_door.c: the waiting room ------------------------------------------------------------ */

/* Lets the sender of a join wait.  MM_ERR_ROOM_FULL where no more can. */
mm_err_t mm_room_queue(mm_turn_t *turn, const mm_person_t *person);

/* A `waiting-room` for each person waiting, to one moderator. */
void mm_room_show_waiting(mm_turn_t *turn, mm_contact_t moderator);

/* Somebody waiting goes of its own accord. */
void mm_room_withdraw(mm_turn_t *turn, const mm_id_t *id);

/* The room was unlocked: who waits is admitted as far as seats go, the rest waits no longer. */
void mm_room_open_door(mm_turn_t *turn);

/* The meeting has ended: who waits is sent away. */
void mm_room_close_door(mm_turn_t *turn);

/* --- room_state.c ------------------------------------------------------------------------------ */

/* A `participant-updated` of one person, to all but one; `but` may be NULL. */
void mm_room_tell_state(mm_turn_t *turn, const mm_person_t *person, const mm_id_t *but);

/* --- room_moderate.c --------------------------------------------------------------------------- */

/* Makes somebody seated a moderator and tells everybody; `by` is who did it (itself, when the last moderator left). */
void mm_room_promote(mm_turn_t *turn, const mm_id_t *id, const mm_id_t *by);

/* Removes somebody seated; `by` is who did it (itself, when it was an operator). */
void mm_room_kick(mm_turn_t *turn, const mm_id_t *id, const mm_id_t *by);

/* --- room_record.c ------------------------------------------------------------------------------ */

/* The recorder left: those left are told that it stopped. */
void mm_room_stop_recording(mm_turn_t *turn);

/* --- room_relay.c ------------------------------------------------------------------------------- */

/* A chunk was refused, for whatever reason: its sender need not wait for its target's credit. */
void mm_room_free_credit(mm_turn_t *turn);

/* --- room_rest.c -------------------------------------------------------------------------------- */

/* Whether a row is a request about one room, and its refusal. */
bool mm_room_is_rest(mm_msg_t msg);
void mm_room_refuse_rest(mm_turn_t *turn, mm_err_t err);

/* --- handlers, by the table in dispatch.c ------------------------------------------------------- */

mm_err_t mm_room_on_create(mm_turn_t *turn);
mm_err_t mm_room_on_status(mm_turn_t *turn);
mm_err_t mm_room_on_delete(mm_turn_t *turn);
mm_err_t mm_room_on_join(mm_turn_t *turn);
mm_err_t mm_room_on_leave(mm_turn_t *turn);
mm_err_t mm_room_on_gone(mm_turn_t *turn);
mm_err_t mm_room_on_relay(mm_turn_t *turn);
mm_err_t mm_room_on_flow(mm_turn_t *turn);
mm_err_t mm_room_on_chat(mm_turn_t *turn);
mm_err_t mm_room_on_participant_updated(mm_turn_t *turn);
mm_err_t mm_room_on_raise_hand(mm_turn_t *turn);
mm_err_t mm_room_on_lower_hand(mm_turn_t *turn);
mm_err_t mm_room_on_reaction(mm_turn_t *turn);
mm_err_t mm_room_on_recording_started(mm_turn_t *turn);
mm_err_t mm_room_on_recording_stopped(mm_turn_t *turn);
mm_err_t mm_room_on_locked(mm_turn_t *turn);
mm_err_t mm_room_on_unlocked(mm_turn_t *turn);
mm_err_t mm_room_on_moderator_action(mm_turn_t *turn);
mm_err_t mm_room_on_admit_user(mm_turn_t *turn);
mm_err_t mm_room_on_reject_user(mm_turn_t *turn);

#endif

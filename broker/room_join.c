/* Coming in: the decision of a join and what a newcomer is told.
 * Not here: which room it is, whether its password was right (broker/registry.c); waiting (broker/room_door.c). */
#include "broker/room.h"

static mm_person_t newcomer(const mm_turn_t *turn)
{
    mm_person_t person = {.id = turn->input->stamp.fresh, .contact = turn->input->contact};

    person.name_len = mm_text_clean_name(turn->msg.join.name, person.name).len;
    return person;
}

/* The password comes first, so that a stranger learns nothing else about the room; the creator walks past a lock, everyone else
 * waits outside until a moderator lets them in. */
mm_err_t mm_room_on_join(mm_turn_t *turn)
{
    const mm_room_t *room = turn->room;
    bool is_creator = mm_facts_is_created_by(&room->facts, turn->msg.join.creator_token);
    mm_person_t person = newcomer(turn);

    /* The gateway draws a new id for each join.  One that is known already would be two people in one. */
    if (mm_id_is_nil(&person.id) || mm_room_missing(turn, &person.id) == MM_ERR_TARGET_GONE)
        return MM_ERR_MALFORMED;
    if (room->facts.password.is_set && turn->input->proof.kind == MM_PROOF_WRONG)
        return MM_ERR_INVALID_PASSWORD;
    if (mm_room_is_full(room))
        return MM_ERR_ROOM_FULL;
    if (mm_room_is_locked(room) && !is_creator)
        return mm_room_queue(turn, &person);

    person.is_moderator = is_creator || mm_room_is_empty(room);
    mm_turn_bind(turn, person.contact, &person.id);
    mm_room_admit(turn, &person);
    return MM_OK;
}

static void announce(mm_turn_t *turn, const mm_person_t *person)
{
    struct mm_participant_joined joined = {.name = {person->name, person->name_len},
                                           .is_moderator = person->is_moderator,
                                           .is_muted = person->is_muted,
                                           .is_video_off = person->is_video_off};

    mm_turn_say(turn, MM_MSG_PARTICIPANT_JOINED, &joined, &person->id);
}

/* Everybody else in join order, then only what is not the default (so that a plain meeting is what every client knows). */
static void brief(mm_turn_t *turn, const mm_person_t *person)
{
    const mm_room_t *room = turn->room;

    for (size_t i = 0; i < room->seats.count; i++)
        if (!mm_id_equal(&room->seats.list[i].id, &person->id)) {
            announce(turn, &room->seats.list[i]);
            mm_outbox_to(turn->outbox, person->contact);
        }
    for (size_t i = 0; i < room->seats.count; i++)
        if (room->seats.list[i].is_hand_raised) {
            struct mm_raise_hand hand = {0};
            mm_turn_say_to(turn, person->contact, MM_MSG_RAISE_HAND, &hand,
                           &room->seats.list[i].id);
        }
    if (mm_room_is_locked(room)) {
        struct mm_room_locked locked = {.present = MM_HAS(room_locked, locked_by),
                                        .locked_by = room->locked_by};
        mm_turn_say_to(turn, person->contact, MM_MSG_ROOM_LOCKED, &locked, &room->locked_by);
    }
    if (!mm_id_is_nil(&room->recorder)) {
        struct mm_recording_started started = {.present = MM_HAS(recording_started, started_by),
                                               .started_by = room->recorder};
        mm_turn_say_to(turn, person->contact, MM_MSG_RECORDING_STARTED, &started, &room->recorder);
    }
    if (person->is_moderator)
        mm_room_show_waiting(turn, person->contact);
}

/* Time of use counts from the moments when the room stops and begins to be empty. */
static void note_use(mm_turn_t *turn)
{
    mm_room_t *room = turn->room;

    mm_room_set_locked(room, false);
    room->facts.last_use_ms = mm_turn_now_ms(turn);
    room->facts.is_joined = true;
    mm_room_note(room, MM_NEWS_KEEP);
}

void mm_room_admit(mm_turn_t *turn, const mm_person_t *person)
{
    mm_counters_t *counters = turn->counters;

    if (mm_room_is_empty(turn->room))
        note_use(turn);
    const mm_person_t *seated = mm_people_add(&turn->room->seats, person);
    counters->joins++;
    counters->participants++;
    if (counters->participants > counters->peak_participants)
        counters->peak_participants = counters->participants;

    /* One output for all: the newcomer has the last seat, so it gets its own copy last. */
    mm_room_report_joined(turn, seated);
    announce(turn, seated);
    mm_room_tell_everybody(turn);
    brief(turn, seated);
}

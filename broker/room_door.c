/* The waiting room of a locked room.  Somebody waiting has an id and a connection but no seat; on admission the id stays.
 * An id leaves the list by admission, rejection, withdrawal or the end of the meeting, and is remembered either way. */
#include "broker/room.h"

#include <assert.h>

static void say_waiting(mm_turn_t *turn, const mm_person_t *person)
{
    struct mm_waiting_room waiting = {.name = {person->name, person->name_len}};

    mm_turn_say(turn, MM_MSG_WAITING_ROOM, &waiting, &person->id);
}

mm_err_t mm_room_queue(mm_turn_t *turn, const mm_person_t *person)
{
    mm_room_t *room = turn->room;

    if (room->waiting.count >= (size_t)turn->settings->waiting_list)
        return MM_ERR_ROOM_FULL;
    mm_people_add(&room->waiting, person);
    turn->counters->waiting++;
    mm_turn_bind(turn, person->contact, &person->id);
    say_waiting(turn, person);
    mm_outbox_to(turn->outbox, person->contact);
    mm_room_tell_moderators(turn);
    return MM_OK;
}

void mm_room_show_waiting(mm_turn_t *turn, mm_contact_t moderator)
{
    for (size_t i = 0; i < turn->room->waiting.count; i++) {
        say_waiting(turn, &turn->room->waiting.list[i]);
        mm_outbox_to(turn->outbox, moderator);
    }
}

/* Takes the person out of the list; whoever is not admitted is gone. */
static mm_person_t take(mm_turn_t *turn, const mm_person_t *waiting)
{
    mm_person_t person = *waiting;

    mm_people_remove(&turn->room->waiting, &person.id);
    turn->counters->waiting--;
    return person;
}

static mm_person_t take_away(mm_turn_t *turn, const mm_person_t *waiting)
{
    mm_person_t person = take(turn, waiting);

    mm_gone_add(turn->gone, turn->room->id, &person.id, mm_turn_now_ms(turn));
    return person;
}

void mm_room_withdraw(mm_turn_t *turn, const mm_id_t *id)
{
    const mm_person_t *person = mm_room_find_waiting(turn->room, id);

    assert(person != NULL);
    take_away(turn, person);
}

static void admit(mm_turn_t *turn, const mm_person_t *waiting)
{
    mm_person_t person = take(turn, waiting);

    mm_room_admit(turn, &person);
}

/* Where no seat is free, the moderator sees the person again at the door: an error would throw the moderator out. */
mm_err_t mm_room_on_admit_user(mm_turn_t *turn)
{
    const mm_person_t *person = mm_room_find_waiting(turn->room, &turn->input->target);

    if (person == NULL)
        return mm_room_missing(turn, &turn->input->target);
    if (mm_room_is_full(turn->room)) {
        say_waiting(turn, person);
        mm_outbox_to(turn->outbox, turn->input->contact);
        return MM_OK;
    }
    admit(turn, person);
    return MM_OK;
}

/* `reason` may be empty; `by` is the person itself where nobody but the server did it. */
static void reject(mm_turn_t *turn, const mm_person_t *waiting, const mm_id_t *by, mm_text_t reason)
{
    mm_person_t person = take_away(turn, waiting);
    struct mm_reject_user rejected = {
        .present = MM_HAS(reject_user, target), .target = person.id, .reason = reason};

    if (reason.len > 0)
        rejected.present |= MM_HAS(reject_user, reason);
    mm_turn_say_to(turn, person.contact, MM_MSG_REJECT_USER, &rejected, by);
}

mm_err_t mm_room_on_reject_user(mm_turn_t *turn)
{
    const mm_person_t *person = mm_room_find_waiting(turn->room, &turn->input->target);

    if (person == NULL)
        return mm_room_missing(turn, &turn->input->target);
    mm_contact_t contact = person->contact;
    reject(turn, person, &turn->from, turn->msg.reject_user.reason);
    mm_turn_close(turn, contact, MM_CLOSE_REJECTED, "Rejected");
    return MM_OK;
}

void mm_room_open_door(mm_turn_t *turn)
{
    mm_room_t *room = turn->room;

    while (room->waiting.count > 0 && !mm_room_is_full(room))
        admit(turn, &room->waiting.list[0]);
    while (room->waiting.count > 0) {
        mm_person_t person = take_away(turn, &room->waiting.list[0]);
        mm_turn_refuse(turn, person.contact, MM_ERR_ROOM_FULL);
        mm_turn_unbind(turn, person.contact);
        turn->counters->refused[MM_ERR_ROOM_FULL]++;
    }
}

void mm_room_close_door(mm_turn_t *turn)
{
    mm_room_t *room = turn->room;

    while (room->waiting.count > 0) {
        mm_id_t id = room->waiting.list[0].id;
        mm_contact_t contact = room->waiting.list[0].contact;
        reject(turn, &room->waiting.list[0], &id, mm_text("The meeting has ended"));
        mm_turn_close(turn, contact, MM_CLOSE_ENDED, "Meeting ended");
    }
}

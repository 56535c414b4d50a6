/* Going: by one's own wish, by a lost connection, or because a moderator said so.
 * Not here: closing the connection (broker/room_moderate.c, broker/room_door.c). */
#include "broker/room.h"

static bool has_moderator(const mm_room_t *room)
{
    for (size_t i = 0; i < room->seats.count; i++)
        if (room->seats.list[i].is_moderator)
            return true;
    return false;
}

/* The last one left: nobody is there to hear of it but those who wait. */
static void end_meeting(mm_turn_t *turn)
{
    mm_room_t *room = turn->room;

    mm_room_close_door(turn);
    room->recorder = (mm_id_t){0};
    if (mm_room_is_locked(room))
        mm_room_report_lock(turn, false);
    mm_room_set_locked(room, false);
    room->facts.last_use_ms = mm_turn_now_ms(turn);
    mm_room_note(room, MM_NEWS_KEEP);
}

void mm_room_remove(mm_turn_t *turn, const mm_id_t *id)
{
    mm_room_t *room = turn->room;
    mm_id_t leaver = *id; /* `id` may lie in the seat */
    struct mm_participant_left left = {0};

    mm_people_remove(&room->seats, &leaver);
    mm_gone_add(turn->gone, room->id, &leaver, mm_turn_now_ms(turn));
    turn->counters->participants--;
    turn->counters->leaves++;
    mm_room_report_left(turn, &leaver);
    if (mm_room_is_empty(room)) {
        end_meeting(turn);
        return;
    }
    mm_turn_say(turn, MM_MSG_PARTICIPANT_LEFT, &left, &leaver);
    mm_room_tell_everybody(turn);
    if (mm_id_equal(&room->recorder, &leaver))
        mm_room_stop_recording(turn);
    if (!has_moderator(room)) {
        mm_id_t eldest = room->seats.list[0].id;
        mm_room_promote(turn, &eldest, &eldest);
    }
}

/* Nobody hears of the others' leaving: all go at once. */
void mm_room_end(mm_turn_t *turn)
{
    mm_room_t *room = turn->room;

    while (room->seats.count > 0) {
        mm_id_t id = room->seats.list[0].id;
        mm_contact_t contact = room->seats.list[0].contact;
        struct mm_moderator_action told = {.present = MM_HAS(moderator_action, target) |
                                                      MM_HAS(moderator_action, action),
                                           .target = id,
                                           .action = MM_ACTION_KICK};
        mm_turn_say_to(turn, contact, MM_MSG_MODERATOR_ACTION, &told, &id);
        mm_turn_close(turn, contact, MM_CLOSE_ENDED, "Meeting ended");
        mm_people_remove(&room->seats, &id);
        mm_gone_add(turn->gone, room->id, &id, mm_turn_now_ms(turn));
        turn->counters->participants--;
        turn->counters->leaves++;
        mm_room_report_left(turn, &id);
    }
    end_meeting(turn);
    room->is_over = true;
}

void mm_room_depart(mm_turn_t *turn)
{
    if (mm_turn_is_seated(turn))
        mm_room_remove(turn, &turn->from);
    else if (turn->role == MM_ROLE_WAITING)
        mm_room_withdraw(turn, &turn->from);
}

mm_err_t mm_room_on_leave(mm_turn_t *turn)
{
    if (turn->role == MM_ROLE_STRANGER)
        return MM_ERR_IGNORED;
    mm_room_depart(turn);
    mm_turn_unbind(turn, turn->input->contact);
    return MM_OK;
}

/* The connection is closed: nobody is left to be unbound.  Most that close have left before; that is no fault. */
mm_err_t mm_room_on_gone(mm_turn_t *turn)
{
    if (turn->role == MM_ROLE_STRANGER)
        return MM_OK;
    mm_room_depart(turn);
    mm_contacts_forget(turn->contacts, turn->input->contact);
    return MM_OK;
}

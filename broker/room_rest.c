/* What the REST interface asks about a room that is there: what an invited person may know, and its end by whoever made it.
 * The sender is a request, in no room; each is answered once.
 * Not here: how the room is found (broker/registry.c), creation (broker/room_create.c). */
#include "broker/room.h"

static struct mm_room_facts describe(const mm_room_t *room)
{
    const mm_facts_t *facts = &room->facts;
    struct mm_room_facts told = {
        .present = MM_HAS(room_facts, room) | MM_HAS(room_facts, needs_password) |
                   MM_HAS(room_facts, is_locked) | MM_HAS(room_facts, participants) |
                   MM_HAS(room_facts, max_participants),
        .error = MM_OK,
        .room = mm_text(room->id),
        .title = {facts->title, facts->title_len},
        .scheduled_start = facts->start_ms,
        .scheduled_end = facts->end_ms,
        .needs_password = facts->password.is_set,
        .is_locked = mm_room_is_locked(room),
        .participants = (int64_t)room->seats.count,
        .max_participants = (int64_t)facts->max_participants,
    };

    if (facts->title_len > 0)
        told.present |= MM_HAS(room_facts, title);
    if (facts->start_ms > 0)
        told.present |= MM_HAS(room_facts, scheduled_start);
    if (facts->end_ms > 0)
        told.present |= MM_HAS(room_facts, scheduled_end);
    return told;
}

mm_err_t mm_room_on_status(mm_turn_t *turn)
{
    struct mm_room_facts told = describe(turn->room);

    mm_turn_say_to(turn, turn->input->contact, MM_MSG_ROOM_FACTS, &told, NULL);
    return MM_OK;
}

mm_err_t mm_room_on_delete(mm_turn_t *turn)
{
    struct mm_room_deleted told = {.error = MM_OK};

    if (!mm_facts_is_token(&turn->room->facts, &turn->msg.delete_room.creator_token))
        return MM_ERR_UNAUTHORIZED;
    mm_room_end(turn);
    mm_turn_say_to(turn, turn->input->contact, MM_MSG_ROOM_DELETED, &told, NULL);
    return MM_OK;
}

bool mm_room_is_rest(mm_msg_t msg)
{
    return msg == MM_MSG_ROOM_STATUS || msg == MM_MSG_DELETE_ROOM;
}

void mm_room_refuse_rest(mm_turn_t *turn, mm_err_t err)
{
    struct mm_room_facts facts = {.error = err, .wait = turn->input->wait_ms};
    struct mm_room_deleted deleted = {.error = err, .wait = turn->input->wait_ms};

    if (err == MM_ERR_RATE_LIMITED) {
        facts.present = MM_HAS(room_facts, wait);
        deleted.present = MM_HAS(room_deleted, wait);
    }
    if (turn->input->spec->msg == MM_MSG_ROOM_STATUS)
        mm_turn_say_to(turn, turn->input->contact, MM_MSG_ROOM_FACTS, &facts, NULL);
    else
        mm_turn_say_to(turn, turn->input->contact, MM_MSG_ROOM_DELETED, &deleted, NULL);
}

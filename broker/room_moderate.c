/* What a moderator does to one participant.  Everybody hears of a change before its target does; a kick is for the
 * target first, whose connection then ends before the others hear that it left.
 * Making a moderator of somebody who is one already says the same again: harmless, and no case of its own. */
#include "broker/room.h"

static void tell_target(mm_turn_t *turn, const mm_person_t *target, int action, const mm_id_t *by)
{
    struct mm_moderator_action told = {.present = MM_HAS(moderator_action, target) |
                                                  MM_HAS(moderator_action, action),
                                       .target = target->id,
                                       .action = action};

    mm_turn_say_to(turn, target->contact, MM_MSG_MODERATOR_ACTION, &told, by);
}

void mm_room_promote(mm_turn_t *turn, const mm_id_t *id, const mm_id_t *by)
{
    mm_person_t *person = mm_room_find_seat(turn->room, id);

    person->is_moderator = true;
    mm_room_tell_state(turn, person, NULL);
    tell_target(turn, person, MM_ACTION_MAKE_MODERATOR, by);
    mm_room_show_waiting(turn, person->contact);
}

static void set_muted(mm_turn_t *turn, mm_person_t *target, bool is_muted)
{
    target->is_muted = is_muted;
    mm_room_tell_state(turn, target, NULL);
    tell_target(turn, target, is_muted ? MM_ACTION_MUTE : MM_ACTION_UNMUTE, &turn->from);
}

void mm_room_kick(mm_turn_t *turn, const mm_id_t *id, const mm_id_t *by)
{
    const mm_person_t *target = mm_room_find_seat(turn->room, id);

    tell_target(turn, target, MM_ACTION_KICK, by);
    mm_turn_close(turn, target->contact, MM_CLOSE_KICKED, "Kicked");
    mm_room_remove(turn, &target->id);
}

mm_err_t mm_room_on_moderator_action(mm_turn_t *turn)
{
    enum { MUTED = true, UNMUTED = false };
    mm_person_t *target = mm_room_find_seat(turn->room, &turn->input->target);

    if (target == NULL)
        return mm_room_missing(turn, &turn->input->target);
    switch (turn->msg.moderator_action.action) {
    case MM_ACTION_MUTE:
        set_muted(turn, target, MUTED);
        break;
    case MM_ACTION_UNMUTE:
        set_muted(turn, target, UNMUTED);
        break;
    case MM_ACTION_KICK:
        mm_room_kick(turn, &target->id, &turn->from);
        break;
    case MM_ACTION_MAKE_MODERATOR:
        mm_room_promote(turn, &target->id, &turn->from);
        break;
    default:
        return MM_ERR_MALFORMED;
    }
    return MM_OK;
}

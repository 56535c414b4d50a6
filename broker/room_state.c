/* What a participant shows of itself: microphone, camera, hand, a reaction. */
#include "broker/room.h"

void mm_room_tell_state(mm_turn_t *turn, const mm_person_t *person, const mm_id_t *but)
{
    struct mm_participant_updated state = {.present = MM_HAS(participant_updated, is_moderator) |
                                                      MM_HAS(participant_updated, is_muted) |
                                                      MM_HAS(participant_updated, is_video_off) |
                                                      MM_HAS(participant_updated, is_hand_raised),
                                           .is_moderator = person->is_moderator,
                                           .is_muted = person->is_muted,
                                           .is_video_off = person->is_video_off,
                                           .is_hand_raised = person->is_hand_raised};

    mm_room_report_state(turn, person);
    mm_turn_say(turn, MM_MSG_PARTICIPANT_UPDATED, &state, &person->id);
    if (but == NULL)
        mm_room_tell_everybody(turn);
    else
        mm_room_tell_others(turn, but);
    mm_turn_end(turn);
}

/* A client cannot make itself moderator: that member is the server's and not looked at. */
mm_err_t mm_room_on_participant_updated(mm_turn_t *turn)
{
    const struct mm_participant_updated *wish = &turn->msg.participant_updated;
    mm_person_t *sender = mm_room_sender(turn);

    if (wish->present & MM_HAS(participant_updated, is_muted))
        sender->is_muted = wish->is_muted;
    if (wish->present & MM_HAS(participant_updated, is_video_off))
        sender->is_video_off = wish->is_video_off;
    if (wish->present & MM_HAS(participant_updated, is_hand_raised))
        sender->is_hand_raised = wish->is_hand_raised;
    mm_room_tell_state(turn, sender, &sender->id);
    return MM_OK;
}

static mm_err_t move_hand(mm_turn_t *turn, bool is_up)
{
    mm_room_sender(turn)->is_hand_raised = is_up;
    mm_room_report_state(turn, mm_room_sender(turn));
    mm_turn_say(turn, turn->input->spec->msg, &turn->msg, &turn->from);
    mm_room_tell_others(turn, &turn->from);
    mm_turn_end(turn);
    return MM_OK;
}

mm_err_t mm_room_on_raise_hand(mm_turn_t *turn)
{
    return move_hand(turn, true);
}

mm_err_t mm_room_on_lower_hand(mm_turn_t *turn)
{
    return move_hand(turn, false);
}

mm_err_t mm_room_on_reaction(mm_turn_t *turn)
{
    struct mm_reaction reaction = turn->msg.reaction;

    reaction.reaction = mm_text_trim(reaction.reaction);
    mm_turn_say(turn, MM_MSG_REACTION, &reaction, &turn->from);
    mm_room_tell_others(turn, &turn->from);
    mm_turn_end(turn);
    return MM_OK;
}

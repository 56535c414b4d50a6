/* Chat: one output for all copies, so that they carry one timestamp. */
#include "broker/room.h"

mm_err_t mm_room_on_chat(mm_turn_t *turn)
{
    const mm_slice_t stamped_now = {NULL, 0};

    mm_outbox_pass(turn->outbox, MM_MSG_CHAT, turn->input->body, &turn->from, stamped_now,
                   mm_turn_now_ms(turn));
    mm_room_tell_others(turn, &turn->from);
    mm_outbox_to(turn->outbox, turn->input->contact);
    return MM_OK;
}

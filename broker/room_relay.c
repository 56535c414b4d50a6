/* What goes from one participant to one other: offers, answers, candidates, files, wishes for quality, and the credit
 * for chunks.  The body of a relay is never decoded: bytes in, bytes out.
 * Not here: holding chunks back (gateway). */
#include "broker/room.h"

/* A chunk that goes nowhere must not use up its sender's credit, or the next one would be held for ever. */
void mm_room_free_credit(mm_turn_t *turn)
{
    struct mm_flow flow = {
        .sender = turn->from, .receiver = turn->input->target, .total = MM_FLOW_WITHOUT_END};

    if (!mm_id_is_nil(&flow.sender) && !mm_id_is_nil(&flow.receiver))
        mm_turn_say_to(turn, turn->input->contact, MM_MSG_FLOW, &flow, NULL);
}

mm_err_t mm_room_on_relay(mm_turn_t *turn)
{
    const mm_input_t *input = turn->input;
    const mm_person_t *target = mm_room_find_seat(turn->room, &input->target);

    if (target == NULL)
        return mm_room_missing(turn, &input->target);
    mm_outbox_pass(turn->outbox, input->spec->msg, input->body, &turn->from,
                   input->stamp.client_time, mm_turn_now_ms(turn));
    mm_outbox_to(turn->outbox, target->contact);
    return MM_OK;
}

/* Comes from the receiver's connection and goes to the sender's; where one of both has left, nothing waits any more. */
mm_err_t mm_room_on_flow(mm_turn_t *turn)
{
    const struct mm_flow *flow = &turn->msg.flow;

    if (!mm_turn_is_seated(turn) || !mm_id_equal(&flow->receiver, &turn->from))
        return MM_ERR_IGNORED;
    const mm_person_t *sender = mm_room_find_seat(turn->room, &flow->sender);
    if (sender == NULL)
        return MM_ERR_IGNORED;
    mm_turn_say_to(turn, sender->contact, MM_MSG_FLOW, flow, NULL);
    return MM_OK;
}

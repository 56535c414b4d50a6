/* The table of handlers and the checks before them, see the header. */
#include "broker/dispatch.h"

#include "broker/admin.h"
#include "broker/room.h"

#include <assert.h>

/* Wrong senders of a row, as far as that can be told before its members are read. */
static mm_err_t check_joined(const mm_spec_t *spec, unsigned role)
{
    bool is_seated = (role & MM_BY_MEMBER) != 0;

    return (spec->senders & role) == 0 && !is_seated ? MM_ERR_NOT_JOINED : MM_OK;
}

/* The gateway found a bad member and sends this in its place, because only here is known who is joined.
 * A newer gateway may name rows and reasons that are unknown here: then the answer says less. */
static mm_err_t on_refused(mm_turn_t *turn)
{
    const struct mm_refused *refused = &turn->msg.refused;
    const mm_spec_t *spec = mm_spec((mm_msg_t)refused->type);

    if (spec != NULL && check_joined(spec, turn->role) != MM_OK)
        return MM_ERR_NOT_JOINED;
    if (refused->reason < MM_REASON_LIMIT) {
        turn->reason = (mm_reason_t)refused->reason;
        turn->blame = refused->field;
    }
    return MM_ERR_INVALID_MESSAGE;
}

static mm_handler_t *const handlers[MM_MSG_LIMIT] = {
    [MM_MSG_JOIN] = mm_room_on_join,
    [MM_MSG_LEAVE] = mm_room_on_leave,
    [MM_MSG_OFFER] = mm_room_on_relay,
    [MM_MSG_ANSWER] = mm_room_on_relay,
    [MM_MSG_ICE_CANDIDATE] = mm_room_on_relay,
    [MM_MSG_FILE_OFFER] = mm_room_on_relay,
    [MM_MSG_FILE_ANSWER] = mm_room_on_relay,
    [MM_MSG_FILE_CHUNK] = mm_room_on_relay,
    [MM_MSG_QUALITY_CHANGE] = mm_room_on_relay,
    [MM_MSG_CHAT] = mm_room_on_chat,
    [MM_MSG_PARTICIPANT_UPDATED] = mm_room_on_participant_updated,
    [MM_MSG_RAISE_HAND] = mm_room_on_raise_hand,
    [MM_MSG_LOWER_HAND] = mm_room_on_lower_hand,
    [MM_MSG_REACTION] = mm_room_on_reaction,
    [MM_MSG_RECORDING_STARTED] = mm_room_on_recording_started,
    [MM_MSG_RECORDING_STOPPED] = mm_room_on_recording_stopped,
    [MM_MSG_ROOM_LOCKED] = mm_room_on_locked,
    [MM_MSG_ROOM_UNLOCKED] = mm_room_on_unlocked,
    [MM_MSG_MODERATOR_ACTION] = mm_room_on_moderator_action,
    [MM_MSG_ADMIT_USER] = mm_room_on_admit_user,
    [MM_MSG_REJECT_USER] = mm_room_on_reject_user,
    [MM_MSG_REFUSED] = on_refused,
    [MM_MSG_GONE] = mm_room_on_gone,
    [MM_MSG_CREATE_ROOM] = mm_room_on_create,
    [MM_MSG_FLOW] = mm_room_on_flow,
    [MM_MSG_ROOM_STATUS] = mm_room_on_status,
    [MM_MSG_DELETE_ROOM] = mm_room_on_delete,
    [MM_MSG_ADMIN_ROOMS] = mm_admin_on_rooms,
    [MM_MSG_ADMIN_ROOM] = mm_admin_on_room,
    [MM_MSG_ADMIN_CLOSE] = mm_admin_on_close,
    [MM_MSG_ADMIN_KICK] = mm_admin_on_kick,
    [MM_MSG_ADMIN_STATS] = mm_admin_on_figures,
    [MM_MSG_ADMIN_GATEWAYS] = mm_admin_on_figures,
};

mm_handler_t *mm_dispatch_handler(mm_msg_t msg)
{
    return (unsigned)msg < MM_MSG_LIMIT ? handlers[msg] : NULL;
}

/* The bus is input too: what a gateway let pass is checked again. */
static mm_err_t read_members(mm_turn_t *turn)
{
    const mm_spec_t *spec = turn->input->spec;
    mm_fault_t fault = {MM_REASON_NONE, NULL};

    if ((spec->flags & MM_PASSES) != 0)
        return MM_OK;
    if (mm_message_read(spec, turn->input->body, &turn->msg, &fault) == MM_OK)
        return MM_OK;
    turn->reason = fault.reason;
    turn->blame = mm_text(fault.field);
    return MM_ERR_INVALID_MESSAGE;
}

mm_err_t mm_dispatch_check(mm_turn_t *turn)
{
    const mm_spec_t *spec = turn->input->spec;
    mm_err_t err;

    if (mm_dispatch_handler(spec->msg) == NULL)
        return MM_ERR_MALFORMED;
    if (spec->senders == MM_BY_ADMIN)
        return read_members(turn);
    if ((spec->senders & MM_ROLE_GATEWAY) != 0) {
        err = read_members(turn);
        /* Only a creation is answered; its members came from somebody outside. */
        return err == MM_OK || spec->msg == MM_MSG_CREATE_ROOM ? err : MM_ERR_MALFORMED;
    }
    err = check_joined(spec, turn->role);
    if (err == MM_OK)
        err = read_members(turn);
    if (err == MM_OK && (spec->senders & turn->role) == 0)
        err = MM_ERR_UNAUTHORIZED;
    return err;
}

mm_err_t mm_dispatch_run(mm_turn_t *turn)
{
    mm_handler_t *handler = mm_dispatch_handler(turn->input->spec->msg);

    assert(handler != NULL);
    return handler(turn);
}

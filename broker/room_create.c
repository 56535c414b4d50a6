/* How a room begins: pre-created over HTTP, or ad hoc by the join of somebody who is host.
 * Not here: the limits on rooms and the choice of an id (broker/registry.c). */
#include "broker/room.h"

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The helper hashed the password before the turn; without a password there is nothing to take over. */
static void take_password(mm_turn_t *turn)
{
    if (turn->input->proof.kind != MM_PROOF_MADE)
        return;
    turn->room->facts.password = turn->input->proof.password;
    turn->room->facts.password.is_set = true;
}

static int64_t default_participants(const mm_turn_t *turn)
{
    return smaller(turn->settings->default_participants, turn->settings->max_participants);
}

void mm_room_begin_ad_hoc(mm_turn_t *turn)
{
    mm_facts_t *facts = &turn->room->facts;

    facts->created_ms = mm_turn_now_ms(turn);
    facts->max_participants = (size_t)default_participants(turn);
    take_password(turn);
    mm_room_report_created(turn);
}

/* The gateway checked what it could; the bound of participants is the broker's setting. */
mm_err_t mm_room_check_wish(const mm_turn_t *turn)
{
    const struct mm_create_room *wish = &turn->msg.create_room;
    bool has_start = (wish->present & MM_HAS(create_room, scheduled_start)) != 0;
    bool has_end = (wish->present & MM_HAS(create_room, scheduled_end)) != 0;

    if ((wish->present & MM_HAS(create_room, max_participants)) != 0 &&
        wish->max_participants > turn->settings->max_participants)
        return MM_ERR_INVALID_MESSAGE;
    if (has_start && has_end && wish->scheduled_end <= wish->scheduled_start)
        return MM_ERR_INVALID_MESSAGE;
    return mm_id_is_nil(&turn->input->stamp.fresh) ? MM_ERR_MALFORMED : MM_OK;
}

mm_err_t mm_room_on_create(mm_turn_t *turn)
{
    const struct mm_create_room *wish = &turn->msg.create_room;
    const mm_id_t *token = &turn->input->stamp.fresh;
    mm_facts_t *facts = &turn->room->facts;
    struct mm_room_created created = {.present = MM_HAS(room_created, room) |
                                                 MM_HAS(room_created, creator_token),
                                      .error = MM_OK,
                                      .room = mm_text(turn->room->id),
                                      .creator_token = *token};

    facts->created_ms = mm_turn_now_ms(turn);
    facts->max_participants = (size_t)default_participants(turn);
    if ((wish->present & MM_HAS(create_room, max_participants)) != 0)
        facts->max_participants = (size_t)wish->max_participants;
    mm_facts_set_title(facts, wish->title);
    facts->start_ms = wish->scheduled_start;
    facts->end_ms = wish->scheduled_end;
    mm_facts_set_token(facts, token);
    take_password(turn);
    mm_room_note(turn->room, MM_NEWS_KEEP_DURABLY);
    mm_room_report_created(turn);
    mm_turn_say_to(turn, turn->input->contact, MM_MSG_ROOM_CREATED, &created, NULL);
    return MM_OK;
}

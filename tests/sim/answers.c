/* What a browser said and what it may be answered, in the order of saying.  Messages of one connection are handled in order, and so are the
 * answers: when one comes, whatever was said before it has been handled, and if that demanded an answer, it is missing.
 *
 * What a message demands depends on where its sender was when it was handled, which follows from what was said before it: a place is
 * taken by a join, given up by `leave`.  Only admission, rejection and a kick come from others; what was on its way then may have been
 * handled before or after (lenient). */
#include "sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef enum verdict { ANSWERED, QUIET, MISSING } verdict_t;

sim_said_t *sim_answers_expect(sim_socket_t *socket, sim_said_kind_t kind)
{
    sim_said_t *said = calloc(1, sizeof *said);

    assert(said != NULL);
    said->kind = kind;
    said->type = "";
    *socket->talk.last = said;
    socket->talk.last = &said->next;
    return said;
}

static void drop_first(sim_talk_t *talk)
{
    sim_said_t *said = talk->first;

    talk->first = said->next;
    if (talk->first == NULL)
        talk->last = &talk->first;
    free(said);
}

void sim_answers_forget(sim_talk_t *talk)
{
    while (talk->first != NULL)
        drop_first(talk);
}

const sim_said_t *sim_answers_pending_join(const sim_talk_t *talk)
{
    for (const sim_said_t *said = talk->first; said != NULL; said = said->next)
        if (said->kind == SIM_SAID_JOIN)
            return said;
    return NULL;
}

/* Somebody else changed the sender's place: up to its own next change of place, either order is right. */
void sim_answers_soften(sim_talk_t *talk)
{
    for (sim_said_t *said = talk->first; said != NULL; said = said->next) {
        if (said->kind == SIM_SAID_JOIN || said->kind == SIM_SAID_LEAVE)
            return;
        said->is_lenient = true;
    }
}

static bool is_error(const sim_outcome_t *outcome, const char *code)
{
    return outcome->kind == SIM_OUTCOME_ERROR && strcmp(outcome->code, code) == 0;
}

/* --- joins ------------------------------------------------------------------------------------- */

static bool is_wrong(const sim_t *sim, const sim_seat_t *seat)
{
    return sim->rooms[seat->room].password[0] != '\0' && seat->secret != SIM_RIGHT_PASSWORD;
}

static verdict_t judge_join(const sim_t *sim, const sim_said_t *said, const sim_outcome_t *outcome)
{
    const sim_seat_t *seat = sim_judge_seat(sim, said->seat);

    switch (outcome->kind) {
    case SIM_OUTCOME_JOINED:
    case SIM_OUTCOME_WAITING:
        return outcome->seat == seat->serial && !is_wrong(sim, seat) ? ANSWERED : MISSING;
    case SIM_OUTCOME_ERROR:
        if (strcmp(outcome->code, "ROOM_NOT_FOUND") == 0)
            return !seat->is_host && !seat->was_certain ? ANSWERED : MISSING;
        if (strcmp(outcome->code, "INVALID_PASSWORD") == 0)
            return is_wrong(sim, seat) ? ANSWERED : MISSING;
        return strcmp(outcome->code, "ROOM_FULL") == 0 && !is_wrong(sim, seat) ? ANSWERED : MISSING;
    case SIM_OUTCOME_CHAT:
    case SIM_OUTCOME_ORDER:
        break;
    }
    return MISSING;
}

/* --- everything else ----------------------------------------------------------------------------- */

static bool is_refusal(const sim_outcome_t *outcome, const char *type)
{
    static const struct {
        const char *type, *refusal;
    } refusals[] = {
        {"room-locked", "lock the room"},
        {"room-unlocked", "unlock the room"},
        {"recording-started", "start recording"},
        {"recording-stopped", "stop recording"},
        {"moderator-action", "perform this action"},
        {"admit-user", "admit users"},
        {"reject-user", "reject users"},
    };
    char text[80];

    if (!is_error(outcome, "UNAUTHORIZED"))
        return false;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        snprintf(text, sizeof text, "Only moderators can %s", refusals[i].refusal);
        if (strcmp(refusals[i].type, type) == 0)
            return strcmp(outcome->message, text) == 0;
    }
    return false;
}

/* The sender had a seat when this was handled. */
static verdict_t judge_seated(const sim_said_t *said, const sim_outcome_t *outcome)
{
    switch (said->kind) {
    case SIM_SAID_CHAT:
        return outcome->kind == SIM_OUTCOME_CHAT && outcome->seat == said->seat &&
                       outcome->chat == said->chat
                   ? ANSWERED
                   : MISSING;
    case SIM_SAID_INVALID:
        return is_error(outcome, "INVALID_MESSAGE") ? ANSWERED : MISSING;
    case SIM_SAID_ASTRAY:
        if (*said->type != '\0' && !said->was_moderator && is_refusal(outcome, said->type))
            return ANSWERED;
        return is_error(outcome, "TARGET_NOT_FOUND") ? ANSWERED : MISSING;
    case SIM_SAID_ORDER:
        if (outcome->kind == SIM_OUTCOME_ORDER && strcmp(outcome->type, said->type) == 0)
            return ANSWERED;
        return !said->was_moderator && is_refusal(outcome, said->type) ? ANSWERED : MISSING;
    case SIM_SAID_ACTION:
        return !said->was_moderator && is_refusal(outcome, said->type) ? ANSWERED : QUIET;
    case SIM_SAID_QUIET:
    case SIM_SAID_JOIN:
    case SIM_SAID_LEAVE:
        break;
    }
    return QUIET;
}

static verdict_t judge(const sim_t *sim, sim_state_t state, const sim_said_t *said,
                       const sim_outcome_t *outcome)
{
    verdict_t verdict;

    if (said->kind == SIM_SAID_JOIN)
        return judge_join(sim, said, outcome);
    if (said->kind == SIM_SAID_LEAVE)
        return QUIET;
    if (state == SIM_SEATED && !said->is_lenient)
        return judge_seated(said, outcome);
    if (is_error(outcome, "NOT_JOINED"))
        return ANSWERED;
    if (state == SIM_STRANGER && !said->is_lenient)
        return MISSING;
    verdict = judge_seated(said, outcome);
    return verdict == MISSING ? QUIET : verdict;
}

/* Chunks are overtaken by everything else, and so are their errors: they stand in no queue. */
static bool is_of_a_chunk(const sim_t *sim, const sim_talk_t *talk, const sim_outcome_t *outcome)
{
    sim_state_t state = talk->state;

    if (talk->stray_chunks == 0 ||
        (!is_error(outcome, "NOT_JOINED") && !is_error(outcome, "TARGET_NOT_FOUND")))
        return false;
    for (const sim_said_t *said = talk->first; said != NULL; said = said->next) {
        verdict_t verdict = judge(sim, state, said, outcome);
        bool was_early = said->kind == SIM_SAID_JOIN && talk->spare_full > 0;
        if (verdict == ANSWERED || (verdict == MISSING && !was_early))
            return verdict == MISSING;
        if (said->kind == SIM_SAID_LEAVE || was_early)
            state = SIM_STRANGER;
    }
    return true;
}

/* --- the queue ----------------------------------------------------------------------------------- */

static void give_up_place(sim_t *sim, sim_talk_t *talk)
{
    sim_seat_t *seat = sim_judge_seat(sim, talk->seat);

    if (seat != NULL)
        seat->is_over = true;
    talk->state = SIM_STRANGER;
    talk->seat = 0;
}

/* A join leaves first, whatever becomes of it. */
static void settle_join(sim_t *sim, sim_talk_t *talk, const sim_outcome_t *outcome)
{
    size_t serial = talk->first->seat;

    give_up_place(sim, talk);
    if (outcome->kind == SIM_OUTCOME_ERROR) {
        sim_judge_seat(sim, serial)->is_over = true;
        if (talk->speaking == serial)
            talk->speaking = 0;
        return;
    }
    talk->seat = serial;
    talk->state = outcome->kind == SIM_OUTCOME_JOINED ? SIM_SEATED : SIM_WAITING;
}

/* A ROOM_FULL came when both an unlocking and this join may have caused it. */
static bool was_answered_early(sim_t *sim, sim_talk_t *talk)
{
    static const sim_outcome_t full = {.kind = SIM_OUTCOME_ERROR, .code = "ROOM_FULL"};

    if (talk->first->kind != SIM_SAID_JOIN || talk->spare_full == 0)
        return false;
    talk->spare_full--;
    settle_join(sim, talk, &full);
    return true;
}

static void complain(sim_t *sim, const sim_socket_t *socket, const sim_outcome_t *outcome)
{
    static const char *const kinds[] = {"join",    "leave",  "chat",  "quiet message",
                                        "invalid", "astray", "order", "action"};
    const sim_said_t *said = socket->talk.first;

    sim_fail(sim, "b%zu/%zu got %s%s where its %s %s (seat %zu, chat %u) had to be answered",
             socket->browser, socket->index, outcome->code != NULL ? outcome->code : "",
             outcome->kind == SIM_OUTCOME_ERROR     ? ""
             : outcome->kind == SIM_OUTCOME_CHAT    ? "a chat"
             : outcome->kind == SIM_OUTCOME_WAITING ? "a place at the door"
             : outcome->kind == SIM_OUTCOME_ORDER   ? outcome->type
                                                    : "a seat",
             kinds[said->kind], said->type, said->seat, said->chat);
}

void sim_answers_take(sim_t *sim, sim_socket_t *socket, const sim_outcome_t *outcome)
{
    sim_talk_t *talk = &socket->talk;

    if (is_of_a_chunk(sim, talk, outcome)) {
        talk->stray_chunks--;
        return;
    }
    while (talk->first != NULL) {
        verdict_t verdict = judge(sim, talk->state, talk->first, outcome);
        if (verdict == MISSING && was_answered_early(sim, talk)) {
            drop_first(talk);
            continue;
        }
        if (verdict == MISSING) {
            complain(sim, socket, outcome);
            return;
        }
        if (talk->first->kind == SIM_SAID_JOIN)
            settle_join(sim, talk, outcome);
        else if (talk->first->kind == SIM_SAID_LEAVE)
            give_up_place(sim, talk);
        drop_first(talk);
        if (verdict == ANSWERED)
            return;
    }
    sim_fail(sim, "b%zu/%zu got %s, to nothing it said", socket->browser, socket->index,
             outcome->code != NULL ? outcome->code : "an answer");
}

/* All has been handled: what is left needs no answer. */
void sim_answers_rest(sim_t *sim, sim_socket_t *socket)
{
    static const sim_outcome_t nothing = {
        .kind = SIM_OUTCOME_ERROR, .code = "nothing", .message = ""};
    sim_talk_t *talk = &socket->talk;

    while (talk->first != NULL && !sim->has_failed) {
        if (judge(sim, talk->state, talk->first, &nothing) == MISSING &&
            !was_answered_early(sim, talk)) {
            complain(sim, socket, &nothing);
            return;
        }
        if (talk->first->kind == SIM_SAID_LEAVE)
            give_up_place(sim, talk);
        drop_first(talk);
    }
    if (!sim->has_failed && (talk->garbage > 0 || talk->unknown > 0))
        sim_fail(sim, "b%zu/%zu was not told that it talks nonsense", socket->browser,
                 socket->index);
}

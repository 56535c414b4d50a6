/* The judge: what each browser was told, and whether it may have been told that.  It believes nothing but the JSON that browsers
 * sent and received.
 *
 * Rules: the first thing a newcomer hears is itself; whoever is in no room hears errors alone; everything said in a room comes from
 * somebody who is in it; numbers of chats and relays of one sender rise by one, and those of all its control messages rise; all copies of a
 * chat carry one timestamp, later than the one before.
 * Not here: errors and own echoes (answers.c), closes and rest (endings.c), the truth (truth.c). */
#include "news.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 170 };

void news_wrong(const news_t *news, const char *format, ...)
{
    char text[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    sim_fail(news->sim, "b%zu/%zu got %s: %s", news->socket->browser, news->socket->index,
             news->type, text);
}

/* --- seats and peers ---------------------------------------------------------------------------- */

sim_seat_t *sim_judge_new_seat(sim_t *sim)
{
    sim_seat_t *seat = calloc(1, sizeof *seat);

    assert(seat != NULL);
    if (sim->seat_count == sim->seat_capacity) {
        sim->seat_capacity *= 2;
        sim->seats = realloc(sim->seats, sim->seat_capacity * sizeof(sim_seat_t *));
        assert(sim->seats != NULL);
    }
    seat->serial = sim->seat_count++;
    sim->seats[seat->serial] = seat;
    snprintf(seat->name, sizeof seat->name, "s%zu", seat->serial);
    return seat;
}

sim_seat_t *sim_judge_seat(const sim_t *sim, size_t serial)
{
    return serial < sim->seat_count ? sim->seats[serial] : NULL;
}

sim_seat_t *sim_judge_find(const sim_t *sim, const char *id)
{
    return zhashx_lookup(sim->by_id, id);
}

sim_peer_t *sim_judge_find_peer(const sim_seat_t *seat, size_t of)
{
    for (size_t i = 0; i < seat->peer_count; i++)
        if (seat->peers[i].seat == of)
            return &seat->peers[i];
    return NULL;
}

sim_peer_t *sim_judge_peer(sim_seat_t *seat, size_t of)
{
    sim_peer_t *peer = sim_judge_find_peer(seat, of);

    if (peer != NULL)
        return peer;
    if (seat->peer_count == seat->peer_capacity) {
        seat->peer_capacity = seat->peer_capacity == 0 ? 8 : 2 * seat->peer_capacity;
        seat->peers = realloc(seat->peers, seat->peer_capacity * sizeof *seat->peers);
        assert(seat->peers != NULL);
    }
    peer = &seat->peers[seat->peer_count++];
    *peer = (sim_peer_t){.seat = of};
    return peer;
}

void sim_judge_over(sim_t *sim, sim_socket_t *socket)
{
    sim_talk_t *talk = &socket->talk;

    if (talk->seat != 0)
        sim_judge_seat(sim, talk->seat)->is_over = true;
    for (const sim_said_t *said = talk->first; said != NULL; said = said->next)
        if (said->kind == SIM_SAID_JOIN)
            sim_judge_seat(sim, said->seat)->is_over = true;
    sim_answers_forget(talk);
    talk->garbage = talk->unknown = 0;
    talk->state = SIM_STRANGER;
    talk->seat = talk->speaking = 0;
}

/* --- members of a message ------------------------------------------------------------------------ */

const char *news_text(const news_t *news, const char *name)
{
    const char *text = json_string_value(json_object_get(news->json, name));

    return text != NULL ? text : "";
}

bool news_flag(const news_t *news, const char *name)
{
    const json_t *flag = json_object_get(news->json, name);

    if (!json_is_boolean(flag))
        WRONG(news, "no %s", name);
    return json_is_true(flag);
}

/* --- errors ------------------------------------------------------------------------------------------ */

/* What is no message at all is answered by the gateway, beside the order of everything else. */
static bool is_gateways_own(news_t *news, const char *code)
{
    const char *reason = news_text(news, "reason");
    unsigned *due =
        strcmp(code, "UNKNOWN_MESSAGE_TYPE") == 0 ? &news->talk->unknown
        : strcmp(code, "INVALID_MESSAGE") == 0 &&
                (strcmp(reason, "not valid JSON") == 0 || strcmp(reason, "not a JSON object") == 0)
            ? &news->talk->garbage
            : NULL;

    if (due == NULL)
        return false;
    if (*due == 0)
        WRONG(news, "%s, but it talked sense", code);
    else
        --*due;
    return true;
}

static void on_error(news_t *news)
{
    sim_outcome_t outcome = {.kind = SIM_OUTCOME_ERROR,
                             .code = news_text(news, "code"),
                             .message = news_text(news, "message")};

    if (news->room[0] != '\0' || news->from[0] != '\0')
        WRONG(news, "an error has no room and nobody who said it");
    if (is_gateways_own(news, outcome.code))
        return;
    if (news->talk->state == SIM_WAITING && strcmp(outcome.code, "ROOM_FULL") == 0) {
        /* The room was unlocked and no seat was left. */
        news->talk->spare_full += sim_answers_pending_join(news->talk) != NULL;
        news->seat->is_over = true;
        news->talk->state = SIM_STRANGER;
        if (news->talk->speaking == news->talk->seat)
            news->talk->speaking = 0;
        news->talk->seat = 0;
        return;
    }
    sim_answers_take(news->sim, news->socket, &outcome);
}

/* --- one message --------------------------------------------------------------------------------------- */

static const struct {
    const char *type;
    news_handler_t *handler;
    bool needs_seat; /* of the listener */
} handlers[] = {
    {"participant-joined", news_on_joined, false},
    {"waiting-room", news_on_waiting, false},
    {"reject-user", news_on_reject, false},
    {"error", on_error, false},
    {"participant-left", news_on_left, true},
    {"participant-updated", news_on_updated, true},
    {"raise-hand", news_on_hand, true},
    {"lower-hand", news_on_hand, true},
    {"moderator-action", news_on_action, true},
    {"room-locked", news_on_order, true},
    {"room-unlocked", news_on_order, true},
    {"recording-started", news_on_order, true},
    {"recording-stopped", news_on_order, true},
    {"chat", news_on_chat, true},
    {"reaction", news_on_reaction, true},
    {"offer", news_on_relay, true},
    {"answer", news_on_relay, true},
    {"ice-candidate", news_on_relay, true},
    {"file-offer", news_on_relay, true},
    {"file-answer", news_on_relay, true},
    {"quality-change", news_on_relay, true},
    {"file-chunk", news_on_chunk, true},
};

static void take_apart(news_t *news)
{
    sim_seat_t *from;

    news->type = news_text(news, "type");
    news->from = news_text(news, "participantId");
    news->room = news_text(news, "roomId");
    news->seat = sim_judge_seat(news->sim, news->talk->seat);
    from = sim_judge_find(news->sim, news->from);
    news->is_own = from != NULL && from == news->seat;
    if (from != NULL && news->seat != NULL && !news->is_own)
        news->peer = sim_judge_find_peer(news->seat, from->serial);
}

static void dispatch(news_t *news)
{
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
        if (strcmp(handlers[i].type, news->type) != 0)
            continue;
        if (handlers[i].needs_seat && news->talk->state != SIM_SEATED)
            WRONG(news, "it has no seat");
        else if (handlers[i].needs_seat &&
                 strcmp(news->room, news->sim->rooms[news->seat->room].id) != 0)
            WRONG(news, "of room %s, where it is not", news->room);
        else
            handlers[i].handler(news);
        return;
    }
    WRONG(news, "no such message");
}

void sim_judge_hear(sim_t *sim, sim_socket_t *socket, const char *text, size_t len)
{
    news_t news = {.sim = sim, .socket = socket, .talk = &socket->talk};
    json_error_t error;

    sim->heard++;
    SIM_SAY(sim, "b%zu/%zu < %.*s", socket->browser, socket->index, len < SHOWN ? (int)len : SHOWN,
            text);
    news.json = json_loadb(text, len, 0, &error);
    if (news.json == NULL) {
        sim_fail(sim, "b%zu/%zu got what is no JSON: %s", socket->browser, socket->index,
                 error.text);
        return;
    }
    take_apart(&news);
    if (socket->talk.kick_told || socket->talk.reject_told || socket->talk.end_told)
        WRONG(&news, "after it was sent away");
    else
        dispatch(&news);
    json_decref(news.json);
}

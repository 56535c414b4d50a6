/* The judge: what each browser was told, and whether it may have been told that.  It believes nothing but the JSON that browsers
 * sent and received.
 *
 * Rules: the first thing a newcomer hears is itself; whoever is in no room hears errors alone; everything said in a room comes from
 * somebody who is in it; numbers of chats and relays of one sender rise by one, and those of all its control messages rise; all copies of a
 * chat carry one timestamp, later than the one before.
 * Not here: errors and own echoes (answers.c), the truth (truth.c). */
#include "sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 170 };

typedef struct news { /* one message, taken apart */
    sim_t *sim;
    sim_socket_t *socket;
    sim_talk_t *talk;
    sim_seat_t *seat; /* of the listener; NULL for a stranger */
    json_t *json;
    const char *type, *from, *room;
    sim_peer_t *peer; /* the sender in the listener's eyes; NULL: nobody it knows, or itself */
    bool is_own;
} news_t;

#define WRONG(news, ...) wrong((news), __VA_ARGS__)

static void wrong(const news_t *news, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void wrong(const news_t *news, const char *format, ...)
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

static sim_peer_t *find_peer(const sim_seat_t *seat, size_t of)
{
    for (size_t i = 0; i < seat->peer_count; i++)
        if (seat->peers[i].seat == of)
            return &seat->peers[i];
    return NULL;
}

sim_peer_t *sim_judge_peer(sim_seat_t *seat, size_t of)
{
    sim_peer_t *peer = find_peer(seat, of);

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

static const char *text_of(const news_t *news, const char *name)
{
    const char *text = json_string_value(json_object_get(news->json, name));

    return text != NULL ? text : "";
}

static bool flag_of(const news_t *news, const char *name)
{
    const json_t *flag = json_object_get(news->json, name);

    if (!json_is_boolean(flag))
        WRONG(news, "no %s", name);
    return json_is_true(flag);
}

/* The seat that bears this name and this id; each belongs to the other for ever. */
static sim_seat_t *seat_of_name(news_t *news)
{
    sim_t *sim = news->sim;
    const char *name = text_of(news, "name");
    size_t serial = 0;
    sim_seat_t *seat;

    sscanf(name, "s%zu", &serial);
    seat = sim_judge_seat(sim, serial);
    if (seat == NULL || strcmp(seat->name, name) != 0) {
        WRONG(news, "nobody has the name %s", name);
        return NULL;
    }
    if (seat->id[0] == '\0') {
        if (strlen(news->from) != SIM_ID_BYTES - 1 || sim_judge_find(sim, news->from) != NULL) {
            WRONG(news, "%s cannot be the id of %s", news->from, name);
            return NULL;
        }
        strcpy(seat->id, news->from);
        zhashx_insert(sim->by_id, seat->id, seat);
    }
    if (strcmp(seat->id, news->from) != 0)
        WRONG(news, "%s has the id %s", name, seat->id);
    return seat;
}

/* --- people come and go -------------------------------------------------------------------------- */

static void read_flags(const news_t *news, sim_peer_t *peer)
{
    peer->is_moderator = flag_of(news, "isModerator");
    peer->is_muted = flag_of(news, "isMuted");
    peer->is_video_off = flag_of(news, "isVideoOff");
}

static void on_own_seat(news_t *news, sim_seat_t *seat)
{
    sim_outcome_t outcome = {.kind = SIM_OUTCOME_JOINED, .seat = seat->serial};

    if (news->talk->state == SIM_WAITING && news->talk->seat == seat->serial) {
        news->talk->state = SIM_SEATED; /* admitted */
        sim_answers_soften(news->talk);
    } else {
        sim_answers_take(news->sim, news->socket, &outcome);
    }
    seat->is_moderator = flag_of(news, "isModerator");
    if (strcmp(news->room, news->sim->rooms[seat->room].id) != 0)
        WRONG(news, "seated in another room than it asked for");
}

static void on_joined(news_t *news)
{
    sim_seat_t *who = seat_of_name(news);
    sim_peer_t *peer;

    if (who == NULL)
        return;
    if (who->socket == news->socket->index) {
        if (news->seat == who && news->talk->state == SIM_SEATED)
            WRONG(news, "seated twice");
        else
            on_own_seat(news, who);
        return;
    }
    if (news->talk->state != SIM_SEATED) {
        WRONG(news, "it has no seat");
        return;
    }
    peer = sim_judge_peer(news->seat, who->serial);
    if (peer->was_present || peer->is_present)
        WRONG(news, "%s comes a second time", who->name);
    if (who->room != news->seat->room)
        WRONG(news, "%s is in another room", who->name);
    peer->is_present = peer->was_present = true;
    peer->is_waiting = false;
    peer->chats_when_met = news->seat->chats;
    read_flags(news, peer);
}

static void on_left(news_t *news)
{
    if (news->peer == NULL || !news->peer->is_present)
        WRONG(news, "it was not there");
    else
        news->peer->is_present = news->peer->is_hand_raised = false;
}

static void on_waiting(news_t *news)
{
    sim_seat_t *who = seat_of_name(news);

    if (who == NULL)
        return;
    if (who->socket == news->socket->index) {
        sim_outcome_t outcome = {.kind = SIM_OUTCOME_WAITING, .seat = who->serial};
        sim_answers_take(news->sim, news->socket, &outcome);
    } else if (news->talk->state != SIM_SEATED || !news->seat->is_moderator) {
        WRONG(news, "it is no moderator");
    } else {
        sim_judge_peer(news->seat, who->serial)->is_waiting = true;
    }
}

static void on_reject(news_t *news)
{
    bool is_end = strcmp(text_of(news, "reason"), "The meeting has ended") == 0;

    if (news->talk->state != SIM_WAITING || strcmp(text_of(news, "targetId"), news->seat->id) != 0)
        WRONG(news, "it does not wait");
    else if (!is_end && !news->seat->was_rejected)
        WRONG(news, "nobody rejected it");
    else if (is_end)
        news->talk->end_told = true;
    else
        news->talk->reject_told = true;
}

/* --- states --------------------------------------------------------------------------------------- */

static void on_updated(news_t *news)
{
    sim_peer_t own = {0};

    if (news->peer == NULL && !news->is_own) {
        WRONG(news, "of somebody who is not there");
        return;
    }
    read_flags(news, news->is_own ? &own : news->peer);
    if (news->is_own)
        news->seat->is_moderator = own.is_moderator;
    else
        news->peer->is_hand_raised = flag_of(news, "isHandRaised");
}

static void on_hand(news_t *news)
{
    if (news->peer == NULL || !news->peer->is_present)
        WRONG(news, "of somebody who is not there");
    else
        news->peer->is_hand_raised = strcmp(news->type, "raise-hand") == 0;
}

static void on_action(news_t *news)
{
    const char *action = text_of(news, "action");
    bool is_kick = strcmp(action, "kick") == 0;

    if (strcmp(text_of(news, "targetId"), news->seat->id) != 0)
        WRONG(news, "for somebody else");
    else if (is_kick && !news->seat->was_kicked && !news->sim->rooms[news->seat->room].was_ended)
        WRONG(news, "nobody kicked it");
    else if (is_kick)
        news->talk->kick_told = true;
    else if (strcmp(action, "make-moderator") == 0 && !news->seat->is_moderator)
        WRONG(news, "it was not told to be a moderator before");
}

/* Orders are told to everybody, to who gave them too; that is their answer. */
static void on_order(news_t *news)
{
    sim_outcome_t outcome = {.kind = SIM_OUTCOME_ORDER, .type = news->type};
    const char *by = "";

    if (strcmp(news->type, "room-locked") == 0) {
        by = text_of(news, "lockedBy");
        news->seat->is_locked = true;
    } else if (strcmp(news->type, "room-unlocked") == 0) {
        by = text_of(news, "unlockedBy");
        news->seat->is_locked = false;
    } else if (strcmp(news->type, "recording-started") == 0) {
        by = text_of(news, "startedBy");
        snprintf(news->seat->recorder, SIM_ID_BYTES, "%s", by);
    } else {
        by = text_of(news, "stoppedBy");
        news->seat->recorder[0] = '\0';
    }
    if (strcmp(by, news->from) != 0)
        WRONG(news, "done by %s, told as of %s", by, news->from);
    if (news->is_own)
        sim_answers_take(news->sim, news->socket, &outcome);
}

/* --- what carries a tag ---------------------------------------------------------------------------- */

typedef struct tag {
    size_t seat;
    char class;
    uint32_t count, number;
} tag_t;

static bool read_tag(const news_t *news, tag_t *tag)
{
    if (sscanf(text_of(news, "tag"), "s%zu %c%u n%u", &tag->seat, &tag->class, &tag->count,
               &tag->number) == 4)
        return true;
    WRONG(news, "no tag: an unknown member was lost");
    return false;
}

/* What the sender added must have come through. */
static void check_extras(const news_t *news, const tag_t *tag, bool has_own_time)
{
    const json_t *time = json_object_get(news->json, "timestamp");
    const json_t *extra = json_object_get(news->json, "extra");
    json_t *expected;

    if (!json_is_integer(time))
        WRONG(news, "no timestamp");
    if (has_own_time && tag->number % 3 == 1 && json_integer_value(time) != tag->number)
        WRONG(news, "the sender's timestamp was lost");
    if (tag->number % 4 != 1)
        return;
    expected = json_pack("[i, s, n, {s: f}]", (int)tag->number, "\xc3\xa9\n", "a", 1.5);
    if (!json_equal(expected, extra))
        WRONG(news, "an unknown member was changed");
    json_decref(expected);
}

/* The sender, as the tag names it, must be who it is said to come from. */
static bool is_from(const news_t *news, const tag_t *tag)
{
    const sim_seat_t *sender = sim_judge_seat(news->sim, tag->seat);

    if (tag->seat == 0) /* it changed rooms just then and did not know as whom it spoke */
        return news->is_own || (news->peer != NULL && news->peer->was_present);
    if (sender == NULL || strcmp(sender->id, news->from) != 0)
        WRONG(news, "from %s, but said by s%zu", news->from, tag->seat);
    else if (!news->is_own && (news->peer == NULL || !news->peer->was_present))
        WRONG(news, "s%zu is not in the room", tag->seat);
    else if (!news->is_own && !news->peer->is_present && tag->class != 'k')
        WRONG(news, "s%zu has left the room", tag->seat);
    else
        return true;
    return false;
}

static void check_number(const news_t *news, uint32_t number)
{
    if (number == 0)
        return;
    if (number <= news->peer->last_number)
        WRONG(news, "number %u of s%zu behind its %u", number, news->peer->seat,
              news->peer->last_number);
    news->peer->last_number = number;
}

/* One timestamp in all copies, later than that of the chat before. */
static void check_chat_time(const news_t *news, const tag_t *tag)
{
    sim_seat_t *sender = sim_judge_seat(news->sim, tag->seat);
    int64_t time_ms = json_integer_value(json_object_get(news->json, "timestamp"));
    size_t wanted = tag->count + 1;

    if (wanted > sender->chat_capacity) {
        sender->chat_ms = realloc(sender->chat_ms, 2 * wanted * sizeof *sender->chat_ms);
        assert(sender->chat_ms != NULL);
        memset(sender->chat_ms + sender->chat_capacity, 0,
               (2 * wanted - sender->chat_capacity) * sizeof *sender->chat_ms);
        sender->chat_capacity = 2 * wanted;
    }
    if (sender->chat_ms[tag->count] == 0)
        sender->chat_ms[tag->count] = time_ms;
    if (sender->chat_ms[tag->count] != time_ms)
        WRONG(news, "other copies have another timestamp");
    if (tag->count > 0 && sender->chat_ms[tag->count - 1] >= time_ms)
        WRONG(news, "not later than the chat before");
}

static void on_chat(news_t *news)
{
    tag_t tag;

    if (!read_tag(news, &tag) || !is_from(news, &tag))
        return;
    check_extras(news, &tag, false);
    check_chat_time(news, &tag);
    if (news->is_own) {
        sim_outcome_t outcome = {.kind = SIM_OUTCOME_CHAT, .seat = tag.seat, .chat = tag.count};
        sim_answers_take(news->sim, news->socket, &outcome);
        return;
    }
    check_number(news, tag.number);
    if (news->peer->last_chat != 0 && tag.count != news->peer->last_chat + 1) {
        WRONG(news, "chat %u of s%zu after its %u", tag.count, tag.seat, news->peer->last_chat);
    } else if (news->peer->last_chat == 0) {
        const sim_peer_t *back = find_peer(sim_judge_seat(news->sim, tag.seat), news->seat->serial);
        if (back != NULL && back->was_present && tag.count > back->chats_when_met + 1)
            WRONG(news, "chat %u of s%zu is the first, but %u was said before", tag.count, tag.seat,
                  back->chats_when_met + 1);
    }
    news->peer->last_chat = tag.count;
}

static void check_target(const news_t *news)
{
    if (strcmp(text_of(news, "targetId"), news->seat->id) != 0)
        WRONG(news, "for %s", text_of(news, "targetId"));
}

static void on_relay(news_t *news)
{
    tag_t tag;

    if (!read_tag(news, &tag))
        return;
    check_target(news);
    if (!is_from(news, &tag) || news->is_own)
        return;
    check_extras(news, &tag, true);
    check_number(news, tag.number);
    if (tag.count == 0)
        return;
    if (tag.count != news->peer->last_relay + 1)
        WRONG(news, "relay %u of s%zu after its %u", tag.count, tag.seat, news->peer->last_relay);
    news->peer->last_relay = tag.count;
}

static void on_chunk(news_t *news)
{
    tag_t tag;

    if (!read_tag(news, &tag))
        return;
    check_target(news);
    if (!is_from(news, &tag) || news->is_own || tag.count == 0)
        return;
    if (tag.count != news->peer->last_chunk + 1)
        WRONG(news, "chunk %u of s%zu after its %u", tag.count, tag.seat, news->peer->last_chunk);
    news->peer->last_chunk = tag.count;
}

static void on_reaction(news_t *news)
{
    const sim_seat_t *sender = sim_judge_find(news->sim, news->from);
    unsigned number = 0;

    if (sender == NULL || news->peer == NULL || !news->peer->is_present)
        WRONG(news, "of somebody who is not there");
    else if (sscanf(text_of(news, "reaction"), "n%u", &number) != 1)
        WRONG(news, "%s is no reaction", text_of(news, "reaction"));
    else
        check_number(news, number);
}

/* --- errors ------------------------------------------------------------------------------------------ */

/* What is no message at all is answered by the gateway, beside the order of everything else. */
static bool is_gateways_own(news_t *news, const char *code)
{
    const char *reason = text_of(news, "reason");
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
                             .code = text_of(news, "code"),
                             .message = text_of(news, "message")};

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

typedef void handler_t(news_t *news);

static const struct {
    const char *type;
    handler_t *handler;
    bool needs_seat; /* of the listener */
} handlers[] = {
    {"participant-joined", on_joined, false},
    {"waiting-room", on_waiting, false},
    {"reject-user", on_reject, false},
    {"error", on_error, false},
    {"participant-left", on_left, true},
    {"participant-updated", on_updated, true},
    {"raise-hand", on_hand, true},
    {"lower-hand", on_hand, true},
    {"moderator-action", on_action, true},
    {"room-locked", on_order, true},
    {"room-unlocked", on_order, true},
    {"recording-started", on_order, true},
    {"recording-stopped", on_order, true},
    {"chat", on_chat, true},
    {"reaction", on_reaction, true},
    {"offer", on_relay, true},
    {"answer", on_relay, true},
    {"ice-candidate", on_relay, true},
    {"file-offer", on_relay, true},
    {"file-answer", on_relay, true},
    {"quality-change", on_relay, true},
    {"file-chunk", on_chunk, true},
};

static void take_apart(news_t *news)
{
    sim_seat_t *from;

    news->type = text_of(news, "type");
    news->from = text_of(news, "participantId");
    news->room = text_of(news, "roomId");
    news->seat = sim_judge_seat(news->sim, news->talk->seat);
    from = sim_judge_find(news->sim, news->from);
    news->is_own = from != NULL && from == news->seat;
    if (from != NULL && news->seat != NULL && !news->is_own)
        news->peer = find_peer(news->seat, from->serial);
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

/* --- the end of a connection ------------------------------------------------------------------------------ */

/* Its chunks wait for somebody who takes nothing more. */
static bool is_held_up(const sim_t *sim, const sim_talk_t *talk)
{
    const sim_seat_t *seat = sim_judge_seat(sim, talk->seat);

    for (size_t i = 0; seat != NULL && i < seat->peer_count; i++)
        if (seat->peers[i].chunks_sent > 0 &&
            sim->browsers[sim_judge_seat(sim, seat->peers[i].seat)->browser].is_stubborn)
            return true;
    return false;
}

static bool is_pending_host(const sim_t *sim, const sim_talk_t *talk)
{
    const sim_said_t *join = sim_answers_pending_join(talk);

    return join != NULL && sim_judge_seat(sim, join->seat)->is_host;
}

/* Whoever made its room has asked for the end of it. */
static bool may_have_ended(const sim_t *sim, const sim_talk_t *talk)
{
    const sim_seat_t *seat = sim_judge_seat(sim, talk->seat);
    const sim_said_t *join = sim_answers_pending_join(talk);

    if (seat != NULL && sim->rooms[seat->room].was_ended)
        return true;
    return join != NULL && sim->rooms[sim_judge_seat(sim, join->seat)->room].was_ended;
}

static bool may_close(const sim_t *sim, const sim_socket_t *socket, int code)
{
    const sim_talk_t *talk = &socket->talk;
    int64_t age_ms = sim->now_ms - socket->opened_ms;

    switch (code) {
    case 1006:
        return true; /* the gateway died */
    case 1012:
        return sim->gateways[socket->gateway].excused_ms >= sim->now_ms - sim->weather.socket_delay;
    case 1013:
        return socket->is_slow || sim->browsers[socket->browser].is_stubborn ||
               is_held_up(sim, talk) ||
               (sim->settings.max_rooms < SIM_ROOMS && sim_answers_pending_join(talk) != NULL);
    case 4002:
        return !talk->has_joined && age_ms >= sim->settings.join_deadline;
    case 4003:
        return talk->kick_told;
    case 4004:
        return talk->reject_told;
    case 4005:
        return talk->end_told || may_have_ended(sim, talk);
    case 1008:
        return talk->may_close == code ||
               (sim->settings.rate_limit_rooms > 0 && is_pending_host(sim, talk));
    default:
        return talk->may_close == code;
    }
}

void sim_judge_close(sim_t *sim, sim_socket_t *socket, int code)
{
    SIM_SAY(sim, "b%zu/%zu is closed: %d", socket->browser, socket->index, code);
    if (!may_close(sim, socket, code))
        sim_fail(sim, "b%zu/%zu was closed with %d for no reason", socket->browser, socket->index,
                 code);
    sim_judge_over(sim, socket);
}

/* --- at rest ------------------------------------------------------------------------------------------------- */

/* Everything that was said between two people who are both still there has arrived. */
static void check_pair(sim_t *sim, sim_seat_t *sender, sim_seat_t *receiver)
{
    const sim_peer_t *sent = find_peer(sender, receiver->serial);
    const sim_peer_t *got = find_peer(receiver, sender->serial);

    if (sent == NULL || got == NULL)
        return;
    if (got->last_relay != sent->relays_sent)
        sim_fail(sim, "%s said %u relays to %s, which got %u", sender->name, sent->relays_sent,
                 receiver->name, got->last_relay);
    else if (got->last_chunk != sent->chunks_sent)
        sim_fail(sim, "%s sent %u chunks to %s, which got %u", sender->name, sent->chunks_sent,
                 receiver->name, got->last_chunk);
    else if (sender->chats > sent->chats_when_met && got->last_chat != sender->chats)
        sim_fail(sim, "%s said %u chats, of which %s got %u", sender->name, sender->chats,
                 receiver->name, got->last_chat);
}

static sim_seat_t *settled_seat(const sim_t *sim, const sim_socket_t *socket)
{
    if (!sim_socket_is_open(socket) || sim->browsers[socket->browser].is_stubborn ||
        socket->talk.state != SIM_SEATED)
        return NULL;
    return sim_judge_seat(sim, socket->talk.seat);
}

void sim_judge_rest(sim_t *sim)
{
    for (size_t i = 0; i < sim->socket_count && !sim->has_failed; i++) {
        sim_socket_t *socket = sim->sockets[i];
        if (!sim_socket_is_open(socket) || sim->browsers[socket->browser].is_stubborn)
            continue;
        sim_answers_rest(sim, socket);
        if (socket->talk.kick_told || socket->talk.reject_told || socket->talk.end_told)
            sim_fail(sim, "b%zu/%zu was sent away and is still connected", socket->browser,
                     socket->index);
        if (socket->talk.may_close != 0)
            sim_fail(sim, "b%zu/%zu should have been closed with %d", socket->browser,
                     socket->index, socket->talk.may_close);
    }
    for (size_t i = 0; i < sim->socket_count; i++)
        for (size_t j = 0; j < sim->socket_count; j++) {
            sim_seat_t *sender = settled_seat(sim, sim->sockets[i]);
            sim_seat_t *receiver = settled_seat(sim, sim->sockets[j]);
            if (sender != NULL && receiver != NULL && sender != receiver && !sim->has_failed)
                check_pair(sim, sender, receiver);
        }
}

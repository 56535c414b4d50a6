/* What browsers do: anything a person might, and some things a program gone mad might.  A browser decides by what it was told.
 * Not here: how it is said (speech.c), whether the answers are right (judge.c). */
#include "sim.h"

#include <assert.h>
#include <string.h>

enum { CLOSE_UTF8 = 1007, BURST = 5 };

static sim_socket_t *socket_of(sim_t *sim, const sim_browser_t *browser)
{
    return browser->socket == SIZE_MAX ? NULL : sim->sockets[browser->socket];
}

/* --- choosing ------------------------------------------------------------------------------------ */

typedef bool peer_filter_t(const sim_peer_t *peer);

static bool is_present(const sim_peer_t *peer)
{
    return peer->is_present;
}

static bool is_seen(const sim_peer_t *peer)
{
    return peer->was_present;
}

static bool is_waiting(const sim_peer_t *peer)
{
    return peer->is_waiting;
}

/* Somebody of the kind; the latest ones only, since who left long ago is forgotten. */
static sim_peer_t *choose(sim_t *sim, sim_seat_t *seat, peer_filter_t *filter)
{
    enum { LATEST = 12 };
    size_t from = seat->peer_count > LATEST ? seat->peer_count - LATEST : 0;
    sim_peer_t *chosen = NULL;
    int64_t count = 0;

    for (size_t i = from; i < seat->peer_count; i++)
        if (filter(&seat->peers[i]) && sim_random_below(&sim->random, ++count) == 0)
            chosen = &seat->peers[i];
    return chosen;
}

/* --- nonsense ------------------------------------------------------------------------------------- */

static void say_garbage(sim_t *sim, sim_socket_t *socket)
{
    static const char *const texts[] = {"{", "[]", "\"join\"", "{\"type\":\"chat\",}", "nul", ""};

    socket->talk.garbage++;
    sim_speech_raw(sim, socket, texts[sim_random_below(&sim->random, 6)]);
}

static void say_unknown(sim_t *sim, sim_socket_t *socket)
{
    static const char *const texts[] = {
        "{\"type\":\"dance\"}", "{\"type\":\"participant-joined\",\"name\":\"me\"}",
        "{\"type\":\"gone\"}", "{\"type\":\"flow\"}", "{\"type\":\"close\",\"code\":4003}"};

    socket->talk.unknown++;
    sim_speech_raw(sim, socket, texts[sim_random_below(&sim->random, 5)]);
}

static void say_invalid(sim_t *sim, sim_socket_t *socket)
{
    static const char *const texts[][2] = {
        {"chat", ",\"text\":\"\""},
        {"chat", ""},
        {"reaction", ",\"reaction\":\"  \""},
        {"reaction", ",\"reaction\":7"},
        {"participant-updated", ",\"isMuted\":\"yes\""},
        {"offer", ",\"targetId\":\"x\""},
        {"file-chunk", ",\"targetId\":\"x\",\"transferId\":\"t\",\"chunk\":\"\",\"index\":-1,"
                       "\"total\":1"},
        {"moderator-action", ",\"targetId\":\"x\",\"action\":\"explode\""},
    };
    int64_t which = sim_random_below(&sim->random, sizeof texts / sizeof *texts);

    sim_speech_simple(sim, socket, SIM_SAID_INVALID, texts[which][0], texts[which][1]);
}

static void say_invalid_utf8(sim_t *sim, sim_socket_t *socket)
{
    socket->talk.may_close = CLOSE_UTF8;
    sim_speech_raw(sim, socket, "{\"type\":\"chat\",\"text\":\"\xc3\"}");
}

static void say_nonsense(sim_t *sim, sim_socket_t *socket)
{
    switch (sim_random_below(&sim->random, 20)) {
    case 0:
        say_invalid_utf8(sim, socket);
        break;
    case 1:
    case 2:
    case 3:
    case 4:
        say_garbage(sim, socket);
        break;
    case 5:
    case 6:
    case 7:
        say_unknown(sim, socket);
        break;
    default:
        say_invalid(sim, socket);
        break;
    }
}

/* --- in a room ------------------------------------------------------------------------------------- */

static void say_state(sim_t *sim, sim_socket_t *socket)
{
    static const char *const flags[] = {"isMuted", "isVideoOff", "isHandRaised"};
    sim_seat_t *seat = sim_judge_seat(sim, socket->talk.speaking);
    const char *value = sim_random_chance(&sim->random, 500) ? "true" : "false";
    char members[80];

    switch (sim_random_below(&sim->random, 4)) {
    case 0:
        sim_speech_simple(sim, socket, SIM_SAID_QUIET, "raise-hand", "");
        break;
    case 1:
        sim_speech_simple(sim, socket, SIM_SAID_QUIET, "lower-hand", "");
        break;
    case 2:
        snprintf(members, sizeof members, ",\"%s\":%s,\"isModerator\":true",
                 flags[sim_random_below(&sim->random, 3)], value);
        sim_speech_simple(sim, socket, SIM_SAID_QUIET, "participant-updated", members);
        break;
    default:
        snprintf(members, sizeof members, ",\"reaction\":\"n%u\"",
                 seat == NULL ? 0 : ++seat->numbers);
        sim_speech_simple(sim, socket, SIM_SAID_QUIET, "reaction", members);
        break;
    }
}

static void say_order(sim_t *sim, sim_socket_t *socket)
{
    static const char *const types[] = {"room-locked", "room-locked", "room-unlocked",
                                        "recording-started", "recording-stopped"};

    sim_speech_simple(sim, socket, SIM_SAID_ORDER, types[sim_random_below(&sim->random, 5)], "");
}

static void say_astray(sim_t *sim, sim_socket_t *socket)
{
    static const char *const texts[][2] = {
        {"answer", ",\"sdp\":\"v\",\"targetId\":\"00000000-0000-4000-8000-000000000001\""},
        {"quality-change", ",\"quality\":\"low\",\"targetId\":\"nobody\""},
        {"moderator-action",
         ",\"action\":\"mute\",\"targetId\":\"00000000-0000-4000-8000-000000000001\""},
        {"admit-user", ",\"targetId\":\"\""},
    };
    int64_t which = sim_random_below(&sim->random, sizeof texts / sizeof *texts);

    /* Its error comes at any time and must be told from those of other messages. */
    if (socket->talk.stray_chunks > 0)
        return;
    if (socket->talk.first == NULL && sim_random_chance(&sim->random, 300)) {
        sim_speech_stray_chunk(sim, socket);
        return;
    }
    sim_speech_simple(sim, socket, SIM_SAID_ASTRAY, texts[which][0], texts[which][1]);
}

static void act_on_person(sim_t *sim, sim_socket_t *socket, sim_seat_t *seat)
{
    static const char *const actions[] = {"mute", "unmute", "make-moderator", "kick"};
    sim_peer_t *peer = choose(sim, seat, is_seen);
    const char *action = actions[sim_random_below(&sim->random, 4)];
    char members[120];

    if (peer == NULL)
        return;
    if (strcmp(action, "kick") == 0)
        sim_judge_seat(sim, peer->seat)->was_kicked = true;
    snprintf(members, sizeof members, ",\"action\":\"%s\",\"targetId\":\"%s\"", action,
             sim_judge_seat(sim, peer->seat)->id);
    sim_speech_simple(sim, socket, SIM_SAID_ACTION, "moderator-action", members);
}

static void act_on_waiting(sim_t *sim, sim_socket_t *socket, sim_seat_t *seat)
{
    sim_peer_t *peer = choose(sim, seat, is_waiting);
    bool admits = sim_random_chance(&sim->random, 700);
    char members[120];

    if (peer == NULL)
        return;
    if (!admits)
        sim_judge_seat(sim, peer->seat)->was_rejected = true;
    snprintf(members, sizeof members, ",\"targetId\":\"%s\"%s", sim_judge_seat(sim, peer->seat)->id,
             admits ? "" : ",\"reason\":\"no\"");
    sim_speech_simple(sim, socket, SIM_SAID_ACTION, admits ? "admit-user" : "reject-user", members);
}

static void send_chunks(sim_t *sim, sim_socket_t *socket, sim_peer_t *peer)
{
    for (int64_t left = 1 + sim_delay(sim, BURST); peer != NULL && left > 0; left--)
        sim_speech_chunk(sim, socket, peer);
}

static void say_in_room(sim_t *sim, sim_socket_t *socket, sim_seat_t *seat)
{
    int64_t what = sim_random_below(&sim->random, 100);
    sim_peer_t *peer = choose(sim, seat, what % 5 == 0 ? is_seen : is_present);

    if (what < 25)
        sim_speech_chat(sim, socket);
    else if (what < 50 && peer != NULL)
        sim_speech_relay(sim, socket, peer);
    else if (what < 60)
        send_chunks(sim, socket, peer);
    else if (what < 62)
        send_chunks(sim, socket, choose(sim, seat, is_waiting));
    else if (what < 72)
        say_state(sim, socket);
    else if (what < 78)
        say_order(sim, socket);
    else if (what < 83)
        act_on_person(sim, socket, seat);
    else if (what < 91)
        act_on_waiting(sim, socket, seat);
    else if (what < 95)
        say_astray(sim, socket);
    else
        say_nonsense(sim, socket);
}

/* --- coming and going --------------------------------------------------------------------------------- */

static void join(sim_t *sim, sim_socket_t *socket)
{
    size_t room = (size_t)sim_random_below(&sim->random, SIM_ROOMS);

    sim_speech_join(sim, socket, room, sim_random_chance(&sim->random, 600));
    /* The existing client sends a whole queue right behind its join. */
    if (!sim_random_chance(&sim->random, 300))
        return;
    for (int64_t left = sim_delay(sim, BURST); left > 0; left--) {
        if (sim_random_chance(&sim->random, 500))
            sim_speech_chat(sim, socket);
        else
            say_state(sim, socket);
    }
}

static void leave(sim_t *sim, sim_socket_t *socket)
{
    sim_speech_simple(sim, socket, SIM_SAID_LEAVE, "leave", "");
}

/* Tells what comes after a leave apart from what came before it: a stranger is answered. */
static void probe(sim_t *sim, sim_socket_t *socket)
{
    if (sim_random_chance(&sim->random, 500))
        sim_speech_chat(sim, socket);
    else
        sim_speech_simple(sim, socket, SIM_SAID_QUIET, "raise-hand", "");
}

static void act_as_stranger(sim_t *sim, sim_socket_t *socket)
{
    int64_t what = sim_random_below(&sim->random, 100);

    if (what < 70)
        join(sim, socket);
    else if (what < 80)
        probe(sim, socket);
    else if (what < 88)
        say_nonsense(sim, socket);
    else if (what < 90)
        leave(sim, socket);
    else if (what < 94)
        sim_socket_hang_up(sim, socket);
}

static void act_as_waiting(sim_t *sim, sim_socket_t *socket)
{
    int64_t what = sim_random_below(&sim->random, 100);

    if (what < 10)
        probe(sim, socket);
    else if (what < 16)
        leave(sim, socket);
    else if (what < 20)
        sim_socket_hang_up(sim, socket);
    else if (what < 25)
        join(sim, socket);
    else if (what < 28)
        say_nonsense(sim, socket);
}

/* On its way to another room: nothing for a person of the old one, or any answer would be right. */
static void say_on_the_way(sim_t *sim, sim_socket_t *socket)
{
    if (sim_random_chance(&sim->random, 500))
        sim_speech_chat(sim, socket);
    else if (sim_random_chance(&sim->random, 500))
        say_state(sim, socket);
    else
        say_nonsense(sim, socket);
}

static void act_in_room(sim_t *sim, sim_socket_t *socket)
{
    int64_t what = sim_random_below(&sim->random, 1000);

    if (socket->talk.speaking != socket->talk.seat)
        say_on_the_way(sim, socket);
    else if (what < 15)
        leave(sim, socket);
    else if (what < 30)
        sim_socket_hang_up(sim, socket);
    else if (what < 45)
        join(sim, socket);
    else if (what < 47)
        sim->browsers[socket->browser].is_stubborn = true;
    else
        say_in_room(sim, socket, sim_judge_seat(sim, socket->talk.seat));
}

static void come(sim_t *sim, sim_browser_t *browser)
{
    sim_gateway_t *gateway =
        sim_live_gateway(sim, (size_t)sim_random_below(&sim->random, SIM_GATEWAYS));
    sim_socket_t *socket;

    if (gateway == NULL)
        return;
    socket = sim_socket_open(sim, gateway, browser);
    socket->is_slow = sim_random_chance(&sim->random, 80);
    browser->socket = socket->index;
    browser->is_stubborn = false;
    SIM_SAY(sim, "b%zu/%zu connects to gateway %zu", browser->index, socket->index, gateway->index);
}

static bool has_said(const sim_talk_t *talk, bool lenient_only)
{
    for (const sim_said_t *said = talk->first; said != NULL; said = said->next)
        if (lenient_only ? said->is_lenient : said->kind == SIM_SAID_CHAT)
            return true;
    return false;
}

/* Who was admitted while something was on its way asks first what became of that, by a chat, or by a join where it has left meanwhile;
 * else errors that may have come and errors that must come could not be told apart. */
static bool must_find_out(sim_t *sim, sim_socket_t *socket)
{
    sim_talk_t *talk = &socket->talk;

    if (talk->state == SIM_WAITING)
        return talk->first != NULL;
    if (!has_said(talk, true))
        return false;
    if (talk->speaking == talk->seat && !has_said(talk, false))
        sim_speech_chat(sim, socket);
    else if (talk->speaking == 0)
        sim_speech_join(sim, socket, (size_t)sim_random_below(&sim->random, SIM_ROOMS), true);
    return true;
}

/* What is sent follows from what was told; while a join is on its way most browsers wait, some go on. */
static void act(sim_t *sim, sim_browser_t *browser, sim_socket_t *socket)
{
    sim_talk_t *talk = &socket->talk;
    bool is_settled = talk->speaking == talk->seat;

    if (browser->is_stubborn || talk->kick_told || talk->reject_told || talk->end_told)
        return;
    if (must_find_out(sim, socket) || (!is_settled && sim_random_chance(&sim->random, 800)))
        return;
    if (talk->state == SIM_STRANGER)
        act_as_stranger(sim, socket);
    else if (talk->state == SIM_WAITING)
        act_as_waiting(sim, socket);
    else
        act_in_room(sim, socket);
}

void sim_browser_act(sim_t *sim, sim_browser_t *browser)
{
    sim_socket_t *socket = socket_of(sim, browser);

    if (sim->is_resting)
        return;
    if (socket == NULL)
        come(sim, browser);
    else
        act(sim, browser, socket);
    if (socket != NULL && socket->has_left)
        browser->socket = SIZE_MAX;
    sim_note(sim, SIM_EVENT_BROWSER_ACTS, browser->index,
             1 + sim_delay(sim, 2 * sim->weather.act_delay));
}

void sim_browser_on_end(sim_t *sim, sim_socket_t *socket, int code)
{
    sim_browser_t *browser = &sim->browsers[socket->browser];

    (void)code;
    if (browser->socket == socket->index)
        browser->socket = SIZE_MAX;
    browser->is_stubborn = false;
}

/* What browsers say, as JSON text, and what the judge notes of it.  Each message that passes through unread carries a tag that names its
 * sender's seat, its number among the chats, relays or chunks for that receiver, and its number among all control messages:
 * "s12 r3 n18".
 * Not here: when something is said (browser.c). */
#include "sim.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 128 * 1024, SHOWN = 150, CLOSE_POLICY = 1008 };

typedef struct phrase {
    size_t len;
    char text[TEXT_BYTES];
} phrase_t;

/* One is spoken at a time. */
static phrase_t phrase;

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add(const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(phrase.text + phrase.len, TEXT_BYTES - phrase.len, format, arguments);
    va_end(arguments);
    assert(len >= 0 && (size_t)len < TEXT_BYTES - phrase.len);
    phrase.len += (size_t)len;
}

static void fill(char c, size_t count)
{
    assert(count < TEXT_BYTES - phrase.len);
    memset(phrase.text + phrase.len, c, count);
    phrase.len += count;
    phrase.text[phrase.len] = '\0';
}

static void begin(const char *type)
{
    phrase.len = 0;
    add("{\"type\":\"%s\"", type);
}

static void send_text(sim_t *sim, sim_socket_t *socket, bool is_join)
{
    sim_talk_t *talk = &socket->talk;

    SIM_SAY(sim, "b%zu/%zu > %.*s", socket->browser, socket->index, SHOWN, phrase.text);
    if (is_join)
        talk->has_joined = true;
    else if (!talk->has_joined && ++talk->before_join > sim->settings.messages_before_join)
        talk->may_close = CLOSE_POLICY;
    sim_socket_send(sim, socket, phrase.text, phrase.len);
}

static void end(sim_t *sim, sim_socket_t *socket)
{
    add("}");
    send_text(sim, socket, false);
}

/* --- join ------------------------------------------------------------------------------------- */

/* A host must be right, or it might make the room with another password. */
static void draw_secret(sim_t *sim, sim_seat_t *seat, const sim_room_t *room)
{
    if (room->password[0] == '\0')
        seat->secret = SIM_NO_PASSWORD;
    else if (seat->is_host || sim_random_chance(&sim->random, 800))
        seat->secret = SIM_RIGHT_PASSWORD;
    else
        seat->secret = sim_random_chance(&sim->random, 500) ? SIM_WRONG_PASSWORD : SIM_NO_PASSWORD;
}

static void add_room_id(sim_t *sim, const sim_room_t *room)
{
    bool is_short = strlen(room->id) == MM_ROOM_ID_CHARS && strchr(room->id, '-') == NULL;
    bool lower = is_short && sim_random_chance(&sim->random, 300);

    add(",\"roomId\":\"");
    for (const char *c = room->id; *c != '\0'; c++)
        add("%c", lower && *c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    add("\"");
}

/* A room that may not be there yet must not be made by a join: it would lack what was asked for over HTTP. */
size_t sim_speech_join(sim_t *sim, sim_socket_t *socket, size_t room_index, bool is_host)
{
    const sim_room_t *room = &sim->rooms[room_index];
    sim_seat_t *seat = sim_judge_new_seat(sim);

    seat->browser = socket->browser;
    seat->socket = socket->index;
    seat->room = room_index;
    seat->is_host = is_host && (room_index >= SIM_ROOMS_KEPT || room->is_certain);
    seat->was_certain = room->is_certain;
    seat->has_token = room->token[0] != '\0' && sim_random_chance(&sim->random, 150);
    draw_secret(sim, seat, room);
    begin("join");
    add_room_id(sim, room);
    add(",\"participantId\":\"\",\"name\":\" %s \"", seat->name);
    if (seat->is_host)
        add(",\"isHost\":true");
    if (seat->secret == SIM_RIGHT_PASSWORD)
        add(",\"password\":\"%s\"", room->password);
    else if (seat->secret == SIM_WRONG_PASSWORD)
        add(",\"password\":\"wrong\"");
    if (seat->has_token)
        add(",\"creatorToken\":\"%s\"", room->token);
    add("}");
    sim_answers_expect(socket, SIM_SAID_JOIN)->seat = seat->serial;
    socket->talk.speaking = seat->serial;
    send_text(sim, socket, true);
    return seat->serial;
}

/* --- what carries a tag ------------------------------------------------------------------------ */

static void add_tag(sim_t *sim, char class, uint32_t count, sim_seat_t *seat)
{
    uint32_t number = class == 'k' || seat == NULL ? 0 : ++seat->numbers;

    add(",\"tag\":\"s%zu %c%u n%u\"", seat == NULL ? 0 : seat->serial, class, count, number);
    if (number % 4 == 1)
        add(",\"extra\":[%u,\"\\u00e9\\n\",null,{\"a\":1.5}]", number);
    if (number % 3 == 1)
        add(",\"timestamp\":%u", number);
    (void)sim;
}

void sim_speech_chat(sim_t *sim, sim_socket_t *socket)
{
    sim_seat_t *seat = sim_judge_seat(sim, socket->talk.speaking);
    sim_said_t *said = sim_answers_expect(socket, SIM_SAID_CHAT);

    begin("chat");
    add(",\"text\":\"");
    fill('x', (size_t)SIM_PICK(&sim->random, 1, 1, 20, 200, 4000));
    add("\"");
    if (seat != NULL) {
        said->seat = seat->serial;
        said->chat = ++seat->chats;
    }
    add_tag(sim, 'c', said->chat, seat);
    end(sim, socket);
}

/* A message to somebody who was told to be in the room is counted: it must arrive. */
static sim_seat_t *counted_sender(sim_t *sim, const sim_talk_t *talk, const sim_peer_t *peer)
{
    bool is_settled = talk->state == SIM_SEATED && talk->speaking == talk->seat;

    return is_settled && peer->is_present ? sim_judge_seat(sim, talk->seat) : NULL;
}

static void add_target(sim_t *sim, const sim_peer_t *peer)
{
    add(",\"targetId\":\"%s\"", sim_judge_seat(sim, peer->seat)->id);
}

static void add_relay_members(sim_t *sim, int64_t kind)
{
    size_t sdp = (size_t)SIM_PICK(&sim->random, 1, 300, 300, 3000, 30000);

    switch (kind) {
    case 0:
    case 1:
        add(",\"sdp\":\"");
        fill('v', sdp);
        add("\"");
        break;
    case 2:
        add(",\"candidate\":{\"candidate\":\"\",\"sdpMid\":null,\"sdpMLineIndex\":0}");
        break;
    case 3:
        add(",\"transferId\":\"t\",\"fileName\":\"f\",\"fileSize\":9,\"fileType\":\"\"");
        break;
    case 4:
        add(",\"transferId\":\"t\",\"accepted\":true");
        break;
    default:
        add(",\"quality\":\"medium\"");
        break;
    }
}

void sim_speech_relay(sim_t *sim, sim_socket_t *socket, sim_peer_t *peer)
{
    static const char *const types[] = {"offer",      "answer",      "ice-candidate",
                                        "file-offer", "file-answer", "quality-change"};
    int64_t kind = sim_random_below(&sim->random, sizeof types / sizeof *types);
    sim_seat_t *seat = counted_sender(sim, &socket->talk, peer);

    sim_answers_expect(socket, SIM_SAID_QUIET);
    begin(types[kind]);
    add_target(sim, peer);
    add_relay_members(sim, kind);
    add_tag(sim, 'r', seat == NULL ? 0 : ++peer->relays_sent, seat);
    end(sim, socket);
}

void sim_speech_chunk(sim_t *sim, sim_socket_t *socket, sim_peer_t *peer)
{
    sim_seat_t *seat = counted_sender(sim, &socket->talk, peer);
    uint32_t count = seat == NULL ? 0 : ++peer->chunks_sent;

    begin("file-chunk");
    add_target(sim, peer);
    add(",\"transferId\":\"t\",\"index\":%u,\"total\":100000,\"chunk\":\"", count);
    fill('A', (size_t)SIM_PICK(&sim->random, 0, 20, 2000, 12000, 12000, 40000, 70000));
    add("\"");
    add_tag(sim, 'k', count, seat);
    end(sim, socket);
}

/* To somebody who never was. */
void sim_speech_stray_chunk(sim_t *sim, sim_socket_t *socket)
{
    socket->talk.stray_chunks++;
    begin("file-chunk");
    add(",\"targetId\":\"00000000-0000-4000-8000-00000000000%d\"",
        (int)sim_random_below(&sim->random, 10));
    add(",\"transferId\":\"t\",\"index\":0,\"total\":1,\"chunk\":\"AAAA\"");
    end(sim, socket);
}

/* --- everything else --------------------------------------------------------------------------- */

void sim_speech_simple(sim_t *sim, sim_socket_t *socket, sim_said_kind_t kind, const char *type,
                       const char *members)
{
    const sim_seat_t *seat = sim_judge_seat(sim, socket->talk.seat);
    sim_said_t *said = sim_answers_expect(socket, kind);

    said->type = type;
    said->was_moderator = socket->talk.state == SIM_SEATED && seat->is_moderator &&
                          socket->talk.speaking == seat->serial;
    if (kind == SIM_SAID_LEAVE)
        socket->talk.speaking = 0;
    begin(type);
    add("%s", members);
    end(sim, socket);
}

void sim_speech_raw(sim_t *sim, sim_socket_t *socket, const char *text)
{
    phrase.len = 0;
    add("%s", text);
    send_text(sim, socket, false);
}

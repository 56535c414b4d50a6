/* A world in one process: one broker core, two gateway cores, the bus between them, browsers, and a judge.  The cores are the very
 * objects of the processes; everything around them is played: time is a number, chance is a seed, frames and bytes lie in pipes.
 *
 * The judge (judge.c, news_*.c, answers.c, endings.c) knows what browsers sent and received, as JSON text, and nothing else; truth.c
 * compares that with the registry and looks into the cores, which no browser can.  A failure ends the run; seed and limit replay it exactly.
 *
 *   world.c    what happens next          trouble.c  how processes start, freeze and die
 *   bus.c      frames and helpers       socket.c   a gateway's connections to browsers
 *   browser.c  what browsers do         speech.c   how they say it
 *   request.c  what is asked over HTTP
 *   fault.c    faults planted on purpose, to see that the judge finds them
 * Not here: the product; nothing of this folder is linked into it. */
#ifndef MM_TESTS_SIM_SIM_H
#define MM_TESTS_SIM_SIM_H

#include "agenda.h"
#include "broker/store.h"
#include "fault.h"
#include "gateway/core.h"
#include "history.h"
#include "pipe.h"
#include "random.h"
#include <czmq.h>
#include <jansson.h>

enum {
    SIM_GATEWAYS = 2,
    SIM_BROWSERS = 20,
    SIM_ROOMS = 8,
    SIM_ROOMS_KEPT = 4, /* the first of them are made over HTTP */
    SIM_ROUTES = 64,    /* bus connections that ended and are still remembered */
    SIM_ID_BYTES = 37,
    SIM_TAG_BYTES = 48
};

/* What the judge knows of one person in the eyes of another. */
typedef struct sim_peer {
    size_t seat;
    bool is_present, was_present, is_waiting;
    bool is_moderator, is_muted, is_video_off, is_hand_raised;
    uint32_t relays_sent, chunks_sent;                       /* to it */
    uint32_t chats_when_met;                                 /* own chats sent when it was met */
    uint32_t last_chat, last_relay, last_chunk, last_number; /* of it received */
} sim_peer_t;

typedef enum sim_state { SIM_STRANGER, SIM_WAITING, SIM_SEATED } sim_state_t;
typedef enum sim_secret { SIM_NO_PASSWORD, SIM_RIGHT_PASSWORD, SIM_WRONG_PASSWORD } sim_secret_t;

/* One join and what became of it.  Its name is its own: by it everybody else's news of it are recognised. */
typedef struct sim_seat {
    size_t serial; /* from 1; 0 is nobody */
    size_t browser, socket, room;
    char name[16];
    char id[SIM_ID_BYTES]; /* "" until somebody was told */
    bool is_host, has_token;
    bool was_certain; /* its room was there when it was asked for */
    sim_secret_t secret;
    bool is_moderator, is_locked; /* as itself was told */
    char recorder[SIM_ID_BYTES];
    uint32_t numbers, chats; /* messages and chats sent */
    int64_t *chat_ms;        /* the timestamp of each chat, by its number; 0 unknown */
    size_t chat_capacity;
    bool was_kicked, was_rejected; /* somebody sent that */
    bool is_over;                  /* left, closed, or not admitted */
    sim_peer_t *peers;
    size_t peer_count, peer_capacity;
} sim_seat_t;

typedef enum sim_said_kind {
    SIM_SAID_JOIN,
    SIM_SAID_LEAVE,
    SIM_SAID_CHAT,
    SIM_SAID_QUIET,   /* relays to people seen, hands, reactions, flags: no answer */
    SIM_SAID_INVALID, /* a bad member */
    SIM_SAID_ASTRAY,  /* a target that was never seen */
    SIM_SAID_ORDER,   /* lock, unlock, recording: told to everybody */
    SIM_SAID_ACTION   /* on one person, which may be gone */
} sim_said_kind_t;

/* A message of a browser whose outcome is not known yet. */
typedef struct sim_said {
    struct sim_said *next;
    sim_said_kind_t kind;
    size_t seat; /* joins and chats */
    uint32_t chat;
    const char *type;
    bool is_lenient;    /* the sender's place changed while it was on its way */
    bool was_moderator; /* as told when it was sent */
} sim_said_t;

typedef struct sim_talk {
    sim_state_t state; /* behind all that is answered */
    size_t seat;       /* while waiting or seated */
    size_t speaking;   /* the seat that what is sent now belongs to; 0 none */
    sim_said_t *first, **last;
    unsigned garbage, unknown; /* answers of the gateway itself that are due */
    unsigned stray_chunks;     /* chunks sent that may be refused */
    unsigned spare_full;       /* ROOM_FULL that was nobody's answer for sure */
    bool has_joined;
    int64_t before_join; /* messages sent before the first join */
    bool kick_told, reject_told, end_told;
    int may_close; /* a code that the browser has earned; 0 none */
} sim_talk_t;

/* A connection of a browser to a gateway. */
typedef struct sim_socket {
    struct sim *sim;
    size_t index, gateway, browser;
    uint64_t generation; /* of its gateway */
    mm_connection_t *connection;
    sim_pipe_t in, out;
    bool is_read, is_blocked, is_shut; /* by the core: not read, "writable" is due, closed */
    bool has_left, has_ended;          /* its browser hung up; was told the end */
    bool is_slow;                      /* its browser takes its time: 1013 would be right */
    int64_t read_ahead;                /* messages that were read already when the core paused it */
    int64_t opened_ms;
    sim_talk_t talk;
} sim_socket_t;

typedef struct sim_browser {
    size_t index, socket; /* SIZE_MAX: not connected */
    bool is_stubborn;     /* neither reads nor answers */
    int64_t next_ms;
} sim_browser_t;

typedef struct sim_request { /* over HTTP, one of each kind for each room */
    size_t room, gateway;
    mm_msg_t msg;
    uint64_t
        epoch; /* in which it was asked: a new broker knows another room of that name, or none */
    bool is_pending, must_be_there, has_wrong_token;
} sim_request_t;

enum { SIM_REQUESTS = 3 };

typedef struct sim_room {
    char id[MM_ROOM_ID_MAX + 1]; /* as it is printed */
    char password[16];
    char token[SIM_ID_BYTES];
    int64_t capacity;           /* wanted; 0 the default */
    bool is_wanted, is_certain; /* kept: asked for; there, and nobody can end it */
    bool was_ended;             /* its maker asked for its end */
    sim_request_t requests[SIM_REQUESTS];
} sim_room_t;

typedef struct sim_gateway {
    struct sim *sim;
    mm_gateway_t *core; /* NULL: dead */
    mm_settings_t settings;
    mm_counters_t counters;
    size_t index;
    uint64_t generation;
    uint64_t route; /* of its bus connection; 0: the broker is not there */
    sim_pipe_t up, down;
    int64_t frozen_ms, wake_ms, skew_ms;
    int64_t broken_ms;        /* when its bus connection broke last */
    int64_t excused_ms;       /* until then it may lose the broker */
    int again_up, again_down; /* sends refused in a row */
    bool is_touched;
} sim_gateway_t;

typedef struct sim_broker {
    mm_broker_t *core;
    mm_counters_t counters;
    uint64_t generation, epoch;
    mm_store_t *store;
    int64_t frozen_ms, wake_ms, started_ms;
    bool is_touched;
} sim_broker_t;

typedef struct sim_route { /* a bus connection that ended */
    uint64_t route;
    int64_t noticed_ms; /* when the broker's sends begin to fail */
} sim_route_t;

typedef struct sim_weather { /* of one seed; maxima in ms, chances in permille */
    int64_t frame_delay, socket_delay, hash_delay, commit_delay, act_delay;
    int64_t trouble_interval; /* 0 none */
    int frame_again, frame_drop, write_again;
    bool has_deaths;
} sim_weather_t;

typedef struct sim {
    uint64_t seed, turn_limit;
    sim_fault_t fault;
    sim_random_t random;
    sim_history_t *history;
    sim_agenda_t agenda;
    int64_t now_ms;
    bool is_resting, has_failed;
    char failure[512];

    mm_settings_t settings;
    sim_weather_t weather;
    sim_broker_t broker;
    sim_gateway_t gateways[SIM_GATEWAYS];
    uint64_t routes;
    sim_route_t old_routes[SIM_ROUTES];
    size_t old_route_count;

    sim_socket_t **sockets;
    size_t socket_count, socket_capacity;
    sim_browser_t browsers[SIM_BROWSERS];
    sim_room_t rooms[SIM_ROOMS];
    sim_seat_t **seats; /* by serial; [0] is NULL */
    size_t seat_count, seat_capacity;
    zhashx_t *by_id;    /* id -> seat, borrowed */
    zhashx_t *left_ids; /* ids that were in the truth and are no more */
    zhashx_t *true_ids; /* ids in the truth */
    zhashx_t *dead;     /* incarnation of a dead gateway -> when it died */

    mm_counters_t totals; /* of all cores that ended */
    uint64_t heard, faults;
} sim_t;

/* world.c */
sim_t *sim_new(uint64_t seed, uint64_t turn_limit, sim_fault_t fault);
void sim_destroy(sim_t **sim_p);
/* Runs to the end, rest included; false when a rule was broken. */
bool sim_run(sim_t *sim);
void sim_fail(sim_t *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define SIM_SAY(sim, ...) sim_history_say((sim)->history, (sim)->now_ms, __VA_ARGS__)
int64_t sim_clock(const sim_t *sim, const sim_gateway_t *gateway); /* gateway NULL: the broker's */
void sim_note(sim_t *sim, sim_event_kind_t kind, size_t subject, int64_t delay_ms);
int64_t sim_delay(sim_t *sim, int64_t most_ms);
uint64_t sim_turns(const sim_t *sim);
sim_gateway_t *sim_live_gateway(sim_t *sim, size_t index); /* NULL while it is dead or frozen */

/* trouble.c */
void sim_start_broker(sim_t *sim);
void sim_start_gateway(sim_t *sim, sim_gateway_t *gateway);
void sim_make_trouble(sim_t *sim);
void sim_add_up(mm_counters_t *totals, const mm_counters_t *counters);

/* bus.c */
extern const mm_broker_ops_t sim_broker_ops;
mm_err_t sim_bus_send_up(void *world, mm_slice_t frame);
void sim_bus_reconnect(void *world);
void sim_bus_break(sim_t *sim, sim_gateway_t *gateway, int64_t noticed_ms);
void sim_bus_join(sim_t *sim, sim_gateway_t *gateway);
void sim_bus_arrive_up(sim_t *sim, sim_gateway_t *gateway);
void sim_bus_arrive_down(sim_t *sim, sim_gateway_t *gateway);
void sim_bus_hashed(sim_t *sim, const sim_event_t *event);
void sim_bus_committed(sim_t *sim, const sim_event_t *event);

/* socket.c */
extern const mm_gateway_ops_t sim_gateway_ops;
sim_socket_t *sim_socket_open(sim_t *sim, sim_gateway_t *gateway, sim_browser_t *browser);
void sim_socket_send(sim_t *sim, sim_socket_t *socket, const char *text, size_t len);
void sim_socket_hang_up(sim_t *sim, sim_socket_t *socket);
void sim_socket_on_in(sim_t *sim, sim_socket_t *socket);
void sim_socket_on_out(sim_t *sim, sim_socket_t *socket);
void sim_socket_on_writable(sim_t *sim, sim_socket_t *socket);
void sim_socket_on_closed(sim_t *sim, sim_socket_t *socket);
void sim_socket_gateway_died(sim_t *sim, sim_socket_t *socket);
void sim_socket_destroy(sim_socket_t **socket_p);
bool sim_socket_is_open(const sim_socket_t *socket); /* for its browser */

/* browser.c */
void sim_browser_act(sim_t *sim, sim_browser_t *browser);
void sim_browser_on_end(sim_t *sim, sim_socket_t *socket, int code);

/* request.c */
void sim_request_act(sim_t *sim, size_t room);
void sim_request_on_answer(sim_t *sim, sim_request_t *request, const mm_room_answer_t *answer);

/* speech.c */
size_t sim_speech_join(sim_t *sim, sim_socket_t *socket, size_t room, bool is_host);
void sim_speech_chat(sim_t *sim, sim_socket_t *socket);
void sim_speech_relay(sim_t *sim, sim_socket_t *socket, sim_peer_t *peer);
void sim_speech_chunk(sim_t *sim, sim_socket_t *socket, sim_peer_t *peer);
void sim_speech_stray_chunk(sim_t *sim, sim_socket_t *socket);
void sim_speech_simple(sim_t *sim, sim_socket_t *socket, sim_said_kind_t kind, const char *type,
                       const char *members);
void sim_speech_raw(sim_t *sim, sim_socket_t *socket, const char *text);

/* judge.c */
sim_seat_t *sim_judge_new_seat(sim_t *sim);
sim_seat_t *sim_judge_seat(const sim_t *sim, size_t serial); /* NULL for 0 */
sim_seat_t *sim_judge_find(const sim_t *sim, const char *id);
sim_peer_t *sim_judge_peer(sim_seat_t *seat, size_t of); /* makes it */
sim_peer_t *sim_judge_find_peer(const sim_seat_t *seat, size_t of);
void sim_judge_hear(sim_t *sim, sim_socket_t *socket, const char *text, size_t len);
void sim_judge_over(sim_t *sim, sim_socket_t *socket); /* its seat is no more */

/* endings.c */
void sim_judge_close(sim_t *sim, sim_socket_t *socket, int code);
void sim_judge_rest(sim_t *sim);

/* answers.c */
typedef enum sim_outcome_kind {
    SIM_OUTCOME_JOINED,
    SIM_OUTCOME_WAITING,
    SIM_OUTCOME_ERROR,
    SIM_OUTCOME_CHAT,
    SIM_OUTCOME_ORDER
} sim_outcome_kind_t;

typedef struct sim_outcome {
    sim_outcome_kind_t kind;
    size_t seat;
    uint32_t chat;
    const char *type;           /* of an order */
    const char *code, *message; /* of an error */
} sim_outcome_t;

sim_said_t *sim_answers_expect(sim_socket_t *socket, sim_said_kind_t kind);
/* Finds what it answers; everything sent before that needed no answer, or it is missing. */
void sim_answers_take(sim_t *sim, sim_socket_t *socket, const sim_outcome_t *outcome);
void sim_answers_soften(sim_talk_t *talk);
void sim_answers_forget(sim_talk_t *talk);
void sim_answers_rest(sim_t *sim, sim_socket_t *socket);
const sim_said_t *sim_answers_pending_join(const sim_talk_t *talk);

/* truth.c */
void sim_truth_check(sim_t *sim);
void sim_truth_check_rest(sim_t *sim);
void sim_truth_describe(sim_t *sim);
bool sim_truth_is_waiting(const sim_t *sim); /* joins wait for a password's turn */
void sim_truth_note_death(sim_t *sim, const sim_gateway_t *gateway); /* before it is thrown away */

#endif

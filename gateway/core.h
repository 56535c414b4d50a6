/* The gateway without its sockets: connections and their queues, deadlines and heartbeat, the transcoder at
 * work, the gateway's end of the link.  It knows no rule of a meeting.
 *
 * What it needs of the world is mm_gateway_ops_t, what happens in the world is told by the mm_gateway_on_ functions; time is an
 * argument (ms, monotonic: `now_ms`; ms since 1970: `clock_ms`).  Processes and the simulator drive the same object.
 *
 * A connection belongs to the transport until mm_gateway_on_closed; the core calls ops->close at most once
 * and after that neither writes to it nor reads of it.  No op may call back into the core.
 * Not here: HTTP (gateway/http.h), libwebsockets (gateway/transport.h), ZeroMQ (proto/bus.h). */
#ifndef MM_GATEWAY_CORE_H
#define MM_GATEWAY_CORE_H

#include "gateway/buffer.h"
#include "proto/counters.h"
#include "proto/settings.h"

typedef struct mm_gateway mm_gateway_t;
typedef struct mm_connection mm_connection_t;

typedef struct mm_create_request { /* POST /api/rooms, checked by gateway/http.h */
    struct mm_create_room message; /* address and everything else, as the table says */
} mm_create_request_t;

/* The broker's answer to a request; which members count is a matter of the row that was asked. */
typedef struct mm_room_answer {
    mm_err_t
        err; /* MM_OK; ROOM_EXISTS, TOO_MANY_ROOMS, RATE_LIMITED, ROOM_NOT_FOUND, UNAUTHORIZED, UNAVAILABLE (no broker within create-timeout), ... */
    mm_text_t room;             /* create-room */
    mm_id_t creator_token;      /* create-room */
    int64_t wait_ms;            /* RATE_LIMITED: after which it may be tried again */
    struct mm_room_facts facts; /* room-status */
} mm_room_answer_t;

/* Figures of GET /health, as the broker told them last. */
typedef struct mm_figures {
    uint64_t rooms, participants, peak_participants;
    uint64_t uptime_ms; /* of the service */
} mm_figures_t;

typedef struct mm_gateway_ops {
    /* Sends one frame on the bus.  MM_ERR_AGAIN: not now; the core tries again. */
    mm_err_t (*send_frame)(void *world, mm_slice_t frame);
    /* Throws the bus connection away and makes a new one. */
    void (*reconnect_bus)(void *world);
    /* Fills bytes from a CSPRNG. */
    void (*random)(void *world, uint8_t *out, size_t len);
    /* The answer to mm_gateway_ask; exactly once, unless it was cancelled. */
    void (*on_answer)(void *world, void *request, const mm_room_answer_t *answer);

    /* `socket` is what mm_gateway_on_open was given. */

    /* Writes one whole text message, now.  MM_OK: written (the transport keeps no reference).  MM_ERR_AGAIN: nothing was
     * taken; the transport will call mm_gateway_on_writable when it can be tried again. */
    mm_err_t (*write)(void *socket, mm_buffer_t *buffer);
    void (*ping)(void *socket);
    /* Reads the socket no further, or again. */
    void (*read)(void *socket, bool on);
    /* True when the peer has hung up; asked of sockets that are not read. */
    bool (*has_hung_up)(void *socket);
    /* Sends a close frame, then closes; mm_gateway_on_closed follows in any case, later. */
    void (*close)(void *socket, int code, const char *reason);
} mm_gateway_ops_t;

/* All pointers are borrowed for the gateway's life.  `incarnation` is random and never 0. */
mm_gateway_t *mm_gateway_new(const mm_settings_t *settings, mm_counters_t *counters,
                             const mm_gateway_ops_t *ops, void *world, uint64_t incarnation);
void mm_gateway_destroy(mm_gateway_t **gateway_p);

/* A handshake is complete.  `address` is IPv6 or IPv4-mapped.  NULL when max-connections is reached: the
 * transport closes with 1013. */
mm_connection_t *mm_gateway_on_open(mm_gateway_t *gateway, void *socket, const uint8_t address[16],
                                    int64_t now_ms);

/* One whole text message; json.ptr[json.len] is readable. */
void mm_gateway_on_text(mm_gateway_t *gateway, mm_connection_t *connection, mm_text_t json,
                        int64_t now_ms, int64_t clock_ms);

/* Anything that proves the peer alive: a pong, a frame, a part of a message. */
void mm_gateway_on_alive(mm_gateway_t *gateway, mm_connection_t *connection, int64_t now_ms);

/* The transport saw a breach (binary frame 1003, too long 1009, message deadline 1008 ...): counted, logged, closed. */
void mm_gateway_on_breach(mm_gateway_t *gateway, mm_connection_t *connection, int code,
                          const char *reason);

void mm_gateway_on_writable(mm_gateway_t *gateway, mm_connection_t *connection, int64_t now_ms);

/* The socket is gone; the connection is freed. */
void mm_gateway_on_closed(mm_gateway_t *gateway, mm_connection_t **connection_p, int64_t now_ms,
                          int64_t clock_ms);

/* Asks the broker: `msg` is create-room, room-status or delete-room, `message` its struct.  `request` is the transport's name for
 * it. */
void mm_gateway_ask(mm_gateway_t *gateway, void *request, mm_msg_t msg, const void *message,
                    int64_t now_ms, int64_t clock_ms);
void mm_gateway_cancel(mm_gateway_t *gateway, void *request);

/* One frame came in on the bus. */
void mm_gateway_on_frame(mm_gateway_t *gateway, mm_slice_t frame, int64_t now_ms);

/* Deadlines, heartbeats, and what was collected for the bus.  To be called at the end of each loop turn and when the time that it
 * returned (now_ms scale) has come. */
int64_t mm_gateway_on_time(mm_gateway_t *gateway, int64_t now_ms);

/* True while a session with a broker stands. */
bool mm_gateway_is_linked(const mm_gateway_t *gateway);
mm_figures_t mm_gateway_figures(const mm_gateway_t *gateway, int64_t now_ms);

/* Tells the broker that this gateway ends, as the last thing it says. */
void mm_gateway_say_bye(mm_gateway_t *gateway);

/* Closes every connection with `code` (shutdown). */
void mm_gateway_close_all(mm_gateway_t *gateway, int code, const char *reason);

#endif

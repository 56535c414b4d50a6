/* The struct behind gateway/core.h, for its own files only: core.c (life, deadlines), connection.c (one connection's
 * queues, pauses, close), inbound.c (from browsers and REST to the link), outbound.c (from the link to browsers),
 * uplink.c (session with the broker).
 *
 * Owners: the gateway owns connections and REST requests; the transport only names them.  Both have a number that is
 * never used again; entries and acks name them by it, so that either may be gone when an answer comes. */
#ifndef MM_GATEWAY_GATEWAY_H
#define MM_GATEWAY_GATEWAY_H

#include "gateway/bucket.h"
#include "gateway/core.h"
#include "gateway/credit.h"
#include "gateway/queue.h"
#include "proto/json.h"
#include "proto/link.h"
#include <czmq.h>

enum {                               /* why a connection is read no further */
       MM_PAUSE_LINK = 1 << 0,       /* no session, or no credit on the link */
       MM_PAUSE_INCOMPLETE = 1 << 1, /* too much of it is under way */
       MM_PAUSE_CHUNK = 1 << 2,      /* a chunk waits for its receiver */
       MM_PAUSE_RATE = 1 << 3        /* it sends faster than it may */
};

typedef struct mm_held_chunk { /* read, but not put on the link */
    struct mm_held_chunk *next;
    mm_stamp_t stamp; /* client_time points into bytes */
    mm_id_t target;
    size_t len;
    uint8_t bytes[]; /* body, then the client's timestamp */
} mm_held_chunk_t;

struct mm_connection {
    mm_gateway_t *gateway;
    mm_connection_t *previous, *next;
    uint64_t number;
    void *socket;
    uint64_t incarnation; /* under which its entries went up; 0 while there are none */
    uint8_t extra[32];    /* the pair "address": bin 16, as msgpack, for its joins */
    size_t extra_len;

    mm_queue_t control, chunks;
    bool is_closing; /* ops->close was called */
    int close_code;  /* to close with when the queues are empty; 0 none */
    char close_reason[64];

    bool has_joined; /* sent a join */
    int64_t messages_before_join;
    int64_t opened_ms, heard_ms, pinged_ms, paused_ms;
    int64_t stamped_ms; /* clock; strictly rising */

    mm_bucket_t messages_taken, chunks_taken;
    int64_t slow_until_ms;  /* with MM_PAUSE_RATE */
    int64_t slow_logged_ms; /* when that was logged last; 0 never */
    void *slow_handle;      /* in slowed; NULL while it is not */

    unsigned pauses;
    size_t incomplete; /* bytes of its entries under way */

    bool is_bound;
    mm_id_t participant;
    char room[MM_ROOM_ID_MAX + 1];
    int64_t seats;          /* of the room; 0 while it is in none */
    mm_credits_t sending;   /* by receiver */
    mm_credits_t receiving; /* by sender */
    mm_held_chunk_t *held_first, **held_last;
};

typedef struct mm_pending_request {
    uint64_t number;
    void *request; /* NULL: cancelled */
    int64_t deadline_ms;
    int64_t time_ms; /* clock, when it came */
    mm_msg_t msg;
    uint8_t *body; /* of its message while that waits for the link; NULL when it was said */
    size_t body_len;
} mm_pending_request_t;

struct mm_gateway {
    const mm_settings_t *settings;
    mm_counters_t *counters;
    const mm_gateway_ops_t *ops;
    void *world;

    mm_connection_t *connections; /* list */
    zhashx_t *by_number;          /* number -> mm_connection_t */
    zhashx_t *requests;           /* number -> mm_pending_request_t */
    uint64_t numbers;             /* latest number of a connection or request */
    int64_t swept_ms, ticked_ms;

    mm_link_t link;
    uint64_t incarnation;
    bool is_linked;
    int64_t hello_ms;  /* when HELLO was said last */
    int64_t silent_ms; /* of the broker, counted in own ticks */
    int64_t pinged_ms;
    size_t link_pauses;     /* connections with MM_PAUSE_LINK */
    zlistx_t *slowed;       /* connections with MM_PAUSE_RATE */
    int64_t slowed_next_ms; /* when the first of them is due, or earlier; INT64_MAX for none */
    mm_ping_t figures;
    int64_t figures_ms;

    uint8_t *body;  /* scratch: one decoded body */
    uint8_t *entry; /* scratch: one upward entry */
    char *printed;  /* scratch: one printed message */
    size_t printed_capacity;
};

/* connection.c */
mm_connection_t *mm_connection_find(const mm_gateway_t *gateway, uint64_t number);
/* Writes now or queues; `sender` is NULL for all but chunks. */
void mm_connection_deliver(mm_connection_t *connection, mm_buffer_t *buffer, const mm_id_t *sender,
                           size_t body_len);
void mm_connection_write_queued(mm_connection_t *connection);
/* At once. */
void mm_connection_close(mm_connection_t *connection, int code, const char *reason);
/* When what is queued has been written. */
void mm_connection_close_after(mm_connection_t *connection, int code, mm_text_t reason);
void mm_connection_pause(mm_connection_t *connection, unsigned reason, bool on);
void mm_connection_unbind(mm_connection_t *connection);
/* `bytes` of its entries more (or less) are under way; pauses and resumes it. */
void mm_connection_under_way(mm_connection_t *connection, int64_t bytes);

/* inbound.c */
void mm_inbound_say(mm_gateway_t *gateway, uint64_t connection, mm_msg_t msg,
                    const mm_stamp_t *stamp, const mm_id_t *target, mm_slice_t body);
void mm_inbound_flow(mm_connection_t *receiver, const mm_id_t *sender, uint64_t total);
/* Puts held chunks on the link as far as their receivers take them. */
void mm_inbound_release_chunks(mm_connection_t *connection);
void mm_inbound_drop_chunks(mm_connection_t *connection);
void mm_inbound_gone(mm_connection_t *connection, int64_t clock_ms);
mm_id_t mm_inbound_fresh_id(mm_gateway_t *gateway);
int64_t mm_inbound_stamp_time(mm_connection_t *connection, int64_t clock_ms);

/* pace.c */
/* One message was read, or a chunk of `len` bytes: pauses the connection where it is over its rate. */
void mm_pace_count(mm_connection_t *connection, bool is_chunk, size_t len);
void mm_pace_forget(mm_connection_t *connection);
/* Reads on whose time has come.  Returns when it wants to be called again. */
int64_t mm_pace_on_time(mm_gateway_t *gateway, int64_t now_ms);

/* outbound.c */
mm_err_t mm_outbound_on_entry(void *owner, mm_cursor_t *cursor);
mm_buffer_t *mm_outbound_print(mm_gateway_t *gateway, const mm_outbound_t *message);

/* uplink.c */
void mm_uplink_init(mm_gateway_t *gateway);
void mm_uplink_on_frame(mm_gateway_t *gateway, mm_slice_t frame);
/* Returns when it wants to be called again. */
int64_t mm_uplink_on_time(mm_gateway_t *gateway, int64_t now_ms);
uint64_t mm_uplink_new_incarnation(mm_gateway_t *gateway);

/* requests.c */
void mm_requests_answer(mm_gateway_t *gateway, uint64_t number, const mm_room_answer_t *answer);
void mm_requests_send(mm_gateway_t *gateway);
/* Those whose deadline has passed; INT64_MAX: all of them. */
void mm_requests_fail(mm_gateway_t *gateway, int64_t now_ms);
void mm_requests_destroy_item(void **item);

/* core.c */
void mm_gateway_on_broker_lost(mm_gateway_t *gateway);

#endif

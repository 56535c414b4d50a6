/* What stands in a link frame: header, entries, and the bodies of HELLO, WELCOME, PING and NACK.
 * proto/LINK.md draws the bytes; golden tests hold them.  All views are borrowed from the frame.
 * Not here: when what is sent (proto/link.h), what an entry means (the cores). */
#ifndef MM_PROTO_ENTRY_H
#define MM_PROTO_ENTRY_H

#include "proto/message.h"
#include "proto/stamp.h"

enum {
    MM_PROTOCOL_MAJOR = 1,
    MM_PROTOCOL_MINOR = 0,
    MM_PROTOCOL = MM_PROTOCOL_MAJOR << 8 | MM_PROTOCOL_MINOR,

    MM_ENTRY_MAX = 640 * 1024, /* bytes of one entry, checked before it is accepted */
    MM_BATCH_BYTES = 256 * 1024,
    MM_BATCH_ENTRIES = 512,
    MM_RANGES_MAX = 64, /* ranges of acks in one header; the rest is said in a later one */
    MM_HEADER_MAX = 64 + MM_RANGES_MAX * 18,
    MM_RECIPIENTS_MAX = 2048,
    MM_NAME_MAX = 64 /* bytes of a peer's name */
};

typedef enum mm_frame_kind {
    MM_FRAME_HELLO = 1,
    MM_FRAME_WELCOME = 2,
    MM_FRAME_DATA = 3,
    MM_FRAME_PING = 4,
    MM_FRAME_NACK = 5,
    MM_FRAME_BYE = 6
} mm_frame_kind_t;

typedef struct mm_range {
    uint64_t low, high; /* both included */
} mm_range_t;

typedef struct mm_header {
    uint64_t protocol;
    uint64_t kind;
    uint64_t epoch;   /* the broker's; in HELLO the one the gateway knew, or 0 */
    uint64_t session; /* 0 in HELLO */
    uint64_t number;  /* of DATA and PING, from 1 in each session and direction; else 0 */
    uint64_t mark;    /* every entry of the frame's receiver up to here is complete */
    mm_range_t ranges[MM_RANGES_MAX]; /* and these above it, rising */
    size_t range_count;
    uint64_t credit; /* entry bytes that the frame's sender is willing to take, in all */
} mm_header_t;

void mm_header_write(const mm_header_t *header, mm_writer_t *out);
/* MM_ERR_MALFORMED, or MM_ERR_VERSION when the protocol is of another major or more than one minor away. */
mm_err_t mm_header_read(mm_cursor_t *cursor, mm_header_t *out);

/* What a peer of the broker is; decides what it may say. */
typedef enum mm_peer_role { MM_PEER_GATEWAY, MM_PEER_ADMIN } mm_peer_role_t;

typedef struct mm_hello {
    mm_text_t name;       /* of the peer */
    uint64_t incarnation; /* of this run of it, never 0 */
    uint64_t first; /* its first incomplete entry: what comes next to a broker that knows nothing */
    uint64_t received;   /* last downward entry it got in the header's epoch */
    mm_peer_role_t role; /* a word on the bus; absent: gateway */
} mm_hello_t;

typedef struct mm_welcome {
    uint64_t received; /* last upward entry the broker got of this incarnation in this epoch */
} mm_welcome_t;

typedef struct mm_ping { /* the broker's; a gateway's is empty */
    uint64_t rooms, participants, peak_participants, uptime_ms;
} mm_ping_t;

typedef enum mm_nack {
    MM_NACK_SESSION = 1, /* this session is over (gap, unknown peer): say HELLO again */
    MM_NACK_FENCED =
        2, /* this incarnation counts as dead: close its clients, come back as another */
    MM_NACK_VERSION = 3 /* protocol not understood */
} mm_nack_t;

void mm_hello_write(const mm_hello_t *hello, mm_writer_t *out);
mm_err_t mm_hello_read(mm_cursor_t *cursor, mm_hello_t *out);
void mm_welcome_write(const mm_welcome_t *welcome, mm_writer_t *out);
mm_err_t mm_welcome_read(mm_cursor_t *cursor, mm_welcome_t *out);
void mm_ping_write(const mm_ping_t *ping, mm_writer_t *out);
mm_err_t mm_ping_read(mm_cursor_t *cursor, mm_ping_t *out);
void mm_nack_write(mm_nack_t nack, mm_writer_t *out);
mm_err_t mm_nack_read(mm_cursor_t *cursor, mm_nack_t *out);

/* Gateway to broker. */
typedef struct mm_upward {
    uint64_t number; /* per incarnation, from 1, without gaps */
    uint64_t connection;
    const mm_spec_t *spec;
    mm_stamp_t stamp;
    mm_id_t target; /* nil: none */
    mm_slice_t body;
} mm_upward_t;

/* Where a downward entry comes from: entry and turn that caused it. */
typedef struct mm_origin {
    uint64_t incarnation; /* 0: no entry, the broker's own */
    uint64_t entry;
    uint64_t k; /* which message of the turn */
} mm_origin_t;

/* Broker to gateway. */
typedef struct mm_downward {
    uint64_t number; /* per epoch and gateway, from 1, without gaps */
    mm_origin_t origin;
    mm_slice_t recipients; /* msgpack array of connection numbers; mm_recipients_ reads it */
    const mm_spec_t *spec;
    bool has_from;
    mm_id_t from;
    mm_slice_t time; /* msgpack number */
    mm_slice_t body;
} mm_downward_t;

void mm_upward_write(const mm_upward_t *entry, mm_writer_t *out);
/* MM_ERR_MALFORMED also for a type that neither gateway nor admin may send. */
mm_err_t mm_upward_read(mm_cursor_t *cursor, mm_upward_t *out);
void mm_downward_write(const mm_downward_t *entry, mm_writer_t *out);
mm_err_t mm_downward_read(mm_cursor_t *cursor, mm_downward_t *out);

/* What an entry of `len` bytes takes of the link's credit; flow entries are free. */
size_t mm_entry_cost(const mm_spec_t *spec, size_t len);

#endif

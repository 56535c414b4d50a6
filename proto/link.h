/* One end of the link between a gateway and the broker: numbered entries that are kept until complete, batches,
 * acks that ride on frames, byte credit.  Both ends are the same object; what differs (HELLO, WELCOME, who dies how) is the
 * cores' business.  No I/O: frames leave through ops->send, time is an argument.
 *
 * Rules (proto/LINK.md tells why):
 *  - an entry is numbered when it is said and kept until the other side calls it complete;
 *  - DATA and PING frames are numbered within a session; a gap ends the session, the next one sends again
 *    what the other side has not received; what was received already is dropped by its number;
 *  - the receiver completes entries in any order; mark and ranges stand in every header;
 *  - credit is a total of entry bytes: complete bytes plus the window.  Saying it twice mints nothing;
 *  - an idle link sends at once, a busy one collects; acks alone wait MM_ACK_DELAY_MS. */
#ifndef MM_PROTO_LINK_H
#define MM_PROTO_LINK_H

#include "proto/acks.h"
#include "proto/counters.h"
#include "proto/window.h"

enum { MM_ACK_DELAY_MS = 5, MM_RETRY_MS = 5 };

typedef struct mm_link_ops {
    /* MM_OK, MM_ERR_AGAIN (nothing was taken, later) or MM_ERR_NO_ROUTE (the peer is gone). */
    mm_err_t (*send)(void *owner, mm_slice_t frame);
    /* A new incoming entry; reads exactly it from the cursor.  MM_OK: the owner calls mm_link_done for it once, now or later, with
     * the same cost.  Anything else: it was not understood, the link counts it and calls it complete. */
    mm_err_t (*on_entry)(void *owner, mm_cursor_t *cursor);
    /* An own entry is complete (or was dropped by mm_link_drop). */
    void (*on_complete)(void *owner, void *tag, size_t cost);
} mm_link_ops_t;

typedef struct mm_link {
    const mm_link_ops_t *ops;
    void *owner;
    mm_counters_t *counters;
    uint64_t window_bytes; /* how much incomplete the other side may have with us */
    int64_t collect_ms;

    bool is_up; /* a session stands */
    uint64_t epoch, session;
    uint64_t frame_sent, frame_received; /* numbers within the session */

    mm_window_t window; /* own entries */
    uint64_t granted;   /* entry bytes the other side takes, in all */

    uint64_t received;       /* last incoming entry */
    mm_acks_t acks;          /* incoming entries that are complete */
    uint64_t completed_cost; /* of these */

    int64_t data_sent_ms; /* when the last batch left */
    int64_t ack_due_ms;   /* INT64_MAX: nothing new to say */
    uint8_t *batch;       /* scratch for one frame */
} mm_link_t;

void mm_link_init(mm_link_t *link, const mm_link_ops_t *ops, void *owner, mm_counters_t *counters,
                  uint64_t window_bytes, int64_t collect_ms);
void mm_link_fini(mm_link_t *link); /* drops what is left, see mm_link_drop */

/* Number that the next own entry must carry. */
uint64_t mm_link_next_number(const mm_link_t *link);

/* Says one entry, encoded with that number (a copy is taken).  It leaves with a later mm_link_flush. */
void mm_link_say(mm_link_t *link, mm_slice_t entry, size_t cost, void *tag);

/* The owner is through with an incoming entry. */
void mm_link_done(mm_link_t *link, uint64_t number, size_t cost, int64_t now_ms);

/* True while own entries may be said without exceeding the other side's window. */
bool mm_link_has_credit(const mm_link_t *link);

/* Fills acks and credit of a header (also of HELLO and WELCOME).  False: there are more ranges than it takes. */
bool mm_link_fill_header(mm_link_t *link, mm_header_t *header);

/* Takes acks and credit from a header of the same epoch. */
void mm_link_take_header(mm_link_t *link, const mm_header_t *header);

/* A session begins; `received` is the last own entry that the other side has. */
void mm_link_begin(mm_link_t *link, uint64_t epoch, uint64_t session, uint64_t received);

/* The session is over: nothing leaves until the next one. */
void mm_link_end(mm_link_t *link);

/* The other side is dead for good: every own entry counts as complete, nothing was received, numbers begin anew. */
void mm_link_drop(mm_link_t *link);

/* A DATA or PING frame whose epoch and session are this link's; the cursor stands behind the header.  For PING the body is left to
 * the caller.  MM_ERR_GAP or MM_ERR_MALFORMED: the caller ends the session. */
mm_err_t mm_link_on_frame(mm_link_t *link, const mm_header_t *header, mm_cursor_t *cursor);

/* Sends a PING with this body (a whole msgpack value). */
mm_err_t mm_link_ping(mm_link_t *link, mm_slice_t body);

/* Sends what is due.  `*next_ms` is when it wants to be called again.  Returns MM_OK or MM_ERR_NO_ROUTE. */
mm_err_t mm_link_flush(mm_link_t *link, int64_t now_ms, int64_t *next_ms);

#endif

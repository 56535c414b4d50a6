/* What one turn says: messages and control entries with their recipients, events for the feed, and what the store must know.
 * An output holds copies (in the outbox's own bytes), so that it may wait for its commit.  The k of an origin is the
 * output's index.  Owned by the broker core; filled by the room only during a turn.
 * Not here: who sits at which gateway and how outputs leave (broker/fanout.h), the commit (broker/core.h). */
#ifndef MM_BROKER_OUTBOX_H
#define MM_BROKER_OUTBOX_H

#include "proto/message.h"
#include "proto/stamp.h"

/* A connection, as the broker knows it. */
typedef struct mm_contact {
    uint64_t incarnation; /* of its gateway */
    uint64_t connection;  /* number at that gateway */
} mm_contact_t;

bool mm_contact_equal(const mm_contact_t *a, const mm_contact_t *b);

typedef struct mm_output {
    mm_msg_t msg;
    bool has_from;
    mm_id_t from;          /* printed as participantId */
    size_t to, to_count;   /* recipients: index and count in contacts[] */
    size_t body, body_len; /* msgpack map: offset and length in bytes[] */
    size_t time, time_len; /* msgpack number printed as timestamp: offset and length in bytes[] */
} mm_output_t;

/* A record of the store: bytes to keep under a key, or its removal. */
typedef struct mm_change {
    bool is_removal;
    bool is_durable;     /* must survive a power cut before anything that depends on it is said */
    size_t key, key_len; /* room id, offset and length in bytes[] */
    size_t value, value_len;
} mm_change_t;

typedef struct mm_outbox {
    mm_output_t *outputs;
    size_t count, capacity;
    mm_contact_t *contacts;
    size_t contacts_count, contacts_capacity;
    uint8_t *bytes;
    size_t bytes_count, bytes_capacity;
    mm_change_t *changes;
    size_t changes_count, changes_capacity;
    mm_output_t *events; /* without recipients; their time is the turn's */
    size_t events_count, events_capacity;
} mm_outbox_t;

void mm_outbox_init(mm_outbox_t *outbox);
void mm_outbox_fini(mm_outbox_t *outbox);
void mm_outbox_clear(mm_outbox_t *outbox); /* keeps the memory */

/* Begins an output whose body is the struct `message` of the row; recipients are added with mm_outbox_to.
 * `from` may be NULL.  Its timestamp is `time_ms`. */
void mm_outbox_say(mm_outbox_t *outbox, mm_msg_t msg, const void *message, const mm_id_t *from,
                   int64_t time_ms);

/* The same with a body that is passed on as it came, and a timestamp that is a msgpack number (empty: time_ms). */
void mm_outbox_pass(mm_outbox_t *outbox, mm_msg_t msg, mm_slice_t body, const mm_id_t *from,
                    mm_slice_t time, int64_t time_ms);

/* One more recipient of the output begun last. */
void mm_outbox_to(mm_outbox_t *outbox, mm_contact_t contact);

/* Drops the output begun last when nobody was added to it. */
void mm_outbox_end(mm_outbox_t *outbox);

/* An event for the feed: the struct of a row with the flag EVENT. */
void mm_outbox_tell_feed(mm_outbox_t *outbox, mm_msg_t msg, const void *message, int64_t time_ms);

void mm_outbox_keep(mm_outbox_t *outbox, mm_text_t key, mm_slice_t value, bool is_durable);
void mm_outbox_forget(mm_outbox_t *outbox, mm_text_t key, bool is_durable);

mm_slice_t mm_outbox_slice(const mm_outbox_t *outbox, size_t offset, size_t len);

#endif

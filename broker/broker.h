/* The struct behind broker/core.h, for its own files only: core.c (sessions, frames, time), peers.c (who they are), mailbox.c (entries that
 * wait), proofs.c (passwords), turns.c (turn, commit) and fanout.c (outputs to gateways).
 *
 * Owners: the broker owns its peers, a peer its link and mailboxes, a mailbox the entries that wait in it.  What waits
 * for a commit (mm_held_t) belongs to its transaction.  Peers and mailboxes are named by number across turns
 * (incarnation, connection), so that any of them may go meanwhile.
 *
 * A debt is what an upward entry still owes before it is complete: its turn and each downward entry it caused. */
#ifndef MM_BROKER_BROKER_H
#define MM_BROKER_BROKER_H

#include "broker/core.h"
#include "broker/throttle.h"
#include "proto/limiter.h"
#include "proto/link.h"
#include <czmq.h>

enum {
    MM_ROUTE_MAX = 255,
    MM_PEERS_MAX = 1024,
    MM_PEER_BACKLOG_MAX =
        64 * 1024 * 1024 /* bytes a gateway may be behind before it counts as gone */
};

typedef struct mm_debt {
    uint64_t incarnation; /* 0: no entry is behind it */
    uint64_t entry;
    size_t cost;
    size_t owed;
} mm_debt_t;

typedef struct mm_peer { /* a gateway or an admin */
    mm_broker_t *broker;
    mm_peer_role_t role;
    uint64_t incarnation;
    char name[MM_NAME_MAX + 1];
    uint8_t route[MM_ROUTE_MAX];
    size_t route_len;
    mm_link_t link;
    zhashx_t *mailboxes; /* connection -> mm_mailbox_t */
    int64_t silent_ms;   /* counted in own loop turns, so that a frozen broker blames nobody */
    bool is_gone;
} mm_peer_t;

typedef struct mm_waiting_entry {
    struct mm_waiting_entry *next;
    size_t len;
    uint8_t bytes[]; /* the upward entry */
} mm_waiting_entry_t;

typedef struct mm_mailbox { /* one connection of a gateway */
    uint64_t connection;
    bool is_busy;                /* the entry before waits for a helper */
    mm_waiting_entry_t *current; /* the join or creation that is being hashed */
    mm_waiting_entry_t *first, **last;
    uint64_t job;   /* of the hash under way; 0 none */
    int64_t due_ms; /* when its hash may start: wrong passwords wait */
    uint8_t address[MM_ADDRESS_BYTES];
    bool has_slot;         /* of the throttle, for that address */
    bool is_guess;         /* it entered the throttle of guesses, for that address */
    bool has_paid;         /* the room that it makes is counted */
    int64_t not_before_ms; /* of a guess: when it may be run */
    bool is_gone;          /* its GONE is among what waits */
} mm_mailbox_t;

typedef struct mm_held { /* outputs of one turn that may not leave yet */
    mm_outbox_t outbox;
    mm_debt_t *debt;
    mm_contact_t contact; /* whose mailbox goes on afterwards */
    bool frees_mailbox;
} mm_held_t;

typedef struct mm_transaction {
    uint64_t number;
    zlistx_t *held; /* mm_held_t: the turn itself first, then turns of its rooms that came later */
    char rooms[2][MM_ROOM_ID_MAX + 1];
} mm_transaction_t;

struct mm_broker {
    const mm_settings_t *settings;
    mm_counters_t *counters;
    const mm_broker_ops_t *ops;
    void *world;
    uint64_t epoch;
    uint64_t sessions; /* number of the latest */
    int64_t started_ms, ticked_ms, pinged_ms;
    int64_t
        clock_ms; /* since 1970, of the call under way: the time of events that no turn caused */
    int64_t figured_ms; /* when the feed was told the figures */
    uint64_t events;    /* number of the latest event */

    mm_registry_t *registry;
    mm_throttle_t *throttle;        /* wrong passwords */
    mm_throttle_t *guesses;         /* rooms that are not there */
    mm_limiter_t *created, *hosted; /* rooms made by HTTP, and by joins */
    mm_peer_t **peers;
    size_t peer_count, peer_capacity;

    uint64_t jobs;     /* number of the latest hash job */
    zhashx_t *hashing; /* job -> contact, under way */
    zlistx_t *proofs;  /* mailboxes whose hash has not started, see proofs.c */

    uint64_t transactions;   /* number of the latest */
    uint64_t committing;     /* last transaction of the commit under way; 0 none */
    zlistx_t *pending;       /* mm_transaction_t, in order */
    zhashx_t *pending_rooms; /* room id -> its latest mm_transaction_t */
    uint8_t *changes;        /* msgpack of what is not yet handed to the store */
    size_t changes_len, changes_capacity;
    uint32_t changes_count;

    mm_outbox_t outbox; /* scratch for turns that need not wait */
    uint8_t *scratch;   /* one downward entry */
};

/* peers.c */
mm_peer_t *mm_broker_find_peer(const mm_broker_t *broker, uint64_t incarnation);
mm_mailbox_t *mm_broker_find_mailbox(const mm_broker_t *broker, mm_contact_t contact);

mm_peer_t *mm_peers_find_by_route(const mm_broker_t *broker, mm_slice_t route);
mm_peer_t *mm_peers_find_by_name(const mm_broker_t *broker, mm_text_t name);
mm_peer_t *mm_peer_new(mm_broker_t *broker, const mm_hello_t *hello);
/* Outputs to it count as acked, what it had not run is thrown away, its people leave at once. */
void mm_peer_lose(mm_broker_t *broker, mm_peer_t *peer, const char *why, int64_t now_ms,
                  int64_t clock_ms);
/* A route belongs to one peer: who had it before is gone. */
void mm_peers_lose_route(mm_broker_t *broker, mm_slice_t route, const mm_peer_t *but,
                         int64_t now_ms, int64_t clock_ms);
/* Frees the gone ones; only where nobody walks the list. */
void mm_peers_bury(mm_broker_t *broker);

/* overview.c */
/* What admin-stats or admin-gateways asks for, as msgpack.  At most MM_OVERVIEW_BYTES. */
enum { MM_OVERVIEW_BYTES = 512 * 1024 };
void mm_overview_write(const mm_broker_t *broker, mm_msg_t asked, mm_writer_t *out);

/* feed.c */
/* One event at `time_ms`, or those of a turn. */
void mm_feed_say(mm_broker_t *broker, mm_msg_t msg, const void *event, int64_t time_ms);
void mm_feed_tell(mm_broker_t *broker, const mm_outbox_t *outbox);
/* The figures, each second.  When it wants to be called again. */
int64_t mm_feed_on_time(mm_broker_t *broker, int64_t now_ms);

/* mailbox.c */
zhashx_t *mm_mailboxes_new(void);
mm_mailbox_t *mm_mailbox_find(const mm_peer_t *peer, uint64_t connection);
mm_mailbox_t *mm_mailbox_get_or_make(mm_peer_t *peer, uint64_t connection);
mm_waiting_entry_t *mm_waiting_entry_new(mm_slice_t entry);
void mm_mailbox_put(mm_mailbox_t *mailbox, mm_slice_t entry);
mm_waiting_entry_t *mm_mailbox_take(mm_mailbox_t *mailbox);
/* Takes an entry that is not going to be run: it counts as complete. */
void mm_mailbox_complete(mm_peer_t *peer, mm_waiting_entry_t *entry, int64_t now_ms);
/* After GONE: the mailbox goes, with whatever came behind it. */
void mm_mailbox_end(mm_broker_t *broker, mm_contact_t contact, int64_t now_ms);

/* proofs.c */
/* The entry (current of its mailbox from now on, a copy is made) waits for its password to be hashed. */
void mm_proofs_wait(mm_broker_t *broker, mm_contact_t contact, mm_mailbox_t *mailbox,
                    const mm_input_t *input, mm_slice_t bytes, int64_t now_ms);
/* Its connection is gone: where it waits for a slot of the throttle, nothing of it but the leaving is run. */
void mm_proofs_abandon(mm_broker_t *broker, mm_contact_t contact, mm_mailbox_t *mailbox,
                       int64_t now_ms);
/* The outcome is known: gives the slot back unless the password was wrong. */
void mm_proofs_settle(mm_broker_t *broker, mm_mailbox_t *mailbox, bool is_right);
int64_t mm_proofs_on_time(mm_broker_t *broker, int64_t now_ms);

/* limits.c */
void mm_limits_init(mm_broker_t *broker);
void mm_limits_fini(mm_broker_t *broker);
/* The member `address` of an input; false where it has none. */
bool mm_limits_address(const mm_input_t *input, uint8_t out[MM_ADDRESS_BYTES]);
/* An entry comes to be run: where it guesses, it enters the throttle. */
void mm_limits_enter(mm_broker_t *broker, mm_mailbox_t *mailbox, const mm_input_t *input,
                     int64_t now_ms);
/* Whether it has to wait for `not_before_ms`. */
bool mm_limits_delays(mm_broker_t *broker, const mm_mailbox_t *mailbox, const mm_input_t *input,
                      int64_t now_ms);
/* 0: it may be run; else it is to be refused, and after so many ms it may be tried again.  A room that it makes is counted once. */
int64_t mm_limits_refusal(mm_broker_t *broker, mm_mailbox_t *mailbox, const mm_input_t *input,
                          int64_t now_ms);
/* Its turn was run. */
void mm_limits_settle(mm_broker_t *broker, mm_mailbox_t *mailbox, const mm_input_t *input,
                      mm_err_t err);

/* turns.c */
bool mm_turns_read(mm_slice_t bytes, mm_upward_t *out);
mm_input_t mm_turns_input(mm_contact_t contact, const mm_upward_t *entry);
/* Runs one turn.  The mailbox goes with GONE. */
void mm_turns_run(mm_broker_t *broker, mm_contact_t contact, mm_mailbox_t *mailbox,
                  const mm_upward_t *entry, mm_slice_t bytes, const mm_proof_t *proof,
                  int64_t now_ms);
/* Goes on with what waits in a mailbox. */
void mm_turns_go_on(mm_broker_t *broker, mm_contact_t contact, int64_t now_ms);
void mm_turns_on_entry(mm_broker_t *broker, mm_peer_t *peer, const mm_upward_t *entry,
                       mm_slice_t bytes, int64_t now_ms);
void mm_turns_on_connection_lost(mm_broker_t *broker, mm_contact_t contact, int64_t now_ms,
                                 int64_t clock_ms);
void mm_turns_on_time(mm_broker_t *broker, int64_t clock_ms);
void mm_turns_start_commit(mm_broker_t *broker);
zlistx_t *mm_transactions_new(void);

/* fanout.c */
mm_debt_t *mm_debt_new(uint64_t incarnation, uint64_t entry, size_t cost);
void mm_debt_pay(mm_broker_t *broker, mm_debt_t *debt, int64_t now_ms);
void mm_fan_out(mm_broker_t *broker, const mm_outbox_t *outbox, mm_debt_t *debt);

#endif

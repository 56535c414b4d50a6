/* Every room of this broker, every connection that sits or waits in one, and the turn: the one function
 * through which anything of it changes.  No socket, clock, disk, log or random source behind this header; time and fresh
 * ids come with the stamp.  The same inputs give the same outputs, byte for byte.
 *
 * A connection is a stranger until a join seats it or lets it wait.  One that the server ended (kicked, rejected,
 * meeting over) stays known as ended, and whatever it still sends is dropped, until its GONE.
 * Not here: mailboxes, password hashing, commits, links (broker/core.h). */
#ifndef MM_BROKER_REGISTRY_H
#define MM_BROKER_REGISTRY_H

#include "broker/outbox.h"
#include "proto/counters.h"
#include "proto/settings.h"

typedef struct mm_registry mm_registry_t;

enum { MM_SALT_BYTES = 16, MM_HASH_BYTES = 32 };

/* A stored password. */
typedef struct mm_password {
    bool is_set;
    uint8_t salt[MM_SALT_BYTES];
    uint8_t hash[MM_HASH_BYTES];
} mm_password_t;

typedef enum mm_proof_kind {
    MM_PROOF_NONE,  /* nothing was hashed */
    MM_PROOF_RIGHT, /* the join's password belongs to `password` */
    MM_PROOF_WRONG, /* it does not */
    MM_PROOF_MADE   /* a new room's password was hashed: `password` is the result */
} mm_proof_kind_t;

/* What a helper found out before the turn.  `password` says against what it was checked, so that a room that was made anew
 * meanwhile is noticed. */
typedef struct mm_proof {
    mm_proof_kind_t kind;
    mm_password_t password;
} mm_proof_t;

/* One thing to be done. */
typedef struct mm_input {
    mm_contact_t contact;
    const mm_spec_t *spec;
    mm_slice_t body;
    mm_id_t target; /* nil: none, or no UUID */
    mm_stamp_t stamp;
    mm_proof_t proof;
    int64_t wait_ms; /* more than 0: refused with RATE_LIMITED, to be tried again after that */
    mm_slice_t
        figures; /* of admin-stats, admin-gateways: msgpack of what was asked for, which no room knows */
} mm_input_t;

/* `settings` and `counters` are borrowed for the registry's life. */
mm_registry_t *mm_registry_new(const mm_settings_t *settings, mm_counters_t *counters);
void mm_registry_destroy(mm_registry_t **registry_p);

/* Whether a helper must hash before the turn of this input can run.
 *   MM_PROOF_NONE   run it as it is (also when the join will be refused before its password matters)
 *   MM_PROOF_WRONG  check `*secret` against `*against` (a room with a password; an absent password is checked as "")
 *   MM_PROOF_MADE   hash `*secret` with a new salt (a room will be made with it)
 * `secret` points into the input's body. */
mm_proof_kind_t mm_registry_needs_proof(const mm_registry_t *registry, const mm_input_t *input,
                                        mm_text_t *secret, mm_password_t *against);

/* Whether the turn of this input would make a room, as far as that can be told before. */
bool mm_registry_makes_room(const mm_registry_t *registry, const mm_input_t *input);

/* Runs one turn and fills `outbox` (cleared by the caller).  Never fails towards the caller: a refusal is an output.
 * MM_ERR_AGAIN: the room changed while the password was hashed, nothing was done: ask mm_registry_needs_proof again.
 * Otherwise MM_OK, or the error that was answered or counted, for the log. */
mm_err_t mm_registry_turn(mm_registry_t *registry, const mm_input_t *input, mm_outbox_t *outbox);

/* Whether the outputs of this input may leave only after a commit (proto/LINK.md, rule 6). */
bool mm_registry_is_recorded(const mm_input_t *input);

/* Id of the room a connection sits or waits in, "" for none.  Borrowed until the next turn. */
mm_text_t mm_registry_room_of(const mm_registry_t *registry, mm_contact_t contact);

/* Id of the room that an input changes without sitting in it (an operator's, a request's), "" for none.  `out` holds it. */
mm_text_t mm_registry_room_meant(const mm_input_t *input, char out[MM_ROOM_ID_MAX + 1]);

/* Time as a message: ends rooms whose life is over.  One turn; outputs go to `outbox`. */
void mm_registry_on_time(mm_registry_t *registry, int64_t now_ms, mm_outbox_t *outbox);

/* When mm_registry_on_time wants to be called next, ms since 1970; INT64_MAX for never. */
int64_t mm_registry_next_time(const mm_registry_t *registry);

/* A room as the store gave it back (key and value of a mm_change_t).  MM_ERR_MALFORMED when it cannot be read. */
mm_err_t mm_registry_restore(mm_registry_t *registry, mm_text_t key, mm_slice_t value);

/* Walks the truth, for tests and the simulator: every seat and every person waiting. */
typedef struct mm_registry_person {
    mm_text_t room;
    mm_id_t id;
    mm_contact_t contact;
    bool is_waiting, is_moderator, is_muted, is_video_off, is_hand_raised, is_recorder;
    size_t capacity; /* of the room */
    bool room_locked;
} mm_registry_person_t;
void mm_registry_each(const mm_registry_t *registry,
                      void (*visit)(void *ctx, const mm_registry_person_t *person), void *ctx);

/* Every connection that sits, waits or was ended, in the order in which they came: when a gateway dies, each of its own needs
 * a GONE (ended ones too, or they would stay known for ever).  `visit` collects; turns run afterwards. */
void mm_registry_each_contact(const mm_registry_t *registry,
                              void (*visit)(void *ctx, mm_contact_t contact), void *ctx);

#endif

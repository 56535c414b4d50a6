/* One turn: who sent what, in which room, and where the answer goes.  Lives on the registry's stack while the turn runs; a
 * handler gets it and nothing else.
 *
 * A connection is placed, freed or ended only by the functions here, which tell its gateway in the same breath, so that broker
 * and gateway cannot disagree.
 * Not here: which handler (broker/dispatch.h), what a room is (broker/room.h). */
#ifndef MM_BROKER_TURN_H
#define MM_BROKER_TURN_H

#include "broker/contacts.h"
#include "broker/gone.h"
#include "broker/registry.h"

enum { /* WebSocket close codes that a turn may ask for */
       MM_CLOSE_POLICY = 1008,
       MM_CLOSE_OVERLOADED = 1013,
       MM_CLOSE_KICKED = 4003,
       MM_CLOSE_REJECTED = 4004,
       MM_CLOSE_ENDED = 4005
};

/* Room enough for any message that was read. */
typedef union mm_message {
#define MESSAGE(number, NAME, name, wire, senders, rate, flags, refusal, doc) struct mm_##name name;
#define FIELD(msg, member, wire, kind, need, min, max)
#define CHOICE(msg, member, wire, need, choices)
#define END(NAME, name)
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef CHOICE
#undef END
} mm_message_t;

typedef struct mm_turn {
    const mm_input_t *input;
    const mm_settings_t *settings;
    mm_counters_t *counters;
    mm_outbox_t *outbox;
    mm_contacts_t *contacts;
    mm_gone_t *gone;
    struct mm_room *room;             /* NULL where there is none */
    const struct mm_directory *rooms; /* all of them: for the eyes of an admin only */
    mm_id_t from;       /* participant or waiting id of the sender; nil for a stranger */
    unsigned role;      /* of the sender: one of MM_ROLE_STRANGER, WAITING, MEMBER, MODERATOR */
    mm_message_t msg;   /* what was read, by input->spec; not for rows that pass */
    mm_reason_t reason; /* of MM_ERR_INVALID_MESSAGE */
    mm_text_t blame;    /* the member of that reason, empty for none */
} mm_turn_t;

/* What an entry makes a room do.  MM_OK, or what shall be answered to the sender or counted. */
typedef mm_err_t mm_handler_t(mm_turn_t *turn);

int64_t mm_turn_now_ms(const mm_turn_t *turn);

/* Whether the sender has a seat. */
bool mm_turn_is_seated(const mm_turn_t *turn);

/* Begins an output with the turn's time; recipients follow (mm_outbox_to and those of broker/room.h).  Without any: mm_turn_end. */
void mm_turn_say(mm_turn_t *turn, mm_msg_t msg, const void *message, const mm_id_t *from);
void mm_turn_end(mm_turn_t *turn);

/* The same, whole, for one connection. */
void mm_turn_say_to(mm_turn_t *turn, mm_contact_t contact, mm_msg_t msg, const void *message,
                    const mm_id_t *from);

/* An event for the feed, see proto/FEED.md for what must never stand in one. */
void mm_turn_tell_feed(mm_turn_t *turn, mm_msg_t msg, const void *event);

/* An `error` message; INVALID_MESSAGE takes the turn's reason and blame, UNAUTHORIZED the refusal of its row. */
void mm_turn_refuse(mm_turn_t *turn, mm_contact_t contact, mm_err_t err);

/* BIND: sits or waits in the turn's room under `id` from now on. */
void mm_turn_bind(mm_turn_t *turn, mm_contact_t contact, const mm_id_t *id);

/* UNBIND: a stranger again. */
void mm_turn_unbind(mm_turn_t *turn, mm_contact_t contact);

/* CLOSE: the last thing this connection gets. */
void mm_turn_close(mm_turn_t *turn, mm_contact_t contact, int code, const char *reason);

#endif

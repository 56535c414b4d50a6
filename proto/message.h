/* The protocol table (messages.def) as C: an enum, a struct for each message, descriptors,
 * and the one interpreter that checks, reads and writes bodies by them.
 *
 * A body is a msgpack map without type, roomId, participantId and timestamp.  Nothing here
 * allocates; texts in a struct that was read are views into the body.
 * Not here: JSON (proto/json.h), what stands around a body on the bus (proto/entry.h). */
#ifndef MM_PROTO_MESSAGE_H
#define MM_PROTO_MESSAGE_H

#include "proto/cursor.h"
#include "proto/err.h"
#include "proto/id.h"
#include "proto/text.h"
#include "proto/writer.h"

/* Roles are bits; senders are sets of them. */
enum {
    MM_ROLE_STRANGER = 1 << 0, /* connected, in no room */
    MM_ROLE_WAITING = 1 << 1,
    MM_ROLE_MEMBER = 1 << 2,
    MM_ROLE_MODERATOR = 1 << 3,
    MM_ROLE_GATEWAY = 1 << 4,
    MM_ROLE_BROKER = 1 << 5,
    MM_ROLE_ADMIN = 1 << 6,

    MM_BY_MODERATOR = MM_ROLE_MODERATOR,
    MM_BY_MEMBER = MM_ROLE_MEMBER | MM_ROLE_MODERATOR,
    MM_BY_ANYONE = MM_BY_MEMBER | MM_ROLE_STRANGER | MM_ROLE_WAITING,
    MM_BY_GATEWAY = MM_ROLE_GATEWAY,
    MM_BY_ADMIN = MM_ROLE_ADMIN,
    MM_BY_BROKER = MM_ROLE_BROKER
};

enum { /* flags of a row, explained in messages.def */
       MM_PASSES = 1 << 0,
       MM_TARGETED = 1 << 1,
       MM_LARGE = 1 << 2,
       MM_REPEATED = 1 << 3,
       MM_UNBOUND = 1 << 4,
       MM_RELEASES = 1 << 5,
       MM_EVENT = 1 << 6,
       MM_GUESSES = 1 << 7
};

typedef enum mm_rate { MM_RATE_NONE, MM_RATE_SIGNAL, MM_RATE_CHUNK } mm_rate_t;

typedef enum mm_kind {
    MM_KIND_BOOL,
    MM_KIND_INT,
    MM_KIND_NUM,
    MM_KIND_CHARS,
    MM_KIND_TRIMMED,
    MM_KIND_BYTES,
    MM_KIND_ID,
    MM_KIND_ROOM,
    MM_KIND_RAW,
    MM_KIND_BLOB,
    MM_KIND_CHOICE
} mm_kind_t;

typedef enum mm_need { MM_NEED_REQ, MM_NEED_OPT, MM_NEED_SET } mm_need_t;

typedef enum mm_msg {
    MM_MSG_NONE = 0,
#define MESSAGE(number, NAME, name, wire, senders, rate, flags, refusal, doc)                      \
    MM_MSG_##NAME = number,
#define FIELD(msg, member, wire, kind, need, min, max)
#define CHOICE(msg, member, wire, need, choices)
#define END(NAME, name)
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef CHOICE
#undef END
    MM_MSG_LIMIT = 128
} mm_msg_t;

/* The order of the CHOICE columns. */
enum { MM_ACTION_MUTE, MM_ACTION_UNMUTE, MM_ACTION_KICK, MM_ACTION_MAKE_MODERATOR };

/* The `total` of a flow that answers a chunk which went nowhere. */
#define MM_FLOW_WITHOUT_END (INT64_C(1) << 53)

/* C types of the kinds. */
#define MM_TYPE_BOOL    bool
#define MM_TYPE_INT     int64_t
#define MM_TYPE_NUM     double
#define MM_TYPE_CHARS   mm_text_t
#define MM_TYPE_TRIMMED mm_text_t
#define MM_TYPE_BYTES   mm_text_t
#define MM_TYPE_ID      mm_id_t /* nil where the sender wrote no UUID */
#define MM_TYPE_ROOM    mm_text_t
#define MM_TYPE_RAW     mm_slice_t /* one msgpack value */
#define MM_TYPE_BLOB    mm_slice_t
#define MM_TYPE_CHOICE  int

/* struct mm_join, struct mm_offer, ...  Bit i of `present` says that the i-th field of the
 * row stands in the body (null counts as absent).  Absent members are zero. */
#define MESSAGE(number, NAME, name, wire, senders, rate, flags, refusal, doc)                      \
    struct mm_##name {                                                                             \
        uint32_t present;
#define FIELD(msg, member, wire, kind, need, min, max) MM_TYPE_##kind member;
#define CHOICE(msg, member, wire, need, choices)       MM_TYPE_CHOICE member;
#define END(NAME, name)                                                                            \
    }                                                                                              \
    ;
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef CHOICE
#undef END

/* MM_HAS_JOIN_... : the bit of each field in `present`. */
#define MESSAGE(number, NAME, name, wire, senders, rate, flags, refusal, doc)                      \
    enum mm_bits_##name                                                                            \
    {
#define FIELD(msg, member, wire, kind, need, min, max) mm_bit_##msg##_##member,
#define CHOICE(msg, member, wire, need, choices)       mm_bit_##msg##_##member,
#define END(NAME, name)                                                                            \
    mm_bits_##name##_limit                                                                         \
    }                                                                                              \
    ;
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef CHOICE
#undef END

/* The mask of a field: `if (join->present & MM_HAS(join, password))`. */
#define MM_HAS(msg, member) (UINT32_C(1) << mm_bit_##msg##_##member)

typedef struct mm_field {
    const char *wire; /* NULL ends the list */
    mm_kind_t kind;
    mm_need_t need;
    int64_t min, max;    /* value, characters or bytes, by kind */
    const char *choices; /* "a|b|c", MM_KIND_CHOICE only */
    size_t offset;       /* in the message's struct */
} mm_field_t;

typedef struct mm_spec {
    mm_msg_t msg;     /* MM_MSG_NONE marks an unused number */
    const char *name; /* "ice_candidate", for logs and metrics */
    const char *wire; /* "ice-candidate" */
    unsigned senders; /* roles */
    mm_rate_t rate;
    unsigned flags;
    const char *refusal;
    const char *doc;
    const mm_field_t *fields;
    size_t size; /* of its struct */
} mm_spec_t;

enum { MM_MESSAGE_SIZE_MAX = 256 }; /* no message struct is larger (asserted at compile time) */

/* The row of a number; NULL where there is none. */
const mm_spec_t *mm_spec(mm_msg_t msg);

/* The row of a wire name, whoever may send it; NULL when unknown. */
const mm_spec_t *mm_spec_by_wire(mm_text_t wire);

/* What was wrong with a message. */
typedef struct mm_fault {
    mm_reason_t reason;
    const char *field; /* wire name of the member to blame, NULL for none; static storage */
} mm_fault_t;

/* Checks one value against a field: type, bounds, choice.  `value` is one whole, well-formed
 * msgpack value (from proto/json.h or mm_cursor_skip).  Null is MISSING for REQ (except RAW, where
 * null is a value) and MM_REASON_NONE for the rest.  Returns MM_REASON_NONE when it may pass. */
mm_reason_t mm_field_check(const mm_field_t *field, mm_slice_t value);

/* Reads a body into the struct of its row (`out`, spec->size bytes, zeroed first) and checks
 * every field again: the bus is input too.  Unknown members are skipped, SET members are read (on
 * the bus they are the server's).  MM_ERR_MALFORMED when the bytes are no map;
 * MM_ERR_INVALID_MESSAGE with `fault` filled (never NULL) when a field is missing, wrong or given
 * twice. */
mm_err_t mm_message_read(const mm_spec_t *spec, mm_slice_t body, void *out, mm_fault_t *fault);

/* Writes the body of a struct: REQ fields always, the others when their bit is set.  Field order is
 * the table's.  ID is written as bin 16, CHOICE as its word, RAW as it is.  Overflow is the writer's
 * state. */
void mm_message_write(const mm_spec_t *spec, const void *message, mm_writer_t *out);

#endif

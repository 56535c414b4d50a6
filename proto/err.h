/* The one list of errors (errors.def) and of reasons (reasons.def).
 * An assert is for our own bugs; these are for a peer's fault or bad luck. */
#ifndef MM_PROTO_ERR_H
#define MM_PROTO_ERR_H

typedef enum mm_err {
#define ERR(name, code, text) MM_ERR_##name,
#include "proto/errors.def"
#undef ERR
    MM_ERR_LIMIT
} mm_err_t;
#define MM_OK MM_ERR_OK

typedef enum mm_reason {
#define REASON(name, text) MM_REASON_##name,
#include "proto/reasons.def"
#undef REASON
    MM_REASON_LIMIT
} mm_reason_t;

/* Wire code ("ROOM_FULL"); "" where a browser never sees the error.  Static storage. */
const char *mm_err_code(mm_err_t err);

/* English text; UNAUTHORIZED holds one %s for the refusal column of messages.def. */
const char *mm_err_text(mm_err_t err);

/* Constant lower-case name for logs ("room_full"). */
const char *mm_err_name(mm_err_t err);

/* English text of a reason; "" for MM_REASON_NONE and for numbers out of range. */
const char *mm_reason_text(mm_reason_t reason);

#endif

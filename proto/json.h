/* The single-pass transcoder between a browser's JSON and msgpack.
 *
 * Decoding (RFC 8259, strict UTF-8 of RFC 3629) makes one pass: it checks syntax, UTF-8, escapes,
 * numbers, depth and member count, writes the members of the top-level object as msgpack and notes
 * each of them in an index.  The table (messages.def) is then applied to the index, so the order of
 * members does not matter.  No DOM, no allocation.
 *
 * Values: integers within +-2^53 pass exactly; other numbers are IEEE doubles, an overflow to
 * infinity is NUMBER_RANGE, and they print as the shortest text that reads back as the same double,
 * with an exponent where that is shorter (1e20, 0.1, 12345678901234568e4): so what a receiver gets
 * is never much longer than what the sender wrote.  A number that would print as an integer travels
 * as one (1.0 as 1, but 1000.0 as the double 1e3); -0 keeps its sign, as a float of 32 bits.
 * A lone surrogate escape is SURROGATE; \u0000 is allowed.  bin 16 prints as a UUID.
 * A member `targetId` whose value is a UUID in lower case travels as bin 16, any other value of it
 * as it was sent.  Nested containers have 16-bit headers even where shorter ones would do.
 * Not here: which message may be sent by whom (the broker), frames (proto/entry.h). */
#ifndef MM_PROTO_JSON_H
#define MM_PROTO_JSON_H

#include "proto/message.h"

enum {
    MM_JSON_MEMBERS = 64, /* of each object, the base members included */
    MM_JSON_DEPTH = 16,   /* nesting, the top-level object included */
    MM_JSON_SLACK = 64
};
/* The longest msgpack for `n` bytes of JSON (worst case: an array of short floats). */
#define MM_JSON_DECODED_MAX(n) ((n)*9 / 4 + MM_JSON_SLACK)

/* A decoded browser message. */
typedef struct mm_inbound {
    const mm_spec_t *spec; /* its row; never one that only the server sends */
    mm_slice_t body;       /* msgpack map, in the caller's buffer, without the base members */
    bool has_timestamp;
    mm_slice_t timestamp; /* msgpack number as the client sent it */
    mm_id_t target;       /* nil when the message is not TARGETED or targetId is no UUID */
    size_t json_bytes;
} mm_inbound_t;

/* Reads one browser message.  `out`/`capacity` take the body (MM_JSON_DECODED_MAX(json.len) always
 * suffices; where it does not fit: MM_ERR_TOO_LARGE).  `small_limit`: bytes of JSON for rows
 * without LARGE.  Nothing is read behind the text.  `extra`: nil, or one more pair of msgpack (key
 * and value, encoded, at most 32 bytes) that is appended to the body of a `join` (the gateway's
 * `address`); a client's own member of a SET field is dropped.
 *
 * MM_OK                        out_message is complete and every declared field is within bounds
 * MM_ERR_INVALID_MESSAGE       see fault.  out_message->spec is set when the type is known (the
 *                              broker answers, see REFUSED), else NULL (the gateway answers: no
 *                              JSON, no object, no type, too deep ...)
 * MM_ERR_UNKNOWN_MESSAGE_TYPE  also for types that only the server sends
 *
 * fault->reason UTF8 means the connection is to be closed with 1007; it is said whenever the text
 * is not UTF-8 as a whole, whatever else is wrong.  The faults of one message are looked for in
 * this order: syntax, type, size, base members (roomId, participantId, timestamp), members in table
 * order. */
mm_err_t mm_json_read_message(mm_text_t json, size_t small_limit, mm_slice_t extra, uint8_t *out,
                              size_t capacity, mm_inbound_t *out_message, mm_fault_t *fault);

/* What a message is printed with. */
typedef struct mm_outbound {
    const mm_spec_t *spec;
    mm_text_t room;       /* UNBOUND rows print "" */
    const mm_id_t *from;  /* NULL and UNBOUND rows print "" */
    mm_slice_t body;      /* msgpack map */
    mm_slice_t timestamp; /* one msgpack number */
} mm_outbound_t;

/* Prints {"type":...,"roomId":...,"participantId":...,<body in its order>,"timestamp":...} without
 * white space, not terminated.  Below U+0020, quote and backslash are escaped (short forms where
 * JSON has them), everything else stays UTF-8.  Returns the length; 0 when `capacity` is too small
 * or the body is malformed or holds what JSON cannot say (keys that are no strings, NaN and
 * infinity, invalid UTF-8, bin of another length than 16, ext).  MM_JSON_PRINTED_MAX bounds what a
 * body can need. */
size_t mm_json_print_message(const mm_outbound_t *message, char *out, size_t capacity);
#define MM_JSON_PRINTED_MAX(body_len) ((body_len)*6 + 1024)

/* The transcoder's two halves for any JSON value, for tests and fuzzing.  Reading gives MM_OK and the
 * bytes written, MM_ERR_INVALID_MESSAGE with a reason, or MM_ERR_TOO_LARGE. */
mm_err_t mm_json_read(mm_text_t json, uint8_t *out, size_t capacity, size_t *out_len,
                      mm_reason_t *reason);
size_t mm_json_print(mm_slice_t msgpack, char *out, size_t capacity);

#endif

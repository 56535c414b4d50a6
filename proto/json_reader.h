/* What the two readers of JSON (any value, json_read.c; a browser's message, json_message.c) share.
 * Internal to proto: everybody else includes proto/json.h.
 *
 * A reader goes over the text once and appends msgpack to `out`.  A function that returns false has
 * set `reason`, or `out` has overflowed; nothing may be read after that. */
#ifndef MM_PROTO_JSON_READER_H
#define MM_PROTO_JSON_READER_H

#include "proto/json.h"

typedef struct mm_json_reader {
    const uint8_t *at, *end;
    mm_writer_t out;
    mm_reason_t reason;
} mm_json_reader_t;

mm_json_reader_t mm_json_reader(mm_text_t json, uint8_t *out, size_t capacity);

/* Passes white space and returns the byte behind it; 0 at the end. */
uint8_t mm_json_reader_peek(mm_json_reader_t *reader);

/* Reads the value that comes next, inside of `depth` open containers. */
bool mm_json_reader_value(mm_json_reader_t *reader, unsigned depth);

/* Steps through an object, from its '{', where `*count` is 0, to behind its '}': true with the
 * next key written and noted in `key` and its value next; false at the end or at a failure. */
bool mm_json_reader_next(mm_json_reader_t *reader, uint32_t *count, mm_text_t *key);

bool mm_json_reader_is_ok(const mm_json_reader_t *reader);

/* After the one value: nothing but white space may follow.  MM_OK, MM_ERR_TOO_LARGE or
 * MM_ERR_INVALID_MESSAGE with the final reason, which is UTF8 whenever the text is none. */
mm_err_t mm_json_reader_finish(mm_json_reader_t *reader, mm_text_t json);

#endif

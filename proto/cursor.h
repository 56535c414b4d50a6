/* Reading msgpack from borrowed bytes, without allocation and never trusting a declared size:
 * a length is compared with the bytes that remain, a count with the bytes that its elements need at
 * least, nesting with MM_CURSOR_DEPTH.  Format: the msgpack specification
 * (github.com/msgpack/msgpack).
 *
 * After the first failure a cursor is `failed` and at its end; every further read fails and returns
 * zeros, so that a decoder may read on and ask once at the end.
 * Not here: writing (proto/writer.h). */
#ifndef MM_PROTO_CURSOR_H
#define MM_PROTO_CURSOR_H

#include "proto/id.h"
#include "proto/text.h"

enum { MM_CURSOR_DEPTH = 20 }; /* deepest nesting that mm_cursor_skip follows */

typedef enum mm_type {
    MM_TYPE_IS_NIL,
    MM_TYPE_IS_BOOL,
    MM_TYPE_IS_INT,
    MM_TYPE_IS_FLOAT,
    MM_TYPE_IS_STR,
    MM_TYPE_IS_BIN,
    MM_TYPE_IS_ARRAY,
    MM_TYPE_IS_MAP,
    MM_TYPE_IS_INVALID /* end of bytes, ext types, 0xc1 */
} mm_type_t;

typedef struct mm_cursor {
    const uint8_t *at, *end;
    bool failed;
} mm_cursor_t;

mm_cursor_t mm_cursor(mm_slice_t bytes);
bool mm_cursor_at_end(const mm_cursor_t *cursor);

/* Type of the next value, without reading it. */
mm_type_t mm_cursor_peek(const mm_cursor_t *cursor);

void mm_cursor_nil(mm_cursor_t *cursor);
bool mm_cursor_bool(mm_cursor_t *cursor);
uint64_t mm_cursor_u64(mm_cursor_t *cursor);  /* fails on negatives */
int64_t mm_cursor_i64(mm_cursor_t *cursor);   /* fails above INT64_MAX */
double mm_cursor_number(mm_cursor_t *cursor); /* int or float */
mm_text_t mm_cursor_str(mm_cursor_t *cursor); /* bytes are not checked for UTF-8 */
mm_slice_t mm_cursor_bin(mm_cursor_t *cursor);
mm_id_t mm_cursor_id(mm_cursor_t *cursor); /* bin of exactly 16 */

/* Number of elements (pairs for a map) that follow; fails when they cannot fit. */
uint32_t mm_cursor_array(mm_cursor_t *cursor);
uint32_t mm_cursor_map(mm_cursor_t *cursor);

/* Takes nil and returns true, or leaves the value and returns false. */
bool mm_cursor_take_nil(mm_cursor_t *cursor);

/* Passes over one whole value and returns its bytes. */
mm_slice_t mm_cursor_skip(mm_cursor_t *cursor);

#endif

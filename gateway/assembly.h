/* A text message that comes in pieces (RFC 6455 section 5.4), put together under a limit.
 *
 * A piece is what libwebsockets hands over at once, a whole frame or a part of one.  What was declared counts before it has come,
 * so that nothing is kept of a message that is going to be too long; but memory grows with what has come only.
 * Not here: deadlines, and what a message says. */
#ifndef MM_GATEWAY_ASSEMBLY_H
#define MM_GATEWAY_ASSEMBLY_H

#include "proto/err.h"
#include "proto/text.h"

typedef struct mm_assembly { /* zero is empty */
    char *bytes;
    size_t len, capacity;
    bool is_begun; /* a message is incomplete */
} mm_assembly_t;

typedef struct mm_piece {
    mm_text_t text;
    size_t remaining; /* bytes of its frame that are still to come */
    bool is_last;     /* of the message */
} mm_piece_t;

/* MM_OK: the message is complete in `*out_message`, with one more readable byte behind it, until the next call.
 * MM_ERR_AGAIN: kept, more is to come.  MM_ERR_TOO_LARGE: it is or will be longer than `limit`. */
mm_err_t mm_assembly_add(mm_assembly_t *assembly, const mm_piece_t *piece, size_t limit,
                         mm_text_t *out_message);
void mm_assembly_fini(mm_assembly_t *assembly);

#endif

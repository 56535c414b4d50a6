/* Views of bytes and of UTF-8 text, and what is done to names and titles.
 * A view is borrowed: it is valid as long as what it points into.
 * Not here: building strings (CZMQ, stdio) and JSON (proto/json.h). */
#ifndef MM_PROTO_TEXT_H
#define MM_PROTO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mm_text { /* UTF-8, not terminated */
    const char *ptr;
    size_t len; /* bytes */
} mm_text_t;

typedef struct mm_slice { /* any bytes */
    const uint8_t *ptr;
    size_t len;
} mm_slice_t;

/* View of a terminated string; NULL gives the empty view. */
mm_text_t mm_text(const char *terminated);

bool mm_text_is(mm_text_t text, const char *terminated);
bool mm_text_equal(mm_text_t a, mm_text_t b);

/* True when the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms,
 * nothing above U+10FFFF). */
bool mm_text_is_utf8(mm_text_t text);

/* Number of code points of valid UTF-8. */
size_t mm_text_chars(mm_text_t text);

/* Without leading and trailing white space, as JavaScript's trim() sees it. */
mm_text_t mm_text_trim(mm_text_t text);

enum { MM_NAME_CHARS = 64, MM_NAME_BYTES = 4 * MM_NAME_CHARS };

/* Makes a name fit to be shown: control characters (C0, DEL, C1) and bidirectional overrides,
 * embeddings and isolates removed (U+202A..202E, U+2066..2069, U+200E/F, U+061C), then trimmed, cut
 * to MM_NAME_CHARS code points and trimmed again; "Guest" when nothing is left.
 * Writes at most MM_NAME_BYTES bytes to `out` and returns a view of them. */
mm_text_t mm_text_clean_name(mm_text_t raw, char out[MM_NAME_BYTES]);

#endif

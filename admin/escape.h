/* Text of strangers made fit for a terminal: whatever could move a cursor, change colours, reorder a line or hide is shown as an
 * escape.  Control characters (C0, DEL), and bytes that are no UTF-8, become \xNN; C1, line separators, zero-width and
 * bidirectional characters \u{NNNN}; a backslash \\, so that nobody can forge an escape.
 * Not here: --json, which jansson escapes as a whole. */
#ifndef MM_ADMIN_ESCAPE_H
#define MM_ADMIN_ESCAPE_H

#include "proto/text.h"

/* A terminated copy for free(). */
char *mm_escape(mm_text_t text);

#endif

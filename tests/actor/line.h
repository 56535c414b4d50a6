/* One line of a script (meeting.h) and the body that it stands for.
 * Not here: stamps, proofs and turns (meeting.c). */
#ifndef MM_TESTS_LINE_H
#define MM_TESTS_LINE_H

#include "proto/message.h"

enum { LINE_BYTES = 1024, LINE_WORDS = 24 };

typedef struct line {
    char text[LINE_BYTES];
    char *words[LINE_WORDS]; /* who, type, key=value ...; they lie in text */
    size_t count;
} line_t;

/* The id that is written by this name: its letters, padded with zeros. */
mm_id_t line_id(const char *name);

/* Splits at spaces, but not within quotes, which are taken away. */
void line_split(const char *text, line_t *line);

/* Value of a key, NULL where the line has none. */
const char *line_value(const line_t *line, const char *key);

/* Members that the stamp is made of (t, candidates, from, fresh) are left out; a create-room gets its address. */
void line_write_body(const line_t *line, const mm_spec_t *spec, mm_writer_t *out);

#endif

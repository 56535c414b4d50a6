/* Ids of participants and creator tokens: UUID v4 (RFC 9562 section 5.4), 16 bytes in
 * memory and on the bus, 36 characters towards browsers. */
#ifndef MM_PROTO_ID_H
#define MM_PROTO_ID_H

#include "proto/text.h"

typedef struct mm_id {
    uint8_t bytes[16];
} mm_id_t;

enum { MM_ID_CHARS = 36 };

/* The 122 random bits come from `random`; version and variant are set here. */
mm_id_t mm_id_from_random(const uint8_t random[16]);

bool mm_id_is_nil(const mm_id_t *id);
bool mm_id_equal(const mm_id_t *a, const mm_id_t *b);

/* Writes 36 lower-case characters, no terminator. */
void mm_id_print(const mm_id_t *id, char out[MM_ID_CHARS]);

/* Reads 8-4-4-4-12 hexadecimal digits of either case; false (and nil) for anything else. */
bool mm_id_parse(mm_text_t text, mm_id_t *out);

#endif

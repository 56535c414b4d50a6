/* What is known of a room whoever is in it: its password, token, title, schedule, bounds, lock and use.
 * For a pre-created room the store keeps them, as a msgpack map with short string keys; unknown keys are passed over, so that an
 * older broker reads what a newer one wrote.
 *
 *   v 1, created, max, token (bin 32), used; and where set: title, start, end, salt (bin 16) with hash (bin 32),
 *   locked, joined.  Times are ms since 1970.
 *
 * The creator token is kept as SHA-256 of its 16 bytes (122 of them random: no salt needed); the address of who made the
 * room is not kept at all.
 * Not here: when it is written (broker/registry.c), hashing of passwords (a helper). */
#ifndef MM_BROKER_FACTS_H
#define MM_BROKER_FACTS_H

#include "broker/registry.h"

enum { MM_TITLE_BYTES = 4 * 80, MM_FACTS_BYTES = 640, MM_TOKEN_HASH_BYTES = 32 };

typedef struct mm_facts {
    int64_t created_ms;
    int64_t last_use_ms;      /* somebody came into the empty room, or the last one left */
    int64_t start_ms, end_ms; /* as scheduled; 0 for none */
    size_t max_participants;
    bool is_locked;
    bool is_joined; /* somebody was in it once */
    bool has_token;
    uint8_t token_hash[MM_TOKEN_HASH_BYTES];
    mm_password_t password;
    size_t title_len;
    char title[MM_TITLE_BYTES];
} mm_facts_t;

void mm_facts_set_title(mm_facts_t *facts, mm_text_t title); /* at most MM_TITLE_BYTES */
void mm_facts_set_token(mm_facts_t *facts, const mm_id_t *token);

/* In constant time. */
bool mm_facts_is_token(const mm_facts_t *facts, const mm_id_t *token);

/* `token` as a browser sent it: any text.  In constant time for texts that are tokens. */
bool mm_facts_is_created_by(const mm_facts_t *facts, mm_text_t token);

/* When an empty room's life is over. */
int64_t mm_facts_expiry_ms(const mm_facts_t *facts, int64_t max_age_ms);

/* Writes the map; never more than MM_FACTS_BYTES. */
void mm_facts_write(const mm_facts_t *facts, mm_writer_t *out);

/* MM_ERR_MALFORMED when the bytes are not such a map; `out` is then undefined. */
mm_err_t mm_facts_read(mm_slice_t bytes, mm_facts_t *out);

#endif

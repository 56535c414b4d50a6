/* How many pre-created rooms nobody has joined yet, in all and from each address.  Owned by the registry.
 * An IPv6 address counts by its /64, because that is what one subscriber gets; an IPv4 address (mapped, ::ffff:a.b.c.d)
 * counts whole.
 * Not here: the rate of creations (a later bucket), the rooms themselves. */
#ifndef MM_BROKER_LATENT_H
#define MM_BROKER_LATENT_H

#include "proto/text.h"

typedef struct mm_latent mm_latent_t;

enum { MM_CREATOR_BYTES = 16 };

/* Whose room it is, as counted; "" for nobody's (a room that came back from the store). */
typedef struct mm_creator {
    char key[2 * MM_CREATOR_BYTES + 1];
} mm_creator_t;

mm_latent_t *mm_latent_new(size_t max, size_t max_per_address);
void mm_latent_destroy(mm_latent_t **latent_p);

/* Of an address of MM_CREATOR_BYTES bytes, IPv4 mapped into IPv6. */
mm_creator_t mm_latent_creator(mm_slice_t address);

bool mm_latent_may_add(const mm_latent_t *latent, const mm_creator_t *creator);
void mm_latent_add(mm_latent_t *latent, const mm_creator_t *creator);
void mm_latent_remove(mm_latent_t *latent, const mm_creator_t *creator);
size_t mm_latent_count(const mm_latent_t *latent);

#endif

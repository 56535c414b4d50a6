/* Counts of unused rooms, see the header. */
#include "broker/latent.h"

#include "broker/name_hash.h"

enum { SUBSCRIBER_BYTES = 8 }; /* a /64 */

typedef struct tally {
    mm_creator_t creator; /* the key of by_creator */
    size_t rooms;
} tally_t;

struct mm_latent {
    size_t max, max_per_address, count;
    zhashx_t *by_creator;
};

static void destroy_tally(void **item_p)
{
    free(*item_p);
    *item_p = NULL;
}

mm_latent_t *mm_latent_new(size_t max, size_t max_per_address)
{
    mm_latent_t *latent = calloc(1, sizeof *latent);

    assert(latent != NULL);
    latent->max = max;
    latent->max_per_address = max_per_address;
    latent->by_creator = mm_name_table_new(destroy_tally);
    return latent;
}

void mm_latent_destroy(mm_latent_t **latent_p)
{
    mm_latent_t *latent = *latent_p;

    if (latent == NULL)
        return;
    zhashx_destroy(&latent->by_creator);
    free(latent);
    *latent_p = NULL;
}

mm_creator_t mm_latent_creator(mm_slice_t address)
{
    static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const char digits[] = "0123456789abcdef";
    mm_creator_t creator = {""};

    assert(address.len == MM_CREATOR_BYTES);
    bool is_whole = memcmp(address.ptr, mapped, sizeof mapped) == 0;
    size_t bytes = is_whole ? MM_CREATOR_BYTES : SUBSCRIBER_BYTES;
    for (size_t i = 0; i < bytes; i++) {
        creator.key[2 * i] = digits[address.ptr[i] >> 4];
        creator.key[2 * i + 1] = digits[address.ptr[i] & 15];
    }
    return creator;
}

bool mm_latent_may_add(const mm_latent_t *latent, const mm_creator_t *creator)
{
    const tally_t *tally = zhashx_lookup(latent->by_creator, creator->key);

    return latent->count < latent->max &&
           (tally != NULL ? tally->rooms : 0) < latent->max_per_address;
}

void mm_latent_add(mm_latent_t *latent, const mm_creator_t *creator)
{
    tally_t *tally = zhashx_lookup(latent->by_creator, creator->key);

    latent->count++;
    if (tally == NULL) {
        tally = calloc(1, sizeof *tally);
        assert(tally != NULL);
        tally->creator = *creator;
        zhashx_insert(latent->by_creator, tally->creator.key, tally);
    }
    tally->rooms++;
}

void mm_latent_remove(mm_latent_t *latent, const mm_creator_t *creator)
{
    tally_t *tally = zhashx_lookup(latent->by_creator, creator->key);

    assert(tally != NULL && tally->rooms > 0 && latent->count > 0);
    latent->count--;
    if (--tally->rooms == 0)
        zhashx_delete(latent->by_creator, tally->creator.key);
}

size_t mm_latent_count(const mm_latent_t *latent)
{
    return latent->count;
}

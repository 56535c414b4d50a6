/* See throttle.h.  IPv6 addresses count by /64.  At most ADDRESSES_MAX are remembered; beyond that those that have been quiet
 * for a minute are swept out, and if none is, all go: forgetting is the harmless side. */
#include "broker/throttle.h"
#include "proto/keys.h"

#include <assert.h>
#include <czmq.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESSES_MAX = 65536, MINUTE_MS = 60000, DELAY_MAX_MS = 25000, DOUBLINGS_MAX = 5 };

struct mm_throttle {
    int64_t free_failures;
    zhashx_t *addresses; /* key: uint8_t[16], item: record_t */
};

typedef struct record {
    uint8_t address[MM_ADDRESS_BYTES];
    int64_t failures;
    int64_t last_ms;
} record_t;

static void destroy_record(void **item)
{
    free(*item);
    *item = NULL;
}

static void normalize(const uint8_t address[MM_ADDRESS_BYTES], uint8_t out[MM_ADDRESS_BYTES])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    memcpy(out, address, MM_ADDRESS_BYTES);
    if (memcmp(address, mapped, sizeof mapped) != 0)
        memset(out + 8, 0, 8);
}

mm_throttle_t *mm_throttle_new(int64_t free_failures)
{
    mm_throttle_t *throttle = calloc(1, sizeof *throttle);

    assert(throttle != NULL);
    throttle->free_failures = free_failures;
    throttle->addresses = zhashx_new();
    assert(throttle->addresses != NULL);
    zhashx_set_key_hasher(throttle->addresses, mm_key_hash_16);
    zhashx_set_key_comparator(throttle->addresses, mm_key_compare_16);
    zhashx_set_key_duplicator(throttle->addresses, NULL);
    zhashx_set_key_destructor(throttle->addresses, NULL);
    zhashx_set_destructor(throttle->addresses, destroy_record);
    return throttle;
}

void mm_throttle_destroy(mm_throttle_t **throttle_p)
{
    if (*throttle_p == NULL)
        return;
    zhashx_destroy(&(*throttle_p)->addresses);
    free(*throttle_p);
    *throttle_p = NULL;
}

static void sweep(mm_throttle_t *throttle, int64_t now_ms)
{
    zlistx_t *keys = zhashx_keys(throttle->addresses);

    for (void *key = zlistx_first(keys); key != NULL; key = zlistx_next(keys)) {
        const record_t *record = zhashx_lookup(throttle->addresses, key);
        if (now_ms - record->last_ms >= MINUTE_MS)
            zhashx_delete(throttle->addresses, key);
    }
    zlistx_destroy(&keys);
    if (zhashx_size(throttle->addresses) >= ADDRESSES_MAX)
        zhashx_purge(throttle->addresses);
}

void mm_throttle_failed(mm_throttle_t *throttle, const uint8_t address[MM_ADDRESS_BYTES],
                        int64_t now_ms)
{
    uint8_t key[MM_ADDRESS_BYTES];
    record_t *record;

    if (throttle->free_failures == 0)
        return;
    normalize(address, key);
    record = zhashx_lookup(throttle->addresses, key);
    if (record == NULL) {
        if (zhashx_size(throttle->addresses) >= ADDRESSES_MAX)
            sweep(throttle, now_ms);
        record = calloc(1, sizeof *record);
        assert(record != NULL);
        memcpy(record->address, key, sizeof key);
        zhashx_insert(throttle->addresses, record->address, record);
    } else if (now_ms - record->last_ms >= MINUTE_MS) {
        record->failures = 0;
    }
    record->failures++;
    record->last_ms = now_ms;
}

int64_t mm_throttle_delay(mm_throttle_t *throttle, const uint8_t address[MM_ADDRESS_BYTES],
                          int64_t now_ms)
{
    uint8_t key[MM_ADDRESS_BYTES];
    const record_t *record;
    int64_t over, delay;

    normalize(address, key);
    record = zhashx_lookup(throttle->addresses, key);
    if (record == NULL || now_ms - record->last_ms >= MINUTE_MS ||
        record->failures < throttle->free_failures)
        return 0;
    over = record->failures - throttle->free_failures;
    delay = INT64_C(1000) << (over < DOUBLINGS_MAX ? over : DOUBLINGS_MAX);
    return delay < DELAY_MAX_MS ? delay : DELAY_MAX_MS;
}

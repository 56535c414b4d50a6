/* See throttle.h.  At most SUBSCRIBERS_MAX are remembered; beyond that those that have been quiet for a window are swept
 * out, and if none is, all go: forgetting is the harmless side. */
#include "broker/throttle.h"
#include "proto/keys.h"

#include <assert.h>
#include <czmq.h>
#include <stdlib.h>
#include <string.h>

enum { SUBSCRIBERS_MAX = 65536, DELAY_MS = 1000, DELAY_MAX_MS = 25000, DOUBLINGS_MAX = 5 };

struct mm_throttle {
    int64_t free_failures, window_ms;
    zhashx_t *subscribers; /* key: address in the record, item: record_t */
};

typedef struct record {
    uint8_t subscriber[MM_ADDRESS_BYTES];
    int64_t failures;
    int64_t last_ms; /* when the latest of them entered, or is to start */
} record_t;

static void destroy_record(void **item)
{
    free(*item);
    *item = NULL;
}

mm_throttle_t *mm_throttle_new(int64_t free_failures, int64_t window_ms)
{
    mm_throttle_t *throttle = calloc(1, sizeof *throttle);

    assert(throttle != NULL);
    throttle->free_failures = free_failures;
    throttle->window_ms = window_ms;
    throttle->subscribers = zhashx_new();
    assert(throttle->subscribers != NULL);
    zhashx_set_key_hasher(throttle->subscribers, mm_key_hash_16);
    zhashx_set_key_comparator(throttle->subscribers, mm_key_compare_16);
    zhashx_set_key_duplicator(throttle->subscribers, NULL);
    zhashx_set_key_destructor(throttle->subscribers, NULL);
    zhashx_set_destructor(throttle->subscribers, destroy_record);
    return throttle;
}

void mm_throttle_destroy(mm_throttle_t **throttle_p)
{
    if (*throttle_p == NULL)
        return;
    zhashx_destroy(&(*throttle_p)->subscribers);
    free(*throttle_p);
    *throttle_p = NULL;
}

static void sweep(mm_throttle_t *throttle, int64_t now_ms)
{
    zlistx_t *keys = zhashx_keys(throttle->subscribers);

    for (void *key = zlistx_first(keys); key != NULL; key = zlistx_next(keys)) {
        const record_t *record = zhashx_lookup(throttle->subscribers, key);
        if (now_ms - record->last_ms >= throttle->window_ms)
            zhashx_delete(throttle->subscribers, key);
    }
    zlistx_destroy(&keys);
    if (zhashx_size(throttle->subscribers) >= SUBSCRIBERS_MAX)
        zhashx_purge(throttle->subscribers);
}

static record_t *get_record(mm_throttle_t *throttle, const uint8_t key[MM_ADDRESS_BYTES],
                            int64_t now_ms)
{
    record_t *record = zhashx_lookup(throttle->subscribers, key);

    if (record != NULL)
        return record;
    if (zhashx_size(throttle->subscribers) >= SUBSCRIBERS_MAX)
        sweep(throttle, now_ms);
    record = calloc(1, sizeof *record);
    assert(record != NULL);
    memcpy(record->subscriber, key, MM_ADDRESS_BYTES);
    zhashx_insert(throttle->subscribers, record->subscriber, record);
    return record;
}

static int64_t delay_of(const mm_throttle_t *throttle, const record_t *record)
{
    int64_t over = record->failures - throttle->free_failures, delay_ms;

    if (over < 0)
        return 0;
    delay_ms = INT64_C(1) * DELAY_MS << (over < DOUBLINGS_MAX ? over : DOUBLINGS_MAX);
    return delay_ms < DELAY_MAX_MS ? delay_ms : DELAY_MAX_MS;
}

int64_t mm_throttle_enter(mm_throttle_t *throttle, const uint8_t address[MM_ADDRESS_BYTES],
                          int64_t now_ms)
{
    uint8_t key[MM_ADDRESS_BYTES];
    record_t *record;

    if (throttle->free_failures == 0)
        return 0;
    mm_address_subscriber(address, key);
    record = get_record(throttle, key, now_ms);
    if (now_ms - record->last_ms >= throttle->window_ms)
        record->failures = 0;
    if (record->last_ms < now_ms)
        record->last_ms = now_ms;
    record->last_ms += delay_of(throttle, record);
    record->failures++;
    return record->last_ms - now_ms;
}

void mm_throttle_passed(mm_throttle_t *throttle, const uint8_t address[MM_ADDRESS_BYTES])
{
    uint8_t key[MM_ADDRESS_BYTES];
    record_t *record;

    mm_address_subscriber(address, key);
    record = zhashx_lookup(throttle->subscribers, key);
    if (record != NULL && record->failures > 0)
        record->failures--;
}

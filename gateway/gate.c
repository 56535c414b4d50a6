/* See gate.h. */
#include "gateway/gate.h"
#include "gateway/forwarded.h"
#include "proto/keys.h"
#include "proto/limiter.h"
#include "proto/log.h"

#include <assert.h>
#include <czmq.h>
#include <stdlib.h>
#include <string.h>

enum { FULL_WAIT_MS = 10000 /* nobody knows when one of its connections ends */ };

typedef struct tally {
    uint8_t address[MM_ADDRESS_BYTES]; /* the key */
    size_t counts[MM_STANDINGS];
} tally_t;

struct mm_gate {
    const mm_settings_t *settings;
    mm_counters_t *counters;
    mm_networks_t *trusted;
    mm_limiter_t *handshakes;
    zhashx_t *tallies; /* bounded by the sockets there are */
};

static void destroy_tally(void **item)
{
    free(*item);
    *item = NULL;
}

mm_gate_t *mm_gate_new(const mm_settings_t *settings, mm_counters_t *counters)
{
    mm_gate_t *gate = calloc(1, sizeof *gate);
    size_t bad;

    assert(gate != NULL);
    gate->settings = settings;
    gate->counters = counters;
    gate->trusted = mm_networks_read(mm_text(settings->trusted_proxies), &bad);
    gate->handshakes =
        mm_limiter_new((size_t)settings->rate_limit_connections, settings->rate_limit_window);
    gate->tallies = zhashx_new();
    assert(gate->trusted != NULL && gate->tallies != NULL); /* settings were checked */
    zhashx_set_key_hasher(gate->tallies, mm_key_hash_16);
    zhashx_set_key_comparator(gate->tallies, mm_key_compare_16);
    zhashx_set_key_duplicator(gate->tallies, NULL);
    zhashx_set_key_destructor(gate->tallies, NULL);
    zhashx_set_destructor(gate->tallies, destroy_tally);
    return gate;
}

void mm_gate_destroy(mm_gate_t **gate_p)
{
    mm_gate_t *gate = *gate_p;

    if (gate == NULL)
        return;
    zhashx_destroy(&gate->tallies);
    mm_limiter_destroy(&gate->handshakes);
    mm_networks_destroy(&gate->trusted);
    free(gate);
    *gate_p = NULL;
}

/* --- counting ------------------------------------------------------------------------------ */

static bool is_counted(const mm_gate_t *gate, mm_standing_t standing,
                       const uint8_t address[MM_ADDRESS_BYTES])
{
    return standing == MM_STANDING_OPEN || !mm_networks_have(gate->trusted, address);
}

static tally_t *find(const mm_gate_t *gate, const uint8_t address[MM_ADDRESS_BYTES])
{
    uint8_t key[MM_ADDRESS_BYTES];

    mm_address_subscriber(address, key);
    return zhashx_lookup(gate->tallies, key);
}

static size_t count(const mm_gate_t *gate, mm_standing_t standing,
                    const uint8_t address[MM_ADDRESS_BYTES])
{
    const tally_t *tally = find(gate, address);

    return tally == NULL ? 0 : tally->counts[standing];
}

void mm_gate_enter(mm_gate_t *gate, mm_standing_t standing, const uint8_t address[MM_ADDRESS_BYTES])
{
    tally_t *tally = find(gate, address);

    if (!is_counted(gate, standing, address))
        return;
    if (tally == NULL) {
        tally = calloc(1, sizeof *tally);
        assert(tally != NULL);
        mm_address_subscriber(address, tally->address);
        zhashx_insert(gate->tallies, tally->address, tally);
    }
    tally->counts[standing]++;
}

void mm_gate_leave(mm_gate_t *gate, mm_standing_t standing, const uint8_t address[MM_ADDRESS_BYTES])
{
    tally_t *tally = find(gate, address);

    if (!is_counted(gate, standing, address))
        return;
    assert(tally != NULL && tally->counts[standing] > 0);
    tally->counts[standing]--;
    for (size_t i = 0; i < MM_STANDINGS; i++)
        if (tally->counts[i] > 0)
            return;
    zhashx_delete(gate->tallies, tally->address);
}

/* --- deciding ------------------------------------------------------------------------------ */

static void log_refusal(const char *event, const uint8_t address[MM_ADDRESS_BYTES], int64_t wait_ms)
{
    char printed[MM_ADDRESS_CHARS];

    mm_address_print(address, printed);
    mm_log_field_t fields[] = {MM_LOG_TEXT("address", mm_text(printed)),
                               MM_LOG_NUMBER("wait_ms", wait_ms)};
    mm_log(MM_LOG_INFO, event, fields, wait_ms > 0 ? 2 : 1);
}

bool mm_gate_may_knock(mm_gate_t *gate, const uint8_t peer[MM_ADDRESS_BYTES])
{
    size_t limit = (size_t)gate->settings->half_open_per_address;

    if (limit == 0 || count(gate, MM_STANDING_HALF_OPEN, peer) < limit)
        return true;
    gate->counters->half_open_limited++;
    log_refusal("half_open_limited", peer, 0);
    return false;
}

mm_err_t mm_gate_client(mm_gate_t *gate, const uint8_t peer[MM_ADDRESS_BYTES], mm_text_t forwarded,
                        uint8_t out[MM_ADDRESS_BYTES])
{
    mm_err_t err = mm_forwarded_client(gate->trusted, peer, forwarded, out);

    if (err != MM_OK) {
        gate->counters->forwarded_malformed++;
        log_refusal("forwarded_malformed", peer, 0);
    }
    return err;
}

int64_t mm_gate_admit(mm_gate_t *gate, const uint8_t client[MM_ADDRESS_BYTES], int64_t now_ms)
{
    size_t limit = (size_t)gate->settings->connections_per_address;
    int64_t wait_ms;

    if (limit > 0 && count(gate, MM_STANDING_OPEN, client) >= limit) {
        gate->counters->connections_limited++;
        log_refusal("connections_limited", client, FULL_WAIT_MS);
        return FULL_WAIT_MS;
    }
    wait_ms = mm_limiter_take(gate->handshakes, client, now_ms);
    if (wait_ms > 0) {
        gate->counters->handshakes_limited++;
        log_refusal("handshakes_limited", client, wait_ms);
    }
    return wait_ms;
}

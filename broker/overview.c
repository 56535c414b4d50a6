/* The broker seen from outside: its figures and its peers.
 * Not here: rooms (broker/admin.c), what leaves by itself (broker/feed.c). */
#include "broker/broker.h"

#include <assert.h>
#include <string.h>

static void write_key(mm_writer_t *out, const char *key)
{
    mm_write_str(out, mm_text(key));
}

static void write_counters(const mm_broker_t *broker, mm_writer_t *out)
{
    uint32_t count = 0;

    for (const mm_counter_row_t *row = mm_counter_rows(); row->name != NULL; row++)
        count += (row->programs & MM_PROGRAM_BROKER) != 0;
    mm_write_map(out, count);
    for (const mm_counter_row_t *row = mm_counter_rows(); row->name != NULL; row++) {
        uint64_t value = 0;
        if ((row->programs & MM_PROGRAM_BROKER) == 0)
            continue;
        memcpy(&value, (const char *)broker->counters + row->offset, sizeof value);
        write_key(out, row->name);
        mm_write_u64(out, value);
    }
}

static void write_stats(const mm_broker_t *broker, mm_writer_t *out)
{
    mm_counters_sample(broker->counters);
    mm_write_map(out, 5);
    write_key(out, "version");
    mm_write_str(out, mm_text(MM_VERSION));
    write_key(out, "epoch");
    mm_write_u64(out, broker->epoch);
    write_key(out, "events");
    mm_write_u64(out, broker->events);
    write_key(out, "uptime");
    mm_write_i64(out, broker->ticked_ms - broker->started_ms);
    write_key(out, "counters");
    write_counters(broker, out);
}

static bool is_listed(const mm_peer_t *peer)
{
    return !peer->is_gone && peer->role == MM_PEER_GATEWAY;
}

static void write_gateways(const mm_broker_t *broker, mm_writer_t *out)
{
    uint32_t count = 0;

    for (size_t i = 0; i < broker->peer_count; i++)
        count += is_listed(broker->peers[i]);
    mm_write_array(out, count);
    for (size_t i = 0; i < broker->peer_count; i++) {
        const mm_peer_t *peer = broker->peers[i];
        if (!is_listed(peer))
            continue;
        mm_write_map(out, 6);
        write_key(out, "gateway");
        mm_write_str(out, mm_text(peer->name));
        write_key(out, "up");
        mm_write_bool(out, peer->link.is_up);
        write_key(out, "session");
        mm_write_u64(out, peer->link.session);
        write_key(out, "connections");
        mm_write_u64(out, zhashx_size(peer->mailboxes));
        write_key(out, "backlog");
        mm_write_u64(out, peer->link.window.bytes);
        write_key(out, "silent");
        mm_write_i64(out, peer->silent_ms);
    }
}

void mm_overview_write(const mm_broker_t *broker, mm_msg_t asked, mm_writer_t *out)
{
    if (asked == MM_MSG_ADMIN_STATS)
        write_stats(broker, out);
    else
        write_gateways(broker, out);
}

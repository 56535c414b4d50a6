/* Connections and requests of the gateway: how they begin and end, and every deadline.  See core.h. */
#include "gateway/gateway.h"
#include "proto/keys.h"
#include "proto/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CLOSE_RESTART = 1012, CLOSE_OVERLOAD = 1013, CLOSE_JOIN_DEADLINE = 4002 };
enum { SWEEP_MS_MAX = 1000, SWEEP_MS_MIN = 20, SWEEPS_PER_DEADLINE = 5 };

static zhashx_t *numbered_new(zhashx_destructor_fn *destructor)
{
    zhashx_t *table = zhashx_new();

    assert(table != NULL);
    zhashx_set_key_hasher(table, mm_key_hash_number);
    zhashx_set_key_comparator(table, mm_key_compare_numbers);
    zhashx_set_key_duplicator(table, NULL);
    zhashx_set_key_destructor(table, NULL);
    zhashx_set_destructor(table, destructor);
    return table;
}

mm_gateway_t *mm_gateway_new(const mm_settings_t *settings, mm_counters_t *counters,
                             const mm_gateway_ops_t *ops, void *world, uint64_t incarnation)
{
    mm_gateway_t *gateway = calloc(1, sizeof *gateway);

    assert(gateway != NULL && incarnation != 0);
    gateway->settings = settings;
    gateway->counters = counters;
    gateway->ops = ops;
    gateway->world = world;
    gateway->incarnation = incarnation;
    gateway->slowed = zlistx_new();
    gateway->slowed_next_ms = INT64_MAX;
    gateway->by_number = numbered_new(NULL);
    gateway->requests = numbered_new(mm_requests_destroy_item);
    gateway->body = malloc(MM_JSON_DECODED_MAX((size_t)settings->message_limit));
    gateway->entry = malloc(MM_ENTRY_MAX);
    assert(gateway->body != NULL && gateway->entry != NULL);
    mm_uplink_init(gateway);
    return gateway;
}

static void free_connection(mm_connection_t *connection)
{
    mm_queue_fini(&connection->control);
    mm_queue_fini(&connection->chunks);
    mm_inbound_drop_chunks(connection);
    mm_connection_pause(connection, MM_PAUSE_LINK, false);
    mm_pace_forget(connection);
    mm_credits_fini(&connection->sending);
    mm_credits_fini(&connection->receiving);
    free(connection);
}

void mm_gateway_destroy(mm_gateway_t **gateway_p)
{
    mm_gateway_t *gateway = *gateway_p;

    if (gateway == NULL)
        return;
    while (gateway->connections != NULL) {
        mm_connection_t *connection = gateway->connections;
        gateway->connections = connection->next;
        connection->is_closing = true;
        zhashx_delete(gateway->by_number, &connection->number);
        free_connection(connection);
    }
    mm_link_fini(&gateway->link);
    zlistx_destroy(&gateway->slowed);
    zhashx_destroy(&gateway->by_number);
    zhashx_destroy(&gateway->requests);
    free(gateway->body);
    free(gateway->entry);
    free(gateway->printed);
    free(gateway);
    *gateway_p = NULL;
}

/* --- connections --------------------------------------------------------------------------- */

static void write_extra(mm_connection_t *connection, const uint8_t address[16])
{
    mm_writer_t extra = mm_writer(connection->extra, sizeof connection->extra);

    mm_write_str(&extra, mm_text("address"));
    mm_write_bin(&extra, (mm_slice_t){address, 16});
    assert(!extra.overflow);
    connection->extra_len = extra.size;
}

mm_connection_t *mm_gateway_on_open(mm_gateway_t *gateway, void *socket, const uint8_t address[16],
                                    int64_t now_ms)
{
    mm_connection_t *connection;

    gateway->ticked_ms = now_ms;
    if (zhashx_size(gateway->by_number) >= (size_t)gateway->settings->max_connections) {
        gateway->counters->connections_refused++;
        return NULL;
    }
    connection = calloc(1, sizeof *connection);
    assert(connection != NULL);
    connection->gateway = gateway;
    connection->number = ++gateway->numbers;
    connection->socket = socket;
    connection->held_last = &connection->held_first;
    connection->opened_ms = connection->heard_ms = connection->pinged_ms = now_ms;
    write_extra(connection, address);
    connection->next = gateway->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    gateway->connections = connection;
    zhashx_insert(gateway->by_number, &connection->number, connection);
    if (!mm_link_has_credit(&gateway->link))
        mm_connection_pause(connection, MM_PAUSE_LINK, true);
    gateway->counters->connections++;
    gateway->counters->connections_total++;
    return connection;
}

void mm_gateway_on_closed(mm_gateway_t *gateway, mm_connection_t **connection_p, int64_t now_ms,
                          int64_t clock_ms)
{
    mm_connection_t *connection = *connection_p;

    if (connection == NULL)
        return;
    *connection_p = NULL;
    gateway->ticked_ms = now_ms;
    connection->is_closing = true;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        gateway->connections = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    mm_inbound_gone(connection, clock_ms);
    zhashx_delete(gateway->by_number, &connection->number);
    gateway->counters->connections--;
    free_connection(connection);
}

void mm_gateway_on_alive(mm_gateway_t *gateway, mm_connection_t *connection, int64_t now_ms)
{
    gateway->ticked_ms = now_ms;
    connection->heard_ms = now_ms;
}

void mm_gateway_on_breach(mm_gateway_t *gateway, mm_connection_t *connection, int code,
                          const char *reason)
{
    gateway->counters->invalid_messages++;
    mm_connection_close(connection, code, reason);
}

void mm_gateway_on_writable(mm_gateway_t *gateway, mm_connection_t *connection, int64_t now_ms)
{
    gateway->ticked_ms = now_ms;
    mm_connection_write_queued(connection);
}

void mm_gateway_close_all(mm_gateway_t *gateway, int code, const char *reason)
{
    for (mm_connection_t *connection = gateway->connections; connection != NULL;
         connection = connection->next)
        mm_connection_close(connection, code, reason);
}

/* --- the broker is lost --------------------------------------------------------------------- */

void mm_gateway_on_broker_lost(mm_gateway_t *gateway)
{
    mm_requests_fail(gateway, INT64_MAX);
    mm_gateway_close_all(gateway, CLOSE_RESTART, "restart");
}

/* --- time ---------------------------------------------------------------------------------- */

/* A connection that we do not read is never silent, but it is not forgotten either. */
static void sweep_paused(mm_connection_t *connection, int64_t now_ms)
{
    const mm_gateway_t *gateway = connection->gateway;
    int64_t limit_ms = gateway->settings->idle_timeout;

    /* Who takes no chunk for that long is closed; who waits for it must outlast that. */
    if (connection->pauses & MM_PAUSE_CHUNK)
        limit_ms += gateway->settings->link_timeout;
    connection->heard_ms = now_ms;
    if (gateway->ops->has_hung_up(connection->socket))
        mm_connection_close(connection, CLOSE_OVERLOAD, "hung up");
    else if ((connection->pauses & ~(unsigned)(MM_PAUSE_LINK | MM_PAUSE_RATE)) == 0 ||
             !gateway->is_linked)
        connection->paused_ms =
            now_ms; /* the broker's silence is not its fault, and its rate is seen to */
    else if (now_ms - connection->paused_ms > limit_ms)
        mm_connection_close(connection, CLOSE_OVERLOAD, "too slow");
}

static void sweep_connection(mm_connection_t *connection, int64_t now_ms)
{
    const mm_gateway_t *gateway = connection->gateway;
    const mm_settings_t *settings = gateway->settings;
    bool is_stuck = mm_queue_is_stuck(&connection->control, now_ms - settings->idle_timeout) ||
                    mm_queue_is_stuck(&connection->chunks, now_ms - settings->idle_timeout);

    if (!connection->has_joined && (connection->pauses & ~(unsigned)MM_PAUSE_RATE) == 0 &&
        now_ms - connection->opened_ms > settings->join_deadline)
        mm_connection_close(connection, CLOSE_JOIN_DEADLINE, "join first");
    else if (is_stuck)
        mm_connection_close(connection, CLOSE_OVERLOAD, "too slow");
    else if (connection->pauses != 0)
        sweep_paused(connection, now_ms);
    else if (now_ms - connection->heard_ms > settings->idle_timeout)
        mm_connection_close(connection, CLOSE_OVERLOAD, "silent");
    if (!connection->is_closing && now_ms - connection->pinged_ms >= settings->ping_interval) {
        connection->pinged_ms = now_ms;
        gateway->ops->ping(connection->socket);
    }
}

static int64_t sweep_interval(const mm_settings_t *settings)
{
    int64_t shortest = settings->ping_interval;

    if (settings->join_deadline < shortest)
        shortest = settings->join_deadline;
    if (settings->idle_timeout < shortest)
        shortest = settings->idle_timeout;
    if (settings->create_timeout < shortest)
        shortest = settings->create_timeout;
    shortest /= SWEEPS_PER_DEADLINE;
    return shortest < SWEEP_MS_MIN   ? SWEEP_MS_MIN
           : shortest > SWEEP_MS_MAX ? SWEEP_MS_MAX
                                     : shortest;
}

int64_t mm_gateway_on_time(mm_gateway_t *gateway, int64_t now_ms)
{
    int64_t interval_ms = sweep_interval(gateway->settings), next_ms, pace_ms, link_ms;

    gateway->ticked_ms = now_ms;
    if (now_ms - gateway->swept_ms >= interval_ms) {
        gateway->swept_ms = now_ms;
        for (mm_connection_t *connection = gateway->connections; connection != NULL;
             connection = connection->next)
            if (!connection->is_closing)
                sweep_connection(connection, now_ms);
        mm_requests_fail(gateway, now_ms);
    }
    next_ms = gateway->swept_ms + interval_ms;
    pace_ms = mm_pace_on_time(gateway, now_ms);
    link_ms = mm_uplink_on_time(gateway, now_ms);
    if (pace_ms < next_ms)
        next_ms = pace_ms;
    return link_ms < next_ms ? link_ms : next_ms;
}

void mm_gateway_on_frame(mm_gateway_t *gateway, mm_slice_t frame, int64_t now_ms)
{
    gateway->ticked_ms = now_ms;
    mm_uplink_on_frame(gateway, frame);
}

bool mm_gateway_is_linked(const mm_gateway_t *gateway)
{
    return gateway->is_linked;
}

mm_figures_t mm_gateway_figures(const mm_gateway_t *gateway, int64_t now_ms)
{
    mm_figures_t figures = {.rooms = gateway->figures.rooms,
                            .participants = gateway->figures.participants,
                            .peak_participants = gateway->figures.peak_participants,
                            .uptime_ms = gateway->figures.uptime_ms};

    if (gateway->is_linked && gateway->figures_ms != 0)
        figures.uptime_ms += (uint64_t)(now_ms - gateway->figures_ms);
    return figures;
}

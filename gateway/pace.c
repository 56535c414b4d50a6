/* How fast a connection is read: a token bucket for its messages, one for the bytes of its chunks.  Who is over its rate gets no error,
 * which would end a meeting in the existing client: it is read no further until its debt is paid, and TCP slows it down.
 *
 * The burst grows with the seats of the room, because who joins a room of 50 has offers and candidates for 49.
 * Those who wait are looked through when the first of them is due; times lie on a grid, so that many who are slowed down do
 * not wake the loop each for itself.
 * Not here: other reasons not to read (connection.c). */
#include "gateway/gateway.h"
#include "proto/log.h"

#include <assert.h>

enum {
    BURST_PER_SEAT = 40,
    LEAST_PAUSE_MS =
        100, /* a flood is stopped and read on ten times a second, not for each message */
    GRID_MS = 20,
    CHUNK_BYTES = 4096, /* that a chunk counts for at least: small ones cost as much work */
    LOG_EVERY_MS = 60 * 1000
};

static int64_t take_message(mm_connection_t *connection, int64_t now_ms)
{
    const mm_settings_t *settings = connection->gateway->settings;
    /* In a gateway this is what the table says: the setting is the broker's, and each bind tells what it means. */
    int64_t seats = connection->seats > 0 ? connection->seats : settings->default_participants;
    mm_bucket_rate_t rate = {.per_second = settings->rate_limit_messages,
                             .burst = BURST_PER_SEAT * seats};

    return rate.per_second == 0 ? 0 : mm_bucket_take(&connection->messages_taken, &rate, 1, now_ms);
}

/* A second's worth is free. */
static int64_t take_chunk(mm_connection_t *connection, size_t len, int64_t now_ms)
{
    const mm_settings_t *settings = connection->gateway->settings;
    mm_bucket_rate_t rate = {.per_second = settings->rate_limit_chunks,
                             .burst = settings->rate_limit_chunks};
    int64_t amount = len < CHUNK_BYTES ? CHUNK_BYTES : (int64_t)len;

    return rate.per_second == 0 ? 0
                                : mm_bucket_take(&connection->chunks_taken, &rate, amount, now_ms);
}

static void note(mm_connection_t *connection, bool is_chunk)
{
    mm_gateway_t *gateway = connection->gateway;

    if (is_chunk)
        gateway->counters->chunks_slowed++;
    else
        gateway->counters->messages_slowed++;
    if (connection->slow_logged_ms != 0 &&
        gateway->ticked_ms - connection->slow_logged_ms < LOG_EVERY_MS)
        return;
    connection->slow_logged_ms = gateway->ticked_ms;
    MM_LOG(INFO, "connection_slowed", MM_LOG_NUMBER("connection", connection->number),
           MM_LOG_TEXT("reason", mm_text(is_chunk ? "chunks" : "messages")));
}

static void slow_down(mm_connection_t *connection, int64_t wait_ms)
{
    mm_gateway_t *gateway = connection->gateway;
    int64_t until_ms = gateway->ticked_ms + (wait_ms < LEAST_PAUSE_MS ? LEAST_PAUSE_MS : wait_ms);

    until_ms = (until_ms + GRID_MS - 1) / GRID_MS * GRID_MS;
    if (connection->slow_until_ms < until_ms)
        connection->slow_until_ms = until_ms;
    if (connection->slow_handle == NULL)
        connection->slow_handle = zlistx_add_end(gateway->slowed, connection);
    if (connection->slow_until_ms < gateway->slowed_next_ms)
        gateway->slowed_next_ms = connection->slow_until_ms;
    mm_connection_pause(connection, MM_PAUSE_RATE, true);
}

void mm_pace_count(mm_connection_t *connection, bool is_chunk, size_t len)
{
    int64_t now_ms = connection->gateway->ticked_ms;
    int64_t wait_ms =
        is_chunk ? take_chunk(connection, len, now_ms) : take_message(connection, now_ms);

    if (wait_ms == 0)
        return;
    note(connection, is_chunk);
    slow_down(connection, wait_ms);
}

void mm_pace_forget(mm_connection_t *connection)
{
    if (connection->slow_handle != NULL)
        zlistx_delete(connection->gateway->slowed, connection->slow_handle);
    connection->slow_handle = NULL;
}

int64_t mm_pace_on_time(mm_gateway_t *gateway, int64_t now_ms)
{
    if (now_ms < gateway->slowed_next_ms)
        return gateway->slowed_next_ms;
    gateway->slowed_next_ms = INT64_MAX;
    for (size_t count = zlistx_size(gateway->slowed); count > 0; count--) {
        mm_connection_t *connection = zlistx_detach(gateway->slowed, NULL);
        connection->slow_handle = NULL;
        if (connection->slow_until_ms <= now_ms) {
            mm_connection_pause(connection, MM_PAUSE_RATE, false);
            continue;
        }
        connection->slow_handle = zlistx_add_end(gateway->slowed, connection);
        if (connection->slow_until_ms < gateway->slowed_next_ms)
            gateway->slowed_next_ms = connection->slow_until_ms;
    }
    return gateway->slowed_next_ms;
}

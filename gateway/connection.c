/* One connection: what waits for it, why it is not read, how it ends.
 *
 *   open ── deliver ──► written at once, or queued (control before chunks) ── writable ──► written
 *     │
 *     ├─ CLOSE of the broker ──► closes when the queues are empty
 *     └─ breach, deadline, overflow, broker lost ──► closes at once
 *   closing ── mm_gateway_on_closed ──► freed
 *
 * A closing connection takes nothing more: neither deliveries nor what its browser still sends. */
#include "gateway/gateway.h"
#include "proto/log.h"

#include <string.h>

mm_connection_t *mm_connection_find(const mm_gateway_t *gateway, uint64_t number)
{
    return zhashx_lookup(gateway->by_number, &number);
}

void mm_connection_close(mm_connection_t *connection, int code, const char *reason)
{
    mm_gateway_t *gateway = connection->gateway;

    if (connection->is_closing)
        return;
    connection->is_closing = true;
    gateway->counters->closed_by_server++;
    MM_LOG(DEBUG, "connection_closed", MM_LOG_NUMBER("connection", connection->number),
           MM_LOG_NUMBER("code", code), MM_LOG_TEXT("reason", mm_text(reason)));
    mm_queue_fini(&connection->control);
    mm_queue_fini(&connection->chunks);
    mm_inbound_drop_chunks(connection);
    gateway->ops->close(connection->socket, code, reason);
}

static bool is_drained(const mm_connection_t *connection)
{
    return connection->control.count == 0 && connection->chunks.count == 0;
}

void mm_connection_close_after(mm_connection_t *connection, int code, mm_text_t reason)
{
    size_t len = reason.len < sizeof connection->close_reason - 1
                     ? reason.len
                     : sizeof connection->close_reason - 1;

    memcpy(connection->close_reason, reason.ptr, len);
    connection->close_reason[len] = '\0';
    connection->close_code = code;
    mm_queue_fini(&connection->chunks); /* chunks are overtaken, by the end too */
    if (is_drained(connection))
        mm_connection_close(connection, code, connection->close_reason);
}

void mm_connection_pause(mm_connection_t *connection, unsigned reason, bool on)
{
    mm_gateway_t *gateway = connection->gateway;
    unsigned before = connection->pauses;

    if (((before & reason) != 0) == on)
        return;
    connection->pauses = on ? before | reason : before & ~reason;
    if (reason == MM_PAUSE_LINK)
        gateway->link_pauses = on ? gateway->link_pauses + 1 : gateway->link_pauses - 1;
    if (connection->is_closing)
        return;
    if (before == 0) {
        connection->paused_ms = gateway->ticked_ms;
        gateway->counters->receive_paused++;
        gateway->ops->read(connection->socket, false);
    } else if (connection->pauses == 0) {
        connection->heard_ms = gateway->ticked_ms;
        gateway->ops->read(connection->socket, true);
    }
}

/* Whoever sits in no room may have little under way: what waits behind joins that wait (for a password's slot, say) must not
 * use up the link for everybody. */
enum { STRANGERS_PART = 16 };

void mm_connection_under_way(mm_connection_t *connection, int64_t bytes)
{
    int64_t limit = connection->gateway->settings->incomplete_limit;
    int64_t under_way = (int64_t)connection->incomplete + bytes;

    connection->incomplete = under_way > 0 ? (size_t)under_way : 0;
    if (!connection->is_bound)
        limit /= STRANGERS_PART;
    mm_connection_pause(connection, MM_PAUSE_INCOMPLETE, (int64_t)connection->incomplete >= limit);
}

/* A chunk was written (or never can be): its sender may send as much more. */
static void credit_sender(mm_connection_t *connection, const mm_queued_t *item)
{
    mm_credit_t *credit;

    if (item->body_len == 0 || !connection->is_bound)
        return;
    credit = mm_credits_get(&connection->receiving, &item->sender);
    credit->sent += item->body_len;
    mm_inbound_flow(connection, &item->sender, credit->sent);
}

static mm_err_t write_one(mm_connection_t *connection, const mm_queued_t *item)
{
    mm_gateway_t *gateway = connection->gateway;
    mm_err_t err = gateway->ops->write(connection->socket, item->buffer);

    if (err == MM_OK) {
        credit_sender(connection, item);
    }
    return err;
}

static bool fits(const mm_connection_t *connection, const mm_queue_t *queue, size_t len)
{
    const mm_settings_t *settings = connection->gateway->settings;
    int64_t limit = queue == &connection->chunks ? settings->chunk_queue : settings->control_queue;

    return queue->bytes + len <= (size_t)limit;
}

void mm_connection_deliver(mm_connection_t *connection, mm_buffer_t *buffer, const mm_id_t *sender,
                           size_t body_len)
{
    mm_gateway_t *gateway = connection->gateway;
    mm_queue_t *queue = sender == NULL ? &connection->control : &connection->chunks;
    mm_queued_t item = {.buffer = buffer, .body_len = (uint32_t)body_len};

    if (connection->is_closing || connection->close_code != 0)
        return;
    gateway->counters->deliveries++;
    if (sender != NULL)
        item.sender = *sender;
    if (is_drained(connection)) {
        if (write_one(connection, &item) == MM_OK) {
            gateway->counters->deliveries_direct++;
            return;
        }
    }
    if (!fits(connection, queue, buffer->len)) {
        gateway->counters->queue_overflows++;
        mm_connection_close(connection, 1013, "too slow");
        return;
    }
    mm_queue_put(queue, &item, gateway->ticked_ms);
}

void mm_connection_write_queued(mm_connection_t *connection)
{
    while (!connection->is_closing && !is_drained(connection)) {
        mm_queue_t *queue =
            connection->control.count > 0 ? &connection->control : &connection->chunks;
        if (write_one(connection, mm_queue_first(queue)) != MM_OK)
            return;
        mm_queue_drop_first(queue, connection->gateway->ticked_ms);
    }
    if (connection->close_code != 0)
        mm_connection_close(connection, connection->close_code, connection->close_reason);
}

void mm_connection_unbind(mm_connection_t *connection)
{
    connection->is_bound = false;
    connection->seats = 0;
    connection->room[0] = '\0';
    connection->participant = (mm_id_t){{0}};
    mm_inbound_drop_chunks(connection);
    mm_queue_fini(&connection->chunks); /* chunks are overtaken: these are of the room it left */
    mm_credits_fini(&connection->sending);
    mm_credits_fini(&connection->receiving);
}

/* The gateway's end of the link: HELLO until WELCOME, heartbeat, and what happens when the broker is lost.
 *
 *   down ── HELLO each 250 ms ──► WELCOME of the same or a first epoch ──► up
 *   up   ── gap, NACK "session" ──► down (entries are kept and sent again)
 *   any  ── silence, BYE, another epoch, NACK "fenced" ──► broker lost: clients are closed with 1012, entries dropped, a
 *           new incarnation says HELLO (until recovery over epochs exists, deaths are plain) */
#include "gateway/gateway.h"
#include "proto/log.h"

#include <assert.h>
#include <string.h>

enum {
    HELLO_INTERVAL_MS = 250,
    HEARTBEATS_PER_TIMEOUT = 6,
    HELLO_FRAME_BYTES = MM_HEADER_MAX + 256
};

static mm_err_t send_frame(void *owner, mm_slice_t frame)
{
    mm_gateway_t *gateway = owner;

    return gateway->ops->send_frame(gateway->world, frame);
}

static void on_complete(void *owner, void *tag, size_t cost)
{
    mm_gateway_t *gateway = owner;
    mm_connection_t *connection = mm_connection_find(gateway, (uint64_t)(uintptr_t)tag);

    if (connection != NULL)
        mm_connection_under_way(connection, -(int64_t)cost);
}

static const mm_link_ops_t link_ops = {
    .send = send_frame, .on_entry = mm_outbound_on_entry, .on_complete = on_complete};

uint64_t mm_uplink_new_incarnation(mm_gateway_t *gateway)
{
    uint64_t incarnation = 0;

    while (incarnation == 0)
        gateway->ops->random(gateway->world, (uint8_t *)&incarnation, sizeof incarnation);
    return incarnation;
}

void mm_uplink_init(mm_gateway_t *gateway)
{
    mm_link_init(&gateway->link, &link_ops, gateway, gateway->counters,
                 (uint64_t)gateway->settings->link_window, gateway->settings->collect);
    gateway->hello_ms = INT64_MIN / 2;
}

static void say_hello(mm_gateway_t *gateway, int64_t now_ms)
{
    uint8_t bytes[HELLO_FRAME_BYTES];
    mm_writer_t frame = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {
        .protocol = MM_PROTOCOL, .kind = MM_FRAME_HELLO, .epoch = gateway->link.epoch};
    mm_hello_t hello = {.name = mm_text(gateway->settings->name),
                        .incarnation = gateway->incarnation,
                        .first = gateway->link.window.first,
                        .received = gateway->link.received,
                        .role = MM_PEER_GATEWAY};

    gateway->hello_ms = now_ms;
    mm_link_fill_header(&gateway->link, &header);
    mm_header_write(&header, &frame);
    mm_hello_write(&hello, &frame);
    assert(!frame.overflow);
    gateway->ops->send_frame(gateway->world, mm_writer_slice(&frame));
}

static void lose_broker(mm_gateway_t *gateway, const char *why)
{
    MM_LOG(WARN, "broker_lost", MM_LOG_TEXT("reason", mm_text(why)),
           MM_LOG_NUMBER("connections", zhashx_size(gateway->by_number)));
    gateway->is_linked = false;
    gateway->incarnation = mm_uplink_new_incarnation(gateway);
    mm_gateway_on_broker_lost(gateway);
    mm_link_drop(&gateway->link);
    gateway->link.epoch = gateway->link.session = 0;
    gateway->silent_ms = 0;
    gateway->hello_ms = INT64_MIN / 2;
    gateway->ops->reconnect_bus(gateway->world);
}

static void end_session(mm_gateway_t *gateway, const char *why)
{
    MM_LOG(WARN, "session_ended", MM_LOG_TEXT("reason", mm_text(why)));
    gateway->is_linked = false;
    mm_link_end(&gateway->link);
    gateway->hello_ms = INT64_MIN / 2;
}

static void on_welcome(mm_gateway_t *gateway, const mm_header_t *header, mm_cursor_t *cursor)
{
    mm_welcome_t welcome;

    if (mm_welcome_read(cursor, &welcome) != MM_OK) {
        gateway->counters->bus_malformed++;
        return;
    }
    if (gateway->link.epoch != 0 && gateway->link.epoch != header->epoch) {
        lose_broker(gateway, "another epoch");
        return;
    }
    if (header->session <= gateway->link.session) {
        gateway->counters->bus_stale++;
        return;
    }
    mm_link_take_header(&gateway->link, header);
    mm_link_begin(&gateway->link, header->epoch, header->session, welcome.received);
    gateway->is_linked = true;
    MM_LOG(INFO, "broker_session", MM_LOG_NUMBER("epoch", header->epoch),
           MM_LOG_NUMBER("session", header->session));
}

static void on_nack(mm_gateway_t *gateway, mm_cursor_t *cursor)
{
    mm_nack_t nack;

    if (mm_nack_read(cursor, &nack) != MM_OK)
        gateway->counters->bus_malformed++;
    else if (nack == MM_NACK_FENCED)
        lose_broker(gateway, "fenced");
    else if (nack == MM_NACK_VERSION)
        MM_LOG(ERROR, "protocol_refused", MM_LOG_NUMBER("ours", MM_PROTOCOL));
    else if (gateway->is_linked)
        end_session(gateway, "refused by the broker");
}

static void on_session_frame(mm_gateway_t *gateway, const mm_header_t *header, mm_cursor_t *cursor)
{
    mm_ping_t ping;
    mm_err_t err;

    if (!gateway->is_linked || header->epoch != gateway->link.epoch ||
        header->session != gateway->link.session) {
        gateway->counters->bus_stale++;
        if (gateway->is_linked && header->epoch == gateway->link.epoch &&
            header->session > gateway->link.session)
            end_session(gateway, "its WELCOME was lost");
        return;
    }
    if (header->kind == MM_FRAME_BYE) {
        lose_broker(gateway, "bye");
        return;
    }
    err = mm_link_on_frame(&gateway->link, header, cursor);
    if (err == MM_OK && header->kind == MM_FRAME_PING)
        err = mm_ping_read(cursor, &ping);
    if (err == MM_ERR_GAP)
        gateway->counters->link_gaps++;
    else if (err != MM_OK)
        gateway->counters->bus_malformed++;
    if (err != MM_OK) {
        end_session(gateway, mm_err_name(err));
    } else if (header->kind == MM_FRAME_PING) {
        gateway->figures = ping;
        gateway->figures_ms = gateway->ticked_ms;
    }
}

/* Connections that waited for the link are read again. */
static void resume_reading(mm_gateway_t *gateway)
{
    mm_requests_send(gateway);
    if (gateway->link_pauses == 0 || !gateway->is_linked || !mm_link_has_credit(&gateway->link))
        return;
    for (mm_connection_t *connection = gateway->connections; connection != NULL;
         connection = connection->next)
        mm_connection_pause(connection, MM_PAUSE_LINK, false);
}

void mm_uplink_on_frame(mm_gateway_t *gateway, mm_slice_t frame)
{
    mm_cursor_t cursor = mm_cursor(frame);
    mm_header_t header;
    mm_err_t err = mm_header_read(&cursor, &header);

    gateway->counters->bus_frames_received++;
    gateway->counters->bus_bytes_received += frame.len;
    if (err == MM_ERR_VERSION) {
        MM_LOG(ERROR, "protocol_refused", MM_LOG_NUMBER("theirs", header.protocol),
               MM_LOG_NUMBER("ours", MM_PROTOCOL));
        return;
    }
    if (err != MM_OK || header.kind == MM_FRAME_HELLO) {
        gateway->counters->bus_malformed++;
        return;
    }
    gateway->silent_ms = 0;
    if (header.kind == MM_FRAME_WELCOME)
        on_welcome(gateway, &header, &cursor);
    else if (header.kind == MM_FRAME_NACK)
        on_nack(gateway, &cursor);
    else
        on_session_frame(gateway, &header, &cursor);
    resume_reading(gateway);
}

void mm_gateway_say_bye(mm_gateway_t *gateway)
{
    uint8_t bytes[HELLO_FRAME_BYTES];
    mm_writer_t frame = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = MM_FRAME_BYE,
                          .epoch = gateway->link.epoch,
                          .session = gateway->link.session};

    if (!gateway->is_linked)
        return;
    mm_link_fill_header(&gateway->link, &header);
    mm_header_write(&header, &frame);
    assert(!frame.overflow);
    gateway->ops->send_frame(gateway->world, mm_writer_slice(&frame));
    mm_link_end(&gateway->link);
    gateway->is_linked = false;
    gateway->hello_ms = INT64_MAX / 2; /* nothing follows */
}

/* Silence is counted in own ticks, none longer than two heartbeats: a gateway that was frozen blames nobody. */
static void heartbeat(mm_gateway_t *gateway, int64_t now_ms, int64_t interval_ms)
{
    static const uint8_t nothing[] = {0x90};
    int64_t elapsed_ms = now_ms - gateway->pinged_ms;

    if (elapsed_ms < interval_ms)
        return;
    gateway->pinged_ms = now_ms;
    gateway->silent_ms += elapsed_ms < 2 * interval_ms ? elapsed_ms : 2 * interval_ms;
    if (gateway->link.epoch != 0 && gateway->silent_ms > gateway->settings->link_timeout)
        lose_broker(gateway, "silence");
    else if (gateway->is_linked)
        mm_link_ping(&gateway->link, (mm_slice_t){nothing, sizeof nothing});
}

int64_t mm_uplink_on_time(mm_gateway_t *gateway, int64_t now_ms)
{
    int64_t interval_ms = gateway->settings->link_timeout / HEARTBEATS_PER_TIMEOUT;
    int64_t next_ms, hello_ms = now_ms + HELLO_INTERVAL_MS;

    heartbeat(gateway, now_ms, interval_ms);
    if (!gateway->is_linked && now_ms - gateway->hello_ms >= HELLO_INTERVAL_MS)
        say_hello(gateway, now_ms);
    mm_link_flush(&gateway->link, now_ms, &next_ms);
    if (!gateway->is_linked && hello_ms < next_ms)
        next_ms = hello_ms;
    if (gateway->pinged_ms + interval_ms < next_ms)
        next_ms = gateway->pinged_ms + interval_ms;
    return next_ms;
}

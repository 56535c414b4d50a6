/* The broker's end of the links: sessions, heartbeat, time.  See core.h and proto/LINK.md.
 *
 * States of a peer here:   unknown ── HELLO ──► session ── HELLO again ──► session (next)
 *                                                     │
 *                               unreachable, silent, successor, BYE
 *                                                     ▼
 *                                      gone (peers.c): its people leave, its entries are dropped */
#include "broker/broker.h"
#include "broker/name_hash.h"
#include "proto/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { HEARTBEATS_PER_TIMEOUT = 6, CONTROL_FRAME_BYTES = MM_HEADER_MAX + 256 };

/* --- frames -------------------------------------------------------------------------------- */

static void send_control(mm_broker_t *broker, mm_slice_t route, const mm_header_t *header,
                         const mm_welcome_t *welcome, mm_nack_t nack)
{
    uint8_t bytes[CONTROL_FRAME_BYTES];
    mm_writer_t frame = mm_writer(bytes, sizeof bytes);

    mm_header_write(header, &frame);
    if (welcome != NULL)
        mm_welcome_write(welcome, &frame);
    else if (nack != 0)
        mm_nack_write(nack, &frame);
    assert(!frame.overflow);
    broker->ops->send_frame(broker->world, route, mm_writer_slice(&frame));
}

static void send_nack(mm_broker_t *broker, mm_slice_t route, mm_nack_t nack)
{
    mm_header_t header = {.protocol = MM_PROTOCOL, .kind = MM_FRAME_NACK, .epoch = broker->epoch};

    send_control(broker, route, &header, NULL, nack);
}

static void welcome(mm_broker_t *broker, mm_peer_t *peer)
{
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = MM_FRAME_WELCOME,
                          .epoch = broker->epoch,
                          .session = peer->link.session};
    mm_welcome_t body = {.received = peer->link.received};

    mm_link_fill_header(&peer->link, &header);
    send_control(broker, (mm_slice_t){peer->route, peer->route_len}, &header, &body, 0);
}

static void on_hello(mm_broker_t *broker, mm_slice_t route, const mm_header_t *header,
                     mm_cursor_t *cursor, int64_t now_ms, int64_t clock_ms)
{
    mm_hello_t hello;
    mm_peer_t *peer;

    if (mm_hello_read(cursor, &hello) != MM_OK || route.len > MM_ROUTE_MAX) {
        broker->counters->bus_malformed++;
        return;
    }
    peer = mm_peers_find_by_name(broker, hello.name);
    if (header->epoch == broker->epoch &&
        (peer == NULL || peer->incarnation != hello.incarnation)) {
        send_nack(broker, route, MM_NACK_FENCED); /* it was here, and counts as dead */
        return;
    }
    if (peer != NULL && peer->incarnation != hello.incarnation) {
        mm_peer_lose(broker, peer, "successor", now_ms, clock_ms);
        peer = NULL;
    }
    mm_peers_lose_route(broker, route, peer, now_ms, clock_ms);
    if (peer == NULL && broker->peer_count >= MM_PEERS_MAX) {
        MM_LOG(ERROR, "gateway_refused", MM_LOG_NUMBER("gateways", broker->peer_count));
        broker->counters->bus_stale++;
        return;
    }
    if (peer == NULL)
        peer = mm_peer_new(broker, &hello);
    memcpy(peer->route, route.ptr, route.len);
    peer->route_len = route.len;
    peer->silent_ms = 0;
    if (header->epoch == broker->epoch || header->epoch == 0)
        mm_link_take_header(&peer->link, header);
    mm_link_begin(&peer->link, broker->epoch, ++broker->sessions,
                  header->epoch == broker->epoch ? hello.received : peer->link.window.first - 1);
    mm_log(peer->role == MM_PEER_ADMIN ? MM_LOG_DEBUG : MM_LOG_INFO,
           peer->role == MM_PEER_ADMIN ? "admin_session" : "gateway_session",
           (mm_log_field_t[]){MM_LOG_TEXT("gateway", mm_text(peer->name)),
                              MM_LOG_NUMBER("session", peer->link.session)},
           2);
    welcome(broker, peer);
}

static void on_session_frame(mm_broker_t *broker, mm_slice_t route, const mm_header_t *header,
                             mm_cursor_t *cursor, int64_t now_ms, int64_t clock_ms)
{
    mm_peer_t *peer = mm_peers_find_by_route(broker, route);
    mm_err_t err;

    if (peer == NULL || header->epoch != broker->epoch || !peer->link.is_up) {
        broker->counters->bus_stale++;
        send_nack(broker, route, MM_NACK_SESSION);
        return;
    }
    if (header->session != peer->link.session) {
        broker->counters->bus_stale++;
        return;
    }
    peer->silent_ms = 0;
    if (header->kind == MM_FRAME_BYE) {
        mm_peer_lose(broker, peer, "bye", now_ms, clock_ms);
        return;
    }
    err = mm_link_on_frame(&peer->link, header, cursor);
    if (err == MM_OK)
        return;
    if (err == MM_ERR_GAP)
        broker->counters->link_gaps++;
    else
        broker->counters->bus_malformed++;
    MM_LOG(WARN, "session_ended", MM_LOG_TEXT("gateway", mm_text(peer->name)),
           MM_LOG_TEXT("reason", mm_text(mm_err_name(err))));
    mm_link_end(&peer->link);
    send_nack(broker, route, MM_NACK_SESSION);
}

void mm_broker_on_frame(mm_broker_t *broker, mm_slice_t route, mm_slice_t frame, int64_t now_ms,
                        int64_t clock_ms)
{
    mm_cursor_t cursor = mm_cursor(frame);
    mm_header_t header;
    mm_err_t err = mm_header_read(&cursor, &header);

    broker->ticked_ms = now_ms;
    broker->clock_ms = clock_ms;
    broker->counters->bus_frames_received++;
    broker->counters->bus_bytes_received += frame.len;
    if (err == MM_ERR_VERSION) {
        MM_LOG(ERROR, "protocol_refused", MM_LOG_NUMBER("theirs", header.protocol),
               MM_LOG_NUMBER("ours", MM_PROTOCOL));
        send_nack(broker, route, MM_NACK_VERSION);
    } else if (err != MM_OK) {
        broker->counters->bus_malformed++;
    } else if (header.kind == MM_FRAME_HELLO) {
        on_hello(broker, route, &header, &cursor, now_ms, clock_ms);
    } else if (header.kind == MM_FRAME_DATA || header.kind == MM_FRAME_PING ||
               header.kind == MM_FRAME_BYE) {
        on_session_frame(broker, route, &header, &cursor, now_ms, clock_ms);
    } else {
        broker->counters->bus_malformed++;
    }
}

/* --- time ---------------------------------------------------------------------------------- */

static mm_err_t ping(mm_broker_t *broker, mm_peer_t *peer, int64_t now_ms)
{
    uint8_t bytes[64];
    mm_writer_t body = mm_writer(bytes, sizeof bytes);
    mm_ping_t figures = {.rooms = broker->counters->rooms,
                         .participants = broker->counters->participants,
                         .peak_participants = broker->counters->peak_participants,
                         .uptime_ms = (uint64_t)(now_ms - broker->started_ms)};

    mm_ping_write(&figures, &body);
    return peer->link.is_up ? mm_link_ping(&peer->link, mm_writer_slice(&body)) : MM_OK;
}

/* Counts silence and sends heartbeats.  A step is never counted as longer than a heartbeat: while this process was
 * frozen nobody was silent. */
static void heartbeat(mm_broker_t *broker, int64_t now_ms, int64_t clock_ms)
{
    int64_t interval_ms = broker->settings->link_timeout / HEARTBEATS_PER_TIMEOUT;
    int64_t elapsed_ms = now_ms - broker->pinged_ms;

    if (elapsed_ms < interval_ms)
        return;
    broker->pinged_ms = now_ms;
    for (size_t i = 0; i < broker->peer_count; i++) {
        mm_peer_t *peer = broker->peers[i];
        if (peer->is_gone)
            continue;
        peer->silent_ms += elapsed_ms < 2 * interval_ms ? elapsed_ms : 2 * interval_ms;
        if (peer->silent_ms > broker->settings->link_timeout)
            mm_peer_lose(broker, peer, "silence", now_ms, clock_ms);
        else if (ping(broker, peer, now_ms) == MM_ERR_NO_ROUTE)
            mm_peer_lose(broker, peer, "unreachable", now_ms, clock_ms);
    }
}

static void want(int64_t *next_ms, int64_t time_ms)
{
    if (time_ms < *next_ms)
        *next_ms = time_ms;
}

static void flush(mm_broker_t *broker, int64_t now_ms, int64_t clock_ms, int64_t *next_ms)
{
    for (size_t i = 0; i < broker->peer_count; i++) {
        mm_peer_t *peer = broker->peers[i];
        int64_t peer_next_ms;
        if (peer->is_gone)
            continue;
        if (mm_link_flush(&peer->link, now_ms, &peer_next_ms) == MM_ERR_NO_ROUTE)
            mm_peer_lose(broker, peer, "unreachable", now_ms, clock_ms);
        else if (peer->link.window.bytes > MM_PEER_BACKLOG_MAX)
            mm_peer_lose(broker, peer, "backlog", now_ms, clock_ms);
        else
            want(next_ms, peer_next_ms);
    }
}

int64_t mm_broker_on_time(mm_broker_t *broker, int64_t now_ms, int64_t clock_ms)
{
    int64_t next_ms = now_ms + broker->settings->link_timeout / HEARTBEATS_PER_TIMEOUT;
    int64_t room_ms;

    broker->ticked_ms = now_ms;
    broker->clock_ms = clock_ms;
    heartbeat(broker, now_ms, clock_ms);
    mm_turns_on_time(broker, clock_ms);
    want(&next_ms, mm_proofs_on_time(broker, now_ms));
    want(&next_ms, mm_feed_on_time(broker, now_ms));
    mm_turns_start_commit(broker);
    flush(broker, now_ms, clock_ms, &next_ms);
    /* Somebody was lost while flushing: others are told now. */
    mm_turns_start_commit(broker);
    mm_peers_bury(broker);
    room_ms = mm_registry_next_time(broker->registry);
    if (room_ms != INT64_MAX)
        want(&next_ms, room_ms <= clock_ms ? now_ms : now_ms + (room_ms - clock_ms));
    return next_ms;
}

void mm_broker_say_bye(mm_broker_t *broker)
{
    for (size_t i = 0; i < broker->peer_count; i++) {
        mm_peer_t *peer = broker->peers[i];
        mm_header_t header = {.protocol = MM_PROTOCOL,
                              .kind = MM_FRAME_BYE,
                              .epoch = broker->epoch,
                              .session = peer->link.session};
        if (!peer->is_gone)
            send_control(broker, (mm_slice_t){peer->route, peer->route_len}, &header, NULL, 0);
    }
}

/* --- life ---------------------------------------------------------------------------------- */

static void free_item(void **item)
{
    free(*item);
    *item = NULL;
}

mm_broker_t *mm_broker_new(const mm_settings_t *settings, mm_counters_t *counters,
                           const mm_broker_ops_t *ops, void *world, uint64_t epoch, int64_t now_ms)
{
    mm_broker_t *broker = calloc(1, sizeof *broker);

    assert(broker != NULL);
    broker->settings = settings;
    broker->counters = counters;
    broker->ops = ops;
    broker->world = world;
    broker->epoch = epoch;
    broker->started_ms = broker->ticked_ms = broker->pinged_ms = now_ms;
    broker->registry = mm_registry_new(settings, counters);
    broker->throttle = mm_throttle_new(settings->password_failures, settings->rate_limit_window);
    mm_limits_init(broker);
    broker->hashing = zhashx_new();
    broker->proofs = zlistx_new();
    broker->pending = mm_transactions_new();
    broker->pending_rooms = mm_name_table_new(NULL);
    broker->scratch = malloc(MM_ENTRY_MAX);
    assert(broker->hashing != NULL && broker->proofs != NULL && broker->pending_rooms != NULL &&
           broker->scratch != NULL);
    zhashx_set_destructor(broker->hashing, free_item);
    zlistx_set_destructor(broker->proofs, free_item);
    mm_outbox_init(&broker->outbox);
    return broker;
}

void mm_broker_destroy(mm_broker_t **broker_p)
{
    mm_broker_t *broker = *broker_p;

    if (broker == NULL)
        return;
    for (size_t i = 0; i < broker->peer_count; i++) {
        broker->peers[i]->is_gone = true;
        mm_link_drop(&broker->peers[i]->link);
    }
    mm_peers_bury(broker);
    free(broker->peers);
    zhashx_destroy(&broker->pending_rooms); /* its keys lie in the transactions */
    zlistx_destroy(&broker->pending);
    zhashx_destroy(&broker->hashing);
    zlistx_destroy(&broker->proofs);
    mm_outbox_fini(&broker->outbox);
    mm_throttle_destroy(&broker->throttle);
    mm_limits_fini(broker);
    mm_registry_destroy(&broker->registry);
    free(broker->changes);
    free(broker->scratch);
    free(broker);
    *broker_p = NULL;
}

const mm_registry_t *mm_broker_registry(const mm_broker_t *broker)
{
    return broker->registry;
}

/* The broker's end of the links: sessions, heartbeat, death of gateways, time.  See core.h and proto/LINK.md.
 *
 * States of a gateway here:   unknown ── HELLO ──► session ── HELLO again ──► session (next)
 *                                                     │
 *                               unreachable, silent, successor, BYE
 *                                                     ▼
 *                                      gone: its people leave, its entries are dropped */
#include "broker/broker.h"
#include "broker/name_hash.h"
#include "proto/keys.h"
#include "proto/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* An upward entry leaves room for what stands around its body on the way down: recipients and head. */
enum { UPWARD_MAX = MM_ENTRY_MAX - 32 * 1024 };
enum { PEERS_MAX = 1024, HEARTBEATS_PER_TIMEOUT = 6, CONTROL_FRAME_BYTES = MM_HEADER_MAX + 256 };

static mm_err_t send_to_peer(void *owner, mm_slice_t frame)
{
    mm_peer_t *peer = owner;

    return peer->broker->ops->send_frame(peer->broker->world,
                                         (mm_slice_t){peer->route, peer->route_len}, frame);
}

static mm_err_t on_entry(void *owner, mm_cursor_t *cursor)
{
    mm_peer_t *peer = owner;
    const uint8_t *start = cursor->at;
    mm_upward_t entry;
    mm_err_t err = mm_upward_read(cursor, &entry);

    if (err == MM_OK && cursor->at - start > UPWARD_MAX)
        err = MM_ERR_TOO_LARGE; /* it would not fit downward */
    if (err == MM_OK)
        mm_turns_on_entry(peer->broker, peer, &entry,
                          (mm_slice_t){start, (size_t)(cursor->at - start)},
                          peer->broker->ticked_ms);
    return err;
}

static void on_complete(void *owner, void *tag, size_t cost)
{
    mm_peer_t *peer = owner;

    (void)cost;
    mm_debt_pay(peer->broker, tag, peer->broker->ticked_ms);
}

static const mm_link_ops_t link_ops = {
    .send = send_to_peer, .on_entry = on_entry, .on_complete = on_complete};

/* --- gateways come and go ------------------------------------------------------------------ */

mm_peer_t *mm_broker_find_peer(const mm_broker_t *broker, uint64_t incarnation)
{
    for (size_t i = 0; i < broker->peer_count; i++)
        if (broker->peers[i]->incarnation == incarnation && !broker->peers[i]->is_gone)
            return broker->peers[i];
    return NULL;
}

static mm_peer_t *find_by_route(const mm_broker_t *broker, mm_slice_t route)
{
    for (size_t i = 0; i < broker->peer_count; i++) {
        mm_peer_t *peer = broker->peers[i];
        if (!peer->is_gone && peer->route_len == route.len &&
            memcmp(peer->route, route.ptr, route.len) == 0)
            return peer;
    }
    return NULL;
}

static mm_peer_t *find_by_name(const mm_broker_t *broker, mm_text_t name)
{
    for (size_t i = 0; i < broker->peer_count; i++)
        if (!broker->peers[i]->is_gone && mm_text_is(name, broker->peers[i]->name))
            return broker->peers[i];
    return NULL;
}

static mm_peer_t *peer_new(mm_broker_t *broker, const mm_hello_t *hello)
{
    mm_peer_t *peer = calloc(1, sizeof *peer);

    assert(peer != NULL);
    peer->broker = broker;
    peer->incarnation = hello->incarnation;
    memcpy(peer->name, hello->name.ptr, hello->name.len);
    peer->mailboxes = mm_mailboxes_new();
    mm_link_init(&peer->link, &link_ops, peer, broker->counters,
                 (uint64_t)broker->settings->link_window, broker->settings->collect);
    peer->link.received = hello->first - 1;
    peer->link.acks.mark = hello->first - 1;
    if (broker->peer_count == broker->peer_capacity) {
        broker->peer_capacity = broker->peer_capacity == 0 ? 8 : broker->peer_capacity * 2;
        broker->peers = realloc(broker->peers, broker->peer_capacity * sizeof *broker->peers);
        assert(broker->peers != NULL);
    }
    broker->peers[broker->peer_count++] = peer;
    broker->counters->gateways++;
    return peer;
}

static void peer_destroy(mm_peer_t **peer_p)
{
    mm_peer_t *peer = *peer_p;

    zhashx_destroy(&peer->mailboxes);
    mm_link_fini(&peer->link);
    free(peer);
    *peer_p = NULL;
}

mm_mailbox_t *mm_broker_find_mailbox(const mm_broker_t *broker, mm_contact_t contact)
{
    const mm_peer_t *peer = mm_broker_find_peer(broker, contact.incarnation);

    return peer == NULL ? NULL : mm_mailbox_find(peer, contact.connection);
}

static int compare_falling(const void *a, const void *b)
{
    return -mm_key_compare_numbers(a, b);
}

/* Who came last goes first: so a moderator who dies with its gateway hands over to somebody who lives. */
static void lose_connections(mm_broker_t *broker, mm_peer_t *peer, int64_t now_ms, int64_t clock_ms)
{
    size_t count = zhashx_size(peer->mailboxes), i = 0;
    uint64_t *numbers = calloc(count + 1, sizeof *numbers);

    assert(numbers != NULL);
    for (mm_mailbox_t *mailbox = zhashx_first(peer->mailboxes); mailbox != NULL;
         mailbox = zhashx_next(peer->mailboxes))
        numbers[i++] = mailbox->connection;
    qsort(numbers, count, sizeof *numbers, compare_falling);
    for (i = 0; i < count; i++)
        mm_turns_on_connection_lost(
            broker, (mm_contact_t){.incarnation = peer->incarnation, .connection = numbers[i]},
            now_ms, clock_ms);
    free(numbers);
    zhashx_purge(peer->mailboxes);
}

/* Outputs to it count as acked, what it had not run is thrown away, its people leave at once. */
static void lose_peer(mm_broker_t *broker, mm_peer_t *peer, const char *why, int64_t now_ms,
                      int64_t clock_ms)
{
    MM_LOG(WARN, "gateway_gone", MM_LOG_TEXT("gateway", mm_text(peer->name)),
           MM_LOG_TEXT("reason", mm_text(why)),
           MM_LOG_NUMBER("connections", zhashx_size(peer->mailboxes)));
    peer->is_gone = true;
    broker->counters->gateways--;
    mm_link_drop(&peer->link);
    lose_connections(broker, peer, now_ms, clock_ms);
}

/* A route belongs to one gateway: who had it before is gone. */
static void lose_route(mm_broker_t *broker, mm_slice_t route, const mm_peer_t *but, int64_t now_ms,
                       int64_t clock_ms)
{
    mm_peer_t *peer = find_by_route(broker, route);

    if (peer != NULL && peer != but)
        lose_peer(broker, peer, "route taken over", now_ms, clock_ms);
}

/* Frees the gone ones; only where nobody walks the list. */
static void bury_peers(mm_broker_t *broker)
{
    size_t kept = 0;

    for (size_t i = 0; i < broker->peer_count; i++) {
        if (broker->peers[i]->is_gone)
            peer_destroy(&broker->peers[i]);
        else
            broker->peers[kept++] = broker->peers[i];
    }
    broker->peer_count = kept;
}

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
    peer = find_by_name(broker, hello.name);
    if (header->epoch == broker->epoch &&
        (peer == NULL || peer->incarnation != hello.incarnation)) {
        send_nack(broker, route, MM_NACK_FENCED); /* it was here, and counts as dead */
        return;
    }
    if (peer != NULL && peer->incarnation != hello.incarnation) {
        lose_peer(broker, peer, "successor", now_ms, clock_ms);
        peer = NULL;
    }
    lose_route(broker, route, peer, now_ms, clock_ms);
    if (peer == NULL && broker->peer_count >= PEERS_MAX) {
        MM_LOG(ERROR, "gateway_refused", MM_LOG_NUMBER("gateways", broker->peer_count));
        broker->counters->bus_stale++;
        return;
    }
    if (peer == NULL)
        peer = peer_new(broker, &hello);
    memcpy(peer->route, route.ptr, route.len);
    peer->route_len = route.len;
    peer->silent_ms = 0;
    if (header->epoch == broker->epoch || header->epoch == 0)
        mm_link_take_header(&peer->link, header);
    mm_link_begin(&peer->link, broker->epoch, ++broker->sessions,
                  header->epoch == broker->epoch ? hello.received : peer->link.window.first - 1);
    MM_LOG(INFO, "gateway_session", MM_LOG_TEXT("gateway", mm_text(peer->name)),
           MM_LOG_NUMBER("session", peer->link.session));
    welcome(broker, peer);
}

static void on_session_frame(mm_broker_t *broker, mm_slice_t route, const mm_header_t *header,
                             mm_cursor_t *cursor, int64_t now_ms, int64_t clock_ms)
{
    mm_peer_t *peer = find_by_route(broker, route);
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
        lose_peer(broker, peer, "bye", now_ms, clock_ms);
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
            lose_peer(broker, peer, "silence", now_ms, clock_ms);
        else if (ping(broker, peer, now_ms) == MM_ERR_NO_ROUTE)
            lose_peer(broker, peer, "unreachable", now_ms, clock_ms);
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
            lose_peer(broker, peer, "unreachable", now_ms, clock_ms);
        else if (peer->link.window.bytes > MM_PEER_BACKLOG_MAX)
            lose_peer(broker, peer, "backlog", now_ms, clock_ms);
        else
            want(next_ms, peer_next_ms);
    }
}

int64_t mm_broker_on_time(mm_broker_t *broker, int64_t now_ms, int64_t clock_ms)
{
    int64_t next_ms = now_ms + broker->settings->link_timeout / HEARTBEATS_PER_TIMEOUT;
    int64_t room_ms;

    broker->ticked_ms = now_ms;
    heartbeat(broker, now_ms, clock_ms);
    mm_turns_on_time(broker, clock_ms);
    want(&next_ms, mm_proofs_on_time(broker, now_ms));
    mm_turns_start_commit(broker);
    flush(broker, now_ms, clock_ms, &next_ms);
    /* Somebody was lost while flushing: others are told now. */
    mm_turns_start_commit(broker);
    bury_peers(broker);
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
    bury_peers(broker);
    free(broker->peers);
    zhashx_destroy(&broker->pending_rooms); /* its keys lie in the transactions */
    zlistx_destroy(&broker->pending);
    zhashx_destroy(&broker->hashing);
    zlistx_destroy(&broker->proofs);
    mm_outbox_fini(&broker->outbox);
    mm_throttle_destroy(&broker->throttle);
    mm_registry_destroy(&broker->registry);
    free(broker->changes);
    free(broker->scratch);
    free(broker);
    *broker_p = NULL;
}

mm_err_t mm_broker_restore(mm_broker_t *broker, mm_text_t key, mm_slice_t value)
{
    return mm_registry_restore(broker->registry, key, value);
}

const mm_registry_t *mm_broker_registry(const mm_broker_t *broker)
{
    return broker->registry;
}

/* The peers of the broker: who they are, what they may say, and what goes with them.
 * Not here: their sessions and heartbeats (core.c). */
#include "broker/broker.h"
#include "broker/name_hash.h"
#include "proto/keys.h"
#include "proto/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* An upward entry leaves room for what stands around its body on the way down: recipients and head. */
enum { UPWARD_MAX = MM_ENTRY_MAX - 32 * 1024 };

/* What peers of a role may say. */
static const unsigned may_say[] = {
    [MM_PEER_GATEWAY] = MM_BY_ANYONE | MM_BY_GATEWAY, [MM_PEER_ADMIN] = MM_BY_ADMIN};

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
    if (err == MM_OK && (entry.spec->senders & may_say[peer->role]) == 0)
        err = MM_ERR_UNAUTHORIZED;
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

/* --- peers come and go --------------------------------------------------------------------- */

mm_peer_t *mm_broker_find_peer(const mm_broker_t *broker, uint64_t incarnation)
{
    for (size_t i = 0; i < broker->peer_count; i++)
        if (broker->peers[i]->incarnation == incarnation && !broker->peers[i]->is_gone)
            return broker->peers[i];
    return NULL;
}

mm_peer_t *mm_peers_find_by_route(const mm_broker_t *broker, mm_slice_t route)
{
    for (size_t i = 0; i < broker->peer_count; i++) {
        mm_peer_t *peer = broker->peers[i];
        if (!peer->is_gone && peer->route_len == route.len &&
            memcmp(peer->route, route.ptr, route.len) == 0)
            return peer;
    }
    return NULL;
}

mm_peer_t *mm_peers_find_by_name(const mm_broker_t *broker, mm_text_t name)
{
    for (size_t i = 0; i < broker->peer_count; i++)
        if (!broker->peers[i]->is_gone && mm_text_is(name, broker->peers[i]->name))
            return broker->peers[i];
    return NULL;
}

static void count_peer(const mm_peer_t *peer, int change)
{
    mm_counters_t *counters = peer->broker->counters;
    uint64_t *gauge = peer->role == MM_PEER_ADMIN ? &counters->admins : &counters->gateways;

    *gauge += (uint64_t)change;
}

mm_peer_t *mm_peer_new(mm_broker_t *broker, const mm_hello_t *hello)
{
    mm_peer_t *peer = calloc(1, sizeof *peer);

    assert(peer != NULL);
    peer->broker = broker;
    peer->role = hello->role;
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
    count_peer(peer, 1);
    if (peer->role == MM_PEER_GATEWAY) {
        struct mm_event_gateway_up event = {.gateway = mm_text(peer->name)};
        mm_feed_say(broker, MM_MSG_EVENT_GATEWAY_UP, &event, broker->clock_ms);
    }
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

static void report_loss(const mm_peer_t *peer, const char *why)
{
    struct mm_event_gateway_down event = {.gateway = mm_text(peer->name), .reason = mm_text(why)};

    if (peer->role == MM_PEER_ADMIN) {
        MM_LOG(DEBUG, "admin_gone", MM_LOG_TEXT("admin", mm_text(peer->name)),
               MM_LOG_TEXT("reason", mm_text(why)));
        return;
    }
    MM_LOG(WARN, "gateway_gone", MM_LOG_TEXT("gateway", mm_text(peer->name)),
           MM_LOG_TEXT("reason", mm_text(why)),
           MM_LOG_NUMBER("connections", zhashx_size(peer->mailboxes)));
    mm_feed_say(peer->broker, MM_MSG_EVENT_GATEWAY_DOWN, &event, peer->broker->clock_ms);
}

/* Outputs to it count as acked, what it had not run is thrown away, its people leave at once. */
void mm_peer_lose(mm_broker_t *broker, mm_peer_t *peer, const char *why, int64_t now_ms,
                  int64_t clock_ms)
{
    report_loss(peer, why);
    peer->is_gone = true;
    count_peer(peer, -1);
    mm_link_drop(&peer->link);
    lose_connections(broker, peer, now_ms, clock_ms);
}

/* A route belongs to one gateway: who had it before is gone. */
void mm_peers_lose_route(mm_broker_t *broker, mm_slice_t route, const mm_peer_t *but,
                         int64_t now_ms, int64_t clock_ms)
{
    mm_peer_t *peer = mm_peers_find_by_route(broker, route);

    if (peer != NULL && peer != but)
        mm_peer_lose(broker, peer, "route taken over", now_ms, clock_ms);
}

/* Frees the gone ones; only where nobody walks the list. */
void mm_peers_bury(mm_broker_t *broker)
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

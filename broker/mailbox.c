/* Mailboxes: what a connection has sent while an earlier entry of it waits for a helper.  Bounded by the
 * gateway, which reads a connection no further while `incomplete-limit` bytes of it are incomplete. */
#include "broker/broker.h"
#include "proto/keys.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void destroy_mailbox(void **item)
{
    mm_mailbox_t *mailbox = *item;
    mm_waiting_entry_t *entry;

    while ((entry = mm_mailbox_take(mailbox)) != NULL)
        free(entry);
    free(mailbox->current);
    free(mailbox);
    *item = NULL;
}

zhashx_t *mm_mailboxes_new(void)
{
    zhashx_t *mailboxes = zhashx_new();

    assert(mailboxes != NULL);
    zhashx_set_key_hasher(mailboxes, mm_key_hash_number);
    zhashx_set_key_comparator(mailboxes, mm_key_compare_numbers);
    zhashx_set_key_duplicator(mailboxes, NULL);
    zhashx_set_key_destructor(mailboxes, NULL);
    zhashx_set_destructor(mailboxes, destroy_mailbox);
    return mailboxes;
}

mm_mailbox_t *mm_mailbox_find(const mm_peer_t *peer, uint64_t connection)
{
    return zhashx_lookup(peer->mailboxes, &connection);
}

mm_mailbox_t *mm_mailbox_get_or_make(mm_peer_t *peer, uint64_t connection)
{
    mm_mailbox_t *mailbox = mm_mailbox_find(peer, connection);

    if (mailbox != NULL)
        return mailbox;
    mailbox = calloc(1, sizeof *mailbox);
    assert(mailbox != NULL);
    mailbox->connection = connection;
    mailbox->last = &mailbox->first;
    zhashx_insert(peer->mailboxes, &mailbox->connection, mailbox);
    return mailbox;
}

mm_waiting_entry_t *mm_waiting_entry_new(mm_slice_t entry)
{
    mm_waiting_entry_t *waiting = malloc(sizeof *waiting + entry.len);

    assert(waiting != NULL);
    waiting->next = NULL;
    waiting->len = entry.len;
    memcpy(waiting->bytes, entry.ptr, entry.len);
    return waiting;
}

void mm_mailbox_put(mm_mailbox_t *mailbox, mm_slice_t entry)
{
    mm_waiting_entry_t *waiting = mm_waiting_entry_new(entry);

    *mailbox->last = waiting;
    mailbox->last = &waiting->next;
}

mm_waiting_entry_t *mm_mailbox_take(mm_mailbox_t *mailbox)
{
    mm_waiting_entry_t *waiting = mailbox->first;

    if (waiting == NULL)
        return NULL;
    mailbox->first = waiting->next;
    if (mailbox->first == NULL)
        mailbox->last = &mailbox->first;
    return waiting;
}

void mm_mailbox_complete(mm_peer_t *peer, mm_waiting_entry_t *entry, int64_t now_ms)
{
    mm_upward_t upward;

    if (mm_turns_read((mm_slice_t){entry->bytes, entry->len}, &upward))
        mm_link_done(&peer->link, upward.number, mm_entry_cost(upward.spec, entry->len), now_ms);
    free(entry);
}

void mm_mailbox_end(mm_broker_t *broker, mm_contact_t contact, int64_t now_ms)
{
    mm_peer_t *peer = mm_broker_find_peer(broker, contact.incarnation);
    mm_mailbox_t *mailbox = mm_mailbox_find(peer, contact.connection);
    mm_waiting_entry_t *entry;

    while ((entry = mm_mailbox_take(mailbox)) != NULL)
        mm_mailbox_complete(peer, entry, now_ms);
    zhashx_delete(peer->mailboxes, &contact.connection);
}

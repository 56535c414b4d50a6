/* Proof, turn, commit: what happens to one entry between mailbox and fan-out.
 *
 *   entry ── mailbox busy? ──► waits
 *     │
 *     ├─ a password matters? ──► hash job (the mailbox is busy) ──► mm_broker_on_hash ──┐
 *     │                                                                                 │
 *     ▼                                                                                 ▼
 *   turn ── recorded? ──► transaction (the mailbox is busy) ──► mm_broker_on_commit ──► fan-out, mailbox goes on
 *     │
 *     └─ not recorded ── its room has a pending transaction? ──► behind that one; else fan-out now
 *
 * When a gateway dies: entries in its mailboxes are dropped with them; a hash or commit under way comes back to nobody
 * (the mailbox is looked up again) or to the room, whose other people get their outputs. */
#include "broker/broker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- transactions -------------------------------------------------------------------------- */

static void destroy_held(void **item)
{
    mm_held_t *held = *item;

    mm_outbox_fini(&held->outbox);
    free(held->debt); /* NULL unless the broker is torn down */
    free(held);
    *item = NULL;
}

static void destroy_transaction(void **item)
{
    mm_transaction_t *transaction = *item;

    zlistx_destroy(&transaction->held);
    free(transaction);
    *item = NULL;
}

zlistx_t *mm_transactions_new(void)
{
    zlistx_t *list = zlistx_new();

    assert(list != NULL);
    zlistx_set_destructor(list, destroy_transaction);
    return list;
}

/* Moves the outbox out of the broker's scratch. */
static void hold(mm_broker_t *broker, mm_transaction_t *transaction, mm_debt_t *debt,
                 mm_contact_t contact, bool frees_mailbox)
{
    mm_held_t *held = calloc(1, sizeof *held);

    assert(held != NULL);
    held->outbox = broker->outbox;
    mm_outbox_init(&broker->outbox);
    held->debt = debt;
    held->contact = contact;
    held->frees_mailbox = frees_mailbox;
    zlistx_add_end(transaction->held, held);
}

static void append_changes(mm_broker_t *broker, const mm_outbox_t *outbox)
{
    for (size_t i = 0; i < outbox->changes_count; i++) {
        const mm_change_t *change = &outbox->changes[i];
        size_t need = broker->changes_len + change->key_len + change->value_len + 32;
        mm_writer_t out;
        mm_slice_t key = mm_outbox_slice(outbox, change->key, change->key_len);

        if (need > broker->changes_capacity) {
            broker->changes_capacity = need * 2;
            broker->changes = realloc(broker->changes, broker->changes_capacity);
            assert(broker->changes != NULL);
        }
        out = mm_writer(broker->changes + broker->changes_len,
                        broker->changes_capacity - broker->changes_len);
        mm_write_array(&out, 4);
        mm_write_bool(&out, change->is_removal);
        mm_write_bool(&out, change->is_durable);
        mm_write_str(&out, (mm_text_t){(const char *)key.ptr, key.len});
        mm_write_bin(&out, mm_outbox_slice(outbox, change->value, change->value_len));
        assert(!out.overflow);
        broker->changes_len += out.size;
        broker->changes_count++;
    }
}

static void remember_room(mm_broker_t *broker, mm_transaction_t *transaction, int which,
                          mm_text_t room)
{
    char *name = transaction->rooms[which];

    if (room.len == 0 || room.len > MM_ROOM_ID_MAX)
        return;
    memcpy(name, room.ptr, room.len);
    name[room.len] = '\0';
    /* The key lies in the transaction, so an older one must take its key along. */
    zhashx_delete(broker->pending_rooms, name);
    zhashx_insert(broker->pending_rooms, name, transaction);
}

static mm_transaction_t *transaction_new(mm_broker_t *broker)
{
    mm_transaction_t *transaction = calloc(1, sizeof *transaction);

    assert(transaction != NULL);
    transaction->number = ++broker->transactions;
    transaction->held = zlistx_new();
    assert(transaction->held != NULL);
    zlistx_set_destructor(transaction->held, destroy_held);
    zlistx_add_end(broker->pending, transaction);
    return transaction;
}

void mm_turns_start_commit(mm_broker_t *broker)
{
    uint8_t *batch;
    mm_writer_t out;

    if (broker->committing != 0 || zlistx_size(broker->pending) == 0)
        return;
    broker->committing = broker->transactions;
    batch = malloc(broker->changes_len + 8);
    assert(batch != NULL);
    out = mm_writer(batch, broker->changes_len + 8);
    mm_write_array(&out, broker->changes_count);
    mm_write_raw(&out, (mm_slice_t){broker->changes, broker->changes_len});
    broker->changes_len = 0;
    broker->changes_count = 0;
    broker->ops->commit(broker->world, broker->committing, mm_writer_slice(&out));
    free(batch);
}

static void forget_room(mm_broker_t *broker, const mm_transaction_t *transaction, int which)
{
    const char *name = transaction->rooms[which];

    if (name[0] != '\0' && zhashx_lookup(broker->pending_rooms, name) == transaction)
        zhashx_delete(broker->pending_rooms, name);
}

/* Its outputs leave in turn order, then the mailboxes go on. */
static void release(mm_broker_t *broker, mm_transaction_t *transaction, int64_t now_ms)
{
    for (mm_held_t *held = zlistx_first(transaction->held); held != NULL;
         held = zlistx_next(transaction->held)) {
        mm_fan_out(broker, &held->outbox, held->debt);
        mm_debt_pay(broker, held->debt, now_ms);
        held->debt = NULL;
    }
    forget_room(broker, transaction, 0);
    forget_room(broker, transaction, 1);
    for (mm_held_t *held = zlistx_first(transaction->held); held != NULL;
         held = zlistx_next(transaction->held)) {
        mm_mailbox_t *mailbox =
            held->frees_mailbox ? mm_broker_find_mailbox(broker, held->contact) : NULL;
        if (mailbox != NULL) {
            mailbox->is_busy = false;
            mm_turns_go_on(broker, held->contact, now_ms);
        }
    }
}

void mm_broker_on_commit(mm_broker_t *broker, uint64_t last, int64_t now_ms, int64_t clock_ms)
{
    mm_transaction_t *transaction;

    (void)clock_ms;
    assert(last == broker->committing);
    broker->committing = 0;
    while ((transaction = zlistx_first(broker->pending)) != NULL && transaction->number <= last) {
        /* Detached first: a mailbox that goes on may begin new transactions. */
        zlistx_detach_cur(broker->pending);
        broker->counters->commits++;
        release(broker, transaction, now_ms);
        destroy_transaction((void **)&transaction);
    }
}

/* --- turns --------------------------------------------------------------------------------- */

mm_input_t mm_turns_input(mm_contact_t contact, const mm_upward_t *entry)
{
    return (mm_input_t){.contact = contact,
                        .spec = entry->spec,
                        .body = entry->body,
                        .target = entry->target,
                        .stamp = entry->stamp};
}

bool mm_turns_read(mm_slice_t bytes, mm_upward_t *out)
{
    mm_cursor_t cursor = mm_cursor(bytes);

    return mm_upward_read(&cursor, out) == MM_OK;
}

/* Outputs of the broker's scratch outbox leave now, or wait behind what their room waits for. */
static void send_or_hold(mm_broker_t *broker, mm_contact_t contact, mm_text_t room, mm_debt_t *debt,
                         int64_t now_ms)
{
    char name[MM_ROOM_ID_MAX + 1] = "";
    mm_transaction_t *before = NULL;

    if (room.len > 0 && room.len <= MM_ROOM_ID_MAX) {
        memcpy(name, room.ptr, room.len);
        before = zhashx_lookup(broker->pending_rooms, name);
    } else {
        /* A stranger may just have been made one (unlocked, full); what tells it so must come first. */
        before = zlistx_last(broker->pending);
    }
    if (before != NULL) {
        hold(broker, before, debt, contact, false);
        return;
    }
    mm_fan_out(broker, &broker->outbox, debt);
    mm_debt_pay(broker, debt, now_ms);
}

/* What a turn is to answer that no room knows; in the broker's scratch for entries, which is free until the fan-out. */
static mm_slice_t write_figures(mm_broker_t *broker, const mm_spec_t *spec)
{
    mm_writer_t out = mm_writer(broker->scratch, MM_OVERVIEW_BYTES);

    if (spec->msg != MM_MSG_ADMIN_STATS && spec->msg != MM_MSG_ADMIN_GATEWAYS)
        return (mm_slice_t){0};
    mm_overview_write(broker, spec->msg, &out);
    assert(!out.overflow);
    return mm_writer_slice(&out);
}

/* Runs one turn.  `mailbox` may be freed by it (GONE). */
void mm_turns_run(mm_broker_t *broker, mm_contact_t contact, mm_mailbox_t *mailbox,
                  const mm_upward_t *entry, mm_slice_t bytes, const mm_proof_t *proof,
                  int64_t now_ms)
{
    mm_input_t input = mm_turns_input(contact, entry);
    char before[MM_ROOM_ID_MAX + 1] = "", meant[MM_ROOM_ID_MAX + 1];
    mm_text_t room = mm_registry_room_of(broker->registry, contact);
    size_t before_len = room.len <= MM_ROOM_ID_MAX ? room.len : 0;
    mm_transaction_t *transaction;
    mm_debt_t *debt;

    if (before_len > 0)
        memcpy(before, room.ptr, before_len);
    input.proof = *proof;
    input.figures = write_figures(broker, entry->spec);
    input.wait_ms = mm_limits_refusal(broker, mailbox, &input, now_ms);
    mm_outbox_clear(&broker->outbox);
    mm_err_t err = mm_registry_turn(broker->registry, &input, &broker->outbox);
    if (err == MM_ERR_AGAIN) {
        mm_proofs_wait(broker, contact, mailbox, &input, bytes, now_ms);
        return;
    }
    mm_limits_settle(broker, mailbox, &input, err);
    broker->counters->turns++;
    debt = mm_debt_new(contact.incarnation, entry->number, mm_entry_cost(entry->spec, bytes.len));
    if (!mm_registry_is_recorded(&input)) {
        send_or_hold(broker, contact, (mm_text_t){before, before_len}, debt, now_ms);
        return;
    }
    transaction = transaction_new(broker);
    remember_room(broker, transaction, 0, (mm_text_t){before, before_len});
    remember_room(broker, transaction, 1,
                  mm_registry_room_meant(&input, meant).len > 0
                      ? mm_text(meant)
                      : mm_registry_room_of(broker->registry, contact));
    append_changes(broker, &broker->outbox);
    hold(broker, transaction, debt, contact, entry->spec->msg != MM_MSG_GONE);
    free(mailbox->current);
    mailbox->current = NULL;
    mailbox->is_busy = true;
    if (entry->spec->msg == MM_MSG_GONE)
        mm_mailbox_end(broker, contact, now_ms);
}

static void run_entry(mm_broker_t *broker, mm_contact_t contact, mm_mailbox_t *mailbox,
                      const mm_upward_t *entry, mm_slice_t bytes, int64_t now_ms)
{
    mm_input_t input = mm_turns_input(contact, entry);
    mm_password_t against;
    mm_text_t secret;

    mm_limits_enter(broker, mailbox, &input, now_ms);
    if (mm_limits_delays(broker, mailbox, &input, now_ms) ||
        (mm_limits_refusal(broker, mailbox, &input, now_ms) == 0 &&
         mm_registry_needs_proof(broker->registry, &input, &secret, &against) != MM_PROOF_NONE))
        mm_proofs_wait(broker, contact, mailbox, &input, bytes, now_ms);
    else
        mm_turns_run(broker, contact, mailbox, entry, bytes, &(mm_proof_t){0}, now_ms);
}

/* Goes on with what waited. */
void mm_turns_go_on(mm_broker_t *broker, mm_contact_t contact, int64_t now_ms)
{
    mm_mailbox_t *mailbox;
    mm_waiting_entry_t *waiting;
    mm_upward_t entry;

    while ((mailbox = mm_broker_find_mailbox(broker, contact)) != NULL && !mailbox->is_busy &&
           (waiting = mm_mailbox_take(mailbox)) != NULL) {
        mm_slice_t bytes = {waiting->bytes, waiting->len};
        if (mm_turns_read(bytes, &entry))
            run_entry(broker, contact, mailbox, &entry, bytes, now_ms);
        free(waiting);
    }
}

void mm_turns_on_entry(mm_broker_t *broker, mm_peer_t *peer, const mm_upward_t *entry,
                       mm_slice_t bytes, int64_t now_ms)
{
    mm_mailbox_t *mailbox = mm_mailbox_get_or_make(peer, entry->connection);
    mm_contact_t contact = {.incarnation = peer->incarnation, .connection = entry->connection};

    broker->counters->received[entry->spec->msg]++;
    if (!mailbox->is_busy) {
        run_entry(broker, contact, mailbox, entry, bytes, now_ms);
        return;
    }
    mm_mailbox_put(mailbox, bytes);
    if (entry->spec->msg == MM_MSG_GONE)
        mailbox->is_gone = true;
    if (mailbox->is_gone)
        mm_proofs_abandon(broker, contact, mailbox, now_ms);
}

/* A turn that no entry caused: a transaction whose origin is (0, its number). */
static void commit_own_turn(mm_broker_t *broker, mm_contact_t contact, mm_text_t room)
{
    mm_transaction_t *transaction = transaction_new(broker);

    broker->counters->turns++;
    remember_room(broker, transaction, 0, room);
    append_changes(broker, &broker->outbox);
    hold(broker, transaction, mm_debt_new(0, transaction->number, 0), contact, false);
}

void mm_turns_on_connection_lost(mm_broker_t *broker, mm_contact_t contact, int64_t now_ms,
                                 int64_t clock_ms)
{
    static const uint8_t empty_map[] = {0x80};
    char name[MM_ROOM_ID_MAX + 1] = "";
    mm_text_t room = mm_registry_room_of(broker->registry, contact);
    mm_input_t input = {.contact = contact,
                        .spec = mm_spec(MM_MSG_GONE),
                        .body = {empty_map, sizeof empty_map},
                        .stamp = {.time_ms = clock_ms}};

    (void)now_ms;
    if (room.len > 0 && room.len <= MM_ROOM_ID_MAX)
        memcpy(name, room.ptr, room.len);
    mm_outbox_clear(&broker->outbox);
    mm_registry_turn(broker->registry, &input, &broker->outbox);
    commit_own_turn(broker, contact, mm_text(name));
}

void mm_turns_on_time(mm_broker_t *broker, int64_t clock_ms)
{
    if (mm_registry_next_time(broker->registry) > clock_ms)
        return;
    mm_outbox_clear(&broker->outbox);
    mm_registry_on_time(broker->registry, clock_ms, &broker->outbox);
    commit_own_turn(broker, (mm_contact_t){0}, (mm_text_t){0});
}

/* Proofs: a join or creation whose password must be hashed waits here for its turn, and so does a join that limits.c delays.
 *
 *   wait ── its slot has come and the helper has room ──► hash ──► mm_broker_on_hash ──► turn
 *     │
 *     └─ its connection is gone while it waits for its slot ──► abandoned: what waits in the mailbox counts as complete, only the
 *        leaving itself is run
 *
 * A check reserves a slot of its address (broker/throttle.h) when it begins to wait, so that many attempts at once
 * do not pass for one.  A waiting entry is not looked at before its slot has come. */
#include "broker/broker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef struct waiting {
    mm_contact_t contact;
    int64_t due_ms;
} waiting_t;

/* Time until the check of this input may start. */
static int64_t reserve(mm_broker_t *broker, mm_mailbox_t *mailbox, const mm_input_t *input,
                       int64_t now_ms)
{
    mm_password_t against;
    mm_text_t secret;
    int64_t delay_ms;

    if (mailbox->has_slot ||
        mm_registry_needs_proof(broker->registry, input, &secret, &against) != MM_PROOF_WRONG ||
        !mm_limits_address(input, mailbox->address))
        return 0;
    mailbox->has_slot = true;
    delay_ms = mm_throttle_enter(broker->throttle, mailbox->address, now_ms);
    if (delay_ms > 0)
        broker->counters->password_delays++;
    return delay_ms;
}

void mm_proofs_wait(mm_broker_t *broker, mm_contact_t contact, mm_mailbox_t *mailbox,
                    const mm_input_t *input, mm_slice_t bytes, int64_t now_ms)
{
    waiting_t *waiting = malloc(sizeof *waiting);

    assert(waiting != NULL);
    mailbox->is_busy = true;
    mailbox->due_ms = now_ms + reserve(broker, mailbox, input, now_ms);
    if (mailbox->is_guess && mailbox->due_ms < mailbox->not_before_ms)
        mailbox->due_ms = mailbox->not_before_ms;
    *waiting = (waiting_t){.contact = contact, .due_ms = mailbox->due_ms};
    zlistx_add_end(broker->proofs, waiting);
    if (mailbox->current == NULL)
        mailbox->current = mm_waiting_entry_new(bytes);
}

void mm_proofs_abandon(mm_broker_t *broker, mm_contact_t contact, mm_mailbox_t *mailbox,
                       int64_t now_ms)
{
    mm_peer_t *peer = mm_broker_find_peer(broker, contact.incarnation);
    mm_waiting_entry_t *entry;
    mm_upward_t upward;

    if (mailbox->current == NULL || mailbox->job != 0 || mailbox->due_ms <= now_ms)
        return; /* nothing waits for a slot */
    mm_mailbox_complete(peer, mailbox->current, now_ms);
    mailbox->current = NULL;
    mailbox->is_busy = false;
    while ((entry = mm_mailbox_take(mailbox)) != NULL) {
        mm_slice_t bytes = {entry->bytes, entry->len};
        if (mm_turns_read(bytes, &upward) && upward.spec->msg == MM_MSG_GONE) {
            mm_turns_run(broker, contact, mailbox, &upward, bytes, &(mm_proof_t){0}, now_ms);
            free(entry);
            return; /* the mailbox went with it */
        }
        mm_mailbox_complete(peer, entry, now_ms);
    }
}

static void hash(mm_broker_t *broker, mm_contact_t contact, mm_mailbox_t *mailbox,
                 mm_proof_kind_t kind, mm_text_t secret, const mm_password_t *against)
{
    mm_hash_job_t job = {
        .job = ++broker->jobs, .is_check = kind == MM_PROOF_WRONG, .secret = secret};
    mm_contact_t *under_way = malloc(sizeof *under_way);
    char key[24];

    assert(under_way != NULL);
    *under_way = contact;
    if (job.is_check)
        job.against = *against;
    mailbox->job = job.job;
    snprintf(key, sizeof key, "%" PRIu64, job.job);
    zhashx_insert(broker->hashing, key, under_way);
    broker->counters->password_checks++;
    broker->ops->hash(broker->world, &job);
}

/* Starts the hash of one mailbox, or runs its turn when none is needed any more. */
static void start(mm_broker_t *broker, mm_contact_t contact, int64_t now_ms)
{
    mm_mailbox_t *mailbox = mm_broker_find_mailbox(broker, contact);
    mm_password_t against;
    mm_proof_kind_t kind;
    mm_upward_t entry;
    mm_text_t secret;
    mm_input_t input;

    if (mailbox == NULL || mailbox->current == NULL || mailbox->job != 0)
        return; /* abandoned, or its gateway is gone */
    mm_slice_t bytes = {mailbox->current->bytes, mailbox->current->len};
    if (!mm_turns_read(bytes, &entry))
        return;
    input = mm_turns_input(contact, &entry);
    kind = mm_registry_needs_proof(broker->registry, &input, &secret, &against);
    if (kind != MM_PROOF_NONE) {
        hash(broker, contact, mailbox, kind, secret, &against);
        return;
    }
    mm_proofs_settle(broker, mailbox, true);
    mm_turns_run(broker, contact, mailbox, &entry, bytes, &(mm_proof_t){0}, now_ms);
    mm_turns_go_on(broker, contact, now_ms);
}

void mm_proofs_settle(mm_broker_t *broker, mm_mailbox_t *mailbox, bool is_right)
{
    if (mailbox->has_slot && is_right)
        mm_throttle_passed(broker->throttle, mailbox->address);
    mailbox->has_slot = false;
}

int64_t mm_proofs_on_time(mm_broker_t *broker, int64_t now_ms)
{
    int64_t next_ms = INT64_MAX;

    for (size_t count = zlistx_size(broker->proofs); count > 0; count--) {
        waiting_t *waiting = zlistx_detach(broker->proofs, NULL);
        if (waiting->due_ms <= now_ms &&
            zhashx_size(broker->hashing) < (size_t)broker->settings->hash_queue) {
            start(broker, waiting->contact, now_ms);
            free(waiting);
            continue;
        }
        if (waiting->due_ms > now_ms && waiting->due_ms < next_ms)
            next_ms = waiting->due_ms;
        zlistx_add_end(broker->proofs, waiting);
    }
    return next_ms; /* a full queue of the helper moves with its next result */
}

void mm_broker_on_hash(mm_broker_t *broker, const mm_hash_result_t *result, int64_t now_ms,
                       int64_t clock_ms)
{
    mm_proof_t proof = {.password = result->password};
    mm_mailbox_t *mailbox;
    mm_upward_t entry;
    mm_contact_t contact, *under_way;
    char key[24];

    (void)clock_ms;
    snprintf(key, sizeof key, "%" PRIu64, result->job);
    under_way = zhashx_lookup(broker->hashing, key);
    if (under_way == NULL)
        return;
    contact = *under_way;
    zhashx_delete(broker->hashing, key);
    mailbox = mm_broker_find_mailbox(broker, contact);
    if (mailbox == NULL || mailbox->job != result->job || mailbox->current == NULL)
        return; /* its gateway has gone meanwhile */
    mailbox->job = 0;
    mm_slice_t bytes = {mailbox->current->bytes, mailbox->current->len};
    if (!mm_turns_read(bytes, &entry))
        return;
    proof.kind =
        result->is_check ? (result->is_right ? MM_PROOF_RIGHT : MM_PROOF_WRONG) : MM_PROOF_MADE;
    mm_proofs_settle(broker, mailbox, proof.kind != MM_PROOF_WRONG);
    mm_turns_run(broker, contact, mailbox, &entry, bytes, &proof, now_ms);
    mm_turns_go_on(broker, contact, now_ms);
}

/* Fan-out: each output of a turn becomes one downward entry for each gateway that has a recipient, with the list of
 * its connections there; the body is copied, never decoded.  The entry that caused it owes until all of them are acked.
 * Events go to the feed after them, and nobody owes for those. */
#include "broker/broker.h"

#include <assert.h>
#include <stdlib.h>

enum { RECIPIENTS_BYTES = 5 + 9 * MM_RECIPIENTS_MAX };

mm_debt_t *mm_debt_new(uint64_t incarnation, uint64_t entry, size_t cost)
{
    mm_debt_t *debt = malloc(sizeof *debt);

    assert(debt != NULL);
    *debt = (mm_debt_t){.incarnation = incarnation, .entry = entry, .cost = cost, .owed = 1};
    return debt;
}

void mm_debt_pay(mm_broker_t *broker, mm_debt_t *debt, int64_t now_ms)
{
    mm_peer_t *peer;

    assert(debt->owed > 0);
    if (--debt->owed > 0)
        return;
    peer = mm_broker_find_peer(broker, debt->incarnation);
    if (peer != NULL)
        mm_link_done(&peer->link, debt->entry, debt->cost, now_ms);
    free(debt);
}

/* Recipients of this output that sit at this gateway, as a msgpack array; their number. */
static uint32_t list_recipients(const mm_outbox_t *outbox, const mm_output_t *output,
                                uint64_t incarnation, mm_writer_t *out)
{
    const mm_contact_t *contacts = &outbox->contacts[output->to];
    uint32_t count = 0;

    for (size_t i = 0; i < output->to_count; i++)
        count += contacts[i].incarnation == incarnation;
    if (count == 0)
        return 0;
    mm_write_array(out, count);
    for (size_t i = 0; i < output->to_count; i++)
        if (contacts[i].incarnation == incarnation)
            mm_write_u64(out, contacts[i].connection);
    return count;
}

static void say(mm_broker_t *broker, mm_peer_t *peer, const mm_outbox_t *outbox, size_t k,
                mm_slice_t recipients, mm_debt_t *debt)
{
    const mm_output_t *output = &outbox->outputs[k];
    mm_writer_t out = mm_writer(broker->scratch, MM_ENTRY_MAX);
    mm_downward_t entry = {
        .number = mm_link_next_number(&peer->link),
        .origin = {.incarnation = debt->incarnation, .entry = debt->entry, .k = k},
        .recipients = recipients,
        .spec = mm_spec(output->msg),
        .has_from = output->has_from,
        .from = output->from,
        .time = mm_outbox_slice(outbox, output->time, output->time_len),
        .body = mm_outbox_slice(outbox, output->body, output->body_len),
    };

    mm_downward_write(&entry, &out);
    assert(
        !out.overflow); /* a gateway accepts no entry that would not fit downward (LINK.md, sizes) */
    debt->owed++;
    mm_link_say(&peer->link, mm_writer_slice(&out), mm_entry_cost(entry.spec, out.size), debt);
}

void mm_fan_out(mm_broker_t *broker, const mm_outbox_t *outbox, mm_debt_t *debt)
{
    uint8_t bytes[RECIPIENTS_BYTES];

    for (size_t k = 0; k < outbox->count; k++) {
        const mm_output_t *output = &outbox->outputs[k];
        for (size_t i = 0; i < broker->peer_count; i++) {
            mm_peer_t *peer = broker->peers[i];
            mm_writer_t recipients = mm_writer(bytes, sizeof bytes);
            uint32_t count;
            if (peer->is_gone)
                continue;
            count = list_recipients(outbox, output, peer->incarnation, &recipients);
            if (count == 0)
                continue;
            broker->counters->sent[output->msg] += count;
            say(broker, peer, outbox, k, mm_writer_slice(&recipients), debt);
        }
    }
    mm_feed_tell(broker, outbox);
}

/* See link.h and LINK.md. */
#include "proto/link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_MAX = MM_HEADER_MAX + MM_BATCH_BYTES + MM_ENTRY_MAX };

void mm_link_init(mm_link_t *link, const mm_link_ops_t *ops, void *owner, mm_counters_t *counters,
                  uint64_t window_bytes, int64_t collect_ms)
{
    *link = (mm_link_t){.ops = ops,
                        .owner = owner,
                        .counters = counters,
                        .window_bytes = window_bytes,
                        .collect_ms = collect_ms,
                        .data_sent_ms = INT64_MIN / 2,
                        .ack_due_ms = INT64_MAX};
    mm_window_init(&link->window);
    mm_acks_init(&link->acks, 0);
    link->batch = malloc(FRAME_MAX);
    assert(link->batch != NULL);
}

void mm_link_fini(mm_link_t *link)
{
    mm_link_drop(link);
    mm_window_fini(&link->window);
    mm_acks_fini(&link->acks);
    free(link->batch);
    link->batch = NULL;
}

uint64_t mm_link_next_number(const mm_link_t *link)
{
    return link->window.next;
}

void mm_link_say(mm_link_t *link, mm_slice_t entry, size_t cost, void *tag)
{
    mm_window_add(&link->window, entry, cost, tag);
}

void mm_link_done(mm_link_t *link, uint64_t number, size_t cost, int64_t now_ms)
{
    if (!mm_acks_add(&link->acks, number))
        return;
    link->completed_cost += cost;
    if (link->ack_due_ms == INT64_MAX)
        link->ack_due_ms = now_ms == INT64_MIN ? INT64_MIN : now_ms + MM_ACK_DELAY_MS;
}

bool mm_link_has_credit(const mm_link_t *link)
{
    return link->window.cost < link->granted;
}

bool mm_link_fill_header(mm_link_t *link, mm_header_t *header)
{
    header->credit = link->completed_cost + link->window_bytes;
    return mm_acks_say(&link->acks, header);
}

static void complete(mm_link_t *link, uint64_t number)
{
    const mm_retained_t *retained = mm_window_find(&link->window, number);
    size_t cost = retained == NULL ? 0 : retained->cost;
    void *tag = NULL;

    if (mm_window_complete(&link->window, number, &tag))
        link->ops->on_complete(link->owner, tag, cost);
}

void mm_link_take_header(mm_link_t *link, const mm_header_t *header)
{
    uint64_t last = link->window.next - 1;

    while (link->window.first <= header->mark && link->window.first <= last)
        complete(link, link->window.first);
    for (size_t i = 0; i < header->range_count; i++) {
        uint64_t high = header->ranges[i].high < last ? header->ranges[i].high : last;
        for (uint64_t number = header->ranges[i].low; number <= high; number++)
            complete(link, number);
    }
    if (header->credit > link->granted)
        link->granted = header->credit;
}

void mm_link_begin(mm_link_t *link, uint64_t epoch, uint64_t session, uint64_t received)
{
    uint64_t unsent = link->window.unsent;

    link->is_up = true;
    link->epoch = epoch;
    link->session = session;
    link->frame_sent = link->frame_received = 0;
    mm_window_rewind(&link->window, received);
    mm_acks_say_again(&link->acks);
    link->ack_due_ms = INT64_MIN; /* what was said in the last session may be lost */
    link->counters->link_replayed += unsent - link->window.unsent;
    link->counters->link_sessions++;
}

void mm_link_end(mm_link_t *link)
{
    link->is_up = false;
}

void mm_link_drop(mm_link_t *link)
{
    mm_link_end(link);
    while (link->window.first < link->window.next)
        complete(link, link->window.first);
    mm_window_fini(&link->window);
    mm_acks_fini(&link->acks);
    link->granted = link->received = link->completed_cost = 0;
    link->ack_due_ms = INT64_MAX;
}

/* An entry that its owner cannot read (a newer peer may say what we do not know): counted, and complete, or its
 * sender would keep it for ever. */
static void pass_over(mm_link_t *link, uint64_t number, size_t cost)
{
    link->counters->bus_malformed++;
    mm_link_done(link, number, cost, INT64_MIN);
}

/* One entry: in order, or one that came before (a session that began anew sends again). */
static mm_err_t take_entry(mm_link_t *link, mm_cursor_t *cursor)
{
    mm_cursor_t peek = *cursor, end = *cursor;
    uint64_t number;
    mm_slice_t whole;

    mm_cursor_array(&peek);
    number = mm_cursor_u64(&peek);
    if (peek.failed)
        return MM_ERR_MALFORMED;
    if (number <= link->received) {
        link->counters->link_duplicates++;
        mm_cursor_skip(cursor);
        return cursor->failed ? MM_ERR_MALFORMED : MM_OK;
    }
    if (number != link->received + 1)
        return MM_ERR_GAP;
    whole = mm_cursor_skip(&end);
    if (end.failed || whole.len > MM_ENTRY_MAX)
        return MM_ERR_MALFORMED;
    link->received = number;
    if (link->ops->on_entry(link->owner, cursor) != MM_OK)
        pass_over(link, number, whole.len);
    *cursor = end;
    return MM_OK;
}

mm_err_t mm_link_on_frame(mm_link_t *link, const mm_header_t *header, mm_cursor_t *cursor)
{
    mm_err_t err = MM_OK;

    if (header->number != link->frame_received + 1)
        return MM_ERR_GAP;
    link->frame_received = header->number;
    mm_link_take_header(link, header);
    if (header->kind == MM_FRAME_PING)
        return MM_OK;
    while (err == MM_OK && !mm_cursor_at_end(cursor))
        err = take_entry(link, cursor);
    return err;
}

/* `*said` tells whether its acks are all there are. */
static mm_writer_t begin_frame(mm_link_t *link, mm_frame_kind_t kind, bool *said)
{
    mm_writer_t out = mm_writer(link->batch, FRAME_MAX);
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = (uint64_t)kind,
                          .epoch = link->epoch,
                          .session = link->session,
                          .number = link->frame_sent + 1};

    *said = mm_link_fill_header(link, &header);
    mm_header_write(&header, &out);
    return out;
}

static mm_err_t send_frame(mm_link_t *link, const mm_writer_t *frame, bool said)
{
    mm_err_t err;

    assert(!frame->overflow);
    err = link->ops->send(link->owner, mm_writer_slice(frame));
    if (err == MM_OK) {
        link->frame_sent++;
        if (said)
            link->ack_due_ms = INT64_MAX;
        link->counters->bus_frames_sent++;
        link->counters->bus_bytes_sent += frame->size;
    } else {
        mm_acks_say_again(&link->acks);
    }
    return err;
}

mm_err_t mm_link_ping(mm_link_t *link, mm_slice_t body)
{
    bool said;
    mm_writer_t frame = begin_frame(link, MM_FRAME_PING, &said);

    mm_write_raw(&frame, body);
    return send_frame(link, &frame, said);
}

/* The next entry that may leave, NULL when there is none or credit is missing. */
static const mm_retained_t *sendable(const mm_link_t *link, uint64_t number)
{
    const mm_retained_t *retained = mm_window_find(&link->window, number);

    if (retained == NULL || retained->cost_until > link->granted)
        return NULL;
    return retained;
}

static bool is_full(const mm_link_t *link, const mm_retained_t *next)
{
    return link->window.next - link->window.unsent >= MM_BATCH_ENTRIES ||
           link->window.cost - next->cost_until >= MM_BATCH_BYTES;
}

/* One frame with as many entries as it takes. */
static mm_err_t send_batch(mm_link_t *link, int64_t now_ms)
{
    bool said;
    mm_writer_t frame = begin_frame(link, MM_FRAME_DATA, &said);
    uint64_t number = link->window.unsent;
    size_t start = frame.size;
    const mm_retained_t *retained;
    mm_err_t err;

    for (int count = 0; count < MM_BATCH_ENTRIES; count++, number++) {
        retained = sendable(link, number);
        if (retained == NULL || (count > 0 && frame.size - start + retained->len > MM_BATCH_BYTES))
            break;
        mm_write_raw(&frame, (mm_slice_t){retained->bytes, retained->len});
    }
    err = send_frame(link, &frame, said);
    if (err == MM_OK) {
        link->window.unsent = number;
        link->data_sent_ms = now_ms;
    }
    return err;
}

static void want(int64_t *next_ms, int64_t time_ms)
{
    if (time_ms < *next_ms)
        *next_ms = time_ms;
}

mm_err_t mm_link_flush(mm_link_t *link, int64_t now_ms, int64_t *next_ms)
{
    const mm_retained_t *retained;
    mm_err_t err = MM_OK;

    *next_ms = INT64_MAX;
    if (!link->is_up)
        return MM_OK;
    if ((retained = sendable(link, link->window.unsent)) != NULL) {
        if (now_ms - link->data_sent_ms < link->collect_ms && !is_full(link, retained)) {
            want(next_ms, link->data_sent_ms + link->collect_ms);
            return MM_OK; /* acks ride along then */
        }
        while (err == MM_OK && sendable(link, link->window.unsent) != NULL)
            err = send_batch(link, now_ms);
    }
    while (err == MM_OK && link->ack_due_ms <= now_ms) {
        bool said;
        mm_writer_t frame = begin_frame(link, MM_FRAME_DATA, &said);
        err = send_frame(link, &frame, said);
    }
    if (err == MM_ERR_AGAIN) {
        *next_ms = now_ms + MM_RETRY_MS;
        return MM_OK;
    }
    want(next_ms, link->ack_due_ms);
    return err;
}

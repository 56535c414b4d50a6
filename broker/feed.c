/* The feed: events leave here, numbered, after the commit of the turn that caused them.  proto/FEED.md draws the bytes.
 * Whoever listens cannot slow the broker: what does not fit into its queue is lost, and the numbers show it. */
#include "broker/broker.h"

#include <assert.h>
#include <string.h>

enum { EVENT_BYTES = 1024, EVENT_ITEMS = 5, FIGURES_MS = 1000 };

static void publish(mm_broker_t *broker, const mm_spec_t *spec, mm_slice_t time, mm_slice_t body)
{
    uint8_t bytes[EVENT_BYTES];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);

    assert((spec->flags & MM_EVENT) != 0);
    mm_write_array(&out, EVENT_ITEMS);
    mm_write_u64(&out, broker->epoch);
    mm_write_u64(&out, ++broker->events);
    mm_write_raw(&out, time);
    mm_write_str(&out, mm_text(spec->wire));
    mm_write_raw(&out, body);
    assert(!out.overflow);
    broker->counters->events++;
    broker->counters->sent[spec->msg]++;
    broker->ops->publish(broker->world, mm_text(spec->wire), mm_writer_slice(&out));
}

void mm_feed_say(mm_broker_t *broker, mm_msg_t msg, const void *event, int64_t time_ms)
{
    uint8_t bytes[EVENT_BYTES], time[16];
    mm_writer_t body = mm_writer(bytes, sizeof bytes), number = mm_writer(time, sizeof time);

    if (broker->ops->publish == NULL)
        return;
    mm_message_write(mm_spec(msg), event, &body);
    mm_write_i64(&number, time_ms);
    publish(broker, mm_spec(msg), mm_writer_slice(&number), mm_writer_slice(&body));
}

void mm_feed_tell(mm_broker_t *broker, const mm_outbox_t *outbox)
{
    for (size_t i = 0; broker->ops->publish != NULL && i < outbox->events_count; i++) {
        const mm_output_t *event = &outbox->events[i];
        publish(broker, mm_spec(event->msg), mm_outbox_slice(outbox, event->time, event->time_len),
                mm_outbox_slice(outbox, event->body, event->body_len));
    }
}

int64_t mm_feed_on_time(mm_broker_t *broker, int64_t now_ms)
{
    const mm_counters_t *counters = broker->counters;

    if (broker->ops->publish == NULL)
        return INT64_MAX;
    if (now_ms - broker->figured_ms >= FIGURES_MS) {
        struct mm_event_stats event = {
            .rooms = (int64_t)counters->rooms,
            .participants = (int64_t)counters->participants,
            .waiting = (int64_t)counters->waiting,
            .peak_participants = (int64_t)counters->peak_participants,
            .gateways = (int64_t)counters->gateways,
            .uptime_ms = now_ms - broker->started_ms,
            .rooms_created = (int64_t)counters->rooms_created,
            .joins = (int64_t)counters->joins,
            .leaves = (int64_t)counters->leaves,
            .turns = (int64_t)counters->turns,
            .commits = (int64_t)counters->commits,
        };
        /* A process that stood still does not catch up. */
        broker->figured_ms =
            now_ms - broker->figured_ms < 2 * FIGURES_MS ? broker->figured_ms + FIGURES_MS : now_ms;
        mm_feed_say(broker, MM_MSG_EVENT_STATS, &event, broker->clock_ms);
    }
    return broker->figured_ms + FIGURES_MS;
}

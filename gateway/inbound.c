/* From browsers to the link: decode, count, stamp, number.
 *
 * What the gateway answers itself: bad JSON and unknown types.  A known type with a bad member goes up in its place as
 * REFUSED, since only the broker knows who is joined.  A chunk goes on the link only with credit of its receiver; until
 * then it is held here and its connection is read no further (what libwebsockets had read already is held too). */
#include "gateway/gateway.h"
#include "proto/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_BODY_BYTES = 512, CLOSE_POLICY = 1008, CLOSE_UTF8 = 1007, CLOSE_OVERLOAD = 1013 };

/* Without credit connections are read no further, but each may have one message under way: beyond so many windows they
 * are closed. */
enum { WINDOWS_MAX = 4 };

static const uint8_t empty_map[] = {0x80};

void mm_inbound_say(mm_gateway_t *gateway, uint64_t connection, mm_msg_t msg,
                    const mm_stamp_t *stamp, const mm_id_t *target, mm_slice_t body)
{
    mm_writer_t out = mm_writer(gateway->entry, MM_ENTRY_MAX);
    mm_upward_t entry = {.number = mm_link_next_number(&gateway->link),
                         .connection = connection,
                         .spec = mm_spec(msg),
                         .stamp = *stamp,
                         .body = body};
    size_t cost;

    if (target != NULL)
        entry.target = *target;
    mm_upward_write(&entry, &out);
    assert(!out.overflow); /* message-limit is bounded so that every body fits */
    cost = mm_entry_cost(entry.spec, out.size);
    mm_link_say(&gateway->link, mm_writer_slice(&out), cost, (void *)(uintptr_t)connection);
}

/* The same for a connection: what is under way of it is counted, and pauses it. */
static void say(mm_connection_t *connection, mm_msg_t msg, const mm_stamp_t *stamp,
                const mm_id_t *target, mm_slice_t body)
{
    mm_gateway_t *gateway = connection->gateway;
    uint64_t before = gateway->link.window.cost;

    connection->incarnation = gateway->incarnation;
    mm_inbound_say(gateway, connection->number, msg, stamp, target, body);
    mm_connection_under_way(connection, (int64_t)(gateway->link.window.cost - before));
    if (!mm_link_has_credit(&gateway->link))
        mm_connection_pause(connection, MM_PAUSE_LINK, true);
}

int64_t mm_inbound_stamp_time(mm_connection_t *connection, int64_t clock_ms)
{
    connection->stamped_ms =
        clock_ms > connection->stamped_ms ? clock_ms : connection->stamped_ms + 1;
    return connection->stamped_ms;
}

mm_id_t mm_inbound_fresh_id(mm_gateway_t *gateway)
{
    uint8_t random[16];

    gateway->ops->random(gateway->world, random, sizeof random);
    return mm_id_from_random(random);
}

/* An answer of the gateway's own. */
static void answer_error(mm_connection_t *connection, mm_err_t err, const mm_fault_t *fault,
                         int64_t time_ms)
{
    mm_gateway_t *gateway = connection->gateway;
    uint8_t body_bytes[SMALL_BODY_BYTES], time_bytes[16];
    mm_writer_t body = mm_writer(body_bytes, sizeof body_bytes),
                time = mm_writer(time_bytes, sizeof time_bytes);
    struct mm_error error = {.message = mm_text(mm_err_text(err)),
                             .code = mm_text(mm_err_code(err))};
    char reason[128];
    mm_buffer_t *buffer;

    if (fault->reason != MM_REASON_NONE) {
        snprintf(reason, sizeof reason, "%s%s%s", fault->field == NULL ? "" : fault->field,
                 fault->field == NULL ? "" : ": ", mm_reason_text(fault->reason));
        error.reason = mm_text(reason);
        error.present = MM_HAS(error, reason);
    }
    mm_message_write(mm_spec(MM_MSG_ERROR), &error, &body);
    mm_write_i64(&time, time_ms);
    assert(!body.overflow && !time.overflow);
    buffer = mm_outbound_print(gateway, &(mm_outbound_t){.spec = mm_spec(MM_MSG_ERROR),
                                                         .body = mm_writer_slice(&body),
                                                         .timestamp = mm_writer_slice(&time)});
    assert(buffer != NULL);
    gateway->counters->sent[MM_MSG_ERROR]++;
    mm_connection_deliver(connection, buffer, NULL, 0);
    mm_buffer_unref(&buffer);
}

static void say_refused(mm_connection_t *connection, const mm_inbound_t *message,
                        const mm_fault_t *fault, int64_t time_ms)
{
    uint8_t bytes[SMALL_BODY_BYTES];
    mm_writer_t body = mm_writer(bytes, sizeof bytes);
    struct mm_refused refused = {.type = message->spec->msg, .reason = fault->reason};
    mm_stamp_t stamp = {.time_ms = time_ms};

    if (fault->field != NULL) {
        refused.field = mm_text(fault->field);
        refused.present = MM_HAS(refused, field);
    }
    connection->gateway->counters->refused_messages++;
    mm_message_write(mm_spec(MM_MSG_REFUSED), &refused, &body);
    assert(!body.overflow);
    say(connection, MM_MSG_REFUSED, &stamp, NULL, mm_writer_slice(&body));
}

/* --- chunks -------------------------------------------------------------------------------- */

static void hold_chunk(mm_connection_t *connection, const mm_stamp_t *stamp, const mm_id_t *target,
                       mm_slice_t body)
{
    mm_held_chunk_t *held = malloc(sizeof *held + body.len + stamp->client_time.len);

    assert(held != NULL);
    *held = (mm_held_chunk_t){.stamp = *stamp, .target = *target, .len = body.len};
    memcpy(held->bytes, body.ptr, body.len);
    if (stamp->client_time.len > 0) {
        memcpy(held->bytes + body.len, stamp->client_time.ptr, stamp->client_time.len);
        held->stamp.client_time.ptr = held->bytes + body.len;
    }
    *connection->held_last = held;
    connection->held_last = &held->next;
    connection->gateway->counters->chunks_held++;
    mm_connection_pause(connection, MM_PAUSE_CHUNK, true);
}

static bool try_chunk(mm_connection_t *connection, const mm_stamp_t *stamp, const mm_id_t *target,
                      mm_slice_t body)
{
    mm_credit_t *credit;

    if (!mm_id_is_nil(target) && connection->is_bound) {
        credit = mm_credits_get(&connection->sending, target);
        if (!mm_credit_allows(credit, body.len))
            return false;
        credit->sent += body.len;
    }
    say(connection, MM_MSG_FILE_CHUNK, stamp, target, body);
    return true;
}

void mm_inbound_release_chunks(mm_connection_t *connection)
{
    mm_held_chunk_t *held;

    while ((held = connection->held_first) != NULL) {
        if (!try_chunk(connection, &held->stamp, &held->target,
                       (mm_slice_t){held->bytes, held->len}))
            return;
        connection->held_first = held->next;
        if (connection->held_first == NULL)
            connection->held_last = &connection->held_first;
        free(held);
        connection->paused_ms = connection->gateway->ticked_ms; /* it goes on, if slowly */
    }
    mm_connection_pause(connection, MM_PAUSE_CHUNK, false);
}

void mm_inbound_drop_chunks(mm_connection_t *connection)
{
    mm_held_chunk_t *held;

    while ((held = connection->held_first) != NULL) {
        connection->held_first = held->next;
        free(held);
    }
    connection->held_last = &connection->held_first;
    mm_connection_pause(connection, MM_PAUSE_CHUNK, false);
}

void mm_inbound_flow(mm_connection_t *receiver, const mm_id_t *sender, uint64_t total)
{
    uint8_t bytes[SMALL_BODY_BYTES];
    mm_writer_t body = mm_writer(bytes, sizeof bytes);
    struct mm_flow flow = {
        .sender = *sender, .receiver = receiver->participant, .total = (int64_t)total};
    mm_stamp_t stamp = {.time_ms = receiver->stamped_ms};

    mm_message_write(mm_spec(MM_MSG_FLOW), &flow, &body);
    assert(!body.overflow);
    say(receiver, MM_MSG_FLOW, &stamp, NULL, mm_writer_slice(&body));
}

/* --- one message --------------------------------------------------------------------------- */

static void accept_message(mm_connection_t *connection, const mm_inbound_t *message,
                           int64_t time_ms)
{
    mm_gateway_t *gateway = connection->gateway;
    mm_msg_t msg = message->spec->msg;
    mm_stamp_t stamp = {.time_ms = time_ms};

    gateway->counters->received[msg]++;
    if (message->has_timestamp)
        stamp.client_time = message->timestamp;
    /* What waits would be said in another room than it was meant for. */
    if (msg == MM_MSG_JOIN || msg == MM_MSG_LEAVE)
        mm_inbound_drop_chunks(connection);
    if (msg == MM_MSG_JOIN) {
        connection->has_joined = true;
        stamp.fresh = mm_inbound_fresh_id(gateway);
    }
    if (message->spec->rate == MM_RATE_CHUNK &&
        (connection->held_first != NULL ||
         !try_chunk(connection, &stamp, &message->target, message->body)))
        hold_chunk(connection, &stamp, &message->target, message->body);
    else if (message->spec->rate != MM_RATE_CHUNK)
        say(connection, msg, &stamp, &message->target, message->body);
}

/* Who never joins may say little. */
static bool is_patience_over(mm_connection_t *connection)
{
    return !connection->has_joined &&
           ++connection->messages_before_join > connection->gateway->settings->messages_before_join;
}

static bool is_chunk(mm_err_t err, const mm_inbound_t *message)
{
    return (err == MM_OK || err == MM_ERR_INVALID_MESSAGE) && message->spec != NULL &&
           message->spec->rate == MM_RATE_CHUNK;
}

void mm_gateway_on_text(mm_gateway_t *gateway, mm_connection_t *connection, mm_text_t json,
                        int64_t now_ms, int64_t clock_ms)
{
    mm_slice_t extra = {connection->extra, connection->extra_len};
    mm_inbound_t message;
    mm_fault_t fault = {0};
    int64_t time_ms;
    mm_err_t err;

    gateway->ticked_ms = now_ms;
    connection->heard_ms = now_ms;
    if (connection->is_closing || connection->close_code != 0)
        return;
    if (gateway->link.window.bytes > WINDOWS_MAX * gateway->link.window_bytes) {
        gateway->counters->queue_overflows++;
        mm_connection_close(connection, CLOSE_OVERLOAD, "overloaded");
        return;
    }
    time_ms = mm_inbound_stamp_time(connection, clock_ms);
    err = mm_json_read_message(
        json, (size_t)gateway->settings->small_message_limit, extra, gateway->body,
        MM_JSON_DECODED_MAX((size_t)gateway->settings->message_limit), &message, &fault);
    mm_pace_count(connection, is_chunk(err, &message), json.len);
    if (err == MM_OK && message.spec->msg == MM_MSG_JOIN) {
        accept_message(connection, &message, time_ms);
        return;
    }
    if (fault.reason == MM_REASON_UTF8) {
        gateway->counters->invalid_messages++;
        mm_connection_close(connection, CLOSE_UTF8, "invalid UTF-8");
    } else if (is_patience_over(connection)) {
        mm_connection_close(connection, CLOSE_POLICY, "join first");
    } else if (err == MM_OK) {
        accept_message(connection, &message, time_ms);
    } else if (err == MM_ERR_INVALID_MESSAGE && message.spec != NULL) {
        say_refused(connection, &message, &fault, time_ms);
    } else {
        gateway->counters->invalid_messages++;
        gateway->counters->refused[err]++;
        MM_LOG(DEBUG, "message_refused", MM_LOG_NUMBER("connection", connection->number),
               MM_LOG_TEXT("reason", mm_text(mm_reason_text(fault.reason))));
        answer_error(connection, err, &fault, time_ms);
    }
}

void mm_inbound_gone(mm_connection_t *connection, int64_t clock_ms)
{
    mm_stamp_t stamp = {.time_ms = mm_inbound_stamp_time(connection, clock_ms)};

    if (connection->incarnation == connection->gateway->incarnation)
        mm_inbound_say(connection->gateway, connection->number, MM_MSG_GONE, &stamp, NULL,
                       (mm_slice_t){empty_map, sizeof empty_map});
}

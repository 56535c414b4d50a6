/* From the link to browsers: a downward entry is printed once and its buffer shared by all its recipients.  It is acked when
 * queued; that bytes were written is said by flow entries.  Control entries are obeyed here: the gateway knows no rule of a
 * meeting, only where a connection sits. */
#include "gateway/gateway.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PRINTED_FIRST = 64 * 1024 };

mm_buffer_t *mm_outbound_print(mm_gateway_t *gateway, const mm_outbound_t *message)
{
    size_t len = 0, need = MM_JSON_PRINTED_MAX(message->body.len);
    mm_buffer_t *buffer;

    if (gateway->printed_capacity < PRINTED_FIRST) {
        gateway->printed_capacity = PRINTED_FIRST;
        gateway->printed = malloc(PRINTED_FIRST);
        assert(gateway->printed != NULL);
    }
    len = mm_json_print_message(message, gateway->printed, gateway->printed_capacity);
    if (len == 0 && need > gateway->printed_capacity) {
        free(gateway->printed);
        gateway->printed_capacity = need;
        gateway->printed = malloc(need);
        assert(gateway->printed != NULL);
        len = mm_json_print_message(message, gateway->printed, gateway->printed_capacity);
    }
    if (len == 0)
        return NULL;
    buffer = mm_buffer_new(len);
    memcpy(mm_buffer_text(buffer), gateway->printed, len);
    return buffer;
}

/* --- control entries ----------------------------------------------------------------------- */

typedef union control {
    struct mm_bind bind;
    struct mm_close close;
    struct mm_flow flow;
    struct mm_room_created created;
    struct mm_room_facts facts;
    struct mm_room_deleted deleted;
} control_t;

typedef void control_handler_t(mm_gateway_t *gateway, uint64_t number, const control_t *control);

static void on_bind(mm_gateway_t *gateway, uint64_t number, const control_t *control)
{
    mm_connection_t *connection = mm_connection_find(gateway, number);

    if (connection == NULL || connection->is_closing)
        return;
    mm_connection_unbind(connection);
    connection->is_bound = true;
    mm_connection_under_way(connection, 0);
    connection->participant = control->bind.participant;
    connection->seats = control->bind.seats;
    if (control->bind.room.len <= MM_ROOM_ID_MAX) {
        memcpy(connection->room, control->bind.room.ptr, control->bind.room.len);
        connection->room[control->bind.room.len] = '\0';
    }
}

static void on_unbind(mm_gateway_t *gateway, uint64_t number, const control_t *control)
{
    mm_connection_t *connection = mm_connection_find(gateway, number);

    (void)control;
    if (connection != NULL)
        mm_connection_unbind(connection);
}

static void on_close(mm_gateway_t *gateway, uint64_t number, const control_t *control)
{
    mm_connection_t *connection = mm_connection_find(gateway, number);

    if (connection != NULL && !connection->is_closing)
        mm_connection_close_after(connection, (int)control->close.code, control->close.reason);
}

static void on_flow(mm_gateway_t *gateway, uint64_t number, const control_t *control)
{
    mm_connection_t *connection = mm_connection_find(gateway, number);
    mm_credit_t *credit;

    if (connection == NULL || !mm_id_equal(&connection->participant, &control->flow.sender))
        return;
    credit = mm_credits_find(&connection->sending, &control->flow.receiver);
    if (credit == NULL)
        return;
    /* Whoever is not there now may be there later (admitted under the same id): then counting begins anew. */
    if (control->flow.total == MM_FLOW_WITHOUT_END)
        mm_credits_forget(&connection->sending, &control->flow.receiver);
    else if ((uint64_t)control->flow.total > credit->granted)
        credit->granted = (uint64_t)control->flow.total;
    mm_inbound_release_chunks(connection);
}

/* A newer broker may know more errors. */
static mm_err_t known_error(int64_t error)
{
    return error < MM_ERR_LIMIT ? (mm_err_t)error : MM_ERR_UNAVAILABLE;
}

static void on_room_created(mm_gateway_t *gateway, uint64_t number, const control_t *control)
{
    mm_room_answer_t answer = {.err = known_error(control->created.error),
                               .room = control->created.room,
                               .creator_token = control->created.creator_token,
                               .wait_ms = control->created.wait};

    mm_requests_answer(gateway, number, &answer);
}

static void on_room_facts(mm_gateway_t *gateway, uint64_t number, const control_t *control)
{
    mm_room_answer_t answer = {.err = known_error(control->facts.error),
                               .wait_ms = control->facts.wait,
                               .facts = control->facts};

    mm_requests_answer(gateway, number, &answer);
}

static void on_room_deleted(mm_gateway_t *gateway, uint64_t number, const control_t *control)
{
    mm_room_answer_t answer = {.err = known_error(control->deleted.error),
                               .wait_ms = control->deleted.wait};

    mm_requests_answer(gateway, number, &answer);
}

static control_handler_t *const control_handlers[MM_MSG_LIMIT] = {
    [MM_MSG_BIND] = on_bind,
    [MM_MSG_UNBIND] = on_unbind,
    [MM_MSG_CLOSE] = on_close,
    [MM_MSG_FLOW] = on_flow,
    [MM_MSG_ROOM_CREATED] = on_room_created,
    [MM_MSG_ROOM_FACTS] = on_room_facts,
    [MM_MSG_ROOM_DELETED] = on_room_deleted,
};

static void obey(mm_gateway_t *gateway, const mm_downward_t *entry)
{
    mm_cursor_t recipients = mm_cursor(entry->recipients);
    uint32_t count = mm_cursor_array(&recipients);
    control_t control;
    mm_fault_t fault;

    if (mm_message_read(entry->spec, entry->body, &control, &fault) != MM_OK) {
        gateway->counters->bus_malformed++;
        return;
    }
    for (uint32_t i = 0; i < count && !recipients.failed; i++) {
        uint64_t number = mm_cursor_u64(&recipients);
        control_handlers[entry->spec->msg](gateway, number, &control);
    }
}

/* --- messages ------------------------------------------------------------------------------ */

/* Printed for the room of the first recipient; all recipients of one output are in one room, or none is.  A connection that
 * is closing may not know its room any more. */
static mm_buffer_t *print_for(mm_gateway_t *gateway, const mm_connection_t *connection,
                              const mm_downward_t *entry)
{
    mm_outbound_t message = {.spec = entry->spec,
                             .from = entry->has_from ? &entry->from : NULL,
                             .body = entry->body,
                             .timestamp = entry->time};

    if ((entry->spec->flags & MM_UNBOUND) == 0)
        message.room = mm_text(connection->room);
    return mm_outbound_print(gateway, &message);
}

static void deliver(mm_gateway_t *gateway, const mm_downward_t *entry)
{
    mm_cursor_t recipients = mm_cursor(entry->recipients);
    uint32_t count = mm_cursor_array(&recipients);
    bool is_chunk = entry->spec->rate == MM_RATE_CHUNK && entry->has_from;
    mm_buffer_t *buffer = NULL;

    for (uint32_t i = 0; i < count; i++) {
        mm_connection_t *connection = mm_connection_find(gateway, mm_cursor_u64(&recipients));
        if (recipients.failed || connection == NULL || connection->is_closing)
            continue;
        if (buffer == NULL && (buffer = print_for(gateway, connection, entry)) == NULL) {
            gateway->counters->bus_malformed++;
            return;
        }
        gateway->counters->sent[entry->spec->msg]++;
        mm_connection_deliver(connection, buffer, is_chunk ? &entry->from : NULL,
                              is_chunk ? entry->body.len : 0);
        if ((entry->spec->flags & MM_RELEASES) && entry->has_from) {
            mm_credits_forget(&connection->sending, &entry->from);
            mm_credits_forget(&connection->receiving, &entry->from);
            mm_queue_release_sender(&connection->chunks, &entry->from);
            mm_inbound_release_chunks(connection);
        }
    }
    mm_buffer_unref(&buffer);
}

mm_err_t mm_outbound_on_entry(void *owner, mm_cursor_t *cursor)
{
    mm_gateway_t *gateway = owner;
    const uint8_t *start = cursor->at;
    mm_downward_t entry;
    mm_err_t err = mm_downward_read(cursor, &entry);

    if (err != MM_OK)
        return err;
    if (control_handlers[entry.spec->msg] != NULL)
        obey(gateway, &entry);
    else
        deliver(gateway, &entry);
    mm_link_done(&gateway->link, entry.number,
                 mm_entry_cost(entry.spec, (size_t)(cursor->at - start)), gateway->ticked_ms);
    return MM_OK;
}

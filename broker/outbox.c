/* The outbox: five arrays that only grow, so that filling it after the first turns allocates nothing.
 * Outputs refer to contacts and bytes by index, because the arrays move when they grow.
 * Not here: who says what (broker/room*.c), how it leaves (broker/fanout.h). */
#include "broker/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16, FIRST_BODY_BYTES = 128, NUMBER_BYTES = 9 };

bool mm_contact_equal(const mm_contact_t *a, const mm_contact_t *b)
{
    return a->incarnation == b->incarnation && a->connection == b->connection;
}

void mm_outbox_init(mm_outbox_t *outbox)
{
    *outbox = (mm_outbox_t){0};
}

void mm_outbox_fini(mm_outbox_t *outbox)
{
    free(outbox->outputs);
    free(outbox->contacts);
    free(outbox->bytes);
    free(outbox->changes);
    free(outbox->events);
    mm_outbox_init(outbox);
}

void mm_outbox_clear(mm_outbox_t *outbox)
{
    outbox->count = 0;
    outbox->contacts_count = 0;
    outbox->bytes_count = 0;
    outbox->changes_count = 0;
    outbox->events_count = 0;
}

/* Makes room for `need` elements of `size` bytes; all that is queued is bounded, so no memory means abort. */
static void *grown(void *array, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity)
        return array;
    size_t wanted = *capacity > 0 ? *capacity : FIRST_CAPACITY;
    while (wanted < need)
        wanted *= 2;
    array = realloc(array, wanted * size);
    assert(array != NULL);
    *capacity = wanted;
    return array;
}

static void reserve_bytes(mm_outbox_t *outbox, size_t more)
{
    outbox->bytes = grown(outbox->bytes, &outbox->bytes_capacity, outbox->bytes_count + more, 1);
}

static size_t add_bytes(mm_outbox_t *outbox, const void *bytes, size_t len)
{
    size_t offset = outbox->bytes_count;

    reserve_bytes(outbox, len);
    if (len > 0)
        memcpy(outbox->bytes + offset, bytes, len);
    outbox->bytes_count += len;
    return offset;
}

static mm_output_t *add_output(mm_outbox_t *outbox, mm_msg_t msg, const mm_id_t *from)
{
    outbox->outputs =
        grown(outbox->outputs, &outbox->capacity, outbox->count + 1, sizeof *outbox->outputs);
    mm_output_t *output = &outbox->outputs[outbox->count++];
    *output = (mm_output_t){.msg = msg, .has_from = from != NULL, .to = outbox->contacts_count};
    if (from != NULL)
        output->from = *from;
    return output;
}

static void set_time(mm_outbox_t *outbox, mm_output_t *output, int64_t time_ms)
{
    reserve_bytes(outbox, NUMBER_BYTES);
    mm_writer_t writer = mm_writer(outbox->bytes + outbox->bytes_count, NUMBER_BYTES);
    mm_write_i64(&writer, time_ms);
    assert(!writer.overflow);
    output->time = outbox->bytes_count;
    output->time_len = writer.size;
    outbox->bytes_count += writer.size;
}

/* The body of a struct, then the time, one behind the other. */
static void write_body(mm_outbox_t *outbox, mm_output_t *output, const void *message,
                       int64_t time_ms)
{
    const mm_spec_t *spec = mm_spec(output->msg);
    mm_writer_t writer;

    assert(spec != NULL);
    for (size_t capacity = FIRST_BODY_BYTES;; capacity *= 2) {
        reserve_bytes(outbox, capacity);
        writer = mm_writer(outbox->bytes + outbox->bytes_count, capacity);
        mm_message_write(spec, message, &writer);
        if (!writer.overflow)
            break;
    }
    output->body = outbox->bytes_count;
    output->body_len = writer.size;
    outbox->bytes_count += writer.size;
    set_time(outbox, output, time_ms);
}

void mm_outbox_say(mm_outbox_t *outbox, mm_msg_t msg, const void *message, const mm_id_t *from,
                   int64_t time_ms)
{
    write_body(outbox, add_output(outbox, msg, from), message, time_ms);
}

void mm_outbox_tell_feed(mm_outbox_t *outbox, mm_msg_t msg, const void *message, int64_t time_ms)
{
    outbox->events = grown(outbox->events, &outbox->events_capacity, outbox->events_count + 1,
                           sizeof *outbox->events);
    mm_output_t *event = &outbox->events[outbox->events_count++];
    *event = (mm_output_t){.msg = msg};
    write_body(outbox, event, message, time_ms);
}

void mm_outbox_pass(mm_outbox_t *outbox, mm_msg_t msg, mm_slice_t body, const mm_id_t *from,
                    mm_slice_t time, int64_t time_ms)
{
    mm_output_t *output = add_output(outbox, msg, from);

    output->body_len = body.len;
    output->body = add_bytes(outbox, body.ptr, body.len);
    if (time.len == 0) {
        set_time(outbox, output, time_ms);
        return;
    }
    output->time_len = time.len;
    output->time = add_bytes(outbox, time.ptr, time.len);
}

void mm_outbox_to(mm_outbox_t *outbox, mm_contact_t contact)
{
    assert(outbox->count > 0);
    outbox->contacts = grown(outbox->contacts, &outbox->contacts_capacity,
                             outbox->contacts_count + 1, sizeof *outbox->contacts);
    outbox->contacts[outbox->contacts_count++] = contact;
    outbox->outputs[outbox->count - 1].to_count++;
}

void mm_outbox_end(mm_outbox_t *outbox)
{
    assert(outbox->count > 0);
    const mm_output_t *last = &outbox->outputs[outbox->count - 1];
    if (last->to_count > 0)
        return;
    /* Body and time were added one behind the other; a change may have come after them. */
    if (last->time + last->time_len == outbox->bytes_count)
        outbox->bytes_count = last->body;
    outbox->count--;
}

static mm_change_t *add_change(mm_outbox_t *outbox, mm_text_t key, bool is_durable)
{
    outbox->changes = grown(outbox->changes, &outbox->changes_capacity, outbox->changes_count + 1,
                            sizeof *outbox->changes);
    mm_change_t *change = &outbox->changes[outbox->changes_count++];
    *change = (mm_change_t){.is_durable = is_durable, .key_len = key.len};
    change->key = add_bytes(outbox, key.ptr, key.len);
    return change;
}

void mm_outbox_keep(mm_outbox_t *outbox, mm_text_t key, mm_slice_t value, bool is_durable)
{
    mm_change_t *change = add_change(outbox, key, is_durable);

    change->value_len = value.len;
    change->value = add_bytes(outbox, value.ptr, value.len);
}

void mm_outbox_forget(mm_outbox_t *outbox, mm_text_t key, bool is_durable)
{
    add_change(outbox, key, is_durable)->is_removal = true;
}

mm_slice_t mm_outbox_slice(const mm_outbox_t *outbox, size_t offset, size_t len)
{
    assert(offset <= outbox->bytes_count && len <= outbox->bytes_count - offset);
    return (mm_slice_t){len > 0 ? outbox->bytes + offset : NULL, len};
}

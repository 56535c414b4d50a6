/* See entry.h and LINK.md.  Everything is an array in a fixed order; a later minor version may append elements, which
 * an older reader skips. */
#include "proto/entry.h"

#include <stdlib.h>

enum {
    HEADER_ITEMS = 8,
    HELLO_ITEMS = 5,
    HELLO_ITEMS_LEAST = 4,
    WELCOME_ITEMS = 1,
    PING_ITEMS = 4,
    NACK_ITEMS = 1
};
enum { UPWARD_ITEMS = 6, DOWNWARD_ITEMS = 7, ORIGIN_ITEMS = 3 };

/* Begins an array of at least `items`; the rest of it is passed over by end_array. */
static uint32_t begin_array(mm_cursor_t *cursor, uint32_t items)
{
    uint32_t count = mm_cursor_array(cursor);

    if (count < items)
        cursor->failed = true;
    return cursor->failed ? 0 : count - items;
}

static mm_err_t end_array(mm_cursor_t *cursor, uint32_t rest)
{
    while (rest-- > 0 && !cursor->failed)
        mm_cursor_skip(cursor);
    return cursor->failed ? MM_ERR_MALFORMED : MM_OK;
}

void mm_header_write(const mm_header_t *header, mm_writer_t *out)
{
    mm_write_array(out, HEADER_ITEMS);
    mm_write_u64(out, header->protocol);
    mm_write_u64(out, header->kind);
    mm_write_u64(out, header->epoch);
    mm_write_u64(out, header->session);
    mm_write_u64(out, header->number);
    mm_write_u64(out, header->mark);
    mm_write_array(out, (uint32_t)header->range_count * 2);
    for (size_t i = 0; i < header->range_count; i++) {
        mm_write_u64(out, header->ranges[i].low);
        mm_write_u64(out, header->ranges[i].high);
    }
    mm_write_u64(out, header->credit);
}

static void read_ranges(mm_cursor_t *cursor, mm_header_t *out)
{
    uint32_t items = mm_cursor_array(cursor);
    uint64_t above = out->mark;

    if (items % 2 != 0 || items / 2 > MM_RANGES_MAX)
        cursor->failed = true;
    for (uint32_t i = 0; i < items / 2 && !cursor->failed; i++) {
        mm_range_t range = {0};
        range.low = mm_cursor_u64(cursor);
        range.high = mm_cursor_u64(cursor);
        if (range.low <= above || range.high < range.low)
            cursor->failed = true;
        above = range.high;
        out->ranges[out->range_count++] = range;
    }
}

mm_err_t mm_header_read(mm_cursor_t *cursor, mm_header_t *out)
{
    uint32_t rest = begin_array(cursor, HEADER_ITEMS);
    mm_err_t err;

    *out = (mm_header_t){.protocol = mm_cursor_u64(cursor)};
    if (cursor->failed)
        return MM_ERR_MALFORMED;
    if (out->protocol >> 8 != MM_PROTOCOL_MAJOR ||
        llabs((long long)(out->protocol & 0xff) - MM_PROTOCOL_MINOR) > 1)
        return MM_ERR_VERSION;
    out->kind = mm_cursor_u64(cursor);
    out->epoch = mm_cursor_u64(cursor);
    out->session = mm_cursor_u64(cursor);
    out->number = mm_cursor_u64(cursor);
    out->mark = mm_cursor_u64(cursor);
    read_ranges(cursor, out);
    out->credit = mm_cursor_u64(cursor);
    err = end_array(cursor, rest);
    if (out->kind < MM_FRAME_HELLO || out->kind > MM_FRAME_BYE)
        err = MM_ERR_MALFORMED;
    return err;
}

static const char *const roles[] = {[MM_PEER_GATEWAY] = "gateway", [MM_PEER_ADMIN] = "admin"};

void mm_hello_write(const mm_hello_t *hello, mm_writer_t *out)
{
    mm_write_array(out, HELLO_ITEMS);
    mm_write_str(out, hello->name);
    mm_write_u64(out, hello->incarnation);
    mm_write_u64(out, hello->first);
    mm_write_u64(out, hello->received);
    mm_write_str(out, mm_text(roles[hello->role]));
}

static mm_peer_role_t read_role(mm_cursor_t *cursor)
{
    mm_text_t word = mm_cursor_str(cursor);

    if (mm_text_is(word, roles[MM_PEER_ADMIN]))
        return MM_PEER_ADMIN;
    if (!mm_text_is(word, roles[MM_PEER_GATEWAY]))
        cursor->failed = true;
    return MM_PEER_GATEWAY;
}

mm_err_t mm_hello_read(mm_cursor_t *cursor, mm_hello_t *out)
{
    uint32_t rest = begin_array(cursor, HELLO_ITEMS_LEAST);

    *out = (mm_hello_t){.role = MM_PEER_GATEWAY};
    out->name = mm_cursor_str(cursor);
    out->incarnation = mm_cursor_u64(cursor);
    out->first = mm_cursor_u64(cursor);
    out->received = mm_cursor_u64(cursor);
    if (rest > 0 && !cursor->failed) {
        out->role = read_role(cursor);
        rest--;
    }
    if (out->name.len == 0 || out->name.len > MM_NAME_MAX || out->incarnation == 0 ||
        out->first == 0)
        cursor->failed = true;
    return end_array(cursor, rest);
}

void mm_welcome_write(const mm_welcome_t *welcome, mm_writer_t *out)
{
    mm_write_array(out, WELCOME_ITEMS);
    mm_write_u64(out, welcome->received);
}

mm_err_t mm_welcome_read(mm_cursor_t *cursor, mm_welcome_t *out)
{
    uint32_t rest = begin_array(cursor, WELCOME_ITEMS);

    out->received = mm_cursor_u64(cursor);
    return end_array(cursor, rest);
}

void mm_ping_write(const mm_ping_t *ping, mm_writer_t *out)
{
    mm_write_array(out, PING_ITEMS);
    mm_write_u64(out, ping->rooms);
    mm_write_u64(out, ping->participants);
    mm_write_u64(out, ping->peak_participants);
    mm_write_u64(out, ping->uptime_ms);
}

mm_err_t mm_ping_read(mm_cursor_t *cursor, mm_ping_t *out)
{
    uint32_t rest = begin_array(cursor, PING_ITEMS);

    out->rooms = mm_cursor_u64(cursor);
    out->participants = mm_cursor_u64(cursor);
    out->peak_participants = mm_cursor_u64(cursor);
    out->uptime_ms = mm_cursor_u64(cursor);
    return end_array(cursor, rest);
}

void mm_nack_write(mm_nack_t nack, mm_writer_t *out)
{
    mm_write_array(out, NACK_ITEMS);
    mm_write_u64(out, (uint64_t)nack);
}

mm_err_t mm_nack_read(mm_cursor_t *cursor, mm_nack_t *out)
{
    uint32_t rest = begin_array(cursor, NACK_ITEMS);
    uint64_t value = mm_cursor_u64(cursor);

    if (value < MM_NACK_SESSION || value > MM_NACK_VERSION)
        cursor->failed = true;
    *out = (mm_nack_t)value;
    return end_array(cursor, rest);
}

static void write_optional_id(mm_writer_t *out, bool is_there, const mm_id_t *id)
{
    if (is_there)
        mm_write_id(out, id);
    else
        mm_write_nil(out);
}

static const mm_spec_t *read_spec(mm_cursor_t *cursor)
{
    uint64_t number = mm_cursor_u64(cursor);
    const mm_spec_t *spec = number < MM_MSG_LIMIT ? mm_spec((mm_msg_t)number) : NULL;

    if (spec == NULL)
        cursor->failed = true;
    return spec;
}

/* A body is a map; what stands in it is checked by its reader (mm_message_read, the printer). */
static mm_slice_t read_body(mm_cursor_t *cursor)
{
    if (mm_cursor_peek(cursor) != MM_TYPE_IS_MAP)
        cursor->failed = true;
    return mm_cursor_skip(cursor);
}

void mm_upward_write(const mm_upward_t *entry, mm_writer_t *out)
{
    mm_write_array(out, UPWARD_ITEMS);
    mm_write_u64(out, entry->number);
    mm_write_u64(out, entry->connection);
    mm_write_u64(out, (uint64_t)entry->spec->msg);
    mm_stamp_write(&entry->stamp, out);
    write_optional_id(out, !mm_id_is_nil(&entry->target), &entry->target);
    mm_write_raw(out, entry->body);
}

mm_err_t mm_upward_read(mm_cursor_t *cursor, mm_upward_t *out)
{
    uint32_t rest = begin_array(cursor, UPWARD_ITEMS);

    *out = (mm_upward_t){0};
    out->number = mm_cursor_u64(cursor);
    out->connection = mm_cursor_u64(cursor);
    out->spec = read_spec(cursor);
    out->stamp = mm_stamp_read(cursor);
    if (!mm_cursor_take_nil(cursor))
        out->target = mm_cursor_id(cursor);
    out->body = read_body(cursor);
    if (out->spec != NULL &&
        (out->spec->senders & (MM_BY_ANYONE | MM_BY_GATEWAY | MM_BY_ADMIN)) == 0)
        cursor->failed = true;
    return end_array(cursor, rest);
}

void mm_downward_write(const mm_downward_t *entry, mm_writer_t *out)
{
    mm_write_array(out, DOWNWARD_ITEMS);
    mm_write_u64(out, entry->number);
    mm_write_array(out, ORIGIN_ITEMS);
    mm_write_u64(out, entry->origin.incarnation);
    mm_write_u64(out, entry->origin.entry);
    mm_write_u64(out, entry->origin.k);
    mm_write_raw(out, entry->recipients);
    mm_write_u64(out, (uint64_t)entry->spec->msg);
    write_optional_id(out, entry->has_from, &entry->from);
    mm_write_raw(out, entry->time);
    mm_write_raw(out, entry->body);
}

static mm_origin_t read_origin(mm_cursor_t *cursor)
{
    uint32_t rest = begin_array(cursor, ORIGIN_ITEMS);
    mm_origin_t origin = {0};

    origin.incarnation = mm_cursor_u64(cursor);
    origin.entry = mm_cursor_u64(cursor);
    origin.k = mm_cursor_u64(cursor);
    end_array(cursor, rest);
    return origin;
}

static mm_slice_t read_number(mm_cursor_t *cursor)
{
    mm_type_t type = mm_cursor_peek(cursor);

    if (type != MM_TYPE_IS_INT && type != MM_TYPE_IS_FLOAT)
        cursor->failed = true;
    return mm_cursor_skip(cursor);
}

mm_err_t mm_downward_read(mm_cursor_t *cursor, mm_downward_t *out)
{
    uint32_t rest = begin_array(cursor, DOWNWARD_ITEMS);

    *out = (mm_downward_t){0};
    out->number = mm_cursor_u64(cursor);
    out->origin = read_origin(cursor);
    if (mm_cursor_peek(cursor) != MM_TYPE_IS_ARRAY)
        cursor->failed = true;
    out->recipients = mm_cursor_skip(cursor);
    out->spec = read_spec(cursor);
    if (!mm_cursor_take_nil(cursor)) {
        out->has_from = true;
        out->from = mm_cursor_id(cursor);
    }
    out->time = read_number(cursor);
    out->body = read_body(cursor);
    return end_array(cursor, rest);
}

size_t mm_entry_cost(const mm_spec_t *spec, size_t len)
{
    return spec->msg == MM_MSG_FLOW ? 0 : len;
}

/* The stamp on the bus, written and read.  Owned by nobody: pure functions.
 * A stamp comes from a gateway, and the bus is input too: what would name a room that cannot be is refused here, so
 * that a turn may trust it.
 * Not here: who makes the time and the ids (gateway). */
#include "proto/stamp.h"

enum { ELEMENTS = 4, CANDIDATES_BYTES = MM_ROOM_ID_CANDIDATES * MM_ROOM_ID_CHARS };

static uint32_t elements_of(const mm_stamp_t *stamp)
{
    if (stamp->candidates.len > 0)
        return ELEMENTS;
    if (!mm_id_is_nil(&stamp->fresh))
        return 3;
    return stamp->client_time.len > 0 ? 2 : 1;
}

void mm_stamp_write(const mm_stamp_t *stamp, mm_writer_t *out)
{
    uint32_t elements = elements_of(stamp);

    mm_write_array(out, elements);
    mm_write_i64(out, stamp->time_ms);
    if (elements > 1) {
        if (stamp->client_time.len > 0)
            mm_write_raw(out, stamp->client_time);
        else
            mm_write_nil(out);
    }
    if (elements > 2) {
        if (mm_id_is_nil(&stamp->fresh))
            mm_write_nil(out);
        else
            mm_write_id(out, &stamp->fresh);
    }
    if (elements > 3)
        mm_write_str(out, stamp->candidates);
}

static mm_slice_t read_number(mm_cursor_t *cursor)
{
    mm_type_t type = mm_cursor_peek(cursor);

    if (mm_cursor_take_nil(cursor))
        return (mm_slice_t){NULL, 0};
    if (type != MM_TYPE_IS_INT && type != MM_TYPE_IS_FLOAT)
        cursor->failed = true;
    return mm_cursor_skip(cursor);
}

static bool are_room_ids(mm_text_t text)
{
    if (text.len == 0 || text.len > CANDIDATES_BYTES || text.len % MM_ROOM_ID_CHARS != 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
            return false;
    }
    return true;
}

static mm_text_t read_candidates(mm_cursor_t *cursor)
{
    if (mm_cursor_take_nil(cursor))
        return (mm_text_t){NULL, 0};
    mm_text_t text = mm_cursor_str(cursor);
    if (cursor->failed || !are_room_ids(text)) {
        cursor->failed = true;
        return (mm_text_t){NULL, 0};
    }
    return text;
}

mm_stamp_t mm_stamp_read(mm_cursor_t *cursor)
{
    mm_stamp_t stamp = {0};
    uint32_t elements = mm_cursor_array(cursor);

    if (elements == 0)
        cursor->failed = true;
    stamp.time_ms = mm_cursor_i64(cursor);
    if (stamp.time_ms < 0 || stamp.time_ms > MM_TIME_MAX_MS)
        cursor->failed = true;
    if (elements > 1)
        stamp.client_time = read_number(cursor);
    if (elements > 2 && !mm_cursor_take_nil(cursor))
        stamp.fresh = mm_cursor_id(cursor);
    if (elements > 3)
        stamp.candidates = read_candidates(cursor);
    /* A later version may say more; it is passed over. */
    for (uint32_t i = ELEMENTS; i < elements && !cursor->failed; i++)
        (void)mm_cursor_skip(cursor);
    if (cursor->failed)
        return (mm_stamp_t){0};
    return stamp;
}

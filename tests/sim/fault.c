/* See fault.h.  Frames are taken apart with the product's own readers, changed and put together again, so that nothing but the fault
 * is different. */
#include "sim.h"

#include <assert.h>
#include <string.h>

enum { UNACKED = 50, ENTRIES_MAX = MM_BATCH_ENTRIES + 1 };

static const char *const names[] = {
#define FAULT(NAME, name, doc) name,
#include "fault.def"
#undef FAULT
};

static const char *const docs[] = {
#define FAULT(NAME, name, doc) doc,
#include "fault.def"
#undef FAULT
};

const char *sim_fault_name(sim_fault_t fault)
{
    return names[fault];
}

const char *sim_fault_doc(sim_fault_t fault)
{
    return docs[fault];
}

sim_fault_t sim_fault_by_name(const char *name)
{
    int fault = 0;

    while (fault < SIM_FAULT_LIMIT && strcmp(names[fault], name) != 0)
        fault++;
    return (sim_fault_t)fault;
}

bool sim_fault_strikes(sim_t *sim, sim_fault_t fault, int permille)
{
    if (sim->fault != fault || !sim_random_chance(&sim->random, permille))
        return false;
    sim->faults++;
    SIM_SAY(sim, "FAULT: %s", docs[fault]);
    return true;
}

size_t sim_fault_capacity(size_t len)
{
    return 2 * len + 4096;
}

/* --- entries --------------------------------------------------------------------------------- */

/* The recipients and whoever connected after the last of them. */
static mm_slice_t with_neighbour(mm_slice_t recipients, uint8_t *bytes, size_t size)
{
    mm_cursor_t cursor = mm_cursor(recipients);
    mm_writer_t out = mm_writer(bytes, size);
    uint32_t count = mm_cursor_array(&cursor);
    uint64_t number = 0;

    mm_write_array(&out, count + 1);
    for (uint32_t i = 0; i < count; i++)
        mm_write_u64(&out, number = mm_cursor_u64(&cursor));
    mm_write_u64(&out, number + 1);
    return mm_writer_slice(&out);
}

static void write_changed(sim_t *sim, mm_downward_t *entry, mm_writer_t *out)
{
    uint8_t bytes[4096], time[16];
    mm_writer_t later = mm_writer(time, sizeof time);
    mm_cursor_t was = mm_cursor(entry->time);

    if (sim_fault_strikes(sim, SIM_FAULT_RECIPIENT_EXTRA, 30)) {
        entry->recipients = with_neighbour(entry->recipients, bytes, sizeof bytes);
    } else if (sim_fault_strikes(sim, SIM_FAULT_RECIPIENT_LOST, 30)) {
        bytes[0] = 0x90;
        entry->recipients = (mm_slice_t){bytes, 1};
    } else if ((entry->spec->msg == MM_MSG_CHAT &&
                sim_fault_strikes(sim, SIM_FAULT_CHAT_RESTAMPED, 100)) ||
               (entry->spec->msg == MM_MSG_OFFER &&
                sim_fault_strikes(sim, SIM_FAULT_RELAY_RESTAMPED, 300))) {
        mm_write_i64(&later, mm_cursor_i64(&was) + 1);
        entry->time = mm_writer_slice(&later);
    }
    mm_downward_write(entry, out);
}

static mm_err_t rewrite_downward(sim_t *sim, mm_cursor_t *cursor, mm_writer_t *out)
{
    static mm_downward_t entries[ENTRIES_MAX];
    size_t count = 0;

    while (!mm_cursor_at_end(cursor)) {
        assert(count < ENTRIES_MAX);
        if (mm_downward_read(cursor, &entries[count++]) != MM_OK)
            return MM_ERR_MALFORMED;
    }
    for (size_t i = 0; i + 1 < count; i++) {
        uint64_t number = entries[i].number;
        mm_downward_t entry = entries[i];
        if (!sim_fault_strikes(sim, SIM_FAULT_ENTRIES_SWAPPED, 50))
            continue;
        entries[i] = entries[i + 1];
        entries[i].number = number;
        entry.number = number + 1;
        entries[i + 1] = entry;
    }
    for (size_t i = 0; i < count; i++)
        write_changed(sim, &entries[i], out);
    return MM_OK;
}

static mm_err_t rewrite_upward(sim_t *sim, mm_cursor_t *cursor, mm_writer_t *out)
{
    uint8_t bytes[256];
    mm_writer_t body;
    struct mm_flow flow;
    mm_fault_t blame;
    mm_upward_t entry;

    while (!mm_cursor_at_end(cursor)) {
        if (mm_upward_read(cursor, &entry) != MM_OK)
            return MM_ERR_MALFORMED;
        if (entry.spec->msg == MM_MSG_FLOW && sim_fault_strikes(sim, SIM_FAULT_FLOW_LOST, 1000) &&
            mm_message_read(entry.spec, entry.body, &flow, &blame) == MM_OK) {
            flow.total = 0;
            body = mm_writer(bytes, sizeof bytes);
            mm_message_write(entry.spec, &flow, &body);
            entry.body = mm_writer_slice(&body);
        }
        mm_upward_write(&entry, out);
    }
    return MM_OK;
}

/* --- frames ----------------------------------------------------------------------------------- */

/* Everything is acknowledged but one entry. */
static void lose_ack(sim_t *sim, mm_header_t *header)
{
    if (header->mark < UNACKED || !sim_fault_strikes(sim, SIM_FAULT_ACK_LOST, 1000))
        return;
    memmove(&header->ranges[1], &header->ranges[0], (MM_RANGES_MAX - 1) * sizeof header->ranges[0]);
    if (header->mark > UNACKED) {
        header->ranges[0] = (mm_range_t){UNACKED + 1, header->mark};
        header->range_count += header->range_count < MM_RANGES_MAX;
    }
    header->mark = UNACKED - 1;
}

mm_slice_t sim_fault_rewrite(sim_t *sim, bool is_upward, mm_slice_t frame, uint8_t *buffer)
{
    mm_cursor_t cursor = mm_cursor(frame);
    mm_writer_t out = mm_writer(buffer, sim_fault_capacity(frame.len));
    mm_header_t header;
    mm_err_t err = MM_OK;

    if (sim->fault == SIM_FAULT_NONE || mm_header_read(&cursor, &header) != MM_OK)
        return frame;
    if (is_upward)
        lose_ack(sim, &header);
    mm_header_write(&header, &out);
    if (header.kind != MM_FRAME_DATA) {
        mm_write_raw(&out, (mm_slice_t){cursor.at, (size_t)(cursor.end - cursor.at)});
        return mm_writer_slice(&out);
    }
    err = is_upward ? rewrite_upward(sim, &cursor, &out) : rewrite_downward(sim, &cursor, &out);
    if (err != MM_OK) {
        sim_fail(sim, "a frame cannot be read");
        return frame;
    }
    assert(!out.overflow);
    return mm_writer_slice(&out);
}

/* A browser's message: one pass over its members, then the table is applied to the index of them.
 *
 * The members every message has are taken back from the output as soon as they are read: the type
 * becomes a row, the room is kept for a join, the timestamp goes behind the body.  What is left is
 * the body but for its header, so mostly nothing is moved. */
#include <string.h>

#include "proto/json_reader.h"

enum { HEADER = 3 }; /* room for the body's map16; a shorter one uses its last byte */
enum { NUMBER_SIZE = 9 };

enum base { BASE_TYPE, BASE_ROOM, BASE_PARTICIPANT, BASE_TIMESTAMP, BASE_LIMIT };

/* Members of every message, so in no row of messages.def; and the one member that names
 * another participant, wherever a row has it. */
static const char *const base_wires[BASE_LIMIT] = {"type", "roomId", "participantId", "timestamp"};
static const size_t base_lens[BASE_LIMIT] = {4, 6, 13, 9};
static const char target_wire[] = "targetId";

typedef struct member {
    mm_text_t key;     /* in the output */
    mm_slice_t value;  /* in the output */
    size_t json_bytes; /* of the value as it was sent */
    bool is_dropped;
} member_t;

typedef struct intake {
    mm_json_reader_t reader;
    size_t member_count;
    unsigned times[BASE_LIMIT]; /* how often each base member stands there */
    mm_type_t types[BASE_LIMIT];
    const mm_spec_t *spec;
    mm_text_t room; /* longer than any room id may be: cut off */
    char room_copy[65];
    uint8_t timestamp[NUMBER_SIZE];
    size_t timestamp_len;
    member_t members[MM_JSON_MEMBERS]; /* those of the body */
} intake_t;

/* --- the pass ------------------------------------------------------------------------------ */

static int find_base(mm_text_t key)
{
    for (int base = 0; base < BASE_LIMIT; base++)
        if (key.len == base_lens[base] && memcmp(key.ptr, base_wires[base], key.len) == 0)
            return base;
    return -1;
}

/* Keeps what is needed of a base member's value, which will be overwritten. */
static void keep_base(intake_t *intake, int base, mm_slice_t value)
{
    mm_cursor_t cursor = mm_cursor(value);
    mm_type_t type = mm_cursor_peek(&cursor);

    intake->times[base]++;
    intake->types[base] = type;
    if (base == BASE_TYPE && type == MM_TYPE_IS_STR) {
        intake->spec = mm_spec_by_wire(mm_cursor_str(&cursor));
    } else if (base == BASE_ROOM && type == MM_TYPE_IS_STR) {
        mm_text_t room = mm_cursor_str(&cursor);
        size_t len = room.len < sizeof intake->room_copy ? room.len : sizeof intake->room_copy;
        memcpy(intake->room_copy, room.ptr, len);
        intake->room = (mm_text_t){intake->room_copy, len};
    } else if (base == BASE_TIMESTAMP && (type == MM_TYPE_IS_INT || type == MM_TYPE_IS_FLOAT)) {
        memcpy(intake->timestamp, value.ptr, value.len);
        intake->timestamp_len = value.len;
    }
}

/* A target in the only form that prints back as it was sent travels in 16 bytes. */
static void shorten_target(mm_writer_t *out, size_t mark)
{
    mm_cursor_t cursor = mm_cursor((mm_slice_t){out->bytes + mark, out->size - mark});
    char printed[MM_ID_CHARS];
    mm_id_t id;

    if (mm_cursor_peek(&cursor) != MM_TYPE_IS_STR)
        return;
    mm_text_t sent = mm_cursor_str(&cursor);
    if (!mm_id_parse(sent, &id))
        return;
    mm_id_print(&id, printed);
    if (!mm_text_equal(sent, (mm_text_t){printed, sizeof printed}))
        return;
    out->size = mark;
    mm_write_id(out, &id);
}

static bool read_member(intake_t *intake, size_t key_mark, mm_text_t key)
{
    mm_json_reader_t *reader = &intake->reader;
    size_t mark = reader->out.size;

    mm_json_reader_peek(reader);
    const uint8_t *start = reader->at;
    if (!mm_json_reader_value(reader, 1) || !mm_json_reader_is_ok(reader))
        return false;
    size_t json_bytes = (size_t)(reader->at - start);
    int base = find_base(key);
    if (base >= 0) {
        keep_base(intake, base, (mm_slice_t){reader->out.bytes + mark, reader->out.size - mark});
        reader->out.size = key_mark;
        return true;
    }
    if (mm_text_is(key, target_wire))
        shorten_target(&reader->out, mark);
    intake->members[intake->member_count++] = (member_t){
        .key = key,
        .value = {reader->out.bytes + mark, reader->out.size - mark},
        .json_bytes = json_bytes,
    };
    return true;
}

/* Reads the whole text.  What is no object is read too, to tell NOT_OBJECT from NOT_JSON. */
static mm_err_t read_text(intake_t *intake, mm_text_t json, mm_fault_t *fault)
{
    mm_json_reader_t *reader = &intake->reader;
    bool is_object = mm_json_reader_peek(reader) == '{';
    uint32_t count = 0;
    mm_text_t key;

    if (is_object) {
        size_t mark = reader->out.size;
        while (mm_json_reader_next(reader, &count, &key) && read_member(intake, mark, key))
            mark = reader->out.size;
    } else {
        mm_json_reader_value(reader, 0);
    }
    mm_err_t err = mm_json_reader_finish(reader, json);
    if (err == MM_OK && !is_object) {
        reader->reason = MM_REASON_NOT_OBJECT;
        err = MM_ERR_INVALID_MESSAGE;
    }
    fault->reason = reader->reason;
    return err;
}

/* --- the table ----------------------------------------------------------------------------- */

static mm_err_t blame(mm_fault_t *fault, mm_reason_t reason, const char *field)
{
    *fault = (mm_fault_t){reason, field};
    return reason == MM_REASON_NONE ? MM_OK : MM_ERR_INVALID_MESSAGE;
}

/* Null counts as absent. */
static bool has_base(const intake_t *intake, enum base base)
{
    return intake->times[base] > 0 && intake->types[base] != MM_TYPE_IS_NIL;
}

static mm_err_t settle_type(const intake_t *intake, const mm_spec_t **spec, mm_fault_t *fault)
{
    const char *wire = base_wires[BASE_TYPE];

    if (intake->times[BASE_TYPE] > 1)
        return blame(fault, MM_REASON_DUPLICATE, wire);
    if (!has_base(intake, BASE_TYPE))
        return blame(fault, MM_REASON_MISSING, wire);
    if (intake->types[BASE_TYPE] != MM_TYPE_IS_STR)
        return blame(fault, MM_REASON_WRONG_TYPE, wire);
    if (intake->spec == NULL || (intake->spec->senders & MM_BY_ANYONE) == 0)
        return MM_ERR_UNKNOWN_MESSAGE_TYPE;
    *spec = intake->spec;
    return MM_OK;
}

static mm_err_t check_base(const intake_t *intake, mm_fault_t *fault)
{
    for (enum base base = BASE_ROOM; base < BASE_LIMIT; base++) {
        bool is_right = base == BASE_TIMESTAMP ? intake->timestamp_len > 0
                                               : intake->types[base] == MM_TYPE_IS_STR;
        if (intake->times[base] > 1)
            return blame(fault, MM_REASON_DUPLICATE, base_wires[base]);
        if (has_base(intake, base) && !is_right)
            return blame(fault, MM_REASON_WRONG_TYPE, base_wires[base]);
    }
    return MM_OK;
}

/* A field that is a base member too: the room of a join. */
static bool is_room(const mm_field_t *field)
{
    return field->kind == MM_KIND_ROOM && mm_text_is(mm_text(field->wire), base_wires[BASE_ROOM]);
}

static mm_reason_t check_room(const intake_t *intake, const mm_field_t *field)
{
    uint8_t bytes[sizeof intake->room_copy + HEADER];
    mm_writer_t writer = mm_writer(bytes, sizeof bytes);

    if (!has_base(intake, BASE_ROOM))
        return field->need == MM_NEED_REQ ? MM_REASON_MISSING : MM_REASON_NONE;
    mm_write_str(&writer, intake->room);
    return mm_field_check(field, mm_writer_slice(&writer));
}

static mm_reason_t check_member(const mm_field_t *field, const member_t *member)
{
    if (field->kind == MM_KIND_RAW && member->json_bytes > (uint64_t)field->max)
        return MM_REASON_TOO_LONG;
    return mm_field_check(field, member->value);
}

static mm_reason_t check_field(intake_t *intake, const mm_field_t *field)
{
    member_t *found = NULL;

    if (is_room(field))
        return check_room(intake, field);
    for (size_t i = 0; i < intake->member_count; i++) {
        if (!mm_text_is(intake->members[i].key, field->wire))
            continue;
        if (found != NULL)
            return MM_REASON_DUPLICATE;
        found = &intake->members[i];
    }
    if (found == NULL)
        return field->need == MM_NEED_REQ ? MM_REASON_MISSING : MM_REASON_NONE;
    found->is_dropped = field->need == MM_NEED_SET;
    return found->is_dropped ? MM_REASON_NONE : check_member(field, found);
}

static mm_id_t find_target(const intake_t *intake)
{
    mm_id_t target = {{0}};

    for (size_t i = 0; i < intake->member_count; i++) {
        if (!mm_text_is(intake->members[i].key, target_wire))
            continue;
        mm_cursor_t cursor = mm_cursor(intake->members[i].value);
        if (mm_cursor_peek(&cursor) == MM_TYPE_IS_BIN)
            target = mm_cursor_id(&cursor);
        else
            mm_id_parse(mm_cursor_str(&cursor), &target); /* upper case is an id as well */
    }
    return target;
}

/* --- the body ------------------------------------------------------------------------------ */

/* Closes the gaps that dropped members leave; returns how many stay. */
static uint32_t drop_members(intake_t *intake)
{
    mm_writer_t *out = &intake->reader.out;
    uint8_t *to = out->bytes + HEADER;
    const uint8_t *from = to;
    uint32_t kept = 0;

    for (size_t i = 0; i < intake->member_count; i++) {
        const member_t *member = &intake->members[i];
        size_t len = (size_t)(member->value.ptr + member->value.len - from);
        if (!member->is_dropped) {
            if (to != from)
                memmove(to, from, len);
            to += len;
            kept++;
        }
        from += len;
    }
    out->size = (size_t)(to - out->bytes);
    return kept;
}

static uint32_t add_room(intake_t *intake, const mm_spec_t *spec)
{
    for (const mm_field_t *field = spec->fields; field->wire != NULL; field++) {
        if (is_room(field) && has_base(intake, BASE_ROOM)) {
            mm_write_str(&intake->reader.out, mm_text(field->wire));
            mm_write_str(&intake->reader.out, intake->room);
            return 1;
        }
    }
    return 0;
}

/* Writes the map's header so that it ends where the first member begins. */
static uint8_t *put_header(uint8_t *out, uint32_t pairs)
{
    if (pairs < 16) {
        out[HEADER - 1] = (uint8_t)(0x80 | pairs);
        return out + HEADER - 1;
    }
    out[0] = 0xde;
    out[1] = (uint8_t)(pairs >> 8);
    out[2] = (uint8_t)pairs;
    return out;
}

static mm_err_t finish_body(intake_t *intake, mm_slice_t extra, mm_inbound_t *message)
{
    mm_writer_t *out = &intake->reader.out;
    uint32_t pairs = drop_members(intake);

    pairs += add_room(intake, message->spec);
    if (message->spec->msg == MM_MSG_JOIN && extra.len > 0) {
        mm_write_raw(out, extra);
        pairs++;
    }
    size_t body_end = out->size;
    mm_write_raw(out, (mm_slice_t){intake->timestamp, intake->timestamp_len});
    if (out->overflow)
        return MM_ERR_TOO_LARGE;
    message->body.ptr = put_header(out->bytes, pairs);
    message->body.len = (size_t)(out->bytes + body_end - message->body.ptr);
    message->has_timestamp = intake->timestamp_len > 0;
    message->timestamp = (mm_slice_t){out->bytes + body_end, intake->timestamp_len};
    return MM_OK;
}

mm_err_t mm_json_read_message(mm_text_t json, size_t small_limit, mm_slice_t extra, uint8_t *out,
                              size_t capacity, mm_inbound_t *out_message, mm_fault_t *fault)
{
    intake_t intake; /* the index is not cleared: some kilobytes */
    mm_err_t err;

    memset(&intake, 0, offsetof(intake_t, members));
    *out_message = (mm_inbound_t){.json_bytes = json.len};
    *fault = (mm_fault_t){MM_REASON_NONE, NULL};
    if (capacity < HEADER)
        return MM_ERR_TOO_LARGE;
    intake.reader = mm_json_reader(json, out, capacity);
    intake.reader.out.size = HEADER;

    if ((err = read_text(&intake, json, fault)) != MM_OK ||
        (err = settle_type(&intake, &out_message->spec, fault)) != MM_OK)
        return err;
    const mm_spec_t *spec = out_message->spec;
    if (json.len > small_limit && (spec->flags & MM_LARGE) == 0)
        return blame(fault, MM_REASON_MESSAGE_TOO_LARGE, NULL);
    if ((err = check_base(&intake, fault)) != MM_OK)
        return err;
    for (const mm_field_t *field = spec->fields; field->wire != NULL; field++)
        if ((err = blame(fault, check_field(&intake, field), field->wire)) != MM_OK)
            return err;
    *fault = (mm_fault_t){MM_REASON_NONE, NULL};
    if ((spec->flags & MM_TARGETED) != 0)
        out_message->target = find_target(&intake);
    return finish_body(&intake, extra, out_message);
}

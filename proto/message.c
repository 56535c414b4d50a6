#include "proto/message.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "proto/json.h"

/* --- the table as constants ---------------------------------------------------------------- */

enum { /* the words of messages.def */
       BY_ANYONE = MM_BY_ANYONE,
       BY_MEMBER = MM_BY_MEMBER,
       BY_MODERATOR = MM_BY_MODERATOR,
       BY_GATEWAY = MM_BY_GATEWAY,
       BY_ADMIN = MM_BY_ADMIN,
       BY_BROKER = MM_BY_BROKER,
       PASSES = MM_PASSES,
       TARGETED = MM_TARGETED,
       LARGE = MM_LARGE,
       REPEATED = MM_REPEATED,
       UNBOUND = MM_UNBOUND,
       RELEASES = MM_RELEASES,
       GUESSES = MM_GUESSES,
       EVENT = MM_EVENT
};

enum { FIELDS_MAX = 32 }; /* bits of `present` */

#define MESSAGE(number, NAME, name, wire, senders, rate, flags, refusal, doc)                      \
    _Static_assert((number) > 0 && (number) < MM_MSG_LIMIT, "number of " #name);                   \
    _Static_assert(sizeof(struct mm_##name) <= MM_MESSAGE_SIZE_MAX, "size of " #name);             \
    _Static_assert((int)mm_bits_##name##_limit <= FIELDS_MAX, "fields of " #name);                 \
    static const mm_field_t fields_##name[] = {
#define FIELD(msg, member, wire, kind, need, min, max)                                             \
    {wire, MM_KIND_##kind, MM_NEED_##need, min, max, NULL, offsetof(struct mm_##msg, member)},
#define CHOICE(msg, member, wire, need, choices)                                                   \
    {wire, MM_KIND_CHOICE, MM_NEED_##need, 0, 0, choices, offsetof(struct mm_##msg, member)},
#define END(NAME, name)                                                                            \
    {                                                                                              \
        .wire = NULL                                                                               \
    }                                                                                              \
    }                                                                                              \
    ;
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef CHOICE
#undef END

static const mm_spec_t specs[MM_MSG_LIMIT] = {
#define MESSAGE(number, NAME, name, wire, senders, rate, flags, refusal, doc)                      \
    [number] = {MM_MSG_##NAME, #name,   wire, senders,       MM_##rate,                            \
                flags,         refusal, doc,  fields_##name, sizeof(struct mm_##name)},
#define FIELD(msg, member, wire, kind, need, min, max)
#define CHOICE(msg, member, wire, need, choices)
#define END(NAME, name)
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef CHOICE
#undef END
};

const mm_spec_t *mm_spec(mm_msg_t msg)
{
    if ((unsigned)msg >= MM_MSG_LIMIT || specs[msg].msg == MM_MSG_NONE)
        return NULL;
    return &specs[msg];
}

/* The rows by wire name: shorter names first, those of one length by their bytes. */
static const mm_spec_t *by_wire[MM_MSG_LIMIT];
static size_t by_wire_count;
static once_flag by_wire_once = ONCE_FLAG_INIT;

static int compare_wires(mm_text_t a, mm_text_t b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return memcmp(a.ptr, b.ptr, a.len);
}

static int compare_specs(const void *a, const void *b)
{
    const mm_spec_t *const *left = a, *const *right = b;

    return compare_wires(mm_text((*left)->wire), mm_text((*right)->wire));
}

static int compare_to_spec(const void *wire, const void *row)
{
    const mm_text_t *text = wire;
    const mm_spec_t *const *spec = row;

    return compare_wires(*text, mm_text((*spec)->wire));
}

static void sort_by_wire(void)
{
    for (size_t number = 0; number < MM_MSG_LIMIT; number++)
        if (specs[number].msg != MM_MSG_NONE)
            by_wire[by_wire_count++] = &specs[number];
    qsort(by_wire, by_wire_count, sizeof by_wire[0], compare_specs);
}

const mm_spec_t *mm_spec_by_wire(mm_text_t wire)
{
    call_once(&by_wire_once, sort_by_wire);
    if (wire.len == 0)
        return NULL;
    const mm_spec_t **found =
        bsearch(&wire, by_wire, by_wire_count, sizeof by_wire[0], compare_to_spec);
    return found == NULL ? NULL : *found;
}

/* --- checking ------------------------------------------------------------------------------ */

static const double exact_max = 9007199254740992.0; /* 2^53 */

/* JSON does not tell 1e3 from 1000, so a float that is a whole number is an integer here. */
static mm_reason_t read_int(mm_slice_t value, int64_t *out)
{
    mm_cursor_t cursor = mm_cursor(value);

    *out = 0;
    if (mm_cursor_peek(&cursor) == MM_TYPE_IS_FLOAT) {
        double number = mm_cursor_number(&cursor);
        if (!(number == floor(number)) || isinf(number))
            return MM_REASON_WRONG_TYPE;
        if (fabs(number) > exact_max)
            return MM_REASON_OUT_OF_BOUNDS;
        *out = (int64_t)number;
        return MM_REASON_NONE;
    }
    *out = mm_cursor_i64(&cursor); /* fails above INT64_MAX */
    return cursor.failed ? MM_REASON_OUT_OF_BOUNDS : MM_REASON_NONE;
}

static mm_reason_t check_int(const mm_field_t *field, mm_slice_t value, mm_type_t type)
{
    int64_t number;

    if (type != MM_TYPE_IS_INT && type != MM_TYPE_IS_FLOAT)
        return MM_REASON_WRONG_TYPE;
    mm_reason_t reason = read_int(value, &number);
    if (reason == MM_REASON_NONE && (number < field->min || number > field->max))
        return MM_REASON_OUT_OF_BOUNDS;
    return reason;
}

static mm_reason_t check_length(const mm_field_t *field, size_t length)
{
    if (length < (uint64_t)field->min)
        return MM_REASON_TOO_SHORT;
    return length > (uint64_t)field->max ? MM_REASON_TOO_LONG : MM_REASON_NONE;
}

static mm_reason_t check_chars(const mm_field_t *field, mm_text_t text)
{
    /* A character has one to four bytes: mostly the bytes decide, and nothing is counted. */
    if (text.len <= (uint64_t)field->max && text.len / 4 >= (uint64_t)field->min)
        return MM_REASON_NONE;
    return check_length(field, mm_text_chars(text));
}

static mm_reason_t check_room(const mm_field_t *field, mm_text_t room)
{
    mm_reason_t reason = check_length(field, room.len);

    for (size_t i = 0; i < room.len && reason == MM_REASON_NONE; i++) {
        char c = room.ptr[i];
        bool is_good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
        if (!is_good)
            reason = MM_REASON_BAD_ROOM_ID;
    }
    return reason;
}

/* Position of a word in "a|b|c"; -1 when it is none of them. */
static int find_choice(const char *choices, mm_text_t word)
{
    for (int index = 0;; index++) {
        size_t len = strcspn(choices, "|");
        if (mm_text_equal(word, (mm_text_t){choices, len}))
            return index;
        if (choices[len] == '\0')
            return -1;
        choices += len + 1;
    }
}

static mm_text_t get_choice(const char *choices, int index)
{
    for (; index > 0; index--) {
        choices += strcspn(choices, "|");
        assert(*choices == '|');
        choices++;
    }
    return (mm_text_t){choices, strcspn(choices, "|")};
}

/* The kinds that are strings. */
static mm_reason_t check_text(const mm_field_t *field, mm_text_t text)
{
    switch (field->kind) {
    case MM_KIND_CHARS:
        return check_chars(field, text);
    case MM_KIND_TRIMMED:
        return check_chars(field, mm_text_trim(text));
    case MM_KIND_ROOM:
        return check_room(field, text);
    case MM_KIND_CHOICE:
        return find_choice(field->choices, text) < 0 ? MM_REASON_NOT_A_CHOICE : MM_REASON_NONE;
    case MM_KIND_BYTES:
    case MM_KIND_ID:
        return check_length(field, text.len);
    case MM_KIND_BOOL:
    case MM_KIND_INT:
    case MM_KIND_NUM:
    case MM_KIND_RAW:
    case MM_KIND_BLOB:
        break;
    }
    assert(false && "a kind that is no text");
    return MM_REASON_WRONG_TYPE;
}

/* An id that no browser writes (bounds 16, 16) is never a string. */
static bool may_be_string(const mm_field_t *field)
{
    return field->kind != MM_KIND_ID || field->max != (int64_t)sizeof(mm_id_t);
}

mm_reason_t mm_field_check(const mm_field_t *field, mm_slice_t value)
{
    mm_cursor_t cursor = mm_cursor(value);
    mm_type_t type = mm_cursor_peek(&cursor);

    if (type == MM_TYPE_IS_NIL && field->kind != MM_KIND_RAW)
        return field->need == MM_NEED_REQ ? MM_REASON_MISSING : MM_REASON_NONE;
    switch (field->kind) {
    case MM_KIND_BOOL:
        return type == MM_TYPE_IS_BOOL ? MM_REASON_NONE : MM_REASON_WRONG_TYPE;
    case MM_KIND_INT:
        return check_int(field, value, type);
    case MM_KIND_NUM:
        return type == MM_TYPE_IS_INT || type == MM_TYPE_IS_FLOAT ? MM_REASON_NONE
                                                                  : MM_REASON_WRONG_TYPE;
    case MM_KIND_RAW: /* the bounds are of the JSON, which was counted where it was read */
        return value.len > (uint64_t)MM_JSON_DECODED_MAX(field->max) ? MM_REASON_TOO_LONG
                                                                     : MM_REASON_NONE;
    case MM_KIND_BLOB:
        return type == MM_TYPE_IS_BIN ? check_length(field, mm_cursor_bin(&cursor).len)
                                      : MM_REASON_WRONG_TYPE;
    case MM_KIND_ID:
        if (type == MM_TYPE_IS_BIN)
            return mm_cursor_bin(&cursor).len == sizeof(mm_id_t) ? MM_REASON_NONE
                                                                 : MM_REASON_WRONG_TYPE;
        break;
    case MM_KIND_CHARS:
    case MM_KIND_TRIMMED:
    case MM_KIND_BYTES:
    case MM_KIND_ROOM:
    case MM_KIND_CHOICE:
        break;
    }
    if (type != MM_TYPE_IS_STR || !may_be_string(field))
        return MM_REASON_WRONG_TYPE;
    return check_text(field, mm_cursor_str(&cursor));
}

/* --- reading ------------------------------------------------------------------------------- */

static void *member_of(void *message, const mm_field_t *field)
{
    return (unsigned char *)message + field->offset;
}

static void store_text(const mm_field_t *field, mm_text_t text, void *member)
{
    if (field->kind == MM_KIND_CHOICE)
        *(int *)member = find_choice(field->choices, text);
    else if (field->kind == MM_KIND_ID)
        mm_id_parse(text, member);
    else
        *(mm_text_t *)member = field->kind == MM_KIND_TRIMMED ? mm_text_trim(text) : text;
}

/* Stores a value that mm_field_check let pass. */
static void store(const mm_field_t *field, mm_slice_t value, void *member)
{
    mm_cursor_t cursor = mm_cursor(value);

    switch (field->kind) {
    case MM_KIND_BOOL:
        *(bool *)member = mm_cursor_bool(&cursor);
        break;
    case MM_KIND_INT:
        read_int(value, member);
        break;
    case MM_KIND_NUM:
        *(double *)member = mm_cursor_number(&cursor);
        break;
    case MM_KIND_RAW:
        *(mm_slice_t *)member = value;
        break;
    case MM_KIND_BLOB:
        *(mm_slice_t *)member = mm_cursor_bin(&cursor);
        break;
    case MM_KIND_ID:
    case MM_KIND_CHARS:
    case MM_KIND_TRIMMED:
    case MM_KIND_BYTES:
    case MM_KIND_ROOM:
    case MM_KIND_CHOICE:
        if (mm_cursor_peek(&cursor) == MM_TYPE_IS_BIN)
            *(mm_id_t *)member = mm_cursor_id(&cursor);
        else
            store_text(field, mm_cursor_str(&cursor), member);
        break;
    }
}

/* The value of each field where the body has it; `times` counts it. */
typedef struct found {
    mm_slice_t value;
    unsigned times;
} found_t;

/* Finds the fields of a row in a body.  False when the body is no map and nothing but a map. */
static bool find_fields(const mm_spec_t *spec, mm_slice_t body, found_t found[FIELDS_MAX])
{
    mm_cursor_t cursor = mm_cursor(body);

    for (uint32_t left = mm_cursor_map(&cursor); left > 0 && !cursor.failed; left--) {
        bool is_named = mm_cursor_peek(&cursor) == MM_TYPE_IS_STR;
        mm_text_t name = {NULL, 0};
        if (is_named)
            name = mm_cursor_str(&cursor);
        else
            mm_cursor_skip(&cursor);
        mm_slice_t value = mm_cursor_skip(&cursor);
        for (size_t i = 0; is_named && spec->fields[i].wire != NULL; i++) {
            if (mm_text_is(name, spec->fields[i].wire)) {
                found[i].value = value;
                found[i].times++;
            }
        }
    }
    return !cursor.failed && mm_cursor_at_end(&cursor);
}

static bool is_nil(mm_slice_t value)
{
    mm_cursor_t cursor = mm_cursor(value);

    return mm_cursor_peek(&cursor) == MM_TYPE_IS_NIL;
}

static mm_reason_t check_utf8(mm_slice_t value)
{
    mm_cursor_t cursor = mm_cursor(value);
    bool is_string = mm_cursor_peek(&cursor) == MM_TYPE_IS_STR;

    return is_string && !mm_text_is_utf8(mm_cursor_str(&cursor)) ? MM_REASON_UTF8 : MM_REASON_NONE;
}

static mm_reason_t check_found(const mm_field_t *field, const found_t *found)
{
    if (found->times > 1)
        return MM_REASON_DUPLICATE;
    if (found->times == 0)
        return field->need == MM_NEED_REQ ? MM_REASON_MISSING : MM_REASON_NONE;
    mm_reason_t reason = check_utf8(found->value);
    return reason == MM_REASON_NONE ? mm_field_check(field, found->value) : reason;
}

mm_err_t mm_message_read(const mm_spec_t *spec, mm_slice_t body, void *out, mm_fault_t *fault)
{
    found_t found[FIELDS_MAX] = {{{NULL, 0}, 0}};
    uint32_t present = 0;

    memset(out, 0, spec->size);
    *fault = (mm_fault_t){MM_REASON_NONE, NULL};
    if (!find_fields(spec, body, found))
        return MM_ERR_MALFORMED;
    for (size_t i = 0; spec->fields[i].wire != NULL; i++) {
        const mm_field_t *field = &spec->fields[i];
        fault->reason = check_found(field, &found[i]);
        if (fault->reason != MM_REASON_NONE) {
            fault->field = field->wire;
            return MM_ERR_INVALID_MESSAGE;
        }
        if (found[i].times == 0 || (is_nil(found[i].value) && field->kind != MM_KIND_RAW))
            continue;
        store(field, found[i].value, member_of(out, field));
        present |= UINT32_C(1) << i;
    }
    memcpy(out, &present, sizeof present); /* the first member of every message */
    return MM_OK;
}

/* --- writing ------------------------------------------------------------------------------- */

static void write_raw(mm_slice_t value, mm_writer_t *out)
{
    if (value.len == 0)
        mm_write_nil(out);
    else
        mm_write_raw(out, value);
}

static void write_member(const mm_field_t *field, const void *member, mm_writer_t *out)
{
    switch (field->kind) {
    case MM_KIND_BOOL:
        mm_write_bool(out, *(const bool *)member);
        break;
    case MM_KIND_INT:
        mm_write_i64(out, *(const int64_t *)member);
        break;
    case MM_KIND_NUM:
        mm_write_double(out, *(const double *)member);
        break;
    case MM_KIND_RAW:
        write_raw(*(const mm_slice_t *)member, out);
        break;
    case MM_KIND_BLOB:
        mm_write_bin(out, *(const mm_slice_t *)member);
        break;
    case MM_KIND_ID:
        mm_write_id(out, member);
        break;
    case MM_KIND_CHOICE:
        mm_write_str(out, get_choice(field->choices, *(const int *)member));
        break;
    case MM_KIND_CHARS:
    case MM_KIND_TRIMMED:
    case MM_KIND_BYTES:
    case MM_KIND_ROOM:
        mm_write_str(out, *(const mm_text_t *)member);
        break;
    }
}

void mm_message_write(const mm_spec_t *spec, const void *message, mm_writer_t *out)
{
    const unsigned char *bytes = message;
    uint32_t present, pairs = 0;

    memcpy(&present, message, sizeof present);
    for (size_t i = 0; spec->fields[i].wire != NULL; i++) {
        if (spec->fields[i].need == MM_NEED_REQ)
            present |= UINT32_C(1) << i;
        pairs += present >> i & 1;
    }
    mm_write_map(out, pairs);
    for (size_t i = 0; spec->fields[i].wire != NULL; i++) {
        if ((present >> i & 1) == 0)
            continue;
        mm_write_str(out, mm_text(spec->fields[i].wire));
        write_member(&spec->fields[i], bytes + spec->fields[i].offset, out);
    }
}

/* Made from the table: each field of each row that a browser may send, at its bounds and beside them, of
 * wrong types, null, missing and twice.  What is expected stands here by kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"

enum { JSON_MAX = 4 << 20 };

static char json[JSON_MAX];
static size_t json_len;
static uint8_t out[MM_JSON_DECODED_MAX(JSON_MAX)];
static char value[JSON_MAX / 2];
static size_t tried;

static void add(const char *text)
{
    size_t len = strlen(text);

    assert_true(json_len + len < JSON_MAX);
    memcpy(json + json_len, text, len + 1);
    json_len += len;
}

static void add_member(const char *wire, const char *text)
{
    add(",\"");
    add(wire);
    add("\":");
    add(text);
}

static bool is_text(const mm_field_t *field)
{
    return field->kind == MM_KIND_CHARS || field->kind == MM_KIND_TRIMMED ||
           field->kind == MM_KIND_BYTES || field->kind == MM_KIND_ROOM;
}

/* A string of `count` times `character` (as JSON) between `before` and `after`. */
static const char *string_of(const char *before, const char *character, int64_t count,
                             const char *after)
{
    size_t at = (size_t)sprintf(value, "\"%s", before), len = strlen(character);

    for (; count > 0; count--, at += len)
        memcpy(value + at, character, len);
    sprintf(value + at, "%s\"", after);
    return value;
}

static const char *integer(int64_t number)
{
    sprintf(value, "%lld", (long long)number);
    return value;
}

static const char *first_choice(const mm_field_t *field)
{
    sprintf(value, "\"%.*s\"", (int)strcspn(field->choices, "|"), field->choices);
    return value;
}

static const char *good_value(const mm_field_t *field)
{
    switch (field->kind) {
    case MM_KIND_BOOL:
        return "true";
    case MM_KIND_INT:
    case MM_KIND_NUM:
        return integer(field->min);
    case MM_KIND_ID:
        return "\"01234567-89ab-4def-8123-456789abcdef\"";
    case MM_KIND_RAW:
        return "{\"candidate\":null}";
    case MM_KIND_CHOICE:
        return first_choice(field);
    case MM_KIND_CHARS:
    case MM_KIND_TRIMMED:
    case MM_KIND_BYTES:
    case MM_KIND_ROOM:
        return string_of("", "x", field->min, "");
    case MM_KIND_BLOB:
        break;
    }
    fail_msg("a browser cannot send %s", field->wire);
    return NULL;
}

/* The row's message with `text` as often as said for one field and good values for the others. */
static void make_message(const mm_spec_t *spec, const mm_field_t *tested, const char *text,
                         int times)
{
    char *kept = strdup(text); /* it may lie in `value` */

    json_len = 0;
    add("{\"type\":\"");
    add(spec->wire);
    add("\"");
    for (const mm_field_t *field = spec->fields; field->wire != NULL; field++) {
        if (field == tested)
            for (int i = 0; i < times; i++)
                add_member(field->wire, kept);
        else if (field->need == MM_NEED_REQ)
            add_member(field->wire, good_value(field));
    }
    add("}");
    free(kept);
}

static void expect_times(const mm_spec_t *spec, const mm_field_t *field, const char *text,
                         int times, mm_reason_t expected)
{
    union {
        unsigned char bytes[MM_MESSAGE_SIZE_MAX];
        void *aligned;
    } message;
    mm_inbound_t inbound;
    mm_fault_t fault;
    mm_slice_t none = {NULL, 0};

    tried++;
    make_message(spec, field, text, times);
    mm_err_t err = mm_json_read_message((mm_text_t){json, json_len}, SIZE_MAX, none, out,
                                        MM_JSON_DECODED_MAX(json_len), &inbound, &fault);
    if (fault.reason != expected || (err == MM_OK) != (expected == MM_REASON_NONE))
        fail_msg("%s.%s %.60s (%d times): %s, not %s", spec->wire, field->wire, text, times,
                 mm_reason_text(fault.reason), mm_reason_text(expected));
    assert_ptr_equal(inbound.spec, spec);
    if (err != MM_OK)
        assert_string_equal(fault.field, field->wire);
    else if (mm_message_read(spec, inbound.body, message.bytes, &fault) != MM_OK)
        fail_msg("%s.%s %.60s: refused on the bus", spec->wire, field->wire, text);
}

static void expect(const mm_spec_t *spec, const mm_field_t *field, const char *text,
                   mm_reason_t expected)
{
    expect_times(spec, field, text, 1, expected);
}

static void try_lengths(const mm_spec_t *spec, const mm_field_t *field, const char *character)
{
    if (field->min > 0)
        expect(spec, field, string_of("", character, field->min - 1, ""), MM_REASON_TOO_SHORT);
    expect(spec, field, string_of("", character, field->min, ""), MM_REASON_NONE);
    expect(spec, field, string_of("", character, field->max, ""), MM_REASON_NONE);
    expect(spec, field, string_of("", character, field->max + 1, ""), MM_REASON_TOO_LONG);
}

static void try_chars(const mm_spec_t *spec, const mm_field_t *field)
{
    try_lengths(spec, field, "x");
    try_lengths(spec, field, "\xc3\xa9");
    try_lengths(spec, field, "\xf0\x9f\x98\x80");
    try_lengths(spec, field, "\\ud83d\\ude00");
    try_lengths(spec, field, "\\n\0");
    if (field->kind == MM_KIND_CHARS) {
        expect(spec, field, string_of(" ", "x", field->max - 2, " "), MM_REASON_NONE);
        expect(spec, field, string_of(" ", "x", field->max - 1, " "), MM_REASON_TOO_LONG);
    }
}

static void try_trimmed(const mm_spec_t *spec, const mm_field_t *field)
{
    try_lengths(spec, field, "x");
    try_lengths(spec, field, "\xf0\x9f\x98\x80");
    expect(spec, field, string_of(" \\t\xc2\xa0", "x", field->max, "\\n "), MM_REASON_NONE);
    expect(spec, field, string_of(" ", "x", field->max + 1, " "), MM_REASON_TOO_LONG);
    expect(spec, field, string_of(" ", "\\r", field->max, " "), MM_REASON_TOO_SHORT);
}

static void try_bytes(const mm_spec_t *spec, const mm_field_t *field)
{
    try_lengths(spec, field, "x");
    try_lengths(spec, field, "\\u0041");
    expect(spec, field, string_of("", "\xc3\xa9", field->max / 2, ""), MM_REASON_NONE);
    expect(spec, field, string_of("", "\xc3\xa9", field->max / 2 + 1, ""), MM_REASON_TOO_LONG);
}

static void try_room(const mm_spec_t *spec, const mm_field_t *field)
{
    try_lengths(spec, field, "x");
    try_lengths(spec, field, "\\u005f");
    expect(spec, field, "\"-_09azAZ\"", MM_REASON_NONE);
    expect(spec, field, "\"a b\"", MM_REASON_BAD_ROOM_ID);
    expect(spec, field, "\"a.b\"", MM_REASON_BAD_ROOM_ID);
    expect(spec, field, "\"a\\u0000\"", MM_REASON_BAD_ROOM_ID);
    expect(spec, field, "\"\xc3\xa9\"", MM_REASON_BAD_ROOM_ID);
    expect(spec, field, string_of("", "a", 100000, ""), MM_REASON_TOO_LONG);
}

static void try_int(const mm_spec_t *spec, const mm_field_t *field)
{
    /* the next number that is not the same double */
    int64_t step = field->max >= INT64_C(1) << 53 ? 2 : 1;

    expect(spec, field, integer(field->min - 1), MM_REASON_OUT_OF_BOUNDS);
    expect(spec, field, integer(field->min), MM_REASON_NONE);
    expect(spec, field, integer(field->max), MM_REASON_NONE);
    expect(spec, field, integer(field->max + step), MM_REASON_OUT_OF_BOUNDS);
    expect(spec, field, "1.0", MM_REASON_NONE);
    expect(spec, field, "2e3", MM_REASON_NONE);
    expect(spec, field, "1.5", MM_REASON_WRONG_TYPE);
    expect(spec, field, "1e300", MM_REASON_OUT_OF_BOUNDS);
    expect(spec, field, "-1e300", MM_REASON_OUT_OF_BOUNDS);
    expect(spec, field, "18446744073709551616", MM_REASON_OUT_OF_BOUNDS);
    expect(spec, field, "true", MM_REASON_WRONG_TYPE);
    expect(spec, field, "\"1\"", MM_REASON_WRONG_TYPE);
    expect(spec, field, "[1]", MM_REASON_WRONG_TYPE);
}

static void try_id(const mm_spec_t *spec, const mm_field_t *field)
{
    try_lengths(spec, field, "x");
    expect(spec, field, "\"01234567-89ab-4def-8123-456789abcdef\"", MM_REASON_NONE);
    expect(spec, field, "\"01234567-89AB-4DEF-8123-456789ABCDEF\"", MM_REASON_NONE);
    expect(spec, field, "\"Bob\"", MM_REASON_NONE);
}

/* The bounds of a raw value count what stands in the JSON, its white space too. */
static void try_raw(const mm_spec_t *spec, const mm_field_t *field)
{
    static const char *const values[] = {
        "null", "true", "0",  "1.5",
        "\"\"", "[]",   "{}", "{\"candidate\":null,\"sdpMid\":null,\"a\":\"\"}"};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        expect(spec, field, values[i], MM_REASON_NONE);
    expect(spec, field, string_of("", "x", field->max - 2, ""), MM_REASON_NONE);
    expect(spec, field, string_of("", "x", field->max - 1, ""), MM_REASON_TOO_LONG);
    memset(value, ' ', (size_t)field->max + 1);
    value[0] = '[';
    memcpy(value + field->max - 1, "]", 2);
    expect(spec, field, value, MM_REASON_NONE);
    memcpy(value + field->max - 1, " ]", 3);
    expect(spec, field, value, MM_REASON_TOO_LONG);
    int64_t count = (field->max - 1) / 4; /* what grows most on its way to msgpack */
    for (int64_t i = 0; i < count; i++)
        memcpy(value + 1 + 4 * i, "0.1,", 4);
    memcpy(value + 4 * count, "]", 2);
    expect(spec, field, value, MM_REASON_NONE);
}

static void try_choice(const mm_spec_t *spec, const mm_field_t *field)
{
    const char *choice = field->choices;

    while (*choice != '\0') {
        int len = (int)strcspn(choice, "|");
        sprintf(value, "\"%.*s\"", len, choice);
        expect(spec, field, value, MM_REASON_NONE);
        sprintf(value, "\"%.*s\"", len - 1, choice);
        expect(spec, field, value, MM_REASON_NOT_A_CHOICE);
        sprintf(value, "\"%.*s \"", len, choice);
        expect(spec, field, value, MM_REASON_NOT_A_CHOICE);
        choice += len + (choice[len] == '|');
    }
    sprintf(value, "\"%s\"", field->choices);
    expect(spec, field, value, MM_REASON_NOT_A_CHOICE);
    expect(spec, field, "\"\"", MM_REASON_NOT_A_CHOICE);
}

static void try_bool(const mm_spec_t *spec, const mm_field_t *field)
{
    expect(spec, field, "true", MM_REASON_NONE);
    expect(spec, field, "false", MM_REASON_NONE);
    expect(spec, field, "0", MM_REASON_WRONG_TYPE);
    expect(spec, field, "1", MM_REASON_WRONG_TYPE);
    expect(spec, field, "\"true\"", MM_REASON_WRONG_TYPE);
    expect(spec, field, "[]", MM_REASON_WRONG_TYPE);
}

static void try_kind(const mm_spec_t *spec, const mm_field_t *field)
{
    switch (field->kind) {
    case MM_KIND_BOOL:
        try_bool(spec, field);
        break;
    case MM_KIND_INT:
        try_int(spec, field);
        break;
    case MM_KIND_CHARS:
        try_chars(spec, field);
        break;
    case MM_KIND_TRIMMED:
        try_trimmed(spec, field);
        break;
    case MM_KIND_BYTES:
        try_bytes(spec, field);
        break;
    case MM_KIND_ROOM:
        try_room(spec, field);
        break;
    case MM_KIND_ID:
        try_id(spec, field);
        break;
    case MM_KIND_RAW:
        try_raw(spec, field);
        break;
    case MM_KIND_CHOICE:
        try_choice(spec, field);
        break;
    case MM_KIND_NUM:
    case MM_KIND_BLOB:
        fail_msg("%s.%s has no test", spec->wire, field->wire);
        break;
    }
}

static void try_presence(const mm_spec_t *spec, const mm_field_t *field)
{
    static const char *const types[] = {"1", "true", "[]", "{}"};
    bool is_required = field->need == MM_NEED_REQ;

    expect_times(spec, field, "", 0, is_required ? MM_REASON_MISSING : MM_REASON_NONE);
    expect(spec, field, "null",
           is_required && field->kind != MM_KIND_RAW ? MM_REASON_MISSING : MM_REASON_NONE);
    expect_times(spec, field, good_value(field), 2, MM_REASON_DUPLICATE);
    expect_times(spec, field, "null", 2, MM_REASON_DUPLICATE);
    bool is_string = is_text(field) || field->kind == MM_KIND_ID || field->kind == MM_KIND_CHOICE;
    for (size_t i = 0; is_string && i < sizeof types / sizeof types[0]; i++)
        expect(spec, field, types[i], MM_REASON_WRONG_TYPE);
}

/* The server sets it: whatever a client writes is accepted and dropped. */
static void try_set(const mm_spec_t *spec, const mm_field_t *field)
{
    static const char *const values[] = {"null", "true", "7", "\"x\"", "[{}]"};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        expect(spec, field, values[i], MM_REASON_NONE);
    expect_times(spec, field, "", 0, MM_REASON_NONE);
    expect_times(spec, field, "1", 2, MM_REASON_DUPLICATE);
}

static void every_field_of_every_row_keeps_its_bounds(void **state)
{
    (void)state;
    for (unsigned number = 0; number < MM_MSG_LIMIT; number++) {
        const mm_spec_t *spec = mm_spec((mm_msg_t)number);
        if (spec == NULL || (spec->senders & MM_BY_ANYONE) == 0)
            continue;
        for (const mm_field_t *field = spec->fields; field->wire != NULL; field++) {
            if (field->need == MM_NEED_SET) {
                try_set(spec, field);
            } else {
                try_kind(spec, field);
                try_presence(spec, field);
            }
        }
    }
    print_message("%zu messages tried\n", tried);
    assert_true(tried > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_every_row_keeps_its_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

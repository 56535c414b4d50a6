/* A line of a script as a message: words, ids by name, members by the kinds of the protocol table. */
#include "line.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

mm_id_t line_id(const char *name)
{
    mm_id_t id = {0};

    assert_true(strlen(name) <= sizeof id.bytes);
    memcpy(id.bytes, name, strlen(name));
    return id;
}

void line_split(const char *text, line_t *line)
{
    char *to = line->text;
    bool is_quoted = false;

    assert_true(strlen(text) < sizeof line->text);
    line->count = 0;
    line->words[line->count++] = to;
    for (; *text != 0; text++) {
        if (*text == '\'') {
            is_quoted = !is_quoted;
        } else if (*text == ' ' && !is_quoted) {
            *to++ = 0;
            assert_true(line->count < LINE_WORDS);
            line->words[line->count++] = to;
        } else {
            *to++ = *text;
        }
    }
    *to = 0;
}

const char *line_value(const line_t *line, const char *key)
{
    for (size_t i = 2; i < line->count; i++) {
        size_t len = strlen(key);
        if (strncmp(line->words[i], key, len) == 0 && line->words[i][len] == '=')
            return line->words[i] + len + 1;
    }
    return NULL;
}

static const mm_field_t *field_of(const mm_spec_t *spec, const char *wire)
{
    for (const mm_field_t *field = spec->fields; field->wire != NULL; field++)
        if (strcmp(field->wire, wire) == 0)
            return field;
    return NULL;
}

/* Numbers are written as such, types by their wire name, reasons by their text. */
static int64_t number_of(const char *value)
{
    const mm_spec_t *spec = mm_spec_by_wire(mm_text(value));

    if (spec != NULL)
        return spec->msg;
    for (int reason = 1; reason < MM_REASON_LIMIT; reason++)
        if (strcmp(mm_reason_text((mm_reason_t)reason), value) == 0)
            return reason;
    return strtoll(value, NULL, 10);
}

static void write_address(const char *value, mm_writer_t *out)
{
    uint8_t address[16] = {[10] = 0xff, [11] = 0xff};

    if (strchr(value, ':') != NULL)
        assert_int_equal(inet_pton(AF_INET6, value, address), 1);
    else
        assert_int_equal(inet_pton(AF_INET, value, address + 12), 1);
    mm_write_bin(out, (mm_slice_t){address, sizeof address});
}

static void write_value(const mm_field_t *field, const char *value, mm_writer_t *out)
{
    char token[MM_ID_CHARS];
    mm_id_t id;

    if (strcmp(value, "null") == 0)
        mm_write_nil(out);
    else if (field == NULL || strchr(value, '!') == value)
        mm_write_str(out, mm_text(value));
    else if (strcmp(field->wire, "creatorToken") == 0 && field->kind != MM_KIND_ID) {
        id = line_id(value);
        mm_id_print(&id, token);
        mm_write_str(out, (mm_text_t){token, sizeof token});
    } else if (field->kind == MM_KIND_BOOL)
        mm_write_bool(out, strcmp(value, "yes") == 0);
    else if (field->kind == MM_KIND_INT)
        mm_write_i64(out, number_of(value));
    else if (field->kind == MM_KIND_ID) {
        id = line_id(value);
        mm_write_id(out, &id);
    } else
        mm_write_str(out, mm_text(value));
}

static bool is_for_the_stamp(const char *word)
{
    return strncmp(word, "t=", 2) == 0 || strncmp(word, "candidates=", 11) == 0 ||
           strncmp(word, "from=", 5) == 0 || strncmp(word, "fresh=", 6) == 0;
}

void line_write_body(const line_t *line, const mm_spec_t *spec, mm_writer_t *out)
{
    const mm_field_t *address = field_of(spec, "address");
    bool has_address = address != NULL && address->need == MM_NEED_REQ;
    uint32_t pairs = has_address ? 1 : 0;

    for (size_t i = 2; i < line->count; i++)
        pairs += is_for_the_stamp(line->words[i]) ? 0 : 1;
    mm_write_map(out, pairs);
    for (size_t i = 2; i < line->count; i++) {
        char *equals = strchr(line->words[i], '=');
        if (is_for_the_stamp(line->words[i]))
            continue;
        assert_non_null(equals);
        mm_text_t key = {line->words[i], (size_t)(equals - line->words[i])};
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)key.len, key.ptr);
        mm_write_str(out, key);
        write_value(field_of(spec, name), equals + 1, out);
    }
    if (has_address) {
        const char *from = line_value(line, "from");
        mm_write_str(out, mm_text("address"));
        write_address(from != NULL ? from : "127.0.0.1", out);
    }
    assert_false(out->overflow);
}

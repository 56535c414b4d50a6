/* See value.h. */
#include "admin/value.h"

#include "admin/escape.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_BYTES = 32 };

static json_t *read_value(mm_cursor_t *cursor, int depth);

/* What is no UTF-8 is shown escaped. */
static json_t *new_text(mm_text_t text)
{
    json_t *value = json_stringn(text.len > 0 ? text.ptr : "", text.len);
    char *escaped;

    if (value != NULL)
        return value;
    escaped = mm_escape(text);
    value = json_string(escaped);
    free(escaped);
    return value;
}

static json_t *read_int(mm_cursor_t *cursor)
{
    mm_cursor_t unsigned_cursor = *cursor;
    int64_t value = mm_cursor_i64(cursor);
    char digits[NUMBER_BYTES];

    if (!cursor->failed)
        return json_integer(value);
    snprintf(digits, sizeof digits, "%" PRIu64, mm_cursor_u64(&unsigned_cursor));
    *cursor = unsigned_cursor;
    return json_string(digits);
}

static json_t *read_bin(mm_cursor_t *cursor)
{
    mm_slice_t bytes = mm_cursor_bin(cursor);
    char text[MM_ID_CHARS];
    mm_id_t id;

    if (bytes.len != sizeof id.bytes)
        return json_null();
    memcpy(id.bytes, bytes.ptr, sizeof id.bytes);
    mm_id_print(&id, text);
    return json_stringn(text, sizeof text);
}

static json_t *read_array(mm_cursor_t *cursor, int depth)
{
    json_t *array = json_array();

    for (uint32_t left = mm_cursor_array(cursor); left > 0 && !cursor->failed; left--)
        json_array_append_new(array, read_value(cursor, depth));
    return array;
}

static json_t *read_map(mm_cursor_t *cursor, int depth)
{
    json_t *object = json_object();

    for (uint32_t left = mm_cursor_map(cursor); left > 0 && !cursor->failed; left--) {
        char *key = mm_escape(mm_cursor_str(cursor));
        json_object_set_new(object, key, read_value(cursor, depth));
        free(key);
    }
    return object;
}

static json_t *read_value(mm_cursor_t *cursor, int depth)
{
    json_t *real;

    if (depth == 0)
        cursor->failed = true;
    switch (cursor->failed ? MM_TYPE_IS_INVALID : mm_cursor_peek(cursor)) {
    case MM_TYPE_IS_BOOL:
        return json_boolean(mm_cursor_bool(cursor));
    case MM_TYPE_IS_INT:
        return read_int(cursor);
    case MM_TYPE_IS_FLOAT:
        real = json_real(mm_cursor_number(cursor));
        return real != NULL ? real : json_null();
    case MM_TYPE_IS_STR:
        return new_text(mm_cursor_str(cursor));
    case MM_TYPE_IS_BIN:
        return read_bin(cursor);
    case MM_TYPE_IS_ARRAY:
        return read_array(cursor, depth - 1);
    case MM_TYPE_IS_MAP:
        return read_map(cursor, depth - 1);
    case MM_TYPE_IS_NIL:
    case MM_TYPE_IS_INVALID:
        break;
    }
    mm_cursor_nil(cursor);
    return json_null();
}

json_t *mm_value_read(mm_cursor_t *cursor)
{
    json_t *value = read_value(cursor, MM_CURSOR_DEPTH);

    if (!cursor->failed)
        return value;
    json_decref(value);
    return NULL;
}

void mm_value_print(const json_t *value, FILE *out)
{
    json_dumpf(value, out, JSON_ENSURE_ASCII | JSON_COMPACT | JSON_ENCODE_ANY);
    fputc('\n', out);
}

char *mm_value_text(const json_t *value)
{
    char *text = NULL;

    if (value == NULL || json_is_null(value))
        text = strdup("-");
    else if (json_is_string(value))
        text = strdup(json_string_value(value));
    else if (json_is_boolean(value))
        text = strdup(json_is_true(value) ? "yes" : "no");
    else
        text = json_dumps(value, JSON_ENSURE_ASCII | JSON_COMPACT | JSON_ENCODE_ANY);
    assert(text != NULL);
    return text;
}

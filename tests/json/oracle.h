/* jansson as a second opinion: is this msgpack the value that jansson read?  Used by the unit tests and
 * by the fuzz target.  Numbers are compared as doubles: jansson tells 1 from 1.0, we do not, and it keeps
 * integers beyond 2^53 that we round. */
#ifndef MM_TESTS_JSON_ORACLE_H
#define MM_TESTS_JSON_ORACLE_H

#include <jansson.h>
#include <string.h>

#include "proto/cursor.h"

enum { ORACLE_FLAGS = JSON_DECODE_ANY | JSON_ALLOW_NUL };

static bool oracle_is_same(const json_t *tree, mm_cursor_t *cursor);

static bool oracle_is_same_number(const json_t *tree, mm_cursor_t *cursor)
{
    double ours = mm_cursor_number(cursor), theirs = json_number_value(tree);
    return !cursor->failed && !(ours < theirs) && !(ours > theirs);
}

/* True when the same key comes again; `rest` stands behind the value. */
static bool oracle_comes_again(mm_text_t key, mm_cursor_t rest, uint32_t pairs)
{
    for (; pairs > 0; pairs--) {
        if (mm_text_equal(mm_cursor_str(&rest), key))
            return true;
        mm_cursor_skip(&rest);
    }
    return false;
}

/* jansson keeps the last of several members of one name. */
static bool oracle_is_same_object(const json_t *tree, mm_cursor_t *cursor)
{
    uint32_t pairs = mm_cursor_map(cursor);
    size_t kept = 0;

    for (; pairs > 0 && !cursor->failed; pairs--) {
        mm_text_t key = mm_cursor_str(cursor);
        mm_slice_t bytes = mm_cursor_skip(cursor);
        mm_cursor_t value = mm_cursor(bytes);
        if (oracle_comes_again(key, *cursor, pairs - 1))
            continue;
        const json_t *member = json_object_getn(tree, key.ptr, key.len);
        if (member == NULL || !oracle_is_same(member, &value))
            return false;
        kept++;
    }
    return !cursor->failed && kept == json_object_size(tree);
}

static bool oracle_is_same_array(const json_t *tree, mm_cursor_t *cursor)
{
    uint32_t count = mm_cursor_array(cursor);

    if (count != json_array_size(tree))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!oracle_is_same(json_array_get(tree, i), cursor))
            return false;
    return !cursor->failed;
}

/* Takes one value from the cursor. */
static bool oracle_is_same(const json_t *tree, mm_cursor_t *cursor)
{
    mm_text_t text;

    switch (json_typeof(tree)) {
    case JSON_OBJECT:
        return oracle_is_same_object(tree, cursor);
    case JSON_ARRAY:
        return oracle_is_same_array(tree, cursor);
    case JSON_STRING:
        text = (mm_text_t){json_string_value(tree), json_string_length(tree)};
        return mm_text_equal(mm_cursor_str(cursor), text) && !cursor->failed;
    case JSON_INTEGER:
    case JSON_REAL:
        return oracle_is_same_number(tree, cursor);
    case JSON_TRUE:
    case JSON_FALSE:
        return mm_cursor_bool(cursor) == json_is_true(tree) && !cursor->failed;
    case JSON_NULL:
        mm_cursor_nil(cursor);
        return !cursor->failed;
    }
    return false;
}

#endif

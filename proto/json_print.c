/* msgpack to JSON.  The sizes in the msgpack are the cursor's to doubt; nesting is bounded by
 * MM_CURSOR_DEPTH, as in mm_cursor_skip. */
#include <math.h>
#include <string.h>

#include "proto/json.h"
#include "proto/json_number.h"
#include "proto/json_string.h"

typedef struct printer {
    uint8_t *at, *end;
} printer_t;

/* A function that returns false leaves a half-written output that nobody may use. */

static size_t room(const printer_t *printer)
{
    return (size_t)(printer->end - printer->at);
}

static bool put(printer_t *printer, const char *text, size_t len)
{
    if (room(printer) < len)
        return false;
    memcpy(printer->at, text, len);
    printer->at += len;
    return true;
}

static bool put_byte(printer_t *printer, char byte)
{
    return put(printer, &byte, 1);
}

static bool put_text(printer_t *printer, const char *terminated)
{
    return put(printer, terminated, strlen(terminated));
}

/* One of the bytes that may not stand in a string. */
static bool put_escape(printer_t *printer, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[UINT8_MAX + 1] = {
        ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
    };

    if (letters[byte] != 0) {
        char escape[2] = {'\\', letters[byte]};
        return put(printer, escape, sizeof escape);
    }
    char escape[6] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 0x0f]};
    return put(printer, escape, sizeof escape);
}

static bool put_string(printer_t *printer, mm_text_t text)
{
    const uint8_t *at = (const uint8_t *)text.ptr, *end;
    bool has_high = false;

    if (!put_byte(printer, '"'))
        return false;
    for (end = at + text.len; at < end;) {
        size_t left = (size_t)(end - at), space = room(printer);
        size_t copied = mm_json_copy_plain(printer->at, at, left < space ? left : space, &has_high);
        printer->at += copied;
        at += copied;
        if (at == end)
            break;
        if (copied == space)
            return false;
        do /* "\r\n" is two */
            if (!put_escape(printer, *at++))
                return false;
        while (at < end && (*at < 0x20 || *at == '"' || *at == '\\'));
    }
    return (!has_high || mm_text_is_utf8(text)) && put_byte(printer, '"');
}

static bool put_integer(printer_t *printer, mm_cursor_t *cursor)
{
    char text[MM_NUMBER_CHARS];
    mm_cursor_t again = *cursor;
    int64_t number = mm_cursor_i64(cursor);
    bool is_negative = number < 0;
    uint64_t magnitude = is_negative ? -(uint64_t)number : (uint64_t)number;

    if (cursor->failed) { /* above INT64_MAX */
        *cursor = again;
        magnitude = mm_cursor_u64(cursor);
    }
    size_t len = mm_number_print_integer(is_negative, magnitude, text);
    return !cursor->failed && put(printer, text, len);
}

static bool put_float(printer_t *printer, mm_cursor_t *cursor)
{
    char text[MM_NUMBER_CHARS];
    double number = mm_cursor_number(cursor);

    if (cursor->failed || !isfinite(number))
        return false;
    return put(printer, text, mm_number_print_double(number, text));
}

static bool put_id(printer_t *printer, const mm_id_t *id)
{
    char text[MM_ID_CHARS + 2];

    text[0] = text[MM_ID_CHARS + 1] = '"';
    mm_id_print(id, text + 1);
    return put(printer, text, sizeof text);
}

static bool put_value(printer_t *printer, mm_cursor_t *cursor, unsigned depth);

static bool put_array(printer_t *printer, mm_cursor_t *cursor, unsigned depth)
{
    uint32_t count = mm_cursor_array(cursor);

    if (!put_byte(printer, '['))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if ((i > 0 && !put_byte(printer, ',')) || !put_value(printer, cursor, depth))
            return false;
    return put_byte(printer, ']');
}

/* The pairs of a map, without the braces. */
static bool put_pairs(printer_t *printer, mm_cursor_t *cursor, uint32_t pairs, unsigned depth)
{
    for (uint32_t i = 0; i < pairs; i++) {
        if (i > 0 && !put_byte(printer, ','))
            return false;
        mm_text_t key = mm_cursor_str(cursor); /* JSON has no other keys */
        if (cursor->failed || !put_string(printer, key) || !put_byte(printer, ':') ||
            !put_value(printer, cursor, depth))
            return false;
    }
    return true;
}

static bool put_map(printer_t *printer, mm_cursor_t *cursor, unsigned depth)
{
    uint32_t pairs = mm_cursor_map(cursor);

    return put_byte(printer, '{') && put_pairs(printer, cursor, pairs, depth) &&
           put_byte(printer, '}');
}

static bool put_bool(printer_t *printer, mm_cursor_t *cursor)
{
    return put_text(printer, mm_cursor_bool(cursor) ? "true" : "false");
}

static bool put_nil(printer_t *printer, mm_cursor_t *cursor)
{
    mm_cursor_nil(cursor);
    return put_text(printer, "null");
}

/* `depth` containers are open around the value. */
static bool put_value(printer_t *printer, mm_cursor_t *cursor, unsigned depth)
{
    bool is_printed = false;
    mm_text_t text;
    mm_id_t id;

    switch (mm_cursor_peek(cursor)) {
    case MM_TYPE_IS_NIL:
        is_printed = put_nil(printer, cursor);
        break;
    case MM_TYPE_IS_BOOL:
        is_printed = put_bool(printer, cursor);
        break;
    case MM_TYPE_IS_INT:
        is_printed = put_integer(printer, cursor);
        break;
    case MM_TYPE_IS_FLOAT:
        is_printed = put_float(printer, cursor);
        break;
    case MM_TYPE_IS_STR:
        text = mm_cursor_str(cursor);
        is_printed = !cursor->failed && put_string(printer, text);
        break;
    case MM_TYPE_IS_BIN:
        id = mm_cursor_id(cursor);
        is_printed = put_id(printer, &id);
        break;
    case MM_TYPE_IS_ARRAY:
        is_printed = depth < MM_CURSOR_DEPTH && put_array(printer, cursor, depth + 1);
        break;
    case MM_TYPE_IS_MAP:
        is_printed = depth < MM_CURSOR_DEPTH && put_map(printer, cursor, depth + 1);
        break;
    case MM_TYPE_IS_INVALID:
        break;
    }
    return is_printed && !cursor->failed;
}

static printer_t printer_to(char *out, size_t capacity)
{
    uint8_t *at = (uint8_t *)out;

    return (printer_t){.at = at, .end = at + capacity};
}

static size_t printed(const printer_t *printer, const char *out)
{
    return (size_t)(printer->at - (const uint8_t *)out);
}

size_t mm_json_print(mm_slice_t msgpack, char *out, size_t capacity)
{
    printer_t printer = printer_to(out, capacity);
    mm_cursor_t cursor = mm_cursor(msgpack);

    if (!put_value(&printer, &cursor, 0) || !mm_cursor_at_end(&cursor))
        return 0;
    return printed(&printer, out);
}

static bool put_body(printer_t *printer, mm_slice_t body)
{
    mm_cursor_t cursor = mm_cursor(body);
    uint32_t pairs = mm_cursor_map(&cursor);

    if (cursor.failed || (pairs > 0 && !put_byte(printer, ',')))
        return false;
    return put_pairs(printer, &cursor, pairs, 1) && mm_cursor_at_end(&cursor);
}

static bool put_timestamp(printer_t *printer, mm_slice_t timestamp)
{
    mm_cursor_t cursor = mm_cursor(timestamp);
    mm_type_t type = mm_cursor_peek(&cursor);

    return (type == MM_TYPE_IS_INT || type == MM_TYPE_IS_FLOAT) && put_value(printer, &cursor, 1) &&
           mm_cursor_at_end(&cursor);
}

size_t mm_json_print_message(const mm_outbound_t *message, char *out, size_t capacity)
{
    printer_t printer = printer_to(out, capacity);
    bool is_unbound = (message->spec->flags & MM_UNBOUND) != 0;
    mm_text_t room_id = is_unbound ? (mm_text_t){"", 0} : message->room;
    const mm_id_t *from = is_unbound ? NULL : message->from;

    bool is_printed = put_text(&printer, "{\"type\":\"") &&
                      put_text(&printer, message->spec->wire) &&
                      put_text(&printer, "\",\"roomId\":") && put_string(&printer, room_id) &&
                      put_text(&printer, ",\"participantId\":") &&
                      (from == NULL ? put_text(&printer, "\"\"") : put_id(&printer, from)) &&
                      put_body(&printer, message->body) && put_text(&printer, ",\"timestamp\":") &&
                      put_timestamp(&printer, message->timestamp) && put_byte(&printer, '}');
    return is_printed ? printed(&printer, out) : 0;
}

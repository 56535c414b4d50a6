#include "proto/cursor.h"

#include <assert.h>
#include <string.h>

/* The first byte of a value and the number behind it, read and bounded. */
typedef struct head {
    mm_type_t type;
    bool is_negative; /* integers: `value` is two's complement */
    uint64_t value;   /* of an integer or bool, the bits of a float, length or count of the rest */
    size_t width;     /* bytes of the number behind the first byte */
} head_t;

typedef struct format {
    mm_type_t type;
    uint8_t width;
} format_t;

/* First bytes 0xc0 to 0xdf; those around them hold their number themselves. */
static const format_t formats[32] = {
    [0x00] = {MM_TYPE_IS_NIL, 0},     [0x01] = {MM_TYPE_IS_INVALID, 0},
    [0x02] = {MM_TYPE_IS_BOOL, 0},    [0x03] = {MM_TYPE_IS_BOOL, 0},
    [0x04] = {MM_TYPE_IS_BIN, 1},     [0x05] = {MM_TYPE_IS_BIN, 2},
    [0x06] = {MM_TYPE_IS_BIN, 4},     [0x07] = {MM_TYPE_IS_INVALID, 0},
    [0x08] = {MM_TYPE_IS_INVALID, 0}, [0x09] = {MM_TYPE_IS_INVALID, 0},
    [0x0a] = {MM_TYPE_IS_FLOAT, 4},   [0x0b] = {MM_TYPE_IS_FLOAT, 8},
    [0x0c] = {MM_TYPE_IS_INT, 1},     [0x0d] = {MM_TYPE_IS_INT, 2},
    [0x0e] = {MM_TYPE_IS_INT, 4},     [0x0f] = {MM_TYPE_IS_INT, 8},
    [0x10] = {MM_TYPE_IS_INT, 1},     [0x11] = {MM_TYPE_IS_INT, 2},
    [0x12] = {MM_TYPE_IS_INT, 4},     [0x13] = {MM_TYPE_IS_INT, 8},
    [0x14] = {MM_TYPE_IS_INVALID, 0}, [0x15] = {MM_TYPE_IS_INVALID, 0},
    [0x16] = {MM_TYPE_IS_INVALID, 0}, [0x17] = {MM_TYPE_IS_INVALID, 0},
    [0x18] = {MM_TYPE_IS_INVALID, 0}, [0x19] = {MM_TYPE_IS_STR, 1},
    [0x1a] = {MM_TYPE_IS_STR, 2},     [0x1b] = {MM_TYPE_IS_STR, 4},
    [0x1c] = {MM_TYPE_IS_ARRAY, 2},   [0x1d] = {MM_TYPE_IS_ARRAY, 4},
    [0x1e] = {MM_TYPE_IS_MAP, 2},     [0x1f] = {MM_TYPE_IS_MAP, 4},
};

static uint64_t big_endian(const uint8_t *at, size_t width)
{
    uint64_t value = 0;

    for (size_t i = 0; i < width; i++)
        value = value << 8 | at[i];
    return value;
}

static bool fail(mm_cursor_t *cursor)
{
    cursor->failed = true;
    cursor->at = cursor->end;
    return false;
}

static head_t fixed_head(uint8_t first)
{
    if (first < 0x80)
        return (head_t){.type = MM_TYPE_IS_INT, .value = first};
    if (first < 0x90)
        return (head_t){.type = MM_TYPE_IS_MAP, .value = first & 0x0f};
    if (first < 0xa0)
        return (head_t){.type = MM_TYPE_IS_ARRAY, .value = first & 0x0f};
    if (first < 0xc0)
        return (head_t){.type = MM_TYPE_IS_STR, .value = first & 0x1f};
    return (head_t){.type = MM_TYPE_IS_INT, .is_negative = true, .value = (uint64_t)(int8_t)first};
}

static void extend_sign(head_t *head)
{
    assert(head->width > 0 && head->width <= 8);
    unsigned unused_bits = 64 - 8U * (unsigned)head->width;
    if (head->value >> (63 - unused_bits) != 0) {
        head->is_negative = true;
        head->value = (uint64_t)((int64_t)(head->value << unused_bits) >> unused_bits);
    }
}

/* Reads the head of the next value.  A length that is longer than the bytes behind it fails
 * here, and so does a count whose elements could not stand there with a byte each. */
static bool read_head(mm_cursor_t *cursor, head_t *head)
{
    *head = (head_t){.type = MM_TYPE_IS_INVALID};
    if (cursor->failed || cursor->at == cursor->end)
        return fail(cursor);
    uint8_t first = *cursor->at;
    if (first < 0xc0 || first >= 0xe0) {
        *head = fixed_head(first);
    } else {
        const format_t *format = &formats[first - 0xc0];
        if (format->type == MM_TYPE_IS_INVALID ||
            (size_t)(cursor->end - cursor->at) <= format->width)
            return fail(cursor);
        head->type = format->type;
        head->width = format->width;
        head->value = big_endian(cursor->at + 1, format->width);
        if (head->type == MM_TYPE_IS_BOOL)
            head->value = first & 1;
        if (first >= 0xd0 && first <= 0xd3)
            extend_sign(head);
    }
    cursor->at += 1 + head->width;

    uint64_t left = (uint64_t)(cursor->end - cursor->at);
    bool has_bytes = head->type == MM_TYPE_IS_STR || head->type == MM_TYPE_IS_BIN;
    if (((has_bytes || head->type == MM_TYPE_IS_ARRAY) && head->value > left) ||
        (head->type == MM_TYPE_IS_MAP && head->value > left / 2))
        return fail(cursor);
    return true;
}

/* Takes the next value's head when it has that type. */
static bool take(mm_cursor_t *cursor, mm_type_t type, head_t *head)
{
    return (read_head(cursor, head) && head->type == type) || fail(cursor);
}

static mm_slice_t take_bytes(mm_cursor_t *cursor, mm_type_t type)
{
    head_t head;

    if (!take(cursor, type, &head))
        return (mm_slice_t){NULL, 0};
    mm_slice_t bytes = {cursor->at, (size_t)head.value};
    cursor->at += bytes.len;
    return bytes;
}

mm_cursor_t mm_cursor(mm_slice_t bytes)
{
    static const uint8_t nothing[1];
    const uint8_t *at = bytes.len == 0 ? nothing : bytes.ptr;

    return (mm_cursor_t){.at = at, .end = at + bytes.len};
}

bool mm_cursor_at_end(const mm_cursor_t *cursor)
{
    return cursor->at == cursor->end;
}

mm_type_t mm_cursor_peek(const mm_cursor_t *cursor)
{
    if (cursor->failed || cursor->at == cursor->end)
        return MM_TYPE_IS_INVALID;
    uint8_t first = *cursor->at;
    if (first < 0xc0 || first >= 0xe0)
        return fixed_head(first).type;
    return formats[first - 0xc0].type;
}

void mm_cursor_nil(mm_cursor_t *cursor)
{
    head_t head;

    take(cursor, MM_TYPE_IS_NIL, &head);
}

bool mm_cursor_bool(mm_cursor_t *cursor)
{
    head_t head;

    return take(cursor, MM_TYPE_IS_BOOL, &head) && head.value == 1;
}

uint64_t mm_cursor_u64(mm_cursor_t *cursor)
{
    head_t head;

    if (!take(cursor, MM_TYPE_IS_INT, &head) || head.is_negative) {
        fail(cursor);
        return 0;
    }
    return head.value;
}

int64_t mm_cursor_i64(mm_cursor_t *cursor)
{
    head_t head;

    if (!take(cursor, MM_TYPE_IS_INT, &head) || (!head.is_negative && head.value > INT64_MAX)) {
        fail(cursor);
        return 0;
    }
    return (int64_t)head.value;
}

static double float_of(const head_t *head)
{
    if (head->width == sizeof(float)) {
        uint32_t bits = (uint32_t)head->value;
        float single;
        memcpy(&single, &bits, sizeof single);
        return (double)single;
    }
    double value;
    memcpy(&value, &head->value, sizeof value);
    return value;
}

double mm_cursor_number(mm_cursor_t *cursor)
{
    head_t head;

    if (!read_head(cursor, &head))
        return 0;
    if (head.type == MM_TYPE_IS_FLOAT)
        return float_of(&head);
    if (head.type == MM_TYPE_IS_INT)
        return head.is_negative ? (double)(int64_t)head.value : (double)head.value;
    fail(cursor);
    return 0;
}

mm_text_t mm_cursor_str(mm_cursor_t *cursor)
{
    mm_slice_t bytes = take_bytes(cursor, MM_TYPE_IS_STR);

    return (mm_text_t){(const char *)bytes.ptr, bytes.len};
}

mm_slice_t mm_cursor_bin(mm_cursor_t *cursor)
{
    return take_bytes(cursor, MM_TYPE_IS_BIN);
}

mm_id_t mm_cursor_id(mm_cursor_t *cursor)
{
    mm_id_t id = {{0}};
    mm_slice_t bytes = take_bytes(cursor, MM_TYPE_IS_BIN);

    if (bytes.len == sizeof id.bytes)
        memcpy(id.bytes, bytes.ptr, sizeof id.bytes);
    else
        fail(cursor);
    return id;
}

uint32_t mm_cursor_array(mm_cursor_t *cursor)
{
    head_t head;

    return take(cursor, MM_TYPE_IS_ARRAY, &head) ? (uint32_t)head.value : 0;
}

uint32_t mm_cursor_map(mm_cursor_t *cursor)
{
    head_t head;

    return take(cursor, MM_TYPE_IS_MAP, &head) ? (uint32_t)head.value : 0;
}

bool mm_cursor_take_nil(mm_cursor_t *cursor)
{
    if (mm_cursor_peek(cursor) != MM_TYPE_IS_NIL)
        return false;
    cursor->at++;
    return true;
}

mm_slice_t mm_cursor_skip(mm_cursor_t *cursor)
{
    const uint8_t *start = cursor->at;
    uint64_t left[MM_CURSOR_DEPTH + 1]; /* values still to come, for each open container */
    size_t depth = 0;

    left[0] = 1;
    for (;;) {
        while (left[depth] == 0) {
            if (depth == 0)
                return (mm_slice_t){start, (size_t)(cursor->at - start)};
            depth--;
        }
        left[depth]--;
        head_t head;
        if (!read_head(cursor, &head))
            break;
        if (head.type == MM_TYPE_IS_STR || head.type == MM_TYPE_IS_BIN) {
            cursor->at += head.value;
        } else if (head.type == MM_TYPE_IS_ARRAY || head.type == MM_TYPE_IS_MAP) {
            if (depth == MM_CURSOR_DEPTH)
                break;
            left[++depth] = head.type == MM_TYPE_IS_MAP ? 2 * head.value : head.value;
        }
    }
    fail(cursor);
    return (mm_slice_t){NULL, 0};
}

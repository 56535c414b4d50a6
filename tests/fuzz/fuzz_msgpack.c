/* Any bytes as msgpack: the first one chooses a row of the table, the rest are its body.
 *
 * The cursor stays inside, the printer keeps to its bound and prints only JSON, and a body that is
 * accepted is written again as one that is. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

static void *allocate(size_t size)
{
    void *memory = malloc(size + 1); /* malloc(0) may be NULL */

    require(memory != NULL, "memory");
    return memory;
}

static void try_cursor(mm_slice_t bytes)
{
    mm_cursor_t cursor = mm_cursor(bytes);

    while (!mm_cursor_at_end(&cursor)) {
        mm_type_t type = mm_cursor_peek(&cursor);
        const uint8_t *start = cursor.at;
        mm_slice_t value = mm_cursor_skip(&cursor);
        require(cursor.failed ||
                    (value.ptr == start && value.len > 0 && value.ptr + value.len == cursor.at),
                "a value is not what was passed over");
        require(type != MM_TYPE_IS_INVALID || cursor.failed, "an unknown type is passed over");
    }
}

static void try_print(mm_slice_t bytes)
{
    size_t capacity = MM_JSON_PRINTED_MAX(bytes.len), decoded_len;
    char *printed = allocate(2 * capacity);
    size_t len = mm_json_print(bytes, printed, capacity);
    mm_reason_t reason;

    if (len == 0) {
        require(mm_json_print(bytes, printed, 2 * capacity) == 0, "it outgrew its bound");
    } else {
        mm_cursor_t cursor = mm_cursor(bytes);
        mm_cursor_skip(&cursor);
        require(!cursor.failed && mm_cursor_at_end(&cursor), "printed, but no value");
        uint8_t *decoded = allocate(MM_JSON_DECODED_MAX(len));
        mm_err_t err = mm_json_read((mm_text_t){printed, len}, decoded, MM_JSON_DECODED_MAX(len),
                                    &decoded_len, &reason);
        require(err == MM_OK || reason == MM_REASON_TOO_DEEP ||
                    reason == MM_REASON_TOO_MANY_MEMBERS,
                "what was printed is no JSON");
        free(decoded);
    }
    free(printed);
}

typedef union any_message {
    unsigned char bytes[MM_MESSAGE_SIZE_MAX];
    void *aligned;
} any_message_t;

static void try_row(const mm_spec_t *spec, mm_slice_t body)
{
    any_message_t message;
    mm_fault_t fault;
    size_t capacity = body.len + 4096;
    uint8_t *first = allocate(capacity), *second = allocate(capacity);
    mm_err_t err = mm_message_read(spec, body, message.bytes, &fault);

    require((err == MM_ERR_INVALID_MESSAGE) ==
                (fault.reason != MM_REASON_NONE && fault.field != NULL),
            "a fault without a reason");
    if (err == MM_OK) {
        mm_writer_t writer = mm_writer(first, capacity), again = mm_writer(second, capacity);
        mm_message_write(spec, message.bytes, &writer);
        require(!writer.overflow, "a struct is longer than its body");
        err = mm_message_read(spec, mm_writer_slice(&writer), message.bytes, &fault);
        require(err == MM_OK, "what was written is not read");
        mm_message_write(spec, message.bytes, &again);
        require(writer.size == again.size && memcmp(first, second, again.size) == 0,
                "written twice, differently");
    }
    free(second);
    free(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    mm_slice_t bytes = {data + 1, size - 1};
    const mm_spec_t *spec = mm_spec((mm_msg_t)(data[0] % MM_MSG_LIMIT));
    try_cursor(bytes);
    try_print(bytes);
    if (spec != NULL)
        try_row(spec, bytes);
    return 0;
}

/* Any text as JSON and as a browser's message.
 *
 * What is accepted keeps to the stated bounds, is accepted by jansson with the same value, and prints as
 * JSON that is read as the same bytes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"
#include "tests/json/oracle.h"

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

static void ask_jansson(mm_text_t text, mm_slice_t msgpack)
{
    json_error_t error;
    json_t *tree = json_loadb(text.ptr, text.len, ORACLE_FLAGS, &error);
    mm_cursor_t cursor = mm_cursor(msgpack);

    if (tree == NULL) { /* what it has no place for; see tests/json/cases.def */
        enum json_error_code code = json_error_code(&error);
        require(code == json_error_numeric_overflow || code == json_error_null_byte_in_key,
                "jansson refuses it");
        return;
    }
    require(oracle_is_same(tree, &cursor), "jansson reads another value");
    json_decref(tree);
}

static void go_round(mm_slice_t msgpack)
{
    size_t capacity = MM_JSON_PRINTED_MAX(msgpack.len), again_len;
    char *printed = allocate(capacity);
    size_t len = mm_json_print(msgpack, printed, capacity);
    uint8_t *again = allocate(MM_JSON_DECODED_MAX(len));
    mm_reason_t reason;

    require(len > 0, "it does not print");
    mm_err_t err = mm_json_read((mm_text_t){printed, len}, again, MM_JSON_DECODED_MAX(len),
                                &again_len, &reason);
    require(err == MM_OK, "what was printed is not read");
    require(again_len == msgpack.len && memcmp(again, msgpack.ptr, again_len) == 0,
            "what was printed is read as something else");
    free(again);
    free(printed);
}

static void try_value(mm_text_t text)
{
    size_t capacity = MM_JSON_DECODED_MAX(text.len), len;
    uint8_t *out = allocate(capacity);
    mm_reason_t reason;
    mm_err_t err = mm_json_read(text, out, capacity, &len, &reason);

    require(err != MM_ERR_TOO_LARGE, "it outgrew its bound");
    require((err == MM_OK) == (reason == MM_REASON_NONE), "a verdict without a reason");
    require((reason == MM_REASON_UTF8) == !mm_text_is_utf8(text), "UTF-8 is judged twice");
    if (err == MM_OK) {
        ask_jansson(text, (mm_slice_t){out, len});
        go_round((mm_slice_t){out, len});
    }
    free(out);
}

/* What another browser would get is a message again, with the same body. */
static void send_on(const mm_inbound_t *message)
{
    static const uint8_t zero;
    size_t capacity = MM_JSON_PRINTED_MAX(message->body.len);
    char *printed = allocate(capacity);
    mm_outbound_t outbound = {.spec = message->spec,
                              .room = mm_text("ABC123"),
                              .from = &message->target,
                              .body = message->body,
                              .timestamp = message->has_timestamp ? message->timestamp
                                                                  : (mm_slice_t){&zero, 1}};
    size_t len = mm_json_print_message(&outbound, printed, capacity);
    uint8_t *again = allocate(MM_JSON_DECODED_MAX(len));
    mm_inbound_t second;
    mm_fault_t fault;
    mm_slice_t none = {NULL, 0};

    require(len > 0, "a message does not print");
    mm_err_t err = mm_json_read_message((mm_text_t){printed, len}, SIZE_MAX, none, again,
                                        MM_JSON_DECODED_MAX(len), &second, &fault);
    /* an offer of 64 members gets the base members that it lacked */
    bool is_full = err == MM_ERR_INVALID_MESSAGE && fault.reason == MM_REASON_TOO_MANY_MEMBERS;
    /* white space in a raw value counted as it was sent, and a number may print longer */
    bool is_longer = err == MM_ERR_INVALID_MESSAGE && fault.reason == MM_REASON_TOO_LONG;
    if (!is_full && !is_longer) {
        require(err == MM_OK && second.spec == message->spec, "a printed message is not read");
        require(second.body.len == message->body.len &&
                    memcmp(second.body.ptr, message->body.ptr, second.body.len) == 0,
                "a printed message has another body");
    }
    free(again);
    free(printed);
}

static void try_message(mm_text_t text)
{
    union {
        unsigned char bytes[MM_MESSAGE_SIZE_MAX];
        void *aligned;
    } typed;
    size_t capacity = MM_JSON_DECODED_MAX(text.len);
    uint8_t *out = allocate(capacity);
    mm_inbound_t message;
    mm_fault_t fault;
    mm_slice_t none = {NULL, 0};
    mm_err_t err = mm_json_read_message(text, 65536, none, out, capacity, &message, &fault);

    require(err != MM_ERR_TOO_LARGE, "a message outgrew its bound");
    require((err == MM_ERR_INVALID_MESSAGE) == (fault.reason != MM_REASON_NONE),
            "a fault without a reason");
    if (err == MM_OK) {
        require(mm_message_read(message.spec, message.body, typed.bytes, &fault) == MM_OK,
                "the bus refuses what the gateway accepts");
        if (message.spec->msg != MM_MSG_JOIN) /* its body has the room once more */
            send_on(&message);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_text_t text = {(const char *)data, size};

    try_value(text);
    try_message(text);
    return 0;
}

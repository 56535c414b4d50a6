/* Any text as the body of POST /api/rooms.
 *
 * What is accepted is a message that the broker accepts, and its answer is a JSON object that repeats it. */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/http.h"
#include "gateway/rooms_api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

static void check_message(const struct mm_create_room *message)
{
    static uint8_t bytes[64 * 1024];
    const mm_spec_t *spec = mm_spec(MM_MSG_CREATE_ROOM);
    struct mm_create_room read;
    mm_writer_t writer = mm_writer(bytes, sizeof bytes);
    mm_fault_t fault;

    mm_message_write(spec, message, &writer);
    require(!writer.overflow, "it fits");
    require(mm_message_read(spec, mm_writer_slice(&writer), &read, &fault) == MM_OK,
            "the broker takes it");
    require(read.present == message->present, "nothing is lost");
}

static void check_answer(const mm_room_order_t *order)
{
    mm_room_answer_t answer = {.room = {"ABC123", 6}};
    char *text = mm_room_order_print_created(order, &answer);
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

    require(json_is_object(document), "the answer is JSON");
    json_decref(document);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t address[16] = {0};
    char *body = malloc(size + 1);
    mm_order_fault_t fault;
    mm_room_order_t *order;

    require(body != NULL, "memory");
    if (size > MM_HTTP_BODY_MAX)
        size = MM_HTTP_BODY_MAX;
    if (size > 0)
        memcpy(body, data, size);
    order = mm_room_order_read((mm_text_t){body, size}, address, &fault);
    if (order == NULL) {
        require(fault.reason != NULL, "a refusal says why");
    } else {
        check_message(&mm_room_order_request(order)->message);
        check_answer(order);
    }
    mm_room_order_destroy(&order);
    free(body);
    return 0;
}

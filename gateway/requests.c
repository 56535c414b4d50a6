/* Requests over HTTP that the broker answers (POST, GET and DELETE of /api/rooms) on their way there and back.
 *
 *   waiting ── the link has credit ──► said ── room-created, room-facts, room-deleted ──► answered
 *      │                                 │
 *      ├─ deadline, cancelled: nothing   ├─ deadline: 503, the room may have been made (or ended)
 *      │  was said, no room is made      └─ cancelled: the answer goes to nobody
 *
 * A request gets its number when it comes, but its entry is made only when the link takes it: what was answered with 503 for
 * want of a broker must not become a room later. */
#include "gateway/gateway.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES = 2048 }; /* all texts of a request are bounded by the table */

/* Room ids without look-alikes: no 0 O 1 I L. */
static const char alphabet[] = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
enum { LETTERS = sizeof alphabet - 1 };

void mm_requests_destroy_item(void **item)
{
    mm_pending_request_t *pending = *item;

    free(pending->body);
    free(pending);
    *item = NULL;
}

/* Characters without bias: what lies beyond the last whole multiple of the alphabet is thrown away. */
static void draw_candidates(mm_gateway_t *gateway, char *out, size_t count)
{
    enum { LIMIT = 256 / LETTERS * LETTERS };
    uint8_t random[64];
    size_t used = sizeof random;

    while (count > 0) {
        if (used == sizeof random) {
            gateway->ops->random(gateway->world, random, sizeof random);
            used = 0;
        }
        if (random[used] < LIMIT) {
            *out++ = alphabet[random[used] % LETTERS];
            count--;
        }
        used++;
    }
}

static void say(mm_gateway_t *gateway, mm_pending_request_t *pending)
{
    char candidates[MM_ROOM_ID_CHARS * MM_ROOM_ID_CANDIDATES];
    mm_stamp_t stamp = {.time_ms = pending->time_ms};

    if (pending->msg == MM_MSG_CREATE_ROOM) {
        stamp.fresh = mm_inbound_fresh_id(gateway);
        draw_candidates(gateway, candidates, sizeof candidates);
        stamp.candidates = (mm_text_t){candidates, sizeof candidates};
    }
    mm_inbound_say(gateway, pending->number, pending->msg, &stamp, NULL,
                   (mm_slice_t){pending->body, pending->body_len});
    free(pending->body);
    pending->body = NULL;
}

void mm_requests_send(mm_gateway_t *gateway)
{
    for (mm_pending_request_t *pending = zhashx_first(gateway->requests);
         pending != NULL && gateway->is_linked && mm_link_has_credit(&gateway->link);
         pending = zhashx_next(gateway->requests))
        if (pending->body != NULL)
            say(gateway, pending);
}

void mm_gateway_ask(mm_gateway_t *gateway, void *request, mm_msg_t msg, const void *message,
                    int64_t now_ms, int64_t clock_ms)
{
    uint8_t bytes[BODY_BYTES];
    mm_writer_t body = mm_writer(bytes, sizeof bytes);
    mm_pending_request_t *pending = calloc(1, sizeof *pending);

    assert(pending != NULL);
    gateway->ticked_ms = now_ms;
    mm_message_write(mm_spec(msg), message, &body);
    assert(!body.overflow);
    pending->number = ++gateway->numbers;
    pending->request = request;
    pending->deadline_ms = now_ms + gateway->settings->create_timeout;
    pending->time_ms = clock_ms;
    pending->msg = msg;
    pending->body_len = body.size;
    pending->body = malloc(body.size);
    assert(pending->body != NULL);
    memcpy(pending->body, bytes, body.size);
    zhashx_insert(gateway->requests, &pending->number, pending);
    if (gateway->is_linked && mm_link_has_credit(&gateway->link))
        say(gateway, pending);
}

void mm_requests_answer(mm_gateway_t *gateway, uint64_t number, const mm_room_answer_t *answer)
{
    static const uint8_t empty_map[] = {0x80};
    mm_pending_request_t *pending = zhashx_lookup(gateway->requests, &number);
    void *request;

    if (pending == NULL)
        return;
    request = pending->request;
    if (pending->body == NULL)
        mm_inbound_say(gateway, number, MM_MSG_GONE, &(mm_stamp_t){0}, NULL,
                       (mm_slice_t){empty_map, sizeof empty_map});
    zhashx_delete(gateway->requests, &number);
    if (request != NULL)
        gateway->ops->on_answer(gateway->world, request, answer);
}

void mm_gateway_cancel(mm_gateway_t *gateway, void *request)
{
    for (mm_pending_request_t *pending = zhashx_first(gateway->requests); pending != NULL;
         pending = zhashx_next(gateway->requests)) {
        if (pending->request != request)
            continue;
        pending->request = NULL;
        if (pending->body != NULL)
            zhashx_delete(gateway->requests, &pending->number);
        return;
    }
}

void mm_requests_fail(mm_gateway_t *gateway, int64_t now_ms)
{
    zlistx_t *due = zlistx_new();
    mm_room_answer_t answer = {.err = MM_ERR_UNAVAILABLE};

    assert(due != NULL);
    for (mm_pending_request_t *pending = zhashx_first(gateway->requests); pending != NULL;
         pending = zhashx_next(gateway->requests))
        if (pending->deadline_ms <= now_ms)
            zlistx_add_end(due, pending);
    for (mm_pending_request_t *pending = zlistx_first(due); pending != NULL;
         pending = zlistx_next(due))
        mm_requests_answer(gateway, pending->number, &answer);
    zlistx_destroy(&due);
}

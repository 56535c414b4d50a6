/* See http_rooms.h. */
#include "gateway/http_rooms.h"
#include "gateway/invite.h"
#include "proto/stamp.h"
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_BYTES = 256, RETRY_AFTER_SECONDS = 5, URL_BYTES = 512 };

static const char *const refused_text =
    "Cannot create room. Limit reached or room ID already exists.";

typedef enum what { WAITS_FOR_ROOM, WAITS_FOR_STATUS, WAITS_FOR_END, WAITS_FOR_INVITE } what_t;

struct mm_http_wait {
    what_t what;
    mm_room_order_t *order; /* of a creation */
    char host[HOST_BYTES];  /* "" where it cannot stand in a URL */
    int64_t clock_ms;
};

static mm_http_wait_t *begin_wait(const mm_http_request_t *request, what_t what)
{
    mm_http_wait_t *wait = calloc(1, sizeof *wait);

    assert(wait != NULL);
    wait->what = what;
    wait->clock_ms = request->clock_ms;
    *request->wait = wait;
    return wait;
}

void mm_http_wait_destroy(mm_http_wait_t **wait_p)
{
    mm_http_wait_t *wait = *wait_p;

    *wait_p = NULL;
    if (wait == NULL)
        return;
    mm_room_order_destroy(&wait->order);
    free(wait);
}

/* --- asking ------------------------------------------------------------------------------- */

void mm_http_on_create_room(mm_http_t *http, const mm_http_request_t *request,
                            mm_http_answer_t *answer)
{
    mm_order_fault_t fault;
    mm_room_order_t *order = mm_room_order_read(request->body, request->address, &fault);

    if (order == NULL) {
        json_t *error = json_pack("{s:s, s:s*, s:s}", "error", "Invalid request body", "field",
                                  fault.field, "reason", fault.reason);
        *answer = (mm_http_answer_t){.status = 400, .type = "application/json"};
        answer->body = json_dumps(error, JSON_COMPACT);
        assert(answer->body != NULL);
        answer->body_len = strlen(answer->body);
        json_decref(error);
        return;
    }
    begin_wait(request, WAITS_FOR_ROOM)->order = order;
    *answer = (mm_http_answer_t){0};
    mm_gateway_ask(http->gateway, request->name, MM_MSG_CREATE_ROOM,
                   &mm_room_order_request(order)->message, request->now_ms, request->clock_ms);
}

/* The id between /api/rooms/ and the next slash; empty for what names no room anywhere. */
static mm_text_t room_of(mm_text_t path)
{
    size_t prefix = strlen(MM_HTTP_ROOMS_PATH "/");
    mm_text_t id = {path.ptr + prefix, 0};

    assert(path.len > prefix); /* the route was found by it */
    while (prefix + id.len < path.len && id.ptr[id.len] != '/') {
        char c = id.ptr[id.len];
        if (!isalnum((unsigned char)c) && c != '_' && c != '-')
            return (mm_text_t){"", 0};
        id.len++;
    }
    return id.len <= MM_ROOM_ID_MAX ? id : (mm_text_t){"", 0};
}

static void answer_not_found(mm_http_answer_t *answer)
{
    mm_http_answer_error(answer, 404, "Room not found", NULL);
}

/* The room of the path; false with the answer when none can be asked for. */
static bool read_room(const mm_http_request_t *request, mm_text_t *room, mm_http_answer_t *answer)
{
    if (request->head.path.len == 0) {
        mm_http_answer_error(answer, 400, "Bad request", "no body is expected");
        return false;
    }
    *room = room_of(request->head.path);
    if (room->len == 0)
        answer_not_found(answer);
    return room->len > 0;
}

static void ask_status(mm_http_t *http, const mm_http_request_t *request, mm_http_answer_t *answer,
                       what_t what)
{
    struct mm_room_status status = {.address = {request->address, MM_ADDRESS_BYTES}};
    mm_text_t host = request->head.host;
    mm_http_wait_t *wait;

    if (!read_room(request, &status.room, answer))
        return;
    wait = begin_wait(request, what);
    /* It comes from outside and goes into a file: only what a host and port are made of. */
    for (size_t i = 0; i < host.len; i++)
        if (!isalnum((unsigned char)host.ptr[i]) &&
            (host.ptr[i] == '\0' || strchr(".:-_[]", host.ptr[i]) == NULL))
            host.len = 0;
    if (host.len < sizeof wait->host)
        memcpy(wait->host, host.ptr, host.len);
    *answer = (mm_http_answer_t){0};
    mm_gateway_ask(http->gateway, request->name, MM_MSG_ROOM_STATUS, &status, request->now_ms,
                   request->clock_ms);
}

void mm_http_on_room_status(mm_http_t *http, const mm_http_request_t *request,
                            mm_http_answer_t *answer)
{
    ask_status(http, request, answer, WAITS_FOR_STATUS);
}

void mm_http_on_invite(mm_http_t *http, const mm_http_request_t *request, mm_http_answer_t *answer)
{
    ask_status(http, request, answer, WAITS_FOR_INVITE);
}

/* RFC 6750 section 2.1. */
static bool read_token(mm_text_t authorization, mm_id_t *out)
{
    static const char scheme[] = "Bearer ";
    size_t len = sizeof scheme - 1;

    if (authorization.len <= len || strncasecmp(authorization.ptr, scheme, len) != 0)
        return false;
    return mm_id_parse(mm_text_trim((mm_text_t){authorization.ptr + len, authorization.len - len}),
                       out);
}

static void answer_unauthorized(mm_http_answer_t *answer)
{
    mm_http_answer_error(answer, 401, "Creator token required", NULL);
    (void)strcpy(answer->headers, "WWW-Authenticate: Bearer\r\n");
}

void mm_http_on_delete_room(mm_http_t *http, const mm_http_request_t *request,
                            mm_http_answer_t *answer)
{
    struct mm_delete_room message = {.address = {request->address, MM_ADDRESS_BYTES}};

    if (request->head.path.len > 0 &&
        !read_token(request->head.authorization, &message.creator_token)) {
        answer_unauthorized(answer);
        return;
    }
    if (!read_room(request, &message.room, answer))
        return;
    begin_wait(request, WAITS_FOR_END);
    *answer = (mm_http_answer_t){0};
    mm_gateway_ask(http->gateway, request->name, MM_MSG_DELETE_ROOM, &message, request->now_ms,
                   request->clock_ms);
}

/* --- answers ------------------------------------------------------------------------------ */

/* Takes the text. */
static void answer_text(mm_http_answer_t *answer, int status, const char *type, char *text)
{
    assert(text != NULL);
    *answer =
        (mm_http_answer_t){.status = status, .type = type, .body = text, .body_len = strlen(text)};
}

static void answer_unavailable(mm_http_answer_t *answer)
{
    mm_http_answer_error(answer, 503, "Service temporarily unavailable", NULL);
    (void)snprintf(answer->headers, sizeof answer->headers, "Retry-After: %d\r\n",
                   RETRY_AFTER_SECONDS);
}

static void answer_created(const mm_room_order_t *order, const mm_room_answer_t *created,
                           mm_http_answer_t *answer)
{
    if (created->err == MM_OK)
        answer_text(answer, 201, "application/json", mm_room_order_print_created(order, created));
    else if (created->err == MM_ERR_ROOM_EXISTS || created->err == MM_ERR_TOO_MANY_ROOMS)
        mm_http_answer_error(answer, 429, refused_text, NULL);
    else if (created->err == MM_ERR_RATE_LIMITED)
        mm_http_answer_too_many(answer, created->wait_ms);
    else if (created->err == MM_ERR_INVALID_MESSAGE)
        mm_http_answer_error(answer, 400, "Invalid request body", NULL);
    else
        answer_unavailable(answer); /* no broker, or a store that failed: both may pass */
}

static void answer_refused(const mm_room_answer_t *found, mm_http_answer_t *answer)
{
    if (found->err == MM_ERR_ROOM_NOT_FOUND)
        answer_not_found(answer);
    else if (found->err == MM_ERR_RATE_LIMITED)
        mm_http_answer_too_many(answer, found->wait_ms);
    else if (found->err == MM_ERR_UNAUTHORIZED)
        mm_http_answer_error(answer, 403, "Wrong creator token", NULL);
    else
        answer_unavailable(answer);
}

static void answer_status(const struct mm_room_facts *facts, mm_http_answer_t *answer)
{
    json_t *object = json_object();
    char *text;

    json_object_set_new(object, "roomId", json_stringn(facts->room.ptr, facts->room.len));
    if (facts->present & MM_HAS(room_facts, title))
        json_object_set_new(object, "title", json_stringn(facts->title.ptr, facts->title.len));
    if (facts->present & MM_HAS(room_facts, scheduled_start))
        json_object_set_new(object, "scheduledStart", json_integer(facts->scheduled_start));
    if (facts->present & MM_HAS(room_facts, scheduled_end))
        json_object_set_new(object, "scheduledEnd", json_integer(facts->scheduled_end));
    json_object_set_new(object, "needsPassword", json_boolean(facts->needs_password));
    json_object_set_new(object, "locked", json_boolean(facts->is_locked));
    json_object_set_new(object, "participants", json_integer(facts->participants));
    json_object_set_new(object, "maxParticipants", json_integer(facts->max_participants));
    text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    answer_text(answer, 200, "application/json", text);
}

static void answer_invite(const mm_http_t *http, const mm_http_wait_t *wait,
                          const struct mm_room_facts *facts, mm_http_answer_t *answer)
{
    char url[URL_BYTES] = "";
    mm_invite_t invite = {.room = facts->room,
                          .title = facts->title,
                          .start_ms = facts->scheduled_start,
                          .end_ms = facts->scheduled_end,
                          .stamp_ms = wait->clock_ms,
                          .host = wait->host,
                          .url = url};

    if (wait->host[0] != '\0')
        (void)snprintf(url, sizeof url, "%s://%s/?room=%.*s",
                       http->settings->use_https ? "https" : "http", wait->host,
                       (int)facts->room.len, facts->room.ptr);
    answer_text(answer, 200, "text/calendar; charset=utf-8; method=PUBLISH",
                mm_invite_print(&invite));
    (void)snprintf(answer->headers, sizeof answer->headers,
                   "Content-Disposition: attachment; filename=\"%.*s.ics\"\r\n",
                   (int)facts->room.len, facts->room.ptr);
}

void mm_http_answer_late(mm_http_t *http, const mm_http_wait_t *wait, const mm_room_answer_t *found,
                         mm_http_answer_t *answer)
{
    if (wait->what == WAITS_FOR_ROOM) {
        answer_created(wait->order, found, answer);
        return;
    }
    if (found->err != MM_OK)
        answer_refused(found, answer);
    else if (wait->what == WAITS_FOR_END)
        *answer = (mm_http_answer_t){.status = 204};
    else if (wait->what == WAITS_FOR_STATUS)
        answer_status(&found->facts, answer);
    else
        answer_invite(http, wait, &found->facts, answer);
}

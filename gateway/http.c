/* See http.h: the routes and their handlers. */
#include "gateway/http.h"
#include "gateway/http_rooms.h"
#include "gateway/index_html.h"
#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MS_PER_SECOND = 1000 };

typedef void handler_t(mm_http_t *http, const mm_http_request_t *request, mm_http_answer_t *answer);

/* Takes the text. */
static void answer_json(mm_http_answer_t *answer, int status, char *json)
{
    assert(json != NULL);
    *answer = (mm_http_answer_t){
        .status = status, .type = "application/json", .body = json, .body_len = strlen(json)};
}

static void answer_document(mm_http_answer_t *answer, json_t *document)
{
    answer_json(answer, 200, json_dumps(document, JSON_COMPACT));
    json_decref(document);
}

static void answer_page(mm_http_answer_t *answer)
{
    size_t length = sizeof mm_index_html;

    *answer = (mm_http_answer_t){.status = 200,
                                 .type = "text/html; charset=utf-8",
                                 .body = malloc(length),
                                 .body_len = length};
    assert(answer->body != NULL);
    memcpy(answer->body, mm_index_html, length);
}

/* A browser's address bar gets a page, everything else the index. */
static void on_index(mm_http_t *http, const mm_http_request_t *request, mm_http_answer_t *answer)
{
    static const char html[] = "text/html";

    (void)http;
    if (memmem(request->head.accept.ptr, request->head.accept.len, html, sizeof html - 1) != NULL)
        answer_page(answer);
    else
        answer_document(answer, json_pack("{s:s, s:s, s:{s:s, s:s, s:s}}", "name", "MikroMeet API",
                                          "version", MM_VERSION, "endpoints", "health", "/health",
                                          "config", "/config", "websocket", "/ws"));
    (void)strcpy(answer->headers, "Vary: Accept\r\n");
}

static void on_health(mm_http_t *http, const mm_http_request_t *request, mm_http_answer_t *answer)
{
    mm_figures_t figures = mm_gateway_figures(http->gateway, request->now_ms);

    answer_document(answer, json_pack("{s:s, s:I, s:I, s:I, s:I, s:s}", "status", "ok",
                                      "totalRooms", (json_int_t)figures.rooms, "totalParticipants",
                                      (json_int_t)figures.participants, "peakParticipants",
                                      (json_int_t)figures.peak_participants, "uptime",
                                      (json_int_t)figures.uptime_ms, "version", MM_VERSION));
}

static void on_config(mm_http_t *http, const mm_http_request_t *request, mm_http_answer_t *answer)
{
    answer_json(answer, 200, mm_ice_print(http->ice, request->clock_ms));
}

/* The existing client asks this first, to learn where the API is. */
static void on_client_config(mm_http_t *http, const mm_http_request_t *request,
                             mm_http_answer_t *answer)
{
    (void)http;
    (void)request;
    answer_document(answer, json_pack("{s:s}", "apiUrl", "auto"));
}

/* A handshake does not come here: libwebsockets asks about it before. */
static void on_websocket(mm_http_t *http, const mm_http_request_t *request,
                         mm_http_answer_t *answer)
{
    (void)http;
    (void)request;
    mm_http_answer_error(answer, 426, "Upgrade required", "this is a WebSocket endpoint");
    (void)strcpy(answer->headers, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
}

/* HEAD goes with GET, OPTIONS with everything. */
typedef struct route {
    const char *path; /* {} stands for a part without a slash */
    mm_method_t method;
    handler_t *handler;
} route_t;

static const route_t routes[] = {
    {"/", MM_METHOD_GET, on_index},
    {"/health", MM_METHOD_GET, on_health},
    {"/config", MM_METHOD_GET, on_config},
    {"/config.json", MM_METHOD_GET, on_client_config},
    {MM_HTTP_ROOMS_PATH, MM_METHOD_POST, mm_http_on_create_room},
    {MM_HTTP_ROOMS_PATH "/{}", MM_METHOD_GET, mm_http_on_room_status},
    {MM_HTTP_ROOMS_PATH "/{}", MM_METHOD_DELETE, mm_http_on_delete_room},
    {MM_HTTP_ROOMS_PATH "/{}/invite.ics", MM_METHOD_GET, mm_http_on_invite},
    {MM_HTTP_WEBSOCKET_PATH, MM_METHOD_GET, on_websocket},
};

enum { ROUTES = sizeof routes / sizeof *routes };

static bool takes(const route_t *route, mm_method_t method)
{
    return route->method == (method == MM_METHOD_HEAD ? MM_METHOD_GET : method);
}

static bool fits(mm_text_t path, const char *pattern)
{
    const char *gap = strstr(pattern, "{}");
    size_t before, part = 0, after;

    if (gap == NULL)
        return mm_text_is(path, pattern);
    before = (size_t)(gap - pattern);
    after = strlen(gap + 2);
    if (path.len <= before + after || memcmp(path.ptr, pattern, before) != 0)
        return false;
    while (before + part < path.len && path.ptr[before + part] != '/')
        part++;
    return part > 0 && before + part + after == path.len &&
           memcmp(path.ptr + before + part, gap + 2, after) == 0;
}

static void answer_not_allowed(mm_text_t path, mm_http_answer_t *answer)
{
    unsigned methods = 0;

    for (int i = 0; i < ROUTES; i++)
        if (fits(path, routes[i].path))
            methods |= routes[i].method;
    mm_http_answer_error(answer, 405, "Method not allowed", NULL);
    (void)snprintf(answer->headers, sizeof answer->headers, "Allow: %s%s%sOPTIONS\r\n",
                   methods & MM_METHOD_GET ? "GET, HEAD, " : "",
                   methods & MM_METHOD_POST ? "POST, " : "",
                   methods & MM_METHOD_DELETE ? "DELETE, " : "");
}

int mm_http_route(const mm_http_head_t *head, mm_http_answer_t *answer)
{
    bool is_known = false;

    if (head->method == MM_METHOD_OPTIONS) {
        *answer = (mm_http_answer_t){.status = 204};
        return -1;
    }
    for (int i = 0; i < ROUTES; i++) {
        if (!fits(head->path, routes[i].path))
            continue;
        if (takes(&routes[i], head->method))
            return i;
        is_known = true;
    }
    if (is_known)
        answer_not_allowed(head->path, answer);
    else
        mm_http_answer_error(answer, 404, "Not found", NULL);
    return -1;
}

void mm_http_handle(mm_http_t *http, const mm_http_request_t *request, mm_http_answer_t *answer)
{
    assert(request->route >= 0 && request->route < ROUTES);
    routes[request->route].handler(http, request, answer);
}

void mm_http_answer_too_many(mm_http_answer_t *answer, int64_t wait_ms)
{
    mm_http_answer_error(answer, 429, "Too many requests. Please try again later.", NULL);
    (void)snprintf(answer->headers, sizeof answer->headers, "Retry-After: %" PRId64 "\r\n",
                   (wait_ms + MS_PER_SECOND - 1) / MS_PER_SECOND);
}

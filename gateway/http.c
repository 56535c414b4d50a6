/* See http.h: the routes and their handlers. */
#include "gateway/http.h"
#include "gateway/index_html.h"
#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_AFTER_SECONDS = 5, MS_PER_SECOND = 1000 };

typedef void handler_t(mm_http_t *http, const mm_http_request_t *request, mm_http_answer_t *answer);

static const char *const refused_text =
    "Cannot create room. Limit reached or room ID already exists.";

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
    (void)request;
    answer_json(answer, 200, mm_ice_print(http->ice));
}

/* The existing client asks this first, to learn where the API is. */
static void on_client_config(mm_http_t *http, const mm_http_request_t *request,
                             mm_http_answer_t *answer)
{
    (void)http;
    (void)request;
    answer_document(answer, json_pack("{s:s}", "apiUrl", "auto"));
}

static void on_create_room(mm_http_t *http, const mm_http_request_t *request,
                           mm_http_answer_t *answer)
{
    mm_order_fault_t fault;
    mm_room_order_t *order = mm_room_order_read(request->body, request->address, &fault);

    if (order == NULL) {
        json_t *error = json_pack("{s:s, s:s*, s:s}", "error", "Invalid request body", "field",
                                  fault.field, "reason", fault.reason);
        answer_json(answer, 400, json_dumps(error, JSON_COMPACT));
        answer->closes = true;
        json_decref(error);
        return;
    }
    *request->order = order;
    *answer = (mm_http_answer_t){0};
    mm_gateway_create_room(http->gateway, request->name, mm_room_order_request(order),
                           request->now_ms, request->clock_ms);
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
    const char *path;
    mm_method_t method;
    handler_t *handler;
} route_t;

static const route_t routes[] = {
    {"/", MM_METHOD_GET, on_index},
    {"/health", MM_METHOD_GET, on_health},
    {"/config", MM_METHOD_GET, on_config},
    {"/config.json", MM_METHOD_GET, on_client_config},
    {"/api/rooms", MM_METHOD_POST, on_create_room},
    {MM_HTTP_WEBSOCKET_PATH, MM_METHOD_GET, on_websocket},
};

enum { ROUTES = sizeof routes / sizeof *routes };

static bool takes(const route_t *route, mm_method_t method)
{
    return route->method == (method == MM_METHOD_HEAD ? MM_METHOD_GET : method);
}

int mm_http_route(const mm_http_head_t *head, mm_http_answer_t *answer)
{
    int route = 0;

    if (head->method == MM_METHOD_OPTIONS) {
        *answer = (mm_http_answer_t){.status = 204};
        return -1;
    }
    while (route < ROUTES && !mm_text_is(head->path, routes[route].path))
        route++;
    if (route == ROUTES) {
        mm_http_answer_error(answer, 404, "Not found", NULL);
        return -1;
    }
    if (!takes(&routes[route], head->method)) {
        mm_http_answer_error(answer, 405, "Method not allowed", NULL);
        (void)strcpy(answer->headers, routes[route].method == MM_METHOD_GET
                                          ? "Allow: GET, HEAD, OPTIONS\r\n"
                                          : "Allow: POST, OPTIONS\r\n");
        return -1;
    }
    return route;
}

void mm_http_handle(mm_http_t *http, const mm_http_request_t *request, mm_http_answer_t *answer)
{
    assert(request->route >= 0 && request->route < ROUTES);
    routes[request->route].handler(http, request, answer);
}

static void answer_unavailable(mm_http_answer_t *answer)
{
    mm_http_answer_error(answer, 503, "Service temporarily unavailable", NULL);
    (void)snprintf(answer->headers, sizeof answer->headers, "Retry-After: %d\r\n",
                   RETRY_AFTER_SECONDS);
}

void mm_http_answer_too_many(mm_http_answer_t *answer, int64_t wait_ms)
{
    mm_http_answer_error(answer, 429, "Too many requests. Please try again later.", NULL);
    (void)snprintf(answer->headers, sizeof answer->headers, "Retry-After: %" PRId64 "\r\n",
                   (wait_ms + MS_PER_SECOND - 1) / MS_PER_SECOND);
}

void mm_http_answer_created(const mm_room_order_t *order, const mm_create_answer_t *created,
                            mm_http_answer_t *answer)
{
    if (created->err == MM_OK)
        answer_json(answer, 201, mm_room_order_print_created(order, created));
    else if (created->err == MM_ERR_ROOM_EXISTS || created->err == MM_ERR_TOO_MANY_ROOMS)
        mm_http_answer_error(answer, 429, refused_text, NULL);
    else if (created->err == MM_ERR_RATE_LIMITED)
        mm_http_answer_too_many(answer, created->wait_ms);
    else if (created->err == MM_ERR_INVALID_MESSAGE)
        mm_http_answer_error(answer, 400, "Invalid request body", NULL);
    else
        answer_unavailable(answer); /* no broker, or a store that failed: both may pass */
}

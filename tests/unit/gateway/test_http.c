/* HTTP without sockets: heads, handshakes, routes, answers.  The core is a stand-in of two functions. */
#include "gateway/http.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void *created_name;
static struct mm_create_room created;
static mm_msg_t asked;

mm_figures_t mm_gateway_figures(const mm_gateway_t *gateway, int64_t now_ms)
{
    (void)gateway;
    return (mm_figures_t){
        .rooms = 5, .participants = 12, .peak_participants = 24, .uptime_ms = (uint64_t)now_ms};
}

void mm_gateway_ask(mm_gateway_t *gateway, void *request, mm_msg_t msg, const void *message,
                    int64_t now_ms, int64_t clock_ms)
{
    (void)gateway;
    (void)now_ms;
    (void)clock_ms;
    created_name = request;
    asked = msg;
    if (msg == MM_MSG_CREATE_ROOM)
        memcpy(&created, message, sizeof created);
}

static mm_http_head_t get(const char *path)
{
    return (mm_http_head_t){.method = MM_METHOD_GET,
                            .path = mm_text(path),
                            .version = mm_text("HTTP/1.1"),
                            .host = mm_text("localhost")};
}

static mm_http_head_t post(const char *path)
{
    mm_http_head_t head = get(path);

    head.method = MM_METHOD_POST;
    return head;
}

static mm_http_head_t handshake(void)
{
    mm_http_head_t head = get("/ws");

    head.connection = mm_text("keep-alive, Upgrade");
    head.upgrade = mm_text("WebSocket");
    head.websocket_version = mm_text("13");
    head.websocket_key = mm_text("dGhlIHNhbXBsZSBub25jZQ==");
    return head;
}

/* Status of a refused head; 0 when it is accepted. */
static int refusal(const mm_http_head_t *head)
{
    mm_http_answer_t answer = {0};
    size_t body_len;
    bool is_accepted = mm_http_accepts_head(head, &body_len, &answer);
    int status = answer.status;

    assert_true(is_accepted == (status == 0));
    mm_http_answer_fini(&answer);
    return status;
}

static int handshake_refusal(const mm_http_head_t *head)
{
    mm_http_answer_t answer = {0};
    bool is_accepted = mm_http_accepts_handshake(head, &answer);
    int status = answer.status;

    assert_true(is_accepted == (status == 0));
    mm_http_answer_fini(&answer);
    return status;
}

static void a_head_is_read_strictly(void **state)
{
    static const char *const bad_lengths[] = {
        "-1", "+1", "1, 1", "1,1", "0x1", "1 1", "one", "1.0", "9999999999999999"};
    mm_http_head_t head = get("/health");

    (void)state;
    assert_int_equal(refusal(&head), 0);
    head.transfer_encoding = mm_text("chunked");
    assert_int_equal(refusal(&head), 501);
    head = get("/health");
    head.host = (mm_text_t){"", 0};
    assert_int_equal(refusal(&head), 400);
    head.version = mm_text("HTTP/1.0");
    assert_int_equal(refusal(&head), 0);
    head.version = mm_text("HTTP/2.0");
    assert_int_equal(refusal(&head), 505);
    head.version = mm_text("");
    assert_int_equal(refusal(&head), 505);
    head = get("/health");
    head.host = mm_text("a,b");
    assert_int_equal(refusal(&head), 400);
    for (size_t i = 0; i < sizeof bad_lengths / sizeof *bad_lengths; i++) {
        head = post("/api/rooms");
        head.content_length = mm_text(bad_lengths[i]);
        assert_int_equal(refusal(&head), 400);
    }
}

static void a_body_has_a_bound(void **state)
{
    mm_http_answer_t answer = {0};
    mm_http_head_t head = post("/api/rooms");
    size_t body_len;

    (void)state;
    head.content_length = mm_text("16384");
    assert_true(mm_http_accepts_head(&head, &body_len, &answer));
    assert_int_equal(body_len, MM_HTTP_BODY_MAX);
    head.content_length = mm_text("16385");
    assert_int_equal(refusal(&head), 413);
}

static void white_space_around_a_length_is_none_of_it(void **state)
{
    mm_http_answer_t answer = {0};
    mm_http_head_t head = post("/api/rooms");
    size_t body_len;

    (void)state;
    head.content_length = mm_text(" 2 \t");
    assert_true(mm_http_accepts_head(&head, &body_len, &answer));
    assert_int_equal(body_len, 2);
}

static void get_and_head_have_no_body(void **state)
{
    mm_http_head_t head = get("/health");

    (void)state;
    head.content_length = mm_text("0");
    assert_int_equal(refusal(&head), 0);
    head.content_length = mm_text("1");
    assert_int_equal(refusal(&head), 400);
    head.method = MM_METHOD_HEAD;
    assert_int_equal(refusal(&head), 400);
    head.method = MM_METHOD_OPTIONS;
    assert_int_equal(refusal(&head), 0);
}

static void a_handshake_must_be_whole(void **state)
{
    mm_http_head_t head = handshake();

    (void)state;
    assert_int_equal(handshake_refusal(&head), 0);
    head.path = mm_text("/");
    assert_int_equal(handshake_refusal(&head), 404);
    head = handshake();
    head.method = MM_METHOD_POST;
    assert_int_equal(handshake_refusal(&head), 400);
    head = handshake();
    head.version = mm_text("HTTP/1.0");
    assert_int_equal(handshake_refusal(&head), 400);
    head = handshake();
    head.content_length = mm_text("0");
    assert_int_equal(handshake_refusal(&head), 400);
    head = handshake();
    head.upgrade = mm_text("h2c");
    assert_int_equal(handshake_refusal(&head), 400);
    head = handshake();
    head.upgrade = mm_text("websocket, h2c");
    assert_int_equal(handshake_refusal(&head), 400);
    head = handshake();
    head.connection = mm_text("keep-alive");
    assert_int_equal(handshake_refusal(&head), 400);
    head = handshake();
    head.websocket_version = mm_text("8");
    assert_int_equal(handshake_refusal(&head), 426);
    head.websocket_version = mm_text("13, 13");
    assert_int_equal(handshake_refusal(&head), 426);
    head = handshake();
    head.websocket_key = mm_text("dGhlIHNhbXBsZSBub25jZQ=");
    assert_int_equal(handshake_refusal(&head), 400);
    head.websocket_key = mm_text("dGhlIHNhbXBsZSBub25jZ!==");
    assert_int_equal(handshake_refusal(&head), 400);
    head.websocket_key = mm_text("");
    assert_int_equal(handshake_refusal(&head), 400);
    head = handshake();
    head.websocket_protocol = mm_text("chat");
    assert_int_equal(handshake_refusal(&head), 400);
}

/* Route and handler, as the transport calls them. */
static mm_http_answer_t ask(mm_method_t method, const char *path, const char *accept,
                            const char *body, mm_http_wait_t **wait)
{
    static const uint8_t address[16] = {[15] = 1};
    mm_settings_t settings;
    char complaint[MM_ICE_COMPLAINT_BYTES];
    mm_http_t http = {.settings = &settings};
    mm_ice_t *ice;
    mm_http_answer_t answer = {0};
    mm_http_request_t request = {
        .head = get(path), .body = mm_text(body), .address = address, .wait = wait};

    mm_settings_defaults(&settings);
    assert_int_equal(mm_ice_open(&settings, &ice, complaint), MM_OK);
    http.ice = ice;
    request.head.method = method;
    request.head.accept = mm_text(accept);
    request.now_ms = 3600000;
    request.name = &answer;
    request.route = mm_http_route(&request.head, &answer);
    if (request.route >= 0)
        mm_http_handle(&http, &request, &answer);
    mm_ice_close(&ice);
    mm_settings_fini(&settings);
    return answer;
}

static void answers(mm_method_t method, const char *path, int status, const char *body)
{
    mm_http_answer_t answer = ask(method, path, "*/*", "", NULL);

    assert_int_equal(answer.status, status);
    if (body == NULL) {
        assert_int_equal(answer.body_len, 0);
    } else {
        assert_int_equal(answer.body_len, strlen(body));
        assert_memory_equal(answer.body, body, answer.body_len);
        assert_string_equal(answer.type, "application/json");
    }
    mm_http_answer_fini(&answer);
}

static void routes_answer(void **state)
{
    (void)state;
    answers(MM_METHOD_GET, "/", 200,
            "{\"name\":\"MikroMeet API\",\"version\":\"" MM_VERSION
            "\",\"endpoints\":{\"health\":\"/health\",\"config\":\"/config\","
            "\"websocket\":\"/ws\"}}");
    answers(MM_METHOD_HEAD, "/health", 200,
            "{\"status\":\"ok\",\"totalRooms\":5,\"totalParticipants\":12,\"peakParticipants\":24,"
            "\"uptime\":3600000,\"version\":\"" MM_VERSION "\"}");
    answers(MM_METHOD_GET, "/config", 200,
            "{\"iceServers\":[{\"urls\":\"stun:stun.cloudflare.com:3478\"}]}");
    answers(MM_METHOD_GET, "/config.json", 200, "{\"apiUrl\":\"auto\"}");
    answers(MM_METHOD_GET, "/nothing", 404, "{\"error\":\"Not found\"}");
    answers(MM_METHOD_OTHER, "/nothing", 404, "{\"error\":\"Not found\"}");
    answers(MM_METHOD_OPTIONS, "/nothing", 204, NULL);
    answers(MM_METHOD_OPTIONS, "/api/rooms", 204, NULL);
}

static void other_methods_are_told_which_are_allowed(void **state)
{
    mm_http_answer_t answer = ask(MM_METHOD_OTHER, "/health", "", "", NULL);

    (void)state;
    assert_int_equal(answer.status, 405);
    assert_string_equal(answer.headers, "Allow: GET, HEAD, OPTIONS\r\n");
    mm_http_answer_fini(&answer);
    answer = ask(MM_METHOD_POST, "/api/rooms/ABC123", "", "", NULL);
    assert_int_equal(answer.status, 405);
    assert_string_equal(answer.headers, "Allow: GET, HEAD, DELETE, OPTIONS\r\n");
    mm_http_answer_fini(&answer);
    answer = ask(MM_METHOD_HEAD, "/api/rooms", "", "", NULL);
    assert_int_equal(answer.status, 405);
    assert_string_equal(answer.headers, "Allow: POST, OPTIONS\r\n");
    mm_http_answer_fini(&answer);
}

static void a_browser_gets_a_page(void **state)
{
    mm_http_answer_t answer =
        ask(MM_METHOD_GET, "/", "application/xhtml+xml,text/html;q=0.9", "", NULL);

    (void)state;
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.type, "text/html; charset=utf-8");
    assert_non_null(memmem(answer.body, answer.body_len, "<h1>", 4));
    mm_http_answer_fini(&answer);
}

static void a_room_is_ordered(void **state)
{
    mm_http_wait_t *wait = NULL;
    mm_http_answer_t answer =
        ask(MM_METHOD_POST, "/api/rooms", "", "{\"roomId\":\"abc123\",\"title\":\"t\"}", &wait);
    mm_http_t http = {0};
    mm_room_answer_t done = {.room = mm_text("ABC123")};

    (void)state;
    assert_int_equal(answer.status, 0);
    assert_int_equal(asked, MM_MSG_CREATE_ROOM);
    assert_non_null(created_name);
    assert_true(mm_text_is(created.room, "ABC123"));
    mm_http_answer_late(&http, wait, &done, &answer);
    assert_int_equal(answer.status, 201);
    mm_http_answer_fini(&answer);
    done.err = MM_ERR_ROOM_EXISTS;
    mm_http_answer_late(&http, wait, &done, &answer);
    assert_int_equal(answer.status, 429);
    assert_string_equal(answer.body, "{\"error\":\"Cannot create room. Limit reached or room ID "
                                     "already exists.\"}");
    mm_http_answer_fini(&answer);
    done.err = MM_ERR_INVALID_MESSAGE;
    mm_http_answer_late(&http, wait, &done, &answer);
    assert_int_equal(answer.status, 400);
    mm_http_answer_fini(&answer);
    done.err = MM_ERR_UNAVAILABLE;
    mm_http_answer_late(&http, wait, &done, &answer);
    assert_int_equal(answer.status, 503);
    assert_non_null(strstr(answer.headers, "Retry-After: "));
    mm_http_answer_fini(&answer);
    mm_http_wait_destroy(&wait);
}

static void a_room_is_asked_for_by_its_path(void **state)
{
    mm_http_t http = {0};
    mm_http_wait_t *wait = NULL;
    mm_http_answer_t answer = ask(MM_METHOD_GET, "/api/rooms/a-b_9", "", "", &wait);
    mm_room_answer_t found = {.err = MM_ERR_ROOM_NOT_FOUND};

    (void)state;
    assert_int_equal(answer.status, 0);
    assert_int_equal(asked, MM_MSG_ROOM_STATUS);
    mm_http_answer_late(&http, wait, &found, &answer);
    assert_int_equal(answer.status, 404);
    mm_http_answer_fini(&answer);
    found = (mm_room_answer_t){.err = MM_ERR_RATE_LIMITED, .wait_ms = 1001};
    mm_http_answer_late(&http, wait, &found, &answer);
    assert_int_equal(answer.status, 429);
    assert_string_equal(answer.headers, "Retry-After: 2\r\n");
    mm_http_answer_fini(&answer);
    mm_http_wait_destroy(&wait);
}

static void what_can_name_no_room_is_not_asked_for(void **state)
{
    static const char *const paths[] = {
        "/api/rooms/a.b", "/api/rooms/a b",           "/api/rooms/\xc3\xa4",   "/api/rooms/",
        "/api/rooms/a/b", "/api/rooms/a/invite.icsx", "/api/rooms//invite.ics"};

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        mm_http_wait_t *wait = NULL;
        mm_http_answer_t answer = ask(MM_METHOD_GET, paths[i], "", "", &wait);
        assert_int_equal(answer.status, 404);
        assert_null(wait);
        mm_http_answer_fini(&answer);
    }
}

static void a_bad_order_says_what_is_wrong(void **state)
{
    mm_http_wait_t *wait = NULL;
    mm_http_answer_t answer = ask(MM_METHOD_POST, "/api/rooms", "", "{\"title\":5}", &wait);

    (void)state;
    assert_null(wait);
    assert_int_equal(answer.status, 400);
    assert_string_equal(answer.body, "{\"error\":\"Invalid request body\",\"field\":\"title\","
                                     "\"reason\":\"must be a text of 1 to 80 characters\"}");
    mm_http_answer_fini(&answer);
    answer = ask(MM_METHOD_POST, "/api/rooms", "", "[]", &wait);
    assert_string_equal(
        answer.body, "{\"error\":\"Invalid request body\",\"reason\":\"must be a JSON object\"}");
    mm_http_answer_fini(&answer);
}

static void an_answer_is_printed_whole(void **state)
{
    static const char expected[] = "HTTP/1.1 404 Not Found\r\n"
                                   "X-Content-Type-Options: nosniff\r\n"
                                   "X-Frame-Options: DENY\r\n"
                                   "X-XSS-Protection: 1; mode=block\r\n"
                                   "Referrer-Policy: strict-origin-when-cross-origin\r\n"
                                   "Access-Control-Allow-Origin: *\r\n"
                                   "Access-Control-Allow-Methods: GET, POST, OPTIONS\r\n"
                                   "Access-Control-Allow-Headers: Content-Type\r\n"
                                   "Content-Type: application/json\r\n"
                                   "Cache-Control: no-store\r\n"
                                   "Content-Length: 21\r\n"
                                   "Connection: close\r\n"
                                   "\r\n"
                                   "{\"error\":\"Not found\"}";
    mm_http_answer_t answer = {0};
    size_t len;
    char *bytes;

    (void)state;
    mm_http_answer_error(&answer, 404, "Not found", NULL);
    bytes = mm_http_answer_print(&answer, false, 16, &len);
    assert_int_equal(len, sizeof expected - 1);
    assert_memory_equal(bytes + 16, expected, len);
    free(bytes);
    bytes = mm_http_answer_print(&answer, true, 0, &len);
    assert_int_equal(len, sizeof expected - 1 - 21);
    assert_memory_equal(bytes, expected, len);
    free(bytes);
    mm_http_answer_fini(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_read_strictly),
        cmocka_unit_test(a_body_has_a_bound),
        cmocka_unit_test(white_space_around_a_length_is_none_of_it),
        cmocka_unit_test(get_and_head_have_no_body),
        cmocka_unit_test(a_handshake_must_be_whole),
        cmocka_unit_test(routes_answer),
        cmocka_unit_test(other_methods_are_told_which_are_allowed),
        cmocka_unit_test(a_browser_gets_a_page),
        cmocka_unit_test(a_room_is_ordered),
        cmocka_unit_test(a_room_is_asked_for_by_its_path),
        cmocka_unit_test(what_can_name_no_room_is_not_asked_for),
        cmocka_unit_test(a_bad_order_says_what_is_wrong),
        cmocka_unit_test(an_answer_is_printed_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

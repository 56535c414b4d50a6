/* See visitor.h: a visitor before its handshake.  Reads a request off libwebsockets, has it answered by http.c, and writes
 * the answer.
 *
 * libwebsockets 4.1.6 does not read a connection in some of its states and yet asks the kernel for its data, which makes the
 * loop spin.  So whoever waits for the broker is not read at all, and whoever does not take our answer is cut off.
 *
 * Every answer ends its connection.  Of a request whose head came in one piece with the request before, 4.1.6 loses the way in
 * the body and never comes back from its loop; and it reads some heads otherwise than a proxy would (a space before the
 * colon, lines folded or ended by half a line end), so that the body of one request would be the next one.  With one request to a
 * connection neither can happen; browsers ask here twice before a meeting, which is nothing to save at. */
#include "gateway/visitor.h"
#include <assert.h>

enum { ARENA_BYTES = 8 * 1024 }; /* libwebsockets takes heads of 4 KiB */

/* Where a head's texts are kept while a callback runs. */
typedef struct arena {
    char bytes[ARENA_BYTES];
    size_t used;
} arena_t;

static mm_text_t read_header(struct lws *wsi, enum lws_token_indexes token, arena_t *arena)
{
    char *at = arena->bytes + arena->used;
    int len;

    if (lws_hdr_total_length(wsi, token) == 0)
        return (mm_text_t){arena->bytes, 0};
    len = lws_hdr_copy(wsi, at, (int)(sizeof arena->bytes - arena->used), token);
    if (len < 0)
        return mm_text("\x7f"); /* does not fit: a value that nothing accepts */
    arena->used += (size_t)len;
    return (mm_text_t){at, (size_t)len};
}

/* The method, and the path by `out`. */
static mm_method_t read_method(struct lws *wsi, mm_text_t *out)
{
    static const mm_method_t methods[] = {
        [LWSHUMETH_GET] = MM_METHOD_GET,       [LWSHUMETH_HEAD] = MM_METHOD_HEAD,
        [LWSHUMETH_POST] = MM_METHOD_POST,     [LWSHUMETH_OPTIONS] = MM_METHOD_OPTIONS,
        [LWSHUMETH_DELETE] = MM_METHOD_DELETE,
    };
    char *path = NULL;
    int len = 0;
    int method = lws_http_get_uri_and_method(wsi, &path, &len);

    *out = (mm_text_t){path != NULL ? path : "", (size_t)len};
    if (method < 0 || (size_t)method >= sizeof methods / sizeof *methods || methods[method] == 0)
        return MM_METHOD_OTHER;
    return methods[method];
}

static mm_http_head_t read_head(struct lws *wsi, arena_t *arena)
{
    mm_http_head_t head = {
        .version = read_header(wsi, WSI_TOKEN_HTTP, arena),
        .host = read_header(wsi, WSI_TOKEN_HOST, arena),
        .accept = read_header(wsi, WSI_TOKEN_HTTP_ACCEPT, arena),
        .connection = read_header(wsi, WSI_TOKEN_CONNECTION, arena),
        .content_length = read_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, arena),
        .transfer_encoding = read_header(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING, arena),
        .expect = read_header(wsi, WSI_TOKEN_HTTP_EXPECT, arena),
        .upgrade = read_header(wsi, WSI_TOKEN_UPGRADE, arena),
        .websocket_version = read_header(wsi, WSI_TOKEN_VERSION, arena),
        .websocket_key = read_header(wsi, WSI_TOKEN_KEY, arena),
        .websocket_protocol = read_header(wsi, WSI_TOKEN_PROTOCOL, arena),
        .forwarded = read_header(wsi, WSI_TOKEN_X_FORWARDED_FOR, arena),
        .authorization = read_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, arena),
    };

    head.method = read_method(wsi, &head.path);
    return head;
}

/* --- answers ------------------------------------------------------------------------------ */

/* True when the kernel has taken all of it. */
static bool write_bytes(struct lws *wsi, char *bytes, size_t len)
{
    return lws_write(wsi, (unsigned char *)bytes, len, LWS_WRITE_HTTP) == (int)len &&
           !lws_partial_buffered(wsi);
}

static bool write_answer(mm_visitor_t *visitor, mm_http_answer_t *answer)
{
    size_t len;
    char *bytes = mm_http_answer_print(answer, visitor->is_head, LWS_PRE, &len);
    bool is_written = write_bytes(visitor->wsi, bytes + LWS_PRE, len);

    visitor->transport->http->counters->http_requests++;
    if (answer->status >= 400)
        visitor->transport->http->counters->http_errors++;
    free(bytes);
    return is_written;
}

/* Stops it where it is: not read, and gone within the next loop turn. */
static int cut_off(mm_visitor_t *visitor)
{
    mm_visitor_read(visitor, false);
    mm_visitor_kill(visitor);
    mm_visitor_set_deadline(visitor, MM_DEADLINE_SHUT);
    return 0;
}

void mm_visitor_forget_request(mm_visitor_t *visitor)
{
    if (visitor->phase == MM_PHASE_GONE && visitor->wait != NULL && visitor->late.status == 0)
        mm_gateway_cancel(visitor->transport->http->gateway, visitor);
    mm_http_wait_destroy(&visitor->wait);
    mm_http_answer_fini(&visitor->late);
    free(visitor->body);
    visitor->body = NULL;
    visitor->body_len = visitor->body_expected = 0;
    visitor->route = -1;
}

/* Writes an answer, frees it, and ends the connection. */
static int finish(mm_visitor_t *visitor, mm_http_answer_t *answer)
{
    bool is_written = write_answer(visitor, answer);

    mm_http_answer_fini(answer);
    mm_visitor_forget_request(visitor);
    return is_written ? -1 : cut_off(visitor);
}

/* Answers a request whose body is still under way.  Closing with unread data would reset the connection and could
 * take the answer with it; so the rest is read and dropped for a while. */
static int finish_before_body(mm_visitor_t *visitor, mm_http_answer_t *answer)
{
    bool is_written = write_answer(visitor, answer);

    mm_http_answer_fini(answer);
    if (!is_written)
        return cut_off(visitor);
    visitor->phase = MM_PHASE_LINGER;
    mm_visitor_set_deadline(visitor, MM_DEADLINE_LINGER);
    return 0;
}

/* --- requests ----------------------------------------------------------------------------- */

static mm_http_answer_t take_late(mm_visitor_t *visitor)
{
    mm_http_answer_t answer = visitor->late;

    visitor->late = (mm_http_answer_t){0};
    return answer;
}

static int handle(mm_visitor_t *visitor, const mm_http_head_t *head)
{
    mm_transport_t *transport = visitor->transport;
    mm_http_request_t request = {
        .head = *head,
        .route = visitor->route,
        .body = {visitor->body, visitor->body_len},
        .address = visitor->client,
        .now_ms = mm_transport_now_ms(transport),
        .clock_ms = mm_transport_clock_ms(),
        .name = visitor,
        .wait = &visitor->wait,
    };
    mm_http_answer_t answer = {0};

    mm_visitor_stand(visitor, MM_STANDING_ASKED);
    visitor->phase = MM_PHASE_WAITING; /* before the call: the answer may come inside */
    mm_http_handle(transport->http, &request, &answer);
    if (answer.status == 0)
        answer = take_late(visitor);
    if (answer.status != 0)
        return finish(visitor, &answer);
    mm_visitor_read(visitor, false);
    mm_visitor_set_deadline(visitor, MM_DEADLINE_SWEEP);
    return 0;
}

static bool begins_with_100(mm_visitor_t *visitor, const mm_http_head_t *head)
{
    char text[LWS_PRE + 32];
    int len;

    if (strncasecmp(head->expect.ptr, "100-continue", head->expect.len) != 0 ||
        head->expect.len == 0)
        return true;
    len = snprintf(text + LWS_PRE, sizeof text - LWS_PRE, "HTTP/1.1 100 Continue\r\n\r\n");
    return write_bytes(visitor->wsi, text + LWS_PRE, (size_t)len);
}

/* libwebsockets counts on a body after every POST, even where none was announced; nothing follows such a request. */
static bool is_without_length(const mm_http_head_t *head)
{
    return head->method == MM_METHOD_POST && head->content_length.len == 0;
}

/* A request is refused by its head.  The state of libwebsockets decides whether its body would be read. */
static int refuse(mm_visitor_t *visitor, const mm_http_head_t *head, mm_http_answer_t *answer)
{
    bool has_body = visitor->body_expected > 0 ||
                    (head->method == MM_METHOD_POST && head->transfer_encoding.len > 0);

    return has_body ? finish_before_body(visitor, answer) : finish(visitor, answer);
}

/* False with the answer when nobody knows whose request it is. */
static bool knows_client(mm_visitor_t *visitor, const mm_http_head_t *head,
                         mm_http_answer_t *answer)
{
    if (mm_gate_client(visitor->transport->http->gate, visitor->address, head->forwarded,
                       visitor->client) == MM_OK)
        return true;
    mm_http_answer_error(answer, 400, "Bad request", "X-Forwarded-For");
    return false;
}

int mm_visitor_on_head(mm_visitor_t *visitor)
{
    arena_t arena = {.used = 0};
    mm_http_head_t head = read_head(visitor->wsi, &arena);
    mm_http_answer_t answer = {0};
    size_t body_len;

    visitor->is_head = head.method == MM_METHOD_HEAD;
    if (!mm_http_accepts_head(&head, &body_len, &answer)) {
        visitor->body_expected = body_len;
        return refuse(visitor, &head, &answer);
    }
    visitor->body_expected = body_len;
    if (!knows_client(visitor, &head, &answer))
        return refuse(visitor, &head, &answer);
    visitor->route = mm_http_route(&head, &answer);
    if (visitor->route < 0)
        return refuse(visitor, &head, &answer);
    if (body_len == 0 && (head.method != MM_METHOD_POST || is_without_length(&head)))
        return handle(visitor, &head);
    if (!begins_with_100(visitor, &head))
        return cut_off(visitor);
    visitor->body = malloc(body_len + 1);
    assert(visitor->body != NULL);
    return 0;
}

int mm_visitor_on_body(mm_visitor_t *visitor, const char *bytes, size_t len)
{
    if (visitor->phase != MM_PHASE_REQUEST || visitor->body == NULL || len == 0)
        return 0;
    if (len > visitor->body_expected - visitor->body_len)
        return -1;
    memcpy(visitor->body + visitor->body_len, bytes, len);
    visitor->body_len += len;
    return 0;
}

/* Comes a second time when something follows the body of a request that is being answered. */
int mm_visitor_on_body_end(mm_visitor_t *visitor)
{
    mm_http_head_t head = {.accept = {"", 0}};

    if (visitor->phase != MM_PHASE_REQUEST || visitor->route < 0)
        return -1;
    return handle(visitor, &head);
}

/* Who waits is not read, so libwebsockets would not say that it can be written to, and it need not: it was given nothing
 * before.  To read it again would tell, before the answer is written, that it has ended its sending side. */
void mm_transport_on_answer(void *request, const mm_room_answer_t *found)
{
    mm_visitor_t *visitor = request;
    mm_http_answer_t answer;

    assert(visitor->wait != NULL && visitor->late.status == 0);
    mm_http_answer_late(visitor->transport->http, visitor->wait, found, &visitor->late);
    if (!visitor->is_paused) /* handle() has not yet returned, and looks itself */
        return;
    answer = take_late(visitor);
    if (finish(visitor, &answer) != 0)
        (void)cut_off(visitor);
}

/* --- handshakes --------------------------------------------------------------------------- */

/* False with the answer when this client has or makes too many connections. */
static bool is_admitted(mm_visitor_t *visitor, mm_http_answer_t *answer)
{
    int64_t wait_ms = mm_gate_admit(visitor->transport->http->gate, visitor->client,
                                    mm_transport_now_ms(visitor->transport));

    if (wait_ms > 0)
        mm_http_answer_too_many(answer, wait_ms);
    return wait_ms == 0;
}

/* Asked for every Upgrade.  libwebsockets 4.1.6 has freed the head already when it is none that it knows, answered 403,
 * and hands over a dangling text: that is why the handler has no `in`.  h2c would be accepted if we let it. */
int mm_visitor_on_upgrade(mm_visitor_t *visitor)
{
    arena_t arena = {.used = 0};
    mm_http_head_t head;
    mm_http_answer_t answer = {0};
    size_t body_len;

    if (lws_hdr_total_length(visitor->wsi, WSI_TOKEN_UPGRADE) == 0)
        return -1;
    head = read_head(visitor->wsi, &arena);
    visitor->is_head = head.method == MM_METHOD_HEAD;
    if (mm_http_accepts_head(&head, &body_len, &answer) &&
        mm_http_accepts_handshake(&head, &answer) && knows_client(visitor, &head, &answer) &&
        is_admitted(visitor, &answer)) {
        mm_visitor_stand(visitor, MM_STANDING_OPEN);
        return 0;
    }
    visitor->transport->http->counters->connections_refused++;
    (void)finish(visitor, &answer);
    return -1; /* 0 would let it go on */
}

/* See transport.h.  Here: the context, the one callback, adopting sockets, deadlines and the end of a visitor. */
#include "gateway/visitor.h"
#include "proto/log.h"
#include <assert.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 32 * 1024,
    TLS_RECORD_BYTES = 16 * 1024,
    PACKET_BYTES = 64 * 1024, /* a file chunk leaves in one write */
    SWEEP_MS = 1000,
    LINGER_MS = 1000,
    SHUT_MS = 2000,
    KICK_MS = 100,
    LOG_BYTES = 60
};
/* libwebsockets 4.1.6 spins forever when reading is paused while a TLS record does not fit into its buffers. */
static_assert(BUFFER_BYTES >= TLS_RECORD_BYTES, "a buffer must hold a TLS record");
static_assert(MM_BUFFER_HEADROOM >= LWS_PRE, "libwebsockets writes its header before the text");

int64_t mm_transport_now_ms(const mm_transport_t *transport)
{
    return (int64_t)uv_now(transport->loop);
}

int64_t mm_transport_clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- visitors ----------------------------------------------------------------------------- */

void mm_visitor_clear_deadline(mm_visitor_t *visitor)
{
    mm_deadlines_clear(visitor->transport->deadlines[visitor->deadline_kind], &visitor->deadline);
}

void mm_visitor_set_deadline(mm_visitor_t *visitor, mm_deadline_kind_t kind)
{
    mm_transport_t *transport = visitor->transport;

    mm_visitor_clear_deadline(visitor);
    visitor->deadline_kind = kind;
    visitor->deadline =
        mm_deadlines_set(transport->deadlines[kind], visitor, mm_transport_now_ms(transport));
}

void mm_visitor_read(mm_visitor_t *visitor, bool on)
{
    if (visitor->wsi == NULL || visitor->is_paused != on)
        return;
    visitor->is_paused = !on;
    visitor->transport->paused += on ? (size_t)-1 : 1;
    visitor->transport->needs_kick = true;
    (void)lws_rx_flow_control(visitor->wsi, on);
}

/* Whose sockets are counted: until the handshake the peer's. */
static const uint8_t *counted_address(const mm_visitor_t *visitor)
{
    return visitor->standing == MM_STANDING_OPEN ? visitor->client : visitor->address;
}

void mm_visitor_stand(mm_visitor_t *visitor, mm_standing_t standing)
{
    mm_gate_t *gate = visitor->transport->http->gate;

    mm_gate_leave(gate, visitor->standing, counted_address(visitor));
    visitor->standing = standing;
    mm_gate_enter(gate, standing, counted_address(visitor));
}

bool mm_visitor_has_hung_up(const mm_visitor_t *visitor)
{
    /* Whoever has sent a request may end its sending side and still await the answer (RFC 9112 section 9.6); a
     * WebSocket that does so has gone. */
    struct pollfd question = {.events = visitor->phase == MM_PHASE_WAITING ? 0 : POLLRDHUP};

    if (visitor->wsi == NULL)
        return true;
    question.fd = lws_get_socket_fd(visitor->wsi);
    return poll(&question, 1, 0) == 1 && question.revents != 0;
}

void mm_visitor_kill(mm_visitor_t *visitor)
{
    if (visitor->wsi == NULL)
        return;
    lws_set_timeout(visitor->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    visitor->transport->needs_kick = true;
}

static int on_adopted(struct lws *wsi)
{
    mm_transport_t *transport = lws_context_user(lws_get_context(wsi));
    mm_visitor_t *visitor = calloc(1, sizeof *visitor);

    assert(visitor != NULL && transport->adopted_address != NULL);
    visitor->transport = transport;
    visitor->wsi = wsi;
    visitor->route = -1;
    memcpy(visitor->address, transport->adopted_address, sizeof visitor->address);
    memcpy(visitor->client, visitor->address, sizeof visitor->client);
    visitor->standing = MM_STANDING_HALF_OPEN;
    mm_gate_enter(transport->http->gate, visitor->standing, visitor->address);
    transport->visitors++;
    lws_set_opaque_user_data(wsi, visitor);
    mm_visitor_set_deadline(visitor, MM_DEADLINE_REQUEST);
    return 0;
}

/* The socket is gone; the struct stays until libwebsockets destroys the wsi. */
static int on_closed(mm_visitor_t *visitor)
{
    if (visitor->wsi == NULL)
        return 0;
    mm_visitor_clear_deadline(visitor);
    visitor->transport->paused -= visitor->is_paused;
    visitor->is_paused = false;
    visitor->wsi = NULL;
    visitor->phase = MM_PHASE_GONE;
    mm_visitor_forget_request(visitor);
    mm_visitor_forget_connection(visitor);
    mm_gate_leave(visitor->transport->http->gate, visitor->standing, counted_address(visitor));
    return 0;
}

static int on_destroyed(struct lws *wsi)
{
    mm_visitor_t *visitor = lws_get_opaque_user_data(wsi);

    if (visitor == NULL) /* libwebsockets' own, or one that was never adopted */
        return 0;
    (void)on_closed(visitor);
    visitor->transport->visitors--;
    lws_set_opaque_user_data(wsi, NULL);
    free(visitor);
    return 0;
}

/* --- the one callback --------------------------------------------------------------------- */

/* CONNECT, and what is no HTTP at all, would go on as a raw socket. */
static int on_raw(mm_visitor_t *visitor)
{
    (void)visitor;
    return -1;
}

/* The 101 gets the headers that the vhost adds to everything else. */
static int on_101(struct lws_process_html_args *args)
{
    const mm_http_header_t *header = mm_http_security_headers();

    for (; header->name != NULL; header++) {
        int len =
            snprintf(args->p, (size_t)args->max_len, "%s: %s\r\n", header->name, header->value);
        if (len < 0 || len >= args->max_len)
            return -1;
        args->p += len;
        args->max_len -= len;
    }
    return 0;
}

/* libwebsockets shows its OpenSSL context here and nowhere else; `wsi` is no socket. */
static int on_tls_context(struct lws *wsi, SSL_CTX *context)
{
    mm_transport_t *transport = lws_context_user(lws_get_context(wsi));

    assert(transport->tls == NULL && context != NULL);
    transport->tls = mm_tls_new(context);
    return 0;
}

typedef int handler_t(mm_visitor_t *visitor);

static handler_t *const handlers[LWS_CALLBACK_USER] = {
    [LWS_CALLBACK_HTTP_CONFIRM_UPGRADE] = mm_visitor_on_upgrade,
    [LWS_CALLBACK_HTTP] = mm_visitor_on_head,
    [LWS_CALLBACK_HTTP_BODY_COMPLETION] = mm_visitor_on_body_end,
    [LWS_CALLBACK_CLOSED_HTTP] = on_closed,
    [LWS_CALLBACK_ESTABLISHED] = mm_visitor_on_established,
    [LWS_CALLBACK_RECEIVE_PONG] = mm_visitor_on_pong,
    [LWS_CALLBACK_WS_PEER_INITIATED_CLOSE] = mm_visitor_on_peer_close,
    [LWS_CALLBACK_SERVER_WRITEABLE] = mm_visitor_on_writable,
    [LWS_CALLBACK_CLOSED] = on_closed,
    [LWS_CALLBACK_RAW_ADOPT] = on_raw,
    [LWS_CALLBACK_RAW_RX] = on_raw,
    [LWS_CALLBACK_RAW_WRITEABLE] = on_raw,
    [LWS_CALLBACK_RAW_CLOSE] = on_closed,
};

/* Callbacks without a visitor (of the context, or of a socket that failed to be adopted) mean nothing to us. */
static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len)
{
    mm_visitor_t *visitor;

    if (reason == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED)
        return on_adopted(wsi);
    if (reason == LWS_CALLBACK_WSI_DESTROY)
        return on_destroyed(wsi);
    if (reason == LWS_CALLBACK_ADD_HEADERS)
        return on_101(in);
    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS)
        return on_tls_context(wsi, user);
    if (reason != LWS_CALLBACK_RECEIVE && reason != LWS_CALLBACK_HTTP_BODY &&
        (reason >= LWS_CALLBACK_USER || handlers[reason] == NULL))
        return 0;
    visitor = lws_get_opaque_user_data(wsi);
    if (visitor == NULL || visitor->wsi == NULL)
        return -1;
    if (visitor->transport->newest != visitor)
        visitor->transport->newest = NULL;
    if (reason == LWS_CALLBACK_RECEIVE)
        return mm_visitor_on_piece(visitor, in, len);
    if (reason == LWS_CALLBACK_HTTP_BODY)
        return mm_visitor_on_body(visitor, in, len);
    return handlers[reason](visitor);
}

static const struct lws_protocols protocols[] = {
    {.name = "mikromeet",
     .callback = on_lws,
     .rx_buffer_size = BUFFER_BYTES,
     .tx_packet_size = PACKET_BYTES},
    {.name = NULL},
};

/* --- opening ------------------------------------------------------------------------------ */

/* Of a line that libwebsockets writes, the words up to the first character that could belong to something it was sent;
 * so a stranger's text never reaches our log. */
static void on_lws_log(int level, const char *line)
{
    size_t len = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_ ");
    mm_log_field_t field =
        MM_LOG_TEXT("text", ((mm_text_t){line, len < LOG_BYTES ? len : LOG_BYTES}));

    mm_log(level == LLL_ERR ? MM_LOG_WARN : MM_LOG_INFO, "libwebsockets", &field, 1);
}

enum { HEADERS_MAX = 8, HEADER_NAME_BYTES = 40 };

/* What libwebsockets answers before it asks us carries our headers too.  Static: it keeps the list. */
static const struct lws_protocol_vhost_options *vhost_headers(void)
{
    static struct lws_protocol_vhost_options list[HEADERS_MAX];
    static char names[HEADERS_MAX][HEADER_NAME_BYTES];
    const mm_http_header_t *sources[] = {mm_http_security_headers(), mm_http_cors_headers()};
    size_t count = 0;

    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        for (const mm_http_header_t *header = sources[i]; header->name != NULL; header++) {
            assert(count < HEADERS_MAX);
            (void)snprintf(names[count], sizeof names[count], "%s:", header->name);
            list[count] =
                (struct lws_protocol_vhost_options){.name = names[count], .value = header->value};
            if (count > 0)
                list[count - 1].next = &list[count];
            count++;
        }
    return list;
}

static void set_tls(struct lws_context_creation_info *info, const mm_settings_t *settings)
{
    info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info->ssl_cert_filepath = settings->tls_certificate;
    info->ssl_private_key_filepath = settings->tls_key;
    info->ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION;
    info->alpn = "http/1.1";
}

/* libwebsockets would ping after five minutes, and hang up ten seconds later; both is the core's. */
static const lws_retry_bo_t no_pings = {.secs_since_valid_ping = 0, .secs_since_valid_hangup = 0};

static mm_err_t open_context(mm_transport_t *transport, const char **complaint)
{
    const mm_settings_t *settings = transport->settings;
    void *loops[] = {transport->loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .foreign_loops = loops,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
        .pt_serv_buf_size = BUFFER_BYTES,
        .headers = vhost_headers(),
        /* A belt: ours are the deadlines that count, and they fall due before. */
        .retry_and_idle_policy = &no_pings,
        .timeout_secs = (unsigned)(settings->request_deadline / 1000 + 2),
        .keepalive_timeout = (int)(settings->request_deadline / 1000 + 2),
        .user = transport,
    };

    if (settings->use_https)
        set_tls(&info, settings);
    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
    transport->context = lws_create_context(&info);
    *complaint = "libwebsockets did not start; is the package libwebsockets-evlib-uv installed?";
    if (transport->context == NULL)
        return MM_ERR_SYSTEM;
    transport->vhost = lws_create_vhost(transport->context, &info);
    *complaint = settings->use_https ? "tls-certificate, tls-key: cannot be used"
                                     : "libwebsockets made no virtual host";
    return transport->vhost == NULL ? MM_ERR_MALFORMED : MM_OK;
}

mm_err_t mm_transport_open(uv_loop_t *loop, const mm_settings_t *settings, mm_http_t *http,
                           mm_transport_t **out, const char **complaint)
{
    mm_transport_t *transport = calloc(1, sizeof *transport);
    const int64_t lengths_ms[MM_DEADLINE_KINDS] = {
        [MM_DEADLINE_REQUEST] = settings->request_deadline,
        [MM_DEADLINE_SWEEP] = SWEEP_MS,
        [MM_DEADLINE_LINGER] = LINGER_MS,
        [MM_DEADLINE_MESSAGE] = settings->message_deadline,
        [MM_DEADLINE_SHUT] = SHUT_MS,
    };
    mm_err_t err;

    assert(transport != NULL);
    transport->loop = loop;
    transport->settings = settings;
    transport->http = http;
    for (size_t i = 0; i < MM_DEADLINE_KINDS; i++)
        transport->deadlines[i] = mm_deadlines_new(lengths_ms[i]);
    err = open_context(transport, complaint);
    if (err != MM_OK)
        mm_transport_close(&transport);
    *out = transport;
    return err;
}

void mm_transport_close(mm_transport_t **transport_p)
{
    mm_transport_t *transport = *transport_p;

    *transport_p = NULL;
    if (transport == NULL)
        return;
    for (size_t i = 0; i < MM_DEADLINE_KINDS; i++)
        mm_deadlines_destroy(&transport->deadlines[i]);
    mm_assembly_fini(&transport->scratch);
    mm_tls_destroy(&transport->tls);
    free(transport);
}

mm_err_t mm_transport_reload(mm_transport_t *transport, const char **complaint)
{
    const mm_settings_t *settings = transport->settings;

    return transport->tls == NULL ? MM_ERR_IGNORED
                                  : mm_tls_load(transport->tls, settings->tls_certificate,
                                                settings->tls_key, complaint);
}

void mm_transport_adopt(mm_transport_t *transport, int fd, const uint8_t address[16])
{
    transport->adopted_address = address;
    /* A failure closes the socket; it has no visitor, or one that libwebsockets destroys. */
    (void)lws_adopt_socket_vhost(transport->vhost, fd);
    transport->adopted_address = NULL;
}

bool mm_transport_may_adopt(const mm_transport_t *transport, const uint8_t address[16])
{
    return mm_gate_may_knock(transport->http->gate, address);
}

size_t mm_transport_visitors(const mm_transport_t *transport)
{
    return transport->visitors;
}

/* --- time --------------------------------------------------------------------------------- */

static void on_due(mm_visitor_t *visitor)
{
    visitor->deadline = NULL;
    switch (visitor->deadline_kind) {
    case MM_DEADLINE_SWEEP:
        if (mm_visitor_has_hung_up(visitor))
            mm_visitor_kill(visitor);
        mm_visitor_set_deadline(visitor, MM_DEADLINE_SWEEP);
        return;
    case MM_DEADLINE_MESSAGE:
        mm_visitor_on_late_message(visitor);
        return;
    case MM_DEADLINE_REQUEST:
    case MM_DEADLINE_LINGER:
    case MM_DEADLINE_SHUT:
    case MM_DEADLINE_KINDS:
        break;
    }
    mm_visitor_kill(visitor);
    /* libwebsockets may be about to set a timeout of its own in place of this kill. */
    mm_visitor_set_deadline(visitor, MM_DEADLINE_SHUT);
}

/* libwebsockets looks at its own timers only after one of its events; and while reading is paused anywhere it may forget
 * somebody whose data it holds already (4.1.6 stops its idle handle too early). */
static void kick(mm_transport_t *transport, int64_t now_ms)
{
    if (!transport->needs_kick &&
        (transport->paused == 0 || now_ms - transport->kicked_ms < KICK_MS))
        return;
    transport->needs_kick = false;
    transport->kicked_ms = now_ms;
    lws_cancel_service(transport->context);
}

int64_t mm_transport_on_time(mm_transport_t *transport, int64_t now_ms)
{
    int64_t next_ms = INT64_MAX;

    transport->newest = NULL;
    for (size_t i = 0; i < MM_DEADLINE_KINDS; i++) {
        mm_visitor_t *visitor;
        while ((visitor = mm_deadlines_take_due(transport->deadlines[i], now_ms)) != NULL)
            on_due(visitor);
        if (mm_deadlines_next(transport->deadlines[i]) < next_ms)
            next_ms = mm_deadlines_next(transport->deadlines[i]);
    }
    kick(transport, now_ms);
    if (transport->paused > 0 && transport->kicked_ms + KICK_MS < next_ms)
        next_ms = transport->kicked_ms + KICK_MS;
    return next_ms;
}

void mm_transport_hang_up(mm_transport_t *transport)
{
    static const mm_deadline_kind_t kinds[] = {MM_DEADLINE_REQUEST, MM_DEADLINE_SWEEP,
                                               MM_DEADLINE_LINGER};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        mm_visitor_t *visitor;
        while ((visitor = mm_deadlines_take_due(transport->deadlines[kinds[i]], INT64_MAX)) !=
               NULL) {
            visitor->deadline = NULL;
            mm_visitor_kill(visitor);
            mm_visitor_set_deadline(visitor, MM_DEADLINE_SHUT);
        }
    }
}

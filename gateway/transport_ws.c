/* See visitor.h: a visitor after its handshake.  Puts messages together, writes, pings, pauses and closes; what it
 * does is decided by the core. */
#include "gateway/visitor.h"
#include <assert.h>

/* How much may be written before the kernel is asked again whether it has room: asking is a system call for each
 * message, and what it has no room for is only copied. */
enum { UNASKED_BYTES = 32 * 1024 };

static mm_gateway_t *core(const mm_visitor_t *visitor)
{
    return visitor->transport->http->gateway;
}

static void ask_for_room(mm_visitor_t *visitor)
{
    (void)lws_callback_on_writable(visitor->wsi);
}

/* libwebsockets must not be given anything while it still holds a part of what it was given before. */
static bool has_room(mm_visitor_t *visitor, size_t len)
{
    if (lws_partial_buffered(visitor->wsi))
        return false;
    visitor->unasked_bytes += len;
    if (visitor->unasked_bytes <= UNASKED_BYTES)
        return true;
    if (lws_send_pipe_choked(visitor->wsi))
        return false;
    visitor->unasked_bytes = len;
    return true;
}

/* With a byte in it: libwebsockets does not tell of a pong without. */
static void write_ping(mm_visitor_t *visitor)
{
    unsigned char frame[LWS_PRE + 1] = {[LWS_PRE] = '.'};

    visitor->wants_ping = lws_partial_buffered(visitor->wsi) != 0;
    if (visitor->wants_ping)
        ask_for_room(visitor);
    else if (lws_write(visitor->wsi, frame + LWS_PRE, 1, LWS_WRITE_PING) < 0)
        mm_visitor_kill(visitor);
}

/* --- what libwebsockets tells ------------------------------------------------------------- */

int mm_visitor_on_established(mm_visitor_t *visitor)
{
    visitor->phase = MM_PHASE_SOCKET;
    visitor->transport->newest = visitor;
    mm_visitor_clear_deadline(visitor);
    visitor->connection = mm_gateway_on_open(core(visitor), visitor, visitor->client,
                                             mm_transport_now_ms(visitor->transport));
    if (visitor->connection == NULL)
        mm_transport_shut(visitor, 1013, "too many connections");
    return 0;
}

static void deliver(mm_visitor_t *visitor, mm_text_t message)
{
    mm_visitor_clear_deadline(visitor);
    mm_gateway_on_text(core(visitor), visitor->connection, message,
                       mm_transport_now_ms(visitor->transport), mm_transport_clock_ms());
}

static void add_piece(mm_visitor_t *visitor, const mm_piece_t *piece)
{
    mm_transport_t *transport = visitor->transport;
    bool is_whole = piece->is_last && !visitor->assembly.is_begun;
    mm_assembly_t *assembly = is_whole ? &transport->scratch : &visitor->assembly;
    mm_text_t message;
    mm_err_t err =
        mm_assembly_add(assembly, piece, (size_t)transport->settings->message_limit, &message);

    if (err == MM_ERR_TOO_LARGE) {
        mm_gateway_on_breach(core(visitor), visitor->connection, 1009, "message too long");
    } else if (err == MM_ERR_AGAIN) {
        if (visitor->deadline == NULL && !visitor->is_paused)
            mm_visitor_set_deadline(visitor, MM_DEADLINE_MESSAGE);
    } else {
        deliver(visitor, message);
        if (!is_whole)
            mm_assembly_fini(assembly);
    }
}

/* A client may send frames when it has read the 101 (RFC 6455 section 4.1).  Some came together with the handshake: of those
 * libwebsockets 4.1.6 overwrites a part with what it answers, so they are not what was sent. */
static bool is_too_early(const mm_visitor_t *visitor)
{
    return visitor->transport->newest == visitor;
}

int mm_visitor_on_piece(mm_visitor_t *visitor, const char *bytes, size_t len)
{
    mm_piece_t piece = {
        .text = {bytes, len},
        .remaining = lws_remaining_packet_payload(visitor->wsi),
        .is_last = lws_is_final_fragment(visitor->wsi),
    };

    if (visitor->phase != MM_PHASE_SOCKET || visitor->has_peer_closed)
        return 0;
    mm_gateway_on_alive(core(visitor), visitor->connection,
                        mm_transport_now_ms(visitor->transport));
    if (is_too_early(visitor))
        mm_gateway_on_breach(core(visitor), visitor->connection, 1002, "sent before the 101");
    else if (lws_frame_is_binary(visitor->wsi))
        mm_gateway_on_breach(core(visitor), visitor->connection, 1003, "text only");
    else
        add_piece(visitor, &piece);
    return 0;
}

int mm_visitor_on_pong(mm_visitor_t *visitor)
{
    if (visitor->phase == MM_PHASE_SOCKET)
        mm_gateway_on_alive(core(visitor), visitor->connection,
                            mm_transport_now_ms(visitor->transport));
    return 0;
}

void mm_visitor_on_late_message(mm_visitor_t *visitor)
{
    if (visitor->phase == MM_PHASE_SOCKET)
        mm_gateway_on_breach(core(visitor), visitor->connection, 1008, "message too slow");
}

/* The close frame is written here and not by libwebsockets (lws_close_reason and -1): on libuv, Debian's 4.1.6 closes a
 * second time right behind the first ("uv repeat test") and the frame is lost.  LWS_WRITE_HTTP takes bytes as they are. */
static void write_close(mm_visitor_t *visitor)
{
    enum { FIN_CLOSE = 0x88, FRAME_HEAD = 2, CODE = 2 };
    unsigned char bytes[LWS_PRE + FRAME_HEAD + CODE + sizeof visitor->close_reason];
    unsigned char *frame = bytes + LWS_PRE;
    size_t len = strlen(visitor->close_reason);

    visitor->has_written_close = !lws_partial_buffered(visitor->wsi);
    if (!visitor->has_written_close) {
        ask_for_room(visitor);
        return;
    }
    frame[0] = FIN_CLOSE;
    frame[1] = (unsigned char)(CODE + len);
    frame[2] = (unsigned char)(visitor->close_code >> 8);
    frame[3] = (unsigned char)(visitor->close_code & 0xff);
    memcpy(frame + FRAME_HEAD + CODE, visitor->close_reason, len);
    if (lws_write(visitor->wsi, frame, FRAME_HEAD + CODE + len, LWS_WRITE_HTTP) < 0)
        mm_visitor_kill(visitor);
}

/* The peer's close frame.  It is an answer to ours, or libwebsockets answers it.  What comes behind it is dropped
 * (RFC 6455 section 5.5.1).  Its participant leaves now: the answer waits behind what the peer does not read, others
 * must not. */
int mm_visitor_on_peer_close(mm_visitor_t *visitor)
{
    visitor->has_peer_closed = true;
    if (visitor->phase == MM_PHASE_SOCKET) {
        visitor->phase = MM_PHASE_SHUT;
        mm_visitor_set_deadline(visitor, MM_DEADLINE_SHUT);
        mm_visitor_forget_connection(visitor);
        visitor->has_written_close = true; /* by libwebsockets */
        return 0;
    }
    return visitor->has_written_close ? -1 : 0;
}

int mm_visitor_on_writable(mm_visitor_t *visitor)
{
    visitor->unasked_bytes = 0;
    if (visitor->phase == MM_PHASE_SHUT) {
        if (!visitor->has_written_close)
            write_close(visitor);
        return 0;
    }
    if (visitor->wants_ping)
        write_ping(visitor);
    if (visitor->wants_write) {
        visitor->wants_write = false;
        mm_gateway_on_writable(core(visitor), visitor->connection,
                               mm_transport_now_ms(visitor->transport));
    }
    return 0;
}

void mm_visitor_forget_connection(mm_visitor_t *visitor)
{
    mm_assembly_fini(&visitor->assembly);
    if (visitor->connection != NULL)
        mm_gateway_on_closed(core(visitor), &visitor->connection,
                             mm_transport_now_ms(visitor->transport), mm_transport_clock_ms());
}

/* --- what the core asks for --------------------------------------------------------------- */

mm_err_t mm_transport_write(void *socket, mm_buffer_t *buffer)
{
    mm_visitor_t *visitor = socket;

    if (visitor->phase != MM_PHASE_SOCKET)
        return MM_ERR_AGAIN;
    if (!has_room(visitor, buffer->len)) {
        visitor->wants_write = true;
        ask_for_room(visitor);
        return MM_ERR_AGAIN;
    }
    if (lws_write(visitor->wsi, (unsigned char *)mm_buffer_text(buffer), buffer->len,
                  LWS_WRITE_TEXT) < 0)
        mm_visitor_kill(
            visitor); /* the end will be told; what was written does not matter any more */
    return MM_OK;
}

void mm_transport_ping(void *socket)
{
    mm_visitor_t *visitor = socket;

    if (visitor->phase == MM_PHASE_SOCKET)
        write_ping(visitor);
}

/* While we do not read, a message cannot get on: its time does not run. */
void mm_transport_read(void *socket, bool on)
{
    mm_visitor_t *visitor = socket;

    if (visitor->phase != MM_PHASE_SOCKET)
        return;
    mm_visitor_read(visitor, on);
    if (!on)
        mm_visitor_clear_deadline(visitor);
    else if (visitor->assembly.is_begun && visitor->deadline == NULL)
        mm_visitor_set_deadline(visitor, MM_DEADLINE_MESSAGE);
}

bool mm_transport_has_hung_up(void *socket)
{
    return mm_visitor_has_hung_up(socket);
}

void mm_transport_shut(void *socket, int code, const char *reason)
{
    mm_visitor_t *visitor = socket;

    if (visitor->phase != MM_PHASE_SOCKET)
        return;
    visitor->phase = MM_PHASE_SHUT;
    visitor->close_code = code;
    (void)snprintf(visitor->close_reason, sizeof visitor->close_reason, "%s", reason);
    mm_visitor_set_deadline(visitor, MM_DEADLINE_SHUT);
    mm_visitor_read(visitor, true); /* the answer comes behind whatever it has sent until now */
    write_close(visitor);
}

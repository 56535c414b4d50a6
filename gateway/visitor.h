/* One TCP connection, between the files that know libwebsockets: transport.c makes and ends visitors,
 * transport_http.c and transport_ws.c are what they do before and after a handshake.
 *
 * A visitor is made when its socket is adopted and freed when libwebsockets has destroyed its `wsi`.  `wsi` is NULL from
 * the moment libwebsockets has closed it, so that nothing is written to it any more. */
#ifndef MM_GATEWAY_VISITOR_H
#define MM_GATEWAY_VISITOR_H

#include "gateway/assembly.h"
#include "gateway/deadlines.h"
#include "gateway/tls.h"
#include "gateway/transport.h"
#include <libwebsockets.h>

typedef enum mm_phase {
    MM_PHASE_REQUEST, /* a request is awaited or read */
    MM_PHASE_WAITING, /* ... is read and waits for the broker */
    MM_PHASE_LINGER,  /* ... was refused; what still comes of it is dropped */
    MM_PHASE_SOCKET,  /* a WebSocket */
    MM_PHASE_SHUT,    /* ... that is to be closed; what still comes is dropped */
    MM_PHASE_GONE     /* libwebsockets has closed it */
} mm_phase_t;

/* Each has a list of its own. */
typedef enum mm_deadline_kind {
    MM_DEADLINE_REQUEST, /* for a request and for the pause before it */
    MM_DEADLINE_SWEEP,   /* look whether the one who waits is still there */
    MM_DEADLINE_LINGER,
    MM_DEADLINE_MESSAGE,
    MM_DEADLINE_SHUT,
    MM_DEADLINE_KINDS
} mm_deadline_kind_t;

typedef struct mm_visitor {
    mm_transport_t *transport;
    struct lws *wsi;
    uint8_t address[16]; /* of the peer */
    uint8_t
        client[16]; /* of whom the present request is; the peer unless that is a trusted proxy */
    mm_standing_t standing;
    mm_phase_t phase;
    mm_deadline_kind_t deadline_kind;
    void *deadline; /* its name; NULL without one */
    bool is_paused; /* not read */

    /* HTTP */
    int route; /* of the request; -1 for none */
    bool is_head;
    char *body;
    size_t body_len, body_expected;
    mm_http_wait_t *wait;  /* for the broker; NULL while it does not */
    mm_http_answer_t late; /* has come from the broker, and is to be written; status 0: none */

    /* WebSocket */
    mm_connection_t *connection; /* the core's; NULL before and after */
    mm_assembly_t assembly;
    size_t unasked_bytes; /* written since the kernel was last asked for room */
    bool wants_ping, wants_write;
    bool has_written_close, has_peer_closed;
    int close_code;         /* of a MM_PHASE_SHUT */
    char close_reason[124]; /* with its end; the frame takes 123 (RFC 6455 section 5.5) */
} mm_visitor_t;

struct mm_transport {
    uv_loop_t *loop;
    const mm_settings_t *settings;
    mm_http_t *http;
    struct lws_context *context;
    struct lws_vhost *vhost;
    mm_tls_t *tls; /* NULL without use-https */
    mm_deadlines_t *deadlines[MM_DEADLINE_KINDS];
    mm_assembly_t scratch; /* messages that came in one piece */
    /* Whose handshake was answered in this very call of libwebsockets; NULL when it has returned.  Only compared. */
    const mm_visitor_t *newest;
    size_t visitors, paused;
    int64_t kicked_ms;
    bool needs_kick;
    const uint8_t *adopted_address; /* of the socket that is just being adopted */
};

int64_t mm_transport_now_ms(const mm_transport_t *transport);
int64_t mm_transport_clock_ms(void);

/* One deadline at a time. */
void mm_visitor_set_deadline(mm_visitor_t *visitor, mm_deadline_kind_t kind);
void mm_visitor_clear_deadline(mm_visitor_t *visitor);
void mm_visitor_read(mm_visitor_t *visitor, bool on);
/* Tells the gate. */
void mm_visitor_stand(mm_visitor_t *visitor, mm_standing_t standing);
bool mm_visitor_has_hung_up(const mm_visitor_t *visitor);

/* Ends it at once, without a word; libwebsockets tells when it is done. */
void mm_visitor_kill(mm_visitor_t *visitor);

/* Handlers of libwebsockets' events.  Those that return int return what libwebsockets wants: 0, or -1 to close. */
int mm_visitor_on_upgrade(mm_visitor_t *visitor);
int mm_visitor_on_head(mm_visitor_t *visitor);
int mm_visitor_on_body(mm_visitor_t *visitor, const char *bytes, size_t len);
int mm_visitor_on_body_end(mm_visitor_t *visitor);
void mm_visitor_forget_request(mm_visitor_t *visitor);

int mm_visitor_on_established(mm_visitor_t *visitor);
int mm_visitor_on_piece(mm_visitor_t *visitor, const char *bytes, size_t len);
int mm_visitor_on_pong(mm_visitor_t *visitor);
int mm_visitor_on_peer_close(mm_visitor_t *visitor);
int mm_visitor_on_writable(mm_visitor_t *visitor);
void mm_visitor_on_late_message(mm_visitor_t *visitor);
void mm_visitor_forget_connection(mm_visitor_t *visitor);

#endif

/* HTTP as MikroMeet speaks it, without sockets: what a request's head must look like, the table of routes, and
 * the answers as bytes.  RFC 9110 and 9112; the contract is the API reference.
 *
 * Every answer carries the security headers, every answer but 101 the CORS headers and `Connection: close`
 * (gateway/transport_http.c tells why), an error always JSON {"error":text,...}.
 * Not here: reading requests off a connection (gateway/transport.h), bodies (gateway/rooms_api.h). */
#ifndef MM_GATEWAY_HTTP_H
#define MM_GATEWAY_HTTP_H

#include "gateway/gate.h"
#include "gateway/ice.h"
#include "gateway/rooms_api.h"

enum { MM_HTTP_BODY_MAX = 16 * 1024 };
#define MM_HTTP_WEBSOCKET_PATH "/ws"

typedef enum mm_method {
    MM_METHOD_GET = 1 << 0,
    MM_METHOD_HEAD = 1 << 1,
    MM_METHOD_POST = 1 << 2,
    MM_METHOD_OPTIONS = 1 << 3,
    MM_METHOD_DELETE = 1 << 4,
    MM_METHOD_OTHER = 1 << 5
} mm_method_t;

/* A request's head, as the transport read it; an absent header is empty.  A header that was sent more than once holds
 * its values with commas between them. */
typedef struct mm_http_head {
    mm_method_t method;
    mm_text_t path;    /* decoded, without the query */
    mm_text_t version; /* "HTTP/1.1" */
    mm_text_t host, accept, connection, content_length, transfer_encoding, expect;
    mm_text_t upgrade, websocket_version, websocket_key, websocket_protocol;
    mm_text_t forwarded; /* X-Forwarded-For */
    mm_text_t authorization;
} mm_http_head_t;

typedef struct mm_http_answer {
    int status;       /* 0: comes later, by mm_http_answer_late */
    const char *type; /* of the body; NULL without one */
    char *body;       /* heap */
    size_t body_len;
    char headers[128]; /* further header lines, each with its CRLF */
} mm_http_answer_t;

/* What a late answer must know of its request. */
typedef struct mm_http_wait mm_http_wait_t;

/* What the handlers of the routes need. */
typedef struct mm_http {
    const mm_settings_t *settings;
    const mm_ice_t *ice;
    mm_gate_t *gate;
    mm_gateway_t *gateway;
    mm_counters_t *counters;
} mm_http_t;

/* A request whose head was accepted. */
typedef struct mm_http_request {
    int route;
    mm_http_head_t
        head; /* only path, host, accept and authorization are looked at any more; empty where a body came */
    mm_text_t body;
    const uint8_t *address; /* 16 bytes, of the client */
    int64_t now_ms, clock_ms;
    void *name;            /* of this request, for mm_gateway_ask */
    mm_http_wait_t **wait; /* set where the answer comes later; the caller destroys it */
} mm_http_request_t;

/* Is the head well-formed, and may its body (`*out_body_len` bytes, at most MM_HTTP_BODY_MAX) be read?  True, or
 * false with the answer; then `*out_body_len` is what was announced, as far as it was read. */
bool mm_http_accepts_head(const mm_http_head_t *head, size_t *out_body_len,
                          mm_http_answer_t *answer);

/* Is it a WebSocket handshake that may go on (RFC 6455 section 4.2.1)?  True, or false with the answer. */
bool mm_http_accepts_handshake(const mm_http_head_t *head, mm_http_answer_t *answer);

/* The route of path and method; -1 when there is none, with the answer (404, 405, 204 of OPTIONS): then the body need
 * not be read. */
int mm_http_route(const mm_http_head_t *head, mm_http_answer_t *answer);

/* Runs the handler of a request that has a route, its body complete. */
void mm_http_handle(mm_http_t *http, const mm_http_request_t *request, mm_http_answer_t *answer);

/* The answer that had to come from the broker. */
void mm_http_answer_late(mm_http_t *http, const mm_http_wait_t *wait, const mm_room_answer_t *found,
                         mm_http_answer_t *answer);
void mm_http_wait_destroy(mm_http_wait_t **wait_p);

/* {"error":text}.  `reason` explains, NULL for none. */
void mm_http_answer_error(mm_http_answer_t *answer, int status, const char *text,
                          const char *reason);
/* 429, and when to try again. */
void mm_http_answer_too_many(mm_http_answer_t *answer, int64_t wait_ms);

void mm_http_answer_fini(mm_http_answer_t *answer);

/* The whole answer as bytes; the caller frees them.  `headroom` bytes are left free before it; `len` counts the answer
 * alone.  A HEAD request gets the head. */
char *mm_http_answer_print(const mm_http_answer_t *answer, bool is_head, size_t headroom,
                           size_t *out_len);

/* A header that goes with all answers. */
typedef struct mm_http_header {
    const char *name, *value; /* NULL ends the list */
} mm_http_header_t;

const mm_http_header_t *mm_http_security_headers(void);
const mm_http_header_t *mm_http_cors_headers(void);

#endif

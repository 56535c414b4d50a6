/* Connections as libwebsockets has them: an HTTP request after the other, or a WebSocket.  libwebsockets is known to
 * transport*.c and visitor.h alone, behind one callback.
 *
 * libwebsockets runs on the program's own uv loop and never listens: sockets come from gateway/listener.h.  Its buffers
 * are larger than a TLS record (a smaller one hangs the process when reading is paused), it speaks HTTP/1.1
 * only, without extensions, and logs errors and warnings only, without any text of a stranger.
 * Not here: what HTTP requests mean (gateway/http.h), what WebSocket messages mean (gateway/core.h). */
#ifndef MM_GATEWAY_TRANSPORT_H
#define MM_GATEWAY_TRANSPORT_H

#include "gateway/http.h"
#include <uv.h>

typedef struct mm_transport mm_transport_t;

/* All pointers are borrowed for the transport's life; `http` names the core.  MM_ERR_SYSTEM and MM_ERR_MALFORMED (the
 * certificate or its key) come with a static text in `*complaint`. */
mm_err_t mm_transport_open(uv_loop_t *loop, const mm_settings_t *settings, mm_http_t *http,
                           mm_transport_t **out, const char **complaint);

/* To be called after the loop has ended: lets go of what is not libwebsockets' own. */
void mm_transport_close(mm_transport_t **transport_p);

/* Reads certificate and key again, for handshakes to come.  MM_ERR_IGNORED without use-https; MM_ERR_MALFORMED with a static text in
 * `*complaint`: the old ones stay. */
mm_err_t mm_transport_reload(mm_transport_t *transport, const char **complaint);

/* Whether one more socket of this address may come; counted and logged where not. */
bool mm_transport_may_adopt(const mm_transport_t *transport, const uint8_t address[16]);

/* Takes a connected, non-blocking socket of a peer with that address (IPv6 or IPv4-mapped). */
void mm_transport_adopt(mm_transport_t *transport, int fd, const uint8_t address[16]);

/* Open sockets, WebSockets and others. */
size_t mm_transport_visitors(const mm_transport_t *transport);

/* Deadlines; to be called at the end of each loop turn.  Returns when the next one falls due. */
int64_t mm_transport_on_time(mm_transport_t *transport, int64_t now_ms);

/* Shutdown: cuts every connection that is no WebSocket. */
void mm_transport_hang_up(mm_transport_t *transport);

/* What the core asks of the world (gateway/core.h), where it is about sockets. */
mm_err_t mm_transport_write(void *socket, mm_buffer_t *buffer);
void mm_transport_ping(void *socket);
void mm_transport_read(void *socket, bool on);
bool mm_transport_has_hung_up(void *socket);
void mm_transport_shut(void *socket, int code, const char *reason);
void mm_transport_on_answer(void *request, const mm_room_answer_t *found);

#endif

/* The listening socket, and accepting.  libwebsockets' own accept loop spins when descriptors run out, so it has none.
 *
 * When the system or the process has no descriptor left, and when accepting would take those that the bus needs, nothing is
 * accepted for a while; who comes meanwhile waits in the kernel's queue.
 * Not here: what happens on a connection (gateway/transport.h). */
#ifndef MM_GATEWAY_LISTENER_H
#define MM_GATEWAY_LISTENER_H

#include "gateway/transport.h"

typedef struct mm_listener mm_listener_t;

/* Raises the soft limit of descriptors as far as max-connections needs it and the hard limit lets it; to be called before
 * anything is opened. */
void mm_listener_raise_descriptors(const mm_settings_t *settings);

/* Listens on `address` and `port` of the settings and logs `gateway_listens`.  MM_ERR_MALFORMED: the address is none;
 * MM_ERR_SYSTEM with errno. */
mm_err_t mm_listener_open(uv_loop_t *loop, const mm_settings_t *settings, mm_counters_t *counters,
                          mm_transport_t *transport, mm_listener_t **out);

/* Stops at once; frees when the loop has let go of the handles. */
void mm_listener_close(mm_listener_t **listener_p);

#endif

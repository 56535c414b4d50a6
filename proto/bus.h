/* One ZeroMQ socket on a libuv loop: the only place that knows ZMQ_FD.
 *
 * ZMQ_FD is edge triggered and shared by both directions: after a send or receive the socket may have become
 * readable without a new edge.  So the poll callback only notes the edge, a check handle drains (at most 256 messages or 2 ms a loop
 * turn) until nothing is left, every send looks at ZMQ_EVENTS, and an idle handle keeps the loop awake while something
 * may be left.  Between a drain that found nothing and the next edge or send the socket is not asked: each question costs libzmq
 * two system calls.
 *
 * Sockets never carry a routing id of ours (two peers with one id lose messages silently); a ROUTER makes its own.  One payload frame a
 * message, always DONTWAIT, ZMQ_IMMEDIATE, mandatory routing.
 * The feed is a PUB here and a SUB there: two frames a message, the topic in the place of the route.
 * Not here: what is said on the bus (proto/link.h). */
#ifndef MM_PROTO_BUS_H
#define MM_PROTO_BUS_H

#include "proto/err.h"
#include "proto/text.h"
#include <uv.h>

typedef struct mm_bus mm_bus_t;

/* One message came in.  `route` names its sender at a ROUTER, is the topic at a SUB, empty elsewhere; both views live until the callback returns. */
typedef void mm_bus_on_frame_t(void *ctx, mm_slice_t route, mm_slice_t frame);

enum { MM_BUS_MESSAGE_MAX = 1024 * 1024 }; /* longer ones cut their sender off (ZMQ_MAXMSGSIZE) */

/* To be called first in main: CZMQ without its signal handlers and without ZSYS_ variables. */
void mm_bus_prepare_process(void);

/* ROUTER bound to an ipc:// or tcp:// endpoint; an ipc socket gets mode 0600.  MM_ERR_SYSTEM with errno. */
mm_err_t mm_bus_bind(uv_loop_t *loop, const char *endpoint, mm_bus_on_frame_t *on_frame, void *ctx,
                     mm_bus_t **out);

/* DEALER connected to an endpoint, whether or not somebody is there. */
mm_err_t mm_bus_connect(uv_loop_t *loop, const char *endpoint, mm_bus_on_frame_t *on_frame,
                        void *ctx, mm_bus_t **out);

/* PUB bound to an endpoint, as mm_bus_bind.  mm_bus_send takes the topic as route and never says MM_ERR_AGAIN: who is slow loses. */
mm_err_t mm_bus_publish(uv_loop_t *loop, const char *endpoint, mm_bus_t **out);

/* SUB of everything, connected to an endpoint. */
mm_err_t mm_bus_subscribe(uv_loop_t *loop, const char *endpoint, mm_bus_on_frame_t *on_frame,
                          void *ctx, mm_bus_t **out);

/* The pipe of a helper (a zactor's zsock), which stays its owner's. */
mm_err_t mm_bus_attach(uv_loop_t *loop, void *zsock, mm_bus_on_frame_t *on_frame, void *ctx,
                       mm_bus_t **out);

/* A DEALER throws its connection away and makes a new one: what was queued for a dead peer never reaches its successor. */
void mm_bus_reconnect(mm_bus_t *bus);

/* MM_OK is no promise of delivery.  MM_ERR_AGAIN: queue full or nobody there; MM_ERR_NO_ROUTE: that peer is gone. */
mm_err_t mm_bus_send(mm_bus_t *bus, mm_slice_t route, mm_slice_t frame);

/* Stops, and frees when the loop has let go of the handles (run the loop once more). */
void mm_bus_close(mm_bus_t **bus_p);

#endif

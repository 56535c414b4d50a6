/* See bus.h.  Owned by the loop's thread; the handles live as long as the struct and are closed one after the
 * other, the last close callback frees it. */
#include "proto/bus.h"

#include <assert.h>
#include <czmq.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { DRAIN_MESSAGES = 256, DRAIN_NS = 2000000, HANDLES = 3 };

struct mm_bus {
    uv_loop_t *loop;
    zsock_t *zsock; /* own, NULL for a pipe that was attached */
    void *socket;   /* libzmq's */
    int type;       /* ZMQ_ROUTER, ...; ZMQ_PAIR for a pipe */
    char *endpoint;
    mm_bus_on_frame_t *on_frame;
    void *ctx;
    uv_poll_t *poll; /* heap: a reconnect leaves the old one to its close callback */
    uv_check_t check;
    uv_idle_t idle;
    bool is_touched; /* an edge or a send since the last drain that found nothing */
    int closing;     /* handles whose close callback is still to come */
    bool is_closed;
};

void mm_bus_prepare_process(void)
{
    static const char *const names[] = {"ZSYS_IO_THREADS", "ZSYS_MAX_SOCKETS", "ZSYS_LINGER",
                                        "ZSYS_SNDHWM",     "ZSYS_RCVHWM",      "ZSYS_PIPEHWM",
                                        "ZSYS_LOGSTREAM",  "ZSYS_LOGIDENT",    "ZSYS_LOGSENDER"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    setenv("ZSYS_SIGHANDLER", "false", 1);
    zsys_init();
    zsys_handler_set(NULL);
}

static bool has_route(const mm_bus_t *bus)
{
    return bus->type == ZMQ_ROUTER || bus->type == ZMQ_PUB || bus->type == ZMQ_SUB;
}

static bool is_bound(int type)
{
    return type == ZMQ_ROUTER || type == ZMQ_PUB;
}

static bool is_readable(const mm_bus_t *bus)
{
    int events = 0;
    size_t size = sizeof events;

    return zmq_getsockopt(bus->socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN);
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* its being active is what keeps the loop from sleeping */
}

/* Whether the next loop turn drains, and so must not sleep before. */
static void touch(mm_bus_t *bus, bool is_touched)
{
    bus->is_touched = is_touched;
    if (is_touched)
        uv_idle_start(&bus->idle, on_idle);
    else
        uv_idle_stop(&bus->idle);
}

/* Hands one message over; false when there is none. */
static bool receive(mm_bus_t *bus)
{
    zmq_msg_t parts[2];
    mm_slice_t views[2] = {{0}};
    int count = 0;
    bool more = true;

    while (more) {
        zmq_msg_t part;
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, bus->socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&part);
            break;
        }
        more = zmq_msg_more(&part);
        if (count < 2) {
            parts[count] = part;
            views[count].ptr = zmq_msg_data(&parts[count]);
            views[count].len = zmq_msg_size(&parts[count]);
        } else {
            zmq_msg_close(&part);
        }
        count++;
    }
    if (count == 0)
        return false;
    /* Anything but route and one payload frame is not ours; the peer gets no answer. */
    if (has_route(bus) && count == 2)
        bus->on_frame(bus->ctx, views[0], views[1]);
    else if (!has_route(bus) && count == 1)
        bus->on_frame(bus->ctx, (mm_slice_t){0}, views[0]);
    for (int i = 0; i < count && i < 2; i++)
        zmq_msg_close(&parts[i]);
    return true;
}

static void on_check(uv_check_t *check)
{
    mm_bus_t *bus = check->data;
    uint64_t until;

    if (!bus->is_touched)
        return;
    until = uv_hrtime() + DRAIN_NS;
    for (int i = 0; i < DRAIN_MESSAGES && !bus->is_closed; i++) {
        if (!receive(bus)) {
            touch(bus, false);
            return;
        }
        if (uv_hrtime() > until)
            break;
    }
    if (!bus->is_closed)
        touch(bus, true);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    mm_bus_t *bus = poll->data;

    (void)status;
    (void)events;
    bus->is_touched = true; /* the check handle of the same loop turn drains */
}

static void on_poll_freed(uv_handle_t *handle)
{
    free(handle);
}

static void on_poll_closed(uv_handle_t *handle)
{
    mm_bus_t *bus = handle->data;

    free(handle);
    if (--bus->closing == 0) {
        free(bus->endpoint);
        free(bus);
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    mm_bus_t *bus = handle->data;

    if (--bus->closing == 0) {
        free(bus->endpoint);
        free(bus);
    }
}

static mm_err_t watch(mm_bus_t *bus)
{
    int fd = -1;
    size_t size = sizeof fd;

    if (zmq_getsockopt(bus->socket, ZMQ_FD, &fd, &size) != 0)
        return MM_ERR_SYSTEM;
    bus->poll = calloc(1, sizeof *bus->poll);
    assert(bus->poll != NULL);
    bus->poll->data = bus;
    if (uv_poll_init(bus->loop, bus->poll, fd) != 0) {
        free(bus->poll);
        bus->poll = NULL;
        return MM_ERR_SYSTEM;
    }
    uv_poll_start(bus->poll, UV_READABLE, on_poll);
    touch(bus, true); /* what came before the edge was watched */
    return MM_OK;
}

static void set_option(void *socket, int option, int value)
{
    int rc = zmq_setsockopt(socket, option, &value, sizeof value);

    assert(rc == 0);
    (void)rc;
}

static void set_options(void *socket, int type)
{
    int64_t message_max = MM_BUS_MESSAGE_MAX;
    int rc = zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &message_max, sizeof message_max);

    assert(rc == 0);
    (void)rc;
    set_option(socket, ZMQ_LINGER, 0);
    set_option(socket, ZMQ_SNDHWM, 1000); /* a safety net: byte credits are the control */
    set_option(socket, ZMQ_RCVHWM, 1000);
    set_option(socket, ZMQ_HEARTBEAT_IVL, 1000);
    set_option(socket, ZMQ_HEARTBEAT_TIMEOUT, 3000);
    set_option(socket, ZMQ_HEARTBEAT_TTL, 4000);
    set_option(socket, ZMQ_HANDSHAKE_IVL, 5000);
    if (type == ZMQ_ROUTER)
        set_option(socket, ZMQ_ROUTER_MANDATORY, 1);
    if (!is_bound(type)) {
        set_option(socket, ZMQ_IMMEDIATE, 1);
        set_option(socket, ZMQ_RECONNECT_IVL, 50);
        set_option(socket, ZMQ_RECONNECT_IVL_MAX, 1000);
    }
}

static mm_bus_t *bus_new(uv_loop_t *loop, mm_bus_on_frame_t *on_frame, void *ctx)
{
    mm_bus_t *bus = calloc(1, sizeof *bus);

    assert(bus != NULL);
    bus->loop = loop;
    bus->on_frame = on_frame;
    bus->ctx = ctx;
    uv_check_init(loop, &bus->check);
    uv_idle_init(loop, &bus->idle);
    bus->check.data = bus->idle.data = bus;
    return bus;
}

static mm_err_t start(mm_bus_t **bus_p, mm_bus_t **out)
{
    if (watch(*bus_p) != MM_OK) {
        mm_bus_close(bus_p);
        return MM_ERR_SYSTEM;
    }
    uv_check_start(&(*bus_p)->check, on_check);
    *out = *bus_p;
    return MM_OK;
}

static mm_err_t bus_open(uv_loop_t *loop, int type, const char *endpoint,
                         mm_bus_on_frame_t *on_frame, void *ctx, mm_bus_t **out)
{
    mm_bus_t *bus = bus_new(loop, on_frame, ctx);
    int rc;

    bus->endpoint = strdup(endpoint);
    bus->type = type;
    bus->zsock = zsock_new(type);
    assert(bus->endpoint != NULL && bus->zsock != NULL);
    bus->socket = zsock_resolve(bus->zsock);
    set_options(bus->socket, type);
    if (type == ZMQ_SUB)
        zsock_set_subscribe(bus->zsock, "");
    if (is_bound(type)) {
        mode_t mask = umask(0177); /* libzmq leaves the mode of an ipc socket to the umask */
        rc = zmq_bind(bus->socket, endpoint);
        umask(mask);
    } else {
        rc = zmq_connect(bus->socket, endpoint);
    }
    if (rc != 0) {
        int saved = errno;
        mm_bus_close(&bus);
        errno = saved;
        return MM_ERR_SYSTEM;
    }
    return start(&bus, out);
}

mm_err_t mm_bus_bind(uv_loop_t *loop, const char *endpoint, mm_bus_on_frame_t *on_frame, void *ctx,
                     mm_bus_t **out)
{
    return bus_open(loop, ZMQ_ROUTER, endpoint, on_frame, ctx, out);
}

mm_err_t mm_bus_connect(uv_loop_t *loop, const char *endpoint, mm_bus_on_frame_t *on_frame,
                        void *ctx, mm_bus_t **out)
{
    return bus_open(loop, ZMQ_DEALER, endpoint, on_frame, ctx, out);
}

static void on_no_frame(void *ctx, mm_slice_t route, mm_slice_t frame)
{
    (void)ctx; /* nothing comes in at a PUB */
    (void)route;
    (void)frame;
}

mm_err_t mm_bus_publish(uv_loop_t *loop, const char *endpoint, mm_bus_t **out)
{
    return bus_open(loop, ZMQ_PUB, endpoint, on_no_frame, NULL, out);
}

mm_err_t mm_bus_subscribe(uv_loop_t *loop, const char *endpoint, mm_bus_on_frame_t *on_frame,
                          void *ctx, mm_bus_t **out)
{
    return bus_open(loop, ZMQ_SUB, endpoint, on_frame, ctx, out);
}

mm_err_t mm_bus_attach(uv_loop_t *loop, void *zsock, mm_bus_on_frame_t *on_frame, void *ctx,
                       mm_bus_t **out)
{
    mm_bus_t *bus = bus_new(loop, on_frame, ctx);

    bus->type = ZMQ_PAIR;
    bus->socket = zsock_resolve(zsock);
    return start(&bus, out);
}

void mm_bus_reconnect(mm_bus_t *bus)
{
    int rc;

    assert(bus->zsock != NULL && bus->type == ZMQ_DEALER);
    uv_poll_stop(bus->poll);
    uv_close((uv_handle_t *)bus->poll, on_poll_freed);
    bus->poll = NULL;
    zsock_destroy(&bus->zsock);
    bus->zsock = zsock_new(ZMQ_DEALER);
    assert(bus->zsock != NULL);
    bus->socket = zsock_resolve(bus->zsock);
    set_options(bus->socket, ZMQ_DEALER);
    rc = zmq_connect(bus->socket, bus->endpoint);
    assert(rc == 0); /* it was accepted once */
    (void)rc;
    if (watch(bus) != MM_OK)
        abort(); /* no descriptor for the bus: nothing can go on */
}

mm_err_t mm_bus_send(mm_bus_t *bus, mm_slice_t route, mm_slice_t frame)
{
    int rc = 0;

    assert(bus->zsock == NULL || frame.len <= MM_BUS_MESSAGE_MAX); /* a pipe knows no bound */
    if (has_route(bus))
        rc = zmq_send(bus->socket, route.ptr, route.len, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    if (rc >= 0)
        rc = zmq_send(bus->socket, frame.ptr, frame.len, ZMQ_DONTWAIT);
    int saved = errno;
    if (!bus->is_touched && is_readable(bus))
        touch(bus, true);
    if (rc >= 0)
        return MM_OK;
    return saved == EHOSTUNREACH ? MM_ERR_NO_ROUTE : MM_ERR_AGAIN;
}

void mm_bus_close(mm_bus_t **bus_p)
{
    mm_bus_t *bus = *bus_p;

    if (bus == NULL)
        return;
    *bus_p = NULL;
    bus->is_closed = true;
    bus->closing = bus->poll != NULL ? HANDLES : HANDLES - 1;
    uv_close((uv_handle_t *)&bus->check, on_handle_closed);
    uv_close((uv_handle_t *)&bus->idle, on_handle_closed);
    if (bus->poll != NULL) {
        uv_poll_stop(bus->poll);
        uv_close((uv_handle_t *)bus->poll, on_poll_closed);
    }
    zsock_destroy(&bus->zsock);
}

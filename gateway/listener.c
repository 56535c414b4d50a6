/* See listener.h. */
#include "gateway/listener.h"
#include "proto/log.h"
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 4096,
    ACCEPTS_A_TURN = 64,
    PAUSE_MS = 100,
    UNSENT_LOW_BYTES = 128 * 1024, /* "writable" means that little is queued in the kernel */
    RESERVE_MAX = 256,             /* descriptors kept for the bus and files */
    RESERVE_PART = 4,              /* of a small limit, one in four */
    VISITORS_BEYOND = 256          /* beside max-connections: those that are no WebSocket (yet) */
};

struct mm_listener {
    int fd, first_reserved_fd;
    size_t visitors_max;
    mm_counters_t *counters;
    mm_transport_t *transport;
    uv_poll_t poll;
    uv_timer_t pause;
    int closing; /* handles whose close callback is still to come */
};

void mm_listener_raise_descriptors(const mm_settings_t *settings)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)settings->max_connections + VISITORS_BEYOND + RESERVE_MAX;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    /* Not more than needed: libwebsockets has tables of that size. */
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < wanted)
        MM_LOG(WARN, "descriptors_short", MM_LOG_NUMBER("limit", limit.rlim_cur),
               MM_LOG_NUMBER("wanted", wanted));
}

/* A new descriptor is the lowest that is free, so its number tells how many are in use. */
static int first_reserved_fd(void)
{
    struct rlimit limit;
    int descriptors, reserve;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT32_MAX)
        return INT32_MAX;
    descriptors = (int)limit.rlim_cur;
    reserve = descriptors / RESERVE_PART;
    return descriptors - (reserve < RESERVE_MAX ? reserve : RESERVE_MAX);
}

/* --- accepting ---------------------------------------------------------------------------- */

static void on_readable(uv_poll_t *poll, int status, int events);

static void on_pause_over(uv_timer_t *timer)
{
    mm_listener_t *listener = timer->data;

    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

static void pause_accepting(mm_listener_t *listener, const char *why)
{
    uv_poll_stop(&listener->poll);
    uv_timer_start(&listener->pause, on_pause_over, PAUSE_MS, 0);
    MM_LOG(WARN, "accept_paused", MM_LOG_TEXT("reason", mm_text(why)));
}

static void read_address(const struct sockaddr_storage *from, uint8_t out[16])
{
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

    if (from->ss_family == AF_INET6) {
        memcpy(&six, from, sizeof six);
        memcpy(out, &six.sin6_addr, 16);
        return;
    }
    memcpy(&four, from, sizeof four);
    memcpy(&mapped.s6_addr[12], &four.sin_addr, 4);
    memcpy(out, &mapped, 16);
}

static bool is_out_of_resources(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* False when this turn has nothing more to accept. */
static bool accept_one(mm_listener_t *listener)
{
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof from;
    uint8_t address[16];
    int fd = accept4(listener->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0) {
        if (is_out_of_resources(errno))
            pause_accepting(listener, strerror(errno));
        /* What else there is belongs to a connection that has failed already. */
        return errno != EAGAIN && !is_out_of_resources(errno);
    }
    if (fd >= listener->first_reserved_fd ||
        mm_transport_visitors(listener->transport) >= listener->visitors_max) {
        (void)close(fd);
        listener->counters->connections_refused++;
        pause_accepting(listener, "too many connections");
        return false;
    }
    read_address(&from, address);
    if (!mm_transport_may_adopt(listener->transport, address)) {
        (void)close(fd);
        return true;
    }
    mm_transport_adopt(listener->transport, fd, address);
    return true;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    mm_listener_t *listener = poll->data;
    int count = 0;

    (void)status;
    (void)events;
    while (count < ACCEPTS_A_TURN && accept_one(listener))
        count++;
}

/* --- opening ------------------------------------------------------------------------------ */

static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

/* Options that accepted sockets inherit are set here once. */
static int listen_at(const struct sockaddr *at, socklen_t len)
{
    int fd = socket(at->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int saved;

    if (fd < 0)
        return -1;
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (at->sa_family == AF_INET6)
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_LOW_BYTES);
    if (bind(fd, at, len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

/* All addresses: one IPv6 socket that takes IPv4 too, or IPv4 alone where there is no IPv6. */
static int listen_everywhere(uint16_t port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = listen_at((const struct sockaddr *)&six, sizeof six);

    if (fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
        fd = listen_at((const struct sockaddr *)&four, sizeof four);
    return fd;
}

static mm_err_t listen_by_settings(const mm_settings_t *settings, int *out_fd)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char port[8];
    int saved;

    if (settings->address[0] == '\0') {
        *out_fd = listen_everywhere((uint16_t)settings->port);
        return *out_fd < 0 ? MM_ERR_SYSTEM : MM_OK;
    }
    (void)snprintf(port, sizeof port, "%d", (int)settings->port);
    if (getaddrinfo(settings->address, port, &hints, &found) != 0)
        return MM_ERR_MALFORMED;
    *out_fd = listen_at(found->ai_addr, found->ai_addrlen);
    saved = errno;
    freeaddrinfo(found);
    errno = saved;
    return *out_fd < 0 ? MM_ERR_SYSTEM : MM_OK;
}

static void log_port(const mm_listener_t *listener, const mm_settings_t *settings)
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    char port[8] = "0";

    if (getsockname(listener->fd, (struct sockaddr *)&bound, &len) == 0)
        (void)getnameinfo((const struct sockaddr *)&bound, len, NULL, 0, port, sizeof port,
                          NI_NUMERICSERV);
    MM_LOG(
        INFO, "gateway_listens", MM_LOG_NUMBER("port", atoi(port)),
        MM_LOG_TEXT("address", mm_text(settings->address[0] == '\0' ? "all" : settings->address)),
        MM_LOG_TEXT("scheme", mm_text(settings->use_https ? "https" : "http")));
}

mm_err_t mm_listener_open(uv_loop_t *loop, const mm_settings_t *settings, mm_counters_t *counters,
                          mm_transport_t *transport, mm_listener_t **out)
{
    mm_listener_t *listener = calloc(1, sizeof *listener);
    mm_err_t err;

    assert(listener != NULL);
    err = listen_by_settings(settings, &listener->fd);
    if (err != MM_OK) {
        free(listener);
        return err;
    }
    listener->first_reserved_fd = first_reserved_fd();
    listener->visitors_max = (size_t)settings->max_connections + VISITORS_BEYOND;
    listener->counters = counters;
    listener->transport = transport;
    uv_timer_init(loop, &listener->pause);
    if (uv_poll_init(loop, &listener->poll, listener->fd) != 0)
        abort(); /* a new socket that epoll does not take: our bug */
    listener->pause.data = listener->poll.data = listener;
    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
    log_port(listener, settings);
    *out = listener;
    return MM_OK;
}

static void on_handle_closed(uv_handle_t *handle)
{
    mm_listener_t *listener = handle->data;

    if (--listener->closing > 0)
        return;
    (void)close(listener->fd);
    free(listener);
}

void mm_listener_close(mm_listener_t **listener_p)
{
    mm_listener_t *listener = *listener_p;

    *listener_p = NULL;
    if (listener == NULL)
        return;
    (void)shutdown(listener->fd, SHUT_RDWR); /* refuses newcomers from now on */
    listener->closing = 2;
    uv_poll_stop(&listener->poll);
    uv_close((uv_handle_t *)&listener->poll, on_handle_closed);
    uv_close((uv_handle_t *)&listener->pause, on_handle_closed);
}

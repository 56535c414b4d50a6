/* The gateway process: settings, loop, signals, and the parts put together.
 *
 * Exit status: 0 after SIGTERM or SIGINT; 2, 66, 78 for settings; 69 when the address is taken; 71 when the system
 * refuses something else.
 * Not here: anything that the parts do. */
#include "gateway/core.h"
#include "gateway/http.h"
#include "gateway/ice.h"
#include "gateway/listener.h"
#include "gateway/transport.h"
#include "proto/bus.h"
#include "proto/log.h"
#include "proto/runtime.h"
#include <assert.h>
#include <errno.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum {
    CLOSE_RESTART = 1012,
    DRAIN_MS = 3000, /* what closing all clients may take */
    FLUSH_MS = 20,   /* what sending the last frame on the bus may take */
    SIGNALS = 4,
    TIMER_MAX_MS = 60 * 1000
};

typedef struct world {
    uv_loop_t loop;
    mm_settings_t settings;
    mm_counters_t counters;
    mm_ice_t *ice;
    mm_gate_t *gate;
    mm_http_t http;
    mm_gateway_t *gateway;
    mm_bus_t *bus;
    mm_transport_t *transport;
    mm_listener_t *listener;
    uv_signal_t signals[SIGNALS];
    uv_prepare_t turn_end;
    uv_timer_t timer;
    int64_t timer_ms;  /* when it goes off */
    int64_t drains_ms; /* when it ends; 0 while it runs */
    bool has_said_bye;
    bool is_flushing; /* it ends, and all clients are gone */
} world_t;

/* --- what the core asks for --------------------------------------------------------------- */

static mm_err_t send_frame(void *ctx, mm_slice_t frame)
{
    world_t *world = ctx;

    return world->bus == NULL ? MM_ERR_AGAIN : mm_bus_send(world->bus, (mm_slice_t){0}, frame);
}

static void reconnect_bus(void *ctx)
{
    world_t *world = ctx;

    if (world->bus != NULL)
        mm_bus_reconnect(world->bus);
}

static void fill_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    if (RAND_bytes(out, (int)len) != 1)
        abort(); /* ids and tokens that can be guessed are worse than none */
}

static void on_answer(void *ctx, void *request, const mm_room_answer_t *answer)
{
    (void)ctx;
    mm_transport_on_answer(request, answer);
}

static const mm_gateway_ops_t ops = {
    .send_frame = send_frame,
    .reconnect_bus = reconnect_bus,
    .random = fill_random,
    .on_answer = on_answer,
    .write = mm_transport_write,
    .ping = mm_transport_ping,
    .read = mm_transport_read,
    .has_hung_up = mm_transport_has_hung_up,
    .close = mm_transport_shut,
};

/* --- what happens in the world ------------------------------------------------------------ */

static int64_t now_ms(const world_t *world)
{
    return (int64_t)uv_now(&world->loop);
}

static void on_frame(void *ctx, mm_slice_t route, mm_slice_t frame)
{
    world_t *world = ctx;

    (void)route;
    mm_gateway_on_frame(world->gateway, frame, now_ms(world));
}

static void on_timer(uv_timer_t *timer)
{
    world_t *world = timer->data;

    world->timer_ms = INT64_MAX; /* the end of this turn does what is due */
}

static void arm_timer(world_t *world, int64_t due_ms)
{
    int64_t latest_ms = now_ms(world) + TIMER_MAX_MS;

    if (due_ms > latest_ms)
        due_ms = latest_ms;
    if (due_ms >= world->timer_ms && world->timer_ms > now_ms(world))
        return; /* goes off early enough; then it is armed anew */
    world->timer_ms = due_ms;
    uv_timer_start(&world->timer, on_timer,
                   due_ms > now_ms(world) ? (uint64_t)(due_ms - now_ms(world)) : 0, 0);
}

/* When all clients are gone, the bus gets a moment to take that away.  Returns when the end is due, or `core_ms`. */
static int64_t drain(world_t *world, int64_t core_ms)
{
    int64_t flushed_ms = now_ms(world) + world->settings.collect + FLUSH_MS;

    if (mm_transport_visitors(world->transport) == 0 && !world->is_flushing) {
        world->is_flushing = true;
        if (flushed_ms < world->drains_ms)
            world->drains_ms = flushed_ms;
    }
    return world->drains_ms < core_ms ? world->drains_ms : core_ms;
}

static void on_turn_end(uv_prepare_t *prepare)
{
    world_t *world = prepare->data;
    int64_t core_ms = mm_gateway_on_time(world->gateway, now_ms(world));
    int64_t transport_ms = mm_transport_on_time(world->transport, now_ms(world));

    if (world->drains_ms != 0) {
        core_ms = drain(world, core_ms);
        if (now_ms(world) >= world->drains_ms && !world->has_said_bye) {
            world->has_said_bye = true;
            world->drains_ms = now_ms(world) + FLUSH_MS;
            mm_gateway_say_bye(world->gateway);
        } else if (now_ms(world) >= world->drains_ms) {
            uv_stop(&world->loop);
            return;
        }
    }
    arm_timer(world, core_ms < transport_ms ? core_ms : transport_ms);
}

static void on_stop(uv_signal_t *signal_handle, int number)
{
    world_t *world = signal_handle->data;

    if (world->drains_ms != 0)
        return;
    MM_LOG(INFO, "gateway_stops", MM_LOG_NUMBER("signal", number),
           MM_LOG_NUMBER("connections", world->counters.connections));
    world->drains_ms = now_ms(world) + DRAIN_MS;
    mm_listener_close(&world->listener);
    mm_gateway_close_all(world->gateway, CLOSE_RESTART, "restart");
    mm_transport_hang_up(world->transport);
}

static void on_report(uv_signal_t *signal_handle, int number)
{
    world_t *world = signal_handle->data;

    (void)number;
    mm_counters_sample(&world->counters);
    mm_counters_log(&world->counters, MM_PROGRAM_GATEWAY);
}

/* Nobody is dropped for it. */
static void on_reload(uv_signal_t *signal_handle, int number)
{
    world_t *world = signal_handle->data;
    const char *complaint = NULL;
    mm_err_t err;

    (void)number;
    if (world->transport == NULL)
        return; /* not yet there: it will read what is there now */
    err = mm_transport_reload(world->transport, &complaint);
    if (err == MM_OK)
        MM_LOG(INFO, "certificate_reloaded",
               MM_LOG_TEXT("file", mm_text(world->settings.tls_certificate)));
    else if (err == MM_ERR_MALFORMED)
        MM_LOG(ERROR, "certificate_refused", MM_LOG_TEXT("reason", mm_text(complaint)));
    else
        MM_LOG(INFO, "nothing_to_reload", MM_LOG_TEXT("reason", mm_text("use-https is off")));
}

static void watch_signals(world_t *world)
{
    static const struct {
        int number;
        uv_signal_cb callback;
    } watched[SIGNALS] = {
        {SIGTERM, on_stop}, {SIGINT, on_stop}, {SIGUSR1, on_report}, {SIGHUP, on_reload}};

    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&world->loop, &world->signals[i]);
        world->signals[i].data = world;
        uv_signal_start(&world->signals[i], watched[i].callback, watched[i].number);
    }
}

/* --- begin and end ------------------------------------------------------------------------ */

static int refuse(int status, const char *reason)
{
    MM_LOG(ERROR, "start_refused", MM_LOG_TEXT("reason", mm_text(reason)));
    return status;
}

static int open_bus(world_t *world)
{
    char endpoint[MM_PATH_BYTES];

    if (mm_runtime_bus_endpoint(&world->settings, endpoint) != MM_OK)
        return EX_CONFIG; /* the line is printed */
    if (mm_bus_connect(&world->loop, endpoint, on_frame, world, &world->bus) != MM_OK)
        return refuse(EX_OSERR, strerror(errno));
    return EX_OK;
}

static int open_ice(world_t *world)
{
    char complaint[MM_ICE_COMPLAINT_BYTES];

    if (mm_ice_open(&world->settings, &world->ice, complaint) != MM_OK)
        return refuse(EX_CONFIG, complaint);
    return EX_OK;
}

static void open_core(world_t *world)
{
    uint64_t incarnation = 0;

    while (incarnation == 0)
        fill_random(world, (uint8_t *)&incarnation, sizeof incarnation);
    world->gateway = mm_gateway_new(&world->settings, &world->counters, &ops, world, incarnation);
    world->gate = mm_gate_new(&world->settings, &world->counters);
    world->http = (mm_http_t){.settings = &world->settings,
                              .ice = world->ice,
                              .gate = world->gate,
                              .gateway = world->gateway,
                              .counters = &world->counters};
}

static int open_transport(world_t *world)
{
    const char *complaint = NULL;
    mm_err_t err = mm_transport_open(&world->loop, &world->settings, &world->http,
                                     &world->transport, &complaint);

    if (err == MM_ERR_MALFORMED)
        return refuse(EX_CONFIG, complaint);
    return err == MM_OK ? EX_OK : refuse(EX_OSERR, complaint);
}

static int open_listener(world_t *world)
{
    mm_err_t err = mm_listener_open(&world->loop, &world->settings, &world->counters,
                                    world->transport, &world->listener);
    char reason[160];

    if (err == MM_OK)
        return EX_OK;
    (void)snprintf(reason, sizeof reason, "address \"%s\", port %d: %s", world->settings.address,
                   (int)world->settings.port,
                   err == MM_ERR_MALFORMED ? "no such address" : strerror(errno));
    return refuse(err == MM_ERR_MALFORMED ? EX_CONFIG : EX_UNAVAILABLE, reason);
}

/* The prepare handle is started last, so that it runs before the bus's, which looks whether anything is left. */
static int open_all(world_t *world)
{
    int status = open_ice(world);

    mm_listener_raise_descriptors(&world->settings);
    if (uv_loop_init(&world->loop) != 0)
        return refuse(EX_OSERR, "no event loop");
    watch_signals(world);
    if (status == EX_OK)
        status = open_bus(world);
    if (status != EX_OK)
        return status;
    open_core(world);
    status = open_transport(world);
    if (status == EX_OK)
        status = open_listener(world);
    if (status != EX_OK)
        return status;
    uv_timer_init(&world->loop, &world->timer);
    uv_prepare_init(&world->loop, &world->turn_end);
    world->timer.data = world->turn_end.data = world;
    world->timer_ms = INT64_MAX;
    uv_prepare_start(&world->turn_end, on_turn_end);
    return EX_OK;
}

/* Whatever was opened.  Lets the loop finish what is closing, then frees what is ours.  libwebsockets' context
 * stays: taking it off a foreign loop is broken in 4.1.6, and the process ends here anyway. */
static void close_all(world_t *world)
{
    uv_prepare_stop(&world->turn_end);
    mm_bus_close(&world->bus);
    mm_listener_close(&world->listener);
    (void)uv_run(&world->loop, UV_RUN_NOWAIT);
    (void)uv_run(&world->loop, UV_RUN_NOWAIT);
    mm_gateway_destroy(&world->gateway);
    mm_transport_close(&world->transport);
    mm_gate_destroy(&world->gate);
    mm_ice_close(&world->ice);
    mm_settings_fini(&world->settings);
}

/* --check-config: what the table of settings cannot say. */
static int check(mm_settings_t *settings)
{
    char complaint[MM_ICE_COMPLAINT_BYTES];
    mm_ice_t *ice;
    mm_err_t err = mm_ice_open(settings, &ice, complaint);

    if (err == MM_OK)
        mm_settings_say_valid(MM_PROGRAM_GATEWAY);
    else
        (void)fprintf(stderr, "mikromeet-gateway: %s\n", complaint);
    mm_ice_close(&ice);
    mm_settings_fini(settings);
    return err == MM_OK ? EX_OK : EX_CONFIG;
}

int main(int argc, char **argv)
{
    static world_t world;
    mm_log_level_t level;
    mm_settings_result_t result;
    int status;

    mm_bus_prepare_process();
    result = mm_settings_init(&world.settings, MM_PROGRAM_GATEWAY, argc, argv, environ);
    if (result == MM_SETTINGS_CHECK)
        return check(&world.settings);
    if (result != MM_SETTINGS_RUN)
        return mm_settings_exit_status(result);
    mm_log_to_stderr();
    if (mm_log_level_parse(world.settings.log_level, &level))
        mm_log_set_level(level);
    status = open_all(&world);
    if (status == EX_OK)
        (void)uv_run(&world.loop, UV_RUN_DEFAULT);
    close_all(&world);
    return status;
}

/* mikromeet-broker: settings, the lock on the data folder, helpers, bus and loop around the broker core.
 *
 * Exit status: 0 asked to end, 2 usage, 66 no such configuration file, 69 another broker has the data folder, 70 bus or loop
 * failed, 73 a folder cannot be made, 74 the store cannot be opened, 78 bad configuration. */
#include "broker/helpers.h"
#include "proto/bus.h"
#include "proto/log.h"
#include "proto/runtime.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum {
    EXIT_UNAVAILABLE = 69,
    EXIT_SOFTWARE = 70,
    EXIT_CANNOT_CREATE = 73,
    EXIT_IO = 74,
    EXIT_CONFIG = 78
};

typedef struct process {
    mm_settings_t settings;
    mm_counters_t counters;
    uv_loop_t loop;
    uv_timer_t timer;
    uv_prepare_t prepare;
    uv_signal_t signals[3];
    int lock;
    bool has_said_bye;
    mm_storer_t storer_argument;
    zactor_t *hasher, *storer;
    mm_bus_t *bus, *feed, *hasher_pipe, *storer_pipe;
    mm_broker_t *broker;
} process_t;

static int64_t monotonic_ms(const process_t *process)
{
    return (int64_t)uv_now(&process->loop);
}

static int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- what the core needs ------------------------------------------------------------------- */

static mm_err_t send_frame(void *world, mm_slice_t route, mm_slice_t frame)
{
    process_t *process = world;

    return mm_bus_send(process->bus, route, frame);
}

/* A pipe takes what fits into memory; it never says "again". */
static void ask(mm_bus_t *pipe, const mm_writer_t *frame)
{
    mm_err_t err;

    assert(!frame->overflow);
    err = mm_bus_send(pipe, (mm_slice_t){0}, mm_writer_slice(frame));
    assert(err == MM_OK);
    (void)err;
}

static void hash(void *world, const mm_hash_job_t *job)
{
    process_t *process = world;
    uint8_t bytes[MM_HASH_FRAME_BYTES];
    mm_writer_t frame = mm_writer(bytes, sizeof bytes);

    mm_hasher_write(job, &frame);
    ask(process->hasher_pipe, &frame);
    OPENSSL_cleanse(bytes, sizeof bytes);
}

static void commit(void *world, uint64_t last, mm_slice_t batch)
{
    process_t *process = world;
    size_t size = batch.len + MM_STORE_FRAME_EXTRA;
    uint8_t *bytes = malloc(size);
    mm_writer_t frame = mm_writer(bytes, size);

    assert(bytes != NULL);
    mm_storer_write(last, batch, &frame);
    ask(process->storer_pipe, &frame);
    free(bytes);
}

static void publish(void *world, mm_text_t topic, mm_slice_t event)
{
    process_t *process = world;

    mm_bus_send(process->feed, (mm_slice_t){(const uint8_t *)topic.ptr, topic.len}, event);
}

static const mm_broker_ops_t broker_ops = {
    .send_frame = send_frame, .hash = hash, .commit = commit, .publish = publish};

/* --- what happens -------------------------------------------------------------------------- */

/* After the farewell gateways say HELLO anew; that is for the next broker, not for the last moments of this one. */
static void on_frame(void *ctx, mm_slice_t route, mm_slice_t frame)
{
    process_t *process = ctx;

    if (process->has_said_bye)
        return;
    mm_broker_on_frame(process->broker, route, frame, monotonic_ms(process), clock_ms());
}

static void on_hasher(void *ctx, mm_slice_t route, mm_slice_t frame)
{
    process_t *process = ctx;
    mm_hash_result_t result;
    mm_err_t err = mm_hasher_read(frame, &result);

    (void)route;
    assert(err == MM_OK);
    (void)err;
    mm_broker_on_hash(process->broker, &result, monotonic_ms(process), clock_ms());
}

static void on_storer(void *ctx, mm_slice_t route, mm_slice_t frame)
{
    process_t *process = ctx;
    mm_err_t result, err;
    uint64_t last;

    (void)route;
    err = mm_storer_read(frame, &last, &result);
    assert(err == MM_OK && result == MM_OK); /* in memory nothing fails */
    (void)err;
    mm_broker_on_commit(process->broker, last, monotonic_ms(process), clock_ms());
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer; /* the prepare handle of this loop turn does the work */
}

static void on_prepare(uv_prepare_t *prepare)
{
    process_t *process = prepare->data;
    int64_t now_ms, next_ms;

    uv_update_time(&process->loop);
    now_ms = monotonic_ms(process);
    next_ms = mm_broker_on_time(process->broker, now_ms, clock_ms());
    uv_timer_start(&process->timer, on_timer, next_ms > now_ms ? (uint64_t)(next_ms - now_ms) : 0,
                   0);
}

static void on_signal(uv_signal_t *signal, int number)
{
    process_t *process = signal->data;

    if (number == SIGUSR1) {
        mm_counters_sample(&process->counters);
        mm_counters_log(&process->counters, MM_PROGRAM_BROKER);
        return;
    }
    MM_LOG(INFO, "broker_ends", MM_LOG_NUMBER("signal", number));
    mm_broker_say_bye(process->broker);
    process->has_said_bye = true;
    uv_stop(&process->loop);
}

/* --- start and end ------------------------------------------------------------------------- */

/* One broker a data folder; the lock goes with the process, however it ends. */
static int take_data(process_t *process)
{
    char folder[MM_PATH_BYTES], path[MM_PATH_BYTES + 8];

    if (mm_runtime_data_path(&process->settings, folder) != MM_OK)
        return EXIT_CONFIG;
    if (mm_runtime_make_folder(folder) != MM_OK) {
        fprintf(stderr, "mikromeet-broker: data folder %s: %s\n", folder, strerror(errno));
        return EXIT_CANNOT_CREATE;
    }
    snprintf(path, sizeof path, "%s/lock", folder);
    process->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (process->lock < 0) {
        fprintf(stderr, "mikromeet-broker: %s: %s\n", path, strerror(errno));
        return EXIT_CANNOT_CREATE;
    }
    if (flock(process->lock, LOCK_EX | LOCK_NB) != 0) {
        fprintf(stderr, "mikromeet-broker: another broker is running on the data folder %s\n",
                folder);
        return EXIT_UNAVAILABLE;
    }
    process->storer_argument.ops = &mm_store_memory;
    if (mm_store_memory.open(folder, &process->storer_argument.store) != MM_OK)
        return EXIT_IO;
    return 0;
}

static int open_bus(process_t *process)
{
    char endpoint[MM_PATH_BYTES], feed[MM_PATH_BYTES];
    mm_err_t err;

    err = mm_runtime_bus_endpoint(&process->settings, endpoint);
    if (err != MM_OK)
        return err == MM_ERR_SYSTEM ? EXIT_CANNOT_CREATE : EXIT_CONFIG;
    process->hasher = zactor_new(mm_hasher_actor, NULL);
    process->storer = zactor_new(mm_storer_actor, &process->storer_argument);
    assert(process->hasher != NULL && process->storer != NULL);
    if (mm_bus_attach(&process->loop, process->hasher, on_hasher, process, &process->hasher_pipe) !=
            MM_OK ||
        mm_bus_attach(&process->loop, process->storer, on_storer, process, &process->storer_pipe) !=
            MM_OK)
        return EXIT_SOFTWARE;
    if (mm_runtime_feed_endpoint(&process->settings, feed) != MM_OK)
        return EXIT_CONFIG;
    if (mm_bus_publish(&process->loop, feed, &process->feed) != MM_OK) {
        fprintf(stderr, "mikromeet-broker: feed %s: %s\n", feed, strerror(errno));
        return EXIT_SOFTWARE;
    }
    if (mm_bus_bind(&process->loop, endpoint, on_frame, process, &process->bus) != MM_OK) {
        fprintf(stderr, "mikromeet-broker: bus %s: %s\n", endpoint, strerror(errno));
        return EXIT_SOFTWARE;
    }
    MM_LOG(INFO, "broker_listens", MM_LOG_TEXT("bus", mm_text(endpoint)),
           MM_LOG_TEXT("feed", mm_text(feed)), MM_LOG_TEXT("version", mm_text(MM_VERSION)));
    return 0;
}

static void start_loop(process_t *process)
{
    uv_timer_init(&process->loop, &process->timer);
    uv_prepare_init(&process->loop, &process->prepare);
    process->prepare.data = process;
    uv_prepare_start(&process->prepare, on_prepare);
}

/* Before anybody is told that the broker runs: what comes earlier waits for the loop. */
static void watch_signals(process_t *process)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGUSR1};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uv_signal_init(&process->loop, &process->signals[i]);
        process->signals[i].data = process;
        uv_signal_start(&process->signals[i], on_signal, numbers[i]);
    }
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void stop(process_t *process)
{
    mm_bus_close(&process->bus);
    mm_bus_close(&process->feed);
    mm_bus_close(&process->hasher_pipe);
    mm_bus_close(&process->storer_pipe);
    zactor_destroy(&process->hasher);
    zactor_destroy(&process->storer);
    mm_broker_destroy(&process->broker);
    if (process->storer_argument.store != NULL)
        mm_store_memory.close(&process->storer_argument.store);
    uv_walk(&process->loop, close_handle, NULL);
    uv_run(&process->loop, UV_RUN_DEFAULT);
    uv_loop_close(&process->loop);
    if (process->lock >= 0)
        close(process->lock);
    mm_settings_fini(&process->settings);
    zsys_shutdown();
}

static int run(process_t *process)
{
    int64_t now_ms = monotonic_ms(process);
    int status;

    watch_signals(process);
    status = take_data(process);
    if (status != 0)
        return status;
    /* Epochs grow from run to run: the clock does, and runs on one data folder do not overlap. */
    process->broker = mm_broker_new(&process->settings, &process->counters, &broker_ops, process,
                                    (uint64_t)clock_ms(), now_ms);
    status = open_bus(process);
    if (status != 0)
        return status;
    start_loop(process);
    uv_run(&process->loop, UV_RUN_DEFAULT);
    return 0;
}

int main(int argc, char **argv)
{
    static process_t process = {.lock = -1};
    mm_settings_result_t result;
    mm_log_level_t level;
    int status;

    mm_bus_prepare_process();
    result = mm_settings_init(&process.settings, MM_PROGRAM_BROKER, argc, argv, environ);
    if (result == MM_SETTINGS_CHECK) {
        mm_settings_say_valid(MM_PROGRAM_BROKER);
        mm_settings_fini(&process.settings);
    }
    if (result != MM_SETTINGS_RUN)
        return mm_settings_exit_status(result);
    mm_log_to_stderr();
    if (mm_log_level_parse(process.settings.log_level, &level))
        mm_log_set_level(level);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* a gateway reloads at it; here is nothing to reload */
    uv_loop_init(&process.loop);
    status = run(&process);
    stop(&process);
    return status;
}

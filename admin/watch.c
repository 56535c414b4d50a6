/* mikromeet-admin watch: a subscriber of the feed that shows each event as a line.  It ends with 0 when it is
 * interrupted, with 69 when the broker says nothing for SILENCE_MS (it tells its figures each second).
 * Not here: the bytes of an event (proto/FEED.md). */
#include "admin/command.h"

#include "admin/escape.h"
#include "admin/session.h"
#include "admin/table.h"
#include "admin/value.h"
#include "proto/bus.h"
#include "proto/runtime.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SILENCE_MS = 4000, EVENT_ITEMS = 5, SIGNALS = 2, TIME_BYTES = 16, MS = 1000 };

typedef struct watch {
    const mm_call_t *call;
    uv_loop_t loop;
    uv_timer_t silence;
    uv_signal_t signals[SIGNALS];
    mm_bus_t *feed;
    int64_t epoch, number; /* of the last event */
    int status;
} watch_t;

static void end(watch_t *watch, int status)
{
    watch->status = status;
    uv_stop(&watch->loop);
}

/* {"epoch":..., "seq":..., "time":..., "topic":..., "event":{...}}; NULL for what is no event. */
static json_t *read_event(mm_slice_t frame)
{
    static const char *const members[EVENT_ITEMS] = {"epoch", "seq", "time", "topic", "event"};
    mm_cursor_t cursor = mm_cursor(frame);
    json_t *array = mm_value_read(&cursor), *event = json_object();

    if (!json_is_array(array) || json_array_size(array) < EVENT_ITEMS ||
        !json_is_string(json_array_get(array, 3)) || !json_is_object(json_array_get(array, 4))) {
        json_decref(array);
        json_decref(event);
        return NULL;
    }
    for (size_t i = 0; i < EVENT_ITEMS; i++)
        json_object_set(event, members[i], json_array_get(array, i));
    json_decref(array);
    return event;
}

static void print_line(const json_t *event)
{
    int64_t time_ms = json_integer_value(json_object_get(event, "time"));
    time_t seconds = (time_t)(time_ms / MS);
    char clock[TIME_BYTES] = "-";
    struct tm fields;
    const char *key;
    json_t *value;
    char *topic = mm_escape(mm_text(json_string_value(json_object_get(event, "topic"))));

    if (gmtime_r(&seconds, &fields) != NULL)
        strftime(clock, sizeof clock, "%H:%M:%S", &fields);
    printf("%s.%03d  %-19s", clock, (int)(time_ms % MS), topic);
    json_object_foreach(json_object_get(event, "event"), key, value)
    {
        char *text = mm_value_text(value), *shown = mm_escape(mm_text(text));
        printf(" %s=%s", key, shown);
        free(shown);
        free(text);
    }
    putchar('\n');
    free(topic);
}

/* People are told what they missed; programs see it in the numbers. */
static void note_gap(watch_t *watch, const json_t *event)
{
    int64_t epoch = json_integer_value(json_object_get(event, "epoch"));
    int64_t number = json_integer_value(json_object_get(event, "seq"));

    if (!watch->call->is_json && watch->epoch != 0 && epoch != watch->epoch)
        printf("-- another broker\n");
    else if (!watch->call->is_json && watch->epoch != 0 && number > watch->number + 1)
        printf("-- %" PRId64 " events were lost\n", number - watch->number - 1);
    watch->epoch = epoch;
    watch->number = number;
}

static void on_silence(uv_timer_t *timer)
{
    watch_t *watch = timer->data;

    end(watch, mm_command_fail(watch->call, MM_ERR_UNAVAILABLE, NULL));
}

static void on_frame(void *ctx, mm_slice_t route, mm_slice_t frame)
{
    watch_t *watch = ctx;
    json_t *event = read_event(frame);

    (void)route; /* the topic stands in the event too */
    if (event == NULL)
        return;
    uv_timer_start(&watch->silence, on_silence, SILENCE_MS, 0);
    note_gap(watch, event);
    if (watch->call->is_json)
        mm_value_print(event, stdout);
    else
        print_line(event);
    json_decref(event);
    if (fflush(stdout) != 0)
        end(watch, MM_EXIT_OK); /* nobody reads any more */
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    end(handle->data, MM_EXIT_OK);
}

static void start(watch_t *watch)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM};

    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&watch->loop, &watch->signals[i]);
        watch->signals[i].data = watch;
        uv_signal_start(&watch->signals[i], on_signal, numbers[i]);
    }
    uv_timer_init(&watch->loop, &watch->silence);
    watch->silence.data = watch;
    uv_timer_start(&watch->silence, on_silence, SILENCE_MS, 0);
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

int mm_command_watch(mm_call_t *call)
{
    watch_t watch = {.call = call, .status = MM_EXIT_OK};
    mm_session_t *session = NULL;
    char endpoint[MM_PATH_BYTES];
    mm_err_t err;

    if (mm_runtime_feed_endpoint(call->settings, endpoint) != MM_OK)
        return MM_EXIT_CONFIG;
    /* Whether a broker is there is said at once, and not by silence. */
    err = mm_session_open(call->settings, call->endpoint, &session);
    mm_session_close(&session);
    if (err != MM_OK)
        return mm_command_fail(call, (int)err, NULL);
    uv_loop_init(&watch.loop);
    start(&watch);
    err = mm_bus_subscribe(&watch.loop, endpoint, on_frame, &watch, &watch.feed);
    if (err == MM_OK)
        uv_run(&watch.loop, UV_RUN_DEFAULT);
    else
        watch.status = mm_command_fail(call, (int)err, NULL);
    mm_bus_close(&watch.feed);
    uv_walk(&watch.loop, close_handle, NULL);
    uv_run(&watch.loop, UV_RUN_DEFAULT);
    uv_loop_close(&watch.loop);
    return watch.status;
}

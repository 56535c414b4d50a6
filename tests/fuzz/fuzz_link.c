/* Anything on the bus, and anything between: the first byte chooses a gateway core with three browsers or a broker core with
 * a gateway, both in a session; what follows is a list of steps, each a kind, a length and its bytes:
 *
 *   FRAME    a whole frame, as it is          DATA    the entries of a frame whose header is right
 *   ENTRY    an entry with the right number: type, connection, what follows the envelope
 *   TEXT     of a browser (gateway only)      CLOSED  a browser hangs up
 *   TIME     passes, and what waits for a helper is answered
 *
 * Nothing crashes, no memory piles up, and what leaves is well-formed.  Structure is given away freely: chance alone would not get
 * past the header. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sanitizer/allocator_interface.h>

#include "broker/core.h"
#include "gateway/core.h"
#include "proto/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    BROWSERS = 3,
    FRAME_MAX = 64 * 1024,
    MEMORY_MAX = 64 * 1024 * 1024,
    EPOCH = 9,
    GONE_TOTAL = 64,
    STEP_MS = 40
};

typedef enum step_kind { FRAME, DATA, ENTRY, TEXT, CLOSED, TIME, KINDS } step_kind_t;

typedef struct world {
    mm_settings_t settings;
    mm_counters_t counters;
    mm_broker_t *broker;
    mm_gateway_t *gateway;
    mm_connection_t *browsers[BROWSERS];
    bool is_closed[BROWSERS];
    int64_t now_ms;
    uint64_t session, frame_number, entry_number; /* of what is fed */
    uint64_t commit;                              /* under way; 0 none */
    mm_hash_result_t hash;                        /* under way; job 0 none */
    uint64_t random;
} world_t;

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

static int64_t clock_ms(const world_t *world)
{
    return INT64_C(1770000000000) + world->now_ms;
}

/* What leaves must be readable; the session is learnt from it. */
static void look_at(world_t *world, mm_slice_t frame)
{
    mm_cursor_t cursor = mm_cursor(frame);
    mm_header_t header;

    require(mm_header_read(&cursor, &header) == MM_OK, "a frame that leaves has no header");
    if (header.kind == MM_FRAME_WELCOME) {
        world->session = header.session;
        world->frame_number = 0;
    } else if (header.kind == MM_FRAME_HELLO) {
        world->session++;
    }
}

/* --- a broker core ------------------------------------------------------------------------------- */

static mm_err_t send_down(void *ctx, mm_slice_t route, mm_slice_t frame)
{
    (void)route;
    look_at(ctx, frame);
    return MM_OK;
}

static void hash(void *ctx, const mm_hash_job_t *job)
{
    world_t *world = ctx;

    world->hash = (mm_hash_result_t){.job = job->job,
                                     .is_check = job->is_check,
                                     .is_right = job->secret.len % 2 == 0,
                                     .password = job->against};
    world->hash.password.is_set = true;
}

static void commit(void *ctx, uint64_t last, mm_slice_t batch)
{
    (void)batch;
    ((world_t *)ctx)->commit = last;
}

static const mm_broker_ops_t broker_ops = {.send_frame = send_down, .hash = hash, .commit = commit};

/* --- a gateway core ------------------------------------------------------------------------------ */

static mm_err_t send_up(void *ctx, mm_slice_t frame)
{
    look_at(ctx, frame);
    return MM_OK;
}

static void reconnect(void *ctx)
{
    ((world_t *)ctx)->entry_number = 0;
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    world_t *world = ctx;

    for (size_t i = 0; i < len; i++) {
        world->random = world->random * UINT64_C(6364136223846793005) + 1442695040888963407;
        out[i] = (uint8_t)(world->random >> 56);
    }
}

static void on_answer(void *ctx, void *request, const mm_room_answer_t *answer)
{
    (void)ctx;
    (void)request;
    (void)answer;
}

static mm_err_t write_text(void *socket, mm_buffer_t *buffer)
{
    mm_text_t text = {mm_buffer_text(buffer), buffer->len};

    (void)socket;
    require(text.len > 0 && text.ptr[0] == '{' && text.ptr[text.len - 1] == '}' &&
                mm_text_is_utf8(text),
            "a browser gets no object");
    return MM_OK;
}

static void ping(void *socket)
{
    (void)socket;
}

static void read_socket(void *socket, bool on)
{
    (void)socket;
    (void)on;
}

static bool has_hung_up(void *socket)
{
    (void)socket;
    return false;
}

static void shut(void *socket, int code, const char *reason)
{
    (void)reason;
    require(!*(bool *)socket, "a connection is closed twice");
    require(code >= 1000 && code <= 4999, "an impossible close code");
    *(bool *)socket = true;
}

static const mm_gateway_ops_t gateway_ops = {.send_frame = send_up,
                                             .reconnect_bus = reconnect,
                                             .random = random_bytes,
                                             .on_answer = on_answer,
                                             .write = write_text,
                                             .ping = ping,
                                             .read = read_socket,
                                             .has_hung_up = has_hung_up,
                                             .close = shut};

static void connect_browser(world_t *world, size_t which)
{
    static const uint8_t address[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};

    mm_gateway_on_closed(world->gateway, &world->browsers[which], world->now_ms, clock_ms(world));
    world->is_closed[which] = false;
    world->browsers[which] =
        mm_gateway_on_open(world->gateway, &world->is_closed[which], address, world->now_ms);
}

/* --- steps ------------------------------------------------------------------------------------------ */

static void feed(world_t *world, mm_slice_t frame)
{
    static const uint8_t route[] = {0, 1, 2, 3, 4};

    if (world->broker != NULL)
        mm_broker_on_frame(world->broker, (mm_slice_t){route, sizeof route}, frame, world->now_ms,
                           clock_ms(world));
    else
        mm_gateway_on_frame(world->gateway, frame, world->now_ms);
}

static void feed_control(world_t *world, mm_frame_kind_t kind)
{
    uint8_t bytes[256];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL, .kind = kind, .credit = 1 << 24};

    if (kind == MM_FRAME_WELCOME) {
        header.epoch = EPOCH;
        header.session = ++world->session;
        world->frame_number = 0;
    }
    mm_header_write(&header, &out);
    if (kind == MM_FRAME_WELCOME)
        mm_welcome_write(&(mm_welcome_t){0}, &out);
    else
        mm_hello_write(&(mm_hello_t){.name = mm_text("one"), .incarnation = 77, .first = 1}, &out);
    feed(world, mm_writer_slice(&out));
}

static void feed_data(world_t *world, mm_slice_t entries)
{
    static uint8_t bytes[FRAME_MAX + MM_HEADER_MAX];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = MM_FRAME_DATA,
                          .epoch = EPOCH,
                          .session = world->session,
                          .number = ++world->frame_number,
                          .credit = 1 << 24};

    mm_header_write(&header, &out);
    mm_write_raw(&out, entries);
    if (!out.overflow)
        feed(world, mm_writer_slice(&out));
}

/* Type, connection, then whatever stands behind the envelope (up: stamp, target, body; down: from, time, body). */
static void feed_entry(world_t *world, mm_slice_t bytes)
{
    static uint8_t entry[FRAME_MAX];
    mm_writer_t out = mm_writer(entry, sizeof entry);
    uint64_t connection = bytes.ptr[1] % (BROWSERS + 1) + 1;

    mm_write_array(&out, world->broker != NULL ? 6 : 7);
    mm_write_u64(&out, ++world->entry_number);
    if (world->broker != NULL) {
        mm_write_u64(&out, connection);
    } else {
        mm_write_raw(&out, (mm_slice_t){(const uint8_t *)"\x93\x01\x02\x03\x92", 5});
        mm_write_u64(&out, connection);
        mm_write_u64(&out, connection + 1);
    }
    mm_write_u64(&out, bytes.ptr[0] % MM_MSG_LIMIT);
    mm_write_raw(&out, (mm_slice_t){bytes.ptr + 2, bytes.len - 2});
    if (!out.overflow)
        feed_data(world, mm_writer_slice(&out));
}

static void say(world_t *world, mm_slice_t bytes)
{
    size_t which = bytes.ptr[0] % BROWSERS;
    char *text = malloc(bytes.len);

    require(text != NULL, "memory");
    memcpy(text, bytes.ptr + 1, bytes.len - 1);
    text[bytes.len - 1] = '\0';
    mm_gateway_on_text(world->gateway, world->browsers[which], (mm_text_t){text, bytes.len - 1},
                       world->now_ms, clock_ms(world));
    free(text);
}

static void answer_helpers(world_t *world)
{
    mm_hash_result_t result = world->hash;
    uint64_t last = world->commit;

    world->hash.job = world->commit = 0;
    if (last != 0)
        mm_broker_on_commit(world->broker, last, world->now_ms, clock_ms(world));
    if (result.job != 0)
        mm_broker_on_hash(world->broker, &result, world->now_ms, clock_ms(world));
}

static void pass_time(world_t *world)
{
    world->now_ms += STEP_MS;
    if (world->gateway != NULL) {
        mm_gateway_on_time(world->gateway, world->now_ms);
        return;
    }
    answer_helpers(world);
    mm_broker_on_time(world->broker, world->now_ms, clock_ms(world));
}

static void take_step(world_t *world, step_kind_t kind, mm_slice_t bytes)
{
    switch (kind) {
    case FRAME:
        feed(world, bytes);
        break;
    case DATA:
        feed_data(world, bytes);
        break;
    case ENTRY:
        if (bytes.len >= 2)
            feed_entry(world, bytes);
        break;
    case TEXT:
        if (world->gateway != NULL && bytes.len >= 1)
            say(world, bytes);
        break;
    case CLOSED:
        if (world->gateway != NULL && bytes.len >= 1)
            connect_browser(world, bytes.ptr[0] % BROWSERS);
        break;
    case TIME:
    case KINDS:
        break;
    }
    pass_time(world);
}

/* --- a run -------------------------------------------------------------------------------------------- */

static void begin(world_t *world, bool is_broker)
{
    mm_settings_defaults(&world->settings);
    world->settings.gone_total = GONE_TOTAL; /* or most of the time goes into clearing its memory */
    world->settings.gone_per_room = GONE_TOTAL / 4;
    world->random = 1;
    if (is_broker) {
        world->broker =
            mm_broker_new(&world->settings, &world->counters, &broker_ops, world, EPOCH, 0);
        feed_control(world, MM_FRAME_HELLO);
        return;
    }
    world->gateway = mm_gateway_new(&world->settings, &world->counters, &gateway_ops, world, 77);
    for (size_t i = 0; i < BROWSERS; i++)
        connect_browser(world, i);
    feed_control(world, MM_FRAME_WELCOME);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t before = __sanitizer_get_current_allocated_bytes(), at = 1;
    world_t world = {0};

    if (size == 0)
        return 0;
    begin(&world, data[0] % 2 == 0);
    while (at + 2 < size) {
        size_t len = (size_t)data[at + 1] << 8 | data[at + 2];
        size_t left = size - at - 3;
        if (len > left)
            len = left;
        take_step(&world, data[at] % KINDS, (mm_slice_t){data + at + 3, len});
        at += 3 + len;
        require(__sanitizer_get_current_allocated_bytes() < before + MEMORY_MAX, "memory piles up");
    }
    for (int i = 0; i < 20; i++)
        pass_time(&world);
    mm_broker_destroy(&world.broker);
    mm_gateway_destroy(&world.gateway);
    mm_settings_fini(&world.settings);
    return 0;
}

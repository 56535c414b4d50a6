/* The feed and the roles of peers, at the seam of the broker core: frames in, frames and events out. [FEED-01] [FEED-04] */
#include "broker/core.h"
#include "proto/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { EVENTS = 16, EVENT_BYTES = 512, EPOCH = 5, CLOCK_MS = 1000, FRAME_BYTES = 8192 };

static const mm_slice_t route = {(const uint8_t *)"r", 1};

typedef struct world {
    mm_settings_t settings;
    mm_counters_t counters;
    mm_broker_t *broker;
    uint64_t session, committing;
    size_t count;
    char topics[EVENTS][32];
    uint8_t events[EVENTS][EVENT_BYTES];
    size_t lens[EVENTS];
} world_t;

static mm_err_t send_frame(void *ctx, mm_slice_t to, mm_slice_t frame)
{
    world_t *world = ctx;
    mm_cursor_t cursor = mm_cursor(frame);
    mm_header_t header;

    (void)to;
    assert_int_equal(mm_header_read(&cursor, &header), MM_OK);
    world->session = header.session;
    return MM_OK;
}

static void hash(void *ctx, const mm_hash_job_t *job)
{
    (void)ctx;
    (void)job;
    fail();
}

static void commit(void *ctx, uint64_t last, mm_slice_t batch)
{
    world_t *world = ctx;

    (void)batch;
    world->committing = last;
}

static void publish(void *ctx, mm_text_t topic, mm_slice_t event)
{
    world_t *world = ctx;

    assert_true(world->count < EVENTS && topic.len < 32 && event.len <= EVENT_BYTES);
    memcpy(world->topics[world->count], topic.ptr, topic.len);
    world->topics[world->count][topic.len] = '\0';
    memcpy(world->events[world->count], event.ptr, event.len);
    world->lens[world->count++] = event.len;
}

static const mm_broker_ops_t ops = {
    .send_frame = send_frame, .hash = hash, .commit = commit, .publish = publish};

static int begin(void **state)
{
    static world_t world;

    memset(&world, 0, sizeof world);
    mm_settings_defaults(&world.settings);
    world.broker = mm_broker_new(&world.settings, &world.counters, &ops, &world, EPOCH, 0);
    *state = &world;
    return 0;
}

static int finish(void **state)
{
    world_t *world = *state;

    mm_broker_destroy(&world->broker);
    mm_settings_fini(&world->settings);
    return 0;
}

static void say_hello(world_t *world, mm_peer_role_t role)
{
    uint8_t bytes[512];
    mm_writer_t frame = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL, .kind = MM_FRAME_HELLO, .credit = 1 << 20};
    mm_hello_t hello = {.name = mm_text("one"), .incarnation = 9, .first = 1, .role = role};

    mm_header_write(&header, &frame);
    mm_hello_write(&hello, &frame);
    mm_broker_on_frame(world->broker, route, mm_writer_slice(&frame), 1, CLOCK_MS);
}

static void say_entry(world_t *world, mm_msg_t msg, const void *message, uint64_t number)
{
    uint8_t body_bytes[512], bytes[FRAME_BYTES];
    mm_writer_t body = mm_writer(body_bytes, sizeof body_bytes);
    mm_writer_t frame = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = MM_FRAME_DATA,
                          .epoch = EPOCH,
                          .session = world->session,
                          .number = number,
                          .credit = 1 << 20};
    mm_upward_t entry = {.number = number,
                         .connection = 1,
                         .spec = mm_spec(msg),
                         .stamp = {.time_ms = CLOCK_MS, .fresh = {{1, 2, 3}}}};

    mm_message_write(entry.spec, message, &body);
    entry.body = mm_writer_slice(&body);
    mm_header_write(&header, &frame);
    mm_upward_write(&entry, &frame);
    assert_false(frame.overflow);
    mm_broker_on_frame(world->broker, route, mm_writer_slice(&frame), 2, CLOCK_MS);
}

static void make_room(world_t *world, uint64_t number)
{
    static const uint8_t address[16] = {1};
    struct mm_create_room wish = {.present = MM_HAS(create_room, room),
                                  .room = mm_text("ABC123"),
                                  .address = {address, sizeof address}};

    say_entry(world, MM_MSG_CREATE_ROOM, &wish, number);
}

static void an_event_is_golden_bytes(void **state)
{
    static const char golden[] = "\x95\x05\x01\xcd\x03\xe8\xaa"
                                 "gateway.up"
                                 "\x81\xa7gateway\xa3"
                                 "one";
    world_t *world = *state;

    say_hello(world, MM_PEER_GATEWAY);
    assert_int_equal(world->count, 1);
    assert_string_equal(world->topics[0], "gateway.up");
    assert_int_equal(world->lens[0], sizeof golden - 1);
    assert_memory_equal(world->events[0], golden, sizeof golden - 1);
}

static void an_event_of_a_turn_leaves_after_its_commit(void **state)
{
    world_t *world = *state;

    say_hello(world, MM_PEER_GATEWAY);
    make_room(world, 1);
    mm_broker_on_time(world->broker, 3, CLOCK_MS);
    assert_int_equal(world->count, 1);
    assert_true(world->committing > 0);
    mm_broker_on_commit(world->broker, world->committing, 4, CLOCK_MS);
    assert_int_equal(world->count, 2);
    assert_string_equal(world->topics[1], "room.created");
    assert_int_equal(world->events[1][2], 2); /* its number */
}

static void figures_are_told_each_second_and_nobody_catches_up(void **state)
{
    world_t *world = *state;

    for (int64_t now_ms = 0; now_ms <= 3500; now_ms += 500)
        mm_broker_on_time(world->broker, now_ms, CLOCK_MS);
    assert_int_equal(world->count, 3);
    mm_broker_on_time(world->broker, 60000, CLOCK_MS);
    mm_broker_on_time(world->broker, 60001, CLOCK_MS);
    assert_int_equal(world->count, 4);
    assert_string_equal(world->topics[3], "stats");
}

static void an_admin_is_no_gateway_to_the_feed_and_its_rooms_are_made(void **state)
{
    world_t *world = *state;

    say_hello(world, MM_PEER_ADMIN);
    assert_int_equal(world->count, 0);
    assert_int_equal(world->counters.admins, 1);
    assert_int_equal(world->counters.gateways, 0);
    make_room(world, 1);
    assert_int_equal(world->counters.rooms, 1);
}

static void a_peer_says_only_what_its_role_may(void **state)
{
    static const struct {
        mm_peer_role_t role;
        mm_msg_t msg;
    } cases[] = {{MM_PEER_GATEWAY, MM_MSG_ADMIN_ROOMS}, {MM_PEER_ADMIN, MM_MSG_GONE}};
    world_t *world = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mm_admin_rooms nothing = {0};
        say_hello(world, cases[i].role);
        say_entry(world, cases[i].msg, &nothing, 1);
        assert_int_equal(world->counters.turns, 0);
        assert_int_equal(world->counters.bus_malformed, 1);
        finish(state);
        begin(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_is_golden_bytes, begin, finish),
        cmocka_unit_test_setup_teardown(an_event_of_a_turn_leaves_after_its_commit, begin, finish),
        cmocka_unit_test_setup_teardown(figures_are_told_each_second_and_nobody_catches_up, begin,
                                        finish),
        cmocka_unit_test_setup_teardown(an_admin_is_no_gateway_to_the_feed_and_its_rooms_are_made,
                                        begin, finish),
        cmocka_unit_test_setup_teardown(a_peer_says_only_what_its_role_may, begin, finish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

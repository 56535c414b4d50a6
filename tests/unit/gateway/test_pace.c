/* How fast a connection is read: the core with sockets that are played, without a broker. */
#include "gateway/gateway.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEATS = 8, BURST = 40 * SEATS };

typedef struct fixture {
    mm_settings_t settings;
    mm_counters_t counters;
    mm_gateway_t *gateway;
    int64_t now_ms;
    size_t written; /* error messages, answered by the gateway itself */
    int closed;     /* code; 0 open */
} fixture_t;

static mm_err_t send_frame(void *world, mm_slice_t frame)
{
    (void)world;
    (void)frame;
    return MM_ERR_AGAIN;
}

static void reconnect(void *world)
{
    (void)world;
}

static void random_bytes(void *world, uint8_t *out, size_t len)
{
    (void)world;
    memset(out, 7, len);
}

static void on_answer(void *world, void *request, const mm_room_answer_t *answer)
{
    (void)world;
    (void)request;
    (void)answer;
}

static mm_err_t write_text(void *socket, mm_buffer_t *buffer)
{
    fixture_t *fixture = socket;

    (void)buffer;
    fixture->written++;
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

static void close_socket(void *socket, int code, const char *reason)
{
    fixture_t *fixture = socket;

    (void)reason;
    fixture->closed = code;
}

static const mm_gateway_ops_t ops = {.send_frame = send_frame,
                                     .reconnect_bus = reconnect,
                                     .random = random_bytes,
                                     .on_answer = on_answer,
                                     .write = write_text,
                                     .ping = ping,
                                     .read = read_socket,
                                     .has_hung_up = has_hung_up,
                                     .close = close_socket};

static int setup(void **state)
{
    fixture_t *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    mm_settings_defaults(&fixture->settings);
    fixture->now_ms = 10000;
    fixture->gateway = mm_gateway_new(&fixture->settings, &fixture->counters, &ops, fixture, 1);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_t *fixture = *state;

    mm_gateway_destroy(&fixture->gateway);
    mm_settings_fini(&fixture->settings);
    free(fixture);
    return 0;
}

static mm_connection_t *open_connection(fixture_t *fixture)
{
    static const uint8_t address[16];
    mm_connection_t *connection =
        mm_gateway_on_open(fixture->gateway, fixture, address, fixture->now_ms);

    assert_non_null(connection);
    connection->has_joined = true;
    mm_connection_pause(connection, MM_PAUSE_LINK, false); /* as if there were a broker */
    return connection;
}

static void say(fixture_t *fixture, mm_connection_t *connection, const char *json)
{
    mm_gateway_on_text(fixture->gateway, connection, mm_text(json), fixture->now_ms,
                       fixture->now_ms);
}

static bool is_slowed(const mm_connection_t *connection)
{
    return (connection->pauses & MM_PAUSE_RATE) != 0;
}

/* Says nonsense, which the gateway answers itself, until it is slowed down; returns how often. */
static int say_until_slowed(fixture_t *fixture, mm_connection_t *connection)
{
    int count = 0;

    while (!is_slowed(connection) && count < 100000) {
        say(fixture, connection, "nonsense");
        count++;
    }
    return count;
}

static void pass(fixture_t *fixture, int64_t ms)
{
    for (; ms > 0; ms--)
        mm_gateway_on_time(fixture->gateway, ++fixture->now_ms);
}

/* [LIMIT-10] */
static void beyond_the_burst_reading_stops_until_the_debt_is_paid(void **state)
{
    fixture_t *fixture = *state;
    mm_connection_t *connection = open_connection(fixture);
    int64_t next_ms;

    assert_int_equal(say_until_slowed(fixture, connection), BURST + 1);
    assert_int_equal(fixture->written, BURST + 1); /* it was read, so it is answered */
    assert_int_equal(fixture->counters.messages_slowed, 1);
    next_ms = mm_gateway_on_time(fixture->gateway, fixture->now_ms);
    assert_in_range(next_ms, fixture->now_ms + 1, fixture->now_ms + 120);
    pass(fixture, 120);
    assert_false(is_slowed(connection));
    mm_gateway_on_closed(fixture->gateway, &connection, fixture->now_ms, fixture->now_ms);
}

static void in_the_long_run_it_is_read_at_its_rate(void **state)
{
    fixture_t *fixture = *state;
    mm_connection_t *connection = open_connection(fixture);
    int64_t said = 0;

    for (int64_t i = 0; i < 60000; i++) {
        if (!is_slowed(connection))
            said += say_until_slowed(fixture, connection);
        pass(fixture, 1);
    }
    assert_in_range(said, BURST + 60 * 50 - 50, BURST + 60 * 50 + 50);
    assert_int_equal(fixture->closed, 0);
    mm_gateway_on_closed(fixture->gateway, &connection, fixture->now_ms, fixture->now_ms);
}

static void the_burst_is_that_of_its_room(void **state)
{
    fixture_t *fixture = *state;
    mm_connection_t *connection = open_connection(fixture);

    connection->seats = 50;
    assert_int_equal(say_until_slowed(fixture, connection), 40 * 50 + 1);
    mm_connection_unbind(connection);
    assert_int_equal(connection->seats, 0);
    mm_gateway_on_closed(fixture->gateway, &connection, fixture->now_ms, fixture->now_ms);
}

/* [LIMIT-11] */
static void chunks_count_by_bytes_and_small_ones_for_4_kib(void **state)
{
    fixture_t *fixture = *state;
    mm_connection_t *connection = open_connection(fixture);

    for (int i = 0; i < 1024; i++) { /* 4 MiB */
        mm_pace_count(connection, true, 100);
        assert_false(is_slowed(connection));
    }
    mm_pace_count(connection, true, 100);
    assert_true(is_slowed(connection));
    assert_int_equal(fixture->counters.chunks_slowed, 1);
    pass(fixture, 2000);
    for (int i = 0; i < 16; i++)
        mm_pace_count(connection, true, 256 * 1024);
    assert_false(is_slowed(connection));
    mm_pace_count(connection, true, 256 * 1024);
    assert_true(is_slowed(connection));
    mm_gateway_on_closed(fixture->gateway, &connection, fixture->now_ms, fixture->now_ms);
}

/* A bad member does not make a chunk cheap, and no chunk makes a message dear. */
static void chunks_with_a_bad_member_count_as_chunks(void **state)
{
    fixture_t *fixture = *state;
    mm_connection_t *connection = open_connection(fixture);

    say(fixture, connection, "{\"type\":\"file-chunk\"}");
    assert_int_equal(connection->messages_taken.full_ns, 0);
    assert_true(connection->chunks_taken.full_ns > 0);
    say(fixture, connection, "{\"type\":\"chat\"}");
    say(fixture, connection, "{\"type\":\"nobody knows\"}");
    assert_int_equal(connection->messages_taken.full_ns,
                     (fixture->now_ms + 2 * 20) * INT64_C(1000000));
    mm_gateway_on_closed(fixture->gateway, &connection, fixture->now_ms, fixture->now_ms);
}

static void who_is_slowed_is_neither_silent_nor_too_slow(void **state)
{
    fixture_t *fixture = *state;
    mm_connection_t *connection = open_connection(fixture);

    fixture->settings.rate_limit_messages = 1;
    fixture->gateway->is_linked = true; /* or the broker would be to blame */
    for (int i = 0; i < BURST + 100; i++)
        say(fixture, connection, "nonsense");
    pass(fixture, 90000); /* longer than idle-timeout */
    assert_true(is_slowed(connection));
    assert_int_equal(fixture->closed, 0);
    pass(fixture, 11000);
    assert_false(is_slowed(connection));
    mm_gateway_on_closed(fixture->gateway, &connection, fixture->now_ms, fixture->now_ms);
}

static void who_floods_and_never_joins_is_closed_in_time(void **state)
{
    fixture_t *fixture = *state;
    mm_connection_t *connection = open_connection(fixture);

    connection->has_joined = false;
    fixture->settings.rate_limit_messages = 1;
    mm_connection_pause(connection, MM_PAUSE_RATE, true);
    pass(fixture, 32000);
    assert_int_equal(fixture->closed, 4002);
    mm_gateway_on_closed(fixture->gateway, &connection, fixture->now_ms, fixture->now_ms);
}

static void many_are_looked_after_each_in_its_time(void **state)
{
    enum { COUNT = 50 };
    fixture_t *fixture = *state;
    mm_connection_t *connections[COUNT];
    size_t slowed = 0;

    for (int i = 0; i < COUNT; i++) {
        connections[i] = open_connection(fixture);
        say_until_slowed(fixture, connections[i]);
        for (int more = 0; more < i; more++)
            say(fixture, connections[i], "nonsense");
    }
    for (int i = 0; i < COUNT; i += 2) /* some leave meanwhile */
        mm_gateway_on_closed(fixture->gateway, &connections[i], fixture->now_ms, fixture->now_ms);
    pass(fixture, 500);
    for (int i = 1; i < COUNT; i += 2)
        slowed += is_slowed(connections[i]);
    assert_in_range(slowed, 10, 14); /* a debt of 500 ms: the 25th and earlier are through */
    pass(fixture, 600);
    for (int i = 1; i < COUNT; i += 2) {
        assert_false(is_slowed(connections[i]));
        mm_gateway_on_closed(fixture->gateway, &connections[i], fixture->now_ms, fixture->now_ms);
    }
    assert_int_equal(zlistx_size(fixture->gateway->slowed), 0);
}

/* [LIMIT-13] */
static void zero_is_off(void **state)
{
    fixture_t *fixture = *state;
    mm_connection_t *connection = open_connection(fixture);

    fixture->settings.rate_limit_messages = fixture->settings.rate_limit_chunks = 0;
    for (int i = 0; i < 10000; i++) {
        mm_pace_count(connection, true, 256 * 1024);
        mm_pace_count(connection, false, 0);
    }
    assert_false(is_slowed(connection));
    mm_gateway_on_closed(fixture->gateway, &connection, fixture->now_ms, fixture->now_ms);
}

#define PACE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PACE_TEST(beyond_the_burst_reading_stops_until_the_debt_is_paid),
        PACE_TEST(in_the_long_run_it_is_read_at_its_rate),
        PACE_TEST(the_burst_is_that_of_its_room),
        PACE_TEST(chunks_count_by_bytes_and_small_ones_for_4_kib),
        PACE_TEST(chunks_with_a_bad_member_count_as_chunks),
        PACE_TEST(who_is_slowed_is_neither_silent_nor_too_slow),
        PACE_TEST(who_floods_and_never_joins_is_closed_in_time),
        PACE_TEST(many_are_looked_after_each_in_its_time),
        PACE_TEST(zero_is_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

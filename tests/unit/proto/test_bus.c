/* The bus with real ZeroMQ sockets on a uv loop: what arrives without further traffic, what happens when an end goes away.
 * Every wait ends with an event; a timer is only the deadline after which a test has failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/bus.h"

enum { DEADLINE_MS = 10000, BURST = 10000, ROUTE_MAX = 64 };

typedef struct side { /* one end, and what came to it */
    mm_bus_t *bus;
    size_t count;
    size_t bytes;
    uint32_t last; /* number in the latest frame */
    bool is_in_order;
    uint8_t route[ROUTE_MAX];
    size_t route_len;
    bool answers;
} side_t;

typedef struct world {
    uv_loop_t loop;
    uv_timer_t deadline, pulse;
    bool is_late;
    char folder[64], endpoint[128];
    side_t router, dealer;
} world_t;

static mm_slice_t slice(const void *bytes, size_t len)
{
    return (mm_slice_t){bytes, len};
}

static void on_frame(void *ctx, mm_slice_t route, mm_slice_t frame)
{
    side_t *side = ctx;
    uint32_t number = 0;

    assert_true(route.len <= ROUTE_MAX);
    if (route.len > 0)
        memcpy(side->route, route.ptr, route.len);
    side->route_len = route.len;
    if (frame.len >= sizeof number)
        memcpy(&number, frame.ptr, sizeof number);
    if (side->count > 0 && number != side->last + 1)
        side->is_in_order = false;
    side->last = number;
    side->count++;
    side->bytes += frame.len;
    if (side->answers)
        assert_int_equal(mm_bus_send(side->bus, route, frame), MM_OK);
}

static void on_deadline(uv_timer_t *timer)
{
    ((world_t *)timer->data)->is_late = true;
}

static int setup(void **state)
{
    world_t *world = calloc(1, sizeof *world);

    assert_non_null(world);
    *state = world;
    mm_bus_prepare_process();
    strcpy(world->folder, "/tmp/mm-bus-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->endpoint, sizeof world->endpoint, "ipc://%s/bus", world->folder);
    uv_loop_init(&world->loop);
    uv_timer_init(&world->loop, &world->deadline);
    world->deadline.data = world;
    uv_timer_start(&world->deadline, on_deadline, DEADLINE_MS, 0);
    uv_unref((uv_handle_t *)&world->deadline);
    uv_timer_init(&world->loop, &world->pulse);
    world->router.is_in_order = world->dealer.is_in_order = true;
    return 0;
}

static int teardown(void **state)
{
    world_t *world = *state;
    char path[128];

    mm_bus_close(&world->router.bus);
    mm_bus_close(&world->dealer.bus);
    uv_close((uv_handle_t *)&world->deadline, NULL);
    uv_close((uv_handle_t *)&world->pulse, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    snprintf(path, sizeof path, "%s/bus", world->folder);
    unlink(path);
    rmdir(world->folder);
    free(world);
    return 0;
}

static void open_router(world_t *world)
{
    assert_int_equal(
        mm_bus_bind(&world->loop, world->endpoint, on_frame, &world->router, &world->router.bus),
        MM_OK);
}

static void open_dealer(world_t *world)
{
    assert_int_equal(
        mm_bus_connect(&world->loop, world->endpoint, on_frame, &world->dealer, &world->dealer.bus),
        MM_OK);
}

/* One turn of the loop, which sleeps while nothing happens. */
static void turn(world_t *world)
{
    uv_ref((uv_handle_t *)&world->deadline);
    uv_run(&world->loop, UV_RUN_ONCE);
    uv_unref((uv_handle_t *)&world->deadline);
    if (world->is_late)
        fail_msg("nothing came for %d ms", DEADLINE_MS);
}

static void wait_for(world_t *world, const side_t *side, size_t count)
{
    while (side->count < count)
        turn(world);
}

static void keep_waiting(uv_timer_t *timer)
{
    (void)timer;
}

/* A socket that nobody is connected to yet refuses; each try waits a little for that to change. */
static mm_err_t send_when_possible(world_t *world, side_t *side, mm_slice_t route, mm_slice_t frame)
{
    mm_err_t err;

    uv_timer_start(&world->pulse, keep_waiting, 1, 1);
    while ((err = mm_bus_send(side->bus, route, frame)) == MM_ERR_AGAIN)
        turn(world);
    uv_timer_stop(&world->pulse);
    return err;
}

static void send_number(world_t *world, side_t *side, uint32_t number)
{
    mm_slice_t route = slice(side->route, side->route_len);

    assert_int_equal(send_when_possible(world, side, route, slice(&number, sizeof number)), MM_OK);
}

/* --- tests ---------------------------------------------------------------------------------- */

static void burst_and_then_silence_arrives_whole_upwards(void **state)
{
    world_t *world = *state;

    open_router(world);
    open_dealer(world);
    for (uint32_t i = 1; i <= BURST; i++)
        send_number(world, &world->dealer, i);
    wait_for(world, &world->router, BURST);
    assert_true(world->router.is_in_order);
    assert_int_equal(world->router.last, BURST);
}

static void burst_and_then_silence_arrives_whole_downwards(void **state)
{
    world_t *world = *state;

    open_router(world);
    open_dealer(world);
    send_number(world, &world->dealer, 1);
    wait_for(world, &world->router, 1);
    for (uint32_t i = 1; i <= BURST; i++)
        send_number(world, &world->router, i);
    wait_for(world, &world->dealer, BURST);
    assert_true(world->dealer.is_in_order);
}

static void burst_both_ways_at_once_arrives_whole(void **state)
{
    world_t *world = *state;

    open_router(world);
    open_dealer(world);
    send_number(world, &world->dealer, 1);
    wait_for(world, &world->router, 1);
    for (uint32_t i = 1; i <= BURST / 10; i++) {
        send_number(world, &world->dealer, i + 1);
        send_number(world, &world->router, i);
    }
    wait_for(world, &world->router, BURST / 10 + 1);
    wait_for(world, &world->dealer, BURST / 10);
    assert_true(world->router.is_in_order && world->dealer.is_in_order);
}

static void answers_from_within_the_callback_arrive(void **state)
{
    world_t *world = *state;

    open_router(world);
    open_dealer(world);
    world->router.answers = true;
    for (uint32_t i = 1; i <= 500; i++)
        send_number(world, &world->dealer, i);
    wait_for(world, &world->dealer, 500);
    assert_true(world->dealer.is_in_order);
}

static void large_frames_arrive(void **state)
{
    world_t *world = *state;
    size_t len = MM_BUS_MESSAGE_MAX;
    uint8_t *frame = calloc(1, len);

    assert_non_null(frame);
    open_router(world);
    open_dealer(world);
    assert_int_equal(send_when_possible(world, &world->dealer, (mm_slice_t){0}, slice(frame, len)),
                     MM_OK);
    wait_for(world, &world->router, 1);
    assert_int_equal(world->router.bytes, len);
    free(frame);
}

static void socket_file_is_for_its_owner_only(void **state)
{
    world_t *world = *state;
    struct stat info;

    open_router(world);
    assert_int_equal(stat(world->endpoint + strlen("ipc://"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void nothing_can_be_sent_where_nobody_is(void **state)
{
    world_t *world = *state;

    open_dealer(world);
    assert_int_equal(mm_bus_send(world->dealer.bus, (mm_slice_t){0}, slice("x", 1)), MM_ERR_AGAIN);
    open_router(world);
    assert_int_equal(mm_bus_send(world->router.bus, slice("nobody", 6), slice("x", 1)),
                     MM_ERR_NO_ROUTE);
}

static void connection_before_the_bind_works(void **state)
{
    world_t *world = *state;

    open_dealer(world);
    open_router(world);
    send_number(world, &world->dealer, 1);
    wait_for(world, &world->router, 1);
}

static void peer_that_closed_has_no_route(void **state)
{
    world_t *world = *state;
    mm_slice_t route;

    open_router(world);
    open_dealer(world);
    send_number(world, &world->dealer, 1);
    wait_for(world, &world->router, 1);
    mm_bus_close(&world->dealer.bus);
    route = slice(world->router.route, world->router.route_len);
    uv_timer_start(&world->pulse, keep_waiting, 1, 1);
    while (mm_bus_send(world->router.bus, route, slice("x", 1)) != MM_ERR_NO_ROUTE)
        turn(world);
    uv_timer_stop(&world->pulse);
}

static void reconnecting_gives_a_new_route_and_works(void **state)
{
    world_t *world = *state;
    uint8_t before[ROUTE_MAX];
    size_t before_len;

    open_router(world);
    open_dealer(world);
    send_number(world, &world->dealer, 1);
    wait_for(world, &world->router, 1);
    before_len = world->router.route_len;
    memcpy(before, world->router.route, before_len);
    mm_bus_reconnect(world->dealer.bus);
    send_number(world, &world->dealer, 2);
    wait_for(world, &world->router, 2);
    assert_false(world->router.route_len == before_len &&
                 memcmp(before, world->router.route, before_len) == 0);
    send_number(world, &world->router, 1);
    wait_for(world, &world->dealer, 1);
}

static void broker_that_comes_back_is_found_again(void **state)
{
    world_t *world = *state;

    open_router(world);
    open_dealer(world);
    send_number(world, &world->dealer, 1);
    wait_for(world, &world->router, 1);
    mm_bus_close(&world->router.bus);
    uv_run(&world->loop, UV_RUN_NOWAIT);
    open_router(world);
    mm_bus_reconnect(world->dealer.bus);
    send_number(world, &world->dealer, 2);
    wait_for(world, &world->router, 2);
}

static void endpoint_that_cannot_be_bound_is_reported(void **state)
{
    world_t *world = *state;

    assert_int_equal(mm_bus_bind(&world->loop, "ipc:///no/such/folder/bus", on_frame,
                                 &world->router, &world->router.bus),
                     MM_ERR_SYSTEM);
    assert_null(world->router.bus);
}

#define BUS_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUS_TEST(burst_and_then_silence_arrives_whole_upwards),
        BUS_TEST(burst_and_then_silence_arrives_whole_downwards),
        BUS_TEST(burst_both_ways_at_once_arrives_whole),
        BUS_TEST(answers_from_within_the_callback_arrive),
        BUS_TEST(large_frames_arrive),
        BUS_TEST(socket_file_is_for_its_owner_only),
        BUS_TEST(nothing_can_be_sent_where_nobody_is),
        BUS_TEST(connection_before_the_bind_works),
        BUS_TEST(peer_that_closed_has_no_route),
        BUS_TEST(reconnecting_gives_a_new_route_and_works),
        BUS_TEST(broker_that_comes_back_is_found_again),
        BUS_TEST(endpoint_that_cannot_be_bound_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

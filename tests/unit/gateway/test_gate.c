/* Who may come in, by address. */
#include "gateway/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct fixture {
    mm_settings_t settings;
    mm_counters_t counters;
    mm_gate_t *gate;
} fixture_t;

static char proxies[] = "10.0.0.0/8";

static int setup(void **state)
{
    fixture_t *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    fixture->settings = (mm_settings_t){.rate_limit_connections = 3,
                                        .rate_limit_window = 60000,
                                        .connections_per_address = 2,
                                        .half_open_per_address = 2,
                                        .trusted_proxies = proxies};
    fixture->gate = mm_gate_new(&fixture->settings, &fixture->counters);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_t *fixture = *state;

    mm_gate_destroy(&fixture->gate);
    assert_null(fixture->gate);
    mm_gate_destroy(&fixture->gate);
    free(fixture);
    return 0;
}

static const uint8_t *address(const char *text)
{
    static uint8_t bytes[4][MM_ADDRESS_BYTES];
    static size_t used;
    uint8_t *out = bytes[used++ % 4];

    assert_true(mm_address_read(mm_text(text), out));
    return out;
}

static void sockets_without_a_request_are_so_many_for_each(void **state)
{
    fixture_t *fixture = *state;
    const uint8_t *ann = address("192.0.2.1");

    for (int i = 0; i < 2; i++) {
        assert_true(mm_gate_may_knock(fixture->gate, ann));
        mm_gate_enter(fixture->gate, MM_STANDING_HALF_OPEN, ann);
    }
    assert_false(mm_gate_may_knock(fixture->gate, ann));
    assert_int_equal(fixture->counters.half_open_limited, 1);
    assert_true(mm_gate_may_knock(fixture->gate, address("192.0.2.2")));
    mm_gate_leave(fixture->gate, MM_STANDING_HALF_OPEN, ann);
    mm_gate_enter(fixture->gate, MM_STANDING_ASKED, ann);
    assert_true(mm_gate_may_knock(fixture->gate, ann));
}

static void a_proxys_own_sockets_are_not_counted(void **state)
{
    fixture_t *fixture = *state;
    const uint8_t *proxy = address("10.0.0.1");

    for (int i = 0; i < 10; i++) {
        assert_true(mm_gate_may_knock(fixture->gate, proxy));
        mm_gate_enter(fixture->gate, MM_STANDING_HALF_OPEN, proxy);
    }
    mm_gate_enter(fixture->gate, MM_STANDING_OPEN,
                  proxy); /* a client behind it that it did not name */
    mm_gate_enter(fixture->gate, MM_STANDING_OPEN, proxy);
    assert_int_not_equal(mm_gate_admit(fixture->gate, proxy, 0), 0);
}

static void handshakes_are_so_many_a_minute(void **state)
{
    fixture_t *fixture = *state;
    const uint8_t *ann = address("192.0.2.1");

    for (int i = 0; i < 3; i++)
        assert_int_equal(mm_gate_admit(fixture->gate, ann, 1000), 0);
    assert_int_equal(mm_gate_admit(fixture->gate, ann, 21000), 40000);
    assert_int_equal(mm_gate_admit(fixture->gate, address("192.0.2.2"), 21000), 0);
    assert_int_equal(mm_gate_admit(fixture->gate, ann, 61000), 0);
    assert_int_equal(fixture->counters.handshakes_limited, 1);
}

/* The one refused for its open connections does not count as a handshake. */
static void open_connections_are_so_many_at_a_time(void **state)
{
    fixture_t *fixture = *state;
    const uint8_t *ann = address("2001:db8::1"), *same = address("2001:db8::2");

    mm_gate_enter(fixture->gate, MM_STANDING_OPEN, ann);
    mm_gate_enter(fixture->gate, MM_STANDING_OPEN, same);
    for (int i = 0; i < 10; i++)
        assert_in_range(mm_gate_admit(fixture->gate, ann, 0), 1, 60000);
    assert_int_equal(fixture->counters.connections_limited, 10);
    assert_int_equal(fixture->counters.handshakes_limited, 0);
    mm_gate_leave(fixture->gate, MM_STANDING_OPEN, same);
    assert_int_equal(mm_gate_admit(fixture->gate, ann, 0), 0);
}

static void zero_turns_each_off(void **state)
{
    fixture_t *fixture = *state;
    const uint8_t *ann = address("192.0.2.1");

    mm_gate_destroy(&fixture->gate);
    fixture->settings.rate_limit_connections = fixture->settings.connections_per_address =
        fixture->settings.half_open_per_address = 0;
    fixture->gate = mm_gate_new(&fixture->settings, &fixture->counters);
    for (int i = 0; i < 1000; i++) {
        assert_true(mm_gate_may_knock(fixture->gate, ann));
        mm_gate_enter(fixture->gate, MM_STANDING_HALF_OPEN, ann);
        assert_int_equal(mm_gate_admit(fixture->gate, ann, 0), 0);
        mm_gate_enter(fixture->gate, MM_STANDING_OPEN, ann);
    }
}

static void a_proxy_that_says_nonsense_is_counted(void **state)
{
    fixture_t *fixture = *state;
    uint8_t client[MM_ADDRESS_BYTES];

    assert_int_equal(
        mm_gate_client(fixture->gate, address("10.0.0.1"), mm_text("192.0.2.7"), client), MM_OK);
    assert_memory_equal(client, address("192.0.2.7"), sizeof client);
    assert_int_equal(mm_gate_client(fixture->gate, address("10.0.0.1"), mm_text("x"), client),
                     MM_ERR_MALFORMED);
    assert_int_equal(fixture->counters.forwarded_malformed, 1);
}

#define GATE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GATE_TEST(sockets_without_a_request_are_so_many_for_each),
        GATE_TEST(a_proxys_own_sockets_are_not_counted),
        GATE_TEST(handshakes_are_so_many_a_minute),
        GATE_TEST(open_connections_are_so_many_at_a_time),
        GATE_TEST(zero_turns_each_off),
        GATE_TEST(a_proxy_that_says_nonsense_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

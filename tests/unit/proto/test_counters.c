/* Counters: what the process says about itself, and the line of all of them. */
#include "proto/counters.h"
#include "proto/log.h"
#include "proto/settings.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static json_t *logged;

static void keep(void *ctx, const char *line)
{
    (void)ctx;
    logged = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(logged);
}

static void log_counters(const mm_counters_t *counters, unsigned program)
{
    mm_log_to(keep, NULL);
    mm_counters_log(counters, program);
    mm_log_to(NULL, NULL);
    assert_non_null(logged);
}

static json_int_t value_of(const char *key)
{
    const json_t *value = json_object_get(logged, key);

    return value != NULL ? json_integer_value(value) : -1;
}

static void a_program_logs_its_own_counters(void **state)
{
    mm_counters_t counters = {.connections = 3, .rooms = 4, .bus_frames_sent = 5};

    (void)state;
    log_counters(&counters, MM_PROGRAM_GATEWAY);
    assert_string_equal(json_string_value(json_object_get(logged, "event")), "counters");
    assert_int_equal(value_of("connections"), 3);
    assert_int_equal(value_of("bus_frames_sent"), 5);
    assert_int_equal(value_of("link_gaps"), 0);
    assert_int_equal(value_of("rooms"), -1);
    json_decref(logged);
    log_counters(&counters, MM_PROGRAM_BROKER);
    assert_int_equal(value_of("rooms"), 4);
    assert_int_equal(value_of("connections"), -1);
    json_decref(logged);
}

static void arrays_are_logged_where_they_are_not_zero(void **state)
{
    mm_counters_t counters = {.received = {[MM_MSG_ICE_CANDIDATE] = 7},
                              .sent = {[MM_MSG_JOIN] = 8},
                              .refused = {[MM_ERR_ROOM_FULL] = 9}};

    (void)state;
    log_counters(&counters, MM_PROGRAM_BROKER);
    assert_int_equal(value_of("received_ice_candidate"), 7);
    assert_int_equal(value_of("sent_join"), 8);
    assert_int_equal(value_of("refused_room_full"), 9);
    assert_int_equal(value_of("received_join"), -1);
    json_decref(logged);
}

static void the_busiest_process_fits_into_one_line(void **state)
{
    mm_counters_t counters;
    size_t messages = 0;

    (void)state;
    memset(&counters, 0x7f, sizeof counters);
    log_counters(&counters, MM_PROGRAM_BOTH);
    for (const mm_counter_row_t *row = mm_counter_rows(); row->name != NULL; row++)
        assert_true(value_of(row->name) > 0);
    for (int i = 0; i < MM_MSG_LIMIT; i++)
        messages += mm_spec((mm_msg_t)i) != NULL;
    assert_true(messages > 0);
    assert_true(json_object_size(logged) > 2 * messages + MM_ERR_LIMIT);
    json_decref(logged);
}

static void the_sample_sees_descriptors_and_memory(void **state)
{
    mm_counters_t before = {.rooms = 1};
    mm_counters_t after = {.rooms = 1};
    void *block = NULL;
    int descriptor = -1;

    (void)state;
    mm_counters_sample(&before);
    descriptor = dup(STDERR_FILENO);
    block = malloc(1 << 20);
    assert_non_null(block);
    mm_counters_sample(&after);
    assert_int_equal(after.descriptors, before.descriptors + 1);
    /* mallinfo2 reads 0 under AddressSanitizer. */
    assert_true(before.allocated_bytes == 0 ||
                after.allocated_bytes >= before.allocated_bytes + (1 << 20));
    assert_int_equal(after.rooms, 1);
    free(block);
    close(descriptor);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_logs_its_own_counters),
        cmocka_unit_test(arrays_are_logged_where_they_are_not_zero),
        cmocka_unit_test(the_busiest_process_fits_into_one_line),
        cmocka_unit_test(the_sample_sees_descriptors_and_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

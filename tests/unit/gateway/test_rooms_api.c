/* Bodies of POST /api/rooms. */
#include "gateway/rooms_api.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t address[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};

static mm_room_order_t *read_order(const char *body)
{
    mm_order_fault_t fault;
    mm_room_order_t *order = mm_room_order_read(mm_text(body), address, &fault);

    if (order == NULL)
        fail_msg("%s: %s %s", body, fault.field != NULL ? fault.field : "", fault.reason);
    return order;
}

static void refuses(const char *body, const char *field)
{
    mm_order_fault_t fault;
    mm_room_order_t *order = mm_room_order_read(mm_text(body), address, &fault);

    if (order != NULL)
        fail_msg("%s was taken", body);
    assert_non_null(fault.reason);
    if (field == NULL)
        assert_null(fault.field);
    else
        assert_string_equal(fault.field, field);
}

static const struct mm_create_room *message_of(const mm_room_order_t *order)
{
    return &mm_room_order_request(order)->message;
}

static void nothing_is_a_room_too(void **state)
{
    static const char *const bodies[] = {
        "",
        "{}",
        " {\n} ",
        "{\"roomId\":null,\"title\":null,\"password\":null,\"unknown\":[1]}",
        "{\"unknown\":123456789012345678901234567890}",
        "{\"password\":\"\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        mm_room_order_t *order = read_order(bodies[i]);
        assert_int_equal(message_of(order)->present, MM_HAS(create_room, address));
        assert_memory_equal(message_of(order)->address.ptr, address, sizeof address);
        mm_room_order_destroy(&order);
    }
}

static void no_object_is_refused(void **state)
{
    static const char *const bodies[] = {"[]",
                                         "null",
                                         "1",
                                         "\"x\"",
                                         "{",
                                         "{}x",
                                         "   ",
                                         "{'a'}",
                                         "{\"a\":1,}",
                                         "\xff",
                                         "{\"a\":\"\xff\"}",
                                         "{\"a\":1e999}"};

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        refuses(bodies[i], NULL);
}

static void a_room_id_is_trimmed_and_raised(void **state)
{
    mm_room_order_t *order = read_order("{\"roomId\":\" abC12z\\n\"}");

    (void)state;
    assert_true(mm_text_is(message_of(order)->room, "ABC12Z"));
    mm_room_order_destroy(&order);
    refuses("{\"roomId\":\"\"}", "roomId");
    refuses("{\"roomId\":\"ABC12\"}", "roomId");
    refuses("{\"roomId\":\"ABC1234\"}", "roomId");
    refuses("{\"roomId\":\"ABC-12\"}", "roomId");
    refuses("{\"roomId\":\"ABC\\u0000AB\"}", "roomId");
    refuses("{\"roomId\":\"ABC\u00e912\"}", "roomId");
    refuses("{\"roomId\":123456}", "roomId");
}

static void a_title_is_trimmed_and_counted_in_characters(void **state)
{
    char body[1024] = "{\"title\":\"";
    mm_room_order_t *order = read_order("{\"title\":\"  Roadmap\\tsync \\u00a0\"}");

    (void)state;
    assert_true(mm_text_is(message_of(order)->title, "Roadmap\tsync"));
    mm_room_order_destroy(&order);
    for (int i = 0; i < 80; i++)
        (void)strcat(body, "\U0001f600");
    (void)strcat(body, "\"}");
    order = read_order(body);
    assert_int_equal(message_of(order)->title.len, 4 * 80);
    mm_room_order_destroy(&order);
    (void)strcpy(body + strlen(body) - 2, "x\"}");
    refuses(body, "title");
    refuses("{\"title\":\"\"}", "title");
    refuses("{\"title\":\" \\n \"}", "title");
    refuses("{\"title\":5}", "title");
    refuses("{\"title\":[\"x\"]}", "title");
}

static void a_password_is_never_trimmed(void **state)
{
    char body[128] = "{\"password\":\"";
    mm_room_order_t *order = read_order("{\"password\":\" x \"}");

    (void)state;
    assert_true(mm_text_is(message_of(order)->password, " x "));
    mm_room_order_destroy(&order);
    (void)memset(body + strlen(body), 'p', 50);
    (void)strcat(body, "\"}");
    order = read_order(body);
    assert_int_equal(message_of(order)->password.len, 50);
    mm_room_order_destroy(&order);
    (void)strcpy(body + strlen(body) - 2, "p\"}");
    refuses(body, "password");
    refuses("{\"password\":1234}", "password");
    refuses("{\"password\":false}", "password");
}

static void participants_are_an_integer_or_its_digits(void **state)
{
    static const struct {
        const char *body;
        int64_t value;
    } good[] = {
        {"{\"maxParticipants\":2}", 2},       {"{\"maxParticipants\":50}", 50},
        {"{\"maxParticipants\":8.0}", 8},     {"{\"maxParticipants\":1e1}", 10},
        {"{\"maxParticipants\":\"12\"}", 12}, {"{\"maxParticipants\":\"08\"}", 8},
    };
    static const char *const bad[] = {
        "1",      "0",      "-8",      "2.5",     "1001",      "1e300",           "\"\"",
        "\"8 \"", "\"-8\"", "\"8.0\"", "\"0x8\"", "\"eight\"", "\"10000000000\"", "true",
        "[8]",    "{}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        mm_room_order_t *order = read_order(good[i].body);
        assert_int_equal(message_of(order)->max_participants, good[i].value);
        mm_room_order_destroy(&order);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char body[64];
        (void)snprintf(body, sizeof body, "{\"maxParticipants\":%s}", bad[i]);
        refuses(body, "maxParticipants");
    }
}

static void a_schedule_is_in_order(void **state)
{
    mm_room_order_t *order = read_order(
        "{\"scheduledEnd\":\"2026-04-30T12:30:00+02:00\",\"scheduledStart\":1777543200000}");

    (void)state;
    assert_int_equal(message_of(order)->scheduled_start, 1777543200000);
    assert_int_equal(message_of(order)->scheduled_end, 1777545000000);
    mm_room_order_destroy(&order);
    order = read_order("{\"scheduledEnd\":1}");
    assert_int_equal(message_of(order)->scheduled_end, 1);
    mm_room_order_destroy(&order);
    refuses("{\"scheduledStart\":0}", "scheduledStart");
    refuses("{\"scheduledStart\":-1}", "scheduledStart");
    refuses("{\"scheduledStart\":1.5}", "scheduledStart");
    refuses("{\"scheduledStart\":9007199254740994}", "scheduledStart");
    refuses("{\"scheduledStart\":\"1777543200000\"}", "scheduledStart");
    refuses("{\"scheduledStart\":\"1960-01-01\"}", "scheduledStart");
    refuses("{\"scheduledStart\":true}", "scheduledStart");
    refuses("{\"scheduledStart\":5,\"scheduledEnd\":5}", "scheduledEnd");
    refuses("{\"scheduledStart\":5,\"scheduledEnd\":4}", "scheduledEnd");
    refuses("{\"scheduledEnd\":\"soon\"}", "scheduledEnd");
}

static void iso_8601_times_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"1970-01-01", 0},
        {"1970-01-01T00:00:00.001Z", 1},
        {"2026-04-30T10:00:00Z", 1777543200000},
        {"2026-04-30T10:00Z", 1777543200000},
        {"2026-04-30t10:00:00z", 1777543200000},
        {"2026-04-30T10:00:00", 1777543200000},
        {"2026-04-30 10:00:00", 1777543200000},
        {"2026-04-30T12:00:00+02:00", 1777543200000},
        {"2026-04-30T12:00:00+0200", 1777543200000},
        {"2026-04-30T12:00:00+02", 1777543200000},
        {"2026-04-30T04:30:00-05:30", 1777543200000},
        {"2026-04-30T10:00:00.5Z", 1777543200500},
        {"2026-04-30T10:00:00,123456Z", 1777543200123},
        {"2026-04-29T24:00:00Z", 1777507200000},
        {"2024-02-29", 1709164800000},
    };
    static const char *const bad[] = {
        "",
        "2026",
        "2026-04",
        "2026-4-30",
        "2026-13-01",
        "2026-00-01",
        "2026-02-29",
        "2026-04-31",
        "2026-04-00",
        "2026-04-30T",
        "2026-04-30T10",
        "2026-04-30T10:00:",
        "2026-04-30T10:00:60Z",
        "2026-04-30T10:60Z",
        "2026-04-30T25:00Z",
        "2026-04-30T24:00:01Z",
        "2026-04-30T10:00:00.Z",
        "2026-04-30T10:00:00+2:00",
        "2026-04-30T10:00:00+02:",
        "2026-04-30T10:00:00+24:00",
        "2026-04-30T10:00:00+02:60",
        "2026-04-30T10:00:00Zx",
        "2026-04-30Z",
        " 2026-04-30",
        "20260430T100000Z",
        "+002026-04-30",
    };
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!mm_iso8601_read(mm_text(good[i].text), &ms) || ms != good[i].ms)
            fail_msg("%s", good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (mm_iso8601_read(mm_text(bad[i]), &ms))
            fail_msg("%s", bad[i]);
}

static void the_last_of_repeated_members_counts(void **state)
{
    mm_room_order_t *order = read_order("{\"title\":5,\"title\":\"x\"}");

    (void)state;
    assert_true(mm_text_is(message_of(order)->title, "x"));
    mm_room_order_destroy(&order);
}

static void the_answer_echoes_what_was_given(void **state)
{
    mm_room_order_t *order =
        read_order("{\"title\":\" \\u0000\\\"x \",\"password\":\"p\",\"maxParticipants\":5,"
                   "\"scheduledStart\":1777543200000}");
    mm_room_answer_t answer = {.room = mm_text("ABC123")};
    char *text;

    (void)state;
    assert_true(
        mm_id_parse(mm_text("550e8400-e29b-41d4-a716-446655440000"), &answer.creator_token));
    text = mm_room_order_print_created(order, &answer);
    assert_string_equal(text, "{\"roomId\":\"ABC123\","
                              "\"creatorToken\":\"550e8400-e29b-41d4-a716-446655440000\","
                              "\"title\":\"\\u0000\\\"x\",\"scheduledStart\":1777543200000}");
    free(text);
    mm_room_order_destroy(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_a_room_too),
        cmocka_unit_test(no_object_is_refused),
        cmocka_unit_test(a_room_id_is_trimmed_and_raised),
        cmocka_unit_test(a_title_is_trimmed_and_counted_in_characters),
        cmocka_unit_test(a_password_is_never_trimmed),
        cmocka_unit_test(participants_are_an_integer_or_its_digits),
        cmocka_unit_test(a_schedule_is_in_order),
        cmocka_unit_test(iso_8601_times_are_read),
        cmocka_unit_test(the_last_of_repeated_members_counts),
        cmocka_unit_test(the_answer_echoes_what_was_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

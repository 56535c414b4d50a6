/* What an operator is answered where there is much of it [ADMIN-01], and that nothing it asks for changes anything. */
#include "broker/facts.h"
#include "broker/registry.h"
#include "proto/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROOMS = 5000, BODY_BYTES = 256 };

typedef struct fixture {
    mm_settings_t settings;
    mm_counters_t counters;
    mm_registry_t *registry;
    mm_outbox_t outbox;
} fixture_t;

static int begin(void **state)
{
    static fixture_t fixture;

    memset(&fixture, 0, sizeof fixture);
    mm_settings_defaults(&fixture.settings);
    fixture.registry = mm_registry_new(&fixture.settings, &fixture.counters);
    mm_outbox_init(&fixture.outbox);
    *state = &fixture;
    return 0;
}

static int finish(void **state)
{
    fixture_t *fixture = *state;

    mm_registry_destroy(&fixture->registry);
    mm_outbox_fini(&fixture->outbox);
    mm_settings_fini(&fixture->settings);
    return 0;
}

static void restore_rooms(fixture_t *fixture, int count)
{
    char title[MM_TITLE_BYTES];
    uint8_t bytes[MM_FACTS_BYTES];
    mm_facts_t facts = {.created_ms = 1, .max_participants = 8};
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    char id[16];

    memset(title, 'x', sizeof title);
    mm_facts_set_title(&facts, (mm_text_t){title, sizeof title});
    mm_facts_write(&facts, &out);
    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof id, "R%05d", i);
        assert_int_equal(mm_registry_restore(fixture->registry, mm_text(id), mm_writer_slice(&out)),
                         MM_OK);
    }
}

/* The answer to one command; its result is valid until the next. */
static struct mm_admin_answer ask(fixture_t *fixture, mm_msg_t msg, const void *message)
{
    uint8_t bytes[BODY_BYTES];
    mm_writer_t body = mm_writer(bytes, sizeof bytes);
    mm_input_t input = {.contact = {7, 1}, .spec = mm_spec(msg), .stamp = {.time_ms = 1000}};
    struct mm_admin_answer answer;
    mm_fault_t fault;

    mm_message_write(input.spec, message, &body);
    input.body = mm_writer_slice(&body);
    mm_outbox_clear(&fixture->outbox);
    mm_registry_turn(fixture->registry, &input, &fixture->outbox);
    assert_int_equal(fixture->outbox.count, 1);
    const mm_output_t *said = &fixture->outbox.outputs[0];
    assert_int_equal(said->msg, MM_MSG_ADMIN_ANSWER);
    assert_int_equal(mm_message_read(mm_spec(said->msg),
                                     mm_outbox_slice(&fixture->outbox, said->body, said->body_len),
                                     &answer, &fault),
                     MM_OK);
    assert_true(said->body_len < MM_ENTRY_MAX - 1024);
    return answer;
}

/* Rooms in one answer; the number behind which the next begins, 0 when there is none. */
static uint32_t read_page(mm_slice_t result, int64_t *next)
{
    mm_cursor_t cursor = mm_cursor(result);
    uint32_t count;

    assert_int_equal(mm_cursor_map(&cursor), 2);
    assert_true(mm_text_is(mm_cursor_str(&cursor), "rooms"));
    count = mm_cursor_array(&cursor);
    for (uint32_t i = 0; i < count; i++)
        mm_cursor_skip(&cursor);
    assert_true(mm_text_is(mm_cursor_str(&cursor), "next"));
    *next = mm_cursor_take_nil(&cursor) ? 0 : mm_cursor_i64(&cursor);
    assert_true(!cursor.failed && mm_cursor_at_end(&cursor));
    return count;
}

static void many_rooms_come_in_several_answers(void **state)
{
    fixture_t *fixture = *state;
    struct mm_admin_rooms asked = {.present = MM_HAS(admin_rooms, after)};
    uint32_t rooms = 0, pages = 0;
    int64_t next;

    restore_rooms(fixture, ROOMS);
    do {
        struct mm_admin_answer answer = ask(fixture, MM_MSG_ADMIN_ROOMS, &asked);
        assert_int_equal(answer.error, MM_OK);
        rooms += read_page(answer.result, &next);
        assert_true(next == 0 || next > asked.after);
        asked.after = next;
        pages++;
    } while (next != 0);
    assert_int_equal(rooms, ROOMS);
    assert_true(pages > 3);
    assert_int_equal(fixture->counters.rooms, ROOMS);
}

static void a_room_that_is_closed_is_forgotten_durably(void **state)
{
    fixture_t *fixture = *state;
    struct mm_admin_close asked = {.room = mm_text("r00000")};

    restore_rooms(fixture, 1);
    assert_int_equal(ask(fixture, MM_MSG_ADMIN_CLOSE, &asked).error, MM_OK);
    assert_int_equal(fixture->counters.rooms, 0);
    assert_int_equal(fixture->counters.latent_rooms, 0);
    assert_int_equal(fixture->outbox.changes_count, 1);
    assert_true(fixture->outbox.changes[0].is_removal && fixture->outbox.changes[0].is_durable);
    assert_int_equal(fixture->outbox.events_count, 1);
    assert_int_equal(fixture->outbox.events[0].msg, MM_MSG_EVENT_ROOM_CLOSED);
    assert_int_equal(ask(fixture, MM_MSG_ADMIN_CLOSE, &asked).error, MM_ERR_ROOM_NOT_FOUND);
}

static void what_is_no_room_id_is_refused(void **state)
{
    fixture_t *fixture = *state;
    struct mm_admin_room asked = {.room = mm_text("no room")};
    mm_err_t err = (mm_err_t)ask(fixture, MM_MSG_ADMIN_ROOM, &asked).error;

    assert_true(err == MM_ERR_INVALID_MESSAGE || err == MM_ERR_ROOM_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_rooms_come_in_several_answers, begin, finish),
        cmocka_unit_test_setup_teardown(a_room_that_is_closed_is_forgotten_durably, begin, finish),
        cmocka_unit_test_setup_teardown(what_is_no_room_id_is_refused, begin, finish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

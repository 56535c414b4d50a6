/* The outbox: outputs, recipients and changes keep what was put in, however much it grows. */
#include "broker/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
    static mm_outbox_t outbox;

    mm_outbox_init(&outbox);
    *state = &outbox;
    return 0;
}

static int teardown(void **state)
{
    mm_outbox_fini(*state);
    return 0;
}

static int64_t time_of(const mm_outbox_t *outbox, const mm_output_t *output)
{
    mm_cursor_t cursor = mm_cursor(mm_outbox_slice(outbox, output->time, output->time_len));

    return mm_cursor_i64(&cursor);
}

static void what_is_said_is_the_body_of_its_row(void **state)
{
    mm_outbox_t *outbox = *state;
    mm_id_t ann = {{1}};
    struct mm_waiting_room said = {.name = mm_text("Wim")}, read;
    mm_fault_t fault;

    mm_outbox_say(outbox, MM_MSG_WAITING_ROOM, &said, &ann, 1777550400000);
    mm_outbox_to(outbox, (mm_contact_t){1, 2});
    mm_outbox_to(outbox, (mm_contact_t){3, 4});
    mm_outbox_end(outbox);

    assert_int_equal(outbox->count, 1);
    const mm_output_t *output = &outbox->outputs[0];
    assert_int_equal(output->msg, MM_MSG_WAITING_ROOM);
    assert_true(output->has_from && mm_id_equal(&output->from, &ann));
    assert_true(time_of(outbox, output) == 1777550400000);
    assert_int_equal(output->to_count, 2);
    assert_int_equal(outbox->contacts[output->to].connection, 2);
    assert_int_equal(outbox->contacts[output->to + 1].incarnation, 3);
    mm_slice_t body = mm_outbox_slice(outbox, output->body, output->body_len);
    assert_int_equal(mm_message_read(mm_spec(MM_MSG_WAITING_ROOM), body, &read, &fault), MM_OK);
    assert_true(mm_text_is(read.name, "Wim"));
}

static void long_bodies_fit(void **state)
{
    mm_outbox_t *outbox = *state;
    char long_text[4 * 200 + 1];
    struct mm_error said = {.message = {long_text, 800}, .code = mm_text("X")};

    for (size_t i = 0; i < 800; i += 4)
        memcpy(long_text + i, "\xf0\x9f\x98\x80", 4);
    mm_outbox_say(outbox, MM_MSG_ERROR, &said, NULL, 1);
    mm_outbox_to(outbox, (mm_contact_t){1, 1});
    assert_false(outbox->outputs[0].has_from);
    assert_true(outbox->outputs[0].body_len > 800);
    assert_true(time_of(outbox, &outbox->outputs[0]) == 1);
}

static void what_is_passed_is_the_same_bytes(void **state)
{
    mm_outbox_t *outbox = *state;
    static const uint8_t body[] = {0x81, 0xa1, 'x', 0xc0},
                         time[] = {0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0};
    mm_id_t bob = {{2}};

    mm_outbox_pass(outbox, MM_MSG_OFFER, (mm_slice_t){body, sizeof body}, &bob,
                   (mm_slice_t){time, sizeof time}, 9);
    mm_outbox_to(outbox, (mm_contact_t){1, 1});
    mm_outbox_pass(outbox, MM_MSG_CHAT, (mm_slice_t){body, sizeof body}, &bob,
                   (mm_slice_t){NULL, 0}, 9);
    mm_outbox_to(outbox, (mm_contact_t){1, 1});

    const mm_output_t *offer = &outbox->outputs[0], *chat = &outbox->outputs[1];
    mm_slice_t passed = mm_outbox_slice(outbox, offer->body, offer->body_len);
    assert_int_equal(passed.len, sizeof body);
    assert_memory_equal(passed.ptr, body, sizeof body);
    passed = mm_outbox_slice(outbox, offer->time, offer->time_len);
    assert_int_equal(passed.len, sizeof time);
    assert_memory_equal(passed.ptr, time, sizeof time);
    assert_true(time_of(outbox, chat) == 9);
}

static void output_without_a_recipient_is_dropped_with_its_bytes(void **state)
{
    mm_outbox_t *outbox = *state;
    struct mm_raise_hand hand = {0};

    mm_outbox_say(outbox, MM_MSG_RAISE_HAND, &hand, NULL, 1);
    mm_outbox_end(outbox);
    assert_int_equal(outbox->count, 0);
    assert_int_equal(outbox->bytes_count, 0);
}

static void changes_stand_in_their_order(void **state)
{
    mm_outbox_t *outbox = *state;
    static const uint8_t value[] = {1, 2, 3};

    mm_outbox_keep(outbox, mm_text("ABC123"), (mm_slice_t){value, sizeof value}, true);
    mm_outbox_forget(outbox, mm_text("XYZ789"), false);
    assert_int_equal(outbox->changes_count, 2);
    const mm_change_t *kept = &outbox->changes[0], *forgotten = &outbox->changes[1];
    assert_true(!kept->is_removal && kept->is_durable && forgotten->is_removal &&
                !forgotten->is_durable);
    assert_memory_equal(mm_outbox_slice(outbox, kept->key, kept->key_len).ptr, "ABC123", 6);
    assert_memory_equal(mm_outbox_slice(outbox, kept->value, kept->value_len).ptr, value,
                        sizeof value);
    assert_memory_equal(mm_outbox_slice(outbox, forgotten->key, forgotten->key_len).ptr, "XYZ789",
                        6);
    assert_int_equal(forgotten->value_len, 0);
}

static void thousands_of_outputs_keep_their_places(void **state)
{
    enum { MANY = 3000 };
    mm_outbox_t *outbox = *state;
    char name[32];

    for (uint64_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "name %d", (int)i);
        struct mm_waiting_room said = {.name = mm_text(name)};
        mm_outbox_say(outbox, MM_MSG_WAITING_ROOM, &said, NULL, (int64_t)i);
        mm_outbox_to(outbox, (mm_contact_t){1, i});
    }
    for (uint64_t i = 0; i < MANY; i++) {
        const mm_output_t *output = &outbox->outputs[i];
        struct mm_waiting_room read;
        mm_fault_t fault;
        mm_slice_t body = mm_outbox_slice(outbox, output->body, output->body_len);
        assert_int_equal(mm_message_read(mm_spec(output->msg), body, &read, &fault), MM_OK);
        snprintf(name, sizeof name, "name %d", (int)i);
        assert_true(mm_text_is(read.name, name));
        assert_true(outbox->contacts[output->to].connection == i);
    }
}

static void cleared_outbox_keeps_its_memory(void **state)
{
    mm_outbox_t *outbox = *state;
    struct mm_raise_hand hand = {0};

    mm_outbox_say(outbox, MM_MSG_RAISE_HAND, &hand, NULL, 1);
    mm_outbox_to(outbox, (mm_contact_t){1, 1});
    const uint8_t *bytes = outbox->bytes;
    mm_outbox_clear(outbox);
    assert_int_equal(outbox->count + outbox->contacts_count + outbox->bytes_count, 0);
    mm_outbox_say(outbox, MM_MSG_RAISE_HAND, &hand, NULL, 1);
    assert_ptr_equal(outbox->bytes, bytes);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_said_is_the_body_of_its_row),
        TEST(long_bodies_fit),
        TEST(what_is_passed_is_the_same_bytes),
        TEST(output_without_a_recipient_is_dropped_with_its_bytes),
        TEST(changes_stand_in_their_order),
        TEST(thousands_of_outputs_keep_their_places),
        TEST(cleared_outbox_keeps_its_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The registry where the scripts of tests/actor do not reach: proofs that came too late, what is recorded, records
 * that cannot be read, walks, and that memory comes back. */
#include "broker/registry.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct fixture {
    mm_settings_t settings;
    mm_counters_t counters;
    mm_registry_t *registry;
    mm_outbox_t outbox;
    uint8_t body[1024];
    uint64_t ids;
} fixture_t;

static int setup(void **state)
{
    fixture_t *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    fixture->settings = (mm_settings_t){.max_rooms = 10000,
                                        .max_latent_rooms = 1000,
                                        .max_latent_rooms_per_address = 100,
                                        .latent_room_max_age = 86400000,
                                        .max_participants = 50,
                                        .default_participants = 8,
                                        .waiting_list = 50,
                                        .gone_per_room = 256,
                                        .gone_total = 65536,
                                        .gone_memory = 3600000};
    fixture->registry = mm_registry_new(&fixture->settings, &fixture->counters);
    mm_outbox_init(&fixture->outbox);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_t *fixture = *state;

    mm_registry_destroy(&fixture->registry);
    assert_null(fixture->registry);
    mm_registry_destroy(&fixture->registry);
    mm_outbox_fini(&fixture->outbox);
    free(fixture);
    return 0;
}

static mm_id_t fresh(fixture_t *fixture)
{
    mm_id_t id = {0};

    fixture->ids++;
    memcpy(id.bytes, &fixture->ids, sizeof fixture->ids);
    return id;
}

/* The body lies in the fixture until the next input. */
static mm_input_t input(fixture_t *fixture, uint64_t connection, mm_msg_t msg, const void *message)
{
    mm_writer_t writer = mm_writer(fixture->body, sizeof fixture->body);

    mm_message_write(mm_spec(msg), message, &writer);
    assert_false(writer.overflow);
    return (mm_input_t){.contact = {1, connection},
                        .spec = mm_spec(msg),
                        .body = mm_writer_slice(&writer),
                        .stamp = {.time_ms = 1000, .fresh = fresh(fixture)}};
}

static mm_input_t join(fixture_t *fixture, uint64_t connection, const char *room,
                       const char *password)
{
    struct mm_join message = {
        .present = MM_HAS(join, is_host), .room = mm_text(room), .is_host = true};

    if (password != NULL) {
        message.password = mm_text(password);
        message.present |= MM_HAS(join, password);
    }
    return input(fixture, connection, MM_MSG_JOIN, &message);
}

static mm_input_t gone(fixture_t *fixture, uint64_t connection)
{
    struct mm_gone message = {0};

    return input(fixture, connection, MM_MSG_GONE, &message);
}

static mm_err_t run(fixture_t *fixture, const mm_input_t *what)
{
    mm_outbox_clear(&fixture->outbox);
    return mm_registry_turn(fixture->registry, what, &fixture->outbox);
}

static mm_proof_kind_t needs(fixture_t *fixture, const mm_input_t *what)
{
    mm_password_t against = {0};
    mm_text_t secret;

    return mm_registry_needs_proof(fixture->registry, what, &secret, &against);
}

static mm_proof_t made(uint8_t salt)
{
    return (mm_proof_t){.kind = MM_PROOF_MADE,
                        .password = {.is_set = true, .salt = {salt}, .hash = {salt, 1}}};
}

/* Nothing at all happened. */
static void assert_again(fixture_t *fixture, const mm_input_t *what)
{
    mm_counters_t before = fixture->counters;

    assert_int_equal(run(fixture, what), MM_ERR_AGAIN);
    assert_int_equal(fixture->outbox.count, 0);
    assert_int_equal(fixture->outbox.changes_count, 0);
    assert_memory_equal(&before, &fixture->counters, sizeof before);
}

/* --- limits ------------------------------------------------------------------------------------ */

/* Reads the output of that kind, which must be there once. */
static void find_output(fixture_t *fixture, mm_msg_t msg, void *out)
{
    size_t found = 0;
    mm_fault_t fault;

    for (size_t i = 0; i < fixture->outbox.count; i++) {
        const mm_output_t *output = &fixture->outbox.outputs[i];
        mm_slice_t body = mm_outbox_slice(&fixture->outbox, output->body, output->body_len);
        if (output->msg != msg)
            continue;
        found++;
        assert_int_equal(mm_message_read(mm_spec(msg), body, out, &fault), MM_OK);
    }
    assert_int_equal(found, 1);
}

/* `password` may be NULL. */
static mm_input_t create(fixture_t *fixture, const char *room, const char *password)
{
    static const uint8_t address[16] = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 1};
    struct mm_create_room wish = {.present = MM_HAS(create_room, room),
                                  .room = mm_text(room),
                                  .password = mm_text(password),
                                  .address = {address, sizeof address}};

    if (password != NULL)
        wish.present |= MM_HAS(create_room, password);
    return input(fixture, 99, MM_MSG_CREATE_ROOM, &wish);
}

/* [LIMIT-06] */
static void join_that_may_make_no_room_leaves_and_is_closed(void **state)
{
    fixture_t *fixture = *state;
    struct mm_unbind unbind;
    struct mm_close close;

    mm_input_t what = join(fixture, 1, "first", NULL);
    assert_int_equal(run(fixture, &what), MM_OK);
    what = join(fixture, 1, "second", "secret"); /* whose password nobody has hashed */
    what.wait_ms = 5000;
    assert_int_equal(run(fixture, &what), MM_ERR_RATE_LIMITED);
    find_output(fixture, MM_MSG_UNBIND, &unbind);
    find_output(fixture, MM_MSG_CLOSE, &close);
    assert_int_equal(close.code, 1008);
    assert_int_equal(fixture->counters.rooms, 0);
    what = join(fixture, 1, "third", NULL);
    assert_int_equal(run(fixture, &what), MM_ERR_IGNORED);
}

/* [LIMIT-05] */
static void creation_that_is_refused_is_told_how_long_to_wait(void **state)
{
    fixture_t *fixture = *state;
    struct mm_room_created created;

    mm_input_t what = create(fixture, "ABC123", NULL);
    what.wait_ms = 5000;
    assert_int_equal(run(fixture, &what), MM_ERR_RATE_LIMITED);
    find_output(fixture, MM_MSG_ROOM_CREATED, &created);
    assert_int_equal(created.error, MM_ERR_RATE_LIMITED);
    assert_int_equal(created.wait, 5000);
    assert_int_equal(fixture->counters.rooms, 0);
}

static void what_makes_a_room_is_known_before(void **state)
{
    fixture_t *fixture = *state;
    struct mm_join guest = {.room = mm_text("there")};

    mm_input_t what = join(fixture, 1, "there", NULL);
    assert_true(mm_registry_makes_room(fixture->registry, &what));
    assert_int_equal(run(fixture, &what), MM_OK);
    assert_true(mm_registry_makes_room(fixture->registry, &what)); /* it ends when 1 leaves it */
    what = join(fixture, 2, "there", NULL);
    assert_false(mm_registry_makes_room(fixture->registry, &what));
    what = join(fixture, 2, "no room", NULL);
    assert_false(mm_registry_makes_room(fixture->registry, &what));
    guest.room = mm_text("elsewhere");
    what = input(fixture, 2, MM_MSG_JOIN, &guest);
    assert_false(mm_registry_makes_room(fixture->registry, &what));
    what = create(fixture, "ABC123", NULL);
    assert_true(mm_registry_makes_room(fixture->registry, &what));
    what = gone(fixture, 3);
    assert_false(mm_registry_makes_room(fixture->registry, &what));
}

/* --- proofs ------------------------------------------------------------------------------------ */

static void proof_is_needed_where_a_password_is_made_or_asked(void **state)
{
    fixture_t *fixture = *state;
    mm_password_t against;
    mm_text_t secret;

    mm_input_t maker = join(fixture, 1, "locked", "secret");
    assert_int_equal(mm_registry_needs_proof(fixture->registry, &maker, &secret, &against),
                     MM_PROOF_MADE);
    assert_true(mm_text_is(secret, "secret"));
    maker.proof = made(5);
    assert_int_equal(run(fixture, &maker), MM_OK);

    mm_input_t guest = join(fixture, 2, "locked", "guess");
    assert_int_equal(mm_registry_needs_proof(fixture->registry, &guest, &secret, &against),
                     MM_PROOF_WRONG);
    assert_true(mm_text_is(secret, "guess"));
    assert_int_equal(against.salt[0], 5);
    guest = join(fixture, 2, "locked", NULL);
    assert_int_equal(mm_registry_needs_proof(fixture->registry, &guest, &secret, &against),
                     MM_PROOF_WRONG);
    assert_true(mm_text_is(secret, ""));
}

static void no_proof_is_needed_where_no_password_matters(void **state)
{
    fixture_t *fixture = *state;
    struct mm_join guest = {
        .present = MM_HAS(join, password), .room = mm_text("nowhere"), .password = mm_text("x")};
    struct mm_leave leave = {0};

    mm_input_t what = input(fixture, 1, MM_MSG_JOIN, &guest);
    assert_int_equal(needs(fixture, &what), MM_PROOF_NONE);
    what.body.len = 1; /* cut off */
    assert_int_equal(needs(fixture, &what), MM_PROOF_NONE);
    what = input(fixture, 1, MM_MSG_LEAVE, &leave);
    assert_int_equal(needs(fixture, &what), MM_PROOF_NONE);
    what = join(fixture, 1, "open", "");
    assert_int_equal(needs(fixture, &what), MM_PROOF_NONE);
    assert_int_equal(run(fixture, &what), MM_OK);
    what = join(fixture, 2, "open", "x");
    assert_int_equal(needs(fixture, &what), MM_PROOF_NONE);
}

static void last_one_of_an_ad_hoc_room_makes_it_anew_and_needs_a_hash(void **state)
{
    fixture_t *fixture = *state;
    mm_input_t what = join(fixture, 1, "room", NULL);

    assert_int_equal(run(fixture, &what), MM_OK);
    what = join(fixture, 1, "room", "new");
    assert_int_equal(needs(fixture, &what), MM_PROOF_MADE);
    assert_again(fixture, &what);
}

static void join_without_its_proof_is_asked_again(void **state)
{
    fixture_t *fixture = *state;
    mm_input_t maker = join(fixture, 1, "room", "secret");

    assert_again(fixture, &maker);
    maker.proof = made(1);
    assert_int_equal(run(fixture, &maker), MM_OK);
    mm_input_t guest = join(fixture, 2, "room", "secret");
    assert_again(fixture, &guest);
}

/* Two made the same room at the same time: the second one's hash is of no use. */
static void room_made_meanwhile_asks_the_second_maker_for_its_password(void **state)
{
    fixture_t *fixture = *state;
    mm_input_t first = join(fixture, 1, "room", "mine");

    first.proof = made(1);
    assert_int_equal(run(fixture, &first), MM_OK);
    mm_input_t second = join(fixture, 2, "room", "yours");
    second.proof = made(2);
    assert_again(fixture, &second);
    second.proof = (mm_proof_t){.kind = MM_PROOF_WRONG, .password = made(1).password};
    assert_int_equal(run(fixture, &second), MM_ERR_INVALID_PASSWORD);
}

/* The room ended and was made anew while the password was compared with the old one's. */
static void proof_against_another_room_of_the_same_name_is_asked_again(void **state)
{
    fixture_t *fixture = *state;
    mm_input_t maker = join(fixture, 1, "room", "new");

    maker.proof = made(2);
    assert_int_equal(run(fixture, &maker), MM_OK);
    mm_input_t guest = join(fixture, 2, "room", "old");
    guest.proof = (mm_proof_t){.kind = MM_PROOF_RIGHT, .password = made(1).password};
    assert_again(fixture, &guest);
    guest.proof = (mm_proof_t){.kind = MM_PROOF_RIGHT, .password = made(2).password};
    assert_int_equal(run(fixture, &guest), MM_OK);
}

/* It ended meanwhile: the guest is host now and its own password is to be hashed. */
static void proof_against_a_room_that_ended_is_asked_again(void **state)
{
    fixture_t *fixture = *state;
    mm_input_t guest = join(fixture, 2, "room", "mine");

    guest.proof = (mm_proof_t){.kind = MM_PROOF_RIGHT, .password = made(1).password};
    assert_again(fixture, &guest);
    guest.proof = made(3);
    assert_int_equal(run(fixture, &guest), MM_OK);
}

static void proof_of_a_room_that_lost_its_password_is_simply_too_much(void **state)
{
    fixture_t *fixture = *state;
    mm_input_t maker = join(fixture, 1, "room", NULL);

    assert_int_equal(run(fixture, &maker), MM_OK);
    mm_input_t guest = join(fixture, 2, "room", "x");
    guest.proof = (mm_proof_t){.kind = MM_PROOF_WRONG, .password = made(1).password};
    assert_int_equal(run(fixture, &guest), MM_OK);
}

static void creation_with_a_password_needs_its_hash_unless_the_room_exists(void **state)
{
    fixture_t *fixture = *state;
    mm_input_t wish = create(fixture, "ABC123", "secret");

    assert_int_equal(needs(fixture, &wish), MM_PROOF_MADE);
    assert_again(fixture, &wish);
    wish.proof = made(1);
    assert_int_equal(run(fixture, &wish), MM_OK);
    wish = create(fixture, "abc123", "secret");
    assert_int_equal(needs(fixture, &wish), MM_PROOF_NONE);
    assert_int_equal(run(fixture, &wish), MM_ERR_ROOM_EXISTS);
}

/* --- the rest ------------------------------------------------------------------------------------- */

static void rows_that_repeat_are_not_recorded_and_all_others_are(void **state)
{
    (void)state;
    for (int msg = 0; msg < MM_MSG_LIMIT; msg++) {
        mm_input_t what = {.spec = mm_spec((mm_msg_t)msg)};
        if (what.spec != NULL)
            assert_int_equal(mm_registry_is_recorded(&what), (what.spec->flags & MM_REPEATED) == 0);
    }
    mm_input_t offer = {.spec = mm_spec(MM_MSG_OFFER)}, leave = {.spec = mm_spec(MM_MSG_LEAVE)};
    assert_false(mm_registry_is_recorded(&offer));
    assert_true(mm_registry_is_recorded(&leave));
}

static void room_of_a_connection_is_named_while_it_sits_there(void **state)
{
    fixture_t *fixture = *state;
    mm_input_t what = join(fixture, 1, "abc123", NULL);

    assert_true(mm_text_is(mm_registry_room_of(fixture->registry, what.contact), ""));
    run(fixture, &what);
    assert_true(mm_text_is(mm_registry_room_of(fixture->registry, what.contact), "ABC123"));
    what = gone(fixture, 1);
    run(fixture, &what);
    assert_true(mm_text_is(mm_registry_room_of(fixture->registry, what.contact), ""));
}

static void records_that_cannot_be_read_are_malformed(void **state)
{
    fixture_t *fixture = *state;
    static const uint8_t empty[] = {0x80};
    mm_slice_t nothing = {empty, 0}, map = {empty, sizeof empty};
    uint8_t record[1024];

    assert_int_equal(mm_registry_restore(fixture->registry, mm_text("ABC123"), nothing),
                     MM_ERR_MALFORMED);
    assert_int_equal(mm_registry_restore(fixture->registry, mm_text("ABC123"), map),
                     MM_ERR_MALFORMED);
    mm_input_t wish = create(fixture, "ABC123", NULL);
    assert_int_equal(run(fixture, &wish), MM_OK);
    const mm_change_t *kept = &fixture->outbox.changes[0];
    mm_slice_t value = {record, kept->value_len};
    memcpy(record, mm_outbox_slice(&fixture->outbox, kept->value, kept->value_len).ptr, value.len);
    assert_int_equal(mm_registry_restore(fixture->registry, mm_text("a.b"), value),
                     MM_ERR_MALFORMED);
    assert_int_equal(mm_registry_restore(fixture->registry, mm_text(""), value), MM_ERR_MALFORMED);
    assert_int_equal(mm_registry_restore(fixture->registry, mm_text("ABC123"), value),
                     MM_ERR_MALFORMED);
    assert_int_equal(mm_registry_restore(fixture->registry, mm_text("XYZ789"), value), MM_OK);
    assert_int_equal(fixture->counters.rooms, 2);
}

static void collect(void *ctx, mm_contact_t contact)
{
    char *text = ctx;

    sprintf(text + strlen(text), "%d ", (int)contact.connection);
}

/* In the order in which they came, whatever the hash says; ended ones too. */
static void walk_visits_every_known_connection_in_order(void **state)
{
    fixture_t *fixture = *state;
    struct mm_moderator_action kick = {.present = MM_HAS(moderator_action, target) |
                                                  MM_HAS(moderator_action, action),
                                       .action = MM_ACTION_KICK};
    char text[64] = "";

    mm_input_t what = join(fixture, 7, "one", NULL);
    run(fixture, &what);
    what = join(fixture, 3, "two", NULL);
    run(fixture, &what);
    what = join(fixture, 5, "one", NULL);
    run(fixture, &what);
    kick.target = what.stamp.fresh;
    what = input(fixture, 7, MM_MSG_MODERATOR_ACTION, &kick);
    what.target = kick.target;
    assert_int_equal(run(fixture, &what), MM_OK);
    mm_registry_each_contact(fixture->registry, collect, text);
    assert_string_equal(text, "7 3 5 ");
    what = gone(fixture, 5);
    run(fixture, &what);
    text[0] = 0;
    mm_registry_each_contact(fixture->registry, collect, text);
    assert_string_equal(text, "7 3 ");
}

static void body_that_is_no_map_is_an_invalid_message(void **state)
{
    fixture_t *fixture = *state;
    static const uint8_t junk[] = {0xc1};
    mm_input_t what = join(fixture, 1, "room", NULL);

    what.body = (mm_slice_t){junk, sizeof junk};
    assert_int_equal(run(fixture, &what), MM_ERR_INVALID_MESSAGE);
    assert_int_equal(fixture->outbox.count, 1);
    assert_int_equal(fixture->outbox.outputs[0].msg, MM_MSG_ERROR);
}

static void join_without_a_fresh_id_is_dropped(void **state)
{
    fixture_t *fixture = *state;
    mm_input_t what = join(fixture, 1, "room", NULL);

    what.stamp.fresh = (mm_id_t){0};
    assert_int_equal(run(fixture, &what), MM_ERR_MALFORMED);
    assert_int_equal(fixture->outbox.count, 0);
    assert_int_equal(fixture->counters.rooms, 0);
}

/* --- memory --------------------------------------------------------------------------------------- */

static size_t allocated(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void meet_and_part(fixture_t *fixture, int number)
{
    char room[16];

    snprintf(room, sizeof room, "M%05d", number);
    for (uint64_t person = 1; person <= 4; person++) {
        mm_input_t what = join(fixture, person, room, NULL);
        assert_int_equal(run(fixture, &what), MM_OK);
    }
    for (uint64_t person = 1; person <= 4; person++) {
        mm_input_t what = gone(fixture, person);
        assert_int_equal(run(fixture, &what), MM_OK);
    }
}

/* With a name of its own each, as in life; the ids of all are remembered for the hour. */
static void second_thousand_rooms_take_no_more_memory_than_the_first(void **state)
{
    enum { ROOMS = 1000, MORE_BYTES = 256 * 1024 };
    fixture_t *fixture = *state;

    for (int i = 0; i < ROOMS; i++)
        meet_and_part(fixture, i);
    size_t first = allocated();
    for (int i = ROOMS; i < 2 * ROOMS; i++)
        meet_and_part(fixture, i);
    size_t second =
        allocated(); /* 0 under AddressSanitizer, which looks for leaks in its own way */
    print_message("%zu bytes after the first thousand, %zu after the second\n", first, second);
    assert_true(second < first + MORE_BYTES);
    assert_int_equal(fixture->counters.rooms, 0);
    assert_int_equal(fixture->counters.rooms_ended, 2 * ROOMS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(join_that_may_make_no_room_leaves_and_is_closed),
        TEST(creation_that_is_refused_is_told_how_long_to_wait),
        TEST(what_makes_a_room_is_known_before),
        TEST(proof_is_needed_where_a_password_is_made_or_asked),
        TEST(no_proof_is_needed_where_no_password_matters),
        TEST(last_one_of_an_ad_hoc_room_makes_it_anew_and_needs_a_hash),
        TEST(join_without_its_proof_is_asked_again),
        TEST(room_made_meanwhile_asks_the_second_maker_for_its_password),
        TEST(proof_against_another_room_of_the_same_name_is_asked_again),
        TEST(proof_against_a_room_that_ended_is_asked_again),
        TEST(proof_of_a_room_that_lost_its_password_is_simply_too_much),
        TEST(creation_with_a_password_needs_its_hash_unless_the_room_exists),
        TEST(rows_that_repeat_are_not_recorded_and_all_others_are),
        TEST(room_of_a_connection_is_named_while_it_sits_there),
        TEST(records_that_cannot_be_read_are_malformed),
        TEST(walk_visits_every_known_connection_in_order),
        TEST(body_that_is_no_map_is_an_invalid_message),
        TEST(join_without_a_fresh_id_is_dropped),
        TEST(second_thousand_rooms_take_no_more_memory_than_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

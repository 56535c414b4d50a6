/* The broker core against gateways that are played here with the other end of the link: sessions and deaths, what waits for a commit
 * or a hash, and when an entry counts as complete.
 * Not here: what rooms do (tests/actor), whole meetings over broken links (tests/sim). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/core.h"
#include "proto/link.h"

enum { EPOCH = 50, HEARD_BYTES = 8192, CLOCK_MS = 1000000, FRAMES_MAX = 256 };

typedef struct gateway {
    uint64_t route;
    uint64_t incarnation;
    const char *name;
    mm_link_t link;
    mm_counters_t counters;
    char heard[HEARD_BYTES]; /* downward entries since the last look: "chat>1,2 " */
    bool holds_acks;
    uint64_t unacked[64];
    size_t unacked_cost[64], unacked_count;
    mm_nack_t nack; /* heard last */
    bool is_frozen; /* takes and says nothing */
    size_t completed;
} gateway_t;

typedef struct world {
    mm_settings_t settings;
    mm_counters_t counters;
    mm_broker_t *broker;
    gateway_t one, two;
    int64_t now_ms;
    uint64_t committing; /* asked for; 0 none */
    size_t commits;
    mm_hash_job_t job; /* asked for; job 0 none */
    uint64_t ids;
    uint64_t gone_route; /* sends to it find no route */
} world_t;

/* --- a gateway ------------------------------------------------------------------------------- */

static world_t *world;

static mm_err_t send_up(void *owner, mm_slice_t frame)
{
    gateway_t *gateway = owner;

    if (!gateway->is_frozen)
        mm_broker_on_frame(world->broker, (mm_slice_t){(uint8_t *)&gateway->route, 8}, frame,
                           world->now_ms, CLOCK_MS + world->now_ms);
    return MM_OK;
}

static void note(gateway_t *gateway, const mm_downward_t *entry)
{
    mm_cursor_t recipients = mm_cursor(entry->recipients);
    size_t at = strlen(gateway->heard);
    uint32_t count = mm_cursor_array(&recipients);

    at += (size_t)snprintf(gateway->heard + at, HEARD_BYTES - at, "%s>", entry->spec->name);
    for (uint32_t i = 0; i < count; i++)
        at += (size_t)snprintf(gateway->heard + at, HEARD_BYTES - at, "%s%d", i > 0 ? "," : "",
                               (int)mm_cursor_u64(&recipients));
    snprintf(gateway->heard + at, HEARD_BYTES - at, " ");
}

static mm_err_t on_entry(void *owner, mm_cursor_t *cursor)
{
    gateway_t *gateway = owner;
    const uint8_t *start = cursor->at;
    mm_downward_t entry;
    size_t cost;

    assert_int_equal(mm_downward_read(cursor, &entry), MM_OK);
    note(gateway, &entry);
    cost = mm_entry_cost(entry.spec, (size_t)(cursor->at - start));
    if (!gateway->holds_acks) {
        mm_link_done(&gateway->link, entry.number, cost, world->now_ms);
        return MM_OK;
    }
    gateway->unacked_cost[gateway->unacked_count] = cost;
    gateway->unacked[gateway->unacked_count++] = entry.number;
    return MM_OK;
}

static void on_complete(void *owner, void *tag, size_t cost)
{
    (void)tag;
    (void)cost;
    ((gateway_t *)owner)->completed++;
}

static const mm_link_ops_t link_ops = {send_up, on_entry, on_complete};

static void gateway_init(gateway_t *gateway, const char *name, uint64_t route, uint64_t incarnation)
{
    memset(gateway, 0, sizeof *gateway);
    gateway->name = name;
    gateway->route = route;
    gateway->incarnation = incarnation;
    mm_link_init(&gateway->link, &link_ops, gateway, &gateway->counters, 8388608, 0);
}

static void say_hello(gateway_t *gateway, uint64_t epoch)
{
    uint8_t bytes[2048];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL, .kind = MM_FRAME_HELLO, .epoch = epoch};
    mm_hello_t hello = {.name = mm_text(gateway->name),
                        .incarnation = gateway->incarnation,
                        .first = gateway->link.window.first,
                        .received = gateway->link.received};

    mm_link_fill_header(&gateway->link, &header);
    mm_header_write(&header, &out);
    mm_hello_write(&hello, &out);
    send_up(gateway, mm_writer_slice(&out));
}

static void hear(gateway_t *gateway, mm_slice_t frame)
{
    mm_cursor_t cursor = mm_cursor(frame);
    mm_header_t header;
    mm_welcome_t welcome;

    assert_int_equal(mm_header_read(&cursor, &header), MM_OK);
    assert_int_equal(header.epoch, EPOCH);
    if (header.kind == MM_FRAME_WELCOME) {
        assert_int_equal(mm_welcome_read(&cursor, &welcome), MM_OK);
        mm_link_take_header(&gateway->link, &header);
        mm_link_begin(&gateway->link, header.epoch, header.session, welcome.received);
    } else if (header.kind == MM_FRAME_NACK) {
        assert_int_equal(mm_nack_read(&cursor, &gateway->nack), MM_OK);
    } else if (header.kind != MM_FRAME_BYE) {
        assert_int_equal(header.session, gateway->link.session);
        assert_int_equal(mm_link_on_frame(&gateway->link, &header, &cursor), MM_OK);
    }
}

static void flush(gateway_t *gateway)
{
    int64_t next_ms;

    assert_int_equal(mm_link_flush(&gateway->link, world->now_ms, &next_ms), MM_OK);
}

static void say(gateway_t *gateway, uint64_t connection, mm_msg_t msg, const mm_id_t *target,
                mm_slice_t body)
{
    uint8_t bytes[1024];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_upward_t entry = {.number = mm_link_next_number(&gateway->link),
                         .connection = connection,
                         .spec = mm_spec(msg),
                         .stamp = {.time_ms = CLOCK_MS + world->now_ms},
                         .body = body};

    if (target != NULL)
        entry.target = *target;
    entry.stamp.fresh.bytes[15] = (uint8_t)++world->ids;
    mm_upward_write(&entry, &out);
    mm_link_say(&gateway->link, mm_writer_slice(&out), mm_entry_cost(entry.spec, out.size), NULL);
    flush(gateway);
}

static void say_simple(gateway_t *gateway, uint64_t connection, mm_msg_t msg)
{
    say(gateway, connection, msg, NULL, (mm_slice_t){(const uint8_t *)"\x80", 1});
}

static void say_chat(gateway_t *gateway, uint64_t connection)
{
    say(gateway, connection, MM_MSG_CHAT, NULL,
        (mm_slice_t){(const uint8_t *)"\x81\xa4text\xa2hi", 9});
}

static void say_join(gateway_t *gateway, uint64_t connection, const char *room,
                     const char *password)
{
    static const uint8_t address[16] = {1};
    uint8_t bytes[256];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    struct mm_join join = {.present = MM_HAS(join, is_host) | MM_HAS(join, address),
                           .room = mm_text(room),
                           .is_host = true,
                           .address = {address, sizeof address}};

    if (password != NULL) {
        join.password = mm_text(password);
        join.present |= MM_HAS(join, password);
    }
    mm_message_write(mm_spec(MM_MSG_JOIN), &join, &out);
    say(gateway, connection, MM_MSG_JOIN, NULL, mm_writer_slice(&out));
}

/* --- the world of the broker ------------------------------------------------------------------- */

static mm_err_t send_down(void *ctx, mm_slice_t route, mm_slice_t frame)
{
    uint64_t number;

    (void)ctx;
    memcpy(&number, route.ptr, sizeof number);
    if (number == world->gone_route)
        return MM_ERR_NO_ROUTE;
    if (number == world->one.route && !world->one.is_frozen)
        hear(&world->one, frame);
    else if (number == world->two.route && !world->two.is_frozen)
        hear(&world->two, frame);
    return MM_OK;
}

static void hash(void *ctx, const mm_hash_job_t *job)
{
    (void)ctx;
    assert_int_equal(world->job.job, 0);
    world->job = *job;
}

static void commit(void *ctx, uint64_t last, mm_slice_t batch)
{
    mm_cursor_t cursor = mm_cursor(batch);

    (void)ctx;
    mm_cursor_skip(&cursor);
    assert_true(!cursor.failed && mm_cursor_at_end(&cursor));
    assert_int_equal(world->committing, 0); /* one at a time */
    world->committing = last;
    world->commits++;
}

static const mm_broker_ops_t broker_ops = {.send_frame = send_down, .hash = hash, .commit = commit};

/* The end of a turn of the broker's loop; acks of gateways go their way too. */
static void turn(void)
{
    mm_broker_on_time(world->broker, world->now_ms, CLOCK_MS + world->now_ms);
    world->now_ms += MM_ACK_DELAY_MS;
    if (world->one.link.is_up)
        flush(&world->one);
    if (world->two.link.is_up)
        flush(&world->two);
    world->now_ms += MM_ACK_DELAY_MS;
    mm_broker_on_time(world->broker, world->now_ms, CLOCK_MS + world->now_ms);
}

static void finish_commit(void)
{
    uint64_t last = world->committing;

    assert_int_not_equal(last, 0);
    world->committing = 0;
    mm_broker_on_commit(world->broker, last, world->now_ms, CLOCK_MS + world->now_ms);
    turn();
}

static void finish_hash(bool is_right)
{
    mm_hash_result_t result = {.job = world->job.job,
                               .is_check = world->job.is_check,
                               .is_right = is_right,
                               .password = world->job.against};

    assert_int_not_equal(world->job.job, 0);
    world->job.job = 0;
    result.password.is_set = true;
    mm_broker_on_hash(world->broker, &result, world->now_ms, CLOCK_MS + world->now_ms);
    turn();
}

/* Everything that waits for the store. */
static void settle(void)
{
    turn();
    while (world->committing != 0)
        finish_commit();
}

static void let_pass(int64_t ms, int64_t step_ms)
{
    for (int64_t end_ms = world->now_ms + ms; world->now_ms < end_ms;) {
        world->now_ms += step_ms;
        mm_broker_on_time(world->broker, world->now_ms, CLOCK_MS + world->now_ms);
    }
}

#define HEARD(gateway, text)                                                                       \
    do {                                                                                           \
        assert_string_equal((gateway)->heard, (text));                                             \
        (gateway)->heard[0] = '\0';                                                                \
    } while (0)

static int setup(void **state)
{
    (void)state;
    world = calloc(1, sizeof *world);
    assert_non_null(world);
    mm_settings_defaults(&world->settings);
    world->settings.collect = 0;
    world->settings.rate_limit_rooms = 0;
    gateway_init(&world->one, "one", 11, 1001);
    gateway_init(&world->two, "two", 12, 1002);
    world->broker = mm_broker_new(&world->settings, &world->counters, &broker_ops, world, EPOCH, 0);
    say_hello(&world->one, 0);
    say_hello(&world->two, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_broker_destroy(&world->broker);
    mm_link_fini(&world->one.link);
    mm_link_fini(&world->two.link);
    mm_settings_fini(&world->settings);
    free(world);
    return 0;
}

/* Ann at gateway one, Bob at gateway two, both in room R. */
static void seat_two(void)
{
    say_join(&world->one, 1, "R", NULL);
    settle();
    say_join(&world->two, 2, "R", NULL);
    settle();
    world->one.heard[0] = world->two.heard[0] = '\0';
}

/* --- commits --------------------------------------------------------------------------------------- */

static void nothing_of_a_join_is_said_before_its_commit(void **state)
{
    (void)state;
    say_join(&world->one, 1, "R", NULL);
    turn();
    HEARD(&world->one, "");
    finish_commit();
    HEARD(&world->one, "bind>1 participant_joined>1 ");
}

static void one_commit_takes_all_that_waits(void **state)
{
    size_t before;

    (void)state;
    say_join(&world->one, 1, "A", NULL);
    turn();
    before = world->commits;
    say_join(&world->one, 2, "B", NULL);
    say_join(&world->two, 3, "C", NULL);
    turn();
    finish_commit();
    finish_commit();
    assert_int_equal(world->commits, before + 1);
    assert_int_equal(world->committing, 0);
    HEARD(&world->two, "bind>3 participant_joined>3 ");
}

static void chat_waits_behind_what_its_room_waits_for(void **state)
{
    (void)state;
    seat_two();
    say_simple(&world->two, 2, MM_MSG_RAISE_HAND);
    turn();
    say_chat(&world->one, 1);
    turn();
    HEARD(&world->one, "");
    finish_commit();
    HEARD(&world->one, "raise_hand>1 chat>1 ");
    HEARD(&world->two, "chat>2 ");
}

static void chat_of_another_room_does_not_wait(void **state)
{
    (void)state;
    seat_two();
    say_join(&world->one, 7, "S", NULL);
    turn();
    say_chat(&world->one, 1);
    turn();
    HEARD(&world->two, "chat>2 ");
    settle();
}

static void entries_of_one_connection_keep_their_order_behind_a_commit(void **state)
{
    (void)state;
    say_join(&world->one, 1, "R", NULL);
    say_chat(&world->one, 1);
    say_simple(&world->one, 1, MM_MSG_LEAVE);
    say_chat(&world->one, 1);
    settle();
    HEARD(&world->one, "bind>1 participant_joined>1 chat>1 unbind>1 error>1 ");
}

/* --- hashes ----------------------------------------------------------------------------------------- */

static void what_follows_a_join_waits_for_its_hash(void **state)
{
    (void)state;
    say_join(&world->one, 1, "R", "secret");
    say_chat(&world->one, 1);
    settle();
    assert_false(world->job.is_check);
    HEARD(&world->one, "");
    say_join(&world->two, 2, "S", NULL); /* others go on */
    settle();
    HEARD(&world->two, "bind>2 participant_joined>2 ");
    finish_hash(true);
    settle();
    HEARD(&world->one, "bind>1 participant_joined>1 chat>1 ");
}

static void wrong_password_is_told_and_the_right_one_lets_in(void **state)
{
    (void)state;
    say_join(&world->one, 1, "R", "secret");
    turn();
    finish_hash(true);
    settle();
    say_join(&world->two, 2, "R", "guess");
    turn();
    assert_true(world->job.is_check);
    finish_hash(false);
    settle();
    HEARD(&world->two, "error>2 ");
    say_join(&world->two, 2, "R", "secret");
    turn();
    finish_hash(true);
    settle();
    HEARD(&world->two, "bind>2 participant_joined>2 participant_joined>2 ");
}

static void hash_of_a_connection_that_is_gone_seats_nobody_for_long(void **state)
{
    (void)state;
    say_join(&world->one, 1, "R", "secret");
    say_simple(&world->one, 1, MM_MSG_GONE);
    turn();
    finish_hash(true);
    settle();
    assert_int_equal(world->counters.participants, 0);
    assert_int_equal(world->counters.rooms, 0);
    assert_int_equal(world->one.completed, 2);
}

static void hash_for_a_gateway_that_died_comes_back_to_nobody(void **state)
{
    (void)state;
    say_join(&world->one, 1, "R", "secret");
    turn();
    world->gone_route = world->one.route;
    world->one.is_frozen = true;
    let_pass(4000, 100);
    assert_int_equal(world->counters.gateways, 0); /* gateway two says nothing either */
    finish_hash(true);
    settle();
    assert_int_equal(world->counters.participants, 0);
}

static void too_many_hashes_wait_for_their_turn(void **state)
{
    (void)state;
    world->settings.hash_queue = 1;
    say_join(&world->one, 1, "R", "a");
    say_join(&world->one, 2, "S", "b");
    turn(); /* the played helper takes one at a time and would complain */
    finish_hash(true);
    assert_int_not_equal(world->job.job, 0);
    finish_hash(true);
    settle();
    assert_int_equal(world->counters.participants, 2);
}

/* --- completion --------------------------------------------------------------------------------------- */

static void entry_is_complete_when_all_it_caused_is_acked(void **state)
{
    size_t before;

    (void)state;
    seat_two();
    before = world->one.completed;
    world->two.holds_acks = true;
    say_chat(&world->one, 1);
    turn();
    turn();
    assert_int_equal(world->one.completed, before);
    mm_link_done(&world->two.link, world->two.unacked[0], world->two.unacked_cost[0],
                 world->now_ms);
    turn();
    turn();
    assert_int_equal(world->one.completed, before + 1);
}

static void slow_ack_of_one_gateway_does_not_stall_other_entries(void **state)
{
    size_t before;

    (void)state;
    seat_two();
    say_join(&world->one, 9, "S", NULL);
    settle();
    before = world->one.completed;
    world->two.holds_acks = true;
    say_chat(&world->one, 1);
    say_chat(&world->one, 9);
    turn();
    turn();
    assert_int_equal(world->one.completed, before + 1);
    assert_int_equal(world->one.link.window.next - world->one.link.window.first, 2);
}

static void death_of_a_receiver_completes_what_waited_for_it(void **state)
{
    size_t before;

    (void)state;
    seat_two();
    before = world->one.completed;
    world->two.holds_acks = true;
    say_chat(&world->one, 1);
    turn();
    world->gone_route = world->two.route;
    world->two.is_frozen = true;
    mm_link_end(&world->two.link);
    world->now_ms += 600;
    settle();
    turn();
    assert_int_equal(world->one.completed, before + 1);
    HEARD(&world->one, "chat>1 participant_left>1 ");
}

/* --- sessions and deaths -------------------------------------------------------------------------------- */

static void lost_frame_ends_the_session_and_nothing_is_lost(void **state)
{
    (void)state;
    seat_two();
    world->one.is_frozen = true; /* its frame goes nowhere */
    say_chat(&world->one, 1);
    world->one.is_frozen = false;
    say_chat(&world->one, 1);
    assert_int_equal(world->one.nack, MM_NACK_SESSION);
    assert_int_equal(world->counters.link_gaps, 1);
    HEARD(&world->two, "");
    say_hello(&world->one, EPOCH);
    flush(&world->one);
    turn();
    HEARD(&world->two, "chat>2 chat>2 ");
}

static void stranger_is_told_to_say_hello(void **state)
{
    (void)state;
    seat_two();
    world->one.route = 99; /* its socket connected anew */
    say_chat(&world->one, 1);
    assert_int_equal(world->one.nack, MM_NACK_SESSION);
    say_hello(&world->one, EPOCH);
    flush(&world->one);
    turn();
    HEARD(&world->two, "chat>2 ");
    assert_int_equal(world->counters.participants, 2);
}

static void successor_takes_the_place_and_people_leave_at_once(void **state)
{
    (void)state;
    seat_two();
    mm_link_fini(&world->one.link);
    gateway_init(&world->one, "one", 13, 2001);
    say_hello(&world->one, 0);
    settle();
    assert_int_equal(world->counters.participants, 1);
    assert_int_equal(world->counters.gateways, 2);
    HEARD(&world->two, "participant_left>2 participant_updated>2 moderator_action>2 ");
}

static void one_that_counts_as_dead_is_fenced(void **state)
{
    (void)state;
    seat_two();
    world->one.is_frozen = true;
    for (int i = 0; i < 40; i++) {
        mm_link_ping(&world->two.link, (mm_slice_t){(const uint8_t *)"\x90", 1});
        let_pass(100, 100);
    }
    settle();
    assert_int_equal(world->counters.participants, 1);
    HEARD(&world->two, "participant_left>2 participant_updated>2 moderator_action>2 ");
    world->one.is_frozen = false;
    say_hello(&world->one, EPOCH);
    assert_int_equal(world->one.nack, MM_NACK_FENCED);
}

static void thawed_predecessor_does_not_harm_its_successor(void **state)
{
    static gateway_t thawed;

    (void)state;
    seat_two();
    gateway_init(&thawed, "one", 99, world->one.incarnation);
    mm_link_fini(&world->one.link);
    gateway_init(&world->one, "one", 13, 2001);
    say_hello(&world->one, 0);
    settle();
    say_join(&world->one, 5, "R", NULL);
    settle();
    assert_int_equal(world->counters.participants, 2);
    say_hello(&thawed, EPOCH);
    settle();
    assert_int_equal(world->counters.participants, 2);
    assert_int_equal(world->counters.gateways, 2);
    mm_link_fini(&thawed.link);
}

static void what_follows_the_end_of_a_connection_is_complete(void **state)
{
    (void)state;
    say_simple(&world->one, 1, MM_MSG_GONE);
    say_join(&world->one, 1, "R", "secret");
    say_simple(&world->one, 1, MM_MSG_LEAVE);
    turn();
    finish_commit();
    finish_hash(true);
    settle();
    assert_int_equal(world->one.completed, 3);
    assert_int_equal(world->counters.participants, 0);
}

/* Longer than a gateway sends, shorter than what the bus takes: it would not fit into a downward entry. */
static void entry_that_would_not_fit_downward_is_passed_over(void **state)
{
    enum { SDP_BYTES = MM_ENTRY_MAX - 256 };
    uint8_t *bytes = calloc(1, MM_ENTRY_MAX), *body_bytes = calloc(1, MM_ENTRY_MAX);
    char *sdp = calloc(1, SDP_BYTES);
    mm_writer_t out = mm_writer(bytes, MM_ENTRY_MAX), body = mm_writer(body_bytes, MM_ENTRY_MAX);
    mm_upward_t entry = {.connection = 1, .spec = mm_spec(MM_MSG_OFFER), .target = {{1}}};
    uint64_t completed;

    (void)state;
    seat_two();
    completed = world->one.completed;
    memset(sdp, 'x', SDP_BYTES);
    mm_write_map(&body, 1);
    mm_write_str(&body, mm_text("sdp"));
    mm_write_str(&body, (mm_text_t){sdp, SDP_BYTES});
    entry.number = mm_link_next_number(&world->one.link);
    entry.body = mm_writer_slice(&body);
    mm_upward_write(&entry, &out);
    assert_false(out.overflow || body.overflow);
    mm_link_say(&world->one.link, mm_writer_slice(&out), out.size, NULL);
    flush(&world->one);
    settle();
    assert_int_equal(world->counters.bus_malformed, 1);
    assert_int_equal(world->one.completed, completed + 1);
    assert_int_equal(world->counters.participants, 2);
    free(sdp);
    free(body_bytes);
    free(bytes);
}

static void frozen_broker_blames_nobody(void **state)
{
    (void)state;
    seat_two();
    world->now_ms += 60000; /* in which it did nothing, and so heard nothing */
    mm_broker_on_time(world->broker, world->now_ms, CLOCK_MS + world->now_ms);
    assert_int_equal(world->counters.gateways, 2);
    assert_int_equal(world->counters.participants, 2);
}

static void goodbye_of_a_gateway_frees_its_people(void **state)
{
    uint8_t bytes[64];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = MM_FRAME_BYE,
                          .epoch = EPOCH,
                          .session = world->one.link.session};

    (void)state;
    seat_two();
    mm_header_write(&header, &out);
    send_up(&world->one, mm_writer_slice(&out));
    mm_link_end(&world->one.link);
    settle();
    assert_int_equal(world->counters.participants, 1);
}

static void frames_that_cannot_be_read_are_counted(void **state)
{
    static const char *const frames[] = {"", "\xc1", "\x98\xcd\x01\x00\x03", "hello"};
    static const uint8_t other_major[] = {0x98, 0xcd, 0x02, 0x00, 1, 0, 0, 0, 0, 0x90, 0};

    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        send_up(&world->one, (mm_slice_t){(const uint8_t *)frames[i], strlen(frames[i])});
    assert_int_equal(world->counters.bus_malformed, 4);
    send_up(&world->one, (mm_slice_t){other_major, sizeof other_major});
    assert_int_equal(world->one.nack, MM_NACK_VERSION);
    assert_int_equal(world->counters.gateways, 2);
}

#define CORE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CORE_TEST(nothing_of_a_join_is_said_before_its_commit),
        CORE_TEST(one_commit_takes_all_that_waits),
        CORE_TEST(chat_waits_behind_what_its_room_waits_for),
        CORE_TEST(chat_of_another_room_does_not_wait),
        CORE_TEST(entries_of_one_connection_keep_their_order_behind_a_commit),
        CORE_TEST(what_follows_a_join_waits_for_its_hash),
        CORE_TEST(wrong_password_is_told_and_the_right_one_lets_in),
        CORE_TEST(hash_of_a_connection_that_is_gone_seats_nobody_for_long),
        CORE_TEST(hash_for_a_gateway_that_died_comes_back_to_nobody),
        CORE_TEST(too_many_hashes_wait_for_their_turn),
        CORE_TEST(entry_is_complete_when_all_it_caused_is_acked),
        CORE_TEST(slow_ack_of_one_gateway_does_not_stall_other_entries),
        CORE_TEST(death_of_a_receiver_completes_what_waited_for_it),
        CORE_TEST(lost_frame_ends_the_session_and_nothing_is_lost),
        CORE_TEST(stranger_is_told_to_say_hello),
        CORE_TEST(successor_takes_the_place_and_people_leave_at_once),
        CORE_TEST(one_that_counts_as_dead_is_fenced),
        CORE_TEST(thawed_predecessor_does_not_harm_its_successor),
        CORE_TEST(what_follows_the_end_of_a_connection_is_complete),
        CORE_TEST(entry_that_would_not_fit_downward_is_passed_over),
        CORE_TEST(frozen_broker_blames_nobody),
        CORE_TEST(goodbye_of_a_gateway_frees_its_people),
        CORE_TEST(frames_that_cannot_be_read_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

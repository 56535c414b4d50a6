/* The gateway core between browsers and a broker that are played here: bounds, deadlines, what overtakes what, who is read.
 * Not here: JSON (tests/unit/proto), libwebsockets (tests/e2e), whole meetings (tests/sim). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"
#include "proto/link.h"

enum { EPOCH = 50, BROWSERS = 3, TEXT_BYTES = 200000, CLOCK_MS = 1000000, WINDOW = 8388608 };

typedef struct browser {
    mm_connection_t *connection;
    char got[TEXT_BYTES]; /* texts, a line each; long ones cut */
    size_t got_count;
    const mm_buffer_t *last_buffer;
    int close_code;   /* 0 open */
    int pings, reads; /* times reading was changed */
    bool is_read, is_blocked, has_hung_up;
} browser_t;

typedef struct heard { /* an upward entry */
    uint64_t number, connection;
    mm_msg_t msg;
    size_t cost, body_len;
    mm_id_t target;
} heard_t;

typedef struct world {
    mm_settings_t settings;
    mm_counters_t counters, broker_counters;
    mm_gateway_t *gateway;
    browser_t browsers[BROWSERS];
    mm_link_t link; /* the broker's end */
    heard_t heard[4096];
    size_t heard_count;
    bool holds_acks, is_away;
    size_t hellos, reconnects, answers;
    mm_err_t answer;
    uint64_t session;
    int64_t now_ms;
} world_t;

static world_t *world;

/* --- the broker --------------------------------------------------------------------------------- */

static mm_err_t send_down(void *owner, mm_slice_t frame)
{
    (void)owner;
    mm_gateway_on_frame(world->gateway, frame, world->now_ms);
    return MM_OK;
}

static mm_err_t on_entry(void *owner, mm_cursor_t *cursor)
{
    const uint8_t *start = cursor->at;
    heard_t *heard = &world->heard[world->heard_count++];
    mm_upward_t entry;

    (void)owner;
    assert_true(world->heard_count < sizeof world->heard / sizeof *world->heard);
    assert_int_equal(mm_upward_read(cursor, &entry), MM_OK);
    *heard = (heard_t){.number = entry.number,
                       .connection = entry.connection,
                       .msg = entry.spec->msg,
                       .cost = mm_entry_cost(entry.spec, (size_t)(cursor->at - start)),
                       .body_len = entry.body.len,
                       .target = entry.target};
    if (!world->holds_acks)
        mm_link_done(&world->link, entry.number, heard->cost, world->now_ms);
    return MM_OK;
}

static void on_complete(void *owner, void *tag, size_t cost)
{
    (void)owner;
    (void)tag;
    (void)cost;
}

static const mm_link_ops_t link_ops = {send_down, on_entry, on_complete};

static void welcome(void)
{
    uint8_t bytes[256];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = MM_FRAME_WELCOME,
                          .epoch = EPOCH,
                          .session = ++world->session};

    mm_link_begin(&world->link, EPOCH, world->session, world->link.window.first - 1);
    mm_link_fill_header(&world->link, &header);
    mm_header_write(&header, &out);
    mm_welcome_write(&(mm_welcome_t){.received = world->link.received}, &out);
    mm_gateway_on_frame(world->gateway, mm_writer_slice(&out), world->now_ms);
}

static mm_err_t send_up(void *ctx, mm_slice_t frame)
{
    mm_cursor_t cursor = mm_cursor(frame);
    mm_header_t header;

    (void)ctx;
    if (world->is_away)
        return MM_ERR_AGAIN;
    assert_int_equal(mm_header_read(&cursor, &header), MM_OK);
    if (header.kind == MM_FRAME_HELLO) {
        world->hellos++;
        mm_link_take_header(&world->link, &header);
        return MM_OK;
    }
    assert_int_equal(header.session, world->link.session);
    assert_int_equal(mm_link_on_frame(&world->link, &header, &cursor), MM_OK);
    return MM_OK;
}

static void tell(mm_msg_t msg, const void *message, const mm_id_t *from, const uint64_t *to,
                 uint32_t count)
{
    uint8_t bytes[4096], body_bytes[2048], list[64];
    mm_writer_t out = mm_writer(bytes, sizeof bytes),
                body = mm_writer(body_bytes, sizeof body_bytes),
                recipients = mm_writer(list, sizeof list);
    mm_downward_t entry = {.number = mm_link_next_number(&world->link),
                           .spec = mm_spec(msg),
                           .time = {(const uint8_t *)"\x05", 1}};

    mm_write_array(&recipients, count);
    for (uint32_t i = 0; i < count; i++)
        mm_write_u64(&recipients, to[i]);
    mm_message_write(entry.spec, message, &body);
    entry.recipients = mm_writer_slice(&recipients);
    entry.body = mm_writer_slice(&body);
    entry.has_from = from != NULL;
    if (from != NULL)
        entry.from = *from;
    mm_downward_write(&entry, &out);
    assert_false(out.overflow || body.overflow || recipients.overflow);
    mm_link_say(&world->link, mm_writer_slice(&out), mm_entry_cost(entry.spec, out.size), NULL);
}

static mm_id_t id_of(uint64_t connection)
{
    return (mm_id_t){{[0] = (uint8_t)connection, [6] = 0x40, [8] = 0x80}};
}

/* Seats a connection in room R under id_of(connection). */
static void bind(uint64_t connection)
{
    struct mm_bind message = {.room = mm_text("R"), .participant = id_of(connection)};

    tell(MM_MSG_BIND, &message, NULL, &connection, 1);
}

static void tell_raise_hand(const uint64_t *to, uint32_t count)
{
    mm_id_t from = id_of(99);

    tell(MM_MSG_RAISE_HAND, &(struct mm_raise_hand){0}, &from, to, count);
}

static void tell_chunk(uint64_t to, const char *content)
{
    mm_id_t from = id_of(99);
    struct mm_file_chunk chunk = {
        .target = id_of(to), .transfer = mm_text("t"), .chunk = mm_text(content), .total = 1};

    tell(MM_MSG_FILE_CHUNK, &chunk, &from, &to, 1);
}

/* --- browsers ------------------------------------------------------------------------------------- */

static mm_err_t write_text(void *socket, mm_buffer_t *buffer)
{
    browser_t *browser = socket;
    size_t at = strlen(browser->got);

    assert_int_equal(browser->close_code, 0);
    if (browser->is_blocked)
        return MM_ERR_AGAIN;
    snprintf(browser->got + at, TEXT_BYTES - at, "%.*s\n",
             (int)(buffer->len < 200 ? buffer->len : 200), mm_buffer_text(buffer));
    browser->got_count++;
    browser->last_buffer = buffer;
    return MM_OK;
}

static void ping(void *socket)
{
    ((browser_t *)socket)->pings++;
}

static void read_socket(void *socket, bool on)
{
    browser_t *browser = socket;

    assert_int_not_equal(browser->is_read, on);
    browser->is_read = on;
    browser->reads++;
}

static bool has_hung_up(void *socket)
{
    return ((browser_t *)socket)->has_hung_up;
}

static void shut(void *socket, int code, const char *reason)
{
    browser_t *browser = socket;

    assert_non_null(reason);
    assert_int_equal(browser->close_code, 0);
    browser->close_code = code;
}

static void reconnect(void *ctx)
{
    (void)ctx;
    world->reconnects++;
    mm_link_drop(&world->link);
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    static uint8_t next;

    (void)ctx;
    for (size_t i = 0; i < len; i++)
        out[i] = ++next;
}

static void on_answer(void *ctx, void *request, const mm_room_answer_t *answer)
{
    (void)ctx;
    (void)request;
    world->answers++;
    world->answer = answer->err;
}

static const mm_gateway_ops_t gateway_ops = {.send_frame = send_up,
                                             .reconnect_bus = reconnect,
                                             .random = random_bytes,
                                             .on_answer = on_answer,
                                             .write = write_text,
                                             .ping = ping,
                                             .read = read_socket,
                                             .has_hung_up = has_hung_up,
                                             .close = shut};

static browser_t *ann, *bob;
static const uint64_t of_ann = 1, of_bob = 2; /* connections are numbered as they come */

static void open_browser(browser_t *browser)
{
    static const uint8_t address[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};

    browser->is_read = true;
    browser->connection = mm_gateway_on_open(world->gateway, browser, address, world->now_ms);
    assert_non_null(browser->connection);
}

static void say(browser_t *browser, const char *json)
{
    mm_gateway_on_text(world->gateway, browser->connection, mm_text(json), world->now_ms,
                       CLOCK_MS + world->now_ms);
}

static void say_chunk(browser_t *browser, uint64_t to, size_t len, int index)
{
    char target[MM_ID_CHARS + 1] = "", *json = malloc(len + 300);
    mm_id_t id = id_of(to);
    int at;

    assert_non_null(json);
    mm_id_print(&id, target);
    at = snprintf(json, 300,
                  "{\"type\":\"file-chunk\",\"targetId\":\"%s\",\"transferId\":\"t\",\"index\":%d,"
                  "\"total\":100,\"chunk\":\"",
                  target, index);
    memset(json + at, 'A', len);
    strcpy(json + at + len, "\"}");
    say(browser, json);
    free(json);
}

/* Both loops, and their acks, until nothing moves. */
static void settle(void)
{
    int64_t next_ms;

    for (int i = 0; i < 4; i++) {
        world->now_ms += MM_ACK_DELAY_MS;
        mm_gateway_on_time(world->gateway, world->now_ms);
        if (world->link.is_up)
            mm_link_flush(&world->link, world->now_ms, &next_ms);
    }
}

/* Time passes; the broker stays alive. */
static void let_pass(int64_t ms)
{
    for (int64_t end_ms = world->now_ms + ms; world->now_ms < end_ms;) {
        world->now_ms += 100;
        if (!world->is_away && world->link.is_up)
            mm_link_ping(&world->link, (mm_slice_t){(const uint8_t *)"\x94\x01\x02\x03\x04", 5});
        mm_gateway_on_time(world->gateway, world->now_ms);
    }
}

static void answer_pings(browser_t *browser)
{
    if (browser->pings > 0 && browser->close_code == 0)
        mm_gateway_on_alive(world->gateway, browser->connection, world->now_ms);
    browser->pings = 0;
}

static size_t count_heard(mm_msg_t msg)
{
    size_t count = 0;

    for (size_t i = 0; i < world->heard_count; i++)
        count += world->heard[i].msg == msg;
    return count;
}

static void complete_all(void)
{
    for (size_t i = 0; i < world->heard_count; i++)
        mm_link_done(&world->link, world->heard[i].number, world->heard[i].cost, world->now_ms);
    settle();
}

static int setup(void **state)
{
    (void)state;
    world = calloc(1, sizeof *world);
    assert_non_null(world);
    mm_settings_defaults(&world->settings);
    world->settings.collect = 0;
    world->settings.rate_limit_messages = 0;
    world->settings.rate_limit_chunks = 0;
    world->now_ms = 1000;
    mm_link_init(&world->link, &link_ops, NULL, &world->broker_counters, WINDOW, 0);
    world->gateway = mm_gateway_new(&world->settings, &world->counters, &gateway_ops, world, 77);
    ann = &world->browsers[0];
    bob = &world->browsers[1];
    mm_gateway_on_time(world->gateway, world->now_ms);
    welcome();
    open_browser(ann);
    open_browser(bob);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_gateway_destroy(&world->gateway);
    mm_link_fini(&world->link);
    mm_settings_fini(&world->settings);
    free(world);
    return 0;
}

static void join_both(void)
{
    say(ann, "{\"type\":\"join\",\"roomId\":\"R\"}");
    say(bob, "{\"type\":\"join\",\"roomId\":\"R\"}");
    bind(of_ann);
    bind(of_bob);
    settle();
    world->heard_count = 0;
}

/* --- from browsers --------------------------------------------------------------------------------- */

static void messages_go_up_in_order_and_answers_come_at_once(void **state)
{
    (void)state;
    say(ann, "{\"type\":\"join\",\"roomId\":\"R\",\"name\":\"Ann\"}");
    say(ann, "{");
    say(ann, "{\"type\":\"dance\"}");
    say(ann, "{\"type\":\"chat\"}");
    say(ann, "{\"type\":\"chat\",\"text\":\"hi\"}");
    settle();
    assert_int_equal(world->heard_count, 3);
    assert_int_equal(world->heard[0].msg, MM_MSG_JOIN);
    assert_int_equal(world->heard[1].msg, MM_MSG_REFUSED);
    assert_int_equal(world->heard[2].msg, MM_MSG_CHAT);
    assert_int_equal(ann->got_count, 2);
    assert_non_null(strstr(ann->got, "\"code\":\"INVALID_MESSAGE\""));
    assert_non_null(strstr(ann->got, "\"code\":\"UNKNOWN_MESSAGE_TYPE\""));
}

static void invalid_utf8_closes_with_1007(void **state)
{
    (void)state;
    say(ann, "{\"type\":\"chat\",\"text\":\"\xc3\"}");
    assert_int_equal(ann->close_code, 1007);
    say(ann, "{"); /* what still comes is not looked at */
    assert_int_equal(ann->got_count, 0);
}

static void eleventh_message_before_a_join_closes_with_1008(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        say(ann, i % 2 == 0 ? "{\"type\":\"leave\"}" : "{");
    assert_int_equal(ann->close_code, 0);
    say(ann, "{\"type\":\"leave\"}");
    assert_int_equal(ann->close_code, 1008);
    for (int i = 0; i < 10; i++)
        say(bob, "{\"type\":\"leave\"}");
    say(bob, "{\"type\":\"join\",\"roomId\":\"R\"}");
    for (int i = 0; i < 20; i++)
        say(bob, "{\"type\":\"leave\"}");
    assert_int_equal(bob->close_code, 0);
}

static void end_of_a_connection_is_told_once_and_only_if_it_spoke(void **state)
{
    (void)state;
    say(ann, "{\"type\":\"leave\"}");
    mm_gateway_on_closed(world->gateway, &ann->connection, world->now_ms, CLOCK_MS);
    mm_gateway_on_closed(world->gateway, &bob->connection, world->now_ms, CLOCK_MS);
    assert_null(ann->connection);
    settle();
    assert_int_equal(count_heard(MM_MSG_GONE), 1);
    assert_int_equal(world->counters.connections, 0);
}

/* --- to browsers ------------------------------------------------------------------------------------ */

static void message_for_two_is_printed_once(void **state)
{
    const uint64_t both[] = {of_ann, of_bob};

    (void)state;
    join_both();
    tell_raise_hand(both, 2);
    settle();
    assert_int_equal(ann->got_count, 1);
    assert_int_equal(bob->got_count, 1);
    assert_ptr_equal(ann->last_buffer, bob->last_buffer);
    assert_string_equal(ann->got, bob->got);
    assert_non_null(strstr(ann->got, "\"roomId\":\"R\""));
}

static void closing_connection_leaves_the_room_to_others(void **state)
{
    const uint64_t both[] = {of_ann, of_bob};

    (void)state;
    say(ann, "{\"type\":\"join\",\"roomId\":\"R\"}");
    say(ann, "{\"type\":\"chat\",\"text\":\"\xff\"}"); /* closed before it was bound */
    say(bob, "{\"type\":\"join\",\"roomId\":\"R\"}");
    bind(of_ann);
    bind(of_bob);
    tell_raise_hand(both, 2);
    settle();
    assert_non_null(strstr(bob->got, "\"roomId\":\"R\""));
    assert_int_equal(ann->got_count, 0);
}

static void control_overtakes_chunks(void **state)
{
    (void)state;
    join_both();
    bob->is_blocked = true;
    tell_chunk(of_bob, "one");
    tell_chunk(of_bob, "two");
    tell_raise_hand(&of_bob, 1);
    settle();
    assert_int_equal(bob->got_count, 0);
    bob->is_blocked = false;
    mm_gateway_on_writable(world->gateway, bob->connection, world->now_ms);
    assert_int_equal(bob->got_count, 3);
    assert_true(strstr(bob->got, "raise-hand") < strstr(bob->got, "\"one\""));
    assert_true(strstr(bob->got, "\"one\"") < strstr(bob->got, "\"two\""));
}

static void full_control_queue_closes_with_1013(void **state)
{
    (void)state;
    world->settings.control_queue = 65536;
    join_both();
    bob->is_blocked = true;
    for (int i = 0; i < 1000; i++)
        tell_raise_hand(&of_bob, 1);
    settle();
    assert_int_equal(bob->close_code, 1013);
    assert_int_equal(world->counters.queue_overflows, 1);
    assert_int_equal(ann->close_code, 0);
}

static void receiver_that_takes_nothing_is_closed_with_1013(void **state)
{
    (void)state;
    join_both();
    bob->is_blocked = true;
    tell_raise_hand(&of_bob, 1);
    settle();
    for (int i = 0; i < 58; i++) {
        let_pass(1000);
        answer_pings(ann);
        answer_pings(bob);
    }
    assert_int_equal(bob->close_code, 0);
    let_pass(5000);
    answer_pings(ann);
    assert_int_equal(bob->close_code, 1013);
    assert_int_equal(ann->close_code, 0);
}

static void kick_is_written_before_the_close_and_chunks_are_not(void **state)
{
    struct mm_close close = {.code = 4003, .reason = mm_text("Kicked")};

    (void)state;
    join_both();
    bob->is_blocked = true;
    tell_chunk(of_bob, "one");
    tell_raise_hand(&of_bob, 1);
    tell(MM_MSG_CLOSE, &close, NULL, &of_bob, 1);
    tell_raise_hand(&of_bob, 1); /* nothing comes behind it */
    settle();
    say(bob, "{\"type\":\"chat\",\"text\":\"still here\"}");
    bob->is_blocked = false;
    mm_gateway_on_writable(world->gateway, bob->connection, world->now_ms);
    assert_int_equal(bob->got_count, 1);
    assert_non_null(strstr(bob->got, "raise-hand"));
    assert_int_equal(bob->close_code, 4003);
    settle();
    assert_int_equal(count_heard(MM_MSG_CHAT), 0);
}

static void chunks_of_a_room_that_was_left_are_not_written(void **state)
{
    (void)state;
    join_both();
    bob->is_blocked = true;
    tell_chunk(of_bob, "one");
    tell(MM_MSG_UNBIND, &(struct mm_unbind){0}, NULL, &of_bob, 1);
    settle();
    bob->is_blocked = false;
    mm_gateway_on_writable(world->gateway, bob->connection, world->now_ms);
    assert_int_equal(bob->got_count, 0);
}

/* --- chunks ------------------------------------------------------------------------------------------- */

static void without_flow_exactly_the_window_goes_up(void **state)
{
    (void)state;
    join_both();
    for (int i = 0; i < 30; i++)
        say_chunk(ann, of_bob, 10000, i);
    settle();
    /* 64 KiB take six of these and no seventh; the rest waits here, and Ann is read no further. */
    assert_int_equal(count_heard(MM_MSG_FILE_CHUNK), 6);
    assert_false(ann->is_read);
    let_pass(5000);
    assert_int_equal(count_heard(MM_MSG_FILE_CHUNK), 6);
}

static void tell_flow(uint64_t total)
{
    struct mm_flow flow = {
        .sender = id_of(of_ann), .receiver = id_of(of_bob), .total = (int64_t)total};

    tell(MM_MSG_FLOW, &flow, NULL, &of_ann, 1);
    settle();
}

static void flow_lets_as_many_bytes_go_up(void **state)
{
    size_t len;

    (void)state;
    join_both();
    for (int i = 0; i < 10; i++)
        say_chunk(ann, of_bob, 10000, i);
    settle();
    len = world->heard[0].body_len;
    tell_flow(len);
    assert_int_equal(count_heard(MM_MSG_FILE_CHUNK), 7);
    tell_flow(len); /* said twice */
    assert_int_equal(count_heard(MM_MSG_FILE_CHUNK), 7);
    assert_false(ann->is_read);
    tell_flow(4 * len);
    assert_int_equal(count_heard(MM_MSG_FILE_CHUNK), 10);
    assert_true(ann->is_read);
}

static void everything_else_overtakes_a_chunk_that_waits(void **state)
{
    (void)state;
    join_both();
    for (int i = 0; i < 8; i++)
        say_chunk(ann, of_bob, 10000, i);
    say(ann, "{\"type\":\"chat\",\"text\":\"hi\"}"); /* was read already */
    settle();
    assert_int_equal(count_heard(MM_MSG_FILE_CHUNK), 6);
    assert_int_equal(count_heard(MM_MSG_CHAT), 1);
}

static void written_chunk_is_credited_to_its_sender(void **state)
{
    (void)state;
    join_both();
    bob->is_blocked = true;
    tell_chunk(of_bob, "one");
    settle();
    assert_int_equal(count_heard(MM_MSG_FLOW), 0);
    bob->is_blocked = false;
    mm_gateway_on_writable(world->gateway, bob->connection, world->now_ms);
    settle();
    assert_int_equal(count_heard(MM_MSG_FLOW), 1);
}

static void receiver_who_left_releases_what_waits(void **state)
{
    mm_id_t gone = id_of(of_bob);

    (void)state;
    join_both();
    for (int i = 0; i < 8; i++)
        say_chunk(ann, of_bob, 10000, i);
    settle();
    assert_false(ann->is_read);
    tell(MM_MSG_PARTICIPANT_LEFT, &(struct mm_participant_left){0}, &gone, &of_ann, 1);
    settle();
    assert_int_equal(count_heard(MM_MSG_FILE_CHUNK), 8);
    assert_true(ann->is_read);
}

static void chunk_that_waits_is_not_carried_into_another_room(void **state)
{
    (void)state;
    join_both();
    for (int i = 0; i < 8; i++)
        say_chunk(ann, of_bob, 10000, i);
    say(ann, "{\"type\":\"leave\"}");
    settle();
    tell_flow((uint64_t)1 << 40);
    assert_int_equal(count_heard(MM_MSG_FILE_CHUNK), 6);
    assert_true(ann->is_read);
}

/* --- who is read ----------------------------------------------------------------------------------------- */

static void too_much_under_way_pauses_reading(void **state)
{
    (void)state;
    world->settings.incomplete_limit = 4096;
    join_both();
    world->holds_acks = true;
    for (int i = 0; i < 120; i++)
        say(ann, "{\"type\":\"chat\",\"text\":\"hello hello hello hello hello\"}");
    settle();
    assert_false(ann->is_read);
    assert_true(bob->is_read);
    complete_all();
    assert_true(ann->is_read);
}

static void paused_connection_is_not_silent_but_not_forgotten(void **state)
{
    (void)state;
    world->settings.incomplete_limit = 4096;
    join_both();
    world->holds_acks = true;
    for (int i = 0; i < 120; i++)
        say(ann, "{\"type\":\"chat\",\"text\":\"hello hello hello hello hello\"}");
    settle();
    assert_false(ann->is_read);
    for (int i = 0; i < 55; i++) {
        let_pass(1000);
        answer_pings(bob);
    }
    assert_int_equal(ann->close_code, 0); /* it cannot be heard */
    for (int i = 0; i < 10; i++) {
        let_pass(1000);
        answer_pings(bob);
    }
    assert_int_equal(ann->close_code, 1013);
    assert_int_equal(bob->close_code, 0);
}

static void who_hung_up_while_not_read_is_noticed(void **state)
{
    (void)state;
    join_both();
    for (int i = 0; i < 8; i++)
        say_chunk(ann, of_bob, 10000, i);
    assert_false(ann->is_read);
    ann->has_hung_up = true;
    let_pass(1500);
    assert_int_not_equal(ann->close_code, 0);
}

static void nobody_is_read_without_credit_on_the_link(void **state)
{
    (void)state;
    world->link.window_bytes = 20000;
    mm_gateway_destroy(&world->gateway);
    mm_link_drop(&world->link);
    world->gateway = mm_gateway_new(&world->settings, &world->counters, &gateway_ops, world, 78);
    welcome();
    open_browser(ann);
    say(ann, "{\"type\":\"join\",\"roomId\":\"R\"}");
    world->holds_acks = true;
    settle();
    bind(1);
    settle();
    for (int i = 0; i < 6; i++) {
        char text[4200];
        memset(text, 'x', sizeof text);
        memcpy(text, "{\"type\":\"chat\",\"text\":\"", 23);
        strcpy(text + 4000, "\"}");
        say(ann, text);
    }
    settle();
    assert_false(ann->is_read);
    world->holds_acks = false;
    complete_all();
    assert_true(ann->is_read);
    assert_int_equal(count_heard(MM_MSG_CHAT), 6);
}

/* --- deadlines --------------------------------------------------------------------------------------------- */

static void who_does_not_join_in_time_is_closed_with_4002(void **state)
{
    (void)state;
    say(bob, "{\"type\":\"join\",\"roomId\":\"R\"}");
    for (int i = 0; i < 29; i++) {
        let_pass(1000);
        answer_pings(ann);
        answer_pings(bob);
    }
    assert_int_equal(ann->close_code, 0);
    let_pass(2500);
    assert_int_equal(ann->close_code, 4002);
    assert_int_equal(bob->close_code, 0);
}

static void connections_are_pinged_and_the_silent_are_closed(void **state)
{
    (void)state;
    join_both();
    let_pass(24000);
    assert_int_equal(ann->pings, 0);
    let_pass(2500);
    assert_int_equal(ann->pings, 1);
    answer_pings(ann);
    for (int i = 0; i < 36; i++) {
        let_pass(1000);
        answer_pings(ann);
    }
    assert_int_equal(bob->close_code, 1013);
    assert_int_equal(ann->close_code, 0);
}

/* --- the broker ------------------------------------------------------------------------------------------------ */

static void broker_that_falls_silent_is_lost(void **state)
{
    (void)state;
    join_both();
    world->is_away = true;
    let_pass(2500);
    assert_int_equal(ann->close_code, 0);
    let_pass(1500);
    assert_int_equal(ann->close_code, 1012);
    assert_int_equal(bob->close_code, 1012);
    assert_int_equal(world->reconnects, 1);
    assert_false(mm_gateway_is_linked(world->gateway));
    mm_gateway_on_closed(world->gateway, &ann->connection, world->now_ms, CLOCK_MS);
    mm_gateway_on_closed(world->gateway, &bob->connection, world->now_ms, CLOCK_MS);
    world->is_away = false;
    world->hellos = 0;
    let_pass(1000);
    assert_true(world->hellos > 0);
    world->heard_count = 0;
    welcome();
    settle();
    assert_int_equal(world->heard_count, 0); /* what belonged to the old one is gone */
}

static void frozen_gateway_does_not_blame_the_broker(void **state)
{
    (void)state;
    join_both();
    world->now_ms += 60000;
    mm_gateway_on_time(world->gateway, world->now_ms);
    assert_int_equal(world->reconnects, 0);
}

static void welcome_of_another_epoch_closes_everybody_with_1012(void **state)
{
    uint8_t bytes[64];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {
        .protocol = MM_PROTOCOL, .kind = MM_FRAME_WELCOME, .epoch = EPOCH + 1, .session = 9};

    (void)state;
    join_both();
    mm_header_write(&header, &out);
    mm_welcome_write(&(mm_welcome_t){0}, &out);
    mm_gateway_on_frame(world->gateway, mm_writer_slice(&out), world->now_ms);
    assert_int_equal(ann->close_code, 1012);
}

static void frame_of_a_session_it_does_not_know_makes_it_say_hello(void **state)
{
    uint8_t bytes[64];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = MM_FRAME_DATA,
                          .epoch = EPOCH,
                          .session = world->session + 1,
                          .number = 1};

    (void)state;
    join_both();
    world->hellos = 0;
    mm_header_write(&header, &out);
    mm_gateway_on_frame(world->gateway, mm_writer_slice(&out), world->now_ms);
    mm_gateway_on_time(world->gateway, world->now_ms + 1);
    assert_int_equal(world->hellos, 1);
    assert_int_equal(ann->close_code, 0);
}

static void room_request_without_a_broker_is_answered_in_time(void **state)
{
    static const uint8_t address[16] = {0};
    struct mm_create_room wish = {.present = MM_HAS(create_room, address),
                                  .address = {address, sizeof address}};

    (void)state;
    world->is_away = true;
    let_pass(4000);
    mm_gateway_ask(world->gateway, world, MM_MSG_CREATE_ROOM, &wish, world->now_ms, CLOCK_MS);
    let_pass(4500);
    assert_int_equal(world->answers, 0);
    let_pass(2000);
    assert_int_equal(world->answers, 1);
    assert_int_equal(world->answer, MM_ERR_UNAVAILABLE);
    world->is_away = false;
    world->heard_count = 0;
    let_pass(500);
    welcome();
    settle();
    assert_int_equal(count_heard(MM_MSG_CREATE_ROOM), 0); /* nobody waits for it any more */
}

static void more_connections_than_allowed_are_refused(void **state)
{
    static const uint8_t address[16] = {0};

    (void)state;
    world->settings.max_connections = 2;
    assert_null(mm_gateway_on_open(world->gateway, &world->browsers[2], address, world->now_ms));
    assert_int_equal(world->counters.connections_refused, 1);
}

#define CORE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CORE_TEST(messages_go_up_in_order_and_answers_come_at_once),
        CORE_TEST(invalid_utf8_closes_with_1007),
        CORE_TEST(eleventh_message_before_a_join_closes_with_1008),
        CORE_TEST(end_of_a_connection_is_told_once_and_only_if_it_spoke),
        CORE_TEST(message_for_two_is_printed_once),
        CORE_TEST(closing_connection_leaves_the_room_to_others),
        CORE_TEST(control_overtakes_chunks),
        CORE_TEST(full_control_queue_closes_with_1013),
        CORE_TEST(receiver_that_takes_nothing_is_closed_with_1013),
        CORE_TEST(kick_is_written_before_the_close_and_chunks_are_not),
        CORE_TEST(chunks_of_a_room_that_was_left_are_not_written),
        CORE_TEST(without_flow_exactly_the_window_goes_up),
        CORE_TEST(flow_lets_as_many_bytes_go_up),
        CORE_TEST(everything_else_overtakes_a_chunk_that_waits),
        CORE_TEST(written_chunk_is_credited_to_its_sender),
        CORE_TEST(receiver_who_left_releases_what_waits),
        CORE_TEST(chunk_that_waits_is_not_carried_into_another_room),
        CORE_TEST(too_much_under_way_pauses_reading),
        CORE_TEST(paused_connection_is_not_silent_but_not_forgotten),
        CORE_TEST(who_hung_up_while_not_read_is_noticed),
        CORE_TEST(nobody_is_read_without_credit_on_the_link),
        CORE_TEST(who_does_not_join_in_time_is_closed_with_4002),
        CORE_TEST(connections_are_pinged_and_the_silent_are_closed),
        CORE_TEST(broker_that_falls_silent_is_lost),
        CORE_TEST(frozen_gateway_does_not_blame_the_broker),
        CORE_TEST(welcome_of_another_epoch_closes_everybody_with_1012),
        CORE_TEST(frame_of_a_session_it_does_not_know_makes_it_say_hello),
        CORE_TEST(room_request_without_a_broker_is_answered_in_time),
        CORE_TEST(more_connections_than_allowed_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

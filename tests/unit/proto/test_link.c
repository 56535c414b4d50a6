/* One end of the link, against another of its kind: two ends and a wire that a test may cut.  An entry is [number, text]; its
 * owner calls it complete at once, unless the test holds it back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/link.h"

enum { FRAMES_MAX = 64, WINDOW = 1000, COLLECT_MS = 10, HEARD_MAX = 4096 };

typedef struct frame {
    uint8_t *bytes;
    size_t len;
} frame_t;

typedef struct end {
    mm_link_t link;
    mm_counters_t counters;
    frame_t frames[FRAMES_MAX]; /* sent, not yet taken by the other end */
    size_t frame_count;
    mm_err_t answer; /* of the wire to the next sends */
    char heard[HEARD_MAX];
    bool holds_back; /* calls nothing complete by itself */
    mm_err_t entry_answer;
    uint64_t completed[1024]; /* tags, in order */
    size_t completed_count;
    size_t completed_cost;
} end_t;

static mm_err_t send_frame(void *owner, mm_slice_t frame)
{
    end_t *end = owner;

    if (end->answer != MM_OK)
        return end->answer;
    assert_true(end->frame_count < FRAMES_MAX);
    end->frames[end->frame_count] = (frame_t){malloc(frame.len), frame.len};
    memcpy(end->frames[end->frame_count++].bytes, frame.ptr, frame.len);
    return MM_OK;
}

static mm_err_t on_entry(void *owner, mm_cursor_t *cursor)
{
    end_t *end = owner;
    uint64_t number;
    mm_text_t text;
    const uint8_t *start = cursor->at;

    mm_cursor_array(cursor);
    number = mm_cursor_u64(cursor);
    text = mm_cursor_str(cursor);
    assert_false(cursor->failed);
    if (end->entry_answer != MM_OK)
        return end->entry_answer;
    if (strlen(end->heard) + text.len + 2 <= sizeof end->heard) { /* long ones are only counted */
        strncat(end->heard, text.ptr, text.len);
        strcat(end->heard, " ");
    }
    if (!end->holds_back)
        mm_link_done(&end->link, number, (size_t)(cursor->at - start), 0);
    return MM_OK;
}

static void on_complete(void *owner, void *tag, size_t cost)
{
    end_t *end = owner;

    end->completed[end->completed_count++] = (uint64_t)(uintptr_t)tag;
    end->completed_cost += cost;
}

static const mm_link_ops_t ops = {send_frame, on_entry, on_complete};

static void end_init(end_t *end)
{
    memset(end, 0, sizeof *end);
    mm_link_init(&end->link, &ops, end, &end->counters, WINDOW, COLLECT_MS);
}

static void lose_frames(end_t *end)
{
    for (size_t i = 0; i < end->frame_count; i++)
        free(end->frames[i].bytes);
    end->frame_count = 0;
}

static void end_fini(end_t *end)
{
    lose_frames(end);
    mm_link_fini(&end->link);
}

/* A session of both, as HELLO and WELCOME would begin it. */
static void begin(end_t *a, end_t *b, uint64_t session)
{
    mm_header_t of_a = {0}, of_b = {0};

    mm_link_fill_header(&a->link, &of_a);
    mm_link_fill_header(&b->link, &of_b);
    mm_link_take_header(&a->link, &of_b);
    mm_link_take_header(&b->link, &of_a);
    mm_link_begin(&a->link, 1, session, b->link.received);
    mm_link_begin(&b->link, 1, session, a->link.received);
}

static void say(end_t *end, const char *text)
{
    uint8_t bytes[512];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    uint64_t number = mm_link_next_number(&end->link);

    mm_write_array(&out, 2);
    mm_write_u64(&out, number);
    mm_write_str(&out, mm_text(text));
    mm_link_say(&end->link, mm_writer_slice(&out), out.size, (void *)(uintptr_t)number);
}

/* The other end takes one frame. */
static mm_err_t take(end_t *to, const frame_t *frame)
{
    mm_cursor_t cursor = mm_cursor((mm_slice_t){frame->bytes, frame->len});
    mm_header_t header;

    assert_int_equal(mm_header_read(&cursor, &header), MM_OK);
    assert_int_equal(header.session, to->link.session);
    return mm_link_on_frame(&to->link, &header, &cursor);
}

static mm_err_t pass(end_t *from, end_t *to)
{
    mm_err_t err = MM_OK;

    for (size_t i = 0; i < from->frame_count; i++) {
        mm_err_t one = take(to, &from->frames[i]);
        err = err == MM_OK ? one : err;
    }
    lose_frames(from);
    return err;
}

static int64_t flush(end_t *end, int64_t now_ms)
{
    int64_t next_ms;

    assert_int_equal(mm_link_flush(&end->link, now_ms, &next_ms), MM_OK);
    return next_ms;
}

/* Back and forth until nothing is said any more. */
static void settle(end_t *a, end_t *b, int64_t now_ms)
{
    for (int i = 0; i < 10; i++) {
        flush(a, now_ms + i * 100);
        assert_int_equal(pass(a, b), MM_OK);
        flush(b, now_ms + i * 100);
        assert_int_equal(pass(b, a), MM_OK);
    }
}

static end_t a, b;

static int setup(void **state)
{
    (void)state;
    end_init(&a);
    end_init(&b);
    begin(&a, &b, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    end_fini(&a);
    end_fini(&b);
    return 0;
}

/* --- sending ---------------------------------------------------------------------------------- */

static void idle_link_sends_at_once_and_a_busy_one_collects(void **state)
{
    (void)state;
    settle(&a, &b, 0);
    say(&a, "one");
    flush(&a, 5000);
    assert_int_equal(a.frame_count, 1);
    say(&a, "two");
    assert_int_equal(flush(&a, 5003), 5010);
    say(&a, "three");
    flush(&a, 5009);
    assert_int_equal(a.frame_count, 1);
    flush(&a, 5010);
    assert_int_equal(a.frame_count, 2); /* both in one */
    pass(&a, &b);
    assert_string_equal(b.heard, "one two three ");
}

static void full_batch_does_not_wait(void **state)
{
    (void)state;
    a.link.granted = 1000000;
    settle(&a, &b, 0);
    say(&a, "first");
    flush(&a, 5000);
    for (int i = 0; i < MM_BATCH_ENTRIES; i++)
        say(&a, "x");
    flush(&a, 5001);
    assert_int_equal(a.frame_count, 2);
}

static void batch_closes_at_its_number_of_entries(void **state)
{
    (void)state;
    b.link.window_bytes = 1000000;
    begin(&a, &b, 2);
    for (int i = 0; i < MM_BATCH_ENTRIES + 1; i++)
        say(&a, "x");
    flush(&a, 5000);
    assert_true(a.frame_count >= 2);
    assert_int_equal(pass(&a, &b), MM_OK);
    assert_int_equal(strlen(b.heard), 2 * (MM_BATCH_ENTRIES + 1));
}

static void refused_frame_is_sent_later_with_the_same_number(void **state)
{
    (void)state;
    settle(&a, &b, 0);
    say(&a, "one");
    a.answer = MM_ERR_AGAIN;
    assert_int_equal(flush(&a, 5000), 5000 + MM_RETRY_MS);
    a.answer = MM_OK;
    flush(&a, 5005);
    assert_int_equal(pass(&a, &b), MM_OK);
    assert_string_equal(b.heard, "one ");
}

static void peer_without_a_route_is_reported(void **state)
{
    int64_t next_ms;

    (void)state;
    say(&a, "one");
    a.answer = MM_ERR_NO_ROUTE;
    assert_int_equal(mm_link_flush(&a.link, 5000, &next_ms), MM_ERR_NO_ROUTE);
    assert_int_equal(mm_link_ping(&a.link, (mm_slice_t){(const uint8_t *)"\x90", 1}),
                     MM_ERR_NO_ROUTE);
}

static void nothing_leaves_without_a_session(void **state)
{
    (void)state;
    settle(&a, &b, 0);
    mm_link_end(&a.link);
    say(&a, "one");
    assert_int_equal(flush(&a, 5000), INT64_MAX);
    assert_int_equal(a.frame_count, 0);
    begin(&a, &b, 2);
    settle(&a, &b, 6000);
    assert_string_equal(b.heard, "one ");
}

/* --- acks -------------------------------------------------------------------------------------- */

static void acks_alone_wait_a_little(void **state)
{
    (void)state;
    settle(&a, &b, 0);
    say(&a, "one");
    flush(&a, 5000);
    b.holds_back = true;
    pass(&a, &b);
    mm_link_done(&b.link, 1, 5, 5000);
    assert_int_equal(flush(&b, 5000), 5000 + MM_ACK_DELAY_MS);
    assert_int_equal(b.frame_count, 0);
    flush(&b, 5000 + MM_ACK_DELAY_MS);
    assert_int_equal(b.frame_count, 1);
    pass(&b, &a);
    assert_int_equal(a.completed_count, 1);
}

static void acks_ride_on_what_is_said(void **state)
{
    (void)state;
    settle(&a, &b, 0);
    say(&a, "one");
    flush(&a, 5000);
    pass(&a, &b);
    say(&b, "answer");
    flush(&b, 5000);
    assert_int_equal(b.frame_count, 1);
    pass(&b, &a);
    assert_int_equal(a.completed_count, 1);
    assert_int_equal(flush(&b, 5001), INT64_MAX); /* nothing is left to be acked */
}

static void entries_complete_in_any_order_and_once(void **state)
{
    (void)state;
    b.holds_back = true;
    say(&a, "one");
    say(&a, "two");
    say(&a, "three");
    settle(&a, &b, 0);
    assert_int_equal(a.completed_count, 0);
    mm_link_done(&b.link, 3, 5, 2000);
    mm_link_done(&b.link, 3, 5, 2000);
    settle(&a, &b, 2000);
    assert_int_equal(a.completed_count, 1);
    assert_int_equal(a.completed[0], 3);
    mm_link_done(&b.link, 1, 5, 4000);
    mm_link_done(&b.link, 2, 5, 4000);
    settle(&a, &b, 4000);
    assert_int_equal(a.completed_count, 3);
    assert_int_equal(a.link.window.bytes, 0);
}

static void entry_that_is_not_understood_is_complete_all_the_same(void **state)
{
    (void)state;
    b.entry_answer = MM_ERR_MALFORMED;
    say(&a, "gibberish");
    settle(&a, &b, 0);
    assert_int_equal(a.completed_count, 1);
    assert_int_equal(b.counters.bus_malformed, 1);
    b.entry_answer = MM_OK;
    say(&a, "sense");
    settle(&a, &b, 2000);
    assert_string_equal(b.heard, "sense ");
}

/* --- sessions ------------------------------------------------------------------------------------ */

static void missing_frame_is_noticed_and_sent_again(void **state)
{
    (void)state;
    settle(&a, &b, 0);
    say(&a, "one");
    flush(&a, 5000);
    lose_frames(&a);
    say(&a, "two");
    flush(&a, 5100);
    assert_int_equal(pass(&a, &b), MM_ERR_GAP);
    assert_string_equal(b.heard, "");
    begin(&a, &b, 2);
    settle(&a, &b, 6000);
    assert_string_equal(b.heard, "one two ");
    assert_int_equal(a.completed_count, 2);
    assert_int_equal(a.counters.link_replayed, 2);
}

static void what_arrived_before_the_break_is_not_heard_twice(void **state)
{
    (void)state;
    say(&a, "one");
    say(&a, "two");
    flush(&a, 5000);
    pass(&a, &b);
    lose_frames(&b);
    /* The broker's word that it has both was lost: everything is sent again. */
    mm_link_begin(&a.link, 1, 2, 0);
    mm_link_begin(&b.link, 1, 2, 0);
    settle(&a, &b, 6000);
    assert_string_equal(b.heard, "one two ");
    assert_int_equal(b.counters.link_duplicates, 2);
    assert_int_equal(a.completed_count, 2);
}

static void ack_lost_with_its_session_is_said_in_the_next(void **state)
{
    (void)state;
    b.holds_back = true;
    say(&a, "one");
    say(&a, "two");
    settle(&a, &b, 0);
    mm_link_done(&b.link, 2, 5, 2000);
    flush(&b, 3000);
    assert_int_equal(b.frame_count, 1);
    lose_frames(&b);
    mm_link_begin(&a.link, 1, 2, 2);
    mm_link_begin(&b.link, 1, 2, 0);
    settle(&a, &b, 4000);
    assert_int_equal(a.completed_count, 1);
    assert_int_equal(a.completed[0], 2);
}

static void dropping_completes_everything_and_numbers_begin_anew(void **state)
{
    (void)state;
    say(&a, "one");
    say(&a, "two");
    mm_link_drop(&a.link);
    assert_int_equal(a.completed_count, 2);
    assert_int_equal(mm_link_next_number(&a.link), 1);
    assert_false(mm_link_has_credit(&a.link));
    assert_int_equal(a.link.received, 0);
}

static void broken_frame_ends_the_session_only(void **state)
{
    uint8_t bytes[64];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.number = a.link.frame_received + 1, .kind = MM_FRAME_DATA};
    mm_cursor_t cursor;

    (void)state;
    mm_write_array(&out, 2);
    mm_write_u64(&out, 1);
    cursor = mm_cursor(mm_writer_slice(&out)); /* its text is missing */
    assert_int_equal(mm_link_on_frame(&a.link, &header, &cursor), MM_ERR_MALFORMED);
    assert_int_equal(a.link.received, 0);
    out.size = 0;
    mm_write_array(&out, 2);
    mm_write_u64(&out, 3); /* not the next one */
    mm_write_str(&out, mm_text("x"));
    header.number++;
    cursor = mm_cursor(mm_writer_slice(&out));
    assert_int_equal(mm_link_on_frame(&a.link, &header, &cursor), MM_ERR_GAP);
}

/* --- credit ------------------------------------------------------------------------------------------ */

static void only_the_window_is_sent_until_entries_complete(void **state)
{
    char text[91];
    size_t sent;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    b.holds_back = true;
    for (int i = 0; i < 30; i++)
        say(&a, text);
    assert_false(mm_link_has_credit(&a.link));
    settle(&a, &b, 0);
    sent = strlen(b.heard) / sizeof text;
    assert_int_equal(sent, WINDOW / (sizeof text + 3));
    /* Saying the same credit again and again mints nothing. */
    for (int i = 0; i < 5; i++)
        mm_link_ping(&b.link, (mm_slice_t){(const uint8_t *)"\x90", 1});
    pass(&b, &a);
    settle(&a, &b, 2000);
    assert_int_equal(strlen(b.heard) / sizeof text, sent);
    for (uint64_t number = 1; number <= sent; number++)
        mm_link_done(&b.link, number, sizeof text + 3, 4000);
    settle(&a, &b, 4000);
    assert_int_equal(strlen(b.heard) / sizeof text, 2 * sent);
}

static void entry_larger_than_what_is_left_waits_and_passes(void **state)
{
    char text[401];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 20; i++)
        say(&a, text);
    settle(&a, &b, 0);
    settle(&a, &b, 2000);
    assert_int_equal(a.completed_count, 20);
    assert_true(mm_link_has_credit(&a.link));
}

#define LINK_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINK_TEST(idle_link_sends_at_once_and_a_busy_one_collects),
        LINK_TEST(full_batch_does_not_wait),
        LINK_TEST(batch_closes_at_its_number_of_entries),
        LINK_TEST(refused_frame_is_sent_later_with_the_same_number),
        LINK_TEST(peer_without_a_route_is_reported),
        LINK_TEST(nothing_leaves_without_a_session),
        LINK_TEST(acks_alone_wait_a_little),
        LINK_TEST(acks_ride_on_what_is_said),
        LINK_TEST(entries_complete_in_any_order_and_once),
        LINK_TEST(entry_that_is_not_understood_is_complete_all_the_same),
        LINK_TEST(missing_frame_is_noticed_and_sent_again),
        LINK_TEST(what_arrived_before_the_break_is_not_heard_twice),
        LINK_TEST(ack_lost_with_its_session_is_said_in_the_next),
        LINK_TEST(dropping_completes_everything_and_numbers_begin_anew),
        LINK_TEST(broken_frame_ends_the_session_only),
        LINK_TEST(only_the_window_is_sent_until_entries_complete),
        LINK_TEST(entry_larger_than_what_is_left_waits_and_passes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

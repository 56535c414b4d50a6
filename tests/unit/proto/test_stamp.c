/* Stamps: the layout on the bus, both ways, and what is refused. */
#include "proto/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t seven[] = {0x07};
static const uint8_t half[] = {0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0};

static size_t write(const mm_stamp_t *stamp, uint8_t *bytes, size_t capacity)
{
    mm_writer_t writer = mm_writer(bytes, capacity);

    mm_stamp_write(stamp, &writer);
    assert_false(writer.overflow);
    return writer.size;
}

static void assert_bytes(const mm_stamp_t *stamp, const char *expected, size_t len)
{
    uint8_t bytes[128];

    assert_int_equal(write(stamp, bytes, sizeof bytes), len);
    assert_memory_equal(bytes, expected, len);
}

#define ASSERT_BYTES(stamp, literal) assert_bytes((stamp), "" literal, sizeof(literal) - 1)

static void stamp_is_shortened_behind_its_last_element(void **state)
{
    mm_stamp_t stamp = {.time_ms = 5};

    (void)state;
    ASSERT_BYTES(&stamp, "\x91\x05");
    stamp.client_time = (mm_slice_t){seven, sizeof seven};
    ASSERT_BYTES(&stamp, "\x92\x05\x07");
    stamp.client_time = (mm_slice_t){NULL, 0};
    memset(stamp.fresh.bytes, 'i', sizeof stamp.fresh.bytes);
    ASSERT_BYTES(&stamp, "\x93\x05\xc0\xc4\x10iiiiiiiiiiiiiiii");
    stamp.candidates = mm_text("ABC123");
    ASSERT_BYTES(&stamp, "\x94\x05\xc0\xc4\x10iiiiiiiiiiiiiiii\xa6"
                         "ABC123");
    stamp.fresh = (mm_id_t){0};
    ASSERT_BYTES(&stamp, "\x94\x05\xc0\xc0\xa6"
                         "ABC123");
}

static void stamp_reads_as_it_was_written(void **state)
{
    const char *candidates = "AAAAAABBBBBBCCCCCCDDDDDDEEEEEE111111222222333333";
    mm_stamp_t stamp = {.time_ms = 1777550400000, .client_time = {half, sizeof half}};
    uint8_t bytes[128];

    (void)state;
    assert_int_equal(strlen(candidates), MM_ROOM_ID_CANDIDATES * MM_ROOM_ID_CHARS);
    memset(stamp.fresh.bytes, 'i', sizeof stamp.fresh.bytes);
    stamp.candidates = mm_text(candidates);
    mm_cursor_t cursor = mm_cursor((mm_slice_t){bytes, write(&stamp, bytes, sizeof bytes)});
    mm_stamp_t read = mm_stamp_read(&cursor);
    assert_false(cursor.failed);
    assert_true(mm_cursor_at_end(&cursor));
    assert_true(read.time_ms == stamp.time_ms);
    assert_int_equal(read.client_time.len, sizeof half);
    assert_memory_equal(read.client_time.ptr, half, sizeof half);
    assert_true(mm_id_equal(&read.fresh, &stamp.fresh));
    assert_true(mm_text_is(read.candidates, candidates));
}

static void elements_of_a_later_version_are_passed_over(void **state)
{
    static const uint8_t bytes[] = {0x96, 0x05, 0xc0, 0xc0, 0xc0, 0x93, 1, 2, 3, 0xa1, 'x', 0x42};
    mm_cursor_t cursor = mm_cursor((mm_slice_t){bytes, sizeof bytes});
    mm_stamp_t read = mm_stamp_read(&cursor);

    (void)state;
    assert_true(read.time_ms == 5);
    assert_int_equal(mm_cursor_u64(&cursor), 0x42);
    assert_false(cursor.failed);
}

static void malformed_stamps_are_refused(void **state)
{
    static const struct {
        const char *what, *bytes;
        size_t len;
    } cases[] = {
#define CASE(what, literal) {what, "" literal, sizeof(literal) - 1}
        CASE("nothing", ""),
        CASE("no array", "\x05"),
        CASE("empty", "\x90"),
        CASE("time is nil", "\x91\xc0"),
        CASE("negative time", "\x91\xff"),
        CASE("time beyond 2^53", "\x91\xcf\x00\x20\x00\x00\x00\x00\x00\x01"),
        CASE("cut short", "\x92\x05"),
        CASE("client time is a string", "\x92\x05\xa1x"),
        CASE("client time is an array", "\x92\x05\x90"),
        CASE("id is too short", "\x93\x05\xc0\xc4\x0fiiiiiiiiiiiiiii"),
        CASE("id is a string", "\x93\x05\xc0\xa1x"),
        CASE("candidates of five", "\x94\x05\xc0\xc0\xa5"
                                   "ABCDE"),
        CASE("empty candidates", "\x94\x05\xc0\xc0\xa0"),
        CASE("candidates in lower case", "\x94\x05\xc0\xc0\xa6"
                                         "abcdef"),
        CASE("too many candidates", "\x94\x05\xc0\xc0\xd9\x36"
                                    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t *bytes = (const uint8_t *)cases[i].bytes;
        mm_cursor_t cursor = mm_cursor((mm_slice_t){bytes, cases[i].len});
        mm_stamp_t read = mm_stamp_read(&cursor);
        if (!cursor.failed)
            fail_msg("%s was read", cases[i].what);
        assert_true(read.time_ms == 0 && read.candidates.len == 0 && read.client_time.len == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stamp_is_shortened_behind_its_last_element),
        cmocka_unit_test(stamp_reads_as_it_was_written),
        cmocka_unit_test(elements_of_a_later_version_are_passed_over),
        cmocka_unit_test(malformed_stamps_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Writing msgpack into the caller's bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "proto/cursor.h"
#include "proto/writer.h"

static void assert_wrote(const mm_writer_t *writer, const char *expected, size_t len)
{
    mm_slice_t slice = mm_writer_slice(writer);

    assert_false(writer->overflow);
    assert_int_equal(slice.len, len);
    assert_memory_equal(slice.ptr, expected, len);
}
#define WROTE(writer, literal) assert_wrote(writer, literal, sizeof(literal) - 1)

static void values_have_their_shortest_form(void **state)
{
    uint8_t bytes[256];
    mm_writer_t writer = mm_writer(bytes, sizeof bytes);
    mm_id_t id = {"0123456789abcde"};

    (void)state;
    mm_write_map(&writer, 1);
    mm_write_str(&writer, mm_text("key"));
    mm_write_array(&writer, 8);
    mm_write_nil(&writer);
    mm_write_bool(&writer, true);
    mm_write_bool(&writer, false);
    mm_write_u64(&writer, 200);
    mm_write_i64(&writer, -3);
    mm_write_double(&writer, 0.5);
    mm_write_bin(&writer, (mm_slice_t){(const uint8_t *)"\x01\x02", 2});
    mm_write_id(&writer, &id);
    mm_write_raw(&writer, (mm_slice_t){(const uint8_t *)"\x93\x01\x02\x03", 4});
    WROTE(&writer, "\x81\xa3key\x98\xc0\xc3\xc2\xcc\xc8\xfd\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00"
                   "\xc4\x02\x01\x02\xc4\x10"
                   "0123456789abcde\0\x93\x01\x02\x03");
}

static void positive_integers_are_the_same_whatever_their_type(void **state)
{
    static const int64_t numbers[] = {0,          1,          127,      128,     255,
                                      256,        65535,      65536,    1 << 30, INT32_MAX,
                                      4294967295, 4294967296, INT64_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uint8_t a[16], b[16];
        mm_writer_t first = mm_writer(a, sizeof a), second = mm_writer(b, sizeof b);
        mm_write_i64(&first, numbers[i]);
        mm_write_u64(&second, (uint64_t)numbers[i]);
        assert_int_equal(first.size, second.size);
        assert_memory_equal(a, b, first.size);
    }
}

static void what_was_written_is_read_again(void **state)
{
    static const int64_t numbers[] = {INT64_MIN, INT32_MIN, -32769, -32768, -129,
                                      -128,      -33,       -32,    -1};
    uint8_t bytes[512];
    mm_writer_t writer = mm_writer(bytes, sizeof bytes);
    size_t count = sizeof numbers / sizeof numbers[0];

    (void)state;
    for (size_t i = 0; i < count; i++)
        mm_write_i64(&writer, numbers[i]);
    mm_write_double(&writer, -0.1);
    mm_write_u64(&writer, UINT64_MAX);
    mm_write_str(&writer, (mm_text_t){"", 0});
    mm_write_bin(&writer, (mm_slice_t){NULL, 0});
    mm_cursor_t cursor = mm_cursor(mm_writer_slice(&writer));
    for (size_t i = 0; i < count; i++)
        assert_true(mm_cursor_i64(&cursor) == numbers[i]);
    assert_true(mm_cursor_number(&cursor) == -0.1);
    assert_true(mm_cursor_u64(&cursor) == UINT64_MAX);
    assert_int_equal(mm_cursor_str(&cursor).len, 0);
    assert_int_equal(mm_cursor_bin(&cursor).len, 0);
    assert_true(mm_cursor_at_end(&cursor));
    assert_false(cursor.failed);
}

static void an_overflow_stays_and_writes_nothing_more(void **state)
{
    (void)state;
    for (size_t capacity = 0; capacity < 12; capacity++) {
        uint8_t bytes[16];
        memset(bytes, 0x5a, sizeof bytes);
        mm_writer_t writer = mm_writer(bytes, capacity);
        mm_write_str(&writer, mm_text("0123456789a")); /* 12 bytes */
        assert_true(writer.overflow);
        size_t size = writer.size;
        mm_write_nil(&writer);
        mm_write_raw(&writer, (mm_slice_t){NULL, 0});
        assert_true(writer.overflow);
        assert_int_equal(writer.size, size);
        assert_int_equal(bytes[capacity], 0x5a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_their_shortest_form),
        cmocka_unit_test(positive_integers_are_the_same_whatever_their_type),
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(an_overflow_stays_and_writes_nothing_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Reading msgpack: every format, and nothing believed that the bytes do not bear out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "proto/cursor.h"

static mm_cursor_t over(const void *bytes, size_t len)
{
    return mm_cursor((mm_slice_t){bytes, len});
}
#define OVER(literal) over(literal, sizeof(literal) - 1)

static void integers_of_every_width_are_read(void **state)
{
    mm_cursor_t cursor = OVER("\x00\x7f\xcc\xff\xcd\xff\xff\xce\xff\xff\xff\xff"
                              "\xcf\xff\xff\xff\xff\xff\xff\xff\xff");

    (void)state;
    assert_int_equal(mm_cursor_u64(&cursor), 0);
    assert_int_equal(mm_cursor_u64(&cursor), 127);
    assert_int_equal(mm_cursor_u64(&cursor), 255);
    assert_int_equal(mm_cursor_u64(&cursor), 65535);
    assert_int_equal(mm_cursor_u64(&cursor), 4294967295);
    assert_true(mm_cursor_u64(&cursor) == UINT64_MAX);
    assert_true(mm_cursor_at_end(&cursor));
    assert_false(cursor.failed);

    cursor = OVER("\xff\xe0\xd0\x80\xd1\x80\x00\xd2\x80\x00\x00\x00\xd3\x80\x00\x00\x00\x00\x00\x00"
                  "\x00\xd0\x7f\xd3\x00\x00\x00\x00\x00\x00\x00\x05\xcf\x7f\xff\xff\xff\xff\xff\xff"
                  "\xff");
    assert_int_equal(mm_cursor_i64(&cursor), -1);
    assert_int_equal(mm_cursor_i64(&cursor), -32);
    assert_int_equal(mm_cursor_i64(&cursor), -128);
    assert_int_equal(mm_cursor_i64(&cursor), -32768);
    assert_int_equal(mm_cursor_i64(&cursor), INT32_MIN);
    assert_true(mm_cursor_i64(&cursor) == INT64_MIN);
    assert_int_equal(mm_cursor_i64(&cursor), 127);
    assert_int_equal(mm_cursor_i64(&cursor), 5);
    assert_true(mm_cursor_i64(&cursor) == INT64_MAX);
    assert_false(cursor.failed);
}

static void a_number_outside_the_asked_range_fails(void **state)
{
    (void)state;
    mm_cursor_t cursor = OVER("\xff");
    assert_int_equal(mm_cursor_u64(&cursor), 0);
    assert_true(cursor.failed);
    cursor = OVER("\xcf\x80\x00\x00\x00\x00\x00\x00\x00");
    assert_int_equal(mm_cursor_i64(&cursor), 0);
    assert_true(cursor.failed);
    cursor = OVER("\xca\x3f\x80\x00\x00");
    mm_cursor_i64(&cursor);
    assert_true(cursor.failed);
}

static void numbers_are_read_from_integers_and_floats(void **state)
{
    mm_cursor_t cursor = OVER("\xca\x3f\xc0\x00\x00\xcb\xbf\xf8\x00\x00\x00\x00\x00\x00\xfe\x07"
                              "\xcf\xff\xff\xff\xff\xff\xff\xff\xff");

    (void)state;
    assert_true(mm_cursor_number(&cursor) == 1.5);
    assert_true(mm_cursor_number(&cursor) == -1.5);
    assert_true(mm_cursor_number(&cursor) == -2);
    assert_true(mm_cursor_number(&cursor) == 7);
    assert_true(mm_cursor_number(&cursor) == 18446744073709551616.0);
    assert_false(cursor.failed);
    cursor = OVER("\xa1"
                  "1");
    mm_cursor_number(&cursor);
    assert_true(cursor.failed);
}

static void strings_and_bytes_are_borrowed(void **state)
{
    static const char bytes[] = "\xa3"
                                "abc\xd9\x01"
                                "d\xda\x00\x01"
                                "e\xdb\x00\x00\x00\x01"
                                "f\xa0"
                                "\xc4\x01\x01\xc5\x00\x01\x02\xc6\x00\x00\x00\x01\x03";
    mm_cursor_t cursor = over(bytes, sizeof bytes - 1);

    (void)state;
    mm_text_t text = mm_cursor_str(&cursor);
    assert_ptr_equal(text.ptr, bytes + 1);
    assert_true(mm_text_is(text, "abc"));
    assert_true(mm_text_is(mm_cursor_str(&cursor), "d"));
    assert_true(mm_text_is(mm_cursor_str(&cursor), "e"));
    assert_true(mm_text_is(mm_cursor_str(&cursor), "f"));
    assert_int_equal(mm_cursor_str(&cursor).len, 0);
    for (uint8_t expected = 1; expected <= 3; expected++) {
        mm_slice_t slice = mm_cursor_bin(&cursor);
        assert_int_equal(slice.len, 1);
        assert_int_equal(slice.ptr[0], expected);
    }
    assert_true(mm_cursor_at_end(&cursor));
    assert_false(cursor.failed);
}

static void an_id_is_sixteen_bytes(void **state)
{
    mm_cursor_t cursor = OVER("\xc4\x10"
                              "0123456789abcdef");

    (void)state;
    mm_id_t id = mm_cursor_id(&cursor);
    assert_memory_equal(id.bytes, "0123456789abcdef", 16);
    assert_false(cursor.failed);
    cursor = OVER("\xc4\x0f"
                  "0123456789abcde");
    id = mm_cursor_id(&cursor);
    assert_true(mm_id_is_nil(&id));
    assert_true(cursor.failed);
    cursor = OVER("\xb0"
                  "0123456789abcdef");
    mm_cursor_id(&cursor);
    assert_true(cursor.failed);
}

static void a_declared_size_is_not_believed(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } lies[] = {
        {"\xdb\xff\xff\xff\xff"
         "abc",
         8},
        {"\xc6\xff\xff\xff\xff"
         "abc",
         8},
        {"\xda\x00\x04"
         "abc",
         6},
        {"\xd9\x04"
         "abc",
         5},
        {"\xa4"
         "abc",
         4},
        {"\xdd\xff\xff\xff\xff\x01", 6},
        {"\xdf\x7f\xff\xff\xff\x01\x01", 7},
        {"\xdf\xff\xff\xff\xff\x01\x01", 7},
        {"\xdc\x00\x02\x01", 4},
        {"\x92\x01", 2},
        {"\x81\x01", 2},
        {"\xde\x00\x01\x01", 4},
        {"\xcd\x01", 2},
        {"\xcb\x00\x00\x00\x00\x00\x00\x00", 8},
        {"\xdc\x00", 2},
        {"\xd9", 1},
        {"\xc1", 1},
        {"\xd4\x01\x02", 3},
        {"\xc7\x00\x01", 3},
        {"", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        uint8_t *exact = malloc(lies[i].len + 1); /* so that a sanitizer sees its end */
        uint8_t *start = exact + 1;
        memcpy(start, lies[i].bytes, lies[i].len);
        mm_cursor_t cursor = over(start, lies[i].len);
        mm_slice_t skipped = mm_cursor_skip(&cursor);
        if (!cursor.failed || skipped.len != 0)
            fail_msg("lie %zu is believed", i);
        free(exact);
    }
}

static void counts_are_read_when_their_elements_fit(void **state)
{
    (void)state;
    mm_cursor_t cursor = OVER("\x93\x01\x02\x03");
    assert_int_equal(mm_cursor_array(&cursor), 3);
    cursor = OVER("\x81\x01\x02");
    assert_int_equal(mm_cursor_map(&cursor), 1);
    cursor = OVER("\xdd\x00\x00\x00\x01\xc0");
    assert_int_equal(mm_cursor_array(&cursor), 1);
    cursor = OVER("\x93\x01\x02");
    assert_int_equal(mm_cursor_array(&cursor), 0);
    assert_true(cursor.failed);
    cursor = OVER("\x82\x01\x02\x03");
    assert_int_equal(mm_cursor_map(&cursor), 0);
    assert_true(cursor.failed);
}

static void a_failed_cursor_gives_nothing_any_more(void **state)
{
    mm_cursor_t cursor = OVER("\xc0\x05\xa1"
                              "a");

    (void)state;
    mm_cursor_bool(&cursor);
    assert_true(cursor.failed);
    assert_true(mm_cursor_at_end(&cursor));
    assert_int_equal(mm_cursor_peek(&cursor), MM_TYPE_IS_INVALID);
    assert_int_equal(mm_cursor_u64(&cursor), 0);
    assert_int_equal(mm_cursor_str(&cursor).len, 0);
    assert_null(mm_cursor_bin(&cursor).ptr);
    assert_int_equal(mm_cursor_array(&cursor), 0);
    assert_false(mm_cursor_take_nil(&cursor));
    assert_int_equal(mm_cursor_skip(&cursor).len, 0);
    assert_true(cursor.failed);
}

static void every_first_byte_has_a_type(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t bytes[16] = {(uint8_t)byte};
        mm_cursor_t cursor = over(bytes, sizeof bytes);
        mm_type_t type = mm_cursor_peek(&cursor);
        bool is_unknown =
            byte == 0xc1 || (byte >= 0xc7 && byte <= 0xc9) || (byte >= 0xd4 && byte <= 0xd8);
        if ((type == MM_TYPE_IS_INVALID) != is_unknown)
            fail_msg("first byte %02x", byte);
        mm_cursor_skip(&cursor);
        if (is_unknown && !cursor.failed)
            fail_msg("%02x is skipped", byte);
    }
}

static void nil_is_taken_or_left(void **state)
{
    mm_cursor_t cursor = OVER("\xc0\x01");

    (void)state;
    assert_true(mm_cursor_take_nil(&cursor));
    assert_false(mm_cursor_take_nil(&cursor));
    assert_int_equal(mm_cursor_u64(&cursor), 1);
    assert_false(mm_cursor_take_nil(&cursor));
    assert_false(cursor.failed);
}

static void skipping_passes_exactly_one_value(void **state)
{
    static const char bytes[] = "\x82\xa1"
                                "a\x93\x01\xc4\x02\x00\x00\xca\x00\x00\x00\x00\xa1"
                                "b\x80"
                                "\x2a";
    mm_cursor_t cursor = over(bytes, sizeof bytes - 1);

    (void)state;
    mm_slice_t value = mm_cursor_skip(&cursor);
    assert_ptr_equal(value.ptr, bytes);
    assert_int_equal(value.len, sizeof bytes - 2);
    assert_int_equal(mm_cursor_u64(&cursor), 42);
    assert_true(mm_cursor_at_end(&cursor));
}

static void skipping_follows_nesting_to_its_bound(void **state)
{
    uint8_t bytes[64];

    (void)state;
    memset(bytes, 0x91, sizeof bytes);
    bytes[MM_CURSOR_DEPTH] = 0x01;
    mm_cursor_t cursor = over(bytes, sizeof bytes);
    assert_int_equal(mm_cursor_skip(&cursor).len, MM_CURSOR_DEPTH + 1);
    bytes[MM_CURSOR_DEPTH] = 0x91;
    bytes[MM_CURSOR_DEPTH + 1] = 0x01;
    cursor = over(bytes, sizeof bytes);
    assert_int_equal(mm_cursor_skip(&cursor).len, 0);
    assert_true(cursor.failed);
}

static void no_bytes_at_all_are_an_end(void **state)
{
    mm_cursor_t cursor = mm_cursor((mm_slice_t){NULL, 0});

    (void)state;
    assert_true(mm_cursor_at_end(&cursor));
    assert_int_equal(mm_cursor_peek(&cursor), MM_TYPE_IS_INVALID);
    assert_false(cursor.failed);
    mm_cursor_nil(&cursor);
    assert_true(cursor.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_every_width_are_read),
        cmocka_unit_test(a_number_outside_the_asked_range_fails),
        cmocka_unit_test(numbers_are_read_from_integers_and_floats),
        cmocka_unit_test(strings_and_bytes_are_borrowed),
        cmocka_unit_test(an_id_is_sixteen_bytes),
        cmocka_unit_test(a_declared_size_is_not_believed),
        cmocka_unit_test(counts_are_read_when_their_elements_fit),
        cmocka_unit_test(a_failed_cursor_gives_nothing_any_more),
        cmocka_unit_test(every_first_byte_has_a_type),
        cmocka_unit_test(nil_is_taken_or_left),
        cmocka_unit_test(skipping_passes_exactly_one_value),
        cmocka_unit_test(skipping_follows_nesting_to_its_bound),
        cmocka_unit_test(no_bytes_at_all_are_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

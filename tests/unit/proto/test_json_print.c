/* msgpack to JSON: what is printed how, and what JSON cannot say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"

static char out[1 << 20];

static void assert_prints(const char *bytes, size_t len, const char *expected)
{
    size_t printed = mm_json_print((mm_slice_t){(const uint8_t *)bytes, len}, out, sizeof out - 1);

    out[printed] = '\0';
    assert_string_equal(out, expected);
    assert_true(printed <= MM_JSON_PRINTED_MAX(len));
}

#define PRINTS(bytes, expected) assert_prints(bytes, sizeof(bytes) - 1, expected)
#define IS_REFUSED(bytes)       PRINTS(bytes, "")

static void every_type_of_value_is_printed(void **state)
{
    (void)state;
    PRINTS("\xc0", "null");
    PRINTS("\xc2", "false");
    PRINTS("\xc3", "true");
    PRINTS("\x7f", "127");
    PRINTS("\xe0", "-32");
    PRINTS("\xcc\xff", "255");
    PRINTS("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
    PRINTS("\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "-9223372036854775808");
    PRINTS("\xd0\x80", "-128");
    PRINTS("\xd1\x7f\xff", "32767");
    PRINTS("\xca\x3f\x80\x00\x00", "1");
    PRINTS("\xca\x80\x00\x00\x00", "-0");
    PRINTS("\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a", "0.1");
    PRINTS("\xa0", "\"\"");
    PRINTS("\xa3"
           "abc",
           "\"abc\"");
    PRINTS("\x90", "[]");
    PRINTS("\x80", "{}");
    PRINTS("\x93\x01\x92\x02\x03\x80", "[1,[2,3],{}]");
    PRINTS("\x82\xa1"
           "a\x01\xa1"
           "b\xc0",
           "{\"a\":1,\"b\":null}");
    PRINTS("\xdc\x00\x01\xde\x00\x01\xa0\xc3", "[{\"\":true}]");
}

static void sixteen_bytes_print_as_a_uuid(void **state)
{
    (void)state;
    PRINTS("\xc4\x10\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef",
           "\"01234567-89ab-cdef-0123-456789abcdef\"");
    IS_REFUSED("\xc4\x0f\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd");
    IS_REFUSED("\xc4\x00");
}

static void only_what_must_be_escaped_is(void **state)
{
    (void)state;
    PRINTS("\xa7\"\\/\x7f\xc3\xa9'", "\"\\\"\\\\/\x7f\xc3\xa9'\"");
    PRINTS("\xa5\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
    PRINTS("\xa4\x00\x01\x1f\x0b", "\"\\u0000\\u0001\\u001f\\u000b\"");
    PRINTS("\xa3\xe2\x80\xa8", "\"\xe2\x80\xa8\"");
    PRINTS("\xb4"
           "0123456789abcdef\r\n\r\n",
           "\"0123456789abcdef\\r\\n\\r\\n\"");
}

static void what_json_cannot_say_is_refused(void **state)
{
    (void)state;
    IS_REFUSED("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"); /* infinity */
    IS_REFUSED("\xcb\xff\xf0\x00\x00\x00\x00\x00\x00");
    IS_REFUSED("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"); /* not a number */
    IS_REFUSED("\xca\x7f\xc0\x00\x00");
    IS_REFUSED("\x81\x01\x02"); /* a key that is no string */
    IS_REFUSED("\x81\xc0\x02");
    IS_REFUSED("\xa1\xff"); /* no UTF-8 */
    IS_REFUSED("\xa3\xed\xa0\x80");
    IS_REFUSED("\x81\xa1\xc3\x01");
    IS_REFUSED("\xd4\x01\x00"); /* ext types */
    IS_REFUSED("\xc7\x01\x05\x00");
    IS_REFUSED("\xc1");
}

static void malformed_msgpack_is_refused(void **state)
{
    (void)state;
    IS_REFUSED("");
    IS_REFUSED("\x01\x02"); /* two values */
    IS_REFUSED("\xa2"
               "a"); /* too short */
    IS_REFUSED("\x92\x01");
    IS_REFUSED("\x81\xa1"
               "a");
    IS_REFUSED("\xdd\xff\xff\xff\xff\x01");
    IS_REFUSED("\xdf\xff\xff\xff\xff\xa0\xa0");
    IS_REFUSED("\xdb\xff\xff\xff\xff"
               "abc");
    IS_REFUSED("\xc6\xff\xff\xff\xff"
               "abc");
    IS_REFUSED("\xcd\x01");
}

static void nesting_beyond_the_cursors_is_refused(void **state)
{
    static uint8_t arrays[100000];

    (void)state;
    memset(arrays, 0x91, sizeof arrays);
    arrays[MM_CURSOR_DEPTH] = 0x01;
    assert_int_equal(mm_json_print((mm_slice_t){arrays, MM_CURSOR_DEPTH + 1}, out, sizeof out),
                     2 * MM_CURSOR_DEPTH + 1);
    arrays[MM_CURSOR_DEPTH] = 0x91;
    arrays[MM_CURSOR_DEPTH + 1] = 0x01;
    assert_int_equal(mm_json_print((mm_slice_t){arrays, MM_CURSOR_DEPTH + 2}, out, sizeof out), 0);
    assert_int_equal(mm_json_print((mm_slice_t){arrays, sizeof arrays}, out, sizeof out), 0);
}

/* {"type":...} with a body of `{"text":"a\"\n...","n":-1.5,"target":<id>}`. */
static const uint8_t body[] = "\x83\xa4text\xb5"
                              "0123456789abcdef\"\n\xc3\xa9z\xa1n\xcb\xbf\xf8\x00"
                              "\x00\x00\x00\x00\x00\xa8targetId\xc4\x10\x01\x23\x45\x67\x89\xab\xcd"
                              "\xef\x01\x23\x45\x67\x89\xab\xcd\xef";
static const mm_id_t from = {{0xaa, 0xbb}};

static mm_outbound_t chat(void)
{
    return (mm_outbound_t){.spec = mm_spec(MM_MSG_CHAT),
                           .room = mm_text("ABC123"),
                           .from = &from,
                           .body = {body, sizeof body - 1},
                           .timestamp = {(const uint8_t *)"\xcd\x04\xd2", 3}};
}

static void a_message_has_its_base_members_around_the_body(void **state)
{
    mm_outbound_t message = chat();

    (void)state;
    out[mm_json_print_message(&message, out, sizeof out - 1)] = '\0';
    assert_string_equal(out, "{\"type\":\"chat\",\"roomId\":\"ABC123\","
                             "\"participantId\":\"aabb0000-0000-0000-0000-000000000000\","
                             "\"text\":\"0123456789abcdef\\\"\\n\xc3\xa9z\",\"n\":-1.5,"
                             "\"targetId\":\"01234567-89ab-cdef-0123-456789abcdef\","
                             "\"timestamp\":1234}");
}

static void an_unbound_message_names_neither_room_nor_participant(void **state)
{
    mm_outbound_t message = chat();

    (void)state;
    message.spec = mm_spec(MM_MSG_ERROR);
    message.body = (mm_slice_t){(const uint8_t *)"\x80", 1};
    out[mm_json_print_message(&message, out, sizeof out - 1)] = '\0';
    assert_string_equal(out, "{\"type\":\"error\",\"roomId\":\"\",\"participantId\":\"\","
                             "\"timestamp\":1234}");
    message = chat();
    message.from = NULL;
    message.room = mm_text("");
    message.body = (mm_slice_t){(const uint8_t *)"\x80", 1};
    out[mm_json_print_message(&message, out, sizeof out - 1)] = '\0';
    assert_string_equal(out, "{\"type\":\"chat\",\"roomId\":\"\",\"participantId\":\"\","
                             "\"timestamp\":1234}");
}

static void a_message_with_a_bad_part_is_not_printed(void **state)
{
    mm_outbound_t message = chat();

    (void)state;
    message.body.len--;
    assert_int_equal(mm_json_print_message(&message, out, sizeof out), 0);
    message = chat();
    message.body = (mm_slice_t){(const uint8_t *)"\x90", 1};
    assert_int_equal(mm_json_print_message(&message, out, sizeof out), 0);
    message.body = (mm_slice_t){(const uint8_t *)"\x80\x80", 2};
    assert_int_equal(mm_json_print_message(&message, out, sizeof out), 0);
    message.body = (mm_slice_t){NULL, 0};
    assert_int_equal(mm_json_print_message(&message, out, sizeof out), 0);
    message = chat();
    message.timestamp = (mm_slice_t){(const uint8_t *)"\xa1"
                                                      "1",
                                     2};
    assert_int_equal(mm_json_print_message(&message, out, sizeof out), 0);
    message.timestamp = (mm_slice_t){(const uint8_t *)"\x01\x01", 2};
    assert_int_equal(mm_json_print_message(&message, out, sizeof out), 0);
    message.timestamp = (mm_slice_t){NULL, 0};
    assert_int_equal(mm_json_print_message(&message, out, sizeof out), 0);
}

static void a_message_fits_exactly_or_not_at_all(void **state)
{
    mm_outbound_t message = chat();
    size_t whole = mm_json_print_message(&message, out, sizeof out);

    (void)state;
    assert_true(whole > 0 && whole <= MM_JSON_PRINTED_MAX(sizeof body));
    for (size_t capacity = 0; capacity <= whole; capacity++) {
        char *exact = malloc(capacity + 1);
        exact[capacity] = 0x5a;
        assert_int_equal(mm_json_print_message(&message, exact, capacity),
                         capacity == whole ? whole : 0);
        assert_int_equal(exact[capacity], 0x5a);
        free(exact);
    }
}

static void a_body_of_control_characters_keeps_to_the_bound(void **state)
{
    static uint8_t bytes[66000];

    (void)state;
    memset(bytes, 1, sizeof bytes);
    memcpy(bytes, "\x81\xa0\xda\xff\xff", 5);
    mm_outbound_t message = chat();
    message.body = (mm_slice_t){bytes, 5 + 65535};
    assert_true(mm_json_print_message(&message, out, MM_JSON_PRINTED_MAX(message.body.len)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_of_value_is_printed),
        cmocka_unit_test(sixteen_bytes_print_as_a_uuid),
        cmocka_unit_test(only_what_must_be_escaped_is),
        cmocka_unit_test(what_json_cannot_say_is_refused),
        cmocka_unit_test(malformed_msgpack_is_refused),
        cmocka_unit_test(nesting_beyond_the_cursors_is_refused),
        cmocka_unit_test(a_message_has_its_base_members_around_the_body),
        cmocka_unit_test(an_unbound_message_names_neither_room_nor_participant),
        cmocka_unit_test(a_message_with_a_bad_part_is_not_printed),
        cmocka_unit_test(a_message_fits_exactly_or_not_at_all),
        cmocka_unit_test(a_body_of_control_characters_keeps_to_the_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

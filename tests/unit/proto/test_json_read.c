/* JSON to msgpack, any value.  What is right stands in tests/json/cases.def and in bytes here;
 * test_json_oracle.c asks jansson. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"

typedef struct json_case {
    const char *name, *text;
    size_t len;
    mm_reason_t reason;
} json_case_t;

static const json_case_t cases[] = {
#define ACCEPT(name, text)            {#name, text, sizeof(text) - 1, MM_REASON_NONE},
#define REFUSE(name, why, text)       {#name, text, sizeof(text) - 1, MM_REASON_##why},
#define OURS(name, why, theirs, text) {#name, text, sizeof(text) - 1, MM_REASON_##why},
#include "tests/json/cases.def"
#undef ACCEPT
#undef REFUSE
#undef OURS
};

enum { BUFFER = 1 << 20 };
static uint8_t out[BUFFER];
static char json[BUFFER];

static mm_err_t read_text(mm_text_t text, size_t *len, mm_reason_t *reason)
{
    return mm_json_read(text, out, sizeof out, len, reason);
}

static void every_case_of_the_corpus_is_judged_as_stated(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len;
        mm_reason_t reason;
        /* the byte behind the text would close a string, and nothing may be read behind that */
        char *copy = malloc(cases[i].len + 1);
        memcpy(copy, cases[i].text, cases[i].len);
        copy[cases[i].len] = '"';
        mm_err_t err = read_text((mm_text_t){copy, cases[i].len}, &len, &reason);
        if (reason != cases[i].reason || (err == MM_OK) != (cases[i].reason == MM_REASON_NONE))
            fail_msg("%s: %s", cases[i].name, mm_reason_text(reason));
        if (err == MM_OK)
            assert_true(len <= MM_JSON_DECODED_MAX(cases[i].len));
        free(copy);
    }
}

static void assert_reads_as(const char *text, const char *bytes, size_t len)
{
    size_t out_len;
    mm_reason_t reason;

    if (read_text(mm_text(text), &out_len, &reason) != MM_OK)
        fail_msg("%s: %s", text, mm_reason_text(reason));
    assert_int_equal(out_len, len);
    assert_memory_equal(out, bytes, len);
}

#define READS_AS(text, bytes) assert_reads_as(text, bytes, sizeof(bytes) - 1)

static void values_become_the_shortest_msgpack(void **state)
{
    (void)state;
    READS_AS("null", "\xc0");
    READS_AS("false", "\xc2");
    READS_AS("true", "\xc3");
    READS_AS("0", "\x00");
    READS_AS("-1", "\xff");
    READS_AS("128", "\xcc\x80");
    READS_AS("9007199254740992", "\xcf\x00\x20\x00\x00\x00\x00\x00\x00");
    READS_AS("-9007199254740992", "\xd3\xff\xe0\x00\x00\x00\x00\x00\x00");
    READS_AS("0.5", "\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00");
    READS_AS("\"a\"", "\xa1"
                      "a");
    READS_AS("\"\\u0041\\n\"", "\xa2"
                               "A\n");
    READS_AS("\"\\ud83d\\ude00\"", "\xa4\xf0\x9f\x98\x80");
    READS_AS("[]", "\xdc\x00\x00");
    READS_AS("[1,[2]]", "\xdc\x00\x02\x01\xdc\x00\x01\x02");
    READS_AS("{\"a\":null}", "\xde\x00\x01\xa1"
                             "a\xc0");
}

static void a_number_that_prints_as_an_integer_is_one(void **state)
{
    (void)state;
    READS_AS("1.0", "\x01");
    READS_AS("123e1", "\xcd\x04\xce");
    READS_AS("0.0", "\x00");
    READS_AS("1e-400", "\x00");
    READS_AS("9007199254740993", "\xcf\x00\x20\x00\x00\x00\x00\x00\x00"); /* rounds to 2^53 */
    READS_AS("1000", "\xcd\x03\xe8");
    READS_AS("1e3", "\xcb\x40\x8f\x40\x00\x00\x00\x00\x00");
    READS_AS("1000.0", "\xcb\x40\x8f\x40\x00\x00\x00\x00\x00");
    READS_AS("9007199254740994", "\xcb\x43\x40\x00\x00\x00\x00\x00\x01");
}

static void minus_zero_keeps_its_sign_in_five_bytes(void **state)
{
    (void)state;
    READS_AS("-0", "\xca\x80\x00\x00\x00");
    READS_AS("-0.0e7", "\xca\x80\x00\x00\x00");
    READS_AS("-1e-400", "\xca\x80\x00\x00\x00");
}

/* `len` bytes of content; every `escape_every`-th is an escape when that is not 0. */
static size_t make_string(size_t len, size_t escape_every)
{
    size_t at = 0;

    json[at++] = '"';
    for (size_t i = 1; i <= len; i++) {
        if (escape_every != 0 && i % escape_every == 0) {
            json[at++] = '\\';
            json[at++] = 'n';
        } else {
            json[at++] = (char)('a' + i % 26);
        }
    }
    json[at++] = '"';
    return at;
}

static void assert_is_string(size_t len, size_t escape_every, size_t written)
{
    mm_cursor_t cursor = mm_cursor((mm_slice_t){out, written});
    mm_text_t text = mm_cursor_str(&cursor);
    size_t header = len < 32 ? 1 : len < 256 ? 2 : len < 65536 ? 3 : 5;

    assert_int_equal(written, header + len);
    assert_int_equal(text.len, len);
    for (size_t i = 1; i <= len; i++) {
        bool is_escape = escape_every != 0 && i % escape_every == 0;
        if (text.ptr[i - 1] != (is_escape ? '\n' : (char)('a' + i % 26)))
            fail_msg("byte %zu of %zu, an escape every %zu", i, len, escape_every);
    }
}

static void strings_of_every_length_have_the_shortest_header(void **state)
{
    static const size_t lens[] = {0,   1,   15,  16,    17,    30,    31,    32,
                                  33,  63,  64,  65,    127,   128,   129,   254,
                                  255, 256, 257, 65534, 65535, 65536, 65537, 100000};
    static const size_t everies[] = {0, 1, 2, 7, 16, 17, 40, 64, 65, 1000, 65536};

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        for (size_t k = 0; k < sizeof everies / sizeof everies[0]; k++) {
            size_t written;
            mm_reason_t reason;
            size_t len = make_string(lens[i], everies[k]);
            assert_int_equal(read_text((mm_text_t){json, len}, &written, &reason), MM_OK);
            assert_is_string(lens[i], everies[k], written);
        }
    }
}

static size_t make_array(const char *element, size_t count)
{
    size_t at = 0, len = strlen(element);

    json[at++] = '[';
    for (size_t i = 0; i < count; i++) {
        memcpy(json + at, element, len);
        at += len;
        json[at++] = ',';
    }
    json[at - 1] = ']';
    return at;
}

static void an_array_of_more_than_65535_gets_a_longer_header(void **state)
{
    static const size_t counts[] = {65535, 65536, 65537};
    size_t written;
    mm_reason_t reason;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        size_t len = make_array("7", counts[i]), header = counts[i] > 65535 ? 5 : 3;
        assert_int_equal(read_text((mm_text_t){json, len}, &written, &reason), MM_OK);
        assert_int_equal(written, header + counts[i]);
        mm_cursor_t cursor = mm_cursor((mm_slice_t){out, written});
        assert_int_equal(mm_cursor_array(&cursor), counts[i]);
        for (size_t k = 0; k < counts[i]; k++)
            assert_int_equal(mm_cursor_u64(&cursor), 7);
    }
}

static void a_longer_header_needs_room_as_well(void **state)
{
    size_t len = make_array("7", 65536), whole = 5 + 65536, written;
    mm_reason_t reason;

    (void)state;
    for (size_t capacity = whole - 2; capacity <= whole; capacity++) {
        out[capacity] = 0x5a;
        assert_int_equal(mm_json_read((mm_text_t){json, len}, out, capacity, &written, &reason),
                         capacity == whole ? MM_OK : MM_ERR_TOO_LARGE);
        assert_int_equal(out[capacity], 0x5a);
    }
}

static void no_text_outgrows_the_stated_bound(void **state)
{
    static const char *const elements[] = {
        "0.1",       "1e3", "-0",   "[]",    "{}",         "\"\"",
        "-1",        "256", "[-0]", "[0.1]", "{\"\":0.1}", "[[[[[[[[[[[[[[0.1]]]]]]]]]]]]]]",
        "4294967296"};
    size_t written;
    mm_reason_t reason;

    (void)state;
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        for (size_t count = 1; count < 70000; count = count * 3 + 1) {
            if (count * strlen(elements[i]) > BUFFER / 3)
                break;
            size_t len = make_array(elements[i], count);
            assert_int_equal(mm_json_read((mm_text_t){json, len}, out, MM_JSON_DECODED_MAX(len),
                                          &written, &reason),
                             MM_OK);
        }
    }
}

static void too_little_room_is_said_and_nothing_is_written_behind_it(void **state)
{
    static const char text[] = "{\"a\":[1,\"b\\n\\u00e9\",0.5,-0,null,true],\"key\":\"0123456789"
                               "0123456789012345678901234567890123456789\\t\"}";
    size_t whole, written;
    mm_reason_t reason;

    (void)state;
    assert_int_equal(read_text(mm_text(text), &whole, &reason), MM_OK);
    for (size_t capacity = 0; capacity < whole + 4; capacity++) {
        uint8_t *exact = malloc(capacity + 1); /* one byte to see */
        exact[capacity] = 0x5a;
        mm_err_t err = mm_json_read(mm_text(text), exact, capacity, &written, &reason);
        assert_int_equal(exact[capacity], 0x5a);
        /* a string with escapes wants three bytes of header until its length is known */
        if (capacity >= whole + 2)
            assert_int_equal(err, MM_OK);
        else if (capacity < whole)
            assert_int_equal(err, MM_ERR_TOO_LARGE);
        assert_int_equal(written, err == MM_OK ? whole : 0);
        free(exact);
    }
}

/* {"a":{"a":...{"a":1,"b":1,...}}} with `members` in the object that lies `depth` deep. */
static size_t make_object(size_t depth, size_t members)
{
    size_t at = 0;

    for (size_t i = 1; i < depth; i++)
        at += (size_t)sprintf(json + at, "{\"a\":");
    json[at++] = '{';
    for (size_t i = 0; i < members; i++)
        at += (size_t)sprintf(json + at, "%s\"m%zu\":%zu", i == 0 ? "" : ",", i, i);
    for (size_t i = 0; i < depth; i++)
        json[at++] = '}';
    return at;
}

static void objects_have_at_most_64_members_at_any_depth(void **state)
{
    size_t written;
    mm_reason_t reason;

    (void)state;
    for (size_t depth = 1; depth <= 3; depth++) {
        size_t len = make_object(depth, 64);
        assert_int_equal(read_text((mm_text_t){json, len}, &written, &reason), MM_OK);
        len = make_object(depth, 65);
        assert_int_equal(read_text((mm_text_t){json, len}, &written, &reason),
                         MM_ERR_INVALID_MESSAGE);
        assert_int_equal(reason, MM_REASON_TOO_MANY_MEMBERS);
    }
}

static void nesting_is_refused_at_17_and_costs_nothing_beyond(void **state)
{
    size_t written;
    mm_reason_t reason;

    (void)state;
    assert_int_equal(read_text((mm_text_t){json, make_object(16, 1)}, &written, &reason), MM_OK);
    read_text((mm_text_t){json, make_object(17, 1)}, &written, &reason);
    assert_int_equal(reason, MM_REASON_TOO_DEEP);
    memset(json, '[', BUFFER);
    read_text((mm_text_t){json, BUFFER - 1}, &written, &reason);
    assert_int_equal(reason, MM_REASON_TOO_DEEP);
}

static void a_literal_of_200000_digits_is_a_number(void **state)
{
    size_t written;
    mm_reason_t reason;
    double value;

    (void)state;
    memset(json, '3', 200000);
    memcpy(json, "0.", 2);
    assert_int_equal(read_text((mm_text_t){json, 200000}, &written, &reason), MM_OK);
    mm_cursor_t cursor = mm_cursor((mm_slice_t){out, written});
    value = mm_cursor_number(&cursor);
    assert_true(value > 0.333333333333333 && value < 0.333333333333334);

    memset(json, '0', 200000); /* 1000...0e-199999 */
    json[0] = '1';
    memcpy(json + 199993, "e-19999", 7);
    read_text((mm_text_t){json, 200000}, &written, &reason);
    assert_int_equal(reason, MM_REASON_NUMBER_RANGE);
    memcpy(json + 199992, "e-199991", 8);
    assert_int_equal(read_text((mm_text_t){json, 200000}, &written, &reason), MM_OK);
    assert_memory_equal(out, "\x01", 1);
}

static void every_cut_of_a_message_is_refused(void **state)
{
    static const char text[] = "{\"type\":\"chat\",\"a\":[1.5e3,true,null,\"\\u00e9\\ud83d\\ude00"
                               "\xc3\xa9\"],\"b\":{\"c\":-0}}";
    size_t written;
    mm_reason_t reason;

    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        char *cut = malloc(len + 1);
        memcpy(cut, text, len + 1);
        assert_int_equal(read_text((mm_text_t){cut, len}, &written, &reason),
                         MM_ERR_INVALID_MESSAGE);
        free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_corpus_is_judged_as_stated),
        cmocka_unit_test(values_become_the_shortest_msgpack),
        cmocka_unit_test(a_number_that_prints_as_an_integer_is_one),
        cmocka_unit_test(minus_zero_keeps_its_sign_in_five_bytes),
        cmocka_unit_test(strings_of_every_length_have_the_shortest_header),
        cmocka_unit_test(an_array_of_more_than_65535_gets_a_longer_header),
        cmocka_unit_test(a_longer_header_needs_room_as_well),
        cmocka_unit_test(no_text_outgrows_the_stated_bound),
        cmocka_unit_test(too_little_room_is_said_and_nothing_is_written_behind_it),
        cmocka_unit_test(objects_have_at_most_64_members_at_any_depth),
        cmocka_unit_test(nesting_is_refused_at_17_and_costs_nothing_beyond),
        cmocka_unit_test(a_literal_of_200000_digits_is_a_number),
        cmocka_unit_test(every_cut_of_a_message_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

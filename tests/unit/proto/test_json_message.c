/* A browser's message: the members every one has, what travels in a body, and what is refused for which
 * reason.  The bounds of every field of every row are in test_json_bounds.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"

/* an id as text, as 16 bytes, and as msgpack */
#define UUID  "01234567-89ab-4def-8123-456789abcdef"
#define BYTES "\x01\x23\x45\x67\x89\xab\x4d\xef\x81\x23\x45\x67\x89\xab\xcd\xef"
#define BIN   "\xc4\x10" BYTES

static uint8_t out[1 << 16];
static mm_inbound_t message;
static mm_fault_t fault;

static mm_err_t read_message(const char *json, size_t small_limit)
{
    mm_slice_t none = {NULL, 0};

    return mm_json_read_message(mm_text(json), small_limit, none, out, sizeof out, &message,
                                &fault);
}

static void assert_body(const char *json, const char *body, size_t len)
{
    if (read_message(json, SIZE_MAX) != MM_OK)
        fail_msg("%s: %s %s", json, fault.field, mm_reason_text(fault.reason));
    assert_int_equal(fault.reason, MM_REASON_NONE);
    assert_int_equal(message.json_bytes, strlen(json));
    assert_int_equal(message.body.len, len);
    assert_memory_equal(message.body.ptr, body, len);
}
#define HAS_BODY(json, body) assert_body(json, body, sizeof(body) - 1)

static void assert_refused(const char *json, mm_err_t err, mm_reason_t reason, const char *field,
                           bool has_spec)
{
    mm_err_t got = read_message(json, SIZE_MAX);

    if (got != err || fault.reason != reason)
        fail_msg("%s: %s, %s", json, mm_err_name(got), mm_reason_text(fault.reason));
    assert_int_equal(message.spec != NULL, has_spec);
    if (field == NULL)
        assert_null(fault.field);
    else
        assert_string_equal(fault.field, field);
}

/* The gateway answers the first kind itself, the broker the second. */
#define NO_MESSAGE(json, reason, field)                                                            \
    assert_refused(json, MM_ERR_INVALID_MESSAGE, MM_REASON_##reason, field, false)
#define BAD_MEMBER(json, reason, field)                                                            \
    assert_refused(json, MM_ERR_INVALID_MESSAGE, MM_REASON_##reason, field, true)

/* --- what travels -------------------------------------------------------------------------- */

static void a_body_leaves_out_the_base_members(void **state)
{
    (void)state;
    HAS_BODY("{\"type\":\"chat\",\"roomId\":\"A\",\"participantId\":\"\",\"text\":\"Hi\","
             "\"timestamp\":1234567890123}",
             "\x81\xa4text\xa2Hi");
    assert_int_equal(message.spec->msg, MM_MSG_CHAT);
    assert_true(message.has_timestamp);
    assert_int_equal(message.timestamp.len, 9);
    assert_memory_equal(message.timestamp.ptr, "\xcf\x00\x00\x01\x1f\x71\xfb\x04\xcb", 9);
    assert_true(mm_id_is_nil(&message.target));
    HAS_BODY("{\"type\":\"leave\"}", "\x80");
    assert_false(message.has_timestamp);
    assert_int_equal(message.timestamp.len, 0);
}

static void the_order_of_members_does_not_matter(void **state)
{
    (void)state;
    HAS_BODY("{\"timestamp\":5,\"text\":\"Hi\",\"participantId\":\"x\",\"roomId\":\"A\","
             "\"type\":\"chat\"}",
             "\x81\xa4text\xa2Hi");
    HAS_BODY(" { \"text\" : \"Hi\" , \"roomId\" : null , \"type\" : \"chat\" } ",
             "\x81\xa4text\xa2Hi");
    HAS_BODY("{\"b\":1,\"text\":\"Hi\",\"type\":\"chat\",\"a\":2}", "\x83\xa1"
                                                                    "b\x01\xa4text\xa2Hi\xa1"
                                                                    "a\x02");
}

static void unknown_members_pass_as_they_were_sent(void **state)
{
    (void)state;
    HAS_BODY("{\"type\":\"chat\",\"text\":\"Hi\",\"x\":{\"type\":[1.5,null]},\"\":\"\",\"x\":2}",
             "\x84\xa4text\xa2Hi\xa1x\xde\x00\x01\xa4type\xdc\x00\x02"
             "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\xc0\xa0\xa0\xa1x\x02");
}

static void names_of_members_may_be_escaped(void **state)
{
    (void)state;
    HAS_BODY("{\"\\u0074ype\":\"ch\\u0061t\",\"te\\u0078t\":\"Hi\",\"room\\u0049d\":\"A\"}",
             "\x81\xa4text\xa2Hi");
    BAD_MEMBER("{\"type\":\"chat\",\"text\":\"a\",\"te\\u0078t\":\"b\"}", DUPLICATE, "text");
}

static void a_target_travels_in_16_bytes_when_it_is_a_uuid_in_lower_case(void **state)
{
    (void)state;
    HAS_BODY("{\"type\":\"quality-change\",\"targetId\":\"" UUID "\",\"quality\":\"low\"}",
             "\x82\xa8targetId" BIN "\xa7quality\xa3low");
    assert_memory_equal(message.target.bytes, BYTES, 16);
    HAS_BODY("{\"type\":\"quality-change\",\"targetId\":\"01234567-89AB-4def-8123-456789abcdef\","
             "\"quality\":\"low\"}",
             "\x82\xa8targetId\xd9\x24"
             "01234567-89AB-4def-8123-456789abcdef\xa7quality\xa3low");
    assert_memory_equal(message.target.bytes, BYTES, 16);
    HAS_BODY("{\"type\":\"quality-change\",\"targetId\":\"Bob\",\"quality\":\"low\"}",
             "\x82\xa8targetId\xa3"
             "Bob\xa7quality\xa3low");
    assert_true(mm_id_is_nil(&message.target));
    HAS_BODY("{\"type\":\"admit-user\",\"targetId\":\"\"}", "\x81\xa8targetId\xa0");
    HAS_BODY("{\"type\":\"admit-user\",\"targetId\":\"\\u0030"
             "1234567-89ab-4def-8123-456789abcdef\"}",
             "\x81\xa8targetId" BIN);
}

static void only_a_targeted_message_has_a_target(void **state)
{
    (void)state;
    HAS_BODY("{\"type\":\"chat\",\"text\":\"a\",\"targetId\":\"" UUID "\"}", "\x82\xa4text\xa1"
                                                                             "a\xa8targetId" BIN);
    assert_true(mm_id_is_nil(&message.target));
    HAS_BODY("{\"type\":\"chat\",\"text\":\"a\",\"targetId\":7}", "\x82\xa4text\xa1"
                                                                  "a\xa8targetId\x07");
    HAS_BODY("{\"type\":\"chat\",\"text\":\"a\",\"x\":{\"targetId\":\"" UUID "\"}}",
             "\x82\xa4text\xa1"
             "a\xa1x\xde\x00\x01\xa8targetId\xd9\x24" UUID);
}

static void a_join_carries_its_room_and_what_the_gateway_adds(void **state)
{
    static const uint8_t extra[] = "\xa7"
                                   "address\xc4\x10"
                                   "0123456789abcdef";
    static const char json[] = "{\"type\":\"join\",\"roomId\":\"AB\\u0043-1_2\",\"name\":\"Ann\"}";
    static const char body[] = "\x83\xa4name\xa3"
                               "Ann\xa6roomId\xa7"
                               "ABC-1_2"
                               "\xa7"
                               "address\xc4\x10"
                               "0123456789abcdef";
    mm_slice_t pair = {extra, sizeof extra - 1};
    struct mm_join join;

    (void)state;
    HAS_BODY("{\"roomId\":\"ABC123\",\"type\":\"join\"}", "\x81\xa6roomId\xa6"
                                                          "ABC123");
    assert_int_equal(
        mm_json_read_message(mm_text(json), 65536, pair, out, sizeof out, &message, &fault), MM_OK);
    assert_int_equal(message.body.len, sizeof body - 1);
    assert_memory_equal(message.body.ptr, body, sizeof body - 1);
    assert_int_equal(mm_message_read(message.spec, message.body, &join, &fault), MM_OK);
    assert_true(mm_text_is(join.room, "ABC-1_2"));
    assert_memory_equal(join.address.ptr, "0123456789abcdef", 16);
    assert_int_equal(mm_json_read_message(mm_text("{\"type\":\"leave\"}"), 65536, pair, out,
                                          sizeof out, &message, &fault),
                     MM_OK);
    assert_int_equal(message.body.len, 1); /* of a join only */
}

static void what_the_server_sets_is_dropped_wherever_it_stands(void **state)
{
    (void)state;
    HAS_BODY("{\"type\":\"join\",\"address\":\"127.0.0.1\",\"roomId\":\"A\",\"name\":\"Ann\"}",
             "\x82\xa4name\xa3"
             "Ann\xa6roomId\xa1"
             "A");
    HAS_BODY("{\"isMuted\":true,\"isModerator\":true,\"x\":1,\"type\":\"participant-updated\"}",
             "\x82\xa7isMuted\xc3\xa1x\x01");
    HAS_BODY("{\"startedBy\":{\"a\":[]},\"type\":\"recording-started\"}", "\x80");
    HAS_BODY("{\"x\":1,\"lockedBy\":\"" UUID "\",\"type\":\"room-locked\"}", "\x81\xa1x\x01");
    HAS_BODY("{\"lockedBy\":1,\"type\":\"room-unlocked\"}",
             "\x81\xa8lockedBy\x01"); /* not its own */
    BAD_MEMBER("{\"type\":\"room-locked\",\"lockedBy\":1,\"lockedBy\":2}", DUPLICATE, "lockedBy");
}

static void any_number_is_a_timestamp_and_null_is_none(void **state)
{
    (void)state;
    HAS_BODY("{\"type\":\"leave\",\"timestamp\":1.5}", "\x80");
    assert_memory_equal(message.timestamp.ptr, "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", 9);
    HAS_BODY("{\"type\":\"leave\",\"timestamp\":-1e300}", "\x80");
    assert_true(message.has_timestamp);
    HAS_BODY("{\"type\":\"leave\",\"timestamp\":null}", "\x80");
    assert_false(message.has_timestamp);
}

/* {"type":"chat","text":"a","m2":2,...}: `members` in all. */
static const char *with_members(size_t members)
{
    static char json[4096];
    size_t at = (size_t)sprintf(json, "{\"type\":\"chat\",\"text\":\"a\"");

    for (size_t i = 2; i < members; i++)
        at += (size_t)sprintf(json + at, ",\"m%zu\":%zu", i, i);
    sprintf(json + at, "}");
    return json;
}

static void sixty_four_members_pass(void **state)
{
    (void)state;
    for (size_t members = 2; members <= 64; members++) {
        assert_int_equal(read_message(with_members(members), SIZE_MAX), MM_OK);
        mm_cursor_t cursor = mm_cursor(message.body);
        assert_int_equal(mm_cursor_map(&cursor), members - 1);
        assert_int_equal(message.body.ptr[0], members - 1 < 16 ? 0x80 | (members - 1) : 0xde);
    }
    NO_MESSAGE(with_members(65), TOO_MANY_MEMBERS, NULL);
}

/* --- what is refused ----------------------------------------------------------------------- */

static void what_is_no_json_object_has_no_row(void **state)
{
    (void)state;
    NO_MESSAGE("", NOT_JSON, NULL);
    NO_MESSAGE("{", NOT_JSON, NULL);
    NO_MESSAGE("{\"type\":\"leave\"", NOT_JSON, NULL);
    NO_MESSAGE("{\"type\":\"leave\"}}", NOT_JSON, NULL);
    NO_MESSAGE("{\"type\":\"leave\",}", NOT_JSON, NULL);
    NO_MESSAGE("[]", NOT_OBJECT, NULL);
    NO_MESSAGE("null", NOT_OBJECT, NULL);
    NO_MESSAGE(" \"leave\"", NOT_OBJECT, NULL);
    NO_MESSAGE("[1,", NOT_JSON, NULL);
    NO_MESSAGE("{\"type\":\"leave\",\"a\":1e999}", NUMBER_RANGE, NULL);
    NO_MESSAGE("{\"type\":\"leave\",\"a\":\"\\ud800\"}", SURROGATE, NULL);
    NO_MESSAGE("{\"type\":\"leave\",\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", TOO_DEEP, NULL);
    HAS_BODY("{\"type\":\"leave\",\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}",
             "\x81\xa1"
             "a\xdc\x00\x01\xdc\x00\x01\xdc\x00\x01\xdc\x00\x01\xdc\x00\x01\xdc\x00\x01"
             "\xdc\x00\x01\xdc\x00\x01\xdc\x00\x01\xdc\x00\x01\xdc\x00\x01\xdc\x00\x01\xdc\x00\x01"
             "\xdc\x00\x01\xdc\x00\x00");
}

static void invalid_utf8_anywhere_is_said_first(void **state)
{
    (void)state;
    NO_MESSAGE("{\"type\":\"leave\",\"a\":\"\xff\"}", UTF8, NULL);
    NO_MESSAGE("{\"type\":\"leave\"}\xff", UTF8, NULL);
    NO_MESSAGE("{\"type\":\xff", UTF8, NULL);
    NO_MESSAGE("[}\xc3\"", UTF8, NULL);
    NO_MESSAGE("{\"type\":\"leave\",\"\xed\xa0\x80\":1}", UTF8, NULL);
    NO_MESSAGE("{\"type\":\"\xc3\"}", UTF8, NULL);
}

static void a_message_needs_one_known_type(void **state)
{
    (void)state;
    NO_MESSAGE("{}", MISSING, "type");
    NO_MESSAGE("{\"type\":null}", MISSING, "type");
    NO_MESSAGE("{\"Type\":\"leave\"}", MISSING, "type");
    NO_MESSAGE("{\"type\":1}", WRONG_TYPE, "type");
    NO_MESSAGE("{\"type\":[\"leave\"]}", WRONG_TYPE, "type");
    NO_MESSAGE("{\"type\":\"leave\",\"type\":\"leave\"}", DUPLICATE, "type");
    NO_MESSAGE("{\"type\":\"leave\",\"type\":null}", DUPLICATE, "type");
    assert_refused("{\"type\":\"dance\"}", MM_ERR_UNKNOWN_MESSAGE_TYPE, MM_REASON_NONE, NULL,
                   false);
    assert_refused("{\"type\":\"\"}", MM_ERR_UNKNOWN_MESSAGE_TYPE, MM_REASON_NONE, NULL, false);
    assert_refused("{\"type\":\"leave\\u0000\"}", MM_ERR_UNKNOWN_MESSAGE_TYPE, MM_REASON_NONE, NULL,
                   false);
    for (unsigned number = 0; number < MM_MSG_LIMIT; number++) {
        const mm_spec_t *spec = mm_spec((mm_msg_t)number);
        char json[64];
        if (spec == NULL || (spec->senders & MM_BY_ANYONE) != 0)
            continue;
        snprintf(json, sizeof json, "{\"type\":\"%s\"}", spec->wire); /* only servers send it */
        assert_refused(json, MM_ERR_UNKNOWN_MESSAGE_TYPE, MM_REASON_NONE, NULL, false);
    }
}

static void base_members_have_their_types(void **state)
{
    (void)state;
    BAD_MEMBER("{\"type\":\"leave\",\"roomId\":1}", WRONG_TYPE, "roomId");
    BAD_MEMBER("{\"type\":\"leave\",\"participantId\":{}}", WRONG_TYPE, "participantId");
    BAD_MEMBER("{\"type\":\"leave\",\"timestamp\":\"1\"}", WRONG_TYPE, "timestamp");
    BAD_MEMBER("{\"type\":\"leave\",\"timestamp\":true}", WRONG_TYPE, "timestamp");
    BAD_MEMBER("{\"type\":\"leave\",\"timestamp\":1,\"timestamp\":1}", DUPLICATE, "timestamp");
    BAD_MEMBER("{\"type\":\"leave\",\"timestamp\":null,\"timestamp\":1}", DUPLICATE, "timestamp");
    BAD_MEMBER("{\"type\":\"leave\",\"roomId\":\"A\",\"roomId\":\"A\"}", DUPLICATE, "roomId");
    BAD_MEMBER("{\"type\":\"leave\",\"participantId\":\"\",\"participantId\":\"\"}", DUPLICATE,
               "participantId");
    BAD_MEMBER("{\"type\":\"join\"}", MISSING, "roomId");
    BAD_MEMBER("{\"type\":\"join\",\"roomId\":null}", MISSING, "roomId");
    BAD_MEMBER("{\"type\":\"join\",\"roomId\":7}", WRONG_TYPE, "roomId");
    HAS_BODY("{\"type\":\"leave\",\"roomId\":\"no room id at all, but it has no authority\"}",
             "\x80");
}

static void a_small_message_type_has_a_small_limit(void **state)
{
    static char json[4096];
    int len;

    (void)state;
    len = snprintf(json, sizeof json, "{\"type\":\"chat\",\"text\":\"%0100d\"}", 0);
    assert_int_equal(read_message(json, (size_t)len), MM_OK);
    assert_int_equal(read_message(json, (size_t)len - 1), MM_ERR_INVALID_MESSAGE);
    assert_int_equal(fault.reason, MM_REASON_MESSAGE_TOO_LARGE);
    assert_null(fault.field);
    assert_int_equal(message.spec->msg, MM_MSG_CHAT);
    snprintf(json, sizeof json, "{\"type\":\"chat\",\"text\":7,\"a\":\"%0100d\"}", 0);
    read_message(json, 100);
    assert_int_equal(fault.reason, MM_REASON_MESSAGE_TOO_LARGE); /* size before members */
    snprintf(json, sizeof json, "{\"type\":\"offer\",\"targetId\":\"\",\"sdp\":\"%0100d\"}", 0);
    assert_int_equal(read_message(json, 100), MM_OK);
}

static void faults_of_members_are_told_in_the_tables_order(void **state)
{
    (void)state;
    BAD_MEMBER("{\"type\":\"file-offer\",\"fileSize\":\"x\",\"fileName\":1}", MISSING, "targetId");
    BAD_MEMBER("{\"type\":\"file-offer\",\"fileSize\":\"x\",\"fileName\":1,\"targetId\":\"\"}",
               MISSING, "transferId");
    BAD_MEMBER("{\"type\":\"file-offer\",\"fileSize\":\"x\",\"fileName\":1,\"targetId\":\"\","
               "\"transferId\":\"a\"}",
               WRONG_TYPE, "fileName");
    BAD_MEMBER("{\"type\":\"file-offer\",\"timestamp\":\"x\"}", WRONG_TYPE, "timestamp");
}

static void too_little_room_is_said(void **state)
{
    static const char json[] = "{\"type\":\"join\",\"roomId\":\"ABC123\",\"name\":\"A\\nnn\","
                               "\"timestamp\":1234567890123}";
    static const uint8_t extra[] = "\xa7"
                                   "address\xc4\x10"
                                   "0123456789abcdef";
    mm_slice_t pair = {extra, sizeof extra - 1};
    bool fits = false;

    (void)state;
    for (size_t capacity = 0; capacity <= MM_JSON_DECODED_MAX(sizeof json - 1); capacity++) {
        uint8_t *exact = malloc(capacity + 1);
        exact[capacity] = 0x5a;
        mm_err_t err =
            mm_json_read_message(mm_text(json), 65536, pair, exact, capacity, &message, &fault);
        assert_int_equal(exact[capacity], 0x5a);
        if (err != MM_OK)
            assert_int_equal(err, MM_ERR_TOO_LARGE);
        assert_true(!fits || err == MM_OK); /* once it fits, it always does */
        fits = err == MM_OK;
        free(exact);
    }
    assert_true(fits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_leaves_out_the_base_members),
        cmocka_unit_test(the_order_of_members_does_not_matter),
        cmocka_unit_test(unknown_members_pass_as_they_were_sent),
        cmocka_unit_test(names_of_members_may_be_escaped),
        cmocka_unit_test(a_target_travels_in_16_bytes_when_it_is_a_uuid_in_lower_case),
        cmocka_unit_test(only_a_targeted_message_has_a_target),
        cmocka_unit_test(a_join_carries_its_room_and_what_the_gateway_adds),
        cmocka_unit_test(what_the_server_sets_is_dropped_wherever_it_stands),
        cmocka_unit_test(any_number_is_a_timestamp_and_null_is_none),
        cmocka_unit_test(sixty_four_members_pass),
        cmocka_unit_test(what_is_no_json_object_has_no_row),
        cmocka_unit_test(invalid_utf8_anywhere_is_said_first),
        cmocka_unit_test(a_message_needs_one_known_type),
        cmocka_unit_test(base_members_have_their_types),
        cmocka_unit_test(a_small_message_type_has_a_small_limit),
        cmocka_unit_test(faults_of_members_are_told_in_the_tables_order),
        cmocka_unit_test(too_little_room_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

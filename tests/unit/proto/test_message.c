/* The table as C: lookups, and bodies of every row written, read and read wrongly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "proto/message.h"

/* Room for any message, aligned for any member. */
typedef union any_message {
    unsigned char bytes[MM_MESSAGE_SIZE_MAX];
    int64_t aligned;
    void *pointer;
} any_message_t;

static uint8_t buffer[1 << 16];

/* --- the table ----------------------------------------------------------------------------- */

static void every_row_is_found_by_number_and_by_wire_name(void **state)
{
    size_t rows = 0;

    (void)state;
    for (unsigned number = 0; number < MM_MSG_LIMIT; number++) {
        const mm_spec_t *spec = mm_spec((mm_msg_t)number);
        if (spec == NULL)
            continue;
        rows++;
        assert_int_equal(spec->msg, number);
        assert_ptr_equal(mm_spec_by_wire(mm_text(spec->wire)), spec);
        assert_true(spec->size <= MM_MESSAGE_SIZE_MAX);
        assert_true(spec->doc[0] != '\0');
        assert_true(spec->senders != 0);
    }
    assert_true(rows > 30);
    assert_string_equal(mm_spec(MM_MSG_OFFER)->wire, "offer");
}

static void what_is_no_row_is_not_found(void **state)
{
    (void)state;
    assert_null(mm_spec(MM_MSG_NONE));
    assert_null(mm_spec(MM_MSG_LIMIT));
    assert_null(mm_spec((mm_msg_t)-1));
    assert_null(mm_spec((mm_msg_t)127));
    assert_null(mm_spec_by_wire(mm_text("")));
    assert_null(mm_spec_by_wire(mm_text(NULL)));
    assert_null(mm_spec_by_wire(mm_text("offe")));
    assert_null(mm_spec_by_wire(mm_text("offers")));
    assert_null(mm_spec_by_wire(mm_text("Offer")));
    assert_null(mm_spec_by_wire((mm_text_t){"offer\0", 6}));
}

/* Whoever may not send a row is told so, in the contract's words, where a role is what is missing. */
static void rows_of_moderators_have_a_refusal(void **state)
{
    (void)state;
    for (unsigned number = 0; number < MM_MSG_LIMIT; number++) {
        const mm_spec_t *spec = mm_spec((mm_msg_t)number);
        if (spec == NULL)
            continue;
        bool is_moderators = spec->senders == MM_BY_MODERATOR;
        if ((spec->refusal[0] != '\0') != is_moderators)
            fail_msg("%s", spec->wire);
        if (((spec->senders & MM_BY_ANYONE) != 0) != (spec->rate != MM_RATE_NONE))
            fail_msg("%s: a rate is for what browsers send", spec->wire);
    }
}

/* --- round trips --------------------------------------------------------------------------- */

static void fill(const mm_field_t *field, unsigned char *message, char *text)
{
    void *member = message + field->offset;
    static const mm_id_t id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    size_t len = (size_t)(field->min > 3 ? field->min : field->max < 3 ? field->max : 3);

    memset(text, 'x', 16);
    switch (field->kind) {
    case MM_KIND_BOOL:
        *(bool *)member = true;
        break;
    case MM_KIND_INT:
        *(int64_t *)member = field->max;
        break;
    case MM_KIND_NUM:
        *(double *)member = 1.5;
        break;
    case MM_KIND_ID:
        *(mm_id_t *)member = id;
        break;
    case MM_KIND_RAW:
        *(mm_slice_t *)member = (mm_slice_t){(const uint8_t *)"\x92\xc0\xa1z", 4};
        break;
    case MM_KIND_BLOB:
        *(mm_slice_t *)member = (mm_slice_t){id.bytes, (size_t)field->max};
        break;
    case MM_KIND_CHOICE:
        *(int *)member = 1;
        break;
    case MM_KIND_CHARS:
    case MM_KIND_TRIMMED:
    case MM_KIND_BYTES:
    case MM_KIND_ROOM:
        *(mm_text_t *)member = (mm_text_t){text, len};
        break;
    }
}

static size_t field_count(const mm_spec_t *spec)
{
    size_t count = 0;

    while (spec->fields[count].wire != NULL)
        count++;
    return count;
}

/* Fills the fields whose bit is set, and what is required. */
static void fill_message(const mm_spec_t *spec, uint32_t present, any_message_t *message,
                         char texts[32][16])
{
    memset(message, 0, sizeof *message);
    for (size_t i = 0; i < field_count(spec); i++) {
        if (spec->fields[i].need == MM_NEED_REQ)
            present |= UINT32_C(1) << i;
        if ((present >> i & 1) != 0)
            fill(&spec->fields[i], message->bytes, texts[i]);
    }
    memcpy(message->bytes, &present, sizeof present);
}

static void check_round_trip(const mm_spec_t *spec, uint32_t present)
{
    any_message_t written, read;
    char texts[32][16];
    uint8_t again[4096];
    mm_fault_t fault;

    fill_message(spec, present, &written, texts);
    mm_writer_t writer = mm_writer(buffer, sizeof buffer);
    mm_message_write(spec, written.bytes, &writer);
    assert_false(writer.overflow);
    mm_err_t err = mm_message_read(spec, mm_writer_slice(&writer), read.bytes, &fault);
    if (err != MM_OK)
        fail_msg("%s: %s %s", spec->wire, fault.field, mm_reason_text(fault.reason));
    assert_memory_equal(read.bytes, written.bytes, sizeof(uint32_t)); /* the same are present */
    mm_writer_t second = mm_writer(again, sizeof again);
    mm_message_write(spec, read.bytes, &second);
    assert_int_equal(second.size, writer.size);
    assert_memory_equal(again, buffer, writer.size);
}

static void every_row_comes_back_with_any_of_its_fields(void **state)
{
    (void)state;
    for (unsigned number = 0; number < MM_MSG_LIMIT; number++) {
        const mm_spec_t *spec = mm_spec((mm_msg_t)number);
        if (spec == NULL)
            continue;
        for (uint32_t present = 0; present < UINT32_C(1) << field_count(spec); present++)
            check_round_trip(spec, present);
    }
}

static void a_struct_is_read_member_by_member(void **state)
{
    static const char body[] = "\x85\xa6roomId\xa6"
                               "ABC123\xa4name\xa3"
                               "Ann\xa6isHost\xc3"
                               "\xa8password\xc0\xa7unknown\x92\x01\x02";
    struct mm_join join;
    mm_fault_t fault;
    mm_slice_t slice = {(const uint8_t *)body, sizeof body - 1};

    (void)state;
    assert_int_equal(mm_message_read(mm_spec(MM_MSG_JOIN), slice, &join, &fault), MM_OK);
    assert_true(mm_text_is(join.room, "ABC123"));
    assert_true(mm_text_is(join.name, "Ann"));
    assert_true(join.is_host);
    assert_int_equal(join.present, MM_HAS(join, room) | MM_HAS(join, name) | MM_HAS(join, is_host));
    assert_int_equal(join.password.len, 0); /* null is absent */
}

static void a_choice_is_its_place_and_an_id_its_bytes(void **state)
{
    struct mm_moderator_action action;
    mm_fault_t fault;
    char body[128];
    size_t len;

    (void)state;
    len = (size_t)snprintf(body, sizeof body,
                           "\x82\xa8targetId\xd9%c%s\xa6"
                           "action\xa4kick",
                           36, "01234567-89AB-4DEF-8123-456789ABCDEF");
    mm_slice_t slice = {(const uint8_t *)body, len};
    const mm_spec_t *spec = mm_spec(MM_MSG_MODERATOR_ACTION);
    assert_int_equal(mm_message_read(spec, slice, &action, &fault), MM_OK);
    assert_int_equal(action.action, MM_ACTION_KICK);
    assert_int_equal(action.target.bytes[0], 0x01);
    assert_int_equal(action.target.bytes[15], 0xef);

    len = (size_t)snprintf(body, sizeof body,
                           "\x82\xa8targetId\xa3"
                           "Bob\xa6"
                           "action\xa4mute");
    slice.len = len;
    assert_int_equal(mm_message_read(spec, slice, &action, &fault), MM_OK);
    assert_int_equal(action.action, MM_ACTION_MUTE);
    assert_true(mm_id_is_nil(&action.target));
}

static void text_is_read_trimmed_where_the_table_says_so(void **state)
{
    static const char body[] = "\x81\xa8reaction\xa7 thumb ";
    struct mm_reaction reaction;
    mm_fault_t fault;

    (void)state;
    assert_int_equal(mm_message_read(mm_spec(MM_MSG_REACTION),
                                     (mm_slice_t){(const uint8_t *)body, sizeof body - 1},
                                     &reaction, &fault),
                     MM_OK);
    assert_true(mm_text_is(reaction.reaction, "thumb"));
}

static void null_is_a_value_of_a_raw_field(void **state)
{
    static const char body[] = "\x82\xa8targetId\xa0\xa9"
                               "candidate\xc0";
    struct mm_ice_candidate message;
    mm_fault_t fault;

    (void)state;
    assert_int_equal(mm_message_read(mm_spec(MM_MSG_ICE_CANDIDATE),
                                     (mm_slice_t){(const uint8_t *)body, sizeof body - 1}, &message,
                                     &fault),
                     MM_OK);
    assert_int_equal(message.candidate.len, 1);
    assert_true((message.present & MM_HAS(ice_candidate, candidate)) != 0);
}

/* --- what is wrong ------------------------------------------------------------------------- */

static void assert_fault(mm_msg_t msg, const char *body, size_t len, mm_err_t expected,
                         mm_reason_t reason, const char *field)
{
    any_message_t message;
    mm_fault_t fault;
    mm_slice_t slice = {(const uint8_t *)body, len};

    assert_int_equal(mm_message_read(mm_spec(msg), slice, message.bytes, &fault), expected);
    assert_int_equal(fault.reason, reason);
    if (field == NULL)
        assert_null(fault.field);
    else
        assert_string_equal(fault.field, field);
}

#define IS_MALFORMED(msg, body)                                                                    \
    assert_fault(MM_MSG_##msg, body, sizeof(body) - 1, MM_ERR_MALFORMED, MM_REASON_NONE, NULL)
#define IS_WRONG(msg, body, reason, field)                                                         \
    assert_fault(MM_MSG_##msg, body, sizeof(body) - 1, MM_ERR_INVALID_MESSAGE, MM_REASON_##reason, \
                 field)

static void what_is_no_map_is_malformed(void **state)
{
    (void)state;
    IS_MALFORMED(LEAVE, "");
    IS_MALFORMED(LEAVE, "\xc0");
    IS_MALFORMED(LEAVE, "\x90");
    IS_MALFORMED(LEAVE, "\x80\x80");
    IS_MALFORMED(LEAVE, "\x81\xa1"
                        "a");
    IS_MALFORMED(LEAVE, "\x81\xa1");
    IS_MALFORMED(LEAVE, "\x81\xa1"
                        "a\xc1");
    IS_MALFORMED(LEAVE, "\xdf\xff\xff\xff\xff");
    IS_MALFORMED(CHAT, "\x81\xa4text\xa5"
                       "Hi");
}

static void a_wrong_member_is_named(void **state)
{
    (void)state;
    IS_WRONG(CHAT, "\x80", MISSING, "text");
    IS_WRONG(CHAT, "\x81\xa4text\xc0", MISSING, "text");
    IS_WRONG(CHAT, "\x81\xa4text\x01", WRONG_TYPE, "text");
    IS_WRONG(CHAT, "\x81\xa4text\xa0", TOO_SHORT, "text");
    IS_WRONG(CHAT,
             "\x82\xa4text\xa1"
             "a\xa4text\xa1"
             "a",
             DUPLICATE, "text");
    IS_WRONG(CHAT,
             "\x82\xa7replyTo\xa0\xa4text\xa1"
             "a",
             TOO_SHORT, "replyTo");
    IS_WRONG(CHAT, "\x81\xa4text\xa1\xff", UTF8, "text");
    IS_WRONG(JOIN,
             "\x81\xa6roomId\xa3"
             "a b",
             BAD_ROOM_ID, "roomId");
    IS_WRONG(JOIN,
             "\x82\xa6roomId\xa1"
             "a\xa7"
             "address\xc4\x01\x01",
             TOO_SHORT, "address");
    IS_WRONG(JOIN,
             "\x82\xa6roomId\xa1"
             "a\xa7"
             "address\xa1"
             "a",
             WRONG_TYPE, "address");
    IS_WRONG(QUALITY_CHANGE,
             "\x82\xa8targetId\xa0\xa7quality\xa3"
             "hig",
             NOT_A_CHOICE, "quality");
    IS_WRONG(QUALITY_CHANGE, "\x82\xa8targetId\xa0\xa7quality\xa0", NOT_A_CHOICE, "quality");
    IS_WRONG(QUALITY_CHANGE, "\x82\xa8targetId\xa0\xa7quality\xa8high|low", NOT_A_CHOICE,
             "quality");
    IS_WRONG(CLOSE,
             "\x82\xa4"
             "code\xcd\x03\xe7\xa6reason\xa0",
             OUT_OF_BOUNDS, "code");
    IS_WRONG(CLOSE,
             "\x82\xa4"
             "code\xcb\x7f\xf0\0\0\0\0\0\0\xa6reason\xa0",
             WRONG_TYPE, "code");
    IS_WRONG(CLOSE,
             "\x82\xa4"
             "code\xcb\x7f\xf8\0\0\0\0\0\0\xa6reason\xa0",
             WRONG_TYPE, "code");
    IS_WRONG(CLOSE,
             "\x82\xa4"
             "code\xcb\x3f\xf8\0\0\0\0\0\0\xa6reason\xa0",
             WRONG_TYPE, "code");
    IS_WRONG(CLOSE,
             "\x82\xa4"
             "code\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xa6reason\xa0",
             OUT_OF_BOUNDS, "code");
    IS_WRONG(ROOM_CREATED,
             "\x82\xa5"
             "error\x00\xa6roomId\xa6\xc3\xa9\xc3\xa9\xc3\xa9",
             TOO_SHORT, "roomId"); /* six bytes, three characters */
    IS_WRONG(BIND,
             "\x82\xa4room\xa1"
             "a\xabparticipant\xb0"
             "0123456789abcdef",
             WRONG_TYPE, "participant");
    IS_WRONG(BIND,
             "\x82\xa4room\xa1"
             "a\xabparticipant\xc4\x01\x01",
             WRONG_TYPE, "participant");
}

static void faults_are_told_in_the_tables_order(void **state)
{
    (void)state;
    IS_WRONG(FILE_CHUNK,
             "\x82\xa5total\xc3\xa5"
             "chunk\x01",
             MISSING, "targetId");
    IS_WRONG(FILE_CHUNK,
             "\x84\xa5total\xc3\xa5"
             "chunk\x01\xa8targetId\xa0\xaatransferId\xa1"
             "a",
             WRONG_TYPE, "chunk");
}

static void a_whole_float_is_an_integer(void **state)
{
    static const char body[] = "\x82\xa4"
                               "code\xca\x44\x7a\x00\x00\xa6reason\xa0"; /* 1000.0 */
    struct mm_close message;
    mm_fault_t fault;

    (void)state;
    assert_int_equal(mm_message_read(mm_spec(MM_MSG_CLOSE),
                                     (mm_slice_t){(const uint8_t *)body, sizeof body - 1}, &message,
                                     &fault),
                     MM_OK);
    assert_int_equal(message.code, 1000);
}

static void keys_that_are_no_strings_are_passed_over(void **state)
{
    static const char body[] = "\x83\x01\x02\xc0\x80\xa4text\xa1"
                               "a";
    struct mm_chat chat;
    mm_fault_t fault;

    (void)state;
    assert_int_equal(mm_message_read(mm_spec(MM_MSG_CHAT),
                                     (mm_slice_t){(const uint8_t *)body, sizeof body - 1}, &chat,
                                     &fault),
                     MM_OK);
    assert_true(mm_text_is(chat.text, "a"));
}

static void a_body_that_does_not_fit_overflows(void **state)
{
    struct mm_chat chat = {.text = mm_text("hello")};
    uint8_t bytes[12];
    mm_writer_t writer = mm_writer(bytes, sizeof bytes);

    (void)state;
    mm_message_write(mm_spec(MM_MSG_CHAT), &chat, &writer); /* 1 + 5 + 6 bytes */
    assert_false(writer.overflow);
    writer = mm_writer(bytes, sizeof bytes - 1);
    mm_message_write(mm_spec(MM_MSG_CHAT), &chat, &writer);
    assert_true(writer.overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_by_number_and_by_wire_name),
        cmocka_unit_test(what_is_no_row_is_not_found),
        cmocka_unit_test(rows_of_moderators_have_a_refusal),
        cmocka_unit_test(every_row_comes_back_with_any_of_its_fields),
        cmocka_unit_test(a_struct_is_read_member_by_member),
        cmocka_unit_test(a_choice_is_its_place_and_an_id_its_bytes),
        cmocka_unit_test(text_is_read_trimmed_where_the_table_says_so),
        cmocka_unit_test(null_is_a_value_of_a_raw_field),
        cmocka_unit_test(what_is_no_map_is_malformed),
        cmocka_unit_test(a_wrong_member_is_named),
        cmocka_unit_test(faults_are_told_in_the_tables_order),
        cmocka_unit_test(a_whole_float_is_an_integer),
        cmocka_unit_test(keys_that_are_no_strings_are_passed_over),
        cmocka_unit_test(a_body_that_does_not_fit_overflows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The bodies on the bus, byte by byte.  A line here never changes: gateways and brokers of different
 * versions talk to each other, and records of an older broker are read by a newer one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "proto/json.h"

#define UUID "00112233-4455-4677-8899-aabbccddeeff"
#define ID   "\xc4\x10\x00\x11\x22\x33\x44\x55\x46\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"

typedef struct golden {
    unsigned number;
    const char *wire;
    const char *members; /* what a browser sends behind the type; NULL where it sends none */
    const char *body;
    size_t len;
} golden_t;

#define FROM_BROWSER(number, wire, members, body)                                                  \
    {                                                                                              \
        number, wire, members, body, sizeof(body) - 1                                              \
    }
#define ON_BUS(number, wire, body)                                                                 \
    {                                                                                              \
        number, wire, NULL, body, sizeof(body) - 1                                                 \
    }

/* The members stand in the table's order, so that writing the struct gives the same bytes. */
static const golden_t goldens[] = {
    FROM_BROWSER(1, "join", "\"roomId\":\"ABC123\"",
                 "\x81\xa6roomId\xa6"
                 "ABC123"),
    ON_BUS(1, "join",
           "\x86\xa6roomId\xa6"
           "ABC123\xa4name\xa3"
           "Ann\xa8password\xa6secret\xa6isHost\xc3"
           "\xac"
           "creatorToken\xd9\x24" UUID "\xa7"
           "address\xc4\x10"
           "0123456789abcdef"),
    FROM_BROWSER(2, "leave", "", "\x80"),
    FROM_BROWSER(3, "offer", "\"targetId\":\"" UUID "\",\"sdp\":\"v=0\\r\\n\"",
                 "\x82\xa8targetId" ID "\xa3sdp\xa5v=0\r\n"),
    FROM_BROWSER(4, "answer", "\"targetId\":\"" UUID "\",\"sdp\":\"v=0\\r\\n\"",
                 "\x82\xa8targetId" ID "\xa3sdp\xa5v=0\r\n"),
    FROM_BROWSER(5, "ice-candidate",
                 "\"targetId\":\"" UUID "\",\"candidate\":{\"candidate\":\"candidate:1 1 UDP\","
                 "\"sdpMid\":null,\"sdpMLineIndex\":0,\"usernameFragment\":\"\"}",
                 "\x82\xa8targetId" ID "\xa9"
                 "candidate\xde\x00\x04\xa9"
                 "candidate\xb1"
                 "candidate:1 1 UDP"
                 "\xa6sdpMid\xc0\xadsdpMLineIndex\x00\xb0usernameFragment\xa0"),
    FROM_BROWSER(5, "ice-candidate", "\"targetId\":\"" UUID "\",\"candidate\":null",
                 "\x82\xa8targetId" ID "\xa9"
                 "candidate\xc0"),
    FROM_BROWSER(6, "file-offer",
                 "\"targetId\":\"" UUID "\",\"transferId\":\"t1\",\"fileName\":\"a.txt\","
                 "\"fileSize\":245760,\"fileType\":\"\"",
                 "\x85\xa8targetId" ID "\xaatransferId\xa2t1\xa8"
                 "fileName\xa5"
                 "a.txt\xa8"
                 "fileSize"
                 "\xce\x00\x03\xc0\x00\xa8"
                 "fileType\xa0"),
    FROM_BROWSER(7, "file-answer",
                 "\"targetId\":\"" UUID "\",\"transferId\":\"t1\",\"accepted\":true",
                 "\x83\xa8targetId" ID "\xaatransferId\xa2t1\xa8"
                 "accepted\xc3"),
    FROM_BROWSER(8, "file-chunk",
                 "\"targetId\":\"" UUID "\",\"transferId\":\"t1\",\"chunk\":\"QUJD\",\"index\":0,"
                 "\"total\":2147483648",
                 "\x85\xa8targetId" ID "\xaatransferId\xa2t1\xa5"
                 "chunk\xa4QUJD\xa5index\x00\xa5total"
                 "\xce\x80\x00\x00\x00"),
    FROM_BROWSER(9, "quality-change", "\"targetId\":\"" UUID "\",\"quality\":\"medium\"",
                 "\x82\xa8targetId" ID "\xa7quality\xa6medium"),
    FROM_BROWSER(10, "chat", "\"text\":\"Hello \xc3\xa9\",\"replyTo\":\"m1\"",
                 "\x82\xa4text\xa8Hello \xc3\xa9\xa7replyTo\xa2m1"),
    FROM_BROWSER(11, "participant-updated", "\"isMuted\":true,\"isHandRaised\":false",
                 "\x82\xa7isMuted\xc3\xacisHandRaised\xc2"),
    ON_BUS(11, "participant-updated",
           "\x84\xabisModerator\xc2\xa7isMuted\xc3\xaaisVideoOff\xc2\xacisHandRaised\xc2"),
    FROM_BROWSER(12, "raise-hand", "", "\x80"),
    FROM_BROWSER(13, "lower-hand", "", "\x80"),
    FROM_BROWSER(14, "reaction", "\"reaction\":\"thumb\"", "\x81\xa8reaction\xa5thumb"),
    FROM_BROWSER(15, "recording-started", "", "\x80"),
    ON_BUS(15, "recording-started", "\x81\xa9startedBy" ID),
    FROM_BROWSER(16, "recording-stopped", "", "\x80"),
    ON_BUS(16, "recording-stopped", "\x81\xa9stoppedBy" ID),
    FROM_BROWSER(17, "room-locked", "", "\x80"),
    ON_BUS(17, "room-locked", "\x81\xa8lockedBy" ID),
    FROM_BROWSER(18, "room-unlocked", "", "\x80"),
    ON_BUS(18, "room-unlocked", "\x81\xaaunlockedBy" ID),
    FROM_BROWSER(19, "moderator-action", "\"targetId\":\"" UUID "\",\"action\":\"make-moderator\"",
                 "\x82\xa8targetId" ID "\xa6"
                 "action\xaemake-moderator"),
    FROM_BROWSER(20, "admit-user", "\"targetId\":\"" UUID "\"", "\x81\xa8targetId" ID),
    FROM_BROWSER(21, "reject-user", "\"targetId\":\"" UUID "\",\"reason\":\"Sorry\"",
                 "\x82\xa8targetId" ID "\xa6reason\xa5Sorry"),
    ON_BUS(32, "participant-joined",
           "\x84\xa4name\xa3"
           "Ann\xabisModerator\xc3\xa7isMuted\xc2\xaaisVideoOff\xc2"),
    ON_BUS(33, "participant-left", "\x80"),
    ON_BUS(34, "waiting-room",
           "\x81\xa4name\xa3"
           "Bob"),
    ON_BUS(35, "error",
           "\x83\xa7message\xac"
           "Room is full\xa4"
           "code\xa9ROOM_FULL\xa6reason\xb3text: "
           "too very long"),
    ON_BUS(64, "refused",
           "\x83\xa4type\x0a\xa5"
           "field\xa4text\xa6reason\x0b"),
    ON_BUS(65, "gone", "\x80"),
    ON_BUS(66, "create-room",
           "\x87\xa6roomId\xa6"
           "ABC123\xa5title\xa4Sync\xa8password\xa6secret\xafmaxParticipants\x08"
           "\xaescheduledStart\xcf\x00\x00\x01\x9d\xdd\xb3\x49\x00\xacscheduledEnd\xcf\x00\x00\x01"
           "\x9d\xdd\xce\xc0\x40\xa7"
           "address\xc4\x10"
           "0123456789abcdef"),
    ON_BUS(67, "flow", "\x83\xa6sender" ID "\xa8receiver" ID "\xa5total\xce\x00\x10\x00\x00"),
    ON_BUS(80, "bind",
           "\x82\xa4room\xa6"
           "ABC123\xabparticipant" ID),
    ON_BUS(80, "bind",
           "\x83\xa4room\xa6"
           "ABC123\xabparticipant" ID "\xa5seats\x08"),
    ON_BUS(81, "unbind", "\x80"),
    ON_BUS(82, "close",
           "\x82\xa4"
           "code\xcd\x0f\xa3\xa6reason\xa6kicked"),
    ON_BUS(83, "room-created",
           "\x83\xa5"
           "error\x00\xa6roomId\xa6"
           "ABC123\xac"
           "creatorToken" ID),
    ON_BUS(83, "room-created",
           "\x82\xa5"
           "error\x17\xa4wait\xcd\xea\x60"),
    ON_BUS(96, "admin-rooms",
           "\x81\xa5"
           "after\x07"),
    ON_BUS(97, "admin-room",
           "\x81\xa6roomId\xa6"
           "ABC123"),
    ON_BUS(98, "admin-close",
           "\x81\xa6roomId\xa6"
           "ABC123"),
    ON_BUS(99, "admin-kick",
           "\x82\xa6roomId\xa6"
           "ABC123\xa8targetId" ID),
    ON_BUS(100, "admin-stats", "\x80"),
    ON_BUS(101, "admin-gateways", "\x80"),
    ON_BUS(112, "admin-answer",
           "\x82\xa5"
           "error\x00\xa6result\x81\xa1"
           "a\x93\x01\xc0\xc3"),
    ON_BUS(114, "room.created",
           "\x84\xa6roomId\xa6"
           "ABC123\xa4kept\xc3\xadneedsPassword\xc2\xafmaxParticipants\x08"),
    ON_BUS(115, "room.closed",
           "\x81\xa6roomId\xa6"
           "ABC123"),
    ON_BUS(116, "room.locked",
           "\x81\xa6roomId\xa6"
           "ABC123"),
    ON_BUS(117, "room.unlocked",
           "\x81\xa6roomId\xa6"
           "ABC123"),
    ON_BUS(118, "participant.joined",
           "\x84\xa6roomId\xa6"
           "ABC123\xadparticipantId" ID "\xabisModerator\xc3\xacparticipants\x01"),
    ON_BUS(119, "participant.left",
           "\x83\xa6roomId\xa6"
           "ABC123\xadparticipantId" ID "\xacparticipants\x00"),
    ON_BUS(120, "participant.updated",
           "\x86\xa6roomId\xa6"
           "ABC123\xadparticipantId" ID
           "\xabisModerator\xc3\xa7isMuted\xc2\xaaisVideoOff\xc2\xacisHandRaised\xc3"),
    ON_BUS(121, "gateway.up", "\x81\xa7gateway\xa9gateway-1"),
    ON_BUS(122, "gateway.down", "\x82\xa7gateway\xa9gateway-1\xa6reason\xa7silence"),
    ON_BUS(123, "stats",
           "\x8b\xa5rooms\x01\xacparticipants\x02\xa7waiting\x03\xb0peakParticipants\x04\xa8gateway"
           "s\x05\xa6uptime\x06\xacroomsCreated\x07\xa5joins\x08\xa6leaves\x09\xa5turns\x0a\xa7"
           "commits\x0b"),
    ON_BUS(68, "room-status",
           "\x82\xa6roomId\xa6"
           "ABC123\xa7"
           "address\xc4\x10"
           "0123456789abcdef"),
    ON_BUS(69, "delete-room",
           "\x83\xa6roomId\xa6"
           "ABC123\xac"
           "creatorToken" ID "\xa7"
           "address\xc4\x10"
           "0123456789abcdef"),
    ON_BUS(84, "room-facts",
           "\x89\xa5"
           "error\x00\xa6roomId\xa6"
           "ABC123\xa5title\xa7Roadmap\xaescheduledStart\x01\xacscheduledEnd\x02\xadneedsPassword"
           "\xc3\xa6locked\xc2\xacparticipants\x03\xafmaxParticipants\x08"),
    ON_BUS(84, "room-facts",
           "\x82\xa5"
           "error\x17\xa4wait\xcd\x03\xe8"),
    ON_BUS(85, "room-deleted",
           "\x82\xa5"
           "error\x03\xa4wait\xcd\x03\xe8"),
};

enum { GOLDENS = sizeof goldens / sizeof goldens[0] };

static void every_row_has_golden_bytes(void **state)
{
    bool is_there[MM_MSG_LIMIT] = {false};

    (void)state;
    for (size_t i = 0; i < GOLDENS; i++) {
        is_there[goldens[i].number] = true;
        const mm_spec_t *spec = mm_spec((mm_msg_t)goldens[i].number);
        assert_non_null(spec);
        assert_string_equal(spec->wire, goldens[i].wire);
    }
    for (unsigned number = 0; number < MM_MSG_LIMIT; number++)
        if ((mm_spec((mm_msg_t)number) != NULL) != is_there[number])
            fail_msg("row %u has no golden bytes", number);
}

static void a_browsers_json_becomes_the_golden_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOLDENS; i++) {
        char json[1024];
        uint8_t out[MM_JSON_DECODED_MAX(sizeof json)];
        mm_inbound_t message;
        mm_fault_t fault;
        mm_slice_t none = {NULL, 0};
        if (goldens[i].members == NULL)
            continue;
        int len = snprintf(json, sizeof json, "{\"type\":\"%s\"%s%s}", goldens[i].wire,
                           goldens[i].members[0] == '\0' ? "" : ",", goldens[i].members);
        mm_text_t text = {json, (size_t)len};
        if (mm_json_read_message(text, 65536, none, out, sizeof out, &message, &fault) != MM_OK)
            fail_msg("%s: %s %s", json, fault.field, mm_reason_text(fault.reason));
        if (message.body.len != goldens[i].len ||
            memcmp(message.body.ptr, goldens[i].body, goldens[i].len) != 0)
            fail_msg("%s has another body", json);
    }
}

static void a_struct_is_written_as_the_golden_bytes_it_was_read_from(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOLDENS; i++) {
        const mm_spec_t *spec = mm_spec((mm_msg_t)goldens[i].number);
        union {
            unsigned char bytes[MM_MESSAGE_SIZE_MAX];
            void *aligned;
        } message;
        mm_fault_t fault;
        uint8_t out[1024];
        mm_writer_t writer = mm_writer(out, sizeof out);
        mm_slice_t body = {(const uint8_t *)goldens[i].body, goldens[i].len};
        if (mm_message_read(spec, body, message.bytes, &fault) != MM_OK)
            fail_msg("%s: %s %s", spec->wire, fault.field, mm_reason_text(fault.reason));
        mm_message_write(spec, message.bytes, &writer);
        if (writer.size != body.len || memcmp(out, body.ptr, body.len) != 0)
            fail_msg("%s is written otherwise", spec->wire);
    }
}

/* The reverse of the first: what the receiver's browser gets. */
static void the_golden_bytes_print_as_the_browser_sent_them(void **state)
{
    static const mm_id_t from = {{0xff}};

    (void)state;
    for (size_t i = 0; i < GOLDENS; i++) {
        char expected[1024], out[4096];
        if (goldens[i].members == NULL || goldens[i].number == MM_MSG_JOIN)
            continue; /* a join is not passed on */
        mm_outbound_t message = {.spec = mm_spec((mm_msg_t)goldens[i].number),
                                 .room = mm_text("ABC123"),
                                 .from = &from,
                                 .body = {(const uint8_t *)goldens[i].body, goldens[i].len},
                                 .timestamp = {(const uint8_t *)"\x05", 1}};
        snprintf(expected, sizeof expected,
                 "{\"type\":\"%s\",\"roomId\":\"ABC123\","
                 "\"participantId\":\"ff000000-0000-0000-0000-000000000000\"%s%s,\"timestamp\":5}",
                 goldens[i].wire, goldens[i].members[0] == '\0' ? "" : ",", goldens[i].members);
        out[mm_json_print_message(&message, out, sizeof out - 1)] = '\0';
        assert_string_equal(out, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_golden_bytes),
        cmocka_unit_test(a_browsers_json_becomes_the_golden_bytes),
        cmocka_unit_test(a_struct_is_written_as_the_golden_bytes_it_was_read_from),
        cmocka_unit_test(the_golden_bytes_print_as_the_browser_sent_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The frames on the bus, byte by byte, as proto/LINK.md draws them.  A line here never changes: a gateway and a broker of adjacent
 * versions talk to each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "proto/entry.h"

#define UUID_BYTES "\x00\x11\x22\x33\x44\x55\x46\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"
#define U64        "\xcf\x01\x02\x03\x04\x05\x06\x07\x08"

static const uint64_t large = UINT64_C(0x0102030405060708);

static void assert_bytes(const mm_writer_t *writer, const char *expected, size_t len)
{
    assert_false(writer->overflow);
    assert_int_equal(writer->size, len);
    assert_memory_equal(writer->bytes, expected, len);
}

#define ASSERT_BYTES(writer, literal) assert_bytes((writer), (literal), sizeof(literal) - 1)

static mm_id_t id_of(const char bytes[16])
{
    mm_id_t id;

    memcpy(id.bytes, bytes, sizeof id.bytes);
    return id;
}

/* --- frames ------------------------------------------------------------------------------------ */

static void hello(void **state)
{
    uint8_t bytes[128];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {
        .protocol = MM_PROTOCOL, .kind = MM_FRAME_HELLO, .epoch = 0, .credit = 8388608};
    mm_hello_t body = {.name = mm_text("zero"), .incarnation = large, .first = 1};
    mm_cursor_t cursor;

    (void)state;
    mm_header_write(&header, &out);
    mm_hello_write(&body, &out);
    ASSERT_BYTES(&out, "\x98\xcd\x01\x00\x01\x00\x00\x00\x00\x90\xce\x00\x80\x00\x00"
                       "\x95\xa4zero" U64 "\x01\x00\xa7gateway");
    /* A gateway of the first version said no role. */
    cursor = mm_cursor((mm_slice_t){(const uint8_t *)"\x94\xa4zero" U64 "\x01\x00", 17});
    assert_int_equal(mm_hello_read(&cursor, &body), MM_OK);
    assert_int_equal(body.role, MM_PEER_GATEWAY);
}

static void hello_of_an_admin(void **state)
{
    uint8_t bytes[128];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_hello_t body = {.name = mm_text("admin-1"),
                       .incarnation = 5,
                       .first = 2,
                       .received = 3,
                       .role = MM_PEER_ADMIN};

    (void)state;
    mm_hello_write(&body, &out);
    ASSERT_BYTES(&out, "\x95\xa7"
                       "admin-1\x05\x02\x03\xa5"
                       "admin");
}

static void welcome(void **state)
{
    uint8_t bytes[128];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = MM_FRAME_WELCOME,
                          .epoch = large,
                          .session = 7,
                          .mark = 200,
                          .credit = 100};

    (void)state;
    mm_header_write(&header, &out);
    mm_welcome_write(&(mm_welcome_t){.received = 300}, &out);
    ASSERT_BYTES(&out, "\x98\xcd\x01\x00\x02" U64 "\x07\x00\xcc\xc8\x90\x64"
                       "\x91\xcd\x01\x2c");
}

static void data_with_ranges_of_acks(void **state)
{
    uint8_t bytes[128];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = MM_FRAME_DATA,
                          .epoch = 2,
                          .session = 3,
                          .number = 4,
                          .mark = 10,
                          .ranges = {{12, 12}, {14, 300}},
                          .range_count = 2,
                          .credit = 5000};

    (void)state;
    mm_header_write(&header, &out);
    ASSERT_BYTES(&out,
                 "\x98\xcd\x01\x00\x03\x02\x03\x04\x0a\x94\x0c\x0c\x0e\xcd\x01\x2c\xcd\x13\x88");
}

static void pings(void **state)
{
    uint8_t bytes[128];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = MM_FRAME_PING,
                          .epoch = 2,
                          .session = 3,
                          .number = 5,
                          .mark = 10};
    mm_ping_t body = {.rooms = 1, .participants = 2, .peak_participants = 3, .uptime_ms = 3600000};

    (void)state;
    mm_header_write(&header, &out);
    mm_ping_write(&body, &out);
    ASSERT_BYTES(&out, "\x98\xcd\x01\x00\x04\x02\x03\x05\x0a\x90\x00"
                       "\x94\x01\x02\x03\xce\x00\x36\xee\x80");
}

static void nack_and_bye(void **state)
{
    uint8_t bytes[128];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL, .kind = MM_FRAME_NACK, .epoch = 2};

    (void)state;
    mm_header_write(&header, &out);
    mm_nack_write(MM_NACK_FENCED, &out);
    ASSERT_BYTES(&out, "\x98\xcd\x01\x00\x05\x02\x00\x00\x00\x90\x00\x91\x02");
    assert_int_equal(MM_NACK_SESSION, 1);
    assert_int_equal(MM_NACK_VERSION, 3);
    out.size = 0;
    header.kind = MM_FRAME_BYE;
    header.session = 3;
    mm_header_write(&header, &out);
    ASSERT_BYTES(&out, "\x98\xcd\x01\x00\x06\x02\x03\x00\x00\x90\x00");
}

/* --- entries ----------------------------------------------------------------------------------- */

static void upward_offer(void **state)
{
    uint8_t bytes[256];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_upward_t entry = {
        .number = 9,
        .connection = 77,
        .spec = mm_spec(MM_MSG_OFFER),
        .stamp = {.time_ms = 1700000000000, .client_time = {(const uint8_t *)"\x07", 1}},
        .target = id_of(UUID_BYTES),
        .body = {(const uint8_t *)"\x81\xa3sdp\xa1v", 7}};

    (void)state;
    mm_upward_write(&entry, &out);
    ASSERT_BYTES(&out, "\x96\x09\x4d\x03\x92\xcf\x00\x00\x01\x8b\xcf\xe5\x68\x00\x07"
                       "\xc4\x10" UUID_BYTES "\x81\xa3sdp\xa1v");
}

static void upward_leave(void **state)
{
    uint8_t bytes[256];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_upward_t entry = {.number = 1,
                         .connection = 2,
                         .spec = mm_spec(MM_MSG_LEAVE),
                         .stamp = {.time_ms = 5},
                         .body = {(const uint8_t *)"\x80", 1}};

    (void)state;
    mm_upward_write(&entry, &out);
    ASSERT_BYTES(&out, "\x96\x01\x02\x02\x91\x05\xc0\x80");
}

static void downward_chat(void **state)
{
    uint8_t bytes[256];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_downward_t entry = {.number = 300,
                           .origin = {.incarnation = large, .entry = 9, .k = 0},
                           .recipients = {(const uint8_t *)"\x92\x01\xcc\xc8", 4},
                           .spec = mm_spec(MM_MSG_CHAT),
                           .has_from = true,
                           .from = id_of(UUID_BYTES),
                           .time = {(const uint8_t *)"\xcf\x00\x00\x01\x8b\xcf\xe5\x68\x00", 9},
                           .body = {(const uint8_t *)"\x81\xa4text\xa2hi", 9}};

    (void)state;
    mm_downward_write(&entry, &out);
    ASSERT_BYTES(&out, "\x97\xcd\x01\x2c\x93" U64 "\x09\x00\x92\x01\xcc\xc8\x0a"
                       "\xc4\x10" UUID_BYTES "\xcf\x00\x00\x01\x8b\xcf\xe5\x68\x00"
                       "\x81\xa4text\xa2hi");
}

static void downward_unbind_that_nobody_caused(void **state)
{
    uint8_t bytes[256];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_downward_t entry = {.number = 1,
                           .origin = {.incarnation = 0, .entry = 4, .k = 2},
                           .recipients = {(const uint8_t *)"\x91\x05", 2},
                           .spec = mm_spec(MM_MSG_UNBIND),
                           .time = {(const uint8_t *)"\x06", 1},
                           .body = {(const uint8_t *)"\x80", 1}};

    (void)state;
    mm_downward_write(&entry, &out);
    ASSERT_BYTES(&out, "\x97\x01\x93\x00\x04\x02\x91\x05\x51\xc0\x06\x80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello),         cmocka_unit_test(hello_of_an_admin),
        cmocka_unit_test(welcome),       cmocka_unit_test(data_with_ranges_of_acks),
        cmocka_unit_test(pings),         cmocka_unit_test(nack_and_bye),
        cmocka_unit_test(upward_offer),  cmocka_unit_test(upward_leave),
        cmocka_unit_test(downward_chat), cmocka_unit_test(downward_unbind_that_nobody_caused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

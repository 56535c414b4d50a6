/* Frames and entries: what is written is read again, what is cut or wrong is refused, what a later version appends is passed
 * over.  The bytes themselves stand in tests/golden/test_frames.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "proto/entry.h"

enum { BYTES = 4096 };

static uint8_t bytes[BYTES];

static mm_header_t full_header(void)
{
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = MM_FRAME_DATA,
                          .epoch = UINT64_MAX,
                          .session = UINT64_MAX,
                          .number = UINT64_MAX,
                          .mark = 1,
                          .range_count = MM_RANGES_MAX,
                          .credit = UINT64_MAX};

    for (uint64_t i = 0; i < MM_RANGES_MAX; i++)
        header.ranges[i] = (mm_range_t){UINT64_MAX - 1000 + 3 * i, UINT64_MAX - 1000 + 3 * i + 1};
    return header;
}

static void header_comes_back_as_it_was(void **state)
{
    mm_header_t header = full_header(), read;
    mm_writer_t out = mm_writer(bytes, BYTES);
    mm_cursor_t cursor;

    (void)state;
    mm_header_write(&header, &out);
    assert_true(out.size <= MM_HEADER_MAX);
    cursor = mm_cursor(mm_writer_slice(&out));
    assert_int_equal(mm_header_read(&cursor, &read), MM_OK);
    assert_true(mm_cursor_at_end(&cursor));
    assert_memory_equal(&header, &read, sizeof read);
}

static void header_cut_anywhere_is_malformed(void **state)
{
    mm_header_t header = full_header(), read;
    mm_writer_t out = mm_writer(bytes, BYTES);

    (void)state;
    mm_header_write(&header, &out);
    for (size_t len = 0; len < out.size; len++) {
        mm_cursor_t cursor = mm_cursor((mm_slice_t){bytes, len});
        assert_int_equal(mm_header_read(&cursor, &read), MM_ERR_MALFORMED);
    }
}

static mm_err_t read_header(const mm_header_t *header)
{
    mm_writer_t out = mm_writer(bytes, BYTES);
    mm_header_t read;
    mm_cursor_t cursor;

    mm_header_write(header, &out);
    cursor = mm_cursor(mm_writer_slice(&out));
    return mm_header_read(&cursor, &read);
}

static void adjacent_minor_versions_understand_each_other(void **state)
{
    mm_header_t header = {.kind = MM_FRAME_DATA};

    (void)state;
    header.protocol = MM_PROTOCOL + 1;
    assert_int_equal(read_header(&header), MM_OK);
    header.protocol = MM_PROTOCOL + 2;
    assert_int_equal(read_header(&header), MM_ERR_VERSION);
    header.protocol = (MM_PROTOCOL_MAJOR + 1) << 8;
    assert_int_equal(read_header(&header), MM_ERR_VERSION);
    header.protocol = UINT64_MAX;
    assert_int_equal(read_header(&header), MM_ERR_VERSION);
}

static void headers_that_make_no_sense_are_malformed(void **state)
{
    mm_header_t header = {.protocol = MM_PROTOCOL, .kind = 0};

    (void)state;
    assert_int_equal(read_header(&header), MM_ERR_MALFORMED);
    header.kind = MM_FRAME_BYE + 1;
    assert_int_equal(read_header(&header), MM_ERR_MALFORMED);
    header.kind = MM_FRAME_DATA;
    header.mark = 5;
    header.range_count = 1;
    header.ranges[0] = (mm_range_t){5, 6}; /* touches what the mark says */
    assert_int_equal(read_header(&header), MM_ERR_MALFORMED);
    header.ranges[0] = (mm_range_t){8, 7};
    assert_int_equal(read_header(&header), MM_ERR_MALFORMED);
    header.range_count = 2;
    header.ranges[0] = (mm_range_t){8, 10};
    header.ranges[1] = (mm_range_t){10, 12};
    assert_int_equal(read_header(&header), MM_ERR_MALFORMED);
    header.ranges[1] = (mm_range_t){12, 12};
    assert_int_equal(read_header(&header), MM_OK);
}

static void what_a_later_version_appends_is_passed_over(void **state)
{
    static const uint8_t header_bytes[] = {0x9a, 0xcd, 0x01, 0x01, 3, 1,    1,   1,
                                           0,    0x90, 9,    0x92, 1, 0xa1, 'x', 7};
    static const uint8_t welcome_bytes[] = {0x93, 5, 0xc0, 0x81, 0xa1, 'k', 1};
    mm_cursor_t cursor = mm_cursor((mm_slice_t){header_bytes, sizeof header_bytes});
    mm_welcome_t welcome;
    mm_header_t header;

    (void)state;
    assert_int_equal(mm_header_read(&cursor, &header), MM_OK);
    assert_true(mm_cursor_at_end(&cursor));
    assert_int_equal(header.credit, 9);
    cursor = mm_cursor((mm_slice_t){welcome_bytes, sizeof welcome_bytes});
    assert_int_equal(mm_welcome_read(&cursor, &welcome), MM_OK);
    assert_true(mm_cursor_at_end(&cursor));
    assert_int_equal(welcome.received, 5);
}

static mm_err_t read_hello(const mm_hello_t *hello)
{
    mm_writer_t out = mm_writer(bytes, BYTES);
    mm_hello_t read;
    mm_cursor_t cursor;

    mm_hello_write(hello, &out);
    cursor = mm_cursor(mm_writer_slice(&out));
    return mm_hello_read(&cursor, &read);
}

static void hello_needs_a_name_an_incarnation_and_a_first_entry(void **state)
{
    char name[MM_NAME_MAX + 1];
    mm_hello_t hello = {.name = {name, MM_NAME_MAX}, .incarnation = 1, .first = 1};

    (void)state;
    memset(name, 'n', sizeof name);
    assert_int_equal(read_hello(&hello), MM_OK);
    hello.name.len++;
    assert_int_equal(read_hello(&hello), MM_ERR_MALFORMED);
    hello.name.len = 0;
    assert_int_equal(read_hello(&hello), MM_ERR_MALFORMED);
    hello.name.len = 1;
    hello.incarnation = 0;
    assert_int_equal(read_hello(&hello), MM_ERR_MALFORMED);
    hello.incarnation = 1;
    hello.first = 0;
    assert_int_equal(read_hello(&hello), MM_ERR_MALFORMED);
}

static void nack_is_one_of_its_reasons(void **state)
{
    static const struct {
        uint8_t value;
        mm_err_t err;
    } cases[] = {{0, MM_ERR_MALFORMED}, {1, MM_OK}, {2, MM_OK}, {3, MM_OK}, {4, MM_ERR_MALFORMED}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t body[] = {0x91, cases[i].value};
        mm_cursor_t cursor = mm_cursor((mm_slice_t){body, sizeof body});
        mm_nack_t nack;
        assert_int_equal(mm_nack_read(&cursor, &nack), cases[i].err);
    }
}

/* --- entries ----------------------------------------------------------------------------------- */

static mm_upward_t an_upward_entry(mm_msg_t msg)
{
    return (mm_upward_t){.number = 12,
                         .connection = UINT64_MAX,
                         .spec = mm_spec(msg),
                         .stamp = {.time_ms = 1700000000000, .fresh = {{1, 2, 3}}},
                         .target = {{9, 8, 7}},
                         .body = {(const uint8_t *)"\x81\xa1k\xc3", 4}};
}

static void upward_entry_comes_back_as_it_was(void **state)
{
    mm_upward_t entry = an_upward_entry(MM_MSG_JOIN), read;
    mm_writer_t out = mm_writer(bytes, BYTES);
    mm_cursor_t cursor;

    (void)state;
    mm_upward_write(&entry, &out);
    mm_write_nil(&out); /* what follows is left alone */
    cursor = mm_cursor(mm_writer_slice(&out));
    assert_int_equal(mm_upward_read(&cursor, &read), MM_OK);
    assert_true(mm_cursor_take_nil(&cursor));
    assert_int_equal(read.number, 12);
    assert_true(read.connection == UINT64_MAX);
    assert_ptr_equal(read.spec, entry.spec);
    assert_int_equal(read.stamp.time_ms, entry.stamp.time_ms);
    assert_true(mm_id_equal(&read.stamp.fresh, &entry.stamp.fresh));
    assert_true(mm_id_equal(&read.target, &entry.target));
    assert_int_equal(read.body.len, 4);
    assert_memory_equal(read.body.ptr, entry.body.ptr, 4);
}

static void entries_cut_anywhere_are_malformed(void **state)
{
    mm_upward_t upward = an_upward_entry(MM_MSG_CHAT);
    mm_downward_t downward = {.number = 5,
                              .recipients = {(const uint8_t *)"\x91\x01", 2},
                              .spec = mm_spec(MM_MSG_CHAT),
                              .has_from = true,
                              .time = {(const uint8_t *)"\x05", 1},
                              .body = {(const uint8_t *)"\x81\xa1k\xc3", 4}};
    mm_writer_t out = mm_writer(bytes, BYTES);

    (void)state;
    mm_upward_write(&upward, &out);
    for (size_t len = 0; len < out.size; len++) {
        mm_cursor_t cursor = mm_cursor((mm_slice_t){bytes, len});
        assert_int_equal(mm_upward_read(&cursor, &upward), MM_ERR_MALFORMED);
    }
    out.size = 0;
    mm_downward_write(&downward, &out);
    for (size_t len = 0; len < out.size; len++) {
        mm_cursor_t cursor = mm_cursor((mm_slice_t){bytes, len});
        assert_int_equal(mm_downward_read(&cursor, &downward), MM_ERR_MALFORMED);
    }
}

static mm_err_t read_upward(const mm_upward_t *entry)
{
    mm_writer_t out = mm_writer(bytes, BYTES);
    mm_upward_t read;
    mm_cursor_t cursor;

    mm_upward_write(entry, &out);
    cursor = mm_cursor(mm_writer_slice(&out));
    return mm_upward_read(&cursor, &read);
}

static void gateway_cannot_say_what_only_the_broker_says(void **state)
{
    (void)state;
    for (int msg = 0; msg < MM_MSG_LIMIT; msg++) {
        const mm_spec_t *spec = mm_spec((mm_msg_t)msg);
        mm_upward_t entry;
        if (spec == NULL)
            continue;
        entry = an_upward_entry((mm_msg_t)msg);
        assert_int_equal(read_upward(&entry),
                         spec->senders == MM_BY_BROKER ? MM_ERR_MALFORMED : MM_OK);
    }
}

static void bodies_must_be_maps_and_times_numbers(void **state)
{
    mm_upward_t upward = an_upward_entry(MM_MSG_CHAT);
    mm_downward_t downward = {.number = 5,
                              .recipients = {(const uint8_t *)"\x91\x01", 2},
                              .spec = mm_spec(MM_MSG_CHAT),
                              .time = {(const uint8_t *)"\xa1x", 2},
                              .body = {(const uint8_t *)"\x80", 1}};
    mm_writer_t out = mm_writer(bytes, BYTES);
    mm_cursor_t cursor;

    (void)state;
    upward.body = (mm_slice_t){(const uint8_t *)"\x90", 1};
    assert_int_equal(read_upward(&upward), MM_ERR_MALFORMED);
    mm_downward_write(&downward, &out);
    cursor = mm_cursor(mm_writer_slice(&out));
    assert_int_equal(mm_downward_read(&cursor, &downward), MM_ERR_MALFORMED);
}

static void flow_takes_no_credit(void **state)
{
    (void)state;
    assert_int_equal(mm_entry_cost(mm_spec(MM_MSG_FLOW), 100), 0);
    assert_int_equal(mm_entry_cost(mm_spec(MM_MSG_CHAT), 100), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_comes_back_as_it_was),
        cmocka_unit_test(header_cut_anywhere_is_malformed),
        cmocka_unit_test(adjacent_minor_versions_understand_each_other),
        cmocka_unit_test(headers_that_make_no_sense_are_malformed),
        cmocka_unit_test(what_a_later_version_appends_is_passed_over),
        cmocka_unit_test(hello_needs_a_name_an_incarnation_and_a_first_entry),
        cmocka_unit_test(nack_is_one_of_its_reasons),
        cmocka_unit_test(upward_entry_comes_back_as_it_was),
        cmocka_unit_test(entries_cut_anywhere_are_malformed),
        cmocka_unit_test(gateway_cannot_say_what_only_the_broker_says),
        cmocka_unit_test(bodies_must_be_maps_and_times_numbers),
        cmocka_unit_test(flow_takes_no_credit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

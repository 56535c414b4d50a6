/* Tables and values as an operator sees them. */
#include "admin/table.h"
#include "admin/value.h"
#include "proto/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const mm_column_t columns[] = {{"id", "ID", MM_COLUMN_PLAIN},
                                      {"made", "MADE", MM_COLUMN_TIME},
                                      {"up", "UP", MM_COLUMN_DURATION},
                                      {"name", "NAME", MM_COLUMN_PLAIN},
                                      {NULL, NULL, MM_COLUMN_PLAIN}};

static void lines_stand_in_columns_and_names_cannot_break_them(void **state)
{
    json_t *rows =
        json_pack("[{s:s,s:i,s:i,s:s},{s:s,s:n,s:i,s:s}]", "id", "ABC123", "made", 0, "up", 3723000,
                  "name", "Ann\n\x1b[1m", "id", "B", "made", "up", 999, "name", "J\xc3\xb6");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_non_null(rows);
    mm_table_print(rows, columns, out);
    fclose(out);
    assert_string_equal(text, "ID      MADE                 UP       NAME\n"
                              "ABC123  1970-01-01 00:00:00  1:02:03  Ann\\x0a\\x1b[1m\n"
                              "B       -                    999ms    J\xc3\xb6\n");
    free(text);
    json_decref(rows);
}

static void an_object_stands_one_member_a_line(void **state)
{
    json_t *object = json_pack("{s:s,s:b}", "id", "ABC123", "name", 1);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    mm_table_print_object(object, columns, out);
    mm_table_print_members(object, out);
    fclose(out);
    assert_string_equal(text, "ID    ABC123\nNAME  yes\nid    ABC123\nname  yes\n");
    free(text);
    json_decref(object);
}

static json_t *read_bytes(const void *bytes, size_t len)
{
    mm_cursor_t cursor = mm_cursor((mm_slice_t){bytes, len});

    return mm_value_read(&cursor);
}

static void msgpack_becomes_json_in_ascii(void **state)
{
    uint8_t bytes[256];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_id_t id = {{0xff}};
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    json_t *value;

    (void)state;
    mm_write_array(&out, 6);
    mm_write_str(&out, mm_text("J\xc3\xb6\xe2\x80\xae\x1b"));
    mm_write_str(&out, mm_text("\xff"));
    mm_write_u64(&out, UINT64_MAX);
    mm_write_i64(&out, -5);
    mm_write_id(&out, &id);
    mm_write_map(&out, 1);
    mm_write_str(&out, mm_text("a"));
    mm_write_nil(&out);
    value = read_bytes(bytes, out.size);
    mm_value_print(value, file);
    fclose(file);
    assert_string_equal(text, "[\"J\\u00F6\\u202E\\u001B\",\"\\\\xff\",\"18446744073709551615\",-5,"
                              "\"ff000000-0000-0000-0000-000000000000\",{\"a\":null}]\n");
    free(text);
    json_decref(value);
}

static void broken_msgpack_is_refused(void **state)
{
    (void)state;
    assert_null(read_bytes("", 0));
    assert_null(read_bytes("\xdd\xff\xff\xff\xff", 5));
    assert_null(read_bytes("\x92\x01", 2));
    assert_null(read_bytes("\x81\x01\x02", 3));
    assert_null(read_bytes("\xc1", 1));
}

static void nesting_has_an_end(void **state)
{
    uint8_t bytes[64];

    (void)state;
    memset(bytes, 0x91, sizeof bytes);
    bytes[sizeof bytes - 1] = 0xc0;
    assert_null(read_bytes(bytes, sizeof bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_stand_in_columns_and_names_cannot_break_them),
        cmocka_unit_test(an_object_stands_one_member_a_line),
        cmocka_unit_test(msgpack_becomes_json_in_ascii),
        cmocka_unit_test(broken_msgpack_is_refused),
        cmocka_unit_test(nesting_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

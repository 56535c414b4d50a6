/* HELLO and the role in it: absent from a gateway of an older version. */
#include "proto/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char admin[] = "\x95\xa3"
                            "one\x09\x01\x00\xa5"
                            "admin";
static const char gateway[] = "\x95\xa3"
                              "one\x09\x01\x00\xa7"
                              "gateway";
static const char older[] = "\x94\xa3"
                            "one\x09\x01\x00";
static const char stranger[] = "\x95\xa3"
                               "one\x09\x01\x00\xa4"
                               "root";
static const char newer[] = "\x96\xa3"
                            "one\x09\x01\x00\xa5"
                            "admin\xc0";

static mm_err_t read_hello(const char *bytes, size_t len, mm_hello_t *out)
{
    mm_cursor_t cursor = mm_cursor((mm_slice_t){(const uint8_t *)bytes, len});

    return mm_hello_read(&cursor, out);
}

static void a_role_is_golden_bytes(void **state)
{
    uint8_t bytes[64];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_hello_t hello = {
        .name = mm_text("one"), .incarnation = 9, .first = 1, .role = MM_PEER_ADMIN};

    (void)state;
    mm_hello_write(&hello, &out);
    assert_int_equal(out.size, sizeof admin - 1);
    assert_memory_equal(bytes, admin, sizeof admin - 1);
    hello.role = MM_PEER_GATEWAY;
    out = mm_writer(bytes, sizeof bytes);
    mm_hello_write(&hello, &out);
    assert_int_equal(out.size, sizeof gateway - 1);
    assert_memory_equal(bytes, gateway, sizeof gateway - 1);
}

static void who_says_no_role_is_a_gateway(void **state)
{
    mm_hello_t hello;

    (void)state;
    assert_int_equal(read_hello(older, sizeof older - 1, &hello), MM_OK);
    assert_int_equal(hello.role, MM_PEER_GATEWAY);
    assert_int_equal(read_hello(gateway, sizeof gateway - 1, &hello), MM_OK);
    assert_int_equal(hello.role, MM_PEER_GATEWAY);
    assert_int_equal(read_hello(newer, sizeof newer - 1, &hello), MM_OK);
    assert_int_equal(hello.role, MM_PEER_ADMIN);
}

static void another_role_is_refused(void **state)
{
    mm_hello_t hello;

    (void)state;
    assert_int_equal(read_hello(stranger, sizeof stranger - 1, &hello), MM_ERR_MALFORMED);
    assert_int_equal(read_hello(admin, sizeof admin - 3, &hello), MM_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role_is_golden_bytes),
        cmocka_unit_test(who_says_no_role_is_a_gateway),
        cmocka_unit_test(another_role_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

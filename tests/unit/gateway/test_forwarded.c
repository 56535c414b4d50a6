/* X-Forwarded-For. */
#include "gateway/forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const trusted_list = "10.0.0.0/8, 127.0.0.1, ::1, 2001:db8:ffff::/48";

/* The client as text; "refused" when the header is. */
static const char *client(const char *peer, mm_text_t header)
{
    static char out[MM_ADDRESS_CHARS];
    uint8_t address[MM_ADDRESS_BYTES], found[MM_ADDRESS_BYTES];
    size_t bad;
    mm_networks_t *trusted = mm_networks_read(mm_text(trusted_list), &bad);
    mm_err_t err;

    assert_non_null(trusted);
    assert_true(mm_address_read(mm_text(peer), address));
    err = mm_forwarded_client(trusted, address, header, found);
    mm_networks_destroy(&trusted);
    if (err != MM_OK)
        return "refused";
    mm_address_print(found, out);
    return out;
}

static void from_proxy(const char *header, const char *expected)
{
    const char *found = client("10.0.0.1", mm_text(header));

    if (strcmp(found, expected) != 0)
        fail_msg("\"%s\" names %s, not %s", header, found, expected);
}

/* [LIMIT-07] */
static void a_stranger_is_not_believed(void **state)
{
    (void)state;
    assert_string_equal(client("192.0.2.1", mm_text("198.51.100.1")), "192.0.2.1");
    assert_string_equal(client("192.0.2.1", mm_text("10.0.0.1")), "192.0.2.1");
    assert_string_equal(client("192.0.2.1", mm_text("nonsense")), "192.0.2.1");
    assert_string_equal(client("2001:db8::1", mm_text("198.51.100.1")), "2001:db8::1");
}

/* [LIMIT-07] */
static void the_client_is_the_first_from_the_right_that_is_no_proxy(void **state)
{
    (void)state;
    from_proxy("198.51.100.1", "198.51.100.1");
    from_proxy("198.51.100.1, 10.0.0.2", "198.51.100.1");
    from_proxy("198.51.100.1,10.0.0.2,10.0.0.3", "198.51.100.1");
    from_proxy("198.51.100.1, 198.51.100.2", "198.51.100.2");
    from_proxy("10.0.0.9, 198.51.100.2, 10.0.0.2", "198.51.100.2");
    from_proxy("198.51.100.1, 127.0.0.1 , ::1", "198.51.100.1");
}

static void where_all_are_proxies_it_is_the_leftmost(void **state)
{
    (void)state;
    from_proxy("10.0.0.3, 10.0.0.2", "10.0.0.3");
    from_proxy("::1", "::1");
}

static void without_a_header_it_is_the_proxy_itself(void **state)
{
    (void)state;
    from_proxy("", "10.0.0.1");
    from_proxy(" , ,\t,", "10.0.0.1");
}

static void ports_brackets_and_mapped_addresses_are_read(void **state)
{
    (void)state;
    from_proxy("198.51.100.1:80", "198.51.100.1");
    from_proxy("198.51.100.1:65535", "198.51.100.1");
    from_proxy("2001:db8::1", "2001:db8::1");
    from_proxy("[2001:db8::1]", "2001:db8::1");
    from_proxy("[2001:db8::1]:8080", "2001:db8::1");
    from_proxy("::ffff:198.51.100.1", "198.51.100.1");
    from_proxy("[::ffff:198.51.100.1]:1", "198.51.100.1");
    from_proxy("198.51.100.1, ::ffff:10.0.0.7", "198.51.100.1");
    from_proxy("\t198.51.100.1\t", "198.51.100.1");
    from_proxy("198.51.100.1,, 10.0.0.2,", "198.51.100.1");
    assert_string_equal(client("::ffff:10.0.0.1", mm_text("198.51.100.1")), "198.51.100.1");
    assert_string_equal(client("2001:db8:ffff::9", mm_text("198.51.100.1")), "198.51.100.1");
}

/* [LIMIT-08] */
static void what_is_no_address_is_refused(void **state)
{
    static const char *const bad[] = {"unknown",
                                      "_hidden",
                                      "198.51.100",
                                      "198.51.100.256",
                                      "198.51.100.1:",
                                      "198.51.100.1:x",
                                      "198.51.100.1:65536",
                                      "198.51.100.1:123456",
                                      "[2001:db8::1",
                                      "[2001:db8::1]x",
                                      "[2001:db8::1]:",
                                      "[198.51.100.1]",
                                      "[]",
                                      "[",
                                      "]",
                                      "fe80::1%lo",
                                      "\"198.51.100.1\"",
                                      "198.51.100.1;10.0.0.1",
                                      "198.51.100.1 10.0.0.1",
                                      ":80",
                                      "localhost",
                                      "for=198.51.100.1",
                                      "198.51.100.1\x7f",
                                      "\x7f",
                                      "1.2.3.4:+80"};
    char both[128];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        from_proxy(bad[i], "refused");
        (void)snprintf(both, sizeof both, "%s, 10.0.0.2", bad[i]);
        from_proxy(both, "refused");
        (void)snprintf(both, sizeof both, "%s, 198.51.100.7, 10.0.0.2", bad[i]);
        from_proxy(both, "198.51.100.7"); /* left of the client anybody may write anything */
    }
    assert_string_equal(client("10.0.0.1", (mm_text_t){"1.2.3.4\0", 8}), "refused");
}

/* [LIMIT-08] */
static void what_is_too_long_is_refused(void **state)
{
    char header[MM_FORWARDED_BYTES + 2];
    mm_text_t text = {header, MM_FORWARDED_BYTES};

    (void)state;
    memset(header, ',', sizeof header);
    memcpy(header, "1.2.3.4", 7);
    assert_string_equal(client("10.0.0.1", text), "1.2.3.4");
    text.len++;
    assert_string_equal(client("10.0.0.1", text), "refused");
    assert_string_equal(client("192.0.2.1", text), "192.0.2.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_is_not_believed),
        cmocka_unit_test(the_client_is_the_first_from_the_right_that_is_no_proxy),
        cmocka_unit_test(where_all_are_proxies_it_is_the_leftmost),
        cmocka_unit_test(without_a_header_it_is_the_proxy_itself),
        cmocka_unit_test(ports_brackets_and_mapped_addresses_are_read),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(what_is_too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

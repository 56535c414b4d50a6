/* Addresses, subscribers and lists of networks. */
#include "proto/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void same(const char *text, const char *printed)
{
    uint8_t address[MM_ADDRESS_BYTES];
    char out[MM_ADDRESS_CHARS];

    if (!mm_address_read(mm_text(text), address))
        fail_msg("%s was refused", text);
    mm_address_print(address, out);
    assert_string_equal(out, printed);
}

static void addresses_are_read_and_printed(void **state)
{
    (void)state;
    same("1.2.3.4", "1.2.3.4");
    same("::ffff:1.2.3.4", "1.2.3.4");
    same("::FFFF:102:304", "1.2.3.4");
    same("2001:DB8:0:0::1", "2001:db8::1");
    same("::1", "::1");
    same("::", "::");
    same("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "1.2.3",
                                      "1.2.3.4.5",
                                      "256.1.1.1",
                                      "01.2.3.4",
                                      " 1.2.3.4",
                                      "1.2.3.4 ",
                                      "1.2.3.4:80",
                                      "[::1]",
                                      "fe80::1%lo",
                                      "1::2::3",
                                      "unknown",
                                      "0x1.2.3.4",
                                      "12345::",
                                      "::1/64",
                                      "1.2.3.4\n",
                                      "localhost",
                                      ":",
                                      "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"};
    uint8_t address[MM_ADDRESS_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (mm_address_read(mm_text(bad[i]), address))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_false(mm_address_read((mm_text_t){"1.2.3.4\0", 8}, address));
}

/* [LIMIT-09] */
static void ipv6_counts_by_its_64_and_ipv4_whole(void **state)
{
    static const char *const subscribers[][2] = {
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"10.1.2.3", "10.1.2.3"},
        {"::ffff:10.1.2.3", "10.1.2.3"},
        {"::1", "::"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof subscribers / sizeof *subscribers; i++) {
        uint8_t address[MM_ADDRESS_BYTES], subscriber[MM_ADDRESS_BYTES];
        char out[MM_ADDRESS_CHARS];

        assert_true(mm_address_read(mm_text(subscribers[i][0]), address));
        mm_address_subscriber(address, subscriber);
        mm_address_print(subscriber, out);
        assert_string_equal(out, subscribers[i][1]);
    }
}

static bool have(const char *list, const char *text)
{
    size_t bad = 0;
    mm_networks_t *networks = mm_networks_read(mm_text(list), &bad);
    uint8_t address[MM_ADDRESS_BYTES];
    bool result;

    assert_non_null(networks);
    assert_true(mm_address_read(mm_text(text), address));
    result = mm_networks_have(networks, address);
    mm_networks_destroy(&networks);
    assert_null(networks);
    return result;
}

static void networks_have_their_addresses_and_no_others(void **state)
{
    (void)state;
    assert_true(have("10.0.0.0/8", "10.255.1.2"));
    assert_false(have("10.0.0.0/8", "11.0.0.0"));
    assert_true(have("192.168.128.0/17", "192.168.255.1"));
    assert_false(have("192.168.128.0/17", "192.168.127.255"));
    assert_true(have("1.2.3.4", "::ffff:1.2.3.4"));
    assert_false(have("1.2.3.4", "1.2.3.5"));
    assert_true(have("1.2.3.4/31", "1.2.3.5"));
    assert_true(have("0.0.0.0/0", "9.9.9.9"));
    assert_false(have("0.0.0.0/0", "2001:db8::1"));
    assert_true(have("::/0", "9.9.9.9"));
    assert_true(have("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(have("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(have("::ffff:10.0.0.0/104", "10.1.1.1"));
    assert_false(have("::ffff:10.0.0.0/104", "11.1.1.1"));
    assert_true(have(" 127.0.0.1 ,\t::1", "::1"));
    assert_false(have("", "::1"));
    assert_false(have(" ", "::"));
}

static void what_is_no_network_is_named_by_its_place(void **state)
{
    static const struct {
        const char *list;
        size_t bad;
    } cases[] = {{"10.0.0.0/33", 1},
                 {"10.0.0.1/8", 1},
                 {"::1, 10.0.0.0/", 2},
                 {"::/129", 1},
                 {"2001:db8::1/64", 1},
                 {"10.0.0.0/8,", 2},
                 {",", 1},
                 {"10.0.0.0/+8", 1},
                 {"10.0.0.0/0008", 1},
                 {"localhost", 1},
                 {"10.0.0.0/8/8", 1},
                 {"10.0.0.0 /8", 1},
                 {"1.1.1.1,2.2.2.2,x", 3},
                 {"1.1.1.1 2.2.2.2", 1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t bad = 0;
        if (mm_networks_read(mm_text(cases[i].list), &bad) != NULL)
            fail_msg("\"%s\" was taken", cases[i].list);
        assert_int_equal(bad, cases[i].bad);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_printed),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(ipv6_counts_by_its_64_and_ipv4_whole),
        cmocka_unit_test(networks_have_their_addresses_and_no_others),
        cmocka_unit_test(what_is_no_network_is_named_by_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

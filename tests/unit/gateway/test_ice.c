/* ICE servers: which addresses are taken, and what a browser is told. */
#include "gateway/ice.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void good_stun_addresses_are_taken(void **state)
{
    static const char *const good[] = {
        "stun:example.org",        "stun:stun.example.org:3478",
        "STUN:EXAMPLE.org.",       "stuns:example.org",
        "stun:192.0.2.1",          "stun:192.0.2.1:65535",
        "stun:[2001:db8::1]",      "stun:[2001:db8::1]:3478",
        "stun:[::ffff:192.0.2.1]", "stun:a-b.c_d.e:1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!mm_ice_is_url(mm_text(good[i]), false))
            fail_msg("%s", good[i]);
}

static void good_turn_addresses_are_taken(void **state)
{
    static const char *const good[] = {
        "turn:example.org",
        "turns:example.org:443?transport=tcp",
        "turn:192.0.2.1?transport=udp",
        "turn:[2001:db8::1]:3478?transport=tcp",
        "turn:[2001:db8::1]?transport=udp",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!mm_ice_is_url(mm_text(good[i]), true))
            fail_msg("%s", good[i]);
}

static void bad_addresses_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "example.org",
        "http://example.org",
        "stun:",
        "turn:",
        "turn::3478",
        "turn:example.org:",
        "turn:example.org:0",
        "turn:example.org:65536",
        "turn:example.org:123456",
        "turn:example.org:34a8",
        "turn:example.org:3478:1",
        "turn://example.org",
        "turn:example.org/path",
        "turn:user@example.org",
        "turn:exa mple.org",
        "turn:example..org",
        "turn:.example.org",
        "turn:-example.org",
        "turn:example-.org",
        "turn:example.org-",
        "turn:2001:db8::1",
        "turn:[2001:db8::1",
        "turn:[2001:db8::1]x",
        "turn:[example.org]",
        "turn:[]",
        "turn:[fe80::1%eth0]",
        "turn:example.org?",
        "turn:example.org?transport=",
        "turn:example.org?transport=sctp",
        "turn:example.org?transport=udp&x=y",
        "turn:example.org?x=y",
        "turn:\xc3\xa9.org",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (mm_ice_is_url(mm_text(bad[i]), true) || mm_ice_is_url(mm_text(bad[i]), false))
            fail_msg("%s", bad[i]);
    assert_false(mm_ice_is_url(mm_text("turn:example.org"), false));
    assert_false(mm_ice_is_url(mm_text("stun:example.org"), true));
    /* Browsers throw on it. */
    assert_false(mm_ice_is_url(mm_text("stun:example.org?transport=udp"), false));
}

/* Replaces a text of the defaults, which mm_settings_fini frees. */
static void set(char **setting, const char *value)
{
    free(*setting);
    *setting = strdup(value);
    assert_non_null(*setting);
}

static json_t *printed(const mm_settings_t *settings)
{
    char complaint[MM_ICE_COMPLAINT_BYTES];
    mm_ice_t *ice;
    char *text;
    json_t *document;

    assert_int_equal(mm_ice_open(settings, &ice, complaint), MM_OK);
    text = mm_ice_print(ice, 0);
    document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(document);
    free(text);
    mm_ice_close(&ice);
    return document;
}

static void stun_is_there_without_being_asked_for(void **state)
{
    mm_settings_t settings;
    json_t *document, *expected;

    (void)state;
    mm_settings_defaults(&settings);
    document = printed(&settings);
    expected = json_pack("{s:[{s:s}]}", "iceServers", "urls", "stun:stun.cloudflare.com:3478");
    assert_true(json_equal(document, expected));
    json_decref(document);
    json_decref(expected);
    mm_settings_fini(&settings);
}

static void each_address_has_an_entry(void **state)
{
    mm_settings_t settings;
    json_t *document, *expected;

    (void)state;
    mm_settings_defaults(&settings);
    set(&settings.stun_url, "stun:a.example, stun:b.example");
    set(&settings.turn_url, "turn:[2001:db8::1]?transport=udp,turns:t.example");
    set(&settings.turn_username, "user");
    set(&settings.turn_credential, "p\"ss");
    document = printed(&settings);
    expected =
        json_pack("{s:[{s:s}, {s:s}, {s:s, s:s, s:s}, {s:s, s:s, s:s}]}", "iceServers", "urls",
                  "stun:a.example", "urls", "stun:b.example", "urls",
                  "turn:[2001:db8::1]?transport=udp", "username", "user", "credential", "p\"ss",
                  "urls", "turns:t.example", "username", "user", "credential", "p\"ss");
    assert_true(json_equal(document, expected));
    json_decref(document);
    json_decref(expected);
    mm_settings_fini(&settings);
}

/* The HMAC itself is checked against another library in tests/e2e/ice.test.js. */
static void a_secret_mints_a_new_pair_each_time(void **state)
{
    mm_settings_t settings;
    json_t *documents[2], *servers[2];

    (void)state;
    mm_settings_defaults(&settings);
    set(&settings.turn_url, "turn:t.example");
    set(&settings.turn_secret, "hunter2");
    for (size_t i = 0; i < 2; i++) {
        documents[i] = printed(&settings);
        servers[i] = json_array_get(json_object_get(documents[i], "iceServers"), 1);
    }
    for (size_t i = 0; i < 2; i++) {
        const char *username = json_string_value(json_object_get(servers[i], "username"));
        assert_int_equal(strncmp(username, "43200:", 6), 0);
        assert_int_equal(strlen(json_string_value(json_object_get(servers[i], "credential"))), 28);
    }
    assert_false(json_equal(json_object_get(servers[0], "username"),
                            json_object_get(servers[1], "username")));
    for (size_t i = 0; i < 2; i++)
        json_decref(documents[i]);
    mm_settings_fini(&settings);
}

static void refuses(const char *stun, const char *turn, const char *username,
                    const char *credential, const char *complaint_part)
{
    char complaint[MM_ICE_COMPLAINT_BYTES] = "";
    mm_settings_t settings;
    mm_ice_t *ice;

    mm_settings_defaults(&settings);
    set(&settings.stun_url, stun);
    set(&settings.turn_url, turn);
    set(&settings.turn_username, username);
    set(&settings.turn_credential, credential);
    assert_int_equal(mm_ice_open(&settings, &ice, complaint), MM_ERR_MALFORMED);
    assert_null(ice);
    if (strstr(complaint, complaint_part) == NULL)
        fail_msg("\"%s\" does not name \"%s\"", complaint, complaint_part);
    assert_null(strstr(complaint, "hunter"));
    mm_settings_fini(&settings);
}

static void a_bad_one_is_named(void **state)
{
    (void)state;
    refuses("stun:a.example,oops", "", "", "", "stun-url: number 2 is no stun:");
    refuses("stun:a.example", "turn:x y", "u", "c", "turn-url: number 1 is no turn:");
    refuses("stun:a.example", "turn:a.example", "", "c", "turn-username");
    refuses("stun:a.example", "turn:a.example", "u", "", "turn-credential");
    refuses("stun:a.example", "turn:a.example", "\xff", "c", "UTF-8");
    refuses("stun:a.example", "turn:a.example,turn:me:hunter2@b.example", "u", "c", "number 2");
    refuses("stun:a.example,,", "", "", "", "stun-url");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_stun_addresses_are_taken),
        cmocka_unit_test(good_turn_addresses_are_taken),
        cmocka_unit_test(bad_addresses_are_refused),
        cmocka_unit_test(stun_is_there_without_being_asked_for),
        cmocka_unit_test(a_secret_mints_a_new_pair_each_time),
        cmocka_unit_test(each_address_has_an_entry),
        cmocka_unit_test(a_bad_one_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

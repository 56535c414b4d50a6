/* The codec against jansson, and against itself: the corpus, and texts made from seeds.
 * A failing seed is printed; MM_SEED runs that one alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"
#include "tests/json/oracle.h"

/* --- the corpus ---------------------------------------------------------------------------- */

enum { ACCEPTS = true, REFUSES = false };

typedef struct json_case {
    const char *name, *text;
    size_t len;
    bool is_ours, is_theirs; /* accepted by */
} json_case_t;

static const json_case_t cases[] = {
#define ACCEPT(name, text)      {#name, text, sizeof(text) - 1, true, true},
#define REFUSE(name, why, text) {#name, text, sizeof(text) - 1, false, false},
#define OURS(name, why, theirs, text)                                                              \
    {#name, text, sizeof(text) - 1, MM_REASON_##why == MM_REASON_NONE, theirs},
#include "tests/json/cases.def"
#undef ACCEPT
#undef REFUSE
#undef OURS
};

enum { TEXT_MAX = 1 << 16 };

static void jansson_agrees_on_the_corpus_but_where_it_is_stated(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[4096];
        size_t len;
        mm_reason_t reason;
        json_error_t error;
        mm_text_t text = {cases[i].text, cases[i].len};
        mm_err_t err = mm_json_read(text, out, sizeof out, &len, &reason);
        json_t *tree = json_loadb(text.ptr, text.len, ORACLE_FLAGS, &error);
        if ((err == MM_OK) != cases[i].is_ours || (tree != NULL) != cases[i].is_theirs)
            fail_msg("%s: ours %s, jansson %s", cases[i].name, mm_reason_text(reason),
                     tree == NULL ? error.text : "accepts");
        mm_cursor_t cursor = mm_cursor((mm_slice_t){out, len});
        if (tree != NULL && err == MM_OK && !oracle_is_same(tree, &cursor))
            fail_msg("%s: another value than jansson's", cases[i].name);
        json_decref(tree);
    }
}

/* --- seeds --------------------------------------------------------------------------------- */

typedef struct maker {
    uint64_t state;
    char text[TEXT_MAX];
    size_t len;
} maker_t;

static uint64_t draw(maker_t *maker, uint64_t below) /* xorshift64* */
{
    maker->state ^= maker->state >> 12;
    maker->state ^= maker->state << 25;
    maker->state ^= maker->state >> 27;
    return (maker->state * UINT64_C(2685821657736338717)) % below;
}

static void add(maker_t *maker, const char *text)
{
    size_t len = strlen(text);

    if (maker->len + len < TEXT_MAX) {
        memcpy(maker->text + maker->len, text, len);
        maker->len += len;
    }
}

static const char *pick(maker_t *maker, const char *const *choices, size_t count)
{
    return choices[draw(maker, count)];
}
#define PICK(maker, choices) pick(maker, choices, sizeof(choices) / sizeof *(choices))

static void make_string(maker_t *maker)
{
    static const char *const pieces[] = {
        "a",
        "b",
        "\xc3\xa9",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "\\n",
        "\\r\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\u00e9",
        "\\u20AC",
        "\\u0007",
        "\\ud83d\\ude00",
        "0123456789abcdef",
        " ",
        "candidate",
        "\\b\\f\\t",
        "line of an SDP that is longer than a block\\r\\n",
    };
    uint64_t count = draw(maker, 4) == 0 ? draw(maker, 60) : draw(maker, 6);

    add(maker, "\"");
    while (count-- > 0)
        add(maker, PICK(maker, pieces));
    add(maker, "\"");
}

static void make_number(maker_t *maker)
{
    static const char *const edges[] = {
        "0",
        "-0",
        "1",
        "-1",
        "127",
        "128",
        "-128",
        "-129",
        "65535",
        "65536",
        "0.1",
        "1e3",
        "1e2",
        "1.0",
        "-0.0",
        "5e-324",
        "1e-7",
        "1e21",
        "1e22",
        "1e23",
        "2e0",
        "100e-2",
        "0e9",
        "123e20",
        "1E+2",
        "0.5e-3",
        "9.5e15",
        "90000000000000000",
        "9007199254740991",
        "9007199254740992",
        "9007199254740993",
        "-9007199254740992",
        "9223372036854775807",
        "-9223372036854775808",
        "1.7976931348623157e308",
        "2.2250738585072014e-308",
        "12345678901234568e4",
    };
    char text[64];
    double value;
    uint64_t bits = draw(maker, UINT64_MAX);

    switch (draw(maker, 4)) {
    case 0:
        add(maker, PICK(maker, edges));
        return;
    case 1:
        snprintf(text, sizeof text, "%lld", (long long)bits >> draw(maker, 64));
        break;
    case 2:
        bits &= ~(UINT64_C(1) << 62); /* no infinity, no NaN, less of the largest */
        memcpy(&value, &bits, sizeof value);
        snprintf(text, sizeof text, "%.*e", (int)draw(maker, 20), value);
        break;
    default:
        snprintf(text, sizeof text, "%.*f", (int)draw(maker, 12),
                 (double)draw(maker, 1 << 30) / 4096);
        break;
    }
    add(maker, text);
}

static void make_value(maker_t *maker, unsigned depth);

static void make_container(maker_t *maker, unsigned depth, bool is_object)
{
    static const char *const spaces[] = {"", "", "", " ", "\n", "\t\r "};
    uint64_t count = draw(maker, 7);

    add(maker, is_object ? "{" : "[");
    for (uint64_t i = 0; i < count; i++) {
        add(maker, i == 0 ? "" : ",");
        add(maker, PICK(maker, spaces));
        if (is_object) {
            make_string(maker);
            add(maker, PICK(maker, spaces));
            add(maker, ":");
        }
        make_value(maker, depth + 1);
        add(maker, PICK(maker, spaces));
    }
    add(maker, is_object ? "}" : "]");
}

static void make_value(maker_t *maker, unsigned depth)
{
    static const char *const words[] = {"null", "true", "false"};
    uint64_t kind = draw(maker, depth < 12 ? 8 : 5);

    if (kind < 2)
        make_string(maker);
    else if (kind < 4)
        make_number(maker);
    else if (kind < 5)
        add(maker, PICK(maker, words));
    else
        make_container(maker, depth, kind < 7);
}

/* Breaks one byte, so that most texts are no longer JSON. */
static void damage(maker_t *maker)
{
    static const char bytes[] = "\"\\{}[],:0e-+.u \n\x01\x80\xc3\xf0";
    size_t at = draw(maker, maker->len);

    if (draw(maker, 2) == 0)
        maker->text[at] = bytes[draw(maker, sizeof bytes - 1)];
    else
        maker->len = at;
}

static uint8_t first[MM_JSON_DECODED_MAX(TEXT_MAX)], second[sizeof first];
static char printed[MM_JSON_PRINTED_MAX(sizeof first)];

static bool is_known_difference(const json_error_t *error, mm_err_t err, mm_reason_t reason)
{
    enum json_error_code code = json_error_code(error);

    if (err == MM_OK)
        return code == json_error_numeric_overflow || code == json_error_null_byte_in_key;
    return reason == MM_REASON_TOO_DEEP || reason == MM_REASON_TOO_MANY_MEMBERS;
}

static const char *compare_with_jansson(const maker_t *maker, mm_err_t err, mm_reason_t reason,
                                        size_t len)
{
    json_error_t error;
    json_t *tree = json_loadb(maker->text, maker->len, ORACLE_FLAGS, &error);
    mm_cursor_t cursor = mm_cursor((mm_slice_t){first, len});
    const char *verdict = NULL;

    if ((tree != NULL) != (err == MM_OK))
        verdict = is_known_difference(&error, err, reason) ? NULL : "one accepts it, one does not";
    else if (tree != NULL && !oracle_is_same(tree, &cursor))
        verdict = "another value";
    json_decref(tree);
    return verdict;
}

/* Printed and read again it is the same, in its bytes. */
static const char *go_round(size_t len)
{
    size_t again;
    mm_reason_t reason;
    mm_slice_t bytes = {first, len};
    size_t text_len = mm_json_print(bytes, printed, MM_JSON_PRINTED_MAX(len));

    if (text_len == 0)
        return "does not print";
    if (mm_json_read((mm_text_t){printed, text_len}, second, sizeof second, &again, &reason) !=
        MM_OK)
        return "is not read again";
    return again == len && memcmp(first, second, len) == 0 ? NULL : "is read as something else";
}

static void check_seed(uint64_t seed)
{
    static maker_t maker;
    size_t len;
    mm_reason_t reason;

    maker.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    maker.len = 0;
    make_value(&maker, 0);
    if (seed % 3 == 0 && maker.len > 0)
        damage(&maker);
    mm_err_t err = mm_json_read((mm_text_t){maker.text, maker.len}, first,
                                MM_JSON_DECODED_MAX(maker.len), &len, &reason);
    const char *verdict = compare_with_jansson(&maker, err, reason, len);
    if (verdict == NULL && err == MM_OK)
        verdict = go_round(len);
    if (verdict != NULL || err == MM_ERR_TOO_LARGE)
        fail_msg("MM_SEED=%llu %s: %.*s", (unsigned long long)seed, verdict,
                 (int)(maker.len < 2000 ? maker.len : 2000), maker.text);
}

static void texts_from_seeds_are_what_jansson_says_and_come_back_equal(void **state)
{
    const char *one = getenv("MM_SEED");

    (void)state;
    if (one != NULL)
        check_seed(strtoull(one, NULL, 10));
    for (uint64_t seed = 0; one == NULL && seed < 30000; seed++)
        check_seed(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jansson_agrees_on_the_corpus_but_where_it_is_stated),
        cmocka_unit_test(texts_from_seeds_are_what_jansson_says_and_come_back_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

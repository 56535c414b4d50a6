/* Numbers: the C library is the judge, over edges and over doubles made of random bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json_number.h"
#include "proto/json_power.h"

static uint64_t random_state = 88172645463325252;

static uint64_t draw(void) /* xorshift64 */
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static double from_bits(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* A finite positive double of any size, sometimes one of few bits. */
static double draw_double(void)
{
    uint64_t bits = draw() & ~(UINT64_C(1) << 63);

    if (draw() % 5 == 0)
        bits &= ~((UINT64_C(1) << 52) - 1);
    if (draw() % 5 == 0)
        bits >>= 12 + draw() % 52; /* subnormal */
    return isfinite(from_bits(bits)) ? from_bits(bits) : 1.5;
}

/* --- reading ------------------------------------------------------------------------------- */

static void assert_reads_like_strtod(const char *text)
{
    mm_number_t number;
    size_t len = strlen(text);
    double expected = strtod(text, NULL);

    assert_int_equal(mm_number_read((const uint8_t *)text, len, &number), len);
    if (bits_of(number.real) != bits_of(expected))
        fail_msg("%s: %a instead of %a", text, number.real, expected);
}

static void edges_are_read_exactly(void **state)
{
    static const char *const texts[] = {
        "0.0",
        "-0.0",
        "1e22",
        "1e23",
        "-1e-22",
        "8.5e-23",
        "9007199254740993.0",
        "9007199254740993e0",
        "90071992547409930e-1",
        "900719925474099300000000000000000000e-20",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1.8e308",
        "17976931348623158e292",
        "1e308",
        "1e309",
        "123456789012345678901234567890e300",
        "0.000123456789012345678901234567890e-320",
        "5e-324",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "2.2250738585072011360574097967091319759348195463516456480234261097248e-308",
        "1e-323",
        "1e-342",
        "9999999999999999999e-343",
        "1e-343",
        "1e-999999999999999999999999",
        "9999999999999999999",
        "18446744073709551615e0",
        "18446744073709551616e0",
        "0e999999999999999999999999",
        "0.1e-5",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
        "6929495644600919.5",
        "3.2378839133029012895883524125015321748630094e-319",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_reads_like_strtod(texts[i]);
}

static void random_literals_are_read_exactly(void **state)
{
    char text[64];

    (void)state;
    for (int i = 0; i < 200000; i++) {
        snprintf(text, sizeof text, "%.*e", 1 + (int)(draw() % 24), draw_double());
        assert_reads_like_strtod(text);
    }
}

/* Half-way between two doubles, to the last digit and cut off somewhere. */
static void midpoints_are_read_exactly(void **state)
{
    char text[1200];

    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = bits_of(draw_double());
        if (bits >= bits_of(1e308))
            continue;
        long double middle = ((long double)from_bits(bits) + (long double)from_bits(bits + 1)) / 2;
        int places = draw() % 2 == 0 ? 780 : 1 + (int)(draw() % 780);
        snprintf(text, sizeof text, "%.*Le", places, middle);
        assert_reads_like_strtod(text);
    }
}

static void digits_far_behind_break_a_tie(void **state)
{
    static char text[5000];
    size_t len = (size_t)snprintf(text, sizeof text, "9007199254740993.");

    (void)state;
    memset(text + len, '0', 4000);
    assert_reads_like_strtod(text); /* exactly half-way: even */
    text[len + 3999] = '1';
    assert_reads_like_strtod(text); /* above */
    memcpy(text, "0.", 2);
    memset(text + 2, '0', 300);
    assert_reads_like_strtod(text);
}

static void reading_takes_the_number_and_nothing_behind_it(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {{"12,", 2}, {"0123", 1},  {"1.5]", 3}, {"1e5e", 3}, {"-0x1", 2}, {"1.", 0},
                 {"1.e", 0}, {"-", 0},     {"1e", 0},   {"1e+", 0},  {"", 0},     {"+1", 0},
                 {".5", 0},  {"0.5.5", 3}, {"1-2", 1},  {"e5", 0},   {"--1", 0},  {"00", 1}};
    mm_number_t number;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (mm_number_read((const uint8_t *)cases[i].text, strlen(cases[i].text), &number) !=
            cases[i].len)
            fail_msg("%s", cases[i].text);
    assert_int_equal(mm_number_read((const uint8_t *)"1234", 2, &number), 2);
    assert_int_equal(number.integer, 12);
}

static void integers_within_2_to_53_are_integers(void **state)
{
    static const struct {
        const char *text;
        bool is_integer;
        int64_t integer;
    } cases[] = {{"0", true, 0},
                 {"-1", true, -1},
                 {"9007199254740992", true, INT64_C(9007199254740992)},
                 {"-9007199254740992", true, -INT64_C(9007199254740992)},
                 {"9007199254740993", true, INT64_C(9007199254740992)},
                 {"9007199254740994", false, 0},
                 {"1e15", false, 0},
                 {"1e2", true, 100},
                 {"1e3", false, 0},
                 {"1.50e1", true, 15},
                 {"-2.0", true, -2},
                 {"0.0", true, 0},
                 {"-0", false, 0},
                 {"-0.0", false, 0},
                 {"0.5", false, 0}};
    mm_number_t number;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mm_number_read((const uint8_t *)cases[i].text, strlen(cases[i].text), &number);
        if (number.is_integer != cases[i].is_integer ||
            (number.is_integer && number.integer != cases[i].integer))
            fail_msg("%s", cases[i].text);
    }
}

/* --- printing ------------------------------------------------------------------------------ */

static void assert_prints(double value, const char *expected)
{
    char out[MM_NUMBER_CHARS + 1];

    out[mm_number_print_double(value, out)] = '\0';
    assert_string_equal(out, expected);
}

static void doubles_print_as_the_shortest_text(void **state)
{
    (void)state;
    assert_prints(0.0, "0");
    assert_prints(-0.0, "-0");
    assert_prints(1, "1");
    assert_prints(100, "100");
    assert_prints(1000, "1e3");
    assert_prints(1230, "1230");
    assert_prints(0.1, "0.1");
    assert_prints(0.01, "0.01");
    assert_prints(0.001, "1e-3");
    assert_prints(0.0012, "12e-4");
    assert_prints(0.0125, "0.0125");
    assert_prints(-1.5, "-1.5");
    assert_prints(123456.789, "123456.789");
    assert_prints(1e20, "1e20");
    assert_prints(12345678901234568e4, "12345678901234568e4");
    assert_prints(9007199254740994.0, "9007199254740994");
    assert_prints(5e-324, "5e-324");
    assert_prints(1.7976931348623157e308, "17976931348623157e292");
    assert_prints(2.2250738585072014e-308, "22250738585072014e-324");
    assert_prints(0.30000000000000004, "0.30000000000000004");
    assert_prints(9.5367431640625e-07, "95367431640625e-20");
    assert_prints(2e-44, "2e-44");
    assert_prints(9007199254740993e3, "9007199254740993e3");
}

/* The digits of a text without its zeros at either end, to compare lengths. */
static int count_digits(const char *text)
{
    int count = 0, zeros = 0;

    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (*text == '0' && count + zeros == 0))
            continue;
        zeros = *text == '0' ? zeros + 1 : 0;
        count++;
    }
    return count - zeros;
}

static void assert_is_shortest(double value)
{
    char out[MM_NUMBER_CHARS + 1], expected[64];
    int digits = 0;

    size_t len = mm_number_print_double(value, out);
    assert_true(len < MM_NUMBER_CHARS);
    out[len] = '\0';
    if (bits_of(strtod(out, NULL)) != bits_of(value))
        fail_msg("%a prints as %s", value, out);
    do
        snprintf(expected, sizeof expected, "%.*e", digits, value);
    while (bits_of(strtod(expected, NULL)) != bits_of(value) && ++digits < 17);
    /* printf gives the nearest text of each length; at powers of two a longer one may be needed
     * by it where another, farther, still reads back */
    if (count_digits(out) > count_digits(expected))
        fail_msg("%a prints as %s, not as %s", value, out, expected);
}

static void random_doubles_print_shortest_and_read_back(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++)
        assert_is_shortest(draw_double());
    for (int exponent = 0; exponent < 2047; exponent++) { /* powers of two and their neighbours */
        uint64_t bits = (uint64_t)exponent << 52;
        assert_is_shortest(from_bits(bits | 1));
        if (bits > 0) {
            assert_is_shortest(from_bits(bits));
            assert_is_shortest(from_bits(bits - 1));
        }
    }
}

static void short_decimals_come_back_as_they_were(void **state)
{
    char text[MM_NUMBER_CHARS], out[MM_NUMBER_CHARS + 1];
    mm_number_t number;

    (void)state;
    for (int i = 0; i < 100000; i++) { /* up to 15 digits are always kept */
        uint64_t digits = draw() % UINT64_C(1000000000000000);
        if (digits % 10 == 0)
            continue;
        int len = snprintf(text, sizeof text, "%llue-%d", (unsigned long long)digits,
                           100 + (int)(draw() % 100));
        mm_number_read((const uint8_t *)text, (size_t)len, &number);
        out[mm_number_print_double(number.real, out)] = '\0';
        assert_string_equal(out, text);
    }
}

static void integers_print_in_full(void **state)
{
    char out[MM_NUMBER_CHARS];

    (void)state;
    assert_int_equal(mm_number_print_integer(false, 0, out), 1);
    assert_memory_equal(out, "0", 1);
    assert_int_equal(mm_number_print_integer(false, UINT64_MAX, out), 20);
    assert_memory_equal(out, "18446744073709551615", 20);
    assert_int_equal(mm_number_print_integer(true, UINT64_C(1) << 63, out), 20);
    assert_memory_equal(out, "-9223372036854775808", 20);
}

/* --- powers -------------------------------------------------------------------------------- */

/* high:low times or over ten, checked against the neighbour: the error of a cut-off power is
 * below one unit, so both agree to 120 bits. */
static void powers_follow_one_from_the_other(void **state)
{
    (void)state;
    assert_int_equal(mm_power(0)->high, UINT64_C(1) << 63);
    assert_int_equal(mm_power(0)->low, 0);
    assert_int_equal(mm_power(0)->exponent, 0);
    assert_int_equal(mm_power(1)->high, UINT64_C(0xa000000000000000));
    assert_int_equal(mm_power(-1)->high, UINT64_C(0xcccccccccccccccc));
    assert_int_equal(mm_power(-1)->low, UINT64_C(0xcccccccccccccccc));
    assert_int_equal(mm_power(-1)->exponent, -4);
    assert_true(mm_power(55)->is_exact);
    assert_false(mm_power(56)->is_exact);
    assert_false(mm_power(-1)->is_exact);
    for (int n = MM_POWER_MIN; n < MM_POWER_MAX; n++) {
        const mm_power_t *power = mm_power(n), *next = mm_power(n + 1);
        long double value = ldexpl((long double)power->high, power->exponent - 63);
        long double ten_times = ldexpl((long double)next->high, next->exponent - 63);
        assert_true(power->high >> 63 == 1);
        assert_true(fabsl(value * 10 / ten_times - 1) < 1e-18L);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_are_read_exactly),
        cmocka_unit_test(random_literals_are_read_exactly),
        cmocka_unit_test(midpoints_are_read_exactly),
        cmocka_unit_test(digits_far_behind_break_a_tie),
        cmocka_unit_test(reading_takes_the_number_and_nothing_behind_it),
        cmocka_unit_test(integers_within_2_to_53_are_integers),
        cmocka_unit_test(doubles_print_as_the_shortest_text),
        cmocka_unit_test(random_doubles_print_shortest_and_read_back),
        cmocka_unit_test(short_decimals_come_back_as_they_were),
        cmocka_unit_test(integers_print_in_full),
        cmocka_unit_test(powers_follow_one_from_the_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

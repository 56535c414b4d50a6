/* Reading: up to 19 digits and an exponent are multiplied with a 128-bit power of ten.  The
 * product is off by less than two of its lowest bits, so it mostly decides the rounding; where
 * it does not, and where more digits matter, strtod gets a text of bounded length.
 *
 * Printing is the Schubfach algorithm (Raffaele Giulietti, "The Schubfach way to render doubles",
 * 2020).  printf with 15, 16, 17 digits until one reads back would be shorter here, but costs
 * microseconds for far exponents, and a message may hold tens of thousands of them. */
#include "proto/json_number.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json_power.h"

__extension__ typedef unsigned __int128 wide_t;

enum {
    DIGITS = 19,      /* as many as always fit 64 bits */
    SLOW_DIGITS = 800 /* no midpoint of two doubles has more than 767 */
};

static const uint64_t exact_max = UINT64_C(1) << 53;

/* A literal: (digits + a rest below 1) * 10^exponent. */
typedef struct decimal {
    uint64_t digits; /* the first significant ones */
    int count;       /* how many */
    int64_t exponent;
    bool has_rest; /* further digits that are not zero */
    bool is_negative;
    bool is_plain; /* neither fraction nor exponent */
} decimal_t;

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static const uint8_t *take_digits(decimal_t *decimal, const uint8_t *at, const uint8_t *end,
                                  bool is_fraction)
{
    for (; at < end && is_digit(*at); at++) {
        unsigned digit = *at - (unsigned)'0';
        if (decimal->count == DIGITS) {
            decimal->has_rest |= digit != 0;
            decimal->exponent += !is_fraction;
            continue;
        }
        decimal->digits = decimal->digits * 10 + digit;
        decimal->count += decimal->digits != 0;
        decimal->exponent -= is_fraction;
    }
    return at;
}

/* Behind the e.  Returns NULL when there is no digit. */
static const uint8_t *take_exponent(decimal_t *decimal, const uint8_t *at, const uint8_t *end)
{
    static const int64_t far = INT64_MAX / 100; /* no literal has so many digits */
    bool is_negative = at < end && *at == '-';
    int64_t exponent = 0;

    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || !is_digit(*at))
        return NULL;
    for (; at < end && is_digit(*at); at++)
        if (exponent < far)
            exponent = exponent * 10 + (*at - '0');
    decimal->exponent += is_negative ? -exponent : exponent;
    return at;
}

/* Returns the end of the literal, NULL when there is none. */
static const uint8_t *scan(decimal_t *decimal, const uint8_t *at, const uint8_t *end)
{
    *decimal = (decimal_t){.is_plain = true};
    if (at < end && *at == '-') {
        decimal->is_negative = true;
        at++;
    }
    if (at == end || !is_digit(*at))
        return NULL;
    if (*at == '0')
        at++; /* nothing but a fraction or an exponent may follow */
    else
        at = take_digits(decimal, at, end, false);
    if (at < end && *at == '.') {
        const uint8_t *fraction = at + 1;
        at = take_digits(decimal, fraction, end, true);
        if (at == fraction)
            return NULL;
        decimal->is_plain = false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at = take_exponent(decimal, at + 1, end);
        decimal->is_plain = false;
    }
    return at;
}

static double from_bits(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* digits * 10^n as the nearest double, ties to even; false when the product is too coarse. */
static bool scale(uint64_t digits, int n, double *out)
{
    const mm_power_t *power = mm_power(n);
    int zeros = __builtin_clzll(digits);
    wide_t high = (wide_t)(digits << zeros) * power->high;
    wide_t low = (wide_t)(digits << zeros) * power->low;
    wide_t product = high + (low >> 64); /* its upper 128 bits, and below them ... */
    uint64_t rest = (uint64_t)low;
    int exponent = power->exponent + 64 - zeros;

    if (product >> 127 == 0) {
        product = product << 1 | rest >> 63;
        rest <<= 1;
        exponent--;
    } /* now 2^exponent <= value < 2^(exponent + 1) */

    if (exponent < -1075) {
        *out = 0;
        return true;
    }
    int dropped_bits = exponent >= -1022 ? 75 : -947 - exponent; /* subnormals have fewer bits */
    assert(dropped_bits >= 75 && dropped_bits <= 128);
    wide_t half = (wide_t)1 << (dropped_bits - 1);
    wide_t dropped = product & (half | (half - 1));
    uint64_t kept = dropped_bits == 128 ? 0 : (uint64_t)(product >> dropped_bits);
    if (power->is_exact) {
        bool is_tie = dropped == half && rest == 0;
        kept += is_tie ? kept & 1 : dropped >= half;
    } else if (dropped >= half) {
        kept++; /* the true value is above the product, so it is above the half */
    } else if (half - dropped <= 2) {
        return false;
    }
    /* The hidden bit and a carry out of the kept bits both count up the exponent. */
    uint64_t biased = exponent >= -1022 ? (uint64_t)(exponent + 1022) : 0;
    *out = biased > 2045 ? HUGE_VAL : from_bits((biased << 52) + kept);
    return true;
}

/* Hands the literal over as "ddd...e+-n": without a point, so the locale does not matter. */
static double convert_slowly(const decimal_t *decimal, const uint8_t *text, const uint8_t *end)
{
    char copy[SLOW_DIGITS + 32];
    int count = 0;
    bool has_rest = false;

    for (; text < end && *text != 'e' && *text != 'E'; text++) {
        if (!is_digit(*text) || (*text == '0' && count == 0))
            continue;
        if (count < SLOW_DIGITS)
            copy[count++] = (char)*text;
        else
            has_rest |= *text != '0';
    }
    if (has_rest)
        copy[count++] = '1'; /* for all further ones: it only has to break a tie */
    long long exponent = decimal->exponent - (count - decimal->count);
    snprintf(copy + count, sizeof copy - (size_t)count, "e%lld", exponent);
    return strtod(copy, NULL);
}

static double absolute(const decimal_t *decimal, const uint8_t *text, const uint8_t *end)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double value, above;

    if (decimal->digits == 0 || decimal->exponent < MM_POWER_MIN)
        return 0;
    if (decimal->exponent > 308)
        return HUGE_VAL;
    int n = (int)decimal->exponent;
    /* Both factors are exact doubles, so the one operation rounds correctly. */
    if (!decimal->has_rest && decimal->digits <= exact_max && n >= -22 && n <= 22)
        return n < 0 ? (double)decimal->digits / tens[-n] : (double)decimal->digits * tens[n];
    bool is_known = scale(decimal->digits, n, &value);
    if (is_known && decimal->has_rest)
        is_known = scale(decimal->digits + 1, n, &above) && !(value < above);
    return is_known ? value : convert_slowly(decimal, text, end);
}

/* True when a whole number prints without an exponent: with less than three zeros at its end. */
static bool prints_plain(uint64_t whole)
{
    return whole != 0 && whole % 1000 != 0;
}

size_t mm_number_read(const uint8_t *text, size_t len, mm_number_t *out)
{
    decimal_t decimal;
    const uint8_t *end = scan(&decimal, text, text + len);

    *out = (mm_number_t){.is_integer = false};
    if (end == NULL)
        return 0;
    bool is_small = decimal.is_plain && decimal.exponent == 0 && decimal.digits <= exact_max;
    bool is_minus_zero = decimal.is_negative && decimal.digits == 0;
    if (is_small && !is_minus_zero) {
        out->is_integer = true;
        out->integer = decimal.is_negative ? -(int64_t)decimal.digits : (int64_t)decimal.digits;
        out->real = (double)out->integer;
        return (size_t)(end - text);
    }
    double value = absolute(&decimal, text, end);
    out->real = decimal.is_negative ? -value : value;
    if (value <= (double)exact_max && value == (double)(uint64_t)value) {
        bool is_zero = !(value > 0) && !decimal.is_negative;
        out->is_integer = is_zero || prints_plain((uint64_t)value);
        out->integer = (int64_t)out->real;
    }
    return (size_t)(end - text);
}

/* --- printing ------------------------------------------------------------------------------ */

/* Writes the digits so that they end before `end`; returns where they begin. */
static char *digits_before(char *end, uint64_t value)
{
    do
        *--end = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    return end;
}

size_t mm_number_print_integer(bool is_negative, uint64_t magnitude, char out[MM_NUMBER_CHARS])
{
    char buffer[24], *end = buffer + sizeof buffer;
    char *start = digits_before(end, magnitude);

    if (is_negative)
        *--start = '-';
    memcpy(out, start, (size_t)(end - start));
    return (size_t)(end - start);
}

/* value * 10^n for a finite positive double, as short as reads back. */
typedef struct shortest {
    uint64_t digits;
    int exponent;
} shortest_t;

/* floor(power * c / 2^128), its lowest bit set when something was cut off.  The power is above the
 * true one by less than one unit, which the paper shows to be told from an exact result. */
static uint64_t round_to_odd(wide_t power, uint64_t c)
{
    wide_t low = (wide_t)(uint64_t)power * c;
    wide_t high = (power >> 64) * c + (low >> 64);

    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* floor(log10(2^e)), or of 3/4 * 2^e. */
static int log10_pow2(int e, bool of_three_quarters)
{
    return (e * 1262611 - (of_three_quarters ? 524031 : 0)) >> 22;
}

static shortest_t shorten(uint64_t bits)
{
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int biased = (int)(bits >> 52);
    uint64_t c = biased == 0 ? fraction : fraction | UINT64_C(1) << 52; /* value = c * 2^q */
    int q = biased == 0 ? -1074 : biased - 1075;

    /* All quarters of the last place: the value, and the ends of what rounds to it. */
    bool is_even = c % 2 == 0, is_lower_closer = fraction == 0 && biased > 1;
    int k = log10_pow2(q, is_lower_closer);
    const mm_power_t *ten = mm_power(-k);
    wide_t power = ((wide_t)ten->high << 64 | ten->low) + !ten->is_exact;
    int shift = q + ten->exponent + 1;
    uint64_t value = round_to_odd(power, 4 * c << shift);
    uint64_t lower = round_to_odd(power, (4 * c - 2 + is_lower_closer) << shift) + !is_even;
    uint64_t upper = round_to_odd(power, (4 * c + 2) << shift) - !is_even;

    uint64_t units = value / 4, tens = units / 10;
    if (units >= 10) { /* one digit less? */
        bool below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;
        if (below != above)
            return (shortest_t){tens + above, k + 1};
    }
    bool below = lower <= 4 * units, above = 4 * units + 4 <= upper;
    if (below != above)
        return (shortest_t){units + above, k};
    uint64_t middle = 4 * units + 2;
    return (shortest_t){units + (value > middle || (value == middle && units % 2 == 1)), k};
}

static size_t put(char *out, size_t at, const char *text, size_t len)
{
    memcpy(out + at, text, len);
    return at + len;
}

/* digits * 10^exponent, the digits being `count` characters without a zero at their end. */
static size_t print_decimal(const char *digits, size_t count, int exponent, char *out)
{
    static const char zeros[] = "00000000000000000000000000000000";
    char buffer[8], *end = buffer + sizeof buffer;
    char *power = digits_before(end, (uint64_t)(exponent < 0 ? -exponent : exponent));

    if (exponent < 0)
        *--power = '-';
    *--power = 'e';
    size_t power_len = (size_t)(end - power);
    size_t with_exponent = count + power_len;

    if (exponent >= 0) {
        if (count + (size_t)exponent <= with_exponent)
            return put(out, put(out, 0, digits, count), zeros, (size_t)exponent);
    } else if ((size_t)-exponent < count) {
        size_t whole = count - (size_t)-exponent; /* "1.5" is never longer than "15e-1" */
        size_t at = put(out, put(out, 0, digits, whole), ".", 1);
        return put(out, at, digits + whole, count - whole);
    } else if (2 + (size_t)-exponent <= with_exponent) {
        size_t at = put(out, put(out, 0, "0.", 2), zeros, (size_t)-exponent - count);
        return put(out, at, digits, count);
    }
    return put(out, put(out, 0, digits, count), power, power_len);
}

size_t mm_number_print_double(double value, char out[MM_NUMBER_CHARS])
{
    char buffer[24], *end = buffer + sizeof buffer;
    size_t sign = 0;
    uint64_t bits;

    assert(isfinite(value));
    memcpy(&bits, &value, sizeof bits);
    if (signbit(value))
        out[sign++] = '-';
    bits &= ~(UINT64_C(1) << 63);
    if (bits == 0) {
        out[sign] = '0';
        return sign + 1;
    }
    shortest_t shortest = shorten(bits);
    while (shortest.digits % 10 == 0) {
        shortest.digits /= 10;
        shortest.exponent++;
    }
    char *digits = digits_before(end, shortest.digits);
    return sign + print_decimal(digits, (size_t)(end - digits), shortest.exponent, out + sign);
}

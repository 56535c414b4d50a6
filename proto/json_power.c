/* 10^n = 5^n * 2^n, so only the bits of 5^n are looked for: upwards by multiplying, downwards
 * by dividing 2^1023 again and again, which loses nothing above its 230 lowest bits, since
 * floor(floor(x / 5) / 5) = floor(x / 25). */
#include "proto/json_power.h"

#include <assert.h>
#include <stddef.h>
#include <threads.h>

enum { LIMBS = 32, LIMB_BITS = 32 };

typedef struct big { /* little-endian */
    uint32_t limb[LIMBS];
} big_t;

static mm_power_t powers[MM_POWER_MAX - MM_POWER_MIN + 1];
static once_flag powers_once = ONCE_FLAG_INIT;

static void times_five(big_t *big)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)big->limb[i] * 5;
        big->limb[i] = (uint32_t)carry;
        carry >>= LIMB_BITS;
    }
    assert(carry == 0);
}

static void over_five(big_t *big)
{
    uint64_t rest = 0;

    for (size_t i = LIMBS; i-- > 0;) {
        rest = rest << LIMB_BITS | big->limb[i];
        big->limb[i] = (uint32_t)(rest / 5);
        rest %= 5;
    }
}

static int top_bit(const big_t *big)
{
    size_t limb = LIMBS - 1;

    while (big->limb[limb] == 0)
        limb--;
    return (int)limb * LIMB_BITS + 31 - __builtin_clz(big->limb[limb]);
}

/* The 64 bits from `top` downwards; zeros below bit 0. */
static uint64_t bits_from(const big_t *big, int top)
{
    uint64_t bits = 0;

    for (int bit = top; bit > top - 64; bit--) {
        uint64_t one = bit < 0 ? 0 : big->limb[bit / LIMB_BITS] >> (bit % LIMB_BITS) & 1;
        bits = bits << 1 | one;
    }
    return bits;
}

/* `weight` is the power of two that one unit of `five` stands for, besides the 2^n of 10^n. */
static void set_power(int n, const big_t *five, int weight)
{
    int top = top_bit(five);

    powers[n - MM_POWER_MIN] = (mm_power_t){.high = bits_from(five, top),
                                            .low = bits_from(five, top - 64),
                                            .exponent = top + weight + n,
                                            .is_exact = n >= 0 && top < 128};
}

static void work_out(void)
{
    enum { START = LIMBS * LIMB_BITS - 1 };
    big_t five = {{1}};

    for (int n = 0; n <= MM_POWER_MAX; n++) {
        set_power(n, &five, 0);
        times_five(&five);
    }
    five = (big_t){{0}};
    five.limb[LIMBS - 1] = UINT32_C(1) << 31;
    for (int n = -1; n >= MM_POWER_MIN; n--) {
        over_five(&five);
        set_power(n, &five, -START);
    }
}

const mm_power_t *mm_power(int n)
{
    assert(n >= MM_POWER_MIN && n <= MM_POWER_MAX);
    call_once(&powers_once, work_out);
    return &powers[n - MM_POWER_MIN];
}

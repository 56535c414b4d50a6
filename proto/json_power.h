/* Powers of ten to 128 bits, for turning decimal numbers into doubles and back.
 * Worked out exactly, once in a process, at the first use; safe from any thread. */
#ifndef MM_PROTO_JSON_POWER_H
#define MM_PROTO_JSON_POWER_H

#include <stdbool.h>
#include <stdint.h>

/* 10^n = (high * 2^64 + low) * 2^(exponent - 127), cut off (never rounded up) where it is not
 * exact; the top bit of `high` is set, so 2^exponent <= 10^n < 2^(exponent + 1). */
typedef struct mm_power {
    uint64_t high, low;
    int exponent;
    bool is_exact;
} mm_power_t;

enum { MM_POWER_MIN = -342, MM_POWER_MAX = 324 }; /* what doubles of 19 digits can need */

/* `n` lies within the two bounds. */
const mm_power_t *mm_power(int n);

#endif

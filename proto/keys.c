/* See keys.h. */
#include "proto/keys.h"

#include <stdint.h>
#include <string.h>

enum { KEY_BYTES = 16 };

size_t mm_key_hash_number(const void *key)
{
    uint64_t number = *(const uint64_t *)key;

    return (size_t)(number * UINT64_C(0x9E3779B97F4A7C15) >> 16);
}

int mm_key_compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

size_t mm_key_hash_16(const void *key)
{
    uint64_t halves[2];

    memcpy(halves, key, KEY_BYTES);
    halves[0] ^= halves[1] * UINT64_C(0x9E3779B97F4A7C15);
    return mm_key_hash_number(&halves[0]);
}

int mm_key_compare_16(const void *a, const void *b)
{
    return memcmp(a, b, KEY_BYTES);
}

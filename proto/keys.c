/* See keys.h. */
#include "proto/keys.h"

#include <assert.h>
#include <openssl/rand.h>
#include <pthread.h>
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

static uint64_t secrets[KEY_BYTES];
static pthread_once_t secrets_once = PTHREAD_ONCE_INIT;

static void draw_secrets(void)
{
    int drawn = RAND_bytes((unsigned char *)secrets, sizeof secrets);

    assert(drawn == 1);
    (void)drawn;
}

/* Multiply and add over the integers modulo 2^64 is universal in its upper bits (Dietzfelbinger 1996). */
size_t mm_key_hash_16(const void *key)
{
    const unsigned char *bytes = key;
    uint64_t sum = 0;

    pthread_once(&secrets_once, draw_secrets);
    for (size_t i = 0; i < KEY_BYTES; i++)
        sum += secrets[i] * bytes[i];
    return (size_t)(sum >> 32);
}

int mm_key_compare_16(const void *a, const void *b)
{
    return memcmp(a, b, KEY_BYTES);
}

/* The keyed hash of names, see the header. */
#include "broker/name_hash.h"

#include <openssl/rand.h>
#include <pthread.h>

static uint64_t keys[MM_NAME_HASH_BYTES];
static pthread_once_t keys_once = PTHREAD_ONCE_INIT;

static void draw_keys(void)
{
    int drawn = RAND_bytes((unsigned char *)keys, sizeof keys);
    assert(drawn == 1);
}

size_t mm_name_hash(const void *name)
{
    const unsigned char *bytes = name;
    uint64_t sum = 0;

    for (size_t i = 0; bytes[i] != 0; i++) {
        assert(i < MM_NAME_HASH_BYTES);
        sum += keys[i] * bytes[i];
    }
    /* The family is universal in the upper bits of the sum. */
    return (size_t)(sum >> 32);
}

zhashx_t *mm_name_table_new(void (*destroy_item)(void **item_p))
{
    pthread_once(&keys_once, draw_keys);
    zhashx_t *table = zhashx_new();
    zhashx_set_key_hasher(table, mm_name_hash);
    zhashx_set_key_duplicator(table, NULL);
    zhashx_set_key_destructor(table, NULL);
    zhashx_set_destructor(table, destroy_item);
    return table;
}

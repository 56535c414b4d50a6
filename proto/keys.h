/* Hashers and comparators for CZMQ's zhashx, whose keys are strings by itself.
 * The keys lie in the items: set no duplicator and no destructor for them. */
#ifndef MM_PROTO_KEYS_H
#define MM_PROTO_KEYS_H

#include <stddef.h>

/* Keys that are uint64_t. */
size_t mm_key_hash_number(const void *key);
int mm_key_compare_numbers(const void *a, const void *b);

/* Keys that are 16 bytes and may be chosen by strangers (addresses): the hash has a secret of its own in each process, because
 * zhashx doubles its table on a long chain and anybody could find colliding ones otherwise. */
size_t mm_key_hash_16(const void *key);
int mm_key_compare_16(const void *a, const void *b);

#endif

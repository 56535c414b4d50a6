/* The hash of names that strangers choose (room ids, addresses), for zhashx.
 *
 * zhashx doubles its table whenever it walks a chain that is longer than it likes.  Its own hash lets anybody find as many
 * colliding names as wanted, and forty rooms with such names would make it ask for more memory than there is.  So the
 * hash has a key: the sum of k[i] * c[i], the universal family of Dietzfelbinger ("Universal hashing and k-wise
 * independent random variables via integer arithmetic without primes", 1996).  Two names collide by chance only.
 *
 * The key is drawn once a process; nothing that is said depends on it, because nobody walks such a table.
 * Not here: hashing of passwords and tokens (broker/facts.h). */
#ifndef MM_BROKER_NAME_HASH_H
#define MM_BROKER_NAME_HASH_H

#include <czmq.h>

enum { MM_NAME_HASH_BYTES = 64 }; /* longer names are our bug (asserted) */

/* A table from a terminated name to an item.  The key lies inside the item and is not copied; `destroy_item` may be NULL
 * and gets a pointer to the pointer. */
zhashx_t *mm_name_table_new(void (*destroy_item)(void **item_p));

/* Of a terminated name of at most MM_NAME_HASH_BYTES bytes. */
size_t mm_name_hash(const void *name);

#endif

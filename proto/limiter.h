/* How often something happened for an address within the time just past: a sliding window, exact, for each subscriber
 * (proto/address.h).
 *
 * At most `limit` times are kept for one, and MM_LIMITER_ADDRESSES subscribers; beyond that the one that has been quiet for longest is
 * forgotten, which is the harmless side.  Limit 0 turns it off: nothing is counted and nobody waits.
 * Owned by whoever limits; time is an argument (ms, monotonic).
 * Not here: what is done to who comes too often. */
#ifndef MM_PROTO_LIMITER_H
#define MM_PROTO_LIMITER_H

#include "proto/address.h"

typedef struct mm_limiter mm_limiter_t;

enum { MM_LIMITER_ADDRESSES = 65536 };

mm_limiter_t *mm_limiter_new(size_t limit, int64_t window_ms);
void mm_limiter_destroy(mm_limiter_t **limiter_p);

/* Counts one; where `limit` are counted already, the oldest makes room. */
void mm_limiter_count(mm_limiter_t *limiter, const uint8_t address[MM_ADDRESS_BYTES],
                      int64_t now_ms);

/* Takes the latest one back, if it is still counted. */
void mm_limiter_uncount(mm_limiter_t *limiter, const uint8_t address[MM_ADDRESS_BYTES]);

/* How many are counted within the window. */
size_t mm_limiter_counted(const mm_limiter_t *limiter, const uint8_t address[MM_ADDRESS_BYTES],
                          int64_t now_ms);

/* May one more be?  0, and it is counted; or how long until it may (ms), and nothing is counted. */
int64_t mm_limiter_take(mm_limiter_t *limiter, const uint8_t address[MM_ADDRESS_BYTES],
                        int64_t now_ms);

#endif

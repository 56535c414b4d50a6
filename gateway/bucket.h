/* A token bucket as one number: when it will be full again.  It is taken from at any time, also when that makes a debt; who has a
 * debt is to wait until it is paid (GCRA, as in ITU-T I.371).
 * Not here: who waits (gateway/pace.c). */
#ifndef MM_GATEWAY_BUCKET_H
#define MM_GATEWAY_BUCKET_H

#include <stdint.h>

typedef struct mm_bucket {
    int64_t full_ns; /* full when this has come; 0 begins full */
} mm_bucket_t;

typedef struct mm_bucket_rate {
    int64_t per_second, burst; /* both more than 0 and at most 2^30 */
} mm_bucket_rate_t;

/* Takes `amount` (at most 2^30).  Returns how long until there is no debt any more, ms rounded up; 0 when there is none. */
int64_t mm_bucket_take(mm_bucket_t *bucket, const mm_bucket_rate_t *rate, int64_t amount,
                       int64_t now_ms);

#endif

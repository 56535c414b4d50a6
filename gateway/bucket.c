/* See bucket.h. */
#include "gateway/bucket.h"

#include <assert.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

enum { MOST = 1 << 30 };

int64_t mm_bucket_take(mm_bucket_t *bucket, const mm_bucket_rate_t *rate, int64_t amount,
                       int64_t now_ms)
{
    int64_t now_ns = now_ms * NS_PER_MS, debt_ns;

    assert(rate->per_second > 0 && rate->per_second <= MOST);
    assert(rate->burst > 0 && rate->burst <= MOST && amount >= 0 && amount <= MOST);
    if (bucket->full_ns < now_ns)
        bucket->full_ns = now_ns;
    bucket->full_ns += amount * NS_PER_S / rate->per_second;
    debt_ns = bucket->full_ns - now_ns - rate->burst * NS_PER_S / rate->per_second;
    return debt_ns <= 0 ? 0 : (debt_ns + NS_PER_MS - 1) / NS_PER_MS;
}

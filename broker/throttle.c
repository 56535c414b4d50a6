/* See throttle.h.  What is beyond the longest delay need not be remembered, but for the one that may be taken back. */
#include "broker/throttle.h"
#include "proto/limiter.h"

#include <assert.h>
#include <stdlib.h>

enum { DELAY_MS = 1000, DELAY_MAX_MS = 25000, DOUBLINGS_MAX = 5 };

struct mm_throttle {
    size_t free_failures;
    mm_limiter_t *failures;
};

mm_throttle_t *mm_throttle_new(int64_t free_failures, int64_t window_ms)
{
    mm_throttle_t *throttle = calloc(1, sizeof *throttle);
    size_t most = free_failures == 0 ? 0 : (size_t)free_failures + DOUBLINGS_MAX + 1;

    assert(throttle != NULL);
    throttle->free_failures = (size_t)free_failures;
    throttle->failures = mm_limiter_new(most, window_ms);
    return throttle;
}

void mm_throttle_destroy(mm_throttle_t **throttle_p)
{
    if (*throttle_p == NULL)
        return;
    mm_limiter_destroy(&(*throttle_p)->failures);
    free(*throttle_p);
    *throttle_p = NULL;
}

static int64_t delay_of(const mm_throttle_t *throttle, size_t failures)
{
    int64_t delay_ms;

    if (throttle->free_failures == 0 || failures < throttle->free_failures)
        return 0;
    delay_ms = (int64_t)DELAY_MS << (failures - throttle->free_failures);
    return delay_ms < DELAY_MAX_MS ? delay_ms : DELAY_MAX_MS;
}

int64_t mm_throttle_enter(mm_throttle_t *throttle, const uint8_t address[MM_ADDRESS_BYTES],
                          int64_t now_ms)
{
    size_t failures = mm_limiter_counted(throttle->failures, address, now_ms);

    mm_limiter_count(throttle->failures, address, now_ms);
    return delay_of(throttle, failures);
}

void mm_throttle_passed(mm_throttle_t *throttle, const uint8_t address[MM_ADDRESS_BYTES])
{
    mm_limiter_uncount(throttle->failures, address);
}

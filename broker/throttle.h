/* Failures that make later attempts of the same address wait: wrong passwords before anything is hashed, guessed room ids before
 * anything is looked up.  So many in the time just past are free, then an attempt waits 1, 2, 4 ... 25 s.
 * Not here: who waits and where (broker/turns.c). */
#ifndef MM_BROKER_THROTTLE_H
#define MM_BROKER_THROTTLE_H

#include "proto/address.h"

typedef struct mm_throttle mm_throttle_t;

/* `free_failures` in `window_ms`; 0 turns it off. */
mm_throttle_t *mm_throttle_new(int64_t free_failures, int64_t window_ms);
void mm_throttle_destroy(mm_throttle_t **throttle_p);

void mm_throttle_failed(mm_throttle_t *throttle, const uint8_t address[MM_ADDRESS_BYTES],
                        int64_t now_ms);

/* How long an attempt that is made now has to wait, ms. */
int64_t mm_throttle_delay(const mm_throttle_t *throttle, const uint8_t address[MM_ADDRESS_BYTES],
                          int64_t now_ms);

#endif

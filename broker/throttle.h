/* Wrong passwords make later attempts of the same address wait, before anything is hashed: `password-failures` a
 * minute are free, then 1, 2, 4 ... 25 s.  A minute without a failure forgets them. */
#ifndef MM_BROKER_THROTTLE_H
#define MM_BROKER_THROTTLE_H

#include "proto/text.h"

typedef struct mm_throttle mm_throttle_t;

enum { MM_ADDRESS_BYTES = 16 };

/* `free_failures` 0 turns it off. */
mm_throttle_t *mm_throttle_new(int64_t free_failures);
void mm_throttle_destroy(mm_throttle_t **throttle_p);

void mm_throttle_failed(mm_throttle_t *throttle, const uint8_t address[MM_ADDRESS_BYTES],
                        int64_t now_ms);

/* How long this attempt has to wait, ms. */
int64_t mm_throttle_delay(mm_throttle_t *throttle, const uint8_t address[MM_ADDRESS_BYTES],
                          int64_t now_ms);

#endif

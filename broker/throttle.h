/* Failures that make later attempts of the same subscriber wait: wrong passwords before anything is hashed, guessed room ids
 * before anything is looked up.  So many in the window are free, then an attempt waits 1, 2, 4 ... 25 s.
 *
 * An attempt counts as a failure from the moment it enters until it has passed, so that many at once do not pass for one.  None
 * waits longer than 25 s, however many wait already: others behind the same address are not to blame, and what is right does not
 * keep failures in mind.
 * Not here: who waits and where (broker/proofs.c). */
#ifndef MM_BROKER_THROTTLE_H
#define MM_BROKER_THROTTLE_H

#include "proto/address.h"

typedef struct mm_throttle mm_throttle_t;

/* `free_failures` in `window_ms`; 0 turns it off. */
mm_throttle_t *mm_throttle_new(int64_t free_failures, int64_t window_ms);
void mm_throttle_destroy(mm_throttle_t **throttle_p);

/* An attempt begins.  Returns how long it has to wait, ms. */
int64_t mm_throttle_enter(mm_throttle_t *throttle, const uint8_t address[MM_ADDRESS_BYTES],
                          int64_t now_ms);

/* It was none that counts: the password was right, the room was there. */
void mm_throttle_passed(mm_throttle_t *throttle, const uint8_t address[MM_ADDRESS_BYTES]);

#endif

/* Hashing of room passwords: scrypt (RFC 7914, N = 8192, r = 8, p = 1), about 20 ms of one core, so only
 * helpers call it. */
#ifndef MM_BROKER_PASSWORD_H
#define MM_BROKER_PASSWORD_H

#include "broker/registry.h"

/* A new salt from the CSPRNG, and the hash.  MM_ERR_SYSTEM when the library refuses. */
mm_err_t mm_password_make(mm_text_t secret, mm_password_t *out);

/* Compared in constant time. */
bool mm_password_is_right(mm_text_t secret, const mm_password_t *password);

#endif

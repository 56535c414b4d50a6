/* See password.h. */
#include "broker/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

enum { COST = 8192, BLOCK = 8, PARALLEL = 1, MEMORY_MAX = 32 * 1024 * 1024 };

static bool derive(mm_text_t secret, const uint8_t salt[MM_SALT_BYTES], uint8_t out[MM_HASH_BYTES])
{
    return EVP_PBE_scrypt(secret.ptr == NULL ? "" : secret.ptr, secret.len, salt, MM_SALT_BYTES,
                          COST, BLOCK, PARALLEL, MEMORY_MAX, out, MM_HASH_BYTES) == 1;
}

mm_err_t mm_password_make(mm_text_t secret, mm_password_t *out)
{
    memset(out, 0, sizeof *out);
    if (RAND_bytes(out->salt, MM_SALT_BYTES) != 1 || !derive(secret, out->salt, out->hash))
        return MM_ERR_SYSTEM;
    out->is_set = true;
    return MM_OK;
}

bool mm_password_is_right(mm_text_t secret, const mm_password_t *password)
{
    uint8_t hash[MM_HASH_BYTES];
    bool is_right = derive(secret, password->salt, hash) &&
                    CRYPTO_memcmp(hash, password->hash, MM_HASH_BYTES) == 0;

    OPENSSL_cleanse(hash, sizeof hash);
    return is_right;
}

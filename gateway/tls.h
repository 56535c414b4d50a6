/* The certificate of new handshakes, and its exchange while the gateway runs.  Connections that stand go on with what they were
 * made with.
 *
 * libwebsockets loads the first pair itself; from the first reload on each handshake is given the pair that was loaded last.
 * Versions and ciphers stay as gateway/transport.c set them.
 * Not here: the signal (gateway/main.c). */
#ifndef MM_GATEWAY_TLS_H
#define MM_GATEWAY_TLS_H

#include "proto/err.h"
#include <openssl/ssl.h>

typedef struct mm_tls mm_tls_t;

/* `context` is borrowed for the life of this. */
mm_tls_t *mm_tls_new(SSL_CTX *context);
void mm_tls_destroy(mm_tls_t **tls_p);

/* Reads a chain and its key from PEM files.  MM_ERR_MALFORMED when they cannot be read or do not belong together, with a static
 * text in `*complaint`: the pair before stays. */
mm_err_t mm_tls_load(mm_tls_t *tls, const char *certificate, const char *key,
                     const char **complaint);

#endif

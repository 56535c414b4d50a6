/* See tls.h. */
#include "gateway/tls.h"
#include <assert.h>
#include <openssl/err.h>
#include <stdlib.h>

struct mm_tls {
    SSL_CTX *context;
    SSL_CTX *pair; /* holds certificate, chain and key; NULL until the first reload */
};

/* Whatever the context was given is taken away first: it keeps one pair for each type of key, and would go on to offer an old one
 * of another type. */
static int on_handshake(SSL *ssl, void *ctx)
{
    const mm_tls_t *tls = ctx;
    STACK_OF(X509) *chain = NULL;

    if (tls->pair == NULL)
        return 1;
    SSL_certs_clear(ssl);
    (void)SSL_CTX_get0_chain_certs(tls->pair, &chain);
    return SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(tls->pair),
                                SSL_CTX_get0_privatekey(tls->pair), chain, 1);
}

mm_tls_t *mm_tls_new(SSL_CTX *context)
{
    mm_tls_t *tls = calloc(1, sizeof *tls);

    assert(tls != NULL);
    tls->context = context;
    SSL_CTX_set_cert_cb(context, on_handshake, tls);
    return tls;
}

void mm_tls_destroy(mm_tls_t **tls_p)
{
    mm_tls_t *tls = *tls_p;

    *tls_p = NULL;
    if (tls == NULL)
        return;
    SSL_CTX_set_cert_cb(tls->context, NULL, NULL);
    SSL_CTX_free(tls->pair);
    free(tls);
}

/* A key with a passphrase: nobody is there to be asked. */
static int no_passphrase(char *out, int size, int is_writing, void *ctx)
{
    (void)out;
    (void)size;
    (void)is_writing;
    (void)ctx;
    return -1;
}

mm_err_t mm_tls_load(mm_tls_t *tls, const char *certificate, const char *key,
                     const char **complaint)
{
    SSL_CTX *pair = SSL_CTX_new(TLS_server_method());

    assert(pair != NULL);
    SSL_CTX_set_default_passwd_cb(pair, no_passphrase);
    *complaint = NULL;
    if (SSL_CTX_use_certificate_chain_file(pair, certificate) != 1)
        *complaint = "tls-certificate: cannot be read as PEM";
    else if (SSL_CTX_use_PrivateKey_file(pair, key, SSL_FILETYPE_PEM) != 1)
        *complaint = "tls-key: cannot be read as PEM, or does not belong to tls-certificate";
    else if (SSL_CTX_check_private_key(pair) != 1)
        *complaint = "tls-key: does not belong to tls-certificate";
    ERR_clear_error(); /* libwebsockets would take it for one of its own */
    if (*complaint != NULL) {
        SSL_CTX_free(pair);
        return MM_ERR_MALFORMED;
    }
    SSL_CTX_free(tls->pair);
    tls->pair = pair;
    return MM_OK;
}

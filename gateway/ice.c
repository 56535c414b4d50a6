/* See ice.h. */
#include "gateway/ice.h"
#include <arpa/inet.h>
#include <assert.h>
#include <czmq.h>
#include <inttypes.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

enum { HOST_BYTES = 253, LABEL_BYTES = 63, PORT_DIGITS = 5, PORT_MAX = 65535, MINTED_BYTES = 64 };

struct mm_ice {
    const mm_settings_t *settings;
    zlistx_t *stun, *turn; /* of char *, in the order of the settings */
};

static bool take_prefix(mm_text_t *text, const char *prefix)
{
    size_t len = strlen(prefix);

    if (text->len < len || strncasecmp(text->ptr, prefix, len) != 0)
        return false;
    text->ptr += len;
    text->len -= len;
    return true;
}

static mm_text_t take_until(mm_text_t *text, const char *stops)
{
    mm_text_t taken = {text->ptr, 0};

    while (taken.len < text->len && strchr(stops, taken.ptr[taken.len]) == NULL)
        taken.len++;
    text->ptr += taken.len;
    text->len -= taken.len;
    return taken;
}

static bool is_ipv6(mm_text_t text)
{
    char terminated[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (text.len >= sizeof terminated)
        return false;
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    return inet_pton(AF_INET6, terminated, &address) == 1;
}

/* A name of letters, digits and hyphens, or the same form made of numbers.  Dots that have nothing between them
 * are refused, a last one is not. */
static bool is_host_name(mm_text_t text)
{
    size_t label = 0;

    if (text.len == 0 || text.len > HOST_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.') {
            if (label == 0 || text.ptr[i - 1] == '-')
                return false;
            label = 0;
            continue;
        }
        if (!isalnum((unsigned char)c) && c != '_' && (c != '-' || label == 0))
            return false;
        if (++label > LABEL_BYTES)
            return false;
    }
    return text.ptr[text.len - 1] != '-';
}

static bool take_host(mm_text_t *text)
{
    if (!take_prefix(text, "["))
        return is_host_name(take_until(text, ":?"));
    return is_ipv6(take_until(text, "]")) && take_prefix(text, "]");
}

static bool is_port(mm_text_t digits)
{
    long port = 0;

    if (digits.len == 0 || digits.len > PORT_DIGITS)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (!isdigit((unsigned char)digits.ptr[i]))
            return false;
        port = 10 * port + (digits.ptr[i] - '0');
    }
    return port >= 1 && port <= PORT_MAX;
}

bool mm_ice_is_url(mm_text_t url, bool is_turn)
{
    if (is_turn ? !take_prefix(&url, "turn:") && !take_prefix(&url, "turns:")
                : !take_prefix(&url, "stun:") && !take_prefix(&url, "stuns:"))
        return false;
    if (!take_host(&url))
        return false;
    if (take_prefix(&url, ":") && !is_port(take_until(&url, "?")))
        return false;
    if (url.len == 0)
        return true;
    return is_turn && take_prefix(&url, "?transport=") &&
           (mm_text_is(url, "udp") || mm_text_is(url, "tcp"));
}

static void destroy_url(void **item)
{
    free(*item);
    *item = NULL;
}

static zlistx_t *url_list_new(void)
{
    zlistx_t *urls = zlistx_new();

    assert(urls != NULL);
    zlistx_set_destructor(urls, destroy_url);
    return urls;
}

/* Adds the addresses between the commas of a setting.  A complaint tells which one and not its text, where somebody may have
 * put a password. */
static mm_err_t add_urls(zlistx_t *urls, const char *setting, const char *value, bool is_turn,
                         char complaint[MM_ICE_COMPLAINT_BYTES])
{
    mm_text_t rest = mm_text(value);

    for (size_t number = 1; rest.len > 0; number++) {
        mm_text_t url = mm_text_trim(take_until(&rest, ","));
        (void)take_prefix(&rest, ",");
        if (!mm_ice_is_url(url, is_turn)) {
            (void)snprintf(complaint, MM_ICE_COMPLAINT_BYTES, "%s: number %zu is no %s address",
                           setting, number, is_turn ? "turn: or turns:" : "stun: or stuns:");
            return MM_ERR_MALFORMED;
        }
        char *copy = strndup(url.ptr, url.len);
        assert(copy != NULL);
        zlistx_add_end(urls, copy);
    }
    return MM_OK;
}

/* What cannot stand in JSON, a browser cannot use. */
static mm_err_t check_credential(const mm_settings_t *settings,
                                 char complaint[MM_ICE_COMPLAINT_BYTES])
{
    mm_text_t username = mm_text(settings->turn_username);
    mm_text_t credential = mm_text(settings->turn_credential);
    bool has_secret = settings->turn_secret[0] != '\0';
    bool is_used = settings->turn_url[0] != '\0';
    const char *fault = NULL;

    if (has_secret && (username.len > 0 || credential.len > 0))
        fault = "turn-secret: stands in place of turn-username and turn-credential";
    else if (is_used && !has_secret && (username.len == 0 || credential.len == 0))
        fault = "turn-url: needs turn-username and turn-credential, or turn-secret";
    else if (!mm_text_is_utf8(username) || !mm_text_is_utf8(credential))
        fault = "turn-username, turn-credential: must be UTF-8";
    if (fault == NULL)
        return MM_OK;
    (void)snprintf(complaint, MM_ICE_COMPLAINT_BYTES, "%s", fault);
    return MM_ERR_MALFORMED;
}

mm_err_t mm_ice_open(const mm_settings_t *settings, mm_ice_t **out,
                     char complaint[MM_ICE_COMPLAINT_BYTES])
{
    mm_ice_t *ice = calloc(1, sizeof *ice);
    mm_err_t err;

    assert(ice != NULL);
    ice->settings = settings;
    ice->stun = url_list_new();
    ice->turn = url_list_new();
    err = add_urls(ice->stun, "stun-url", settings->stun_url, false, complaint);
    if (err == MM_OK)
        err = add_urls(ice->turn, "turn-url", settings->turn_url, true, complaint);
    if (err == MM_OK)
        err = check_credential(settings, complaint);
    if (err != MM_OK)
        mm_ice_close(&ice);
    *out = ice;
    return err;
}

void mm_ice_close(mm_ice_t **ice_p)
{
    mm_ice_t *ice = *ice_p;

    *ice_p = NULL;
    if (ice == NULL)
        return;
    zlistx_destroy(&ice->stun);
    zlistx_destroy(&ice->turn);
    free(ice);
}

typedef struct credential {
    char username[MINTED_BYTES], password[MINTED_BYTES];
} credential_t;

/* The id only tells two askers apart; it says nothing about them. */
static void mint(const mm_settings_t *settings, int64_t clock_ms, credential_t *out)
{
    const char *secret = settings->turn_secret;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    uint64_t id;

    if (RAND_bytes((unsigned char *)&id, sizeof id) != 1)
        abort(); /* nothing else of ours would be random either */
    (void)snprintf(out->username, sizeof out->username, "%" PRId64 ":%016" PRIx64,
                   (clock_ms + settings->turn_credential_lifetime) / 1000, id);
    if (HMAC(EVP_sha1(), secret, (int)strlen(secret), (const unsigned char *)out->username,
             strlen(out->username), digest, &digest_len) == NULL)
        abort();
    static_assert(MINTED_BYTES > (20 + 2) / 3 * 4, "a SHA-1 digest as base64 fits");
    assert(digest_len == 20);
    (void)EVP_EncodeBlock((unsigned char *)out->password, digest, (int)digest_len);
}

char *mm_ice_print(const mm_ice_t *ice, int64_t clock_ms)
{
    const mm_settings_t *settings = ice->settings;
    credential_t minted;
    bool is_minted = settings->turn_secret[0] != '\0';
    json_t *servers = json_array();
    json_t *document = json_pack("{s:o}", "iceServers", servers);
    char *text;

    if (is_minted)
        mint(settings, clock_ms, &minted);
    for (const char *url = zlistx_first(ice->stun); url != NULL; url = zlistx_next(ice->stun))
        json_array_append_new(servers, json_pack("{s:s}", "urls", url));
    for (const char *url = zlistx_first(ice->turn); url != NULL; url = zlistx_next(ice->turn))
        json_array_append_new(
            servers, json_pack("{s:s, s:s, s:s}", "urls", url, "username",
                               is_minted ? minted.username : settings->turn_username, "credential",
                               is_minted ? minted.password : settings->turn_credential));
    text = json_dumps(document, JSON_COMPACT);
    assert(text != NULL);
    json_decref(document);
    return text;
}

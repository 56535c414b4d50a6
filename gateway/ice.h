/* The STUN and TURN servers that browsers are told of (GET /config), from the settings.
 *
 * Addresses are URIs of RFC 7064 (stun:, stuns:) and RFC 7065 (turn:, turns:): scheme, host (name, IPv4 or [IPv6]), an
 * optional port, and for TURN an optional ?transport=udp or ?transport=tcp.  They are checked at start-up, because a
 * browser throws on a bad one and then the whole meeting fails.
 * TURN either has one user name and credential for all, or shares a secret with us (draft-uberti-behave-turn-rest-00, as coturn's
 * use-auth-secret): then each asker gets a user name "EXPIRY:ID", EXPIRY in seconds since 1970, and as credential the base64 of its
 * HMAC-SHA1 under the secret.
 * Not here: HTTP (gateway/http.h). */
#ifndef MM_GATEWAY_ICE_H
#define MM_GATEWAY_ICE_H

#include "proto/err.h"
#include "proto/settings.h"
#include "proto/text.h"

typedef struct mm_ice mm_ice_t;

enum { MM_ICE_COMPLAINT_BYTES = 1200 };

/* Reads stun-url, turn-url, turn-username, turn-credential and turn-secret.  MM_ERR_MALFORMED, `complaint` naming the setting and what is
 * wrong with it: an address that does not parse, TURN without user name and credential (browsers refuse that) or secret, or with all of them.  The strings
 * of `settings` are borrowed. */
mm_err_t mm_ice_open(const mm_settings_t *settings, mm_ice_t **out,
                     char complaint[MM_ICE_COMPLAINT_BYTES]);
void mm_ice_close(mm_ice_t **ice_p);

/* {"iceServers":[...]}, an entry for each address; the caller frees it.  `clock_ms` is now, since 1970. */
char *mm_ice_print(const mm_ice_t *ice, int64_t clock_ms);

/* True for an address that a browser takes: a TURN one if `is_turn`, else a STUN one. */
bool mm_ice_is_url(mm_text_t url, bool is_turn);

#endif

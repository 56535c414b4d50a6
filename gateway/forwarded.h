/* Whose request it is: X-Forwarded-For of proxies that are trusted.
 *
 * Each proxy appends the address it was asked by, so the list is true from the right as far as its writers are trusted: the client is
 * the first one from the right that is no trusted proxy; what stands left of it anybody may have written, and nobody looks at
 * it.  Where all are trusted it is the leftmost.
 * An element is an address, alone or with a port (1.2.3.4:80, [::1]:80, [::1]); empty ones are passed over (RFC 9110 section
 * 5.6.1).
 * Not here: what is limited by address (gateway/gate.h). */
#ifndef MM_GATEWAY_FORWARDED_H
#define MM_GATEWAY_FORWARDED_H

#include "proto/address.h"
#include "proto/err.h"

enum { MM_FORWARDED_BYTES = 1024 /* of the header; two dozen hops */ };

/* `header` holds all values with commas between them; empty where there was none, or only an empty one: then, and when `peer` is not
 * trusted, the client is the peer.  MM_ERR_MALFORMED when a trusted peer's header is too long, or an element that is looked at is no
 * address: then nobody knows whose request it is. */
mm_err_t mm_forwarded_client(const mm_networks_t *trusted, const uint8_t peer[MM_ADDRESS_BYTES],
                             mm_text_t header, uint8_t out[MM_ADDRESS_BYTES]);

#endif

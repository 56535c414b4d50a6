/* Internet addresses as 16 bytes: IPv6, or IPv4 mapped into it (::ffff:1.2.3.4), and lists of networks.
 *
 * Whoever has an IPv6 address has at least a /64 of them; so limits count by subscriber: the /64 of an IPv6 address, the
 * whole of an IPv4 one.
 * Not here: X-Forwarded-For (gateway/forwarded.h), counting (proto/limiter.h). */
#ifndef MM_PROTO_ADDRESS_H
#define MM_PROTO_ADDRESS_H

#include "proto/text.h"

enum { MM_ADDRESS_BYTES = 16, MM_ADDRESS_CHARS = 46 /* printed, with its end */ };

/* Reads 1.2.3.4, 2001:db8::1 or ::ffff:1.2.3.4: no port, no brackets, no zone, no leading zeros in IPv4. */
bool mm_address_read(mm_text_t text, uint8_t out[MM_ADDRESS_BYTES]);

/* As mm_address_read reads it, IPv4 in its own form. */
void mm_address_print(const uint8_t address[MM_ADDRESS_BYTES], char out[MM_ADDRESS_CHARS]);

/* The subscriber that it counts for, an address itself. */
void mm_address_subscriber(const uint8_t address[MM_ADDRESS_BYTES], uint8_t out[MM_ADDRESS_BYTES]);

/* Networks in the notation of RFC 4632: 10.0.0.0/8, 2001:db8::/32, or an address alone. */
typedef struct mm_networks mm_networks_t;

/* Reads a list with commas between them; the empty text is the empty list.  NULL when the `*out_bad`th of them (from 1) is none, or
 * has bits behind its prefix: 10.0.0.1/8 is a mistake, and whoever made it may have meant one address. */
mm_networks_t *mm_networks_read(mm_text_t text, size_t *out_bad);
void mm_networks_destroy(mm_networks_t **networks_p);

bool mm_networks_have(const mm_networks_t *networks, const uint8_t address[MM_ADDRESS_BYTES]);

#endif

/* Who may come in, by address: sockets without a request, handshakes, open WebSockets.  All of it counts by subscriber
 * (proto/address.h); what is refused is counted and logged here.
 *
 * A socket stands in one of these, and its visitor (gateway/visitor.h) says when that changes:
 *
 *   HALF_OPEN ── a whole request was read ──► ASKED
 *     └─ handshake ──► OPEN
 *
 * HALF_OPEN counts for the peer, unless it is a trusted proxy: its sockets are not a stranger's.  OPEN counts for the client, which
 * X-Forwarded-For may name.  ASKED is not limited: it is answered and closed within `create-timeout`.
 * Not here: rooms and guesses (the broker), messages (gateway/pace.c). */
#ifndef MM_GATEWAY_GATE_H
#define MM_GATEWAY_GATE_H

#include "proto/address.h"
#include "proto/counters.h"
#include "proto/settings.h"

typedef struct mm_gate mm_gate_t;

typedef enum mm_standing {
    MM_STANDING_HALF_OPEN, /* no whole request has come yet */
    MM_STANDING_ASKED,
    MM_STANDING_OPEN, /* a WebSocket */
    MM_STANDINGS
} mm_standing_t;

/* Reads trusted-proxies and the limits; both are borrowed for the gate's life. */
mm_gate_t *mm_gate_new(const mm_settings_t *settings, mm_counters_t *counters);
void mm_gate_destroy(mm_gate_t **gate_p);

void mm_gate_enter(mm_gate_t *gate, mm_standing_t standing,
                   const uint8_t address[MM_ADDRESS_BYTES]);
void mm_gate_leave(mm_gate_t *gate, mm_standing_t standing,
                   const uint8_t address[MM_ADDRESS_BYTES]);

/* Whether a socket of this peer that was just accepted may stay. */
bool mm_gate_may_knock(mm_gate_t *gate, const uint8_t peer[MM_ADDRESS_BYTES]);

/* Whose request it is (gateway/forwarded.h).  MM_ERR_MALFORMED: nobody knows. */
mm_err_t mm_gate_client(mm_gate_t *gate, const uint8_t peer[MM_ADDRESS_BYTES], mm_text_t forwarded,
                        uint8_t out[MM_ADDRESS_BYTES]);

/* A handshake of this client, well-formed so far: 0 and it is counted, or the time after which to try again, ms. */
int64_t mm_gate_admit(mm_gate_t *gate, const uint8_t client[MM_ADDRESS_BYTES], int64_t now_ms);

#endif

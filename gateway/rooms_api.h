/* The body of POST /api/rooms: read by jansson, checked, kept until the broker has answered, because the
 * answer repeats a part of it.  No I/O.
 *
 * An empty body is an empty object; null means absent; unknown members are ignored; of a repeated member the last
 * one counts, as in JavaScript.  Times without an offset are UTC.
 * Not here: HTTP (gateway/http.h), what becomes of the room (the broker). */
#ifndef MM_GATEWAY_ROOMS_API_H
#define MM_GATEWAY_ROOMS_API_H

#include "gateway/core.h"

typedef struct mm_room_order mm_room_order_t;

/* What is wrong with a body; static texts.  `field` is NULL when the body is no JSON object. */
typedef struct mm_order_fault {
    const char *field, *reason;
} mm_order_fault_t;

/* Returns NULL and a fault, or an order.  `address` is IPv6 or IPv4-mapped. */
mm_room_order_t *mm_room_order_read(mm_text_t body, const uint8_t address[16],
                                    mm_order_fault_t *fault);
void mm_room_order_destroy(mm_room_order_t **order_p);

/* Borrowed, and so are its texts. */
const mm_create_request_t *mm_room_order_request(const mm_room_order_t *order);

/* Body of the 201: room id, creator token, and title and schedule where they were given.  The caller frees it. */
char *mm_room_order_print_created(const mm_room_order_t *order, const mm_room_answer_t *answer);

/* Milliseconds since 1970 of an ISO 8601 date, or date and time; false when it is none. */
bool mm_iso8601_read(mm_text_t text, int64_t *out_ms);

#endif

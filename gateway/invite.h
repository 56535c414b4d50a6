/* A meeting as a calendar entry: iCalendar of RFC 5545, METHOD:PUBLISH (RFC 5546), times in UTC.  No I/O.
 *
 * Texts are escaped, lines end with CRLF and are folded at 75 bytes, never inside a character.  What the format cannot say
 * (a control character, a year of five digits, an end without a begin) is left out.
 * Not here: HTTP (gateway/http_rooms.c). */
#ifndef MM_GATEWAY_INVITE_H
#define MM_GATEWAY_INVITE_H

#include "proto/message.h"

typedef struct mm_invite {
    mm_text_t room, title;    /* the title may be empty */
    int64_t start_ms, end_ms; /* since 1970; 0 for none */
    int64_t stamp_ms;         /* now */
    const char *host;         /* "meet.example.org:3000"; "" when nobody knows */
    const char *url;          /* of the meeting; "" for none */
} mm_invite_t;

/* The whole file; the caller frees it. */
char *mm_invite_print(const mm_invite_t *invite);

#endif

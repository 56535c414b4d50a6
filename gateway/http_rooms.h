/* The routes under /api/rooms: what is asked goes to the broker, and the answer comes later.
 *
 * Not here: who asks too often for rooms that are not there (broker/limits.c), the body of a creation (gateway/rooms_api.h), the calendar file (gateway/invite.h). */
#ifndef MM_GATEWAY_HTTP_ROOMS_H
#define MM_GATEWAY_HTTP_ROOMS_H

#include "gateway/http.h"

#define MM_HTTP_ROOMS_PATH "/api/rooms"

void mm_http_on_create_room(mm_http_t *http, const mm_http_request_t *request,
                            mm_http_answer_t *answer);
void mm_http_on_room_status(mm_http_t *http, const mm_http_request_t *request,
                            mm_http_answer_t *answer);
void mm_http_on_delete_room(mm_http_t *http, const mm_http_request_t *request,
                            mm_http_answer_t *answer);
void mm_http_on_invite(mm_http_t *http, const mm_http_request_t *request, mm_http_answer_t *answer);

#endif

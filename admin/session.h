/* One session with the broker: a link peer of the role "admin" with a random name and a window of one, that asks and waits.
 * It owns a libuv loop which turns only while something is waited for; every wait has a deadline.
 *
 * Errors: MM_ERR_UNAVAILABLE nobody answers at the bus, or the broker went away; MM_ERR_AGAIN it did not answer in time;
 * MM_ERR_VERSION it speaks another protocol; MM_ERR_SYSTEM with errno.
 * Not here: what is asked (admin/commands.c), the feed (admin/watch.c). */
#ifndef MM_ADMIN_SESSION_H
#define MM_ADMIN_SESSION_H

#include "proto/entry.h"
#include "proto/settings.h"

typedef struct mm_session mm_session_t;

/* Until the broker has said WELCOME.  `settings` are borrowed for the session's life. */
mm_err_t mm_session_open(const mm_settings_t *settings, const char *endpoint, mm_session_t **out);

/* Says BYE. */
void mm_session_close(mm_session_t **session_p);

/* Says one entry and waits for its answer: the body of the row that came back, borrowed until the next question.  `fresh` and `candidates`
 * of the stamp may be set; its time is set here. */
mm_err_t mm_session_ask(mm_session_t *session, mm_msg_t msg, const void *message,
                        const mm_id_t *target, mm_stamp_t stamp, mm_slice_t *answer);

#endif

/* From a message number to its handler.  The sender check is the table's: columns `senders` and `refusal` of
 * proto/messages.def, so that no handler asks for a role.
 *
 * Order of checks: joined, members, role, and in the handler the target.
 * Not here: which room a join or a creation is for (broker/registry.c). */
#ifndef MM_BROKER_DISPATCH_H
#define MM_BROKER_DISPATCH_H

#include "broker/turn.h"

/* NULL for numbers that only the broker sends. */
mm_handler_t *mm_dispatch_handler(mm_msg_t msg);

/* Checks the sender and reads the body into turn->msg (not that of a row that passes).
 *   MM_ERR_NOT_JOINED, MM_ERR_INVALID_MESSAGE (turn->reason and blame are set), MM_ERR_UNAUTHORIZED
 *   MM_ERR_MALFORMED  a gateway said what it must not say */
mm_err_t mm_dispatch_check(mm_turn_t *turn);

/* Runs the handler of a turn that was checked. */
mm_err_t mm_dispatch_run(mm_turn_t *turn);

#endif

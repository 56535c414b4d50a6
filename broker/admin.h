/* What an operator may ask for and do: the handlers of the admin-... rows.  Their sender is a peer of the role "admin"
 * (broker/peers.c lets nobody else send them); it is in no room.  Each is answered by one admin-answer.
 * Not here: create-room, which an operator says as a gateway does (broker/room_create.c); the figures of the broker and its
 * peers (broker/overview.c). */
#ifndef MM_BROKER_ADMIN_H
#define MM_BROKER_ADMIN_H

#include "broker/turn.h"

/* Whether a row is about one room, and which one a message means. */
bool mm_admin_means_room(mm_msg_t msg);
mm_text_t mm_admin_room_of(mm_msg_t msg, const mm_message_t *message);

void mm_admin_refuse(mm_turn_t *turn, mm_err_t err);

mm_err_t mm_admin_on_rooms(mm_turn_t *turn);
mm_err_t mm_admin_on_room(mm_turn_t *turn);
mm_err_t mm_admin_on_close(mm_turn_t *turn);
mm_err_t mm_admin_on_kick(mm_turn_t *turn);
mm_err_t mm_admin_on_figures(mm_turn_t *turn);

#endif

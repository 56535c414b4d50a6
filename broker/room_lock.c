/* The lock of a room.  Locking what is locked, or the other way round, is passed on and changes nothing but who did it. */
#include "broker/room.h"

mm_err_t mm_room_on_locked(mm_turn_t *turn)
{
    struct mm_room_locked locked = {.present = MM_HAS(room_locked, locked_by),
                                    .locked_by = turn->from};

    mm_room_set_locked(turn->room, true);
    mm_room_report_lock(turn, mm_room_is_locked(turn->room));
    turn->room->locked_by = turn->from;
    mm_turn_say(turn, MM_MSG_ROOM_LOCKED, &locked, &turn->from);
    mm_room_tell_everybody(turn);
    return MM_OK;
}

mm_err_t mm_room_on_unlocked(mm_turn_t *turn)
{
    struct mm_room_unlocked unlocked = {.present = MM_HAS(room_unlocked, unlocked_by),
                                        .unlocked_by = turn->from};

    mm_room_set_locked(turn->room, false);
    mm_room_report_lock(turn, mm_room_is_locked(turn->room));
    mm_turn_say(turn, MM_MSG_ROOM_UNLOCKED, &unlocked, &turn->from);
    mm_room_tell_everybody(turn);
    mm_room_open_door(turn);
    return MM_OK;
}

/* Recording: a moderator does it on its own machine, the room only knows and tells.
 *
 * There is one recorder.  Where two moderators record, the later one counts, and any moderator's stop ends it for all: what
 * people must know is whether they are recorded.  Saying again what is so already is passed on and changes nothing. */
#include "broker/room.h"

mm_err_t mm_room_on_recording_started(mm_turn_t *turn)
{
    struct mm_recording_started started = {.present = MM_HAS(recording_started, started_by),
                                           .started_by = turn->from};

    turn->room->recorder = turn->from;
    mm_turn_say(turn, MM_MSG_RECORDING_STARTED, &started, &turn->from);
    mm_room_tell_everybody(turn);
    return MM_OK;
}

static void tell_stopped(mm_turn_t *turn, const mm_id_t *by)
{
    struct mm_recording_stopped stopped = {.present = MM_HAS(recording_stopped, stopped_by),
                                           .stopped_by = *by};

    turn->room->recorder = (mm_id_t){0};
    mm_turn_say(turn, MM_MSG_RECORDING_STOPPED, &stopped, by);
    mm_room_tell_everybody(turn);
}

mm_err_t mm_room_on_recording_stopped(mm_turn_t *turn)
{
    tell_stopped(turn, &turn->from);
    return MM_OK;
}

void mm_room_stop_recording(mm_turn_t *turn)
{
    mm_id_t recorder = turn->room->recorder;

    tell_stopped(turn, &recorder);
}

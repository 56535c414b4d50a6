/* What the feed hears of a room: that it is there, who has a seat, what state they are in.  Never a name, a title, a text, a password, a
 * token or an address: whoever reads the feed is no participant.
 * Not here: the end of a room (broker/directory.c), how an event leaves (broker/feed.h). */
#include "broker/room.h"

void mm_room_report_created(mm_turn_t *turn)
{
    const mm_room_t *room = turn->room;
    struct mm_event_room_created event = {.room = mm_text(room->id),
                                          .is_kept = room->is_kept,
                                          .needs_password = room->facts.password.is_set,
                                          .max_participants =
                                              (int64_t)room->facts.max_participants};

    mm_turn_tell_feed(turn, MM_MSG_EVENT_ROOM_CREATED, &event);
}

void mm_room_report_lock(mm_turn_t *turn, bool is_locked)
{
    struct mm_event_room_locked locked = {.room = mm_text(turn->room->id)};
    struct mm_event_room_unlocked unlocked = {.room = mm_text(turn->room->id)};

    if (is_locked)
        mm_turn_tell_feed(turn, MM_MSG_EVENT_ROOM_LOCKED, &locked);
    else
        mm_turn_tell_feed(turn, MM_MSG_EVENT_ROOM_UNLOCKED, &unlocked);
}

void mm_room_report_joined(mm_turn_t *turn, const mm_person_t *person)
{
    struct mm_event_joined event = {.room = mm_text(turn->room->id),
                                    .participant = person->id,
                                    .is_moderator = person->is_moderator,
                                    .participants = (int64_t)turn->room->seats.count};

    mm_turn_tell_feed(turn, MM_MSG_EVENT_JOINED, &event);
}

void mm_room_report_left(mm_turn_t *turn, const mm_id_t *id)
{
    struct mm_event_left event = {.room = mm_text(turn->room->id),
                                  .participant = *id,
                                  .participants = (int64_t)turn->room->seats.count};

    mm_turn_tell_feed(turn, MM_MSG_EVENT_LEFT, &event);
}

void mm_room_report_state(mm_turn_t *turn, const mm_person_t *person)
{
    struct mm_event_updated event = {.room = mm_text(turn->room->id),
                                     .participant = person->id,
                                     .is_moderator = person->is_moderator,
                                     .is_muted = person->is_muted,
                                     .is_video_off = person->is_video_off,
                                     .is_hand_raised = person->is_hand_raised};

    mm_turn_tell_feed(turn, MM_MSG_EVENT_UPDATED, &event);
}

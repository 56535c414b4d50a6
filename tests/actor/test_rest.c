/* Rooms that are asked about and ended over HTTP. */
#include "meeting.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MADE                                                                                       \
    "> rest create-room roomId=ABC123 title='Road map' password=p scheduledStart=1000",            \
        "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably"

static void status_tells_what_is_known_and_nobodys_name(void **state)
{
    PLAY(*state, MADE, "> web room-status roomId=abc123",
         "web: room-facts error=0 roomId=ABC123 title='Road map' scheduledStart=1000 "
         "+needsPassword -locked participants=0 maxParticipants=8",
         ANN_HOSTS, BOB_JOINS, "> ann room-locked", "ann bob: room-locked(ann) lockedBy=ann",
         "> web room-status roomId=r",
         "web: room-facts error=0 roomId=r -needsPassword +locked participants=2 "
         "maxParticipants=8");
    assert_int_equal(meeting_result(*state), MM_OK);
}

static void unknown_room_is_answered_and_nothing_is_made(void **state)
{
    assert_int_equal(MM_ERR_ROOM_NOT_FOUND, 3);
    PLAY(*state, "> web room-status roomId=ABC123", "web: room-facts error=3",
         "> web delete-room roomId=ABC123 creatorToken=rest", "web: room-deleted error=3");
    assert_int_equal(meeting_counters(*state)->rooms, 0);
}

static void only_its_creator_ends_a_room(void **state)
{
    assert_int_equal(MM_ERR_UNAUTHORIZED, 4);
    PLAY(*state, MADE, "> web delete-room roomId=ABC123 creatorToken=other",
         "web: room-deleted error=4", ANN_HOSTS, "> web delete-room roomId=r creatorToken=ann",
         "web: room-deleted error=4", "> web delete-room roomId=abc123 creatorToken=rest",
         "web: room-deleted error=0", "store: forget ABC123 durably",
         "> web room-status roomId=ABC123", "web: room-facts error=3");
    assert_int_equal(meeting_counters(*state)->rooms, 1);
    assert_int_equal(meeting_counters(*state)->latent_rooms, 0);
}

static void its_end_is_the_end_for_all(void **state)
{
    PLAY(*state, "> rest create-room roomId=ABC123",
         "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably",
         "> ann join roomId=ABC123 name=Ann", "ann: bind room=ABC123 participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff", "store: ABC123",
         "> bob join roomId=ABC123 name=Bob", "bob: bind room=ABC123 participant=bob",
         "ann bob: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> ann room-locked", "ann bob: room-locked(ann) lockedBy=ann", "store: ABC123 durably",
         "> cid join roomId=ABC123 name=Cid", "cid: bind room=ABC123 participant=cid",
         "cid ann: waiting-room(cid) name=Cid", "> web delete-room roomId=ABC123 creatorToken=rest",
         "ann: moderator-action(ann) targetId=ann action=kick",
         "ann: close code=4005 reason='Meeting ended'",
         "bob: moderator-action(bob) targetId=bob action=kick",
         "bob: close code=4005 reason='Meeting ended'",
         "cid: reject-user(cid) targetId=cid reason='The meeting has ended'",
         "cid: close code=4005 reason='Meeting ended'", "web: room-deleted error=0",
         "store: forget ABC123 durably", "> dan join roomId=ABC123",
         "dan: error message='Meeting not found. Check the code and try again.' "
         "code=ROOM_NOT_FOUND");
    assert_int_equal(meeting_counters(*state)->participants, 0);
    assert_int_equal(meeting_counters(*state)->waiting, 0);
    assert_int_equal(meeting_counters(*state)->rooms, 0);
}

static void ended_room_does_not_come_back_from_the_store(void **state)
{
    PLAY(*state, MADE, "> web delete-room roomId=ABC123 creatorToken=rest",
         "web: room-deleted error=0", "store: forget ABC123 durably", "> restart",
         "> web room-status roomId=ABC123", "web: room-facts error=3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEETING_TEST(status_tells_what_is_known_and_nobodys_name),
        MEETING_TEST(unknown_room_is_answered_and_nothing_is_made),
        MEETING_TEST(only_its_creator_ends_a_room),
        MEETING_TEST(its_end_is_the_end_for_all),
        MEETING_TEST(ended_room_does_not_come_back_from_the_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

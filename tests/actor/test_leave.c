/* Going, and what it does to those left. */
#include "meeting.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void leave_tells_the_others_and_the_connection_may_join_again(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, CID_JOINS, "> bob leave", "ann cid: participant-left(bob)",
         "bob: unbind", "> bob leave", "= ignored", "> bob chat text=hello",
         "bob: error message='Not joined to a room' code=NOT_JOINED",
         "> bob join roomId=r name=Bob", "bob: bind room=r participant=bob2",
         "ann cid bob: participant-joined(bob2) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "bob: participant-joined(cid) name=Cid -isModerator -isMuted -isVideoOff");
}

static void leave_of_a_stranger_is_ignored(void **state)
{
    PLAY(*state, "> ann leave", "= ignored");
}

static void lost_connection_leaves_without_a_word_to_it(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> bob gone", "ann: participant-left(bob)", "> ann gone",
         "> ann join roomId=r",
         "ann: error message='Meeting not found. Check the code and try again.' "
         "code=ROOM_NOT_FOUND");
    assert_int_equal(meeting_counters(*state)->rooms_ended, 1);
}

static void end_of_a_strangers_connection_does_nothing(void **state)
{
    PLAY(*state, ANN_HOSTS, "> bob gone", "> ann chat text=x", "ann: chat(ann) text=x");
    assert_int_equal(meeting_result(*state), MM_OK);
}

static void ad_hoc_room_ends_with_its_last_participant(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> ann leave", "bob: participant-left(ann)",
         "bob: participant-updated(bob) +isModerator -isMuted -isVideoOff -isHandRaised",
         "bob: moderator-action(bob) targetId=bob action=make-moderator", "ann: unbind",
         "> bob leave", "bob: unbind", "> cid join roomId=r",
         "cid: error message='Meeting not found. Check the code and try again.' "
         "code=ROOM_NOT_FOUND");
    assert_int_equal(meeting_counters(*state)->rooms, 0);
}

/* participant-left, participant-updated to everybody, make-moderator to the promoted one, who waits to it. */
static void last_moderator_leaves_and_the_longest_present_is_promoted(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, CID_JOINS, "> ann room-locked",
         "ann bob cid: room-locked(ann) lockedBy=ann", "> wim join roomId=r name=Wim",
         "wim: bind room=r participant=wim", "wim ann: waiting-room(wim) name=Wim",
         "> wes join roomId=r name=Wes", "wes: bind room=r participant=wes",
         "wes ann: waiting-room(wes) name=Wes", "> bob participant-updated isMuted=yes",
         "ann cid: participant-updated(bob) -isModerator +isMuted -isVideoOff -isHandRaised",
         "> ann leave", "bob cid: participant-left(ann)",
         "bob cid: participant-updated(bob) +isModerator +isMuted -isVideoOff -isHandRaised",
         "bob: moderator-action(bob) targetId=bob action=make-moderator",
         "bob: waiting-room(wim) name=Wim", "bob: waiting-room(wes) name=Wes", "ann: unbind");
}

static void nobody_is_promoted_while_a_moderator_is_left(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, CID_JOINS,
         "> ann moderator-action targetId=cid action=make-moderator",
         "ann bob cid: participant-updated(cid) +isModerator -isMuted -isVideoOff -isHandRaised",
         "cid: moderator-action(ann) targetId=cid action=make-moderator", "> ann leave",
         "bob cid: participant-left(ann)", "ann: unbind", "> bob leave",
         "cid: participant-left(bob)", "bob: unbind");
}

static void recorders_leaving_stops_the_recording_for_all(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, CID_JOINS, "> ann recording-started",
         "ann bob cid: recording-started(ann) startedBy=ann", "> bob leave",
         "ann cid: participant-left(bob)", "bob: unbind", "> ann gone",
         "cid: participant-left(ann)", "cid: recording-stopped(ann) stoppedBy=ann",
         "cid: participant-updated(cid) +isModerator -isMuted -isVideoOff -isHandRaised",
         "cid: moderator-action(cid) targetId=cid action=make-moderator",
         /* and a newcomer hears nothing of it */
         "> dan join roomId=r name=Dan", "dan: bind room=r participant=dan",
         "cid dan: participant-joined(dan) name=Dan -isModerator -isMuted -isVideoOff",
         "dan: participant-joined(cid) name=Cid +isModerator -isMuted -isVideoOff");
}

static void last_participant_leaves_and_who_waits_is_sent_away(void **state)
{
    PLAY(*state, ANN_HOSTS, "> ann room-locked", "ann: room-locked(ann) lockedBy=ann",
         "> wim join roomId=r name=Wim", "wim: bind room=r participant=wim",
         "wim ann: waiting-room(wim) name=Wim", "> wes join roomId=r name=Wes",
         "wes: bind room=r participant=wes", "wes ann: waiting-room(wes) name=Wes", "> ann leave",
         "wim: reject-user(wim) targetId=wim reason='The meeting has ended'",
         "wim: close code=4005 reason='Meeting ended'",
         "wes: reject-user(wes) targetId=wes reason='The meeting has ended'",
         "wes: close code=4005 reason='Meeting ended'", "ann: unbind",
         /* closed connections are dropped until they are gone */
         "> wim join roomId=r isHost=yes", "= ignored", "> wim leave", "= ignored", "> wim gone",
         "> wim join roomId=r name=Wim isHost=yes", "wim: bind room=r participant=wim3",
         "wim: participant-joined(wim3) name=Wim +isModerator -isMuted -isVideoOff");
}

static void pre_created_room_stays_and_is_unlocked_when_empty(void **state)
{
    PLAY(*state, "> rest create-room roomId=ABC123",
         "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably",
         "> ann join roomId=ABC123 name=Ann", "ann: bind room=ABC123 participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff", "store: ABC123",
         "> ann room-locked", "ann: room-locked(ann) lockedBy=ann", "store: ABC123 durably",
         "> ann recording-started", "ann: recording-started(ann) startedBy=ann",
         "> wim join roomId=ABC123 name=Wim", "wim: bind room=ABC123 participant=wim",
         "wim ann: waiting-room(wim) name=Wim", "> ann gone",
         "wim: reject-user(wim) targetId=wim reason='The meeting has ended'",
         "wim: close code=4005 reason='Meeting ended'", "store: ABC123 durably",
         "> bob join roomId=ABC123 name=Bob", "bob: bind room=ABC123 participant=bob",
         "bob: participant-joined(bob) name=Bob +isModerator -isMuted -isVideoOff",
         "store: ABC123");
}

static void people_in_two_rooms_do_not_hear_each_other(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> eve join roomId=s name=Eve isHost=yes",
         "eve: bind room=s participant=eve",
         "eve: participant-joined(eve) name=Eve +isModerator -isMuted -isVideoOff",
         "> eve chat text=x", "eve: chat(eve) text=x", "> bob chat text=y",
         "ann bob: chat(bob) text=y", "> eve leave", "eve: unbind");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEETING_TEST(leave_tells_the_others_and_the_connection_may_join_again),
        MEETING_TEST(leave_of_a_stranger_is_ignored),
        MEETING_TEST(lost_connection_leaves_without_a_word_to_it),
        MEETING_TEST(end_of_a_strangers_connection_does_nothing),
        MEETING_TEST(ad_hoc_room_ends_with_its_last_participant),
        MEETING_TEST(last_moderator_leaves_and_the_longest_present_is_promoted),
        MEETING_TEST(nobody_is_promoted_while_a_moderator_is_left),
        MEETING_TEST(recorders_leaving_stops_the_recording_for_all),
        MEETING_TEST(last_participant_leaves_and_who_waits_is_sent_away),
        MEETING_TEST(pre_created_room_stays_and_is_unlocked_when_empty),
        MEETING_TEST(people_in_two_rooms_do_not_hear_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

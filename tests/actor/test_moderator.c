/* What moderators do: recording, the lock, actions on one participant. */
#include "meeting.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void recording_is_told_to_everybody_the_sender_too(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> ann recording-started startedBy=bob",
         "ann bob: recording-started(ann) startedBy=ann", "> ann recording-stopped stoppedBy=bob",
         "ann bob: recording-stopped(ann) stoppedBy=ann");
}

/* The later of two recorders counts; the earlier one's leaving stops nothing. */
static void second_recorder_takes_over(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, CID_JOINS,
         "> ann moderator-action targetId=bob action=make-moderator",
         "ann bob cid: participant-updated(bob) +isModerator -isMuted -isVideoOff -isHandRaised",
         "bob: moderator-action(ann) targetId=bob action=make-moderator", "> ann recording-started",
         "ann bob cid: recording-started(ann) startedBy=ann", "> bob recording-started",
         "ann bob cid: recording-started(bob) startedBy=bob", "> ann leave",
         "bob cid: participant-left(ann)", "ann: unbind", "> bob leave",
         "cid: participant-left(bob)", "cid: recording-stopped(bob) stoppedBy=bob",
         "cid: participant-updated(cid) +isModerator -isMuted -isVideoOff -isHandRaised",
         "cid: moderator-action(cid) targetId=cid action=make-moderator", "bob: unbind");
}

static void any_moderator_stops_a_recording(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> ann moderator-action targetId=bob action=make-moderator",
         "ann bob: participant-updated(bob) +isModerator -isMuted -isVideoOff -isHandRaised",
         "bob: moderator-action(ann) targetId=bob action=make-moderator", "> ann recording-started",
         "ann bob: recording-started(ann) startedBy=ann", "> bob recording-stopped",
         "ann bob: recording-stopped(bob) stoppedBy=bob", "> ann leave",
         "bob: participant-left(ann)", "ann: unbind");
}

static void lock_is_told_to_everybody_and_kept(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> ann room-locked",
         "ann bob: room-locked(ann) lockedBy=ann", "> ann room-locked",
         "ann bob: room-locked(ann) lockedBy=ann", "> ann room-unlocked",
         "ann bob: room-unlocked(ann) unlockedBy=ann", "> ann room-unlocked",
         "ann bob: room-unlocked(ann) unlockedBy=ann");
}

static void mute_is_told_to_everybody_then_to_the_target(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, CID_JOINS, "> ann moderator-action targetId=bob action=mute",
         "ann bob cid: participant-updated(bob) -isModerator +isMuted -isVideoOff -isHandRaised",
         "bob: moderator-action(ann) targetId=bob action=mute",
         "> ann moderator-action targetId=bob action=unmute",
         "ann bob cid: participant-updated(bob) -isModerator -isMuted -isVideoOff -isHandRaised",
         "bob: moderator-action(ann) targetId=bob action=unmute",
         "> ann moderator-action targetId=ann action=mute",
         "ann bob cid: participant-updated(ann) +isModerator +isMuted -isVideoOff -isHandRaised",
         "ann: moderator-action(ann) targetId=ann action=mute");
}

static void new_moderator_hears_who_waits(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> ann room-locked",
         "ann bob: room-locked(ann) lockedBy=ann", "> wim join roomId=r name=Wim",
         "wim: bind room=r participant=wim", "wim ann: waiting-room(wim) name=Wim",
         "> ann moderator-action targetId=bob action=make-moderator",
         "ann bob: participant-updated(bob) +isModerator -isMuted -isVideoOff -isHandRaised",
         "bob: moderator-action(ann) targetId=bob action=make-moderator",
         "bob: waiting-room(wim) name=Wim", "> wes join roomId=r name=Wes",
         "wes: bind room=r participant=wes", "wes ann bob: waiting-room(wes) name=Wes");
}

static void moderator_made_moderator_hears_the_same_again(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> ann moderator-action targetId=ann action=make-moderator",
         "ann bob: participant-updated(ann) +isModerator -isMuted -isVideoOff -isHandRaised",
         "ann: moderator-action(ann) targetId=ann action=make-moderator");
}

static void kicked_participant_is_told_closed_and_then_gone(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, CID_JOINS, "> ann moderator-action targetId=bob action=kick",
         "bob: moderator-action(ann) targetId=bob action=kick",
         "bob: close code=4003 reason=Kicked", "ann cid: participant-left(bob)",
         /* what it still sends is dropped without an error, whatever it is */
         "> bob chat text=x", "= ignored", "> bob offer targetId=ann sdp=x", "= ignored",
         "> bob join roomId=r name=Bob", "= ignored", "> bob leave", "= ignored",
         "> bob refused type=chat reason=missing", "= ignored", "> bob gone",
         /* and what others still send to it */
         "> ann offer targetId=bob sdp=x", "= target_gone",
         "> ann moderator-action targetId=bob action=kick", "= target_gone",
         /* a new connection may come back, as somebody new */
         "> bob join roomId=r name=Bob", "bob: bind room=r participant=bob3",
         "ann cid bob: participant-joined(bob3) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "bob: participant-joined(cid) name=Cid -isModerator -isMuted -isVideoOff");
    assert_int_equal(meeting_counters(*state)->target_gone, 2);
}

static void kicked_recorder_stops_the_recording(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> ann moderator-action targetId=bob action=make-moderator",
         "ann bob: participant-updated(bob) +isModerator -isMuted -isVideoOff -isHandRaised",
         "bob: moderator-action(ann) targetId=bob action=make-moderator", "> bob recording-started",
         "ann bob: recording-started(bob) startedBy=bob",
         "> ann moderator-action targetId=bob action=kick",
         "bob: moderator-action(ann) targetId=bob action=kick",
         "bob: close code=4003 reason=Kicked", "ann: participant-left(bob)",
         "ann: recording-stopped(bob) stoppedBy=bob");
}

static void last_moderator_kicks_itself_and_another_is_promoted(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> ann moderator-action targetId=ann action=kick",
         "ann: moderator-action(ann) targetId=ann action=kick",
         "ann: close code=4003 reason=Kicked", "bob: participant-left(ann)",
         "bob: participant-updated(bob) +isModerator -isMuted -isVideoOff -isHandRaised",
         "bob: moderator-action(bob) targetId=bob action=make-moderator",
         "> bob moderator-action targetId=bob action=kick",
         "bob: moderator-action(bob) targetId=bob action=kick",
         "bob: close code=4003 reason=Kicked", "> cid join roomId=r",
         "cid: error message='Meeting not found. Check the code and try again.' "
         "code=ROOM_NOT_FOUND");
}

static void moderators_may_kick_each_other(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> ann moderator-action targetId=bob action=make-moderator",
         "ann bob: participant-updated(bob) +isModerator -isMuted -isVideoOff -isHandRaised",
         "bob: moderator-action(ann) targetId=bob action=make-moderator",
         "> bob moderator-action targetId=ann action=kick",
         "ann: moderator-action(bob) targetId=ann action=kick",
         "ann: close code=4003 reason=Kicked", "bob: participant-left(ann)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEETING_TEST(recording_is_told_to_everybody_the_sender_too),
        MEETING_TEST(second_recorder_takes_over),
        MEETING_TEST(any_moderator_stops_a_recording),
        MEETING_TEST(lock_is_told_to_everybody_and_kept),
        MEETING_TEST(mute_is_told_to_everybody_then_to_the_target),
        MEETING_TEST(new_moderator_hears_who_waits),
        MEETING_TEST(moderator_made_moderator_hears_the_same_again),
        MEETING_TEST(kicked_participant_is_told_closed_and_then_gone),
        MEETING_TEST(kicked_recorder_stops_the_recording),
        MEETING_TEST(last_moderator_kicks_itself_and_another_is_promoted),
        MEETING_TEST(moderators_may_kick_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The waiting room. */
#include "meeting.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ANN_LOCKS ANN_HOSTS, "> ann room-locked", "ann: room-locked(ann) lockedBy=ann"
#define WIM_WAITS                                                                                  \
    "> wim join roomId=r name=Wim", "wim: bind room=r participant=wim",                            \
        "wim ann: waiting-room(wim) name=Wim"
#define WES_WAITS                                                                                  \
    "> wes join roomId=r name=Wes", "wes: bind room=r participant=wes",                            \
        "wes ann: waiting-room(wes) name=Wes"

static void locked_room_sends_guest_to_waiting(void **state)
{
    PLAY(*state, ANN_LOCKS, WIM_WAITS);
    assert_int_equal(meeting_counters(*state)->waiting, 1);
    assert_int_equal(meeting_counters(*state)->participants, 1);
}

static void admitted_person_keeps_its_id_and_joins_as_any_other(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> ann room-locked",
         "ann bob: room-locked(ann) lockedBy=ann", WIM_WAITS, "> ann admit-user targetId=wim",
         "ann bob wim: participant-joined(wim) name=Wim -isModerator -isMuted -isVideoOff",
         "wim: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "wim: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
         "wim: room-locked(ann) lockedBy=ann", "> wim chat text=x",
         "ann bob wim: chat(wim) text=x");
}

static void creator_walks_past_the_lock(void **state)
{
    PLAY(*state, "> rest create-room roomId=ABC123",
         "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably",
         "> ann join roomId=ABC123 name=Ann", "ann: bind room=ABC123 participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff", "store: ABC123",
         "> ann room-locked", "ann: room-locked(ann) lockedBy=ann", "store: ABC123 durably",
         "> bob join roomId=ABC123 name=Bob creatorToken=other",
         "bob: bind room=ABC123 participant=bob", "bob ann: waiting-room(bob) name=Bob",
         "> cid join roomId=ABC123 name=Cid creatorToken=rest",
         "cid: bind room=ABC123 participant=cid",
         "ann cid: participant-joined(cid) name=Cid +isModerator -isMuted -isVideoOff",
         "cid: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "cid: room-locked(ann) lockedBy=ann", "cid: waiting-room(bob) name=Bob");
}

static void who_waits_may_only_join_and_leave(void **state)
{
    PLAY(*state, ANN_LOCKS, WIM_WAITS, "> wim chat text=x",
         "wim: error message='Not joined to a room' code=NOT_JOINED", "> wim leave", "wim: unbind",
         "> wim leave", "= ignored", "> ann admit-user targetId=wim", "= target_gone");
    assert_int_equal(meeting_counters(*state)->leaves, 0);
}

static void connection_lost_while_waiting_is_forgotten(void **state)
{
    PLAY(*state, ANN_LOCKS, WIM_WAITS, "> wim gone", "> ann reject-user targetId=wim",
         "= target_gone", "> ann room-unlocked", "ann: room-unlocked(ann) unlockedBy=ann");
}

/* A join leaves first: here the place at the door, and then it waits anew, last. */
static void join_while_waiting_waits_anew(void **state)
{
    PLAY(*state, ANN_LOCKS, WIM_WAITS, WES_WAITS, "> wim join roomId=r name=Wim2", "wim: unbind",
         "wim: bind room=r participant=wim2", "wim ann: waiting-room(wim2) name=Wim2",
         "> ann room-unlocked", "ann: room-unlocked(ann) unlockedBy=ann",
         "ann wes: participant-joined(wes) name=Wes -isModerator -isMuted -isVideoOff",
         "wes: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "ann wes wim: participant-joined(wim2) name=Wim2 -isModerator -isMuted -isVideoOff",
         "wim: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "wim: participant-joined(wes) name=Wes -isModerator -isMuted -isVideoOff");
}

static void rejected_person_is_told_why_and_closed(void **state)
{
    PLAY(*state, ANN_LOCKS, WIM_WAITS, WES_WAITS,
         "> ann reject-user targetId=wim reason='Not today'",
         "wim: reject-user(ann) targetId=wim reason='Not today'",
         "wim: close code=4004 reason=Rejected", "> ann reject-user targetId=wes",
         "wes: reject-user(ann) targetId=wes", "wes: close code=4004 reason=Rejected",
         "> wes join roomId=r", "= ignored", "> ann admit-user targetId=wim", "= target_gone");
    assert_int_equal(meeting_counters(*state)->waiting, 0);
}

/* No error: that would throw the moderator out. */
static void admission_to_a_full_room_shows_the_person_again(void **state)
{
    meeting_settings(*state)->default_participants = 2;
    PLAY(*state, ANN_LOCKS, WIM_WAITS, WES_WAITS, "> ann admit-user targetId=wim",
         "ann wim: participant-joined(wim) name=Wim -isModerator -isMuted -isVideoOff",
         "wim: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "wim: room-locked(ann) lockedBy=ann", "> ann admit-user targetId=wes",
         "ann: waiting-room(wes) name=Wes", "> wim leave", "ann: participant-left(wim)",
         "wim: unbind", "> ann admit-user targetId=wes",
         "ann wes: participant-joined(wes) name=Wes -isModerator -isMuted -isVideoOff",
         "wes: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "wes: room-locked(ann) lockedBy=ann");
}

static void unlocking_admits_in_order_as_far_as_seats_go(void **state)
{
    meeting_settings(*state)->default_participants = 2;
    PLAY(*state, ANN_LOCKS, WIM_WAITS, WES_WAITS, "> ann room-unlocked",
         "ann: room-unlocked(ann) unlockedBy=ann",
         "ann wim: participant-joined(wim) name=Wim -isModerator -isMuted -isVideoOff",
         "wim: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "wes: error message='Room is full' code=ROOM_FULL", "wes: unbind", "> wes chat text=x",
         "wes: error message='Not joined to a room' code=NOT_JOINED",
         "> wes join roomId=r name=Wes", "wes: error message='Room is full' code=ROOM_FULL",
         "> ann reject-user targetId=wes", "= target_gone");
}

static void full_room_and_full_list_refuse_with_the_same_words(void **state)
{
    meeting_settings(*state)->default_participants = 2;
    meeting_settings(*state)->waiting_list = 1;
    PLAY(*state, ANN_LOCKS, WIM_WAITS, "> wes join roomId=r name=Wes",
         "wes: error message='Room is full' code=ROOM_FULL", "> ann admit-user targetId=wim",
         "ann wim: participant-joined(wim) name=Wim -isModerator -isMuted -isVideoOff",
         "wim: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "wim: room-locked(ann) lockedBy=ann", "> wes join roomId=r name=Wes",
         "wes: error message='Room is full' code=ROOM_FULL");
}

static void messages_to_somebody_at_the_wrong_place_are_dropped(void **state)
{
    PLAY(*state, ANN_LOCKS, WIM_WAITS, "> ann offer targetId=wim sdp=x", "= target_gone",
         "> ann moderator-action targetId=wim action=kick", "= target_gone",
         "> ann admit-user targetId=ann", "= target_gone", "> ann reject-user targetId=ann",
         "= target_gone", "> ann admit-user targetId=wim",
         "ann wim: participant-joined(wim) name=Wim -isModerator -isMuted -isVideoOff",
         "wim: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "wim: room-locked(ann) lockedBy=ann", "> ann admit-user targetId=wim", "= target_gone",
         "> ann reject-user targetId=wim", "= target_gone");
    assert_int_equal(meeting_counters(*state)->target_gone, 6);
}

static void password_is_asked_at_the_door_too(void **state)
{
    PLAY(*state, "> ann join roomId=r name=Ann isHost=yes password=s",
         "ann: bind room=r participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> ann room-locked", "ann: room-locked(ann) lockedBy=ann", "> wim join roomId=r name=Wim",
         "wim: error message='Invalid room password' code=INVALID_PASSWORD",
         "> wim join roomId=r name=Wim password=s", "wim: bind room=r participant=wim2",
         "wim ann: waiting-room(wim2) name=Wim");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEETING_TEST(locked_room_sends_guest_to_waiting),
        MEETING_TEST(admitted_person_keeps_its_id_and_joins_as_any_other),
        MEETING_TEST(creator_walks_past_the_lock),
        MEETING_TEST(who_waits_may_only_join_and_leave),
        MEETING_TEST(connection_lost_while_waiting_is_forgotten),
        MEETING_TEST(join_while_waiting_waits_anew),
        MEETING_TEST(rejected_person_is_told_why_and_closed),
        MEETING_TEST(admission_to_a_full_room_shows_the_person_again),
        MEETING_TEST(unlocking_admits_in_order_as_far_as_seats_go),
        MEETING_TEST(full_room_and_full_list_refuse_with_the_same_words),
        MEETING_TEST(messages_to_somebody_at_the_wrong_place_are_dropped),
        MEETING_TEST(password_is_asked_at_the_door_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

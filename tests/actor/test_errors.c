/* Errors: what is answered, in which order it is checked, and what is dropped without an answer. */
#include "meeting.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void strangers_are_told_that_they_are_not_joined(void **state)
{
    PLAY(*state, "> ann chat text=x", "ann: error message='Not joined to a room' code=NOT_JOINED",
         "> ann offer targetId=bob sdp=x",
         "ann: error message='Not joined to a room' code=NOT_JOINED", "> ann room-locked",
         "ann: error message='Not joined to a room' code=NOT_JOINED");
    assert_int_equal(meeting_counters(*state)->refused[MM_ERR_NOT_JOINED], 3);
}

/* "Only moderators can ..." with the words of the contract. */
static void members_are_told_what_only_moderators_can_do(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> bob recording-started",
         "bob: error message='Only moderators can start recording' code=UNAUTHORIZED",
         "> bob recording-stopped",
         "bob: error message='Only moderators can stop recording' code=UNAUTHORIZED",
         "> bob moderator-action targetId=ann action=kick",
         "bob: error message='Only moderators can perform this action' code=UNAUTHORIZED",
         "> bob room-locked",
         "bob: error message='Only moderators can lock the room' code=UNAUTHORIZED",
         "> bob room-unlocked",
         "bob: error message='Only moderators can unlock the room' code=UNAUTHORIZED",
         "> bob admit-user targetId=ann",
         "bob: error message='Only moderators can admit users' code=UNAUTHORIZED",
         "> bob reject-user targetId=ann",
         "bob: error message='Only moderators can reject users' code=UNAUTHORIZED");
}

static void target_that_was_never_seen_is_not_found(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> bob offer targetId=zoe sdp=x",
         "bob: error message='Target participant not found' code=TARGET_NOT_FOUND",
         "> bob file-chunk targetId=!no-uuid transferId=T chunk= index=0 total=0",
         "bob: error message='Target participant not found' code=TARGET_NOT_FOUND",
         "> ann moderator-action targetId=zoe action=mute",
         "ann: error message='Target participant not found' code=TARGET_NOT_FOUND",
         "> ann moderator-action targetId=!no-uuid action=mute",
         "ann: error message='Target participant not found' code=TARGET_NOT_FOUND",
         "> ann admit-user targetId=zoe",
         "ann: error message='Target participant not found' code=TARGET_NOT_FOUND",
         "> ann reject-user targetId=zoe",
         "ann: error message='Target participant not found' code=TARGET_NOT_FOUND");
}

/* joined, members, role, target */
static void checks_come_in_their_order(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS,
         /* everything is wrong with it, one after the other put right */
         "> eve moderator-action targetId=zoe action=dance",
         "eve: error message='Not joined to a room' code=NOT_JOINED",
         "> bob moderator-action targetId=zoe action=dance",
         "bob: error message='Invalid message format' code=INVALID_MESSAGE "
         "reason='action: not one of the allowed values'",
         "> bob moderator-action targetId=zoe action=mute",
         "bob: error message='Only moderators can perform this action' code=UNAUTHORIZED",
         "> ann moderator-action targetId=zoe action=mute",
         "ann: error message='Target participant not found' code=TARGET_NOT_FOUND",
         "> ann moderator-action targetId=bob action=mute",
         "ann bob: participant-updated(bob) -isModerator +isMuted -isVideoOff -isHandRaised",
         "bob: moderator-action(ann) targetId=bob action=mute");
}

/* The same for what the gateway found. */
static void refused_messages_are_answered_in_the_same_order(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> eve refused type=chat field=text reason='too long'",
         "eve: error message='Not joined to a room' code=NOT_JOINED",
         "> bob refused type=chat field=text reason='too long'",
         "bob: error message='Invalid message format' code=INVALID_MESSAGE reason='text: too long'",
         "> bob refused type=room-locked reason='given twice'",
         "bob: error message='Invalid message format' code=INVALID_MESSAGE reason='given twice'",
         "> eve refused type=join field=roomId reason='not a room id'",
         "eve: error message='Invalid message format' code=INVALID_MESSAGE reason='roomId: not a "
         "room id'",
         "> ann room-locked", "ann bob: room-locked(ann) lockedBy=ann",
         "> wim join roomId=r name=Wim", "wim: bind room=r participant=wim",
         "wim ann: waiting-room(wim) name=Wim",
         "> wim refused type=chat field=text reason='too long'",
         "wim: error message='Not joined to a room' code=NOT_JOINED",
         "> wim refused type=join field=name reason='wrong type'",
         "wim: error message='Invalid message format' code=INVALID_MESSAGE reason='name: wrong "
         "type'");
}

static void refusals_of_a_newer_gateway_are_answered_with_less(void **state)
{
    PLAY(*state, "> ann refused type=62 field=x reason=62",
         "ann: error message='Invalid message format' code=INVALID_MESSAGE",
         "> ann refused type=chat field=x reason=62",
         "ann: error message='Not joined to a room' code=NOT_JOINED");
}

static void entries_that_no_gateway_sends_are_dropped(void **state)
{
    PLAY(*state, ANN_HOSTS,
         "> ann participant-joined name=x isModerator=yes isMuted=no isVideoOff=no", "= malformed",
         "> ann bind room=x participant=bob", "= malformed", "> ann refused field=x", "= malformed",
         "> ann flow sender=bob", "= malformed", "> ann create-room roomId=AAAAAA",
         "ann: room-created error=16");
    assert_int_equal(MM_ERR_MALFORMED, 16);
    assert_int_equal(meeting_counters(*state)->rooms, 1);
}

static void message_to_somebody_who_has_left_is_dropped_and_counted(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> bob leave", "ann: participant-left(bob)", "bob: unbind",
         "> ann ice-candidate targetId=bob candidate=x", "= target_gone",
         "> ann moderator-action targetId=bob action=make-moderator", "= target_gone",
         "> ann admit-user targetId=bob", "= target_gone");
    assert_int_equal(meeting_counters(*state)->target_gone, 3);
    assert_int_equal(meeting_counters(*state)->refused[MM_ERR_TARGET_GONE], 3);
}

/* By the room's name, also when it ended and was made anew, with other letters. */
static void ids_gone_are_known_by_the_name_of_the_room(void **state)
{
    PLAY(*state, "> ann join roomId=ABC123 name=Ann isHost=yes",
         "ann: bind room=ABC123 participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff", "> ann leave",
         "ann: unbind", "> bob join roomId=abc123 name=Bob isHost=yes",
         "bob: bind room=ABC123 participant=bob",
         "bob: participant-joined(bob) name=Bob +isModerator -isMuted -isVideoOff",
         "> bob offer targetId=ann sdp=x", "= target_gone",
         "> eve join roomId=other name=Eve isHost=yes", "eve: bind room=other participant=eve",
         "eve: participant-joined(eve) name=Eve +isModerator -isMuted -isVideoOff",
         "> eve offer targetId=ann sdp=x",
         "eve: error message='Target participant not found' code=TARGET_NOT_FOUND");
}

static void longer_than_an_hour_gone_counts_as_never_seen(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> bob leave", "ann: participant-left(bob)", "bob: unbind",
         "> time 59m", "> ann offer targetId=bob sdp=x", "= target_gone", "> time 1m",
         "> ann offer targetId=bob sdp=x",
         "ann: error message='Target participant not found' code=TARGET_NOT_FOUND");
}

static void only_so_many_ids_of_a_room_are_remembered(void **state)
{
    meeting_settings(*state)->gone_per_room = 1;
    PLAY(*state, ANN_HOSTS, BOB_JOINS, CID_JOINS, "> bob leave", "ann cid: participant-left(bob)",
         "bob: unbind", "> cid leave", "ann: participant-left(cid)", "cid: unbind",
         "> ann offer targetId=cid sdp=x", "= target_gone", "> ann offer targetId=bob sdp=x",
         "ann: error message='Target participant not found' code=TARGET_NOT_FOUND");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEETING_TEST(strangers_are_told_that_they_are_not_joined),
        MEETING_TEST(members_are_told_what_only_moderators_can_do),
        MEETING_TEST(target_that_was_never_seen_is_not_found),
        MEETING_TEST(checks_come_in_their_order),
        MEETING_TEST(refused_messages_are_answered_in_the_same_order),
        MEETING_TEST(refusals_of_a_newer_gateway_are_answered_with_less),
        MEETING_TEST(entries_that_no_gateway_sends_are_dropped),
        MEETING_TEST(message_to_somebody_who_has_left_is_dropped_and_counted),
        MEETING_TEST(ids_gone_are_known_by_the_name_of_the_room),
        MEETING_TEST(longer_than_an_hour_gone_counts_as_never_seen),
        MEETING_TEST(only_so_many_ids_of_a_room_are_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

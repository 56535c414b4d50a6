/* Who comes in, and what is said then. */
#include "meeting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void join_of_an_unknown_room_is_not_found(void **state)
{
    PLAY(
        *state, "> ann join roomId=ABC123 name=Ann",
        "ann: error message='Meeting not found. Check the code and try again.' code=ROOM_NOT_FOUND",
        "> ann join roomId=ABC123 name=Ann isHost=no password=x creatorToken=rest",
        "ann: error message='Meeting not found. Check the code and try again.' "
        "code=ROOM_NOT_FOUND");
}

static void host_makes_an_ad_hoc_room_and_is_its_moderator(void **state)
{
    PLAY(*state, "> ann join roomId=ABC123 name=Ann isHost=yes",
         "ann: bind room=ABC123 participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff");
    assert_int_equal(meeting_counters(*state)->rooms_created, 1);
    assert_int_equal(meeting_counters(*state)->rooms, 1);
    assert_int_equal(meeting_counters(*state)->latent_rooms, 0);
}

/* Each O gets participant-joined(J); J gets its own first, then one for each O in join order; nothing else. */
static void plain_join_says_what_the_reference_says_and_no_more(void **state)
{
    PLAY(*state, "> ann join roomId=ABC123 name=Ann isHost=yes",
         "ann: bind room=ABC123 participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> bob join roomId=ABC123 name=Bob", "bob: bind room=ABC123 participant=bob",
         "ann bob: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> cid join roomId=ABC123 name=Cid", "cid: bind room=ABC123 participant=cid",
         "ann bob cid: participant-joined(cid) name=Cid -isModerator -isMuted -isVideoOff",
         "cid: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "cid: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff");
    assert_int_equal(meeting_counters(*state)->participants, 3);
    assert_int_equal(meeting_counters(*state)->joins, 3);
}

static void roster_shows_muted_people_and_cameras_off(void **state)
{
    PLAY(*state, "> ann join roomId=ABC123 name=Ann isHost=yes",
         "ann: bind room=ABC123 participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> ann participant-updated isMuted=yes isVideoOff=yes",
         "> bob join roomId=ABC123 name=Bob", "bob: bind room=ABC123 participant=bob",
         "ann bob: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator +isMuted +isVideoOff");
}

/* Only where not default: hands in join order, the lock, the recording, and for a moderator who waits. */
static void newcomer_is_told_what_is_not_the_default(void **state)
{
    PLAY(*state, "> rest create-room roomId=ABC123",
         "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably",
         "> ann join roomId=ABC123 name=Ann", "ann: bind room=ABC123 participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff", "store: ABC123",
         "> bob join roomId=ABC123 name=Bob", "bob: bind room=ABC123 participant=bob",
         "ann bob: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> bob raise-hand", "ann: raise-hand(bob)", "> ann raise-hand", "bob: raise-hand(ann)",
         "> ann recording-started", "ann bob: recording-started(ann) startedBy=ann",
         "> ann room-locked", "ann bob: room-locked(ann) lockedBy=ann", "store: ABC123 durably",
         "> wim join roomId=ABC123 name=Wim", "wim: bind room=ABC123 participant=wim",
         "wim ann: waiting-room(wim) name=Wim", "> wes join roomId=ABC123 name=Wes",
         "wes: bind room=ABC123 participant=wes", "wes ann: waiting-room(wes) name=Wes",
         "> cid join roomId=ABC123 name=Cid creatorToken=rest",
         "cid: bind room=ABC123 participant=cid",
         "ann bob cid: participant-joined(cid) name=Cid +isModerator -isMuted -isVideoOff",
         "cid: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "cid: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
         "cid: raise-hand(ann)", "cid: raise-hand(bob)", "cid: room-locked(ann) lockedBy=ann",
         "cid: recording-started(ann) startedBy=ann", "cid: waiting-room(wim) name=Wim",
         "cid: waiting-room(wes) name=Wes");
}

static void is_host_on_an_existing_room_gives_nothing(void **state)
{
    PLAY(*state, "> ann join roomId=ABC123 name=Ann isHost=yes",
         "ann: bind room=ABC123 participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> bob join roomId=ABC123 name=Bob isHost=yes", "bob: bind room=ABC123 participant=bob",
         "ann bob: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff");
    assert_int_equal(meeting_counters(*state)->rooms_created, 1);
}

static void six_letters_or_digits_are_compared_upper_cased_others_as_they_are(void **state)
{
    PLAY(
        *state, "> ann join roomId=abC1x3 name=Ann isHost=yes",
        "ann: bind room=ABC1X3 participant=ann",
        "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
        "> bob join roomId=aBc1X3 name=Bob", "bob: bind room=ABC1X3 participant=bob",
        "ann bob: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
        "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
        "> cid join roomId=abc-12 name=Cid isHost=yes", "cid: bind room=abc-12 participant=cid",
        "cid: participant-joined(cid) name=Cid +isModerator -isMuted -isVideoOff",
        "> dan join roomId=ABC-12 name=Dan",
        "dan: error message='Meeting not found. Check the code and try again.' code=ROOM_NOT_FOUND",
        "> eve join roomId=standup name=Eve isHost=yes", "eve: bind room=standup participant=eve",
        "eve: participant-joined(eve) name=Eve +isModerator -isMuted -isVideoOff",
        "> fay join roomId=STANDUP name=Fay",
        "fay: error message='Meeting not found. Check the code and try again.' "
        "code=ROOM_NOT_FOUND");
}

#define ID_OF_60 "0123456789-123456789_123456789a123456789b123456789c123456789"

static void ids_of_64_characters_are_rooms_and_others_are_invalid(void **state)
{
    assert_int_equal(strlen(ID_OF_60), 60);
    PLAY(
        *state, "> ann join roomId=" ID_OF_60 "abcd isHost=yes",
        "ann: bind room=" ID_OF_60 "abcd participant=ann",
        "ann: participant-joined(ann) name=Guest +isModerator -isMuted -isVideoOff",
        "> bob join roomId=" ID_OF_60 "abcde isHost=yes",
        "bob: error message='Invalid message format' code=INVALID_MESSAGE reason='roomId: too "
        "long'",
        "> bob join roomId=a.b isHost=yes",
        "bob: error message='Invalid message format' code=INVALID_MESSAGE reason='roomId: not a "
        "room id'",
        "> bob join isHost=yes",
        "bob: error message='Invalid message format' code=INVALID_MESSAGE reason='roomId: missing'",
        "> bob join roomId=x isHost=yes", "bob: bind room=x participant=bob4",
        "bob: participant-joined(bob4) name=Guest +isModerator -isMuted -isVideoOff");
}

static void names_are_cleaned_and_nobody_is_nameless(void **state)
{
    PLAY(*state, "> ann join roomId=r name='  Ann   Lee ' isHost=yes",
         "ann: bind room=r participant=ann",
         "ann: participant-joined(ann) name='Ann   Lee' +isModerator -isMuted -isVideoOff",
         "> ann join roomId=r name='   ' isHost=yes", "ann: unbind",
         "ann: bind room=r participant=ann2",
         "ann: participant-joined(ann2) name=Guest +isModerator -isMuted -isVideoOff",
         "> ann join roomId=r name=null isHost=yes", "ann: unbind",
         "ann: bind room=r participant=ann3",
         "ann: participant-joined(ann3) name=Guest +isModerator -isMuted -isVideoOff");
}

static void password_is_asked_before_anything_else_of_the_room(void **state)
{
    meeting_settings(*state)->default_participants = 2;
    PLAY(*state, "> ann join roomId=ABC123 name=Ann isHost=yes password=secret",
         "ann: bind room=ABC123 participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> bob join roomId=ABC123 name=Bob",
         "bob: error message='Invalid room password' code=INVALID_PASSWORD",
         "> bob join roomId=ABC123 name=Bob password=Secret",
         "bob: error message='Invalid room password' code=INVALID_PASSWORD",
         "> bob join roomId=ABC123 name=Bob password=secret isHost=yes",
         "bob: bind room=ABC123 participant=bob3",
         "ann bob: participant-joined(bob3) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> ann room-locked", "ann bob: room-locked(ann) lockedBy=ann",
         /* full and locked now, and still the password decides */
         "> cid join roomId=ABC123 name=Cid password=no",
         "cid: error message='Invalid room password' code=INVALID_PASSWORD",
         "> cid join roomId=ABC123 name=Cid password=secret",
         "cid: error message='Room is full' code=ROOM_FULL");
}

static void creator_token_does_not_replace_the_password(void **state)
{
    PLAY(*state, "> rest create-room roomId=ABC123 password=secret",
         "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably",
         "> ann join roomId=ABC123 name=Ann creatorToken=rest",
         "ann: error message='Invalid room password' code=INVALID_PASSWORD",
         "> ann join roomId=ABC123 name=Ann creatorToken=rest password=secret",
         "ann: bind room=ABC123 participant=ann2",
         "ann: participant-joined(ann2) name=Ann +isModerator -isMuted -isVideoOff",
         "store: ABC123");
}

static void password_of_a_room_without_one_is_ignored(void **state)
{
    PLAY(*state, "> ann join roomId=ABC123 name=Ann isHost=yes password=",
         "ann: bind room=ABC123 participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> bob join roomId=ABC123 name=Bob password=whatever",
         "bob: bind room=ABC123 participant=bob",
         "ann bob: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff");
}

static void full_room_refuses_the_creator_too(void **state)
{
    PLAY(*state, "> rest create-room roomId=ABC123 maxParticipants=2",
         "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably",
         "> ann join roomId=ABC123 name=Ann", "ann: bind room=ABC123 participant=ann seats=2",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff", "store: ABC123",
         "> bob join roomId=ABC123 name=Bob", "bob: bind room=ABC123 participant=bob seats=2",
         "ann bob: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> cid join roomId=ABC123 name=Cid creatorToken=rest",
         "cid: error message='Room is full' code=ROOM_FULL", "> bob leave",
         "ann: participant-left(bob)", "bob: unbind",
         "> cid join roomId=ABC123 name=Cid creatorToken=rest",
         "cid: bind room=ABC123 participant=cid2 seats=2",
         "ann cid: participant-joined(cid2) name=Cid +isModerator -isMuted -isVideoOff",
         "cid: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff");
}

static void first_in_an_empty_room_is_moderator_and_so_is_the_creator(void **state)
{
    PLAY(*state, "> rest create-room roomId=ABC123",
         "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably",
         "> ann join roomId=ABC123 name=Ann creatorToken=!nonsense",
         "ann: bind room=ABC123 participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff", "store: ABC123",
         "> bob join roomId=ABC123 name=Bob creatorToken=other",
         "bob: bind room=ABC123 participant=bob",
         "ann bob: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> cid join roomId=ABC123 name=Cid creatorToken=rest",
         "cid: bind room=ABC123 participant=cid",
         "ann bob cid: participant-joined(cid) name=Cid +isModerator -isMuted -isVideoOff",
         "cid: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "cid: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff", "> ann leave",
         "bob cid: participant-left(ann)", "ann: unbind", "> bob leave",
         "cid: participant-left(bob)", "bob: unbind", "> cid leave", "cid: unbind", "store: ABC123",
         "> bob join roomId=ABC123 name=Bob", "bob: bind room=ABC123 participant=bob2",
         "bob: participant-joined(bob2) name=Bob +isModerator -isMuted -isVideoOff",
         "store: ABC123");
}

static void join_on_a_joined_connection_leaves_first_in_the_same_turn(void **state)
{
    PLAY(
        *state, "> ann join roomId=one name=Ann isHost=yes", "ann: bind room=one participant=ann",
        "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
        "> bob join roomId=one name=Bob", "bob: bind room=one participant=bob",
        "ann bob: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
        "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
        "> bob join roomId=two name=Bob isHost=yes", "ann: participant-left(bob)", "bob: unbind",
        "bob: bind room=two participant=bob2",
        "bob: participant-joined(bob2) name=Bob +isModerator -isMuted -isVideoOff",
        /* and whatever its outcome */
        "> ann join roomId=three name=Ann", "ann: unbind",
        "ann: error message='Meeting not found. Check the code and try again.' code=ROOM_NOT_FOUND",
        "> cid join roomId=one name=Cid",
        "cid: error message='Meeting not found. Check the code and try again.' "
        "code=ROOM_NOT_FOUND");
}

/* Bounds of section 6: nothing is done. */
static void join_with_a_bad_member_leaves_nothing(void **state)
{
    PLAY(*state, "> ann join roomId=one name=Ann isHost=yes", "ann: bind room=one participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> ann join roomId=a.b name=Ann isHost=yes",
         "ann: error message='Invalid message format' code=INVALID_MESSAGE reason='roomId: not a "
         "room id'",
         "> ann refused type=join field=name reason='wrong type'",
         "ann: error message='Invalid message format' code=INVALID_MESSAGE reason='name: wrong "
         "type'",
         "> ann chat text=still-here", "ann: chat(ann) text=still-here");
}

static void join_of_the_own_room_leaves_it_and_joins_anew(void **state)
{
    PLAY(*state, "> ann join roomId=one name=Ann isHost=yes", "ann: bind room=one participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> bob join roomId=one name=Bob", "bob: bind room=one participant=bob",
         "ann bob: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> bob join roomId=one name=Bobby", "ann: participant-left(bob)", "bob: unbind",
         "bob: bind room=one participant=bob2",
         "ann bob: participant-joined(bob2) name=Bobby -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff", "> bob leave",
         "ann: participant-left(bob2)", "bob: unbind",
         /* the last one of an ad hoc room ended it */
         "> ann join roomId=one name=Ann", "ann: unbind",
         "ann: error message='Meeting not found. Check the code and try again.' "
         "code=ROOM_NOT_FOUND");
}

static void join_of_the_own_room_by_its_last_one_makes_it_anew_with_its_password(void **state)
{
    PLAY(*state, "> ann join roomId=one name=Ann isHost=yes password=old",
         "ann: bind room=one participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> ann join roomId=one name=Ann isHost=yes password=new", "ann: unbind",
         "ann: bind room=one participant=ann2",
         "ann: participant-joined(ann2) name=Ann +isModerator -isMuted -isVideoOff",
         "> bob join roomId=one name=Bob password=old",
         "bob: error message='Invalid room password' code=INVALID_PASSWORD",
         "> bob join roomId=one name=Bob password=new", "bob: bind room=one participant=bob2",
         "ann bob: participant-joined(bob2) name=Bob -isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann2) name=Ann +isModerator -isMuted -isVideoOff");
    assert_int_equal(meeting_counters(*state)->rooms_ended, 1);
}

static void join_beyond_all_rooms_is_told_to_try_later(void **state)
{
    meeting_settings(*state)->max_rooms = 1;
    PLAY(*state, "> ann join roomId=one name=Ann isHost=yes", "ann: bind room=one participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> bob join roomId=two name=Bob isHost=yes",
         "bob: close code=1013 reason='Too many rooms'",
         /* leaving makes a place, and the new room has its password */
         "> ann join roomId=three name=Ann isHost=yes password=secret", "ann: unbind",
         "ann: bind room=three participant=ann2",
         "ann: participant-joined(ann2) name=Ann +isModerator -isMuted -isVideoOff",
         "> cid join roomId=three name=Cid",
         "cid: error message='Invalid room password' code=INVALID_PASSWORD");
    assert_int_equal(meeting_counters(*state)->refused[MM_ERR_TOO_MANY_ROOMS], 1);
}

static void id_that_is_taken_is_never_given_twice(void **state)
{
    PLAY(*state, "> ann join roomId=one name=Ann isHost=yes", "ann: bind room=one participant=ann",
         "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
         "> bob join roomId=one name=Bob fresh=ann", "= malformed");
}

static void peak_counts_the_most_participants_at_once(void **state)
{
    meeting_say(*state, "ann join roomId=one name=Ann isHost=yes");
    meeting_say(*state, "bob join roomId=two name=Bob isHost=yes");
    meeting_say(*state, "cid join roomId=two name=Cid");
    meeting_say(*state, "bob leave");
    meeting_say(*state, "ann leave");
    assert_int_equal(meeting_counters(*state)->participants, 1);
    assert_int_equal(meeting_counters(*state)->peak_participants, 3);
    assert_int_equal(meeting_counters(*state)->leaves, 2);
    assert_int_equal(meeting_counters(*state)->rooms_ended, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEETING_TEST(join_of_an_unknown_room_is_not_found),
        MEETING_TEST(host_makes_an_ad_hoc_room_and_is_its_moderator),
        MEETING_TEST(plain_join_says_what_the_reference_says_and_no_more),
        MEETING_TEST(roster_shows_muted_people_and_cameras_off),
        MEETING_TEST(newcomer_is_told_what_is_not_the_default),
        MEETING_TEST(is_host_on_an_existing_room_gives_nothing),
        MEETING_TEST(six_letters_or_digits_are_compared_upper_cased_others_as_they_are),
        MEETING_TEST(ids_of_64_characters_are_rooms_and_others_are_invalid),
        MEETING_TEST(names_are_cleaned_and_nobody_is_nameless),
        MEETING_TEST(password_is_asked_before_anything_else_of_the_room),
        MEETING_TEST(creator_token_does_not_replace_the_password),
        MEETING_TEST(password_of_a_room_without_one_is_ignored),
        MEETING_TEST(full_room_refuses_the_creator_too),
        MEETING_TEST(first_in_an_empty_room_is_moderator_and_so_is_the_creator),
        MEETING_TEST(join_on_a_joined_connection_leaves_first_in_the_same_turn),
        MEETING_TEST(join_with_a_bad_member_leaves_nothing),
        MEETING_TEST(join_of_the_own_room_leaves_it_and_joins_anew),
        MEETING_TEST(join_of_the_own_room_by_its_last_one_makes_it_anew_with_its_password),
        MEETING_TEST(join_beyond_all_rooms_is_told_to_try_later),
        MEETING_TEST(id_that_is_taken_is_never_given_twice),
        MEETING_TEST(peak_counts_the_most_participants_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

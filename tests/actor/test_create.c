/* Pre-created rooms: making, limits, expiry, the store. */
#include "meeting.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void made_room_is_told_and_kept_durably(void **state)
{
    PLAY(*state, "> rest create-room roomId=abc123 title='Road map'",
         "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably");
    assert_int_equal(meeting_counters(*state)->rooms, 1);
    assert_int_equal(meeting_counters(*state)->latent_rooms, 1);
    assert_int_equal(meeting_counters(*state)->rooms_created, 1);
    meeting_say(*state, "ann join roomId=ABC123");
    assert_int_equal(meeting_counters(*state)->latent_rooms, 0);
}

static void room_without_an_id_gets_the_first_free_candidate(void **state)
{
    PLAY(*state, "> r1 create-room candidates=AAAAAABBBBBBCCCCCC",
         "r1: room-created error=0 roomId=AAAAAA creatorToken=r1", "store: AAAAAA durably",
         "> r2 create-room candidates=AAAAAABBBBBBCCCCCC",
         "r2: room-created error=0 roomId=BBBBBB creatorToken=r2", "store: BBBBBB durably",
         "> r3 create-room candidates=AAAAAABBBBBB", "r3: room-created error=9", "> r4 create-room",
         "r4: room-created error=9");
    assert_int_equal(meeting_result(*state), MM_ERR_ROOM_EXISTS);
}

static void existing_id_is_refused_ad_hoc_or_not(void **state)
{
    assert_int_equal(MM_ERR_ROOM_EXISTS, 9);
    PLAY(*state, "> rest create-room roomId=ABC123",
         "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably",
         "> rest create-room roomId=abc123", "rest: room-created error=9",
         "> ann join roomId=XYZ789 isHost=yes", "ann: bind room=XYZ789 participant=ann",
         "ann: participant-joined(ann) name=Guest +isModerator -isMuted -isVideoOff",
         "> rest create-room roomId=XYZ789 password=x", "rest: room-created error=9", "> ann leave",
         "ann: unbind", "> rest create-room roomId=XYZ789",
         "rest: room-created error=0 roomId=XYZ789 creatorToken=rest", "store: XYZ789 durably");
}

static void rooms_nobody_joined_are_limited_in_all(void **state)
{
    assert_int_equal(MM_ERR_TOO_MANY_ROOMS, 10);
    meeting_settings(*state)->max_latent_rooms = 2;
    PLAY(*state, "> rest create-room roomId=AAAAAA",
         "rest: room-created error=0 roomId=AAAAAA creatorToken=rest", "store: AAAAAA durably",
         "> rest create-room roomId=BBBBBB from=10.0.0.1",
         "rest: room-created error=0 roomId=BBBBBB creatorToken=rest", "store: BBBBBB durably",
         "> rest create-room roomId=CCCCCC from=10.0.0.2", "rest: room-created error=10",
         /* one that somebody joined once does not count any more */
         "> ann join roomId=AAAAAA", "ann: bind room=AAAAAA participant=ann",
         "ann: participant-joined(ann) name=Guest +isModerator -isMuted -isVideoOff",
         "store: AAAAAA", "> ann leave", "ann: unbind", "store: AAAAAA",
         "> rest create-room roomId=CCCCCC",
         "rest: room-created error=0 roomId=CCCCCC creatorToken=rest", "store: CCCCCC durably",
         "> rest create-room roomId=DDDDDD", "rest: room-created error=10");
}

static void rooms_of_one_address_are_limited_ipv6_by_its_64(void **state)
{
    meeting_settings(*state)->max_latent_rooms_per_address = 1;
    PLAY(*state, "> r create-room roomId=AAAAAA from=10.0.0.1",
         "r: room-created error=0 roomId=AAAAAA creatorToken=r", "store: AAAAAA durably",
         "> r create-room roomId=BBBBBB from=10.0.0.1", "r: room-created error=10",
         "> r create-room roomId=BBBBBB from=10.0.0.2",
         "r: room-created error=0 roomId=BBBBBB creatorToken=r", "store: BBBBBB durably",
         "> r create-room roomId=CCCCCC from=2001:db8:0:1::1",
         "r: room-created error=0 roomId=CCCCCC creatorToken=r", "store: CCCCCC durably",
         "> r create-room roomId=DDDDDD from=2001:db8:0:1:ffff::2", "r: room-created error=10",
         "> r create-room roomId=DDDDDD from=2001:db8:0:2::1",
         "r: room-created error=0 roomId=DDDDDD creatorToken=r", "store: DDDDDD durably");
}

static void rooms_are_limited_all_together(void **state)
{
    meeting_settings(*state)->max_rooms = 1;
    PLAY(*state, ANN_HOSTS, "> rest create-room roomId=AAAAAA", "rest: room-created error=10",
         "> ann leave", "ann: unbind", "> rest create-room roomId=AAAAAA",
         "rest: room-created error=0 roomId=AAAAAA creatorToken=rest", "store: AAAAAA durably");
}

static void wrong_wishes_are_invalid(void **state)
{
    assert_int_equal(MM_ERR_INVALID_MESSAGE, 7);
    meeting_settings(*state)->max_participants = 20;
    PLAY(*state, "> r create-room roomId=AAAAAA maxParticipants=21", "r: room-created error=7",
         "> r create-room roomId=AAAAAA maxParticipants=1", "r: room-created error=7",
         "> r create-room roomId=AAAAA", "r: room-created error=7",
         "> r create-room roomId=AAAAAA scheduledStart=2000 scheduledEnd=2000",
         "r: room-created error=7",
         "> r create-room roomId=AAAAAA scheduledStart=2000 scheduledEnd=2001 maxParticipants=20",
         "r: room-created error=0 roomId=AAAAAA creatorToken=r", "store: AAAAAA durably");
    assert_int_equal(meeting_counters(*state)->rooms, 1);
}

static void default_bound_never_exceeds_the_upper_one(void **state)
{
    meeting_settings(*state)->default_participants = 8;
    meeting_settings(*state)->max_participants = 2;
    meeting_say(*state, "ann join roomId=r isHost=yes");
    meeting_say(*state, "bob join roomId=r");
    PLAY(*state, "> cid join roomId=r", "cid: error message='Room is full' code=ROOM_FULL");
}

#define MADE_AND_LEFT                                                                              \
    "> rest create-room roomId=ABC123",                                                            \
        "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably",     \
        "> time 20h", "> ann join roomId=ABC123", "ann: bind room=ABC123 participant=ann",         \
        "ann: participant-joined(ann) name=Guest +isModerator -isMuted -isVideoOff",               \
        "store: ABC123"

static void unused_room_ends_after_its_age(void **state)
{
    PLAY(*state, "> rest create-room roomId=ABC123",
         "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably",
         "> time 23h", "> time 59m", "> time 1m", "store: forget ABC123",
         "> ann join roomId=ABC123",
         "ann: error message='Meeting not found. Check the code and try again.' "
         "code=ROOM_NOT_FOUND");
    assert_int_equal(meeting_counters(*state)->rooms, 0);
    assert_int_equal(meeting_counters(*state)->latent_rooms, 0);
    assert_int_equal(meeting_counters(*state)->rooms_ended, 1);
}

static void room_in_use_never_ends_and_its_age_counts_from_its_last_use(void **state)
{
    PLAY(*state, MADE_AND_LEFT, "> time 100h", "> ann chat text=x", "ann: chat(ann) text=x",
         "> ann leave", "ann: unbind", "store: ABC123", "> time 23h", "> time 1h",
         "store: forget ABC123");
    assert_int_equal(mm_registry_next_time(meeting_registry(*state)), INT64_MAX);
}

static void schedule_counts_but_for_at_most_a_year(void **state)
{
    /* the first is scheduled for two days from the beginning (1,000,000 ms), the second for ten years */
    PLAY(*state, "> r1 create-room roomId=AAAAAA scheduledStart=170000000 scheduledEnd=173800000",
         "r1: room-created error=0 roomId=AAAAAA creatorToken=r1", "store: AAAAAA durably",
         "> r2 create-room roomId=BBBBBB scheduledStart=315360000000",
         "r2: room-created error=0 roomId=BBBBBB creatorToken=r2", "store: BBBBBB durably",
         "> time 71h", "> time 1h", "store: forget AAAAAA", "> time 362day", "> time 23h",
         "> time 1h", "store: forget BBBBBB");
}

static void room_comes_back_from_the_store_as_it_was(void **state)
{
    PLAY(*state,
         "> rest create-room roomId=ABC123 title='Road map' password=secret maxParticipants=2 "
         "scheduledStart=1000 scheduledEnd=2000",
         "rest: room-created error=0 roomId=ABC123 creatorToken=rest", "store: ABC123 durably",
         "> restart", "> ann join roomId=ABC123 creatorToken=rest",
         "ann: error message='Invalid room password' code=INVALID_PASSWORD",
         "> ann join roomId=ABC123 creatorToken=other password=secret",
         "ann: bind room=ABC123 participant=ann2 seats=2",
         "ann: participant-joined(ann2) name=Guest +isModerator -isMuted -isVideoOff",
         "store: ABC123", "> bob join roomId=ABC123 creatorToken=rest password=secret",
         "bob: bind room=ABC123 participant=bob seats=2",
         "ann bob: participant-joined(bob) name=Guest +isModerator -isMuted -isVideoOff",
         "bob: participant-joined(ann2) name=Guest +isModerator -isMuted -isVideoOff",
         "> cid join roomId=ABC123 password=secret",
         "cid: error message='Room is full' code=ROOM_FULL");
}

static void restored_rooms_count_as_unused_and_expire(void **state)
{
    meeting_settings(*state)->max_latent_rooms = 2;
    meeting_settings(*state)->max_latent_rooms_per_address = 1;
    PLAY(*state, "> r create-room roomId=AAAAAA",
         "r: room-created error=0 roomId=AAAAAA creatorToken=r", "store: AAAAAA durably",
         "> restart");
    assert_int_equal(meeting_counters(*state)->latent_rooms, 1);
    /* whose it was is not stored, so the address may make another one */
    PLAY(*state, "> r create-room roomId=BBBBBB",
         "r: room-created error=0 roomId=BBBBBB creatorToken=r", "store: BBBBBB durably",
         "> r create-room roomId=CCCCCC from=10.0.0.1", "r: room-created error=10", "> time 24h",
         "store: forget AAAAAA", "store: forget BBBBBB");
}

/* Nobody is inside after a restart: a lock would shut the room for good. */
static void restored_lock_does_not_shut_an_empty_room(void **state)
{
    PLAY(*state, MADE_AND_LEFT, "> ann room-locked", "ann: room-locked(ann) lockedBy=ann",
         "store: ABC123 durably", "> restart", "> bob join roomId=ABC123",
         "bob: bind room=ABC123 participant=bob",
         "bob: participant-joined(bob) name=Guest +isModerator -isMuted -isVideoOff",
         "store: ABC123 durably", "> cid join roomId=ABC123",
         "cid: bind room=ABC123 participant=cid",
         "bob cid: participant-joined(cid) name=Guest -isModerator -isMuted -isVideoOff",
         "cid: participant-joined(bob) name=Guest +isModerator -isMuted -isVideoOff");
}

static void ad_hoc_rooms_are_not_stored(void **state)
{
    PLAY(*state, ANN_HOSTS, "> ann room-locked", "ann: room-locked(ann) lockedBy=ann",
         "> ann leave", "ann: unbind");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEETING_TEST(made_room_is_told_and_kept_durably),
        MEETING_TEST(room_without_an_id_gets_the_first_free_candidate),
        MEETING_TEST(existing_id_is_refused_ad_hoc_or_not),
        MEETING_TEST(rooms_nobody_joined_are_limited_in_all),
        MEETING_TEST(rooms_of_one_address_are_limited_ipv6_by_its_64),
        MEETING_TEST(rooms_are_limited_all_together),
        MEETING_TEST(wrong_wishes_are_invalid),
        MEETING_TEST(default_bound_never_exceeds_the_upper_one),
        MEETING_TEST(unused_room_ends_after_its_age),
        MEETING_TEST(room_in_use_never_ends_and_its_age_counts_from_its_last_use),
        MEETING_TEST(schedule_counts_but_for_at_most_a_year),
        MEETING_TEST(room_comes_back_from_the_store_as_it_was),
        MEETING_TEST(restored_rooms_count_as_unused_and_expire),
        MEETING_TEST(restored_lock_does_not_shut_an_empty_room),
        MEETING_TEST(ad_hoc_rooms_are_not_stored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

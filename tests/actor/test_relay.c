/* What participants say to each other: relays, chat, their own state. */
#include "meeting.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void relay_goes_to_the_target_alone_as_it_came(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, CID_JOINS,
         "> bob offer targetId=ann sdp=v=0 x-mine=kept t=77",
         "ann: offer(bob) targetId=ann sdp=v=0 x-mine=kept t=77",
         "> ann answer targetId=bob sdp=v=0 t=78", "bob: answer(ann) targetId=bob sdp=v=0 t=78",
         "> ann ice-candidate targetId=cid candidate=null t=79",
         "cid: ice-candidate(ann) targetId=cid candidate=null t=79",
         "> cid quality-change targetId=bob quality=low t=5",
         "bob: quality-change(cid) targetId=bob quality=low t=5");
}

static void files_are_relayed(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS,
         "> bob file-offer targetId=ann transferId=T fileName=n fileSize=9 fileType=",
         "ann: file-offer(bob) targetId=ann transferId=T fileName=n fileSize=9 fileType=''",
         "> ann file-answer targetId=bob transferId=T accepted=yes",
         "bob: file-answer(ann) targetId=bob transferId=T +accepted",
         "> bob file-chunk targetId=ann transferId=T chunk=QUJD index=0 total=1",
         "ann: file-chunk(bob) targetId=ann transferId=T chunk=QUJD index=0 total=1");
}

static void relay_without_a_timestamp_gets_the_one_of_its_acceptance(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> bob offer targetId=ann sdp=x",
         "ann: offer(bob) targetId=ann sdp=x");
}

static void relay_to_oneself_arrives(void **state)
{
    PLAY(*state, ANN_HOSTS, "> ann offer targetId=ann sdp=x t=1",
         "ann: offer(ann) targetId=ann sdp=x t=1");
}

/* One output, hence one timestamp; the client's own does not count. */
static void chat_goes_to_the_others_then_to_the_sender_with_one_timestamp(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, CID_JOINS,
         "> bob chat text='hello all' replyTo=m1 x-mine=kept t=77",
         "ann cid bob: chat(bob) text='hello all' replyTo=m1 x-mine=kept", "> ann chat text=x",
         "bob cid ann: chat(ann) text=x");
}

static void own_state_goes_to_the_others_with_all_its_members(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, CID_JOINS, "> bob participant-updated isMuted=yes",
         "ann cid: participant-updated(bob) -isModerator +isMuted -isVideoOff -isHandRaised",
         "> bob participant-updated isVideoOff=yes isHandRaised=yes",
         "ann cid: participant-updated(bob) -isModerator +isMuted +isVideoOff +isHandRaised",
         "> bob participant-updated isMuted=no isVideoOff=null",
         "ann cid: participant-updated(bob) -isModerator -isMuted +isVideoOff +isHandRaised",
         "> ann participant-updated",
         "bob cid: participant-updated(ann) +isModerator -isMuted -isVideoOff -isHandRaised");
}

static void nobody_makes_itself_moderator(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> bob participant-updated isModerator=yes isMuted=yes",
         "ann: participant-updated(bob) -isModerator +isMuted -isVideoOff -isHandRaised",
         "> bob room-locked",
         "bob: error message='Only moderators can lock the room' code=UNAUTHORIZED");
}

static void hands_go_to_the_others_and_are_kept(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> bob raise-hand", "ann: raise-hand(bob)",
         "> bob participant-updated isMuted=yes",
         "ann: participant-updated(bob) -isModerator +isMuted -isVideoOff +isHandRaised",
         "> bob lower-hand", "ann: lower-hand(bob)", "> bob participant-updated isMuted=no",
         "ann: participant-updated(bob) -isModerator -isMuted -isVideoOff -isHandRaised");
}

static void reaction_goes_to_the_others_trimmed(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, CID_JOINS, "> bob reaction reaction='  party '",
         "ann cid: reaction(bob) reaction=party", "> bob reaction reaction='   '",
         "bob: error message='Invalid message format' code=INVALID_MESSAGE reason='reaction: too "
         "short'",
         "> bob reaction reaction=12345678901234567",
         "bob: error message='Invalid message format' code=INVALID_MESSAGE reason='reaction: too "
         "long'");
}

static void who_is_alone_speaks_to_nobody(void **state)
{
    PLAY(*state, ANN_HOSTS, "> ann raise-hand", "> ann lower-hand", "> ann reaction reaction=heart",
         "> ann participant-updated isMuted=yes", "> ann chat text=x", "ann: chat(ann) text=x");
}

static void credit_for_chunks_goes_from_receiver_to_sender(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> ann flow sender=bob receiver=ann total=4096",
         "bob: flow sender=bob receiver=ann total=4096",
         /* not one's own, to nobody, from a stranger */
         "> ann flow sender=bob receiver=bob total=1", "= ignored",
         "> ann flow sender=cid receiver=ann total=1", "= ignored",
         "> eve flow sender=bob receiver=ann total=1", "= ignored");
}

static void chunk_for_nobody_gives_its_credit_back(void **state)
{
    PLAY(*state, ANN_HOSTS, BOB_JOINS, "> bob leave", "ann: participant-left(bob)", "bob: unbind",
         "> ann file-chunk targetId=bob transferId=T chunk=QUJD index=0 total=1",
         "ann: flow sender=ann receiver=bob total=9007199254740992",
         "> ann file-chunk targetId=zoe transferId=T chunk=QUJD index=0 total=1",
         "ann: flow sender=ann receiver=zoe total=9007199254740992",
         "ann: error message='Target participant not found' code=TARGET_NOT_FOUND",
         "> ann file-answer targetId=bob transferId=T accepted=yes", "= target_gone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEETING_TEST(relay_goes_to_the_target_alone_as_it_came),
        MEETING_TEST(files_are_relayed),
        MEETING_TEST(relay_without_a_timestamp_gets_the_one_of_its_acceptance),
        MEETING_TEST(relay_to_oneself_arrives),
        MEETING_TEST(chat_goes_to_the_others_then_to_the_sender_with_one_timestamp),
        MEETING_TEST(own_state_goes_to_the_others_with_all_its_members),
        MEETING_TEST(nobody_makes_itself_moderator),
        MEETING_TEST(hands_go_to_the_others_and_are_kept),
        MEETING_TEST(reaction_goes_to_the_others_trimmed),
        MEETING_TEST(who_is_alone_speaks_to_nobody),
        MEETING_TEST(credit_for_chunks_goes_from_receiver_to_sender),
        MEETING_TEST(chunk_for_nobody_gives_its_credit_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Whole meetings as tables: message in -> messages out.
 *
 * A script is a list of lines.  "> WHO TYPE MEMBER=VALUE ..." puts one message into a registry; the lines below it,
 * up to the next ">", are all that must come out, in order:
 *
 *   "> ann join roomId=ABC123 name=Ann isHost=yes",
 *   "ann: bind room=ABC123 participant=ann",
 *   "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",
 *
 * Who: any word; each is a connection, odd ones at one gateway, even ones at another.  The n-th join of ann gets the id "ann",
 * then "ann2" and so on; ids are written by these names everywhere.  What holds spaces stands in 'quotes'.
 *
 * Out: "RECIPIENTS: TYPE(FROM) MEMBERS", "+x" and "-x" for true and false, "t=7" where the timestamp is not the turn's;
 * the seats of a bind where they are not the default; "store: ID", "store: ID durably", "store: forget ID", also durably; "= name_of_error" where a message was dropped without an answer.
 *
 * Other commands: "> time 24h" lets time pass; "> restart" makes a new registry from the store; "> WHO create-room ..." with
 * the token named WHO and `candidates=`, `from=ADDRESS` (1.2.3.4 or 2001:db8:...).  A member that the table does not know
 * is sent as a string; `t=7` is the client's timestamp.
 *
 * After each turn the invariants of broker/room.h, the counters and the bindings of all connections are checked. */
#ifndef MM_TESTS_MEETING_H
#define MM_TESTS_MEETING_H

#include "broker/registry.h"

typedef struct meeting meeting_t;

meeting_t *meeting_new(void);
void meeting_destroy(meeting_t **meeting_p);

/* For cmocka: the state of a test is its meeting. */
int meeting_setup(void **state);
int meeting_teardown(void **state);
#define MEETING_TEST(test) cmocka_unit_test_setup_teardown(test, meeting_setup, meeting_teardown)

/* To be changed before the first line is played. */
mm_settings_t *meeting_settings(meeting_t *meeting);
const mm_counters_t *meeting_counters(const meeting_t *meeting);
mm_registry_t *meeting_registry(meeting_t *meeting);

/* Fails the running cmocka test where what came out differs. */
void meeting_play(meeting_t *meeting, const char *file, int line, const char *const *script);

#define PLAY(meeting, ...)                                                                         \
    meeting_play((meeting), __FILE__, __LINE__, (const char *const[]){__VA_ARGS__, NULL})

/* How most scripts begin: Ann makes the room "r" and is its moderator, Bob and Cid join as members. */
#define ANN_HOSTS                                                                                  \
    "> ann join roomId=r name=Ann isHost=yes", "ann: bind room=r participant=ann",                 \
        "ann: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff"
#define BOB_JOINS                                                                                  \
    "> bob join roomId=r name=Bob", "bob: bind room=r participant=bob",                            \
        "ann bob: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff",             \
        "bob: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff"
#define CID_JOINS                                                                                  \
    "> cid join roomId=r name=Cid", "cid: bind room=r participant=cid",                            \
        "ann bob cid: participant-joined(cid) name=Cid -isModerator -isMuted -isVideoOff",         \
        "cid: participant-joined(ann) name=Ann +isModerator -isMuted -isVideoOff",                 \
        "cid: participant-joined(bob) name=Bob -isModerator -isMuted -isVideoOff"

/* Puts one line in and returns what came out, lines joined by '\n'; valid until the next. */
const char *meeting_say(meeting_t *meeting, const char *line);

/* What the last line returned. */
mm_err_t meeting_result(const meeting_t *meeting);

#endif

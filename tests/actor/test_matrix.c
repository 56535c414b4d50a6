/* Every message of a browser by every role: the table below is written by hand from tests/contract.txt, the
 * cells are generated.  A row of messages.def without a row here fails, and the other way round. */
#include "meeting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { STRANGER, WAITING, MEMBER, MODERATOR, ENDED, ROLES };

static const char *const role_names[ROLES] = {"stranger", "waiting", "member", "moderator",
                                              "ended"};

/* Who speaks in each role, in the meeting that `gather` makes. */
static const char *const speakers[ROLES] = {"sid", "wim", "bob", "ann", "eve"};

/* How a cell ends. */
#define DONE MM_OK
#define ANON MM_ERR_NOT_JOINED
#define DENY MM_ERR_UNAUTHORIZED
#define DROP MM_ERR_IGNORED

typedef struct row {
    const char *wire;
    const char *members;
    mm_err_t outcome[ROLES]; /* stranger, waiting, member, moderator, ended */
    bool has_wrong_target; /* a target nobody has seen is TARGET_NOT_FOUND where the cell is done */
} row_t;

static const row_t rows[] = {
    {"join", "roomId=open name=X", {DONE, DONE, DONE, DONE, DROP}, false},
    {"leave", "", {DROP, DONE, DONE, DONE, DROP}, false},
    {"offer", "targetId=cid sdp=x", {ANON, ANON, DONE, DONE, DROP}, true},
    {"answer", "targetId=cid sdp=x", {ANON, ANON, DONE, DONE, DROP}, true},
    {"ice-candidate", "targetId=cid candidate=x", {ANON, ANON, DONE, DONE, DROP}, true},
    {"file-offer",
     "targetId=cid transferId=T fileName=n fileSize=1 fileType=t",
     {ANON, ANON, DONE, DONE, DROP},
     true},
    {"file-answer", "targetId=cid transferId=T accepted=yes", {ANON, ANON, DONE, DONE, DROP}, true},
    {"file-chunk",
     "targetId=cid transferId=T chunk=QQ== index=0 total=1",
     {ANON, ANON, DONE, DONE, DROP},
     true},
    {"quality-change", "targetId=cid quality=low", {ANON, ANON, DONE, DONE, DROP}, true},
    {"chat", "text=x", {ANON, ANON, DONE, DONE, DROP}, false},
    {"participant-updated", "isMuted=yes", {ANON, ANON, DONE, DONE, DROP}, false},
    {"raise-hand", "", {ANON, ANON, DONE, DONE, DROP}, false},
    {"lower-hand", "", {ANON, ANON, DONE, DONE, DROP}, false},
    {"reaction", "reaction=clap", {ANON, ANON, DONE, DONE, DROP}, false},
    {"recording-started", "", {ANON, ANON, DENY, DONE, DROP}, false},
    {"recording-stopped", "", {ANON, ANON, DENY, DONE, DROP}, false},
    {"room-locked", "", {ANON, ANON, DENY, DONE, DROP}, false},
    {"room-unlocked", "", {ANON, ANON, DENY, DONE, DROP}, false},
    {"moderator-action", "targetId=cid action=mute", {ANON, ANON, DENY, DONE, DROP}, true},
    {"moderator-action", "targetId=cid action=unmute", {ANON, ANON, DENY, DONE, DROP}, true},
    {"moderator-action", "targetId=cid action=kick", {ANON, ANON, DENY, DONE, DROP}, true},
    {"moderator-action",
     "targetId=cid action=make-moderator",
     {ANON, ANON, DENY, DONE, DROP},
     true},
    {"admit-user", "targetId=wes", {ANON, ANON, DENY, DONE, DROP}, true},
    {"reject-user", "targetId=wes reason=no", {ANON, ANON, DENY, DONE, DROP}, true},
};

enum { ROWS = sizeof rows / sizeof *rows };

/* Ann moderates the locked room r with Bob and Cid; Wim and Wes wait; Eve was kicked; Olga sits in another room. */
static void gather(meeting_t *meeting)
{
    static const char *const lines[] = {
        "ann join roomId=r name=Ann isHost=yes",
        "bob join roomId=r name=Bob",
        "cid join roomId=r name=Cid",
        "eve join roomId=r name=Eve",
        "ann moderator-action targetId=eve action=kick",
        "ann room-locked",
        "wim join roomId=r name=Wim",
        "wes join roomId=r name=Wes",
        "olga join roomId=open name=Olga isHost=yes",
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        meeting_say(meeting, lines[i]);
        assert_int_equal(meeting_result(meeting), MM_OK);
    }
}

static const char *expected_code(mm_err_t err)
{
    static char text[64];

    snprintf(text, sizeof text, " code=%s", mm_err_code(err));
    return text;
}

/* What came out behind the credit that a chunk for nobody gives back. */
static const char *without_flow(const char *out, const char *speaker)
{
    char flow[64];

    snprintf(flow, sizeof flow, "%s: flow ", speaker);
    return strncmp(out, flow, strlen(flow)) == 0 ? strchr(out, '\n') + 1 : out;
}

/* One message into a fresh meeting. */
static void check(const char *speaker, const char *role, const char *wire, const char *members,
                  mm_err_t outcome)
{
    meeting_t *meeting = meeting_new();
    char line[256];

    gather(meeting);
    snprintf(line, sizeof line, "%s %s%s%s", speaker, wire, *members != 0 ? " " : "", members);
    const char *out = without_flow(meeting_say(meeting, line), speaker);
    if (meeting_result(meeting) != outcome)
        fail_msg("%s as %s: %s instead of %s\n%s", line, role, mm_err_name(meeting_result(meeting)),
                 mm_err_name(outcome), out);
    if (outcome == MM_ERR_IGNORED) {
        assert_string_equal(out, "= ignored\n");
    } else if (outcome == MM_OK) {
        assert_null(strstr(out, ": error"));
    } else {
        /* to the sender alone, and nothing else happened */
        bool is_to_speaker = strncmp(out, speaker, strlen(speaker)) == 0;
        bool is_error =
            strstr(out, ": error message=") != NULL && strstr(out, expected_code(outcome)) != NULL;
        bool is_all = strchr(out, '\n') == out + strlen(out) - 1;
        if (!is_to_speaker || !is_error || !is_all)
            fail_msg("%s as %s\n%s", line, role, out);
    }
    meeting_destroy(&meeting);
}

static void every_role_may_send_what_the_table_says_and_no_more(void **state)
{
    (void)state;
    for (size_t row = 0; row < ROWS; row++)
        for (size_t role = 0; role < ROLES; role++)
            check(speakers[role], role_names[role], rows[row].wire, rows[row].members,
                  rows[row].outcome[role]);
}

static const char *without_target(const char *members)
{
    static char changed[256];
    const char *rest = strchr(members, ' ');

    snprintf(changed, sizeof changed, "targetId=zoe%s", rest != NULL ? rest : "");
    return changed;
}

/* The target comes last: where the role is wrong, the role is told. */
static void wrong_target_is_told_only_to_who_may_send(void **state)
{
    (void)state;
    for (size_t row = 0; row < ROWS; row++)
        for (size_t role = 0; role < ROLES && rows[row].has_wrong_target; role++) {
            mm_err_t outcome = rows[row].outcome[role];
            check(speakers[role], role_names[role], rows[row].wire,
                  without_target(rows[row].members),
                  outcome == MM_OK ? MM_ERR_TARGET_NOT_FOUND : outcome);
        }
}

/* What the gateway refuses: joined decides first, the role does not matter. */
static void refused_messages_ask_only_whether_the_sender_is_joined(void **state)
{
    char members[64];

    (void)state;
    for (size_t row = 0; row < ROWS; row++)
        for (size_t role = 0; role < ROLES; role++) {
            mm_err_t outcome = rows[row].outcome[role];
            bool is_answered = role != ENDED && outcome != MM_ERR_NOT_JOINED;
            snprintf(members, sizeof members, "type=%s field=x reason=missing", rows[row].wire);
            check(speakers[role], role_names[role], "refused", members,
                  is_answered ? MM_ERR_INVALID_MESSAGE : outcome);
        }
}

static bool is_in_the_table(const char *wire)
{
    for (size_t row = 0; row < ROWS; row++)
        if (strcmp(rows[row].wire, wire) == 0)
            return true;
    return false;
}

static void table_names_every_message_of_browsers(void **state)
{
    (void)state;
    for (int msg = 1; msg < MM_MSG_LIMIT; msg++) {
        const mm_spec_t *spec = mm_spec((mm_msg_t)msg);
        if (spec == NULL)
            continue;
        bool is_of_browsers = (spec->senders & MM_BY_ANYONE) != 0;
        if (is_of_browsers != is_in_the_table(spec->wire))
            fail_msg("%s is %s the table", spec->wire,
                     is_of_browsers ? "missing in" : "too much in");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_may_send_what_the_table_says_and_no_more),
        cmocka_unit_test(wrong_target_is_told_only_to_who_may_send),
        cmocka_unit_test(refused_messages_ask_only_whether_the_sender_is_joined),
        cmocka_unit_test(table_names_every_message_of_browsers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

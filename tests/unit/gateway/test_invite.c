/* Calendar files: escaping, folding, what is left out.  A real parser reads them in tests/e2e/rest.test.js. */
#include "gateway/invite.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_meeting_is_printed_whole(void **state)
{
    mm_invite_t invite = {.room = mm_text("ABC123"),
                          .title = mm_text("a, b; c\\d\r\ne\x01"),
                          .start_ms = 1777550400000,
                          .end_ms = 1777552200000,
                          .stamp_ms = 1000,
                          .host = "meet.example.org",
                          .url = "https://meet.example.org/?room=ABC123"};
    char *text = mm_invite_print(&invite);

    (void)state;
    assert_string_equal(text, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
                              "PRODID:-//MikroMeet//MikroMeet " MM_VERSION "//EN\r\n"
                              "METHOD:PUBLISH\r\nBEGIN:VEVENT\r\nUID:ABC123@meet.example.org\r\n"
                              "DTSTAMP:19700101T000001Z\r\nDTSTART:20260430T120000Z\r\n"
                              "DTEND:20260430T123000Z\r\nSUMMARY:a\\, b\\; c\\\\d\\ne\r\n"
                              "URL:https://meet.example.org/?room=ABC123\r\n"
                              "END:VEVENT\r\nEND:VCALENDAR\r\n");
    free(text);
}

static void what_is_not_known_is_left_out(void **state)
{
    mm_invite_t invite = {
        .room = mm_text("r"), .end_ms = 1000, .stamp_ms = 1000, .host = "", .url = ""};
    char *text = mm_invite_print(&invite);

    (void)state;
    assert_non_null(strstr(text, "\r\nUID:r@mikromeet\r\n"));
    assert_non_null(strstr(text, "\r\nSUMMARY:MikroMeet meeting\r\n"));
    assert_null(strstr(text, "DTSTART"));
    assert_null(strstr(text, "DTEND"));
    assert_null(strstr(text, "URL"));
    free(text);
    invite.start_ms = INT64_C(9007199254740992); /* a year that the format cannot say */
    text = mm_invite_print(&invite);
    assert_null(strstr(text, "DTSTART"));
    free(text);
}

/* Each line has 75 bytes at most, and none ends inside a character. */
static void long_lines_are_folded_between_characters(void **state)
{
    static const char face[] = "\xf0\x9f\x98\x80";

    (void)state;
    for (size_t ahead = 0; ahead < 8; ahead++) {
        char title[320] = "";
        mm_invite_t invite = {.room = mm_text("r"), .stamp_ms = 1000, .host = "", .url = ""};
        for (size_t i = 0; i < ahead; i++)
            strcat(title, "x");
        for (size_t i = 0; i < 70; i++)
            strcat(title, face);
        invite.title = mm_text(title);
        char *text = mm_invite_print(&invite);
        for (const char *line = text; *line != '\0'; line = strstr(line, "\r\n") + 2) {
            size_t len = (size_t)(strstr(line, "\r\n") - line);
            assert_true(len <= 75);
            assert_true(mm_text_is_utf8((mm_text_t){line, len}));
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_meeting_is_printed_whole),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(long_lines_are_folded_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

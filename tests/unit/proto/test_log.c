/* Log lines: one valid JSON object each, whatever text comes in, and not too many of one event. */
#include "proto/log.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static int64_t now_ms = 1000000;
static char last[64 * 1024];
static int lines;

/* The test's own clock, in place of the C library's: time passes when the test says so. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
    (void)clock;
    out->tv_sec = now_ms / 1000;
    out->tv_nsec = now_ms % 1000 * 1000000;
    return 0;
}

static void keep(void *ctx, const char *text)
{
    (void)ctx;
    assert_true(strlen(text) < sizeof last);
    strcpy(last, text);
    lines++;
}

static int begin(void **state)
{
    (void)state;
    last[0] = '\0';
    lines = 0;
    mm_log_set_level(MM_LOG_INFO);
    mm_log_to(keep, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    mm_log_to(NULL, NULL);
    return 0;
}

static mm_text_t view(const char *bytes)
{
    return (mm_text_t){.ptr = bytes, .len = strlen(bytes)};
}

static void without_a_sink_nothing_happens(void **state)
{
    (void)state;
    mm_log_to(NULL, NULL);
    MM_LOG(ERROR, "an_event", MM_LOG_NUMBER("n", 1));
    assert_int_equal(lines, 0);
}

static void a_line_has_stamp_level_event_and_fields(void **state)
{
    (void)state;
    now_ms = 1767225600007;
    MM_LOG(WARN, "an_event", MM_LOG_NUMBER("n", -7), MM_LOG_TEXT("t", view("x")));
    assert_string_equal(
        last, "{\"ts\":\"2026-01-01T00:00:00.007Z\",\"level\":\"warn\",\"event\":\"an_event\","
              "\"n\":-7,\"t\":\"x\"}");
}

static void levels_below_the_least_are_silent(void **state)
{
    mm_log_level_t level = MM_LOG_ERROR;

    (void)state;
    MM_LOG(DEBUG, "quiet", MM_LOG_NUMBER("n", 1));
    assert_int_equal(lines, 0);
    assert_true(mm_log_level_parse("debug", &level));
    mm_log_set_level(level);
    MM_LOG(DEBUG, "loud", MM_LOG_NUMBER("n", 1));
    assert_int_equal(lines, 1);
    assert_false(mm_log_level_parse("INFO", &level));
    assert_false(mm_log_level_parse("", &level));
}

static void whatever_is_not_plain_ascii_is_escaped(void **state)
{
    static const struct {
        const char *text;
        const char *escaped;
    } cases[] = {
        {"a\"b\\c", "a\\\"b\\\\c"},
        {"\n{\"level\"", "\\u000a{\\\"level\\\""},
        {"\x1b]0;x\x07\x7f", "\\u001b]0;x\\u0007\\u007f"},
        {"\xc3\xa4\xe2\x80\xae\xe2\x80\xa8", "\\u00e4\\u202e\\u2028"},
        {"\xf0\x9f\x98\x80", "\\ud83d\\ude00"},
        {"\xf4\x8f\xbf\xbf", "\\udbff\\udfff"},
        {"\xff\x80z", "\\ufffd\\ufffdz"},
        {"\xc0\xaf", "\\ufffd\\ufffd"},
        {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
        {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
        {"\xfc\x80\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
        {"\xe2\x82", "\\ufffd\\ufffd"},
        {"\xe2x", "\\ufffdx"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *value = NULL;
        json_t *object = NULL;

        MM_LOG(ERROR, "text", MM_LOG_TEXT("t", view(cases[i].text)));
        value = strstr(last, "\"t\":\"");
        assert_non_null(value);
        assert_int_equal(strncmp(value + 5, cases[i].escaped, strlen(cases[i].escaped)), 0);
        assert_string_equal(value + 5 + strlen(cases[i].escaped), "\"}");
        object = json_loads(last, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(object);
        json_decref(object);
    }
}

static void long_texts_are_cut_and_a_full_line_stays_valid(void **state)
{
    static char filler[5000];
    static mm_log_field_t fields[100];
    json_t *object = NULL;

    (void)state;
    memset(filler, '\x01', sizeof filler - 1);
    for (size_t i = 0; i < 100; i++)
        fields[i] = MM_LOG_TEXT("t", view(filler));
    mm_log(MM_LOG_INFO, "long", fields, 100);
    object = json_loads(last, 0, NULL);
    assert_non_null(object);
    assert_int_equal(json_string_length(json_object_get(object, "t")), 256);
    assert_true(strlen(last) < 32 * 1024);
    json_decref(object);
}

static void more_than_ten_lines_of_an_event_a_second_are_counted_instead(void **state)
{
    (void)state;
    for (int i = 0; i < 25; i++)
        MM_LOG(WARN, "flood", MM_LOG_NUMBER("n", i));
    assert_int_equal(lines, 10);
    MM_LOG(WARN, "other", MM_LOG_NUMBER("n", 1));
    assert_int_equal(lines, 11);
    now_ms += 999;
    MM_LOG(WARN, "flood", MM_LOG_NUMBER("n", 25));
    assert_int_equal(lines, 11);
    now_ms += 1;
    MM_LOG(WARN, "flood", MM_LOG_NUMBER("n", 26));
    assert_int_equal(lines, 12);
    assert_non_null(strstr(last, "\"event\":\"flood\",\"suppressed\":16,\"n\":26}"));
    MM_LOG(WARN, "flood", MM_LOG_NUMBER("n", 27));
    assert_null(strstr(last, "suppressed"));
}

static void errors_are_never_dropped(void **state)
{
    (void)state;
    for (int i = 0; i < 25; i++)
        MM_LOG(ERROR, "broken", MM_LOG_NUMBER("n", i));
    assert_int_equal(lines, 25);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_sink_nothing_happens, begin, end),
        cmocka_unit_test_setup_teardown(a_line_has_stamp_level_event_and_fields, begin, end),
        cmocka_unit_test_setup_teardown(levels_below_the_least_are_silent, begin, end),
        cmocka_unit_test_setup_teardown(whatever_is_not_plain_ascii_is_escaped, begin, end),
        cmocka_unit_test_setup_teardown(long_texts_are_cut_and_a_full_line_stays_valid, begin, end),
        cmocka_unit_test_setup_teardown(
            more_than_ten_lines_of_an_event_a_second_are_counted_instead, begin, end),
        cmocka_unit_test_setup_teardown(errors_are_never_dropped, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

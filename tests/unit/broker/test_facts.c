/* Facts of a room: the record of the store, both ways; the token; the expiry. */
#include "broker/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static mm_facts_t everything(void)
{
    static char title[MM_TITLE_BYTES];
    mm_id_t token = {{7, 7, 7}};
    mm_facts_t facts = {.created_ms = 1777550400000,
                        .last_use_ms = 1777550400001,
                        .start_ms = 1777550400002,
                        .end_ms = 1777550400003,
                        .max_participants = 50,
                        .is_locked = true,
                        .is_joined = true,
                        .password = {.is_set = true, .salt = {1, 2}, .hash = {3, 4}}};

    for (size_t i = 0; i < sizeof title; i += 4)
        memcpy(title + i, "\xf0\x9f\x98\x80", 4);
    mm_facts_set_title(&facts, (mm_text_t){title, sizeof title});
    mm_facts_set_token(&facts, &token);
    return facts;
}

static mm_slice_t write(const mm_facts_t *facts, uint8_t bytes[MM_FACTS_BYTES])
{
    mm_writer_t writer = mm_writer(bytes, MM_FACTS_BYTES);

    mm_facts_write(facts, &writer);
    assert_false(writer.overflow);
    return mm_writer_slice(&writer);
}

static void assert_same(const mm_facts_t *a, const mm_facts_t *b)
{
    assert_true(a->created_ms == b->created_ms && a->last_use_ms == b->last_use_ms);
    assert_true(a->start_ms == b->start_ms && a->end_ms == b->end_ms);
    assert_int_equal(a->max_participants, b->max_participants);
    assert_int_equal(a->is_locked, b->is_locked);
    assert_int_equal(a->is_joined, b->is_joined);
    assert_int_equal(a->has_token, b->has_token);
    assert_memory_equal(a->token_hash, b->token_hash, sizeof a->token_hash);
    assert_int_equal(a->password.is_set, b->password.is_set);
    assert_memory_equal(a->password.salt, b->password.salt, sizeof a->password.salt);
    assert_memory_equal(a->password.hash, b->password.hash, sizeof a->password.hash);
    assert_int_equal(a->title_len, b->title_len);
    assert_memory_equal(a->title, b->title, sizeof a->title);
}

static void facts_read_as_they_were_written(void **state)
{
    mm_facts_t least = {.created_ms = 1, .max_participants = 2}, most = everything(), read;
    uint8_t bytes[MM_FACTS_BYTES];

    (void)state;
    assert_int_equal(mm_facts_read(write(&least, bytes), &read), MM_OK);
    assert_same(&least, &read);
    assert_int_equal(mm_facts_read(write(&most, bytes), &read), MM_OK);
    assert_same(&most, &read);
}

static void facts_cut_anywhere_or_longer_are_malformed(void **state)
{
    mm_facts_t most = everything(), read;
    uint8_t bytes[MM_FACTS_BYTES + 1];
    mm_slice_t whole = write(&most, bytes);

    (void)state;
    for (size_t len = 0; len < whole.len; len++)
        assert_int_equal(mm_facts_read((mm_slice_t){whole.ptr, len}, &read), MM_ERR_MALFORMED);
    bytes[whole.len] = 0xc0;
    assert_int_equal(mm_facts_read((mm_slice_t){whole.ptr, whole.len + 1}, &read),
                     MM_ERR_MALFORMED);
}

typedef struct pair {
    const char *key;
    int64_t value;
} pair_t;

static mm_err_t read_pairs(const pair_t *pairs, uint32_t count)
{
    uint8_t bytes[256];
    mm_writer_t writer = mm_writer(bytes, sizeof bytes);
    mm_facts_t read;

    mm_write_map(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        mm_write_str(&writer, mm_text(pairs[i].key));
        mm_write_i64(&writer, pairs[i].value);
    }
    return mm_facts_read(mm_writer_slice(&writer), &read);
}

#define READ_PAIRS(...)                                                                            \
    read_pairs((const pair_t[]){__VA_ARGS__},                                                      \
               sizeof((const pair_t[]){__VA_ARGS__}) / sizeof(pair_t))

static void unknown_keys_are_passed_over_and_missing_ones_are_not(void **state)
{
    (void)state;
    assert_int_equal(READ_PAIRS({"v", 1}, {"created", 1}, {"max", 2}, {"colour", 3}), MM_OK);
    assert_int_equal(READ_PAIRS({"v", 1}, {"created", 1}), MM_ERR_MALFORMED);
    assert_int_equal(READ_PAIRS({"v", 1}, {"max", 2}), MM_ERR_MALFORMED);
    assert_int_equal(READ_PAIRS({"created", 1}, {"max", 2}), MM_ERR_MALFORMED);
    assert_int_equal(READ_PAIRS({"v", 2}, {"created", 1}, {"max", 2}), MM_ERR_MALFORMED);
    assert_int_equal(READ_PAIRS({"v", 1}, {"created", -1}, {"max", 2}), MM_ERR_MALFORMED);
    assert_int_equal(READ_PAIRS({"v", 1}, {"created", INT64_MAX}, {"max", 2}), MM_ERR_MALFORMED);
    assert_int_equal(READ_PAIRS({"v", 1}, {"created", 1}, {"max", 0}), MM_ERR_MALFORMED);
    assert_int_equal(READ_PAIRS({"v", 1}, {"created", 1}, {"max", 2}, {"title", 1}),
                     MM_ERR_MALFORMED);
    assert_int_equal(READ_PAIRS({"v", 1}, {"created", 1}, {"max", 2}, {"salt", 1}),
                     MM_ERR_MALFORMED);
}

static void password_needs_both_its_halves(void **state)
{
    static const uint8_t salt[MM_SALT_BYTES] = {1};
    uint8_t bytes[128];
    mm_writer_t writer = mm_writer(bytes, sizeof bytes);
    mm_facts_t read;

    (void)state;
    mm_write_map(&writer, 4);
    mm_write_str(&writer, mm_text("v"));
    mm_write_u64(&writer, 1);
    mm_write_str(&writer, mm_text("created"));
    mm_write_u64(&writer, 1);
    mm_write_str(&writer, mm_text("max"));
    mm_write_u64(&writer, 2);
    mm_write_str(&writer, mm_text("salt"));
    mm_write_bin(&writer, (mm_slice_t){salt, sizeof salt});
    assert_int_equal(mm_facts_read(mm_writer_slice(&writer), &read), MM_ERR_MALFORMED);
}

static void token_is_known_in_either_case_and_nothing_else_is(void **state)
{
    mm_facts_t facts = {0};
    mm_id_t token;

    (void)state;
    assert_true(mm_id_parse(mm_text("550e8400-e29b-41d4-a716-446655440000"), &token));
    assert_false(mm_facts_is_created_by(&facts, mm_text("550e8400-e29b-41d4-a716-446655440000")));
    mm_facts_set_token(&facts, &token);
    assert_true(mm_facts_is_created_by(&facts, mm_text("550e8400-e29b-41d4-a716-446655440000")));
    assert_true(mm_facts_is_created_by(&facts, mm_text("550E8400-E29B-41D4-A716-446655440000")));
    assert_false(mm_facts_is_created_by(&facts, mm_text("550e8400-e29b-41d4-a716-446655440001")));
    assert_false(mm_facts_is_created_by(&facts, mm_text("")));
    assert_false(mm_facts_is_created_by(&facts, mm_text("00000000-0000-0000-0000-000000000000")));
    assert_memory_not_equal(facts.token_hash, token.bytes, sizeof token.bytes);
}

static void expiry_counts_from_the_latest_and_a_schedule_for_a_year(void **state)
{
    const int64_t year = INT64_C(365) * 24 * 3600 * 1000;
    mm_facts_t facts = {.created_ms = 1000};

    (void)state;
    assert_true(mm_facts_expiry_ms(&facts, 10) == 1010);
    facts.last_use_ms = 2000;
    assert_true(mm_facts_expiry_ms(&facts, 10) == 2010);
    facts.start_ms = 3000;
    assert_true(mm_facts_expiry_ms(&facts, 10) == 3010);
    facts.end_ms = 4000;
    assert_true(mm_facts_expiry_ms(&facts, 10) == 4010);
    facts.end_ms = 5 * year;
    assert_true(mm_facts_expiry_ms(&facts, 10) == 1010 + year);
    facts.last_use_ms = 3 * year;
    assert_true(mm_facts_expiry_ms(&facts, 10) == 3 * year + 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_read_as_they_were_written),
        cmocka_unit_test(facts_cut_anywhere_or_longer_are_malformed),
        cmocka_unit_test(unknown_keys_are_passed_over_and_missing_ones_are_not),
        cmocka_unit_test(password_needs_both_its_halves),
        cmocka_unit_test(token_is_known_in_either_case_and_nothing_else_is),
        cmocka_unit_test(expiry_counts_from_the_latest_and_a_schedule_for_a_year),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

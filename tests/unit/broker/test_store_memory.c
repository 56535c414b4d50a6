/* The store in memory: batches as the broker writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "broker/store.h"
#include "proto/writer.h"

enum { BATCH_BYTES = 4096 };

typedef struct batch {
    uint8_t bytes[BATCH_BYTES];
    mm_writer_t out;
} batch_t;

static void batch_begin(batch_t *batch, uint32_t count)
{
    batch->out = mm_writer(batch->bytes, BATCH_BYTES);
    mm_write_array(&batch->out, count);
}

static void batch_keep(batch_t *batch, const char *key, const char *value)
{
    mm_write_array(&batch->out, 4);
    mm_write_bool(&batch->out, false);
    mm_write_bool(&batch->out, true);
    mm_write_str(&batch->out, mm_text(key));
    mm_write_bin(&batch->out, (mm_slice_t){(const uint8_t *)value, strlen(value)});
}

static void batch_forget(batch_t *batch, const char *key)
{
    mm_write_array(&batch->out, 4);
    mm_write_bool(&batch->out, true);
    mm_write_bool(&batch->out, false);
    mm_write_str(&batch->out, mm_text(key));
    mm_write_bin(&batch->out, (mm_slice_t){0});
}

static mm_err_t commit(mm_store_t *store, const batch_t *batch)
{
    return mm_store_memory.commit(store, mm_writer_slice(&batch->out));
}

typedef struct look { /* for one key */
    const char *key;
    char value[64]; /* "" when it is not there */
    size_t records;
} look_t;

static void visit(void *ctx, mm_text_t key, mm_slice_t value)
{
    look_t *look = ctx;

    look->records++;
    if (!mm_text_is(key, look->key))
        return;
    assert_true(value.len < sizeof look->value);
    memcpy(look->value, value.ptr, value.len);
    look->value[value.len] = '\0';
}

static look_t look_for(mm_store_t *store, const char *key)
{
    look_t look = {.key = key};

    mm_store_memory.each(store, visit, &look);
    return look;
}

static int open_store(void **state)
{
    mm_store_t *store = NULL;

    assert_int_equal(mm_store_memory.open("", &store), MM_OK);
    *state = store;
    return 0;
}

static int close_store(void **state)
{
    mm_store_t *store = *state;

    mm_store_memory.close(&store);
    assert_null(store);
    mm_store_memory.close(&store);
    return 0;
}

static void what_was_committed_is_there_in_its_latest_form(void **state)
{
    batch_t batch;

    batch_begin(&batch, 3);
    batch_keep(&batch, "ABC123", "one");
    batch_keep(&batch, "XYZ", "two");
    batch_keep(&batch, "ABC123", "three");
    assert_int_equal(commit(*state, &batch), MM_OK);
    assert_string_equal(look_for(*state, "ABC123").value, "three");
    assert_string_equal(look_for(*state, "XYZ").value, "two");
    assert_int_equal(look_for(*state, "").records, 2);
}

static void what_was_removed_is_gone(void **state)
{
    batch_t batch;

    batch_begin(&batch, 2);
    batch_keep(&batch, "ABC123", "one");
    batch_forget(&batch, "nobody knows this");
    assert_int_equal(commit(*state, &batch), MM_OK);
    batch_begin(&batch, 3);
    batch_forget(&batch, "ABC123");
    batch_keep(&batch, "ABC123", "again");
    batch_forget(&batch, "ABC123");
    assert_int_equal(commit(*state, &batch), MM_OK);
    assert_int_equal(look_for(*state, "ABC123").records, 0);
}

static void empty_batch_and_empty_value_are_fine(void **state)
{
    batch_t batch;

    batch_begin(&batch, 0);
    assert_int_equal(commit(*state, &batch), MM_OK);
    batch_begin(&batch, 1);
    batch_keep(&batch, "k", "");
    assert_int_equal(commit(*state, &batch), MM_OK);
    assert_int_equal(look_for(*state, "k").records, 1);
}

static void batch_that_is_cut_changes_nothing(void **state)
{
    batch_t batch;

    batch_begin(&batch, 2);
    batch_keep(&batch, "a", "1");
    batch_keep(&batch, "b", "2");
    for (size_t len = 0; len < batch.out.size; len++)
        assert_int_equal(mm_store_memory.commit(*state, (mm_slice_t){batch.bytes, len}),
                         MM_ERR_MALFORMED);
    mm_write_nil(&batch.out); /* more than was announced */
    assert_int_equal(commit(*state, &batch), MM_ERR_MALFORMED);
    assert_int_equal(look_for(*state, "a").records, 0);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_was_committed_is_there_in_its_latest_form),
        STORE_TEST(what_was_removed_is_gone),
        STORE_TEST(empty_batch_and_empty_value_are_fine),
        STORE_TEST(batch_that_is_cut_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The helpers as actors: real threads, spoken to by messages; each answer comes, in order, and they end when told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "broker/helpers.h"
#include "broker/password.h"
#include "proto/bus.h"

static int prepare(void **state)
{
    (void)state;
    mm_bus_prepare_process();
    return 0;
}

static void send_frame(zactor_t *helper, const mm_writer_t *writer)
{
    zframe_t *frame;

    assert_false(writer->overflow);
    frame = zframe_new(writer->bytes, writer->size);
    assert_int_equal(zframe_send(&frame, helper, 0), 0);
}

static void ask_hasher(zactor_t *hasher, const mm_hash_job_t *job)
{
    uint8_t bytes[MM_HASH_FRAME_BYTES];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);

    mm_hasher_write(job, &out);
    send_frame(hasher, &out);
}

static void ask_storer(zactor_t *storer, uint64_t last, mm_slice_t batch)
{
    uint8_t bytes[256];
    mm_writer_t out = mm_writer(bytes, batch.len + MM_STORE_FRAME_EXTRA);

    mm_storer_write(last, batch, &out);
    send_frame(storer, &out);
}

/* The next answer of a helper; waits for it, the test's own time limit is the deadline. */
static zframe_t *answer_of(zactor_t *helper)
{
    zframe_t *frame = zframe_recv(helper);

    assert_non_null(frame);
    return frame;
}

static mm_hash_result_t hashed(zactor_t *hasher)
{
    zframe_t *frame = answer_of(hasher);
    mm_hash_result_t result;

    assert_int_equal(mm_hasher_read((mm_slice_t){zframe_data(frame), zframe_size(frame)}, &result),
                     MM_OK);
    zframe_destroy(&frame);
    return result;
}

static void hasher_makes_and_checks(void **state)
{
    zactor_t *hasher = zactor_new(mm_hasher_actor, NULL);
    mm_hash_job_t job = {.job = 7, .secret = mm_text("secret")};
    mm_hash_result_t made, checked;

    (void)state;
    assert_non_null(hasher);
    ask_hasher(hasher, &job);
    made = hashed(hasher);
    assert_int_equal(made.job, 7);
    assert_false(made.is_check);
    assert_true(made.password.is_set);
    assert_true(mm_password_is_right(mm_text("secret"), &made.password));

    job = (mm_hash_job_t){
        .job = 8, .is_check = true, .against = made.password, .secret = mm_text("secret")};
    ask_hasher(hasher, &job);
    job.job = 9;
    job.secret = mm_text("guess");
    ask_hasher(hasher, &job);
    checked = hashed(hasher);
    assert_int_equal(checked.job, 8);
    assert_true(checked.is_check && checked.is_right);
    assert_memory_equal(checked.password.hash, made.password.hash, MM_HASH_BYTES);
    assert_memory_equal(checked.password.salt, made.password.salt, MM_SALT_BYTES);
    checked = hashed(hasher);
    assert_int_equal(checked.job, 9);
    assert_true(checked.is_check && !checked.is_right);
    zactor_destroy(&hasher);
}

static void hasher_answers_in_order_and_ends_with_work_left(void **state)
{
    zactor_t *hasher = zactor_new(mm_hasher_actor, NULL);

    (void)state;
    assert_non_null(hasher);
    for (uint64_t job = 1; job <= 8; job++)
        ask_hasher(hasher, &(mm_hash_job_t){.job = job, .secret = mm_text("x")});
    for (uint64_t job = 1; job <= 4; job++)
        assert_int_equal(hashed(hasher).job, job);
    zactor_destroy(&hasher);
    assert_null(hasher);
}

static void storer_commits_and_says_so(void **state)
{
    static const uint8_t batch[] = {0x91, 0x94, 0xc2, 0xc2, 0xa1, 'k', 0xc4, 0x01, 'v'};
    static const uint8_t broken[] = {0x91, 0x94, 0xc2};
    mm_storer_t argument = {.ops = &mm_store_memory};
    zactor_t *storer;
    zframe_t *frame;
    mm_err_t result;
    uint64_t last;

    (void)state;
    assert_int_equal(mm_store_memory.open("", &argument.store), MM_OK);
    storer = zactor_new(mm_storer_actor, &argument);
    assert_non_null(storer);
    ask_storer(storer, 41, (mm_slice_t){batch, sizeof batch});
    ask_storer(storer, 42, (mm_slice_t){broken, sizeof broken});
    for (uint64_t expected = 41; expected <= 42; expected++) {
        frame = answer_of(storer);
        assert_int_equal(
            mm_storer_read((mm_slice_t){zframe_data(frame), zframe_size(frame)}, &last, &result),
            MM_OK);
        zframe_destroy(&frame);
        assert_int_equal(last, expected);
        assert_int_equal(result, expected == 41 ? MM_OK : MM_ERR_MALFORMED);
    }
    zactor_destroy(&storer);
    mm_store_memory.close(&argument.store);
}

static void answers_that_are_cut_are_malformed(void **state)
{
    uint8_t bytes[128], password[MM_HASH_BYTES] = {0};
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_hash_result_t result;
    mm_err_t err;
    uint64_t last;

    (void)state;
    mm_write_array(&out, 5);
    mm_write_u64(&out, 1);
    mm_write_bool(&out, true);
    mm_write_bool(&out, true);
    mm_write_bin(&out, (mm_slice_t){password, MM_SALT_BYTES});
    mm_write_bin(&out, (mm_slice_t){password, MM_HASH_BYTES});
    for (size_t len = 0; len < out.size; len++)
        assert_int_equal(mm_hasher_read((mm_slice_t){bytes, len}, &result), MM_ERR_MALFORMED);
    assert_int_equal(mm_hasher_read(mm_writer_slice(&out), &result), MM_OK);
    out.size = 0;
    mm_write_array(&out, 2);
    mm_write_u64(&out, 1);
    mm_write_u64(&out, MM_ERR_LIMIT); /* no such error */
    assert_int_equal(mm_storer_read(mm_writer_slice(&out), &last, &err), MM_ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hasher_makes_and_checks),
        cmocka_unit_test(hasher_answers_in_order_and_ends_with_work_left),
        cmocka_unit_test(storer_commits_and_says_so),
        cmocka_unit_test(answers_that_are_cut_are_malformed),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}

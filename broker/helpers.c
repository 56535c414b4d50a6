/* See helpers.h. */
#include "broker/helpers.h"
#include "broker/password.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_ITEMS = 5, STORE_ITEMS = 2 };

/* A signal that meets this thread ends nothing: signals are the loop's. */
static zframe_t *receive(zsock_t *pipe)
{
    zframe_t *frame;

    do {
        errno = 0;
        frame = zframe_recv(pipe);
    } while (frame == NULL && errno == EINTR);
    return frame;
}

/* An actor lives until its pipe says $TERM (a string of CZMQ's) or breaks. */
static bool is_end(zframe_t *frame)
{
    return frame == NULL || zframe_streq(frame, "$TERM");
}

static mm_slice_t slice_of(zframe_t *frame)
{
    return (mm_slice_t){zframe_data(frame), zframe_size(frame)};
}

static void send_writer(void *socket, const mm_writer_t *writer)
{
    zframe_t *frame;

    assert(!writer->overflow);
    frame = zframe_new(writer->bytes, writer->size);
    assert(frame != NULL);
    zframe_send(&frame, socket, 0);
}

/* --- hasher -------------------------------------------------------------------------------- */

static void write_password(mm_writer_t *out, const mm_password_t *password)
{
    mm_write_bin(out, (mm_slice_t){password->salt, MM_SALT_BYTES});
    mm_write_bin(out, (mm_slice_t){password->hash, MM_HASH_BYTES});
}

static void read_password(mm_cursor_t *cursor, mm_password_t *out)
{
    mm_slice_t salt = mm_cursor_bin(cursor), hash = mm_cursor_bin(cursor);

    if (salt.len != MM_SALT_BYTES || hash.len != MM_HASH_BYTES) {
        cursor->failed = true;
        return;
    }
    out->is_set = true;
    memcpy(out->salt, salt.ptr, MM_SALT_BYTES);
    memcpy(out->hash, hash.ptr, MM_HASH_BYTES);
}

void mm_hasher_write(const mm_hash_job_t *job, mm_writer_t *out)
{
    mm_write_array(out, HASH_ITEMS);
    mm_write_u64(out, job->job);
    mm_write_bool(out, job->is_check);
    write_password(out, &job->against);
    mm_write_str(out, job->secret);
}

static bool read_job(mm_slice_t frame, mm_hash_job_t *out)
{
    mm_cursor_t cursor = mm_cursor(frame);

    if (mm_cursor_array(&cursor) != HASH_ITEMS)
        return false;
    out->job = mm_cursor_u64(&cursor);
    out->is_check = mm_cursor_bool(&cursor);
    read_password(&cursor, &out->against);
    out->secret = mm_cursor_str(&cursor);
    return !cursor.failed;
}

mm_err_t mm_hasher_read(mm_slice_t frame, mm_hash_result_t *out)
{
    mm_cursor_t cursor = mm_cursor(frame);

    *out = (mm_hash_result_t){0};
    if (mm_cursor_array(&cursor) != HASH_ITEMS)
        return MM_ERR_MALFORMED;
    out->job = mm_cursor_u64(&cursor);
    out->is_check = mm_cursor_bool(&cursor);
    out->is_right = mm_cursor_bool(&cursor);
    read_password(&cursor, &out->password);
    return cursor.failed ? MM_ERR_MALFORMED : MM_OK;
}

static void do_job(zsock_t *pipe, const mm_hash_job_t *job)
{
    uint8_t bytes[MM_HASH_FRAME_BYTES];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_hash_result_t result = {
        .job = job->job, .is_check = job->is_check, .password = job->against};

    if (job->is_check) {
        result.is_right = mm_password_is_right(job->secret, &job->against);
    } else {
        mm_err_t err = mm_password_make(job->secret, &result.password);
        assert(err == MM_OK); /* no entropy or memory: nothing sane can go on */
        (void)err;
    }
    mm_write_array(&out, HASH_ITEMS);
    mm_write_u64(&out, result.job);
    mm_write_bool(&out, result.is_check);
    mm_write_bool(&out, result.is_right);
    write_password(&out, &result.password);
    send_writer(pipe, &out);
}

void mm_hasher_actor(zsock_t *pipe, void *argument)
{
    zframe_t *frame;

    (void)argument;
    zsock_signal(pipe, 0);
    while (!is_end(frame = receive(pipe))) {
        mm_hash_job_t job;
        if (read_job(slice_of(frame), &job))
            do_job(pipe, &job);
        OPENSSL_cleanse(zframe_data(frame), zframe_size(frame));
        zframe_destroy(&frame);
    }
    zframe_destroy(&frame);
    OPENSSL_thread_stop(); /* before the end is told: the process may end faster than this thread */
}

/* --- storer -------------------------------------------------------------------------------- */

void mm_storer_write(uint64_t last, mm_slice_t batch, mm_writer_t *out)
{
    mm_write_array(out, STORE_ITEMS);
    mm_write_u64(out, last);
    mm_write_bin(out, batch);
}

mm_err_t mm_storer_read(mm_slice_t frame, uint64_t *last, mm_err_t *result)
{
    mm_cursor_t cursor = mm_cursor(frame);
    uint64_t err;

    if (mm_cursor_array(&cursor) != STORE_ITEMS)
        return MM_ERR_MALFORMED;
    *last = mm_cursor_u64(&cursor);
    err = mm_cursor_u64(&cursor);
    if (cursor.failed || err >= MM_ERR_LIMIT)
        return MM_ERR_MALFORMED;
    *result = (mm_err_t)err;
    return MM_OK;
}

static void do_commit(zsock_t *pipe, const mm_storer_t *storer, mm_slice_t frame)
{
    uint8_t bytes[32];
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_cursor_t cursor = mm_cursor(frame);
    uint64_t last = 0;
    mm_slice_t batch = {0};
    mm_err_t err = MM_ERR_MALFORMED;

    if (mm_cursor_array(&cursor) == STORE_ITEMS) {
        last = mm_cursor_u64(&cursor);
        batch = mm_cursor_bin(&cursor);
    }
    if (!cursor.failed)
        err = storer->ops->commit(storer->store, batch);
    mm_write_array(&out, STORE_ITEMS);
    mm_write_u64(&out, last);
    mm_write_u64(&out, (uint64_t)err);
    send_writer(pipe, &out);
}

void mm_storer_actor(zsock_t *pipe, void *argument)
{
    const mm_storer_t *storer = argument;
    zframe_t *frame;

    zsock_signal(pipe, 0);
    while (!is_end(frame = receive(pipe))) {
        do_commit(pipe, storer, slice_of(frame));
        zframe_destroy(&frame);
    }
    zframe_destroy(&frame);
}

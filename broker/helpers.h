/* The broker's two helpers, each a CZMQ actor (a thread with a pipe) that may block: one hashes passwords, one
 * talks to the store.  They are spoken to by messages only, one frame each, in the forms of this header; zactor_new returns when the helper
 * is ready, zactor_destroy when it has ended.
 *
 *   broker -> hasher   [job, is_check, salt bin 16, hash bin 32, secret str]
 *   hasher -> broker   [job, is_check, is_right, salt, hash]
 *   broker -> storer   [last, batch bin]
 *   storer -> broker   [last, error]
 *
 * When the broker dies they die with its process.  A helper never dies alone: what it cannot do it answers. */
#ifndef MM_BROKER_HELPERS_H
#define MM_BROKER_HELPERS_H

#include "broker/core.h"
#include "broker/store.h"
#include <czmq.h>

/* zactor functions; the argument of the storer is its mm_storer_t. */
void mm_hasher_actor(zsock_t *pipe, void *argument);
void mm_storer_actor(zsock_t *pipe, void *argument);

typedef struct mm_storer {
    const mm_store_ops_t *ops;
    mm_store_t *store; /* open; only the actor uses it while it runs */
} mm_storer_t;

/* The broker's side of the messages; they leave through the pipe's mm_bus_t. */
enum { MM_HASH_FRAME_BYTES = 4096, MM_STORE_FRAME_EXTRA = 32 };
void mm_hasher_write(const mm_hash_job_t *job, mm_writer_t *out); /* at most MM_HASH_FRAME_BYTES */
mm_err_t mm_hasher_read(mm_slice_t frame, mm_hash_result_t *out);
void mm_storer_write(uint64_t last, mm_slice_t batch,
                     mm_writer_t *out); /* the batch and MM_STORE_FRAME_EXTRA */
mm_err_t mm_storer_read(mm_slice_t frame, uint64_t *last, mm_err_t *result);

#endif

/* The broker without its sockets, threads and disks: links to the gateways, a mailbox for each
 * connection, the turns, what waits for a commit, the fan-out.
 *
 * The way of a message is always the same: mailbox -> proof (a helper hashes) -> turn -> outbox, held until its commit ->
 * fan-out.  While one entry of a connection waits for a helper, later ones of it wait in its mailbox; nothing else waits.
 *
 * What it needs of the world is mm_broker_ops_t; results of helpers come back through the mm_broker_on_ functions.  Time is an
 * argument (now_ms monotonic, clock_ms since 1970).  Processes and the simulator drive the same object.
 * Not here: rooms (broker/registry.h), ZeroMQ (proto/bus.h), the store (broker/store.h). */
#ifndef MM_BROKER_CORE_H
#define MM_BROKER_CORE_H

#include "broker/registry.h"

typedef struct mm_broker mm_broker_t;

/* Work for the hashing helper; its result has the same number. */
typedef struct mm_hash_job {
    uint64_t job;
    bool is_check; /* compare with `against`; else make a new salt and hash */
    mm_password_t against;
    mm_text_t secret; /* borrowed until the op returns */
} mm_hash_job_t;

typedef struct mm_hash_result {
    uint64_t job;
    bool is_check;          /* as in the job */
    bool is_right;          /* of a check */
    mm_password_t password; /* of a check: what it was checked against; else what was made */
} mm_hash_result_t;

typedef struct mm_broker_ops {
    /* One frame to the gateway behind `route`.  MM_ERR_AGAIN, MM_ERR_NO_ROUTE as mm_bus_send. */
    mm_err_t (*send_frame)(void *world, mm_slice_t route, mm_slice_t frame);
    void (*hash)(void *world, const mm_hash_job_t *job);
    /* Commits everything up to transaction `last`, in this order, and answers with mm_broker_on_commit(last).  At most one is
     * under way.  `batch` is msgpack: an array of changes [removal, durable, key, value], in order. */
    void (*commit)(void *world, uint64_t last, mm_slice_t batch);
    /* One event for whoever listens; never waits.  NULL: nobody can. */
    void (*publish)(void *world, mm_text_t topic, mm_slice_t event);
} mm_broker_ops_t;

/* All pointers are borrowed for the broker's life.  `epoch` grows from run to run. */
mm_broker_t *mm_broker_new(const mm_settings_t *settings, mm_counters_t *counters,
                           const mm_broker_ops_t *ops, void *world, uint64_t epoch, int64_t now_ms);
void mm_broker_destroy(mm_broker_t **broker_p);

void mm_broker_on_frame(mm_broker_t *broker, mm_slice_t route, mm_slice_t frame, int64_t now_ms,
                        int64_t clock_ms);
void mm_broker_on_hash(mm_broker_t *broker, const mm_hash_result_t *result, int64_t now_ms,
                       int64_t clock_ms);
void mm_broker_on_commit(mm_broker_t *broker, uint64_t last, int64_t now_ms, int64_t clock_ms);

/* Deadlines, heartbeats, commits and what was collected for the bus.  To be called at the end of each loop turn and when the
 * time that it returned (now_ms scale) has come. */
int64_t mm_broker_on_time(mm_broker_t *broker, int64_t now_ms, int64_t clock_ms);

/* Tells every gateway that this broker ends. */
void mm_broker_say_bye(mm_broker_t *broker);

/* For tests and the simulator. */
const mm_registry_t *mm_broker_registry(const mm_broker_t *broker);

#endif

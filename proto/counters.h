/* Counters as data (counters.def).  Each core owns one struct; nothing here is global, so that a simulator
 * may run many.  One thread owns a struct: increments are plain additions. */
#ifndef MM_PROTO_COUNTERS_H
#define MM_PROTO_COUNTERS_H

#include "proto/err.h"
#include "proto/message.h"

typedef struct mm_counters {
#define COUNTER(member, programs, doc) uint64_t member;
#define GAUGE(member, programs, doc)   uint64_t member;
#include "proto/counters.def"
#undef COUNTER
#undef GAUGE
    uint64_t received
        [MM_MSG_LIMIT]; /* gateway: from browsers; broker: entries of gateways; by mm_msg_t */
    uint64_t sent[MM_MSG_LIMIT];    /* gateway: to browsers; broker: to gateways, a copy each */
    uint64_t refused[MM_ERR_LIMIT]; /* refusals answered or dropped, by mm_err_t */
} mm_counters_t;

typedef struct mm_counter_row {
    const char *name;
    unsigned programs; /* MM_PROGRAM_ bits */
    bool is_gauge;
    size_t offset; /* of a uint64_t in mm_counters_t */
    const char *doc;
} mm_counter_row_t;

/* All rows; the list ends with a NULL name. */
const mm_counter_row_t *mm_counter_rows(void);

/* Fills allocated_bytes and descriptors from the process; the rest is kept up to date by its owner. */
void mm_counters_sample(mm_counters_t *counters);

/* Logs every counter of `program` as one line, event "counters"; non-zero entries of the arrays as
 * received_<name>, sent_<name>, refused_<error>.  This is what SIGUSR1 asks for. */
void mm_counters_log(const mm_counters_t *counters, unsigned program);

#endif

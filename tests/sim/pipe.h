/* What is on its way in one direction: parcels that arrive in the order in which they were sent, each not before its time.
 * A bus connection and a TCP connection are each two of these.
 * Not here: who looks into it when (agenda.h). */
#ifndef MM_TESTS_SIM_PIPE_H
#define MM_TESTS_SIM_PIPE_H

#include "proto/text.h"

typedef enum sim_parcel_kind {
    SIM_PARCEL_FRAME,
    SIM_PARCEL_TEXT,
    SIM_PARCEL_PING, /* and the pong that answers it */
    SIM_PARCEL_END   /* a close frame with a code, or the end of the connection (code 0) */
} sim_parcel_kind_t;

typedef struct sim_parcel {
    struct sim_parcel *next;
    int64_t ready_ms;
    sim_parcel_kind_t kind;
    int code;
    size_t len;
    uint8_t bytes[]; /* and a zero behind them */
} sim_parcel_t;

typedef struct sim_pipe {
    sim_parcel_t *first, **last;
    int64_t last_ms;
} sim_pipe_t;

void sim_pipe_init(sim_pipe_t *pipe);
void sim_pipe_clear(sim_pipe_t *pipe); /* all of it is lost */

/* Returns when it will arrive: never before what was sent earlier. */
int64_t sim_pipe_put(sim_pipe_t *pipe, sim_parcel_kind_t kind, mm_slice_t bytes, int64_t ready_ms);

/* The first parcel, if it has arrived; else NULL. */
sim_parcel_t *sim_pipe_first(const sim_pipe_t *pipe, int64_t now_ms);

/* Takes it out; the caller frees it. */
sim_parcel_t *sim_pipe_take(sim_pipe_t *pipe, int64_t now_ms);

/* The parcel put last; NULL when the pipe is empty. */
sim_parcel_t *sim_pipe_last(const sim_pipe_t *pipe);

#endif

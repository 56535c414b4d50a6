/* See pipe.h. */
#include "pipe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void sim_pipe_init(sim_pipe_t *pipe)
{
    *pipe = (sim_pipe_t){.last = &pipe->first};
}

void sim_pipe_clear(sim_pipe_t *pipe)
{
    while (pipe->first != NULL) {
        sim_parcel_t *parcel = pipe->first;
        pipe->first = parcel->next;
        free(parcel);
    }
    pipe->last = &pipe->first;
}

int64_t sim_pipe_put(sim_pipe_t *pipe, sim_parcel_kind_t kind, mm_slice_t bytes, int64_t ready_ms)
{
    sim_parcel_t *parcel = malloc(sizeof *parcel + bytes.len + 1);

    assert(parcel != NULL);
    if (ready_ms < pipe->last_ms)
        ready_ms = pipe->last_ms;
    pipe->last_ms = ready_ms;
    *parcel = (sim_parcel_t){.ready_ms = ready_ms, .kind = kind, .len = bytes.len};
    if (bytes.len > 0)
        memcpy(parcel->bytes, bytes.ptr, bytes.len);
    parcel->bytes[bytes.len] = 0;
    *pipe->last = parcel;
    pipe->last = &parcel->next;
    return ready_ms;
}

sim_parcel_t *sim_pipe_first(const sim_pipe_t *pipe, int64_t now_ms)
{
    return pipe->first != NULL && pipe->first->ready_ms <= now_ms ? pipe->first : NULL;
}

sim_parcel_t *sim_pipe_take(sim_pipe_t *pipe, int64_t now_ms)
{
    sim_parcel_t *parcel = sim_pipe_first(pipe, now_ms);

    if (parcel == NULL)
        return NULL;
    pipe->first = parcel->next;
    if (pipe->first == NULL)
        pipe->last = &pipe->first;
    return parcel;
}

sim_parcel_t *sim_pipe_last(const sim_pipe_t *pipe)
{
    sim_parcel_t *parcel = pipe->first;

    while (parcel != NULL && parcel->next != NULL)
        parcel = parcel->next;
    return parcel;
}

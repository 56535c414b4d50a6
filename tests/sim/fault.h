/* Faults planted on purpose, in the played world or in what crosses it; the product has no switch for them.  Each must be found by
 * the judge within the default run, or the judge proves nothing. */
#ifndef MM_TESTS_SIM_FAULT_H
#define MM_TESTS_SIM_FAULT_H

#include "proto/entry.h"

typedef enum sim_fault {
#define FAULT(NAME, name, doc) SIM_FAULT_##NAME,
#include "fault.def"
#undef FAULT
    SIM_FAULT_LIMIT
} sim_fault_t;

struct sim;

const char *sim_fault_name(sim_fault_t fault);
const char *sim_fault_doc(sim_fault_t fault);
/* SIM_FAULT_LIMIT when there is none of that name. */
sim_fault_t sim_fault_by_name(const char *name);

/* Whether a fault of the world strikes now; `permille` says how often, once it can. */
bool sim_fault_strikes(struct sim *sim, sim_fault_t fault, int permille);

/* Rewrites a frame on its way, if this run has such a fault.  Returns the bytes to send: `frame` itself, or the caller's buffer of
 * sim_fault_capacity(frame.len) bytes. */
mm_slice_t sim_fault_rewrite(struct sim *sim, bool is_upward, mm_slice_t frame, uint8_t *buffer);
size_t sim_fault_capacity(size_t len);

#endif

/* What will happen when: a heap of events by virtual time; equal times in the order in which they were noted. */
#ifndef MM_TESTS_SIM_AGENDA_H
#define MM_TESTS_SIM_AGENDA_H

#include "broker/core.h"

typedef enum sim_event_kind {
    SIM_EVENT_WAKE_BROKER,
    SIM_EVENT_WAKE_GATEWAY,
    SIM_EVENT_BUS_UP,   /* frames of a gateway arrive at the broker */
    SIM_EVENT_BUS_DOWN, /* frames of the broker arrive at a gateway */
    SIM_EVENT_HASHED,
    SIM_EVENT_COMMITTED,
    SIM_EVENT_SOCKET_IN,  /* a browser's bytes arrive */
    SIM_EVENT_SOCKET_OUT, /* a browser gets bytes */
    SIM_EVENT_SOCKET_WRITABLE,
    SIM_EVENT_SOCKET_CLOSED, /* its gateway hears that it is gone */
    SIM_EVENT_BROWSER_ACTS,
    SIM_EVENT_ROOM_WANTED, /* somebody posts a room */
    SIM_EVENT_TROUBLE,
    SIM_EVENT_START_BROKER,
    SIM_EVENT_START_GATEWAY,
    SIM_EVENT_LIMIT
} sim_event_kind_t;

typedef struct sim_event {
    int64_t at_ms;
    uint64_t order;
    sim_event_kind_t kind;
    size_t subject;      /* index of a gateway, socket or browser */
    uint64_t generation; /* of the process it belongs to, where that matters */
    union {
        mm_hash_result_t hash;
        struct {
            uint64_t last;
            uint8_t *batch; /* owned */
            size_t len;
        } commit;
    } with;
} sim_event_t;

typedef struct sim_agenda {
    sim_event_t *heap;
    size_t count, capacity;
    uint64_t order;
} sim_agenda_t;

void sim_agenda_fini(sim_agenda_t *agenda);
void sim_agenda_note(sim_agenda_t *agenda, const sim_event_t *event);

/* Takes the earliest; false when there is none. */
bool sim_agenda_take(sim_agenda_t *agenda, sim_event_t *out);

/* Its time; INT64_MAX when there is none. */
int64_t sim_agenda_next(const sim_agenda_t *agenda);

#endif

/* See agenda.h: a binary heap. */
#include "agenda.h"

#include <assert.h>
#include <stdlib.h>

static bool is_before(const sim_event_t *a, const sim_event_t *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(sim_agenda_t *agenda, size_t i, size_t j)
{
    sim_event_t event = agenda->heap[i];

    agenda->heap[i] = agenda->heap[j];
    agenda->heap[j] = event;
}

void sim_agenda_fini(sim_agenda_t *agenda)
{
    for (size_t i = 0; i < agenda->count; i++)
        if (agenda->heap[i].kind == SIM_EVENT_COMMITTED)
            free(agenda->heap[i].with.commit.batch);
    free(agenda->heap);
    *agenda = (sim_agenda_t){0};
}

void sim_agenda_note(sim_agenda_t *agenda, const sim_event_t *event)
{
    size_t at = agenda->count++;

    if (agenda->count > agenda->capacity) {
        agenda->capacity = agenda->capacity == 0 ? 256 : agenda->capacity * 2;
        agenda->heap = realloc(agenda->heap, agenda->capacity * sizeof *agenda->heap);
        assert(agenda->heap != NULL);
    }
    agenda->heap[at] = *event;
    agenda->heap[at].order = agenda->order++;
    while (at > 0 && is_before(&agenda->heap[at], &agenda->heap[(at - 1) / 2])) {
        swap(agenda, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

bool sim_agenda_take(sim_agenda_t *agenda, sim_event_t *out)
{
    size_t at = 0;

    if (agenda->count == 0)
        return false;
    *out = agenda->heap[0];
    agenda->heap[0] = agenda->heap[--agenda->count];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < agenda->count && is_before(&agenda->heap[child + 1], &agenda->heap[child]))
            child++;
        if (child >= agenda->count || !is_before(&agenda->heap[child], &agenda->heap[at]))
            return true;
        swap(agenda, at, child);
        at = child;
    }
}

int64_t sim_agenda_next(const sim_agenda_t *agenda)
{
    return agenda->count == 0 ? INT64_MAX : agenda->heap[0].at_ms;
}

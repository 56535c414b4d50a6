/* See deadlines.h. */
#include "gateway/deadlines.h"
#include <assert.h>
#include <czmq.h>

typedef struct deadline {
    int64_t due_ms;
    void *subject;
} deadline_t;

struct mm_deadlines {
    int64_t length_ms;
    zlistx_t *list; /* of deadline_t, next one first */
};

static void destroy_deadline(void **item)
{
    free(*item);
    *item = NULL;
}

mm_deadlines_t *mm_deadlines_new(int64_t length_ms)
{
    mm_deadlines_t *deadlines = calloc(1, sizeof *deadlines);

    assert(deadlines != NULL);
    deadlines->length_ms = length_ms;
    deadlines->list = zlistx_new();
    assert(deadlines->list != NULL);
    zlistx_set_destructor(deadlines->list, destroy_deadline);
    return deadlines;
}

void mm_deadlines_destroy(mm_deadlines_t **deadlines_p)
{
    mm_deadlines_t *deadlines = *deadlines_p;

    *deadlines_p = NULL;
    if (deadlines == NULL)
        return;
    zlistx_destroy(&deadlines->list);
    free(deadlines);
}

void *mm_deadlines_set(mm_deadlines_t *deadlines, void *subject, int64_t now_ms)
{
    deadline_t *deadline = malloc(sizeof *deadline);

    assert(deadline != NULL);
    *deadline = (deadline_t){now_ms + deadlines->length_ms, subject};
    return zlistx_add_end(deadlines->list, deadline);
}

void mm_deadlines_clear(mm_deadlines_t *deadlines, void **name_p)
{
    void *name = *name_p;

    *name_p = NULL;
    if (name != NULL)
        zlistx_delete(deadlines->list, name);
}

void *mm_deadlines_take_due(mm_deadlines_t *deadlines, int64_t now_ms)
{
    const deadline_t *next = zlistx_head(deadlines->list);
    void *subject;

    if (next == NULL || next->due_ms > now_ms)
        return NULL;
    subject = next->subject;
    (void)zlistx_first(deadlines->list);
    zlistx_delete(deadlines->list, zlistx_cursor(deadlines->list));
    return subject;
}

int64_t mm_deadlines_next(const mm_deadlines_t *deadlines)
{
    const deadline_t *next = zlistx_head(deadlines->list);

    return next == NULL ? INT64_MAX : next->due_ms;
}

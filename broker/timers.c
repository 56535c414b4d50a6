/* A binary heap of timers; each knows its place in it, so that it can be moved when set again. */
#include "broker/timers.h"

#include "broker/name_hash.h"

typedef struct timer {
    int64_t when_ms;
    uint64_t order; /* of setting, decides between equal times */
    size_t place;   /* in the heap */
    char name[MM_ROOM_ID_MAX + 1];
} mm_timer_t;

struct mm_timers {
    mm_timer_t **heap; /* the children of i are 2i + 1 and 2i + 2 */
    size_t count, capacity;
    uint64_t set;      /* how often, so far */
    zhashx_t *by_name; /* owns the timers */
};

static void destroy_timer(void **item_p)
{
    free(*item_p);
    *item_p = NULL;
}

mm_timers_t *mm_timers_new(void)
{
    mm_timers_t *timers = calloc(1, sizeof *timers);

    assert(timers != NULL);
    timers->by_name = mm_name_table_new(destroy_timer);
    return timers;
}

void mm_timers_destroy(mm_timers_t **timers_p)
{
    mm_timers_t *timers = *timers_p;

    if (timers == NULL)
        return;
    zhashx_destroy(&timers->by_name);
    free(timers->heap);
    free(timers);
    *timers_p = NULL;
}

static bool is_before(const mm_timer_t *a, const mm_timer_t *b)
{
    if (a->when_ms != b->when_ms)
        return a->when_ms < b->when_ms;
    return a->order < b->order;
}

static void put(mm_timers_t *timers, size_t place, mm_timer_t *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}

static void sift_up(mm_timers_t *timers, mm_timer_t *timer)
{
    size_t place = timer->place;

    while (place > 0 && is_before(timer, timers->heap[(place - 1) / 2])) {
        put(timers, place, timers->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(timers, place, timer);
}

static void sift_down(mm_timers_t *timers, mm_timer_t *timer)
{
    size_t place = timer->place;

    for (size_t child = 2 * place + 1; child < timers->count; child = 2 * place + 1) {
        if (child + 1 < timers->count && is_before(timers->heap[child + 1], timers->heap[child]))
            child++;
        if (!is_before(timers->heap[child], timer))
            break;
        put(timers, place, timers->heap[child]);
        place = child;
    }
    put(timers, place, timer);
}

static mm_timer_t *add(mm_timers_t *timers, const char *name)
{
    mm_timer_t *timer = calloc(1, sizeof *timer);

    assert(timer != NULL && strlen(name) <= MM_ROOM_ID_MAX);
    strcpy(timer->name, name);
    if (timers->count == timers->capacity) {
        timers->capacity = timers->capacity > 0 ? 2 * timers->capacity : 64;
        timers->heap = realloc(timers->heap, timers->capacity * sizeof *timers->heap);
        assert(timers->heap != NULL);
    }
    put(timers, timers->count++, timer);
    zhashx_insert(timers->by_name, timer->name, timer);
    return timer;
}

void mm_timers_set(mm_timers_t *timers, const char *name, int64_t when_ms)
{
    mm_timer_t *timer = zhashx_lookup(timers->by_name, name);

    if (timer == NULL)
        timer = add(timers, name);
    timer->when_ms = when_ms;
    timer->order = timers->set++;
    sift_up(timers, timer);
    sift_down(timers, timer);
}

static void drop(mm_timers_t *timers, const mm_timer_t *timer)
{
    size_t place = timer->place;
    mm_timer_t *last = timers->heap[--timers->count];

    if (last != timer) {
        put(timers, place, last);
        sift_up(timers, last);
        sift_down(timers, last);
    }
    zhashx_delete(timers->by_name, timer->name);
}

void mm_timers_drop(mm_timers_t *timers, const char *name)
{
    const mm_timer_t *timer = zhashx_lookup(timers->by_name, name);

    if (timer != NULL)
        drop(timers, timer);
}

int64_t mm_timers_next(const mm_timers_t *timers)
{
    return timers->count > 0 ? timers->heap[0]->when_ms : INT64_MAX;
}

bool mm_timers_take(mm_timers_t *timers, int64_t now_ms, char name[MM_ROOM_ID_MAX + 1])
{
    if (mm_timers_next(timers) > now_ms || timers->count == 0)
        return false;
    strcpy(name, timers->heap[0]->name);
    drop(timers, timers->heap[0]);
    return true;
}

/* The memory of ids: one array of slots in two rings of indices, the queue of all ids and the queue of each name.
 * CZMQ's lists would take three allocations an id and keep growing with the meetings of the last hour.
 * A queue of a name is walked for look-up: it is short by its bound, and asked only when somebody is not present. */
#include "broker/gone.h"

#include "broker/name_hash.h"

#define NONE UINT32_MAX

/* A doubly linked queue of slots by index, oldest first. */
typedef struct queue {
    uint32_t first, last;
} queue_t;

typedef struct slot_link {
    uint32_t before, after;
} slot_link_t;

typedef struct name {
    queue_t ids;
    size_t count;
    char room[]; /* the key of by_room */
} name_t;

typedef struct slot {
    mm_id_t id;
    int64_t since_ms;
    name_t *name;
    slot_link_t in_all; /* `after` links free slots too */
    slot_link_t in_name;
} slot_t;

struct mm_gone {
    size_t per_room, total, count;
    int64_t memory_ms;
    slot_t *slots;
    uint32_t unused; /* first slot never used */
    uint32_t free;   /* first slot used and free again */
    queue_t all;
    zhashx_t *by_room;
};

static void destroy_name(void **item_p)
{
    free(*item_p);
    *item_p = NULL;
}

mm_gone_t *mm_gone_new(size_t per_room, size_t total, int64_t memory_ms)
{
    mm_gone_t *gone = calloc(1, sizeof *gone);

    assert(gone != NULL && per_room > 0 && total > 0 && total < NONE);
    *gone = (mm_gone_t){.per_room = per_room, .total = total, .memory_ms = memory_ms};
    gone->slots = calloc(total, sizeof *gone->slots);
    assert(gone->slots != NULL);
    gone->free = NONE;
    gone->all = (queue_t){NONE, NONE};
    gone->by_room = mm_name_table_new(destroy_name);
    return gone;
}

void mm_gone_destroy(mm_gone_t **gone_p)
{
    mm_gone_t *gone = *gone_p;

    if (gone == NULL)
        return;
    zhashx_destroy(&gone->by_room);
    free(gone->slots);
    free(gone);
    *gone_p = NULL;
}

static slot_link_t *link_of(mm_gone_t *gone, uint32_t at, bool in_name)
{
    slot_t *slot = &gone->slots[at];
    return in_name ? &slot->in_name : &slot->in_all;
}

static void append(mm_gone_t *gone, queue_t *queue, uint32_t at, bool in_name)
{
    *link_of(gone, at, in_name) = (slot_link_t){.before = queue->last, .after = NONE};
    if (queue->last == NONE)
        queue->first = at;
    else
        link_of(gone, queue->last, in_name)->after = at;
    queue->last = at;
}

static void detach(mm_gone_t *gone, queue_t *queue, uint32_t at, bool in_name)
{
    slot_link_t link = *link_of(gone, at, in_name);

    if (link.before == NONE)
        queue->first = link.after;
    else
        link_of(gone, link.before, in_name)->after = link.after;
    if (link.after == NONE)
        queue->last = link.before;
    else
        link_of(gone, link.after, in_name)->before = link.before;
}

static void forget(mm_gone_t *gone, uint32_t at)
{
    slot_t *slot = &gone->slots[at];
    name_t *name = slot->name;

    assert(name != NULL);
    detach(gone, &gone->all, at, false);
    detach(gone, &name->ids, at, true);
    slot->name = NULL;
    slot->in_all.after = gone->free;
    gone->free = at;
    gone->count--;
    if (--name->count == 0)
        zhashx_delete(gone->by_room, name->room);
}

static uint32_t take_slot(mm_gone_t *gone)
{
    uint32_t at = gone->free;

    if (at == NONE)
        return gone->unused++;
    gone->free = gone->slots[at].in_all.after;
    return at;
}

static name_t *find_or_add_name(mm_gone_t *gone, const char *room)
{
    name_t *name = zhashx_lookup(gone->by_room, room);

    if (name != NULL)
        return name;
    name = malloc(sizeof *name + strlen(room) + 1);
    assert(name != NULL);
    name->ids = (queue_t){NONE, NONE};
    name->count = 0;
    strcpy(name->room, room);
    zhashx_insert(gone->by_room, name->room, name);
    return name;
}

static bool is_remembered(const mm_gone_t *gone, const slot_t *slot, int64_t now_ms)
{
    return now_ms - slot->since_ms < gone->memory_ms;
}

/* Drops what is too old and, where a bound is reached, the oldest. */
static void make_place(mm_gone_t *gone, const char *room, int64_t now_ms)
{
    while (gone->count > 0 && !is_remembered(gone, &gone->slots[gone->all.first], now_ms))
        forget(gone, gone->all.first);
    const name_t *name = zhashx_lookup(gone->by_room, room);
    if (name != NULL && name->count >= gone->per_room)
        forget(gone, name->ids.first);
    if (gone->count >= gone->total)
        forget(gone, gone->all.first);
}

void mm_gone_add(mm_gone_t *gone, const char *room, const mm_id_t *id, int64_t now_ms)
{
    make_place(gone, room, now_ms);
    name_t *name = find_or_add_name(gone, room);
    uint32_t at = take_slot(gone);
    slot_t *slot = &gone->slots[at];
    slot->id = *id;
    slot->since_ms = now_ms;
    slot->name = name;
    append(gone, &gone->all, at, false);
    append(gone, &name->ids, at, true);
    name->count++;
    gone->count++;
}

bool mm_gone_has(const mm_gone_t *gone, const char *room, const mm_id_t *id, int64_t now_ms)
{
    const name_t *name = zhashx_lookup(gone->by_room, room);

    if (name == NULL)
        return false;
    for (uint32_t at = name->ids.first; at != NONE; at = gone->slots[at].in_name.after) {
        const slot_t *slot = &gone->slots[at];
        if (mm_id_equal(&slot->id, id))
            return is_remembered(gone, slot, now_ms);
    }
    return false;
}

size_t mm_gone_count(const mm_gone_t *gone)
{
    return gone->count;
}

size_t mm_gone_names(const mm_gone_t *gone)
{
    return zhashx_size(gone->by_room);
}

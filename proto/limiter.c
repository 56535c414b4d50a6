/* See limiter.h.  The times of a subscriber lie in order, the oldest first; the subscribers in order of their latest time, so that
 * those whose window is empty are found at the front and let go a few at a time. */
#include "proto/limiter.h"
#include "proto/keys.h"

#include <assert.h>
#include <czmq.h>
#include <stdlib.h>
#include <string.h>

enum { TIMES_FIRST = 4, FORGOTTEN_A_COUNT = 2 };

typedef struct subscriber {
    uint8_t address[MM_ADDRESS_BYTES]; /* the key */
    void *handle;                      /* in in_order */
    size_t count, capacity;
    int64_t *times_ms;
} subscriber_t;

struct mm_limiter {
    size_t limit;
    int64_t window_ms;
    zhashx_t *by_address;
    zlistx_t *in_order; /* owns the subscribers */
};

static void destroy_subscriber(void **item)
{
    subscriber_t *subscriber = *item;

    free(subscriber->times_ms);
    free(subscriber);
    *item = NULL;
}

mm_limiter_t *mm_limiter_new(size_t limit, int64_t window_ms)
{
    mm_limiter_t *limiter = calloc(1, sizeof *limiter);

    assert(limiter != NULL);
    limiter->limit = limit;
    limiter->window_ms = window_ms;
    limiter->by_address = zhashx_new();
    limiter->in_order = zlistx_new();
    assert(limiter->by_address != NULL && limiter->in_order != NULL);
    zhashx_set_key_hasher(limiter->by_address, mm_key_hash_16);
    zhashx_set_key_comparator(limiter->by_address, mm_key_compare_16);
    zhashx_set_key_duplicator(limiter->by_address, NULL);
    zhashx_set_key_destructor(limiter->by_address, NULL);
    zlistx_set_destructor(limiter->in_order, destroy_subscriber);
    return limiter;
}

void mm_limiter_destroy(mm_limiter_t **limiter_p)
{
    mm_limiter_t *limiter = *limiter_p;

    if (limiter == NULL)
        return;
    zhashx_destroy(&limiter->by_address); /* its keys lie in the subscribers */
    zlistx_destroy(&limiter->in_order);
    free(limiter);
    *limiter_p = NULL;
}

static subscriber_t *find(const mm_limiter_t *limiter, const uint8_t address[MM_ADDRESS_BYTES])
{
    uint8_t key[MM_ADDRESS_BYTES];

    mm_address_subscriber(address, key);
    return zhashx_lookup(limiter->by_address, key);
}

/* How many of the times, from the oldest on, lie behind the window. */
static size_t count_old(const mm_limiter_t *limiter, const subscriber_t *subscriber, int64_t now_ms)
{
    size_t old = 0;

    while (old < subscriber->count && now_ms - subscriber->times_ms[old] >= limiter->window_ms)
        old++;
    return old;
}

static void drop_oldest(subscriber_t *subscriber, size_t count)
{
    subscriber->count -= count;
    memmove(subscriber->times_ms, subscriber->times_ms + count,
            subscriber->count * sizeof *subscriber->times_ms);
}

static void forget_first(mm_limiter_t *limiter)
{
    subscriber_t *first = zlistx_first(limiter->in_order);

    zhashx_delete(limiter->by_address, first->address);
    zlistx_delete(limiter->in_order, first->handle);
}

static void forget_quiet(mm_limiter_t *limiter, int64_t now_ms)
{
    for (int i = 0; i < FORGOTTEN_A_COUNT; i++) {
        const subscriber_t *first = zlistx_first(limiter->in_order);
        if (first == NULL || count_old(limiter, first, now_ms) < first->count)
            return;
        forget_first(limiter);
    }
}

static subscriber_t *find_or_add(mm_limiter_t *limiter, const uint8_t address[MM_ADDRESS_BYTES],
                                 int64_t now_ms)
{
    subscriber_t *subscriber;

    forget_quiet(limiter, now_ms);
    subscriber = find(limiter, address);
    if (subscriber != NULL)
        return subscriber;
    if (zhashx_size(limiter->by_address) >= MM_LIMITER_ADDRESSES)
        forget_first(limiter);
    subscriber = calloc(1, sizeof *subscriber);
    assert(subscriber != NULL);
    mm_address_subscriber(address, subscriber->address);
    subscriber->handle = zlistx_add_end(limiter->in_order, subscriber);
    zhashx_insert(limiter->by_address, subscriber->address, subscriber);
    return subscriber;
}

static void make_room(const mm_limiter_t *limiter, subscriber_t *subscriber)
{
    size_t capacity = subscriber->capacity == 0 ? TIMES_FIRST : subscriber->capacity * 2;

    if (subscriber->count == limiter->limit)
        drop_oldest(subscriber, 1);
    if (subscriber->count < subscriber->capacity)
        return;
    subscriber->capacity = capacity < limiter->limit ? capacity : limiter->limit;
    subscriber->times_ms =
        realloc(subscriber->times_ms, subscriber->capacity * sizeof *subscriber->times_ms);
    assert(subscriber->times_ms != NULL);
}

void mm_limiter_count(mm_limiter_t *limiter, const uint8_t address[MM_ADDRESS_BYTES],
                      int64_t now_ms)
{
    subscriber_t *subscriber;

    if (limiter->limit == 0)
        return;
    subscriber = find_or_add(limiter, address, now_ms);
    if (subscriber->count > 0)
        drop_oldest(subscriber, count_old(limiter, subscriber, now_ms));
    make_room(limiter, subscriber);
    subscriber->times_ms[subscriber->count++] = now_ms;
    zlistx_move_end(limiter->in_order, subscriber->handle);
}

void mm_limiter_uncount(mm_limiter_t *limiter, const uint8_t address[MM_ADDRESS_BYTES])
{
    subscriber_t *subscriber = find(limiter, address);

    if (subscriber != NULL && subscriber->count > 0)
        subscriber->count--;
}

size_t mm_limiter_counted(const mm_limiter_t *limiter, const uint8_t address[MM_ADDRESS_BYTES],
                          int64_t now_ms)
{
    const subscriber_t *subscriber = find(limiter, address);

    return subscriber == NULL ? 0 : subscriber->count - count_old(limiter, subscriber, now_ms);
}

int64_t mm_limiter_take(mm_limiter_t *limiter, const uint8_t address[MM_ADDRESS_BYTES],
                        int64_t now_ms)
{
    const subscriber_t *subscriber = find(limiter, address);
    size_t old = subscriber == NULL ? 0 : count_old(limiter, subscriber, now_ms);

    if (limiter->limit > 0 && subscriber != NULL && subscriber->count - old >= limiter->limit)
        return subscriber->times_ms[old] + limiter->window_ms - now_ms;
    mm_limiter_count(limiter, address, now_ms);
    return 0;
}

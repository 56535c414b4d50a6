/* See window.h. */
#include "proto/window.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 64 };

static mm_retained_t *slot(const mm_window_t *window, uint64_t number)
{
    return &window->ring[number & (window->capacity - 1)];
}

void mm_window_init(mm_window_t *window)
{
    *window = (mm_window_t){.first = 1, .next = 1, .unsent = 1};
}

void mm_window_fini(mm_window_t *window)
{
    for (uint64_t number = window->first; number < window->next; number++)
        free(slot(window, number)->bytes);
    free(window->ring);
    mm_window_init(window);
}

static void grow(mm_window_t *window)
{
    mm_window_t larger = *window;

    larger.capacity = window->capacity == 0 ? CAPACITY_FIRST : window->capacity * 2;
    larger.ring = calloc(larger.capacity, sizeof *larger.ring);
    assert(larger.ring != NULL);
    for (uint64_t number = window->first; number < window->next; number++)
        *slot(&larger, number) = *slot(window, number);
    free(window->ring);
    *window = larger;
}

void mm_window_add(mm_window_t *window, mm_slice_t entry, size_t cost, void *tag)
{
    mm_retained_t *retained;

    assert(entry.len > 0 && entry.len <= MM_ENTRY_MAX);
    if (window->next - window->first == window->capacity)
        grow(window);
    retained = slot(window, window->next++);
    retained->bytes = malloc(entry.len);
    assert(retained->bytes != NULL);
    memcpy(retained->bytes, entry.ptr, entry.len);
    retained->len = (uint32_t)entry.len;
    retained->cost = (uint32_t)cost;
    window->cost += cost;
    window->bytes += entry.len;
    retained->cost_until = window->cost;
    retained->tag = tag;
}

mm_retained_t *mm_window_find(const mm_window_t *window, uint64_t number)
{
    mm_retained_t *retained;

    if (number < window->first || number >= window->next)
        return NULL;
    retained = slot(window, number);
    return retained->bytes == NULL ? NULL : retained;
}

bool mm_window_complete(mm_window_t *window, uint64_t number, void **tag)
{
    mm_retained_t *retained = mm_window_find(window, number);

    if (retained == NULL)
        return false;
    *tag = retained->tag;
    free(retained->bytes);
    retained->bytes = NULL;
    window->bytes -= retained->len;
    while (window->first < window->next && slot(window, window->first)->bytes == NULL)
        window->first++;
    if (window->unsent < window->first)
        window->unsent = window->first;
    return true;
}

void mm_window_rewind(mm_window_t *window, uint64_t received)
{
    uint64_t number = received + 1;

    if (number < window->first)
        number = window->first;
    if (number < window->unsent)
        window->unsent = number;
}

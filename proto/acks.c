/* See acks.h. */
#include "proto/acks.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void mm_acks_init(mm_acks_t *acks, uint64_t mark)
{
    *acks = (mm_acks_t){.mark = mark};
}

void mm_acks_fini(mm_acks_t *acks)
{
    free(acks->ranges);
    *acks = (mm_acks_t){0};
}

/* Index of the first range that ends at or above `number`. */
static size_t search(const mm_acks_t *acks, uint64_t number)
{
    size_t low = 0, high = acks->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (acks->ranges[middle].high < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void remove_at(mm_acks_t *acks, size_t at)
{
    memmove(&acks->ranges[at], &acks->ranges[at + 1],
            (acks->count - at - 1) * sizeof *acks->ranges);
    acks->count--;
}

static void insert_at(mm_acks_t *acks, size_t at, uint64_t number)
{
    if (acks->count == acks->capacity) {
        acks->capacity = acks->capacity == 0 ? 8 : acks->capacity * 2;
        acks->ranges = realloc(acks->ranges, acks->capacity * sizeof *acks->ranges);
        assert(acks->ranges != NULL);
    }
    memmove(&acks->ranges[at + 1], &acks->ranges[at], (acks->count - at) * sizeof *acks->ranges);
    acks->ranges[at] = (mm_range_t){.low = number, .high = number};
    acks->count++;
}

static void raise_mark(mm_acks_t *acks)
{
    if (acks->count > 0 && acks->ranges[0].low == acks->mark + 1) {
        acks->mark = acks->ranges[0].high;
        remove_at(acks, 0);
    }
}

bool mm_acks_add(mm_acks_t *acks, uint64_t number)
{
    size_t at = search(acks, number);
    bool follows = at > 0 && acks->ranges[at - 1].high + 1 == number;
    bool precedes = at < acks->count && acks->ranges[at].low == number + 1;

    if (number <= acks->mark || (at < acks->count && acks->ranges[at].low <= number))
        return false;
    if (number == acks->mark + 1) {
        acks->mark = number;
    } else if (follows && precedes) {
        acks->ranges[at - 1].high = acks->ranges[at].high;
        remove_at(acks, at);
    } else if (follows) {
        acks->ranges[at - 1].high = number;
    } else if (precedes) {
        acks->ranges[at].low = number;
    } else {
        insert_at(acks, at, number);
    }
    raise_mark(acks);
    acks->unsaid = acks->count;
    return true;
}

bool mm_acks_say(mm_acks_t *acks, mm_header_t *header)
{
    if (acks->said >= acks->count)
        acks->said = 0;
    header->mark = acks->mark;
    header->range_count =
        acks->count - acks->said < MM_RANGES_MAX ? acks->count - acks->said : MM_RANGES_MAX;
    if (header->range_count > 0)
        memcpy(header->ranges, acks->ranges + acks->said,
               header->range_count * sizeof *acks->ranges);
    acks->said += header->range_count;
    acks->unsaid -= acks->unsaid < header->range_count ? acks->unsaid : header->range_count;
    return acks->unsaid == 0;
}

void mm_acks_say_again(mm_acks_t *acks)
{
    acks->said = 0;
    acks->unsaid = acks->count;
}

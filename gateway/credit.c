/* See credit.h. */
#include "gateway/credit.h"

#include <assert.h>
#include <stdlib.h>

enum { ROWS_MAX = 1024 }; /* more ids than a room has people: a sender that makes them up */

void mm_credits_fini(mm_credits_t *credits)
{
    free(credits->rows);
    *credits = (mm_credits_t){0};
}

mm_credit_t *mm_credits_find(mm_credits_t *credits, const mm_id_t *peer)
{
    for (size_t i = 0; i < credits->count; i++)
        if (mm_id_equal(&credits->rows[i].peer, peer))
            return &credits->rows[i];
    return NULL;
}

mm_credit_t *mm_credits_get(mm_credits_t *credits, const mm_id_t *peer)
{
    mm_credit_t *credit = mm_credits_find(credits, peer);

    if (credit != NULL)
        return credit;
    if (credits->count == ROWS_MAX)
        mm_credits_forget(credits, &credits->rows[0].peer);
    if (credits->count == credits->capacity) {
        credits->capacity = credits->capacity == 0 ? 4 : credits->capacity * 2;
        credits->rows = realloc(credits->rows, credits->capacity * sizeof *credits->rows);
    }
    assert(credits->rows != NULL);
    credit = &credits->rows[credits->count++];
    *credit = (mm_credit_t){.peer = *peer};
    return credit;
}

void mm_credits_forget(mm_credits_t *credits, const mm_id_t *peer)
{
    mm_credit_t *credit = mm_credits_find(credits, peer);

    if (credit != NULL)
        *credit = credits->rows[--credits->count];
}

bool mm_credit_allows(const mm_credit_t *credit, size_t len)
{
    /* A grant beyond what was sent says that nothing to this peer has to wait: it is gone. */
    uint64_t under_way = credit->sent > credit->granted ? credit->sent - credit->granted : 0;

    return under_way == 0 || under_way + len <= MM_CHUNK_WINDOW;
}

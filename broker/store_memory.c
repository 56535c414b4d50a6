/* The store that keeps everything in memory. */
#include "broker/name_hash.h"
#include "broker/store.h"
#include "proto/cursor.h"

#include <assert.h>
#include <czmq.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGE_ITEMS = 4 };

struct mm_store {
    zhashx_t *records; /* key -> zchunk_t */
};

typedef struct change {
    bool is_removal;
    mm_text_t key;
    mm_slice_t value;
} change_t;

static void destroy_chunk(void **item)
{
    zchunk_destroy((zchunk_t **)item);
}

static mm_err_t open_store(const char *folder, mm_store_t **out)
{
    mm_store_t *store = calloc(1, sizeof *store);

    (void)folder;
    assert(store != NULL);
    store->records = zhashx_new();
    assert(store->records != NULL);
    zhashx_set_key_hasher(store->records, mm_name_hash);
    zhashx_set_destructor(store->records, destroy_chunk);
    *out = store;
    return MM_OK;
}

static void close_store(mm_store_t **store_p)
{
    if (*store_p == NULL)
        return;
    zhashx_destroy(&(*store_p)->records);
    free(*store_p);
    *store_p = NULL;
}

static bool read_change(mm_cursor_t *cursor, change_t *out)
{
    if (mm_cursor_array(cursor) != CHANGE_ITEMS)
        return false;
    out->is_removal = mm_cursor_bool(cursor);
    mm_cursor_bool(cursor); /* durable: in memory nothing is */
    out->key = mm_cursor_str(cursor);
    out->value = mm_cursor_bin(cursor);
    return !cursor->failed;
}

static void apply(mm_store_t *store, const change_t *change)
{
    char *key = strndup(change->key.ptr, change->key.len);
    zchunk_t *chunk;

    assert(key != NULL);
    if (change->is_removal) {
        zhashx_delete(store->records, key);
    } else {
        chunk = zchunk_new(change->value.ptr, change->value.len);
        assert(chunk != NULL);
        zhashx_update(store->records, key, chunk);
    }
    free(key);
}

static mm_err_t commit(mm_store_t *store, mm_slice_t batch)
{
    mm_cursor_t check = mm_cursor(batch), cursor = check;
    uint32_t count = mm_cursor_array(&check);
    change_t change;

    for (uint32_t i = 0; i < count; i++)
        if (!read_change(&check, &change))
            return MM_ERR_MALFORMED;
    if (check.failed || !mm_cursor_at_end(&check))
        return MM_ERR_MALFORMED;
    mm_cursor_array(&cursor);
    for (uint32_t i = 0; i < count && read_change(&cursor, &change); i++)
        apply(store, &change);
    return MM_OK;
}

static void each(mm_store_t *store, mm_store_visit_t *visit, void *ctx)
{
    for (zchunk_t *chunk = zhashx_first(store->records); chunk != NULL;
         chunk = zhashx_next(store->records))
        visit(ctx, mm_text(zhashx_cursor(store->records)),
              (mm_slice_t){zchunk_data(chunk), zchunk_size(chunk)});
}

const mm_store_ops_t mm_store_memory = {
    .open = open_store,
    .close = close_store,
    .commit = commit,
    .each = each,
};

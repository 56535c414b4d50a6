/* What outlives a run, behind a table of a few functions: records (bytes under a key), committed in batches.
 * Only the store helper (broker/store_actor.h) calls them, on its own thread.  Nothing in rooms or link knows which store it
 * is.  The one here keeps everything in memory: it is the simulator's, and until a store on disk stands beside it
 * rooms end with the broker. */
#ifndef MM_BROKER_STORE_H
#define MM_BROKER_STORE_H

#include "proto/err.h"
#include "proto/text.h"

typedef struct mm_store mm_store_t;

typedef void mm_store_visit_t(void *ctx, mm_text_t key, mm_slice_t value);

typedef struct mm_store_ops {
    /* Opens the store in a data folder. */
    mm_err_t (*open)(const char *folder, mm_store_t **out);
    void (*close)(mm_store_t **store_p);
    /* All or nothing: `batch` is what mm_broker_ops_t.commit describes.  MM_ERR_MALFORMED (nothing was done), MM_ERR_STORE. */
    mm_err_t (*commit)(mm_store_t *store, mm_slice_t batch);
    /* Every record; the order is undefined. */
    void (*each)(mm_store_t *store, mm_store_visit_t *visit, void *ctx);
} mm_store_ops_t;

extern const mm_store_ops_t mm_store_memory;

#endif

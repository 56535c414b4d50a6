/* A printed message, shared by reference count among all connections it goes to.
 * Not here: the order in which a connection's buffers leave (gateway/queue.h). */
#ifndef MM_GATEWAY_BUFFER_H
#define MM_GATEWAY_BUFFER_H

#include <stddef.h>
#include <stdint.h>

enum { MM_BUFFER_HEADROOM = 16 }; /* libwebsockets writes the frame header there (LWS_PRE) */

typedef struct mm_buffer {
    unsigned references;
    size_t len;      /* of the text */
    uint8_t bytes[]; /* MM_BUFFER_HEADROOM free bytes, then the text */
} mm_buffer_t;

/* One reference, `len` bytes to be filled at mm_buffer_text. */
mm_buffer_t *mm_buffer_new(size_t len);
mm_buffer_t *mm_buffer_ref(mm_buffer_t *buffer);
void mm_buffer_unref(mm_buffer_t **buffer_p);
char *mm_buffer_text(mm_buffer_t *buffer);

#endif

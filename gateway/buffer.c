/* See buffer.h.  One allocation a message; one thread owns all references, so the count is plain. */
#include "gateway/buffer.h"
#include <assert.h>
#include <stdlib.h>

mm_buffer_t *mm_buffer_new(size_t len)
{
    mm_buffer_t *buffer = malloc(sizeof *buffer + MM_BUFFER_HEADROOM + len);

    assert(buffer != NULL);
    buffer->references = 1;
    buffer->len = len;
    return buffer;
}

mm_buffer_t *mm_buffer_ref(mm_buffer_t *buffer)
{
    assert(buffer->references > 0);
    buffer->references++;
    return buffer;
}

void mm_buffer_unref(mm_buffer_t **buffer_p)
{
    mm_buffer_t *buffer = *buffer_p;

    *buffer_p = NULL;
    if (buffer == NULL)
        return;
    assert(buffer->references > 0);
    if (--buffer->references == 0)
        free(buffer);
}

char *mm_buffer_text(mm_buffer_t *buffer)
{
    return (char *)buffer->bytes + MM_BUFFER_HEADROOM;
}

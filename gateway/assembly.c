/* See assembly.h. */
#include "gateway/assembly.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 4096 };

static void reserve(mm_assembly_t *assembly, size_t capacity)
{
    size_t wanted = assembly->capacity > 0 ? assembly->capacity : CAPACITY_FIRST;

    while (wanted < capacity)
        wanted *= 2;
    if (wanted == assembly->capacity)
        return;
    assembly->bytes = realloc(assembly->bytes, wanted);
    assert(assembly->bytes != NULL);
    assembly->capacity = wanted;
}

mm_err_t mm_assembly_add(mm_assembly_t *assembly, const mm_piece_t *piece, size_t limit,
                         mm_text_t *out_message)
{
    if (!assembly->is_begun)
        assembly->len = 0;
    assembly->is_begun = !piece->is_last;
    if (piece->text.len > limit - assembly->len ||
        piece->remaining > limit - assembly->len - piece->text.len)
        return MM_ERR_TOO_LARGE;
    reserve(assembly, assembly->len + piece->text.len + 1);
    if (piece->text.len > 0)
        memcpy(assembly->bytes + assembly->len, piece->text.ptr, piece->text.len);
    assembly->len += piece->text.len;
    if (!piece->is_last)
        return MM_ERR_AGAIN;
    assembly->bytes[assembly->len] = '\0';
    *out_message = (mm_text_t){assembly->bytes, assembly->len};
    return MM_OK;
}

void mm_assembly_fini(mm_assembly_t *assembly)
{
    free(assembly->bytes);
    *assembly = (mm_assembly_t){0};
}

/* Writing msgpack into the caller's bytes with msgpack-c's packer; it never allocates.
 * What does not fit sets `overflow` and writes nothing more; ask once at the end. */
#ifndef MM_PROTO_WRITER_H
#define MM_PROTO_WRITER_H

#include "proto/id.h"
#include "proto/text.h"

typedef struct mm_writer {
    uint8_t *bytes;
    size_t size, capacity;
    bool overflow;
} mm_writer_t;

mm_writer_t mm_writer(uint8_t *bytes, size_t capacity);
mm_slice_t mm_writer_slice(const mm_writer_t *writer);

void mm_write_nil(mm_writer_t *writer);
void mm_write_bool(mm_writer_t *writer, bool value);
void mm_write_u64(mm_writer_t *writer, uint64_t value);
void mm_write_i64(mm_writer_t *writer, int64_t value);
void mm_write_double(mm_writer_t *writer, double value);
void mm_write_str(mm_writer_t *writer, mm_text_t text);
void mm_write_bin(mm_writer_t *writer, mm_slice_t bytes);
void mm_write_id(mm_writer_t *writer, const mm_id_t *id); /* bin 16 */
void mm_write_array(mm_writer_t *writer, uint32_t count);
void mm_write_map(mm_writer_t *writer, uint32_t pairs);
void mm_write_raw(mm_writer_t *writer, mm_slice_t msgpack); /* already encoded */

#endif

#include "proto/writer.h"

#include <assert.h>
#include <string.h>

#include <msgpack/pack.h>

/* The packer hands over a header or a content at a time. */
static int append(void *data, const char *bytes, size_t len)
{
    mm_writer_t *writer = data;

    if (writer->overflow || len > writer->capacity - writer->size) {
        writer->overflow = true;
        return -1;
    }
    if (len > 0)
        memcpy(writer->bytes + writer->size, bytes, len);
    writer->size += len;
    return 0;
}

static msgpack_packer packer(mm_writer_t *writer)
{
    return (msgpack_packer){.data = writer, .callback = append};
}

mm_writer_t mm_writer(uint8_t *bytes, size_t capacity)
{
    return (mm_writer_t){.bytes = bytes, .capacity = capacity};
}

mm_slice_t mm_writer_slice(const mm_writer_t *writer)
{
    return (mm_slice_t){writer->bytes, writer->size};
}

void mm_write_nil(mm_writer_t *writer)
{
    msgpack_packer to = packer(writer);

    msgpack_pack_nil(&to);
}

void mm_write_bool(mm_writer_t *writer, bool value)
{
    msgpack_packer to = packer(writer);

    if (value)
        msgpack_pack_true(&to);
    else
        msgpack_pack_false(&to);
}

void mm_write_u64(mm_writer_t *writer, uint64_t value)
{
    msgpack_packer to = packer(writer);

    msgpack_pack_uint64(&to, value);
}

void mm_write_i64(mm_writer_t *writer, int64_t value)
{
    msgpack_packer to = packer(writer);

    msgpack_pack_int64(&to, value);
}

void mm_write_double(mm_writer_t *writer, double value)
{
    msgpack_packer to = packer(writer);

    msgpack_pack_double(&to, value);
}

void mm_write_str(mm_writer_t *writer, mm_text_t text)
{
    msgpack_packer to = packer(writer);

    assert(text.len <= UINT32_MAX);
    msgpack_pack_str(&to, text.len);
    msgpack_pack_str_body(&to, text.ptr, text.len);
}

void mm_write_bin(mm_writer_t *writer, mm_slice_t bytes)
{
    msgpack_packer to = packer(writer);

    assert(bytes.len <= UINT32_MAX);
    msgpack_pack_bin(&to, bytes.len);
    msgpack_pack_bin_body(&to, bytes.ptr, bytes.len);
}

void mm_write_id(mm_writer_t *writer, const mm_id_t *id)
{
    mm_write_bin(writer, (mm_slice_t){id->bytes, sizeof id->bytes});
}

void mm_write_array(mm_writer_t *writer, uint32_t count)
{
    msgpack_packer to = packer(writer);

    msgpack_pack_array(&to, count);
}

void mm_write_map(mm_writer_t *writer, uint32_t pairs)
{
    msgpack_packer to = packer(writer);

    msgpack_pack_map(&to, pairs);
}

void mm_write_raw(mm_writer_t *writer, mm_slice_t msgpack)
{
    append(writer, (const char *)msgpack.ptr, msgpack.len);
}

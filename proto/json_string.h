/* Scanning and copying of JSON string content in blocks: SSE2 or NEON where the compiler has them,
 * else eight bytes at a time in plain C (always so with MM_JSON_PORTABLE, for its test).
 *
 * The bytes that need a look are the same for reading and printing: quote, backslash and
 * everything below U+0020.  All others are plain, also the bytes of multi-byte characters.
 * Nothing is read or written outside the given lengths.
 * Not here: escapes (json_read.c, json_print.c), UTF-8 (text.h). */
#ifndef MM_PROTO_JSON_STRING_H
#define MM_PROTO_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Number of plain bytes at the start of `text`.  Sets `*has_high_byte` when one of them is above
 * 0x7f and leaves it alone otherwise. */
size_t mm_json_plain(const uint8_t *text, size_t len, bool *has_high_byte);

/* The same, and copies them to `to`, where `len` bytes may be written (also behind the copied
 * ones). */
size_t mm_json_copy_plain(uint8_t *to, const uint8_t *text, size_t len, bool *has_high_byte);

#endif

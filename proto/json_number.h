/* JSON's numbers as integers and doubles, read exactly and printed as short as can be.
 * Independent of the locale; a literal may be as long as it likes and costs time by its length
 * only. */
#ifndef MM_PROTO_JSON_NUMBER_H
#define MM_PROTO_JSON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number is an integer when its literal has neither fraction nor exponent and lies within
 * +-2^53, or when it would print so (1.0 prints as 1, 1000.0 as 1e3): so a number
 * that is printed and read again is the same msgpack.  -0 is a double. */
typedef struct mm_number {
    bool is_integer;
    int64_t integer;
    double real; /* infinite when the literal is out of range; the nearest double, ties to even */
} mm_number_t;

/* Reads the number at the start of `text` by the grammar of RFC 8259, section 6.  Returns its
 * length, 0 when there is none. */
size_t mm_number_read(const uint8_t *text, size_t len, mm_number_t *out);

enum { MM_NUMBER_CHARS = 32 }; /* more than any number needs */

/* Both return the length; neither terminates. */
size_t mm_number_print_integer(bool is_negative, uint64_t magnitude, char out[MM_NUMBER_CHARS]);

/* The shortest text that reads back as the same finite double, the nearest where there are
 * several; with an exponent ("1e20", "12345678901234568e4") only where that is shorter. */
size_t mm_number_print_double(double value, char out[MM_NUMBER_CHARS]);

#endif

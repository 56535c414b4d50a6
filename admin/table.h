/* Tables for people: columns of an array of objects, or the pairs of one object.  Every cell is escaped (admin/escape.h).
 * Not here: --json (admin/value.h). */
#ifndef MM_ADMIN_TABLE_H
#define MM_ADMIN_TABLE_H

#include <jansson.h>
#include <stdio.h>

typedef enum mm_column_kind {
    MM_COLUMN_PLAIN,
    MM_COLUMN_TIME,
    MM_COLUMN_DURATION
} mm_column_kind_t;

typedef struct mm_column {
    const char *member; /* NULL ends the list */
    const char *title;
    mm_column_kind_t kind; /* TIME: ms since 1970, shown in UTC; DURATION: ms */
} mm_column_t;

/* A line of titles, and a line for each object of `rows`. */
void mm_table_print(const json_t *rows, const mm_column_t *columns, FILE *out);

/* "title  value" for each column that the object has. */
void mm_table_print_object(const json_t *object, const mm_column_t *columns, FILE *out);

/* Every member of an object, by its name, in order. */
void mm_table_print_members(const json_t *object, FILE *out);

#endif

/* Answers of the broker and events of the feed as jansson values: what --json prints and tables are made of.
 * Not here: how a table looks (admin/table.h). */
#ifndef MM_ADMIN_VALUE_H
#define MM_ADMIN_VALUE_H

#include "proto/cursor.h"
#include <jansson.h>

/* One msgpack value.  Ids become UUIDs, whole numbers beyond 63 bits strings, what JSON cannot say null.  A new reference; NULL when it is malformed. */
json_t *mm_value_read(mm_cursor_t *cursor);

/* One line of JSON, ASCII only. */
void mm_value_print(const json_t *value, FILE *out);

/* As one would read it in a cell: text as it is (not escaped), numbers, yes, no, - for null.  For free(). */
char *mm_value_text(const json_t *value);

#endif

/* See table.h.  Widths count code points: good enough for ids and numbers, and off by some for wide scripts. */
#include "admin/table.h"

#include "admin/escape.h"
#include "admin/value.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CELL_BYTES = 48, GAP = 2, MS = 1000 };

static char *format_time(int64_t ms)
{
    char text[CELL_BYTES];
    time_t seconds = (time_t)(ms / MS);
    struct tm fields;

    if (gmtime_r(&seconds, &fields) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &fields) == 0)
        snprintf(text, sizeof text, "%" PRId64, ms);
    return strdup(text);
}

static char *format_duration(int64_t ms)
{
    char text[CELL_BYTES];

    if (ms < MS)
        snprintf(text, sizeof text, "%" PRId64 "ms", ms);
    else
        snprintf(text, sizeof text, "%" PRId64 ":%02" PRId64 ":%02" PRId64, ms / MS / 3600,
                 ms / MS / 60 % 60, ms / MS % 60);
    return strdup(text);
}

/* For free(). */
static char *cell(const json_t *value, mm_column_kind_t kind)
{
    char *raw, *escaped;

    if (json_is_integer(value) && kind == MM_COLUMN_TIME)
        return format_time(json_integer_value(value));
    if (json_is_integer(value) && kind == MM_COLUMN_DURATION)
        return format_duration(json_integer_value(value));
    raw = mm_value_text(value);
    escaped = mm_escape(mm_text(raw));
    free(raw);
    return escaped;
}

static size_t width_of(const char *text)
{
    return mm_text_chars(mm_text(text));
}

static void print_cell(const char *text, size_t width, bool is_last, FILE *out)
{
    size_t used = width_of(text);

    fputs(text, out);
    if (is_last)
        fputc('\n', out);
    else
        fprintf(out, "%*s", (int)(width > used ? width - used + GAP : GAP), "");
}

static size_t column_width(const json_t *rows, const mm_column_t *column)
{
    size_t widest = width_of(column->title), index;
    json_t *row;

    json_array_foreach(rows, index, row)
    {
        char *text = cell(json_object_get(row, column->member), column->kind);
        if (width_of(text) > widest)
            widest = width_of(text);
        free(text);
    }
    return widest;
}

void mm_table_print(const json_t *rows, const mm_column_t *columns, FILE *out)
{
    size_t widths[16], count = 0, index;
    json_t *row;

    for (; columns[count].member != NULL; count++) {
        assert(count < sizeof widths / sizeof *widths);
        widths[count] = column_width(rows, &columns[count]);
    }
    for (size_t i = 0; i < count; i++)
        print_cell(columns[i].title, widths[i], i + 1 == count, out);
    json_array_foreach(rows, index, row)
    {
        for (size_t i = 0; i < count; i++) {
            char *text = cell(json_object_get(row, columns[i].member), columns[i].kind);
            print_cell(text, widths[i], i + 1 == count, out);
            free(text);
        }
    }
}

void mm_table_print_object(const json_t *object, const mm_column_t *columns, FILE *out)
{
    size_t widest = 0;

    for (const mm_column_t *column = columns; column->member != NULL; column++)
        if (width_of(column->title) > widest)
            widest = width_of(column->title);
    for (const mm_column_t *column = columns; column->member != NULL; column++) {
        const json_t *value = json_object_get(object, column->member);
        char *text = cell(value, column->kind);
        if (value != NULL) {
            print_cell(column->title, widest, false, out);
            print_cell(text, 0, true, out);
        }
        free(text);
    }
}

void mm_table_print_members(const json_t *object, FILE *out)
{
    size_t widest = 0;

    for (void *at = json_object_iter((json_t *)(uintptr_t)object); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at))
        if (width_of(json_object_iter_key(at)) > widest)
            widest = width_of(json_object_iter_key(at));
    for (void *at = json_object_iter((json_t *)(uintptr_t)object); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
        char *text = cell(json_object_iter_value(at), MM_COLUMN_PLAIN);
        print_cell(json_object_iter_key(at), widest, false, out);
        print_cell(text, 0, true, out);
        free(text);
    }
}

/* See history.h. */
#include "history.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

enum { LINES = 8192, LINE_BYTES = 256 };

struct sim_history {
    char lines[LINES][LINE_BYTES];
    size_t count; /* ever said */
};

sim_history_t *sim_history_new(void)
{
    sim_history_t *history = calloc(1, sizeof *history);

    assert(history != NULL);
    return history;
}

void sim_history_destroy(sim_history_t **history_p)
{
    free(*history_p);
    *history_p = NULL;
}

void sim_history_say(sim_history_t *history, int64_t now_ms, const char *format, ...)
{
    char *line = history->lines[history->count++ % LINES];
    int used =
        snprintf(line, LINE_BYTES, "%8" PRId64 ".%03d  ", now_ms / 1000, (int)(now_ms % 1000));
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line + used, LINE_BYTES - (size_t)used, format, arguments);
    va_end(arguments);
}

void sim_history_print(const sim_history_t *history, size_t count, FILE *out)
{
    size_t kept = history->count < LINES ? history->count : LINES;
    size_t wanted = count < kept ? count : kept;

    for (size_t i = history->count - wanted; i < history->count; i++)
        fprintf(out, "%s\n", history->lines[i % LINES]);
}

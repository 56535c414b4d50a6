/* What happened lately, readable: the last lines before a failure are printed with it.
 * A ring, so that a long run costs no more memory than a short one. */
#ifndef MM_TESTS_SIM_HISTORY_H
#define MM_TESTS_SIM_HISTORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct sim_history sim_history_t;

sim_history_t *sim_history_new(void);
void sim_history_destroy(sim_history_t **history_p);

void sim_history_say(sim_history_t *history, int64_t now_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The last `count` lines, oldest first. */
void sim_history_print(const sim_history_t *history, size_t count, FILE *out);

#endif

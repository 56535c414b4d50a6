/* Counters: their rows, what the process itself says about them, and the line of all of them.
 * Not here: counting (whoever does what is counted). */
#include "proto/counters.h"
#include "proto/log.h"
#include "proto/settings.h"
#include <assert.h>
#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

static const mm_counter_row_t rows[] = {
#define COUNTER(member, programs_, doc_)                                                           \
    {.name = #member,                                                                              \
     .programs = MM_PROGRAM_##programs_,                                                           \
     .is_gauge = false,                                                                            \
     .offset = offsetof(mm_counters_t, member),                                                    \
     .doc = (doc_)},
#define GAUGE(member, programs_, doc_)                                                             \
    {.name = #member,                                                                              \
     .programs = MM_PROGRAM_##programs_,                                                           \
     .is_gauge = true,                                                                             \
     .offset = offsetof(mm_counters_t, member),                                                    \
     .doc = (doc_)},
#include "proto/counters.def"
#undef COUNTER
#undef GAUGE
    {.name = NULL},
};

enum {
    KEY_BYTES = 48,
    FIELDS_LIMIT = sizeof rows / sizeof rows[0] + 2 * MM_MSG_LIMIT + MM_ERR_LIMIT
};

/* The fields of one line, with the keys that are made for it. */
typedef struct counters_line {
    mm_log_field_t fields[FIELDS_LIMIT];
    char keys[FIELDS_LIMIT][KEY_BYTES];
    size_t count;
} counters_line_t;

const mm_counter_row_t *mm_counter_rows(void)
{
    return rows;
}

static uint64_t count_descriptors(void)
{
    uint64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");

    if (folder == NULL)
        return 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] != '.')
            count++;
    }
    (void)closedir(folder);
    return count - 1; /* without the one that looked */
}

void mm_counters_sample(mm_counters_t *counters)
{
    struct mallinfo2 memory = mallinfo2();

    counters->allocated_bytes = memory.uordblks + memory.hblkhd;
    counters->descriptors = count_descriptors();
}

static void add(counters_line_t *line, const char *prefix, const char *name, uint64_t value)
{
    char *key = line->keys[line->count];
    int length = snprintf(key, KEY_BYTES, "%s%s", prefix, name);

    assert(line->count < FIELDS_LIMIT && length > 0 && length < KEY_BYTES);
    line->fields[line->count] = MM_LOG_NUMBER(key, value);
    line->count++;
}

static void add_messages(counters_line_t *line, const char *prefix,
                         const uint64_t values[MM_MSG_LIMIT])
{
    for (int i = 0; i < MM_MSG_LIMIT; i++) {
        const mm_spec_t *spec = mm_spec((mm_msg_t)i);

        if (values[i] != 0 && spec != NULL)
            add(line, prefix, spec->name, values[i]);
    }
}

void mm_counters_log(const mm_counters_t *counters, unsigned program)
{
    static counters_line_t line; /* one thread logs; 30 KiB are much for a stack */

    line.count = 0;
    for (const mm_counter_row_t *row = rows; row->name != NULL; row++) {
        uint64_t value = 0;

        if ((row->programs & program) == 0)
            continue;
        memcpy(&value, (const char *)counters + row->offset, sizeof value);
        add(&line, "", row->name, value);
    }
    add_messages(&line, "received_", counters->received);
    add_messages(&line, "sent_", counters->sent);
    for (int i = 0; i < MM_ERR_LIMIT; i++) {
        if (counters->refused[i] != 0)
            add(&line, "refused_", mm_err_name((mm_err_t)i), counters->refused[i]);
    }
    mm_log(MM_LOG_INFO, "counters", line.fields, line.count);
}

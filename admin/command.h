/* A subcommand of mikromeet-admin: a row in the table of commands.c and a function.
 * Not here: settings and the command line (admin/main.c). */
#ifndef MM_ADMIN_COMMAND_H
#define MM_ADMIN_COMMAND_H

#include "proto/settings.h"

/* Exit status. */
enum {
    MM_EXIT_OK = 0,
    MM_EXIT_USAGE = 2,
    MM_EXIT_NOT_FOUND = 3,
    MM_EXIT_REFUSED = 4,
    MM_EXIT_TIMEOUT = 5,
    MM_EXIT_NO_BROKER = 69,
    MM_EXIT_CONFIG = 78
};

/* Flags beside the settings, in the order of mm_command_flags. */
typedef enum mm_flag_name {
    MM_FLAG_JSON,
    MM_FLAG_ROOM,
    MM_FLAG_TITLE,
    MM_FLAG_PASSWORD_FILE,
    MM_FLAG_MAX,
    MM_FLAG_LIMIT
} mm_flag_name_t;

typedef struct mm_call {
    const mm_settings_t *settings;
    const char *endpoint; /* of the bus */
    mm_flag_t *flags;
    char **words; /* behind the subcommand */
    bool is_json;
} mm_call_t;

typedef struct mm_command {
    const char *name;      /* NULL ends the table */
    const char *arguments; /* as in the usage */
    int words;             /* how many follow */
    unsigned flags;        /* bits 1 << MM_FLAG_ that it takes */
    int (*run)(mm_call_t *call);
    const char *doc;
} mm_command_t;

const mm_command_t *mm_commands(void);
mm_flag_t *mm_command_flags(void);

/* Says on stderr in one line why something failed; the exit status that belongs to it.  `what` names what it was about (may be NULL). */
int mm_command_fail(const mm_call_t *call, int err, const char *what);

/* watch.c */
int mm_command_watch(mm_call_t *call);

#endif

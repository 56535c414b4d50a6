/* The settings of all programs, from one table (settings.def): parsing, bounds, --help,
 * --version and --check-config.  getopt_long reads the flags, jansson the file.
 *
 * A value that is unknown, malformed or out of bounds refuses start-up with one line that names the place
 * ("--port", "MIKROMEET_PORT", "PORT", "mikromeet.json: port").  Values of secrets are never printed.
 * The MIKROMEET_ variable of a setting wins over its LEGACY one.  Unknown variables MIKROMEET_* are refused too
 * (a typing error must not be silent), except MIKROMEET_CONFIG, which is --config.
 * mikromeet-admin has words and flags of its own beside the settings: it gives their list, and gets their values back.
 * Not here: where the sockets lie (proto/runtime.h). */
#ifndef MM_PROTO_SETTINGS_H
#define MM_PROTO_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MM_PROGRAM_GATEWAY = 1 << 0,
    MM_PROGRAM_BROKER = 1 << 1,
    MM_PROGRAM_ADMIN = 1 << 2,
    MM_PROGRAM_BOTH = 3, /* gateway and broker */
    MM_PROGRAM_FEED = 6, /* broker and admin */
    MM_PROGRAM_ALL = 7
};

#define MM_SETTING_TEXT   char *
#define MM_SETTING_SECRET char *
#define MM_SETTING_NUMBER int64_t
#define MM_SETTING_TIME   int64_t /* ms */
#define MM_SETTING_SIZE   int64_t /* bytes */
#define MM_SETTING_SWITCH bool
#define MM_SETTING_LEVEL  char *

typedef struct mm_settings {
#define SETTING(member, name, programs, kind, value, min, max, doc) MM_SETTING_##kind member;
#define LEGACY(variable, name, unit)
#include "proto/settings.def"
#undef SETTING
#undef LEGACY
} mm_settings_t;

typedef enum mm_settings_result {
    MM_SETTINGS_RUN, /* go on and start */
    MM_SETTINGS_CHECK, /* --check-config, and all is well so far: check the rest, then mm_settings_say_valid */
    MM_SETTINGS_DONE,    /* --help, --version, --print-config: exit 0 */
    MM_SETTINGS_USAGE,   /* bad flag: exit 2, the line is printed */
    MM_SETTINGS_REFUSED, /* bad variable or file: exit 78 */
    MM_SETTINGS_NO_FILE  /* --config cannot be read: exit 66 */
} mm_settings_result_t;

/* Fills `out` from defaults, file, environment and flags; prints help, version or the complaint itself.
 * `program` is one MM_PROGRAM_ bit.  On MM_SETTINGS_RUN and MM_SETTINGS_CHECK the caller owns the
 * strings: mm_settings_fini. */
mm_settings_result_t mm_settings_init(mm_settings_t *out, unsigned program, int argc, char **argv,
                                      char **environ_);
void mm_settings_fini(mm_settings_t *settings);

/* A flag that is no setting. */
typedef struct mm_flag {
    const char *name; /* NULL ends the list */
    bool has_value;
    const char
        *value; /* out: what was given, "" for a flag without value, NULL for a flag not given */
} mm_flag_t;

typedef struct mm_command_line {
    mm_flag_t *flags;
    void (*help)(void); /* prints what --help says before the settings */
    int word_count;     /* out: words that are no flags, */
    char **words;       /* out: in argv */
} mm_command_line_t;

/* The same for a program whose command line has words and flags beside the settings; they may stand in any order. */
mm_settings_result_t mm_settings_init_command(mm_settings_t *out, unsigned program,
                                              mm_command_line_t *line, int argc, char **argv,
                                              char **environ_);

/* All defaults, for tests and the simulator. */
void mm_settings_defaults(mm_settings_t *out);

/* What --check-config ends with. */
void mm_settings_say_valid(unsigned program);

/* Exit status that belongs to a result. */
int mm_settings_exit_status(mm_settings_result_t result);

#endif

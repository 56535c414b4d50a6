/* A row of settings.def as data, and what can be done to one: find it, name its variable, read a value
 * by its kind and bounds, say what it accepts.
 *
 * For proto/settings*.c, the page generator and their tests; programs use proto/settings.h. */
#ifndef MM_PROTO_SETTINGS_ROW_H
#define MM_PROTO_SETTINGS_ROW_H

#include "proto/settings.h"
#include <stdio.h>

typedef enum mm_setting_kind {
    MM_SETTING_IS_TEXT,
    MM_SETTING_IS_SECRET,
    MM_SETTING_IS_NUMBER,
    MM_SETTING_IS_TIME,
    MM_SETTING_IS_SIZE,
    MM_SETTING_IS_SWITCH,
    MM_SETTING_IS_LEVEL
} mm_setting_kind_t;

typedef struct mm_setting {
    const char *name;  /* "max-rooms"; NULL ends the list */
    unsigned programs; /* MM_PROGRAM_ bits */
    mm_setting_kind_t kind;
    const char *value; /* default, as one would write it */
    int64_t min, max;
    const char *doc;
    size_t offset; /* of its member in mm_settings_t */
} mm_setting_t;

typedef struct mm_setting_legacy {
    const char *variable; /* "PORT"; NULL ends the list */
    const char *name;     /* of the setting */
    const char *unit;     /* put behind the value */
} mm_setting_legacy_t;

enum {
    MM_SETTING_VARIABLE_BYTES = 80, /* for mm_setting_variable, with the terminator */
    MM_SETTING_ACCEPTS_BYTES = 120  /* for mm_setting_accepts */
};

const mm_setting_t *mm_setting_rows(void);
size_t mm_setting_count(void);
const mm_setting_legacy_t *mm_setting_legacies(void);

/* "mikromeet-gateway" for one MM_PROGRAM_ bit. */
const char *mm_setting_program(unsigned program);

/* The row of a name; NULL when there is none. */
const mm_setting_t *mm_setting_find(const char *name);

bool mm_setting_is_text(const mm_setting_t *row);

/* "MIKROMEET_MAX_ROOMS"; `suffix` is "" or "_FILE". */
void mm_setting_variable(const mm_setting_t *row, const char *suffix,
                         char out[MM_SETTING_VARIABLE_BYTES]);

/* Reads a value by kind and bounds and puts it into `settings`, freeing a text it replaces.
 * False, and nothing changed, when it does not fit. */
bool mm_setting_assign(const mm_setting_t *row, const char *value, mm_settings_t *settings);

/* What a value must be, to complete "must be ...": "a whole number, 0 to 65535". */
void mm_setting_accepts(const mm_setting_t *row, char out[MM_SETTING_ACCEPTS_BYTES]);

/* Prints the value as one would write it; of a secret only whether there is one.  Nothing but printable ASCII. */
void mm_setting_print(FILE *out, const mm_setting_t *row, const mm_settings_t *settings);

/* A whole file, terminated, for free(); NULL with errno set when it cannot be read or holds more than `limit`
 * bytes (EFBIG). */
char *mm_setting_read_file(const char *path, size_t limit, size_t *length);

/* Prints --help of one program. */
void mm_settings_print_help(FILE *out, unsigned program);

#endif

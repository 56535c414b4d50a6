/* One run of mm_settings_init, for proto/settings.c and proto/settings_flags.c only. */
#ifndef MM_PROTO_SETTINGS_READING_H
#define MM_PROTO_SETTINGS_READING_H

#include "proto/settings_row.h"

enum { PLACE_BYTES = 320 };

enum { LAYER_DEFAULTS, LAYER_FILE, LAYER_LEGACY, LAYER_VARIABLES, LAYER_FLAGS };

/* One run of mm_settings_init. */
typedef struct mm_settings_reading {
    mm_settings_t *out;
    unsigned program;
    mm_command_line_t *line; /* NULL for programs that know settings only */
    int layer;               /* the LAYER_ being read */
    const char **flags;      /* by row: the value of the flag, NULL without one */
    int *given_in;           /* by row: the last layer that gave a value */
    const char *config;      /* path of the file, NULL without one */
    unsigned wants;          /* WANTS_ bits */
    mm_settings_result_t result;
} mm_settings_reading_t;

enum { WANTS_HELP = 1 << 0, WANTS_VERSION = 1 << 1, WANTS_CHECK = 1 << 2, WANTS_PRINT = 1 << 3 };

/* Prints the one line, sets the result, returns false.  `place` may hold text from outside: only printable ASCII
 * of it is shown. */
__attribute__((format(printf, 4, 5))) bool mm_settings_refuse(mm_settings_reading_t *reading,
                                                              mm_settings_result_t result,
                                                              const char *place, const char *format,
                                                              ...);

bool mm_settings_is_ours(const mm_settings_reading_t *reading, const mm_setting_t *row);

/* Takes a value of the layer being read; a setting of other programs is passed over.  False after a refusal. */
bool mm_settings_give(mm_settings_reading_t *reading, const mm_setting_t *row, const char *place,
                      const char *value);

/* settings_flags.c: notes what the command line says, without looking at the values of settings; then gives these. */
bool mm_settings_note_flags(mm_settings_reading_t *reading, int argc, char **argv);
bool mm_settings_read_flags(mm_settings_reading_t *reading);

#endif

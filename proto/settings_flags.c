/* The command line: flags of getopt_long, noted first (they say where the file is) and given last (they win).
 * Not here: what a value may be (proto/settings_row.c), the other layers (proto/settings.c). */
#include "proto/settings_reading.h"
#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values of getopt_long beyond the rows, which are numbered from FLAG_ROWS on. */
enum { FLAG_HELP = 256, FLAG_VERSION, FLAG_CHECK, FLAG_PRINT, FLAG_CONFIG, FLAG_ROWS };

/* Flags of the program's own are numbered behind the rows. */
static size_t own_flag_count(const mm_settings_reading_t *reading)
{
    size_t count = 0;

    while (reading->line != NULL && reading->line->flags[count].name != NULL)
        count++;
    return count;
}

static struct option *make_options(const mm_settings_reading_t *reading)
{
    static const struct option fixed[] = {
        {"help", no_argument, NULL, FLAG_HELP},
        {"version", no_argument, NULL, FLAG_VERSION},
        {"check-config", no_argument, NULL, FLAG_CHECK},
        {"print-config", no_argument, NULL, FLAG_PRINT},
        {"config", required_argument, NULL, FLAG_CONFIG},
    };
    size_t count = sizeof fixed / sizeof fixed[0];
    struct option *options =
        calloc(count + mm_setting_count() + own_flag_count(reading) + 1, sizeof *options);

    if (options == NULL)
        abort();
    memcpy(options, fixed, sizeof fixed);
    for (size_t i = 0; i < mm_setting_count(); i++) {
        const mm_setting_t *row = &mm_setting_rows()[i];

        if (!mm_settings_is_ours(reading, row) || row->kind == MM_SETTING_IS_SECRET)
            continue;
        options[count++] = (struct option){
            .name = row->name,
            .has_arg = row->kind == MM_SETTING_IS_SWITCH ? optional_argument : required_argument,
            .val = FLAG_ROWS + (int)i,
        };
    }
    for (size_t i = 0; i < own_flag_count(reading); i++)
        options[count++] = (struct option){
            .name = reading->line->flags[i].name,
            .has_arg = reading->line->flags[i].has_value ? required_argument : no_argument,
            .val = FLAG_ROWS + (int)(mm_setting_count() + i),
        };
    return options;
}

/* A word of the command line without what it gives: that may be a secret, even where no flag takes one. */
static bool refuse_word(mm_settings_reading_t *reading, const char *word, const char *complaint)
{
    char name[PLACE_BYTES];

    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    return mm_settings_refuse(reading, MM_SETTINGS_USAGE, name, "%s", complaint);
}

/* Notes one flag.  `word` is what stands on the command line: getopt_long also takes beginnings of
 * names, which would change their meaning with the next setting, so they are refused. */
static bool note_flag(mm_settings_reading_t *reading, const char *word, int flag, const char *name)
{
    if (flag == ':')
        return refuse_word(reading, word, "needs a value");
    if (flag == '?' || strncmp(word, "--", 2) != 0 || strcspn(word + 2, "=") != strlen(name))
        return refuse_word(reading, word, "no such flag; --help lists them");
    if (flag == FLAG_HELP)
        reading->wants |= WANTS_HELP;
    else if (flag == FLAG_VERSION)
        reading->wants |= WANTS_VERSION;
    else if (flag == FLAG_CHECK)
        reading->wants |= WANTS_CHECK;
    else if (flag == FLAG_PRINT)
        reading->wants |= WANTS_PRINT;
    else if (flag == FLAG_CONFIG)
        reading->config = optarg;
    else if (reading->line != NULL && (size_t)(flag - FLAG_ROWS) >= mm_setting_count())
        reading->line->flags[(size_t)(flag - FLAG_ROWS) - mm_setting_count()].value =
            optarg != NULL ? optarg : "";
    else
        reading->flags[flag - FLAG_ROWS] = optarg != NULL ? optarg : "true";
    return true;
}

bool mm_settings_note_flags(mm_settings_reading_t *reading, int argc, char **argv)
{
    struct option *options = make_options(reading);
    bool done = true;

    optind = 0; /* glibc: begin anew, also in a test that reads many command lines */
    opterr = 0;
    while (done) {
        int index = 0;
        int flag = getopt_long(argc, argv, reading->line != NULL ? ":" : "+:", options, &index);
        const char *word = NULL;

        if (flag == -1)
            break;
        word = argv[optind - 1];
        if (optarg != NULL && optarg == word)
            word = argv[optind - 2]; /* the value stands behind its flag */
        done = note_flag(reading, word, flag, options[index].name);
    }
    free(options);
    if (done && reading->line != NULL) {
        reading->line->word_count = argc - optind;
        reading->line->words = argv + optind;
    } else if (done && optind < argc) {
        done = refuse_word(reading, argv[optind], "no such flag; --help lists them");
    }
    return done;
}

bool mm_settings_read_flags(mm_settings_reading_t *reading)
{
    reading->layer = LAYER_FLAGS;
    for (size_t i = 0; i < mm_setting_count(); i++) {
        const mm_setting_t *row = &mm_setting_rows()[i];
        char place[PLACE_BYTES];

        if (reading->flags[i] == NULL)
            continue;
        (void)snprintf(place, sizeof place, "--%s", row->name);
        if (!mm_settings_give(reading, row, place, reading->flags[i])) {
            reading->result = MM_SETTINGS_USAGE;
            return false;
        }
    }
    return true;
}

/* --help, from the table.
 * Not here: what the settings mean in operation (README.md). */
#include "proto/settings_row.h"

static void print_row(FILE *out, const mm_setting_t *row)
{
    char accepts[MM_SETTING_ACCEPTS_BYTES];
    char variable[MM_SETTING_VARIABLE_BYTES];

    mm_setting_accepts(row, accepts);
    if (row->kind == MM_SETTING_IS_SECRET) {
        mm_setting_variable(row, "", variable);
        (void)fprintf(out, "  %s, or %s_FILE naming a file (no flag)\n", variable, variable);
    } else {
        (void)fprintf(out, "  --%s%s\n", row->name,
                      row->kind == MM_SETTING_IS_SWITCH ? "[=VALUE]" : "=VALUE");
    }
    (void)fprintf(out, "        %s\n        %s", row->doc, accepts);
    if (row->value[0] != '\0')
        (void)fprintf(out, "; default %s", row->value);
    (void)fprintf(out, "\n");
}

void mm_settings_print_help(FILE *out, unsigned program)
{
    const char *name = mm_setting_program(program);

    if (program != MM_PROGRAM_ADMIN)
        (void)fprintf(out,
                      "Usage: %s [--config=FILE] [--SETTING=VALUE ...]\n"
                      "       %s [...] --check-config | --print-config | --version | --help\n\n",
                      name, name);
    (void)fprintf(
        out,
        "A setting NAME is given as flag --NAME, as variable MIKROMEET_NAME (upper case, _ for -)\n"
        "or as key \"NAME\" of the JSON object in FILE.  Flags win over variables, variables over\n"
        "the file.  Unknown names and values out of bounds refuse the start.\n\n"
        "  --config=FILE\n        JSON file with settings; variable MIKROMEET_CONFIG\n"
        "  --check-config\n        read all settings, say whether they are valid, and end\n"
        "  --print-config\n        print each setting with where its value comes from, and "
        "end\n\n");
    for (const mm_setting_t *row = mm_setting_rows(); row->name != NULL; row++) {
        if ((row->programs & program) != 0)
            print_row(out, row);
    }
    if (program == MM_PROGRAM_ADMIN)
        return;
    (void)fprintf(out, "\nVariables of the existing server (MIKROMEET_ ones win):\n");
    for (const mm_setting_legacy_t *old = mm_setting_legacies(); old->variable != NULL; old++) {
        const mm_setting_t *row = mm_setting_find(old->name);

        if ((row->programs & program) != 0)
            (void)fprintf(out, "  %-26s = %s%s%s\n", old->variable, old->name,
                          old->unit[0] != '\0' ? ", in " : "", old->unit);
    }
}

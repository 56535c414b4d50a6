/* Where settings come from: defaults, then the file, then the variables, then the flags; each layer
 * is read over the one before.  The first mistake ends the reading with one line on stderr.
 * Not here: what a value may be (proto/settings_row.c), the command line (proto/settings_flags.c), --help
 * (proto/settings_help.c). */
#include "proto/settings.h"
#include "proto/address.h"
#include "proto/settings_reading.h"
#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES = 256 * 1024 };

bool mm_settings_refuse(mm_settings_reading_t *reading, mm_settings_result_t result,
                        const char *place, const char *format, ...)
{
    char shown[PLACE_BYTES];
    char complaint[256];
    va_list arguments;

    (void)snprintf(shown, sizeof shown, "%s", place);
    for (char *at = shown; *at != '\0'; at++) {
        if (*at < 0x20 || *at > 0x7e)
            *at = '?';
    }
    va_start(arguments, format);
    (void)vsnprintf(complaint, sizeof complaint, format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, "%s: %s: %s\n", mm_setting_program(reading->program), shown, complaint);
    reading->result = result;
    return false;
}

bool mm_settings_is_ours(const mm_settings_reading_t *reading, const mm_setting_t *row)
{
    return (row->programs & reading->program) != 0;
}

bool mm_settings_give(mm_settings_reading_t *reading, const mm_setting_t *row, const char *place,
                      const char *value)
{
    char accepts[MM_SETTING_ACCEPTS_BYTES];
    int *given_in = &reading->given_in[row - mm_setting_rows()];

    if (!mm_settings_is_ours(reading, row))
        return true;
    if (row->kind == MM_SETTING_IS_SECRET && *given_in == reading->layer)
        return mm_settings_refuse(reading, MM_SETTINGS_REFUSED, place,
                                  "given twice, as value and as file");
    *given_in = reading->layer;
    if (mm_setting_assign(row, value, reading->out))
        return true;
    mm_setting_accepts(row, accepts);
    return mm_settings_refuse(reading, MM_SETTINGS_REFUSED, place, "must be %s", accepts);
}

/* A secret from the file that `path` names; line ends at its end do not belong to it. */
static bool give_from_file(mm_settings_reading_t *reading, const mm_setting_t *row,
                           const char *place, const char *path)
{
    size_t length = 0;
    char *secret = NULL;
    bool done = false;

    if (!mm_settings_is_ours(reading, row))
        return true;
    secret = mm_setting_read_file(path, (size_t)row->max + 2, &length);
    if (secret == NULL)
        return mm_settings_refuse(reading, MM_SETTINGS_REFUSED, place, "cannot read that file: %s",
                                  strerror(errno));
    while (length > 0 && (secret[length - 1] == '\n' || secret[length - 1] == '\r'))
        secret[--length] = '\0';
    if (strlen(secret) != length)
        done = mm_settings_refuse(reading, MM_SETTINGS_REFUSED, place, "that file is no text");
    else
        done = mm_settings_give(reading, row, place, secret);
    explicit_bzero(secret, length);
    free(secret);
    return done;
}

/* --- the file ----------------------------------------------------------------------------- */

/* The row of a secret whose name and "-file" are `key`; NULL when there is none. */
static const mm_setting_t *find_secret_file(const char *key)
{
    for (const mm_setting_t *row = mm_setting_rows(); row->name != NULL; row++) {
        size_t length = strlen(row->name);

        if (row->kind == MM_SETTING_IS_SECRET && strncmp(row->name, key, length) == 0 &&
            strcmp(key + length, "-file") == 0)
            return row;
    }
    return NULL;
}

static bool read_member(mm_settings_reading_t *reading, const char *place, const char *key,
                        const json_t *value)
{
    const mm_setting_t *secret = find_secret_file(key);
    const mm_setting_t *row = secret != NULL ? secret : mm_setting_find(key);
    char number[32];

    if (row == NULL)
        return mm_settings_refuse(reading, MM_SETTINGS_REFUSED, place, "no such setting");
    if (!mm_settings_is_ours(reading, row))
        return true;
    if (secret != NULL && json_is_string(value))
        return give_from_file(reading, row, place, json_string_value(value));
    if (json_is_string(value))
        return mm_settings_give(reading, row, place, json_string_value(value));
    if (mm_setting_is_text(row))
        return mm_settings_refuse(reading, MM_SETTINGS_REFUSED, place, "must be a string");
    if (json_is_boolean(value))
        return mm_settings_give(reading, row, place, json_is_true(value) ? "true" : "false");
    if (!json_is_integer(value))
        return mm_settings_refuse(reading, MM_SETTINGS_REFUSED, place,
                                  "must be a string, a whole number or a boolean");
    (void)snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return mm_settings_give(reading, row, place, number);
}

static bool read_config(mm_settings_reading_t *reading)
{
    size_t length = 0;
    json_error_t error;
    json_t *object = NULL;
    const char *key = NULL;
    json_t *value = NULL;
    bool done = true;
    char *bytes = mm_setting_read_file(reading->config, FILE_BYTES, &length);

    if (bytes == NULL)
        return mm_settings_refuse(reading, MM_SETTINGS_NO_FILE, reading->config,
                                  "cannot be read: %s", strerror(errno));
    object = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
    explicit_bzero(bytes, length);
    free(bytes);
    /* jansson's own text would quote the file, and a secret may stand there. */
    if (object == NULL)
        return mm_settings_refuse(reading, MM_SETTINGS_REFUSED, reading->config,
                                  "line %d, column %d: not valid JSON, or a key given twice",
                                  error.line, error.column);
    if (!json_is_object(object))
        done = mm_settings_refuse(reading, MM_SETTINGS_REFUSED, reading->config,
                                  "must be a JSON object");
    json_object_foreach(object, key, value)
    {
        char place[PLACE_BYTES];

        (void)snprintf(place, sizeof place, "%s: %s", reading->config, key);
        done = done && read_member(reading, place, key, value);
    }
    json_decref(object);
    return done;
}

/* --- the variables ------------------------------------------------------------------------ */

/* The value when `entry` is "name=value", else NULL. */
static const char *value_of(const char *entry, const char *name)
{
    size_t length = strlen(name);

    return strncmp(entry, name, length) == 0 && entry[length] == '=' ? entry + length + 1 : NULL;
}

static bool read_legacy_variable(mm_settings_reading_t *reading, const char *entry)
{
    for (const mm_setting_legacy_t *old = mm_setting_legacies(); old->variable != NULL; old++) {
        const char *value = value_of(entry, old->variable);
        const mm_setting_t *row = mm_setting_find(old->name);
        char with_unit[64];

        assert(row != NULL);
        /* The existing server takes an empty variable for one that is not set. */
        if (value == NULL || *value == '\0')
            continue;
        if (old->unit[0] == '\0')
            return mm_settings_give(reading, row, old->variable, value);
        (void)snprintf(with_unit, sizeof with_unit, "%.40s%s", value, old->unit);
        return mm_settings_give(reading, row, old->variable, with_unit);
    }
    return true;
}

static bool read_variable(mm_settings_reading_t *reading, const char *entry)
{
    char name[PLACE_BYTES];

    if (strncmp(entry, "MIKROMEET_", strlen("MIKROMEET_")) != 0 ||
        value_of(entry, "MIKROMEET_CONFIG") != NULL)
        return true;
    for (const mm_setting_t *row = mm_setting_rows(); row->name != NULL; row++) {
        char variable[MM_SETTING_VARIABLE_BYTES];
        const char *value = NULL;

        mm_setting_variable(row, "", variable);
        value = value_of(entry, variable);
        if (value != NULL)
            return mm_settings_give(reading, row, variable, value);
        mm_setting_variable(row, "_FILE", variable);
        value = row->kind == MM_SETTING_IS_SECRET ? value_of(entry, variable) : NULL;
        if (value != NULL)
            return give_from_file(reading, row, variable, value);
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(entry, "="), entry);
    return mm_settings_refuse(reading, MM_SETTINGS_REFUSED, name, "no such setting");
}

static bool read_variables(mm_settings_reading_t *reading, int layer, char **environ_,
                           bool (*read)(mm_settings_reading_t *reading, const char *entry))
{
    reading->layer = layer;
    for (; *environ_ != NULL; environ_++) {
        if (!read(reading, *environ_))
            return false;
    }
    return true;
}

/* --- all together ------------------------------------------------------------------------- */

/* Where the value of a setting came from, for a complaint that comes later than its reading. */
static void print_place(const mm_settings_reading_t *reading, const mm_setting_t *row,
                        char out[PLACE_BYTES])
{
    char variable[MM_SETTING_VARIABLE_BYTES];

    switch (reading->given_in[row - mm_setting_rows()]) {
    case LAYER_FILE:
        (void)snprintf(out, PLACE_BYTES, "%s: %s", reading->config, row->name);
        return;
    case LAYER_LEGACY:
        for (const mm_setting_legacy_t *old = mm_setting_legacies(); old->variable != NULL; old++) {
            if (strcmp(old->name, row->name) == 0)
                (void)snprintf(out, PLACE_BYTES, "%s", old->variable);
        }
        return;
    case LAYER_VARIABLES:
        mm_setting_variable(row, "", variable);
        (void)snprintf(out, PLACE_BYTES, "%s", variable);
        return;
    case LAYER_FLAGS:
        (void)snprintf(out, PLACE_BYTES, "--%s", row->name);
        return;
    default:
        (void)snprintf(out, PLACE_BYTES, "%s", row->name);
    }
}

static bool refuse_setting(mm_settings_reading_t *reading, const char *name, const char *complaint)
{
    const mm_setting_t *row = mm_setting_find(name);
    char place[PLACE_BYTES];

    assert(row != NULL);
    print_place(reading, row, place);
    return mm_settings_refuse(reading, MM_SETTINGS_REFUSED, place, "%s", complaint);
}

static bool check_networks(mm_settings_reading_t *reading, const char *name, const char *value)
{
    size_t bad = 0;
    mm_networks_t *networks = mm_networks_read(mm_text(value), &bad);
    char complaint[80];

    if (networks == NULL) {
        (void)snprintf(complaint, sizeof complaint,
                       "number %zu is no network like 10.0.0.0/8 or ::1", bad);
        return refuse_setting(reading, name, complaint);
    }
    mm_networks_destroy(&networks);
    return true;
}

/* What one setting says about another.  A default gives way where only the other one was set. */
static bool check_together(mm_settings_reading_t *reading)
{
    mm_settings_t *out = reading->out;
    const mm_setting_t *participants = mm_setting_find("default-participants");

    if (out->use_https && (out->tls_certificate[0] == '\0' || out->tls_key[0] == '\0'))
        return refuse_setting(reading, "use-https", "needs tls-certificate and tls-key");
    if (out->idle_timeout <= out->ping_interval)
        return refuse_setting(reading, "idle-timeout", "must be longer than ping-interval");
    if (out->default_participants > out->max_participants) {
        if (reading->given_in[participants - mm_setting_rows()] != LAYER_DEFAULTS)
            return refuse_setting(reading, participants->name, "must not exceed max-participants");
        out->default_participants = out->max_participants;
    }
    return check_networks(reading, "trusted-proxies", out->trusted_proxies);
}

static bool read_all(mm_settings_reading_t *reading, char **environ_)
{
    for (char **entry = environ_; reading->config == NULL && *entry != NULL; entry++) {
        const char *value = value_of(*entry, "MIKROMEET_CONFIG");

        if (value != NULL && *value != '\0')
            reading->config = value;
    }
    reading->layer = LAYER_FILE;
    if (reading->config != NULL && !read_config(reading))
        return false;
    return read_variables(reading, LAYER_LEGACY, environ_, read_legacy_variable) &&
           read_variables(reading, LAYER_VARIABLES, environ_, read_variable) &&
           mm_settings_read_flags(reading) && check_together(reading);
}

/* --print-config: a line for each setting, with where its value comes from. */
static void print_all(const mm_settings_reading_t *reading)
{
    static const char *const origins[] = {[LAYER_DEFAULTS] = "default",
                                          [LAYER_FILE] = "file",
                                          [LAYER_LEGACY] = "variable",
                                          [LAYER_VARIABLES] = "variable",
                                          [LAYER_FLAGS] = "flag"};

    for (const mm_setting_t *row = mm_setting_rows(); row->name != NULL; row++) {
        int layer = reading->given_in[row - mm_setting_rows()];
        char place[PLACE_BYTES];

        if (!mm_settings_is_ours(reading, row))
            continue;
        print_place(reading, row, place);
        (void)printf("%s=", row->name);
        mm_setting_print(stdout, row, reading->out);
        (void)printf("  # %s%s%s\n", origins[layer], layer == LAYER_DEFAULTS ? "" : " ",
                     layer == LAYER_DEFAULTS ? ""
                     : layer == LAYER_FILE   ? reading->config
                                             : place);
    }
}

static void answer(mm_settings_reading_t *reading, int argc, char **argv, char **environ_)
{
    const char *program = mm_setting_program(reading->program);

    if (!mm_settings_note_flags(reading, argc, argv))
        return;
    if ((reading->wants & WANTS_HELP) != 0) {
        if (reading->line != NULL)
            reading->line->help();
        mm_settings_print_help(stdout, reading->program);
        reading->result = MM_SETTINGS_DONE;
    } else if ((reading->wants & WANTS_VERSION) != 0) {
        (void)printf("%s %s\n", program, MM_VERSION);
        reading->result = MM_SETTINGS_DONE;
    } else if (read_all(reading, environ_)) {
        if ((reading->wants & WANTS_PRINT) != 0) {
            print_all(reading);
            reading->result = MM_SETTINGS_DONE;
        } else if ((reading->wants & WANTS_CHECK) != 0) {
            reading->result = MM_SETTINGS_CHECK;
        }
    }
}

void mm_settings_say_valid(unsigned program)
{
    (void)printf("%s: the configuration is valid\n", mm_setting_program(program));
}

mm_settings_result_t mm_settings_init(mm_settings_t *out, unsigned program, int argc, char **argv,
                                      char **environ_)
{
    return mm_settings_init_command(out, program, NULL, argc, argv, environ_);
}

mm_settings_result_t mm_settings_init_command(mm_settings_t *out, unsigned program,
                                              mm_command_line_t *line, int argc, char **argv,
                                              char **environ_)
{
    mm_settings_reading_t reading = {
        .out = out, .program = program, .line = line, .result = MM_SETTINGS_RUN};

    reading.flags = calloc(mm_setting_count(), sizeof *reading.flags);
    reading.given_in = calloc(mm_setting_count(), sizeof *reading.given_in);
    if (reading.flags == NULL || reading.given_in == NULL)
        abort();
    mm_settings_defaults(out);
    answer(&reading, argc, argv, environ_);
    free(reading.flags);
    free(reading.given_in);
    if (reading.result != MM_SETTINGS_RUN && reading.result != MM_SETTINGS_CHECK)
        mm_settings_fini(out);
    return reading.result;
}

void mm_settings_defaults(mm_settings_t *out)
{
    memset(out, 0, sizeof *out);
    for (const mm_setting_t *row = mm_setting_rows(); row->name != NULL; row++) {
        bool fits = mm_setting_assign(row, row->value, out);

        assert(fits);
        (void)fits;
    }
}

void mm_settings_fini(mm_settings_t *settings)
{
    for (const mm_setting_t *row = mm_setting_rows(); row->name != NULL; row++) {
        char *text = NULL;

        if (!mm_setting_is_text(row))
            continue;
        memcpy(&text, (const char *)settings + row->offset, sizeof text);
        if (text != NULL && row->kind == MM_SETTING_IS_SECRET)
            explicit_bzero(text, strlen(text));
        free(text);
    }
    memset(settings, 0, sizeof *settings);
}

int mm_settings_exit_status(mm_settings_result_t result)
{
    switch (result) {
    case MM_SETTINGS_RUN:
    case MM_SETTINGS_CHECK:
    case MM_SETTINGS_DONE:
        return 0;
    case MM_SETTINGS_USAGE:
        return 2;
    case MM_SETTINGS_REFUSED:
        return 78;
    case MM_SETTINGS_NO_FILE:
        return 66;
    }
    return 78;
}

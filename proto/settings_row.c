/* The rows of settings.def: one value, read and described by its kind and bounds.
 * Not here: where values come from and which one wins (proto/settings.c). */
#include "proto/settings_row.h"
#include "proto/log.h"
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const mm_setting_t rows[] = {
#define SETTING(member, name_, programs_, kind_, value_, min_, max_, doc_)                         \
    {.name = (name_),                                                                              \
     .programs = MM_PROGRAM_##programs_,                                                           \
     .kind = MM_SETTING_IS_##kind_,                                                                \
     .value = (value_),                                                                            \
     .min = (min_),                                                                                \
     .max = (max_),                                                                                \
     .doc = (doc_),                                                                                \
     .offset = offsetof(mm_settings_t, member)},
#define LEGACY(variable, name, unit)
#include "proto/settings.def"
#undef SETTING
#undef LEGACY
    {.name = NULL},
};

static const mm_setting_legacy_t legacies[] = {
#define SETTING(member, name, programs, kind, value, min, max, doc)
#define LEGACY(variable_, name_, unit_) {.variable = (variable_), .name = (name_), .unit = (unit_)},
#include "proto/settings.def"
#undef SETTING
#undef LEGACY
    {.variable = NULL},
};

typedef struct unit {
    const char *suffix;
    int64_t factor;
} unit_t;

/* From small to large, ended by a NULL suffix. */
static const unit_t no_units[] = {{"", 1}, {NULL, 0}};
static const unit_t times[] = {{"", 1},      {"ms", 1},      {"s", 1000},
                               {"m", 60000}, {"h", 3600000}, {NULL, 0}};
static const unit_t sizes[] = {{"", 1},
                               {"KiB", INT64_C(1) << 10},
                               {"MiB", INT64_C(1) << 20},
                               {"GiB", INT64_C(1) << 30},
                               {NULL, 0}};

const mm_setting_t *mm_setting_rows(void)
{
    return rows;
}

size_t mm_setting_count(void)
{
    return sizeof rows / sizeof rows[0] - 1;
}

const mm_setting_legacy_t *mm_setting_legacies(void)
{
    return legacies;
}

const char *mm_setting_program(unsigned program)
{
    switch (program) {
    case MM_PROGRAM_GATEWAY:
        return "mikromeet-gateway";
    case MM_PROGRAM_BROKER:
        return "mikromeet-broker";
    default:
        assert(program == MM_PROGRAM_ADMIN);
        return "mikromeet-admin";
    }
}

const mm_setting_t *mm_setting_find(const char *name)
{
    for (const mm_setting_t *row = rows; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

bool mm_setting_is_text(const mm_setting_t *row)
{
    return row->kind == MM_SETTING_IS_TEXT || row->kind == MM_SETTING_IS_SECRET ||
           row->kind == MM_SETTING_IS_LEVEL;
}

void mm_setting_variable(const mm_setting_t *row, const char *suffix,
                         char out[MM_SETTING_VARIABLE_BYTES])
{
    int length = snprintf(out, MM_SETTING_VARIABLE_BYTES, "MIKROMEET_%s%s", row->name, suffix);

    assert(length > 0 && length < MM_SETTING_VARIABLE_BYTES);
    for (char *at = out; *at != '\0'; at++) {
        if (*at == '-')
            *at = '_';
        *at = (char)toupper((unsigned char)*at);
    }
}

static const unit_t *units_of(mm_setting_kind_t kind)
{
    if (kind == MM_SETTING_IS_TIME)
        return times;
    return kind == MM_SETTING_IS_SIZE ? sizes : no_units;
}

/* Digits, then one of the units.  No sign, no space, no fraction: what looks odd is a mistake. */
static bool read_amount(const char *text, const unit_t *units, int64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    int64_t amount = 0;

    if (digits == 0)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (__builtin_mul_overflow(amount, INT64_C(10), &amount) ||
            __builtin_add_overflow(amount, (int64_t)(text[i] - '0'), &amount))
            return false;
    }
    for (; units->suffix != NULL; units++) {
        if (strcmp(text + digits, units->suffix) == 0)
            return !__builtin_mul_overflow(amount, units->factor, out);
    }
    return false;
}

static bool assign_amount(const mm_setting_t *row, const char *value, char *member)
{
    int64_t amount = 0;

    if (!read_amount(value, units_of(row->kind), &amount) || amount < row->min || amount > row->max)
        return false;
    memcpy(member, &amount, sizeof amount);
    return true;
}

static bool assign_switch(const char *value, char *member)
{
    bool on = strcmp(value, "true") == 0;

    if (!on && strcmp(value, "false") != 0)
        return false;
    memcpy(member, &on, sizeof on);
    return true;
}

static bool assign_text(const mm_setting_t *row, const char *value, char *member)
{
    size_t length = strlen(value);
    mm_log_level_t level = MM_LOG_INFO;
    char *old = NULL;
    char *text = NULL;

    if (length < (size_t)row->min || length > (size_t)row->max)
        return false;
    if (row->kind == MM_SETTING_IS_LEVEL && !mm_log_level_parse(value, &level))
        return false;
    text = strdup(value);
    if (text == NULL)
        abort();
    memcpy(&old, member, sizeof old);
    if (old != NULL && row->kind == MM_SETTING_IS_SECRET)
        explicit_bzero(old, strlen(old));
    free(old);
    memcpy(member, &text, sizeof text);
    return true;
}

bool mm_setting_assign(const mm_setting_t *row, const char *value, mm_settings_t *settings)
{
    char *member = (char *)settings + row->offset;

    switch (row->kind) {
    case MM_SETTING_IS_TEXT:
    case MM_SETTING_IS_SECRET:
    case MM_SETTING_IS_LEVEL:
        return assign_text(row, value, member);
    case MM_SETTING_IS_NUMBER:
    case MM_SETTING_IS_TIME:
    case MM_SETTING_IS_SIZE:
        return assign_amount(row, value, member);
    case MM_SETTING_IS_SWITCH:
        return assign_switch(value, member);
    }
    return false;
}

/* In the largest unit that says it exactly. */
static void print_amount(int64_t amount, const unit_t *units, char *out, size_t size)
{
    const unit_t *best = units;

    for (; units->suffix != NULL; units++) {
        if (amount % units->factor == 0 && (amount != 0 || units->factor == 1))
            best = units;
    }
    (void)snprintf(out, size, "%" PRId64 "%s", amount / best->factor, best->suffix);
}

void mm_setting_accepts(const mm_setting_t *row, char out[MM_SETTING_ACCEPTS_BYTES])
{
    static const char *const what[] = {
        [MM_SETTING_IS_NUMBER] = "a whole number",
        [MM_SETTING_IS_TIME] = "a time (ms, s, m, h)",
        [MM_SETTING_IS_SIZE] = "a size (KiB, MiB, GiB)",
    };
    char least[32];
    char most[32];

    switch (row->kind) {
    case MM_SETTING_IS_LEVEL:
        (void)snprintf(out, MM_SETTING_ACCEPTS_BYTES, "debug, info, warn or error");
        return;
    case MM_SETTING_IS_SWITCH:
        (void)snprintf(out, MM_SETTING_ACCEPTS_BYTES, "true or false");
        return;
    case MM_SETTING_IS_TEXT:
    case MM_SETTING_IS_SECRET:
        (void)snprintf(out, MM_SETTING_ACCEPTS_BYTES, "%" PRId64 " to %" PRId64 " bytes of text",
                       row->min, row->max);
        return;
    case MM_SETTING_IS_NUMBER:
    case MM_SETTING_IS_TIME:
    case MM_SETTING_IS_SIZE:
        print_amount(row->min, units_of(row->kind), least, sizeof least);
        print_amount(row->max, units_of(row->kind), most, sizeof most);
        (void)snprintf(out, MM_SETTING_ACCEPTS_BYTES, "%s, %s to %s", what[row->kind], least, most);
        return;
    }
}

static void print_text(FILE *out, const mm_setting_t *row, const char *text)
{
    if (row->kind == MM_SETTING_IS_SECRET && *text != '\0')
        text = "(secret)";
    for (; *text != '\0'; text++)
        (void)fputc(*text < 0x20 || *text > 0x7e ? '?' : *text, out);
}

void mm_setting_print(FILE *out, const mm_setting_t *row, const mm_settings_t *settings)
{
    const char *member = (const char *)settings + row->offset;
    char printed[32];
    const char *text;
    int64_t amount;
    bool is_on;

    if (mm_setting_is_text(row)) {
        memcpy(&text, member, sizeof text);
        print_text(out, row, text);
    } else if (row->kind == MM_SETTING_IS_SWITCH) {
        memcpy(&is_on, member, sizeof is_on);
        (void)fputs(is_on ? "true" : "false", out);
    } else {
        memcpy(&amount, member, sizeof amount);
        print_amount(amount, units_of(row->kind), printed, sizeof printed);
        (void)fputs(printed, out);
    }
}

/* Settings: where they come from, which one wins, and that every mistake names its place. */
#include "proto/settings.h"
#include "proto/settings_row.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { OUTPUT_BYTES = 64 * 1024 };

/* What the last run printed. */
static char printed[OUTPUT_BYTES];
static char complained[OUTPUT_BYTES];

static int redirect(int descriptor, int *kept)
{
    int file = memfd_create("output", MFD_CLOEXEC);

    assert_true(file >= 0);
    *kept = dup(descriptor);
    assert_true(*kept >= 0);
    assert_int_equal(dup2(file, descriptor), descriptor);
    return file;
}

static void restore(int descriptor, int kept, int file, char out[OUTPUT_BYTES])
{
    ssize_t length = pread(file, out, OUTPUT_BYTES - 1, 0);

    assert_true(length >= 0);
    out[length] = '\0';
    assert_int_equal(dup2(kept, descriptor), descriptor);
    close(kept);
    close(file);
}

/* Reads settings as the program would; lists end with NULL. */
static mm_settings_result_t run(mm_settings_t *out, unsigned program, char **flags,
                                char **variables)
{
    static char name[] = "program";
    char *argv[16] = {name};
    int argc = 1;
    int kept_out = -1;
    int kept_err = -1;
    int out_file = -1;
    int err_file = -1;
    mm_settings_result_t result = MM_SETTINGS_RUN;

    for (; *flags != NULL; flags++)
        argv[argc++] = *flags;
    fflush(stdout);
    out_file = redirect(STDOUT_FILENO, &kept_out);
    err_file = redirect(STDERR_FILENO, &kept_err);
    result = mm_settings_init(out, program, argc, argv, variables);
    fflush(stdout);
    restore(STDOUT_FILENO, kept_out, out_file, printed);
    restore(STDERR_FILENO, kept_err, err_file, complained);
    return result;
}

#define LIST(...) ((char *[]){__VA_ARGS__, NULL})

/* A file with this content; freed and removed by drop_file. */
static char *make_file(const char *content)
{
    char *path = strdup("/tmp/mm_settings_XXXXXX");
    int file = mkstemp(path);

    assert_true(file >= 0);
    assert_int_equal(write(file, content, strlen(content)), strlen(content));
    close(file);
    return path;
}

static void drop_file(char *path)
{
    unlink(path);
    free(path);
}

/* "--config=PATH" or "NAME=PATH", for free(). */
static char *join(const char *left, const char *right)
{
    char *joined = NULL;

    assert_true(asprintf(&joined, "%s%s", left, right) > 0);
    return joined;
}

static void every_default_fits_its_bounds(void **state)
{
    mm_settings_t settings;

    (void)state;
    mm_settings_defaults(&settings);
    assert_int_equal(settings.port, 3000);
    assert_int_equal(settings.join_deadline, 30000);
    assert_int_equal(settings.message_limit, 262144);
    assert_int_equal(settings.latent_room_max_age, 86400000);
    assert_false(settings.use_https);
    assert_string_equal(settings.log_level, "info");
    mm_settings_fini(&settings);
}

static void names_are_used_once_and_variables_follow_from_them(void **state)
{
    char variable[MM_SETTING_VARIABLE_BYTES];

    (void)state;
    for (const mm_setting_t *row = mm_setting_rows(); row->name != NULL; row++)
        assert_ptr_equal(mm_setting_find(row->name), row);
    for (const mm_setting_legacy_t *old = mm_setting_legacies(); old->variable != NULL; old++)
        assert_non_null(mm_setting_find(old->name));
    mm_setting_variable(mm_setting_find("max-latent-rooms"), "", variable);
    assert_string_equal(variable, "MIKROMEET_MAX_LATENT_ROOMS");
}

static void flag_variable_and_key_are_one_setting_and_the_flag_wins(void **state)
{
    mm_settings_t settings;
    char *file = make_file("{\"max-latent-rooms\": 5, \"max-rooms\": 6, \"waiting-list\": \"7\"}");
    char *config = join("--config=", file);

    (void)state;
    assert_int_equal(run(&settings, MM_PROGRAM_BROKER, LIST(config, "--max-latent-rooms=9"),
                         LIST("MIKROMEET_MAX_LATENT_ROOMS=8", "MIKROMEET_MAX_ROOMS=10")),
                     MM_SETTINGS_RUN);
    assert_int_equal(settings.max_latent_rooms, 9);
    assert_int_equal(settings.max_rooms, 10);
    assert_int_equal(settings.waiting_list, 7);
    mm_settings_fini(&settings);
    free(config);
    drop_file(file);
}

static void config_variable_names_the_file_and_its_flag_wins(void **state)
{
    mm_settings_t settings;
    char *file = make_file("{\"port\": 5}");
    char *variable = join("MIKROMEET_CONFIG=", file);

    (void)state;
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL), LIST(variable)),
                     MM_SETTINGS_RUN);
    assert_int_equal(settings.port, 5);
    mm_settings_fini(&settings);
    assert_int_equal(
        run(&settings, MM_PROGRAM_GATEWAY, LIST("--config", "/nowhere/at/all"), LIST(variable)),
        MM_SETTINGS_NO_FILE);
    assert_non_null(strstr(complained, "/nowhere/at/all: "));
    free(variable);
    drop_file(file);
}

static void times_and_sizes_carry_units(void **state)
{
    static const struct {
        char *variable;
        int64_t value; /* -1: refused */
    } cases[] = {
        {"MIKROMEET_IDLE_TIMEOUT=30001", 30001},
        {"MIKROMEET_IDLE_TIMEOUT=30001ms", 30001},
        {"MIKROMEET_IDLE_TIMEOUT=40s", 40000},
        {"MIKROMEET_IDLE_TIMEOUT=5m", 300000},
        {"MIKROMEET_IDLE_TIMEOUT=1h", 3600000},
        {"MIKROMEET_IDLE_TIMEOUT=2h", -1},
        {"MIKROMEET_IDLE_TIMEOUT=", -1},
        {"MIKROMEET_IDLE_TIMEOUT=-40s", -1},
        {"MIKROMEET_IDLE_TIMEOUT= 40s", -1},
        {"MIKROMEET_IDLE_TIMEOUT=40 s", -1},
        {"MIKROMEET_IDLE_TIMEOUT=4e4", -1},
        {"MIKROMEET_IDLE_TIMEOUT=40KiB", -1},
        {"MIKROMEET_IDLE_TIMEOUT=99999999999999999999s", -1},
        {"MIKROMEET_IDLE_TIMEOUT=9223372036854775807h", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mm_settings_t settings;
        mm_settings_result_t result =
            run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL), LIST(cases[i].variable));

        assert_int_equal(result, cases[i].value < 0 ? MM_SETTINGS_REFUSED : MM_SETTINGS_RUN);
        if (result == MM_SETTINGS_RUN) {
            assert_int_equal(settings.idle_timeout, cases[i].value);
            mm_settings_fini(&settings);
        } else {
            assert_string_equal(complained,
                                "mikromeet-gateway: MIKROMEET_IDLE_TIMEOUT: must be a time "
                                "(ms, s, m, h), 200ms to 1h\n");
        }
    }
}

static void sizes_are_written_in_bytes_or_binary_units(void **state)
{
    mm_settings_t settings;

    (void)state;
    assert_int_equal(
        run(&settings, MM_PROGRAM_GATEWAY,
            LIST("--control-queue=65536", "--chunk-queue", "2MiB", "--link-window=1GiB"),
            LIST(NULL)),
        MM_SETTINGS_RUN);
    assert_int_equal(settings.control_queue, 65536);
    assert_int_equal(settings.chunk_queue, 2 << 20);
    assert_int_equal(settings.link_window, 1 << 30);
    mm_settings_fini(&settings);
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST("--control-queue=64kb"), LIST(NULL)),
                     MM_SETTINGS_USAGE);
}

static void mistakes_on_the_command_line_name_the_flag(void **state)
{
    static const struct {
        char *flag;
        const char *complaint;
    } cases[] = {
        {"--port=65536", "mikromeet-gateway: --port: must be a whole number, 0 to 65535\n"},
        {"--port=", "mikromeet-gateway: --port: must be a whole number, 0 to 65535\n"},
        {"--port=3000x", "mikromeet-gateway: --port: must be a whole number, 0 to 65535\n"},
        {"--port", "mikromeet-gateway: --port: needs a value\n"},
        {"--por=1", "mikromeet-gateway: --por: no such flag; --help lists them\n"},
        {"--no-such", "mikromeet-gateway: --no-such: no such flag; --help lists them\n"},
        {"--max-rooms=5", "mikromeet-gateway: --max-rooms: no such flag; --help lists them\n"},
        {"-p", "mikromeet-gateway: -p: no such flag; --help lists them\n"},
        {"word", "mikromeet-gateway: word: no such flag; --help lists them\n"},
        {"--\x1b[2J", "mikromeet-gateway: --?[2J: no such flag; --help lists them\n"},
        {"--use-https=yes", "mikromeet-gateway: --use-https: must be true or false\n"},
        {"--log-level=loud",
         "mikromeet-gateway: --log-level: must be debug, info, warn or error\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mm_settings_t settings;

        assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(cases[i].flag), LIST(NULL)),
                         MM_SETTINGS_USAGE);
        assert_string_equal(complained, cases[i].complaint);
    }
    assert_int_equal(mm_settings_exit_status(MM_SETTINGS_USAGE), 2);
}

static void unknown_variables_refuse_the_start(void **state)
{
    mm_settings_t settings;

    (void)state;
    assert_int_equal(
        run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL), LIST("HOME=/", "MIKROMEET_PROT=1")),
        MM_SETTINGS_REFUSED);
    assert_string_equal(complained, "mikromeet-gateway: MIKROMEET_PROT: no such setting\n");
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL), LIST("MIKROMEET_PORT_FILE=/x")),
                     MM_SETTINGS_REFUSED);
    assert_int_equal(mm_settings_exit_status(MM_SETTINGS_REFUSED), 78);
}

static void the_other_programs_variables_and_keys_are_no_mistake(void **state)
{
    mm_settings_t settings;
    char *file = make_file("{\"turn-credential-file\": \"/nowhere\", \"port\": \"what\"}");
    char *config = join("--config=", file);

    (void)state;
    assert_int_equal(run(&settings, MM_PROGRAM_BROKER, LIST(config),
                         LIST("MIKROMEET_PORT=3001", "PORT=x", "MIKROMEET_TURN_CREDENTIAL=s")),
                     MM_SETTINGS_RUN);
    assert_int_equal(settings.port, 3000);
    mm_settings_fini(&settings);
    free(config);
    drop_file(file);
}

static void mistakes_in_the_file_name_file_and_key(void **state)
{
    static const struct {
        const char *content;
        const char *complaint;
    } cases[] = {
        {"{\"prot\": 1}", ": prot: no such setting\n"},
        {"{\"port\": 65536}", ": port: must be a whole number, 0 to 65535\n"},
        {"{\"port\": 1.5}", ": port: must be a string, a whole number or a boolean\n"},
        {"{\"port\": null}", ": port: must be a string, a whole number or a boolean\n"},
        {"{\"port\": true}", ": port: must be a whole number, 0 to 65535\n"},
        {"{\"name\": 5}", ": name: must be a string\n"},
        {"{\"turn-credential-file\": 5}", ": turn-credential-file: must be a string\n"},
        {"{\"use-https\": 1}", ": use-https: must be true or false\n"},
        {"[]", ": must be a JSON object\n"},
        {"{\"port\": 1, \"port\": 2}",
         ": line 1, column 18: not valid JSON, or a key given twice\n"},
        {"{\"turn-credential\": hunter2}",
         ": line 1, column 26: not valid JSON, or a key given twice\n"},
        {"", ": line 1, column 0: not valid JSON, or a key given twice\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mm_settings_t settings;
        char *file = make_file(cases[i].content);
        char *config = join("--config=", file);
        char *expected = NULL;

        assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(config), LIST(NULL)),
                         MM_SETTINGS_REFUSED);
        assert_true(asprintf(&expected, "mikromeet-gateway: %s%s", file, cases[i].complaint) > 0);
        assert_string_equal(complained, expected);
        free(expected);
        free(config);
        drop_file(file);
    }
}

static void a_config_file_without_end_is_refused(void **state)
{
    mm_settings_t settings;

    (void)state;
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST("--config=/dev/zero"), LIST(NULL)),
                     MM_SETTINGS_NO_FILE);
    assert_int_equal(mm_settings_exit_status(MM_SETTINGS_NO_FILE), 66);
}

static void a_secret_has_variable_key_and_file_but_no_flag(void **state)
{
    mm_settings_t settings;
    char *secret = make_file("from a file\r\n");
    char *by_variable = join("MIKROMEET_TURN_CREDENTIAL_FILE=", secret);
    char *content = NULL;
    char *file = NULL;
    char *config = NULL;

    (void)state;
    assert_true(asprintf(&content, "{\"turn-credential-file\": \"%s\"}", secret) > 0);
    file = make_file(content);
    config = join("--config=", file);
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST("--turn-credential=x"), LIST(NULL)),
                     MM_SETTINGS_USAGE);
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL), LIST(by_variable)),
                     MM_SETTINGS_RUN);
    assert_string_equal(settings.turn_credential, "from a file");
    mm_settings_fini(&settings);
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(config), LIST(NULL)), MM_SETTINGS_RUN);
    assert_string_equal(settings.turn_credential, "from a file");
    mm_settings_fini(&settings);
    assert_int_equal(
        run(&settings, MM_PROGRAM_GATEWAY, LIST(config), LIST("MIKROMEET_TURN_CREDENTIAL=direct")),
        MM_SETTINGS_RUN);
    assert_string_equal(settings.turn_credential, "direct");
    mm_settings_fini(&settings);
    free(config);
    drop_file(file);
    free(content);
    free(by_variable);
    drop_file(secret);
}

static void a_secret_is_never_printed(void **state)
{
    static char too_long[600] = "MIKROMEET_TURN_CREDENTIAL=";
    char *huge = make_file("hunter2");
    char *by_file = join("MIKROMEET_TURN_CREDENTIAL_FILE=", huge);
    mm_settings_t settings;

    (void)state;
    memset(too_long + strlen(too_long), 'q', sizeof too_long - strlen(too_long) - 1);
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL), LIST(too_long)),
                     MM_SETTINGS_REFUSED);
    assert_null(strstr(complained, "qqq"));
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL),
                         LIST("MIKROMEET_TURN_CREDENTIAL=hunter1", by_file)),
                     MM_SETTINGS_REFUSED);
    assert_non_null(strstr(complained, "MIKROMEET_TURN_CREDENTIAL_FILE: given twice"));
    assert_null(strstr(complained, "hunter"));
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL),
                         LIST("MIKROMEET_TURN_CREDENTIAL_FILE=/nowhere/hunter3")),
                     MM_SETTINGS_REFUSED);
    assert_null(strstr(complained, "hunter"));
    assert_int_equal(
        run(&settings, MM_PROGRAM_GATEWAY, LIST("--turn-credential=hunter4"), LIST(NULL)),
        MM_SETTINGS_USAGE);
    assert_non_null(strstr(complained, "--turn-credential: no such flag"));
    assert_null(strstr(complained, "hunter"));
    assert_int_equal(
        run(&settings, MM_PROGRAM_GATEWAY, LIST("TURN_CREDENTIAL=hunter5"), LIST(NULL)),
        MM_SETTINGS_USAGE);
    assert_null(strstr(complained, "hunter"));
    free(by_file);
    drop_file(huge);
}

static void a_file_that_is_none_does_not_hold_up_the_start(void **state)
{
    char folder[] = "/tmp/mm_settings_XXXXXX";
    mm_settings_t settings;
    char *fifo = NULL;
    char *variable = NULL;

    (void)state;
    assert_non_null(mkdtemp(folder));
    fifo = join(folder, "/fifo");
    variable = join("MIKROMEET_TURN_CREDENTIAL_FILE=", fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL), LIST(variable)),
                     MM_SETTINGS_REFUSED);
    assert_non_null(strstr(complained, "MIKROMEET_TURN_CREDENTIAL_FILE: cannot read that file"));
    assert_int_equal(unlink(fifo), 0);
    assert_int_equal(symlink("/nowhere/to/be/read", fifo), 0);
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL), LIST(variable)),
                     MM_SETTINGS_REFUSED);
    assert_int_equal(unlink(fifo), 0);
    free(variable);
    free(fifo);
    assert_int_equal(rmdir(folder), 0);
}

static void a_secret_may_lie_behind_a_link(void **state)
{
    mm_settings_t settings;
    char *secret = make_file("linked");
    char *link = join(secret, ".link");
    char *variable = join("MIKROMEET_TURN_CREDENTIAL_FILE=", link);

    (void)state;
    assert_int_equal(symlink(secret, link), 0);
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL), LIST(variable)),
                     MM_SETTINGS_RUN);
    assert_string_equal(settings.turn_credential, "linked");
    mm_settings_fini(&settings);
    assert_int_equal(unlink(link), 0);
    free(variable);
    free(link);
    drop_file(secret);
}

static void variables_of_the_existing_server_work_and_give_way(void **state)
{
    mm_settings_t settings;

    (void)state;
    assert_int_equal(
        run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL),
            LIST("PORT=81", "USE_HTTPS=", "TURN_SERVER_URL=turn:t", "TURN_SERVER_USERNAME=u",
                 "TURN_SERVER_CREDENTIAL=c", "SSL_CERT_PATH=/c", "SSL_KEY_PATH=/k")),
        MM_SETTINGS_RUN);
    assert_int_equal(settings.port, 81);
    assert_string_equal(settings.turn_url, "turn:t");
    assert_string_equal(settings.turn_username, "u");
    assert_string_equal(settings.turn_credential, "c");
    assert_string_equal(settings.tls_certificate, "/c");
    assert_string_equal(settings.tls_key, "/k");
    mm_settings_fini(&settings);
    assert_int_equal(run(&settings, MM_PROGRAM_BROKER, LIST(NULL),
                         LIST("MIKROMEET_MAX_LATENT_ROOMS=7", "MAX_LATENT_ROOMS=8",
                              "LATENT_ROOM_MAX_AGE_HOURS=2")),
                     MM_SETTINGS_RUN);
    assert_int_equal(settings.max_latent_rooms, 7);
    assert_int_equal(settings.latent_room_max_age, 7200000);
    mm_settings_fini(&settings);
    assert_int_equal(
        run(&settings, MM_PROGRAM_BROKER, LIST(NULL), LIST("LATENT_ROOM_MAX_AGE_HOURS=2h")),
        MM_SETTINGS_REFUSED);
    assert_non_null(strstr(complained, "LATENT_ROOM_MAX_AGE_HOURS: must be a time"));
}

static void settings_that_contradict_each_other_refuse_the_start(void **state)
{
    mm_settings_t settings;

    (void)state;
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST("--idle-timeout=5s"), LIST(NULL)),
                     MM_SETTINGS_REFUSED);
    assert_string_equal(complained,
                        "mikromeet-gateway: --idle-timeout: must be longer than ping-interval\n");
    assert_int_equal(run(&settings, MM_PROGRAM_GATEWAY, LIST(NULL), LIST("USE_HTTPS=true")),
                     MM_SETTINGS_REFUSED);
    assert_non_null(strstr(complained, "mikromeet-gateway: USE_HTTPS: "));
    assert_int_equal(run(&settings, MM_PROGRAM_BROKER, LIST("--max-participants=4"),
                         LIST("MIKROMEET_DEFAULT_PARTICIPANTS=5")),
                     MM_SETTINGS_REFUSED);
    assert_non_null(strstr(complained, "MIKROMEET_DEFAULT_PARTICIPANTS: must not exceed"));
    assert_int_equal(run(&settings, MM_PROGRAM_BROKER, LIST("--max-participants=4"), LIST(NULL)),
                     MM_SETTINGS_RUN);
    assert_int_equal(settings.default_participants, 4);
    mm_settings_fini(&settings);
}

static void help_lists_every_flag_with_default_and_bounds(void **state)
{
    static const unsigned programs[] = {MM_PROGRAM_GATEWAY, MM_PROGRAM_BROKER};

    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        mm_settings_t settings;

        assert_int_equal(run(&settings, programs[i], LIST("--help"), LIST("MIKROMEET_X=1")),
                         MM_SETTINGS_DONE);
        for (const mm_setting_t *row = mm_setting_rows(); row->name != NULL; row++) {
            bool expected = (row->programs & programs[i]) != 0 && row->kind != MM_SETTING_IS_SECRET;
            char flag[64];

            (void)snprintf(flag, sizeof flag,
                           row->kind == MM_SETTING_IS_SWITCH ? "  --%s[=" : "  --%s=", row->name);
            assert_int_equal(strstr(printed, flag) != NULL, expected);
        }
    }
    assert_non_null(strstr(printed, "a whole number, 1 to 1000000; default 10000\n"));
}

static void version_and_check_config_end_without_starting(void **state)
{
    mm_settings_t settings;

    (void)state;
    assert_int_equal(run(&settings, MM_PROGRAM_BROKER, LIST("--version"), LIST(NULL)),
                     MM_SETTINGS_DONE);
    assert_string_equal(printed, "mikromeet-broker " MM_VERSION "\n");
    assert_int_equal(run(&settings, MM_PROGRAM_BROKER, LIST("--check-config"), LIST(NULL)),
                     MM_SETTINGS_CHECK);
    mm_settings_fini(&settings);
    assert_int_equal(
        run(&settings, MM_PROGRAM_BROKER, LIST("--check-config", "--max-rooms=0"), LIST(NULL)),
        MM_SETTINGS_USAGE);
    assert_int_equal(mm_settings_exit_status(MM_SETTINGS_DONE), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_fits_its_bounds),
        cmocka_unit_test(names_are_used_once_and_variables_follow_from_them),
        cmocka_unit_test(flag_variable_and_key_are_one_setting_and_the_flag_wins),
        cmocka_unit_test(config_variable_names_the_file_and_its_flag_wins),
        cmocka_unit_test(times_and_sizes_carry_units),
        cmocka_unit_test(sizes_are_written_in_bytes_or_binary_units),
        cmocka_unit_test(mistakes_on_the_command_line_name_the_flag),
        cmocka_unit_test(unknown_variables_refuse_the_start),
        cmocka_unit_test(the_other_programs_variables_and_keys_are_no_mistake),
        cmocka_unit_test(mistakes_in_the_file_name_file_and_key),
        cmocka_unit_test(a_config_file_without_end_is_refused),
        cmocka_unit_test(a_secret_has_variable_key_and_file_but_no_flag),
        cmocka_unit_test(a_secret_is_never_printed),
        cmocka_unit_test(a_file_that_is_none_does_not_hold_up_the_start),
        cmocka_unit_test(a_secret_may_lie_behind_a_link),
        cmocka_unit_test(variables_of_the_existing_server_work_and_give_way),
        cmocka_unit_test(settings_that_contradict_each_other_refuse_the_start),
        cmocka_unit_test(help_lists_every_flag_with_default_and_bounds),
        cmocka_unit_test(version_and_check_config_end_without_starting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

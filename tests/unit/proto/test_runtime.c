/* Data folder, runtime folder and bus socket: two processes with the same settings find the same path, and nobody
 * else's folder is trusted. */
#include "proto/runtime.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char base[64]; /* a folder of this test */
static mm_settings_t settings;
static char out[MM_PATH_BYTES];
static char path[MM_PATH_BYTES];

/* base/name, in a static buffer. */
static const char *at(const char *name)
{
    assert_true(snprintf(path, sizeof path, "%s/%s", base, name) < (int)sizeof path);
    return path;
}

static void set_text(char **member, const char *value)
{
    free(*member);
    *member = strdup(value);
    assert_non_null(*member);
}

static int begin(void **state)
{
    (void)state;
    strcpy(base, "/tmp/mm_runtime_XXXXXX");
    if (mkdtemp(base) == NULL || chdir(base) != 0)
        return -1;
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_RUNTIME_DIR");
    setenv("HOME", base, 1);
    setenv("TMPDIR", base, 1);
    mm_settings_defaults(&settings);
    return 0;
}

static int end(void **state)
{
    char command[128];

    (void)state;
    mm_settings_fini(&settings);
    (void)snprintf(command, sizeof command, "rm -rf %s", base);
    return chdir("/") != 0 || system(command) != 0 ? -1 : 0;
}

static void the_data_path_is_the_setting_or_the_state_folder(void **state)
{
    (void)state;
    assert_int_equal(mm_runtime_data_path(&settings, out), MM_OK);
    assert_string_equal(out, at(".local/state/mikromeet"));
    setenv("XDG_STATE_HOME", "relative/is/ignored", 1);
    assert_int_equal(mm_runtime_data_path(&settings, out), MM_OK);
    assert_string_equal(out, at(".local/state/mikromeet"));
    setenv("XDG_STATE_HOME", "/state", 1);
    assert_int_equal(mm_runtime_data_path(&settings, out), MM_OK);
    assert_string_equal(out, "/state/mikromeet");
    set_text(&settings.data, "/some//where/./else/../x/");
    assert_int_equal(mm_runtime_data_path(&settings, out), MM_OK);
    assert_string_equal(out, "/some/where/x");
}

static void without_home_the_data_path_cannot_be_told(void **state)
{
    (void)state;
    unsetenv("HOME");
    assert_int_equal(mm_runtime_data_path(&settings, out), MM_ERR_SYSTEM);
}

static void all_ways_to_write_a_data_path_are_one(void **state)
{
    static const char *const ways[] = {"data", "./data", "data/", "link", "x/../data"};

    (void)state;
    assert_int_equal(mkdir(at("data"), 0700), 0);
    assert_int_equal(mkdir(at("x"), 0700), 0);
    assert_int_equal(symlink("data", at("link")), 0);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char way[128];

        (void)snprintf(way, sizeof way, "%s", ways[i]);
        set_text(&settings.data, way);
        assert_int_equal(mm_runtime_data_path(&settings, out), MM_OK);
        assert_string_equal(out, at("data"));
    }
    set_text(&settings.data, "link/not/yet/../there");
    assert_int_equal(mm_runtime_data_path(&settings, out), MM_OK);
    assert_string_equal(out, at("data/not/there"));
}

static void a_missing_path_and_the_folder_made_there_are_one(void **state)
{
    char before[MM_PATH_BYTES];

    (void)state;
    set_text(&settings.data, "a/b/c");
    assert_int_equal(mm_runtime_data_path(&settings, before), MM_OK);
    assert_int_equal(mm_runtime_make_folder(before), MM_OK);
    assert_int_equal(mm_runtime_make_folder(before), MM_OK);
    assert_int_equal(mm_runtime_data_path(&settings, out), MM_OK);
    assert_string_equal(before, out);
}

static void a_made_folder_is_private_and_a_file_is_no_folder(void **state)
{
    struct stat status;

    (void)state;
    assert_int_equal(mm_runtime_make_folder(at("new/folder")), MM_OK);
    assert_int_equal(stat(at("new/folder"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(stat(at("new"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    fclose(fopen(at("file"), "we"));
    assert_int_equal(mm_runtime_make_folder(at("file")), MM_ERR_SYSTEM);
    assert_int_equal(mm_runtime_make_folder(at("file/below")), MM_ERR_SYSTEM);
}

static void the_bus_lies_in_the_runtime_folder_by_data_path(void **state)
{
    char first[MM_PATH_BYTES];
    char expected[MM_PATH_BYTES];
    struct stat status;

    (void)state;
    (void)snprintf(expected, sizeof expected, "ipc://%s/mikromeet-%lu/", base,
                   (unsigned long)geteuid());
    set_text(&settings.data, "data");
    assert_int_equal(mm_runtime_bus_endpoint(&settings, first), MM_OK);
    assert_int_equal(strncmp(first, expected, strlen(expected)), 0);
    assert_int_equal(strlen(first), strlen(expected) + 16 + strlen("/bus"));
    first[strlen(first) - strlen("/bus")] = '\0';
    assert_int_equal(stat(first + strlen("ipc://"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    set_text(&settings.data, "other");
    assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_OK);
    assert_int_not_equal(strncmp(first, out, strlen(first)), 0);
    assert_int_not_equal(access(at("other"), F_OK), 0);
    setenv("XDG_RUNTIME_DIR", base, 1);
    assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_OK);
    (void)snprintf(expected, sizeof expected, "ipc://%s/mikromeet/", base);
    assert_int_equal(strncmp(out, expected, strlen(expected)), 0);
}

static void a_runtime_folder_that_others_may_touch_is_refused(void **state)
{
    (void)state;
    setenv("XDG_RUNTIME_DIR", base, 1);
    assert_int_equal(mkdir(at("mikromeet"), 0700), 0);
    assert_int_equal(chmod(at("mikromeet"), 0750), 0);
    assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_ERR_SYSTEM);
    assert_int_equal(rmdir(at("mikromeet")), 0);
    assert_int_equal(mkdir(at("target"), 0700), 0);
    assert_int_equal(symlink("target", at("mikromeet")), 0);
    assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_ERR_SYSTEM);
    assert_int_equal(unlink(at("mikromeet")), 0);
    if (geteuid() == 0) {
        assert_int_equal(mkdir(at("mikromeet"), 0700), 0);
        assert_int_equal(chown(at("mikromeet"), 12345, 12345), 0);
        assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_ERR_SYSTEM);
        assert_int_equal(rmdir(at("mikromeet")), 0);
    }
    assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_OK);
}

static void our_own_folders_do_not_depend_on_the_umask(void **state)
{
    mode_t before = umask(0377);
    mm_err_t bus, data;
    struct stat status;

    (void)state;
    setenv("XDG_RUNTIME_DIR", base, 1);
    bus = mm_runtime_bus_endpoint(&settings, out);
    data = mm_runtime_make_folder(at("new/folder"));
    (void)umask(before);
    assert_int_equal(bus, MM_OK);
    assert_int_equal(data, MM_OK);
    assert_int_equal(stat(at("new/folder"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void a_path_too_long_for_a_socket_is_refused_before_anything_is_made(void **state)
{
    char runtime[MM_PATH_BYTES];

    (void)state;
    (void)snprintf(runtime, sizeof runtime, "%s/%070d", base, 0);
    setenv("XDG_RUNTIME_DIR", runtime, 1);
    assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_ERR_TOO_LARGE);
    assert_int_not_equal(access(runtime, F_OK), 0);
}

static void a_bus_of_ones_own_must_be_an_absolute_ipc_path(void **state)
{
    char longest[128];

    (void)state;
    set_text(&settings.bus, "ipc:///run/mine/bus");
    assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_OK);
    assert_string_equal(out, "ipc:///run/mine/bus");
    set_text(&settings.bus, "tcp://127.0.0.1:5555");
    assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_ERR_MALFORMED);
    set_text(&settings.bus, "ipc://@abstract");
    assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_ERR_MALFORMED);
    set_text(&settings.bus, "ipc://relative/bus");
    assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_ERR_MALFORMED);
    (void)snprintf(longest, sizeof longest, "ipc:///%0106d", 0);
    set_text(&settings.bus, longest);
    assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_OK);
    (void)snprintf(longest, sizeof longest, "ipc:///%0107d", 0);
    set_text(&settings.bus, longest);
    assert_int_equal(mm_runtime_bus_endpoint(&settings, out), MM_ERR_TOO_LARGE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_data_path_is_the_setting_or_the_state_folder, begin,
                                        end),
        cmocka_unit_test_setup_teardown(without_home_the_data_path_cannot_be_told, begin, end),
        cmocka_unit_test_setup_teardown(all_ways_to_write_a_data_path_are_one, begin, end),
        cmocka_unit_test_setup_teardown(a_missing_path_and_the_folder_made_there_are_one, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_made_folder_is_private_and_a_file_is_no_folder, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_bus_lies_in_the_runtime_folder_by_data_path, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_runtime_folder_that_others_may_touch_is_refused, begin,
                                        end),
        cmocka_unit_test_setup_teardown(our_own_folders_do_not_depend_on_the_umask, begin, end),
        cmocka_unit_test_setup_teardown(
            a_path_too_long_for_a_socket_is_refused_before_anything_is_made, begin, end),
        cmocka_unit_test_setup_teardown(a_bus_of_ones_own_must_be_an_absolute_ipc_path, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

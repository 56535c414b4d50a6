/* The data folder, the runtime folder and the bus socket.
 * Not here: the lock in the data folder (broker), binding and connecting (the bus of each program). */
#include "proto/runtime.h"
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    SOCKET_PATH_MAX = sizeof((struct sockaddr_un *)NULL)->sun_path - 1,
    HASH_BYTES = 8, /* of the data path, 16 hex digits */
    FOLDER_MODE = 0700
};

static const char ipc_scheme[] = "ipc://";

/* True when it fits. */
__attribute__((format(printf, 2, 3))) static bool print_path(char out[MM_PATH_BYTES],
                                                             const char *format, ...)
{
    va_list arguments;
    int length = 0;

    va_start(arguments, format);
    length = vsnprintf(out, MM_PATH_BYTES, format, arguments);
    va_end(arguments);
    return length >= 0 && length < MM_PATH_BYTES;
}

static mm_err_t complain(mm_err_t err, const char *path, const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", path, what);
    return err;
}

/* A variable that holds an absolute path; NULL else (relative ones are to be ignored, says the
 * XDG base directory specification). */
static const char *absolute_variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] == '/' ? value : NULL;
}

/* --- the data path ------------------------------------------------------------------------ */

/* Appends the components of `rest` to the absolute path `path`, "." and ".." by their meaning. */
static bool append_components(char path[MM_PATH_BYTES], const char *rest)
{
    size_t length = strcmp(path, "/") == 0 ? 0 : strlen(path);

    while (*rest != '\0') {
        size_t part = strcspn(rest, "/");

        if (part == 2 && strncmp(rest, "..", 2) == 0) {
            while (length > 0 && path[--length] != '/')
                continue;
        } else if (part > 0 && !(part == 1 && rest[0] == '.')) {
            if (length + 1 + part >= MM_PATH_BYTES)
                return false;
            path[length++] = '/';
            memcpy(path + length, rest, part);
            length += part;
        }
        rest += part;
        rest += strspn(rest, "/");
    }
    if (length == 0)
        path[length++] = '/';
    path[length] = '\0';
    return true;
}

/* Resolves the longest beginning of `absolute` that exists, and puts the rest behind it. */
static bool resolve(const char *absolute, char out[MM_PATH_BYTES])
{
    char beginning[MM_PATH_BYTES];
    size_t end = strlen(absolute);

    (void)print_path(beginning, "%s", absolute);
    for (;;) {
        char *real = realpath(end == 0 ? "/" : beginning, NULL);

        if (real != NULL) {
            bool fits = print_path(out, "%s", real);

            free(real);
            return fits && append_components(out, absolute + end);
        }
        if ((errno != ENOENT && errno != ENOTDIR) || end == 0)
            return false;
        while (end > 0 && absolute[end - 1] == '/')
            end--;
        while (end > 0 && absolute[end - 1] != '/')
            end--;
        beginning[end] = '\0';
    }
}

/* The data path as it was given, made absolute. */
static mm_err_t given_data_path(const mm_settings_t *settings, char out[MM_PATH_BYTES])
{
    const char *state = absolute_variable("XDG_STATE_HOME");
    const char *home = absolute_variable("HOME");
    char here[MM_PATH_BYTES];
    bool fits = false;

    if (settings->data[0] == '/') {
        fits = print_path(out, "%s", settings->data);
    } else if (settings->data[0] != '\0') {
        if (getcwd(here, sizeof here) == NULL)
            return complain(MM_ERR_SYSTEM, settings->data, "the working folder cannot be told");
        fits = print_path(out, "%s/%s", here, settings->data);
    } else if (state != NULL) {
        fits = print_path(out, "%s/mikromeet", state);
    } else if (home != NULL) {
        fits = print_path(out, "%s/.local/state/mikromeet", home);
    } else {
        return complain(MM_ERR_SYSTEM, "data", "neither it nor XDG_STATE_HOME nor HOME is set");
    }
    return fits ? MM_OK : complain(MM_ERR_SYSTEM, "data", "the path is too long");
}

mm_err_t mm_runtime_data_path(const mm_settings_t *settings, char out[MM_PATH_BYTES])
{
    char given[MM_PATH_BYTES];
    mm_err_t err = given_data_path(settings, given);

    if (err != MM_OK)
        return err;
    if (!resolve(given, out))
        return complain(MM_ERR_SYSTEM, given, "the data path cannot be resolved");
    return MM_OK;
}

/* --- folders ------------------------------------------------------------------------------ */

static bool is_folder(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(status.st_mode);
}

mm_err_t mm_runtime_make_folder(const char *path)
{
    char upto[MM_PATH_BYTES];
    size_t length = strlen(path);

    if (!print_path(upto, "%s", path)) {
        errno = ENAMETOOLONG;
        return MM_ERR_SYSTEM;
    }
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        upto[i] = '\0';
        if (mkdir(upto, FOLDER_MODE) == 0 ? chmod(upto, FOLDER_MODE) != 0
                                          : errno != EEXIST && !is_folder(upto))
            return MM_ERR_SYSTEM;
        upto[i] = path[i];
    }
    return is_folder(path) ? MM_OK : MM_ERR_SYSTEM;
}

/* Makes a folder that nobody else may look into, or makes sure that it is one: under /tmp anybody
 * could have made it, or a link to somewhere, before us. */
static mm_err_t own_folder(const char *path)
{
    struct stat status;

    /* The umask may have taken rights from us as well. */
    if (mkdir(path, FOLDER_MODE) == 0 ? chmod(path, FOLDER_MODE) != 0 : errno != EEXIST)
        return complain(MM_ERR_SYSTEM, path, strerror(errno));
    if (lstat(path, &status) != 0)
        return complain(MM_ERR_SYSTEM, path, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return complain(MM_ERR_SYSTEM, path, "is not a folder");
    if (status.st_uid != geteuid())
        return complain(MM_ERR_SYSTEM, path, "belongs to another user");
    if ((status.st_mode & 0777) != FOLDER_MODE)
        return complain(MM_ERR_SYSTEM, path, "must have mode 0700");
    return MM_OK;
}

/* --- the bus ------------------------------------------------------------------------------ */

/* True when it fits. */
static bool runtime_folder(char out[MM_PATH_BYTES])
{
    const char *session = absolute_variable("XDG_RUNTIME_DIR");
    const char *temporary = absolute_variable("TMPDIR");

    if (session != NULL)
        return print_path(out, "%s/mikromeet", session);
    return print_path(out, "%s/mikromeet-%lu", temporary != NULL ? temporary : "/tmp",
                      (unsigned long)geteuid());
}

static mm_err_t hash_path(const char *path, char out[2 * HASH_BYTES + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE];

    if (EVP_Digest(path, strlen(path), digest, NULL, EVP_sha256(), NULL) != 1)
        return complain(MM_ERR_SYSTEM, path, "SHA-256 failed");
    for (size_t i = 0; i < HASH_BYTES; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return MM_OK;
}

static mm_err_t check_socket_path(const char *setting, const char *path, const char *hint)
{
    if (strlen(path) <= SOCKET_PATH_MAX)
        return MM_OK;
    (void)fprintf(stderr, "%s: %s: is longer than the %d bytes of a socket path; %s\n", setting,
                  path, (int)SOCKET_PATH_MAX, hint);
    return MM_ERR_TOO_LARGE;
}

static mm_err_t default_endpoint(const mm_settings_t *settings, char out[MM_PATH_BYTES])
{
    char data[MM_PATH_BYTES];
    char runtime[MM_PATH_BYTES];
    char folder[MM_PATH_BYTES];
    char hash[2 * HASH_BYTES + 1];
    mm_err_t err = mm_runtime_data_path(settings, data);

    if (err == MM_OK)
        err = hash_path(data, hash);
    if (err != MM_OK)
        return err;
    if (!runtime_folder(runtime) || !print_path(folder, "%s/%s", runtime, hash) ||
        !print_path(out, "%s%s/bus", ipc_scheme, folder))
        return complain(MM_ERR_TOO_LARGE, "bus", "the path of the runtime folder is too long");
    err = check_socket_path("bus", out + strlen(ipc_scheme),
                            "set XDG_RUNTIME_DIR to a shorter folder, or bus to ipc://PATH");
    if (err == MM_OK)
        err = own_folder(runtime);
    return err == MM_OK ? own_folder(folder) : err;
}

/* An endpoint from a setting.  Relative paths would differ between two processes, abstract sockets (ipc://@) have no permissions. */
static mm_err_t given_endpoint(const char *setting, const char *value, char out[MM_PATH_BYTES])
{
    if (strncmp(value, ipc_scheme, strlen(ipc_scheme)) != 0 || value[strlen(ipc_scheme)] != '/')
        return complain(MM_ERR_MALFORMED, setting, "must be ipc:// and an absolute path");
    if (!print_path(out, "%s", value))
        return complain(MM_ERR_TOO_LARGE, setting, "the path is too long");
    return check_socket_path(setting, value + strlen(ipc_scheme), "set it to a shorter one");
}

mm_err_t mm_runtime_bus_endpoint(const mm_settings_t *settings, char out[MM_PATH_BYTES])
{
    return settings->bus[0] == '\0' ? default_endpoint(settings, out)
                                    : given_endpoint("bus", settings->bus, out);
}

mm_err_t mm_runtime_feed_endpoint(const mm_settings_t *settings, char out[MM_PATH_BYTES])
{
    char bus[MM_PATH_BYTES];
    mm_err_t err;

    if (settings->feed[0] != '\0')
        return given_endpoint("feed", settings->feed, out);
    err = mm_runtime_bus_endpoint(settings, bus);
    if (err != MM_OK)
        return err;
    if (settings->bus[0] == '\0')
        *strrchr(bus, '/') = '\0';
    if (!print_path(out, "%s%sfeed", bus, settings->bus[0] == '\0' ? "/" : "-"))
        return complain(MM_ERR_TOO_LARGE, "feed", "the path is too long");
    return check_socket_path("feed", out + strlen(ipc_scheme), "set feed to a shorter one");
}

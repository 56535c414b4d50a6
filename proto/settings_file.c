/* Files that settings come from: read whole, never more than a bound.
 * Not here: their meaning (proto/settings.c). */
#include "proto/settings_row.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Regular files only: nobody may come to write into a FIFO, and the start would wait for ever. */
static FILE *open_file(const char *path)
{
    struct stat status;
    FILE *file = NULL;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int problem;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) != 0)
        problem = errno;
    else if (!S_ISREG(status.st_mode))
        problem = S_ISDIR(status.st_mode) ? EISDIR : ENOTSUP;
    else {
        file = fdopen(fd, "r");
        problem = errno;
    }
    if (file == NULL) {
        (void)close(fd);
        errno = problem;
    }
    return file;
}

char *mm_setting_read_file(const char *path, size_t limit, size_t *length)
{
    FILE *file = open_file(path);
    char *bytes = NULL;
    int problem = 0;

    if (file == NULL)
        return NULL;
    bytes = malloc(limit + 2);
    if (bytes == NULL)
        abort();
    *length = fread(bytes, 1, limit + 1, file);
    if (ferror(file) != 0)
        problem = errno != 0 ? errno : EIO;
    else if (*length > limit)
        problem = EFBIG;
    (void)fclose(file);
    if (problem != 0) {
        explicit_bzero(bytes, *length);
        free(bytes);
        errno = problem;
        return NULL;
    }
    bytes[*length] = '\0';
    return bytes;
}

/* Files that settings come from: read whole, never more than a bound.
 * Not here: their meaning (proto/settings.c). */
#include "proto/settings_row.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

char *mm_setting_read_file(const char *path, size_t limit, size_t *length)
{
    FILE *file = fopen(path, "re");
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

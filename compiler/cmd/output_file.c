/* output_file.c: temporary files beside the targets, renamed when all of them are written. */
#include "cmd/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/options.h"

bool output_is_input(const char *output, const char *input)
{
    struct stat a, b;
    return stat(output, &a) == 0 && stat(input, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        const ssize_t n = write(fd, text, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        text += n;
        size -= (size_t)n;
    }
    return true;
}

/* The name of the temporary file (to be freed), or NULL. */
static char *write_temporary(const OutputFile *file)
{
    const size_t length = strlen(file->path) + 32;
    char *name = malloc(length);
    if (!name)
        return NULL;
    int fd = -1;
    for (int attempt = 0; attempt < 100 && fd < 0; attempt++) {
        snprintf(name, length, "%s.%ld.%d.tmp", file->path, (long)getpid(), attempt);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0) {
        free(name);
        return NULL;
    }
    const bool written = write_all(fd, file->text, file->size);
    if (close(fd) == 0 && written)
        return name;
    unlink(name);
    free(name);
    return NULL;
}

bool output_write(const OutputFile *file, int count)
{
    char *temporary[4] = {0};
    const char *failed = NULL;
    int written = 0;
    while (written < count && !failed) {
        temporary[written] = write_temporary(&file[written]);
        if (!temporary[written])
            failed = file[written].path;
        else
            written++;
    }
    for (int i = 0; i < written; i++) {
        if (!failed && rename(temporary[i], file[i].path) != 0)
            failed = file[i].path;
        if (failed)
            unlink(temporary[i]);
        free(temporary[i]);
    }
    if (failed)
        command_error("cannot write %s: %s", failed, strerror(errno));
    return !failed;
}

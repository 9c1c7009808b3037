/* output_file.c: temporary files beside the targets, renamed when all of them are written. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "cmd/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/options.h"

enum { FILES_MOST = 4 };

typedef struct Written { /* one file on its way */
    char *target;        /* what the path names after symbolic links */
    char *temporary;     /* NULL: not written yet */
} Written;

/* However both are written: by device and inode. */
static bool is_same_file(const char *output, const char *input)
{
    struct stat a, b;
    return stat(output, &a) == 0 && stat(input, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool output_spares(const char *output, const char *const *inputs, int count)
{
    for (int i = 0; output && i < count; i++)
        if (inputs[i] && is_same_file(output, inputs[i])) {
            command_error("writing '%s' would replace what is read from '%s'", output, inputs[i]);
            return false;
        }
    return true;
}

static char *copy_text(const char *text)
{
    char *copy = malloc(strlen(text) + 1);
    return copy ? strcpy(copy, text) : NULL;
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

/* A new file beside the target: its descriptor, or -1 with errno. */
static int open_temporary(Written *file)
{
    const size_t length = strlen(file->target) + 32;
    int fd = -1;
    file->temporary = malloc(length);
    for (int attempt = 0; file->temporary && attempt < 100 && fd < 0; attempt++) {
        snprintf(file->temporary, length, "%s.%ld.%d.tmp", file->target, (long)getpid(), attempt);
        fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0) {
        free(file->temporary);
        file->temporary = NULL;
    }
    return fd;
}

/* NULL, or why not. */
static const char *write_temporary(Written *file, const OutputFile *output)
{
    struct stat old;
    const bool exists = stat(output->path, &old) == 0;
    if (exists && !S_ISREG(old.st_mode))
        return "it is no regular file";
    file->target = exists ? realpath(output->path, NULL) : copy_text(output->path);
    const int fd = file->target ? open_temporary(file) : -1;
    if (fd < 0)
        return strerror(errno);
    const bool good = write_all(fd, output->text, output->size) && (!exists || fchmod(fd, old.st_mode & 07777) == 0);
    const int failure = errno;
    if (close(fd) != 0 && good)
        return strerror(errno);
    return good ? NULL : strerror(failure);
}

bool output_write(const OutputFile *file, int count)
{
    Written written[FILES_MOST] = {{0}};
    const char *why = NULL;
    int at = 0;
    for (at = 0; at < count && !why; at++)
        why = write_temporary(&written[at], &file[at]);
    for (int i = 0; i < count && !why; i++) {
        if (rename(written[i].temporary, written[i].target) != 0) {
            why = strerror(errno);
            at = i + 1;
        } else {
            free(written[i].temporary);
            written[i].temporary = NULL;
        }
    }
    if (why)
        command_error("cannot write '%s': %s", file[at - 1].path, why);
    for (int i = 0; i < count; i++) {
        if (written[i].temporary)
            unlink(written[i].temporary);
        free(written[i].temporary);
        free(written[i].target);
    }
    return !why;
}

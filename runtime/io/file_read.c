/* file_read.c: regular files, opened and read completely or not at all. See file_io.h and rnn/file.h. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"

int rnn_io_open(const char *path, int nofollow, int64_t *bytes, rnn_status *status, rnn_error *err)
{
    struct stat about;
    int descriptor;
    if (path == NULL) {
        *status = rnn_error_set(err, RNN_ARG, "no path given");
        return -1;
    }
    /* O_NONBLOCK: opening a FIFO must not wait for its other end; it is refused below. */
    do {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (nofollow ? O_NOFOLLOW : 0));
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) {
        *status = rnn_error_set(err, RNN_IO, "cannot open '%s': %s", path, strerror(errno));
        return -1;
    }
    if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) {
        *status = rnn_error_set(err, RNN_IO, "'%s' is not a regular file", path);
        (void)close(descriptor);
        return -1;
    }
    *bytes = (int64_t)about.st_size;
    *status = RNN_OK;
    return descriptor;
}

void rnn_io_close(int descriptor)
{
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
}

rnn_status rnn_io_read_at(int descriptor, const char *path, int64_t offset, void *to, size_t count, rnn_error *err)
{
    unsigned char *at = to;
    while (count > 0) {
        size_t want = count < (size_t)1 << 30 ? count : (size_t)1 << 30;
        ssize_t got = pread(descriptor, at, want, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return rnn_error_set(err, RNN_IO, "cannot read '%s': %s", path, strerror(errno));
        }
        if (got == 0) {
            return rnn_error_set(err, RNN_IO, "'%s' became shorter while it was read", path);
        }
        at += got;
        offset += got;
        count -= (size_t)got;
    }
    return RNN_OK;
}

static rnn_status read_all(int descriptor, const char *path, int64_t size, size_t most, char **bytes, size_t *count,
                           rnn_error *err)
{
    rnn_status status;
    char *memory;
    if (size < 0 || (uint64_t)size > most) {
        return rnn_error_set(err, RNN_FORMAT, "'%s' has %lld bytes, more than the %llu allowed", path, (long long)size,
                             (unsigned long long)most);
    }
    memory = malloc((size_t)size + 1);
    if (memory == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory for the %lld bytes of '%s'", (long long)size, path);
    }
    status = rnn_io_read_at(descriptor, path, 0, memory, (size_t)size, err);
    if (status != RNN_OK) {
        free(memory);
        return status;
    }
    memory[size] = '\0';
    *bytes = memory;
    *count = (size_t)size;
    return RNN_OK;
}

rnn_status rnn_file_read(const char *path, size_t most, char **bytes, size_t *count, rnn_error *err)
{
    rnn_status status;
    int64_t size = 0;
    int descriptor = rnn_io_open(path, 0, &size, &status, err);
    *bytes = NULL;
    *count = 0;
    if (descriptor < 0) {
        return status;
    }
    status = read_all(descriptor, path, size, most < (size_t)-1 / 2 ? most : (size_t)-1 / 2, bytes, count, err);
    rnn_io_close(descriptor);
    return status;
}

/* file_write.c: a file is written under a temporary name beside its target, flushed to the disk, and renamed. Whatever
 * moment a crash or a fault comes, the target is the old file or the new one, whole. The temporary name holds a hash
 * of the target's name, so a name of full length works, and the writer's process id; the writer keeps a lock on it, so
 * that rnn_atomic_sweep can tell what a dead writer left. See file_io.h. */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700 /* realpath */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file_io.h"

enum { PREFIX_BYTES = 22, NAME_BYTES = 64, TRIES = 100 }; /* ".rnn-" 16 digits "-" */

static size_t directory_bytes(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

static void temporary_prefix(const char *path, char prefix[PREFIX_BYTES + 1])
{
    const char *name = path + directory_bytes(path);
    (void)snprintf(prefix, PREFIX_BYTES + 1, ".rnn-%016llx-", (unsigned long long)rnn_hash64(0, name, strlen(name)));
}

/* What `path` names after symbolic links, so that a link stays one; NULL and a status when it cannot be a target. */
static char *resolve_target(const char *path, rnn_status *status, rnn_error *err)
{
    struct stat about;
    char *target = NULL;
    *status = RNN_OK;
    if (path == NULL || path[0] == '\0') {
        *status = rnn_error_set(err, RNN_ARG, "no path given");
        return NULL;
    }
    if (stat(path, &about) == 0) {
        if (!S_ISREG(about.st_mode)) {
            *status = rnn_error_set(err, RNN_IO, "'%s' is not a regular file and is not replaced", path);
            return NULL;
        }
        target = realpath(path, NULL);
    }
    if (target == NULL && errno == ENOENT) { /* no file there, or one that another writer has just moved away */
        target = malloc(strlen(path) + 1);
        if (target == NULL) { /* not told by errno: compilers may take it that malloc leaves errno alone */
            *status = rnn_error_set(err, RNN_MEMORY, "cannot write '%s': not enough memory", path);
            return NULL;
        }
        memcpy(target, path, strlen(path) + 1);
    }
    if (target == NULL) {
        *status =
            rnn_error_set(err, errno == ENOMEM ? RNN_MEMORY : RNN_IO, "cannot write '%s': %s", path, strerror(errno));
    }
    return target;
}

/* Locks the new file for as long as it is open. 0 when someone swept it away in the moment before. */
static int lock_and_keep(int descriptor)
{
    struct flock lock;
    struct stat about;
    memset(&lock, 0, sizeof lock);
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    (void)fcntl(descriptor, F_SETLK, &lock); /* where locks do not exist nothing is swept either */
    return fstat(descriptor, &about) == 0 && about.st_nlink > 0;
}

static int create_temporary(rnn_atomic *file)
{
    size_t directory = directory_bytes(file->target);
    char prefix[PREFIX_BYTES + 1];
    int attempt;
    temporary_prefix(file->target, prefix);
    memcpy(file->temporary, file->target, directory);
    for (attempt = 0; attempt < TRIES; attempt++) {
        struct timespec now = {0, 0};
        uint64_t chance;
        int descriptor;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        chance = (uint64_t)now.tv_nsec * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t)(uintptr_t)file + (uint64_t)attempt;
        (void)snprintf(file->temporary + directory, NAME_BYTES, "%s%ld-%08lx.tmp", prefix, (long)getpid(),
                       (unsigned long)(chance >> 32));
        descriptor = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0 && lock_and_keep(descriptor)) {
            return descriptor;
        }
        if (descriptor >= 0) {
            (void)close(descriptor);
        } else if (errno != EEXIST && errno != EINTR) {
            return -1;
        }
    }
    return -1;
}

static void forget(rnn_atomic *file)
{
    free(file->target);
    free(file->temporary);
    file->target = file->temporary = NULL;
    file->descriptor = -1;
}

void rnn_atomic_abort(rnn_atomic *file)
{
    if (file->descriptor >= 0) {
        (void)close(file->descriptor);
    }
    if (file->temporary != NULL) {
        (void)unlink(file->temporary);
    }
    forget(file);
}

static rnn_status fail(rnn_atomic *file, const char *what, rnn_error *err)
{
    int saved = errno;
    rnn_status status = rnn_error_set(err, RNN_IO, "cannot %s '%s': %s", what, file->target, strerror(saved));
    rnn_atomic_abort(file);
    return status;
}

rnn_status rnn_atomic_begin(rnn_atomic *file, const char *path, rnn_error *err)
{
    rnn_status status;
    file->descriptor = -1;
    file->temporary = NULL;
    file->target = resolve_target(path, &status, err);
    if (file->target == NULL) {
        return status;
    }
    file->temporary = malloc(directory_bytes(file->target) + NAME_BYTES);
    if (file->temporary == NULL) {
        forget(file);
        return rnn_error_set(err, RNN_MEMORY, "no memory to write '%s'", path);
    }
    file->descriptor = create_temporary(file);
    if (file->descriptor < 0) {
        status = rnn_error_set(err, RNN_IO, "cannot create a file beside '%s': %s", path, strerror(errno));
        forget(file);
        return status;
    }
    return RNN_OK;
}

rnn_status rnn_atomic_write(rnn_atomic *file, const void *bytes, size_t count, rnn_error *err)
{
    const unsigned char *at = bytes;
    while (count > 0) {
        size_t want = count < (size_t)1 << 30 ? count : (size_t)1 << 30;
        ssize_t done = write(file->descriptor, at, want);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return fail(file, "write", err);
        }
        at += done;
        count -= (size_t)done;
    }
    return RNN_OK;
}

static int flush(int descriptor)
{
    int result;
    do {
        result = fsync(descriptor);
    } while (result != 0 && errno == EINTR);
    return result;
}

/* Some file systems have no fsync for directories and say EINVAL: there is nothing more to do then. */
static rnn_status flush_directory(const char *target, rnn_error *err)
{
    size_t bytes = directory_bytes(target);
    char *path = malloc(bytes + 2);
    int descriptor, result;
    if (path == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory to write '%s'", target);
    }
    memcpy(path, bytes == 0 ? "." : target, bytes == 0 ? 1 : bytes);
    path[bytes == 0 ? 1 : bytes] = '\0';
    do {
        descriptor = open(path, O_RDONLY | O_CLOEXEC);
    } while (descriptor < 0 && errno == EINTR);
    free(path);
    if (descriptor < 0) {
        return rnn_error_set(err, RNN_IO, "cannot open the directory of '%s': %s", target, strerror(errno));
    }
    result = flush(descriptor) != 0 && errno != EINVAL ? errno : 0;
    (void)close(descriptor);
    if (result != 0) {
        return rnn_error_set(err, RNN_IO, "cannot flush the directory of '%s': %s", target, strerror(result));
    }
    return RNN_OK;
}

static int rename_file(const char *from, const char *to)
{
    int result;
    do {
        result = rename(from, to);
    } while (result != 0 && errno == EINTR);
    return result;
}

rnn_status rnn_atomic_commit(rnn_atomic *file, const char *keep, rnn_error *err)
{
    int descriptor = file->descriptor;
    rnn_status status;
    if (flush(descriptor) != 0) {
        return fail(file, "flush", err);
    }
    file->descriptor = -1;
    if (close(descriptor) != 0 && errno != EINTR) { /* after EINTR it is closed too, and its data flushed already */
        return fail(file, "close", err);
    }
    if (keep != NULL && rename_file(file->target, keep) != 0 && errno != ENOENT) {
        return fail(file, "keep the old", err);
    }
    if (rename_file(file->temporary, file->target) != 0) {
        return fail(file, "rename to", err);
    }
    status = flush_directory(file->target, err);
    forget(file);
    return status;
}

static int is_locked(const char *path)
{
    struct flock lock;
    int descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), locked = 1;
    if (descriptor < 0) {
        return 1;
    }
    memset(&lock, 0, sizeof lock);
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(descriptor, F_GETLK, &lock) == 0) {
        locked = lock.l_type != F_UNLCK;
    }
    (void)close(descriptor);
    return locked;
}

static void sweep_directory(DIR *listing, const char *path, char *name)
{
    size_t directory = directory_bytes(path);
    char prefix[PREFIX_BYTES + 1];
    struct dirent *entry;
    temporary_prefix(path, prefix);
    while ((entry = readdir(listing)) != NULL) {
        size_t length = strlen(entry->d_name);
        long process;
        if (length <= PREFIX_BYTES || length >= NAME_BYTES || strncmp(entry->d_name, prefix, PREFIX_BYTES) != 0) {
            continue;
        }
        /* the lock tells of writers in other containers, the process id of one between close and rename */
        process = strtol(entry->d_name + PREFIX_BYTES, NULL, 10);
        if (process <= 0 || kill((pid_t)process, 0) == 0 || errno != ESRCH) {
            continue;
        }
        memcpy(name + directory, entry->d_name, length + 1);
        if (!is_locked(name)) {
            (void)unlink(name);
        }
    }
}

void rnn_atomic_sweep(const char *path)
{
    size_t directory = directory_bytes(path);
    char *name = malloc(directory + NAME_BYTES + 2);
    DIR *listing;
    if (name == NULL) {
        return;
    }
    memcpy(name, path, directory);
    memcpy(name + directory, ".", 2);
    listing = opendir(name);
    if (listing != NULL) {
        sweep_directory(listing, path, name);
        (void)closedir(listing);
    }
    free(name);
}

rnn_status rnn_file_write(const char *path, const void *bytes, size_t count, rnn_error *err)
{
    rnn_atomic file;
    rnn_status status = rnn_atomic_begin(&file, path, err);
    if (status == RNN_OK) {
        status = rnn_atomic_write(&file, bytes, count, err);
    }
    if (status == RNN_OK) {
        status = rnn_atomic_commit(&file, NULL, err);
    }
    return status;
}

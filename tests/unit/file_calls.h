/* file_calls.h: the file calls of the C library, replaced for one test program: counted, made to fail at a chosen call,
 * cut short, recorded. Linux only, as the numbers of system calls are. */
#ifndef FILE_CALLS_H
#define FILE_CALLS_H
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

long syscall(long number, ...);

typedef enum CallKind { CALL_OPEN, CALL_WRITE, CALL_SYNC, CALL_CLOSE, CALL_RENAME, CALL_READ, CALL_UNLINK } CallKind;
typedef struct CallRecord {
    CallKind kind;
    int descriptor, creates;
    char path[300], to[300];
    char *bytes;
    size_t count;
} CallRecord;

enum { CALLS_MAX = 4096 };
static long call_count, call_fail_at = -1; /* the call of this number fails with call_errno, or is cut short */
static int call_errno, call_short, call_only = -1;
static int call_recording;
static CallRecord call_log[CALLS_MAX];
static int call_logged;

/* Counts a call; 1 when it is the one that fails. */
static int call_fails(CallKind kind)
{
    if (call_only >= 0 && (int)kind != call_only)
        return 0;
    return ++call_count == call_fail_at;
}

static CallRecord *call_record(CallKind kind, int descriptor)
{
    static CallRecord none;
    if (!call_recording || call_logged == CALLS_MAX)
        return &none;
    memset(&call_log[call_logged], 0, sizeof call_log[0]);
    call_log[call_logged].kind = kind;
    call_log[call_logged].descriptor = descriptor;
    return &call_log[call_logged++];
}

static void call_log_clear(void)
{
    for (int i = 0; i < call_logged; i++)
        free(call_log[i].bytes);
    call_logged = 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const int mode = (flags & O_CREAT) != 0 ? va_arg(args, int) : 0;
    va_end(args);
    if (call_fails(CALL_OPEN) && !call_short) {
        errno = call_errno;
        return -1;
    }
    const int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    CallRecord *record = call_record(CALL_OPEN, descriptor);
    record->creates = (flags & O_CREAT) != 0;
    snprintf(record->path, sizeof record->path, "%s", path);
    return descriptor;
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    if (descriptor > 2 && call_fails(CALL_WRITE)) {
        if (!call_short) {
            errno = call_errno;
            return -1;
        }
        count = count > 1 ? count / 2 : count;
    }
    const ssize_t done = (ssize_t)syscall(SYS_write, descriptor, bytes, count);
    if (call_recording && done > 0) {
        CallRecord *record = call_record(CALL_WRITE, descriptor);
        record->count = (size_t)done;
        record->bytes = malloc((size_t)done);
        memcpy(record->bytes, bytes, (size_t)done);
    }
    return done;
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset)
{
    if (call_fails(CALL_READ)) {
        if (!call_short) {
            errno = call_errno;
            return -1;
        }
        count = count > 1 ? count / 2 : count;
    }
    return (ssize_t)syscall(SYS_pread64, descriptor, bytes, count, offset);
}

int fsync(int descriptor)
{
    if (call_fails(CALL_SYNC) && !call_short) {
        errno = call_errno;
        return -1;
    }
    call_record(CALL_SYNC, descriptor);
    return 0; /* the disk need not wait for a test */
}

int close(int descriptor)
{
    const int fails = descriptor > 2 && call_fails(CALL_CLOSE) && !call_short;
    call_record(CALL_CLOSE, descriptor);
    const int result = (int)syscall(SYS_close, descriptor); /* on Linux it is closed in any case */
    if (fails)
        errno = call_errno;
    return fails ? -1 : result;
}

int rename(const char *from, const char *to)
{
    if (call_fails(CALL_RENAME) && !call_short) {
        errno = call_errno;
        return -1;
    }
    CallRecord *record = call_record(CALL_RENAME, -1);
    snprintf(record->path, sizeof record->path, "%s", from);
    snprintf(record->to, sizeof record->to, "%s", to);
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
    CallRecord *record = call_record(CALL_UNLINK, -1);
    snprintf(record->path, sizeof record->path, "%s", path);
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
#endif

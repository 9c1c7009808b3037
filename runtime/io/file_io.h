/* file_io.h: the file calls under everything else of the library. Reads and writes are looped for EINTR and short
 * counts; only regular files are opened; a file is replaced by rename, never overwritten in place. */
#ifndef RNN_IO_FILE_IO_H
#define RNN_IO_FILE_IO_H
#include <stddef.h>
#include <stdint.h>

#include "rnn/file.h"

/* Opens a regular file for reading: its descriptor, or -1 and *status. */
int rnn_io_open(const char *path, int nofollow, int64_t *bytes, rnn_status *status, rnn_error *err);
void rnn_io_close(int descriptor);
/* Exactly count bytes from `offset`; less is RNN_IO. */
rnn_status rnn_io_read_at(int descriptor, const char *path, int64_t offset, void *to, size_t count, rnn_error *err);

/* A file that is being written beside its target. */
typedef struct rnn_atomic {
    int descriptor; /* -1: nothing is open */
    char *target, *temporary;
} rnn_atomic;
/* After a failure of any of the first three the temporary file is gone and the target as it was. */
rnn_status rnn_atomic_begin(rnn_atomic *file, const char *path, rnn_error *err);
rnn_status rnn_atomic_write(rnn_atomic *file, const void *bytes, size_t count, rnn_error *err);
/* fsync and close, then, when `keep` is not NULL, renames the target to keep; then the temporary file to the target;
 * then fsync of the directory. */
rnn_status rnn_atomic_commit(rnn_atomic *file, const char *keep, rnn_error *err);
void rnn_atomic_abort(rnn_atomic *file);

/* Removes what writers that died left beside `path`: temporary files of this target that no process has locked and
 * whose process is gone. */
void rnn_atomic_sweep(const char *path);

/* 64-bit hash of bytes, continued from `seed`; any change within one 8-byte word changes it. */
uint64_t rnn_hash64(uint64_t seed, const void *bytes, size_t count);

#endif

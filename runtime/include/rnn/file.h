/* file.h: what went wrong, in words, and whole files that are read and written safely.
 * Everything of the library that touches a file or runs for long fills an rnn_error: one line for a person, with
 * the file's name in it. POSIX. Files are written atomically: a temporary file beside the target, fsync, rename,
 * fsync of the directory; so after a crash the old or the new file is there, whole. */
#ifndef RNN_FILE_H_INCLUDED
#define RNN_FILE_H_INCLUDED
#include "rnn/rnn.h"

#if defined(__GNUC__) || defined(__clang__)
#define RNN_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define RNN_PRINTF(text, first)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Where a function takes an rnn_error *, NULL is allowed. It is written only when the call fails, but for the few
 * functions that say they leave a note in it. */
typedef struct rnn_error {
    rnn_status code;
    char text[480]; /* no newline at its end, control characters of file contents are shown as '?' */
} rnn_error;

/* "RNN_OK", "RNN_FORMAT", ...; "unknown status" for anything else. */
const char *rnn_status_name(rnn_status code);

/* Fills *err and returns code, so that a function can end with: return rnn_error_set(err, RNN_IO, "...", ...); */
rnn_status rnn_error_set(rnn_error *err, rnn_status code, const char *format, ...) RNN_PRINTF(3, 4);

/* The fault of a model's call in words: "input w: token out of range (axis t, step 3, row 1)". Returns fault->code. */
rnn_status rnn_error_from_fault(rnn_error *err, const rnn_model *model, const rnn_fault *fault);

/* The whole of a regular file into new memory (release it with free) with a NUL behind it, which *count does not
 * count. RNN_FORMAT when it is longer than `most` bytes, RNN_IO when it cannot be read. */
RNN_NODISCARD rnn_status rnn_file_read(const char *path, size_t most, char **bytes, size_t *count, rnn_error *err);

/* Atomic write of the whole file, mode 0666 less the umask. */
RNN_NODISCARD rnn_status rnn_file_write(const char *path, const void *bytes, size_t count, rnn_error *err);

#ifdef __cplusplus
}
#endif
#endif

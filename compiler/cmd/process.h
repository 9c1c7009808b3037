/* process.h: starting the C compiler, with an argument vector and no shell. POSIX. */
#ifndef RNNC_PROCESS_H
#define RNNC_PROCESS_H
#include <stdbool.h>
#include <stddef.h>

/* True when PATH (or the path itself, if it has a slash) holds an executable of this name. */
bool process_find(const char *program);
/* Runs argv to its end. Its standard output and error go into `output` (cut at `room`, NUL-terminated; may be NULL:
 * they go where ours go). Returns the exit code, or -1 when it could not be run or died by a signal. */
int process_run(const char *const *argv, char *output, size_t room);
#endif

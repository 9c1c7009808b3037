/* train_log.c: see train_log.h. */
#include "cmd/train_log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Byte offset behind the first `keep` lines, or the end of the file. */
static long offset_of_line(FILE *file, int64_t keep)
{
    long at = 0, end = 0;
    for (int c; keep > 0 && (c = getc(file)) != EOF;) {
        at++;
        if (c == '\n') {
            end = at;
            keep--;
        }
    }
    return end;
}

FILE *train_log_open(const char *path, int64_t keep, rnn_error *err)
{
    long end = 0;
    FILE *old = keep > 0 ? fopen(path, "rb") : NULL;
    if (old) {
        end = offset_of_line(old, keep);
        fclose(old);
    }
    FILE *log = fopen(path, old ? "r+b" : "wb");
    if (log && (ftruncate(fileno(log), end) != 0 || fseek(log, end, SEEK_SET) != 0)) {
        fclose(log);
        log = NULL;
    }
    if (!log)
        (void)rnn_error_set(err, RNN_IO, "%s: %s", path, strerror(errno));
    return log;
}

int train_log_line(FILE *log, int64_t step, double loss, double norm)
{
    return fprintf(log, "%lld %.17g %.17g\n", (long long)step, loss, norm) > 0 && fflush(log) == 0;
}

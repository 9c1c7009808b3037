/* train_log.h: --log FILE, a line a step: step, loss, norm of the gradient, 17 digits. A resumed run first cuts the
 * file back to the step it continues from, so that the whole file is the same as that of an uninterrupted run. */
#ifndef RNNC_TRAIN_LOG_H
#define RNNC_TRAIN_LOG_H
#include <stdint.h>
#include <stdio.h>

#include "rnn/file.h"

/* The file, open for appending after its first `keep` lines; NULL with *err set. */
FILE *train_log_open(const char *path, int64_t keep, rnn_error *err);
/* False when it cannot be written. */
int train_log_line(FILE *log, int64_t step, double loss, double norm);
#endif

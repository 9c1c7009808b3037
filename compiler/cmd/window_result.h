/* window_result.h: everything a model says about one window: its loss, outputs, metrics and gradients, as tensors. */
#ifndef RNNC_WINDOW_RESULT_H
#define RNNC_WINDOW_RESULT_H
#include "cmd/run_model.h"
#include "rnn/data.h"

/* Runs the window through eval (or infer, where targets are absent), or with `gradient` through forward and backward,
 * dropout off, every row fresh; writes the file. Returns the exit code. */
int window_result_write(RunModel *run, const rnn_window_data *data, const double *controls, uint64_t seed,
                        bool gradient, const char *path);
#endif

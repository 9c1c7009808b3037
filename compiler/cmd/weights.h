/* weights.h: files of weights as the commands write them: with the -D values that the model was compiled with. */
#ifndef RNNC_WEIGHTS_H
#define RNNC_WEIGHTS_H
#include "cmd/run_model.h"

/* Returns EXIT_DONE, or EXIT_REFUSED after a message. */
int weights_save(const RunModel *run, const char *path, const void *params);
#endif

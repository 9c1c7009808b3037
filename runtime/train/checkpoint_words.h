/* checkpoint_words.h: counters, options and history of a run as 64-bit little-endian words, the same on every host. */
#ifndef RNN_TRAIN_CHECKPOINT_WORDS_H
#define RNN_TRAIN_CHECKPOINT_WORDS_H
#include "trainer.h"

enum { RNN_RUN_NAME_BYTES = 64 };

typedef struct rnn_run {
    char model[RNN_RUN_NAME_BYTES];
    rnn_options options;
    int64_t step, updates, skipped, total;
    rnn_counters at;
} rnn_run;

enum {
    RNN_RUN_BYTES = RNN_RUN_NAME_BYTES + 8 * (RNN_OPTION_WORDS + 10), /* name of the model, options, counters */
    RNN_HISTORY_BYTES = 8 * (8 + 2 * RNN_HISTORY_MAX + 2 * RNN_HISTORY_VALID_MAX)
};

void rnn_run_encode(const rnn_trainer *trainer, unsigned char *bytes);
/* RNN_FORMAT when the numbers make no sense. */
rnn_status rnn_run_decode(unsigned char *bytes, const char *path, rnn_run *run, rnn_error *err);
void rnn_history_encode(const rnn_history *history, unsigned char *bytes);
rnn_status rnn_history_decode(unsigned char *bytes, const char *path, rnn_history *history, rnn_error *err);

#endif

/* learner.h: what the files of the training loop know of each other beside rnn/train.h. */
#ifndef RNN_TRAIN_LEARNER_H
#define RNN_TRAIN_LEARNER_H
#include "rnn/train.h"

/* 1 when a state goes from window to window. */
int rnn_model_carries(const rnn_model *model);
/* How many arrays of moments the optimiser keeps: 0, 1, 2. */
int32_t rnn_learner_moments(const rnn_options *options);

/* Options as 64-bit words in the order of the table in options.c, for checkpoints. */
enum { RNN_OPTION_WORDS = 23 };
void rnn_options_to_words(const rnn_options *options, uint64_t *words);
void rnn_options_from_words(rnn_options *options, const uint64_t *words);

#endif

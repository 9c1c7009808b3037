/* train.h: what the parts of `rnnc train` share: the command line, the data, and the run. */
#ifndef RNNC_TRAIN_COMMAND_H
#define RNNC_TRAIN_COMMAND_H
#include "cmd/text_data.h"
#include "rnn/train.h"

typedef struct TrainValues {
    ModelOptions model;
    const char *text, *unit, *data, *valid, *output, *checkpoint, *curve, *log;
    OptionList settings; /* of rnn_options: name, value, name, value ... */
    OptionList controls;
    double held_out; /* negative: not given */
    bool resume, quiet;
} TrainValues;

typedef struct TrainData { /* train_data.c: where windows come from */
    TextData text, valid_text;
    rnn_vocab *vocab; /* of weights or of a resumed run; else text.vocab is used */
    rnn_window_data *set, *valid_set;
    rnn_source train, valid;
    bool has_valid;
} TrainData;

/* All return -1 to go on, or an exit code after a message. */
/* Reads the text and its vocabulary, and fits dims and bounds of the compilation; restarts it where something changed. */
int train_data_prepare(TrainData *data, const TrainValues *values, Compilation *compilation, const CommandHelp *help);
/* With the model loaded: encodes, splits, opens the sources. */
int train_data_open(TrainData *data, const TrainValues *values, const rnn_model *model, const rnn_options *options);
void train_data_close(TrainData *data);
/* The vocabulary in use, or NULL. */
const rnn_vocab *train_data_vocab(const TrainData *data);

/* train_run.c: the trainer with progress, log, checkpoints and Ctrl-C; writes weights, vocabulary and curve.
 * Returns the exit code. */
int train_run(RunModel *run, const TrainData *data, const TrainValues *values, const rnn_options *options);
#endif

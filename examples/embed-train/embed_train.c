/* embed_train.c: an application that goes on training the same weights on a text of its own, without rnnc: the model is
 * its emitted C (charlm.c), the training step is librnn's. Usage: embed_train WEIGHTS TEXT STEPS NEW_WEIGHTS */
#include <stdio.h>
#include <stdlib.h>

#include "charlm.h"
#include "rnn/train.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

/* The sizes that the model was compiled with: kept in the file of weights, so that rnnc knows them again. */
static const rnn_meta sizes[] = {{RNN_META_DEFINE "V", TEXT(CHARLM_DIM_V)},
                                 {RNN_META_DEFINE "E", TEXT(CHARLM_DIM_E)},
                                 {RNN_META_DEFINE "H", TEXT(CHARLM_DIM_H)}};
static rnn_error err;

static void need(rnn_status status)
{
    if (status == RNN_OK)
        return;
    fprintf(stderr, "%s\n", err.text);
    exit(1);
}

int main(int argc, char **argv)
{
    rnn_options options;
    rnn_learner learner;
    rnn_source source;
    rnn_vocab *vocab;
    rnn_feed feed = {"w", NULL, 0, 0};
    const char *weights = argc == 5 ? argv[1] : "";
    char *text, *vocab_path = rnn_vocab_path(weights);
    int32_t *tokens;
    size_t bytes;
    if (argc != 5) {
        fprintf(stderr, "usage: %s WEIGHTS TEXT STEPS NEW_WEIGHTS\n", argv[0]);
        return 2;
    }
    need(rnn_options_default(charlm_model(), &options, &err)); /* the advice of the model file */
    options.schedule = RNN_CONSTANT;
    options.lr = 0.001;
    need(rnn_learner_open(&learner, charlm_model(), &options, &err));
    need(rnn_params_load(charlm_model(), weights, learner.params, 0, &err));
    need(rnn_learner_pack(&learner, &err));
    need(rnn_vocab_load(vocab_path, &vocab, &err));
    need(rnn_file_read(argv[2], 1 << 30, &text, &bytes, &err));
    need(rnn_vocab_encode(vocab, text, bytes, &tokens, &feed.count, &err));
    feed.tokens = tokens;
    need(rnn_stream_source(charlm_model(), &feed, 1, 8, 0, 1, &source, &err));

    for (long step = 0, steps = atol(argv[3]); step < steps; step++) {
        rnn_window window;
        rnn_call call = {0};
        rnn_step_report report;
        need(source.window(source.self, step / source.windows, step % source.windows, &window, &err));
        if (window.fresh)
            need(rnn_learner_reset(&learner, &err));
        rnn_window_into_call(&window, &call);
        need(rnn_train_step(&learner, &call, &report, &err));
        if (step % 20 == 0 || step + 1 == steps)
            printf("step %ld: loss %.4f\n", step + 1, report.loss);
    }
    need(rnn_params_save(charlm_model(), argv[4], learner.params, sizes, 3, &err));
    rnn_source_close(&source);
    rnn_learner_close(&learner);
    rnn_vocab_free(vocab);
    free(tokens);
    free(text);
    free(vocab_path);
    return 0;
}

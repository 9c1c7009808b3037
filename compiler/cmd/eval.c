/* eval.c: `rnnc eval`: loss and metrics of a text or of a file of tensors, or (--window) everything about one window. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/command.h"
#include "cmd/output_file.h"
#include "cmd/text_data.h"
#include "cmd/window_result.h"
#include "rnn/train.h"

typedef struct EvalValues {
    ModelOptions model;
    const char *text, *unit, *data, *window, *output;
    OptionList controls;
    int64_t batch, seed;
    bool gradient;
} EvalValues;

static const Option options[] = {
    {"--weights", "W.safetensors", OPTION_TEXT, offsetof(EvalValues, model.weights), "trained weights"},
    {"--text", "FIELD=FILE", OPTION_TEXT, offsetof(EvalValues, text),
     "loss and metrics of a text; INPUT,TARGET=FILE gives\nthe target the token after the input"},
    {"--data", "FILE", OPTION_TEXT, offsetof(EvalValues, data), "the same for inputs and targets as tensors"},
    {"--batch", "N", OPTION_INT, offsetof(EvalValues, batch), "rows: a text is cut into so many streams (1)"},
    {"--window", "D.safetensors", OPTION_TEXT, offsetof(EvalValues, window),
     "one window: loss, outputs and metrics go to -o"},
    {"--grad", NULL, OPTION_FLAG, offsetof(EvalValues, gradient), "with --window: the gradient of each parameter too"},
    {"-o", "OUT.safetensors", OPTION_TEXT, offsetof(EvalValues, output), "with --window: where to write"},
    {"--set", "NAME=VALUE", OPTION_LIST, offsetof(EvalValues, controls), "value of a control"},
    {"--seed", "N", OPTION_INT, offsetof(EvalValues, seed), "of random choices (1)"},
    MODEL_OPTION_ROWS(EvalValues),
    RUN_OPTION_ROWS(EvalValues),
};
static const CommandHelp help = {
    "rnnc eval MODEL.rnn --weights W.safetensors (--text w=FILE | --data FILE | --window D -o OUT)",
    "Evaluates a model. A window holds each input and target by its name, time-major: [steps][rows] for tokens,\n"
    "[steps][rows][dim] for vectors, AXIS_len [rows] where lengths differ.\n",
    "  rnnc eval examples/charlm/charlm.rnn --weights charlm.safetensors --text w=README.md\n",
    options,
    sizeof options / sizeof *options,
};

static int eval_source(RunModel *run, const rnn_source *source, const double *controls, uint64_t seed)
{
    const rnn_model *model = run->model;
    rnn_error err = {0};
    rnn_evaluation result = {0};
    result.means = calloc((size_t)model->mean_count + 1, sizeof *result.means);
    if (!result.means)
        return command_error("not enough memory");
    int over = EXIT_DONE;
    if (rnn_evaluate(model, run->params, run->packed, source, controls, seed, NULL, &result, &err) != RNN_OK)
        over = run_error(&err);
    if (over == EXIT_DONE) {
        if (model->has_loss)
            printf("%-12s %.6f\n", "loss", result.loss);
        run_print_metrics(model, result.means);
    }
    free(result.means);
    return over;
}

static int eval_text(RunModel *run, TextData *text, const EvalValues *values, const double *controls)
{
    rnn_vocab *vocab = NULL;
    int over = text_load_vocab(&vocab, values->model.weights, false);
    if (over < 0)
        over = text_encode(text, vocab);
    if (vocab)
        rnn_vocab_free(vocab);
    if (over >= 0)
        return over;
    rnn_feed feeds[2];
    rnn_error err = {0};
    rnn_source source = {0};
    const int32_t n = text_feeds(text, 0, text->count, feeds);
    if (rnn_stream_source(run->model, feeds, n, (int32_t)values->batch, 0, 1, &source, &err) != RNN_OK)
        return run_error(&err);
    over = eval_source(run, &source, controls, (uint64_t)values->seed);
    rnn_source_close(&source);
    return over;
}

static int eval_set(RunModel *run, const EvalValues *values, const double *controls)
{
    rnn_error err = {0};
    rnn_source source = {0};
    rnn_window_data *set = NULL;
    int over = -1;
    if (rnn_window_load(run->model, values->data, RNN_WINDOW_ANY_ROWS, &set, &err) != RNN_OK ||
        rnn_set_source(run->model, set, 0, 0, 1, &source, &err) != RNN_OK)
        over = run_error(&err);
    if (over < 0)
        over = eval_source(run, &source, controls, (uint64_t)values->seed);
    rnn_source_close(&source);
    rnn_window_free(set);
    return over;
}

static int eval_window(RunModel *run, const EvalValues *values, const double *controls)
{
    rnn_error err = {0};
    rnn_window_data *window = NULL;
    if (rnn_window_load(run->model, values->window, RNN_WINDOW_NO_TARGETS, &window, &err) != RNN_OK)
        return run_error(&err);
    const int over =
        window_result_write(run, window, controls, (uint64_t)values->seed, values->gradient, values->output);
    rnn_window_free(window);
    return over;
}

static int eval(RunModel *run, TextData *text, const EvalValues *values)
{
    int over = values->text ? text_open(text, values->text, values->unit, &help) : -1;
    if (over < 0)
        over = run_model_load(run, values->model.compiler);
    if (over < 0)
        over = run_model_memory(run);
    if (over < 0)
        over = run_model_weights(run, values->model.weights, 1);
    double *controls = over < 0 ? run_controls(run->model, &values->controls) : NULL;
    if (over < 0 && !controls)
        over = EXIT_REFUSED;
    if (over < 0)
        over = values->text   ? eval_text(run, text, values, controls)
               : values->data ? eval_set(run, values, controls)
                              : eval_window(run, values, controls);
    free(controls);
    return over;
}

int eval_command(int argc, char **argv)
{
    EvalValues values = {.batch = 1, .seed = 1};
    OptionList files = {0};
    int over = options_parse(&help, argc, argv, &values, &files);
    if (over >= 0)
        return over;
    if (files.n != 1 || !values.model.weights)
        return command_usage(&help, "eval needs one model and --weights");
    if ((values.text != NULL) + (values.data != NULL) + (values.window != NULL) != 1)
        return command_usage(&help, "eval needs one of --text, --data and --window");
    if ((values.window != NULL) != (values.output != NULL) || (values.gradient && !values.window))
        return command_usage(&help, "--window and -o belong together; --grad needs them");
    const char *const inputs[] = {files.at[0], values.model.weights, values.window};
    if (!output_spares(values.output, inputs, 3))
        return EXIT_REFUSED;
    RunModel run = {0};
    TextData text = {0};
    over = compilation_open(&run.compilation, files.at[0], &values.model, &help);
    if (over < 0)
        over = eval(&run, &text, &values);
    text_close(&text);
    run_model_close(&run);
    return over;
}

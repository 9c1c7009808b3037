/* train.c: the command line of `rnnc train`. The data is made ready in train_data.c, the run is in train_run.c, and
 * the training itself is the library's (rnn/train.h). */
#include "cmd/train.h"

#include <string.h>

#include "cmd/command.h"
#include "cmd/output_file.h"

#define TRAIN_SETTING(name, value, help)                                                                               \
    {                                                                                                                  \
        name, value, OPTION_SETTING, offsetof(TrainValues, settings), help                                             \
    }

static const Option options[] = {
    {"--text", "FIELD=FILE", OPTION_TEXT, offsetof(TrainValues, text),
     "the text to learn; INPUT,TARGET=FILE gives the target\nthe token after the input"},
    {"--unit", "char|byte", OPTION_TEXT, offsetof(TrainValues, unit), "what a token is (char)"},
    {"--data", "FILE", OPTION_TEXT, offsetof(TrainValues, data), "inputs and targets as tensors, instead of --text"},
    {"--valid", "FILE", OPTION_TEXT, offsetof(TrainValues, valid), "data to validate with, of the same kind"},
    {"--held-out", "FRACTION", OPTION_NUMBER, offsetof(TrainValues, held_out),
     "validate with the last part of the text (0.1 where\nthat is enough for a window)"},
    {"-o", "W.safetensors", OPTION_TEXT, offsetof(TrainValues, output), "where to write the weights"},
    TRAIN_SETTING("--optimizer", "sgd|adam", "(adam)"),
    TRAIN_SETTING("--lr", "RATE", "learning rate (0.001)"),
    TRAIN_SETTING("--momentum", "M", "of SGD (0)"),
    TRAIN_SETTING("--beta1", "B", "of Adam (0.9)"),
    TRAIN_SETTING("--beta2", "B", "of Adam (0.999)"),
    TRAIN_SETTING("--epsilon", "E", "of Adam (1e-8)"),
    TRAIN_SETTING("--weight-decay", "D", "added to the gradient (0)"),
    TRAIN_SETTING("--schedule", "NAME", "constant, step or cosine (constant)"),
    TRAIN_SETTING("--schedule-period", "N", "step: so many steps between cuts"),
    TRAIN_SETTING("--schedule-factor", "F", "step: what the rate is multiplied by"),
    TRAIN_SETTING("--schedule-final", "RATE", "cosine: the rate at the end"),
    TRAIN_SETTING("--warmup", "N", "steps of linear warm-up (0)"),
    TRAIN_SETTING("--clip-norm", "MAX", "scale the gradient where its norm is larger"),
    TRAIN_SETTING("--clip-value", "MAX", "clip its entries"),
    TRAIN_SETTING("--nonfinite", "stop|skip", "what to do at a NaN or infinity (stop)"),
    TRAIN_SETTING("--batch", "N", "rows of a window (the bound of axis batch)"),
    TRAIN_SETTING("--window", "N", "steps of a window (the bound of its axis)"),
    TRAIN_SETTING("--epochs", "N", "(10)"),
    TRAIN_SETTING("--steps", "N", "windows in all, instead of epochs"),
    TRAIN_SETTING("--seed", "N", "of weights, dropout and order (1)"),
    TRAIN_SETTING("--valid-every", "N", "validate every N steps too"),
    {"--weights", "W0", OPTION_TEXT, offsetof(TrainValues, model.weights), "weights to start from"},
    {"--set", "NAME=VALUE", OPTION_LIST, offsetof(TrainValues, controls), "value of a control"},
    {"--checkpoint", "FILE", OPTION_TEXT, offsetof(TrainValues, checkpoint), "(the weights' name with .checkpoint)"},
    TRAIN_SETTING("--checkpoint-seconds", "S", "between checkpoints (30)"),
    TRAIN_SETTING("--checkpoint-every", "N", "steps between checkpoints"),
    {"--resume", NULL, OPTION_FLAG, offsetof(TrainValues, resume), "go on from the checkpoint, bit for bit"},
    {"--log", "FILE", OPTION_TEXT, offsetof(TrainValues, log), "a line a step: step, loss, norm of the gradient"},
    {"--curve", "FILE.svg", OPTION_TEXT, offsetof(TrainValues, curve), "(the weights' name with .svg)"},
    {"--quiet", NULL, OPTION_FLAG, offsetof(TrainValues, quiet), "no progress"},
    MODEL_OPTION_ROWS(TrainValues),
    RUN_OPTION_ROWS(TrainValues),
};
static const CommandHelp help = {
    "rnnc train MODEL.rnn --text w=FILE -o W.safetensors",
    "Trains a model. Ctrl-C saves a checkpoint; the same command with --resume goes on as if nothing had happened.\n"
    "A train { } block of the model file gives defaults. Beside the weights stand the vocabulary (.vocab), the curve\n"
    "(.svg) and the checkpoint.\n",
    "  rnnc train examples/charlm/charlm.rnn --text w=docs/language.md --steps 300 --lr 0.002 -o charlm.safetensors\n",
    options,
    sizeof options / sizeof *options,
};

/* The model's advice, then the command line. */
static int collect_settings(rnn_options *settings, const TrainValues *values, const rnn_model *model)
{
    rnn_error err = {0};
    if (rnn_options_default(model, settings, &err) != RNN_OK)
        return run_error(&err);
    for (int i = 0; i + 1 < values->settings.n; i += 2) {
        char name[64];
        size_t n = 0;
        for (const char *at = values->settings.at[i]; *at && n + 1 < sizeof name; at++)
            name[n++] = *at == '-' ? '_' : *at;
        name[n] = '\0';
        if (rnn_options_set(settings, name, values->settings.at[i + 1], &err) != RNN_OK)
            return command_usage(&help, "--%s: %s", values->settings.at[i], err.text);
    }
    return rnn_options_check(settings, &err) == RNN_OK ? -1 : command_usage(&help, "%s", err.text);
}

static int train(RunModel *run, TrainData *data, const TrainValues *values)
{
    rnn_options settings;
    int over = train_data_prepare(data, values, &run->compilation, &help);
    if (over < 0)
        over = run_model_load(run, values->model.compiler);
    if (over < 0 && !run->model->has_loss)
        over = command_error("model %s has no loss to train", run->model->name);
    if (over < 0)
        over = collect_settings(&settings, values, run->model);
    if (over < 0)
        over = train_data_open(data, values, run->model, &settings);
    return over < 0 ? train_run(run, data, values, &settings) : over;
}

/* Weights to start from may be replaced by what comes of them. */
static bool spares_inputs(const TrainValues *values, const char *model)
{
    const char *equals = values->text ? strchr(values->text, '=') : NULL;
    const char *const inputs[] = {model, equals ? equals + 1 : NULL, values->data, values->valid};
    const char *const outputs[] = {values->output, values->checkpoint, values->curve, values->log};
    bool spares = true;
    for (int i = 0; i < 4; i++)
        spares = spares && output_spares(outputs[i], inputs, 4);
    return spares;
}

int train_command(int argc, char **argv)
{
    TrainValues values = {.held_out = -1};
    OptionList files = {0};
    int over = options_parse(&help, argc, argv, &values, &files);
    if (over >= 0)
        return over;
    if (files.n != 1 || !values.output)
        return command_usage(&help, "train needs one model and -o");
    if (!values.text == !values.data)
        return command_usage(&help, "train needs either --text or --data");
    if (values.held_out >= 1 || (values.valid && values.held_out > 0))
        return command_usage(&help, "--held-out is a fraction below 1, or --valid a file; not both");
    if (!spares_inputs(&values, files.at[0]))
        return EXIT_REFUSED;
    RunModel run = {0};
    TrainData data = {0};
    over = compilation_open(&run.compilation, files.at[0], &values.model, &help);
    if (over < 0)
        over = train(&run, &data, &values);
    train_data_close(&data);
    run_model_close(&run);
    return over;
}

/* init.c: `rnnc init MODEL.rnn --seed N -o W.safetensors` writes what the file's initialisers give. */
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/output_file.h"
#include "cmd/run_model.h"
#include "cmd/weights.h"

typedef struct InitValues {
    ModelOptions model;
    const char *output;
    int64_t seed;
} InitValues;

static const Option options[] = {
    {"-o", "W.safetensors", OPTION_TEXT, offsetof(InitValues, output), "where to write them"},
    {"--seed", "N", OPTION_INT, offsetof(InitValues, seed), "of the random numbers (1)"},
    MODEL_OPTION_ROWS(InitValues),
    RUN_OPTION_ROWS(InitValues),
};
static const CommandHelp help = {
    "rnnc init MODEL.rnn -o W.safetensors",
    "Writes initial weights, as the file's initialisers give them.\n",
    "  rnnc init examples/charlm/charlm.rnn -D V=65 --seed 7 -o charlm.safetensors\n",
    options,
    sizeof options / sizeof *options,
};

static int init(RunModel *run, const InitValues *values)
{
    int over = run_model_load(run, values->model.compiler);
    if (over < 0)
        over = run_model_memory(run);
    if (over < 0)
        over = run_model_weights(run, NULL, (uint64_t)values->seed);
    return over < 0 ? weights_save(run, values->output, run->params) : over;
}

int init_command(int argc, char **argv)
{
    InitValues values = {.seed = 1};
    OptionList files = {0};
    int over = options_parse(&help, argc, argv, &values, &files);
    if (over >= 0)
        return over;
    if (files.n != 1 || !values.output)
        return command_usage(&help, "init needs one model and -o");
    const char *const inputs[] = {files.at[0]};
    if (!output_spares(values.output, inputs, 1))
        return EXIT_REFUSED;
    RunModel run = {0};
    over = compilation_open(&run.compilation, files.at[0], &values.model, &help);
    if (over < 0)
        over = init(&run, &values);
    run_model_close(&run);
    return over;
}

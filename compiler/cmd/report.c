/* report.c: `rnnc report MODEL.rnn`: the memory, the arithmetic and the loops of a model, as
 * loop/report.h counts them. */
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/compilation.h"
#include "loop/report.h"

typedef struct ReportValues {
    ModelOptions model;
} ReportValues;

static const Option options[] = {
    MODEL_OPTION_ROWS(ReportValues),
    {"--weights", "FILE", OPTION_TEXT, offsetof(ReportValues, model.weights),
     "take the -D values kept in a file of weights"},
};
static const CommandHelp help = {
    "rnnc report MODEL.rnn",
    "Prints bytes of parameters, packed weights, state, work, tape and optimiser, floating-point operations and bytes "
    "a\n"
    "step, and the loops with the unrolling that was chosen.\n",
    "  rnnc report examples/charlm/charlm.rnn -D H=512\n  rnnc report examples/charlm/charlm.rnn --unroll=8,2\n",
    options,
    sizeof options / sizeof *options,
};

static int report(Compilation *compilation)
{
    const int over = compilation_run(compilation, "loop");
    if (over >= 0)
        return over;
    Text out = text_new(compilation->arena);
    report_print(&out, compilation->program, compilation->is_double);
    fputs(text_z(&out), stdout);
    return EXIT_DONE;
}

int report_command(int argc, char **argv)
{
    ReportValues values = {0};
    OptionList files = {0};
    int over = options_parse(&help, argc, argv, &values, &files);
    if (over >= 0)
        return over;
    if (files.n != 1)
        return command_usage(&help, "report needs one model");
    Compilation compilation;
    over = compilation_open(&compilation, files.at[0], &values.model, &help);
    if (over < 0)
        over = report(&compilation);
    compilation_close(&compilation);
    return over;
}

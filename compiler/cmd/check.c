/* check.c: `rnnc check MODEL.rnn` compares the gradient of the emitted double code with differences of its own loss, and
 * with complex steps of the reference interpreter, which also says what the loss should be. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/check.h"
#include "cmd/command.h"

typedef struct CheckValues {
    ModelOptions model;
    int64_t seed;
    double tolerance, oracle_tolerance;
    bool full_size;
} CheckValues;

static const Option options[] = {
    {"--seed", "N", OPTION_INT, offsetof(CheckValues, seed), "of weights and data (1)"},
    {"--tolerance", "E", OPTION_NUMBER, offsetof(CheckValues, tolerance), "largest error against differences (1e-6)"},
    {"--oracle-tolerance", "E", OPTION_NUMBER, offsetof(CheckValues, oracle_tolerance),
     "largest error against complex steps (1e-10)"},
    {"--full-size", NULL, OPTION_FLAG, offsetof(CheckValues, full_size), "do not shrink the dims"},
    MODEL_OPTION_ROWS(CheckValues),
    RUN_OPTION_ROWS(CheckValues),
};
static const CommandHelp help = {
    "rnnc check MODEL.rnn",
    "Checks the gradient of every parameter and real input, in double, against five-point differences of the loss of\n"
    "the emitted code, and against complex steps of the reference interpreter; and the loss against the "
    "interpreter's.\n"
    "An error is |g - d| / (|g| + |d|) in the 2-norm; the verdict allows what rounding explains, which shows\n"
    "where a gradient is next to nothing. Dims are made small first. Exit code 1 when one is off.\n",
    "  rnnc check examples/charlm/charlm.rnn\n",
    options,
    sizeof options / sizeof *options,
};

typedef struct CheckTable {
    CheckProblem *problem;
    CheckOracle *oracle;
    const CheckValues *values;
    double all;
    int rows, wrong;
} CheckTable;

/* "1.2e-11", or "rounding" where nothing else is left of the values compared. */
static const char *error_text(char text[16], double error, double rounding, double tolerance)
{
    if (error > tolerance && error - rounding <= tolerance)
        snprintf(text, 16, "rounding");
    else
        snprintf(text, 16, "%.2e", error);
    return text;
}

static int check_row(CheckTable *table, const char *name, double *value, const double *grad, size_t count)
{
    CheckResult result;
    double oracle = 0, oracle_rounding = 0;
    const int over = check_compare(table->problem, value, grad, count, table->all, &result);
    if (over >= 0)
        return over;
    const bool compared = check_oracle_compare(table->oracle, name, grad, count, table->all, &oracle, &oracle_rounding);
    const bool wrong = !compared || !(result.error - result.rounding <= table->values->tolerance) ||
                       !(oracle - oracle_rounding <= table->values->oracle_tolerance) || result.kinks > result.entries;
    char kinks[48] = "";
    if (result.kinks > 0)
        snprintf(kinks, sizeof kinks, "   (%d next to a kink)", result.kinks);
    char first[16], second[16];
    printf("%-24s %8zu %8d   %10.3e   %9s   %9s   %s%s\n", name, count, result.entries, result.norm,
           error_text(first, result.error, result.rounding, table->values->tolerance),
           error_text(second, oracle, oracle_rounding, table->values->oracle_tolerance), wrong ? "WRONG" : "ok", kinks);
    table->rows++;
    table->wrong += wrong;
    return -1;
}

static void check_loss(CheckTable *table)
{
    const double error = check_oracle_loss(table->oracle, table->problem->call.loss);
    const bool wrong = !(error <= table->values->oracle_tolerance);
    printf("%-24s %8d %8d   %10.3e   %9s   %9.2e   %s\n", "loss", 1, 1, table->problem->call.loss, "", error,
           wrong ? "WRONG" : "ok");
    table->rows++;
    table->wrong += wrong;
}

static double norm_of(const double *v, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

static int check_all(CheckProblem *problem, const CheckValues *values)
{
    const rnn_model *model = problem->run->model;
    int over = check_gradient(problem);
    CheckTable table = {
        .problem = problem, .values = values, .all = norm_of(problem->grad, (size_t)model->param_reals)};
    table.oracle = check_oracle_open(problem);
    if (!table.oracle)
        return EXIT_REFUSED;
    if (over < 0) {
        printf("%-24s %8s %8s   %10s   %9s   %9s\n", "", "entries", "checked", "norm", "difference", "complex");
        check_loss(&table);
    }
    for (int32_t i = 0; over < 0 && i < model->params; i++) {
        const rnn_param_info *param = &model->param[i];
        if (!(param->flags & RNN_PARAM_FROZEN))
            over = check_row(&table, param->name, (double *)problem->run->params + param->offset,
                             problem->grad + param->offset, (size_t)param->count);
    }
    for (int32_t i = 0; over < 0 && i < model->fields; i++)
        if (problem->down[i] && model->field[i].role == RNN_ROLE_INPUT)
            over = check_row(&table, model->field[i].name, problem->in[i], problem->down[i], problem->in_size[i]);
    if (over >= 0)
        return over;
    printf("%d checked, %d wrong; tolerances %g and %g\n", table.rows, table.wrong, values->tolerance,
           values->oracle_tolerance);
    return table.wrong > 0 ? EXIT_REFUSED : EXIT_DONE;
}

static int check(RunModel *run, const CheckValues *values)
{
    int over = values->full_size ? -1 : check_shrink(&run->compilation);
    if (over < 0)
        over = run_model_load(run, values->model.compiler);
    if (over < 0 && !run->model->has_loss)
        over = command_error("model %s has no loss, so there is no gradient", run->model->name);
    if (over < 0)
        over = run_model_memory(run);
    if (over >= 0)
        return over;
    CheckProblem problem;
    over = check_open(&problem, run, (uint64_t)values->seed);
    if (over < 0)
        over = check_all(&problem, values);
    check_close(&problem);
    return over;
}

int check_command(int argc, char **argv)
{
    CheckValues values = {.seed = 1, .tolerance = 1e-6, .oracle_tolerance = 1e-10};
    OptionList files = {0};
    int over = options_parse(&help, argc, argv, &values, &files);
    if (over >= 0)
        return over;
    if (files.n != 1)
        return command_usage(&help, "check needs one model");
    if (values.model.real && strcmp(values.model.real, "double") != 0)
        return command_usage(&help, "check computes in double, --real=%s is not for it", values.model.real);
    RunModel run = {0};
    values.model.real = "double";
    over = compilation_open(&run.compilation, files.at[0], &values.model, &help);
    if (over < 0)
        over = check(&run, &values);
    run_model_close(&run);
    return over;
}

/* check_difference.c: five-point differences of the emitted loss against the emitted gradient. An entry where two
 * widths of the difference disagree lies next to a kink (relu, max, abs) and is left out; a wrong gradient is not let
 * through by that, since there the two widths agree with each other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/check.h"

enum { ENTRIES_MAX = 64, DIRECTIONS = 8 };
static const double width = 1e-4;
/* What rounding leaves in a difference of this width: eight units in the last place of the loss, times the sum of the
 * formula's coefficients. The verdict does not count it: where the gradient is zero there is nothing else. */
static const double rounding = 8 * 1.1e-16 * 1.5 / 1e-4;

static int loss(CheckProblem *problem, double *value)
{
    const RunModel *run = problem->run;
    const rnn_model *model = run->model;
    if (model->pack(run->params, run->packed) != RNN_OK ||
        model->forward(run->params, run->packed, &problem->call, NULL, problem->tape) != RNN_OK)
        return run_fault(model, &problem->call);
    *value = problem->call.loss;
    return -1;
}

int check_gradient(CheckProblem *problem)
{
    double value;
    const RunModel *run = problem->run;
    const rnn_model *model = run->model;
    memset(problem->grad, 0, model->params_bytes);
    int over = loss(problem, &value);
    if (over < 0 && model->backward(run->params, run->packed, &problem->call, problem->tape, run->work, 1.0, NULL,
                                    problem->grad, problem->down) != RNN_OK)
        over = run_fault(model, &problem->call);
    return over;
}

/* Moves value along direction (NULL: entry `at` alone) by `step`, and the loss there. */
static int loss_at(CheckProblem *problem, double *value, size_t count, const double *direction, size_t at, double step,
                   double *result)
{
    if (!direction) {
        const double before = value[at];
        value[at] = before + step;
        const int over = loss(problem, result);
        value[at] = before;
        return over;
    }
    double *before = run_alloc(count * sizeof *before);
    if (!before)
        return command_error("not enough memory");
    memcpy(before, value, count * sizeof *before);
    for (size_t i = 0; i < count; i++)
        value[i] += step * direction[i];
    const int over = loss(problem, result);
    memcpy(value, before, count * sizeof *before);
    free(before);
    return over;
}

static int difference(CheckProblem *problem, double *value, size_t count, const double *direction, size_t at, double h,
                      double *result)
{
    static const double place[4] = {-2, -1, 1, 2}, factor[4] = {1, -8, 8, -1};
    *result = 0;
    for (int i = 0; i < 4; i++) {
        double f;
        const int over = loss_at(problem, value, count, direction, at, place[i] * h, &f);
        if (over >= 0)
            return over;
        *result += factor[i] * f / (12 * h);
    }
    return -1;
}

typedef struct Sums {
    double difference, gradient, finite; /* squares */
} Sums;

/* One entry or direction into the sums. */
static int compare_one(CheckProblem *problem, double *value, size_t count, const double *direction, size_t at, double g,
                       double all, Sums *sums, CheckResult *result)
{
    double fd, half;
    int over = difference(problem, value, count, direction, at, width, &fd);
    if (over >= 0)
        return over;
    if (fabs(g - fd) > 1e-7 * (fabs(g) + fabs(fd)) + 1e-9 * all + 8 * rounding * fabs(problem->call.loss)) {
        over = difference(problem, value, count, direction, at, width / 2, &half);
        if (over >= 0)
            return over;
        if (fabs(fd - half) > 0.05 * fabs(g - fd)) {
            result->kinks++;
            return -1;
        }
    }
    sums->difference += (g - fd) * (g - fd);
    sums->gradient += g * g;
    sums->finite += fd * fd;
    result->entries++;
    return -1;
}

static int compare_directions(CheckProblem *problem, double *value, const double *grad, size_t count, double all,
                              Sums *sums, CheckResult *result)
{
    double *direction = run_alloc(count * sizeof *direction);
    int over = direction ? -1 : command_error("not enough memory");
    for (int n = 0; over < 0 && n < DIRECTIONS; n++) {
        double g = 0;
        for (size_t i = 0; i < count; i++) {
            direction[i] = check_uniform(problem, -1, 1) / sqrt((double)count);
            g += grad[i] * direction[i];
        }
        over = compare_one(problem, value, count, direction, 0, g, all, sums, result);
    }
    free(direction);
    return over;
}

int check_compare(CheckProblem *problem, double *value, const double *grad, size_t count, double all,
                  CheckResult *result)
{
    Sums sums = {0, 0, 0};
    int over = -1;
    *result = (CheckResult){0, 0, 0, 0, 0};
    const size_t entries = count <= ENTRIES_MAX ? count : ENTRIES_MAX;
    for (size_t i = 0; over < 0 && i < entries; i++) {
        const size_t at = count <= ENTRIES_MAX ? i : (size_t)check_uniform(problem, 0, (double)count);
        over = compare_one(problem, value, count, NULL, at, grad[at], all, &sums, result);
    }
    if (over < 0 && count > ENTRIES_MAX)
        over = compare_directions(problem, value, grad, count, all, &sums, result);
    result->norm = sqrt(sums.gradient);
    const double noise = rounding * fabs(problem->call.loss) * sqrt((double)result->entries);
    const double scale = sqrt(sums.gradient) + sqrt(sums.finite) + 1e-8 * all + 1e-300;
    result->error = sqrt(sums.difference) / scale;
    result->rounding = noise / scale;
    return over;
}

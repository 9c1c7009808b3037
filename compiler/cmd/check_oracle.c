/* check_oracle.c: derivatives by complex steps through the reference interpreter (graph/interp.h), which knows neither
 * schedules nor derivative rules, against the emitted gradient. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/check.h"
#include "graph/interp.h"
#include "graph/lower.h"

enum { ALL_ENTRIES = 16, DIRECTIONS = 6 };

struct CheckOracle {
    CheckProblem *problem;
    Graph *graph;
    Interp *interp;
    InterpData data;
    InterpField *value, *direction; /* [vars] */
    double *controls;
};

static int32_t field_of(const rnn_model *model, const GVar *var)
{
    const rnn_role role = var->kind == GVAR_INPUT ? RNN_ROLE_INPUT : RNN_ROLE_TARGET;
    return run_field(model, role, var->path);
}

static const double *param_of(const RunModel *run, const GVar *var)
{
    for (int32_t i = 0; i < run->model->params; i++)
        if (strcmp(run->model->param[i].name, var->path) == 0)
            return (const double *)run->params + run->model->param[i].offset;
    return NULL;
}

/* Points every leaf of the graph at the numbers of the problem. */
static void point_at_values(CheckOracle *oracle)
{
    const CheckProblem *problem = oracle->problem;
    for (int i = 0; i < oracle->graph->vars.n; i++) {
        const GVar *var = oracle->graph->vars.at[i];
        InterpField *value = &oracle->value[var->id];
        if (var->kind == GVAR_PARAM) {
            value->real = param_of(problem->run, var);
        } else if (var->kind == GVAR_CONTROL) {
            oracle->controls[var->id] = var->var->control;
            value->real = &oracle->controls[var->id];
        } else if (var->kind == GVAR_INPUT || var->kind == GVAR_TARGET) {
            const int32_t field = field_of(problem->run->model, var);
            if (field >= 0 && var->token)
                value->token = problem->in[field];
            else if (field >= 0)
                value->real = problem->in[field];
        }
    }
}

CheckOracle *check_oracle_open(CheckProblem *problem)
{
    Compilation *compilation = &problem->run->compilation;
    Arena *arena = compilation->arena;
    CheckOracle *oracle = arena_make(arena, CheckOracle);
    oracle->problem = problem;
    oracle->graph = lower_model_plain(arena, compilation->diag, compilation->model);
    if (!oracle->graph || !oracle->graph->loss) {
        command_error("the reference interpreter cannot evaluate this model");
        return NULL;
    }
    const int vars = oracle->graph->vars.n;
    oracle->value = arena_array(arena, InterpField, vars);
    oracle->direction = arena_array(arena, InterpField, vars);
    oracle->controls = arena_array(arena, double, vars);
    InterpData *data = &oracle->data;
    data->rows = problem->call.rows;
    for (int a = 1; a < problem->run->model->axes; a++) {
        data->steps[a] = problem->steps[a];
        data->lengths[a] = problem->len[a];
    }
    data->value = oracle->value;
    data->direction = oracle->direction;
    data->dloss = 1;
    data->train = true;
    data->seed = problem->call.key.seed;
    data->tick = problem->call.key.tick;
    point_at_values(oracle);
    oracle->interp = interp_new(arena, oracle->graph, data);
    return oracle;
}

double check_oracle_loss(CheckOracle *oracle, double loss)
{
    interp_forget(oracle->interp);
    const double reference = interp_loss(oracle->interp);
    return fabs(loss - reference) / (fabs(reference) + 1e-300);
}

static const GVar *find_var(const Graph *graph, const char *name)
{
    for (int i = 0; i < graph->vars.n; i++) {
        const GVar *var = graph->vars.at[i];
        if ((var->kind == GVAR_PARAM || var->kind == GVAR_INPUT) && strcmp(var->path, name) == 0)
            return var;
    }
    return NULL;
}

bool check_oracle_compare(CheckOracle *oracle, const char *name, const double *grad, size_t count, double all,
                          double *error, double *rounding)
{
    const GVar *var = find_var(oracle->graph, name);
    double *direction = var ? run_alloc(count * sizeof *direction) : NULL;
    if (!direction)
        return false;
    oracle->direction[var->id].real = direction;
    double difference = 0, gradient = 0, reference = 0;
    const bool entries = count <= ALL_ENTRIES;
    for (size_t n = 0; n < (entries ? count : DIRECTIONS); n++) {
        double g = 0;
        for (size_t i = 0; i < count; i++) {
            direction[i] = entries ? (i == n) : check_uniform(oracle->problem, -1, 1) / sqrt((double)count);
            g += direction[i] * grad[i];
        }
        interp_forget(oracle->interp);
        const double slope = interp_slope(oracle->interp, oracle->graph->loss);
        difference += (g - slope) * (g - slope);
        gradient += g * g;
        reference += slope * slope;
    }
    oracle->direction[var->id].real = NULL;
    free(direction);
    const double scale = sqrt(gradient) + sqrt(reference) + 1e-8 * all + 1e-300;
    *error = sqrt(difference) / scale;
    *rounding = 16 * DBL_EPSILON * all * sqrt((double)(entries ? count : DIRECTIONS)) / scale;
    return true;
}

/* check_data.c: makes a model small, and draws the numbers that its gradient is checked at. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/check.h"

/* ---- sizes ---- */
static const int dim_sizes[] = {5, 3, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33};
enum { DIM_SIZES = sizeof dim_sizes / sizeof *dim_sizes };

/* Does the file still pass all checks with this value? */
static bool try_define(Compilation *compilation, const char *name, int64_t value)
{
    const Defines before = compilation->defines;
    define_set(&compilation->defines, name, (double)value, DEFINE_GIVEN);
    if (compilation_restart(compilation) < 0 && compilation_run(compilation, "model") < 0)
        return true;
    compilation->defines = before;
    return false;
}

typedef struct SizedName {
    char name[52];
    int64_t value;
    bool is_axis;
} SizedName;

static int list_sizes(const Compilation *compilation, SizedName *list, int room)
{
    const Model *model = compilation->model;
    int n = 0;
    for (int i = 0; i < model->axes.n && n < room; i++, n++) {
        list[n] = (SizedName){.value = model->axes.at[i].high, .is_axis = true};
        snprintf(list[n].name, sizeof list[n].name, "%s", model->axes.at[i].name);
    }
    for (int i = 0; i < model->dims.n && n < room; i++, n++) {
        list[n] = (SizedName){.value = model->dims.at[i].integer};
        snprintf(list[n].name, sizeof list[n].name, "%s", model->dims.at[i].name);
    }
    return n;
}

int check_shrink(Compilation *compilation)
{
    SizedName list[80];
    compilation->quiet = true;
    const int over = compilation_run(compilation, "model");
    if (over >= 0)
        return over;
    const int n = list_sizes(compilation, list, 80);
    int next_dim = 0, next_axis = 3; /* rows 3, then steps 5, 7, ... */
    compilation->silent = true;
    for (int i = 0; i < n; i++) {
        if (defines_find(&compilation->defines, list[i].name))
            continue;
        if (list[i].is_axis) {
            if (list[i].value > next_axis && try_define(compilation, list[i].name, next_axis))
                next_axis += 2;
            continue;
        }
        for (int size = next_dim; size < DIM_SIZES; size++)
            if (list[i].value > dim_sizes[size] && try_define(compilation, list[i].name, dim_sizes[size])) {
                next_dim = size == next_dim ? next_dim + 1 : next_dim;
                break;
            }
    }
    compilation->silent = compilation->quiet = false;
    return compilation_restart(compilation);
}

/* ---- numbers ---- */
/* splitmix64 (Steele et al. 2014) */
static uint64_t next_random(CheckProblem *problem)
{
    uint64_t z = (problem->random += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double check_uniform(CheckProblem *problem, double low, double high)
{
    return low + (high - low) * (double)(next_random(problem) >> 11) * 0x1p-53;
}

static const Var *var_of(const Model *model, const char *path)
{
    for (int i = 0; i < model->vars.n; i++)
        if (strcmp(model->vars.at[i]->path, path) == 0)
            return model->vars.at[i];
    return NULL;
}

/* Elements of a field in this window. */
static size_t field_size(const CheckProblem *problem, const rnn_field_info *field)
{
    size_t count = (size_t)field->dim[0] * (size_t)field->dim[1];
    for (int32_t i = 0; i < field->axes; i++)
        count *= (size_t)problem->steps[field->axis[i]];
    return field->has_batch ? count * (size_t)problem->call.rows : count;
}

/* dist(V): positive and of sum one. */
static void normalise(double *value, size_t count, size_t width)
{
    for (size_t at = 0; at + width <= count; at += width) {
        double sum = 0;
        for (size_t i = at; i < at + width; i++)
            sum += value[i] = exp(value[i]);
        for (size_t i = at; i < at + width; i++)
            value[i] /= sum;
    }
}

static bool draw_field(CheckProblem *problem, int32_t index)
{
    const rnn_field_info *field = &problem->run->model->field[index];
    const size_t count = problem->in_size[index] = field_size(problem, field);
    void *values = problem->in[index] = run_alloc(count * sizeof(double));
    problem->down[index] = field->is_token ? NULL : run_alloc(count * sizeof(double));
    if (!values || (!field->is_token && !problem->down[index]))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (field->is_token)
            ((int32_t *)values)[i] = (int32_t)(next_random(problem) % (uint64_t)field->vocab);
        else
            ((double *)values)[i] = check_uniform(problem, -1, 1);
    }
    const Var *var = var_of(problem->run->compilation.model, field->name);
    if (!field->is_token && var && var->type.value == VALUE_DIST)
        normalise(values, count, (size_t)field->dim[0]);
    return true;
}

/* Row 0 is full, the last one as short as it may be, the others in between. */
static bool draw_lengths(CheckProblem *problem)
{
    const rnn_model *model = problem->run->model;
    const int32_t rows = problem->call.rows = model->axis[0].most < 3 ? model->axis[0].most : 3;
    for (int32_t a = 1; a < model->axes; a++) {
        const int32_t most = 3 + 2 * a, least = model->axis[a].least < 1 ? 1 : model->axis[a].least;
        problem->steps[a] = model->axis[a].most < most ? model->axis[a].most : most;
        problem->len[a] = calloc((size_t)rows, sizeof *problem->len[a]);
        if (!problem->len[a])
            return false;
        for (int32_t b = 0; b < rows; b++)
            problem->len[a][b] =
                b == 0          ? problem->steps[a]
                : b == rows - 1 ? least
                                : least + (int32_t)(next_random(problem) % (uint64_t)(problem->steps[a] - least + 1));
        problem->len_list[a] = problem->len[a];
    }
    return true;
}

int check_open(CheckProblem *problem, RunModel *run, uint64_t seed)
{
    const rnn_model *model = run->model;
    memset(problem, 0, sizeof *problem);
    problem->run = run;
    problem->random = seed;
    problem->in = calloc((size_t)model->fields + 1, sizeof *problem->in);
    problem->down = calloc((size_t)model->fields + 1, sizeof *problem->down);
    problem->in_size = calloc((size_t)model->fields + 1, sizeof *problem->in_size);
    problem->grad = run_alloc(model->params_bytes);
    problem->tape = run_alloc(model->tape_bytes);
    if (!problem->in || !problem->down || !problem->in_size || !problem->grad || !problem->tape ||
        !draw_lengths(problem))
        return command_error("not enough memory");
    for (int32_t i = 0; i < model->fields; i++)
        if (model->field[i].role == RNN_ROLE_INPUT || model->field[i].role == RNN_ROLE_TARGET)
            if (!draw_field(problem, i))
                return command_error("not enough memory");
    problem->call.steps = problem->steps;
    problem->call.len = problem->len_list;
    problem->call.in = (const void *const *)problem->in;
    problem->call.key.seed = seed;
    problem->call.train = 1;
    double *params = run->params;
    const int over = run_model_weights(run, NULL, seed);
    for (int32_t i = 0; over < 0 && i < model->param_reals; i++)
        params[i] += check_uniform(problem, -0.3, 0.3); /* off the zeros and ones of the initialisers */
    return over;
}

void check_close(CheckProblem *problem)
{
    const int32_t fields = problem->run ? problem->run->model->fields : 0;
    for (int32_t i = 0; i < fields; i++) {
        if (problem->in)
            free(problem->in[i]);
        if (problem->down)
            free(problem->down[i]);
    }
    for (int32_t a = 0; a < RNN_AXES_MAX; a++)
        free(problem->len[a]);
    free(problem->in);
    free(problem->down);
    free(problem->in_size);
    free(problem->grad);
    free(problem->tape);
}

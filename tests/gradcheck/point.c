/* point.c: draws weights and a window of data for a model, and runs its entry points there. Every array is a block of
 * its own of exactly the size the model says, so that the sanitizers see a step over its end. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gradcheck.h"

/* splitmix64 (Steele et al. 2014) */
static uint64_t next_random(Point *point)
{
    uint64_t z = (point->random += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double point_uniform(Point *point, double low, double high)
{
    return low + (high - low) * ((double)(next_random(point) >> 11) / 9007199254740992.0);
}

bool point_fail(const Point *point, const char *what)
{
    note("%s: status %d, %s, step %d, row %d\n", what, point->call.fault.code, point->call.fault.what,
         point->call.fault.step, point->call.fault.row);
    return false;
}

static void *block(size_t bytes)
{
    void *memory = calloc(bytes > 0 ? bytes : 1, 1);
    if (!memory) {
        fprintf(stderr, "gradcheck: not enough memory\n");
        exit(2);
    }
    return memory;
}

int32_t point_width(const rnn_field_info *field)
{
    return field->dim[0] * field->dim[1];
}

/* ---- groups ---- */
int point_group(const Point *point, const char *name)
{
    size_t end = strlen(name);
    if (point->groups == 1)
        return 0;
    while (end > 0 && name[end - 1] >= '0' && name[end - 1] <= '9')
        end--;
    const int group = atoi(name + end) - 1;
    return group < point->groups ? group : -1;
}

static void find_groups(Point *point)
{
    const rnn_model *model = point->model;
    int found = 0;
    for (int32_t i = 0; i < model->fields; i++) {
        const rnn_field_info *field = &model->field[i];
        if (field->role == RNN_ROLE_OUTPUT && field->name[0] == 'l' && atoi(field->name + 1) == found + 1 &&
            field->axes == 0 && field->rank == 0 && found < GROUPS_MAX)
            point->field_of[found++] = (int)i;
    }
    point->groups = found > 1 ? found : 1;
}

/* ---- the window ---- */
static void draw_lengths(Point *point, const Window *window)
{
    const rnn_model *model = point->model;
    const int32_t rows = point->call.rows =
        window->rows > 0 && window->rows < model->axis[0].most ? window->rows : model->axis[0].most;
    for (int32_t a = 1; a < model->axes; a++)
        point->steps[a] =
            window->steps > 0 && window->steps < model->axis[a].most ? window->steps : model->axis[a].most;
    point->call.steps = point->steps;
    point->call.len = point->lens;
    if (!window->ragged || model->axes < 2)
        return;
    point->len = block((size_t)rows * sizeof *point->len);
    for (int32_t b = 0; b < rows; b++)
        point->len[b] = b == 0          ? point->steps[1]
                        : b == rows - 1 ? 1
                                        : 1 + (int32_t)(next_random(point) % (uint64_t)point->steps[1]);
    point->lens[1] = point->len;
}

static size_t field_size(const Point *point, const rnn_field_info *field)
{
    size_t count = (size_t)point_width(field);
    for (int32_t i = 0; i < field->axes; i++)
        count *= (size_t)point->steps[field->axis[i]];
    return field->has_batch ? count * (size_t)point->call.rows : count;
}

static bool is_past_end(const Point *point, const rnn_field_info *field, size_t at)
{
    const size_t width = (size_t)point_width(field), rows = (size_t)point->call.rows;
    return point->len && field->axes == 1 && field->has_batch &&
           at / width / rows >= (size_t)point->len[at / width % rows];
}

/* Adjoints of an output; those past the ends of rows are looked at as little as inputs there. */
static void draw_up(Point *point, int32_t i)
{
    const rnn_field_info *field = &point->model->field[i];
    if (field->is_token)
        return;
    point->up[i] = block(point->size[i] * sizeof(double));
    for (size_t k = 0; k < point->size[i]; k++)
        point->up[i][k] = is_past_end(point, field, k) ? (double)NAN : point_uniform(point, -0.5, 0.5);
}

static void draw_field(Point *point, int32_t i, bool with_up)
{
    const rnn_field_info *field = &point->model->field[i];
    const bool given = field->role == RNN_ROLE_INPUT || field->role == RNN_ROLE_TARGET;
    if (!given && field->role != RNN_ROLE_OUTPUT)
        return;
    const size_t count = point->size[i] = field_size(point, field);
    void *values = block(count * (field->is_token ? sizeof(int32_t) : sizeof(double)));
    if (!given) {
        point->out[i] = values;
        if (with_up)
            draw_up(point, i);
        return;
    }
    point->in[i] = values;
    if (field->role == RNN_ROLE_INPUT && !field->is_token)
        point->down[i] = block(count * sizeof(double));
    for (size_t k = 0; k < count; k++) {
        if (field->is_token)
            ((int32_t *)values)[k] = (int32_t)(next_random(point) % (uint64_t)field->vocab);
        else
            ((double *)values)[k] = point_uniform(point, -1, 1);
    }
}

void point_fill_padding(Point *point, bool poison)
{
    for (int32_t i = 0; i < point->model->fields; i++) {
        const rnn_field_info *field = &point->model->field[i];
        for (size_t k = 0; point->in[i] && k < point->size[i]; k++) {
            if (!is_past_end(point, field, k))
                continue;
            if (field->is_token)
                ((int32_t *)point->in[i])[k] = poison ? -1 : 0;
            else
                ((double *)point->in[i])[k] = poison ? (double)NAN : 0;
        }
    }
}

static void draw_params(Point *point)
{
    const rnn_model *model = point->model;
    double *params = point->params;
    for (int32_t i = 0; i < model->params; i++)
        for (int32_t k = 0; k < model->param[i].count; k++) {
            /* rows of wide matrices keep their sums of the size of one */
            const double reach = model->param[i].rank == 2 ? 1.5 / sqrt((double)model->param[i].dim[1]) : 1;
            params[model->param[i].offset + k] = point_uniform(point, -reach, reach);
        }
}

bool point_open(Point *point, const rnn_model *model, const Window *window, uint64_t seed)
{
    const size_t fields = (size_t)model->fields + 1;
    memset(point, 0, sizeof *point);
    point->model = model;
    point->random = seed;
    if (model->real_bytes != (int32_t)sizeof(double) || model->axis[0].most > ROWS_MAX || !model->has_loss)
        return point_fail(point, "not a model that can be checked");
    point->params = block(model->params_bytes);
    point->packed = block(model->packed_bytes);
    point->work = block(model->work_bytes);
    point->tape = block(model->tape_bytes);
    point->grad = block(model->params_bytes);
    point->in = block(fields * sizeof *point->in);
    point->out = block(fields * sizeof *point->out);
    point->down = block(fields * sizeof *point->down);
    point->up = block(fields * sizeof *point->up);
    point->size = block(fields * sizeof *point->size);
    point->dloss = window->dloss;
    find_groups(point);
    draw_lengths(point, window);
    for (int32_t i = 0; i < model->fields; i++)
        draw_field(point, i, window->up);
    draw_params(point);
    point_fill_padding(point, true);
    point->call.in = (const void *const *)point->in;
    point->call.out = point->out;
    point->call.key.seed = seed;
    point->call.train = 1;
    return true;
}

void point_close(Point *point)
{
    for (int32_t i = 0; point->in && i < point->model->fields; i++) {
        free(point->in[i]);
        free(point->out[i]);
        free(point->down[i]);
        free(point->up[i]);
    }
    free(point->params);
    free(point->packed);
    free(point->work);
    free(point->tape);
    free(point->grad);
    free(point->in);
    free(point->out);
    free(point->down);
    free(point->up);
    free(point->size);
    free(point->len);
}

/* ---- running ---- */
static double value_from_above(const Point *point)
{
    double sum = 0;
    for (int32_t i = 0; i < point->model->fields; i++)
        for (size_t k = 0; point->up[i] && k < point->size[i]; k++)
            if (!is_past_end(point, &point->model->field[i], k))
                sum += point->up[i][k] * ((double *)point->out[i])[k];
    return sum;
}

/* The value of each group and row: what the output of the shape adds to the loss, and what adjoints make of it. */
static void take_values(Point *point)
{
    const int32_t rows = point->call.rows;
    point->scale = fabs(point->call.loss);
    if (point->groups == 1) {
        point->value[0][0] = point->dloss * point->call.loss + value_from_above(point);
        return;
    }
    for (int g = 0; g < point->groups; g++) {
        const int field = point->field_of[g];
        const bool has_batch = point->model->field[field].has_batch != 0; /* what depends on no data is there once */
        for (int32_t b = 0; b < rows; b++) {
            const double output = ((double *)point->out[field])[has_batch ? b : 0];
            const double up = point->up[field] ? point->up[field][has_batch ? b : 0] / (has_batch ? 1 : rows) : 0;
            point->value[g][b] = (point->dloss / rows + up) * output;
            point->scale = fabs(output) > point->scale ? fabs(output) : point->scale;
        }
    }
}

bool point_evaluate(Point *point)
{
    const rnn_model *model = point->model;
    if (model->pack(point->params, point->packed) != RNN_OK)
        return point_fail(point, "pack");
    /* dropout drops in forward only, with masks that the key fixes */
    const rnn_status status = model->has_dropout
                                  ? model->forward(point->params, point->packed, &point->call, NULL, point->tape)
                                  : model->eval(point->params, point->packed, &point->call, NULL, point->work);
    if (status != RNN_OK)
        return point_fail(point, "eval");
    take_values(point);
    return true;
}

/* gradient: the bits of forward and backward one after the other, when nothing comes from outside. */
static bool agrees_in_one_call(Point *point)
{
    const rnn_model *model = point->model;
    void *two = block(model->params_bytes), *one = block(model->params_bytes);
    memset(two, 0, model->params_bytes);
    memset(one, 0, model->params_bytes);
    bool same = model->forward(point->params, point->packed, &point->call, NULL, point->tape) == RNN_OK;
    const double loss = point->call.loss;
    same = same && model->backward(point->params, point->packed, &point->call, point->tape, point->work, point->dloss,
                                   NULL, two, NULL) == RNN_OK;
    same = same && model->gradient(point->params, point->packed, &point->call, NULL, point->tape, point->work,
                                   point->dloss, one) == RNN_OK;
    same = same && memcmp(&loss, &point->call.loss, sizeof loss) == 0 && memcmp(one, two, model->params_bytes) == 0;
    free(two);
    free(one);
    return same || point_fail(point, "gradient");
}

bool point_differentiate(Point *point)
{
    const rnn_model *model = point->model;
    memset(point->grad, 0, model->params_bytes);
    for (int32_t i = 0; i < model->fields; i++)
        if (point->down[i])
            memset(point->down[i], 0xee, point->size[i] * sizeof(double)); /* all of it must be written */
    if (model->pack(point->params, point->packed) != RNN_OK)
        return point_fail(point, "pack");
    if (!agrees_in_one_call(point))
        return false;
    if (model->forward(point->params, point->packed, &point->call, NULL, point->tape) != RNN_OK)
        return point_fail(point, "forward");
    if (model->backward(point->params, point->packed, &point->call, point->tape, point->work, point->dloss,
                        (const void *const *)point->up, point->grad, (void *const *)point->down) != RNN_OK)
        return point_fail(point, "backward");
    return true;
}

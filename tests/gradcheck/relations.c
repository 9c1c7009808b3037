/* relations.c: what must hold to the last bit at a point: eval and forward give the same loss and outputs; what stands
 * past the ends of rows changes nothing, and has no gradient; outputs are zero there. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gradcheck.h"

typedef struct Record { /* results of one run */
    double loss;
    double **array; /* [2 * fields]: outputs, then gradients of inputs */
    double *grad;
} Record;

static double *copy(const void *from, size_t bytes)
{
    double *memory = malloc(bytes + 1);
    if (!memory)
        exit(2);
    if (bytes > 0)
        memcpy(memory, from, bytes);
    return memory;
}

static size_t bytes_of(const Point *point, int32_t field)
{
    return point->size[field] * (point->model->field[field].is_token ? sizeof(int32_t) : sizeof(double));
}

static Record record(const Point *point)
{
    const int32_t fields = point->model->fields;
    Record result = {point->call.loss, calloc(2 * (size_t)fields + 1, sizeof(double *)), NULL};
    if (!result.array)
        exit(2);
    for (int32_t i = 0; i < fields; i++) {
        if (point->out[i])
            result.array[i] = copy(point->out[i], bytes_of(point, i));
        if (point->down[i])
            result.array[fields + i] = copy(point->down[i], bytes_of(point, i));
    }
    result.grad = copy(point->grad, point->model->params_bytes);
    return result;
}

static void drop(const Point *point, Record *result)
{
    for (int32_t i = 0; i < 2 * point->model->fields; i++)
        free(result->array[i]);
    free(result->array);
    free(result->grad);
}

static bool same_outputs(const Point *point, const Record *expected, const char *what)
{
    bool same = point->call.loss == expected->loss;
    if (!same)
        note("%s: loss %.17g instead of %.17g\n", what, point->call.loss, expected->loss);
    for (int32_t i = 0; i < point->model->fields; i++)
        if (point->out[i] && memcmp(point->out[i], expected->array[i], bytes_of(point, i)) != 0) {
            note("%s: output %s differs\n", what, point->model->field[i].name);
            same = false;
        }
    return same;
}

static bool same_gradients(const Point *point, const Record *expected, const char *what)
{
    bool same = memcmp(point->grad, expected->grad, point->model->params_bytes) == 0;
    if (!same)
        note("%s: gradients of parameters differ\n", what);
    for (int32_t i = 0; i < point->model->fields; i++)
        if (point->down[i] &&
            memcmp(point->down[i], expected->array[point->model->fields + i], bytes_of(point, i)) != 0) {
            note("%s: the gradient of %s differs\n", what, point->model->field[i].name);
            same = false;
        }
    return same;
}

/* Zeros past the ends of rows, in outputs and in gradients of inputs. */
static bool is_zero_past_ends(const Point *point)
{
    for (int32_t i = 0; point->len && i < point->model->fields; i++) {
        const rnn_field_info *field = &point->model->field[i];
        const double *values = field->is_token ? NULL : point->down[i] ? point->down[i] : point->out[i];
        const int32_t width = point_width(field);
        if (!values || field->axes != 1)
            continue;
        for (int32_t t = 0; t < point->steps[1]; t++)
            for (int32_t b = 0; b < point->call.rows; b++)
                for (int32_t k = 0; t >= point->len[b] && k < width; k++)
                    if (!(values[(t * point->call.rows + b) * width + k] == 0)) {
                        note("%s is not 0 at step %d of row %d, which has %d\n", field->name, t, b, point->len[b]);
                        return false;
                    }
    }
    return true;
}

bool relations_check(Point *point)
{
    const rnn_model *model = point->model;
    bool good = point_differentiate(point);
    if (!good)
        return false;
    Record expected = record(point);
    good = is_zero_past_ends(point);
    if (!model->has_dropout)
        good = point_evaluate(point) && same_outputs(point, &expected, "eval is not forward") && good;
    point_fill_padding(point, false);
    good = point_differentiate(point) && same_outputs(point, &expected, "padding is looked at") &&
           same_gradients(point, &expected, "padding is looked at") && good;
    point_fill_padding(point, true);
    drop(point, &expected);
    return good;
}

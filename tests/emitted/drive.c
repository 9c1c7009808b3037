/* drive.c: runs any emitted model through its table on numbers of a fixed sequence, and prints loss, metrics, outputs,
 * gradients of parameters and of inputs with 17 digits, a line a number. Two programs that print the same lines computed
 * the same bits. Built with -DMODEL=<prefix>_model.
 *     drive STEPS          5 rows of at most so many steps
 *     drive STEPS ROWS     so many rows; adjoints of all outputs come from outside; of long arrays a sum of their bytes
 *                          is printed */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rnn/rnn.h"

const rnn_model *MODEL(void);

static uint64_t state = 1;
static int many_rows = 0;

static uint32_t draw(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33);
}

static void *allocate(size_t bytes)
{
    void *at = calloc(bytes / 64 + 2, 64);
    if (!at)
        exit(3);
    return at;
}

static double get(const rnn_model *model, const void *values, size_t i)
{
    return model->real_bytes == 8 ? ((const double *)values)[i] : (double)((const float *)values)[i];
}

static void set(const rnn_model *model, void *values, size_t i, double value)
{
    if (model->real_bytes == 8)
        ((double *)values)[i] = value;
    else
        ((float *)values)[i] = (float)value;
}

static size_t size_of(const rnn_field_info *field, const int32_t *steps, int32_t rows)
{
    size_t count = (size_t)field->dim[0] * (size_t)field->dim[1];
    for (int32_t i = 0; i < field->axes; i++)
        count *= (size_t)steps[field->axis[i]];
    return field->has_batch ? count * (size_t)rows : count;
}

/* FNV-1a, 64 bits. */
static void print_sum(const char *name, const void *values, size_t bytes)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < bytes; i++)
        sum = (sum ^ ((const unsigned char *)values)[i]) * UINT64_C(1099511628211);
    printf("%s %llu\n", name, (unsigned long long)sum);
}

static void print(const rnn_model *model, const char *name, const void *values, size_t count, int is_token)
{
    if (count > 4096 && many_rows) {
        print_sum(name, values, count * (is_token ? 4u : (size_t)model->real_bytes));
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (is_token)
            printf("%s %d\n", name, (int)((const int32_t *)values)[i]);
        else
            printf("%s %.17g\n", name, get(model, values, i));
}

/* One call of forward and backward: into metrics, outputs and gradients of its own. */
typedef struct Once {
    rnn_call call;
    void *grad, *out[64];
} Once;

static void open_once(Once *once, const rnn_model *model, const rnn_call *call)
{
    once->call = *call;
    once->call.metrics = allocate(sizeof(rnn_mean) * (size_t)(model->mean_count + 1));
    once->call.out = once->out;
    once->grad = allocate(model->params_bytes);
    for (int32_t i = 0; i < model->fields; i++)
        once->out[i] = call->out[i] ? allocate(8 * size_of(&model->field[i], call->steps, call->rows)) : NULL;
}

/* Both in one call give the same loss, metrics, outputs and gradients as one after the other. */
static rnn_status check_gradient(const rnn_model *model, const void *params, const void *packed, const rnn_call *call,
                                 void *tape, void *work)
{
    static Once two, one;
    open_once(&two, model, call);
    open_once(&one, model, call);
    rnn_status status = model->forward(params, packed, &two.call, NULL, tape);
    if (status == RNN_OK)
        status = model->backward(params, packed, &two.call, tape, work, 0.7, NULL, two.grad, NULL);
    if (status == RNN_OK)
        status = model->gradient(params, packed, &one.call, NULL, tape, work, 0.7, one.grad);
    int same = one.call.loss == two.call.loss && one.call.loss_weight == two.call.loss_weight &&
               memcmp(one.call.metrics, two.call.metrics, sizeof(rnn_mean) * (size_t)model->mean_count) == 0 &&
               memcmp(one.grad, two.grad, model->params_bytes) == 0;
    for (int32_t i = 0; i < model->fields; i++)
        if (one.out[i])
            same = same && memcmp(one.out[i], two.out[i], 8 * size_of(&model->field[i], call->steps, call->rows)) == 0;
    if (status != RNN_OK || same)
        return status;
    fprintf(stderr, "forward and backward in one call give something else\n");
    return RNN_ORDER;
}

/* Without a tape, where memory for a window is laid out in another way. */
static rnn_status run_eval(const rnn_model *model, const void *params, const void *packed, const rnn_call *call,
                           void *work)
{
    static Once once;
    rnn_status status = RNN_OK;
    for (int infer = 0; infer <= model->has_infer && status == RNN_OK; infer++) {
        open_once(&once, model, call);
        status = (infer ? model->infer : model->eval)(params, packed, &once.call, NULL, work);
        if (!infer)
            printf("eval %.17g\n", once.call.loss);
        for (int32_t i = 0; i < model->fields; i++)
            if (once.out[i])
                print(model, model->field[i].name, once.out[i], size_of(&model->field[i], call->steps, call->rows),
                      model->field[i].is_token);
    }
    return status;
}

/* ---- a window of numbers ---- */

enum { FIELDS = 64 };
typedef struct Window {
    int32_t steps[RNN_AXES_MAX], *len[RNN_AXES_MAX];
    void *in[FIELDS], *out[FIELDS], *down[FIELDS], *up[FIELDS];
    rnn_call call;
} Window;

static void open_axes(Window *w, const rnn_model *model, int32_t steps, int32_t rows)
{
    w->call.rows = model->axis[0].most < rows ? model->axis[0].most : rows;
    for (int32_t a = 1; a < model->axes; a++) {
        w->steps[a] = model->axis[a].most < steps ? model->axis[a].most : steps;
        w->len[a] = allocate(sizeof(int32_t) * (size_t)w->call.rows);
        for (int32_t b = 0; b < w->call.rows; b++)
            w->len[a][b] = b == 0 ? w->steps[a] : 1 + (int32_t)(draw() % (uint32_t)w->steps[a]);
    }
}

static void fill_field(Window *w, const rnn_model *model, int32_t i)
{
    const rnn_field_info *field = &model->field[i];
    const size_t count = size_of(field, w->steps, w->call.rows);
    if (field->role == RNN_ROLE_OUTPUT) {
        w->out[i] = allocate(8 * count);
        w->up[i] = many_rows && !field->is_token ? allocate(8 * count) : NULL;
    }
    for (size_t k = 0; k < count && w->up[i]; k++)
        set(model, w->up[i], k, 1e-3 * ((double)draw() / 1073741824.0 - 1.0));
    if (field->role != RNN_ROLE_INPUT && field->role != RNN_ROLE_TARGET)
        return;
    w->in[i] = allocate(8 * count);
    w->down[i] = field->is_token ? NULL : allocate(8 * count);
    for (size_t k = 0; k < count; k++)
        if (field->is_token)
            ((int32_t *)w->in[i])[k] = (int32_t)(draw() % (uint32_t)field->vocab);
        else
            set(model, w->in[i], k, (double)draw() / 1073741824.0 - 1.0);
}

static void open_window(Window *w, const rnn_model *model, int32_t steps, int32_t rows)
{
    open_axes(w, model, steps, rows);
    for (int32_t i = 0; i < model->fields; i++)
        fill_field(w, model, i);
    w->call.steps = w->steps;
    w->call.len = (const int32_t *const *)w->len;
    w->call.in = (const void *const *)w->in;
    w->call.out = w->out;
    w->call.train = 1;
    w->call.key.seed = 5;
    w->call.metrics = allocate(sizeof(rnn_mean) * (size_t)(model->mean_count + 1));
}

static rnn_status run(Window *w, const rnn_model *model, void *grad)
{
    void *params = allocate(model->params_bytes), *packed = allocate(model->packed_bytes);
    void *tape = allocate(model->tape_bytes), *work = allocate(model->work_bytes);
    rnn_status status = model->params_init(params, 3);
    for (int32_t i = 0; i < model->param_reals; i++)
        set(model, params, (size_t)i, get(model, params, (size_t)i) + 0.1 * ((double)draw() / 1073741824.0 - 1.0));
    if (status == RNN_OK)
        status = model->pack(params, packed);
    if (status == RNN_OK)
        status = model->forward(params, packed, &w->call, NULL, tape);
    if (status == RNN_OK)
        status = model->backward(params, packed, &w->call, tape, work, 1.0,
                                 many_rows ? (const void *const *)w->up : NULL, grad, w->down);
    if (status == RNN_OK)
        status = check_gradient(model, params, packed, &w->call, tape, work);
    return status == RNN_OK ? run_eval(model, params, packed, &w->call, work) : status;
}

static void print_window(const Window *w, const rnn_model *model, const void *grad)
{
    printf("loss %.17g\n", w->call.loss);
    for (int32_t i = 0; i < model->fields; i++) {
        const rnn_field_info *field = &model->field[i];
        if (field->role == RNN_ROLE_METRIC)
            printf("%s %.17g\n", field->name, model->metric(i, w->call.metrics));
        if (w->out[i])
            print(model, field->name, w->out[i], size_of(field, w->steps, w->call.rows), field->is_token);
        if (w->down[i])
            print(model, field->name, w->down[i], size_of(field, w->steps, w->call.rows), 0);
    }
    for (int32_t i = 0; i < model->params; i++)
        print(model, model->param[i].name, (const char *)grad + model->param[i].offset * model->real_bytes,
              (size_t)model->param[i].count, 0);
}

int main(int argc, char **argv)
{
    static Window window;
    const rnn_model *model = MODEL();
    many_rows = argc > 2;
    if (model->fields > FIELDS)
        return 3;
    open_window(&window, model, argc > 1 ? atoi(argv[1]) : 7, argc > 2 ? atoi(argv[2]) : 5);
    void *grad = allocate(model->params_bytes);
    const rnn_status status = run(&window, model, grad);
    if (status != RNN_OK) {
        fprintf(stderr, "status %d: %s\n", (int)status, window.call.fault.what);
        return 1;
    }
    print_window(&window, model, grad);
    return 0;
}

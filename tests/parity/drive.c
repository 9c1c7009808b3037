/* drive.c: runs windows of data one after the other through an emitted model, the state carried between them.
 *     drive WEIGHTS { [reset=ROW]... WINDOW OUT }...
 * Each OUT holds what `rnnc eval --grad` writes: loss, outputs, metrics of this window, gradients. Values are F64 here
 * whatever the model computes in. It knows the model only by its table: MODEL is the name of the function that
 * returns it, given when this is compiled; linked with the emitted C and librnn.a. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rnn/rnn.h"
#include "tensors.h"

const rnn_model *MODEL(void);

enum { FIELDS_MAX = 64, LONG = 128 };

typedef struct Machine {
    const rnn_model *m;
    void *params, *packed, *grad, *state, *work, *tape;
} Machine;

static void *room(size_t bytes)
{
    void *p = calloc(1, bytes + 1);
    if (p == NULL)
        exit(2);
    return p;
}

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "drive: %s: %s\n", what, why);
    exit(2);
}

static void must(rnn_status status, const char *what, const rnn_fault *fault)
{
    if (status == RNN_OK)
        return;
    fprintf(stderr, "drive: %s: status %ld", what, (long)status);
    if (fault != NULL)
        fprintf(stderr, " at %s, step %ld, row %ld", fault->what, (long)fault->step, (long)fault->row);
    fputc('\n', stderr);
    exit(2);
}

static double real_at(const rnn_model *m, const void *v, size_t i)
{
    return m->real_bytes == 8 ? ((const double *)v)[i] : (double)((const float *)v)[i];
}

static void set_real(const rnn_model *m, void *v, size_t i, double value)
{
    if (m->real_bytes == 8)
        ((double *)v)[i] = value;
    else
        ((float *)v)[i] = (float)value;
}

static void load_weights(Machine *x, const char *path)
{
    static Tensors file;
    int32_t i;
    size_t k;
    tensors_read(&file, path);
    for (i = 0; i < x->m->params; i++) {
        const rnn_param_info *p = &x->m->param[i];
        const Tensor *t = tensors_find(&file, p->name);
        if (t == NULL || t->count != (size_t)p->count)
            fail(p->name, "not in the weights, or of another size");
        for (k = 0; k < t->count; k++)
            set_real(x->m, x->params, (size_t)p->offset + k, t->value[k]);
    }
    tensors_free(&file);
    must(x->m->pack(x->params, x->packed), "pack", NULL);
}

/* The values of one input or target in the type the model reads. */
static void *input_of(const rnn_model *m, const rnn_field_info *field, const Tensors *window)
{
    const Tensor *t = tensors_find(window, field->name);
    void *v;
    size_t k;
    if (t == NULL)
        fail(field->name, "not in the window");
    v = room(t->count * 8);
    for (k = 0; k < t->count; k++)
        if (field->is_token)
            ((int32_t *)v)[k] = (int32_t)t->value[k];
        else
            set_real(m, v, k, t->value[k]);
    return v;
}

static int shape_of(const rnn_field_info *field, const rnn_call *call, size_t *dim)
{
    int n = 0;
    int32_t i;
    for (i = 0; i < field->axes; i++)
        dim[n++] = (size_t)call->steps[field->axis[i]];
    if (field->has_batch)
        dim[n++] = (size_t)call->rows;
    for (i = 0; i < field->rank; i++)
        dim[n++] = (size_t)field->dim[i];
    return n;
}

/* Steps, rows and lengths from the window: an axis other than the batch is as long as the first field over it. */
static void measure(const rnn_model *m, const Tensors *window, rnn_call *call, int32_t *steps, int32_t (*len)[LONG],
                    const int32_t **lens)
{
    int32_t i, k;
    for (i = 0; i < m->fields; i++) {
        const rnn_field_info *f = &m->field[i];
        const Tensor *t = f->role <= RNN_ROLE_TARGET ? tensors_find(window, f->name) : NULL;
        for (k = 0; t != NULL && k < f->axes; k++)
            steps[f->axis[k]] = (int32_t)t->dim[k];
        if (t != NULL && f->has_batch)
            call->rows = (int32_t)t->dim[f->axes];
    }
    for (i = 1; i < m->axes; i++) {
        char name[64];
        const Tensor *t;
        sprintf(name, "%s_len", m->axis[i].name);
        t = tensors_find(window, name);
        for (k = 0; t != NULL && k < call->rows && k < LONG; k++)
            len[i][k] = (int32_t)t->value[k];
        lens[i] = t != NULL ? len[i] : NULL;
    }
}

static void keep_results(const Machine *x, const rnn_call *call, void *const *out, Tensors *to)
{
    const rnn_model *m = x->m;
    size_t dim[TENSOR_RANK_MAX] = {0}, k;
    int32_t i;
    tensors_add(to, "loss", "F64", 0, dim)->value[0] = call->loss;
    for (i = 0; i < m->fields; i++) {
        const rnn_field_info *f = &m->field[i];
        if (f->role == RNN_ROLE_METRIC) {
            tensors_add(to, f->name, "F64", 0, dim)->value[0] = m->metric(i, call->metrics);
        } else if (f->role == RNN_ROLE_OUTPUT) {
            Tensor *t = tensors_add(to, f->name, f->is_token ? "I32" : "F64", shape_of(f, call, dim), dim);
            for (k = 0; k < t->count; k++)
                t->value[k] = f->is_token ? (double)((int32_t *)out[i])[k] : real_at(m, out[i], k);
        }
    }
    for (i = 0; i < m->params; i++) {
        const rnn_param_info *p = &m->param[i];
        Tensor *t;
        for (k = 0; k < (size_t)p->rank; k++)
            dim[k] = (size_t)p->dim[k];
        if ((p->flags & RNN_PARAM_FROZEN) != 0)
            continue;
        t = tensors_add(to, p->name, "F64", p->rank, dim);
        for (k = 0; k < t->count; k++)
            t->value[k] = real_at(m, x->grad, (size_t)p->offset + k);
    }
}

static void run_window(const Machine *x, const char *in_path, const char *out_path)
{
    static Tensors window, result;
    static int32_t len[RNN_AXES_MAX][LONG];
    const rnn_model *m = x->m;
    const void *in[FIELDS_MAX] = {NULL};
    void *out[FIELDS_MAX] = {NULL};
    const int32_t *lens[RNN_AXES_MAX] = {NULL};
    int32_t steps[RNN_AXES_MAX] = {0}, i;
    size_t dim[TENSOR_RANK_MAX], bytes;
    rnn_call call;
    memset(&call, 0, sizeof call);
    tensors_read(&window, in_path);
    measure(m, &window, &call, steps, len, lens);
    call.steps = steps;
    call.len = lens;
    call.in = in;
    call.out = out;
    call.key.seed = 1;
    call.metrics = room((size_t)m->mean_count * sizeof *call.metrics);
    for (i = 0; i < m->fields && i < FIELDS_MAX; i++)
        if (m->field[i].role <= RNN_ROLE_TARGET) {
            in[i] = input_of(m, &m->field[i], &window);
        } else if (m->field[i].role == RNN_ROLE_OUTPUT) {
            int n = shape_of(&m->field[i], &call, dim);
            for (bytes = 8; n > 0; n--)
                bytes *= dim[n - 1];
            out[i] = room(bytes);
        }
    must(m->forward(x->params, x->packed, &call, x->state, x->tape), "forward", &call.fault);
    memset(x->grad, 0, m->params_bytes);
    must(m->backward(x->params, x->packed, &call, x->tape, x->work, 1.0, NULL, x->grad, NULL), "backward", &call.fault);
    keep_results(x, &call, out, &result);
    tensors_write(&result, out_path);
    tensors_free(&result);
    tensors_free(&window);
    for (i = 0; i < m->fields && i < FIELDS_MAX; i++) {
        free(out[i]);
        free((void *)(uintptr_t)in[i]);
    }
    free(call.metrics);
}

int main(int argc, char **argv)
{
    Machine x;
    int i;
    x.m = MODEL();
    if (argc < 4 || x.m->fields > FIELDS_MAX) {
        fprintf(stderr, "usage: drive WEIGHTS { [reset=ROW]... WINDOW OUT }...\n");
        return 2;
    }
    x.params = room(x.m->params_bytes);
    x.grad = room(x.m->params_bytes);
    x.packed = room(x.m->packed_bytes);
    x.state = room(x.m->state_bytes);
    x.work = room(x.m->work_bytes);
    x.tape = room(x.m->tape_bytes);
    load_weights(&x, argv[1]);
    must(x.m->state_reset(x.state, -1), "state_reset", NULL);
    for (i = 2; i < argc; i++)
        if (strncmp(argv[i], "reset=", 6) == 0) {
            must(x.m->state_reset(x.state, (int32_t)strtol(argv[i] + 6, NULL, 10)), "state_reset", NULL);
        } else if (i + 1 < argc) {
            run_window(&x, argv[i], argv[i + 1]);
            i++;
        }
    free(x.params);
    free(x.grad);
    free(x.packed);
    free(x.state);
    free(x.work);
    free(x.tape);
    return 0;
}

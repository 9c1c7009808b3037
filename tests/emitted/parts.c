/* parts.c: runs any emitted model through its table for 1, 2 and 7 rows, and writes all bytes that its calls leave: results,
 * outputs, gradients, adjoints, states, steps of each entry. Memory holds NaN before it is given, so that work which was
 * left out shows. parts.sh builds it with a model (-DMODEL=<prefix>_model) and with the same model run in parts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rnn/rnn.h"

const rnn_model *MODEL(void);
void *parts_below; /* adjoint of the state: parts.sh makes the thunk of backward take it */

enum { FIELDS = 64, STEPS = 6 };
static const rnn_model *model;
static uint64_t state = 1;

typedef struct Objects { /* the caller's */
    void *params, *packed, *tape, *work, *stream, *grad;
} Objects;
typedef struct Window {
    rnn_call call;
    int32_t steps[RNN_AXES_MAX], *len[RNN_AXES_MAX];
    void *in[FIELDS], *out[FIELDS], *up[FIELDS], *down[FIELDS];
    size_t bytes[FIELDS];
} Window;

static uint32_t draw(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33);
}

static void *allocate(size_t bytes)
{
    void *at = malloc(bytes + 64);
    if (!at)
        exit(3);
    return memset(at, 0xff, bytes + 64);
}

static void put(const void *at, size_t bytes)
{
    if (fwrite(at, 1, bytes, stdout) != bytes)
        exit(4);
}

static void expect(const char *what, rnn_status status, const rnn_fault *fault)
{
    put(&status, sizeof status);
    if (status == RNN_OK)
        return;
    fprintf(stderr, "%s: status %d: %s\n", what, (int)status, fault ? fault->what : "");
    exit(1);
}

static void fill(const rnn_field_info *field, void *values, size_t bytes)
{
    const size_t each = field->is_token ? 4 : (size_t)model->real_bytes;
    for (size_t i = 0; i < bytes / each; i++) {
        const double value = (double)draw() / 1073741824.0 - 1.0;
        if (field->is_token)
            ((int32_t *)values)[i] = (int32_t)(draw() % (uint32_t)field->vocab);
        else if (model->real_bytes == 8)
            ((double *)values)[i] = value;
        else
            ((float *)values)[i] = (float)value;
    }
}

static Window open_window(int32_t rows, int32_t most)
{
    Window w;
    memset(&w, 0, sizeof w);
    w.call.rows = rows;
    for (int32_t a = 1; a < model->axes; a++) {
        w.steps[a] = model->axis[a].most < most ? model->axis[a].most : most;
        w.len[a] = allocate(sizeof(int32_t) * (size_t)rows);
        for (int32_t b = 0; b < rows; b++)
            w.len[a][b] = b == 0 ? w.steps[a] : 1 + (int32_t)(draw() % (uint32_t)w.steps[a]);
    }
    for (int32_t i = 0; i < model->fields; i++) {
        const rnn_field_info *field = &model->field[i];
        const int gives = field->role == RNN_ROLE_OUTPUT || field->role == RNN_ROLE_ENTRY;
        size_t bytes = field->is_token ? 4 : (size_t)model->real_bytes;
        bytes *= (size_t)field->dim[0] * (size_t)field->dim[1] * (size_t)(field->has_batch ? rows : 1);
        for (int32_t a = 0; a < field->axes; a++)
            bytes *= (size_t)w.steps[field->axis[a]];
        w.bytes[i] = bytes;
        if (gives || field->role == RNN_ROLE_INPUT || field->role == RNN_ROLE_TARGET) {
            w.in[i] = allocate(bytes);
            w.out[i] = allocate(bytes);
            fill(field, w.in[i], bytes);
        }
        if (field->role == RNN_ROLE_OUTPUT && !field->is_token)
            w.up[i] = w.in[i];
        if (field->role == RNN_ROLE_INPUT && !field->is_token)
            w.down[i] = allocate(bytes);
    }
    w.call.train = 1;
    w.call.key.seed = 5;
    w.call.metrics = calloc((size_t)model->mean_count + 1, sizeof(rnn_mean));
    return w;
}

/* Pointers into the window itself: only once it stands where it stays. */
static rnn_call *call_of(Window *w)
{
    w->call.steps = w->steps;
    w->call.len = (const int32_t *const *)w->len;
    w->call.in = (const void *const *)w->in;
    w->call.out = w->out;
    return &w->call;
}

static void close_window(Window *w)
{
    for (int32_t a = 1; a < model->axes; a++)
        free(w->len[a]);
    for (int32_t i = 0; i < model->fields; i++) {
        free(w->in[i]);
        free(w->out[i]);
        free(w->down[i]);
    }
    free(w->call.metrics);
}

static void put_window(const Window *w, void *const *arrays)
{
    put(&w->call.loss, sizeof w->call.loss);
    put(&w->call.loss_weight, sizeof w->call.loss_weight);
    put(w->call.metrics, sizeof(rnn_mean) * (size_t)model->mean_count);
    for (int32_t i = 0; i < model->fields; i++)
        if (arrays[i] && model->field[i].role != RNN_ROLE_ENTRY)
            put(arrays[i], w->bytes[i]);
}

static void spoil(const Objects *o)
{
    memset(o->work, 0xff, model->work_bytes);
    if (model->has_loss)
        memset(o->tape, 0xff, model->tape_bytes);
}

static void run_window(const Objects *o, int32_t rows, int32_t steps)
{
    Window w = open_window(rows, steps);
    rnn_call *call = call_of(&w);
    spoil(o);
    expect("eval", model->eval(o->params, o->packed, call, o->stream, o->work), &call->fault);
    put_window(&w, w.out);
    put(o->stream, model->state_bytes);
    if (model->has_infer) {
        spoil(o);
        expect("infer", model->infer(o->params, o->packed, call, o->stream, o->work), &call->fault);
        put_window(&w, w.out);
        put(o->stream, model->state_bytes);
    }
    if (model->has_loss) {
        spoil(o);
        memset(o->grad, 0, model->params_bytes);
        expect("forward", model->forward(o->params, o->packed, call, o->stream, o->tape), &call->fault);
        put_window(&w, w.out);
        put(o->stream, model->state_bytes);
        expect("backward",
               model->backward(o->params, o->packed, call, o->tape, o->work, 0.75, (const void *const *)w.up, o->grad,
                               w.down),
               &call->fault);
        put(o->grad, model->params_bytes);
        put_window(&w, w.down);
        put(parts_below, model->state_bytes);
        spoil(o);
        memset(o->grad, 0, model->params_bytes);
        expect("gradient", model->gradient(o->params, o->packed, call, o->stream, o->tape, o->work, 0.75, o->grad),
               &call->fault);
        put_window(&w, w.out);
        put(o->grad, model->params_bytes);
        put(o->stream, model->state_bytes);
    }
    close_window(&w);
}

static void run_entry(const Objects *o, int32_t entry, int32_t rows)
{
    const rnn_entry_info *info = &model->entry[entry];
    Window w = open_window(rows, 1);
    rnn_call *call = call_of(&w);
    unsigned char *done = calloc((size_t)rows, 1);
    spoil(o);
    if (info->kind == RNN_ENTRY_GENERATE)
        expect("begin", model->entry_begin(entry, o->params, o->packed, call, o->stream, o->work), &call->fault);
    for (int step = 0; step < 3; step++) {
        expect(info->name, model->entry_step(entry, o->params, o->packed, call, o->stream, o->work, done),
               &call->fault);
        for (int32_t i = 0; i < info->outs; i++)
            put(w.out[info->out[i]], w.bytes[info->out[i]]);
        put(done, (size_t)rows);
        put(o->stream, model->state_bytes);
    }
    free(done);
    close_window(&w);
}

int main(void)
{
    model = MODEL();
    static const int32_t rows[] = {1, 2, 7};
    Objects o = {allocate(model->params_bytes), allocate(model->packed_bytes), allocate(model->tape_bytes),
                 allocate(model->work_bytes),   allocate(model->state_bytes),  allocate(model->params_bytes)};
    parts_below = allocate(model->state_bytes);
    if (model->fields > FIELDS)
        return 3;
    expect("params_init", model->params_init(o.params, 3), NULL);
    expect("pack", model->pack(o.params, o.packed), NULL);
    put(o.packed, model->packed_bytes);
    for (size_t i = 0; i < sizeof rows / sizeof *rows && rows[i] <= model->axis[0].most; i++) {
        memset(o.stream, 0, model->state_bytes);
        memset(parts_below, 0, model->state_bytes);
        expect("state_reset", model->state_reset(o.stream, -1), NULL);
        run_window(&o, rows[i], STEPS);
        run_window(&o, rows[i], 2); /* fewer steps than parts */
        for (int32_t entry = 0; entry < model->entries; entry++)
            run_entry(&o, entry, rows[i]);
    }
    void *const all[] = {o.params, o.packed, o.tape, o.work, o.stream, o.grad, parts_below};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    return 0;
}

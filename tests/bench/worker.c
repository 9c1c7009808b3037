/* worker.c: one contestant of a benchmark: an emitted model behind a pipe.
 *     worker MODEL.so FUNCTION DATA MODE     MODE: infer, train or gradient; FUNCTION returns the rnn_model
 * DATA is a file of tensors with the weights, inputs and targets by their names. Commands on standard input:
 *     run MS       calls for at least MS milliseconds; answers "calls seconds"
 *     dump FILE    one call, its outputs, gradients and adjoints of the inputs (d_NAME) into a file; answers "ok"
 * A call is infer, or pack + forward + backward with the adjoints of all real inputs, or pack + gradient. The model is known by its table
 * only. bench.py drives it; the reader is tests/parity/tensors.c. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rnn/rnn.h"
#include "tensors.h"

enum { FIELDS_MAX = 64 };

typedef struct Contestant {
    const rnn_model *m;
    int train, one_call;
    rnn_call call;
    int32_t steps[RNN_AXES_MAX];
    const void *in[FIELDS_MAX];
    void *out[FIELDS_MAX], *down[FIELDS_MAX];
    size_t count[FIELDS_MAX];
    void *params, *packed, *grad, *work, *tape;
} Contestant;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "worker: %s: %s\n", what, why);
    exit(2);
}

/* Touched once here, so that no call pays for the first use of a page. */
static void *room(size_t bytes)
{
    void *p = NULL;
    if (posix_memalign(&p, 64, bytes + 64) != 0)
        fail("memory", "none");
    memset(p, 0, bytes + 64);
    return p;
}

static void put(const rnn_model *m, void *to, size_t i, double value)
{
    if (m->real_bytes == 8)
        ((double *)to)[i] = value;
    else
        ((float *)to)[i] = (float)value;
}

static double get(const rnn_model *m, const void *from, size_t i)
{
    return m->real_bytes == 8 ? ((const double *)from)[i] : (double)((const float *)from)[i];
}

static void load_params(Contestant *c, const Tensors *data)
{
    int32_t i;
    size_t k;
    for (i = 0; i < c->m->params; i++) {
        const rnn_param_info *p = &c->m->param[i];
        const Tensor *t = tensors_find(data, p->name);
        if (t == NULL || t->count != (size_t)p->count)
            fail(p->name, "not in the data, or of another size");
        for (k = 0; k < t->count; k++)
            put(c->m, c->params, (size_t)p->offset + k, t->value[k]);
    }
}

static void load_input(Contestant *c, int32_t field, const Tensors *data)
{
    const rnn_field_info *f = &c->m->field[field];
    const Tensor *t = tensors_find(data, f->name);
    void *v;
    size_t k;
    int32_t i;
    if (t == NULL || f->axes + 1 > t->rank)
        fail(f->name, "not in the data, or of another rank");
    c->count[field] = t->count;
    c->in[field] = v = room(t->count * 8);
    for (k = 0; k < t->count; k++)
        if (f->is_token)
            ((int32_t *)v)[k] = (int32_t)t->value[k];
        else
            put(c->m, v, k, t->value[k]);
    for (i = 0; i < f->axes; i++)
        c->steps[f->axis[i]] = (int32_t)t->dim[i];
    c->call.rows = (int32_t)t->dim[f->axes];
    if (f->role == RNN_ROLE_INPUT && !f->is_token)
        c->down[field] = room(t->count * 8);
}

static void make_output(Contestant *c, int32_t field)
{
    const rnn_field_info *f = &c->m->field[field];
    size_t count = f->has_batch ? (size_t)c->call.rows : 1;
    int32_t i;
    for (i = 0; i < f->axes; i++)
        count *= (size_t)c->steps[f->axis[i]];
    for (i = 0; i < f->rank; i++)
        count *= (size_t)f->dim[i];
    c->count[field] = count;
    c->out[field] = room(count * 8);
}

static void prepare(Contestant *c, const char *path)
{
    static Tensors data;
    const rnn_model *m = c->m;
    int32_t i;
    tensors_read(&data, path);
    c->params = room(m->params_bytes);
    c->packed = room(m->packed_bytes);
    c->grad = room(m->params_bytes);
    c->work = room(m->work_bytes);
    c->tape = room(m->tape_bytes);
    load_params(c, &data);
    for (i = 0; i < m->fields; i++)
        if (m->field[i].role <= RNN_ROLE_TARGET)
            load_input(c, i, &data);
    for (i = 0; i < m->fields; i++)
        if (m->field[i].role == RNN_ROLE_OUTPUT)
            make_output(c, i);
    c->call.steps = c->steps;
    c->call.in = c->in;
    c->call.out = c->out;
    c->call.key.seed = 1;
    c->call.metrics = room((size_t)m->mean_count * sizeof *c->call.metrics);
    tensors_free(&data);
    if (m->pack(c->params, c->packed) != RNN_OK)
        fail("pack", "refused");
}

static rnn_status one_call(Contestant *c)
{
    const rnn_model *m = c->m;
    rnn_status s;
    if (!c->train)
        return (m->has_infer ? m->infer : m->eval)(c->params, c->packed, &c->call, NULL, c->work);
    s = m->pack(c->params, c->packed);
    if (s == RNN_OK && !c->one_call)
        s = m->forward(c->params, c->packed, &c->call, NULL, c->tape);
    memset(c->grad, 0, m->params_bytes);
    if (s == RNN_OK && !c->one_call)
        s = m->backward(c->params, c->packed, &c->call, c->tape, c->work, 1.0, NULL, c->grad, c->down);
    if (s == RNN_OK && c->one_call)
        s = m->gradient(c->params, c->packed, &c->call, NULL, c->tape, c->work, 1.0, c->grad);
    return s;
}

static void must(const Contestant *c, rnn_status s)
{
    if (s == RNN_OK)
        return;
    fprintf(stderr, "worker: status %ld at '%s'\n", (long)s, c->call.fault.what);
    exit(2);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run(Contestant *c, double seconds)
{
    double begin = now(), end;
    long calls = 0;
    do {
        must(c, one_call(c));
        calls++;
        end = now();
    } while (end - begin < seconds);
    printf("%ld %.9f\n", calls, end - begin);
}

/* Flat tensors: the driver knows the shapes. */
static void keep(const Contestant *c, Tensors *to, const char *name, const void *values, size_t count)
{
    Tensor *t = tensors_add(to, name, "F64", 1, &count);
    size_t k;
    for (k = 0; k < count; k++)
        t->value[k] = get(c->m, values, k);
}

static void dump(Contestant *c, const char *path)
{
    static Tensors result;
    const rnn_model *m = c->m;
    char name[128];
    int32_t i;
    must(c, one_call(c));
    for (i = 0; i < m->fields; i++) {
        if (m->field[i].role == RNN_ROLE_OUTPUT && !m->field[i].is_token)
            keep(c, &result, m->field[i].name, c->out[i], c->count[i]);
        if (c->train && c->down[i] != NULL) {
            sprintf(name, "d_%.90s", m->field[i].name);
            keep(c, &result, name, c->down[i], c->count[i]);
        }
    }
    for (i = 0; c->train && i < m->params; i++) {
        const char *v = (const char *)c->grad + (size_t)m->param[i].offset * (size_t)m->real_bytes;
        keep(c, &result, m->param[i].name, v, (size_t)m->param[i].count);
    }
    tensors_write(&result, path);
    tensors_free(&result);
    printf("ok\n");
}

/* dlsym gives a pointer to data; C has no cast from it to a function. */
static const rnn_model *model_of(const char *path, const char *function)
{
    const rnn_model *(*get_model)(void);
    void *library = dlopen(path, RTLD_NOW), *symbol = library != NULL ? dlsym(library, function) : NULL;
    if (symbol == NULL)
        fail(path, dlerror());
    memcpy(&get_model, &symbol, sizeof get_model);
    return get_model();
}

int main(int argc, char **argv)
{
    static Contestant c;
    char line[1024], path[1000];
    double ms;
    if (argc != 5)
        fail("usage", "worker MODEL.so FUNCTION DATA infer|train");
    c.m = model_of(argv[1], argv[2]);
    c.one_call = strcmp(argv[4], "gradient") == 0;
    c.train = c.one_call || strcmp(argv[4], "train") == 0;
    if (c.m->fields > FIELDS_MAX)
        fail(argv[2], "too many fields");
    prepare(&c, argv[3]);
    while (fgets(line, (int)sizeof line, stdin) != NULL) {
        if (sscanf(line, "run %lf", &ms) == 1)
            run(&c, ms * 1e-3);
        else if (sscanf(line, "dump %999s", path) == 1)
            dump(&c, path);
        fflush(stdout);
    }
    return 0;
}

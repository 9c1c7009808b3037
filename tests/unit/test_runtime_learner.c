/* test_runtime_learner.c: one step of training on the toy model: the update that is made, what is never touched, what
 * happens to numbers that are not finite, hooks, accumulation over windows. */
#include "toy_model.h"
#include "unit.h"

enum { ROWS = 3, STEPS = 7 };
static int32_t tokens[ROWS * STEPS + 1];
static int32_t x[STEPS * ROWS], y[STEPS * ROWS];
static const void *const in[3] = {x, y, NULL};
static const int32_t steps[2] = {0, STEPS};

static void make_window(void)
{
    toy_text(tokens, ROWS * STEPS + 1);
    for (int t = 0; t < STEPS; t++)
        for (int b = 0; b < ROWS; b++) {
            x[t * ROWS + b] = tokens[b * STEPS + t];
            y[t * ROWS + b] = tokens[b * STEPS + t + 1];
        }
}

static rnn_call window_call(void)
{
    rnn_call call;
    memset(&call, 0, sizeof call);
    call.rows = ROWS;
    call.steps = steps;
    call.in = in;
    return call;
}

static rnn_options options(void)
{
    rnn_options o;
    CHECK(rnn_options_default(NULL, &o, NULL) == RNN_OK);
    o.lr = 0.05;
    o.seed = 9;
    return o;
}

typedef struct Kept {
    unsigned char params[TOY_REALS * 8], moment[2][TOY_REALS * 8];
    ToyState state;
    int64_t step, updates;
} Kept;

static void keep(const rnn_learner *l, Kept *k)
{
    memset(k, 0, sizeof *k);
    memcpy(k->params, l->params, l->model->params_bytes);
    for (int i = 0; i < 2; i++)
        if (l->moment[i] != NULL)
            memcpy(k->moment[i], l->moment[i], l->model->params_bytes);
    if (l->state != NULL)
        memcpy(&k->state, l->state, sizeof k->state);
    k->step = l->step;
    k->updates = l->updates;
}

static int is_padding(int i)
{
    return !((i < 25) || (i >= TOY_IN && i < TOY_IN + 5) || (i >= TOY_OUT && i < TOY_OUT + 5) ||
             (i >= TOY_FROZEN && i < TOY_FROZEN + 3));
}

/* The gradient of the toy itself is right: else nothing below means much. */
static void test_toy_gradient(void)
{
    const rnn_model m = toy_model(8, 1);
    const rnn_options o = options();
    rnn_learner l;
    rnn_call call = window_call();
    rnn_step_report r;
    CHECK(rnn_learner_open(&l, &m, &o, NULL) == RNN_OK);
    CHECK(rnn_learner_accumulate(&l, &call, 1.0, &r, NULL) == RNN_OK);
    for (int i = 0; i < TOY_FROZEN; i++) {
        double loss[2];
        for (int side = 0; side < 2; side++) {
            ToyState s = {{0}};
            double *p = l.params;
            const double kept = p[i];
            p[i] = kept + (side ? 1e-6 : -1e-6);
            m.pack(p, l.packed);
            CHECK(m.forward(p, l.packed, &call, &s, l.tape) == RNN_OK);
            loss[side] = call.loss;
            p[i] = kept;
        }
        CHECK(fabs((loss[1] - loss[0]) / 2e-6 - ((double *)l.grad)[i]) < 1e-8);
    }
    rnn_learner_close(&l);
}

static void test_update_is_adam(void)
{
    const rnn_model m = toy_model(8, 1);
    rnn_options o = options();
    rnn_learner l;
    rnn_call call = window_call();
    rnn_step_report r;
    double p[TOY_REALS], g[TOY_REALS], zero[2][TOY_REALS] = {{0}}, sum = 0;
    o.clip_norm = 0.01;
    CHECK(rnn_learner_open(&l, &m, &o, NULL) == RNN_OK);
    CHECK((uintptr_t)l.params % 64 == 0 && (uintptr_t)l.tape % 64 == 0);
    memcpy(p, l.params, sizeof p);
    CHECK(rnn_learner_accumulate(&l, &call, 1.0, &r, NULL) == RNN_OK);
    memcpy(g, l.grad, sizeof g);
    for (int i = 0; i < TOY_FROZEN; i++)
        sum += g[i] * g[i];
    CHECK(rnn_learner_update(&l, &r, NULL) == RNN_OK);
    CHECK(fabs(r.norm - sqrt(sum)) < 1e-15 && r.norm > 0.01 && r.lr == 0.05 && r.step == 1 && !r.skipped);
    rnn_adam_double(p, g, zero[0], zero[1], TOY_FROZEN, &o, 0.05, 0.01 / r.norm, 1);
    for (int i = 0; i < TOY_FROZEN; i++)
        CHECK(fabs(((double *)l.params)[i] - p[i]) < 1e-16);
    for (int i = 0; i < TOY_REALS; i++)
        CHECK(((double *)l.grad)[i] == 0);
    CHECK(memcmp(l.params, l.packed, m.params_bytes) == 0);
    rnn_learner_close(&l);
}

static void test_untouched(int bytes, const char *optimizer)
{
    const rnn_model m = toy_model(bytes, 1);
    rnn_options o = options();
    rnn_learner l;
    rnn_call call = window_call();
    rnn_step_report r;
    Kept before;
    double first = 0;
    CHECK(rnn_options_set(&o, "optimizer", optimizer, NULL) == RNN_OK);
    o.momentum = 0.5;
    o.weight_decay = 0.01;
    o.clip_value = 0.5;
    o.clip_norm = 1;
    CHECK(rnn_learner_open(&l, &m, &o, NULL) == RNN_OK);
    keep(&l, &before);
    for (int i = 0; i < 60; i++) {
        CHECK(rnn_train_step(&l, &call, &r, NULL) == RNN_OK && r.step == i + 1);
        first = i == 0 ? r.loss : first;
    }
    CHECK(r.loss < 0.8 * first);
    CHECK(r.norm < 100); /* the frozen gradient of 1e6 is not in it */
    for (int i = 0; i < TOY_REALS; i++) {
        if (is_padding(i)) {
            CHECK(toy_get(l.params, i) == 0);
            CHECK(l.moment[1] == NULL || toy_get(l.moment[1], i) == 0);
        }
        if (i >= TOY_FROZEN)
            CHECK(toy_get(l.params, i) == toy_get(before.params, i) && toy_get(l.moment[0], i) == 0);
    }
    rnn_learner_close(&l);
}

/* A number that is not finite at one of four places, under both settings. */
static void test_nonfinite(int where, int32_t setting, int carry)
{
    const rnn_model m = toy_model(4, carry);
    rnn_options o = options();
    rnn_learner l;
    rnn_call call = window_call();
    rnn_step_report r;
    rnn_error err;
    rnn_mean means[1] = {{0, 0}};
    Kept before, after;
    int64_t *const places[] = {&toy_bad_forward, &toy_bad_loss, &toy_bad_backward, &toy_bad_gradient};
    call.metrics = means;
    o.nonfinite = setting;
    CHECK(rnn_learner_open(&l, &m, &o, NULL) == RNN_OK);
    for (int i = 0; i < 5; i++)
        CHECK(rnn_train_step(&l, &call, &r, NULL) == RNN_OK);
    keep(&l, &before);
    *places[where] = 5;
    err.text[0] = '\0';
    const rnn_status status = rnn_train_step(&l, &call, &r, &err);
    keep(&l, &after);
    CHECK(memcmp(before.params, after.params, sizeof after.params) == 0);
    CHECK(memcmp(before.moment, after.moment, sizeof after.moment) == 0);
    CHECK(before.updates == after.updates && r.skipped == 1);
    for (int i = 0; i < TOY_REALS; i++)
        CHECK(toy_get(l.grad, i) == 0);
    for (int b = 0; carry && b < TOY_ROWS; b++)
        CHECK(isfinite(after.state.s[b]));
    if (setting == RNN_NONFINITE_STOP) {
        CHECK(status == RNN_NONFINITE && err.code == RNN_NONFINITE && err.text[0] != '\0');
        CHECK(memcmp(&before.state, &after.state, sizeof after.state) == 0 && after.step == before.step);
    } else {
        CHECK(status == RNN_OK && l.skipped == 1 && after.step == before.step + 1);
    }
    *places[where] = -1;
    CHECK(rnn_train_step(&l, &call, &r, NULL) == RNN_OK && !r.skipped && isfinite(r.loss) && isfinite(r.norm));
    rnn_learner_close(&l);
}

static rnn_status double_it(void *self, rnn_learner *l, rnn_error *err)
{
    (void)err;
    for (int i = 0; i < TOY_REALS; i++)
        toy_put(l->grad, i, 2 * toy_get(l->grad, i));
    ++*(int *)self;
    return RNN_OK;
}

static rnn_status refuse(void *self, rnn_learner *l, rnn_error *err)
{
    (void)self, (void)l;
    return rnn_error_set(err, RNN_STOPPED, "the hook stops");
}

static void test_hook(void)
{
    const rnn_model m = toy_model(8, 0);
    const rnn_options o = options();
    rnn_learner l;
    rnn_call call = window_call();
    rnn_step_report r;
    rnn_error err;
    int called = 0;
    double norm;
    Kept before, after;
    CHECK(rnn_learner_open(&l, &m, &o, NULL) == RNN_OK && l.state == NULL);
    CHECK(rnn_learner_accumulate(&l, &call, 1, &r, NULL) == RNN_OK && rnn_learner_update(&l, &r, NULL) == RNN_OK);
    norm = r.norm;
    rnn_learner_close(&l);
    CHECK(rnn_learner_open(&l, &m, &o, NULL) == RNN_OK);
    l.hook = double_it;
    l.hook_self = &called;
    CHECK(rnn_train_step(&l, &call, &r, NULL) == RNN_OK && called == 1 && fabs(r.norm - 2 * norm) < 1e-15);
    l.hook = refuse;
    keep(&l, &before);
    CHECK(rnn_train_step(&l, &call, &r, &err) == RNN_STOPPED && strcmp(err.text, "the hook stops") == 0);
    keep(&l, &after);
    CHECK(memcmp(&before, &after, sizeof before) == 0);
    rnn_learner_close(&l);
}

/* Two half gradients are one gradient. */
static void test_accumulate(void)
{
    const rnn_model m = toy_model(8, 0);
    const rnn_options o = options();
    rnn_learner a, b;
    rnn_call call = window_call();
    rnn_step_report r;
    CHECK(rnn_learner_open(&a, &m, &o, NULL) == RNN_OK && rnn_learner_open(&b, &m, &o, NULL) == RNN_OK);
    CHECK(rnn_learner_accumulate(&a, &call, 1.0, &r, NULL) == RNN_OK);
    CHECK(rnn_learner_accumulate(&b, &call, 0.5, &r, NULL) == RNN_OK);
    b.step = 0; /* the same random numbers */
    CHECK(rnn_learner_accumulate(&b, &call, 0.5, &r, NULL) == RNN_OK);
    for (int i = 0; i < TOY_FROZEN; i++)
        CHECK(fabs(((double *)a.grad)[i] - ((double *)b.grad)[i]) < 1e-16);
    rnn_learner_close(&a);
    rnn_learner_close(&b);
}

static void test_refusals(void)
{
    rnn_model m = toy_model(8, 0);
    rnn_options o = options();
    rnn_learner l;
    rnn_call call = window_call();
    rnn_step_report r;
    rnn_error err;
    CHECK(rnn_learner_open(&l, NULL, &o, &err) == RNN_ARG && rnn_learner_open(&l, &m, NULL, &err) == RNN_ARG);
    m.abi = 99;
    CHECK(rnn_learner_open(&l, &m, &o, &err) == RNN_VERSION);
    m = toy_model(8, 0);
    m.has_loss = 0;
    CHECK(rnn_learner_open(&l, &m, &o, &err) == RNN_ARG && strstr(err.text, "no loss") != NULL);
    m = toy_model(8, 0);
    o.epsilon = 0;
    CHECK(rnn_learner_open(&l, &m, &o, &err) == RNN_ARG && strstr(err.text, "epsilon") != NULL);
    o = options();
    CHECK(rnn_learner_open(&l, &m, &o, &err) == RNN_OK);
    y[3 * ROWS + 2] = TOY_V;
    CHECK(rnn_train_step(&l, &call, &r, &err) == RNN_RANGE);
    CHECK_TEXT(err.text, "y: value out of range, axis t, step 3, row 2");
    y[3 * ROWS + 2] = 0;
    CHECK(l.step == 0 && l.updates == 0 && l.skipped == 0);
    rnn_learner_close(&l);
}

int main(void)
{
    make_window();
    test_toy_gradient();
    test_update_is_adam();
    for (int bytes = 4; bytes <= 8; bytes += 4) {
        test_untouched(bytes, "sgd");
        test_untouched(bytes, "adam");
    }
    for (int where = 0; where < 4; where++)
        for (int32_t setting = 0; setting < 2; setting++)
            for (int carry = 0; carry < 2; carry++)
                test_nonfinite(where, setting, carry);
    test_hook();
    test_accumulate();
    test_refusals();
    return unit_result();
}

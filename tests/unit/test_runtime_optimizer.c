/* test_runtime_optimizer.c: the arithmetic over flat arrays against PyTorch's numbers, norms and clipping, schedules
 * against closed forms, options from text and from a model's advice. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "optimizer_numbers.h"
#include "rnn/train.h"
#include "unit.h"

static double gradient(int step, int i)
{
    return cos(0.7 * step + 1.3 * i) * (0.1 + i % 5);
}

static rnn_options options_of(const Case *c)
{
    rnn_options o;
    CHECK(rnn_options_default(NULL, &o, NULL) == RNN_OK);
    o.optimizer = c->optimizer;
    o.lr = c->lr;
    o.momentum = c->momentum;
    o.beta1 = c->beta1;
    o.beta2 = c->beta2;
    o.epsilon = c->epsilon;
    o.weight_decay = c->weight_decay;
    o.clip_norm = c->clip_norm;
    return o;
}

static double scale_of(const rnn_options *o, double sumsq)
{
    const double norm = sqrt(sumsq);
    return o->clip_norm > 0 && norm > o->clip_norm ? o->clip_norm / norm : 1;
}

/* One place behind each array is a canary: tails must not be written. */
static void run_double(const Case *c, double *w)
{
    const rnn_options o = options_of(c);
    double g[COUNT], m[COUNT + 1] = {0}, v[COUNT + 1] = {0};
    m[COUNT] = v[COUNT] = w[COUNT] = 7;
    for (int i = 0; i < COUNT; i++)
        w[i] = sin(1.0 + i);
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < COUNT; i++)
            g[i] = gradient(step, i);
        const double scale = scale_of(&o, rnn_sumsq_double(g, COUNT));
        if (o.optimizer == RNN_ADAM)
            rnn_adam_double(w, g, m, v, COUNT, &o, o.lr, scale, step + 1);
        else
            rnn_sgd_double(w, g, o.momentum > 0 ? m : NULL, COUNT, &o, o.lr, scale);
    }
    CHECK(m[COUNT] == 7 && v[COUNT] == 7 && w[COUNT] == 7);
}

static void run_float(const Case *c, float *w)
{
    const rnn_options o = options_of(c);
    float g[COUNT], m[COUNT + 1] = {0}, v[COUNT + 1] = {0};
    m[COUNT] = v[COUNT] = w[COUNT] = 7;
    for (int i = 0; i < COUNT; i++)
        w[i] = (float)sin(1.0 + i);
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < COUNT; i++)
            g[i] = (float)gradient(step, i);
        const double scale = scale_of(&o, rnn_sumsq_float(g, COUNT));
        if (o.optimizer == RNN_ADAM)
            rnn_adam_float(w, g, m, v, COUNT, &o, o.lr, scale, step + 1);
        else
            rnn_sgd_float(w, g, o.momentum > 0 ? m : NULL, COUNT, &o, o.lr, scale);
    }
    CHECK(m[COUNT] == 7 && v[COUNT] == 7 && w[COUNT] == 7);
}

static void test_pytorch(void)
{
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        double wide[COUNT + 1], worst = 0;
        float narrow[COUNT + 1], worst_narrow = 0;
        run_double(&cases[k], wide);
        run_float(&cases[k], narrow);
        for (int i = 0; i < COUNT; i++) {
            worst = fmax(worst, fabs(wide[i] - cases[k].wide[i]));
            worst_narrow = fmaxf(worst_narrow, fabsf(narrow[i] - cases[k].narrow[i]));
        }
        printf("%-24s double %.1e  float %.1e\n", cases[k].name, worst, (double)worst_narrow);
        CHECK(worst <= 5e-15);
        CHECK(worst_narrow <= 1e-6F);
    }
}

/* The comparison sees a change of epsilon in its ninth digit. */
static void test_numbers_can_fail(void)
{
    Case c = cases[6];
    double w[COUNT + 1], worst = 0;
    c.epsilon = 0.1 + 1e-9;
    run_double(&c, w);
    for (int i = 0; i < COUNT; i++)
        worst = fmax(worst, fabs(w[i] - cases[6].wide[i]));
    CHECK(worst > 5e-15);
}

static void test_norm(void)
{
    double v[37], part[16] = {0}, sum = 0;
    float f[37];
    for (int i = 0; i < 37; i++) {
        v[i] = gradient(3, i);
        f[i] = (float)v[i];
        part[i % 16] += v[i] * v[i];
    }
    for (int width = 8; width > 0; width /= 2)
        for (int k = 0; k < width; k++)
            part[k] += part[k + width];
    CHECK(rnn_sumsq_double(v, 37) == part[0]);
    for (int i = 0; i < 37; i++)
        sum += (double)f[i] * (double)f[i];
    CHECK(fabs(rnn_sumsq_float(f, 37) - sum) < 1e-12 * sum);
    CHECK(rnn_sumsq_double(v, 0) == 0);
    f[20] = FLT_MAX;
    CHECK(isfinite(rnn_sumsq_float(f, 37)));
    f[36] = INFINITY;
    CHECK(!isfinite(rnn_sumsq_float(f, 37)));
    v[5] = NAN;
    CHECK(isnan(rnn_sumsq_double(v, 37)));
}

static void test_clip_value(void)
{
    double v[5] = {-3, 0.5, 3, NAN, -INFINITY};
    float f[3] = {-3, 0.25F, NAN};
    rnn_clip_double(v, 5, 1);
    rnn_clip_float(f, 3, 2);
    CHECK(v[0] == -1 && v[1] == 0.5 && v[2] == 1 && isnan(v[3]) && v[4] == -1);
    CHECK(f[0] == -2 && f[1] == 0.25F && isnan(f[2]));
}

static void test_schedules(void)
{
    rnn_options o;
    CHECK(rnn_options_default(NULL, &o, NULL) == RNN_OK);
    o.lr = 2;
    CHECK(rnn_schedule_rate(&o, 0, 10) == 2 && rnn_schedule_rate(&o, 1000000, 10) == 2);
    o.warmup = 4;
    CHECK(rnn_schedule_rate(&o, 0, 10) == 0.5 && rnn_schedule_rate(&o, 3, 10) == 2 &&
          rnn_schedule_rate(&o, 4, 10) == 2);
    o.warmup = 2;
    o.schedule = RNN_STEPWISE;
    o.schedule_period = 3;
    o.schedule_factor = 0.5;
    CHECK(rnn_schedule_rate(&o, 4, 0) == 2 && rnn_schedule_rate(&o, 5, 0) == 1 && rnn_schedule_rate(&o, 8, 0) == 0.5);
    o.schedule = RNN_COSINE;
    o.schedule_final = 1;
    CHECK(rnn_schedule_rate(&o, 2, 10) == 2);
    CHECK(fabs(rnn_schedule_rate(&o, 6, 10) - 1.5) < 1e-15);
    CHECK(fabs(rnn_schedule_rate(&o, 4, 10) - (1 + 0.5 * (1 + cos(3.14159265358979 / 4)))) < 1e-12);
    CHECK(rnn_schedule_rate(&o, 10, 10) == 1 && rnn_schedule_rate(&o, 12, 10) == 1);
}

static void test_options(void)
{
    rnn_options o;
    rnn_error err;
    static const char *const bad[][2] = {
        {"lr", "abc"},
        {"lr", ""},
        {"lr", "-1"},
        {"lr", "nan"},
        {"lr", "inf"},
        {"lr", "1x"},
        {"beta1", "1"},
        {"beta2", "-0.1"},
        {"epsilon", "0"},
        {"epochs", "0"},
        {"epochs", "1.5"},
        {"epochs", "3000000000"},
        {"optimizer", "rmsprop"},
        {"schedule", ""},
        {"seed", "-1"},
        {"seed", "18446744073709551616"},
        {"seed", "1.0"},
        {"nonfinite", "maybe"},
        {"nothing", "1"},
        {"steps", "-1"},
        {"momentum", "1"},
        {"schedule_period", "0"},
    };
    CHECK(rnn_options_default(NULL, &o, &err) == RNN_OK && rnn_options_check(&o, &err) == RNN_OK);
    CHECK(rnn_options_set(&o, "lr", "0.25", &err) == RNN_OK && o.lr == 0.25);
    CHECK(rnn_options_set(&o, "optimizer", "sgd", &err) == RNN_OK && o.optimizer == RNN_SGD);
    CHECK(rnn_options_set(&o, "schedule", "cosine", &err) == RNN_OK && o.schedule == RNN_COSINE);
    CHECK(rnn_options_set(&o, "seed", "18446744073709551615", &err) == RNN_OK && o.seed == UINT64_MAX);
    CHECK(rnn_options_set(&o, "steps", "9007199254740991", &err) == RNN_OK && o.steps == INT64_C(9007199254740991));
    CHECK(rnn_options_check(&o, &err) == RNN_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const rnn_options before = o;
        err.text[0] = '\0';
        CHECK(rnn_options_set(&o, bad[i][0], bad[i][1], &err) == RNN_ARG && strstr(err.text, bad[i][0]) != NULL);
        CHECK(memcmp(&before, &o, sizeof o) == 0);
    }
    o.beta1 = NAN;
    CHECK(rnn_options_check(&o, &err) == RNN_ARG);
}

static void test_advice(void)
{
    static const rnn_advice good[] = {{"optimizer", "sgd", 0}, {"clip_norm", "", 5}, {"batch", "", 20}};
    static const rnn_advice unknown[] = {{"speed", "", 1}};
    static const rnn_advice out_of_range[] = {{"lr", "", -1}};
    rnn_model model = {.name = "m", .advices = 3, .advice = good};
    rnn_options o;
    CHECK(rnn_options_default(&model, &o, NULL) == RNN_OK);
    CHECK(o.optimizer == RNN_SGD && o.lr == 0.1 && o.clip_norm == 5 && o.batch == 20);
    model.advices = 1;
    model.advice = unknown;
    CHECK(rnn_options_default(&model, &o, NULL) == RNN_ARG);
    model.advice = out_of_range;
    CHECK(rnn_options_default(&model, &o, NULL) == RNN_ARG);
}

int main(void)
{
    test_pytorch();
    test_numbers_can_fail();
    test_norm();
    test_clip_value();
    test_schedules();
    test_options();
    test_advice();
    return unit_result();
}

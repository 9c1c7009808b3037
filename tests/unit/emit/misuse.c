/* misuse.c: the emitted interface of a model called rightly and wrongly: each argument of each entry NULL, too small,
 * too large, overlapping. Compiled and run by tests/unit/emit_interface.c together with the emitted file, whose loops
 * are stubs that count their calls in state->i[19]. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rich.h"

static int failures, cases;

#define WANT(status, wanted)                                                                                           \
    do {                                                                                                               \
        const int found_ = (int)(status);                                                                              \
        cases++;                                                                                                       \
        if (found_ != (int)(wanted)) {                                                                                 \
            printf("misuse.c:%d: %s gave %d, wanted %d\n", __LINE__, #status, found_, (int)(wanted));                  \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

static rich_params params, grad;
static rich_packed packed;
static rich_state state, other;
static rich_work work;
static rich_tape tape;
static rich_result result;
static rnn_fault fault;
static const rich_controls controls = RICH_CONTROLS_INIT;
static int32_t w[8 * 4], y[8 * 4], best[8 * 4], len[4] = {8, 1, 3, 8};
static real x[8 * 4 * 3], feat[4 * 3], p[8 * 4 * 5], score[4], up_p[8 * 4 * 5], down_x[8 * 4 * 3], h_out[4 * 6];
static uint8_t done[4];
static rich_batch batch;

static void start(void)
{
    memset(&result, 0, sizeof result);
    memset(w, 0, sizeof w);
    memset(y, 0, sizeof y);
    batch.rows = 4;
    batch.t_steps = 8;
    batch.t_len = len;
    batch.w = w;
    batch.x = x;
    batch.feat = feat;
    batch.y = y;
    result.p = p;
    result.best = best;
    result.score = score;
    WANT(rich_state_reset(&state, -1), RNN_OK);
}

static rnn_status eval(void)
{
    return rich_eval(&params, &packed, &batch, &controls, &state, &work, &result);
}

static void test_parameters(void)
{
    WANT(rich_check(RICH_LAYOUT_HASH), RNN_OK);
    WANT(rich_check(RICH_LAYOUT_HASH + 1U), RNN_VERSION);
    WANT(rich_params_init(NULL, 1), RNN_ARG);
    WANT(rich_params_init(&params, 1), RNN_OK);
    WANT(rich_param_index("Emb"), RICH_P_Emb);
    WANT(rich_param_index("bf"), RICH_P_bf);
    WANT(rich_param_index("none"), -1);
    WANT(rich_param_index(NULL), -1);
    WANT(rich_param_info[RICH_P_bf].flags, RNN_PARAM_FROZEN);
    WANT(params.v[rich_param_info[RICH_P_bf].offset] == 1, 1);
    WANT(rich_pack(&params, NULL), RNN_ARG);
    WANT(rich_pack(NULL, &packed), RNN_ARG);
    WANT(rich_pack(&params, (rich_packed *)(void *)&params), RNN_ARG);
    WANT(rich_pack(&params, &packed), RNN_OK);
    WANT(strcmp(rich_train[0].text, "sgd"), 0);
    WANT(rich_train[1].number == 0.5, 1);
}

static void test_objects(void)
{
    start();
    WANT(rich_eval(NULL, &packed, &batch, &controls, &state, &work, &result), RNN_ARG);
    WANT(strcmp(result.fault.what, "params"), 0);
    WANT(rich_eval(&params, NULL, &batch, &controls, &state, &work, &result), RNN_ARG);
    WANT(rich_eval(&params, &packed, NULL, &controls, &state, &work, &result), RNN_ARG);
    WANT(rich_eval(&params, &packed, &batch, NULL, &state, &work, &result), RNN_ARG);
    WANT(rich_eval(&params, &packed, &batch, &controls, NULL, &work, &result), RNN_OK);
    WANT(rich_eval(&params, &packed, &batch, &controls, &state, NULL, &result), RNN_ARG);
    WANT(strcmp(result.fault.what, "work"), 0);
    WANT(rich_eval(&params, &packed, &batch, &controls, &state, &work, NULL), RNN_ARG);
    WANT(rich_forward(&params, &packed, &batch, &controls, &state, NULL, &result), RNN_ARG);
    WANT(eval(), RNN_OK);
    rich_controls wrong = controls;
    wrong.tau = (real)NAN;
    WANT(rich_eval(&params, &packed, &batch, &wrong, &state, &work, &result), RNN_NONFINITE);
    WANT(strcmp(result.fault.what, "tau"), 0);
    wrong.tau = -(real)INFINITY;
    WANT(rich_eval(&params, &packed, &batch, &wrong, &state, &work, &result), RNN_NONFINITE);
}

static void test_window(void)
{
    static const int32_t bad[] = {INT32_MIN, -1, 0, 9, INT32_MAX};
    start();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        batch.rows = bad[i];
        WANT(eval(), RNN_ARG);
        batch.rows = 4;
        batch.t_steps = bad[i];
        WANT(eval(), RNN_ARG);
        batch.t_steps = 8;
        len[2] = bad[i];
        WANT(eval(), RNN_LENGTH);
        WANT(result.fault.row, 2);
        WANT(result.fault.axis, 1);
        len[2] = 3;
    }
    batch.t_steps = 2; /* rows are longer than that */
    WANT(eval(), RNN_LENGTH);
    batch.t_steps = 8;
    batch.t_len = NULL;
    WANT(eval(), RNN_OK);
    batch.w = NULL;
    WANT(eval(), RNN_ARG);
    batch.w = w;
    batch.x = NULL;
    WANT(eval(), RNN_ARG);
    batch.x = x;
    batch.feat = NULL;
    WANT(eval(), RNN_ARG);
    batch.feat = feat;
    batch.y = NULL;
    WANT(eval(), RNN_ARG);
    WANT(rich_infer(&params, &packed, &batch, &controls, &state, &work, &result), RNN_OK);
    batch.y = y;
    WANT(eval(), RNN_OK);
}

static void test_tokens(void)
{
    static const int32_t bad[] = {INT32_MIN, -1, RICH_DIM_V, INT32_MAX};
    start();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        w[2 * 4 + 2] = bad[i]; /* the last valid step of row 2 */
        WANT(eval(), RNN_RANGE);
        WANT(result.fault.step, 2);
        WANT(result.fault.row, 2);
        WANT(strcmp(result.fault.what, "w"), 0);
        w[2 * 4 + 2] = 0;
        w[3 * 4 + 2] = bad[i]; /* past it: never looked at */
        WANT(eval(), RNN_OK);
        w[3 * 4 + 2] = 0;
        y[0] = bad[i];
        WANT(eval(), RNN_RANGE);
        WANT(rich_infer(&params, &packed, &batch, &controls, &state, &work, &result), RNN_OK);
        y[0] = 0;
        state.i[1] = bad[i]; /* row 1 has not started: not looked at */
        WANT(eval(), RNN_OK);
        state.i[RICH_STATE_INTS - 4 + 1] = 3;
        WANT(eval(), RNN_RANGE);
        WANT(result.fault.row, 1);
        WANT(rich_state_reset(&state, 1), RNN_OK);
        WANT(state.i[1], 0);
        WANT(eval(), RNN_OK);
    }
}

static void test_overlaps(void)
{
    start();
    result.p = x;
    WANT(eval(), RNN_ARG);
    result.p = x + 8 * 4 * 3 - 1;
    WANT(eval(), RNN_ARG);
    WANT(strcmp(result.fault.what, "p"), 0);
    result.p = score;
    WANT(eval(), RNN_ARG);
    result.p = params.v;
    WANT(eval(), RNN_ARG);
    result.p = work.r;
    WANT(eval(), RNN_ARG);
    result.p = state.r;
    WANT(eval(), RNN_ARG);
    result.p = NULL;
    WANT(eval(), RNN_OK);
    result.best = w + 31;
    WANT(eval(), RNN_ARG);
    result.best = len;
    WANT(eval(), RNN_ARG);
    result.best = y;
    WANT(eval(), RNN_ARG);
    WANT(rich_infer(&params, &packed, &batch, &controls, &state, &work, &result), RNN_OK); /* y is no argument of it */
    result.best = NULL;
    result.score = (real *)(void *)&result;
    WANT(eval(), RNN_ARG);
    WANT(rich_infer(&params, &packed, &batch, &controls, &state, &work, &result), RNN_OK); /* nor is score */
    result.score = NULL;
    WANT(eval(), RNN_OK);
}

static rnn_status back(const rich_adjoint_in *up, rich_params *into, rich_adjoint_out *down)
{
    return rich_backward(&params, &packed, &batch, &tape, &work, 1, up, into, down, &fault);
}

static void test_backward(void)
{
    const rich_adjoint_in up = {up_p, NULL};
    rich_adjoint_out down = {down_x, NULL, NULL};
    start();
    WANT(back(NULL, &grad, NULL), RNN_ORDER);
    WANT(rich_forward(&params, &packed, &batch, &controls, NULL, &tape, &result), RNN_OK);
    WANT(rich_backward(NULL, &packed, &batch, &tape, &work, 1, NULL, &grad, NULL, NULL), RNN_ARG);
    WANT(rich_backward(&params, NULL, &batch, &tape, &work, 1, NULL, &grad, NULL, &fault), RNN_ARG);
    WANT(rich_backward(&params, &packed, NULL, &tape, &work, 1, NULL, &grad, NULL, &fault), RNN_ARG);
    WANT(rich_backward(&params, &packed, &batch, NULL, &work, 1, NULL, &grad, NULL, &fault), RNN_ARG);
    WANT(strcmp(fault.what, "tape"), 0);
    WANT(rich_backward(&params, &packed, &batch, &tape, NULL, 1, NULL, &grad, NULL, &fault), RNN_ARG);
    WANT(rich_backward(&params, &packed, &batch, &tape, &work, 1, NULL, NULL, NULL, &fault), RNN_ARG);
    WANT(strcmp(fault.what, "grad"), 0);
    WANT(rich_backward(&params, &packed, &batch, &tape, &work, (double)NAN, NULL, &grad, NULL, &fault), RNN_NONFINITE);
    WANT(back(NULL, &params, NULL), RNN_ARG);
    down.x = x;
    WANT(back(&up, &grad, &down), RNN_ARG);
    down.x = up_p;
    WANT(back(&up, &grad, &down), RNN_ARG);
    down.x = down_x;
    down.state = grad.v;
    WANT(back(&up, &grad, &down), RNN_ARG);
    down.state = NULL;
    batch.rows = 3; /* another window than forward's */
    WANT(back(&up, &grad, &down), RNN_ORDER);
    batch.rows = 4;
    len[3] = 7;
    WANT(back(&up, &grad, &down), RNN_ORDER);
    len[3] = 8;
    WANT(back(&up, &grad, &down), RNN_OK);
    WANT(back(&up, &grad, &down), RNN_ORDER); /* consumed */
    WANT(rich_forward(&params, &packed, &batch, &controls, &state, &tape, &result), RNN_OK);
    WANT(rich_backward(&params, &packed, &batch, &tape, &work, 1, NULL, &grad, NULL, NULL), RNN_OK);
}

static rnn_status gradient(rich_tape *on, rich_work *with, double dloss, rich_params *into)
{
    return rich_gradient(&params, &packed, &batch, &controls, &state, on, with, dloss, into, &result);
}

static void test_gradient(void)
{
    start();
    WANT(rich_gradient(NULL, &packed, &batch, &controls, &state, &tape, &work, 1, &grad, &result), RNN_ARG);
    WANT(rich_gradient(&params, NULL, &batch, &controls, &state, &tape, &work, 1, &grad, &result), RNN_ARG);
    WANT(rich_gradient(&params, &packed, NULL, &controls, &state, &tape, &work, 1, &grad, &result), RNN_ARG);
    WANT(rich_gradient(&params, &packed, &batch, NULL, &state, &tape, &work, 1, &grad, &result), RNN_ARG);
    WANT(rich_gradient(&params, &packed, &batch, &controls, &state, &tape, &work, 1, &grad, NULL), RNN_ARG);
    WANT(gradient(NULL, &work, 1, &grad), RNN_ARG);
    WANT(strcmp(result.fault.what, "tape"), 0);
    WANT(gradient(&tape, NULL, 1, &grad), RNN_ARG);
    WANT(strcmp(result.fault.what, "work"), 0);
    WANT(gradient(&tape, &work, 1, NULL), RNN_ARG);
    WANT(strcmp(result.fault.what, "grad"), 0);
    WANT(gradient(&tape, &work, HUGE_VAL, &grad), RNN_NONFINITE);
    WANT(gradient(&tape, &work, 1, &params), RNN_ARG);
    WANT(gradient(&tape, (rich_work *)(void *)&tape, 1, &grad), RNN_ARG);
    WANT(gradient(&tape, &work, 1, (rich_params *)(void *)&work), RNN_ARG);
    result.p = grad.v;
    WANT(gradient(&tape, &work, 1, &grad), RNN_ARG);
    result.p = p;
    w[3] = 1000;
    WANT(gradient(&tape, &work, 1, &grad), RNN_RANGE);
    w[3] = 0;
    len[1] = 9;
    WANT(gradient(&tape, &work, 1, &grad), RNN_LENGTH);
    len[1] = 1;
    WANT(gradient(&tape, &work, 1, &grad), RNN_OK);
    WANT(rich_gradient(&params, &packed, &batch, &controls, NULL, &tape, &work, 1, &grad, &result), RNN_OK);
    WANT(back(NULL, &grad, NULL), RNN_ORDER); /* nothing is left for it */
}

static rnn_status next(const real *x_in, real *out)
{
    return rich_next(&params, &packed, &controls, &state, &work, batch.rows, w, x_in, feat, out, &fault);
}

static rnn_status text(int32_t rows)
{
    return rich_text_step(&params, &packed, &controls, &state, &work, rows, w, best, done, &fault);
}

static void test_steps(void)
{
    start();
    WANT(next(x, h_out), RNN_OK);
    WANT(next(NULL, h_out), RNN_ARG);
    WANT(next(x, NULL), RNN_ARG);
    WANT(next(x, x), RNN_ARG);
    WANT(rich_next(&params, &packed, &controls, NULL, &work, 1, w, x, feat, h_out, &fault), RNN_ARG);
    w[1] = RICH_DIM_V;
    WANT(next(x, h_out), RNN_RANGE);
    WANT(fault.row, 1);
    w[1] = 0;
    WANT(text(4), RNN_ORDER);
    WANT(rich_text_begin(&params, &packed, NULL, &controls, &state, &work, &fault), RNN_ARG);
    batch.t_steps = 0; /* the generated axis is not looked at */
    batch.w = NULL;
    batch.feat = NULL;
    WANT(rich_text_begin(&params, &packed, &batch, &controls, &state, &work, &fault), RNN_ARG);
    batch.feat = feat;
    WANT(rich_text_begin(&params, &packed, &batch, &controls, &state, &work, &fault), RNN_OK);
    batch.t_steps = 8;
    batch.w = w;
    WANT(text(4), RNN_OK);
    WANT(text(4), RNN_OK);
    WANT(text(3), RNN_ORDER);
    WANT(text(0), RNN_ARG);
    WANT(text(5), RNN_ARG);
    WANT(rich_text_step(&params, &packed, &controls, &state, &work, 4, w, best, NULL, &fault), RNN_ARG);
    WANT(rich_text_step(&params, &packed, &controls, &state, &work, 4, w, w, done, NULL), RNN_ARG);
    state.i[16] = 1;
    state.i[0] = -7;
    WANT(text(4), RNN_RANGE);
    state.i[0] = 0;
    WANT(eval(), RNN_OK); /* takes the work memory */
    WANT(text(4), RNN_ORDER);
}

static void test_state(void)
{
    start();
    for (size_t i = 0; i < RICH_STATE_FLOATS; i++)
        state.r[i] = (real)(i + 1);
    for (int i = 0; i < 20; i++)
        state.i[i] = i + 1;
    WANT(rich_state_reset(NULL, 0), RNN_ARG);
    WANT(rich_state_reset(&state, -2), RNN_ARG);
    WANT(rich_state_reset(&state, 4), RNN_ARG);
    WANT(rich_state_copy_row(&other, 4, &state, 0), RNN_ARG);
    WANT(rich_state_copy_row(&other, 0, &state, -1), RNN_ARG);
    WANT(rich_state_copy_row(NULL, 0, &state, 0), RNN_ARG);
    WANT(rich_state_copy_row(&other, 3, &state, 1), RNN_OK);
    WANT(memcmp(other.r + 3 * 16, state.r + 16, 16 * sizeof(real)), 0);
    WANT(memcmp(other.r + (4 + 3) * 16, state.r + (4 + 1) * 16, 16 * sizeof(real)), 0);
    WANT(other.i[3], 2);
    WANT(other.i[16 + 3], 18);
    WANT(other.r[0] == 0, 1);
    WANT(rich_state_copy_row(&state, 2, &state, 2), RNN_OK);
    WANT(rich_state_reset(&state, 2), RNN_OK);
    for (size_t i = 0; i < RICH_STATE_FLOATS; i++)
        if ((state.r[i] == 0) != (i / 16 % 4 == 2))
            WANT(1, 0);
    WANT(state.i[2], 0);
    WANT(state.i[16 + 2], 0);
    WANT(state.i[16 + 1], 18);
}

static void test_model(void)
{
    const rnn_model *model = rich_model();
    const int32_t steps[2] = {0, 8};
    const int32_t *lens[2] = {NULL, len};
    const void *in[12] = {w, x, feat, y};
    void *out[12] = {NULL, NULL, NULL, NULL, p, best, score};
    rnn_mean means[3] = {{1, 2}, {3, 4}, {5, 6}};
    rnn_call call;
    memset(&call, 0, sizeof call);
    start();
    call.rows = 4;
    call.steps = steps;
    call.len = lens;
    call.in = in;
    call.out = out;
    call.metrics = means;
    WANT(model->abi, RNN_RUNTIME_ABI);
    WANT(model->fields, 12);
    WANT(model->mean_count, 3);
    WANT(model->has_dropout, 1);
    WANT(strcmp(model->field[4].name, "p"), 0);
    WANT(model->field[4].axis[0], 1);
    WANT(model->field[11].role, RNN_ROLE_ENTRY);
    WANT(model->field[10].initial == 1, 1);
    WANT(model->entry[0].ins, 3);
    WANT(model->entry[1].generated, 1);
    WANT(model->entry[1].out[0], 0);
    WANT(model->entry[1].out[1], 5);
    WANT(model->entry[1].has_stop, 1);
    WANT(model->params_init(&params, 3), RNN_OK);
    WANT(model->pack(&params, &packed), RNN_OK);
    WANT(model->eval(&params, &packed, &call, &state, &work), RNN_OK);
    WANT(call.loss == 7, 1);
    WANT(means[0].sum == 2, 1); /* the stub adds 1 */
    WANT(model->infer(&params, &packed, &call, NULL, &work), RNN_OK);
    WANT(model->forward(&params, &packed, &call, NULL, &tape), RNN_OK);
    WANT(model->backward(&params, &packed, &call, &tape, &work, 1, NULL, &grad, NULL), RNN_OK);
    WANT(model->backward(&params, &packed, &call, &tape, &work, 1, NULL, &grad, NULL), RNN_ORDER);
    WANT(call.fault.code, RNN_ORDER);
    out[0] = w;
    out[11] = h_out;
    WANT(model->entry_step(1, &params, &packed, &call, &state, &work, done), RNN_ORDER);
    WANT(model->entry_begin(1, &params, &packed, &call, &state, &work), RNN_OK);
    WANT(model->entry_step(1, &params, &packed, &call, &state, &work, done), RNN_OK);
    WANT(model->entry_begin(0, &params, &packed, &call, &state, &work), RNN_OK);
    WANT(model->entry_step(0, &params, &packed, &call, &state, &work, NULL), RNN_OK);
    WANT(model->entry_step(2, &params, &packed, &call, &state, &work, NULL), RNN_ARG);
    WANT(fabs(model->metric(8, means) - (3.0 / 4 + 2) * (5.0 / 6)) < 1e-12, 1);
    WANT(model->metric(9, means) == 2, 1);
    w[1] = -1;
    WANT(model->eval(&params, &packed, &call, &state, &work), RNN_RANGE);
    WANT(call.fault.row, 1);
    w[1] = 0;
}

int main(void)
{
    test_parameters();
    test_objects();
    test_window();
    test_tokens();
    test_overlaps();
    test_backward();
    test_gradient();
    test_steps();
    test_state();
    test_model();
    printf("%d cases, %d failures\n", cases, failures);
    return failures == 0 && cases >= 150 ? EXIT_SUCCESS : EXIT_FAILURE;
}

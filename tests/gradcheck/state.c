/* state.c: the adjoint of the state that a window of carry.rnn starts from, against differences in that state. One row is
 * fresh: it has start values instead, so its state has no gradient, and the start values have it all. The model's C is
 * included (STATE_MODEL), for its types; compile.c calls it g0. Prints "ok gradcheck/state" or what is wrong. */
#include STATE_MODEL

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 5, STEPS = 6, FRESH_ROW = 2 };
static const double width = 1e-4;

static g0_params params, grad;
static g0_packed packed;
static g0_state before, start;
static g0_work work;
static g0_tape tape;
static double x[STEPS * ROWS * 3], y[STEPS * ROWS * 5], down[G0_STATE_FLOATS], up[STEPS * ROWS * 5];
static double o[STEPS * ROWS * 5];
static const int32_t length[2][ROWS] = {{6, 1, 3, 2, 5}, {4, 6, 1, 2, 5}};
static uint64_t seed = 5;

static double draw(void) /* splitmix64 (Steele et al. 2014) */
{
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) / 4503599627370496.0 - 1;
}

static void draw_window(void)
{
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        x[i] = draw();
    for (size_t i = 0; i < sizeof y / sizeof *y; i++) {
        y[i] = draw();
        up[i] = 0.3 * draw();
    }
}

static g0_batch window(int number)
{
    return (g0_batch){.rows = ROWS, .t_steps = STEPS, .t_len = length[number], .x = x, .y = y};
}

static void must(rnn_status status, const char *what)
{
    if (status == RNN_OK)
        return;
    printf("FAIL gradcheck/state %s: status %d\n", what, status);
    exit(1);
}

/* loss + up * o of the second window, from `start`. */
static double value(void)
{
    const g0_controls controls = G0_CONTROLS_INIT;
    const g0_batch in = window(1);
    static g0_state state;
    g0_result result = {.o = o};
    state = start;
    must(g0_pack(&params, &packed), "pack");
    must(g0_eval(&params, &packed, &in, &controls, &state, &work, &result), "eval");
    double sum = result.loss;
    for (int t = 0; t < STEPS; t++)
        for (int b = 0; b < ROWS; b++)
            for (int k = 0; t < length[1][b] && k < 5; k++)
                sum += up[(t * ROWS + b) * 5 + k] * o[(t * ROWS + b) * 5 + k];
    return sum;
}

static double slope(double *at)
{
    static const double place[4] = {-2, -1, 1, 2}, factor[4] = {1, -8, 8, -1};
    const double old = *at;
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        *at = old + place[i] * width;
        sum += factor[i] * value();
    }
    *at = old;
    return sum / (12 * width);
}

static void differentiate(void)
{
    const g0_controls controls = G0_CONTROLS_INIT;
    const g0_batch in = window(1);
    const g0_adjoint_in above = {.o = up};
    g0_adjoint_out below = {.state = down};
    static g0_state state;
    g0_result result = {.o = NULL};
    state = start;
    memset(down, 0xee, sizeof down);
    must(g0_pack(&params, &packed), "pack");
    must(g0_forward(&params, &packed, &in, &controls, &state, &tape, &result), "forward");
    must(g0_backward(&params, &packed, &in, &tape, &work, 1.0, &above, &grad, &below, &result.fault), "backward");
}

/* The first window moves the state away from its start; then one row begins anew. */
static void make_state(void)
{
    const g0_controls controls = G0_CONTROLS_INIT;
    const g0_batch in = window(0);
    g0_result result = {.o = NULL};
    for (size_t i = 0; i < sizeof params.v / sizeof *params.v; i++)
        params.v[i] = 0.7 * draw();
    draw_window();
    must(g0_state_reset(&before, -1), "reset");
    must(g0_pack(&params, &packed), "pack");
    must(g0_eval(&params, &packed, &in, &controls, &before, &work, &result), "first window");
    must(g0_state_reset(&before, FRESH_ROW), "reset of a row");
    start = before;
    draw_window();
}

static int compare(const char *name, double *at, const double *gradient, int count, int *moved)
{
    double error = 0, ours = 0, theirs = 0;
    for (int i = 0; i < count; i++) {
        const double d = slope(at + i), difference = fabs(d - gradient[i]);
        *moved += fabs(d) > 1e-9;
        error += difference > 1e-10 ? difference * difference : 0;
        ours += gradient[i] * gradient[i];
        theirs += d * d;
    }
    if (sqrt(error) <= 1e-6 * (sqrt(ours) + sqrt(theirs)))
        return 0;
    printf("FAIL gradcheck/state d_%s: %.3g from the differences, norm %.6g, theirs %.6g\n", name, sqrt(error),
           sqrt(ours), sqrt(theirs));
    return 1;
}

int main(void)
{
    int moved = 0, failed = 0, unused = 0;
    make_state();
    differentiate();
    failed += compare("state", start.r, down, G0_STATE_FLOATS, &moved);
    /* per row of the stream: h and c, two steps of g, s, two of p and x: more than 20 numbers of each row but the fresh one */
    if (moved < 20 * (ROWS - 1)) {
        printf("FAIL gradcheck/state only %d numbers of the state matter\n", moved);
        failed++;
    }
    for (int i = 0; i < G0_P_COUNT; i++) {
        const rnn_param_info *param = &g0_param_info[i];
        failed += compare(param->name, params.v + param->offset, grad.v + param->offset, param->count, &unused);
    }
    if (!failed)
        printf("ok gradcheck/state\n");
    return failed > 0;
}

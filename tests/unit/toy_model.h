/* toy_model.h: a small hand-written model behind rnn_model, as a stand-in for what rnnc emits. Each row keeps a leaky
 * sum s over the tokens it has seen, carried from window to window:
 *     s[t] = 0.8 s[t-1] + w[x[t]];   o[t] = W[x[t]] + mask s[t] u;   loss = mean[t, batch](xent(o[t], y[t]))
 * with truncated backpropagation over the window. In training mask is 0 or 2, a function of (seed, tick, step, row), so
 * a wrong tick shows. Parameters: W [5,5], w [5], u [5], and c [3], frozen, which only adds 0 c to the loss.
 * toy_* variables choose float or double, carry, and where a number that is not finite appears. */
#ifndef TOY_MODEL_H
#define TOY_MODEL_H
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rnn/train.h"

enum { TOY_V = 5, TOY_ROWS = 6, TOY_STEPS = 12, TOY_REALS = 80 };
enum { TOY_W = 0, TOY_IN = 32, TOY_OUT = 48, TOY_FROZEN = 64 };

static int toy_bytes = 8;
static int64_t toy_bad_forward = -1, toy_bad_loss = -1, toy_bad_backward = -1, toy_bad_gradient = -1; /* ticks */
static int toy_forwards, toy_evals;

typedef struct ToyState {
    double s[TOY_ROWS];
} ToyState;
typedef struct ToyTape {
    double p[TOY_STEPS][TOY_ROWS][TOY_V], s[TOY_STEPS][TOY_ROWS], mask[TOY_STEPS][TOY_ROWS];
} ToyTape;

static inline double toy_get(const void *array, int i)
{
    return toy_bytes == 8 ? ((const double *)array)[i] : (double)((const float *)array)[i];
}

static inline void toy_put(void *array, int i, double value)
{
    if (toy_bytes == 8)
        ((double *)array)[i] = value;
    else
        ((float *)array)[i] = (float)value;
}

static inline rnn_status toy_init(void *params, uint64_t seed)
{
    memset(params, 0, (size_t)(TOY_REALS * toy_bytes));
    for (int i = 0; i < TOY_V * TOY_V; i++)
        toy_put(params, TOY_W + i, 0.1 * sin((double)seed + i));
    for (int i = 0; i < TOY_V; i++) {
        toy_put(params, TOY_IN + i, 0.2 * cos((double)seed + i));
        toy_put(params, TOY_OUT + i, 0.3 * sin(2.0 * (double)seed + i));
    }
    for (int i = 0; i < 3; i++)
        toy_put(params, TOY_FROZEN + i, 1.5 + i);
    return RNN_OK;
}

static inline rnn_status toy_pack(const void *params, void *packed)
{
    memcpy(packed, params, (size_t)(TOY_REALS * toy_bytes));
    return RNN_OK;
}

static inline rnn_status toy_reset(void *state, int32_t row)
{
    ToyState *s = state;
    for (int b = 0; b < TOY_ROWS; b++)
        if (row < 0 || row == b)
            s->s[b] = 0;
    return RNN_OK;
}

static inline rnn_status toy_copy_row(void *to, int32_t to_row, const void *from, int32_t from_row)
{
    ((ToyState *)to)->s[to_row] = ((const ToyState *)from)->s[from_row];
    return RNN_OK;
}

static inline double toy_mask(const rnn_call *call, int t, int b)
{
    uint64_t z = call->key.seed * 977 + call->key.tick * 31 + (uint64_t)t * 7 + (uint64_t)b;
    z = (z + 1) * UINT64_C(0x9E3779B97F4A7C15);
    return !call->train ? 1 : (z >> 40 & 1) != 0 ? 2 : 0;
}

static inline rnn_status toy_refuse(rnn_call *call, rnn_status code, const char *what, int step, int row)
{
    call->fault.code = code;
    call->fault.axis = step < 0 ? -1 : 1;
    call->fault.step = step;
    call->fault.row = row;
    strcpy(call->fault.what, what);
    return code;
}

static inline rnn_status toy_check(rnn_call *call)
{
    const int32_t *const tokens[2] = {call->in[0], call->in[1]};
    if (call->rows < 1 || call->rows > TOY_ROWS || call->steps[1] < 1 || call->steps[1] > TOY_STEPS)
        return toy_refuse(call, RNN_ARG, "rows", -1, -1);
    for (int t = 0; t < call->steps[1]; t++)
        for (int b = 0; b < call->rows; b++)
            for (int f = 0; f < 2; f++)
                if (tokens[f][t * call->rows + b] < 0 || tokens[f][t * call->rows + b] >= TOY_V)
                    return toy_refuse(call, RNN_RANGE, f == 0 ? "x" : "y", t, b);
    return RNN_OK;
}

static inline rnn_status toy_run(const void *params, const void *packed, rnn_call *call, ToyState *state, ToyTape *tape)
{
    const int32_t *x = call->in[0], *y = call->in[1];
    double s[TOY_ROWS] = {0}, sum = 0;
    int right = 0;
    const rnn_status status = toy_check(call);
    if (status != RNN_OK)
        return status;
    if (memcmp(params, packed, (size_t)(TOY_REALS * toy_bytes)) != 0)
        return toy_refuse(call, RNN_ORDER, "packed", -1, -1); /* the trainer forgot to pack */
    if (state != NULL)
        memcpy(s, state->s, sizeof s);
    for (int t = 0; t < call->steps[1]; t++)
        for (int b = 0; b < call->rows; b++) {
            const int i = x[t * call->rows + b], target = y[t * call->rows + b];
            const double mask = toy_mask(call, t, b);
            double o[TOY_V], most = -1e300, total = 0;
            int best = 0;
            s[b] = 0.8 * s[b] + toy_get(packed, TOY_IN + i);
            for (int k = 0; k < TOY_V; k++) {
                o[k] = toy_get(packed, TOY_W + i * TOY_V + k) + mask * s[b] * toy_get(packed, TOY_OUT + k);
                best = o[k] > most ? k : best;
                most = o[k] > most ? o[k] : most;
            }
            for (int k = 0; k < TOY_V; k++)
                total += exp(o[k] - most);
            sum += most + log(total) - o[target];
            right += best == target;
            if (tape != NULL) {
                tape->s[t][b] = s[b];
                tape->mask[t][b] = mask;
                for (int k = 0; k < TOY_V; k++)
                    tape->p[t][b][k] = exp(o[k] - most) / total - (k == target);
            }
        }
    call->loss_weight = call->rows * call->steps[1];
    call->loss = sum / call->loss_weight;
    if (call->metrics != NULL) {
        call->metrics[0].sum += right;
        call->metrics[0].weight += call->loss_weight;
    }
    if (state != NULL)
        memcpy(state->s, s, sizeof s);
    return RNN_OK;
}

static inline rnn_status toy_eval(const void *params, const void *packed, rnn_call *call, void *state, void *work)
{
    (void)work;
    toy_evals++;
    call->train = 0;
    return toy_run(params, packed, call, state, NULL);
}

static inline rnn_status toy_forward(const void *params, const void *packed, rnn_call *call, void *state, void *tape)
{
    toy_forwards++;
    const rnn_status status = toy_run(params, packed, call, state, tape);
    if (status != RNN_OK || (int64_t)call->key.tick == toy_bad_forward) {
        if (state != NULL)
            ((ToyState *)state)->s[1] = NAN; /* the state is spoilt */
        if (call->metrics != NULL)
            call->metrics[0].sum = NAN;
        return status != RNN_OK ? status : toy_refuse(call, RNN_NONFINITE, "o", 2, 1);
    }
    if ((int64_t)call->key.tick == toy_bad_loss)
        call->loss = INFINITY;
    return RNN_OK;
}

static inline rnn_status toy_backward(const void *params, const void *packed, rnn_call *call, void *tape_bytes,
                                      void *work, double dloss, const void *const *up, void *grad, void *const *down)
{
    const ToyTape *tape = tape_bytes;
    const int32_t *x = call->in[0];
    const double scale = dloss / (call->rows * call->steps[1]);
    double ds[TOY_ROWS] = {0};
    (void)params, (void)work, (void)up, (void)down;
    for (int t = call->steps[1] - 1; t >= 0; t--)
        for (int b = 0; b < call->rows; b++) {
            const int i = x[t * call->rows + b];
            for (int k = 0; k < TOY_V; k++) {
                const double d = scale * tape->p[t][b][k], masked = d * tape->mask[t][b];
                toy_put(grad, TOY_W + i * TOY_V + k, toy_get(grad, TOY_W + i * TOY_V + k) + d);
                toy_put(grad, TOY_OUT + k, toy_get(grad, TOY_OUT + k) + masked * tape->s[t][b]);
                ds[b] += masked * toy_get(packed, TOY_OUT + k);
            }
            toy_put(grad, TOY_IN + i, toy_get(grad, TOY_IN + i) + ds[b]);
            ds[b] *= 0.8;
        }
    toy_put(grad, TOY_FROZEN + 1, 1e6); /* must count in no norm */
    if ((int64_t)call->key.tick == toy_bad_gradient)
        toy_put(grad, TOY_OUT + 2, NAN);
    return (int64_t)call->key.tick == toy_bad_backward ? toy_refuse(call, RNN_NONFINITE, "d_h", 0, 0) : RNN_OK;
}

static inline rnn_status toy_gradient(const void *params, const void *packed, rnn_call *call, void *state, void *tape,
                                      void *work, double dloss, void *grad)
{
    const rnn_status status = toy_forward(params, packed, call, state, tape);
    return status != RNN_OK ? status : toy_backward(params, packed, call, tape, work, dloss, NULL, grad, NULL);
}

static inline double toy_metric(int32_t field, const rnn_mean *means)
{
    (void)field;
    return means[0].sum / means[0].weight;
}

static const rnn_param_info toy_params[] = {
    {"W", TOY_W, TOY_V *TOY_V, 2, {TOY_V, TOY_V}, 0},
    {"layer[1].w", TOY_IN, TOY_V, 1, {TOY_V, 1}, 0},
    {"layer[1].u", TOY_OUT, TOY_V, 1, {TOY_V, 1}, 0},
    {"c", TOY_FROZEN, 3, 1, {3, 1}, RNN_PARAM_FROZEN},
};
static const rnn_axis_info toy_axes_carried[] = {{"batch", 1, TOY_ROWS, 0}, {"t", 1, TOY_STEPS, 1}};
static const rnn_axis_info toy_axes_fresh[] = {{"batch", 1, TOY_ROWS, 0}, {"t", 1, TOY_STEPS, 0}};
static const rnn_field_info toy_fields[] = {
    {.name = "x", .role = RNN_ROLE_INPUT, .is_token = 1, .vocab = TOY_V, .axes = 1, .axis = {1}, .has_batch = 1},
    {.name = "y", .role = RNN_ROLE_TARGET, .is_token = 1, .vocab = TOY_V, .axes = 1, .axis = {1}, .has_batch = 1},
    {.name = "acc", .role = RNN_ROLE_METRIC, .means = 1},
};

static inline rnn_model toy_model(int bytes, int carry)
{
    rnn_model m = {.abi = RNN_RUNTIME_ABI, .name = "toy", .layout_hash = 0x1111, .params_hash = 0x2222};
    toy_bytes = m.real_bytes = bytes;
    m.layout_hash += (uint64_t)(16 * bytes + carry);
    m.params_bytes = m.packed_bytes = (size_t)(TOY_REALS * bytes);
    m.state_bytes = sizeof(ToyState);
    m.work_bytes = 0;
    m.tape_bytes = sizeof(ToyTape);
    m.param_reals = TOY_REALS;
    m.params = 4;
    m.axes = 2;
    m.fields = 3;
    m.mean_count = 1;
    m.has_loss = m.has_dropout = 1;
    m.param = toy_params;
    m.axis = carry ? toy_axes_carried : toy_axes_fresh;
    m.field = toy_fields;
    m.params_init = toy_init;
    m.pack = toy_pack;
    m.state_reset = toy_reset;
    m.state_copy_row = toy_copy_row;
    m.eval = toy_eval;
    m.forward = toy_forward;
    m.backward = toy_backward;
    m.gradient = toy_gradient;
    m.metric = toy_metric;
    toy_bad_forward = toy_bad_loss = toy_bad_backward = toy_bad_gradient = -1;
    return m;
}

/* A text in which a token follows from the one before it, mostly, and sometimes from the one before that. */
static inline void toy_text(int32_t *tokens, int count)
{
    uint32_t chance = 12345;
    tokens[0] = 1;
    tokens[1] = 2;
    for (int i = 2; i < count; i++) {
        chance = chance * 1664525u + 1013904223u;
        tokens[i] = chance >> 29 == 0 ? (tokens[i - 2] + 2) % TOY_V : (3 * tokens[i - 1] + 1) % TOY_V;
    }
}
#endif

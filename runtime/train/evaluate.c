/* evaluate.c: the loss and the metrics of a model over one epoch of a source, with a state of its own that is carried
 * from window to window. Means accumulate over windows, so that no mean of means is taken. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "learner.h"

typedef struct Evaluator {
    const rnn_model *model;
    const void *params, *packed;
    void *state, *work;
    rnn_call call;
    double loss_sum;
} Evaluator;

static rnn_status evaluate_window(Evaluator *e, const rnn_window *window, rnn_evaluation *result, rnn_error *err)
{
    double weight;
    rnn_status status = RNN_OK;
    if (e->state != NULL && window->fresh) {
        status = e->model->state_reset(e->state, -1);
        if (status != RNN_OK) {
            return rnn_error_set(err, status, "model %s: the state cannot be reset", e->model->name);
        }
    }
    rnn_window_into_call(window, &e->call);
    e->call.fault.axis = e->call.fault.step = e->call.fault.row = -1;
    status = e->model->eval(e->params, e->packed, &e->call, e->state, e->work);
    if (status != RNN_OK) {
        e->call.fault.code = status;
        return rnn_error_from_fault(err, e->model, &e->call.fault);
    }
    weight = e->call.loss_weight > 0 ? e->call.loss_weight : 1;
    e->loss_sum += e->call.loss * weight;
    result->weight += weight;
    result->windows++;
    e->call.key.tick++;
    return RNN_OK;
}

static rnn_status evaluate_all(Evaluator *e, const rnn_source *source, const volatile sig_atomic_t *stop,
                               rnn_evaluation *result, rnn_error *err)
{
    int64_t i;
    for (i = 0; i < source->windows; i++) {
        rnn_window window;
        rnn_status status;
        if (stop != NULL && *stop) {
            return rnn_error_set(err, RNN_STOPPED, "stopped during the evaluation");
        }
        status = source->window(source->self, 0, i, &window, err);
        if (status == RNN_OK) {
            status = evaluate_window(e, &window, result, err);
        }
        if (status != RNN_OK) {
            return status;
        }
    }
    result->loss = e->loss_sum / result->weight;
    return RNN_OK;
}

rnn_status rnn_evaluate(const rnn_model *model, const void *params, const void *packed, const rnn_source *source,
                        const double *controls, uint64_t seed, const volatile sig_atomic_t *stop,
                        rnn_evaluation *result, rnn_error *err)
{
    Evaluator e;
    rnn_status status;
    memset(&e, 0, sizeof e);
    e.model = model;
    e.params = params;
    e.packed = packed;
    e.call.controls = controls;
    e.call.key.seed = seed;
    e.call.metrics = result->means;
    result->loss = result->weight = 0;
    result->windows = 0;
    if (result->means != NULL) {
        memset(result->means, 0, (size_t)model->mean_count * sizeof *result->means);
    }
    if (posix_memalign(&e.work, 64, model->work_bytes + 1) != 0) {
        e.work = NULL;
    }
    if (rnn_model_carries(model) && posix_memalign(&e.state, 64, model->state_bytes + 1) != 0) {
        e.state = NULL;
    }
    if (e.work == NULL || (rnn_model_carries(model) && e.state == NULL)) {
        status = rnn_error_set(err, RNN_MEMORY, "no memory to evaluate model %s", model->name);
    } else {
        if (e.state != NULL) {
            memset(e.state, 0, model->state_bytes);
        }
        status = evaluate_all(&e, source, stop, result, err);
    }
    free(e.work);
    free(e.state);
    return status;
}

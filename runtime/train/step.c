/* step.c: one step of training: gradient, hook, clipping, update, pack. A loss or gradient that is not finite
 * never reaches the weights: the step ends before the update, either with a status or, skipped, as if it had been
 * empty. The memory it works on is set up in learner.c, the arithmetic of the update in flat_body.h. */
#include <math.h>
#include <string.h>

#include "learner.h"

static void *at_param(const rnn_model *model, void *array, const rnn_param_info *param)
{
    return (unsigned char *)array + (size_t)param->offset * (size_t)model->real_bytes;
}

/* ---- Not finite ---- */

/* The end of a step whose loss or gradient is not finite: by the options a status, or a skipped step. */
static rnn_status end_nonfinite(rnn_learner *learner, rnn_step_report *report, const rnn_error *why, rnn_error *err)
{
    memset(learner->grad, 0, learner->model->params_bytes);
    report->skipped = 1;
    if (learner->options.nonfinite == RNN_NONFINITE_SKIP) {
        learner->skipped++;
        return RNN_OK;
    }
    if (err != NULL) {
        *err = *why;
    }
    return RNN_NONFINITE;
}

static void undo_forward(rnn_learner *learner)
{
    if (learner->state != NULL) {
        memcpy(learner->state, learner->state_before, learner->model->state_bytes);
    }
}

/* ---- The gradient ---- */

static rnn_status run_gradient(rnn_learner *learner, rnn_call *call, double dloss, rnn_error *why)
{
    const rnn_model *model = learner->model;
    rnn_status status;
    memset(&call->fault, 0, sizeof call->fault);
    call->fault.axis = call->fault.step = call->fault.row = -1;
    call->key.seed = learner->options.seed;
    call->key.tick = (uint32_t)learner->step;
    call->train = 1;
    call->loss = call->loss_weight = 0;
    status = model->gradient(learner->params, learner->packed, call, learner->state, learner->tape, learner->work,
                             dloss, learner->grad);
    if (status != RNN_OK) {
        call->fault.code = status;
        return rnn_error_from_fault(why, model, &call->fault);
    }
    return isfinite(call->loss) ? RNN_OK : rnn_error_set(why, RNN_NONFINITE, "the loss is not a finite number");
}

rnn_status rnn_learner_accumulate(rnn_learner *learner, rnn_call *call, double dloss, rnn_step_report *report,
                                  rnn_error *err)
{
    rnn_error why;
    rnn_status status;
    memset(report, 0, sizeof *report);
    report->step = learner->updates + learner->skipped + 1;
    report->norm = (double)NAN;
    if (learner->state != NULL) {
        memcpy(learner->state_before, learner->state, learner->model->state_bytes);
    }
    status = run_gradient(learner, call, dloss, &why);
    report->loss = call->loss;
    report->loss_weight = call->loss_weight;
    if (status != RNN_OK) {
        undo_forward(learner);
    }
    if (status == RNN_NONFINITE) {
        status = end_nonfinite(learner, report, &why, err);
    } else if (status != RNN_OK) {
        memset(learner->grad, 0, learner->model->params_bytes);
        if (err != NULL) {
            *err = why;
        }
    }
    learner->step += status == RNN_OK;
    return status;
}

/* ---- Update ---- */

/* Frozen parameters take no part in the norm, whatever is in their gradient. */
static void clear_frozen(rnn_learner *learner)
{
    const rnn_model *model = learner->model;
    int32_t i;
    for (i = 0; i < model->params; i++) {
        if ((model->param[i].flags & RNN_PARAM_FROZEN) != 0) {
            memset(at_param(model, learner->grad, &model->param[i]), 0,
                   (size_t)model->param[i].count * (size_t)model->real_bytes);
        }
    }
}

/* The 2-norm of all gradients, parameters in their order; *worst is the first that is not finite, or -1. */
static double gradient_norm(const rnn_learner *learner, int32_t *worst)
{
    const rnn_model *model = learner->model;
    double sum = 0;
    int32_t i;
    *worst = -1;
    for (i = 0; i < model->params; i++) {
        const void *grad = at_param(model, learner->grad, &model->param[i]);
        size_t count = (size_t)model->param[i].count;
        double part = model->real_bytes == 8 ? rnn_sumsq_double(grad, count) : rnn_sumsq_float(grad, count);
        if (!isfinite(part) && *worst < 0) {
            *worst = i;
        }
        sum += part;
    }
    return sqrt(sum);
}

static void clip_values(rnn_learner *learner)
{
    const rnn_model *model = learner->model;
    int32_t i;
    for (i = 0; i < model->params; i++) {
        void *grad = at_param(model, learner->grad, &model->param[i]);
        if (model->real_bytes == 8) {
            rnn_clip_double(grad, (size_t)model->param[i].count, learner->options.clip_value);
        } else {
            rnn_clip_float(grad, (size_t)model->param[i].count, learner->options.clip_value);
        }
    }
}

/* What the gradient is multiplied by, after clipping by value. */
static double clip(rnn_learner *learner, double norm)
{
    const rnn_options *options = &learner->options;
    int32_t worst;
    if (options->clip_value > 0) {
        clip_values(learner);
        if (options->clip_norm > 0) {
            norm = gradient_norm(learner, &worst);
        }
    }
    return options->clip_norm > 0 && norm > options->clip_norm ? options->clip_norm / norm : 1;
}

static void update_param(rnn_learner *learner, const rnn_param_info *param, double lr, double scale)
{
    const rnn_model *model = learner->model;
    const rnn_options *options = &learner->options;
    void *weight = at_param(model, learner->params, param), *moment[2] = {NULL, NULL};
    const void *grad = at_param(model, learner->grad, param);
    size_t count = (size_t)param->count;
    int32_t i;
    for (i = 0; i < 2; i++) {
        moment[i] = learner->moment[i] == NULL ? NULL : at_param(model, learner->moment[i], param);
    }
    if (options->optimizer == RNN_ADAM && model->real_bytes == 8) {
        rnn_adam_double(weight, grad, moment[0], moment[1], count, options, lr, scale, learner->updates);
    } else if (options->optimizer == RNN_ADAM) {
        rnn_adam_float(weight, grad, moment[0], moment[1], count, options, lr, scale, learner->updates);
    } else if (model->real_bytes == 8) {
        rnn_sgd_double(weight, grad, moment[0], count, options, lr, scale);
    } else {
        rnn_sgd_float(weight, grad, moment[0], count, options, lr, scale);
    }
}

static void update_all(rnn_learner *learner, double lr, double scale)
{
    const rnn_model *model = learner->model;
    int32_t i;
    learner->updates++;
    for (i = 0; i < model->params; i++) {
        if ((model->param[i].flags & RNN_PARAM_FROZEN) == 0) {
            update_param(learner, &model->param[i], lr, scale);
        }
    }
    memset(learner->grad, 0, model->params_bytes);
}

rnn_status rnn_learner_update(rnn_learner *learner, rnn_step_report *report, rnn_error *err)
{
    rnn_error why;
    rnn_status status;
    int32_t worst;
    report->step = learner->updates + learner->skipped + 1;
    report->lr = rnn_schedule_rate(&learner->options, report->step - 1, learner->total);
    if (learner->hook != NULL) {
        status = learner->hook(learner->hook_self, learner, err);
        if (status != RNN_OK) {
            memset(learner->grad, 0, learner->model->params_bytes);
            return status;
        }
    }
    clear_frozen(learner);
    report->norm = gradient_norm(learner, &worst);
    if (!isfinite(report->norm)) {
        (void)rnn_error_set(&why, RNN_NONFINITE, "the gradient is not finite%s%.96s", worst < 0 ? "" : ", first in ",
                            worst < 0 ? "" : learner->model->param[worst].name);
        return end_nonfinite(learner, report, &why, err);
    }
    update_all(learner, report->lr, clip(learner, report->norm));
    return rnn_learner_pack(learner, err);
}

rnn_status rnn_train_step(rnn_learner *learner, rnn_call *call, rnn_step_report *report, rnn_error *err)
{
    int64_t step = learner->step;
    rnn_status status = rnn_learner_accumulate(learner, call, 1.0, report, err);
    if (status == RNN_OK && !report->skipped) {
        status = rnn_learner_update(learner, report, err);
    }
    if (status != RNN_OK) { /* the window counts as not seen */
        learner->step = step;
        undo_forward(learner);
    }
    return status;
}

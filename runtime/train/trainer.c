/* trainer.c: the run: steps over the windows of a source, the end of an epoch with its validation, callbacks, the times
 * for a checkpoint, the stop flag. Between two calls of take_step everything is in rnn_trainer (trainer.h), which is
 * what checkpoint.c saves; so a run that goes on from there is the same run. */
#include <math.h>
#include <string.h>

#include "trainer.h"

/* ---- One step ---- */

static int64_t count_tokens(const rnn_model *model, const rnn_window *window)
{
    int64_t sum = 0;
    int32_t axis, row;
    for (axis = 1; axis < model->axes; axis++) {
        const int32_t *length = window->len != NULL ? window->len[axis] : NULL;
        for (row = 0; row < window->rows; row++) {
            sum += length != NULL ? length[row] : window->steps[axis];
        }
        return sum; /* the first sequence axis */
    }
    return window->rows;
}

static void count_step(rnn_trainer *t, const rnn_step_report *step)
{
    int32_t i;
    double weight = step->loss_weight > 0 ? step->loss_weight : 1;
    t->at.window++;
    t->report.last = *step;
    rnn_history_add(t->history, step->skipped ? (double)NAN : step->loss, step->norm);
    if (step->skipped) {
        return;
    }
    t->at.loss_sum += step->loss * weight;
    t->at.loss_weight += weight;
    for (i = 0; i < t->learner.model->mean_count; i++) {
        t->metrics[i].sum += t->window_metrics[i].sum;
        t->metrics[i].weight += t->window_metrics[i].weight;
    }
}

static rnn_status take_step(rnn_trainer *t, rnn_error *err)
{
    rnn_window window;
    rnn_call call;
    rnn_step_report step;
    size_t means = (size_t)t->learner.model->mean_count * sizeof(rnn_mean);
    rnn_status status = t->train.window(t->train.self, t->at.epoch, t->at.window, &window, err);
    if (status == RNN_OK && window.fresh) {
        status = rnn_learner_reset(&t->learner, err);
    }
    if (status != RNN_OK) {
        return status;
    }
    memset(&call, 0, sizeof call);
    memset(t->window_metrics, 0, means);
    rnn_window_into_call(&window, &call);
    call.controls = t->controls;
    call.metrics = t->window_metrics;
    status = rnn_train_step(&t->learner, &call, &step, err);
    if (status != RNN_OK) {
        t->report.last = step;
        return status;
    }
    t->report.tokens = count_tokens(t->learner.model, &window);
    count_step(t, &step);
    rnn_trainer_fill_report(t);
    return t->hooks.step != NULL ? t->hooks.step(t->hooks.self, &t->report, err) : RNN_OK;
}

/* ---- Validation and the end of an epoch: what is still due is seen from the counters alone ---- */

static rnn_status validate(rnn_trainer *t, rnn_error *err)
{
    rnn_evaluation result;
    rnn_error why;
    rnn_status status;
    memset(&result, 0, sizeof result);
    result.means = t->valid_metrics;
    status = rnn_evaluate(t->learner.model, t->learner.params, t->learner.packed, &t->valid, t->controls,
                          t->learner.options.seed, t->hooks.stop, &result, &why);
    if (status == RNN_NONFINITE && t->learner.options.nonfinite == RNN_NONFINITE_SKIP) {
        result.loss = (double)NAN;
        status = RNN_OK;
    }
    if (status != RNN_OK) {
        if (err != NULL) {
            *err = why;
        }
        return status;
    }
    t->at.valid_step = rnn_trainer_done(t);
    t->at.valid_loss = result.loss;
    rnn_history_add_valid(t->history, t->at.valid_step, result.loss);
    rnn_trainer_fill_report(t);
    return t->hooks.valid != NULL ? t->hooks.valid(t->hooks.self, &t->report, err) : RNN_OK;
}

static int validation_due(const rnn_trainer *t)
{
    int64_t every = t->learner.options.valid_every, done = rnn_trainer_done(t);
    if (t->valid.window == NULL || done == 0 || t->at.valid_step == done) {
        return 0;
    }
    return t->at.window == t->train.windows || done >= t->total || (every > 0 && done % every == 0);
}

static rnn_status settle(rnn_trainer *t, rnn_error *err)
{
    rnn_status status = validation_due(t) ? validate(t, err) : RNN_OK;
    if (status != RNN_OK || t->at.window < t->train.windows) {
        return status;
    }
    if (t->hooks.epoch != NULL) {
        status = t->hooks.epoch(t->hooks.self, &t->report, err);
        if (status != RNN_OK) {
            return status;
        }
    }
    t->at.epoch++;
    t->at.window = 0;
    t->at.loss_sum = t->at.loss_weight = 0;
    memset(t->metrics, 0, (size_t)t->learner.model->mean_count * sizeof *t->metrics);
    return RNN_OK;
}

/* ---- Checkpoints and the run ---- */

static rnn_status save(rnn_trainer *t, rnn_error *err)
{
    rnn_status status;
    if (t->checkpoint_path == NULL || t->saved_step == rnn_trainer_done(t)) {
        return RNN_OK;
    }
    status = rnn_trainer_save(t, t->checkpoint_path, err);
    if (status == RNN_OK) {
        t->saved_step = rnn_trainer_done(t);
        t->saved = rnn_clock_seconds();
        status = t->hooks.saved != NULL ? t->hooks.saved(t->hooks.self, t->checkpoint_path, &t->report, err) : RNN_OK;
    }
    return status;
}

static int checkpoint_due(const rnn_trainer *t)
{
    const rnn_options *options = &t->learner.options;
    int64_t done = rnn_trainer_done(t);
    if (t->checkpoint_path == NULL) {
        return 0;
    }
    return (options->checkpoint_every > 0 && done % options->checkpoint_every == 0) ||
           (options->checkpoint_seconds > 0 && rnn_clock_seconds() - t->saved >= options->checkpoint_seconds);
}

static int stop_asked(const rnn_trainer *t)
{
    return t->hooks.stop != NULL && *t->hooks.stop;
}

static rnn_status run_to_end(rnn_trainer *t, rnn_error *err)
{
    rnn_status status = settle(t, err); /* what a run that was stopped in between had left to do */
    while (status == RNN_OK && rnn_trainer_done(t) < t->total) {
        if (stop_asked(t)) {
            return rnn_error_set(err, RNN_STOPPED, "stopped after step %lld", (long long)rnn_trainer_done(t));
        }
        status = take_step(t, err);
        if (status == RNN_OK) {
            status = settle(t, err);
        }
        if (status == RNN_OK && checkpoint_due(t)) {
            status = save(t, err);
        }
    }
    return status;
}

rnn_status rnn_trainer_run(rnn_trainer *trainer, rnn_error *err)
{
    rnn_error save_error;
    rnn_status status = rnn_learner_pack(&trainer->learner, err), saved;
    if (status != RNN_OK) {
        return status;
    }
    trainer->begun = trainer->saved = rnn_clock_seconds();
    trainer->begun_at = rnn_trainer_done(trainer);
    status = run_to_end(trainer, err);
    if (status != RNN_OK && status != RNN_STOPPED && status != RNN_NONFINITE) {
        return status;
    }
    saved = save(trainer, &save_error);
    if (saved != RNN_OK && status != RNN_NONFINITE) {
        if (err != NULL) {
            *err = save_error;
        }
        return saved;
    }
    return status;
}

/* trainer_open.c: makes a trainer and takes it apart; its report. The run itself is in trainer.c. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trainer.h"

double rnn_clock_seconds(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int64_t rnn_trainer_done(const rnn_trainer *trainer)
{
    return trainer->learner.updates + trainer->learner.skipped;
}

void rnn_trainer_fill_report(rnn_trainer *trainer)
{
    rnn_report *report = &trainer->report;
    int64_t windows = trainer->train.windows;
    report->steps = trainer->total;
    report->windows = windows;
    report->window = trainer->at.window;
    report->epochs = (int32_t)((trainer->total + windows - 1) / windows);
    report->epoch = trainer->at.epoch < report->epochs ? (int32_t)trainer->at.epoch + 1 : report->epochs;
    report->epoch_loss = trainer->at.loss_weight > 0 ? trainer->at.loss_sum / trainer->at.loss_weight : 0;
    report->seconds = trainer->begun > 0 ? rnn_clock_seconds() - trainer->begun : 0;
    report->ran = rnn_trainer_done(trainer) - trainer->begun_at;
    report->has_valid = trainer->at.valid_step >= 0;
    report->valid_loss = trainer->at.valid_loss;
}

static rnn_status plan(rnn_trainer *trainer, const rnn_options *options, rnn_error *err)
{
    if (options->steps > 0) {
        trainer->total = options->steps;
    } else if (trainer->train.windows > INT64_MAX / options->epochs) {
        return rnn_error_set(err, RNN_ARG, "too many epochs");
    } else {
        trainer->total = trainer->train.windows * options->epochs;
    }
    if ((trainer->total - 1) / trainer->train.windows >= INT32_MAX) {
        return rnn_error_set(err, RNN_ARG, "too many epochs");
    }
    trainer->learner.total = trainer->total;
    return RNN_OK;
}

static rnn_status prepare(rnn_trainer *trainer, const rnn_options *options, rnn_error *err)
{
    size_t means = (size_t)trainer->learner.model->mean_count + 1;
    rnn_report *report = &trainer->report;
    trainer->metrics = calloc(means, sizeof *trainer->metrics);
    trainer->window_metrics = calloc(means, sizeof *trainer->window_metrics);
    trainer->valid_metrics = calloc(means, sizeof *trainer->valid_metrics);
    trainer->history = malloc(sizeof *trainer->history);
    if (trainer->metrics == NULL || trainer->window_metrics == NULL || trainer->valid_metrics == NULL ||
        trainer->history == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory for the trainer");
    }
    rnn_history_clear(trainer->history);
    trainer->at.valid_step = -1;
    trainer->saved_step = -1;
    trainer->learner.hook = trainer->hooks.gradient;
    trainer->learner.hook_self = trainer->hooks.self;
    report->metrics = trainer->metrics;
    report->valid_metrics = trainer->valid_metrics;
    report->history = trainer->history;
    report->learner = &trainer->learner;
    return plan(trainer, options, err);
}

rnn_status rnn_trainer_open(const rnn_model *model, const rnn_options *options, const rnn_source *train,
                            const rnn_source *valid, const rnn_hooks *hooks, const char *checkpoint_path,
                            rnn_trainer **trainer, rnn_error *err)
{
    rnn_trainer *opened;
    rnn_status status;
    *trainer = NULL;
    if (train == NULL || train->window == NULL || train->windows < 1) {
        return rnn_error_set(err, RNN_ARG, "no data to train on");
    }
    opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory for the trainer");
    }
    status = rnn_learner_open(&opened->learner, model, options, err);
    if (status != RNN_OK) {
        free(opened);
        return status;
    }
    opened->train = *train;
    if (valid != NULL) {
        opened->valid = *valid;
    }
    if (hooks != NULL) {
        opened->hooks = *hooks;
    }
    opened->checkpoint_path = checkpoint_path;
    status = prepare(opened, options, err);
    if (status != RNN_OK) {
        rnn_trainer_close(opened);
        return status;
    }
    rnn_trainer_fill_report(opened);
    *trainer = opened;
    return RNN_OK;
}

void rnn_trainer_close(rnn_trainer *trainer)
{
    if (trainer == NULL) {
        return;
    }
    rnn_learner_close(&trainer->learner);
    free(trainer->metrics);
    free(trainer->window_metrics);
    free(trainer->valid_metrics);
    free(trainer->history);
    free(trainer->controls);
    free(trainer);
}

rnn_learner *rnn_trainer_learner(rnn_trainer *trainer)
{
    return &trainer->learner;
}

const rnn_report *rnn_trainer_report(const rnn_trainer *trainer)
{
    return &trainer->report;
}

rnn_status rnn_trainer_controls(rnn_trainer *trainer, const double *controls, rnn_error *err)
{
    size_t bytes = ((size_t)trainer->learner.model->fields + 1) * sizeof *controls;
    double *copy = NULL;
    if (controls != NULL) {
        copy = malloc(bytes);
        if (copy == NULL) {
            return rnn_error_set(err, RNN_MEMORY, "no memory for the controls");
        }
        memcpy(copy, controls, bytes - sizeof *controls);
    }
    free(trainer->controls);
    trainer->controls = copy;
    return RNN_OK;
}

/* train.h: training of any model through its rnn_model table. Three layers, each usable alone:
 *   flat arrays   rnn_sgd_float, rnn_adam_double, rnn_norm_float ...: the arithmetic;
 *   rnn_learner   weights, moments and memory of one model, and rnn_train_step for people with their own loop;
 *   rnn_trainer   epochs over an rnn_source, validation, history, checkpoints, exact resume.
 * Serves float and double models (real_bytes). POSIX. A run is a function of (model, options, data, start weights):
 * one build on one machine gives the same bytes, interrupted or not. */
#ifndef RNN_TRAIN_H_INCLUDED
#define RNN_TRAIN_H_INCLUDED
#include <signal.h>
#include <stdio.h>

#include "rnn/data.h"
#include "rnn/file.h"
#include "rnn/rnn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Options ---- */

typedef enum rnn_optimizer { RNN_SGD = 0, RNN_ADAM = 1 } rnn_optimizer;
typedef enum rnn_schedule { RNN_CONSTANT = 0, RNN_STEPWISE = 1, RNN_COSINE = 2 } rnn_schedule;
typedef enum rnn_nonfinite { RNN_NONFINITE_STOP = 0, RNN_NONFINITE_SKIP = 1 } rnn_nonfinite;

typedef struct rnn_options {
    int32_t optimizer;                                        /* optimizer: sgd, adam */
    double lr, momentum, beta1, beta2, epsilon, weight_decay; /* as torch.optim.SGD and Adam (L2, no decoupling) */
    int32_t schedule;                                         /* schedule: constant, step, cosine */
    int64_t warmup;          /* steps of linear warm-up before the schedule begins: lr (s + 1) / warmup */
    int64_t schedule_period; /* step: multiply by schedule_factor every so many steps */
    double schedule_factor;
    double schedule_final;        /* cosine: the rate at the end */
    double clip_norm, clip_value; /* 0: off. Value first, then norm: scale by clip_norm / norm where norm > clip_norm */
    int32_t nonfinite;            /* nonfinite: stop, skip. Either way the weights stay as they were */
    int32_t epochs;               /* used when steps is 0 */
    int64_t steps;                /* > 0: so many windows in all, across epochs */
    int32_t batch;                /* rows; 0: the model's bound. Advice for who makes the source */
    int32_t window;               /* steps of a window; 0: the model's bound. Likewise */
    uint64_t seed;                /* of initial weights, dropout, order of windows */
    int64_t valid_every;          /* validate every so many steps too; 0: at the end of epochs and of the run only */
    int64_t checkpoint_every;     /* steps between checkpoints; 0: by time only */
    double checkpoint_seconds;    /* seconds between checkpoints; 0: by steps only. One is always written at the end */
} rnn_options;

/* Adam, lr 0.001 (SGD 0.1 when the model's advice says sgd and no lr), betas 0.9 0.999, epsilon 1e-8, no clipping,
 * constant, stop, 10 epochs, seed 1, checkpoints every 30 s; then the model's `train` block. model may be NULL.
 * RNN_ARG with a message when the block has an unknown key or a value out of range. */
RNN_NODISCARD rnn_status rnn_options_default(const rnn_model *model, rnn_options *options, rnn_error *err);
/* Sets one option by the name of its field ("lr", "clip_norm", "schedule" ...) from text, as a command line has it.
 * RNN_ARG with a message: unknown name, not a number, out of range. */
RNN_NODISCARD rnn_status rnn_options_set(rnn_options *options, const char *name, const char *text, rnn_error *err);
/* RNN_ARG with a message when a field is out of range (all ranges are in one table, options.c). */
RNN_NODISCARD rnn_status rnn_options_check(const rnn_options *options, rnn_error *err);
/* The learning rate of step s (0, 1, ...) of `total`; total only matters for cosine. */
double rnn_schedule_rate(const rnn_options *options, int64_t step, int64_t total);

/* ---- Flat arrays. Not checked; pointers do not overlap. ---- */

/* 2-norm in double, in a fixed order: 16 partial sums, element i into i mod 16, then a fixed tree. Inf or NaN when an
 * element is, or when the sum of squares overflows. */
double rnn_sumsq_float(const float *v, size_t count);
double rnn_sumsq_double(const double *v, size_t count);
/* Clips to [-bound, bound]; NaN stays NaN. */
void rnn_clip_float(float *v, size_t count, double bound);
void rnn_clip_double(double *v, size_t count, double bound);
/* One update. The gradient is multiplied by `scale` first (1, or what clipping by norm gives), then has weight_decay x
 * weight added. SGD: buffer = momentum buffer + g; weight -= lr buffer; buffer may be NULL when momentum is 0.
 * Adam: `t` counts updates from 1; m and v start at zero. Uses lr of the argument, the rest of options. */
void rnn_sgd_float(float *weight, const float *grad, float *buffer, size_t count, const rnn_options *options, double lr,
                   double scale);
void rnn_sgd_double(double *weight, const double *grad, double *buffer, size_t count, const rnn_options *options,
                    double lr, double scale);
void rnn_adam_float(float *weight, const float *grad, float *m, float *v, size_t count, const rnn_options *options,
                    double lr, double scale, int64_t t);
void rnn_adam_double(double *weight, const double *grad, double *m, double *v, size_t count, const rnn_options *options,
                     double lr, double scale, int64_t t);

/* ---- A learner: one model's weights and everything a step needs ---- */

typedef struct rnn_step_report {
    int64_t step; /* 1, 2, ...: this one included, skipped ones counted */
    double loss, loss_weight;
    double norm; /* 2-norm of the gradient before clipping; NaN when the step ended before it */
    double lr;
    int32_t skipped; /* 1: a non-finite loss or gradient, nothing was updated */
} rnn_step_report;

typedef struct rnn_learner {
    const rnn_model *model;
    rnn_options options;
    int64_t total;                /* planned steps, for the cosine; 0: unknown */
    int64_t step;                 /* windows seen: the tick of the random numbers */
    int64_t updates;              /* of the optimiser: Adam's t */
    int64_t skipped;              /* steps without update; updates + skipped is the argument of the schedule */
    void *params, *packed, *grad; /* model->params_bytes, packed_bytes, params_bytes; 64-byte aligned */
    void *moment[2];              /* SGD with momentum: one, Adam: two, as params; else NULL */
    void *state;                  /* of the stream being learnt; NULL when no axis is carried */
    void *state_before;           /* copy of it from before the window: what a non-finite forward pass is undone with */
    void *work, *tape;
    /* Called between backward and clipping: may look at grad and change it; another status than RNN_OK ends the step
     * with it, before any update. NULL: none. */
    rnn_status (*hook)(void *self, struct rnn_learner *learner, rnn_error *err);
    void *hook_self;
} rnn_learner;

/* Allocates all, initialises the weights from options->seed (model->params_init) and packs. RNN_ARG when the model
 * has no loss, RNN_MEMORY. After a failure there is nothing to close. */
RNN_NODISCARD rnn_status rnn_learner_open(rnn_learner *learner, const rnn_model *model, const rnn_options *options,
                                          rnn_error *err);
void rnn_learner_close(rnn_learner *learner);
/* After params were changed by hand or loaded. */
RNN_NODISCARD rnn_status rnn_learner_pack(rnn_learner *learner, rnn_error *err);
/* The stream starts anew (all rows); nothing to do when no axis is carried. */
RNN_NODISCARD rnn_status rnn_learner_reset(rnn_learner *learner, rnn_error *err);

/* gradient, hook, clip, update, pack on one window. The caller sets rows, steps, len, in (and controls,
 * metrics, if wanted); key and train are set here. RNN_OK, also for a skipped step (report->skipped);
 * RNN_NONFINITE when options say stop: weights, moments and state are as before the call. */
RNN_NODISCARD rnn_status rnn_train_step(rnn_learner *learner, rnn_call *call, rnn_step_report *report, rnn_error *err);
/* The two halves, for gradients over several windows: accumulate (gradient of dloss x loss, added into grad)
 * any number of times, then update (hook, clip, update, pack, grad set to zero). report is filled by both; when
 * accumulate says report->skipped, what was accumulated is gone and update is not to be called. */
RNN_NODISCARD rnn_status rnn_learner_accumulate(rnn_learner *learner, rnn_call *call, double dloss,
                                                rnn_step_report *report, rnn_error *err);
RNN_NODISCARD rnn_status rnn_learner_update(rnn_learner *learner, rnn_step_report *report, rnn_error *err);

/* ---- Evaluation of a whole epoch of a source ---- */

typedef struct rnn_evaluation {
    double loss; /* mean weighted by loss_weight (windows weigh 1 where the model gives no weight) */
    double weight;
    int64_t windows; /* seen */
    rnn_mean *means; /* [model->mean_count] of the caller, accumulated into after being zeroed; may be NULL */
} rnn_evaluation;

/* eval over epoch 0 of the source, state carried from window to window and reset where a window is fresh. stop (may be
 * NULL): leaves with RNN_STOPPED when it becomes non-zero. controls as in rnn_call. */
RNN_NODISCARD rnn_status rnn_evaluate(const rnn_model *model, const void *params, const void *packed,
                                      const rnn_source *source, const double *controls, uint64_t seed,
                                      const volatile sig_atomic_t *stop, rnn_evaluation *result, rnn_error *err);

/* ---- History and its picture ---- */

enum { RNN_HISTORY_MAX = 4096, RNN_HISTORY_VALID_MAX = 1024 };
/* Bounded: when full, neighbouring points are averaged and stride doubles. Point i is the mean of steps
 * i stride + 1 .. (i + 1) stride; NaN where all of them were skipped. */
typedef struct rnn_history {
    int64_t stride, steps;
    int32_t count, pending, pending_finite;
    int32_t valid_count;
    double pending_loss, pending_norm;
    double loss[RNN_HISTORY_MAX], norm[RNN_HISTORY_MAX];
    double valid_step[RNN_HISTORY_VALID_MAX], valid_loss[RNN_HISTORY_VALID_MAX];
} rnn_history;
void rnn_history_clear(rnn_history *history);
void rnn_history_add(rnn_history *history, double loss, double norm);
void rnn_history_add_valid(rnn_history *history, int64_t step, double loss);
/* Loss (faint, smoothed, validation points) above the norm of the gradient, axes with ticks; written atomically.
 * The title is escaped. */
RNN_NODISCARD rnn_status rnn_curve_svg(const char *path, const rnn_history *history, const char *title, rnn_error *err);

/* ---- The trainer ---- */

typedef struct rnn_report {
    rnn_step_report last;
    int64_t steps;           /* planned in all */
    int32_t epoch, epochs;   /* of the last step, from 1; epochs may be the last one begun where steps were given */
    int64_t window, windows; /* of this epoch: 1 .. windows */
    double epoch_loss;       /* weighted mean of the training loss in this epoch so far */
    double seconds;          /* since run was called */
    int64_t ran;             /* steps since run was called */
    int64_t tokens;          /* steps x rows (without padding) of the last window */
    const rnn_mean *metrics; /* [mean_count] of the training windows of this epoch so far */
    int32_t has_valid;       /* a validation has been done; its last result: */
    double valid_loss;
    const rnn_mean *valid_metrics; /* [mean_count] */
    const rnn_history *history;
    rnn_learner *learner;
} rnn_report;

/* All may be NULL. A status other than RNN_OK from a callback ends the run with it (RNN_STOPPED: as the stop flag). */
typedef struct rnn_hooks {
    void *self;
    rnn_status (*step)(void *self, const rnn_report *report, rnn_error *err);
    rnn_status (*epoch)(void *self, const rnn_report *report, rnn_error *err); /* after its validation */
    rnn_status (*valid)(void *self, const rnn_report *report, rnn_error *err); /* after each validation */
    rnn_status (*gradient)(void *self, rnn_learner *learner, rnn_error *err);  /* between backward and clipping */
    rnn_status (*saved)(void *self, const char *path, const rnn_report *report, rnn_error *err); /* a checkpoint */
    /* Looked at after each step: when non-zero (set by a signal handler of the caller) a checkpoint is saved, if there
     * is a path, and run returns RNN_STOPPED. */
    const volatile sig_atomic_t *stop;
} rnn_hooks;

typedef struct rnn_trainer rnn_trainer;

/* model, sources and checkpoint_path are borrowed; options and hooks are copied. valid, hooks and checkpoint_path may
 * be NULL. */
RNN_NODISCARD rnn_status rnn_trainer_open(const rnn_model *model, const rnn_options *options, const rnn_source *train,
                                          const rnn_source *valid, const rnn_hooks *hooks, const char *checkpoint_path,
                                          rnn_trainer **trainer, rnn_error *err);
void rnn_trainer_close(rnn_trainer *trainer);
/* To load start weights into learner->params (run packs), or to save them afterwards. */
rnn_learner *rnn_trainer_learner(rnn_trainer *trainer);
const rnn_report *rnn_trainer_report(const rnn_trainer *trainer);
/* Values of controls as in rnn_call, [fields], copied; NULL: defaults. Used in training and validation. */
RNN_NODISCARD rnn_status rnn_trainer_controls(rnn_trainer *trainer, const double *controls, rnn_error *err);

/* Runs to the end of the plan, from where the trainer is. RNN_OK; RNN_STOPPED after the stop flag or a callback;
 * RNN_NONFINITE when the options say stop: weights are those of before that step. In the first two cases (and before
 * returning RNN_NONFINITE, if nothing was saved since the last good step) a checkpoint is written. */
RNN_NODISCARD rnn_status rnn_trainer_run(rnn_trainer *trainer, rnn_error *err);

/* ---- Checkpoints ----
 * One file: weights, moments, counters, place in the data, carried state, history, options, hashes of the model and of
 * the data; each section and the whole under a 64-bit hash. Saving keeps the one before as path + ".prev" and is
 * atomic; after a crash at any moment one of the two loads. Loading takes `path` if it verifies, else the other. */

RNN_NODISCARD rnn_status rnn_trainer_save(rnn_trainer *trainer, const char *path, rnn_error *err);
/* Loads all or touches nothing. The model (both hashes, real_bytes), the source's fingerprint, the optimizer and the
 * seed must be those of the saved run (RNN_VERSION, the message names what differs); other options are the trainer's
 * own, so that a run can be made longer. RNN_IO when there is no file, RNN_FORMAT when none verifies. *fell_back (may
 * be NULL) becomes 1 when path + ".prev" was taken; then err, if given, says why, although RNN_OK is returned. */
RNN_NODISCARD rnn_status rnn_trainer_resume(rnn_trainer *trainer, const char *path, int32_t *fell_back, rnn_error *err);

typedef struct rnn_checkpoint_info {
    rnn_options options;
    uint64_t layout_hash, params_hash, fingerprint;
    int64_t step, epoch, window; /* windows seen; place in the data, from 0 */
    int32_t real_bytes, fell_back;
    char model[64];
} rnn_checkpoint_info;
/* What a checkpoint holds, after it has been verified; the same choice of file as rnn_trainer_resume. */
RNN_NODISCARD rnn_status rnn_checkpoint_peek(const char *path, rnn_checkpoint_info *info, rnn_error *err);

/* ---- Progress on a terminal or in a log ---- */

typedef struct rnn_progress {
    FILE *out;
    int32_t terminal;    /* 1: one line that is rewritten; 0: a plain line every `every` seconds */
    int32_t open;        /* a line is standing on the terminal */
    double shown, every; /* seconds of the last line */
} rnn_progress;
/* terminal: 1, 0, or -1: find out with isatty. */
void rnn_progress_open(rnn_progress *progress, FILE *out, int32_t terminal);
/* Call at every step; prints ten times a second on a terminal: bar, step, loss, norm, rate, time left. */
void rnn_progress_step(rnn_progress *progress, const rnn_report *report);
/* A line of its own, above the bar. */
void rnn_progress_note(rnn_progress *progress, const char *format, ...) RNN_PRINTF(2, 3);
/* Last state of the bar and a newline. report may be NULL. */
void rnn_progress_close(rnn_progress *progress, const rnn_report *report);

#ifdef __cplusplus
}
#endif
#endif

/* toy_run.h: training runs of the toy model over a text, with a log of what each step reported, for the tests of the
 * trainer and of checkpoints. */
#ifndef TOY_RUN_H
#define TOY_RUN_H
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "toy_model.h"
#include "unit.h"

enum { TOY_TOKENS = 1200, TOY_LOG = 4000 };

static inline void toy_sleep(long microseconds)
{
    const struct timespec pause = {microseconds / 1000000, microseconds % 1000000 * 1000};
    nanosleep(&pause, NULL);
}

typedef struct ToyRun {
    rnn_model model;
    rnn_options options;
    rnn_source train, valid;
    rnn_hooks hooks;
    rnn_trainer *trainer;
    int32_t tokens[TOY_TOKENS];
    rnn_error err;
    volatile sig_atomic_t stop;
    int64_t stop_at;                     /* step at which the callback sets the flag; 0: never */
    int stop_in_valid, has_valid, delay; /* delay: microseconds a step */
    double log[TOY_LOG][2];              /* loss and norm of step i + 1 */
    int64_t logged;
    int epochs, valids, saves;
} ToyRun;

static inline rnn_status toy_on_step(void *self, const rnn_report *report, rnn_error *err)
{
    ToyRun *run = self;
    (void)err;
    run->logged = report->last.step;
    CHECK(report->last.step >= 1 && report->last.step <= TOY_LOG);
    run->log[report->last.step - 1][0] = report->last.loss;
    run->log[report->last.step - 1][1] = report->last.norm;
    if (run->stop_at == report->last.step)
        run->stop = 1;
    if (run->delay > 0)
        toy_sleep(run->delay);
    return RNN_OK;
}

static inline rnn_status toy_on_epoch(void *self, const rnn_report *report, rnn_error *err)
{
    (void)report, (void)err;
    ((ToyRun *)self)->epochs++;
    return RNN_OK;
}

static inline rnn_status toy_on_valid(void *self, const rnn_report *report, rnn_error *err)
{
    (void)err;
    ((ToyRun *)self)->valids++;
    CHECK(report->has_valid && isfinite(report->valid_loss) && report->valid_metrics[0].weight > 0);
    return RNN_OK;
}

static inline rnn_status toy_on_saved(void *self, const char *path, const rnn_report *report, rnn_error *err)
{
    (void)path, (void)report, (void)err;
    ((ToyRun *)self)->saves++;
    return RNN_OK;
}

static inline void toy_run_init(ToyRun *run, int bytes, int carry, const char *optimizer)
{
    memset(run, 0, sizeof *run);
    run->model = toy_model(bytes, carry);
    CHECK(rnn_options_default(&run->model, &run->options, &run->err) == RNN_OK);
    CHECK(rnn_options_set(&run->options, "optimizer", optimizer, &run->err) == RNN_OK);
    run->options.momentum = 0.9;
    run->options.lr = 0.02;
    run->options.clip_norm = 0.3;
    run->options.warmup = 10;
    run->options.steps = 200;
    run->options.seed = 77;
    run->options.checkpoint_seconds = 0;
    run->has_valid = 1;
    toy_text(run->tokens, TOY_TOKENS);
}

/* Opens sources and trainer. */
static inline void toy_run_open(ToyRun *run, const char *checkpoint)
{
    const size_t split = rnn_split_point(TOY_TOKENS, 0.1);
    const rnn_feed train[2] = {{"x", run->tokens, split, 0}, {"y", run->tokens, split, 1}};
    const rnn_feed valid[2] = {{"x", run->tokens + split, TOY_TOKENS - split, 0},
                               {"y", run->tokens + split, TOY_TOKENS - split, 1}};
    run->hooks.self = run;
    run->hooks.step = toy_on_step;
    run->hooks.epoch = toy_on_epoch;
    run->hooks.valid = toy_on_valid;
    run->hooks.saved = toy_on_saved;
    run->hooks.stop = &run->stop;
    CHECK(rnn_stream_source(&run->model, train, 2, 5, 10, run->options.seed, &run->train, &run->err) == RNN_OK);
    CHECK(rnn_stream_source(&run->model, valid, 2, 4, 12, 0, &run->valid, &run->err) == RNN_OK);
    CHECK(rnn_trainer_open(&run->model, &run->options, &run->train, run->has_valid ? &run->valid : NULL, &run->hooks,
                           checkpoint, &run->trainer, &run->err) == RNN_OK);
}

static inline void toy_run_close(ToyRun *run)
{
    rnn_trainer_close(run->trainer);
    rnn_source_close(&run->train);
    rnn_source_close(&run->valid);
    run->trainer = NULL;
    run->stop = 0;
}

/* Weights, moments and counters of two trainers are the same bytes. */
static inline int toy_same(ToyRun *a, ToyRun *b)
{
    const rnn_learner *p = rnn_trainer_learner(a->trainer), *q = rnn_trainer_learner(b->trainer);
    int same = memcmp(p->params, q->params, a->model.params_bytes) == 0 && p->step == q->step &&
               p->updates == q->updates && p->skipped == q->skipped;
    for (int i = 0; i < 2; i++)
        same = same && (p->moment[i] == NULL || memcmp(p->moment[i], q->moment[i], a->model.params_bytes) == 0);
    return same && (p->state == NULL || memcmp(p->state, q->state, a->model.state_bytes) == 0);
}

static inline char *toy_path(const char *name)
{
    static char path[8][256];
    static int next;
    const char *work = getenv("WORK");
    next = (next + 1) % 8;
    snprintf(path[next], sizeof path[next], "%s/toy-%d-%s", work != NULL ? work : "/tmp", (int)getpid(), name);
    return path[next];
}

static inline size_t toy_read(const char *path, char **bytes)
{
    size_t count;
    if (rnn_file_read(path, (size_t)1 << 30, bytes, &count, NULL) != RNN_OK) {
        *bytes = NULL;
        return 0;
    }
    return count;
}

static inline int toy_same_files(const char *a, const char *b)
{
    char *p, *q;
    const size_t n = toy_read(a, &p), m = toy_read(b, &q);
    const int same = p != NULL && q != NULL && n == m && memcmp(p, q, n) == 0;
    free(p);
    free(q);
    return same;
}

static inline void toy_remove(const char *path)
{
    char name[400];
    snprintf(name, sizeof name, "%s.prev", path);
    unlink(path);
    unlink(name);
}
#endif

/* trainer.h: what a trainer is, for trainer.c, which runs it, and checkpoint.c, which saves and restores it. */
#ifndef RNN_TRAIN_TRAINER_H
#define RNN_TRAIN_TRAINER_H
#include "learner.h"

/* Where the run is. window == train.windows: the epoch's windows are done, its end (validation, callback) is not. */
typedef struct rnn_counters {
    int64_t epoch, window;        /* of the next window, from 0 */
    int64_t valid_step;           /* steps done when the last validation was made; -1: none */
    double loss_sum, loss_weight; /* of this epoch so far */
    double valid_loss;
} rnn_counters;

struct rnn_trainer {
    rnn_learner learner;
    rnn_source train, valid; /* valid.window is NULL when there is none */
    rnn_hooks hooks;
    const char *checkpoint_path;
    int64_t total; /* steps of the plan */
    rnn_counters at;
    rnn_history *history;
    rnn_mean *metrics, *window_metrics, *valid_metrics; /* [mean_count]: epoch so far, one window, validation */
    double *controls;                                   /* [fields] or NULL */
    rnn_report report;
    int64_t begun_at;    /* steps done when run was called */
    double begun, saved; /* seconds on the monotonic clock */
    int64_t saved_step;  /* steps done when the last checkpoint was written; -1: none */
};

/* Steps done: updates and skipped ones. */
int64_t rnn_trainer_done(const rnn_trainer *trainer);
/* Makes the report say where the trainer is, after a step or a resume. */
void rnn_trainer_fill_report(rnn_trainer *trainer);
double rnn_clock_seconds(void);

#endif

/* train_run.c: one training run as people see it: a progress line, a log, checkpoints, Ctrl-C, and at the end the
 * weights, the vocabulary and the curve. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/train.h"
#include "cmd/train_log.h"
#include "cmd/weights.h"

enum { NOTE_SECONDS = 3 }; /* between lines about validations: a short text has one every moment */

static volatile sig_atomic_t stop_asked;

static void ask_stop(int number)
{
    (void)number;
    stop_asked = 1;
}

typedef struct TrainRun {
    RunModel *run;
    const TrainValues *values;
    rnn_trainer *trainer;
    rnn_progress progress;
    FILE *log;
    char *checkpoint, *curve; /* paths */
    double noted;             /* seconds of the last line about a validation */
} TrainRun;

/* `path` when given, else the output's name with another ending. */
static char *path_or_suffix(const char *path, const char *output, const char *suffix)
{
    const char *ending = strrchr(output, '.');
    const int stem = !path && ending && !strchr(ending, '/') ? (int)(ending - output) : (int)strlen(output);
    const size_t room = strlen(path ? path : output) + strlen(suffix) + 1;
    char *made = malloc(room);
    if (made && path)
        snprintf(made, room, "%s", path);
    else if (made)
        snprintf(made, room, "%.*s%s", stem, output, suffix);
    return made;
}

/* ---- what the trainer calls ---- */
static rnn_status on_step(void *self, const rnn_report *report, rnn_error *err)
{
    TrainRun *train = self;
    if (!train->values->quiet)
        rnn_progress_step(&train->progress, report);
    if (train->log && !train_log_line(train->log, report->last.step, report->last.loss, report->last.norm))
        return rnn_error_set(err, RNN_IO, "%s cannot be written", train->values->log);
    return RNN_OK;
}

static rnn_status on_valid(void *self, const rnn_report *report, rnn_error *err)
{
    TrainRun *train = self;
    (void)err;
    const bool end = report->last.step == report->steps;
    if (train->values->quiet || (!end && train->noted > 0 && report->seconds < train->noted + NOTE_SECONDS))
        return RNN_OK;
    train->noted = report->seconds;
    rnn_progress_note(&train->progress, "step %lld: held-out loss %.4f (training %.4f)", (long long)report->last.step,
                      report->valid_loss, report->epoch_loss);
    return RNN_OK;
}

/* ---- before and after ---- */
static int start_weights(TrainRun *train)
{
    const char *path = train->values->model.weights;
    rnn_error err = {0};
    rnn_learner *learner = rnn_trainer_learner(train->trainer);
    if (path && rnn_params_load(train->run->model, path, learner->params, 0, &err) != RNN_OK)
        return run_error(&err);
    return -1;
}

static bool has_checkpoint(const char *path)
{
    char before[4096];
    snprintf(before, sizeof before, "%s.prev", path);
    return access(path, F_OK) == 0 || access(before, F_OK) == 0;
}

static int resume(TrainRun *train)
{
    if (!has_checkpoint(train->checkpoint)) {
        fprintf(stderr, "note: there is no checkpoint %s yet: starting from the beginning\n", train->checkpoint);
        return start_weights(train);
    }
    rnn_error err = {0};
    int32_t fell_back = 0;
    if (rnn_trainer_resume(train->trainer, train->checkpoint, &fell_back, &err) != RNN_OK)
        return run_error(&err);
    if (fell_back)
        fprintf(stderr, "note: the checkpoint before the last one was taken: %s\n", err.text);
    fprintf(stderr, "note: going on from step %lld\n", (long long)rnn_trainer_learner(train->trainer)->step);
    return -1;
}

static int open_run(TrainRun *train, const TrainData *data, const rnn_options *options)
{
    const TrainValues *values = train->values;
    train->checkpoint = path_or_suffix(values->checkpoint, values->output, ".checkpoint");
    train->curve = path_or_suffix(values->curve, values->output, ".svg");
    if (!train->checkpoint || !train->curve)
        return command_error("not enough memory");
    const rnn_hooks hooks = {.self = train, .step = on_step, .valid = on_valid, .stop = &stop_asked};
    rnn_error err = {0};
    if (rnn_trainer_open(train->run->model, options, &data->train, data->has_valid ? &data->valid : NULL, &hooks,
                         train->checkpoint, &train->trainer, &err) != RNN_OK)
        return run_error(&err);
    double *controls = run_controls(train->run->model, &values->controls);
    if (!controls)
        return EXIT_REFUSED;
    const rnn_status status = rnn_trainer_controls(train->trainer, controls, &err);
    free(controls);
    if (status != RNN_OK)
        return run_error(&err);
    const int over = values->resume ? resume(train) : start_weights(train);
    if (over >= 0)
        return over;
    if (values->log) {
        train->log = train_log_open(values->log, rnn_trainer_learner(train->trainer)->step, &err);
        if (!train->log)
            return run_error(&err);
    }
    return data->vocab || data->text.vocab ? text_save_vocab(train_data_vocab(data), values->output) : -1;
}

static void print_report(const rnn_report *report)
{
    printf("%lld steps, %.1f s", (long long)report->last.step, report->seconds);
    if (report->ran > 0)
        printf(", loss %.4f", report->epoch_loss);
    if (report->has_valid)
        printf(", held-out loss %.4f", report->valid_loss);
    printf("\n");
    if (report->has_valid)
        run_print_metrics(report->learner->model, report->valid_metrics);
    else if (report->ran > 0)
        run_print_metrics(report->learner->model, report->metrics);
}

/* Weights and curve; also those of a stopped run, which can already be sampled from. */
static int write_results(TrainRun *train, bool has_vocab)
{
    const TrainValues *values = train->values;
    const rnn_report *report = rnn_trainer_report(train->trainer);
    rnn_error err = {0};
    const int over = weights_save(train->run, values->output, rnn_trainer_learner(train->trainer)->params);
    if (over != EXIT_DONE)
        return over;
    if (rnn_curve_svg(train->curve, report->history, train->run->model->name, &err) != RNN_OK)
        return run_error(&err);
    print_report(report);
    printf("weights      %s\n", values->output);
    if (has_vocab)
        printf("vocabulary   %s.vocab\n", values->output);
    printf("loss curve   %s\ncheckpoint   %s\n", train->curve, train->checkpoint);
    return EXIT_DONE;
}

static int run_to_end(TrainRun *train, bool has_vocab)
{
    rnn_error err = {0};
    if (!train->values->quiet)
        rnn_progress_open(&train->progress, stderr, -1);
    const rnn_status status = rnn_trainer_run(train->trainer, &err);
    if (!train->values->quiet)
        rnn_progress_close(&train->progress, rnn_trainer_report(train->trainer));
    if (status != RNN_OK && status != RNN_STOPPED)
        return run_error(&err);
    const int over = write_results(train, has_vocab);
    if (over != EXIT_DONE || status == RNN_OK)
        return over;
    fprintf(stderr, "stopped; the same command with --resume goes on from here\n");
    return EXIT_STOPPED;
}

int train_run(RunModel *run, const TrainData *data, const TrainValues *values, const rnn_options *options)
{
    TrainRun train = {.run = run, .values = values};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = ask_stop;
    action.sa_flags = (int)SA_RESETHAND; /* a second Ctrl-C ends at once */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int over = open_run(&train, data, options);
    if (over < 0)
        over = run_to_end(&train, train_data_vocab(data) != NULL);
    if (train.log && fclose(train.log) != 0 && over == EXIT_DONE)
        over = command_error("%s cannot be written", values->log);
    rnn_trainer_close(train.trainer);
    free(train.checkpoint);
    free(train.curve);
    return over;
}

/* checkpoint.c: a trainer to the sections of a checkpoint and back. Everything that decides what the next step does is
 * in them: weights, moments, counters (also the tick of the random numbers and the place in the data), carried state,
 * sums of the epoch, history, options. Loading reads all of it into memory of its own, checks it, and only then
 * replaces the trainer's. Counters, options and history become words in checkpoint_words.c; the file itself is
 * written and verified by checkpoint_file.c. */
#include <stdlib.h>
#include <string.h>

#include "checkpoint_file.h"
#include "checkpoint_words.h"
#include "trainer.h"

enum { RUN = 1, WEIGHTS, MOMENT_0, MOMENT_1, STATE, MEANS, HISTORY };

/* ---- Saving ---- */

static void add_section(rnn_checkpoint *file, uint32_t id, const void *data, size_t bytes)
{
    rnn_section *section = &file->section[file->count++];
    section->id = id;
    section->bytes = bytes;
    section->data = data;
}

static void list_sections(const rnn_trainer *t, rnn_checkpoint *file)
{
    const rnn_learner *learner = &t->learner;
    const rnn_model *model = learner->model;
    memset(file, 0, sizeof *file);
    file->descriptor = -1;
    file->real_bytes = (uint32_t)model->real_bytes;
    file->layout_hash = model->layout_hash;
    file->params_hash = model->params_hash;
    file->fingerprint = t->train.fingerprint;
    add_section(file, WEIGHTS, learner->params, model->params_bytes);
    if (learner->moment[0] != NULL) {
        add_section(file, MOMENT_0, learner->moment[0], model->params_bytes);
    }
    if (learner->moment[1] != NULL) {
        add_section(file, MOMENT_1, learner->moment[1], model->params_bytes);
    }
    if (learner->state != NULL) {
        add_section(file, STATE, learner->state, model->state_bytes);
    }
}

rnn_status rnn_trainer_save(rnn_trainer *trainer, const char *path, rnn_error *err)
{
    size_t mean_bytes = (size_t)trainer->learner.model->mean_count * sizeof(rnn_mean);
    unsigned char *bytes;
    rnn_checkpoint file;
    rnn_status status;
    if (path == NULL) {
        return rnn_error_set(err, RNN_ARG, "no path given");
    }
    bytes = malloc(RNN_RUN_BYTES + RNN_HISTORY_BYTES + 2 * mean_bytes);
    if (bytes == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory to write '%s'", path);
    }
    list_sections(trainer, &file);
    rnn_run_encode(trainer, bytes);
    add_section(&file, RUN, bytes, RNN_RUN_BYTES);
    rnn_history_encode(trainer->history, bytes + RNN_RUN_BYTES);
    add_section(&file, HISTORY, bytes + RNN_RUN_BYTES, RNN_HISTORY_BYTES);
    if (mean_bytes > 0) {
        unsigned char *means = bytes + RNN_RUN_BYTES + RNN_HISTORY_BYTES;
        memcpy(means, trainer->metrics, mean_bytes);
        memcpy(means + mean_bytes, trainer->valid_metrics, mean_bytes);
        add_section(&file, MEANS, means, 2 * mean_bytes);
    }
    status = rnn_checkpoint_write(path, &file, err);
    free(bytes);
    return status;
}

/* ---- Loading ---- */

/* What is read before anything of the trainer is touched. */
typedef struct Loaded {
    rnn_run run;
    rnn_history history;
    unsigned char *array[MEANS + 1]; /* by section: WEIGHTS .. MEANS */
} Loaded;

static void free_loaded(Loaded *loaded)
{
    int i;
    if (loaded != NULL) {
        for (i = 0; i <= MEANS; i++) {
            free(loaded->array[i]);
        }
        free(loaded);
    }
}

/* A section of exactly `bytes` bytes into new memory. */
static rnn_status load_section(const rnn_checkpoint *file, const char *path, uint32_t id, size_t bytes,
                               unsigned char **to, rnn_error *err)
{
    const rnn_section *section = rnn_checkpoint_find(file, id);
    if (section == NULL || section->bytes != bytes) {
        return rnn_error_set(err, RNN_VERSION, "'%s' does not hold what this model and optimizer need", path);
    }
    *to = malloc(bytes + 1);
    return *to == NULL ? rnn_error_set(err, RNN_MEMORY, "no memory to read '%s'", path)
                       : rnn_checkpoint_read(file, path, section, *to, err);
}

static rnn_status load_run(const rnn_checkpoint *file, const char *path, rnn_run *run, rnn_error *err)
{
    unsigned char *bytes = NULL;
    rnn_status status = load_section(file, path, RUN, RNN_RUN_BYTES, &bytes, err);
    if (status == RNN_OK) {
        status = rnn_run_decode(bytes, path, run, err);
    }
    free(bytes);
    return status;
}

static rnn_status load_history(const rnn_checkpoint *file, const char *path, rnn_history *history, rnn_error *err)
{
    unsigned char *bytes = NULL;
    rnn_status status = load_section(file, path, HISTORY, RNN_HISTORY_BYTES, &bytes, err);
    if (status == RNN_OK) {
        status = rnn_history_decode(bytes, path, history, err);
    }
    free(bytes);
    return status;
}

static rnn_status differs(const char *path, const char *what, rnn_error *err)
{
    return rnn_error_set(err, RNN_VERSION, "'%s' is a checkpoint of another run: %s", path, what);
}

static rnn_status check_same_run(const rnn_trainer *t, const rnn_checkpoint *file, const char *path, const rnn_run *run,
                                 rnn_error *err)
{
    const rnn_model *model = t->learner.model;
    const rnn_options *options = &t->learner.options;
    if (file->real_bytes != (uint32_t)model->real_bytes) {
        return differs(path, "float and double differ", err);
    }
    if (file->params_hash != model->params_hash) {
        return differs(path, "the model has other parameters", err);
    }
    if (file->layout_hash != model->layout_hash) {
        return differs(path, "the model's equations, bounds or layout differ", err);
    }
    if (run->options.optimizer != options->optimizer ||
        rnn_learner_moments(&run->options) != rnn_learner_moments(options)) {
        return differs(path, "the optimizer differs", err);
    }
    if (run->options.seed != options->seed) {
        return differs(path, "the seed differs", err);
    }
    if (file->fingerprint != t->train.fingerprint || run->at.window > t->train.windows) {
        return differs(path, "the training data, or how it is cut into windows, differs", err);
    }
    return RNN_OK;
}

static rnn_status load_arrays(const rnn_trainer *t, const rnn_checkpoint *file, const char *path, Loaded *loaded,
                              rnn_error *err)
{
    const rnn_learner *learner = &t->learner;
    const rnn_model *model = learner->model;
    size_t bytes[MEANS + 1] = {0};
    uint32_t id;
    bytes[WEIGHTS] = model->params_bytes;
    bytes[MOMENT_0] = learner->moment[0] != NULL ? model->params_bytes : 0;
    bytes[MOMENT_1] = learner->moment[1] != NULL ? model->params_bytes : 0;
    bytes[STATE] = learner->state != NULL ? model->state_bytes : 0;
    bytes[MEANS] = 2 * (size_t)model->mean_count * sizeof(rnn_mean);
    for (id = WEIGHTS; id <= MEANS; id++) {
        rnn_status status;
        if (bytes[id] == 0) {
            continue;
        }
        status = load_section(file, path, id, bytes[id], &loaded->array[id], err);
        if (status != RNN_OK) {
            return status;
        }
    }
    return RNN_OK;
}

static rnn_status load_all(const rnn_trainer *t, const rnn_checkpoint *file, const char *path, Loaded *loaded,
                           rnn_error *err)
{
    rnn_status status = load_run(file, path, &loaded->run, err);
    if (status == RNN_OK) {
        status = check_same_run(t, file, path, &loaded->run, err);
    }
    if (status == RNN_OK) {
        status = load_history(file, path, &loaded->history, err);
    }
    return status == RNN_OK ? load_arrays(t, file, path, loaded, err) : status;
}

static void take_over(rnn_trainer *t, const Loaded *loaded)
{
    rnn_learner *learner = &t->learner;
    const rnn_model *model = learner->model;
    size_t mean_bytes = (size_t)model->mean_count * sizeof(rnn_mean);
    memcpy(learner->params, loaded->array[WEIGHTS], model->params_bytes);
    if (learner->moment[0] != NULL) {
        memcpy(learner->moment[0], loaded->array[MOMENT_0], model->params_bytes);
    }
    if (learner->moment[1] != NULL) {
        memcpy(learner->moment[1], loaded->array[MOMENT_1], model->params_bytes);
    }
    if (learner->state != NULL) {
        memcpy(learner->state, loaded->array[STATE], model->state_bytes);
    }
    if (mean_bytes > 0) {
        memcpy(t->metrics, loaded->array[MEANS], mean_bytes);
        memcpy(t->valid_metrics, loaded->array[MEANS] + mean_bytes, mean_bytes);
    }
    memcpy(t->history, &loaded->history, sizeof *t->history);
    learner->step = loaded->run.step;
    learner->updates = loaded->run.updates;
    learner->skipped = loaded->run.skipped;
    t->at = loaded->run.at;
    t->saved_step = -1;
    t->report.last.step = rnn_trainer_done(t);
}

static rnn_status resume_from(rnn_trainer *t, const char *path, rnn_error *err)
{
    rnn_checkpoint file;
    Loaded *loaded;
    rnn_status status = rnn_checkpoint_open(path, &file, err);
    if (status != RNN_OK) {
        return status;
    }
    loaded = calloc(1, sizeof *loaded);
    status = loaded == NULL ? rnn_error_set(err, RNN_MEMORY, "no memory to read '%s'", path)
                            : load_all(t, &file, path, loaded, err);
    rnn_checkpoint_close(&file);
    if (status == RNN_OK) {
        take_over(t, loaded);
        status = rnn_learner_pack(&t->learner, err);
        rnn_trainer_fill_report(t);
    }
    free_loaded(loaded);
    return status;
}

static rnn_status peek_at(const char *path, rnn_checkpoint_info *info, rnn_error *err)
{
    rnn_checkpoint file;
    rnn_run run;
    rnn_status status = rnn_checkpoint_open(path, &file, err);
    if (status != RNN_OK) {
        return status;
    }
    memset(&run, 0, sizeof run);
    status = load_run(&file, path, &run, err);
    rnn_checkpoint_close(&file);
    if (status != RNN_OK) {
        return status;
    }
    memset(info, 0, sizeof *info);
    info->options = run.options;
    info->layout_hash = file.layout_hash;
    info->params_hash = file.params_hash;
    info->fingerprint = file.fingerprint;
    info->step = run.updates + run.skipped;
    info->epoch = run.at.epoch;
    info->window = run.at.window;
    info->real_bytes = (int32_t)file.real_bytes;
    memcpy(info->model, run.model, sizeof info->model < sizeof run.model ? sizeof info->model : sizeof run.model);
    return RNN_OK;
}

/* ---- The choice of the file: `path`, or its predecessor when it is not there or damaged ---- */

typedef struct Target {
    rnn_trainer *trainer;      /* resume */
    rnn_checkpoint_info *info; /* or peek */
} Target;

static rnn_status load_one(const Target *target, const char *path, rnn_error *err)
{
    return target->trainer != NULL ? resume_from(target->trainer, path, err) : peek_at(path, target->info, err);
}

static rnn_status load_newest(const Target *target, const char *path, int32_t *fell_back, rnn_error *err)
{
    rnn_error first, second;
    rnn_status status, other;
    char *previous;
    *fell_back = 0;
    if (path == NULL) {
        return rnn_error_set(err, RNN_ARG, "no path given");
    }
    status = load_one(target, path, &first);
    if (status != RNN_IO && status != RNN_FORMAT) {
        if (status != RNN_OK && err != NULL) {
            *err = first;
        }
        return status;
    }
    previous = rnn_checkpoint_previous(path);
    if (previous == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory to read '%s'", path);
    }
    other = load_one(target, previous, &second);
    if (other == RNN_OK) {
        *fell_back = 1;
        (void)rnn_error_set(err, RNN_OK, "took the checkpoint before it, '%s': %s", previous, first.text);
    } else if (err != NULL) { /* the more telling of the two: damage rather than absence */
        *err = status == RNN_IO && other != RNN_IO ? second : first;
    }
    free(previous);
    return other == RNN_OK ? RNN_OK : status == RNN_IO ? other : status;
}

rnn_status rnn_trainer_resume(rnn_trainer *trainer, const char *path, int32_t *fell_back, rnn_error *err)
{
    int32_t fell;
    Target target = {NULL, NULL};
    rnn_status status;
    target.trainer = trainer;
    status = load_newest(&target, path, &fell, err);
    if (fell_back != NULL) {
        *fell_back = fell;
    }
    return status;
}

rnn_status rnn_checkpoint_peek(const char *path, rnn_checkpoint_info *info, rnn_error *err)
{
    int32_t fell;
    Target target = {NULL, NULL};
    rnn_status status;
    target.info = info;
    status = load_newest(&target, path, &fell, err);
    if (status == RNN_OK) {
        info->fell_back = fell;
    }
    return status;
}

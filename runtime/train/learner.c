/* learner.c: the memory of one model that learns. What a step does with it is in step.c. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "learner.h"

/* 64-byte aligned memory; NULL when there is none. Released by free. */
static void *allocate(size_t bytes, int cleared)
{
    void *memory = NULL;
    if (posix_memalign(&memory, 64, bytes > 0 ? bytes : 1) != 0) {
        return NULL;
    }
    if (cleared) {
        memset(memory, 0, bytes);
    }
    return memory;
}

int rnn_model_carries(const rnn_model *model)
{
    int32_t i;
    for (i = 0; i < model->axes; i++) {
        if (model->axis[i].carry) {
            return 1;
        }
    }
    return 0;
}

int32_t rnn_learner_moments(const rnn_options *options)
{
    return options->optimizer == RNN_ADAM ? 2 : options->momentum > 0;
}

static int allocate_all(rnn_learner *learner)
{
    const rnn_model *model = learner->model;
    int32_t i, moments = rnn_learner_moments(&learner->options);
    int complete;
    learner->params = allocate(model->params_bytes, 1);
    learner->packed = allocate(model->packed_bytes, 1);
    learner->grad = allocate(model->params_bytes, 1);
    learner->work = allocate(model->work_bytes, 0);
    learner->tape = allocate(model->tape_bytes, 0);
    complete = learner->params != NULL && learner->packed != NULL && learner->grad != NULL && learner->work != NULL &&
               learner->tape != NULL;
    for (i = 0; i < moments; i++) {
        learner->moment[i] = allocate(model->params_bytes, 1);
        complete = complete && learner->moment[i] != NULL;
    }
    if (rnn_model_carries(model)) {
        learner->state = allocate(model->state_bytes, 1);
        learner->state_before = allocate(model->state_bytes, 1);
        complete = complete && learner->state != NULL && learner->state_before != NULL;
    }
    return complete;
}

static rnn_status prepare(rnn_learner *learner, rnn_error *err)
{
    rnn_status status;
    if (!allocate_all(learner)) {
        return rnn_error_set(err, RNN_MEMORY, "no memory to train model %s", learner->model->name);
    }
    status = learner->model->params_init(learner->params, learner->options.seed);
    if (status != RNN_OK) {
        return rnn_error_set(err, status, "model %s: the weights cannot be initialised (%s)", learner->model->name,
                             rnn_status_name(status));
    }
    status = rnn_learner_pack(learner, err);
    return status == RNN_OK ? rnn_learner_reset(learner, err) : status;
}

rnn_status rnn_learner_open(rnn_learner *learner, const rnn_model *model, const rnn_options *options, rnn_error *err)
{
    rnn_status status;
    memset(learner, 0, sizeof *learner);
    if (model == NULL || options == NULL) {
        return rnn_error_set(err, RNN_ARG, "no model or no options given");
    }
    if (model->abi != RNN_RUNTIME_ABI || (model->real_bytes != 4 && model->real_bytes != 8)) {
        return rnn_error_set(err, RNN_VERSION, "model %s was made for runtime ABI %d, this is %d", model->name,
                             (int)model->abi, RNN_RUNTIME_ABI);
    }
    if (!model->has_loss) {
        return rnn_error_set(err, RNN_ARG, "model %s has no loss: there is nothing to train", model->name);
    }
    status = rnn_options_check(options, err);
    if (status != RNN_OK) {
        return status;
    }
    learner->model = model;
    learner->options = *options;
    learner->total = options->steps;
    status = prepare(learner, err);
    if (status != RNN_OK) {
        rnn_learner_close(learner);
    }
    return status;
}

void rnn_learner_close(rnn_learner *learner)
{
    free(learner->params);
    free(learner->packed);
    free(learner->grad);
    free(learner->moment[0]);
    free(learner->moment[1]);
    free(learner->state);
    free(learner->state_before);
    free(learner->work);
    free(learner->tape);
    memset(learner, 0, sizeof *learner);
}

rnn_status rnn_learner_pack(rnn_learner *learner, rnn_error *err)
{
    rnn_status status = learner->model->pack(learner->params, learner->packed);
    return status == RNN_OK ? status
                            : rnn_error_set(err, status, "model %s: the weights cannot be packed (%s)",
                                            learner->model->name, rnn_status_name(status));
}

rnn_status rnn_learner_reset(rnn_learner *learner, rnn_error *err)
{
    rnn_status status = learner->state == NULL ? RNN_OK : learner->model->state_reset(learner->state, -1);
    return status == RNN_OK ? status
                            : rnn_error_set(err, status, "model %s: the state cannot be reset (%s)",
                                            learner->model->name, rnn_status_name(status));
}

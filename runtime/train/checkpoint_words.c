/* checkpoint_words.c: see checkpoint_words.h. What is read is checked for sense although its hash was right: anyone
 * can make a file. */
#include "checkpoint_words.h"

#include <string.h>

enum { HISTORY_COUNTS = 6 };

/* ---- Words: 64 bits, little-endian in memory, so that they are the bytes of the file ---- */

typedef struct Words {
    unsigned char *at;
} Words;

static void put_word(Words *w, uint64_t value)
{
    int i;
    for (i = 0; i < 8; i++) {
        *w->at++ = (unsigned char)(value >> 8 * i & 255U);
    }
}

static uint64_t get_word(Words *w)
{
    uint64_t value = 0;
    int i;
    for (i = 0; i < 8; i++) {
        value |= (uint64_t)*w->at++ << 8 * i;
    }
    return value;
}

static void put_real(Words *w, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_word(w, bits);
}

static double get_real(Words *w)
{
    uint64_t bits = get_word(w);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int64_t get_count(Words *w)
{
    uint64_t word = get_word(w);
    return word == UINT64_MAX ? -1 : word > INT64_MAX ? INT64_MIN : (int64_t)word;
}

/* ---- The run: name of the model, options, counters ---- */

void rnn_run_encode(const rnn_trainer *t, unsigned char *bytes)
{
    const char *name = t->learner.model->name;
    uint64_t words[RNN_OPTION_WORDS];
    Words w;
    int i;
    w.at = bytes + RNN_RUN_NAME_BYTES;
    memset(bytes, 0, RNN_RUN_NAME_BYTES);
    memcpy(bytes, name, strlen(name) < RNN_RUN_NAME_BYTES ? strlen(name) : RNN_RUN_NAME_BYTES - 1);
    rnn_options_to_words(&t->learner.options, words);
    for (i = 0; i < RNN_OPTION_WORDS; i++) {
        put_word(&w, words[i]);
    }
    put_word(&w, (uint64_t)t->learner.step);
    put_word(&w, (uint64_t)t->learner.updates);
    put_word(&w, (uint64_t)t->learner.skipped);
    put_word(&w, (uint64_t)t->total);
    put_word(&w, (uint64_t)t->at.epoch);
    put_word(&w, (uint64_t)t->at.window);
    put_word(&w, (uint64_t)t->at.valid_step);
    put_real(&w, t->at.loss_sum);
    put_real(&w, t->at.loss_weight);
    put_real(&w, t->at.valid_loss);
}

rnn_status rnn_run_decode(unsigned char *bytes, const char *path, rnn_run *run, rnn_error *err)
{
    uint64_t words[RNN_OPTION_WORDS];
    Words w;
    int i;
    w.at = bytes + RNN_RUN_NAME_BYTES;
    memcpy(run->model, bytes, RNN_RUN_NAME_BYTES);
    run->model[RNN_RUN_NAME_BYTES - 1] = '\0';
    for (i = 0; i < RNN_OPTION_WORDS; i++) {
        words[i] = get_word(&w);
    }
    rnn_options_from_words(&run->options, words);
    run->step = get_count(&w);
    run->updates = get_count(&w);
    run->skipped = get_count(&w);
    run->total = get_count(&w);
    run->at.epoch = get_count(&w);
    run->at.window = get_count(&w);
    run->at.valid_step = get_count(&w);
    run->at.loss_sum = get_real(&w);
    run->at.loss_weight = get_real(&w);
    run->at.valid_loss = get_real(&w);
    if (run->step < 0 || run->updates < 0 || run->skipped < 0 || run->at.epoch < 0 || run->at.window < 0 ||
        run->at.valid_step < -1 || run->updates > INT64_MAX / 2 || run->skipped > INT64_MAX / 2 ||
        rnn_options_check(&run->options, NULL) != RNN_OK) {
        return rnn_error_set(err, RNN_FORMAT, "'%s': its counters or options make no sense", path);
    }
    return RNN_OK;
}

/* ---- History ---- */

static void put_reals(Words *w, const double *values, int count)
{
    int i;
    for (i = 0; i < count; i++) {
        put_real(w, values[i]);
    }
}

static void get_reals(Words *w, double *values, int count)
{
    int i;
    for (i = 0; i < count; i++) {
        values[i] = get_real(w);
    }
}

void rnn_history_encode(const rnn_history *history, unsigned char *bytes)
{
    Words w;
    w.at = bytes;
    put_word(&w, (uint64_t)history->stride);
    put_word(&w, (uint64_t)history->steps);
    put_word(&w, (uint64_t)history->count);
    put_word(&w, (uint64_t)history->pending);
    put_word(&w, (uint64_t)history->pending_finite);
    put_word(&w, (uint64_t)history->valid_count);
    put_real(&w, history->pending_loss);
    put_real(&w, history->pending_norm);
    put_reals(&w, history->loss, RNN_HISTORY_MAX);
    put_reals(&w, history->norm, RNN_HISTORY_MAX);
    put_reals(&w, history->valid_step, RNN_HISTORY_VALID_MAX);
    put_reals(&w, history->valid_loss, RNN_HISTORY_VALID_MAX);
}

rnn_status rnn_history_decode(unsigned char *bytes, const char *path, rnn_history *history, rnn_error *err)
{
    int64_t counts[HISTORY_COUNTS];
    Words w;
    int i;
    w.at = bytes;
    for (i = 0; i < HISTORY_COUNTS; i++) {
        counts[i] = get_count(&w);
    }
    if (counts[0] < 1 || counts[1] < 0 || counts[2] < 0 || counts[2] > RNN_HISTORY_MAX || counts[3] < 0 ||
        counts[3] > INT32_MAX - 1 || counts[4] < 0 || counts[4] > counts[3] || counts[5] < 0 ||
        counts[5] > RNN_HISTORY_VALID_MAX) {
        return rnn_error_set(err, RNN_FORMAT, "'%s': its history makes no sense", path);
    }
    history->stride = counts[0];
    history->steps = counts[1];
    history->count = (int32_t)counts[2];
    history->pending = (int32_t)counts[3];
    history->pending_finite = (int32_t)counts[4];
    history->valid_count = (int32_t)counts[5];
    history->pending_loss = get_real(&w);
    history->pending_norm = get_real(&w);
    get_reals(&w, history->loss, RNN_HISTORY_MAX);
    get_reals(&w, history->norm, RNN_HISTORY_MAX);
    get_reals(&w, history->valid_step, RNN_HISTORY_VALID_MAX);
    get_reals(&w, history->valid_loss, RNN_HISTORY_VALID_MAX);
    return RNN_OK;
}

/* options.c: the options of training as one table: name, place, kind, range. Defaults, the model's `train` block, the
 * command line and checkpoints all go through it. */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "learner.h"

typedef enum Kind { KIND_REAL, KIND_INT32, KIND_INT64, KIND_UINT64, KIND_CHOICE } Kind;

typedef struct Option {
    const char *name;
    size_t offset;
    Kind kind;
    double least, most;
    int excludes; /* 1: least itself is out, 2: most is */
    const char *choices[4];
} Option;

#define FIELD(name) #name, offsetof(rnn_options, name)
#define WHOLE 9007199254740992.0 /* 2^53 */
#define INT32_MOST 2147483647.0
#define NO_CHOICES                                                                                                     \
    {                                                                                                                  \
        NULL, NULL, NULL, NULL                                                                                         \
    }

static const Option table[] = {
    {FIELD(optimizer), KIND_CHOICE, 0, 1, 0, {"sgd", "adam", NULL, NULL}},
    {FIELD(lr), KIND_REAL, 0, 1e6, 0, NO_CHOICES},
    {FIELD(momentum), KIND_REAL, 0, 1, 2, NO_CHOICES},
    {FIELD(beta1), KIND_REAL, 0, 1, 2, NO_CHOICES},
    {FIELD(beta2), KIND_REAL, 0, 1, 2, NO_CHOICES},
    {FIELD(epsilon), KIND_REAL, 0, 1e3, 1, NO_CHOICES},
    {FIELD(weight_decay), KIND_REAL, 0, 1e6, 0, NO_CHOICES},
    {FIELD(schedule), KIND_CHOICE, 0, 2, 0, {"constant", "step", "cosine", NULL}},
    {FIELD(warmup), KIND_INT64, 0, WHOLE, 0, NO_CHOICES},
    {FIELD(schedule_period), KIND_INT64, 1, WHOLE, 0, NO_CHOICES},
    {FIELD(schedule_factor), KIND_REAL, 0, 10, 1, NO_CHOICES},
    {FIELD(schedule_final), KIND_REAL, 0, 1e6, 0, NO_CHOICES},
    {FIELD(clip_norm), KIND_REAL, 0, 1e300, 0, NO_CHOICES},
    {FIELD(clip_value), KIND_REAL, 0, 1e300, 0, NO_CHOICES},
    {FIELD(nonfinite), KIND_CHOICE, 0, 1, 0, {"stop", "skip", NULL, NULL}},
    {FIELD(epochs), KIND_INT32, 1, INT32_MOST, 0, NO_CHOICES},
    {FIELD(steps), KIND_INT64, 0, WHOLE, 0, NO_CHOICES},
    {FIELD(batch), KIND_INT32, 0, INT32_MOST, 0, NO_CHOICES},
    {FIELD(window), KIND_INT32, 0, INT32_MOST, 0, NO_CHOICES},
    {FIELD(seed), KIND_UINT64, 0, 18446744073709551616.0, 2, NO_CHOICES},
    {FIELD(valid_every), KIND_INT64, 0, WHOLE, 0, NO_CHOICES},
    {FIELD(checkpoint_every), KIND_INT64, 0, WHOLE, 0, NO_CHOICES},
    {FIELD(checkpoint_seconds), KIND_REAL, 0, 1e9, 0, NO_CHOICES},
};
enum { OPTIONS = sizeof table / sizeof table[0] };
typedef char options_are_counted[(int)OPTIONS == (int)RNN_OPTION_WORDS ? 1 : -1];

static size_t field_bytes(const Option *option)
{
    return option->kind == KIND_INT32 || option->kind == KIND_CHOICE ? sizeof(int32_t) : sizeof(int64_t);
}

void rnn_options_to_words(const rnn_options *options, uint64_t *words)
{
    size_t i;
    for (i = 0; i < OPTIONS; i++) {
        const unsigned char *at = (const unsigned char *)options + table[i].offset;
        uint32_t narrow;
        if (field_bytes(&table[i]) == sizeof narrow) {
            memcpy(&narrow, at, sizeof narrow);
            words[i] = narrow;
        } else {
            memcpy(&words[i], at, sizeof words[i]);
        }
    }
}

void rnn_options_from_words(rnn_options *options, const uint64_t *words)
{
    size_t i;
    memset(options, 0, sizeof *options);
    for (i = 0; i < OPTIONS; i++) {
        unsigned char *at = (unsigned char *)options + table[i].offset;
        uint32_t narrow = (uint32_t)words[i];
        if (field_bytes(&table[i]) == sizeof narrow) {
            memcpy(at, &narrow, sizeof narrow);
        } else {
            memcpy(at, &words[i], sizeof words[i]);
        }
    }
}

static const Option *find_option(const char *name)
{
    size_t i;
    for (i = 0; i < OPTIONS; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

static double get_value(const rnn_options *options, const Option *option)
{
    const unsigned char *at = (const unsigned char *)options + option->offset;
    double real;
    int32_t narrow;
    int64_t wide;
    uint64_t natural;
    switch (option->kind) {
    case KIND_REAL:
        memcpy(&real, at, sizeof real);
        return real;
    case KIND_INT64:
        memcpy(&wide, at, sizeof wide);
        return (double)wide;
    case KIND_UINT64:
        memcpy(&natural, at, sizeof natural);
        return natural > UINT64_MAX - 1024 ? option->most * 0.5 : (double)natural; /* rounds up to 2^64 else */
    case KIND_INT32:
    case KIND_CHOICE:
    default:
        memcpy(&narrow, at, sizeof narrow);
        return (double)narrow;
    }
}

/* value is in the option's range, and whole where it has to be. */
static void put_value(rnn_options *options, const Option *option, double value)
{
    unsigned char *at = (unsigned char *)options + option->offset;
    int32_t narrow;
    int64_t wide;
    uint64_t natural;
    switch (option->kind) {
    case KIND_REAL:
        memcpy(at, &value, sizeof value);
        break;
    case KIND_INT64:
        wide = (int64_t)value;
        memcpy(at, &wide, sizeof wide);
        break;
    case KIND_UINT64:
        natural = (uint64_t)value;
        memcpy(at, &natural, sizeof natural);
        break;
    case KIND_INT32:
    case KIND_CHOICE:
    default:
        narrow = (int32_t)value;
        memcpy(at, &narrow, sizeof narrow);
        break;
    }
}

static int in_range(const Option *option, double value)
{
    return isfinite(value) && value >= option->least && value <= option->most &&
           !(option->excludes == 1 && value <= option->least) && !(option->excludes == 2 && value >= option->most) &&
           (option->kind == KIND_REAL || floor(value) >= value);
}

static rnn_status out_of_range(const Option *option, double value, rnn_error *err)
{
    return rnn_error_set(err, RNN_ARG, "option %s is %g; it goes from %g%s to %g%s%s", option->name, value,
                         option->least, option->excludes == 1 ? " (not included)" : "", option->most,
                         option->excludes == 2 ? " (not included)" : "",
                         option->kind == KIND_REAL ? "" : ", whole numbers only");
}

static rnn_status set_number(rnn_options *options, const Option *option, double value, rnn_error *err)
{
    if (!in_range(option, value)) {
        return out_of_range(option, value, err);
    }
    put_value(options, option, value);
    return RNN_OK;
}

static rnn_status set_choice(rnn_options *options, const Option *option, const char *text, rnn_error *err)
{
    int i;
    for (i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            put_value(options, option, (double)i);
            return RNN_OK;
        }
    }
    return rnn_error_set(err, RNN_ARG, "option %s is '%.40s'; it is one of %s, %s%s%s", option->name, text,
                         option->choices[0], option->choices[1], option->choices[2] != NULL ? ", " : "",
                         option->choices[2] != NULL ? option->choices[2] : "");
}

/* All 64 bits: a double would lose the low ones. */
static rnn_status set_natural(rnn_options *options, const Option *option, const char *text, rnn_error *err)
{
    char *end;
    unsigned long long value;
    uint64_t natural;
    errno = 0;
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0) {
        return rnn_error_set(err, RNN_ARG, "option %s is '%.40s'; it is a whole number from 0 to 2^64 - 1",
                             option->name, text);
    }
    natural = (uint64_t)value;
    memcpy((unsigned char *)options + option->offset, &natural, sizeof natural);
    return RNN_OK;
}

rnn_status rnn_options_set(rnn_options *options, const char *name, const char *text, rnn_error *err)
{
    const Option *option = find_option(name);
    char *end;
    double value;
    if (option == NULL) {
        return rnn_error_set(err, RNN_ARG, "there is no training option '%.40s'", name);
    }
    if (option->kind == KIND_CHOICE) {
        return set_choice(options, option, text, err);
    }
    if (option->kind == KIND_UINT64) {
        return set_natural(options, option, text, err);
    }
    value = strtod(text, &end);
    if (end == text || *end != '\0') {
        return rnn_error_set(err, RNN_ARG, "option %s is '%.40s', not a number", name, text);
    }
    return set_number(options, option, value, err);
}

rnn_status rnn_options_check(const rnn_options *options, rnn_error *err)
{
    size_t i;
    for (i = 0; i < OPTIONS; i++) {
        double value = get_value(options, &table[i]);
        if (!in_range(&table[i], value)) {
            return out_of_range(&table[i], value, err);
        }
    }
    return RNN_OK;
}

static rnn_status take_advice(rnn_options *options, const rnn_model *model, rnn_error *err)
{
    int32_t i, has_lr = 0;
    for (i = 0; i < model->advices; i++) {
        const rnn_advice *advice = &model->advice[i];
        const Option *option = find_option(advice->key);
        rnn_status status;
        if (option == NULL) {
            return rnn_error_set(err, RNN_ARG, "model %s: train block: there is no option '%s'", model->name,
                                 advice->key);
        }
        status = advice->text[0] != '\0' ? rnn_options_set(options, advice->key, advice->text, err)
                                         : set_number(options, option, advice->number, err);
        if (status != RNN_OK) {
            return status;
        }
        has_lr |= strcmp(advice->key, "lr") == 0;
    }
    if (options->optimizer == RNN_SGD && !has_lr) {
        options->lr = 0.1;
    }
    return RNN_OK;
}

rnn_status rnn_options_default(const rnn_model *model, rnn_options *options, rnn_error *err)
{
    memset(options, 0, sizeof *options);
    options->optimizer = RNN_ADAM;
    options->lr = 0.001;
    options->beta1 = 0.9;
    options->beta2 = 0.999;
    options->epsilon = 1e-8;
    options->schedule_period = 1000;
    options->schedule_factor = 0.5;
    options->epochs = 10;
    options->seed = 1;
    options->checkpoint_seconds = 30;
    return model == NULL ? RNN_OK : take_advice(options, model, err);
}

double rnn_schedule_rate(const rnn_options *options, int64_t step, int64_t total)
{
    static const double pi = 3.14159265358979323846;
    int64_t after = step - options->warmup;
    if (after < 0) {
        return options->lr * (double)(step + 1) / (double)options->warmup;
    }
    if (options->schedule == RNN_STEPWISE) {
        return options->lr * pow(options->schedule_factor, (double)(after / options->schedule_period));
    }
    if (options->schedule == RNN_COSINE && total > options->warmup) {
        double part = (double)after / (double)(total - options->warmup);
        double drop = 0.5 * (1 + cos(pi * (part < 1 ? part : 1)));
        return options->schedule_final + (options->lr - options->schedule_final) * drop;
    }
    return options->lr;
}

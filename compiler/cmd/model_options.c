/* model_options.c: checks the options of a model and gathers its -D values. */
#include "cmd/model_options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rnn/tensors.h"

const Define *defines_find(const Defines *defines, const char *name)
{
    for (int i = 0; i < defines->n; i++)
        if (strcmp(defines->at[i].name, name) == 0)
            return &defines->at[i];
    return NULL;
}

bool define_set(Defines *defines, const char *name, double value, DefineOrigin origin)
{
    int at = 0;
    while (at < defines->n && strcmp(defines->at[at].name, name) != 0)
        at++;
    if (at == DEFINES_MAX || strlen(name) >= sizeof defines->at[at].name)
        return false;
    defines->n += at == defines->n;
    snprintf(defines->at[at].name, sizeof defines->at[at].name, "%s", name);
    defines->at[at].value = value;
    defines->at[at].origin = origin;
    return true;
}

void define_text(double value, char text[40])
{
    if (fabs(value) < 1e15 && value == floor(value))
        snprintf(text, 40, "%.0f", value);
    else
        snprintf(text, 40, "%.17g", value);
}

/* "NAME=NUMBER" */
static bool parse_define(const char *text, char name[52], double *value)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || equals - text >= 52)
        return false;
    snprintf(name, 52, "%.*s", (int)(equals - text), text);
    char *end;
    *value = strtod(equals + 1, &end);
    return end != equals + 1 && *end == '\0' && isfinite(*value);
}

/* What the file of weights was trained with. */
static int collect_from_weights(Defines *defines, const char *path)
{
    rnn_error err = {0};
    rnn_tensors *file = NULL;
    if (rnn_tensors_open(path, RNN_TENSORS_WEIGHTS, &file, &err) != RNN_OK)
        return command_error("%s", err.text);
    int result = -1;
    const size_t prefix = strlen(RNN_META_DEFINE);
    for (int32_t i = 0; i < rnn_tensors_metadata_count(file) && result < 0; i++) {
        const char *key, *text;
        if (rnn_tensors_metadata_at(file, i, &key, &text) != 0 || strncmp(key, RNN_META_DEFINE, prefix) != 0)
            continue;
        char *end;
        const double value = strtod(text, &end);
        if (end == text || *end != '\0' || !isfinite(value) ||
            !define_set(defines, key + prefix, value, DEFINE_WEIGHTS))
            result = command_error("%s: the value '%s' of %s is no number", path, text, key);
    }
    rnn_tensors_close(file);
    return result;
}

int defines_collect(Defines *defines, const ModelOptions *options, const CommandHelp *help)
{
    defines->n = 0;
    const int over = options->weights ? collect_from_weights(defines, options->weights) : -1;
    if (over >= 0)
        return over;
    for (int i = 0; i < options->defines.n; i++) {
        char name[52];
        double value;
        if (!parse_define(options->defines.at[i], name, &value))
            return command_usage(help, "-D %s: expected NAME=NUMBER", options->defines.at[i]);
        if (!define_set(defines, name, value, DEFINE_GIVEN))
            return command_usage(help, "too many -D values");
    }
    return -1;
}

static bool is_one_of(const char *text, const char *first, const char *second)
{
    return !text || strcmp(text, first) == 0 || strcmp(text, second) == 0;
}

int model_options_check(const ModelOptions *options, const CommandHelp *help, int *unroll_k, int *unroll_s)
{
    if (!is_one_of(options->real, "float", "double"))
        return command_usage(help, "--real is float or double, not '%s'", options->real);
    if (!is_one_of(options->math, "fast", "precise"))
        return command_usage(help, "--math is fast or precise, not '%s'", options->math);
    if (!is_one_of(options->chunks, "yes", "no"))
        return command_usage(help, "--chunks is yes or no, not '%s'", options->chunks);
    *unroll_k = *unroll_s = 0;
    if (!options->unroll)
        return -1;
    char *end;
    const long k = strtol(options->unroll, &end, 10);
    const long s = *end == ',' ? strtol(end + 1, &end, 10) : 0;
    if (*end != '\0' || k < 4 || k > 32 || !(s == 0 || s == 1 || s == 2 || s == 4))
        return command_usage(help, "--unroll is K or K,S with K = 4 .. 32 and S = 1, 2 or 4, not '%s'",
                             options->unroll);
    *unroll_k = (int)k;
    *unroll_s = (int)s;
    return -1;
}

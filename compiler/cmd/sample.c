/* sample.c: `rnnc sample` runs a `generate` entry: the prefix is evaluated with the stream's state, then each step's
 * own tokens become the next ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/text_data.h"

typedef struct SampleValues {
    ModelOptions model;
    const char *generate, *prime, *window;
    OptionList controls;
    int64_t length, seed;
} SampleValues;

static const Option options[] = {
    {"--weights", "W.safetensors", OPTION_TEXT, offsetof(SampleValues, model.weights), "trained weights"},
    {"--generate", "NAME", OPTION_TEXT, offsetof(SampleValues, generate), "which generate entry (the only one)"},
    {"--length", "N", OPTION_INT, offsetof(SampleValues, length), "tokens at most (500)"},
    {"--prime", "TEXT", OPTION_TEXT, offsetof(SampleValues, prime), "the text to continue"},
    {"--set", "NAME=VALUE", OPTION_LIST, offsetof(SampleValues, controls), "value of a control, such as tau=0.8"},
    {"--window", "D.safetensors", OPTION_TEXT, offsetof(SampleValues, window),
     "inputs that do not vary over the generated axis"},
    {"--seed", "N", OPTION_INT, offsetof(SampleValues, seed), "of the random choices (1)"},
    MODEL_OPTION_ROWS(SampleValues),
    RUN_OPTION_ROWS(SampleValues),
};
static const CommandHelp help = {
    "rnnc sample MODEL.rnn --weights W.safetensors",
    "Generates text (or token numbers, where there is no vocabulary beside the weights).\n",
    "  rnnc sample examples/charlm/charlm.rnn --weights charlm.safetensors --length 200 --set tau=0.8 --prime 'The '\n",
    options,
    sizeof options / sizeof *options,
};

typedef struct Sampler {
    RunModel *run;
    const SampleValues *values;
    rnn_vocab *vocab;
    rnn_window_data *window;
    int32_t entry, field; /* the generated field that is printed */
    int32_t rows;
    rnn_call call;
    const void **in;
    void **out;
    int32_t *tokens; /* [rows], of each step */
    uint8_t *done;
} Sampler;

static int find_entry(Sampler *sampler)
{
    const rnn_model *model = sampler->run->model;
    const char *name = sampler->values->generate;
    sampler->entry = -1;
    for (int32_t i = 0; i < model->entries; i++) {
        const rnn_entry_info *entry = &model->entry[i];
        if (entry->kind != RNN_ENTRY_GENERATE || (name && strcmp(entry->name, name) != 0))
            continue;
        if (sampler->entry >= 0)
            return command_usage(&help, "%s has several generate entries: name one with --generate", model->name);
        sampler->entry = i;
    }
    if (sampler->entry < 0)
        return command_error("model %s has no generate entry%s%s", model->name, name ? " " : "", name ? name : "");
    const rnn_entry_info *entry = &model->entry[sampler->entry];
    if (entry->ins > 0)
        return command_error("%s needs %s at each step; only an application can give that", entry->name,
                             model->field[entry->in[0]].name);
    sampler->field = entry->out[0];
    for (int32_t i = entry->generated - 1; i >= 0; i--)
        if (model->field[entry->out[i]].is_token)
            sampler->field = entry->out[i];
    if (!model->field[sampler->field].is_token)
        return command_error("%s generates %s, which is no token", entry->name, model->field[sampler->field].name);
    return -1;
}

/* Elements of one step of one row. */
static size_t step_size(const rnn_field_info *field)
{
    return (size_t)field->dim[0] * (size_t)field->dim[1];
}

static int open_buffers(Sampler *sampler, double *controls)
{
    const rnn_model *model = sampler->run->model;
    const rnn_window *given = sampler->window ? rnn_window_of(sampler->window) : NULL;
    sampler->rows = given ? given->rows : 1;
    sampler->in = calloc((size_t)model->fields + 1, sizeof *sampler->in);
    sampler->out = calloc((size_t)model->fields + 1, sizeof *sampler->out);
    sampler->done = calloc((size_t)sampler->rows, 1);
    if (!sampler->in || !sampler->out || !sampler->done)
        return command_error("not enough memory");
    for (int32_t i = 0; given && i < model->fields; i++)
        sampler->in[i] = given->in[i];
    const rnn_entry_info *entry = &model->entry[sampler->entry];
    for (int32_t i = 0; i < entry->outs; i++) {
        const rnn_field_info *field = &model->field[entry->out[i]];
        sampler->out[entry->out[i]] = run_alloc((size_t)sampler->rows * step_size(field) * (size_t)model->real_bytes);
        if (!sampler->out[entry->out[i]])
            return command_error("not enough memory");
    }
    sampler->tokens = sampler->out[sampler->field];
    sampler->call.rows = sampler->rows;
    sampler->call.out = sampler->out;
    sampler->call.in = sampler->in;
    sampler->call.controls = controls;
    sampler->call.key.seed = (uint64_t)sampler->values->seed;
    return -1;
}

static void close_buffers(Sampler *sampler)
{
    for (int32_t i = 0; sampler->out && i < sampler->run->model->fields; i++)
        free(sampler->out[i]);
    free(sampler->in);
    free(sampler->out);
    free(sampler->done);
    rnn_window_free(sampler->window);
    if (sampler->vocab)
        rnn_vocab_free(sampler->vocab);
}

/* What does not vary over the generated axis. */
static int begin(Sampler *sampler, const int32_t *steps)
{
    const rnn_model *model = sampler->run->model;
    RunModel *run = sampler->run;
    sampler->call.steps = steps;
    if (model->entry_begin(sampler->entry, run->params, run->packed, &sampler->call, run->state, run->work) != RNN_OK)
        return run_fault(model, &sampler->call);
    return -1;
}

/* The prefix through eval (infer, where the generated field is no target), a window at a time on a carried axis. */
static int read_prefix(Sampler *sampler, const int32_t *tokens, size_t count)
{
    const rnn_model *model = sampler->run->model;
    RunModel *run = sampler->run;
    const int32_t axis = model->entry[sampler->entry].axis;
    const size_t most = (size_t)model->axis[axis].most;
    if (count > most && !model->axis[axis].carry)
        return command_error("the prefix has %zu tokens; axis %s takes at most %zu", count, model->axis[axis].name,
                             most);
    int32_t steps[RNN_AXES_MAX] = {0}, *window = calloc(most * (size_t)sampler->rows, sizeof *window);
    if (!window)
        return command_error("not enough memory");
    rnn_call call = sampler->call;
    call.out = NULL;
    call.steps = steps;
    sampler->in[sampler->field] = window;
    const bool infer = model->has_infer && model->field[sampler->field].role == RNN_ROLE_INPUT;
    rnn_status status = RNN_OK;
    for (size_t at = 0; at < count && status == RNN_OK; at += most) {
        const size_t n = count - at < most ? count - at : most;
        steps[axis] = (int32_t)n;
        for (size_t i = 0; i < n * (size_t)sampler->rows; i++)
            window[i] = tokens[at + i / (size_t)sampler->rows];
        status = (infer ? model->infer : model->eval)(run->params, run->packed, &call, run->state, run->work);
    }
    sampler->in[sampler->field] = NULL;
    free(window);
    return status == RNN_OK ? -1 : run_fault(model, &call);
}

static void print_token(const Sampler *sampler, int32_t token, bool first)
{
    const char *text;
    if (sampler->vocab) {
        const int32_t bytes = rnn_vocab_decode(sampler->vocab, token, &text);
        fwrite(text, 1, (size_t)bytes, stdout);
    } else {
        printf("%s%d", first ? "" : " ", (int)token);
    }
}

/* One row is printed as it comes; several are kept and printed a line each. */
static int generate(Sampler *sampler)
{
    const rnn_model *model = sampler->run->model;
    RunModel *run = sampler->run;
    const size_t rows = (size_t)sampler->rows, length = (size_t)sampler->values->length;
    int32_t *kept = calloc(rows * length + 1, sizeof *kept);
    size_t *lengths = calloc(rows, sizeof *lengths);
    int over = kept && lengths ? -1 : command_error("not enough memory");
    for (size_t t = 0; over < 0 && t < length; t++) {
        if (model->entry_step(sampler->entry, run->params, run->packed, &sampler->call, run->state, run->work,
                              sampler->done) != RNN_OK)
            over = run_fault(model, &sampler->call);
        size_t running = 0;
        for (size_t b = 0; over < 0 && b < rows; b++) {
            if (sampler->done[b])
                continue;
            running++;
            kept[b * length + lengths[b]++] = sampler->tokens[b];
            if (rows == 1)
                print_token(sampler, sampler->tokens[b], t == 0);
        }
        if (running == 0)
            break;
    }
    for (size_t b = 0; over < 0 && rows > 1 && b < rows; b++, printf("\n"))
        for (size_t t = 0; t < lengths[b]; t++)
            print_token(sampler, kept[b * length + t], t == 0);
    if (over < 0 && rows == 1)
        printf("\n");
    free(kept);
    free(lengths);
    return over < 0 ? EXIT_DONE : over;
}

static int prime(Sampler *sampler)
{
    const char *text = sampler->values->prime;
    int32_t *tokens = NULL;
    size_t count = 0;
    rnn_error err = {0};
    if (!sampler->vocab)
        return command_error("--prime needs the vocabulary beside the weights");
    if (rnn_vocab_encode(sampler->vocab, text, strlen(text), &tokens, &count, &err) != RNN_OK)
        return command_error("--prime: %s", err.text);
    const int over = read_prefix(sampler, tokens, count);
    free(tokens);
    if (over < 0 && sampler->rows == 1)
        fputs(text, stdout);
    return over;
}

/* eval comes before begin: both use the work memory, and generation continues what begin left there. */
static int prime_and_generate(Sampler *sampler)
{
    static const int32_t no_steps[RNN_AXES_MAX];
    const rnn_window *given = sampler->window ? rnn_window_of(sampler->window) : NULL;
    sampler->call.len = given ? given->len : NULL;
    int over = sampler->values->prime ? prime(sampler) : -1;
    if (over < 0)
        over = begin(sampler, given ? given->steps : no_steps);
    sampler->call.steps = no_steps;
    return over < 0 ? generate(sampler) : over;
}

static int sample(RunModel *run, const SampleValues *values)
{
    Sampler sampler = {.run = run, .values = values};
    rnn_error err = {0};
    int over = run_model_load(run, values->model.compiler);
    if (over < 0)
        over = find_entry(&sampler);
    if (over < 0)
        over = run_model_memory(run);
    if (over < 0)
        over = run_model_weights(run, values->model.weights, 1);
    if (over < 0)
        over = text_load_vocab(&sampler.vocab, values->model.weights, true);
    if (over < 0 && values->window &&
        rnn_window_load(run->model, values->window, RNN_WINDOW_NO_TARGETS, &sampler.window, &err) != RNN_OK)
        over = run_error(&err);
    double *controls = over < 0 ? run_controls(run->model, &values->controls) : NULL;
    if (over < 0)
        over = controls ? open_buffers(&sampler, controls) : EXIT_REFUSED;
    if (over < 0)
        over = prime_and_generate(&sampler);
    close_buffers(&sampler);
    free(controls);
    return over;
}

int sample_command(int argc, char **argv)
{
    SampleValues values = {.length = 500, .seed = 1};
    OptionList files = {0};
    int over = options_parse(&help, argc, argv, &values, &files);
    if (over >= 0)
        return over;
    if (files.n != 1 || !values.model.weights)
        return command_usage(&help, "sample needs one model and --weights");
    if (values.length < 1 || values.length > 100000000)
        return command_usage(&help, "--length is a number of tokens, at least 1");
    RunModel run = {0};
    over = compilation_open(&run.compilation, files.at[0], &values.model, &help);
    if (over < 0)
        over = sample(&run, &values);
    run_model_close(&run);
    return over;
}

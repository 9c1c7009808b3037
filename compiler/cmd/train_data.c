/* train_data.c: text or tensors to sources of windows. Before the model is compiled, the vocabulary sets its dim and
 * --batch and --window raise the bounds of its axes. */
#include "cmd/train.h"

#include <stdlib.h>
#include <string.h>

const rnn_vocab *train_data_vocab(const TrainData *data)
{
    return data->vocab ? data->vocab : data->text.vocab;
}

/* Where token ids already have a meaning (a resumed run, given weights), that vocabulary is used; else a new one. */
static int choose_vocab(TrainData *data, const TrainValues *values, const Model *model)
{
    int over = -1;
    if (values->resume)
        over = text_load_vocab(&data->vocab, values->output, true);
    if (over < 0 && !data->vocab && values->model.weights)
        over = text_load_vocab(&data->vocab, values->model.weights, true);
    if (over < 0 && !data->vocab)
        over = text_build_vocab(&data->text, model);
    return over;
}

static const char *setting(const TrainValues *values, const char *name)
{
    const char *found = NULL;
    for (int i = 0; i + 1 < values->settings.n; i += 2)
        if (strcmp(values->settings.at[i], name) == 0)
            found = values->settings.at[i + 1];
    return found;
}

/* A larger --batch or --window than the file's bound is a bound of this run. */
static void raise_bound(Compilation *compilation, int axis, const char *asked)
{
    const ModelAxis *bound = &compilation->model->axes.at[axis];
    const double most = asked ? strtod(asked, NULL) : 0;
    if (most > (double)bound->high && most < 2147483648.0 && !defines_find(&compilation->defines, bound->name))
        define_set(&compilation->defines, bound->name, most, DEFINE_BOUND);
}

static int axis_of_windows(const Model *model)
{
    return model->axes.n > 1 ? 1 : -1;
}

int train_data_prepare(TrainData *data, const TrainValues *values, Compilation *compilation, const CommandHelp *help)
{
    int over = values->text ? text_open(&data->text, values->text, values->unit, help) : -1;
    if (over >= 0)
        return over;
    compilation->quiet = true;
    over = compilation_run(compilation, "model");
    compilation->quiet = false;
    if (over < 0 && values->text)
        over = choose_vocab(data, values, compilation->model);
    for (int i = 0; over < 0 && i < data->text.fields; i++)
        over = text_fit_dim(compilation, data->text.field[i], train_data_vocab(data));
    if (over >= 0)
        return over;
    raise_bound(compilation, 0, setting(values, "batch"));
    const int axis = axis_of_windows(compilation->model);
    if (axis > 0)
        raise_bound(compilation, axis, setting(values, "window"));
    return compilation_restart(compilation);
}

static int open_stream(const TextData *text, size_t from, size_t count, const rnn_model *model,
                       const rnn_options *options, int32_t rows, rnn_source *source)
{
    rnn_feed feeds[2];
    rnn_error err = {0};
    const int32_t n = text_feeds(text, from, count, feeds);
    if (rnn_stream_source(model, feeds, n, rows, options->window, options->seed, source, &err) != RNN_OK)
        return run_error(&err);
    return -1;
}

/* Of a window: along the axis of the first field that has one. */
static int32_t window_steps(const rnn_model *model, const rnn_options *options)
{
    if (options->window > 0)
        return options->window;
    for (int32_t i = 0; i < model->fields; i++)
        if (model->field[i].axes > 0)
            return model->axis[model->field[i].axis[0]].most;
    return 1;
}

/* Validation wants few streams: each begins without a past. At least a window each, at most those of training. */
static int32_t valid_rows(const rnn_model *model, const rnn_options *options, size_t count)
{
    const int32_t steps = window_steps(model, options);
    const int32_t most = options->batch > 0 ? options->batch : model->axis[0].most;
    const size_t rows = count / ((size_t)steps * 2 + 1);
    return rows < 1 ? 1 : rows < (size_t)most ? (int32_t)rows : most;
}

static int open_held_out(TrainData *data, const TrainValues *values, const rnn_model *model, const rnn_options *options,
                         size_t *train_count)
{
    const TextData *text = &data->text;
    const int32_t steps = window_steps(model, options);
    const double fraction = values->held_out >= 0 ? values->held_out : 0.1;
    const size_t split = rnn_split_point(text->count, fraction);
    *train_count = text->count;
    if (fraction == 0 || (values->held_out < 0 && text->count - split < 2 * (size_t)steps + 2))
        return -1;
    *train_count = split;
    data->has_valid = true;
    return open_stream(text, split, text->count - split, model, options,
                       valid_rows(model, options, text->count - split), &data->valid);
}

static int open_texts(TrainData *data, const TrainValues *values, const rnn_model *model, const rnn_options *options)
{
    const rnn_vocab *vocab = train_data_vocab(data);
    int over = text_encode(&data->text, vocab);
    size_t count = data->text.count;
    if (over < 0 && values->valid) {
        data->valid_text = data->text;
        data->valid_text.path = values->valid;
        data->valid_text.bytes = NULL;
        data->valid_text.vocab = NULL;
        data->valid_text.tokens = NULL;
        over = text_read(&data->valid_text);
        if (over < 0)
            over = text_encode(&data->valid_text, vocab);
        if (over < 0)
            over = open_stream(&data->valid_text, 0, data->valid_text.count, model, options,
                               valid_rows(model, options, data->valid_text.count), &data->valid);
        data->has_valid = over < 0;
    } else if (over < 0) {
        over = open_held_out(data, values, model, options, &count);
    }
    return over < 0 ? open_stream(&data->text, 0, count, model, options, options->batch, &data->train) : over;
}

static int open_set(const rnn_model *model, const char *path, const rnn_options *options, rnn_window_data **set,
                    rnn_source *source)
{
    rnn_error err = {0};
    if (rnn_window_load(model, path, RNN_WINDOW_ANY_ROWS, set, &err) != RNN_OK ||
        rnn_set_source(model, *set, options->batch, options->window, options->seed, source, &err) != RNN_OK)
        return run_error(&err);
    return -1;
}

int train_data_open(TrainData *data, const TrainValues *values, const rnn_model *model, const rnn_options *options)
{
    if (values->text)
        return open_texts(data, values, model, options);
    int over = open_set(model, values->data, options, &data->set, &data->train);
    if (over < 0 && values->valid) {
        over = open_set(model, values->valid, options, &data->valid_set, &data->valid);
        data->has_valid = over < 0;
    }
    return over;
}

void train_data_close(TrainData *data)
{
    rnn_source_close(&data->train);
    rnn_source_close(&data->valid);
    rnn_window_free(data->set);
    rnn_window_free(data->valid_set);
    text_close(&data->text);
    text_close(&data->valid_text);
    if (data->vocab)
        rnn_vocab_free(data->vocab);
}

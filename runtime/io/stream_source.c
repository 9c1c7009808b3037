/* stream_source.c: a long text as windows. N tokens are cut into rows of floor(N / rows); window w holds steps
 * w T .. w T + T - 1 of every row. On a carried axis the windows follow each other; otherwise each stands for itself
 * and their order is shuffled anew in each epoch. See rnn/data.h. */
#include <stdlib.h>
#include <string.h>

#include "file_io.h"
#include "rnn/data.h"
#include "shuffle.h"

typedef struct Stream {
    const rnn_model *model;
    int32_t axis, rows, steps;
    int64_t length, windows; /* tokens a row; windows an epoch */
    uint64_t seed;
    int64_t *order; /* [windows], of epoch `ordered`; NULL on a carried axis */
    int64_t ordered;
    const int32_t **tokens; /* [fields]: where the field's first token is; NULL: not fed */
    int32_t **buffer;       /* [fields]: [steps][rows] */
    const void **in;        /* [fields]: the buffers again */
    int32_t *all_steps;     /* [axes] */
} Stream;

static void close_stream(void *self)
{
    Stream *s = self;
    int32_t i;
    if (s == NULL) {
        return;
    }
    for (i = 0; s->buffer != NULL && i < s->model->fields; i++) {
        free(s->buffer[i]);
    }
    free(s->order);
    free(s->tokens);
    free(s->buffer);
    free(s->in);
    free(s->all_steps);
    free(s);
}

/* ---- What is fed ---- */

static int32_t find_field(const rnn_model *model, const char *name)
{
    int32_t i;
    for (i = 0; i < model->fields; i++) {
        if (model->field[i].role <= RNN_ROLE_TARGET && strcmp(model->field[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static rnn_status check_field(const rnn_model *model, const rnn_feed *feed, int32_t field, int32_t *axis,
                              rnn_error *err)
{
    const rnn_field_info *info;
    if (field < 0) {
        return rnn_error_set(err, RNN_ARG, "model %s has no input or target '%.96s'", model->name, feed->field);
    }
    info = &model->field[field];
    if (!info->is_token || info->axes != 1 || !info->has_batch || info->rank != 0) {
        return rnn_error_set(err, RNN_ARG, "'%s' cannot be fed from a text: it is not one token a step", info->name);
    }
    if (*axis >= 0 && *axis != info->axis[0]) {
        return rnn_error_set(err, RNN_ARG, "'%s' runs over %s, the fields before it over %s", info->name,
                             model->axis[info->axis[0]].name, model->axis[*axis].name);
    }
    if (feed->shift < 0 || feed->shift > 1) {
        return rnn_error_set(err, RNN_ARG, "'%s': the shift is 0 or 1", info->name);
    }
    *axis = info->axis[0];
    return RNN_OK;
}

static rnn_status check_tokens(const rnn_model *model, const rnn_feed *feed, int32_t field, rnn_error *err)
{
    int32_t vocab = model->field[field].vocab;
    size_t i;
    for (i = 0; i < feed->count; i++) {
        if (feed->tokens[i] < 0 || feed->tokens[i] >= vocab) {
            return rnn_error_set(err, RNN_RANGE, "'%s': token %d, number %lu of its text, is outside 0 .. %d",
                                 model->field[field].name, (int)feed->tokens[i], (unsigned long)i, (int)vocab - 1);
        }
    }
    return RNN_OK;
}

/* Places the feeds and checks that every input and target has one. *shift: the largest. */
static rnn_status place_feeds(Stream *s, const rnn_feed *feed, int32_t feeds, int32_t *shift, rnn_error *err)
{
    const rnn_model *model = s->model;
    int32_t i;
    s->axis = -1;
    *shift = 0;
    for (i = 0; i < feeds; i++) {
        int32_t field = find_field(model, feed[i].field);
        rnn_status status = check_field(model, &feed[i], field, &s->axis, err);
        if (status == RNN_OK && feed[i].count != feed[0].count) {
            status = rnn_error_set(err, RNN_ARG, "the texts of '%.96s' and '%.96s' differ in length", feed[0].field,
                                   feed[i].field);
        }
        if (status == RNN_OK && s->tokens[field] != NULL) {
            status = rnn_error_set(err, RNN_ARG, "'%.96s' is fed twice", feed[i].field);
        }
        if (status == RNN_OK) {
            status = check_tokens(model, &feed[i], field, err);
        }
        if (status != RNN_OK) {
            return status;
        }
        s->tokens[field] = feed[i].tokens + (feed[i].count > 0 ? feed[i].shift : 0);
        *shift = feed[i].shift > *shift ? feed[i].shift : *shift;
    }
    for (i = 0; i < model->fields; i++) {
        if (model->field[i].role <= RNN_ROLE_TARGET && s->tokens[i] == NULL) {
            return rnn_error_set(err, RNN_ARG, "%s '%s' of model %s is not fed",
                                 model->field[i].role == RNN_ROLE_INPUT ? "input" : "target", model->field[i].name,
                                 model->name);
        }
    }
    return feeds > 0 ? RNN_OK : rnn_error_set(err, RNN_ARG, "nothing is fed from a text");
}

/* ---- How it is cut ---- */

static rnn_status cut(Stream *s, size_t count, int32_t shift, rnn_error *err)
{
    const rnn_axis_info *batch = &s->model->axis[0], *axis = &s->model->axis[s->axis];
    int64_t rest;
    s->rows = s->rows > 0 ? s->rows : batch->most;
    s->steps = s->steps > 0 ? s->steps : axis->most;
    if (s->rows < batch->least || s->rows > batch->most) {
        return rnn_error_set(err, RNN_ARG, "%d rows: model %s takes %d to %d", (int)s->rows, s->model->name,
                             (int)batch->least, (int)batch->most);
    }
    if (s->steps < axis->least || s->steps > axis->most) {
        return rnn_error_set(err, RNN_ARG, "windows of %d steps: axis %s takes %d to %d", (int)s->steps, axis->name,
                             (int)axis->least, (int)axis->most);
    }
    s->length = (int64_t)((count < (size_t)shift ? 0 : count - (size_t)shift) / (size_t)s->rows);
    rest = s->length % s->steps;
    s->windows = s->length / s->steps + (rest > 0 && rest >= axis->least);
    if (s->windows == 0) {
        return rnn_error_set(err, RNN_ARG, "the text is too short: %lu tokens in %d rows leave %ld steps, %s needs %d",
                             (unsigned long)count, (int)s->rows, (long)s->length, axis->name,
                             (int)(axis->least > 1 ? axis->least : 1));
    }
    return RNN_OK;
}

static rnn_status allocate_buffers(Stream *s, rnn_error *err)
{
    int complete = 1;
    int32_t i;
    for (i = 0; i < s->model->axes; i++) {
        s->all_steps[i] = s->model->axis[i].least;
    }
    for (i = 0; i < s->model->fields; i++) {
        if (s->tokens[i] != NULL) {
            s->buffer[i] = malloc((size_t)s->steps * (size_t)s->rows * sizeof **s->buffer);
            s->in[i] = s->buffer[i];
            complete = complete && s->buffer[i] != NULL;
        }
    }
    if (!s->model->axis[s->axis].carry) {
        s->order = malloc((size_t)s->windows * sizeof *s->order);
        complete = complete && s->order != NULL;
    }
    s->ordered = -1;
    return complete ? RNN_OK : rnn_error_set(err, RNN_MEMORY, "no memory for windows of the text");
}

static rnn_status give_window(void *self, int64_t epoch, int64_t index, rnn_window *window, rnn_error *err)
{
    Stream *s = self;
    int64_t begin, left, t, b;
    int32_t i;
    if (index < 0 || index >= s->windows || epoch < 0) {
        return rnn_error_set(err, RNN_ARG, "there is no window %ld", (long)index);
    }
    if (s->order != NULL && s->ordered != epoch) {
        rnn_shuffle(s->order, s->windows, s->seed, epoch);
        s->ordered = epoch;
    }
    begin = (s->order != NULL ? s->order[index] : index) * s->steps;
    left = s->length - begin < s->steps ? s->length - begin : s->steps;
    for (i = 0; i < s->model->fields; i++) {
        for (b = 0; s->tokens[i] != NULL && b < s->rows; b++) {
            const int32_t *row = s->tokens[i] + b * s->length + begin;
            for (t = 0; t < left; t++) {
                s->buffer[i][t * s->rows + b] = row[t];
            }
        }
    }
    s->all_steps[s->axis] = (int32_t)left;
    window->rows = s->rows;
    window->fresh = s->order != NULL || index == 0;
    window->steps = s->all_steps;
    window->len = NULL;
    window->in = s->in;
    return RNN_OK;
}

static uint64_t hash_feeds(const Stream *s, const rnn_feed *feed, int32_t feeds)
{
    int64_t how[4];
    uint64_t hash;
    int32_t i;
    how[0] = s->rows;
    how[1] = s->steps;
    how[2] = s->length;
    how[3] = s->order != NULL;
    hash = rnn_hash64(0, how, sizeof how);
    for (i = 0; i < feeds; i++) {
        hash = rnn_hash64(hash, feed[i].field, strlen(feed[i].field));
        hash = rnn_hash64(hash, &feed[i].shift, sizeof feed[i].shift);
        hash = rnn_hash64(hash, feed[i].tokens, feed[i].count * sizeof *feed[i].tokens);
    }
    return hash;
}

static Stream *new_stream(const rnn_model *model)
{
    size_t fields = (size_t)model->fields + 1;
    Stream *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return NULL;
    }
    s->model = model;
    s->tokens = calloc(fields, sizeof *s->tokens);
    s->buffer = calloc(fields, sizeof *s->buffer);
    s->in = calloc(fields, sizeof *s->in);
    s->all_steps = calloc((size_t)model->axes + 1, sizeof *s->all_steps);
    if (s->tokens == NULL || s->buffer == NULL || s->in == NULL || s->all_steps == NULL) {
        close_stream(s);
        return NULL;
    }
    return s;
}

rnn_status rnn_stream_source(const rnn_model *model, const rnn_feed *feed, int32_t feeds, int32_t rows, int32_t steps,
                             uint64_t seed, rnn_source *source, rnn_error *err)
{
    int32_t shift = 0;
    Stream *s = new_stream(model);
    rnn_status status;
    memset(source, 0, sizeof *source);
    if (s == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory for windows of the text");
    }
    s->rows = rows;
    s->steps = steps;
    s->seed = seed;
    status = place_feeds(s, feed, feeds, &shift, err);
    if (status == RNN_OK) {
        status = cut(s, feed[0].count, shift, err);
    }
    if (status == RNN_OK) {
        status = allocate_buffers(s, err);
    }
    if (status != RNN_OK) {
        close_stream(s);
        return status;
    }
    source->self = s;
    source->windows = s->windows;
    source->tokens = (s->length < s->windows * s->steps ? s->length : s->windows * s->steps) * s->rows;
    source->rows = s->rows;
    source->fingerprint = hash_feeds(s, feed, feeds);
    source->window = give_window;
    source->close = close_stream;
    return RNN_OK;
}

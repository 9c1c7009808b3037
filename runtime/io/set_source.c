/* set_source.c: a set of many rows, read from a file of tensors, as windows of a few rows. Without a carried axis the
 * rows are dealt out in a new order in each epoch; with one, rows keep their neighbours and the axis is cut into
 * windows that follow each other. See rnn/data.h. */
#include <stdlib.h>
#include <string.h>

#include "file_io.h"
#include "shuffle.h"
#include "window_data.h"

typedef struct Set {
    const rnn_model *model;
    const rnn_window_data *data;
    int32_t rows, steps, carried; /* carried: the axis, or 0; steps: of a window over it */
    int64_t blocks, parts;        /* of rows; windows that follow each other in a block */
    uint64_t seed;
    int64_t *order, ordered; /* [rows of the set], of which epoch */
    rnn_window_data *piece;  /* the window that is given out */
} Set;

static void close_set(void *self)
{
    Set *s = self;
    if (s != NULL) {
        rnn_window_free(s->piece);
        free(s->order);
        free(s);
    }
}

/* Copies one field: rows `order[first] ..`, and of the carried axis the steps from `begin`. */
static void gather_field(Set *s, int32_t field, int64_t first, int64_t begin)
{
    const rnn_field_info *info = &s->model->field[field];
    const rnn_window *all = &s->data->window;
    size_t bytes = rnn_field_bytes(s->model, field);
    const unsigned char *from = s->data->in[field];
    unsigned char *to = s->piece->in[field];
    int64_t outer = 1, i, rows = info->has_batch ? s->piece->window.rows : 1, r;
    int32_t k;
    for (k = 0; k < info->axes; k++) {
        outer *= s->piece->steps[info->axis[k]];
    }
    for (i = 0; i < outer; i++) {
        int64_t rest = i, place = 0, stride = 1; /* i: index in the piece; place: in the set */
        for (k = info->axes - 1; k >= 0; k--) {
            int32_t axis = info->axis[k];
            int64_t at = rest % s->piece->steps[axis] + (axis == s->carried ? begin : 0);
            rest /= s->piece->steps[axis];
            place += at * stride;
            stride *= all->steps[axis];
        }
        for (r = 0; r < rows; r++) {
            int64_t row = info->has_batch ? place * all->rows + s->order[first + r] : place;
            memcpy(to, from + (size_t)row * bytes, bytes);
            to += bytes;
        }
    }
}

static rnn_status give_window(void *self, int64_t epoch, int64_t index, rnn_window *window, rnn_error *err)
{
    Set *s = self;
    const rnn_window *all = &s->data->window;
    rnn_window *piece = &s->piece->window;
    int64_t first, begin, r;
    int32_t i;
    if (index < 0 || index >= s->blocks * s->parts || epoch < 0) {
        return rnn_error_set(err, RNN_ARG, "there is no window %ld", (long)index);
    }
    if (s->carried == 0 && s->ordered != epoch) {
        rnn_shuffle(s->order, all->rows, s->seed, epoch);
        s->ordered = epoch;
    }
    first = index / s->parts * s->rows;
    begin = index % s->parts * s->steps;
    piece->rows = (int32_t)(all->rows - first < s->rows ? all->rows - first : s->rows);
    piece->fresh = begin == 0;
    if (s->carried > 0) {
        int64_t left = all->steps[s->carried] - begin;
        s->piece->steps[s->carried] = (int32_t)(left < s->steps ? left : s->steps);
    }
    for (i = 0; i < s->model->fields; i++) {
        if (s->data->in[i] != NULL) {
            gather_field(s, i, first, begin);
        }
    }
    for (i = 1; i < s->model->axes; i++) {
        for (r = 0; s->data->len[i] != NULL && r < piece->rows; r++) {
            s->piece->len[i][r] = s->data->len[i][s->order[first + r]];
        }
    }
    *window = *piece;
    return RNN_OK;
}

/* ---- Making ---- */

static rnn_status cut(Set *s, int32_t rows, int32_t steps, rnn_error *err)
{
    const rnn_axis_info *batch = &s->model->axis[0], *axis;
    int32_t total = s->data->window.rows, i;
    s->rows = rows > 0 ? rows : batch->most;
    s->rows = s->rows < total ? s->rows : total;
    if (s->rows < batch->least || s->rows > batch->most || (total % s->rows != 0 && total % s->rows < batch->least)) {
        return rnn_error_set(err, RNN_ARG, "%d rows in windows of %d: model %s takes %d to %d", (int)total,
                             (int)s->rows, s->model->name, (int)batch->least, (int)batch->most);
    }
    s->blocks = (total + s->rows - 1) / s->rows;
    s->parts = 1;
    s->steps = 0;
    for (i = 1; i < s->model->axes; i++) {
        if (s->model->axis[i].carry) {
            s->carried = i;
        }
    }
    if (s->carried == 0) {
        return RNN_OK;
    }
    axis = &s->model->axis[s->carried];
    s->steps = steps > 0 ? steps : axis->most;
    s->steps = s->steps < s->data->steps[s->carried] ? s->steps : s->data->steps[s->carried];
    s->parts = (s->data->steps[s->carried] + s->steps - 1) / s->steps;
    if (s->steps > axis->most || s->steps < axis->least ||
        s->data->steps[s->carried] - (s->parts - 1) * s->steps < axis->least) {
        return rnn_error_set(err, RNN_ARG, "%d steps in windows of %d: axis %s takes %d to %d",
                             (int)s->data->steps[s->carried], (int)s->steps, axis->name, (int)axis->least,
                             (int)axis->most);
    }
    if (s->parts > 1 && s->data->len[s->carried] != NULL) {
        return rnn_error_set(err, RNN_ARG, "rows with lengths (%s_len) cannot be cut into windows", axis->name);
    }
    return RNN_OK;
}

static rnn_status allocate_piece(Set *s, rnn_error *err)
{
    int32_t i, k;
    int complete = 1;
    s->piece = rnn_window_new(s->model);
    s->order = malloc((size_t)s->data->window.rows * sizeof *s->order);
    if (s->piece == NULL || s->order == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory for windows");
    }
    for (i = 0; i < s->data->window.rows; i++) {
        s->order[i] = i;
    }
    for (i = 1; i < s->model->axes; i++) {
        s->piece->steps[i] = i == s->carried ? s->steps : s->data->steps[i];
        if (s->data->len[i] != NULL) {
            s->piece->len[i] = malloc((size_t)s->rows * sizeof **s->piece->len);
            complete = complete && s->piece->len[i] != NULL;
        }
    }
    for (i = 0; i < s->model->fields; i++) {
        size_t bytes = rnn_field_bytes(s->model, i) * (size_t)s->rows;
        if (s->data->in[i] == NULL) {
            continue;
        }
        for (k = 0; k < s->model->field[i].axes; k++) {
            bytes *= (size_t)s->piece->steps[s->model->field[i].axis[k]];
        }
        s->piece->in[i] = malloc(bytes + 1);
        complete = complete && s->piece->in[i] != NULL;
    }
    s->ordered = -1;
    return complete ? RNN_OK : rnn_error_set(err, RNN_MEMORY, "no memory for windows");
}

/* Hash of the contents and of how they are cut; and steps x rows without padding. */
static void describe(const Set *s, rnn_source *source)
{
    const rnn_window *all = &s->data->window;
    int64_t how[4], tokens = 0;
    int32_t i, k, first = s->model->axes > 1 ? 1 : 0;
    how[0] = all->rows;
    how[1] = s->rows;
    how[2] = s->steps;
    how[3] = s->carried;
    source->fingerprint = rnn_hash64(0, how, sizeof how);
    for (i = 0; i < s->model->fields; i++) {
        size_t bytes = rnn_field_bytes(s->model, i) * (s->model->field[i].has_batch ? (size_t)all->rows : 1);
        if (s->data->in[i] != NULL) {
            for (k = 0; k < s->model->field[i].axes; k++) {
                bytes *= (size_t)all->steps[s->model->field[i].axis[k]];
            }
            source->fingerprint = rnn_hash64(source->fingerprint, s->data->in[i], bytes);
        }
    }
    for (i = 1; i < s->model->axes; i++) {
        if (s->data->len[i] != NULL) {
            source->fingerprint =
                rnn_hash64(source->fingerprint, s->data->len[i], (size_t)all->rows * sizeof **s->data->len);
        }
    }
    for (i = 0; i < all->rows; i++) {
        tokens += first == 0 ? 1 : s->data->len[first] != NULL ? s->data->len[first][i] : all->steps[first];
    }
    source->tokens = tokens;
}

rnn_status rnn_set_source(const rnn_model *model, const rnn_window_data *data, int32_t rows, int32_t steps,
                          uint64_t seed, rnn_source *source, rnn_error *err)
{
    Set *s = calloc(1, sizeof *s);
    rnn_status status;
    memset(source, 0, sizeof *source);
    if (s == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory for windows");
    }
    s->model = model;
    s->data = data;
    s->seed = seed;
    status = cut(s, rows, steps, err);
    if (status == RNN_OK) {
        status = allocate_piece(s, err);
    }
    if (status != RNN_OK) {
        close_set(s);
        return status;
    }
    source->self = s;
    source->windows = s->blocks * s->parts;
    source->rows = s->rows;
    source->window = give_window;
    source->close = close_set;
    describe(s, source);
    return RNN_OK;
}

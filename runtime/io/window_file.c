/* window_file.c: one window of data from a file of tensors: inputs and targets by their names, lengths as AXIS_len.
 * Rows and steps are found from the first tensor that has them and must then be the same in all. See rnn/data.h. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "window_data.h"

rnn_window_data *rnn_window_new(const rnn_model *model)
{
    rnn_window_data *data = calloc(1, sizeof *data);
    if (data == NULL) {
        return NULL;
    }
    data->model = model;
    data->steps = calloc((size_t)model->axes + 1, sizeof *data->steps);
    data->len = calloc((size_t)model->axes + 1, sizeof *data->len);
    data->in = calloc((size_t)model->fields + 1, sizeof *data->in);
    if (data->steps == NULL || data->len == NULL || data->in == NULL) {
        rnn_window_free(data);
        return NULL;
    }
    data->window.fresh = 1;
    data->window.steps = data->steps;
    data->window.len = (const int32_t *const *)(void *)data->len;
    data->window.in = (const void *const *)(void *)data->in;
    return data;
}

void rnn_window_free(rnn_window_data *data)
{
    int32_t i;
    if (data == NULL) {
        return;
    }
    for (i = 0; data->len != NULL && i < data->model->axes; i++) {
        free(data->len[i]);
    }
    for (i = 0; data->in != NULL && i < data->model->fields; i++) {
        free(data->in[i]);
    }
    free(data->steps);
    free(data->len);
    free(data->in);
    free(data);
}

const rnn_window *rnn_window_of(const rnn_window_data *data)
{
    return &data->window;
}

int32_t rnn_window_has_targets(const rnn_window_data *data)
{
    return data->has_targets;
}

size_t rnn_field_bytes(const rnn_model *model, int32_t field)
{
    const rnn_field_info *info = &model->field[field];
    size_t bytes = info->is_token ? sizeof(int32_t) : (size_t)model->real_bytes;
    int32_t i;
    for (i = 0; i < info->rank; i++) {
        bytes *= (size_t)info->dim[i];
    }
    return bytes;
}

/* ---- Shapes ---- */

typedef struct Loader {
    rnn_tensors *file;
    rnn_window_data *data;
    int32_t flags, used; /* used: tensors that have found their place */
    rnn_error *err;
} Loader;

/* A length that all tensors share: set by the first, checked for the others. */
static rnn_status agree(Loader *l, int32_t *known, int64_t found, const char *name, const char *what)
{
    if (found < 1 || found > INT32_MAX) {
        return rnn_error_set(l->err, RNN_FORMAT, "'%s' has %lld %s", name, (long long)found, what);
    }
    if (*known != 0 && *known != (int32_t)found) {
        return rnn_error_set(l->err, RNN_FORMAT, "'%s' has %lld %s, the tensors before it %d", name, (long long)found,
                             what, (int)*known);
    }
    *known = (int32_t)found;
    return RNN_OK;
}

/* [steps of each axis][rows][dims] against the field's. */
static rnn_status check_shape(Loader *l, int32_t field, const rnn_tensor_info *tensor)
{
    const rnn_field_info *info = &l->data->model->field[field];
    int32_t i, place = 0, rank = info->axes + (info->has_batch ? 1 : 0) + info->rank;
    rnn_status status = RNN_OK;
    if (tensor->rank != rank) {
        return rnn_error_set(l->err, RNN_FORMAT, "'%s' has %d dimensions, it needs %d: steps of %d axes%s, %d dims",
                             info->name, (int)tensor->rank, (int)rank, (int)info->axes, info->has_batch ? ", rows" : "",
                             (int)info->rank);
    }
    for (i = 0; i < info->axes && status == RNN_OK; i++) {
        status = agree(l, &l->data->steps[info->axis[i]], tensor->dim[place++], info->name, "steps");
    }
    if (status == RNN_OK && info->has_batch) {
        status = agree(l, &l->data->window.rows, tensor->dim[place++], info->name, "rows");
    }
    for (i = 0; i < info->rank && status == RNN_OK; i++, place++) {
        if (tensor->dim[place] != info->dim[i]) {
            status = rnn_error_set(l->err, RNN_FORMAT, "'%s': dimension %d is %lld, the model's is %d", info->name,
                                   (int)place + 1, (long long)tensor->dim[place], (int)info->dim[i]);
        }
    }
    return status;
}

static rnn_status check_bounds(Loader *l)
{
    const rnn_model *model = l->data->model;
    rnn_window_data *data = l->data;
    int32_t i, any = (l->flags & RNN_WINDOW_ANY_ROWS) != 0;
    if (data->window.rows == 0) {
        data->window.rows = model->axis[0].least;
    }
    if (data->window.rows < model->axis[0].least || (data->window.rows > model->axis[0].most && !any)) {
        return rnn_error_set(l->err, RNN_FORMAT, "%d rows: model %s takes %d to %d", (int)data->window.rows,
                             model->name, (int)model->axis[0].least, (int)model->axis[0].most);
    }
    for (i = 1; i < model->axes; i++) {
        const rnn_axis_info *axis = &model->axis[i];
        if (data->steps[i] == 0) {
            data->steps[i] = axis->least > 1 ? axis->least : 1;
        }
        if (data->steps[i] < axis->least || (data->steps[i] > axis->most && !(any && axis->carry))) {
            return rnn_error_set(l->err, RNN_FORMAT, "%d steps: axis %s takes %d to %d", (int)data->steps[i],
                                 axis->name, (int)axis->least, (int)axis->most);
        }
    }
    return RNN_OK;
}

/* ---- Reading ---- */

static rnn_status read_field(Loader *l, int32_t field, int32_t index)
{
    const rnn_model *model = l->data->model;
    const rnn_tensor_info *tensor = rnn_tensors_at(l->file, index);
    int32_t as = model->field[field].is_token ? RNN_I32 : rnn_model_dtype(model);
    l->data->in[field] = malloc((size_t)tensor->count * (size_t)rnn_dtype_bytes(as) + 1);
    if (l->data->in[field] == NULL) {
        return rnn_error_set(l->err, RNN_MEMORY, "no memory for '%s'", tensor->name);
    }
    return rnn_tensors_read(l->file, index, as, l->data->in[field], RNN_READ_NONFINITE, l->err);
}

/* Shapes of all fields first, so that nothing large is allocated for a file that does not fit. */
static rnn_status load_fields(Loader *l, int32_t *index)
{
    const rnn_model *model = l->data->model;
    int32_t i;
    rnn_status status = RNN_OK;
    l->data->has_targets = 1;
    for (i = 0; i < model->fields && status == RNN_OK; i++) {
        int32_t is_target = model->field[i].role == RNN_ROLE_TARGET;
        index[i] = -1;
        if (model->field[i].role > RNN_ROLE_TARGET) {
            continue;
        }
        index[i] = rnn_tensors_find(l->file, model->field[i].name);
        if (index[i] >= 0) {
            l->used++;
            status = check_shape(l, i, rnn_tensors_at(l->file, index[i]));
        } else if (is_target && (l->flags & RNN_WINDOW_NO_TARGETS) != 0) {
            l->data->has_targets = 0;
        } else {
            status = rnn_error_set(l->err, RNN_FORMAT, "the file has no tensor '%s', which is %s of model %s",
                                   model->field[i].name, is_target ? "a target" : "an input", model->name);
        }
    }
    if (status == RNN_OK) {
        status = check_bounds(l);
    }
    for (i = 0; i < model->fields && status == RNN_OK; i++) {
        if (index[i] >= 0) {
            status = read_field(l, i, index[i]);
        }
    }
    return status;
}

static rnn_status check_lengths(Loader *l, int32_t axis)
{
    const rnn_axis_info *info = &l->data->model->axis[axis];
    int32_t least = info->least, row;
    for (row = 0; row < l->data->window.rows; row++) {
        int32_t length = l->data->len[axis][row];
        if (length < least || length > l->data->steps[axis]) {
            return rnn_error_set(l->err, RNN_LENGTH, "%s_len of row %d is %d, outside %d .. %d", info->name, (int)row,
                                 (int)length, (int)least, (int)l->data->steps[axis]);
        }
    }
    return RNN_OK;
}

static rnn_status load_lengths(Loader *l)
{
    const rnn_model *model = l->data->model;
    int32_t axis;
    for (axis = 1; axis < model->axes; axis++) {
        char name[80];
        const rnn_tensor_info *tensor;
        rnn_status status;
        int32_t index;
        (void)snprintf(name, sizeof name, "%.64s_len", model->axis[axis].name);
        index = rnn_tensors_find(l->file, name);
        if (index < 0) {
            continue;
        }
        l->used++;
        tensor = rnn_tensors_at(l->file, index);
        if (tensor->rank != 1 || tensor->dim[0] != l->data->window.rows) {
            return rnn_error_set(l->err, RNN_FORMAT, "'%s' is not one length a row: [%d]", name,
                                 (int)l->data->window.rows);
        }
        l->data->len[axis] = malloc((size_t)l->data->window.rows * sizeof **l->data->len);
        if (l->data->len[axis] == NULL) {
            return rnn_error_set(l->err, RNN_MEMORY, "no memory for '%s'", name);
        }
        status = rnn_tensors_read(l->file, index, RNN_I32, l->data->len[axis], 0, l->err);
        if (status == RNN_OK) {
            status = check_lengths(l, axis);
        }
        if (status != RNN_OK) {
            return status;
        }
    }
    return RNN_OK;
}

/* The first tensor that is neither a field nor a length. */
static rnn_status refuse_others(Loader *l)
{
    const rnn_model *model = l->data->model;
    int32_t i, k;
    for (i = 0; l->used < rnn_tensors_count(l->file) && i < rnn_tensors_count(l->file); i++) {
        const char *name = rnn_tensors_at(l->file, i)->name;
        int32_t known = 0;
        for (k = 0; k < model->fields; k++) {
            known |= model->field[k].role <= RNN_ROLE_TARGET && strcmp(model->field[k].name, name) == 0;
        }
        for (k = 1; k < model->axes; k++) {
            size_t n = strlen(model->axis[k].name);
            known |= strncmp(model->axis[k].name, name, n) == 0 && strcmp(name + n, "_len") == 0;
        }
        if (!known) {
            return rnn_error_set(l->err, RNN_FORMAT, "the file has a tensor '%.96s', which is nothing of model %s",
                                 name, model->name);
        }
    }
    return RNN_OK;
}

static rnn_status load(Loader *l)
{
    int32_t *index = malloc(((size_t)l->data->model->fields + 1) * sizeof *index);
    rnn_status status;
    if (index == NULL) {
        return rnn_error_set(l->err, RNN_MEMORY, "no memory for a window");
    }
    status = load_fields(l, index);
    free(index);
    if (status == RNN_OK) {
        status = load_lengths(l);
    }
    return status == RNN_OK ? refuse_others(l) : status;
}

rnn_status rnn_window_load(const rnn_model *model, const char *path, int32_t flags, rnn_window_data **data,
                           rnn_error *err)
{
    Loader loader;
    rnn_status status;
    *data = NULL;
    memset(&loader, 0, sizeof loader);
    loader.flags = flags;
    loader.err = err;
    status = rnn_tensors_open(path, RNN_TENSORS_WINDOW, &loader.file, err);
    if (status != RNN_OK) {
        return status;
    }
    loader.data = rnn_window_new(model);
    status = loader.data == NULL ? rnn_error_set(err, RNN_MEMORY, "no memory for a window") : load(&loader);
    rnn_tensors_close(loader.file);
    if (status != RNN_OK) {
        rnn_window_free(loader.data);
        return status;
    }
    *data = loader.data;
    return RNN_OK;
}

/* params_file.c: the weights of a model in a file of tensors. Loading checks names, shapes and the hash, reads into
 * memory of its own, and copies only when everything was right: the caller's weights are replaced completely or not at
 * all. What may be allocated depends on the model, not on the file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensors_file.h"

enum { HASH_CHARS = 17, OWN_METAS = 2 };

static void format_hash(uint64_t hash, char text[HASH_CHARS])
{
    (void)snprintf(text, HASH_CHARS, "%016llx", (unsigned long long)hash);
}

static rnn_status check_hash(const rnn_model *model, const rnn_tensors *file, int32_t flags, rnn_error *err)
{
    char own[HASH_CHARS];
    const char *stored = rnn_tensors_metadata(file, RNN_META_PARAMS_HASH);
    if (stored == NULL || (flags & RNN_LOAD_MISSING) != 0) {
        return RNN_OK;
    }
    format_hash(model->params_hash, own);
    if (strcmp(stored, own) != 0) {
        return rnn_error_set(err, RNN_VERSION,
                             "'%s' belongs to other parameters: their hash is %.16s, that of model %s is %s",
                             file->path, stored, model->name, own);
    }
    return RNN_OK;
}

/* A scalar may be stored as [] or [1]; else rank and dims are equal. */
static int same_shape(const rnn_param_info *param, const rnn_tensor_info *info)
{
    int32_t i;
    if (param->rank == 0) {
        return info->rank == 0 || (info->rank == 1 && info->dim[0] == 1);
    }
    for (i = 0; i < param->rank; i++) {
        if (info->dim[i] != param->dim[i]) {
            return 0;
        }
    }
    return info->rank == param->rank && info->count == param->count;
}

static void format_shape(int32_t rank, const int64_t *dim, char *text, size_t capacity)
{
    size_t used = 0;
    int32_t i;
    (void)snprintf(text, capacity, "[");
    for (i = 0; i < rank && used + 2 < capacity; i++) {
        used = strlen(text);
        (void)snprintf(text + used, capacity - used, "%s%lld", i == 0 ? "" : ", ", (long long)dim[i]);
    }
    used = strlen(text);
    (void)snprintf(text + used, capacity - used, "]");
}

static rnn_status check_shape(const rnn_param_info *param, const rnn_tensors *file, const rnn_tensor_info *info,
                              rnn_error *err)
{
    char own[64], stored[64];
    int64_t dim[2];
    if (same_shape(param, info)) {
        return RNN_OK;
    }
    dim[0] = param->dim[0];
    dim[1] = param->dim[1];
    format_shape(param->rank, dim, own, sizeof own);
    format_shape(info->rank, info->dim, stored, sizeof stored);
    return rnn_error_set(err, RNN_FORMAT, "'%s': the shape of '%.96s' is %s in the file and %s in the model",
                         file->path, param->name, stored, own);
}

/* Fills index[param]: the tensor of each parameter, -1 where it may be missing and is. */
static rnn_status match(const rnn_model *model, const rnn_tensors *file, int32_t flags, int32_t *index, rnn_error *err)
{
    int32_t i, found = 0;
    rnn_status status;
    for (i = 0; i < model->params; i++) {
        index[i] = rnn_tensors_find(file, model->param[i].name);
        if (index[i] < 0 && (flags & RNN_LOAD_MISSING) == 0) {
            return rnn_error_set(err, RNN_FORMAT, "'%s' has no tensor '%.96s', a parameter of model %s", file->path,
                                 model->param[i].name, model->name);
        }
        if (index[i] < 0) {
            continue;
        }
        found++;
        status = check_shape(&model->param[i], file, rnn_tensors_at(file, index[i]), err);
        if (status != RNN_OK) {
            return status;
        }
    }
    if (found == rnn_tensors_count(file)) {
        return RNN_OK;
    }
    for (i = 0; i < rnn_tensors_count(file); i++) {
        const char *name = rnn_tensors_at(file, i)->name;
        int32_t k;
        for (k = 0; k < model->params && index[k] != i; k++) {
        }
        if (k == model->params) {
            return rnn_error_set(err, RNN_FORMAT, "'%s' has a tensor '%.96s', which is no parameter of model %s",
                                 file->path, name, model->name);
        }
    }
    return RNN_OK;
}

static rnn_status read_into(const rnn_model *model, rnn_tensors *file, const int32_t *index, unsigned char *params,
                            int32_t flags, rnn_error *err)
{
    int32_t i, as = rnn_model_dtype(model);
    for (i = 0; i < model->params; i++) {
        rnn_status status;
        if (index[i] < 0) {
            continue;
        }
        status = rnn_tensors_read(file, index[i], as,
                                  params + (size_t)model->param[i].offset * (size_t)model->real_bytes, flags, err);
        if (status != RNN_OK) {
            return status;
        }
    }
    return RNN_OK;
}

rnn_status rnn_params_read(const rnn_model *model, rnn_tensors *file, void *params, int32_t flags, rnn_error *err)
{
    int32_t *index = malloc(((size_t)model->params + 1) * sizeof *index);
    unsigned char *copy = malloc(model->params_bytes + 1);
    rnn_status status;
    if (index == NULL || copy == NULL) {
        status = rnn_error_set(err, RNN_MEMORY, "no memory to load the weights of model %s", model->name);
    } else {
        memcpy(copy, params, model->params_bytes);
        status = check_hash(model, file, flags, err);
    }
    if (status == RNN_OK) {
        status = match(model, file, flags, index, err);
    }
    if (status == RNN_OK) {
        status = read_into(model, file, index, copy, flags, err);
    }
    if (status == RNN_OK) {
        memcpy(params, copy, model->params_bytes);
    }
    free(index);
    free(copy);
    return status;
}

rnn_status rnn_params_load(const rnn_model *model, const char *path, void *params, int32_t flags, rnn_error *err)
{
    rnn_tensors *file;
    rnn_status status = rnn_tensors_open(path, RNN_TENSORS_WEIGHTS, &file, err);
    if (status == RNN_OK) {
        status = rnn_params_read(model, file, params, flags, err);
        rnn_tensors_close(file);
    }
    return status;
}

/* ---- Saving ---- */

static int is_finite_param(const rnn_model *model, const rnn_param_info *param, const unsigned char *params)
{
    const unsigned char *at = params + (size_t)param->offset * (size_t)model->real_bytes;
    int32_t i;
    for (i = 0; i < param->count; i++) {
        double value;
        float narrow;
        if (model->real_bytes == 8) {
            memcpy(&value, at, sizeof value);
        } else {
            memcpy(&narrow, at, sizeof narrow);
            value = (double)narrow;
        }
        if (!isfinite(value)) {
            return 0;
        }
        at += model->real_bytes;
    }
    return 1;
}

static rnn_status list_params(const rnn_model *model, const unsigned char *params, rnn_tensor_out *tensor,
                              rnn_error *err)
{
    int32_t i;
    for (i = 0; i < model->params; i++) {
        const rnn_param_info *param = &model->param[i];
        if (!is_finite_param(model, param, params)) {
            return rnn_error_set(err, RNN_NONFINITE, "'%.96s' holds a number that is not finite: not saved",
                                 param->name);
        }
        memset(&tensor[i], 0, sizeof tensor[i]);
        tensor[i].name = param->name;
        tensor[i].dtype = rnn_model_dtype(model);
        tensor[i].rank = param->rank;
        tensor[i].dim[0] = param->dim[0];
        tensor[i].dim[1] = param->dim[1];
        tensor[i].data = params + (size_t)param->offset * (size_t)model->real_bytes;
    }
    return RNN_OK;
}

rnn_status rnn_params_save(const rnn_model *model, const char *path, const void *params, const rnn_meta *meta,
                           int32_t metas, rnn_error *err)
{
    char hash[HASH_CHARS];
    rnn_tensor_out *tensor;
    rnn_meta *all;
    rnn_status status;
    if (metas < 0) {
        return rnn_error_set(err, RNN_ARG, "a negative count of metadata");
    }
    tensor = malloc(((size_t)model->params + 1) * sizeof *tensor);
    all = malloc(((size_t)metas + OWN_METAS) * sizeof *all);
    if (tensor == NULL || all == NULL) {
        status = rnn_error_set(err, RNN_MEMORY, "no memory to save the weights of model %s", model->name);
    } else {
        format_hash(model->params_hash, hash);
        all[0].key = RNN_META_MODEL;
        all[0].value = model->name;
        all[1].key = RNN_META_PARAMS_HASH;
        all[1].value = hash;
        if (metas > 0) {
            memcpy(all + OWN_METAS, meta, (size_t)metas * sizeof *all);
        }
        status = list_params(model, params, tensor, err);
    }
    if (status == RNN_OK) {
        status = rnn_tensors_write(path, tensor, model->params, all, metas + OWN_METAS, err);
    }
    free(tensor);
    free(all);
    return status;
}

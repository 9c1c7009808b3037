/* tensors_open.c: opens a file of tensors, checks everything its header promises, answers questions about it. The text
 * of the header is read by tensors_header.c, the data by tensors_read.c. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "file_io.h"
#include "tensors_file.h"

static const struct {
    const char *name;
    int32_t bytes;
} dtypes[] = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I32", 4}, {"I64", 8}};

int32_t rnn_dtype_bytes(int32_t dtype)
{
    return dtype >= 0 && dtype <= RNN_I64 ? dtypes[dtype].bytes : 0;
}

const char *rnn_dtype_name(int32_t dtype)
{
    return dtype >= 0 && dtype <= RNN_I64 ? dtypes[dtype].name : "?";
}

int32_t rnn_model_dtype(const rnn_model *model)
{
    return model->real_bytes == 8 ? RNN_F64 : RNN_F32;
}

/* ---- Order, uniqueness and ranges ---- */

static int compare_infos(const void *left, const void *right)
{
    const rnn_tensor_info *a = left, *b = right;
    if (a->begin != b->begin) {
        return a->begin < b->begin ? -1 : 1;
    }
    if (a->count != b->count) { /* still the end of the range */
        return a->count < b->count ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

static int compare_metas(const void *left, const void *right)
{
    const rnn_meta *a = left, *b = right;
    return strcmp(a->key, b->key);
}

typedef struct NameIndex {
    const char *name;
    int32_t index;
} NameIndex;

static int compare_names(const void *left, const void *right)
{
    const NameIndex *a = left, *b = right;
    return strcmp(a->name, b->name);
}

/* 1 when the dims times the size of an element are exactly `bytes`; then *count is the number of elements. */
static int size_fits(const rnn_tensor_info *info, int64_t bytes, int64_t *count)
{
    int64_t n = 1;
    int32_t i;
    for (i = 0; i < info->rank; i++) {
        if (info->dim[i] == 0) {
            *count = 0;
            return bytes == 0;
        }
    }
    for (i = 0; i < info->rank; i++) {
        if (n > bytes / info->dim[i]) {
            return 0;
        }
        n *= info->dim[i];
    }
    *count = n;
    return bytes % rnn_dtype_bytes(info->dtype) == 0 && n == bytes / rnn_dtype_bytes(info->dtype);
}

static rnn_status check_names(rnn_tensors *file, rnn_error *err)
{
    size_t count = (size_t)file->count, i;
    NameIndex *names = malloc((count + 1) * sizeof *names);
    rnn_status status = RNN_OK;
    file->by_name = malloc((count + 1) * sizeof *file->by_name);
    if (names == NULL || file->by_name == NULL) {
        free(names);
        return rnn_error_set(err, RNN_MEMORY, "no memory for the header of '%s'", file->path);
    }
    for (i = 0; i < count; i++) {
        names[i].name = file->info[i].name;
        names[i].index = (int32_t)i;
    }
    qsort(names, count, sizeof *names, compare_names);
    for (i = 0; i < count; i++) {
        file->by_name[i] = names[i].index;
        if (i > 0 && strcmp(names[i - 1].name, names[i].name) == 0) {
            status = rnn_error_set(err, RNN_FORMAT, "'%s': two tensors are called '%.96s'", file->path, names[i].name);
        }
    }
    free(names);
    return status;
}

static rnn_status check_keys(rnn_tensors *file, rnn_error *err)
{
    int32_t i;
    if (file->metas == 0) {
        return RNN_OK;
    }
    qsort(file->meta, (size_t)file->metas, sizeof *file->meta, compare_metas);
    for (i = 1; i < file->metas; i++) {
        if (strcmp(file->meta[i - 1].key, file->meta[i].key) == 0) {
            return rnn_error_set(err, RNN_FORMAT, "'%s': '%.96s' stands twice in __metadata__", file->path,
                                 file->meta[i].key);
        }
    }
    return RNN_OK;
}

rnn_status rnn_tensors_check_ranges(rnn_tensors *file, rnn_error *err)
{
    int64_t place = 0;
    int32_t i;
    rnn_status status;
    if (file->count > 0) {
        qsort(file->info, (size_t)file->count, sizeof *file->info, compare_infos);
    }
    for (i = 0; i < file->count; i++) {
        rnn_tensor_info *info = &file->info[i];
        int64_t end = info->count;
        if (info->begin != place) {
            return rnn_error_set(err, RNN_FORMAT, "'%s': the data of '%.96s' %s what comes before it", file->path,
                                 info->name, info->begin > place ? "leaves a hole after" : "overlaps");
        }
        if (!size_fits(info, end - place, &info->count)) {
            return rnn_error_set(err, RNN_FORMAT, "'%s': shape and size of '%.96s' do not agree", file->path,
                                 info->name);
        }
        place = end;
    }
    if (place != file->data_bytes) {
        return rnn_error_set(err, RNN_FORMAT, "'%s': its tensors need %lld bytes of data, it has %lld", file->path,
                             (long long)place, (long long)file->data_bytes);
    }
    status = check_names(file, err);
    return status != RNN_OK ? status : check_keys(file, err);
}

/* ---- Opening ---- */

/* The length of the header, checked against the file. */
static rnn_status read_length(rnn_tensors *file, int64_t file_bytes, size_t *length, rnn_error *err)
{
    unsigned char bytes[8];
    uint64_t n = 0;
    int i;
    rnn_status status;
    if (file_bytes < 16) {
        return rnn_error_set(err, RNN_FORMAT, "'%s' is too short for a file of tensors", file->path);
    }
    status = rnn_io_read_at(file->descriptor, file->path, 0, bytes, 8, err);
    if (status != RNN_OK) {
        return status;
    }
    for (i = 0; i < 8; i++) {
        n |= (uint64_t)bytes[i] << 8 * i;
    }
    if (n < 8 || n > RNN_TENSORS_HEADER_MAX || (int64_t)n > file_bytes - 8) {
        return rnn_error_set(err, RNN_FORMAT, "'%s' is not a valid file of tensors: its header would have %llu bytes",
                             file->path, (unsigned long long)n);
    }
    *length = (size_t)n;
    file->data_start = 8 + (int64_t)n;
    file->data_bytes = file_bytes - file->data_start;
    return RNN_OK;
}

static rnn_status read_header(rnn_tensors *file, int64_t file_bytes, int32_t flags, rnn_error *err)
{
    size_t length = 0;
    unsigned char *header;
    rnn_status status = read_length(file, file_bytes, &length, err);
    if (status != RNN_OK) {
        return status;
    }
    header = malloc(length);
    file->strings = malloc(length);
    if (header == NULL || file->strings == NULL) {
        free(header);
        return rnn_error_set(err, RNN_MEMORY, "no memory for the header of '%s'", file->path);
    }
    status = rnn_io_read_at(file->descriptor, file->path, 8, header, length, err);
    if (status == RNN_OK) {
        status = rnn_tensors_parse(file, header, length, flags, err);
    }
    free(header);
    return status == RNN_OK ? rnn_tensors_check_ranges(file, err) : status;
}

rnn_status rnn_tensors_open(const char *path, int32_t flags, rnn_tensors **file, rnn_error *err)
{
    rnn_tensors *opened;
    rnn_status status;
    int64_t bytes = 0;
    int descriptor;
    *file = NULL;
    descriptor = rnn_io_open(path, (flags & RNN_TENSORS_NOFOLLOW) != 0, &bytes, &status, err);
    if (descriptor < 0) {
        return status;
    }
    opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        rnn_io_close(descriptor);
        return rnn_error_set(err, RNN_MEMORY, "no memory to open '%s'", path);
    }
    opened->descriptor = descriptor;
    opened->path = malloc(strlen(path) + 1);
    if (opened->path == NULL) {
        status = rnn_error_set(err, RNN_MEMORY, "no memory to open '%s'", path);
    } else {
        memcpy(opened->path, path, strlen(path) + 1);
        status = read_header(opened, bytes, flags, err);
    }
    if (status != RNN_OK) {
        rnn_tensors_close(opened);
        return status;
    }
    *file = opened;
    return RNN_OK;
}

void rnn_tensors_close(rnn_tensors *file)
{
    if (file == NULL) {
        return;
    }
    rnn_io_close(file->descriptor);
    free(file->path);
    free(file->info);
    free(file->by_name);
    free(file->meta);
    free(file->strings);
    free(file);
}

/* ---- Questions ---- */

int32_t rnn_tensors_count(const rnn_tensors *file)
{
    return file->count;
}

const rnn_tensor_info *rnn_tensors_at(const rnn_tensors *file, int32_t index)
{
    return index >= 0 && index < file->count ? &file->info[index] : NULL;
}

int32_t rnn_tensors_find(const rnn_tensors *file, const char *name)
{
    int32_t low = 0, high = file->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        int order = strcmp(name, file->info[file->by_name[middle]].name);
        if (order == 0) {
            return file->by_name[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return -1;
}

const char *rnn_tensors_metadata(const rnn_tensors *file, const char *key)
{
    int32_t low = 0, high = file->metas;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        int order = strcmp(key, file->meta[middle].key);
        if (order == 0) {
            return file->meta[middle].value;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

int32_t rnn_tensors_metadata_count(const rnn_tensors *file)
{
    return file->metas;
}

int32_t rnn_tensors_metadata_at(const rnn_tensors *file, int32_t index, const char **key, const char **value)
{
    if (index < 0 || index >= file->metas) {
        return -1;
    }
    *key = file->meta[index].key;
    *value = file->meta[index].value;
    return 0;
}

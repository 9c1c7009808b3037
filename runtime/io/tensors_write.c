/* tensors_write.c: tensors to a safetensors file, atomically: length of the header, header padded with spaces to a
 * multiple of 8, data in the given order, little-endian. Names and metadata are checked, so that what is written here
 * is what tensors_open.c reads. */
#include <stdlib.h>
#include <string.h>

#include "file_io.h"
#include "rnn/tensors.h"
#include "text_buffer.h"
#include "utf8.h"

enum { CHUNK_BYTES = 16384 };

static int is_plain_name(const char *name)
{
    size_t i, n;
    if (name == NULL) {
        return 0;
    }
    n = strlen(name);
    for (i = 0; i < n; i++) {
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7F) {
            return 0;
        }
    }
    return rnn_utf8_valid((const unsigned char *)name, n);
}

static int compare_texts(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

/* Sorts the names and finds a pair; NULL when there is none. */
static const char *find_double(const char **names, int32_t count)
{
    int32_t i;
    if (count > 0) {
        qsort(names, (size_t)count, sizeof *names, compare_texts);
    }
    for (i = 1; i < count; i++) {
        if (strcmp(names[i - 1], names[i]) == 0) {
            return names[i];
        }
    }
    return NULL;
}

static rnn_status check_tensor(const rnn_tensor_out *tensor, const char *path, int64_t *bytes, rnn_error *err)
{
    int64_t n = 1;
    int32_t i, width = rnn_dtype_bytes(tensor->dtype);
    if (!is_plain_name(tensor->name) || tensor->name[0] == '\0' || strcmp(tensor->name, "__metadata__") == 0) {
        return rnn_error_set(err, RNN_ARG, "'%s': this is no name for a tensor", path);
    }
    if ((tensor->dtype != RNN_F64 && tensor->dtype != RNN_F32 && tensor->dtype != RNN_I32) || tensor->rank < 0 ||
        tensor->rank > RNN_TENSOR_RANK_MAX) {
        return rnn_error_set(err, RNN_ARG, "'%s': type or rank of '%.96s'", path, tensor->name);
    }
    for (i = 0; i < tensor->rank; i++) {
        if (tensor->dim[i] < 0 || (tensor->dim[i] > 0 && n > (INT64_C(1) << 52) / width / tensor->dim[i])) {
            return rnn_error_set(err, RNN_ARG, "'%s': dimensions of '%.96s'", path, tensor->name);
        }
        n *= tensor->dim[i];
    }
    *bytes = n * width;
    return *bytes == 0 || tensor->data != NULL ? RNN_OK
                                               : rnn_error_set(err, RNN_ARG, "'%.96s' has no data", tensor->name);
}

static rnn_status check_all(const char *path, const rnn_tensor_out *tensor, int32_t count, const rnn_meta *meta,
                            int32_t metas, rnn_error *err)
{
    const char **names = malloc(((size_t)count + (size_t)metas + 1) * sizeof *names);
    const char *twice = NULL;
    rnn_status status = RNN_OK;
    int32_t i;
    int64_t bytes;
    if (names == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory to write '%s'", path);
    }
    for (i = 0; i < count && status == RNN_OK; i++) {
        names[i] = tensor[i].name;
        status = check_tensor(&tensor[i], path, &bytes, err);
    }
    if (status == RNN_OK) {
        twice = find_double(names, count);
    }
    for (i = 0; i < metas && status == RNN_OK; i++) {
        names[i] = meta[i].key;
        if (!is_plain_name(meta[i].key) || meta[i].value == NULL ||
            !rnn_utf8_valid((const unsigned char *)meta[i].value, strlen(meta[i].value))) {
            status = rnn_error_set(err, RNN_ARG, "'%s': metadata that is not UTF-8 or missing", path);
        }
    }
    if (status == RNN_OK && twice == NULL) {
        twice = find_double(names, metas);
    }
    if (twice != NULL) {
        status = rnn_error_set(err, RNN_ARG, "'%s': '%.96s' would stand there twice", path, twice);
    }
    free(names);
    return status;
}

static void add_string(rnn_text *text, const char *s)
{
    rnn_text_add(text, "\"", 1);
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20 || c == 0x7F) {
            rnn_text_format(text, "\\u%04x", c);
            continue;
        }
        if (c == '"' || c == '\\') {
            rnn_text_add(text, "\\", 1);
        }
        rnn_text_add(text, s, 1);
    }
    rnn_text_add(text, "\"", 1);
}

static void add_tensor(rnn_text *text, const rnn_tensor_out *tensor, int64_t *offset)
{
    int32_t i;
    int64_t bytes = 0, begin = *offset;
    (void)check_tensor(tensor, "", &bytes, NULL);
    add_string(text, tensor->name);
    rnn_text_format(text, ":{\"dtype\":\"%s\",\"shape\":[", rnn_dtype_name(tensor->dtype));
    for (i = 0; i < tensor->rank; i++) {
        rnn_text_format(text, "%s%lld", i == 0 ? "" : ",", (long long)tensor->dim[i]);
    }
    *offset += bytes;
    rnn_text_format(text, "],\"data_offsets\":[%lld,%lld]}", (long long)begin, (long long)*offset);
}

static void make_header(rnn_text *text, const rnn_tensor_out *tensor, int32_t count, const rnn_meta *meta,
                        int32_t metas)
{
    int64_t offset = 0;
    int32_t i;
    rnn_text_add(text, "{", 1);
    if (metas > 0) {
        rnn_text_format(text, "\"__metadata__\":{");
        for (i = 0; i < metas; i++) {
            rnn_text_add(text, ",", i == 0 ? 0 : 1);
            add_string(text, meta[i].key);
            rnn_text_add(text, ":", 1);
            add_string(text, meta[i].value);
        }
        rnn_text_add(text, "}", 1);
    }
    for (i = 0; i < count; i++) {
        rnn_text_add(text, ",", i == 0 && metas == 0 ? 0 : 1);
        add_tensor(text, &tensor[i], &offset);
    }
    rnn_text_add(text, "}", 1);
    while (text->count % 8 != 0 && !text->failed) {
        rnn_text_add(text, " ", 1);
    }
}

static int host_is_little(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1;
}

static rnn_status write_data(rnn_atomic *file, const rnn_tensor_out *tensor, rnn_error *err)
{
    const unsigned char *data = tensor->data;
    unsigned char chunk[CHUNK_BYTES];
    size_t width = (size_t)rnn_dtype_bytes(tensor->dtype), used = 0, i, k;
    int64_t bytes = 0;
    (void)check_tensor(tensor, "", &bytes, NULL);
    if (host_is_little()) {
        return rnn_atomic_write(file, data, (size_t)bytes, err);
    }
    for (i = 0; i < (size_t)bytes; i += width) {
        for (k = 0; k < width; k++) {
            chunk[used++] = data[i + width - 1 - k];
        }
        if (used == CHUNK_BYTES || i + width == (size_t)bytes) {
            rnn_status status = rnn_atomic_write(file, chunk, used, err);
            if (status != RNN_OK) {
                return status;
            }
            used = 0;
        }
    }
    return RNN_OK;
}

static rnn_status write_file(rnn_atomic *file, const rnn_text *header, const rnn_tensor_out *tensor, int32_t count,
                             rnn_error *err)
{
    unsigned char length[8];
    rnn_status status;
    int32_t i;
    for (i = 0; i < 8; i++) {
        length[i] = (unsigned char)((uint64_t)header->count >> 8 * i & 255U);
    }
    status = rnn_atomic_write(file, length, sizeof length, err);
    if (status == RNN_OK) {
        status = rnn_atomic_write(file, header->bytes, header->count, err);
    }
    for (i = 0; i < count && status == RNN_OK; i++) {
        status = write_data(file, &tensor[i], err);
    }
    return status == RNN_OK ? rnn_atomic_commit(file, NULL, err) : status;
}

rnn_status rnn_tensors_write(const char *path, const rnn_tensor_out *tensor, int32_t count, const rnn_meta *meta,
                             int32_t metas, rnn_error *err)
{
    rnn_text header = {NULL, 0, 0, 0};
    rnn_atomic file;
    rnn_status status;
    if (path == NULL || count < 0 || metas < 0) {
        return rnn_error_set(err, RNN_ARG, "no path, or a negative count of tensors");
    }
    status = check_all(path, tensor, count, meta, metas, err);
    if (status != RNN_OK) {
        return status;
    }
    make_header(&header, tensor, count, meta, metas);
    if (header.failed) {
        status = rnn_error_set(err, RNN_MEMORY, "no memory to write '%s'", path);
    } else if (header.count > RNN_TENSORS_HEADER_MAX) {
        status = rnn_error_set(err, RNN_ARG, "the header of '%s' would be longer than 1 MiB", path);
    } else {
        status = rnn_atomic_begin(&file, path, err);
        if (status == RNN_OK) {
            status = write_file(&file, &header, tensor, count, err);
        }
    }
    free(header.bytes);
    return status;
}

/* tensors_case.h: files of tensors made byte by byte, for the tests of their reader and writer. */
#ifndef TENSORS_CASE_H
#define TENSORS_CASE_H
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rnn/tensors.h"
#include "toy_run.h"

static char path[300];
static rnn_error err;

/* A file of a header of any length and `data` zero bytes, or any bytes. */
static inline void write_raw(const void *bytes, size_t count)
{
    FILE *f;
    unlink(path);
    f = fopen(path, "wb");
    CHECK(f != NULL && fwrite(bytes, 1, count, f) == count && fclose(f) == 0);
}

static inline void write_sized(uint64_t length, const char *header, size_t header_bytes, size_t data)
{
    char *bytes = calloc(1, 8 + header_bytes + data);
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(length >> 8 * i & 255);
    memcpy(bytes + 8, header, header_bytes);
    write_raw(bytes, 8 + header_bytes + data);
    free(bytes);
}

static inline rnn_status try_open(int32_t flags)
{
    rnn_tensors *file = (rnn_tensors *)1;
    err.text[0] = '\0';
    const rnn_status status = rnn_tensors_open(path, flags, &file, &err);
    if (status == RNN_OK) {
        CHECK(file != NULL);
        rnn_tensors_close(file);
    } else {
        CHECK(file == NULL && err.text[0] != '\0' && err.code == status);
    }
    return status;
}

#define T(name, dtype, shape, begin, end)                                                                              \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":[" shape "],\"data_offsets\":[" #begin "," #end "]}"
#endif

/* tensors_read.c: the data of one tensor, converted to the caller's type. Elements are little-endian in the file and
 * are put together from bytes, so any host reads the same numbers. Reals go through double, which holds every F64, F32,
 * F16 and BF16 exactly; integers through int64_t. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file_io.h"
#include "tensors_file.h"

enum { CHUNK_BYTES = 16384 };

static uint64_t load_bytes(const unsigned char *p, int32_t bytes)
{
    uint64_t value = 0;
    int32_t i;
    for (i = 0; i < bytes; i++) {
        value |= (uint64_t)p[i] << 8 * i;
    }
    return value;
}

static double real_of_f64(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double real_of_f32(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return (double)value;
}

static double real_of_f16(uint64_t bits)
{
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023), value;
    if (exponent == 31) {
        value = fraction > 0 ? (double)NAN : (double)INFINITY;
    } else {
        value = exponent == 0 ? ldexp(fraction, -24) : ldexp(fraction + 1024, exponent - 25);
    }
    return (bits >> 15 & 1) != 0 ? -value : value;
}

static double real_of_bf16(uint64_t bits)
{
    return real_of_f32(bits << 16);
}

static double (*const reals[])(uint64_t) = {real_of_f64, real_of_f32, real_of_f16, real_of_bf16};

/* A double as the caller's real. */
static rnn_status store_real(double value, int32_t as, void *to, int32_t flags)
{
    /* Halfway between the largest float and the next power of two: from there on it would round to infinity. */
    static const double float_bound = 3.40282356779733661637539395458142568448e38;
    float narrow;
    if (!isfinite(value)) {
        if ((flags & RNN_READ_NONFINITE) == 0) {
            return RNN_NONFINITE;
        }
    } else if (as == RNN_F32 && fabs(value) >= float_bound) {
        return RNN_RANGE;
    }
    if (as == RNN_F64) {
        memcpy(to, &value, sizeof value);
        return RNN_OK;
    }
    narrow = (float)value;
    memcpy(to, &narrow, sizeof narrow);
    return RNN_OK;
}

/* An integer as I32, or as a real that is equal to it. */
static rnn_status store_integer(int64_t value, int32_t as, void *to)
{
    static const int64_t exact[2] = {INT64_C(1) << 53, INT64_C(1) << 24};
    int32_t narrow;
    if (as != RNN_I32) {
        int64_t bound = exact[as == RNN_F32];
        return value < -bound || value > bound ? RNN_RANGE : store_real((double)value, as, to, 0);
    }
    if (value < INT32_MIN || value > INT32_MAX) {
        return RNN_RANGE;
    }
    narrow = (int32_t)value;
    memcpy(to, &narrow, sizeof narrow);
    return RNN_OK;
}

static int64_t signed_value(uint64_t bits, int32_t dtype)
{
    if (dtype == RNN_I32) {
        return (int64_t)(bits & 0x7FFFFFFFU) - (int64_t)(bits & 0x80000000U);
    }
    return bits <= INT64_MAX ? (int64_t)bits : -(int64_t)(UINT64_MAX - bits) - 1;
}

static rnn_status convert(const unsigned char *from, int64_t count, int32_t dtype, int32_t as, unsigned char *to,
                          int32_t flags, int64_t *done)
{
    int32_t bytes = rnn_dtype_bytes(dtype), width = rnn_dtype_bytes(as);
    rnn_status status = RNN_OK;
    for (*done = 0; *done < count; ++*done) {
        uint64_t bits = load_bytes(from, bytes);
        status = dtype <= RNN_BF16 ? store_real(reals[dtype](bits), as, to, flags)
                                   : store_integer(signed_value(bits, dtype), as, to);
        if (status != RNN_OK) {
            return status;
        }
        from += bytes;
        to += width;
    }
    return RNN_OK;
}

rnn_status rnn_tensors_read(rnn_tensors *file, int32_t index, int32_t as, void *to, int32_t flags, rnn_error *err)
{
    unsigned char chunk[CHUNK_BYTES];
    const rnn_tensor_info *info = rnn_tensors_at(file, index);
    unsigned char *out = to;
    int64_t at, done = 0, n;
    int32_t bytes;
    if (info == NULL || (as != RNN_F64 && as != RNN_F32 && as != RNN_I32)) {
        return rnn_error_set(err, RNN_ARG, "'%s' has no tensor of that number, or not in that type", file->path);
    }
    if (as == RNN_I32 && info->dtype <= RNN_BF16) {
        return rnn_error_set(err, RNN_FORMAT, "'%s': '%.96s' is %s, integers (I32 or I64) are needed", file->path,
                             info->name, rnn_dtype_name(info->dtype));
    }
    bytes = rnn_dtype_bytes(info->dtype);
    for (at = 0; at < info->count; at += n) {
        rnn_status status;
        n = info->count - at < CHUNK_BYTES / bytes ? info->count - at : CHUNK_BYTES / bytes;
        status = rnn_io_read_at(file->descriptor, file->path, file->data_start + info->begin + at * bytes, chunk,
                                (size_t)(n * bytes), err);
        if (status != RNN_OK) {
            return status;
        }
        status = convert(chunk, n, info->dtype, as, out, flags, &done);
        if (status != RNN_OK) {
            return rnn_error_set(err, status, "'%s': element %lld of '%.96s' is %s", file->path, (long long)(at + done),
                                 info->name, status == RNN_RANGE ? "out of range" : "not a finite number");
        }
        out += n * rnn_dtype_bytes(as);
    }
    return RNN_OK;
}

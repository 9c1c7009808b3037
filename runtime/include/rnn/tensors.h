/* tensors.h: files of tensors (safetensors), read strictly and written atomically, and the weights of a model in them.
 * The reader accepts a subset of the format and checks all of the header before it gives out anything: see
 * rnn_tensors_open. Numbers are converted to what the caller wants, with a check of the range. Nothing is mapped. */
#ifndef RNN_TENSORS_H_INCLUDED
#define RNN_TENSORS_H_INCLUDED
#include "rnn/file.h"
#include "rnn/rnn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rnn_dtype { RNN_F64 = 0, RNN_F32 = 1, RNN_F16 = 2, RNN_BF16 = 3, RNN_I32 = 4, RNN_I64 = 5 } rnn_dtype;
enum { RNN_TENSOR_RANK_MAX = 4, RNN_TENSORS_HEADER_MAX = 1 << 20 };

/* Bytes of one element. */
int32_t rnn_dtype_bytes(int32_t dtype);
/* "F64", ... */
const char *rnn_dtype_name(int32_t dtype);
/* RNN_F32 or RNN_F64: the type of a model's reals. */
int32_t rnn_model_dtype(const rnn_model *model);

/* ---- Reading ---- */

typedef struct rnn_tensors rnn_tensors; /* an open file; its header is in memory, its data is not */

typedef struct rnn_tensor_info {
    const char *name;                 /* NUL-terminated UTF-8, lives as long as the rnn_tensors */
    int32_t dtype;                    /* rnn_dtype */
    int32_t rank;                     /* 0 .. RNN_TENSOR_RANK_MAX */
    int64_t dim[RNN_TENSOR_RANK_MAX]; /* unused ones are 1 */
    int64_t count;                    /* elements: the product of dim */
    int64_t begin;                    /* first byte, from the start of the data */
} rnn_tensor_info;

/* Flags of rnn_tensors_open. */
enum {
    RNN_TENSORS_WEIGHTS = 0, /* F64 F32 F16 BF16, rank 0 .. 2 */
    RNN_TENSORS_WINDOW = 1,  /* also I32 and I64, rank 0 .. 4 */
    RNN_TENSORS_NOFOLLOW = 2 /* refuse a path that is a symbolic link */
};

/* Opens a regular file and checks its whole header: length 8 bytes to 1 MiB and within the file; valid UTF-8 that
 * starts with '{'; a tensor has exactly dtype, shape and data_offsets; integers have no sign, fraction or exponent and
 * are below 2^53; names are not empty, unique, and have no escapes but \" and \\; __metadata__ maps strings to strings;
 * size = dims x element (checked multiplication); the ranges cover the data from its first byte to the end of the file
 * without hole or overlap. RNN_FORMAT (or RNN_IO) and a message otherwise; then *file is NULL. */
RNN_NODISCARD rnn_status rnn_tensors_open(const char *path, int32_t flags, rnn_tensors **file, rnn_error *err);
void rnn_tensors_close(rnn_tensors *file); /* NULL is allowed */

int32_t rnn_tensors_count(const rnn_tensors *file);
/* In the order of the data. NULL when index is out of bounds. */
const rnn_tensor_info *rnn_tensors_at(const rnn_tensors *file, int32_t index);
/* -1 when there is none of that name. */
int32_t rnn_tensors_find(const rnn_tensors *file, const char *name);

/* __metadata__: the value, or NULL. Keys and values have no NUL inside. */
const char *rnn_tensors_metadata(const rnn_tensors *file, const char *key);
int32_t rnn_tensors_metadata_count(const rnn_tensors *file);
/* 0, or -1 when index is out of bounds. In the order of the keys' bytes. */
int32_t rnn_tensors_metadata_at(const rnn_tensors *file, int32_t index, const char **key, const char **value);

/* Flags of rnn_tensors_read and rnn_params_load. */
enum {
    RNN_READ_NONFINITE = 1, /* NaN and infinity are taken as they are; without it: RNN_NONFINITE */
    RNN_LOAD_MISSING = 2    /* rnn_params_load: parameters that are not in the file keep their value */
};

/* Reads all of one tensor as RNN_F64, RNN_F32 or RNN_I32 into `to`, which has room for info->count elements (the
 * caller has checked the shape). Integers become reals only where they are exact; reals become RNN_I32 never; a finite
 * number too large for `as` is RNN_RANGE. After a failure the contents of `to` are unspecified. */
RNN_NODISCARD rnn_status rnn_tensors_read(rnn_tensors *file, int32_t index, int32_t as, void *to, int32_t flags,
                                          rnn_error *err);

/* ---- Writing ---- */

typedef struct rnn_tensor_out {
    const char *name;
    int32_t dtype; /* RNN_F64, RNN_F32 or RNN_I32: the type of *data */
    int32_t rank;
    int64_t dim[RNN_TENSOR_RANK_MAX];
    const void *data;
} rnn_tensor_out;

typedef struct rnn_meta {
    const char *key, *value;
} rnn_meta;

/* Writes the tensors in the given order, atomically. meta may be NULL when metas is 0. Names and keys are unique,
 * valid UTF-8 without control characters. */
RNN_NODISCARD rnn_status rnn_tensors_write(const char *path, const rnn_tensor_out *tensor, int32_t count,
                                           const rnn_meta *meta, int32_t metas, rnn_error *err);

/* ---- Weights ---- */

/* Metadata of files of weights. An effective -D value NAME=VALUE is kept as RNN_META_DEFINE "NAME" -> "VALUE". */
#define RNN_META_MODEL "rnn.model"
#define RNN_META_PARAMS_HASH "rnn.params_hash" /* 16 hexadecimal digits */
#define RNN_META_DEFINE "rnn.D."

/* Loads all parameters of a model from an open file of weights, or touches nothing: names and shapes must be the
 * model's (RNN_FORMAT), the hash, when the file has one, too (RNN_VERSION; not compared under RNN_LOAD_MISSING),
 * every number finite (RNN_NONFINITE) and in range (RNN_RANGE). Scalars may be stored as shape [] or [1].
 * The caller packs afterwards. */
RNN_NODISCARD rnn_status rnn_params_read(const rnn_model *model, rnn_tensors *file, void *params, int32_t flags,
                                         rnn_error *err);
/* The same by path: open, read, close. */
RNN_NODISCARD rnn_status rnn_params_load(const rnn_model *model, const char *path, void *params, int32_t flags,
                                         rnn_error *err);
/* Writes all parameters as F32 or F64, with the model's name and hash and what else is in meta (the -D values).
 * RNN_NONFINITE, and no file, when a weight is not finite. */
RNN_NODISCARD rnn_status rnn_params_save(const rnn_model *model, const char *path, const void *params,
                                         const rnn_meta *meta, int32_t metas, rnn_error *err);

#ifdef __cplusplus
}
#endif
#endif

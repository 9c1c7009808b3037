/* tensors.h: reads and writes files of tensors for comparison programs; it shares nothing with the project's own reader.
 * It trusts the files more than a reader for users may: the result of a malformed file is a message and exit 2. */
#ifndef PARITY_TENSORS_H_INCLUDED
#define PARITY_TENSORS_H_INCLUDED
#include <stddef.h>

enum { TENSORS_MAX = 128, TENSOR_RANK_MAX = 4 };

typedef struct Tensor {
    char name[96];
    char type[4]; /* "F64", "F32", "I32", "I64" */
    int rank;
    size_t dim[TENSOR_RANK_MAX];
    size_t count;
    double *value; /* whatever the type in the file */
} Tensor;

typedef struct Tensors {
    int count;
    Tensor tensor[TENSORS_MAX];
} Tensors;

void tensors_read(Tensors *to, const char *path);
const Tensor *tensors_find(const Tensors *in, const char *name);
void tensors_free(Tensors *t);
/* Adds a tensor of these dimensions with room for its values; types F64 and I32. */
Tensor *tensors_add(Tensors *to, const char *name, const char *type, int rank, const size_t *dim);
void tensors_write(const Tensors *from, const char *path);
#endif

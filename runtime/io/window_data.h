/* window_data.h: a window read from a file of tensors, for window_file.c, which reads it, and set_source.c, which cuts
 * it into smaller ones. */
#ifndef RNN_IO_WINDOW_DATA_H
#define RNN_IO_WINDOW_DATA_H
#include "rnn/data.h"

struct rnn_window_data {
    const rnn_model *model;
    rnn_window window; /* its pointers are the arrays below */
    int32_t *steps;    /* [axes] */
    int32_t **len;     /* [axes], each NULL or [rows] */
    void **in;         /* [fields], NULL where absent */
    int32_t has_targets;
};

/* A window with no arrays in it yet; NULL: no memory. */
rnn_window_data *rnn_window_new(const rnn_model *model);
/* Bytes of one element of a field: of its dims, for one step and row. */
size_t rnn_field_bytes(const rnn_model *model, int32_t field);

#endif

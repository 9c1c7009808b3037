/* tensors_file.h: what an open file of tensors is, for the files that fill and read it. See rnn/tensors.h. */
#ifndef RNN_IO_TENSORS_FILE_H
#define RNN_IO_TENSORS_FILE_H
#include "rnn/tensors.h"

struct rnn_tensors {
    int descriptor;
    char *path;
    int64_t data_start, data_bytes; /* of the file */
    rnn_tensor_info *info;          /* [count], in the order of the data */
    int32_t count, info_capacity;
    int32_t *by_name; /* [count], indices into info in the order of strcmp */
    rnn_meta *meta;   /* [metas], in the order of strcmp */
    int32_t metas, meta_capacity;
    char *strings; /* every name, key and value, unescaped */
    size_t strings_used;
};

/* Fills info, meta and strings from the header's text; strings has room for `count` bytes. All rules that concern the
 * text alone are checked here, those of sizes and ranges in rnn_tensors_check_ranges. */
rnn_status rnn_tensors_parse(rnn_tensors *file, const unsigned char *header, size_t count, int32_t flags,
                             rnn_error *err);
/* Puts info in the order of the data and checks that the ranges tile it; names and keys are unique. */
rnn_status rnn_tensors_check_ranges(rnn_tensors *file, rnn_error *err);

#endif

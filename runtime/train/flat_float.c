/* flat_float.c: rnn_sumsq_float, rnn_clip_float, rnn_sgd_float, rnn_adam_float; their text is in flat_body.h. */
#define RNN_REAL_DOUBLE 0
#include "rnn/simd.h"
#include "rnn/train.h"

#define FLAT(name) name##_float
#include "flat_body.h"

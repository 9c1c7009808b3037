/* flat_double.c: rnn_sumsq_double, rnn_clip_double, rnn_sgd_double, rnn_adam_double; their text is in flat_body.h. */
#define RNN_REAL_DOUBLE 1
#include "rnn/simd.h"
#include "rnn/train.h"

#define FLAT(name) name##_double
#include "flat_body.h"

/* shuffle.h: an order of 0 .. count - 1 that is a function of (seed, epoch) alone. */
#ifndef RNN_IO_SHUFFLE_H
#define RNN_IO_SHUFFLE_H
#include <stdint.h>

void rnn_shuffle(int64_t *order, int64_t count, uint64_t seed, int64_t epoch);

#endif

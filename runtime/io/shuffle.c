/* shuffle.c: the shuffle of Fisher and Yates, driven by splitmix64 (Steele, Lea, Flood 2014), a generator that is a
 * function of a counter. */
#include "shuffle.h"

static uint64_t scramble(uint64_t z)
{
    z += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

void rnn_shuffle(int64_t *order, int64_t count, uint64_t seed, int64_t epoch)
{
    uint64_t start = scramble(scramble(seed) ^ (uint64_t)epoch);
    int64_t i;
    for (i = 0; i < count; i++) {
        order[i] = i;
    }
    for (i = count - 1; i > 0; i--) {
        int64_t k = (int64_t)(scramble(start + (uint64_t)i) % (uint64_t)(i + 1));
        int64_t kept = order[i];
        order[i] = order[k];
        order[k] = kept;
    }
}

/* philox.h: counter-based random numbers, Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011), and the dropout masks made
 * from them. A word is a pure function of key and counter: nothing is stored, no order of drawing exists.
 *
 * In a model the key is (low, high word of the seed) and the counter (tick, position, row, site * 2^20 + component / 4);
 * the word used is component mod 4. */
#ifndef RNN_PHILOX_H_INCLUDED
#define RNN_PHILOX_H_INCLUDED
#include "rnn/rnn.h"
#include "rnn/simd.h"

#define RNN_PHILOX_MULTIPLIER_0 0xD2511F53U
#define RNN_PHILOX_MULTIPLIER_1 0xCD9E8D57U
#define RNN_PHILOX_WEYL_0 0x9E3779B9U
#define RNN_PHILOX_WEYL_1 0xBB67AE85U

/* out[4] = the words of this key and counter */
RNN_API void rnn_philox(uint32_t *out, const uint32_t *counter, uint32_t key0, uint32_t key1)
{
    uint32_t a = counter[0], b = counter[1], c = counter[2], d = counter[3];
    for (int round = 0; round < 10; round++) {
        uint64_t p = (uint64_t)RNN_PHILOX_MULTIPLIER_0 * a, q = (uint64_t)RNN_PHILOX_MULTIPLIER_1 * c;
        a = (uint32_t)(q >> 32) ^ b ^ key0;
        c = (uint32_t)(p >> 32) ^ d ^ key1;
        b = (uint32_t)q;
        d = (uint32_t)p;
        key0 += RNN_PHILOX_WEYL_0;
        key1 += RNN_PHILOX_WEYL_1;
    }
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
}

/* The word of one component at one site. */
RNN_API uint32_t rnn_philox_word(rnn_key key, uint32_t position, uint32_t row, uint32_t site, uint32_t component)
{
    uint32_t counter[4], words[4];
    counter[0] = key.tick;
    counter[1] = position;
    counter[2] = row;
    counter[3] = site * 1048576U + component / 4;
    rnn_philox(words, counter, (uint32_t)key.seed, (uint32_t)(key.seed >> 32));
    return words[component % 4];
}

/* Words of 16 counters that differ in the last word only: words[4 i + j] is word j of counter last + i. The rounds run
 * over arrays, so that compilers use vectors. */
RNN_API void rnn_philox_fill(uint32_t *words, rnn_key key, uint32_t position, uint32_t row, uint32_t last)
{
    uint32_t a[16], b[16], c[16], d[16];
    uint32_t key0 = (uint32_t)key.seed, key1 = (uint32_t)(key.seed >> 32);
    for (uint32_t i = 0; i < 16; i++) {
        a[i] = key.tick;
        b[i] = position;
        c[i] = row;
        d[i] = last + i;
    }
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 16; i++) {
            uint64_t p = (uint64_t)RNN_PHILOX_MULTIPLIER_0 * a[i], q = (uint64_t)RNN_PHILOX_MULTIPLIER_1 * c[i];
            a[i] = (uint32_t)(q >> 32) ^ b[i] ^ key0;
            c[i] = (uint32_t)(p >> 32) ^ d[i] ^ key1;
            b[i] = (uint32_t)q;
            d[i] = (uint32_t)p;
        }
        key0 += RNN_PHILOX_WEYL_0;
        key1 += RNN_PHILOX_WEYL_1;
    }
    for (int i = 0; i < 16; i++) {
        words[4 * i] = a[i];
        words[4 * i + 1] = b[i];
        words[4 * i + 2] = c[i];
        words[4 * i + 3] = d[i];
    }
}

/* dst[n], padded: 1 / (1 - p) where the component is kept, 0 where it is dropped: kept if uniform >= p with uniform =
 * (word >> 8) * 2^-24. All exactly 1 for p = 0, all 0 for p = 1. */
RNN_API void rnn_dropout_row(rnn_real *dst, int n, rnn_real p, rnn_key key, uint32_t position, uint32_t row,
                             uint32_t site)
{
    rnn_real kept = 1 / (1 - p);
    uint32_t words[64];
    for (int i = 0; i < n; i += 64) {
        rnn_real mask[64];
        rnn_philox_fill(words, key, position, row, site * 1048576U + (uint32_t)i / 4);
        for (int j = 0; j < 64; j++)
            mask[j] = (rnn_real)(int32_t)(words[j] >> 8) * (rnn_real)(1.0 / 16777216.0) >= p ? kept : 0;
        for (int j = 0; j < 64 && i + j < n; j += 16)
            for (int u = 0; u < 16; u += RNN_VL)
                rnn_store(dst + i + j + u, rnn_keep(rnn_load(mask + j + u), n - i - j - u));
    }
}
#endif

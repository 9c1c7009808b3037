/* hash.c: the 64-bit hash of checkpoints, data and names of temporary files. Not cryptographic: it finds damage, not
 * malice. Each word is mixed by steps that can be undone, so a change within one word always shows. */
#include "file_io.h"

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

uint64_t rnn_hash64(uint64_t seed, const void *bytes, size_t count)
{
    const unsigned char *p = bytes;
    uint64_t h = mix(seed, (uint64_t)count), word;
    size_t i, k;
    for (i = 0; i + 8 <= count; i += 8) {
        word = 0;
        for (k = 0; k < 8; k++) {
            word |= (uint64_t)p[i + k] << 8 * k;
        }
        h = mix(h, word);
    }
    word = 0;
    for (k = 0; i + k < count; k++) {
        word |= (uint64_t)p[i + k] << 8 * k;
    }
    return mix(mix(h, word), UINT64_C(0xD6E8FEB86659FD93));
}

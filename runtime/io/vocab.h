/* vocab.h: what a vocabulary is, for vocab.c, which makes and uses it, and vocab_file.c, which stores it. */
#ifndef RNN_IO_VOCAB_H
#define RNN_IO_VOCAB_H
#include "rnn/data.h"

enum { RNN_VOCAB_IDS_MAX = 1 << 20, RNN_CODES = 0x110000 };

typedef struct rnn_vocab_code {
    uint32_t code;
    int32_t id;
} rnn_vocab_code;

struct rnn_vocab {
    int32_t unit, size;
    int32_t special[RNN_SPECIALS]; /* their ids, or -1 */
    int64_t *code;                 /* [size]: code point or byte; -1: unused; -2 - s: special s */
    char (*text)[8];               /* [size]: what the token stands for, NUL-terminated */
    rnn_vocab_code *by_code;       /* [codes], sorted by code */
    int32_t codes;
};

/* A vocabulary of `size` ids, all unused; NULL: no memory. */
rnn_vocab *rnn_vocab_new(int32_t unit, int32_t size);
/* Fills text and by_code from code. 1, or 0 when two ids have one code. */
int rnn_vocab_finish(rnn_vocab *vocab);

#endif

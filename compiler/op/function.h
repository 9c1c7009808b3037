/* function.h: every function and operator of the language, a row each in functions.def: its name, how many arguments,
 * and its signature class (how types and shapes follow). sema types calls by the class; graph/lower.c has one
 * lowering a row. The ops that remain after lowering are rows of ops.def. */
#ifndef RNNC_FUNCTION_H
#define RNNC_FUNCTION_H

typedef enum Signature {
    SIG_EW,     /* element by element; equal shapes or scalars; result the common shape */
    SIG_TRUTH,  /* as EW, gives 0 or 1; no gradient. Comparisons also take two tokens */
    SIG_MATMUL, /* A @ b */
    SIG_TRANSPOSE,
    SIG_JOIN,       /* [a; b; ...] */
    SIG_LOOKUP,     /* P[token]: a row (matrix) or an element (vector) of P */
    SIG_REDUCE,     /* all components -> scalar; with axes: reduces these, shape kept. weight = for sum, mean */
    SIG_MAXMIN,     /* max/min: two arguments EW; one argument REDUCE */
    SIG_SOFTMAX,    /* vector -> vector; with an axis: over that axis, kept */
    SIG_TO_SCALAR,  /* vector or matrix -> scalar; never over axes */
    SIG_DOT,        /* two equal vectors -> scalar */
    SIG_OUTER,      /* two vectors -> matrix */
    SIG_SLICE,      /* slice(v, from, n) */
    SIG_SCORE_LOSS, /* xent(scores, token or dist) */
    SIG_NLL,        /* nll(dist or logdist, token) */
    SIG_PAIR_LOSS,  /* (a, b) equal shapes -> scalar */
    SIG_HUBER,      /* (a, b, d) */
    SIG_CLASS_XENT,
    SIG_ONEHOT,
    SIG_ARGMAX,
    SIG_SAMPLE,
    SIG_DROPOUT,
    SIG_STOPGRAD
} Signature;

typedef enum FunctionId {
#define FN(id, spelling, min_args, max_args, signature, cuts) FN_##id,
#include "op/functions.def"
#undef FN
    FUNCTION_COUNT,
    FN_NONE = FUNCTION_COUNT
} FunctionId;

typedef struct FunctionInfo {
    const char *name; /* as in a call; operators: their spelling */
    int min_args, max_args;
    Signature signature;
    int is_operator;   /* cannot be called by name */
    int cuts_gradient; /* S13: argmax, sample, comparisons, sign, stopgrad */
} FunctionInfo;
extern const FunctionInfo function_info[FUNCTION_COUNT];
/* FN_NONE when there is no such function; name need not be interned. Operators are not found. */
FunctionId function_find(const char *name);
#endif

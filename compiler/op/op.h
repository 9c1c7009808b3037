/* op.h: what an operation is: the rows of ops.def as an enum and a table. The gradient columns are read by
 * graph/grad.c, the C text by emit, the LaTeX by the formula printer; nothing about an op stands anywhere else. */
#ifndef RNNC_OP_H
#define RNNC_OP_H
#include <stdbool.h>

typedef enum OpFamily {                 /* fixes shape rule and code shape */
                        FAMILY_LEAF,    /* no arguments */
                        FAMILY_EW,      /* element by element; scalars, fewer axes and rows broadcast */
                        FAMILY_PRODUCT, /* MATVEC, FMA_PRODUCT */
                        FAMILY_MATRIX,  /* MATMUL OUTER TRANSPOSE: rank-2 values of a row */
                        FAMILY_REDUCE,  /* components of one or two arguments -> scalar */
                        FAMILY_ROW,     /* vector -> vector or token, whole rows at a time: SOFTMAX ARGMAX SAMPLE */
                        FAMILY_PIECE,   /* JOIN SLICE PAD: components moved */
                        FAMILY_TOKEN,   /* GATHER PICK ONEHOT SCATTER TOREAL */
                        FAMILY_AXIS     /* SUM_AXES MAX_AXES MIN_AXES AT CONTRACT SCATTER_SUM */
} OpFamily;

enum { /* algebra and cost flags */
       OP_COMMUTES = 1,
       OP_ID_ZERO = 2 /* x op 0 = x */,
       OP_ID_ONE = 4 /* x op 1 = x */,
       OP_ZERO = 8 /* x op 0 = 0 */,
       OP_TRANSCENDENTAL = 16 /* costs as much as an activation */,
       OP_TRUTH = 32 /* gives 0 or 1 */
};

typedef enum OpId {
#define OP(name, ...) OP_##name,
#include "op/ops.def"
#undef OP
    OP_ROWS
} OpId;

typedef struct OpInfo {
    const char *name; /* "TANH" */
    OpFamily family;
    int args; /* -1: any number */
    int flags;
    double low, high; /* sample interval of the gradient test */
    int precedence;   /* of its C text: PREC_ATOM .. ; EW only */
    const char *c;    /* EW: text over rnn_vec: "$a * $b", "rnn_tanh($A)"; $a gets parentheses as needed, $A never */
    const char *c_double; /* EW: the same over double scalars: "tanh($A)" */
    const char *tex;
    const char *gradient[3]; /* the columns as text, for documentation; "NoGrad": none */
} OpInfo;
extern const OpInfo op_info[OP_ROWS];
/* Whether a derivative flows from the result to this operand. Of ops with any number of operands, column 1 stands for
 * all operands but the first. */
bool op_differentiable(OpId op, int operand);
enum { PREC_ATOM = 9, PREC_UNARY = 8, PREC_PROD = 7, PREC_SUM = 6, PREC_NONE = 0 };
#endif

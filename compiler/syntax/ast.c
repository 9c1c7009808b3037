/* ast.c: the table of operators: what expressions are printed with, and how tightly each binds (rnn.y). */
#include "syntax/ast.h"

const ExprOpInfo expr_op_info[EXPR_OP_COUNT] = {
    [EXPR_OR] = {"or", 1, 2},           [EXPR_AND] = {"and", 2, 2}, [EXPR_NOT] = {"not", 3, 1},
    [EXPR_EQ] = {"==", 4, 2},           [EXPR_NE] = {"!=", 4, 2},   [EXPR_LT] = {"<", 4, 2},
    [EXPR_LE] = {"<=", 4, 2},           [EXPR_GT] = {">", 4, 2},    [EXPR_GE] = {">=", 4, 2},
    [EXPR_ADD] = {"+", 5, 2},           [EXPR_SUB] = {"-", 5, 2},   [EXPR_MUL] = {"*", 6, 2},
    [EXPR_DIV] = {"/", 6, 2},           [EXPR_AT] = {"@", 6, 2},    [EXPR_NEG] = {"-", 7, 1},
    [EXPR_REVERSE] = {"reverse", 7, 1}, [EXPR_POW] = {"^", 8, 2},   [EXPR_TRANSPOSE] = {"'", 9, 1},
};

/* builders.h: the capitalised builders that the gradient columns of ops.def are written in, and that other passes use
 * to make nodes. Each needs a `Graph *graph` in scope; graph_node simplifies and shares what they make. */
#ifndef RNNC_GRAPH_BUILDERS_H
#define RNNC_GRAPH_BUILDERS_H
#include "graph/graph.h"

Node *build_number(Graph *graph, double number);
Node *build_ew(Graph *graph, OpId op, Node *a, Node *b, Node *c); /* any elementwise op; b, c may be NULL */
Node *build_unary(Graph *graph, OpId op, Node *a);                /* any op of one operand without attributes */
Node *build_binary(Graph *graph, OpId op, Node *a, Node *b);      /* any op of two */
Node *build_matvec(Graph *graph, Node *matrix, bool ta, Node *vector);
Node *build_matmul(Graph *graph, Node *a, bool ta, Node *b, bool tb);
Node *build_slice(Graph *graph, Node *vector, int from, int64_t length);
Node *build_over(Graph *graph, OpId op, Node *a, AxisSet over); /* SUM_AXES MAX_AXES MIN_AXES */
/* Sum over steps (and rows). What no row owns counts once at each step that some row has: its rows share it. */
Node *build_sum_steps(Graph *graph, Node *a, AxisSet over);
Node *build_contraction(Graph *graph, Node *a, Node *b, AxisSet over); /* SUM_AXES(OUTER(a, b)) */
Node *build_count(Graph *graph, AxisSet over, AxisSet axes);
Node *build_at(Graph *graph, Node *a, int axis, int offset, bool from_end);
Node *build_read(Graph *graph, GVar *var, int axis, int offset);
Node *build_expand_axes(Graph *graph, Node *a, AxisSet axes); /* a, varying over axes too */
bool node_is_number(const Node *node, double number);         /* that CONST, perhaps expanded */

/* for the columns: y the result, g its adjoint */
Node *build_expand_to(Graph *graph, Node *like, Node *g);             /* g with shape and axes of like */
Node *build_outer_like(Graph *graph, Node *y, Node *g, Node *vector); /* to the matrix of a product */
Node *build_matvec_t(Graph *graph, Node *y, Node *matrix, Node *g);   /* to the vector of a product */
Node *build_matmul_left(Graph *graph, Node *y, Node *b, Node *g);
Node *build_matmul_right(Graph *graph, Node *y, Node *a, Node *g);
Node *build_onehot_like(Graph *graph, Node *vector, Node *token);
Node *build_is_max(Graph *graph, Node *a); /* 1 at the first of the largest entries, else 0 */
Node *build_slice_part(Graph *graph, Node *join, Node *g, int part);
Node *build_pad_like(Graph *graph, Node *vector, Node *g, Node *slice);
Node *build_slice_like(Graph *graph, Node *vector, Node *g, Node *pad);
Node *build_scatter_like(Graph *graph, Node *gather, Node *matrix, Node *g, Node *token);
Node *build_gather_like(Graph *graph, Node *scatter, Node *g, Node *token);
Node *build_is_first_equal(Graph *graph, Node *a, Node *extreme);
Node *build_is_step_like(Graph *graph, Node *at);

#define Num(number) build_number(graph, number)
#define Zero build_number(graph, 0)
#define One build_number(graph, 1)
#define Add(a, b) build_ew(graph, OP_ADD, a, b, NULL)
#define Sub(a, b) build_ew(graph, OP_SUB, a, b, NULL)
#define Mul(a, b) build_ew(graph, OP_MUL, a, b, NULL)
#define Div(a, b) build_ew(graph, OP_DIV, a, b, NULL)
#define Pow(a, b) build_ew(graph, OP_POW, a, b, NULL)
#define Neg(a) build_ew(graph, OP_NEG, a, NULL, NULL)
#define Exp(a) build_ew(graph, OP_EXP, a, NULL, NULL)
#define Log(a) build_ew(graph, OP_LOG, a, NULL, NULL)
#define Sin(a) build_ew(graph, OP_SIN, a, NULL, NULL)
#define Cos(a) build_ew(graph, OP_COS, a, NULL, NULL)
#define Sign(a) build_ew(graph, OP_SIGN, a, NULL, NULL)
#define Sigmoid(a) build_ew(graph, OP_SIGMOID, a, NULL, NULL)
#define GeluSlope(a) build_ew(graph, OP_GELU_SLOPE, a, NULL, NULL)
#define Eq(a, b) build_ew(graph, OP_EQ, a, b, NULL)
#define Lt(a, b) build_ew(graph, OP_LT, a, b, NULL)
#define Le(a, b) build_ew(graph, OP_LE, a, b, NULL)
#define Gt(a, b) build_ew(graph, OP_GT, a, b, NULL)
#define Ge(a, b) build_ew(graph, OP_GE, a, b, NULL)
#define And(a, b) build_ew(graph, OP_AND, a, b, NULL)
#define Or(a, b) build_ew(graph, OP_OR, a, b, NULL)
#define Where(c, a, b) build_ew(graph, OP_WHERE, c, a, b)
#define Dot(a, b) build_binary(graph, OP_DOT, a, b)
#define IsMax(a) build_is_max(graph, a)
#define Transpose(a) build_unary(graph, OP_TRANSPOSE, a)
#define Matvec(m, v) build_matvec(graph, m, false, v)
#define MatvecTransposed(m, v) build_matvec(graph, m, true, v)
#define OuterLike(y, m, g, v) build_outer_like(graph, y, g, v)
#define MatvecT(y, m, g) build_matvec_t(graph, y, m, g)
#define MatmulLeft(y, a, b, g) build_matmul_left(graph, y, b, g)
#define MatmulRight(y, a, b, g) build_matmul_right(graph, y, a, g)
#define ExpandTo(like, g) build_expand_to(graph, like, g)
#define OnehotLike(v, token) build_onehot_like(graph, v, token)
#define SlicePart(y, g, part) build_slice_part(graph, y, g, part)
#define PadLike(v, g, y) build_pad_like(graph, v, g, y)
#define SliceLike(v, g, y) build_slice_like(graph, v, g, y)
#define ScatterLike(y, m, g, token) build_scatter_like(graph, y, m, g, token)
#define GatherLike(y, g, token) build_gather_like(graph, y, g, token)
#define IsFirstEqual(a, y) build_is_first_equal(graph, a, y)
#define IsStepLike(y, a) build_is_step_like(graph, y)
#endif

/* builders.c: small functions that fill a NodeSpec; see builders.h. */
#include "graph/builders.h"

#include "graph/node.h"

Node *build_number(Graph *graph, double number)
{
    return graph_node(graph, &(NodeSpec){.op = OP_CONST, .number = number});
}

Node *build_ew(Graph *graph, OpId op, Node *a, Node *b, Node *c)
{
    return graph_node(graph, &(NodeSpec){.op = op, .n = b == NULL ? 1 : c == NULL ? 2 : 3, .arg = {a, b, c}});
}

Node *build_unary(Graph *graph, OpId op, Node *a)
{
    return graph_node(graph, &(NodeSpec){.op = op, .n = 1, .arg = {a}});
}

Node *build_binary(Graph *graph, OpId op, Node *a, Node *b)
{
    return graph_node(graph, &(NodeSpec){.op = op, .n = 2, .arg = {a, b}});
}

Node *build_matvec(Graph *graph, Node *matrix, bool ta, Node *vector)
{
    return graph_node(graph, &(NodeSpec){.op = OP_MATVEC, .n = 2, .arg = {matrix, vector}, .ta = ta});
}

Node *build_matmul(Graph *graph, Node *a, bool ta, Node *b, bool tb)
{
    return graph_node(graph, &(NodeSpec){.op = OP_MATMUL, .n = 2, .arg = {a, b}, .ta = ta, .tb = tb});
}

Node *build_slice(Graph *graph, Node *vector, int from, int64_t length)
{
    return graph_node(graph, &(NodeSpec){.op = OP_SLICE, .n = 1, .arg = {vector}, .from = from, .dim = {length, 1}});
}

Node *build_over(Graph *graph, OpId op, Node *a, AxisSet over)
{
    return graph_node(graph, &(NodeSpec){.op = op, .n = 1, .arg = {a}, .over = over});
}

Node *build_count(Graph *graph, AxisSet over, AxisSet axes)
{
    return graph_node(graph, &(NodeSpec){.op = OP_COUNT, .over = over, .axes = axes});
}

Node *build_contraction(Graph *graph, Node *a, Node *b, AxisSet over)
{
    a = build_expand_axes(graph, a, over);
    b = build_expand_axes(graph, b, over);
    return graph_node(graph, &(NodeSpec){.op = OP_CONTRACT, .n = 2, .arg = {a, b}, .over = over});
}

Node *build_sum_steps(Graph *graph, Node *a, AxisSet over)
{
    const AxisSet rows = AXIS_BIT(AXIS_BATCH);
    if ((over & ~rows) == 0 || (a->axes & rows) != 0)
        return build_over(graph, OP_SUM_AXES, a, over);
    Node *sharers = build_count(graph, rows, a->axes);
    over |= rows;
    if (a->op == OP_OUTER && (a->axes & ~over) == 0)
        return build_contraction(graph, Div(a->arg[0], sharers), a->arg[1], over);
    return build_over(graph, OP_SUM_AXES, build_expand_axes(graph, Div(a, sharers), over), over);
}

Node *build_at(Graph *graph, Node *a, int axis, int offset, bool from_end)
{
    return graph_node(
        graph, &(NodeSpec){.op = OP_AT, .n = 1, .arg = {a}, .axis = axis, .offset = offset, .from_end = from_end});
}

Node *build_read(Graph *graph, GVar *var, int axis, int offset)
{
    return graph_node(graph, &(NodeSpec){.op = OP_READ, .var = var, .axis = axis, .offset = offset});
}

Node *build_expand_axes(Graph *graph, Node *a, AxisSet axes)
{
    return graph_fit(graph, a, a->rank, a->dim, a->axes | axes);
}

bool node_is_number(const Node *node, double number)
{
    while (node->op == OP_EXPAND)
        node = node->arg[0];
    return node->op == OP_CONST && node->number == number;
}

Node *build_expand_to(Graph *graph, Node *like, Node *g)
{
    return graph_fit(graph, g, like->rank, like->dim, like->axes);
}

/* A [N,K] times v: dA = g v'. Used transposed, dA = v g'. */
Node *build_outer_like(Graph *graph, Node *y, Node *g, Node *vector)
{
    return y->ta ? build_binary(graph, OP_OUTER, vector, g) : build_binary(graph, OP_OUTER, g, vector);
}

Node *build_matvec_t(Graph *graph, Node *y, Node *matrix, Node *g)
{
    return build_matvec(graph, matrix, !y->ta, g);
}

/* y = op(a) op(b): d op(a) = g op(b)', and the transpose of that where a is used transposed. */
Node *build_matmul_left(Graph *graph, Node *y, Node *b, Node *g)
{
    return y->ta ? build_matmul(graph, b, y->tb, g, true) : build_matmul(graph, g, false, b, !y->tb);
}

Node *build_matmul_right(Graph *graph, Node *y, Node *a, Node *g)
{
    return y->tb ? build_matmul(graph, g, true, a, y->ta) : build_matmul(graph, a, !y->ta, g, false);
}

Node *build_onehot_like(Graph *graph, Node *vector, Node *token)
{
    return graph_node(graph, &(NodeSpec){.op = OP_ONEHOT, .n = 1, .arg = {token}, .dim = {vector->dim[0], 1}});
}

Node *build_is_max(Graph *graph, Node *a)
{
    return a->rank == 2 ? build_unary(graph, OP_IS_MAX, a)
                        : build_onehot_like(graph, a, build_unary(graph, OP_ARGMAX, a));
}

Node *build_slice_part(Graph *graph, Node *join, Node *g, int part)
{
    int64_t from = 0;
    for (int i = 0; i < part; i++)
        from += node_count(join->arg[i]);
    Node *slice = build_slice(graph, g, (int)from, node_count(join->arg[part]));
    return join->arg[part]->rank == 0 ? build_unary(graph, OP_SUM, slice) : slice;
}

Node *build_pad_like(Graph *graph, Node *vector, Node *g, Node *slice)
{
    return graph_node(graph,
                      &(NodeSpec){.op = OP_PAD, .n = 1, .arg = {g}, .from = slice->from, .dim = {vector->dim[0], 1}});
}

Node *build_slice_like(Graph *graph, Node *vector, Node *g, Node *pad)
{
    return build_slice(graph, g, pad->from, vector->dim[0]);
}

Node *build_scatter_like(Graph *graph, Node *gather, Node *matrix, Node *g, Node *token)
{
    return graph_node(graph, &(NodeSpec){.op = OP_SCATTER,
                                         .n = 2,
                                         .arg = {g, token},
                                         .ta = gather->ta,
                                         .rank = matrix->rank,
                                         .dim = {matrix->dim[0], matrix->dim[1]}});
}

Node *build_gather_like(Graph *graph, Node *scatter, Node *g, Node *token)
{
    return graph_node(graph, &(NodeSpec){.op = OP_GATHER, .n = 2, .arg = {g, token}, .ta = scatter->ta});
}

Node *build_is_first_equal(Graph *graph, Node *a, Node *extreme)
{
    return graph_node(graph, &(NodeSpec){.op = OP_IS_FIRST_EQUAL, .n = 2, .arg = {a, extreme}, .over = extreme->over});
}

Node *build_is_step_like(Graph *graph, Node *at)
{
    return graph_node(graph,
                      &(NodeSpec){.op = OP_IS_STEP, .axis = at->axis, .offset = at->offset, .from_end = at->from_end});
}

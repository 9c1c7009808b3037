/* node.h: what the builder's files share: infer.c gives a spec its shape and axes, rules.c simplifies it,
 * graph.c shares the node. Not for other stages. */
#ifndef RNNC_GRAPH_NODE_H
#define RNNC_GRAPH_NODE_H
#include "graph/graph.h"

/* Operands of a spec, wherever they stand. */
static inline Node **spec_args(NodeSpec *spec)
{
    return spec->n > 3 ? spec->more : spec->arg;
}
/* Sets rank, dim, axes and token of a spec from its operands, by family. What a family cannot infer (the length of a
 * SLICE, where an EXPAND goes) must be set already. A spec that makes no sense is a bug. */
void graph_infer(NodeSpec *spec);
/* The simpler node that equals the inferred spec in every value, perhaps of fewer axes or of rank 0 where all
 * components are equal; NULL: there is none. */
Node *graph_simpler(Graph *graph, NodeSpec *spec);
/* `node` with this shape and these axes: itself or an EXPAND. */
Node *graph_fit(Graph *graph, Node *node, int rank, const int64_t dim[2], AxisSet axes);
/* Numbers the nodes by their places and shares anew. */
void graph_rehash(Graph *graph);
static inline int64_t node_count(const Node *node)
{
    return node->dim[0] * node->dim[1];
}
static inline bool same_shape(const Node *a, const Node *b)
{
    return a->rank == b->rank && a->dim[0] == b->dim[0] && a->dim[1] == b->dim[1];
}
#endif

/* graph.c: the hash-consing builder. graph_node infers shape and axes (infer.c), simplifies (rules.c) and returns the
 * node that already exists, if one does. Two nodes are one when op, operands, shape, axes and attributes are equal;
 * the operands of commuting ops are compared in either order, but kept as first written, so that sums stay in source
 * order. */
#include <string.h>

#include "graph/node.h"
#include "support/diag.h"

typedef struct NodeTable {
    Node **slot; /* open addressing, a power of two, at most half full */
    size_t capacity, used;
} NodeTable;

static NodeTable *table_new(Arena *arena, size_t capacity)
{
    NodeTable *table = arena_make(arena, NodeTable);
    table->slot = arena_array(arena, Node *, capacity);
    table->capacity = capacity;
    return table;
}

Graph *graph_new(Arena *arena, const Model *model)
{
    Graph *graph = arena_make(arena, Graph);
    graph->arena = arena;
    graph->model = model;
    graph->table = table_new(arena, 1024);
    return graph;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

static uint64_t double_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static bool commutes(OpId op)
{
    return (op_info[op].flags & OP_COMMUTES) != 0;
}

static uint64_t hash_node(const Node *node)
{
    uint64_t hash = mix((uint64_t)node->op, node->axes);
    hash = mix(hash, (uint64_t)node->dim[0] * 31 + (uint64_t)node->dim[1] * 7 + (uint64_t)node->rank);
    if (commutes(node->op))
        hash = mix(hash, (uint64_t)node->arg[0]->id + (uint64_t)node->arg[1]->id);
    else
        for (int i = 0; i < node->n; i++)
            hash = mix(hash, (uint64_t)node->arg[i]->id);
    hash = mix(hash, double_bits(node->number));
    hash = mix(hash, node->var == NULL ? 0 : (uint64_t)node->var->id + 1);
    hash = mix(hash, (uint64_t)(int64_t)node->axis * 1021 + (uint64_t)(int64_t)node->offset);
    hash = mix(hash, (uint64_t)node->over * 8 + (node->from_end ? 4 : 0) + (node->ta ? 2 : 0) + (node->tb ? 1 : 0));
    return mix(hash, (uint64_t)node->from * 65599 + (uint64_t)node->site * 257 + (uint64_t)(int64_t)node->per_axis);
}

static bool same_args(const Node *a, const Node *b)
{
    if (commutes(a->op) && a->arg[0] == b->arg[1] && a->arg[1] == b->arg[0])
        return true;
    for (int i = 0; i < a->n; i++)
        if (a->arg[i] != b->arg[i])
            return false;
    return true;
}

static bool same_node(const Node *a, const Node *b)
{
    return a->op == b->op && a->n == b->n && a->axes == b->axes && same_shape(a, b) && a->token == b->token &&
           double_bits(a->number) == double_bits(b->number) && a->var == b->var && a->axis == b->axis &&
           a->offset == b->offset && a->from_end == b->from_end && a->ta == b->ta && a->tb == b->tb &&
           a->over == b->over && a->from == b->from && a->site == b->site && a->per_axis == b->per_axis &&
           same_args(a, b);
}

static Node **find_slot(NodeTable *table, const Node *like)
{
    size_t at = (size_t)hash_node(like) & (table->capacity - 1);
    while (table->slot[at] != NULL && !same_node(table->slot[at], like))
        at = (at + 1) & (table->capacity - 1);
    return &table->slot[at];
}

static void table_grow(Graph *graph)
{
    NodeTable *old = graph->table;
    graph->table = table_new(graph->arena, old->capacity * 2);
    graph->table->used = old->used;
    for (size_t i = 0; i < old->capacity; i++)
        if (old->slot[i] != NULL)
            *find_slot(graph->table, old->slot[i]) = old->slot[i];
}

void graph_rehash(Graph *graph)
{
    size_t capacity = 1024;
    while (capacity < (size_t)graph->nodes.n * 2 + 2)
        capacity *= 2;
    graph->table = table_new(graph->arena, capacity);
    graph->table->used = (size_t)graph->nodes.n;
    for (int i = 0; i < graph->nodes.n; i++)
        graph->nodes.at[i]->id = i;
    for (int i = 0; i < graph->nodes.n; i++)
        *find_slot(graph->table, graph->nodes.at[i]) = graph->nodes.at[i];
}

/* Attributes an op does not use are zero (axes of what is not indexed: -1), so that they cannot tell nodes apart. */
static Node node_of(const Graph *graph, NodeSpec *spec)
{
    const bool has_axis = spec->op == OP_READ || spec->op == OP_AT || spec->op == OP_IS_STEP || spec->op == OP_IS_START;
    Node node = {.op = spec->op,
                 .token = spec->token,
                 .rank = spec->rank,
                 .dim = {spec->dim[0], spec->dim[1]},
                 .axes = spec->axes,
                 .n = spec->n,
                 .arg = spec_args(spec),
                 .number = spec->number,
                 .var = spec->var,
                 .axis = has_axis ? spec->axis : -1,
                 .offset = spec->offset,
                 .from_end = spec->from_end,
                 .ta = spec->ta,
                 .tb = spec->tb,
                 .over = spec->over,
                 .from = spec->from,
                 .site = spec->site,
                 .per_axis = spec->op == OP_MASK ? spec->per_axis : -1,
                 .span = spec->span};
    if (node.span.file == 0)
        node.span = graph->at;
    return node;
}

static Node *share(Graph *graph, NodeSpec *spec)
{
    Node like = node_of(graph, spec);
    like.id = graph->nodes.n;
    Node **slot = find_slot(graph->table, &like);
    if (*slot != NULL)
        return *slot;
    Node *node = arena_make(graph->arena, Node);
    *node = like;
    node->arg = arena_array(graph->arena, Node *, like.n);
    for (int i = 0; i < like.n; i++)
        node->arg[i] = like.arg[i];
    *slot = node;
    vec_push(graph->arena, &graph->nodes, node);
    if (++graph->table->used * 2 > graph->table->capacity)
        table_grow(graph);
    return node;
}

Node *graph_node(Graph *graph, const NodeSpec *given)
{
    NodeSpec spec = *given;
    graph_infer(&spec);
    if (!graph->plain) {
        Node *simpler = graph_simpler(graph, &spec);
        if (simpler != NULL)
            return graph_fit(graph, simpler, spec.rank, spec.dim, spec.axes);
    }
    return share(graph, &spec);
}

Node *graph_fit(Graph *graph, Node *node, int rank, const int64_t dim[2], AxisSet axes)
{
    if (node->axes == axes && node->rank == rank && node->dim[0] == dim[0] && node->dim[1] == dim[1])
        return node;
    return graph_node(graph, &(NodeSpec){.op = OP_EXPAND,
                                         .n = 1,
                                         .arg = {node},
                                         .rank = rank,
                                         .dim = {dim[0], dim[1]},
                                         .axes = axes,
                                         .span = node->span});
}

Node *graph_var_node(Graph *graph, GVar *var)
{
    if (var->kind == GVAR_EQUATION || var->kind == GVAR_ADJOINT)
        return var->def;
    const OpId op = var->kind == GVAR_PARAM ? OP_PARAM : var->kind == GVAR_CONTROL ? OP_CONTROL : OP_INPUT;
    return graph_node(graph, &(NodeSpec){.op = op, .var = var, .span = var->span});
}

NodeSpec graph_spec_of(const Node *node, Node **args)
{
    NodeSpec spec = {.op = node->op,
                     .n = node->n,
                     .rank = node->rank,
                     .dim = {node->dim[0], node->dim[1]},
                     .axes = node->axes,
                     .token = node->token,
                     .number = node->number,
                     .var = node->var,
                     .axis = node->axis,
                     .offset = node->offset,
                     .from_end = node->from_end,
                     .ta = node->ta,
                     .tb = node->tb,
                     .over = node->over,
                     .from = node->from,
                     .site = node->site,
                     .per_axis = node->per_axis,
                     .span = node->span};
    if (node->n > 3)
        spec.more = args;
    else
        for (int i = 0; i < node->n; i++)
            spec.arg[i] = args[i];
    return spec;
}

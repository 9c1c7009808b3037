/* ends.c: gradient sums over steps and rows (SUM_AXES of vectors, CONTRACT) become kernels that run over all steps, the
 * ones past a row's end included, and rely on zeros there. Sequences hold zeros there, with three exceptions: h[t-1] one step
 * past the end is the last value of h, a sequence that is read at later steps holds its start value, and products outside
 * loops are made of whatever their operands hold there, and of a bias. Such an operand is copied: the copy is a value of
 * its own, with zeros past the ends. */
#include "opt/ends.h"

#include "graph/builders.h"
#include "support/arena.h"

typedef struct Ends {
    const bool *starts; /* by id: holds a start value past the ends of rows */
    int nodes;
} Ends;

static bool varies_over_steps(const Node *node)
{
    return (node->axes & ~AXIS_BIT(AXIS_BATCH)) != 0;
}

static bool ends_in_zeros(const Ends *ends, const Node *node, int depth)
{
    if (node->op == OP_READ || !varies_over_steps(node) || depth > 64 ||
        (node->id < ends->nodes && ends->starts[node->id]))
        return false;
    if (op_info[node->op].family != FAMILY_PRODUCT)
        return true;
    for (int i = 0; i < node->n; i++)
        if (node->arg[i]->rank < 2 && !ends_in_zeros(ends, node->arg[i], depth + 1))
            return false;
    return true;
}

/* The nodes of variables with a start value that are read at later steps. */
static const bool *find_starts(Graph *graph)
{
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *read = graph->nodes.at[i];
        if (read->op == OP_READ && read->offset > 0 && read->var->init)
            (void)graph_var_node(graph, read->var); /* before there is a count of nodes */
    }
    bool *starts = arena_array(graph->arena, bool, graph->nodes.n);
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *read = graph->nodes.at[i];
        if (read->op == OP_READ && read->offset > 0 && read->var->init)
            starts[graph_var_node(graph, read->var)->id] = true;
    }
    return starts;
}

static bool is_direct(const Node *node)
{
    return (node->op == OP_CONTRACT || (node->op == OP_SUM_AXES && node->rank > 0)) &&
           (node->over & ~AXIS_BIT(AXIS_BATCH)) != 0;
}

static Node *copy_operand(void *context, Graph *graph, Node *node, Node **now)
{
    const Ends *ends = context;
    Node *args[3] = {NULL, NULL, NULL};
    int copied = -1;
    if (!is_direct(node))
        return NULL;
    for (int i = 0; i < node->n; i++) {
        args[i] = now[node->arg[i]->id];
        if (ends_in_zeros(ends, node->arg[i], 0))
            return NULL; /* one factor is enough */
        if (varies_over_steps(node->arg[i]))
            copied = i;
    }
    if (copied < 0)
        return NULL;
    args[copied] = build_unary(graph, OP_STOPGRAD, args[copied]);
    const NodeSpec spec = graph_spec_of(node, args);
    return graph_node(graph, &spec);
}

void ends_run(Graph *graph)
{
    Ends ends = {.starts = find_starts(graph)};
    ends.nodes = graph->nodes.n;
    graph_rewrite(graph, copy_operand, &ends);
    graph_compact(graph);
}

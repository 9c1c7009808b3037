/* retime.c: the adjoint of a read h[t-1] is a sum of products W' d[t] and elementwise terms; step t of the backward loop
 * reads it at t + 1. Products commute with delays, so
 *
 *     d_h_prev[t+1] = W' d[t+1] + rest[t+1]
 *
 * and the product can open step t instead of closing step t + 1: its sum starts from what step t adds, and its result
 * meets the elementwise work in registers. One phase a step instead of two. Where only the value at one step is asked
 * for (the adjoint of a start value) the product is made for that step alone. */
#include "opt/retime.h"

#include "graph/builders.h"
#include "graph/loops.h"
#include "graph/node.h"

typedef struct Delayed { /* a variable made here: the operand `of`, read `offset` steps away */
    Node *of;
    GVar *var;
} Delayed;
typedef struct Retime {
    const GraphLoops *loops;
    VEC(Delayed) made;
    Node **instead; /* by id of a READ: the sum that takes its place, or NULL */
    int nodes;
} Retime;

static bool is_product(const Node *node)
{
    return node->op == OP_MATVEC && node->arg[0]->op == OP_PARAM;
}

/* Worth moving: a product of the loop, whose operand is computed in the same step. */
static bool moves(const Retime *retime, const Node *node, const GVar *var)
{
    return is_product(node) && node->arg[1]->n > 0 && loops_same_cycle(retime->loops, node->arg[1], var->def) &&
           loops_same_cycle(retime->loops, node, var->def);
}

static bool has_moving(const Retime *retime, const Node *sum, const GVar *var, int depth)
{
    if (depth > 64)
        return false;
    if (sum->op == OP_ADD && sum->rank == 1)
        return has_moving(retime, sum->arg[0], var, depth + 1) || has_moving(retime, sum->arg[1], var, depth + 1);
    return moves(retime, sum, var);
}

/* The value made from the forward sum that `matrix` is part of: its gate. */
static const char *gate_of(const Graph *graph, const Node *matrix)
{
    const Node *sum = NULL;
    for (int i = 0; i < graph->forward_nodes; i++) {
        const Node *node = graph->nodes.at[i];
        bool product =
            (node->op == OP_MATVEC && node->arg[0] == matrix) || (node->op == OP_FMA_PRODUCT && node->arg[1] == matrix);
        bool goes_on = sum && node->op == OP_FMA_PRODUCT && node->arg[0] == sum;
        if (product || goes_on)
            sum = node;
        for (int k = 0; sum && !goes_on && node != sum && k < node->n; k++)
            if (node->arg[k] == sum && node->name)
                return node->name;
    }
    return NULL;
}

static Node *read_of(Retime *retime, Graph *graph, Node *operand, const Node *read, const Node *matrix)
{
    const int distance = read->offset < 0 ? -read->offset : read->offset;
    for (int i = 0; i < retime->made.n; i++)
        if (retime->made.at[i].of == operand) {
            GVar *var = retime->made.at[i].var;
            var->lag = distance > var->lag ? distance : var->lag;
            return build_read(graph, var, read->axis, read->offset);
        }
    GVar *var = arena_make(graph->arena, GVar);
    *var = *read->var;
    var->id = graph->vars.n;
    const char *gate = matrix ? gate_of(graph, matrix) : NULL;
    var->name = operand->name ? operand->name
                : gate        ? arena_printf(graph->arena, "d_%s_sum", gate)
                              : arena_printf(graph->arena, "%s_rest", read->var->name);
    var->path = var->name;
    var->def = operand;
    var->lag = distance;
    var->rank = operand->rank;
    var->dim[0] = operand->dim[0];
    var->dim[1] = operand->dim[1];
    var->axes = operand->axes;
    if (!operand->defines)
        operand->defines = var;
    if (!operand->name)
        operand->name = var->name;
    vec_push(graph->arena, &graph->vars, var);
    vec_push(graph->arena, &retime->made, (Delayed){operand, var});
    return build_read(graph, var, read->axis, read->offset);
}

typedef VEC(Node *) Terms;

static void collect_terms(Graph *graph, Node *sum, int depth, Terms *terms)
{
    if (sum->op == OP_ADD && sum->rank == 1 && depth < 64) {
        collect_terms(graph, sum->arg[0], depth + 1, terms);
        collect_terms(graph, sum->arg[1], depth + 1, terms);
        return;
    }
    vec_push(graph->arena, terms, sum);
}

static Node *add(Graph *graph, Node *sum, Node *term)
{
    return sum ? Add(sum, term) : term;
}

/* READ(A, +d) as the sum of the moved products and READ of what remains. */
static Node *split_read(Retime *retime, Graph *graph, const Node *read)
{
    Terms terms = {0};
    Node *products = NULL, *rest = NULL;
    collect_terms(graph, read->var->def, 0, &terms);
    for (int i = 0; i < terms.n; i++) {
        Node *term = terms.at[i];
        if (moves(retime, term, read->var))
            products = add(
                graph, products,
                build_matvec(graph, term->arg[0], term->ta, read_of(retime, graph, term->arg[1], read, term->arg[0])));
        else
            rest = add(graph, rest, term);
    }
    if (rest)
        products = add(graph, products, read_of(retime, graph, rest, read, NULL));
    return products;
}

static Node *value_at(Graph *graph, const Node *at, Node *term)
{
    term = build_expand_axes(graph, term, at->arg[0]->axes); /* a term may be the same at all steps */
    return build_at(graph, term, at->axis, at->offset, at->from_end);
}

/* The value of a sum at one step is the sum of the values: products are made for that step alone. */
static Node *split_at(Graph *graph, const Node *at, Node *sum)
{
    Terms terms = {0};
    Node *result = NULL;
    collect_terms(graph, sum, 0, &terms);
    for (int i = 0; i < terms.n; i++) {
        Node *term = terms.at[i];
        Node *one = is_product(term) ? build_matvec(graph, term->arg[0], term->ta, value_at(graph, at, term->arg[1]))
                                     : value_at(graph, at, term);
        result = add(graph, result, one);
    }
    return result;
}

static bool is_adjoint_sum(const Graph *graph, const Node *at)
{
    const Node *sum = at->arg[0];
    return at->id >= graph->forward_nodes && (is_product(sum) || (sum->op == OP_ADD && sum->rank == 1));
}

/* Everything new is made before the rewrite, which then sees it like the rest of the graph. */
static void find_reads(Retime *retime, Graph *graph)
{
    const int n = graph->nodes.n;
    retime->instead = arena_array(graph->arena, Node *, n);
    retime->nodes = n;
    for (int i = 0; i < n; i++) {
        Node *node = graph->nodes.at[i];
        if (node->op != OP_READ || node->var->kind != GVAR_ADJOINT || node->rank != 1 || !node->var->def)
            continue;
        if (node->var->def->id >= graph->forward_nodes && has_moving(retime, node->var->def, node->var, 0))
            retime->instead[i] = split_read(retime, graph, node);
    }
}

static Node *move_read(void *context, Graph *graph, Node *node, Node **now)
{
    (void)graph;
    (void)now;
    const Retime *retime = context;
    return node->id < retime->nodes ? retime->instead[node->id] : NULL;
}

static Node *move_at(void *context, Graph *graph, Node *node, Node **now)
{
    (void)context;
    if (node->op != OP_AT || !is_adjoint_sum(graph, node))
        return NULL;
    return split_at(graph, node, now[node->arg[0]->id]);
}

void retime_run(Graph *graph)
{
    Retime retime = {.loops = graph_loops(graph)};
    graph_rewrite(graph, move_at, &retime);
    graph_compact(graph);
    retime.loops = graph_loops(graph);
    find_reads(&retime, graph);
    graph_rewrite(graph, move_read, &retime);
    graph_compact(graph);
}

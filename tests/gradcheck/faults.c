/* faults.c: the usual mistakes of handwritten backward passes, planted in the graph or in the emitted text. */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include "graph/builders.h"
#include "support/arena.h"

typedef struct Change { /* context of the rewrites below */
    int from;           /* first node of the gradient */
    int changed;
    OpId op, other;
} Change;

static bool rewrite(Graph *graph, GraphMake *make, Change *change)
{
    change->from = graph->forward_nodes;
    graph_rewrite(graph, make, change);
    graph_compact(graph);
    return change->changed > 0;
}

/* ---- time ---- */
/* The gradient reads what another step has given back. */
static Node *shift_adjoint(void *context, Graph *graph, Node *node, Node **now)
{
    Change *change = context;
    (void)now;
    if (node->op != OP_READ || node->var->kind != GVAR_ADJOINT)
        return NULL;
    change->changed++;
    node->var->lag++;
    return build_read(graph, node->var, node->axis, node->offset + (node->offset > 0 ? 1 : -1));
}

static bool plant_lag(Graph *graph)
{
    Change change = {0};
    return rewrite(graph, shift_adjoint, &change);
}

/* The start value is taken for a constant. */
static bool plant_detached(Graph *graph)
{
    bool changed = false;
    for (int i = 0; i < graph->vars.n; i++)
        if (graph->vars.at[i]->init) {
            graph->vars.at[i]->init = build_unary(graph, OP_STOPGRAD, graph->vars.at[i]->init);
            changed = true;
        }
    return changed;
}

/* The value at one step is looked up one step late. */
static Node *shift_at(void *context, Graph *graph, Node *node, Node **now)
{
    Change *change = context;
    if (node->op != OP_AT || node->id < change->from)
        return NULL;
    change->changed++;
    return build_at(graph, now[node->arg[0]->id], node->axis, node->offset + 1, node->from_end);
}

static bool plant_border(Graph *graph)
{
    Change change = {0};
    return rewrite(graph, shift_at, &change);
}

/* ---- sums over data ---- */
/* A sum over rows takes one of them. */
static Node *skip_batch(void *context, Graph *graph, Node *node, Node **now)
{
    Change *change = context;
    if (node->op != OP_SUM_AXES || node->id < change->from || !(node->over & AXIS_BIT(AXIS_BATCH)))
        return NULL;
    Node *rest = now[node->arg[0]->id];
    const AxisSet over = node->over & ~AXIS_BIT(AXIS_BATCH);
    if (over)
        rest = build_over(graph, OP_SUM_AXES, rest, over);
    change->changed++;
    return build_over(graph, OP_MAX_AXES, rest, AXIS_BIT(AXIS_BATCH));
}

static bool plant_batch(Graph *graph)
{
    Change change = {0};
    return rewrite(graph, skip_batch, &change);
}

/* ---- ops without a name in the language ---- */
static Node *replace(void *context, Graph *graph, Node *node, Node **now)
{
    Change *change = context;
    if (node->op != change->other)
        return NULL;
    Node *args[3] = {NULL, NULL, NULL};
    for (int i = 0; i < node->n && i < 3; i++)
        args[i] = now[node->arg[i]->id];
    NodeSpec spec = {
        .op = change->op, .n = 1, .arg = {args[0]}, .rank = node->rank, .axes = node->axes, .span = node->span};
    spec.dim[0] = node->dim[0];
    spec.dim[1] = node->dim[1];
    if (change->op == OP_PAD) { /* of [q; a]: a, after as many zeros as q has components */
        spec.arg[0] = args[1];
        spec.from = (int)(args[0]->rank == 1 ? args[0]->dim[0] : 1);
        if (args[1]->rank != 1)
            return NULL;
    } else if (change->op == OP_SCATTER) { /* of outer(onehot(y), a) */
        if (args[0]->op != OP_ONEHOT)
            return NULL;
        spec.n = 2;
        spec.arg[0] = args[1];
        spec.arg[1] = args[0]->arg[0];
    }
    change->changed++;
    return graph_node(graph, &spec);
}

static OpId op_named(const char *name, size_t length)
{
    for (int op = 0; op < OP_ROWS; op++)
        if (strlen(op_info[op].name) == length && strncmp(op_info[op].name, name, length) == 0)
            return (OpId)op;
    return OP_ROWS;
}

bool faults_replace(Graph *graph, const char *instead)
{
    const char *colon = strchr(instead, ':');
    Change change = {0};
    if (!colon)
        return false;
    change.op = op_named(instead, (size_t)(colon - instead));
    change.other = op_named(colon + 1, strlen(colon + 1));
    return rewrite(graph, replace, &change);
}

/* ---- text ---- */
bool fault_in_text(Arena *arena, Text *c, const Fault *fault)
{
    Text changed = text_new(arena);
    const char *from = text_z(c), *backward = strstr(from, "_d_");
    bool found = false;
    for (const char *at; backward && (at = strstr(backward, fault->text)) != NULL;) {
        text_add_n(&changed, from, (size_t)(at - from));
        text_add(&changed, fault->instead);
        from = backward = at + strlen(fault->text);
        found = true;
    }
    text_add(&changed, from);
    *c = changed;
    return found;
}

static const Fault faults[] = {
    {"lag", "grad", plant_lag, NULL, NULL},
    {"detached", "graph", plant_detached, NULL, NULL},
    {"border", "grad", plant_border, NULL, NULL},
    {"batch", "grad", plant_batch, NULL, NULL},
    {"mask", "c", NULL, "if (t >= f->length[row])", "if (t > f->steps)"},
};

const Fault *fault_find(const char *name)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (strcmp(faults[i].name, name) == 0)
            return &faults[i];
    return NULL;
}

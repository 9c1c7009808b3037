/* rewrite.c: whole-graph walks: the roots, what is alive, rebuilding with other nodes, renumbering. */
#include <string.h>

#include "graph/node.h"

typedef void Visit(void *context, Node **root);

static void visit_root(Visit *visit, void *context, Node **root)
{
    if (*root != NULL)
        visit(context, root);
}

static void each_metric(Graph *graph, Visit *visit, void *context)
{
    for (int i = 0; i < graph->metrics.n; i++) {
        GMetric *metric = &graph->metrics.at[i];
        for (int k = 0; k < metric->means.n; k++) {
            visit_root(visit, context, &metric->means.at[k].sum);
            visit_root(visit, context, &metric->means.at[k].weight);
        }
        visit_root(visit, context, &metric->value);
    }
}

static void each_entry(Graph *graph, bool vars, Visit *visit, void *context)
{
    for (int i = 0; i < graph->entries.n; i++) {
        GEntry *entry = &graph->entries.at[i];
        for (int k = 0; k < entry->values.n; k++)
            visit_root(visit, context, &entry->values.at[k]);
        visit_root(visit, context, &entry->stop);
        for (int k = 0; !vars && k < entry->outputs.n; k++) /* no place is visited twice */
            visit_root(visit, context, &entry->outputs.at[k]->def);
    }
}

static void each_gradient(Graph *graph, Visit *visit, void *context)
{
    for (int i = 0; i < graph->param_grads.n; i++)
        visit_root(visit, context, &graph->param_grads.at[i].grad);
    for (int i = 0; i < graph->input_grads.n; i++)
        visit_root(visit, context, &graph->input_grads.at[i].grad);
    for (int i = 0; i < graph->state_grads.n; i++)
        visit_root(visit, context, &graph->state_grads.at[i].grad);
}

void graph_each_root(Graph *graph, bool vars, Visit *visit, void *context)
{
    for (int i = 0; vars && i < graph->vars.n; i++) {
        visit_root(visit, context, &graph->vars.at[i]->def);
        visit_root(visit, context, &graph->vars.at[i]->init);
    }
    for (int i = 0; i < graph->outputs.n; i++)
        visit_root(visit, context, &graph->outputs.at[i].value);
    visit_root(visit, context, &graph->loss);
    visit_root(visit, context, &graph->loss_weight);
    each_metric(graph, visit, context);
    each_entry(graph, vars, visit, context);
    each_gradient(graph, visit, context);
}

typedef struct Marking {
    bool *live;
    VEC(Node *) todo;
    Arena *arena;
} Marking;

static void mark(void *context, Node **root)
{
    Marking *marking = context;
    if (marking->live[(*root)->id])
        return;
    marking->live[(*root)->id] = true;
    vec_push(marking->arena, &marking->todo, *root);
}

static void follow(Marking *marking)
{
    while (marking->todo.n > 0) {
        Node *node = marking->todo.at[--marking->todo.n];
        for (int i = 0; i < node->n; i++)
            mark(marking, &node->arg[i]);
        if (node->op == OP_READ) {
            visit_root(mark, marking, &node->var->def);
            visit_root(mark, marking, &node->var->init);
        }
    }
}

bool *graph_live(Graph *graph, bool vars)
{
    Marking marking = {.live = arena_array(graph->arena, bool, graph->nodes.n), .arena = graph->arena};
    graph_each_root(graph, vars, mark, &marking);
    follow(&marking);
    return marking.live;
}

/* ---- rebuilding ---- */
static void replace_root(void *context, Node **root)
{
    Node **now = context;
    if (now[(*root)->id] != NULL)
        *root = now[(*root)->id];
}

static Node *rebuild(Graph *graph, GraphMake *make, void *context, Node *node, Node **now)
{
    bool changed = false;
    Node **args = arena_array(graph->arena, Node *, node->n);
    for (int i = 0; i < node->n; i++) {
        args[i] = now[node->arg[i]->id];
        changed = changed || args[i] != node->arg[i];
    }
    Node *made = make == NULL ? NULL : make(context, graph, node, now);
    if (made == NULL && !changed && make != NULL)
        made = node;
    if (made == NULL) {
        const NodeSpec spec = graph_spec_of(node, args);
        made = graph_node(graph, &spec);
    }
    return made;
}

static void move_name(Node *from, Node *to)
{
    if (from == to || to->n == 0)
        return;
    if (to->name == NULL)
        to->name = from->name;
    if (to->defines == NULL)
        to->defines = from->defines;
}

void graph_rewrite(Graph *graph, GraphMake *make, void *context)
{
    const int old_nodes = graph->nodes.n;
    const bool *live = graph_live(graph, true);
    Node **now = arena_array(graph->arena, Node *, old_nodes);
    for (int id = 0; id < old_nodes; id++) {
        Node *node = graph->nodes.at[id];
        if (!live[id])
            continue;
        graph->at = node->span;
        now[id] = rebuild(graph, make, context, node, now);
        move_name(node, now[id]);
    }
    graph->at = NO_SPAN;
    graph_each_root(graph, true, replace_root, now);
}

/* ---- renumbering ---- */
typedef struct Step {
    Node *node;
    int next; /* the operand to look at next */
} Step;
typedef struct Numbering {
    Arena *arena;
    bool *seen;
    VEC(Node *) order; /* operands first */
    VEC(Step) stack;
} Numbering;

static void number_from(void *context, Node **root)
{
    Numbering *numbering = context;
    if (numbering->seen[(*root)->id])
        return;
    numbering->seen[(*root)->id] = true;
    vec_push(numbering->arena, &numbering->stack, (Step){*root, 0});
    while (numbering->stack.n > 0) {
        Step *step = &vec_last(&numbering->stack);
        if (step->next == step->node->n) {
            vec_push(numbering->arena, &numbering->order, step->node);
            numbering->stack.n--;
            continue;
        }
        Node *operand = step->node->arg[step->next++];
        if (numbering->seen[operand->id])
            continue;
        numbering->seen[operand->id] = true;
        vec_push(numbering->arena, &numbering->stack, (Step){operand, 0});
    }
}

/* An adjoint that no living READ looks at is nobody's any more: other variables are the user's and stay. */
static void drop_unread_adjoints(Graph *graph)
{
    const int all = graph->vars.n;
    bool *read = arena_array(graph->arena, bool, all);
    Marking marking = {.live = arena_array(graph->arena, bool, graph->nodes.n), .arena = graph->arena};
    for (int i = 0; i < all; i++)
        if (graph->vars.at[i]->kind != GVAR_ADJOINT) {
            visit_root(mark, &marking, &graph->vars.at[i]->def);
            visit_root(mark, &marking, &graph->vars.at[i]->init);
        }
    graph_each_root(graph, false, mark, &marking);
    follow(&marking);
    for (int id = 0; id < graph->nodes.n; id++)
        if (marking.live[id] && graph->nodes.at[id]->op == OP_READ)
            read[graph->nodes.at[id]->var->id] = true;
    graph->vars.n = 0;
    for (int i = 0; i < all; i++) {
        GVar *var = graph->vars.at[i];
        if (var->kind != GVAR_ADJOINT || read[i]) {
            var->id = graph->vars.n; /* adjoints come after all others: only their ids move */
            graph->vars.at[graph->vars.n++] = var;
        } else if (var->def != NULL && var->def->defines == var) {
            var->def->defines = NULL;
        }
    }
}

/* The order is that of the roots and of operands from left to right. It does not depend on the order in which nodes
 * were made, which C leaves open where one builder's operands are calls of others. */
void graph_compact(Graph *graph)
{
    drop_unread_adjoints(graph);
    Numbering numbering = {.arena = graph->arena, .seen = arena_array(graph->arena, bool, graph->nodes.n)};
    graph_each_root(graph, true, number_from, &numbering);
    int kept = 0, forward = 0;
    for (int i = 0; i < numbering.order.n; i++)
        if (numbering.order.at[i]->id < graph->forward_nodes)
            graph->nodes.at[kept++] = numbering.order.at[i];
    forward = kept;
    for (int i = 0; i < numbering.order.n; i++)
        if (numbering.order.at[i]->id >= graph->forward_nodes)
            graph->nodes.at[kept++] = numbering.order.at[i];
    graph->nodes.n = kept;
    graph->forward_nodes = forward;
    graph_rehash(graph);
}

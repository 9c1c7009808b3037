/* grad.c: reverse mode. Every node that both depends on something trainable and reaches the loss gets an adjoint of
 * exactly its shape and axes: the sum of what its users add, in source order (ids of the users rising), broadcasting
 * undone here and nowhere else.
 *
 * Time: the adjoint of a leaf READ(v, t, -d) is the definition of a new variable dv. What step t reads, step t - d
 * has given: so READ(dv, t, +d), zero past the end of the row, is a term of the adjoint of v's definition. It is a
 * leaf, there before dv is defined; that is why no order of nodes has to be found in a cycle. What the first d steps
 * read belongs to the start value, or, on a carry axis in a row that goes on, to the state of the caller. */
#include "graph/grad.h"

#include <limits.h>
#include <string.h>

#include "graph/builders.h"
#include "graph/loops.h"
#include "graph/naming.h"
#include "graph/node.h"
#include "support/diag.h"

enum { FROM_LOSS = INT_MIN, FROM_CALLER = INT_MIN + 1 }; /* users of what the seeds belong to */
typedef struct Part {                                    /* what one use adds to an adjoint */
    int user, operand;                                   /* for the order */
    Node *node;
} Part;
typedef struct Grad {
    Graph *graph;
    int nodes;         /* of the forward graph */
    bool *wanted;      /* reaches a seed */
    bool *by_loss;     /* reaches the loss: without adjoints from outside it has one, too */
    bool *useful;      /* depends on something that has a gradient */
    VEC(Part) * parts; /* by id */
    Node **adjoint;
    Node **made_of_it;   /* by id: see adjoint_name */
    GVar **read_adjoint; /* by id of a READ: the variable its adjoint defines */
} Grad;

static bool is_carried(const Graph *graph, int axis)
{
    return graph->model != NULL && graph->model->axes.at[axis].carry;
}

/* The node whose values a READ sees at other steps; NULL where there is none with a gradient. */
static Node *read_source(Graph *graph, const Node *read)
{
    return read->var->token || read->var->kind == GVAR_TARGET ? NULL : graph_var_node(graph, read->var);
}

/* ---- what needs an adjoint ---- */
typedef VEC(Node *) NodeList;

static void want(Grad *grad, NodeList *todo, Node *node)
{
    if (node == NULL || node->token || grad->wanted[node->id])
        return;
    grad->wanted[node->id] = true;
    vec_push(grad->graph->arena, todo, node);
}

static void mark_operands(Grad *grad, NodeList *list)
{
    Graph *graph = grad->graph;
    NodeList todo = *list;
    while (todo.n > 0) {
        Node *node = todo.at[--todo.n];
        for (int i = 0; i < node->n; i++)
            if (op_differentiable(node->op, i))
                want(grad, &todo, node->arg[i]);
        if (node->op == OP_READ) {
            want(grad, &todo, read_source(graph, node));
            want(grad, &todo, node->var->init);
        }
    }
}

static void mark_wanted(Grad *grad, bool with_up)
{
    Graph *graph = grad->graph;
    NodeList todo = {0};
    want(grad, &todo, graph->loss);
    mark_operands(grad, &todo);
    memcpy(grad->by_loss, grad->wanted, sizeof *grad->wanted * (size_t)grad->nodes);
    todo = (NodeList){0};
    for (int i = 0; with_up && i < graph->outputs.n; i++)
        want(grad, &todo, graph->outputs.at[i].value);
    mark_operands(grad, &todo);
}

static bool is_source(const Graph *graph, const Node *node)
{
    if (node->token)
        return false;
    switch (node->op) {
    case OP_PARAM:
        return node->var->var == NULL || !node->var->var->frozen;
    case OP_INPUT:
        return node->var->kind == GVAR_INPUT;
    case OP_READ: /* the state of the caller */
        return node->var->kind != GVAR_TARGET && is_carried(graph, node->axis);
    default:
        return false;
    }
}

static bool depends(Grad *grad, Node *node)
{
    if (is_source(grad->graph, node))
        return true;
    for (int i = 0; i < node->n; i++)
        if (grad->useful[node->arg[i]->id] && op_differentiable(node->op, i))
            return true;
    if (node->op != OP_READ || node->token)
        return false;
    const Node *source = read_source(grad->graph, node), *init = node->var->init;
    return (source != NULL && grad->useful[source->id]) || (init != NULL && grad->useful[init->id]);
}

static void mark_useful(Grad *grad)
{
    for (bool grown = true; grown;) {
        grown = false;
        for (int id = 0; id < grad->nodes; id++) {
            if (grad->useful[id] || !depends(grad, grad->graph->nodes.at[id]))
                continue;
            grad->useful[id] = grown = true;
        }
    }
}

static bool is_active(const Grad *grad, const Node *node)
{
    return node != NULL && node->id < grad->nodes && grad->wanted[node->id] && grad->useful[node->id];
}

/* ---- adjoints ---- */
/* c, which has at least the shape and axes of the result, as something of the operand's. */
static Node *undo_broadcast(Graph *graph, const Node *operand, Node *c)
{
    if (c->rank > operand->rank)
        c = build_unary(graph, OP_SUM, c);
    const AxisSet over = c->axes & ~operand->axes;
    if (over != 0)
        c = build_sum_steps(graph, c, over);
    return graph_fit(graph, c, operand->rank, operand->dim, operand->axes);
}

/* What comes from outside only joins what comes from the loss through WHEN_UP, so that a backward pass without
 * adjoints of outputs need not compute it. */
static void add_part(Grad *grad, Node *operand, Node *c, int user, int position)
{
    if (c == NULL || node_is_number(c, 0) || !is_active(grad, operand))
        return;
    Node *part = undo_broadcast(grad->graph, operand, c);
    const bool from_outside = user == FROM_CALLER || (user >= 0 && !grad->by_loss[user]);
    if (from_outside && grad->by_loss[operand->id] && !node_is_number(part, 0))
        part = build_unary(grad->graph, OP_WHEN_UP, part);
    if (!node_is_number(part, 0))
        vec_push(grad->graph->arena, &grad->parts[operand->id], (Part){user, position, part});
}

static bool is_after(const Part *a, const Part *b)
{
    return a->user != b->user ? a->user > b->user : a->operand > b->operand;
}

/* The sum in source order; NULL: nothing flows here. */
static Node *sum_parts(Grad *grad, const Node *node)
{
    Graph *graph = grad->graph;
    const int n = grad->parts[node->id].n;
    Part *part = grad->parts[node->id].at;
    Node *sum = NULL;
    for (int i = 1; i < n; i++) { /* few, and nearly in reverse: insertion sort */
        const Part moved = part[i];
        int k = i;
        for (; k > 0 && is_after(&part[k - 1], &moved); k--)
            part[k] = part[k - 1];
        part[k] = moved;
    }
    for (int i = 0; i < n; i++)
        sum = sum == NULL ? part[i].node : Add(sum, part[i].node);
    return sum;
}

/* "d_h"; of what h = tanh(..) is made of "d_h_sum"; of other values without a name after what they are. */
static const char *adjoint_name(const Grad *grad, const Node *node)
{
    Arena *arena = grad->graph->arena;
    const Node *made = grad->made_of_it[node->id];
    const char *name = node->op == OP_PARAM || node->op == OP_INPUT ? node->var->name : node->name;
    if (name == NULL && made != NULL)
        name = arena_printf(arena, "%s_sum", made->name);
    if (name == NULL)
        name = node_called(arena, node);
    return name == NULL ? NULL : arena_printf(arena, "d_%s", name);
}

/* Of each node without a name: the activation with a name that alone reads it. */
static Node **find_made(Graph *graph)
{
    Node **made = arena_array(graph->arena, Node *, graph->nodes.n);
    bool *shared = arena_array(graph->arena, bool, graph->nodes.n);
    for (int id = 0; id < graph->nodes.n; id++) {
        Node *user = graph->nodes.at[id];
        for (int i = 0; i < user->n; i++) {
            const int of = user->arg[i]->id;
            shared[of] = shared[of] || made[of] != NULL;
            made[of] = user;
        }
    }
    for (int id = 0; id < graph->nodes.n; id++) {
        const Node *user = made[id];
        if (user != NULL && (shared[id] || user->name == NULL || user->n != 1 || op_info[user->op].family != FAMILY_EW))
            made[id] = NULL;
    }
    return made;
}

static void set_name(Node *node, const char *name)
{
    if (node->n > 0 && node->name == NULL)
        node->name = name;
}

/* ---- reads ---- */
static GVar *declare_adjoint(Graph *graph, const Node *read)
{
    const int distance = read->offset < 0 ? -read->offset : read->offset;
    const char *where = read->offset < 0 ? "prev" : "next", *of = read->var->name;
    GVar *var = arena_make(graph->arena, GVar);
    *var = (GVar){.kind = GVAR_ADJOINT,
                  .id = graph->vars.n,
                  .rank = read->rank,
                  .dim = {read->dim[0], read->dim[1]},
                  .axes = read->axes,
                  .lag = distance,
                  .loop_axis = -1,
                  .span = read->span};
    var->name = distance == 1 ? arena_printf(graph->arena, "d_%s_%s", of, where)
                              : arena_printf(graph->arena, "d_%s_%s%d", of, where, distance);
    var->path = var->name;
    vec_push(graph->arena, &graph->vars, var);
    return var;
}

/* Before the sweep: what later (or earlier) steps give back is a leaf. */
static void declare_reads(Grad *grad)
{
    Graph *graph = grad->graph;
    for (int id = 0; id < grad->nodes; id++) {
        Node *read = graph->nodes.at[id];
        if (read->op != OP_READ || !is_active(grad, read))
            continue;
        grad->read_adjoint[id] = declare_adjoint(graph, read);
        graph->at = read->span;
        add_part(grad, read_source(graph, read), build_read(graph, grad->read_adjoint[id], read->axis, -read->offset),
                 id, 0);
    }
}

/* The adjoint of what stands `before` steps before the first step: step `k` of those processed reads it. */
static Node *read_at_border(Graph *graph, const Node *read, Node *adjoint, int k)
{
    return build_at(graph, adjoint, read->axis, k, read->offset > 0);
}

/* The start value stands for all steps before the first: the first |offset| steps have read it. */
static void add_init_part(Grad *grad, Node *read, Node *adjoint)
{
    Graph *graph = grad->graph;
    const int distance = read->offset < 0 ? -read->offset : read->offset;
    Node *sum = NULL;
    if (!is_active(grad, read->var->init))
        return;
    for (int k = 0; k < distance; k++) {
        Node *one = read_at_border(graph, read, adjoint, k);
        sum = sum == NULL ? one : Add(sum, one);
    }
    if (is_carried(graph, read->axis))
        sum = Where(graph_node(graph, &(NodeSpec){.op = OP_FRESH}), sum, Zero);
    add_part(grad, read->var->init, sum, read->id, 0);
}

static void finish_read(Grad *grad, Node *read, Node *adjoint)
{
    Graph *graph = grad->graph;
    GVar *var = grad->read_adjoint[read->id];
    if (adjoint == NULL)
        adjoint = graph_fit(graph, Zero, read->rank, read->dim, read->axes);
    var->def = adjoint;
    grad->adjoint[read->id] = adjoint;
    set_name(adjoint, var->name);
    if (adjoint->n > 0 && adjoint->defines == NULL)
        adjoint->defines = var;
    add_init_part(grad, read, adjoint);
}

/* ---- the sweep: users before operands; a READ is a user of its start value ---- */
static void visit(Grad *grad, Node *node)
{
    Graph *graph = grad->graph;
    graph->at = node->span;
    Node *g = sum_parts(grad, node);
    grad->adjoint[node->id] = g;
    if (node->op == OP_READ) {
        finish_read(grad, node, g);
        return;
    }
    if (g == NULL)
        return;
    set_name(g, adjoint_name(grad, node));
    for (int i = 0; i < node->n; i++)
        if (is_active(grad, node->arg[i]) && op_differentiable(node->op, i))
            add_part(grad, node->arg[i], grad_rule(graph, node, g, i), node->id, i);
}

typedef struct Step {
    Node *node;
    int next;
} Step;

/* Operands of a node that need adjoints, then the start value of a READ. */
static Node *operand_of(const Grad *grad, const Node *node, int index)
{
    Node *operand = index < node->n ? node->arg[index] : node->var->init;
    return is_active(grad, operand) ? operand : NULL;
}

static NodeList operands_first(Grad *grad)
{
    Arena *arena = grad->graph->arena;
    bool *seen = arena_array(arena, bool, grad->nodes);
    NodeList order = {0};
    VEC(Step) stack = {0};
    for (int id = 0; id < grad->nodes; id++) {
        Node *root = grad->graph->nodes.at[id];
        if (seen[id] || !is_active(grad, root))
            continue;
        seen[id] = true;
        vec_push(arena, &stack, (Step){root, 0});
        while (stack.n > 0) {
            Step *step = &vec_last(&stack);
            Node *node = step->node;
            if (step->next == node->n + (node->op == OP_READ ? 1 : 0)) {
                stack.n--;
                vec_push(arena, &order, node);
                continue;
            }
            Node *operand = operand_of(grad, node, step->next++);
            if (operand == NULL || seen[operand->id])
                continue;
            seen[operand->id] = true;
            vec_push(arena, &stack, (Step){operand, 0});
        }
    }
    return order;
}

static void seed(Grad *grad, bool with_up)
{
    Graph *graph = grad->graph;
    if (graph->loss != NULL)
        add_part(grad, graph->loss, graph_node(graph, &(NodeSpec){.op = OP_DLOSS}), FROM_LOSS, 0);
    for (int i = 0; with_up && i < graph->outputs.n; i++) {
        GOutput *output = &graph->outputs.at[i];
        if (!output->var->token)
            add_part(grad, output->value, graph_node(graph, &(NodeSpec){.op = OP_UP, .var = output->var}), FROM_CALLER,
                     i + 1);
    }
}

/* ---- results ---- */
static Node *adjoint_of_var(Grad *grad, GVar *var)
{
    Node *leaf = graph_var_node(grad->graph, var);
    return leaf->id < grad->nodes ? grad->adjoint[leaf->id] : NULL;
}

static Node *state_adjoint(Grad *grad, const GVar *var, int back)
{
    Graph *graph = grad->graph;
    Node *sum = NULL;
    for (int id = 0; id < grad->nodes; id++) {
        const Node *read = graph->nodes.at[id];
        if (grad->read_adjoint[id] == NULL || read->var != var || -read->offset < back)
            continue;
        Node *one = read_at_border(graph, read, grad->adjoint[id], -read->offset - back);
        sum = sum == NULL ? one : Add(sum, one);
    }
    return sum == NULL ? NULL : Where(graph_node(graph, &(NodeSpec){.op = OP_FRESH}), Zero, sum);
}

static void collect(Grad *grad)
{
    Graph *graph = grad->graph;
    const int vars = graph->vars.n;
    for (int i = 0; i < graph->params.n; i++) {
        GVar *param = graph->params.at[i];
        vec_push(graph->arena, &graph->param_grads, (ParamGrad){param, adjoint_of_var(grad, param)});
    }
    for (int i = 0; i < vars; i++) {
        GVar *var = graph->vars.at[i];
        if (var->kind == GVAR_INPUT && !var->token)
            vec_push(graph->arena, &graph->input_grads, (InputGrad){var, adjoint_of_var(grad, var)});
    }
    bool *carried = arena_array(graph->arena, bool, vars);
    for (int id = 0; id < grad->nodes; id++)
        if (grad->read_adjoint[id] != NULL && is_carried(graph, graph->nodes.at[id]->axis))
            carried[graph->nodes.at[id]->var->id] = true;
    for (int i = 0; i < vars; i++)
        for (int back = 1; carried[i] && back <= graph->vars.at[i]->lag; back++)
            vec_push(graph->arena, &graph->state_grads,
                     (StateGrad){graph->vars.at[i], back, state_adjoint(grad, graph->vars.at[i], back)});
}

static void set_loops(Graph *graph)
{
    const GraphLoops *loops = graph_loops(graph);
    for (int i = 0; i < graph->vars.n; i++) {
        GVar *var = graph->vars.at[i];
        if (var->kind != GVAR_ADJOINT || loops->of_node[var->def->id] < 0)
            continue;
        const Component *component = &loops->at[loops->of_node[var->def->id]];
        var->direction = component->cycle ? component->direction : 0;
        var->loop_axis = component->cycle ? component->axis : -1;
    }
}

static Grad grad_new(Graph *graph)
{
    for (int id = 0; id < graph->nodes.n; id++) /* inputs that are read at offsets only have no leaf yet */
        if (graph->nodes.at[id]->op == OP_READ)
            (void)read_source(graph, graph->nodes.at[id]);
    for (int i = 0; i < graph->params.n; i++)
        (void)graph_var_node(graph, graph->params.at[i]);
    graph->forward_nodes = graph->nodes.n;
    Grad grad = {.graph = graph, .nodes = graph->nodes.n};
    grad.wanted = arena_array(graph->arena, bool, grad.nodes);
    grad.by_loss = arena_array(graph->arena, bool, grad.nodes);
    grad.useful = arena_array(graph->arena, bool, grad.nodes);
    grad.parts = arena_alloc(graph->arena, sizeof *grad.parts * (size_t)grad.nodes);
    grad.adjoint = arena_array(graph->arena, Node *, grad.nodes);
    grad.made_of_it = find_made(graph);
    grad.read_adjoint = arena_array(graph->arena, GVar *, grad.nodes);
    return grad;
}

void grad_build(Graph *graph, bool with_up)
{
    Grad grad = grad_new(graph);
    mark_wanted(&grad, with_up);
    mark_useful(&grad);
    seed(&grad, with_up);
    declare_reads(&grad);
    const NodeList order = operands_first(&grad);
    for (int i = order.n - 1; i >= 0; i--)
        visit(&grad, order.at[i]);
    collect(&grad);
    graph->at = NO_SPAN;
    graph_compact(graph);
    set_loops(graph);
}

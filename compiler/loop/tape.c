/* tape.c: which forward values backward loads and which it computes again. Kept: products, reductions, activations, and
 * whatever the forward pass stores anyway. Computed again: elementwise work whose operands are kept, at the cost of at
 * most one activation (tanh(c)). */
#include "loop/schedule.h"

typedef struct Tape {
    Program *program;
    bool *seen;
    NodeList work;
} Tape;

/* Variables that a later or earlier step reads have a whole sequence in memory. */
static bool is_lagged(const Node *node)
{
    return node->defines && node->defines->lag > 0;
}

static bool needs_complete(const Node *user, const Node *node)
{
    if (op_info[user->op].family == FAMILY_EW)
        return node_domain(user) != node_domain(node) || user->rank != node->rank;
    return op_info[user->op].family != FAMILY_PRODUCT || product_start(user) != node;
}

/* The forward pass stores it for its own sake. */
static bool stored_anyway(const Tape *tape, const Node *node)
{
    const Graph *graph = tape->program->graph;
    const Pass *forward = &tape->program->schedule->forward;
    if (is_lagged(node))
        return true;
    for (int i = 0; i < graph->outputs.n; i++)
        if (graph->outputs.at[i].value == node)
            return true;
    for (int k = 0; k < forward->users[node->id].n; k++)
        if (needs_complete(forward->users[node->id].at[k], node))
            return true;
    return false;
}

static bool operands_at_hand(const Node *node)
{
    for (int i = 0; i < node->n; i++)
        if (!node_is_leaf(node->arg[i]) && !is_lagged(node->arg[i]))
            return false;
    return true;
}

static bool is_kept(const Tape *tape, const Node *node)
{
    if (op_info[node->op].family != FAMILY_EW || node->token || node_is_total(node))
        return true;
    if (stored_anyway(tape, node))
        return true;
    return (op_info[node->op].flags & OP_TRANSCENDENTAL) && !operands_at_hand(node);
}

static void reach(Tape *tape, Node *node)
{
    if (!node || tape->seen[node->id])
        return;
    tape->seen[node->id] = true;
    vec_push(tape->program->arena, &tape->work, node);
}

static void reach_terms(Tape *tape, Node *sum)
{
    NodeList terms = gradient_terms(tape->program->arena, sum);
    for (int i = 0; i < terms.n; i++)
        reach(tape, terms.at[i]);
}

static void visit(Tape *tape, Node *node)
{
    Schedule *schedule = tape->program->schedule;
    if (node->op == OP_READ && node->var->kind != GVAR_ADJOINT) {
        if (node->var->def && !node_is_leaf(node->var->def))
            schedule->on_tape[node->var->def->id] = true;
        return;
    }
    if (node->op == OP_READ) {
        reach(tape, node->var->def);
        reach(tape, node->var->init);
    }
    bool forward = schedule->forward.in[node->id] && !node_is_leaf(node);
    if (forward && is_kept(tape, node)) {
        schedule->on_tape[node->id] = true;
        return;
    }
    for (int i = 0; i < node->n; i++)
        reach(tape, node->arg[i]);
}

void tape_choose(Program *program)
{
    const Graph *graph = program->graph;
    Tape tape = {.program = program, .seen = arena_array(program->arena, bool, graph->nodes.n)};
    for (int i = 0; i < graph->param_grads.n; i++)
        reach_terms(&tape, graph->param_grads.at[i].grad);
    for (int i = 0; i < graph->input_grads.n; i++)
        reach(&tape, graph->input_grads.at[i].grad);
    for (int i = 0; i < graph->state_grads.n; i++)
        reach(&tape, graph->state_grads.at[i].grad);
    while (tape.work.n)
        visit(&tape, tape.work.at[--tape.work.n]);
}

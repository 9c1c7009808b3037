/* schedule.c: from a Graph to a Program: which nodes run in which pass, and the stages that place them (schedule.h).
 * Relies on graph/loops.h for the cycles. Next: emit/emit_body.c. */
#include "loop/schedule.h"

#include <string.h>

bool node_is_leaf(const Node *node)
{
    return op_info[node->op].family == FAMILY_LEAF && node->op != OP_MASK;
}

Domain node_domain(const Node *node)
{
    if (node->axes & ~AXIS_BIT(AXIS_BATCH))
        return DOMAIN_SEQ;
    return node->axes ? DOMAIN_ROWS : DOMAIN_ONCE;
}

bool node_is_elementwise(const Node *node)
{
    return (op_info[node->op].family == FAMILY_EW && !node->token) || node->op == OP_ONEHOT || node->op == OP_OUTER;
}

bool node_is_computed_number(const Node *node)
{
    if (node->rank || node->token || node_is_leaf(node))
        return false;
    return node_is_elementwise(node) || op_info[node->op].family == FAMILY_REDUCE || node->op == OP_PICK ||
           node->op == OP_TOREAL;
}

/* A number of the whole call that depends on a sum over rows (or on DLOSS): computed in double. */
bool node_is_total(const Node *node)
{
    if (node->axes || node->rank || node->token)
        return false;
    if (node->op == OP_DLOSS || node->op == OP_COUNT)
        return true;
    if (node->op == OP_SUM_AXES || node->op == OP_MAX_AXES || node->op == OP_MIN_AXES)
        return true;
    if (op_info[node->op].family != FAMILY_EW)
        return false;
    for (int i = 0; i < node->n; i++)
        if (node_is_total(node->arg[i]))
            return true;
    return false;
}

Node *product_operand(const Node *product)
{
    return product->arg[product->n - 1];
}

Node *product_matrix(const Node *product)
{
    return product->arg[product->n - 2];
}

Node *product_start(const Node *product)
{
    return product->op == OP_FMA_PRODUCT ? product->arg[0] : NULL;
}

bool node_is_product(const Node *node)
{
    return op_info[node->op].family == FAMILY_PRODUCT && product_matrix(node)->op == OP_PARAM;
}

NodeList gradient_terms(Arena *arena, Node *sum)
{
    NodeList terms = {0}, left = {0};
    if (sum)
        vec_push(arena, &left, sum);
    while (left.n) {
        Node *node = left.at[--left.n];
        bool splits = node->op == OP_ADD && node->arg[0]->rank == node->rank && node->arg[1]->rank == node->rank;
        if (!splits) {
            vec_push(arena, &terms, node);
            continue;
        }
        vec_push(arena, &left, node->arg[1]);
        vec_push(arena, &left, node->arg[0]);
    }
    return terms;
}

/* ---- which nodes a pass computes ---- */

typedef struct Marker {
    Program *program;
    Pass *pass;
    NodeList work;
} Marker;

static void mark(Marker *m, Node *node)
{
    if (!node || m->pass->in[node->id])
        return;
    m->pass->in[node->id] = true;
    vec_push(m->program->arena, &m->work, node);
}

/* What a node needs in this pass. A value on the tape is loaded: nothing behind it is computed again. */
static void mark_needs(Marker *m, Node *node)
{
    const Schedule *schedule = m->program->schedule;
    if (m->pass->backward && schedule->on_tape[node->id])
        return;
    for (int i = 0; i < node->n; i++)
        mark(m, node->arg[i]);
    if (node->op != OP_READ)
        return;
    bool stored = m->pass->backward && node->var->kind != GVAR_ADJOINT; /* sequences of the forward pass are kept */
    if (!stored) {
        mark(m, node->var->def);
        mark(m, node->var->init);
    }
}

static void mark_all(Marker *m)
{
    while (m->work.n) {
        Node *node = m->work.at[--m->work.n];
        mark_needs(m, node);
    }
}

static void mark_forward_roots(Marker *m)
{
    const Graph *graph = m->program->graph;
    for (int i = 0; i < graph->outputs.n; i++)
        mark(m, graph->outputs.at[i].value);
    mark(m, graph->loss);
    mark(m, graph->loss_weight);
    for (int i = 0; i < graph->metrics.n; i++)
        for (int k = 0; k < graph->metrics.at[i].means.n; k++) {
            mark(m, graph->metrics.at[i].means.at[k].sum);
            mark(m, graph->metrics.at[i].means.at[k].weight);
        }
    for (int i = 0; i < graph->entries.n; i++) {
        const GEntry *entry = &graph->entries.at[i];
        for (int k = 0; k < entry->values.n; k++)
            mark(m, entry->values.at[k]);
        mark(m, entry->stop);
        for (int k = 0; k < entry->outputs.n; k++)
            mark(m, entry->outputs.at[k]->def);
    }
}

/* The terms of a gradient's sum are added into the parameter's gradient one by one. */
static void mark_terms(Marker *m, Node *sum)
{
    NodeList terms = gradient_terms(m->program->arena, sum);
    for (int i = 0; i < terms.n; i++)
        mark(m, terms.at[i]);
}

static void mark_backward_roots(Marker *m)
{
    const Graph *graph = m->program->graph;
    for (int i = 0; i < graph->param_grads.n; i++)
        mark_terms(m, graph->param_grads.at[i].grad);
    for (int i = 0; i < graph->input_grads.n; i++)
        mark(m, graph->input_grads.at[i].grad);
    for (int i = 0; i < graph->state_grads.n; i++)
        mark(m, graph->state_grads.at[i].grad);
}

/* The cycle a node is on, or -1. */
static int cycle_of(const GraphLoops *loops, int node)
{
    int component = node < loops->nodes ? loops->of_node[node] : -1;
    return component >= 0 && loops->at[component].cycle ? component : -1;
}

static void pass_init(Program *program, Pass *pass, bool backward)
{
    Arena *arena = program->arena;
    int n = program->graph->nodes.n;
    pass->backward = backward;
    pass->in = arena_array(arena, bool, n);
    pass->component = arena_array(arena, int, n);
    pass->level = arena_array(arena, int, n);
    pass->home = arena_array(arena, Block *, n);
    pass->loc = arena_array(arena, Loc, n);
    pass->keep = arena_array(arena, bool, n);
    pass->fused = arena_array(arena, bool, n);
    pass->group = arena_array(arena, Group *, n);
    pass->slot = arena_array(arena, int, n);
    pass->round = arena_array(arena, Round *, n);
    pass->mirror = arena_array(arena, Group *, n);
    pass->mirror_slot = arena_array(arena, int, n);
    pass->needs = arena_array(arena, unsigned, n);
    for (int i = 0; i < n; i++) /* forward work that is done again is on no cycle any more */
        pass->component[i] = backward && program->schedule->forward.in[i] ? -1 : cycle_of(program->schedule->loops, i);
}

static void pass_mark(Program *program, Pass *pass)
{
    Marker m = {.program = program, .pass = pass};
    if (pass->backward)
        mark_backward_roots(&m);
    else
        mark_forward_roots(&m);
    mark_all(&m);
}

bool pass_loads(const Program *program, const Pass *pass, const Node *node)
{
    return pass->backward && program->schedule->on_tape[node->id];
}

bool pass_computes(const Program *program, const Pass *pass, const Node *node)
{
    return pass->in[node->id] && !node_is_leaf(node) && !pass_loads(program, pass, node);
}

void pass_find_users(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    pass->users = arena_array(program->arena, NodeList, graph->nodes.n);
    for (int i = 0; i < graph->nodes.n; i++) {
        Node *node = graph->nodes.at[i];
        if (!pass->in[i] || pass_loads(program, pass, node))
            continue;
        for (int k = 0; k < node->n; k++)
            if (k == 0 || node->arg[k] != node->arg[k - 1])
                vec_push(program->arena, &pass->users[node->arg[k]->id], node);
    }
}

/* ---- elementwise work that only one loop uses is done there, in registers, instead of through memory ---- */

static bool may_be_pulled(const Program *program, const Pass *pass, const Node *node)
{
    if (!pass->in[node->id] || pass_loads(program, pass, node) || pass->component[node->id] >= 0)
        return false;
    if (!node_is_elementwise(node) || node_domain(node) != DOMAIN_SEQ)
        return false;
    return node->rank <= 1 && pass->users[node->id].n > 0 && !pass->fused[node->id];
}

static bool is_wanted_outside(const Program *program, const Pass *pass, const Node *node)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->vars.n; i++)
        if (graph->vars.at[i]->def == node && graph->vars.at[i]->lag > 0)
            return true;
    for (int i = 0; !pass->backward && i < graph->outputs.n; i++)
        if (graph->outputs.at[i].value == node)
            return true;
    for (int i = 0; pass->backward && i < graph->input_grads.n; i++)
        if (graph->input_grads.at[i].grad == node)
            return true;
    return false;
}

static void pull_into_loops(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = graph->nodes.n - 1; i >= 0; i--) {
        Node *node = graph->nodes.at[i];
        if (!may_be_pulled(program, pass, node))
            continue;
        int into = -1;
        for (int k = 0; k < pass->users[i].n && into != -2; k++) {
            const Node *user = pass->users[i].at[k];
            if (pass->fused[user->id])
                continue;
            int at = pass->component[user->id];
            bool shares = node_is_elementwise(user) && user->rank == node->rank && user->dim[0] == node->dim[0];
            into = at >= 0 && shares && (into < 0 || into == at) ? at : -2;
        }
        if (into >= 0 && !is_wanted_outside(program, pass, node))
            pass->component[i] = into;
    }
}

/* ---- what a value waits for besides the past: targets, or steps still to come ---- */

/* In a generate entry a variable is there when its value is: what waits for it must not stand in one block with what
 * the value is made of. */
static unsigned generated_bit(const Graph *graph, const Node *node)
{
    unsigned bit = NEEDS_GENERATED;
    for (int i = 0; i < graph->entries.n; i++)
        for (int k = 0; k < graph->entries.at[i].generated.n; k++) {
            if (graph->entries.at[i].generated.at[k] == node->var)
                return bit;
            bit = bit << 1 < NEEDS_ENTRY ? bit << 1 : bit;
        }
    return 0;
}

static unsigned own_needs(const Graph *graph, const Pass *pass, const Node *node)
{
    AxisSet steps = ~AXIS_BIT(AXIS_BATCH);
    unsigned needs = 0;
    if (pass->backward)
        return node->op == OP_UP ? NEEDS_UP : 0;
    if (node->var && node->var->kind == GVAR_TARGET)
        needs |= NEEDS_TARGET;
    if ((node->op == OP_READ && node->offset > 0) || node->from_end || (node->over & steps))
        needs |= NEEDS_FUTURE;
    return node->op == OP_INPUT ? needs | generated_bit(graph, node) : needs;
}

static void find_needs(const Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < graph->nodes.n; i++) {
            const Node *node = graph->nodes.at[i];
            unsigned needs = own_needs(graph, pass, node);
            for (int k = 0; k < node->n; k++)
                needs |= pass->needs[node->arg[k]->id];
            if (node->op == OP_READ && node->var->def)
                needs |= pass->needs[node->var->def->id] & (NEEDS_GENERATED - 1);
            if (node->op == OP_READ && node->var->init)
                needs |= pass->needs[node->var->init->id];
            if (node->op == OP_WHEN_UP)
                needs = 0;
            changed = changed || needs != pass->needs[i];
            pass->needs[i] = needs;
        }
    }
}

/* What a step or generate entry asks for: it runs whole blocks, so none may hold anything that it cannot have. */
static void ask_for(Program *program, Pass *pass, const GEntry *entry, unsigned bit)
{
    Marker m = {.program = program, .pass = arena_make(program->arena, Pass)};
    m.pass->in = arena_array(program->arena, bool, program->graph->nodes.n);
    for (int i = 0; i < entry->values.n; i++)
        mark(&m, entry->values.at[i]);
    mark(&m, entry->stop);
    for (int i = 0; i < entry->outputs.n; i++)
        mark(&m, entry->outputs.at[i]->def);
    mark_all(&m);
    for (int i = 0; i < program->graph->nodes.n; i++)
        if (m.pass->in[i])
            pass->needs[i] |= bit;
}

static void find_asked(Program *program, Pass *pass)
{
    unsigned bit = NEEDS_ENTRY;
    for (int i = 0; i < program->graph->entries.n && !pass->backward; i++) {
        ask_for(program, pass, &program->graph->entries.at[i], bit);
        bit = bit << 1 != 0 ? bit << 1 : bit;
    }
}

static void pass_build(Program *program, Pass *pass)
{
    pass_find_users(program, pass);
    find_needs(program, pass);
    find_asked(program, pass);
    pass_find_fused(program, pass);
    pull_into_loops(program, pass);
    pass_loop_levels(program, pass);
    pass_groups(program, pass);
    pass_levels(program, pass);
    pass_blocks(program, pass);
    pass_walks(program, pass);
    pass_locs(program, pass);
}

/* How far away each variable is read, by what is computed in one of the passes. */
static void measure_lags(Program *program)
{
    const Graph *graph = program->graph;
    const Schedule *schedule = program->schedule;
    for (int i = 0; i < graph->vars.n; i++)
        graph->vars.at[i]->lag = 0;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        const int distance = node->offset < 0 ? -node->offset : node->offset;
        if (node->op == OP_READ && (schedule->forward.in[i] || (schedule->has_backward && schedule->backward.in[i])) &&
            distance > node->var->lag)
            node->var->lag = distance;
    }
}

/* The one axis that something varies over; others may be declared and left alone. */
static int sequence_axis(const Graph *graph)
{
    AxisSet used = 0;
    for (int i = 0; i < graph->vars.n; i++)
        used |= graph->vars.at[i]->axes;
    for (int i = 0; i < graph->nodes.n; i++)
        used |= graph->nodes.at[i]->axes | graph->nodes.at[i]->over;
    for (int axis = 1; axis < graph->model->axes.n; axis++)
        if ((used & AXIS_BIT(axis)) != 0)
            return axis;
    return graph->model->axes.n > 1 ? 1 : -1;
}

Program *schedule_build(Arena *arena, Graph *graph, const ScheduleOptions *options)
{
    Program *program = arena_make(arena, Program);
    program->arena = arena;
    program->model = graph->model;
    program->graph = graph;
    program->axis = sequence_axis(graph);
    program->unroll_k = options->unroll_k;
    program->unroll_steps = options->unroll_steps;
    Schedule *schedule = program->schedule = arena_make(arena, Schedule);
    schedule->loops = graph_loops(graph);
    schedule->on_tape = arena_array(arena, bool, graph->nodes.n);
    for (int i = 0; i < 2; i++)
        schedule->var_loc[i] = arena_array(arena, Loc, graph->vars.n);
    schedule->up_loc = arena_array(arena, Loc, graph->vars.n);
    schedule->control = arena_array(arena, Buffer *, graph->vars.n);
    schedule->has_backward = graph->loss && !options->only_forward;
    pass_init(program, &schedule->forward, false);
    pass_mark(program, &schedule->forward);
    if (schedule->has_backward) {
        pass_init(program, &schedule->backward, true);
        pass_find_users(program, &schedule->forward);
        tape_choose(program);
        pass_mark(program, &schedule->backward);
    }
    measure_lags(program);
    pass_build(program, &schedule->forward);
    if (schedule->has_backward)
        pass_build(program, &schedule->backward);
    if (!options->whole)
        pass_chunks(program, &schedule->forward);
    if (!options->whole && schedule->has_backward)
        pass_chunks(program, &schedule->backward);
    chunk_buffers(program);
    find_late(program);
    plan_memory(program);
    choose_unrolling(program);
    return program;
}

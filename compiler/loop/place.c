/* place.c: which values need memory, and in which buffer each stands; those that stand side by side are placed by
 * place_strip.c. Offsets come from plan.c. */

#include "loop/schedule.h"

static int64_t node_width(const Node *node)
{
    if (node->token || node->rank == 0)
        return 1;
    return node->rank == 1 ? padded(node->dim[0]) : node->dim[0] * padded(node->dim[1]);
}

Buffer *buffer_new(Program *program, const Pass *pass, const char *name, BufferSpan span, int64_t width)
{
    Buffer *buffer = arena_make(program->arena, Buffer);
    buffer->id = program->buffers.n;
    buffer->name = arena_printf(program->arena, "%s", name);
    buffer->span = span;
    buffer->axis = program->axis;
    buffer->width = width;
    buffer->forward = !pass->backward;
    buffer->backward = pass->backward;
    buffer->tape_at = buffer->work_at = buffer->back_at = buffer->step_at = -1;
    vec_push(program->arena, &program->buffers, buffer);
    return buffer;
}

BufferSpan span_of(const Node *node)
{
    Domain domain = node_domain(node);
    return domain == DOMAIN_SEQ ? SPAN_SEQ : domain == DOMAIN_ROWS ? SPAN_ROWS : SPAN_ONCE;
}

/* ---- who is needed outside its home ---- */

static void keep(Pass *pass, const Node *node)
{
    if (node)
        pass->keep[node->id] = true;
}

bool is_direct_sum(const Node *term)
{
    return term->op == OP_CONTRACT || term->op == OP_SCATTER_SUM || (term->op == OP_SUM_AXES && term->rank > 0);
}

static void keep_gradient_terms(const Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->param_grads.n; i++) {
        NodeList terms = gradient_terms(program->arena, graph->param_grads.at[i].grad);
        for (int k = 0; k < terms.n; k++)
            if (!is_direct_sum(terms.at[k]))
                keep(pass, terms.at[k]);
    }
}

static void keep_used(const Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        if (!pass_computes(program, pass, node) || pass->fused[i])
            continue;
        for (int k = 0; k < pass->users[i].n; k++) {
            const Node *user = pass->users[i].at[k];
            if (pass->fused[user->id]) /* loads or computes it: pass_fill_sums */
                continue;
            bool starts = pass->group[i] && pass->group[i] == pass->group[user->id] && product_start(user) == node;
            bool total = node_is_total(node) && node_is_total(user);
            if (pass->home[user->id] != pass->home[i] && !starts && !total)
                keep(pass, node);
        }
    }
}

/* Totals are local variables of the entry point that gives them. */
static void keep_unless_total(Pass *pass, const Node *node)
{
    if (node && !node_is_leaf(node) && !node_is_total(node))
        keep(pass, node);
}

static void keep_losses(const Graph *graph, Pass *pass)
{
    keep_unless_total(pass, graph->loss);
    for (int i = 0; i < graph->metrics.n; i++)
        for (int k = 0; k < graph->metrics.at[i].means.n; k++) {
            keep_unless_total(pass, graph->metrics.at[i].means.at[k].sum);
            keep_unless_total(pass, graph->metrics.at[i].means.at[k].weight);
        }
}

static void keep_roots(const Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->vars.n; i++)
        if (graph->vars.at[i]->lag > 0) {
            keep(pass, graph->vars.at[i]->def);
            keep(pass, graph->vars.at[i]->init);
        }
    if (pass->backward)
        keep_gradient_terms(program, pass);
    for (int i = 0; pass->backward && i < graph->input_grads.n; i++)
        keep(pass, graph->input_grads.at[i].grad);
    for (int i = 0; pass->backward && i < graph->state_grads.n; i++)
        keep(pass, graph->state_grads.at[i].grad);
    if (pass->backward)
        return;
    keep_losses(graph, pass);
    for (int i = 0; i < graph->outputs.n; i++)
        keep(pass, graph->outputs.at[i].value);
    for (int i = 0; i < graph->entries.n; i++) {
        const GEntry *entry = &graph->entries.at[i];
        for (int k = 0; k < entry->values.n; k++)
            keep(pass, entry->values.at[k]);
        keep(pass, entry->stop);
        for (int k = 0; k < entry->outputs.n; k++)
            keep(pass, entry->outputs.at[k]->def);
    }
    for (int i = 0; i < graph->nodes.n; i++)
        if (program->schedule->on_tape[i])
            keep(pass, graph->nodes.at[i]);
}

/* ---- everything else ---- */

/* Do both run in the same loop, or side by side in one walk, step after step? */
static bool walk_together(const Pass *pass, const Node *a, const Node *b)
{
    if (pass->component[a->id] >= 0 || pass->component[b->id] >= 0)
        return pass->component[a->id] == pass->component[b->id];
    const Block *one = pass->home[a->id], *other = pass->home[b->id];
    return one && other && one->walk && one->walk == other->walk;
}

/* Used only in the same step of the same loop or walk: one copy a row is enough. */
bool node_is_scratch(const Program *program, const Pass *pass, const Node *node)
{
    const Graph *graph = program->graph;
    if (!walk_together(pass, node, node) || (!pass->backward && program->schedule->on_tape[node->id]))
        return false;
    for (int k = 0; k < pass->users[node->id].n; k++)
        if (!walk_together(pass, pass->users[node->id].at[k], node))
            return false;
    for (int i = 0; i < graph->vars.n; i++)
        if (graph->vars.at[i]->def == node && graph->vars.at[i]->lag > 0)
            return false;
    for (int i = 0; i < graph->outputs.n; i++)
        if (graph->outputs.at[i].value == node)
            return false;
    for (int i = 0; i < graph->input_grads.n; i++)
        if (graph->input_grads.at[i].grad == node)
            return false;
    for (int i = 0; i < graph->entries.n; i++) {
        const GEntry *entry = &graph->entries.at[i];
        if (entry->stop == node)
            return false;
        for (int k = 0; k < entry->values.n; k++)
            if (entry->values.at[k] == node)
                return false;
        for (int k = 0; k < entry->outputs.n; k++)
            if (entry->outputs.at[k]->def == node)
                return false;
    }
    return true;
}

static void place_node(Program *program, Pass *pass, const Node *node)
{
    BufferSpan span = node_is_scratch(program, pass, node) ? SPAN_ROWS : span_of(node);
    Buffer *buffer = buffer_new(program, pass, value_name(program->arena, node), span, node_width(node));
    buffer->token = node->token;
    pass->loc[node->id] = (Loc){buffer, 0, 1};
}

static bool is_leaf_input(const GVar *var)
{
    return var->kind == GVAR_INPUT || var->kind == GVAR_TARGET;
}

static void reserve_lag(Program *program, const GVar *var, Buffer *buffer)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        const bool reads =
            program->schedule->forward.in[i] || (program->schedule->has_backward && program->schedule->backward.in[i]);
        if (node->op != OP_READ || node->var != var || !reads) /* of what nobody asks for none is made */
            continue;
        if (-node->offset > buffer->lead)
            buffer->lead = -node->offset;
        if (node->offset > buffer->trail)
            buffer->trail = node->offset;
    }
}

/* A variable whose definition is a leaf, or shared with another variable, gets a copy of its own. */
static Loc copy_for(Program *program, Pass *pass, GVar *var)
{
    Buffer *buffer = buffer_new(program, pass, var->name, SPAN_SEQ, node_width(var->def));
    buffer->token = var->token;
    Copy copy = {var->def, {buffer, 0, 1}};
    Block *home = pass->home[var->def->id];
    if (!home || home->kind != BLOCK_UNITS)
        BUG("variable %s is an alias that is read at an offset", var->path);
    vec_push(program->arena, &home->copies, copy);
    return copy.to;
}

static void place_variable(Program *program, Pass *pass, GVar *var, bool *taken)
{
    Loc *at = &program->schedule->var_loc[pass->backward][var->id];
    if (is_leaf_input(var) && !pass->backward) {
        Buffer *buffer =
            buffer_new(program, pass, var->name, var->axes & ~AXIS_BIT(AXIS_BATCH) ? SPAN_SEQ : SPAN_ROWS,
                       var->token || var->rank == 0 ? 1
                                                    : padded(var->dim[0]) * (var->rank == 2 ? 0 : 1) +
                                                          (var->rank == 2 ? var->dim[0] * padded(var->dim[1]) : 0));
        buffer->token = var->token;
        *at = (Loc){buffer, 0, 1};
    } else if (is_leaf_input(var)) {
        *at = program->schedule->var_loc[0][var->id];
    } else if (var->lag > 0 && var->def) {
        bool adjoint = var->kind == GVAR_ADJOINT;
        if (adjoint != pass->backward) {
            *at = pass->backward ? program->schedule->var_loc[0][var->id] : (Loc){NULL, 0, 1};
            return;
        }
        if (!pass->in[var->def->id])
            return;
        bool shared = node_is_leaf(var->def) || taken[var->def->id];
        taken[var->def->id] = true;
        *at = shared ? copy_for(program, pass, var) : pass->loc[var->def->id];
    }
    if (at->buffer && (var->kind == GVAR_ADJOINT) == pass->backward)
        reserve_lag(program, var, at->buffer);
}

/* Backward is not given the controls: forward leaves those it needs on the tape. */
static void place_controls(Program *program, const Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        if (!pass->in[i] || node->op != OP_CONTROL || program->schedule->control[node->var->id])
            continue;
        Buffer *buffer =
            buffer_new(program, pass, arena_printf(program->arena, "control_%s", node->var->name), SPAN_ONCE, 1);
        buffer->forward = buffer->tape = true;
        program->schedule->control[node->var->id] = buffer;
    }
}

static void place_ups(Program *program, const Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *up = graph->nodes.at[i];
        Loc *at = up->op == OP_UP ? &program->schedule->up_loc[up->var->id] : NULL;
        if (at && pass->in[i] && !at->buffer && up_is_copied(pass, up))
            *at = (Loc){buffer_new(program, pass, arena_printf(program->arena, "up_%s", up->var->name), span_of(up),
                                   node_width(up)),
                        0, 1};
    }
}

static void place_leaf_inputs_on_tape(Program *program, const Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        if (!pass->in[i] || !node->var || (node->op != OP_INPUT && node->op != OP_READ))
            continue;
        Buffer *buffer = program->schedule->var_loc[1][node->var->id].buffer;
        if (buffer && node->var->kind != GVAR_ADJOINT)
            buffer->tape = buffer->backward = true;
    }
}

/* Backward finds what the forward pass kept where the forward pass put it. */
static void adopt_tape(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        Loc kept = program->schedule->forward.loc[i];
        if (!program->schedule->on_tape[i] || !kept.buffer)
            continue;
        pass->loc[i] = kept;
        kept.buffer->tape = kept.buffer->backward = true;
    }
}

/* What every entry notes of its rows; backward finds it on the tape. */
static void place_rows(Program *program, const Pass *pass)
{
    static const char *const names[] = {"length", "position"};
    for (int i = 0; i < 2; i++) {
        Buffer *buffer = buffer_new(program, pass, names[i], SPAN_ROWS, 1);
        buffer->token = buffer->tape = buffer->backward = true;
    }
}

void pass_locs(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    bool *taken = arena_array(program->arena, bool, graph->nodes.n);
    if (!pass->backward)
        place_rows(program, pass);
    keep_used(program, pass);
    keep_roots(program, pass);
    pass_fill_sums(program, pass);
    if (pass->backward) {
        adopt_tape(program, pass);
        place_mirrors(program, pass);
    }
    place_groups(program, pass);
    if (pass->backward)
        place_in_place(program, pass);
    for (int i = 0; i < graph->nodes.n; i++)
        if (pass_computes(program, pass, graph->nodes.at[i]) && pass->keep[i] && !pass->loc[i].buffer)
            place_node(program, pass, graph->nodes.at[i]);
    for (int i = 0; i < graph->vars.n; i++)
        place_variable(program, pass, graph->vars.at[i], taken);
    if (pass->backward) {
        place_leaf_inputs_on_tape(program, pass);
        place_ups(program, pass);
        place_controls(program, pass);
    }
    copy_starts(program, pass);
    pass_drop_idle(program, pass);
    name_buffers(program);
}

/* place.c: which values need memory, and in which buffer each stands. Values of one phase that a product joins over k
 * stand interleaved in the buffer of their group; a gate takes the place of the hoisted sum it is made from, and its
 * adjoint takes the place of the gate, where nobody reads the older value any more. Offsets come from plan.c. */

#include "loop/schedule.h"

static int64_t padded(int64_t n)
{
    return (n + PANEL - 1) / PANEL * PANEL;
}

static int64_t node_width(const Node *node)
{
    if (node->token || node->rank == 0)
        return 1;
    return node->rank == 1 ? padded(node->dim[0]) : node->dim[0] * padded(node->dim[1]);
}

static Buffer *buffer_new(Program *program, const Pass *pass, const char *name, BufferSpan span, int64_t width)
{
    Buffer *buffer = arena_make(program->arena, Buffer);
    buffer->id = program->buffers.n;
    buffer->name = arena_printf(program->arena, "%s", name);
    buffer->span = span;
    buffer->axis = program->axis;
    buffer->width = width;
    buffer->slots = 1;
    buffer->forward = !pass->backward;
    buffer->backward = pass->backward;
    buffer->tape_at = buffer->work_at = buffer->back_at = buffer->step_at = -1;
    vec_push(program->arena, &program->buffers, buffer);
    return buffer;
}

static BufferSpan span_of(const Node *node)
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

/* ---- groups: one interleaved buffer for hoisted sums and what takes their place ---- */

static Buffer *group_buffer(Program *program, Pass *pass, Group *group)
{
    if (group->buffer)
        return group->buffer;
    Domain domain = node_domain(group->result[0]);
    Buffer *buffer = buffer_new(program, pass, group_name(program->arena, pass, group),
                                domain == DOMAIN_SEQ    ? SPAN_SEQ
                                : domain == DOMAIN_ROWS ? SPAN_ROWS
                                                        : SPAN_ONCE,
                                padded(group->units) * group->slots);
    buffer->slots = group->slots;
    buffer->group = group;
    return group->buffer = buffer;
}

/* Whole-row functions want a contiguous row; only element-by-element readers and products can walk a slot. */
static bool walks_slots(const Node *user)
{
    return node_is_elementwise(user) ? user->op != OP_OUTER && user->op != OP_ONEHOT : node_is_product(user);
}

static bool only_walked(const Graph *graph, const Node *node)
{
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *user = graph->nodes.at[i];
        for (int k = 0; k < user->n; k++)
            if (user->arg[k] == node && !walks_slots(user))
                return false;
    }
    return true;
}

/* The value that takes the place of a slot's sum: the first one of the same block that must be kept. */
static Node *successor(const Program *program, const Pass *pass, const Group *group, int slot)
{
    const Block *home = pass->home[group->result[slot]->id];
    Node *result = group->result[slot];
    if (pass->keep[result->id])
        return only_walked(program->graph, result) ? result : NULL;
    for (int i = 0; i < pass->users[result->id].n; i++) {
        Node *user = pass->users[result->id].at[i];
        bool lagged = user->defines && user->defines->lag > 0;
        if (pass->home[user->id] == home && pass->keep[user->id] && !lagged && user->rank == 1 &&
            program->schedule->on_tape[user->id] && !pass->loc[user->id].buffer && only_walked(program->graph, user))
            return user;
    }
    return NULL;
}

static void place_group(Program *program, Pass *pass, Group *group)
{
    bool in_loop = pass->component[group->result[0]->id] >= 0;
    if (!in_loop || group->hoisted > 0)
        group_buffer(program, pass, group);
    for (int s = 0; s < group->slots; s++) {
        Node *taker = in_loop && group->slots > 1 ? successor(program, pass, group, s) : NULL;
        bool result_in_slot = !in_loop || (pass->keep[group->result[s]->id] && group->buffer &&
                                           (group->slots == 1 || only_walked(program->graph, group->result[s])));
        if (result_in_slot)
            pass->loc[group->result[s]->id] = (Loc){group->buffer, s};
        else if (taker)
            pass->loc[taker->id] = (Loc){group_buffer(program, pass, group), s};
    }
    for (int r = 0; r < group->hoisted; r++)
        for (int k = 0; k < group->rounds.at[r]->products.n; k++) {
            const Node *product = group->rounds.at[r]->products.at[k];
            pass->loc[product->id] = (Loc){group->buffer, pass->slot[product->id]};
        }
}

/* ---- adjoints in the place of what they are adjoints of ---- */

/* Everybody who reads the kept value does so in the block that writes the adjoint, or before it in the same step. */
static bool is_spent(const Program *program, const Pass *pass, const Node *value, const Node *adjoint)
{
    const Block *home = pass->home[adjoint->id];
    for (int k = 0; k < pass->users[value->id].n; k++) {
        const Block *at = pass->home[pass->users[value->id].at[k]->id];
        if (at == home)
            continue;
        if (!at || at->component != home->component || home->component < 0 || at->level > home->level)
            return false;
    }
    for (int i = 0; i < program->graph->outputs.n; i++)
        if (program->graph->outputs.at[i].value == value)
            return true;
    return true;
}

static Node *holder_of(const Program *program, const Group *group, int slot)
{
    const Pass *forward = &program->schedule->forward;
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++)
        if (forward->loc[i].buffer == group->buffer && forward->loc[i].slot == slot && program->schedule->on_tape[i])
            return graph->nodes.at[i];
    return NULL;
}

/* All adjoints of a group stand together: in the old slots when every one of them may, else in a buffer of their own. */
static void place_mirror(Program *program, Pass *pass, Group *group)
{
    const Graph *graph = program->graph;
    bool may = group->buffer != NULL;
    for (int i = 0; i < graph->nodes.n; i++) {
        if (pass->mirror[i] != group || !may)
            continue;
        const Node *old = holder_of(program, group, pass->mirror_slot[i]);
        may = !old || is_spent(program, pass, old, graph->nodes.at[i]);
    }
    Buffer *buffer = may ? group->buffer : NULL;
    for (int i = 0; i < graph->nodes.n; i++) {
        if (pass->mirror[i] != group)
            continue;
        if (!buffer) {
            buffer = buffer_new(program, pass, "d_gates", SPAN_SEQ, padded(group->units) * group->slots);
            buffer->slots = group->slots;
        }
        buffer->backward = true;
        pass->keep[i] = true;
        pass->loc[i] = (Loc){buffer, pass->mirror_slot[i]};
    }
}

static void place_mirrors(Program *program, Pass *pass)
{
    const Pass *forward = &program->schedule->forward;
    for (int i = 0; i < forward->groups.n; i++)
        place_mirror(program, pass, forward->groups.at[i]);
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
    pass->loc[node->id] = (Loc){buffer, 0};
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
        if (node->op != OP_READ || node->var != var)
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
    Copy copy = {var->def, {buffer, 0}};
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
        *at = (Loc){buffer, 0};
    } else if (is_leaf_input(var)) {
        *at = program->schedule->var_loc[0][var->id];
    } else if (var->lag > 0 && var->def) {
        bool adjoint = var->kind == GVAR_ADJOINT;
        if (adjoint != pass->backward) {
            *at = pass->backward ? program->schedule->var_loc[0][var->id] : (Loc){NULL, 0};
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
                        0};
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
    for (int i = 0; i < pass->groups.n; i++)
        place_group(program, pass, pass->groups.at[i]);
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
    for (int i = 0; i < pass->groups.n; i++) {
        Group *group = pass->groups.at[i];
        for (int s = 0; group->prefill && s < group->slots; s++) {
            Copy copy = {group->start[s], {group->buffer, s}};
            vec_push(program->arena, &group->prefill_block->copies, copy);
        }
    }
    pass_drop_idle(program, pass);
    name_buffers(program);
}

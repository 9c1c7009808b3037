/* place_strip.c: places side by side. Values of one phase that a product joins over k stand interleaved in the row of
 * their strip; a gate takes the place of the hoisted sum it is made from, and its adjoint takes the place of the gate,
 * where nobody reads the older value any more. Everything else: place.c. */
#include "loop/schedule.h"

static Loc slot_of(const Group *group, Buffer *buffer, int slot)
{
    return (Loc){buffer, group->first + slot, group->slots};
}

static Buffer *strip_buffer(Program *program, Pass *pass, Strip *strip)
{
    if (strip->buffer)
        return strip->buffer;
    const Group *first = strip->groups.at[0];
    const char *name = strip->groups.n > 1 ? "gates" : group_name(program->arena, pass, first);
    Buffer *buffer = buffer_new(program, pass, name, span_of(first->result[0]), strip->panels * PANEL);
    buffer->strip = strip;
    return strip->buffer = buffer;
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

/* Saved row by row: alone in its buffer. */
static bool is_state(const Node *node)
{
    return node->defines && node->defines->lag > 0;
}

/* The value that takes the place of a slot's sum: the first one of the same block that must be kept. */
static Node *successor(const Program *program, const Pass *pass, const Group *group, int slot)
{
    const Block *home = pass->home[group->result[slot]->id];
    Node *result = group->result[slot];
    bool whole = group->slots == 1;
    if (pass->keep[result->id])
        return whole || only_walked(program->graph, result) ? result : NULL;
    for (int i = 0; i < pass->users[result->id].n; i++) {
        Node *user = pass->users[result->id].at[i];
        if (pass->home[user->id] == home && pass->keep[user->id] && !is_state(user) && user->rank == 1 &&
            program->schedule->on_tape[user->id] && !pass->loc[user->id].buffer &&
            (whole || only_walked(program->graph, user)))
            return user;
    }
    return NULL;
}

/* May the sum stay where it was made, when somebody asks for it? */
static bool stays_in_slot(const Program *program, const Pass *pass, const Group *group, const Node *result)
{
    return pass->keep[result->id] && group->strip->buffer && (!is_state(result) || group->strip->slots == 1) &&
           (group->slots == 1 || only_walked(program->graph, result));
}

static void place_group(Program *program, Pass *pass, Group *group)
{
    bool in_loop = pass->component[group->result[0]->id] >= 0, hoisted = group->strip->rounds.n > 0;
    if (!in_loop || hoisted)
        strip_buffer(program, pass, group->strip);
    for (int s = 0; s < group->slots; s++) {
        Node *taker = in_loop && (group->slots > 1 || hoisted) ? successor(program, pass, group, s) : NULL;
        if (!in_loop || stays_in_slot(program, pass, group, group->result[s]))
            pass->loc[group->result[s]->id] = slot_of(group, group->strip->buffer, s);
        else if (taker && !is_state(taker))
            pass->loc[taker->id] = slot_of(group, strip_buffer(program, pass, group->strip), s);
    }
    for (int r = 0; r < group->strip->rounds.n; r++)
        for (int k = 0; k < group->strip->rounds.at[r]->products.n; k++) {
            const Node *product = group->strip->rounds.at[r]->products.at[k];
            if (pass->group[product->id] == group)
                pass->loc[product->id] = slot_of(group, group->strip->buffer, pass->slot[product->id]);
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
        if (forward->loc[i].buffer == group->strip->buffer && forward->loc[i].slot == group->first + slot &&
            program->schedule->on_tape[i])
            return graph->nodes.at[i];
    return NULL;
}

/* All adjoints of a strip stand together: in the old slots when every one of them may, else in a buffer of their own. */
static void place_mirror(Program *program, Pass *pass, Strip *strip)
{
    const Graph *graph = program->graph;
    bool may = strip->buffer != NULL;
    for (int i = 0; i < graph->nodes.n; i++) {
        if (!pass->mirror[i] || pass->mirror[i]->strip != strip || !may)
            continue;
        const Node *old = holder_of(program, pass->mirror[i], pass->mirror_slot[i]);
        may = !old || is_spent(program, pass, old, graph->nodes.at[i]);
    }
    Buffer *buffer = may ? strip->buffer : NULL;
    for (int i = 0; i < graph->nodes.n; i++) {
        if (!pass->mirror[i] || pass->mirror[i]->strip != strip)
            continue;
        if (!buffer) {
            buffer = buffer_new(program, pass, "d_gates", span_of(graph->nodes.at[i]), strip->panels * PANEL);
            buffer->strip = strip;
        }
        buffer->backward = true;
        pass->keep[i] = true;
        pass->loc[i] = slot_of(pass->mirror[i], buffer, pass->mirror_slot[i]);
    }
}

void place_mirrors(Program *program, Pass *pass)
{
    const Pass *forward = &program->schedule->forward;
    for (int i = 0; i < forward->strips.n; i++)
        place_mirror(program, pass, forward->strips.at[i]);
}

void place_groups(Program *program, Pass *pass)
{
    for (int i = 0; i < pass->groups.n; i++)
        place_group(program, pass, pass->groups.at[i]);
}

void copy_starts(Program *program, Pass *pass)
{
    for (int i = 0; i < pass->groups.n; i++) {
        Group *group = pass->groups.at[i];
        for (int s = 0; group->strip->prefill && s < group->slots; s++) {
            Copy copy = {group->start[s], slot_of(group, group->strip->buffer, s)};
            vec_push(program->arena, &group->strip->prefill_block->copies, copy);
        }
    }
}

/* explain.c: what a buffer holds and what a function computes, as formulas with the user's names: the comments of the
 * emitted C. Formulas stop at values that have a name or a place of their own, so each is short; what is still long is
 * cut. Relies on graph/print.h for the formulas. */
#include <string.h>

#include "emit/body.h"
#include "graph/print.h"

enum { FORMULA_MAX = 160, FORMULAS_MAX = 6 };

/* Several values stand side by side. */
static bool is_shared(const Buffer *buffer)
{
    return buffer->strip != NULL && buffer->strip->slots > 1;
}

/* The names under which a pass knows its nodes: the user's, else the name of the place. */
static const char **labels_of(Emit *emit, const Pass *pass)
{
    const Graph *graph = emit->program->graph;
    const char ***labels = &emit->labels[pass->backward];
    if (*labels != NULL)
        return *labels;
    *labels = arena_array(emit->arena, const char *, graph->nodes.n);
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        const Buffer *place = pass->loc[i].buffer;
        if (node->n == 0)
            continue;
        if (node->defines != NULL && node->defines->def == node)
            (*labels)[i] = node->defines->path;
        else if (node->name != NULL)
            (*labels)[i] = node->name;
        else if (place != NULL && !is_shared(place))
            (*labels)[i] = place->field;
    }
    return *labels;
}

static const char *formula(Emit *emit, const Pass *pass, const Node *node, bool whole)
{
    Text text = text_new(emit->arena);
    const Printer printer = {&text, emit->program->graph, labels_of(emit, pass)};
    print_expr(&printer, node, whole);
    if (strlen(text_z(&text)) <= FORMULA_MAX)
        return text_z(&text);
    return arena_printf(emit->arena, "%.*s ...", FORMULA_MAX, text_z(&text));
}

/* "h[t] = tanh(...)" */
static const char *equation(Emit *emit, const Pass *pass, const Node *node)
{
    Text text = text_new(emit->arena);
    const Printer printer = {&text, emit->program->graph, labels_of(emit, pass)};
    const char *label = printer.label[node->id];
    const Group *group = pass->group[node->id];
    if (label == NULL && group != NULL && group->strip->buffer != NULL)
        label = arena_printf(emit->arena, "%s.%d", group->strip->buffer->field, group->ordinal + pass->slot[node->id]);
    if (label != NULL) {
        text_add(&text, label);
        print_axes(&printer, node->axes);
        text_add(&text, " = ");
    }
    text_add(&text, formula(emit, pass, node, true));
    return text_z(&text);
}

/* ---- buffers ---- */

/* The last value with a name that the place holds, else any. */
static const Node *held_by(Emit *emit, const Pass *pass, const Buffer *buffer, int slot)
{
    const Graph *graph = emit->program->graph;
    const Node *held = NULL;
    for (int i = 0; i < graph->nodes.n; i++) {
        const bool here = pass->loc[i].buffer == buffer && pass->loc[i].slot == slot && pass->home[i] != NULL;
        if (here && (held == NULL || labels_of(emit, pass)[i] != NULL))
            held = graph->nodes.at[i];
    }
    return held;
}

static const char *names_in_slots(Emit *emit, const Pass *pass, const Buffer *buffer)
{
    const char *all = NULL;
    for (int g = 0; g < buffer->strip->groups.n; g++)
        for (int slot = 0; slot < buffer->strip->groups.at[g]->slots; slot++) {
            const Node *node = held_by(emit, pass, buffer, buffer->strip->groups.at[g]->first + slot);
            const char *label = node != NULL ? labels_of(emit, pass)[node->id] : NULL;
            if (label == NULL)
                return NULL;
            all = all != NULL ? arena_printf(emit->arena, "%s, %s", all, label) : label;
        }
    return all;
}

/* "i, f, g, o; in backward d_i_sum, ..." */
static const char *explain_slots(Emit *emit, const Buffer *buffer)
{
    const Schedule *schedule = emit->program->schedule;
    const char *forward = names_in_slots(emit, &schedule->forward, buffer);
    const char *backward = schedule->has_backward ? names_in_slots(emit, &schedule->backward, buffer) : NULL;
    if (forward != NULL && backward != NULL)
        return arena_printf(emit->arena, "%s; then %s", forward, backward);
    return forward != NULL ? forward : backward;
}

/* "partial sums of d_W, d_U": of the steps of one leaf (rnn/kernels_gradient.h) */
static const char *explain_partial(Emit *emit, const Buffer *buffer)
{
    const Schedule *schedule = emit->program->schedule;
    const char *all = NULL;
    for (int i = 0; i < schedule->all_blocks.n; i++) {
        const Block *block = schedule->all_blocks.at[i];
        const Pass *pass = block->backward ? &schedule->backward : &schedule->forward;
        for (int k = 0; block->scratch == buffer && k < block->nodes.n; k++) {
            const char *label = labels_of(emit, pass)[block->nodes.at[k]->id];
            if (label != NULL)
                all = arena_printf(emit->arena, "%s%s",
                                   all != NULL ? arena_printf(emit->arena, "%s, ", all) : "partial sums of ", label);
        }
    }
    return all;
}

const char *explain_buffer(Emit *emit, const Buffer *buffer)
{
    const Schedule *schedule = emit->program->schedule;
    const Pass *passes[] = {&schedule->forward, &schedule->backward};
    if (is_shared(buffer))
        return explain_slots(emit, buffer);
    for (int i = 0; i < 1 + schedule->has_backward; i++) {
        const Node *node = held_by(emit, passes[i], buffer, 0);
        if (node != NULL && (node->defines == NULL || node->defines->def != node))
            return formula(emit, passes[i], node, true);
    }
    return explain_partial(emit, buffer);
}

/* ---- functions ---- */

static const char *const each[] = {
    [DOMAIN_SEQ] = "At one step, of one row", [DOMAIN_ROWS] = "Of one row", [DOMAIN_ONCE] = "Once"};
static const char *const all[] = {
    [DOMAIN_SEQ] = "Over all steps and rows", [DOMAIN_ROWS] = "Over all rows", [DOMAIN_ONCE] = "Once"};

static const char *heading(const Emit *emit, const Block *block)
{
    Arena *arena = emit->arena;
    const GVar *var = block->var;
    switch (block->kind) {
    case BLOCK_INPUT:
        return arena_printf(arena, "%s%s in padded rows; past a row's length zeros, of tokens -1.",
                            block->backward ? "Adjoint of " : "", var->path);
    case BLOCK_LEAD:
        return arena_printf(arena, "%s outside the window.", var->path);
    case BLOCK_PRODUCT:
        return arena_printf(arena, "%s:", all[block->domain]);
    case BLOCK_CONTRACT:
    case BLOCK_SUM:
        return "Added into the gradients:";
    case BLOCK_LOOP:
        return arena_printf(arena, "The loop over %s, %s.", emit->program->model->axes.at[block->axis].name,
                            block->direction > 0 ? "from the first step on" : "from the last step back");
    case BLOCK_UNITS:
        if (block->group != NULL && block->component >= 0)
            return "Behind the products of this phase, 16 units at one step, of one row:";
        break;
    default:
        break;
    }
    return arena_printf(arena, "%s:", each[block->domain]);
}

/* Of blocks of vectors and numbers what others read, of the rest everything. */
static bool is_shown(const Pass *pass, const Block *block, const Node *node)
{
    const bool many = block->kind == BLOCK_UNITS || block->kind == BLOCK_SCALARS;
    return block->kind != BLOCK_LOOP && (!many || pass->keep[node->id]);
}

const char *explain_values(Emit *emit, const Pass *pass, const BlockList *blocks, const char *over)
{
    Text text = text_new(emit->arena);
    text_add(&text, over);
    int shown = 0;
    for (int i = 0; i < blocks->n; i++)
        for (int k = 0; k < blocks->at[i]->nodes.n; k++) {
            const Node *node = blocks->at[i]->nodes.at[k];
            const char *label = pass->keep[node->id] ? labels_of(emit, pass)[node->id] : NULL;
            if (label != NULL)
                text_printf(&text, "%s%s", shown++ ? ", " : ": ", label);
        }
    return text_z(&text);
}

void explain_block(Emit *emit, CBlock *out, const Pass *pass, const Block *block)
{
    Text text = text_new(emit->arena);
    text_add(&text, heading(emit, block));
    int shown = 0;
    for (int i = 0; i < block->nodes.n; i++) {
        if (!is_shown(pass, block, block->nodes.at[i]))
            continue;
        if (shown++ == FORMULAS_MAX) {
            text_add(&text, "\n  ...");
            break;
        }
        text_printf(&text, "\n  %s", equation(emit, pass, block->nodes.at[i]));
    }
    for (int i = 0; i < block->copies.n; i++) {
        const Copy *copy = &block->copies.at[i];
        if (copy->node != NULL)
            text_printf(&text, "\n  %s = %s", copy->to.buffer->field, formula(emit, pass, copy->node, false));
    }
    c_comment(out, "%s", text_z(&text));
}

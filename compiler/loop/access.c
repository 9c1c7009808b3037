/* access.c: which buffers a block reads and writes, and at which steps seen from the one that it computes. Relies on the
 * places that place.c chose; read by chunk.c, again.c, late.c and plan.c. (verify.c finds the same on a way of its own.) */
#include "loop/schedule.h"

typedef struct Lister {
    const Program *program;
    const Pass *pass;
    Accesses *to;
} Lister;

static void add(const Lister *l, Buffer *buffer, bool write, bool any_step, int offset)
{
    const Access access = {buffer, write, any_step, offset, offset};
    if (buffer)
        vec_push(l->program->arena, l->to, access);
}

static void add_read(const Lister *l, const Node *node, bool any_step)
{
    const Schedule *schedule = l->program->schedule;
    if (node->op == OP_UP)
        add(l, schedule->up_loc[node->var->id].buffer, false, any_step, 0);
    if (node->op == OP_READ || node->op == OP_INPUT)
        add(l, schedule->var_loc[l->pass->backward][node->var->id].buffer, false, any_step,
            node->op == OP_READ ? node->offset : 0);
    add(l, l->pass->loc[node->id].buffer, false, any_step, 0);
}

/* Reductions over steps and values at one step look anywhere; deferred sums take what they find step by step. */
static bool looks_anywhere(const Node *node)
{
    const bool deferred = node->op == OP_CONTRACT || node->op == OP_SCATTER_SUM || node_is_row_sum(node);
    if (op_info[node->op].family != FAMILY_AXIS || deferred)
        return false;
    return node->op == OP_AT || (node->over & ~AXIS_BIT(AXIS_BATCH)) != 0;
}

static void add_arguments(const Lister *l, const Node *node)
{
    for (int k = 0; k < node->n; k++)
        add_read(l, node->arg[k], looks_anywhere(node));
}

/* Past a row's length a sequence that is read backwards holds its start value. */
static void add_start(const Lister *l, const Node *node)
{
    const Graph *graph = l->program->graph;
    for (int i = 0; i < graph->vars.n; i++)
        if (graph->vars.at[i]->def == node && graph->vars.at[i]->init)
            add_read(l, graph->vars.at[i]->init, false);
}

static void add_products(const Lister *l, const Block *block)
{
    const Strip *strip = block->strip ? block->strip : block->group ? block->group->strip : NULL;
    if (strip) {
        add(l, strip->buffer, false, false, 0);
        add(l, strip->buffer, block->kind == BLOCK_PRODUCT, false, 0);
    }
    if (block->strip)
        add(l, block->round->operand.buffer, false, false, block->round->operand.offset);
    for (int r = 0; block->group && r < block->group->rounds.n; r++)
        add(l, block->group->rounds.at[r]->operand.buffer, false, false, block->group->rounds.at[r]->operand.offset);
}

static void add_copies(const Lister *l, const Block *block)
{
    for (int i = 0; i < block->copies.n; i++) {
        if (block->copies.at[i].node)
            add_read(l, block->copies.at[i].node, false);
        add(l, block->copies.at[i].to.buffer, true, false, 0);
    }
}

static void add_variable(const Lister *l, const Block *block)
{
    const Schedule *schedule = l->program->schedule;
    const bool up = block->kind == BLOCK_INPUT && l->pass->backward;
    const Loc *at = up ? schedule->up_loc : schedule->var_loc[l->pass->backward];
    if (!block->var)
        return;
    add(l, at[block->var->id].buffer, true, block->kind == BLOCK_LEAD || !up, 0);
    if (block->kind == BLOCK_LEAD && block->var->init)
        add_read(l, block->var->init, false);
}

static void list(const Lister *l, const Block *block)
{
    for (int i = 0; i < block->nodes.n; i++) {
        add_arguments(l, block->nodes.at[i]);
        add_start(l, block->nodes.at[i]);
        add(l, l->pass->loc[block->nodes.at[i]->id].buffer, true, false, 0);
    }
    for (int i = 0; i < block->inside.n; i++)
        add_arguments(l, block->inside.at[i]);
    add_copies(l, block);
    add_variable(l, block);
    add_products(l, block);
    add(l, block->scratch, true, false, 0);
    for (int i = 0; i < block->body.n; i++)
        list(l, block->body.at[i]);
}

bool accesses_touch(const Accesses *accesses, const Buffer *buffer, bool only_write)
{
    for (int i = 0; i < accesses->n; i++)
        if (accesses->at[i].buffer == buffer && (accesses->at[i].write || !only_write))
            return true;
    return false;
}

Accesses block_accesses(const Program *program, const Pass *pass, const Block *block)
{
    Accesses accesses = {0};
    const Lister l = {program, pass, &accesses};
    list(&l, block);
    return accesses;
}

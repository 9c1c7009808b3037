/* block.c: nodes of equal level, shape and domain become one block; loops get their phases in order; inputs and the
 * steps before a window get blocks of their own. Levels come from level.c, what is stored where from place.c. */
#include <stdlib.h>
#include <string.h>

#include "loop/schedule.h"

enum { SUMS_AT_ONCE = 8 };

static Block *block_new(Program *program, const Pass *pass, BlockKind kind, Domain domain, int level)
{
    Block *block = arena_make(program->arena, Block);
    block->kind = kind;
    block->id = program->schedule->block_count++;
    block->backward = pass->backward;
    block->domain = domain;
    block->component = -1;
    block->level = level;
    block->matrix_rows = 1;
    block->unroll_steps = 1;
    vec_push(program->arena, &program->schedule->all_blocks, block);
    return block;
}

static BlockKind kind_of(const Node *node)
{
    if (node_is_total(node))
        return BLOCK_TOTAL;
    if (node_is_product(node))
        return BLOCK_PRODUCT;
    if (node_is_computed_number(node))
        return BLOCK_SCALARS;
    if (node_is_elementwise(node))
        return BLOCK_UNITS;
    if (node->op == OP_CONTRACT)
        return BLOCK_CONTRACT;
    if (node->op == OP_SCATTER_SUM || (node->op == OP_SUM_AXES && node_domain(node) == DOMAIN_ONCE))
        return BLOCK_SUM;
    return BLOCK_ROW;
}

/* Sums of vectors of one shape are made in one loop over steps and rows, as many as stand in registers. */
static bool same_loop(const Program *program, const Pass *pass, const Block *block, const Node *sum)
{
    const Node *first = block->nodes.at[0];
    if (!node_is_row_sum(first) || !node_is_row_sum(sum) || block->nodes.n >= SUMS_AT_ONCE)
        return false;
    const Node *a = first->arg[0], *b = sum->arg[0];
    bool apart = !pass->mirror[a->id] || !pass->mirror[b->id];
    return apart && a != b && first->over == sum->over && same_vectors(a, b) && node_domain(a) == node_domain(b) &&
           sum_falls(program, pass, a) == sum_falls(program, pass, b);
}

/* Is the adjoint of some value of the group added up in the same way? */
static bool is_summed(const Program *program, const Pass *pass, const Group *group, const Node *like)
{
    const Graph *graph = program->graph;
    int arg = sum_adjoint(pass, like);
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        if (node->op == like->op && node->over == like->over && pass->in[i] &&
            pass->mirror[node->arg[arg]->id] == group && (node->n < 2 || node->arg[1 - arg] == like->arg[1 - arg]))
            return true;
    }
    return false;
}

/* Do the adjoints stand in one row, with nothing between them that is not added up as well? */
static bool same_row(const Program *program, const Pass *pass, const Node *sum, const Node *other)
{
    const Node *a = sum->arg[sum_adjoint(pass, sum)], *b = other->arg[sum_adjoint(pass, other)];
    const Group *from = pass->mirror[a->id], *to = pass->mirror[b->id];
    if (!from || !to)
        return a == b;
    bool same = from->strip == to->strip;
    for (int g = 0; same && g < from->strip->groups.n; g++) {
        const Group *group = from->strip->groups.at[g];
        bool between = (group->first > from->first) != (group->first > to->first);
        same = !between || is_summed(program, pass, group, sum);
    }
    return same;
}

/* Deferred sums over equal rows run together: the gates of a cell give one product for all their weights. */
static bool same_sum(const Program *program, const Pass *pass, const Node *first, const Node *node)
{
    if (first->op != node->op || node->op == OP_SCATTER_SUM || first->over != node->over ||
        sum_adjoint(pass, first) != sum_adjoint(pass, node) || !same_row(program, pass, first, node))
        return false;
    if (node->op != OP_CONTRACT)
        return first->arg[0] != node->arg[0];
    int other = 1 - sum_adjoint(pass, node);
    return first->arg[other] == node->arg[other];
}

static bool takes(const Program *program, const Pass *pass, const Block *block, const Node *node, BlockKind kind)
{
    if (block->kind != kind || kind == BLOCK_ROW)
        return false;
    const Node *first = block->nodes.at[0];
    if (kind == BLOCK_CONTRACT || kind == BLOCK_SUM)
        return same_sum(program, pass, first, node) || same_loop(program, pass, block, node);
    return kind != BLOCK_UNITS || same_vectors(first, node);
}

static void add_node(Program *program, Pass *pass, Block *block, Node *node)
{
    if (block->kind == BLOCK_UNITS && block->nodes.n == 0) {
        block->rank = node->rank;
        block->units = node->dim[node->rank - 1];
        block->matrix_rows = node->rank == 2 ? node->dim[0] : 1;
    }
    vec_push(program->arena, &block->nodes, node);
    pass->home[node->id] = block;
}

/* ---- inside loops ---- */

static void order_blocks(Block **blocks, int n)
{
    for (int i = 1; i < n; i++) { /* insertion sort: stable, and n is small */
        Block *block = blocks[i];
        int k = i;
        for (; k > 0 && blocks[k - 1]->level > block->level; k--)
            blocks[k] = blocks[k - 1];
        blocks[k] = block;
    }
}

/* Products of a loop run at the head of the units block of their size, on its accumulators. */
static BlockKind loop_kind(const Node *node)
{
    BlockKind kind = kind_of(node);
    return kind == BLOCK_PRODUCT ? BLOCK_UNITS : kind;
}

static bool loop_takes(const Program *program, const Pass *pass, const Block *block, const Node *node, BlockKind kind)
{
    if (block->level != pass->level[node->id] || !takes(program, pass, block, node, kind) ||
        generated_needs(pass, block->nodes.at[0]) != generated_needs(pass, node))
        return false;
    const Group *group = pass->group[node->id];
    return !group || !block->group || block->group == group;
}

/* Where in the loop the last of the values stands that the node finds in registers: more products than stand side by
 * side open several blocks of one level. */
static int first_in_time(const Pass *pass, const Block *loop, const Node *node)
{
    int first = 0;
    for (int i = 0; i < loop->body.n; i++)
        for (int k = 0; k < node->n; k++)
            if (pass->home[node->arg[k]->id] == loop->body.at[i] && loop->body.at[i]->level == pass->level[node->id])
                first = i;
    return first;
}

static void add_to_loop(Program *program, Pass *pass, Block *loop, Node *node)
{
    BlockKind kind = loop_kind(node);
    Block *into = NULL;
    for (int i = first_in_time(pass, loop, node); i < loop->body.n && !into; i++)
        if (loop_takes(program, pass, loop->body.at[i], node, kind))
            into = loop->body.at[i];
    if (!into) {
        into = block_new(program, pass, kind, DOMAIN_SEQ, pass->level[node->id]);
        into->component = loop->component;
        into->axis = loop->axis;
        vec_push(program->arena, &loop->body, into);
    }
    add_node(program, pass, into, node);
    if (pass->group[node->id])
        into->group = pass->group[node->id];
}

static Block *loop_block(Program *program, Pass *pass, int component)
{
    for (int i = 0; i < pass->blocks.n; i++)
        if (pass->blocks.at[i]->kind == BLOCK_LOOP && pass->blocks.at[i]->component == component)
            return pass->blocks.at[i];
    Block *loop = block_new(program, pass, BLOCK_LOOP, DOMAIN_SEQ, pass->loop_level[component]);
    loop->component = component;
    loop->axis = program->schedule->loops->at[component].axis;
    loop->direction = program->schedule->loops->at[component].direction;
    loop->needs = NEEDS_UP;
    vec_push(program->arena, &pass->blocks, loop);
    return loop;
}

/* ---- outside loops ---- */

static void add_round(Program *program, Pass *pass, Node *product)
{
    Round *round = pass->round[product->id];
    if (!round->block) {
        Block *block = block_new(program, pass, BLOCK_PRODUCT, node_domain(product), pass->level[product->id]);
        block->strip = pass->group[product->id]->strip;
        block->round = round;
        block->needs = pass->needs[product->id];
        round->block = block;
        vec_push(program->arena, &pass->blocks, block);
    }
    add_node(program, pass, round->block, product);
}

static void add_outside(Program *program, Pass *pass, Node *node)
{
    BlockKind kind = kind_of(node);
    if (kind == BLOCK_PRODUCT) {
        add_round(program, pass, node);
        return;
    }
    Domain domain = node_domain(node);
    unsigned needs = pass->needs[node->id];
    Block *into = NULL;
    for (int i = 0; i < pass->blocks.n && !into; i++) {
        Block *block = pass->blocks.at[i];
        if (block->level == pass->level[node->id] && block->domain == domain && block->needs == needs &&
            takes(program, pass, block, node, kind))
            into = block;
    }
    if (!into) {
        into = block_new(program, pass, kind, domain, pass->level[node->id]);
        into->needs = needs;
        vec_push(program->arena, &pass->blocks, into);
    }
    add_node(program, pass, into, node);
}

/* Starts that are no plain bias are written into the slots before the first hoisted product adds to them. */
static void add_prefill(Program *program, Pass *pass, Strip *strip)
{
    const Block *first = strip->rounds.at[0]->block;
    Block *block = block_new(program, pass, BLOCK_UNITS, first->domain, first->level - 1);
    block->rank = 1;
    block->units = strip->groups.at[0]->units;
    block->needs = first->needs;
    strip->prefill_block = block;
    vec_push(program->arena, &pass->blocks, block);
}

/* ---- variables from outside and from before ---- */

static void add_variable_blocks(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    bool *input = arena_array(program->arena, bool, graph->vars.n);
    bool *read = arena_array(program->arena, bool, graph->vars.n);
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        if (!pass->in[i] || !node->var)
            continue;
        bool from_caller = node->var->kind == GVAR_INPUT || node->var->kind == GVAR_TARGET;
        input[node->var->id] |= from_caller && !pass->backward;
        read[node->var->id] |= node->op == OP_READ && (node->var->kind == GVAR_ADJOINT) == pass->backward;
    }
    for (int i = 0; i < graph->vars.n; i++) {
        GVar *var = graph->vars.at[i];
        unsigned target = var->kind == GVAR_TARGET ? NEEDS_TARGET : 0;
        if (input[i]) {
            Block *block =
                block_new(program, pass, BLOCK_INPUT, var->axes & ~AXIS_BIT(AXIS_BATCH) ? DOMAIN_SEQ : DOMAIN_ROWS, 0);
            block->var = var;
            block->needs = target;
            vec_push(program->arena, &pass->blocks, block);
        }
        if (read[i]) {
            int level = var->init && !node_is_leaf(var->init) ? pass->level[var->init->id] + 1 : 0;
            Block *block = block_new(program, pass, BLOCK_LEAD, DOMAIN_SEQ, level);
            block->var = var;
            vec_push(program->arena, &pass->blocks, block);
        }
    }
}

bool up_is_copied(const Pass *pass, const Node *up)
{
    for (int i = 0; i < pass->users[up->id].n; i++)
        if (!node_is_elementwise(pass->users[up->id].at[i]) || pass->users[up->id].at[i]->op == OP_OUTER)
            return up->rank > 0;
    return false;
}

/* Adjoints from outside as padded rows. */
static void add_up_blocks(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *up = graph->nodes.at[i];
        if (!pass->in[i] || up->op != OP_UP || !up_is_copied(pass, up))
            continue;
        Block *block = block_new(program, pass, BLOCK_INPUT, node_domain(up), 0);
        block->var = up->var;
        block->needs = NEEDS_UP;
        vec_push(program->arena, &pass->blocks, block);
    }
}

/* A state of a loop; of other blocks, the last value that the user named, else something about the last one. */
static const char *name_of_block(Arena *arena, const Block *block)
{
    if (block->var)
        return block->var->name;
    for (int i = 0; i < block->body.n; i++)
        for (int k = 0; k < block->body.at[i]->nodes.n; k++) {
            const GVar *var = block->body.at[i]->nodes.at[k]->defines;
            if (var && var->lag > 0)
                return var->name;
        }
    if (block->kind == BLOCK_LOOP)
        return name_of_block(arena, block->body.at[block->body.n - 1]);
    for (int i = block->nodes.n - 1; i >= 0; i--)
        if (block->nodes.at[i]->name)
            return block->nodes.at[i]->name;
    return block->nodes.n > 0 ? value_name(arena, block->nodes.at[block->nodes.n - 1]) : "start";
}

/* No function of an entry may have the same name: names of the language end in no '_'. */
static bool is_of_entry(const Program *program, const char *name)
{
    const char *adjoint = arena_printf(program->arena, "d_%s", name);
    for (int i = 0; i < program->graph->entries.n; i++) {
        const char *entry = program->graph->entries.at[i].entry->name;
        if (strncmp(entry, name, strlen(name)) == 0 || strncmp(entry, adjoint, strlen(adjoint)) == 0)
            return true;
    }
    return false;
}

static void name_block(Program *program, Block *block)
{
    const char *name = name_of_block(program->arena, block);
    static const char *const kinds[] = {
        [BLOCK_INPUT] = "input", [BLOCK_LEAD] = "lead",       [BLOCK_UNITS] = "units",      [BLOCK_SCALARS] = "numbers",
        [BLOCK_ROW] = "row",     [BLOCK_PRODUCT] = "product", [BLOCK_CONTRACT] = "weights", [BLOCK_SUM] = "sum",
        [BLOCK_TOTAL] = "total", [BLOCK_LOOP] = "loop"};
    block->name = arena_printf(program->arena, "%s_%s%d", name, kinds[block->kind], block->id);
    if (is_of_entry(program, block->name))
        block->name = arena_printf(program->arena, "%s_", block->name);
    for (int i = 0; i < block->body.n; i++)
        name_block(program, block->body.at[i]);
}

void pass_blocks(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    add_variable_blocks(program, pass);
    add_up_blocks(program, pass);
    for (int i = 0; i < graph->nodes.n; i++) {
        Node *node = graph->nodes.at[i];
        if (!pass_computes(program, pass, node) || pass->fused[i])
            continue;
        if (pass->component[i] >= 0) {
            Block *loop = loop_block(program, pass, pass->component[i]);
            loop->needs &= pass->needs[i]; /* all of it is for adjoints from outside, or none */
            add_to_loop(program, pass, loop, node);
        } else
            add_outside(program, pass, node);
    }
    for (int i = graph->nodes.n - 1; i >= 0; i--) /* users first */
        if (pass->fused[i])
            pass->home[i] = pass->home[pass->users[i].at[0]->id];
    for (int i = 0; i < pass->strips.n; i++)
        if (pass->strips.at[i]->prefill)
            add_prefill(program, pass, pass->strips.at[i]);
    order_blocks(pass->blocks.at, pass->blocks.n);
    for (int i = 0; i < pass->blocks.n; i++) {
        Block *block = pass->blocks.at[i];
        if (block->kind == BLOCK_LOOP)
            order_blocks(block->body.at, block->body.n);
        name_block(program, block);
    }
}

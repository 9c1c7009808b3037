/* walk.c: blocks outside loops that compute one step of one row at a time become one walk over all steps and rows, so
 * that what one of them leaves for the next is still in the cache (or needs a row of memory only: place.c). A block joins
 * the earliest walk behind everything it depends on, when it looks at no other step or row of what that walk computes.
 * Next: place.c. */
#include "loop/schedule.h"

typedef struct Walks {
    Program *program;
    Pass *pass;
    int *place;         /* [blocks] in `order`; of members, their walk's */
    VEC(Block *) order; /* what becomes pass->blocks */
} Walks;

static bool is_pointwise(const Block *block)
{
    return block->domain != DOMAIN_ONCE &&
           (block->kind == BLOCK_UNITS || block->kind == BLOCK_SCALARS || block->kind == BLOCK_ROW);
}

static int place_of(const Walks *w, const Node *node)
{
    const Block *home = w->pass->home[node->id];
    return home && home->component < 0 ? w->place[home->id] : -1;
}

static int later(int a, int b)
{
    return a > b ? a : b;
}

/* The block of that kind that fills the buffer of a variable, if one has been placed. */
static int place_of_variable(const Walks *w, BlockKind kind, const GVar *var)
{
    for (int i = 0; i < w->order.n; i++)
        if (w->order.at[i]->kind == kind && w->order.at[i]->var == var)
            return i;
    return -1;
}

/* Loops count from where they stand as a whole. */
static int place_of_loop(const Walks *w, const Node *node)
{
    for (int i = 0; i < w->order.n && w->pass->component[node->id] >= 0; i++)
        if (w->order.at[i]->kind == BLOCK_LOOP && w->order.at[i]->component == w->pass->component[node->id])
            return i;
    return -1;
}

/* Where the argument is complete; `elsewhere`: it is looked at at other steps or rows than the one that is computed. */
static int place_of_argument(const Walks *w, const Node *node, const Node *arg, bool *elsewhere)
{
    int place = later(place_of(w, arg), place_of_loop(w, arg));
    *elsewhere = op_info[node->op].family == FAMILY_AXIS || arg->op == OP_READ;
    if (arg->op == OP_READ && arg->var->def)
        place = later(place, later(place_of(w, arg->var->def), place_of_loop(w, arg->var->def)));
    if (arg->op == OP_READ)
        place = later(place, place_of_variable(w, BLOCK_LEAD, arg->var));
    if (arg->op == OP_READ || arg->op == OP_INPUT || arg->op == OP_UP)
        place = later(place, place_of_variable(w, BLOCK_INPUT, arg->var));
    return place;
}

/* Past a row's length a sequence that is read backwards holds its start value, so this must be there. */
static int place_of_start(const Walks *w, const Node *node)
{
    const Graph *graph = w->program->graph;
    int place = -1;
    for (int i = 0; i < graph->vars.n; i++)
        if (graph->vars.at[i]->def == node && graph->vars.at[i]->init)
            place = later(place, place_of(w, graph->vars.at[i]->init));
    return place;
}

/* The first place at which the block may join a walk. */
static int earliest(const Walks *w, const Block *block)
{
    int first = 0;
    for (int i = 0; i < block->nodes.n; i++)
        first = later(first, place_of_start(w, block->nodes.at[i]));
    for (int i = 0; i < block->nodes.n; i++)
        for (int k = 0; k < block->nodes.at[i]->n; k++) {
            bool elsewhere;
            const int place = place_of_argument(w, block->nodes.at[i], block->nodes.at[i]->arg[k], &elsewhere);
            first = later(first, elsewhere ? place + 1 : place);
        }
    for (int i = 0; i < block->copies.n; i++)
        if (block->copies.at[i].node)
            first = later(first, place_of(w, block->copies.at[i].node));
    return first;
}

/* Starts of sums are written before their products, at whatever place the order of levels gave them. */
static bool is_prefill(const Pass *pass, const Block *block)
{
    for (int i = 0; i < pass->strips.n; i++)
        if (pass->strips.at[i]->prefill_block == block)
            return true;
    return false;
}

static Block *walk_from(Walks *w, Block *first)
{
    Block *walk = arena_make(w->program->arena, Block);
    *walk = (Block){.kind = BLOCK_WALK,
                    .id = w->program->schedule->block_count++,
                    .backward = first->backward,
                    .domain = first->domain,
                    .component = -1,
                    .level = first->level,
                    .matrix_rows = 1,
                    .unroll_steps = 1,
                    .needs = first->needs,
                    .name = arena_printf(w->program->arena, "%s_walk", first->name)};
    vec_push(w->program->arena, &w->program->schedule->all_blocks, walk);
    vec_push(w->program->arena, &walk->body, first);
    first->walk = walk;
    return walk;
}

static void place_block(Walks *w, Block *block)
{
    const bool joins = is_pointwise(block) && !is_prefill(w->pass, block);
    for (int i = joins ? earliest(w, block) : w->order.n; i < w->order.n; i++) {
        Block *other = w->order.at[i];
        const bool open = other->kind == BLOCK_WALK || (is_pointwise(other) && !is_prefill(w->pass, other));
        if (!open || other->domain != block->domain || ((other->needs ^ block->needs) & NEEDS_UP) != 0)
            continue;
        if (other->kind != BLOCK_WALK)
            other = w->order.at[i] = walk_from(w, other);
        block->walk = other;
        other->needs &= block->needs; /* entry points run only the parts that they need */
        vec_push(w->program->arena, &other->body, block);
        w->place[block->id] = i;
        return;
    }
    w->place[block->id] = w->order.n;
    vec_push(w->program->arena, &w->order, block);
}

void pass_walks(Program *program, Pass *pass)
{
    Walks w = {
        .program = program, .pass = pass, .place = arena_array(program->arena, int, program->schedule->block_count)};
    for (int i = 0; i < pass->blocks.n; i++)
        place_block(&w, pass->blocks.at[i]);
    pass->blocks.n = 0;
    for (int i = 0; i < w.order.n; i++)
        vec_push(program->arena, &pass->blocks, w.order.at[i]);
}

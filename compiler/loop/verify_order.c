/* verify_order.c: does every block run after what it reads? Among blocks, inside the steps of a loop, inside walks, and
 * from chunk to chunk of steps. Part of plan_verify (verify.c), which looks at memory. */
#include "loop/schedule.h"
#include "loop/verify.h"

bool block_makes(const Block *block, const Node *node, const Pass *pass)
{
    for (int i = 0; i < block->inside.n; i++)
        if (block->inside.at[i] == node)
            return true;
    return pass->home[node->id] == block;
}

/* Places of blocks. */
typedef struct Order {
    const Pass *pass;
    int *top;            /* [blocks] of it or of what it is in, among all blocks */
    int *place;          /* [blocks] inside that */
    const Block **steps; /* [blocks] the loop or walk that it is in, or itself: what goes step by step */
    const Block **chunk; /* [blocks] that it is in, or NULL */
} Order;

static bool comes_later(const Order *order, const Block *maker, const Block *block)
{
    if (order->top[maker->id] != order->top[block->id])
        return order->top[maker->id] > order->top[block->id];
    return order->place[maker->id] > order->place[block->id];
}

/* Where a buffer keeps one step only, this step is all that others find. */
static const char *check_scratch(const Program *program, const Order *order, const Block *block, const Node *arg)
{
    const Buffer *buffer = order->pass->loc[arg->id].buffer;
    const Block *maker = order->pass->home[arg->id];
    if (!buffer || !maker || buffer->span == SPAN_SEQ || node_domain(arg) != DOMAIN_SEQ ||
        block_makes(block, arg, order->pass))
        return NULL;
    if (order->steps[maker->id] == order->steps[block->id])
        return NULL;
    return arena_printf(program->arena, "block %s reads all steps of what block %s keeps one step of", block->name,
                        maker->name);
}

static const char *check_arguments(const Program *program, const Order *order, const Block *block, const Node *node)
{
    for (int k = 0; k < node->n; k++) {
        const Node *arg = node->arg[k];
        bool read = arg->op == OP_READ && arg->var->def;
        const Block *maker =
            block_makes(block, arg, order->pass) ? block : order->pass->home[read ? arg->var->def->id : arg->id];
        bool in_turn = read && maker && order->steps[maker->id] == order->steps[block->id]; /* of another step */
        if (maker && !in_turn && comes_later(order, maker, block))
            return arena_printf(program->arena, "block %s reads what block %s computes after it", block->name,
                                maker->name);
        const char *wrong = check_scratch(program, order, block, arg);
        if (wrong)
            return wrong;
        if (maker == block && !read && arg->id >= node->id)
            return arena_printf(program->arena, "block %s reads a value before it has it", block->name);
    }
    return NULL;
}

/* What a sequence holds past a row's length where it is read backwards. */
static const char *check_starts(const Program *program, const Order *order, const Block *block, const Node *node)
{
    for (int i = 0; i < program->graph->vars.n; i++) {
        const GVar *var = program->graph->vars.at[i];
        const Buffer *buffer = program->schedule->var_loc[order->pass->backward][i].buffer;
        const bool ahead = var->def == node && var->init && buffer && buffer->trail > 0;
        const Block *maker = ahead ? order->pass->home[var->init->id] : NULL;
        if (maker && comes_later(order, maker, block))
            return arena_printf(program->arena, "block %s needs the start that block %s computes after it", block->name,
                                maker->name);
    }
    return NULL;
}

static const char *check_block_order(const Program *program, const Order *order, const Block *block)
{
    const char *wrong = NULL;
    for (int i = 0; i < block->nodes.n && !wrong; i++)
        wrong = check_arguments(program, order, block, block->nodes.at[i]);
    for (int i = 0; i < block->inside.n && !wrong; i++)
        wrong = check_arguments(program, order, block, block->inside.at[i]);
    for (int i = 0; i < block->nodes.n && !wrong; i++)
        wrong = check_starts(program, order, block, block->nodes.at[i]);
    if (wrong)
        return wrong;
    for (int i = 0; i < block->copies.n; i++) {
        const Node *node = block->copies.at[i].node;
        const Block *maker = node ? order->pass->home[node->id] : NULL;
        if (maker && comes_later(order, maker, block))
            return arena_printf(program->arena, "block %s copies what block %s computes after it", block->name,
                                maker->name);
    }
    return NULL;
}

/* Each round goes on with the sums of the one before; the first one starts them. */
static const char *check_rounds(const Program *program, const Order *order, const Strip *strip)
{
    for (int r = 1; r < strip->rounds.n; r++)
        if (!comes_later(order, strip->rounds.at[r]->block, strip->rounds.at[r - 1]->block))
            return arena_printf(program->arena, "block %s adds to sums that block %s has not started",
                                strip->rounds.at[r]->block->name, strip->rounds.at[r - 1]->block->name);
    if (strip->prefill_block && !comes_later(order, strip->rounds.at[0]->block, strip->prefill_block))
        return arena_printf(program->arena, "block %s comes too late", strip->prefill_block->name);
    return NULL;
}

/* ---- from chunk to chunk ---- */

static bool writes(const Order *order, const Block *block, const Buffer *buffer)
{
    for (int i = 0; i < block->nodes.n; i++)
        if (order->pass->loc[block->nodes.at[i]->id].buffer == buffer)
            return true;
    for (int i = 0; i < block->copies.n; i++)
        if (block->copies.at[i].to.buffer == buffer)
            return true;
    return false;
}

/* What is read at another step: by then a block before this one must have written it, a block behind it must not. */
static const char *check_other_step(const Program *program, const Order *order, const Block *block, const Node *read)
{
    const Buffer *buffer = program->schedule->var_loc[order->pass->backward][read->var->id].buffer;
    const int ahead = read->offset * order->chunk[block->id]->direction; /* > 0: of a chunk still to come */
    for (int i = 0; i < program->schedule->all_blocks.n; i++) {
        const Block *other = program->schedule->all_blocks.at[i];
        const bool together = order->chunk[other->id] == order->chunk[block->id] && other->backward == block->backward;
        if (!together || order->steps[other->id] == order->steps[block->id] || !writes(order, other, buffer))
            continue;
        if (comes_later(order, other, block) ? ahead <= 0 : ahead >= 0)
            return arena_printf(program->arena, "block %s reads other chunks of what block %s writes", block->name,
                                other->name);
    }
    return NULL;
}

static bool runs_before(const Program *program, const Block *chunk, const Buffer *buffer)
{
    const Order forward = {.pass = &program->schedule->forward};
    for (int i = 0; i < chunk->again.n; i++)
        if (writes(&forward, chunk->again.at[i].block, buffer))
            return true;
    return false;
}

/* What is held for one chunk is made and read inside it. */
static const char *check_held(const Program *program, const Order *order, const Block *block, const Node *arg)
{
    const Buffer *buffer = order->pass->loc[arg->id].buffer;
    const Block *chunk = order->chunk[block->id], *maker = order->pass->home[arg->id];
    if (!buffer || !buffer->chunk || block_makes(block, arg, order->pass))
        return NULL;
    if (pass_loads(program, order->pass, arg) ? chunk && runs_before(program, chunk, buffer)
                                              : chunk && maker && order->chunk[maker->id] == chunk)
        return NULL;
    return arena_printf(program->arena, "block %s reads b%d %s, which is held for chunks in which it is not",
                        block->name, buffer->id, buffer->name);
}

/* A loop runs through its steps in one direction, and so do the chunks of them; sums have their order, too. */
static const char *check_direction(const Program *program, const Order *order, const Block *block)
{
    const Block *chunk = order->chunk[block->id];
    const bool sum = block->kind == BLOCK_CONTRACT || block->kind == BLOCK_SUM;
    bool falls = chunk && chunk->direction < 0;
    if (block->kind == BLOCK_LOOP)
        falls = block->direction < 0;
    else if (sum)
        falls = sum_falls(program, order->pass, block->nodes.at[0]->arg[sum_adjoint(order->pass, block->nodes.at[0])]);
    if (!chunk || falls == (chunk->direction < 0))
        return NULL;
    return arena_printf(program->arena, "block %s runs against the order of its chunks", block->name);
}

static const char *check_chunks(const Program *program, const Order *order, const Block *block, const Node *node)
{
    const char *wrong = NULL;
    for (int k = 0; k < node->n && !wrong; k++) {
        wrong = check_held(program, order, block, node->arg[k]);
        if (!wrong && order->chunk[block->id] && node->arg[k]->op == OP_READ)
            wrong = check_other_step(program, order, block, node->arg[k]);
    }
    return wrong;
}

static const char *check_leaf(const Program *program, const Order *order, const Block *block)
{
    const char *wrong = check_block_order(program, order, block);
    if (!wrong)
        wrong = check_direction(program, order, block);
    for (int i = 0; i < block->nodes.n && !wrong; i++)
        wrong = check_chunks(program, order, block, block->nodes.at[i]);
    for (int i = 0; i < block->inside.n && !wrong; i++)
        wrong = check_chunks(program, order, block, block->inside.at[i]);
    for (int i = 0; i < block->body.n && !wrong; i++)
        wrong = check_leaf(program, order, block->body.at[i]);
    return wrong;
}

/* ---- the whole ---- */

static void note_place(Order *order, const Block *block, int top, int *place, const Block *steps, const Block *chunk)
{
    order->top[block->id] = top;
    order->place[block->id] = (*place)++;
    order->steps[block->id] = steps ? steps : block;
    order->chunk[block->id] = chunk;
    const bool is_chunk = block->kind == BLOCK_CHUNK;
    for (int i = 0; i < block->body.n; i++)
        note_place(order, block->body.at[i], top, place, is_chunk ? NULL : block, is_chunk ? block : chunk);
}

const char *order_verify(const Program *program, const Pass *pass)
{
    int n = program->schedule->block_count;
    Order order = {pass, arena_array(program->arena, int, n), arena_array(program->arena, int, n),
                   arena_array(program->arena, const Block *, n), arena_array(program->arena, const Block *, n)};
    const char *wrong = NULL;
    for (int i = 0; i < pass->blocks.n; i++) {
        int place = 0;
        note_place(&order, pass->blocks.at[i], i, &place, NULL, NULL);
    }
    for (int i = 0; i < pass->blocks.n && !wrong; i++)
        wrong = check_leaf(program, &order, pass->blocks.at[i]);
    for (int i = 0; i < pass->strips.n && !wrong; i++)
        wrong = check_rounds(program, &order, pass->strips.at[i]);
    return wrong;
}

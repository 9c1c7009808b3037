/* again.c: which buffers hold one chunk of steps instead of a whole window, and what that costs. A value that only one
 * chunk touches needs no more memory. Large values on the tape (the logits of a large vocabulary) are not kept either:
 * where backward reads them in one chunk alone, it runs the blocks of the forward pass that make them once more, from what
 * is on the tape. Relies on chunk.c and access.c. Next: plan.c. */
#include "loop/schedule.h"

typedef struct Keeper {
    Program *program;
    Accesses *accesses; /* [blocks] of those at top level */
    bool *again;        /* [buffers] on the tape for one chunk only */
} Keeper;

static void list_pass(Keeper *k, const Pass *pass)
{
    for (int i = 0; i < pass->blocks.n; i++)
        k->accesses[pass->blocks.at[i]->id] = block_accesses(k->program, pass, pass->blocks.at[i]);
}

/* ---- who touches a buffer ---- */

static bool touches(const Accesses *accesses, const Buffer *buffer, bool only_write)
{
    for (int i = 0; i < accesses->n; i++)
        if (accesses->at[i].buffer == buffer && (accesses->at[i].write || !only_write))
            return true;
    return false;
}

static bool looks_away(const Accesses *accesses, const Buffer *buffer)
{
    for (int i = 0; i < accesses->n; i++) {
        const Access *access = &accesses->at[i];
        if (access->buffer == buffer && (access->any_step || access->least != 0 || access->most != 0))
            return true;
    }
    return false;
}

/* The one chunk of a pass that touches the buffer, always at the step it computes; NULL: there is none. */
static Block *only_chunk(const Keeper *k, const Pass *pass, const Buffer *buffer)
{
    Block *only = NULL;
    for (int i = 0; i < pass->blocks.n; i++) {
        Block *block = pass->blocks.at[i];
        const Accesses *accesses = &k->accesses[block->id];
        if (!touches(accesses, buffer, false))
            continue;
        if (only || block->kind != BLOCK_CHUNK || looks_away(accesses, buffer))
            return NULL;
        only = block;
    }
    return only;
}

static bool is_sequence(const Buffer *buffer)
{
    return buffer->span == SPAN_SEQ && buffer->lead + buffer->trail == 0;
}

/* Outputs and adjoints of inputs are given to the caller when everything has run. */
static bool is_given(const Program *program, const Buffer *buffer)
{
    const Graph *graph = program->graph;
    const Schedule *schedule = program->schedule;
    for (int i = 0; i < graph->outputs.n; i++)
        if (schedule->forward.loc[graph->outputs.at[i].value->id].buffer == buffer)
            return true;
    for (int i = 0; i < graph->input_grads.n && schedule->has_backward; i++)
        if (graph->input_grads.at[i].grad && schedule->backward.loc[graph->input_grads.at[i].grad->id].buffer == buffer)
            return true;
    return false;
}

static bool fits_one_chunk(const Keeper *k, const Buffer *buffer)
{
    const Schedule *schedule = k->program->schedule;
    if (!is_sequence(buffer) || buffer->tape || buffer->forward == buffer->backward)
        return false;
    if (is_given(k->program, buffer) && !(buffer->forward && buffer_is_large(k->program, buffer)))
        return false;
    return only_chunk(k, buffer->forward ? &schedule->forward : &schedule->backward, buffer) != NULL;
}

/* ---- what can run again ---- */

static bool is_candidate(const Keeper *k, const Buffer *buffer)
{
    const Schedule *schedule = k->program->schedule;
    return is_sequence(buffer) && buffer->tape && buffer->forward && buffer_is_large(k->program, buffer) &&
           only_chunk(k, &schedule->forward, buffer) && only_chunk(k, &schedule->backward, buffer);
}

/* Backward is given no controls and draws no random numbers. */
static bool is_closed(const Block *block)
{
    for (int i = 0; i < block->nodes.n; i++) {
        const Node *node = block->nodes.at[i];
        if (node->op == OP_MASK || node->op == OP_SAMPLE)
            return false;
        for (int a = 0; a < node->n; a++)
            if (node->arg[a]->op == OP_CONTROL)
                return false;
    }
    return block->body.n == 0 && block->component < 0 && block->kind != BLOCK_INPUT;
}

/* Is it on the tape as forward left it, for all of backward? */
static bool is_untouched(const Keeper *k, const Buffer *buffer)
{
    const Pass *backward = &k->program->schedule->backward;
    for (int i = 0; i < backward->blocks.n; i++)
        if (touches(&k->accesses[backward->blocks.at[i]->id], buffer, true))
            return false;
    return buffer->tape;
}

static bool runs_again(const Keeper *k, const Block *block)
{
    const Accesses accesses = block_accesses(k->program, &k->program->schedule->forward, block);
    if (!is_closed(block))
        return false;
    for (int i = 0; i < accesses.n; i++) {
        const Access *access = &accesses.at[i];
        if (!k->again[access->buffer->id] && (access->write || !is_untouched(k, access->buffer)))
            return false;
    }
    return true;
}

/* Do all blocks below `block` that write the buffer pass the test? */
static bool all_writers_run_again(const Keeper *k, const Block *block, const Buffer *buffer)
{
    if (block->kind == BLOCK_CHUNK || block->kind == BLOCK_WALK) {
        for (int i = 0; i < block->body.n; i++)
            if (!all_writers_run_again(k, block->body.at[i], buffer))
                return false;
        return true;
    }
    const Accesses accesses = block_accesses(k->program, &k->program->schedule->forward, block);
    return !touches(&accesses, buffer, true) || runs_again(k, block);
}

static bool can_be_made_again(const Keeper *k, const Buffer *buffer)
{
    const Pass *forward = &k->program->schedule->forward;
    return all_writers_run_again(k, only_chunk(k, forward, buffer), buffer);
}

static void find_again(Keeper *k)
{
    const Program *program = k->program;
    for (int i = 0; i < program->buffers.n; i++)
        k->again[i] = is_candidate(k, program->buffers.at[i]);
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < program->buffers.n; i++)
            if (k->again[i] && !can_be_made_again(k, program->buffers.at[i])) {
                k->again[i] = false;
                changed = true;
            }
    }
}

/* ---- the blocks that run again, in the order of the forward pass ---- */

/* Does something that always runs read the buffer: of the chunk's body, or of what runs again behind `from`? */
static bool is_always_read(const Keeper *k, const Block *chunk, int from, const Buffer *buffer)
{
    const Schedule *schedule = k->program->schedule;
    for (int i = 0; i < chunk->body.n; i++) {
        const Accesses accesses = block_accesses(k->program, &schedule->backward, chunk->body.at[i]);
        if (!(chunk->body.at[i]->needs & NEEDS_UP) && touches(&accesses, buffer, false))
            return true;
    }
    for (int i = from; i < chunk->again.n; i++) {
        const Accesses accesses = block_accesses(k->program, &schedule->forward, chunk->again.at[i].block);
        if (!chunk->again.at[i].only_up && touches(&accesses, buffer, false))
            return true;
    }
    return false;
}

static void collect(Keeper *k, Block *block)
{
    const Schedule *schedule = k->program->schedule;
    for (int i = 0; i < block->body.n; i++)
        collect(k, block->body.at[i]);
    const Accesses accesses = block_accesses(k->program, &schedule->forward, block);
    for (int i = 0; i < accesses.n && block->body.n == 0; i++)
        if (accesses.at[i].write && k->again[accesses.at[i].buffer->id]) {
            Block *chunk = only_chunk(k, &schedule->backward, accesses.at[i].buffer);
            const Again again = {block, false};
            vec_push(k->program->arena, &chunk->again, again);
            return;
        }
}

static void find_only_up(const Keeper *k, Block *chunk)
{
    for (int i = chunk->again.n - 1; i >= 0; i--) {
        Again *again = &chunk->again.at[i];
        const Accesses accesses = block_accesses(k->program, &k->program->schedule->forward, again->block);
        again->only_up = true;
        for (int a = 0; a < accesses.n; a++)
            if (accesses.at[a].write && is_always_read(k, chunk, i + 1, accesses.at[a].buffer))
                again->only_up = false;
    }
}

void chunk_buffers(Program *program)
{
    Schedule *schedule = program->schedule;
    Keeper k = {program, arena_array(program->arena, Accesses, schedule->block_count),
                arena_array(program->arena, bool, program->buffers.n)};
    list_pass(&k, &schedule->forward);
    if (schedule->has_backward)
        list_pass(&k, &schedule->backward);
    for (int i = 0; i < program->buffers.n; i++)
        program->buffers.at[i]->chunk = fits_one_chunk(&k, program->buffers.at[i]);
    if (!schedule->has_backward)
        return;
    find_again(&k);
    for (int i = 0; i < program->buffers.n; i++)
        program->buffers.at[i]->chunk |= k.again[i];
    for (int i = 0; i < schedule->forward.blocks.n; i++)
        collect(&k, schedule->forward.blocks.at[i]);
    for (int i = 0; i < schedule->backward.blocks.n; i++)
        find_only_up(&k, schedule->backward.blocks.at[i]);
}

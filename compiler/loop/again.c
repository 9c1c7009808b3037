/* again.c: which buffers hold one chunk of steps instead of a whole window, always or in eval, and what that costs. A
 * value that only one chunk touches needs no more memory. Large values on the tape (the logits of a large vocabulary) are
 * not kept either: where backward reads them in one chunk alone, it runs the blocks of the forward pass that make them
 * once more, from what is on the tape. Relies on chunk.c and access.c. Next: late.c, plan.c. */
#include "loop/schedule.h"

typedef enum Verdict { UNKNOWN, YES, NO } Verdict;
typedef struct Keeper {
    Program *program;
    Accesses *accesses;  /* [blocks] of those at top level */
    bool *again;         /* [buffers] on the tape for one chunk only */
    VEC(Block *) leaves; /* of the forward pass, those of loops too: whoever may write something */
    Accesses *leaf_accesses;
    Verdict *verdict; /* [leaves] can it run again, as far as is known? */
} Keeper;

static void list_pass(Keeper *k, const Pass *pass)
{
    for (int i = 0; i < pass->blocks.n; i++)
        k->accesses[pass->blocks.at[i]->id] = block_accesses(k->program, pass, pass->blocks.at[i]);
}

/* ---- who touches a buffer ---- */

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
        if (!accesses_touch(accesses, buffer, false))
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

/* What eval and infer need for one chunk, though forward keeps all of it for backward. */
static bool passes(const Keeper *k, const Buffer *buffer)
{
    return buffer->span == SPAN_SEQ && buffer->tape && buffer->forward && !buffer->chunk && buffer->lead == 0 &&
           !is_given(k->program, buffer) && only_chunk(k, &k->program->schedule->forward, buffer) != NULL;
}

/* ---- what can run again ---- */

static bool is_candidate(const Keeper *k, const Buffer *buffer)
{
    const Schedule *schedule = k->program->schedule;
    return is_sequence(buffer) && buffer->tape && buffer->forward && buffer_is_large(k->program, buffer) &&
           only_chunk(k, &schedule->forward, buffer) && only_chunk(k, &schedule->backward, buffer);
}

/* Of one step and row, made of what backward knows: it is given no controls and draws no random numbers. */
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
    return block->component < 0 && block->domain == DOMAIN_SEQ && block->kind != BLOCK_INPUT &&
           (block->walk ? block->walk->chunk : block->chunk) != NULL;
}

static bool backward_writes(const Keeper *k, const Buffer *buffer)
{
    const Pass *backward = &k->program->schedule->backward;
    for (int i = 0; i < backward->blocks.n; i++)
        if (accesses_touch(&k->accesses[backward->blocks.at[i]->id], buffer, true))
            return true;
    return false;
}

/* Backward finds it on the tape as forward left it. */
static bool is_at_hand(const Keeper *k, const Buffer *buffer)
{
    return buffer->tape && !k->again[buffer->id] && !backward_writes(k, buffer);
}

static bool runs_again(const Keeper *k, int leaf);

static bool writers_run_again(const Keeper *k, const Buffer *buffer)
{
    for (int i = 0; i < k->leaves.n; i++)
        if (accesses_touch(&k->leaf_accesses[i], buffer, true) && !runs_again(k, i))
            return false;
    return true;
}

/* Whatever it writes is made again, or was of use to the forward pass alone, or stands there already. */
static bool finds_all(const Keeper *k, const Accesses *accesses)
{
    for (int i = 0; i < accesses->n; i++) {
        const Access *access = &accesses->at[i];
        const Buffer *buffer = access->buffer;
        if (k->again[buffer->id] || is_at_hand(k, buffer))
            continue;
        if (buffer->tape || access->any_step)
            return false;
        if (!access->write && !accesses_touch(accesses, buffer, true) && !writers_run_again(k, buffer))
            return false;
    }
    return true;
}

static bool runs_again(const Keeper *k, int leaf)
{
    if (k->verdict[leaf] == UNKNOWN)
        k->verdict[leaf] = is_closed(k->leaves.at[leaf]) && finds_all(k, &k->leaf_accesses[leaf]) ? YES : NO;
    return k->verdict[leaf] == YES;
}

static void find_again(Keeper *k)
{
    const Program *program = k->program;
    for (int i = 0; i < program->buffers.n; i++)
        k->again[i] = is_candidate(k, program->buffers.at[i]);
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < k->leaves.n; i++)
            k->verdict[i] = UNKNOWN;
        for (int i = 0; i < program->buffers.n; i++)
            if (k->again[i] && !writers_run_again(k, program->buffers.at[i])) {
                k->again[i] = false;
                changed = true;
            }
    }
}

/* ---- the blocks that run again, in the order of the forward pass ---- */

/* marked: [leaves] */
static void mark_writers(const Keeper *k, bool *marked, const Buffer *buffer)
{
    for (int i = 0; i < k->leaves.n; i++) {
        if (marked[i] || !accesses_touch(&k->leaf_accesses[i], buffer, true))
            continue;
        marked[i] = true;
        for (int a = 0; a < k->leaf_accesses[i].n; a++) {
            const Access *access = &k->leaf_accesses[i].at[a];
            if (!access->write && !is_at_hand(k, access->buffer))
                mark_writers(k, marked, access->buffer);
        }
    }
}

/* What the body of a chunk reads of the buffers that are made again; only_up: for adjoints from outside. */
static void mark_for_body(const Keeper *k, bool *marked, const Block *chunk, bool only_up)
{
    for (int i = 0; i < chunk->body.n; i++) {
        const Accesses accesses = block_accesses(k->program, &k->program->schedule->backward, chunk->body.at[i]);
        if (((chunk->body.at[i]->needs & NEEDS_UP) != 0) != only_up)
            continue;
        for (int a = 0; a < accesses.n; a++)
            if (k->again[accesses.at[a].buffer->id])
                mark_writers(k, marked, accesses.at[a].buffer);
    }
}

static void list_again(Keeper *k, Block *chunk)
{
    Arena *arena = k->program->arena;
    bool *always = arena_array(arena, bool, k->leaves.n), *up = arena_array(arena, bool, k->leaves.n);
    mark_for_body(k, always, chunk, false);
    mark_for_body(k, up, chunk, true);
    for (int i = 0; i < k->leaves.n; i++) {
        const Again again = {k->leaves.at[i], !always[i]};
        if (always[i] || up[i])
            vec_push(arena, &chunk->again, again);
    }
}

static void list_leaves(Keeper *k, Block *block)
{
    if (block->body.n == 0)
        vec_push(k->program->arena, &k->leaves, block);
    for (int i = 0; i < block->body.n; i++)
        list_leaves(k, block->body.at[i]);
}

static void open_leaves(Keeper *k)
{
    const Pass *forward = &k->program->schedule->forward;
    for (int i = 0; i < forward->blocks.n; i++)
        list_leaves(k, forward->blocks.at[i]);
    k->leaf_accesses = arena_array(k->program->arena, Accesses, k->leaves.n);
    k->verdict = arena_array(k->program->arena, Verdict, k->leaves.n);
    for (int i = 0; i < k->leaves.n; i++)
        k->leaf_accesses[i] = block_accesses(k->program, forward, k->leaves.at[i]);
}

void chunk_buffers(Program *program)
{
    Schedule *schedule = program->schedule;
    Keeper k = {.program = program,
                .accesses = arena_array(program->arena, Accesses, schedule->block_count),
                .again = arena_array(program->arena, bool, program->buffers.n)};
    list_pass(&k, &schedule->forward);
    if (schedule->has_backward)
        list_pass(&k, &schedule->backward);
    for (int i = 0; i < program->buffers.n; i++)
        program->buffers.at[i]->chunk = fits_one_chunk(&k, program->buffers.at[i]);
    if (!schedule->has_backward)
        return;
    open_leaves(&k);
    find_again(&k);
    for (int i = 0; i < program->buffers.n; i++)
        program->buffers.at[i]->chunk |= k.again[i];
    for (int i = 0; i < program->buffers.n; i++)
        program->buffers.at[i]->passes = passes(&k, program->buffers.at[i]);
    for (int i = 0; i < schedule->backward.blocks.n; i++)
        if (schedule->backward.blocks.at[i]->kind == BLOCK_CHUNK)
            list_again(&k, schedule->backward.blocks.at[i]);
}

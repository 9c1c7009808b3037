/* late.c: what forward may leave to backward when both are one call (M_gradient). What backward would run again (again.c)
 * is not run twice then: the end of the forward pass (logits, their softmax, the loss of each row) runs inside backward's
 * chunks, and what sums it up after them. A block may be late when nothing else of the forward pass reads what it makes,
 * and no adjoint before those chunks does. All or nothing: without every block that runs again nothing is gained. */
#include "loop/schedule.h"

typedef struct Lateness {
    Program *program;
    Accesses *accesses; /* [blocks] of those at top level and in chunks of the forward pass */
    Block **partner;    /* [blocks] of a chunk of forward, the chunk of backward that runs parts of it again */
    int *order;         /* [blocks] place among the blocks of their pass */
} Lateness;

/* ---- chunks that belong together ---- */

static bool contains(const Block *block, const Block *part)
{
    bool found = block == part;
    for (int i = 0; i < block->body.n && !found; i++)
        found = contains(block->body.at[i], part);
    return found;
}

static void note_chunk(Lateness *l, Block *chunk)
{
    const Pass *forward = &l->program->schedule->forward;
    for (int i = 0; i < forward->blocks.n && chunk->again.n > 0; i++)
        if (contains(forward->blocks.at[i], chunk->again.at[0].block))
            l->partner[forward->blocks.at[i]->id] = forward->blocks.at[i]->partner = chunk;
}

static void note_pass(Lateness *l, const Pass *pass)
{
    for (int i = 0; i < pass->blocks.n; i++) {
        Block *block = pass->blocks.at[i];
        l->order[block->id] = i;
        l->accesses[block->id] = block_accesses(l->program, pass, block);
        for (int k = 0; k < block->body.n && block->kind == BLOCK_CHUNK; k++)
            l->accesses[block->body.at[k]->id] = block_accesses(l->program, pass, block->body.at[k]);
        if (pass->backward && block->kind == BLOCK_CHUNK)
            note_chunk(l, block);
    }
}

/* ---- who reads and writes ---- */

/* Does a part of the forward pass that is not late touch the buffer, in a chunk or outside? */
static bool early_touches(const Lateness *l, const Block *block, const Buffer *buffer, bool write)
{
    if (block->kind != BLOCK_CHUNK)
        return !block->late && accesses_touch(&l->accesses[block->id], buffer, write);
    for (int i = 0; i < block->body.n; i++)
        if (early_touches(l, block->body.at[i], buffer, write))
            return true;
    return false;
}

static bool forward_needs(const Lateness *l, const Buffer *buffer)
{
    const Pass *forward = &l->program->schedule->forward;
    for (int i = 0; i < forward->blocks.n; i++)
        if (early_touches(l, forward->blocks.at[i], buffer, false))
            return true;
    return buffer->lead + buffer->trail > 0;
}

/* Before the chunk in which the late blocks run; NULL: anywhere. */
static bool backward_touches(const Lateness *l, const Buffer *buffer, const Block *chunk, bool write)
{
    const Pass *backward = &l->program->schedule->backward;
    const int end = chunk ? l->order[chunk->id] : backward->blocks.n;
    for (int i = 0; i < end; i++)
        if (backward->blocks.at[i]->kind != BLOCK_LEAD &&
            accesses_touch(&l->accesses[backward->blocks.at[i]->id], buffer, write))
            return true;
    return false;
}

static bool late_writes(const Lateness *l, const Block *chunk, const Buffer *buffer)
{
    for (int i = 0; chunk && i < chunk->body.n; i++)
        if (chunk->body.at[i]->late && accesses_touch(&l->accesses[chunk->body.at[i]->id], buffer, true))
            return true;
    return false;
}

/* Adjoints may take the place of what a chunk holds: it is made for each chunk again. */
static bool stays(const Lateness *l, const Buffer *buffer)
{
    return !backward_touches(l, buffer, NULL, true);
}

/* Of what is late itself, and of what stays as it is until then. `chunk`: as below. */
static bool may_read(const Lateness *l, const Access *access, const Block *chunk)
{
    if (chunk == NULL)
        return stays(l, access->buffer);
    const Block *partner = l->partner[chunk->id];
    return late_writes(l, chunk, access->buffer) ||
           !(access->any_step || backward_touches(l, access->buffer, partner, true) ||
             accesses_touch(&l->accesses[partner->id], access->buffer, true));
}

/* Sums and outputs find it when all has run. */
static bool may_write(const Lateness *l, const Access *access, const Block *chunk)
{
    const Block *partner = chunk ? l->partner[chunk->id] : NULL;
    return (access->buffer->chunk || stays(l, access->buffer)) && !forward_needs(l, access->buffer) &&
           !backward_touches(l, access->buffer, partner, false);
}

/* chunk: of the forward pass, that the block is in; NULL for what sums up a window. */
static bool may_be_late(const Lateness *l, const Block *block, const Block *chunk)
{
    const Accesses *accesses = &l->accesses[block->id];
    for (int i = 0; i < accesses->n; i++)
        if (!(accesses->at[i].write ? may_write : may_read)(l, &accesses->at[i], chunk))
            return false;
    return true;
}

/* ---- all or nothing ---- */

/* Numbers and values of rows, of the whole window. */
static bool sums_up(const Block *block)
{
    return block->kind == BLOCK_TOTAL ||
           (block->domain != DOMAIN_SEQ && (block->kind == BLOCK_UNITS || block->kind == BLOCK_SCALARS ||
                                            block->kind == BLOCK_ROW || block->kind == BLOCK_WALK));
}

static void mark(const Lateness *l, bool late)
{
    const Pass *forward = &l->program->schedule->forward;
    for (int i = 0; i < forward->blocks.n; i++) {
        Block *block = forward->blocks.at[i];
        block->late = late && sums_up(block);
        for (int k = 0; k < block->body.n && block->kind == BLOCK_CHUNK; k++)
            block->body.at[k]->late = late && l->partner[block->id] && block->body.at[k]->kind != BLOCK_LOOP;
    }
}

static bool drop_others(const Lateness *l)
{
    const Pass *forward = &l->program->schedule->forward;
    bool changed = false;
    for (int i = 0; i < forward->blocks.n; i++) {
        Block *block = forward->blocks.at[i];
        if (block->late && !may_be_late(l, block, NULL)) {
            block->late = false;
            changed = true;
        }
        for (int k = 0; k < block->body.n && block->kind == BLOCK_CHUNK; k++)
            if (block->body.at[k]->late && !may_be_late(l, block->body.at[k], block)) {
                block->body.at[k]->late = false;
                changed = true;
            }
    }
    return changed;
}

static bool is_late(const Pass *forward, const Block *part)
{
    for (int i = 0; i < forward->blocks.n; i++)
        for (int k = 0; k < forward->blocks.at[i]->body.n; k++)
            if (contains(forward->blocks.at[i]->body.at[k], part))
                return forward->blocks.at[i]->body.at[k]->late;
    return false;
}

static bool nothing_runs_twice(const Lateness *l)
{
    const Pass *backward = &l->program->schedule->backward;
    bool any = false;
    for (int i = 0; i < backward->blocks.n; i++) {
        const Block *chunk = backward->blocks.at[i];
        for (int k = 0; k < chunk->again.n; k++) {
            any = true;
            if (!is_late(&l->program->schedule->forward, chunk->again.at[k].block))
                return false;
        }
    }
    return any;
}

void find_late(Program *program)
{
    const int n = program->schedule->block_count;
    Lateness l = {program, arena_array(program->arena, Accesses, n), arena_array(program->arena, Block *, n),
                  arena_array(program->arena, int, n)};
    if (!program->schedule->has_backward)
        return;
    note_pass(&l, &program->schedule->forward);
    note_pass(&l, &program->schedule->backward);
    mark(&l, true);
    while (drop_others(&l))
        ;
    program->schedule->has_late = nothing_runs_twice(&l);
    if (!program->schedule->has_late)
        mark(&l, false);
}

/* chunk.c: chunks of steps. Blocks over steps that feed each other (a hoisted product, the loop that starts from it, the
 * logits, their softmax) run one after the other for the first steps, then for the next ones: what one leaves the next
 * one finds in the cache, and what nobody else reads needs memory for one chunk only (again.c). A chunk is one leaf of
 * the gradient sums (rnn/kernels_gradient.h: 256 rows of whole steps), so no bit changes. Blocks may be in one chunk when
 * each of them looks at steps of the others that its direction has passed already. Next: again.c, plan.c. */
#include "loop/schedule.h"

enum { CHUNK_ROWS = 256, RISING = 1, FALLING = 2 };
enum { LARGE_WIDTH = 1024, LARGE_COUNT = 1 << 20 }; /* reals of a row, of a window: 4 MiB, what no second cache holds */

typedef struct Draft { /* blocks that stand side by side; of what cannot be in a chunk, one */
    VEC(Block *) blocks;
    unsigned directions; /* in which it may run; 0: no chunk */
} Draft;

typedef struct Chunker {
    Program *program;
    Pass *pass;
    Accesses *accesses; /* [blocks] */
    VEC(Draft *) order;
} Chunker;

/* ---- how many steps ---- */

static int64_t leaf_steps(int64_t rows)
{
    return rows >= CHUNK_ROWS ? 1 : (CHUNK_ROWS + rows - 1) / rows;
}

static int64_t most_steps(const Program *program)
{
    return program->axis < 0 ? 1 : program->model->axes.at[program->axis].high;
}

int64_t chunk_rows(const Program *program)
{
    const int64_t high = program->model->axes.at[AXIS_BATCH].high;
    int64_t most = high; /* one step of all rows */
    for (int64_t rows = 1; rows <= high && rows < CHUNK_ROWS; rows++) {
        const int64_t leaf = leaf_steps(rows), steps = leaf < most_steps(program) ? leaf : most_steps(program);
        most = steps * rows > most ? steps * rows : most;
    }
    return most;
}

int64_t chunk_count(const Program *program)
{
    const int64_t leaf = leaf_steps(program->model->axes.at[AXIS_BATCH].high);
    return (most_steps(program) + leaf - 1) / leaf;
}

bool buffer_is_large(const Program *program, const Buffer *buffer)
{
    const int64_t rows = program->model->axes.at[AXIS_BATCH].high;
    return !buffer->token && buffer->width >= LARGE_WIDTH && buffer->lead + buffer->trail == 0 &&
           buffer->width * rows * most_steps(program) >= LARGE_COUNT;
}

/* ---- what may be in one chunk ---- */

/* Deferred sums wait for the end of a window, unless that keeps something large for them. */
static unsigned directions_of_sum(const Chunker *c, const Block *block)
{
    const Node *sum = block->nodes.at[0];
    const Accesses *accesses = &c->accesses[block->id];
    const bool deferred = sum->op == OP_CONTRACT || sum->op == OP_SCATTER_SUM || node_is_row_sum(sum);
    for (int i = 0; i < accesses->n && deferred; i++)
        if (!accesses->at[i].write && accesses->at[i].buffer->span == SPAN_SEQ &&
            buffer_is_large(c->program, accesses->at[i].buffer))
            return sum_falls(c->program, c->pass, sum->arg[sum_adjoint(c->pass, sum)]) ? FALLING : RISING;
    return 0;
}

static unsigned own_directions(const Chunker *c, const Block *block)
{
    const bool outside = block->kind == BLOCK_INPUT && block->backward;
    if (block->kind == BLOCK_CONTRACT || block->kind == BLOCK_SUM)
        return directions_of_sum(c, block);
    if (block->domain != DOMAIN_SEQ)
        return 0;
    if (block->kind == BLOCK_LOOP)
        return block->direction > 0 ? RISING : FALLING;
    const bool pointwise = block->kind == BLOCK_UNITS || block->kind == BLOCK_SCALARS || block->kind == BLOCK_ROW;
    for (int i = 0; i < c->accesses[block->id].n; i++)
        if (c->accesses[block->id].at[i].any_step)
            return 0;
    return pointwise || outside || block->kind == BLOCK_WALK || block->kind == BLOCK_PRODUCT ? RISING | FALLING : 0;
}

/* Directions in which `next` may do its work on some steps before `first` has done its own on all. */
static unsigned shared_directions(const Access *first, const Access *next)
{
    unsigned directions = RISING | FALLING;
    if (first->buffer != next->buffer || !(first->write || next->write))
        return directions;
    if (first->buffer->span != SPAN_SEQ || first->any_step || next->any_step)
        return 0;
    if (first->write) /* what is read must be there */
        directions &= (next->most <= 0 ? RISING : 0u) | (next->least >= 0 ? FALLING : 0u);
    if (next->write) /* ... and still be there */
        directions &= (first->least >= 0 ? RISING : 0u) | (first->most <= 0 ? FALLING : 0u);
    return directions;
}

static unsigned directions_of_pair(const Chunker *c, const Block *first, const Block *next)
{
    const Accesses *a = &c->accesses[first->id], *b = &c->accesses[next->id];
    unsigned directions = RISING | FALLING;
    for (int i = 0; i < a->n; i++)
        for (int k = 0; k < b->n; k++)
            directions &= shared_directions(&a->at[i], &b->at[k]);
    return directions;
}

static bool depends(const Chunker *c, const Block *first, const Block *next, bool only_flow)
{
    const Accesses *a = &c->accesses[first->id], *b = &c->accesses[next->id];
    for (int i = 0; i < a->n; i++)
        for (int k = 0; k < b->n; k++)
            if (a->at[i].buffer == b->at[k].buffer &&
                (only_flow ? a->at[i].write && !b->at[k].write : a->at[i].write || b->at[k].write))
                return true;
    return false;
}

static bool draft_depends(const Chunker *c, const Draft *draft, const Block *next, bool only_flow)
{
    for (int i = 0; i < draft->blocks.n; i++)
        if (depends(c, draft->blocks.at[i], next, only_flow))
            return true;
    return false;
}

static unsigned joint_directions(const Chunker *c, const Draft *draft, const Block *block)
{
    unsigned directions = draft->directions & own_directions(c, block);
    for (int i = 0; i < draft->blocks.n; i++)
        directions &= directions_of_pair(c, draft->blocks.at[i], block);
    return directions;
}

/* ---- drafts ---- */

static Draft *draft_of(Chunker *c, Block *block, unsigned directions)
{
    Draft *draft = arena_make(c->program->arena, Draft);
    draft->directions = directions;
    vec_push(c->program->arena, &draft->blocks, block);
    return draft;
}

/* Behind a draft that it reads from, if nothing that stands after it is in the way; else at the end. */
static void place_block(Chunker *c, Block *block)
{
    const unsigned own = own_directions(c, block);
    for (int i = c->order.n - 1; i >= 0 && own != 0; i--) {
        Draft *draft = c->order.at[i];
        const unsigned directions = joint_directions(c, draft, block);
        if (directions != 0 && draft_depends(c, draft, block, true)) {
            draft->directions = directions;
            vec_push(c->program->arena, &draft->blocks, block);
            return;
        }
        if (draft_depends(c, draft, block, false))
            break;
    }
    vec_push(c->program->arena, &c->order, draft_of(c, block, own));
}

/* What stands in a chunk only because its arguments do goes to the chunk that reads it: to the front of it. */
static bool sinks(const Chunker *c, int from, int at, int to)
{
    const Draft *old = c->order.at[from];
    Block *block = old->blocks.at[at];
    if (block->kind == BLOCK_LOOP)
        return false;
    for (int k = at + 1; k < old->blocks.n; k++)
        if (depends(c, block, old->blocks.at[k], false))
            return false;
    for (int i = from + 1; i < to; i++)
        for (int k = 0; k < c->order.at[i]->blocks.n; k++)
            if (depends(c, block, c->order.at[i]->blocks.at[k], false))
                return false;
    bool read = false;
    unsigned directions = c->order.at[to]->directions & own_directions(c, block);
    for (int k = 0; k < c->order.at[to]->blocks.n; k++) {
        read = read || depends(c, block, c->order.at[to]->blocks.at[k], true);
        directions &= directions_of_pair(c, block, c->order.at[to]->blocks.at[k]);
    }
    return read && directions != 0;
}

static void sink(Chunker *c, int from, int at, int to)
{
    Draft *old = c->order.at[from], *reader = c->order.at[to];
    Block *block = old->blocks.at[at];
    old->blocks.n--;
    for (int k = at; k < old->blocks.n; k++)
        old->blocks.at[k] = old->blocks.at[k + 1];
    vec_push(c->program->arena, &reader->blocks, block);
    for (int k = reader->blocks.n - 1; k > 0; k--)
        reader->blocks.at[k] = reader->blocks.at[k - 1];
    reader->blocks.at[0] = block;
    reader->directions &= own_directions(c, block);
    for (int k = 1; k < reader->blocks.n; k++)
        reader->directions &= directions_of_pair(c, block, reader->blocks.at[k]);
}

static void sink_all(Chunker *c)
{
    for (int to = 1; to < c->order.n; to++)
        for (int from = to - 1; from >= 0 && c->order.at[to]->directions != 0; from--)
            for (int at = c->order.at[from]->blocks.n - 1; at >= 0; at--)
                if (sinks(c, from, at, to))
                    sink(c, from, at, to);
}

/* ---- blocks of chunks ---- */

static bool is_worth_it(const Draft *draft)
{
    bool heavy = false;
    for (int i = 0; i < draft->blocks.n; i++)
        heavy = heavy || draft->blocks.at[i]->kind == BLOCK_PRODUCT || draft->blocks.at[i]->kind == BLOCK_LOOP;
    return heavy && draft->blocks.n > 1;
}

static Block *chunk_of(Chunker *c, const Draft *draft)
{
    Program *program = c->program;
    Block *chunk = arena_make(program->arena, Block), *first = draft->blocks.at[0];
    const bool falls = draft->directions == FALLING || (c->pass->backward && draft->directions != RISING);
    *chunk = (Block){.kind = BLOCK_CHUNK,
                     .id = program->schedule->block_count++,
                     .backward = c->pass->backward,
                     .domain = DOMAIN_SEQ,
                     .component = -1,
                     .level = first->level,
                     .matrix_rows = 1,
                     .axis = program->axis,
                     .direction = falls ? -1 : 1,
                     .unroll_steps = 1,
                     .needs = first->needs,
                     .name = arena_printf(program->arena, "%s_chunk", first->name)};
    for (int i = 0; i < draft->blocks.n; i++) {
        vec_push(program->arena, &chunk->body, draft->blocks.at[i]);
        draft->blocks.at[i]->chunk = chunk;
        chunk->needs &= draft->blocks.at[i]->needs; /* entry points run only the parts that they need */
    }
    vec_push(program->arena, &program->schedule->all_blocks, chunk);
    return chunk;
}

static void place_draft(Chunker *c, const Draft *draft)
{
    if (is_worth_it(draft)) {
        vec_push(c->program->arena, &c->pass->blocks, chunk_of(c, draft));
        return;
    }
    for (int i = 0; i < draft->blocks.n; i++)
        vec_push(c->program->arena, &c->pass->blocks, draft->blocks.at[i]);
}

void pass_chunks(Program *program, Pass *pass)
{
    if (most_steps(program) <= leaf_steps(program->model->axes.at[AXIS_BATCH].high))
        return; /* a window is one chunk */
    Chunker c = {program, pass, arena_array(program->arena, Accesses, program->schedule->block_count), {0}};
    for (int i = 0; i < pass->blocks.n; i++)
        c.accesses[pass->blocks.at[i]->id] = block_accesses(program, pass, pass->blocks.at[i]);
    for (int i = 0; i < pass->blocks.n; i++)
        place_block(&c, pass->blocks.at[i]);
    sink_all(&c);
    pass->blocks.n = 0;
    for (int i = 0; i < c.order.n; i++)
        place_draft(&c, c.order.at[i]);
}

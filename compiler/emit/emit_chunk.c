/* emit_chunk.c: runs of blocks by chunks of steps (loop/chunk.c): a loop over the chunks of a window around the calls of
 * the blocks, each of which works on steps f->from .. f->to - 1. Before them backward runs what forward has not kept
 * (loop/again.c); after them outputs that are held for one chunk go to the caller. */
#include "emit/body.h"
#include "emit/run.h"

static const Block *maker_of(const Run *run, const GOutput *output)
{
    const Block *home = run->ctx.program->schedule->forward.home[output->value->id];
    return home && home->walk ? home->walk : home;
}

bool output_is_late(const Run *run, const GOutput *output)
{
    const Block *maker = maker_of(run, output); /* of what is only read, none */
    return maker != NULL && maker->late;
}

bool output_is_of_chunk(const Run *run, const GOutput *output, const Block *chunk)
{
    const Pass *forward = &run->ctx.program->schedule->forward;
    const Buffer *buffer = forward->loc[output->value->id].buffer;
    return buffer && buffer->chunk && (!chunk || maker_of(run, output)->chunk == chunk);
}

static CBlock *open_chunks(const Run *run, CBlock *out, const Block *chunk)
{
    Arena *arena = run->ctx.arena;
    if (chunk->direction > 0) {
        c_comment(out, "By chunks of steps.");
        c_assign(out, c_name(arena, "f->to"), "=", c_int(arena, 0));
        return c_while(out, c_name(arena, "rnn_next_chunk(&f->from, &f->to, f->steps, f->rows)"));
    }
    c_comment(out, "By chunks of steps, the last one first.");
    c_assign(out, c_name(arena, "f->from"), "=", c_name(arena, "f->steps"));
    return c_while(out, c_name(arena, "rnn_next_chunk_falling(&f->from, &f->to, f->rows)"));
}

static void close_chunks(const Run *run, CBlock *out)
{
    c_assign(out, c_name(run->ctx.arena, "f->from"), "=", c_int(run->ctx.arena, 0));
    c_assign(out, c_name(run->ctx.arena, "f->to"), "=", c_name(run->ctx.arena, "f->steps"));
}

/* Where they are made, which in one call with backward may be late. */
static void give_outputs(Run *run, CBlock *out, const Block *chunk, bool early, bool late)
{
    const Graph *graph = run->ctx.program->graph;
    for (int i = 0; i < graph->outputs.n; i++) {
        const GOutput *output = &graph->outputs.at[i];
        if (output_is_of_chunk(run, output, chunk) && !(run->infer && output->needs_target) &&
            (output_is_late(run, output) ? late : early))
            give_output(run, out, output);
    }
}

/* In one call with forward: what this has left for here. */
static void run_late(Run *forward, CBlock *out, const Block *chunk)
{
    const Pass *pass = forward->ctx.pass;
    forward->skip_late = false;
    for (int i = 0; i < pass->blocks.n; i++) {
        const Block *other = pass->blocks.at[i];
        for (int k = 0; k < other->body.n && other->partner == chunk; k++)
            if (other->body.at[k]->late)
                run_when_needed(forward, out, other->body.at[k]);
        if (other->partner == chunk)
            give_outputs(forward, out, other, false, true);
    }
    forward->skip_late = true;
}

/* What forward made for the chunk and did not keep; some of it only for adjoints from outside. */
static void run_again(const Run *run, CBlock *out, const Block *chunk)
{
    const Pass *pass = &run->ctx.program->schedule->forward;
    Run forward = run_new(run->ctx.emit, pass);
    Wanted up = {"up != NULL", run_new(run->ctx.emit, pass)};
    WantedList wanted = {0};
    for (int i = 0; i < chunk->again.n; i++)
        for (int k = 0; k < chunk->again.at[i].block->nodes.n; k++)
            (chunk->again.at[i].only_up ? &up.run : &forward)->needed[chunk->again.at[i].block->nodes.at[k]->id] = true;
    vec_push(run->ctx.arena, &wanted.of, up);
    forward.stages = run->stages;
    forward.wanted = run->no_up ? NULL : &wanted;
    for (int i = 0; i < pass->blocks.n; i++)
        for (int k = 0; k < pass->blocks.at[i]->body.n && pass->blocks.at[i]->partner == chunk; k++)
            run_when_needed(&forward, out, pass->blocks.at[i]->body.at[k]);
}

void run_chunk(Run *run, CBlock *out, const Block *chunk)
{
    CBlock *body = open_chunks(run, out, chunk);
    if (run->passes)
        c_assign(body, c_name(run->ctx.arena, "f->held"), "=", c_name(run->ctx.arena, "f->from"));
    if (run->forward)
        run_late(run->forward, body, chunk);
    if (chunk->again.n > 0 && !run->forward)
        run_again(run, body, chunk);
    for (int i = 0; i < chunk->body.n; i++)
        run_when_needed(run, body, chunk->body.at[i]);
    if (!run->ctx.pass->backward)
        give_outputs(run, body, chunk, true, !run->skip_late);
    close_chunks(run, out);
    if (run->passes)
        c_assign(out, c_name(run->ctx.arena, "f->held"), "=", c_int(run->ctx.arena, 0));
}

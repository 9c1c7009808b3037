/* emit_chunk.c: runs of blocks by chunks of steps (loop/chunk.c): a loop over the chunks of a window around the calls of
 * the blocks, each of which works on steps f->from .. f->to - 1. Before them backward runs what forward has not kept
 * (loop/again.c); after them outputs that are held for one chunk go to the caller. */
#include "emit/body.h"
#include "emit/run.h"

bool output_is_of_chunk(const Run *run, const GOutput *output, const Block *chunk)
{
    const Pass *forward = &run->ctx.program->schedule->forward;
    const Buffer *buffer = forward->loc[output->value->id].buffer;
    const Block *home = forward->home[output->value->id];
    const Block *of = !home ? NULL : home->walk ? home->walk->chunk : home->chunk;
    return buffer && buffer->chunk && (!chunk || of == chunk);
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

static void run_again(const Run *run, CBlock *out, const Again *again)
{
    Run forward = run_new(run->ctx.emit, &run->ctx.program->schedule->forward);
    forward.stages = run->stages;
    for (int i = 0; i < again->block->nodes.n; i++)
        forward.needed[again->block->nodes.at[i]->id] = true;
    run_block(&forward, run_under(&forward, out, again->only_up ? "up != NULL" : NULL), again->block);
}

void run_chunk(Run *run, CBlock *out, const Block *chunk)
{
    const Graph *graph = run->ctx.program->graph;
    CBlock *body = open_chunks(run, out, chunk);
    for (int i = 0; i < chunk->again.n; i++)
        run_again(run, body, &chunk->again.at[i]);
    for (int i = 0; i < chunk->body.n; i++)
        run_when_needed(run, body, chunk->body.at[i]);
    for (int i = 0; i < graph->outputs.n && !run->ctx.pass->backward; i++)
        if (output_is_of_chunk(run, &graph->outputs.at[i], chunk) && !(run->infer && graph->outputs.at[i].needs_target))
            give_output(run, body, &graph->outputs.at[i]);
    close_chunks(run, out);
}

/* emit_stream.c: step and generate entries: one step of each row a call, by the blocks of the whole window run for a
 * window of one step. A block runs as soon as everything is there that it reads at this step; a generated input is
 * there once its value is computed. What does not vary over the axis runs at the begin of a generation. Blocks of rows
 * that follow each other are one function, in which each part runs its own rows (emit_walk.c). */
#include "emit/body.h"
#include "emit/interface.h"
#include "emit/run.h"

static const char *input_of_step(const Run *run, const GVar *var)
{
    return arena_printf(run->ctx.arena, "%s_in", var->var->c_name);
}

static const char *input_of_begin(const Run *run, const GVar *var)
{
    return arena_printf(run->ctx.arena, "in->%s", emit_c_name(run->ctx.emit, var->name));
}

static void need_entry(Run *run, const GEntry *entry)
{
    run->entry = entry;
    for (int i = 0; i < entry->values.n; i++)
        run_need(run, entry->values.at[i]);
    run_need(run, entry->stop);
    for (int i = 0; i < entry->outputs.n; i++)
        run_need(run, entry->outputs.at[i]->def);
}

static int generated_index(const GEntry *entry, const GVar *var)
{
    for (int i = 0; i < entry->generated.n; i++)
        if (entry->generated.at[i] == var)
            return i;
    return -1;
}

bool run_takes_input(Emit *emit, const GVar *var)
{
    const Program *program = emit->program;
    Run window = run_new(emit, &program->schedule->forward);
    run_need_window(&window, false);
    for (int i = 0; i < program->graph->nodes.n; i++)
        if (program->schedule->on_tape[i])
            run_need(&window, program->graph->nodes.at[i]);
    for (int i = 0; i < program->graph->outputs.n; i++)
        run_need(&window, program->graph->outputs.at[i].value);
    bool takes = run_needs_var(&window, var, false);
    for (int i = 0; i < program->graph->entries.n && !takes; i++) {
        Run run = run_new(emit, &program->schedule->forward);
        need_entry(&run, &program->graph->entries.at[i]);
        takes = generated_index(run.entry, var) < 0 && run_needs_var(&run, var, false);
    }
    return takes;
}

static bool is_fixed(const Block *block)
{
    return block->domain != DOMAIN_SEQ && block->kind != BLOCK_LEAD && block->kind != BLOCK_LOOP;
}

/* ---- what is ready ---- */

typedef struct Stream {
    Run *run;
    bool *given;    /* [generated] its value stands in its buffer */
    BlockList rows; /* blocks of rows that are not called yet */
} Stream;

static void call_rows(Stream *stream, CBlock *out)
{
    if (stream->rows.n > 0)
        run_rows(stream->run, out, &stream->rows);
    stream->rows = (BlockList){0};
}

static bool is_of_rows(const Block *block)
{
    return block->kind == BLOCK_UNITS || block->kind == BLOCK_SCALARS || block->kind == BLOCK_ROW;
}

static void call_ready(Stream *stream, CBlock *out, const Block *block)
{
    const bool alone = !is_of_rows(block) || runs_alone(block);
    if (alone)
        call_rows(stream, out);
    if (!is_of_rows(block)) {
        run_block(stream->run, out, block);
        return;
    }
    stream->run->done[block->id] = true;
    vec_push(stream->run->ctx.arena, &stream->rows, block);
    if (alone)
        call_rows(stream, out);
}

static bool lead_is_done(const Stream *stream, const GVar *var)
{
    const Pass *pass = stream->run->ctx.pass;
    for (int i = 0; i < pass->blocks.n; i++)
        if (pass->blocks.at[i]->kind == BLOCK_LEAD && pass->blocks.at[i]->var == var)
            return stream->run->done[pass->blocks.at[i]->id];
    return true;
}

static bool input_is_done(const Stream *stream, const GVar *var)
{
    const Pass *pass = stream->run->ctx.pass;
    int generated = generated_index(stream->run->entry, var);
    if (generated >= 0)
        return stream->given[generated];
    for (int i = 0; i < pass->blocks.n; i++)
        if (pass->blocks.at[i]->kind == BLOCK_INPUT && pass->blocks.at[i]->var == var)
            return stream->run->done[pass->blocks.at[i]->id];
    return true;
}

static bool node_is_done(const Stream *stream, const Node *node, const Block *inside)
{
    if (node->op == OP_READ)
        return lead_is_done(stream, node->var);
    if (node->op == OP_INPUT)
        return input_is_done(stream, node->var);
    const Block *home = stream->run->ctx.pass->home[node->id];
    return !home || home == inside || stream->run->done[home->id];
}

static bool block_is_ready(const Stream *stream, const Block *block)
{
    for (int i = 0; i < block->nodes.n; i++)
        for (int k = 0; k < block->nodes.at[i]->n; k++)
            if (!node_is_done(stream, block->nodes.at[i]->arg[k], block))
                return false;
    for (int i = 0; i < block->copies.n; i++)
        if (block->copies.at[i].node && !node_is_done(stream, block->copies.at[i].node, block))
            return false;
    if (block->kind == BLOCK_LEAD && block->var->init)
        return node_is_done(stream, block->var->init, block);
    if (block->kind == BLOCK_PRODUCT && block->round == block->strip->rounds.at[0] && block->strip->prefill)
        return stream->run->done[block->strip->prefill_block->id];
    return true;
}

static bool give_generated(Stream *stream, CBlock *out)
{
    const GEntry *entry = stream->run->entry;
    Ctx at = stream->run->ctx;
    Arena *arena = at.arena;
    bool any = false;
    for (int i = 0; i < entry->generated.n; i++) {
        const GVar *var = entry->generated.at[i];
        if (stream->given[i] || !node_is_done(stream, entry->values.at[i], NULL))
            continue;
        any = stream->given[i] = true;
        call_rows(stream, out);
        CBlock *rows = c_for(out, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
        at.t = c_int(arena, 0);
        at.row = c_name(arena, "row");
        const Buffer *buffer = at.program->schedule->var_loc[0][var->id].buffer;
        const CExpr *to = buffer ? row_pointer(&at, buffer, 0) : NULL;
        if (var->token || var->rank == 0) {
            const CExpr *value = var->token ? token_of(&at, entry->values.at[i]) : number_of(&at, entry->values.at[i]);
            c_assign(rows, c_name(arena, "%s_out[row]", var->var->c_name), "=", value);
            if (to)
                c_assign(rows, c_deref(arena, to), "=", c_name(arena, "%s_out[row]", var->var->c_name));
            continue;
        }
        int64_t count = var->dim[0] * var->dim[1];
        c_call(rows, c_expr(arena, PREC_ATOM,
                            arena_printf(arena, "memcpy(%s_out + row * %lld, $A, %lld * sizeof(rnn_real))",
                                         var->var->c_name, (long long)count, (long long)count),
                            node_pointer(&at, entry->values.at[i])));
        if (to)
            c_call(rows, c_expr(arena, PREC_ATOM,
                                arena_printf(arena, "rnn_pad_row($A, %s_out + row * %lld, %lld)", var->var->c_name,
                                             (long long)count, (long long)count),
                                to));
    }
    return any;
}

/* Blocks of a loop or walk stand for themselves: a step runs each once. */
static bool run_ready(Stream *stream, CBlock *out, const Block *block, bool fixed_done)
{
    Run *run = stream->run;
    bool any = false;
    if (block->body.n > 0) {
        for (int i = 0; i < block->body.n; i++)
            any |= run_ready(stream, out, block->body.at[i], fixed_done);
        run->done[block->id] = true;
        return any;
    }
    if (run->done[block->id] || !run_needs_block(run, block))
        return false;
    if (block->kind == BLOCK_INPUT && generated_index(run->entry, block->var) >= 0)
        return false;
    if (fixed_done && is_fixed(block)) {
        run->done[block->id] = true;
        return true;
    }
    if (!block_is_ready(stream, block))
        return false;
    call_ready(stream, out, block);
    return true;
}

static bool all_done(const Stream *stream, const Block *block)
{
    const Run *run = stream->run;
    for (int i = 0; i < block->body.n; i++)
        if (!all_done(stream, block->body.at[i]))
            return false;
    bool generated = block->kind == BLOCK_INPUT && generated_index(run->entry, block->var) >= 0;
    return run->done[block->id] || generated || !run_needs_block(run, block);
}

static void run_stream(Run *run, CBlock *out, bool fixed_done)
{
    const Pass *pass = run->ctx.pass;
    Stream stream = {run, arena_array(run->ctx.arena, bool, run->entry->generated.n + 1), {0}};
    for (bool any = true; any;) {
        any = false;
        for (int i = 0; i < pass->blocks.n; i++)
            any |= run_ready(&stream, out, pass->blocks.at[i], fixed_done);
        any |= give_generated(&stream, out);
    }
    call_rows(&stream, out);
    for (int i = 0; i < pass->blocks.n; i++)
        if (!all_done(&stream, pass->blocks.at[i]))
            BUG("%s: block %s waits for itself", run->entry->entry->name, pass->blocks.at[i]->name);
}

/* ---- the two functions ---- */

static const char *one_step(Emit *emit, CBlock *out)
{
    c_call(out, c_name(emit->arena, "%s_place_step(f, work)", emit->m));
    c_call(out, c_name(emit->arena, "%s_start(f, NULL, s)", emit->m));
    return "s";
}

void emit_begin_run(Emit *emit, Stages *stages, CBlock *out, const GEntry *entry)
{
    Run run = run_new(emit, &emit->program->schedule->forward);
    run.stages = stages;
    run.input_text = input_of_begin;
    need_entry(&run, entry);
    c_call(out, c_name(emit->arena, "(void)fault"));
    run_open_frame(&run, out, "in->rows", "1", true);
    run.state_text = one_step(emit, out);
    for (int i = 0; i < run.ctx.pass->blocks.n; i++) {
        const Block *block = run.ctx.pass->blocks.at[i];
        if (is_fixed(block) && run_needs_block(&run, block))
            run_block(&run, out, block);
    }
    c_return(out, c_name(emit->arena, "RNN_OK"));
}

static void give_stop(Run *run, CBlock *out, const GEntry *entry)
{
    Arena *arena = run->ctx.arena;
    CBlock *wanted = c_if(out, c_name(arena, "done != NULL"));
    CBlock *rows = c_for(wanted, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
    Ctx at = run->ctx;
    at.t = c_int(arena, 0);
    at.row = c_name(arena, "row");
    const CExpr *value = entry->stop ? c_expr(arena, PREC_NONE, "$a < 0 || $a > 0 ? 1 : 0", number_of(&at, entry->stop))
                                     : c_int(arena, 0);
    c_assign(rows, c_name(arena, "done[row]"), "=", value);
}

void emit_step_run(Emit *emit, Stages *stages, CBlock *out, const GEntry *entry)
{
    Arena *arena = emit->arena;
    bool generates = entry->entry->kind == ENTRY_GENERATE;
    Run run = run_new(emit, &emit->program->schedule->forward);
    run.stages = stages;
    run.input_text = input_of_step;
    need_entry(&run, entry);
    c_call(out, c_name(arena, "(void)fault"));
    run_open_frame(&run, out, "rows", "1", true);
    run.state_text = one_step(emit, out);
    run_stream(&run, out, generates);
    for (int i = 0; i < entry->outputs.n; i++)
        if (generated_index(entry, entry->outputs.at[i]) < 0)
            c_call(out, c_name(arena, "%s_give_%s(f, %s_out, 0, 1)", emit->m, entry->outputs.at[i]->name,
                               entry->outputs.at[i]->var->c_name));
    if (generates)
        give_stop(&run, out, entry);
    run_save_state(&run, out, false);
    c_return(out, c_name(arena, "RNN_OK"));
}

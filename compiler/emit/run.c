/* run.c: what all entry points are put together from: which nodes and blocks an entry needs, the calls of a block, the loop
 * over steps, and what is computed only when the caller wants it. Used by emit_run.c, emit_backward.c, emit_stream.c. */
#include <string.h>

#include "emit/body.h"
#include "emit/interface.h"
#include "emit/run.h"

/* ---- needed nodes ---- */

static void need(Run *run, Node *node)
{
    if (!node || run->needed[node->id])
        return;
    run->needed[node->id] = true;
    vec_push(run->ctx.arena, &run->work, node);
}

/* Follows arguments, variables that are read, and, in an entry that generates, the values of generated variables. */
static void need_all(Run *run)
{
    while (run->work.n) {
        Node *node = run->work.at[--run->work.n];
        for (int i = 0; i < node->n; i++)
            need(run, node->arg[i]);
        if (node->op == OP_READ) {
            need(run, node->var->def);
            need(run, node->var->init);
        }
    }
}

Run run_new(Emit *emit, const Pass *pass)
{
    Run run = {.ctx = ctx_new(emit, pass, NULL)};
    const Graph *graph = emit->program->graph;
    run.needed = arena_alloc(emit->arena, sizeof *run.needed * (size_t)(graph->nodes.n + 1));
    run.done = arena_alloc(emit->arena, sizeof *run.done * (size_t)(emit->program->schedule->block_count + 1));
    return run;
}

void run_need(Run *run, Node *node)
{
    need(run, node);
    need_all(run);
}

bool run_needs_var(const Run *run, const GVar *var, bool only_read)
{
    const Graph *graph = run->ctx.program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        bool looks = node->op == OP_READ || (node->op == OP_INPUT && !only_read);
        if (run->needed[i] && node->var == var && looks)
            return true;
    }
    return false;
}

static bool run_needs_up(const Run *run, const GVar *var)
{
    const Graph *graph = run->ctx.program->graph;
    for (int i = 0; i < graph->nodes.n; i++)
        if (run->needed[i] && graph->nodes.at[i]->op == OP_UP && graph->nodes.at[i]->var == var)
            return true;
    return false;
}

bool run_needs_block(const Run *run, const Block *block)
{
    if (block->kind == BLOCK_INPUT && !block->backward)
        return run_needs_var(run, block->var, false);
    if (block->kind == BLOCK_INPUT)
        return run_needs_up(run, block->var);
    if (block->kind == BLOCK_LEAD)
        return run_needs_var(run, block->var, true);
    for (int i = 0; i < block->nodes.n; i++)
        if (run->needed[block->nodes.at[i]->id])
            return true;
    for (int i = 0; i < block->body.n; i++)
        if (run_needs_block(run, block->body.at[i]))
            return true;
    for (int i = 0; i < block->copies.n; i++) /* starts of a group that is needed */
        for (int g = 0; g < run->ctx.pass->strips.n; g++) {
            const Strip *strip = run->ctx.pass->strips.at[g];
            if (strip->prefill_block == block)
                return run->needed[strip->groups.at[0]->result[0]->id];
        }
    return false;
}

/* ---- calls ---- */

static const char *call_text(const Run *run, const Block *block)
{
    return block_function(&run->ctx, block, "");
}

bool block_takes_rows(const Block *block)
{
    return block->kind == BLOCK_UNITS && block->group && block->component >= 0;
}

/* One block at step `t`, all rows of the part. */
static void call_at_step(const Run *run, CBlock *out, const Block *block, const char *t)
{
    Arena *arena = run->ctx.arena;
    if (block_takes_rows(block))
        c_call(out, c_name(arena, "%s(f, %s, rows)", call_text(run, block), t));
    else
        c_call(share_each_row(out), c_name(arena, "%s(f, %s, row)", call_text(run, block), t));
}

static void call_steps(const Run *run, CBlock *out, const Block *loop, int steps)
{
    for (int s = 0; s < steps; s++)
        for (int i = 0; i < loop->body.n; i++)
            call_at_step(run, out, loop->body.at[i],
                         s == 0 ? "t" : arena_printf(run->ctx.arena, loop->direction > 0 ? "t + %d" : "t - %d", s));
}

/* A part runs all steps of its rows. Where rows look at each other inside the loop they would have to meet at each step:
 * there part 0 runs them all. */
static void open_rows(CBlock *body, const Block *loop)
{
    if (reads_other_rows(loop)) {
        share_none(body);
        c_decl(body, "const rnn_share", "rows", c_name(body->arena, "{0, f->rows}"));
    } else {
        share_rows(body);
    }
}

/* The loop over steps, written `unroll_steps` at a time with what is left over after it. */
void emit_loop(const Run *run, CBlock *out, const Block *loop)
{
    Arena *arena = run->ctx.arena;
    CBlock *body = share_function(run->ctx.emit, out, call_text(run, loop), NULL, 0);
    open_rows(body, loop);
    int steps = loop->unroll_steps;
    bool up = loop->direction > 0;
    if (steps == 1) {
        CBlock *each =
            up ? c_for(body, "t", c_name(arena, "f->from"), c_name(arena, "f->to"), c_int(arena, 1))
               : c_for_down(body, "t", c_name(arena, "f->to - 1"), c_name(arena, "f->from"), c_int(arena, 1));
        call_steps(run, each, loop, 1);
    } else {
        c_decl(body, "ptrdiff_t", "t", c_name(arena, up ? "f->from" : "f->to - 1"));
        const CExpr *fits = c_name(arena, up ? "t + %d <= f->to" : "t >= f->from + %d", up ? steps : steps - 1);
        CBlock *many = c_for_on(body, "t", fits, c_int(arena, steps), !up);
        call_steps(run, many, loop, steps);
        CBlock *rest = c_for_on(body, "t", c_name(arena, up ? "t < f->to" : "t >= f->from"), c_int(arena, 1), !up);
        call_steps(run, rest, loop, 1);
    }
    c_blank(out);
}

static bool has_state_slot(const Program *program, const GVar *var)
{
    for (int i = 0; i < program->state.n; i++)
        if (program->state.at[i].var == var)
            return true;
    return false;
}

/* Sums with a place of their own are added there by shares that are not those of the place. */
static void clear_sums(const Run *run, CBlock *out, const Block *block)
{
    for (int i = 0; i < block->nodes.n; i++) {
        const Buffer *buffer = run->ctx.pass->loc[block->nodes.at[i]->id].buffer;
        if (block_keeps(&run->ctx, block->nodes.at[i]))
            c_call(block->chunk ? c_if(out, c_name(run->ctx.arena, "!(%s)", goes_on(block))) : out,
                   c_name(run->ctx.arena, "memset(f->%s, 0, %lld * sizeof(rnn_real))", buffer->field,
                          (long long)buffer->width));
    }
}

void run_block(Run *run, CBlock *out, const Block *block)
{
    Arena *arena = run->ctx.arena;
    run->done[block->id] = true;
    switch (block->kind) {
    case BLOCK_INPUT:
        c_call(out, c_name(arena, "%s(f, %s, 0, 1)", call_text(run, block), run->input_text(run, block->var)));
        break;
    case BLOCK_LEAD:
        c_call(out, c_name(arena, has_state_slot(run->ctx.program, block->var) ? "%s(f, %s, 0, 1)" : "%s(f, 0, 1)",
                           call_text(run, block), run->state_text));
        break;
    case BLOCK_TOTAL:
        for (int i = 0; i < block->nodes.n; i++)
            if (run->needed[block->nodes.at[i]->id])
                emit_total(&run->ctx, out, block->nodes.at[i]);
        break;
    case BLOCK_CONTRACT:
    case BLOCK_SUM:
        clear_sums(run, out, block);
        c_call(out, c_name(arena, "%s(f, 0, 1)", call_text(run, block)));
        break;
    case BLOCK_PRODUCT:
    case BLOCK_LOOP:
        c_call(out, c_name(arena, "%s(f, 0, 1)", call_text(run, block)));
        break;
    case BLOCK_UNITS:
    case BLOCK_SCALARS:
    case BLOCK_ROW:
    case BLOCK_WALK:
        run_walk(run, out, block);
        break;
    case BLOCK_CHUNK:
        run_chunk(run, out, block);
        break;
    }
}

/* ---- what is computed only when the caller wants it ---- */

void add_wanted(const Run *run, WantedList *list, const char *given, Node *root)
{
    Wanted wanted = {given, run_new(run->ctx.emit, run->ctx.pass)};
    run_need(&wanted.run, root);
    vec_push(run->ctx.arena, &list->of, wanted);
}

/* "r->p != NULL || r->q != NULL" for the results that need this block; NULL: nobody. */
/* "a || (b && c)"; what is in parentheses already stays. */
static const char *either(const Run *run, const char *a, const char *b)
{
    if (strstr(a, "&&") && a[0] != '(')
        a = arena_printf(run->ctx.arena, "(%s)", a);
    if (strstr(b, "&&"))
        b = arena_printf(run->ctx.arena, "(%s)", b);
    return arena_printf(run->ctx.arena, "%s || %s", a, b);
}

const char *wanted_by(const Run *run, const Block *block)
{
    const char *any = NULL;
    for (int i = 0; run->wanted && i < run->wanted->of.n; i++) {
        const Wanted *wanted = &run->wanted->of.at[i];
        if (run_needs_block(&wanted->run, block))
            any = any ? either(run, any, wanted->given) : wanted->given;
    }
    return any;
}

CBlock *run_under(Run *run, CBlock *out, const char *condition)
{
    const CStmt *last = out->stmts.n > 0 ? out->stmts.at[out->stmts.n - 1] : NULL;
    if (!condition)
        return out;
    if (last && last->kind == C_IF && !last->other && last->value->n == 0 && strcmp(last->value->text, condition) == 0)
        return last->body;
    return c_if(out, c_name(run->ctx.arena, "%s", condition));
}

/* Under the condition that the block has beyond those it stands under already. */
void run_when_needed(Run *run, CBlock *out, const Block *block)
{
    const char *under = run->under, *wanted = wanted_by(run, block), *condition = NULL;
    need_wanted_totals(run, block);
    const bool needed = run_needs_block(run, block), outside = (block->needs & NEEDS_UP) != 0;
    if ((!needed && !wanted) || (run->skip_late && block->late))
        return;
    if (run->no_up && outside) {
        for (int i = 0; i < block->nodes.n; i++) /* numbers that others may still name */
            run->ctx.local[block->nodes.at[i]->id] = c_name(run->ctx.arena, "0.0");
        return;
    }
    if (outside && !(needed && block->kind == BLOCK_TOTAL)) /* each total asks itself */
        condition = "up != NULL";
    else if (!needed)
        condition = wanted;
    if (condition && under && strcmp(condition, under) == 0)
        condition = NULL;
    run->under = condition ? condition : under;
    run_block(run, run_under(run, out, condition), block);
    run->under = under;
}

/* Numbers in double declare names that later blocks use: they are cheap and always there, whoever wants them. */
void need_wanted_totals(Run *run, const Block *block)
{
    for (int i = 0; block->kind == BLOCK_TOTAL && run->wanted && i < block->nodes.n; i++)
        for (int k = 0; k < run->wanted->of.n; k++)
            run->needed[block->nodes.at[i]->id] |= run->wanted->of.at[k].run.needed[block->nodes.at[i]->id];
}

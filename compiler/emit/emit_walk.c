/* emit_walk.c: blocks of single steps and rows as functions of (part, parts): a walk over all steps and rows of a window
 * (loop/walk.c), or what runs between two products of one step (emit_stream.c). Such a function is written once for all
 * entry points that run the same blocks under the same conditions, else once for each text. */
#include <string.h>

#include "emit/body.h"
#include "emit/run.h"

/* ---- functions that are shared ---- */

static void give_params(const Run *run, const char *text, const char **params, int *n)
{
    Arena *arena = run->ctx.arena;
    if (strstr(text, "r->"))
        params[(*n)++] = arena_printf(arena, "const %s_result *r", run->ctx.emit->m);
    if (strstr(text, "up != NULL") || strstr(text, "up->"))
        params[(*n)++] = arena_printf(arena, "const %s_adjoint_in *up", run->ctx.emit->m);
    if (strstr(text, "down->"))
        params[(*n)++] = arena_printf(arena, "const %s_adjoint_out *down", run->ctx.emit->m);
}

/* The name of the function with that body: of an entry point before, or a new one's. */
static const char *shared_name(Run *run, const char *name, const char *text, bool *is_new)
{
    Arena *arena = run->ctx.arena;
    Stages *stages = run->stages;
    bool taken = false;
    *is_new = false;
    for (int i = 0; i < stages->known.n; i++) {
        const Stage *stage = &stages->known.at[i];
        if (strcmp(stage->of, name) != 0)
            continue;
        if (strcmp(stage->text, text) == 0)
            return stage->name;
        taken = true;
    }
    const char *own = taken ? arena_printf(arena, "%s_%s", name, stages->entry) : name;
    *is_new = true;
    vec_push(arena, &stages->known, (Stage){name, own, text});
    return own;
}

/* Calls the function `name` with that body, which is written when nobody has it. conditions: C text that tells what else
 * of the entry point's arguments it looks at. */
static void call_shared(Run *run, CBlock *out, const char *name, CBlock *body, const char *comment,
                        const char *conditions)
{
    Arena *arena = run->ctx.arena;
    Text text = text_new(arena);
    c_print(&text, body, 1);
    bool is_new;
    const char *own = shared_name(run, name, text_z(&text), &is_new);
    const char *more[3], *arguments = "f";
    int n = 0;
    give_params(run, conditions, more, &n);
    if (is_new) {
        c_comment(run->stages->functions, "%s", comment);
        *share_function(run->ctx.emit, run->stages->functions, own, more, n) = *body;
        c_blank(run->stages->functions);
    }
    for (int i = 0; i < n; i++)
        arguments = arena_printf(arena, "%s, %s", arguments, strrchr(more[i], '*') + 1);
    c_call(out, c_name(arena, "%s(%s, 0, 1)", own, arguments));
}

/* ---- all steps and rows of a window ---- */

static bool stands_in_a_row(const Loc place)
{
    return place.buffer && place.buffer->span != SPAN_SEQ;
}

/* Steps leave something in a row of memory that they share. */
static bool shares_memory(const Pass *pass, const Block *block)
{
    for (int i = 0; i < block->nodes.n; i++)
        if (pass->keep[block->nodes.at[i]->id] && stands_in_a_row(pass->loc[block->nodes.at[i]->id]))
            return true;
    for (int i = 0; i < block->copies.n; i++)
        if (stands_in_a_row(block->copies.at[i].to))
            return true;
    return false;
}

/* The loops over a part's share of steps and rows. */
static CBlock *open_walk(const Run *run, CBlock *body, Domain domain, const BlockList *blocks)
{
    Arena *arena = run->ctx.arena;
    if (domain == DOMAIN_ONCE) {
        share_none(body);
        return body;
    }
    const bool sequence = domain == DOMAIN_SEQ;
    bool alone = false, whole_rows = !sequence;
    for (int i = 0; i < blocks->n; i++) {
        alone |= reads_other_rows(blocks->at[i]);
        whole_rows |= shares_memory(run->ctx.pass, blocks->at[i]);
    }
    if (!alone && !whole_rows)
        return share_area(body, "f->from", "f->to");
    if (alone)
        share_none(body);
    else
        share_rows(body);
    if (sequence)
        body = c_for(body, "t", c_name(arena, "f->from"), c_name(arena, "f->to"), c_int(arena, 1));
    return alone ? c_for(body, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1))
                 : share_each_row(body);
}

static void call_inside(const Run *run, CBlock *out, const Block *block)
{
    const char *arguments = block->domain == DOMAIN_ONCE ? "f" : block->domain == DOMAIN_ROWS ? "f, row" : "f, t, row";
    c_call(out, c_name(run->ctx.arena, "%s(%s)", block_function(&run->ctx, block, ""), arguments));
}

/* The blocks of a walk that are needed, or that the caller may want. */
static BlockList blocks_of_walk(Run *run, const Block *walk)
{
    BlockList blocks = {0};
    if (walk->kind != BLOCK_WALK)
        vec_push(run->ctx.arena, &blocks, walk);
    for (int i = 0; i < walk->body.n; i++) {
        const Block *block = walk->body.at[i];
        run->done[block->id] = true;
        if (run_needs_block(run, block) || wanted_by(run, block))
            vec_push(run->ctx.arena, &blocks, block);
    }
    return blocks;
}

/* What only the caller wants stands under a condition of its own. */
void run_walk(Run *run, CBlock *out, const Block *walk)
{
    Arena *arena = run->ctx.arena;
    const char *outer = run_needs_block(run, walk) ? NULL : wanted_by(run, walk), *conditions = "";
    const BlockList blocks = blocks_of_walk(run, walk);
    CBlock *body = c_block(arena), *inside = open_walk(run, body, walk->domain, &blocks);
    for (int i = 0; i < blocks.n; i++) {
        const Block *block = blocks.at[i];
        const char *wanted = run_needs_block(run, block) ? NULL : wanted_by(run, block);
        const bool same = !wanted || (outer && strcmp(wanted, outer) == 0);
        if (!same)
            conditions = arena_printf(arena, "%s %s", conditions, wanted);
        call_inside(run, run_under(run, inside, same ? NULL : wanted), block);
    }
    static const char *const over[] = {
        [DOMAIN_SEQ] = "Over all steps and rows", [DOMAIN_ROWS] = "Over all rows", [DOMAIN_ONCE] = "Once"};
    call_shared(run, out, block_function(&run->ctx, walk, walk->kind == BLOCK_WALK ? "" : "_walk"), body,
                explain_values(run->ctx.emit, run->ctx.pass, &blocks, over[walk->domain]), conditions);
}

/* ---- one step ---- */

bool runs_alone(const Block *block)
{
    return block->domain == DOMAIN_ONCE || reads_other_rows(block);
}

/* What runs between two products: each part does all of it for its rows. A block that reads other rows, or that runs
 * once, comes alone. */
void run_rows(Run *run, CBlock *out, const BlockList *blocks)
{
    Arena *arena = run->ctx.arena;
    const Block *first = blocks->at[0];
    CBlock *body = c_block(arena), *rows = NULL;
    if (runs_alone(first)) {
        share_none(body);
        rows = first->domain == DOMAIN_ONCE
                   ? body
                   : c_for(body, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
    } else {
        share_rows(body);
    }
    for (int i = 0; i < blocks->n; i++) {
        const Block *block = blocks->at[i];
        const char *name = block_function(&run->ctx, block, "");
        if (block_takes_rows(block)) {
            c_call(body, c_name(arena, "%s(f, 0, rows)", name));
            rows = NULL;
            continue;
        }
        rows = rows ? rows : share_each_row(body);
        c_call(rows, c_name(arena,
                            block->domain == DOMAIN_ONCE   ? "%s(f)"
                            : block->domain == DOMAIN_ROWS ? "%s(f, row)"
                                                           : "%s(f, 0, row)",
                            name));
    }
    call_shared(run, out, block_function(&run->ctx, first, "_rows"), body,
                explain_values(run->ctx.emit, run->ctx.pass, blocks, "One step of all rows"), "");
}

/* emit_units.c: a block of vectors, element by element, as one C function of a step and a row: panels of 16 units, each
 * in pieces of RNN_VL lanes. In a loop the same text stands behind the products of the phase and takes their
 * accumulators; emit_product.c calls it panel by panel. */
#include <string.h>

#include "emit/body.h"

/* ---- which values get a name ---- */

static int uses_in_block(const Ctx *ctx, const Node *node)
{
    int n = 0;
    for (int i = 0; i < ctx->pass->users[node->id].n; i++) {
        const Node *user = ctx->pass->users[node->id].at[i];
        if (ctx->pass->home[user->id] != ctx->block)
            continue;
        for (int k = 0; k < user->n; k++)
            n += user->arg[k] == node;
    }
    return n;
}

static bool gets_name(const Ctx *ctx, const Node *node)
{
    return block_keeps(ctx, node) || node->name || uses_in_block(ctx, node) > 1;
}

void store_vector(const Ctx *ctx, CBlock *out, Loc to, const CExpr *value, int64_t units)
{
    Arena *arena = ctx->arena;
    const CExpr *at = unit_index(ctx, to.slots, to.slot);
    if (ctx->matrix_row)
        at = c_add(arena, c_mul(arena, ctx->matrix_row, c_int(arena, padded(units))), at);
    const CExpr *pointer = c_add(arena, row_pointer(ctx, to.buffer, 0), at);
    if (units % PANEL && strcmp(value->text, "rnn_zero()") != 0)
        value = c_expr(arena, PREC_ATOM, "rnn_keep($A, $B)", value, units_left(ctx, units));
    c_call(out, c_expr(arena, PREC_ATOM, "rnn_store($A, $B)", pointer, value));
}

const Node *start_past_end(const Ctx *ctx, Loc place)
{
    const Graph *graph = ctx->program->graph;
    if (!place.buffer || place.buffer->trail == 0)
        return NULL;
    for (int i = 0; i < graph->vars.n; i++) {
        Loc loc = ctx->program->schedule->var_loc[ctx->pass->backward][i];
        const Node *init = graph->vars.at[i]->init;
        if (loc.buffer == place.buffer && loc.slot == place.slot && init &&
            (node_is_leaf(init) || ctx->pass->in[init->id]))
            return init; /* in the pass: some value that is asked for looks there */
    }
    return NULL;
}

static const CExpr *padding_value(const Ctx *ctx, Loc place)
{
    const Node *start = start_past_end(ctx, place);
    return start ? value_of(ctx, start) : c_name(ctx->arena, "rnn_zero()");
}

static CBlock *open_vectors(Ctx *ctx, CBlock *out, bool all_panels)
{
    Arena *arena = ctx->arena;
    int64_t panels = (ctx->block->units + PANEL - 1) / PANEL;
    ctx->matrix_row = NULL;
    if (ctx->block->rank == 2) {
        out = c_each(out, "i", ctx->block->matrix_rows, &ctx->matrix_row);
    }
    ctx->panel = c_name(arena, "panel");
    if (all_panels)
        out = c_each(out, "panel", panels, &ctx->panel);
    ctx->lane = c_name(arena, "u");
    return c_for(out, "u", c_int(arena, 0), c_int(arena, PANEL), c_name(arena, "RNN_VL"));
}

static void store_padding(Ctx *ctx, CBlock *out, bool all_panels)
{
    CBlock *body = open_vectors(ctx, out, all_panels);
    for (int i = 0; i < ctx->block->nodes.n; i++) {
        const Node *node = ctx->block->nodes.at[i];
        const Loc place = ctx->pass->loc[node->id];
        if (block_keeps(ctx, node))
            store_vector(ctx, body, place, padding_value(ctx, place), ctx->block->units);
    }
    for (int i = 0; i < ctx->block->copies.n; i++) {
        const Loc place = ctx->block->copies.at[i].to;
        store_vector(ctx, body, place, padding_value(ctx, place), ctx->block->units);
    }
}

static bool stores_sequences(const Ctx *ctx)
{
    for (int i = 0; i < ctx->block->nodes.n; i++)
        if (block_keeps(ctx, ctx->block->nodes.at[i]))
            return true;
    return ctx->block->copies.n > 0;
}

/* ---- names of loaded values ---- */

const char *loaded_name(const Ctx *ctx, const Node *node)
{
    Arena *arena = ctx->arena;
    if (node->op == OP_READ) {
        const char *name = emit_c_name(ctx->emit, node->var->name);
        int distance = node->offset < 0 ? -node->offset : node->offset;
        const char *where = node->offset < 0 ? "prev" : "next";
        return distance == 1 ? arena_printf(arena, "%s_%s", name, where)
                             : arena_printf(arena, "%s_%s%d", name, where, distance);
    }
    if (node->op == OP_INPUT || node->op == OP_PARAM)
        return emit_c_name(ctx->emit, node->var->name);
    return local_name(ctx, node);
}

static bool is_loaded(const Ctx *ctx, const Node *node)
{
    if (ctx->local[node->id] || node->token || ctx->pass->home[node->id] == ctx->block)
        return false;
    bool leaf = node->op == OP_READ || node->op == OP_INPUT || node->op == OP_PARAM;
    return leaf || (!node_is_leaf(node) && node->op != OP_UP);
}

/* Vectors from memory that an expression needs get a name before it. */
static void load_operands(Ctx *ctx, CBlock *body, const Node *node)
{
    if (node->op == OP_OUTER || node->op == OP_ONEHOT || node->op == OP_WHEN_UP)
        return;
    for (int i = 0; i < node->n; i++) {
        const Node *arg = node->arg[i];
        if (!is_loaded(ctx, arg))
            continue;
        const char *name = unique_name(ctx, loaded_name(ctx, arg), arg->id);
        c_decl(body, "const rnn_vec", name, value_of(ctx, arg));
        ctx->local[arg->id] = c_name(ctx->arena, "%s", name);
    }
}

/* The values of the block in order, then its stores: nothing is overwritten before everybody has read it. */
static void compute_all(Ctx *ctx, CBlock *body, bool has_sums)
{
    Arena *arena = ctx->arena;
    for (int i = 0; i < ctx->block->nodes.n; i++) {
        const Node *node = ctx->block->nodes.at[i];
        const CExpr *value;
        if (has_sums && ctx->pass->group[node->id]) {
            const Group *group = ctx->pass->group[node->id];
            int slot = ctx->pass->slot[node->id];
            if (group->result[slot] != node)
                continue;
            value = c_expr(arena, PREC_ATOM, "rnn_load(z + $A)", c_add(arena, c_int(arena, slot * PANEL), ctx->lane));
        } else {
            comment_equation(ctx, body, node);
            load_operands(ctx, body, node);
            value = compute(ctx, node);
        }
        if (gets_name(ctx, node)) {
            const char *name = unique_name(ctx, local_name(ctx, node), node->id);
            c_decl(body, "const rnn_vec", name, value);
            value = c_name(arena, "%s", name);
        }
        ctx->local[node->id] = value;
    }
    for (int i = 0; i < ctx->block->nodes.n; i++) {
        const Node *node = ctx->block->nodes.at[i];
        if (block_keeps(ctx, node) && ctx->local[node->id])
            store_vector(ctx, body, ctx->pass->loc[node->id], ctx->local[node->id], ctx->block->units);
    }
    for (int i = 0; i < ctx->block->copies.n; i++) {
        const Copy *copy = &ctx->block->copies.at[i];
        const CExpr *value = copy->node ? value_of(ctx, copy->node) : c_name(arena, "rnn_zero()");
        store_vector(ctx, body, copy->to, value, ctx->block->units);
    }
}

static void emit_cell(Ctx *ctx, CBlock *out, bool has_sums)
{
    Arena *arena = ctx->arena;
    const char *params[6];
    int n = 0;
    params[n++] = arena_printf(arena, "const %s_frame *f", ctx->emit->m);
    if (ctx->block->domain == DOMAIN_SEQ) {
        params[n++] = "ptrdiff_t t";
        ctx->t = c_name(arena, "t");
    }
    if (ctx->block->domain != DOMAIN_ONCE) {
        params[n++] = "ptrdiff_t row";
        ctx->row = c_name(arena, "row");
    }
    if (has_sums) {
        params[n++] = "ptrdiff_t panel";
        params[n++] = "const rnn_real *z";
    }
    CBlock *body = c_function(out, has_sums ? "static void" : "static RNN_NOINLINE void",
                              block_function(ctx, ctx->block, has_sums ? "_cell" : ""), params, n);
    open_pointers(ctx, body);
    if (ctx->block->domain == DOMAIN_SEQ && has_lengths(ctx) && stores_sequences(ctx)) {
        CBlock *past = c_if(body, c_name(arena, "t >= f->length[row]"));
        store_padding(ctx, past, !has_sums);
        c_return(past, NULL);
    }
    CBlock *vectors = open_vectors(ctx, body, !has_sums);
    compute_all(ctx, vectors, has_sums);
    ctx->panel = ctx->lane = ctx->matrix_row = NULL;
    ctx->pointers = NULL;
    c_blank(out);
}

void emit_units(Ctx *ctx, CBlock *out)
{
    bool has_sums = ctx->block->group != NULL && ctx->block->component >= 0;
    emit_cell(ctx, out, has_sums);
    if (!has_sums)
        return;
    for (int i = 0; i < ctx->program->graph->nodes.n; i++)
        ctx->local[i] = NULL; /* names of the cell's body */
    emit_tiles(ctx, out);
}

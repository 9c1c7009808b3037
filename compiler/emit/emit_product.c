/* emit_product.c: products on packed weights. Outside loops one call of rnn_gemm_part over all steps and rows. In
 * a phase of a loop the products are written out for the rows of a part: tiles of 6, 4 or 1 rows by one block of panels,
 * accumulators in registers, k unrolled, then the elementwise part of the phase (emit_units.c) on the accumulators. Each element is one chain of
 * rnn_fma over k, so no tile and no unrolling changes a bit. */
#include <string.h>

#include "emit/body.h"

typedef struct Tile {
    Ctx *ctx;
    const Group *group;
    int rows, panels; /* of this tile */
    int vectors;      /* slots * panels */
    int of_block;     /* vectors that stand side by side in a packed block: of one or, for single rows, of two */
    const char *name;
} Tile;

static const CExpr *acc(const Tile *tile, int row, int vector)
{
    return c_name(tile->ctx->arena, "a%d_%d", row, vector);
}

static const CExpr *packed_pointer(const Ctx *ctx, const PackedMatrix *packed)
{
    return c_add(ctx->arena, c_name(ctx->arena, packed->backward ? "f->wb" : "f->w"), c_int(ctx->arena, packed->at));
}

/* What the chain of (row, vector) starts from. */
static const CExpr *start_value(const Tile *tile, int row, int vector)
{
    Ctx at = *tile->ctx;
    Arena *arena = at.arena;
    const Group *group = tile->group;
    int slot = vector % group->slots, panel = vector / group->slots;
    at.row = c_add(arena, c_name(arena, "row"), c_int(arena, row));
    at.panel =
        c_add(arena, c_mul(arena, c_name(arena, "block"), c_int(arena, group->panels_at_once)), c_int(arena, panel));
    at.lane = c_name(arena, "u");
    if (group->strip->rounds.n > 0)
        return c_expr(arena, PREC_ATOM, "rnn_load($A)",
                      c_add(arena, row_pointer(&at, group->strip->buffer, 0),
                            unit_index(&at, group->slots, group->first + slot)));
    if (!group->start[slot])
        return c_name(arena, "rnn_zero()");
    return value_of(&at, group->start[slot]);
}

/* One k of a round: the block's vectors once, then each row's element with all of them. */
static void emit_k(const Tile *tile, CBlock *out, int round, int k)
{
    Arena *arena = tile->ctx->arena;
    const CExpr *at = c_add(arena, c_name(arena, "k"), c_int(arena, k));
    const int64_t depth = tile->group->rounds.at[round]->packed->depth;
    for (int v = 0; v < tile->vectors; v++) {
        int64_t from = (v / tile->of_block * depth * tile->of_block + v % tile->of_block) * PANEL;
        c_decl(out, "const rnn_vec", arena_printf(arena, "w%d", v),
               c_expr(arena, PREC_ATOM, "rnn_load(weights + $A)",
                      c_add(arena, c_mul(arena, at, c_int(arena, tile->of_block * PANEL)),
                            c_add(arena, c_int(arena, from), c_name(arena, "u")))));
    }
    for (int r = 0; r < tile->rows; r++) {
        const char *x = arena_printf(arena, "x%d", r);
        c_decl(out, "const rnn_vec", x,
               c_expr(arena, PREC_ATOM, "rnn_splat(from[$A])",
                      c_add(arena, c_int(arena, r * tile->group->rounds.at[round]->operand.buffer->width), at)));
        for (int v = 0; v < tile->vectors; v++)
            c_assign(out, acc(tile, r, v), "=",
                     c_expr(arena, PREC_ATOM, arena_printf(arena, "rnn_fma(%s, w%d, $A)", x, v), acc(tile, r, v)));
    }
}

static void emit_round(const Tile *tile, CBlock *out, int index)
{
    const Ctx *ctx = tile->ctx;
    Arena *arena = ctx->arena;
    const Round *round = tile->group->rounds.at[index];
    const PackedMatrix *packed = round->packed;
    bool pair = tile->vectors > tile->of_block;
    int unroll = pair && ctx->block->unroll_k > 4 ? ctx->block->unroll_k / 2 : ctx->block->unroll_k;
    int64_t whole = packed->depth / unroll * unroll;
    CBlock *scope = c_scope(out);
    const CExpr *block = c_mul(arena, c_name(arena, "block"), c_int(arena, packed->at_once * PANEL * packed->depth));
    Ctx at = *ctx;
    at.row = c_name(arena, "row");
    c_decl(scope, "const rnn_real *", "weights", c_add(arena, packed_pointer(ctx, packed), block));
    c_decl(scope, "const rnn_real *", "from",
           c_add(arena, row_pointer(&at, round->operand.buffer, round->operand.offset),
                 c_int(arena, round->operand.from)));
    if (whole > 0) {
        CBlock *loop = c_for(scope, "k", c_int(arena, 0), c_int(arena, whole), c_int(arena, unroll));
        for (int k = 0; k < unroll; k++)
            emit_k(tile, unroll > 1 ? c_scope(loop) : loop, index, k);
    }
    if (whole < packed->depth) {
        CBlock *rest = c_for(scope, "k", c_int(arena, whole), c_int(arena, packed->depth), c_int(arena, 1));
        emit_k(tile, rest, index, 0);
    }
}

static void emit_cells(const Tile *tile, CBlock *out)
{
    Arena *arena = tile->ctx->arena;
    const Group *group = tile->group;
    const CExpr *r;
    CBlock *rows = c_each(out, "r", tile->rows, &r);
    for (int p = 0; p < tile->panels; p++) {
        const CExpr *panel =
            c_add(arena, c_mul(arena, c_name(arena, "block"), c_int(arena, group->panels_at_once)), c_int(arena, p));
        const CExpr *at =
            c_add(arena, c_mul(arena, r, c_int(arena, tile->vectors * PANEL)), c_int(arena, p * group->slots * PANEL));
        c_call(rows,
               c_expr(arena, PREC_ATOM,
                      arena_printf(arena, "%s(f, t, $A, $B, $C)", block_function(tile->ctx, tile->ctx->block, "_cell")),
                      c_add(arena, c_name(arena, "row"), r), panel, c_add(arena, c_name(arena, "z"), at)));
    }
}

static const char *count_text(Arena *arena, int n, const char *what)
{
    if (n == 1)
        return arena_printf(arena, "one %s", what);
    const char *rest = strchr(what, ' ');
    const int first = rest ? (int)(rest - what) : (int)strlen(what);
    return arena_printf(arena, "%d %.*ss%s", n, first, what, rest ? rest : "");
}

static void emit_tile(Tile *tile, CBlock *out)
{
    Ctx *ctx = tile->ctx;
    Arena *arena = ctx->arena;
    const char *params[] = {arena_printf(arena, "const %s_frame *f", ctx->emit->m), "ptrdiff_t t", "ptrdiff_t row",
                            "ptrdiff_t block"};
    c_comment(out, "The sums of %s by %s; a0_1: first row, second panel.", count_text(arena, tile->rows, "row"),
              count_text(arena, tile->vectors, "panel of 16 units"));
    CBlock *body = c_function(out, "static RNN_NOINLINE void", tile->name, params, 4);
    c_decl(body, "rnn_real", arena_printf(arena, "z[%d]", tile->rows * tile->vectors * PANEL), NULL);
    CBlock *lanes = c_for(body, "u", c_int(arena, 0), c_int(arena, PANEL), c_name(arena, "RNN_VL"));
    for (int r = 0; r < tile->rows; r++)
        for (int v = 0; v < tile->vectors; v++)
            c_decl(lanes, "rnn_vec", acc(tile, r, v)->text, start_value(tile, r, v));
    for (int i = 0; i < tile->group->rounds.n; i++)
        emit_round(tile, lanes, i);
    for (int r = 0; r < tile->rows; r++)
        for (int v = 0; v < tile->vectors; v++)
            c_call(lanes, c_expr(arena, PREC_ATOM, "rnn_store(z + $A, $B)",
                                 c_add(arena, c_int(arena, (r * tile->vectors + v) * PANEL), c_name(arena, "u")),
                                 acc(tile, r, v)));
    emit_cells(tile, body);
    c_blank(out);
}

/* ---- all rows of a part, all panels of a phase ---- */

static const int tile_rows[] = {6, 4, 1};

static bool uses_rows(const Ctx *ctx, const Group *group, int rows)
{
    int64_t most = ctx->program->model->axes.at[AXIS_BATCH].high;
    return rows == 1 || (most >= rows && (rows < 6 || group->slots * group->panels_at_once <= 4));
}

static const char *tile_name(const Ctx *ctx, int rows, int panels)
{
    return block_function(ctx, ctx->block, arena_printf(ctx->arena, "_%dx%d", rows, panels));
}

/* Tiles of the rows that are left, as rnn_tile_rows has them: 8 are two fours, 9 two fours and one. */
static void call_tiles(const Ctx *ctx, CBlock *out, int panels, const CExpr *block)
{
    Arena *arena = ctx->arena;
    const bool many = uses_rows(ctx, ctx->block->group, 4);
    out = c_for(out, "row", c_name(arena, "rows.from"), c_name(arena, "rows.to"), many ? NULL : c_int(arena, 1));
    if (many)
        c_decl(out, "const ptrdiff_t", "left", c_name(arena, "rows.to - row"));
    for (size_t i = 0; i < sizeof tile_rows / sizeof *tile_rows; i++) {
        const int rows = tile_rows[i];
        if (!uses_rows(ctx, ctx->block->group, rows))
            continue;
        const char *fits = rows == 6 ? "left >= 6 && left != 8 && left != 9" : "left >= 4";
        CBlock *tile = rows > 1 ? c_if(out, c_name(arena, "%s", fits)) : out;
        c_call(tile,
               c_expr(arena, PREC_ATOM, arena_printf(arena, "%s(f, t, row, $A)", tile_name(ctx, rows, panels)), block));
        if (many)
            c_call(tile, c_name(arena, rows > 1 ? "row += %d" : "row++", rows));
        if (rows > 1)
            out = c_else(out);
    }
}

/* Two blocks at once (loop/unroll.c). */
static void call_single_row(const Ctx *ctx, CBlock *out, const Group *group)
{
    Arena *arena = ctx->arena;
    int panels = group_panels(group) / group->slots, at_once = group->panels_at_once, blocks = panels / at_once;
    CBlock *pairs = out;
    const CExpr *block = c_int(arena, 0);
    if (blocks >= 4) {
        pairs = c_for(out, "block", block, c_int(arena, blocks / 2 * 2), c_int(arena, 2));
        block = c_name(arena, "block");
    }
    c_call(pairs, c_expr(arena, PREC_ATOM,
                         arena_printf(arena, "%s(f, t, rows.from, $A)", tile_name(ctx, 1, 2 * at_once)), block));
    if (blocks % 2)
        c_call(out, c_name(arena, "%s(f, t, rows.from, %d)", tile_name(ctx, 1, at_once), blocks - 1));
    if (panels % at_once)
        c_call(out, c_name(arena, "%s(f, t, rows.from, %d)", tile_name(ctx, 1, panels % at_once), blocks));
    c_return(out, NULL);
}

static void emit_all_tiles(Ctx *ctx, CBlock *out, const Group *group)
{
    int panels = group_panels(group) / group->slots, at_once = group->panels_at_once;
    int sizes[2] = {at_once, panels % at_once};
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < sizeof tile_rows / sizeof *tile_rows && sizes[s] > 0; i++) {
            if (!uses_rows(ctx, group, tile_rows[i]) || (s == 0 && panels < at_once))
                continue;
            int vectors = sizes[s] * group->slots;
            Tile tile = {ctx, group, tile_rows[i], sizes[s], vectors, vectors, tile_name(ctx, tile_rows[i], sizes[s])};
            emit_tile(&tile, out);
        }
    if (ctx->block->pairs) {
        int of_block = at_once * group->slots;
        Tile tile = {ctx, group, 1, 2 * at_once, 2 * of_block, of_block, tile_name(ctx, 1, 2 * at_once)};
        emit_tile(&tile, out);
    }
}

void emit_tiles(Ctx *ctx, CBlock *out)
{
    Arena *arena = ctx->arena;
    const Group *group = ctx->block->group;
    int panels = group_panels(group) / group->slots, at_once = group->panels_at_once, left = panels % at_once;
    ctx->t = c_name(arena, "t");
    emit_all_tiles(ctx, out, group);
    const char *params[] = {arena_printf(arena, "const %s_frame *f", ctx->emit->m), "ptrdiff_t t", "rnn_share rows"};
    c_comment(out, "One step of these rows: all units, in tiles.");
    CBlock *body = c_function(out, "static RNN_NOINLINE void", block_function(ctx, ctx->block, ""), params, 3);
    if (ctx->block->pairs)
        call_single_row(ctx, c_if(body, c_name(arena, "rows.to - rows.from == 1")), group);
    if (panels / at_once > 0) {
        const CExpr *block;
        CBlock *whole = panels / at_once == 1 && left > 0 ? c_scope(body) : body;
        CBlock *blocks = c_each(whole, "block", panels / at_once, &block);
        call_tiles(ctx, blocks, at_once, block);
    }
    if (left > 0) {
        CBlock *last = panels / at_once > 0 ? c_scope(body) : body;
        call_tiles(ctx, last, left, c_int(arena, panels / at_once));
    }
    c_blank(out);
}

/* ---- one round over all steps and rows ---- */

static const char *init_of(const Ctx *ctx, const Strip *strip, const Round *round)
{
    Arena *arena = ctx->arena;
    bool first = strip->rounds.at[0] == round;
    if (!first || strip->prefill)
        return "to, width";
    if (strip->bias)
        return arena_printf(arena, "%s, 0", lay_offset(arena, "f->w", strip->bias->at));
    return "NULL, 0";
}

void emit_product(Ctx *ctx, CBlock *out)
{
    Arena *arena = ctx->arena;
    const Round *round = ctx->block->round;
    const Strip *strip = ctx->block->strip;
    const PackedMatrix *packed = round->packed;
    CBlock *body = share_function(ctx->emit, out, block_function(ctx, ctx->block, ""), NULL, 0);
    for (int i = 0; i < ctx->block->nodes.n; i++)
        if (ctx->block->nodes.at[i]->defines)
            comment_equation(ctx, body, ctx->block->nodes.at[i]);
    ctx->t = c_name(arena, "f->from");
    ctx->row = c_int(arena, 0);
    const CExpr *from;
    const Node *operand = product_operand(round->products.at[0]);
    int64_t stride = 0;
    if (round->operand.buffer) {
        from = c_add(arena, row_pointer(ctx, round->operand.buffer, round->operand.offset),
                     c_int(arena, round->operand.from));
        stride = round->operand.buffer->span == SPAN_ONCE ? 0 : round->operand.buffer->width;
    } else {
        from = param_pointer(ctx, operand->var);
    }
    c_decl(body, "rnn_real *", "to", row_pointer(ctx, strip->buffer, 0));
    c_decl(body, "const rnn_real *", "from", from);
    c_decl(body, "const ptrdiff_t", "width", c_int(arena, strip->buffer->width));
    const char *m = ctx->block->domain == DOMAIN_SEQ    ? "(int)((f->to - f->from) * f->rows)"
                    : ctx->block->domain == DOMAIN_ROWS ? "(int)f->rows"
                                                        : "1";
    if (packed->late) /* each part the blocks that it multiplies by */
        emit_pack_matrix(ctx->emit, body, packed, "f->wb", "f->p");
    c_call(body, c_name(arena, "rnn_gemm_part(to, width, from, %lld, %s, %lld, %s, %lld, 1, %d, %s, part, parts)",
                        (long long)stride, m, (long long)packed->depth,
                        lay_offset(arena, packed->backward ? "f->wb" : "f->w", packed->at), (long long)packed->panels,
                        packed->at_once, init_of(ctx, strip, round)));
    ctx->t = ctx->row = NULL;
    c_blank(out);
}

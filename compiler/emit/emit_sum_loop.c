/* emit_sum_loop.c: sums over steps and rows of several vectors at once, whose elementwise part is computed on the way
 * (loop/fuse.c): for each leaf and panel one accumulator a sum, then the leaf's sums are added to those before it, which
 * stand one after the other in the block's scratch. The share of a part is a range of panels. Order and leaves: rnn/kernels_gradient.h. */
#include "emit/body.h"

static int64_t width_of(const Node *node)
{
    int64_t units = padded(node->dim[node->rank - 1]);
    return node->rank == 2 ? node->dim[0] * units : units;
}

/* The leaves in the order in which the loop meets them: steps from .. to - 1 of each. */
static CBlock *open_leaves(Ctx *ctx, CBlock *body, bool sequence, bool falling)
{
    Arena *arena = ctx->arena;
    const char *end = sequence ? "f->to" : "f->rows", *rows = sequence ? "f->rows" : "1";
    const char *steps = sequence ? "(f->to - f->from)" : "f->rows";
    c_decl(body, "const ptrdiff_t", "leaves", c_name(arena, "rnn_leaf_count((int)%s, (int)%s)", steps, rows));
    CBlock *leaf = falling ? c_for_down(body, "leaf", c_name(arena, "leaves - 1"), c_int(arena, 0), c_int(arena, 1))
                           : c_for(body, "leaf", c_int(arena, 0), c_name(arena, "leaves"), c_int(arena, 1));
    c_decl(leaf, "const ptrdiff_t", "most", c_name(arena, "RNN_LEAF_STEPS((int)%s)", rows));
    c_decl(leaf, "const ptrdiff_t", "from", c_name(arena, sequence ? "f->from + leaf * most" : "leaf * most"));
    c_decl(leaf, "const ptrdiff_t", "to", c_name(arena, "from + most < %s ? from + most : %s", end, end));
    return leaf;
}

/* Steps past a row's length are left out: there +0 would be added. */
static CBlock *open_steps(Ctx *ctx, CBlock *out, bool sequence, bool falling)
{
    Arena *arena = ctx->arena;
    ctx->row = c_name(arena, "row");
    if (!sequence)
        return c_for(out, "row", c_name(arena, "from"), c_name(arena, "to"), c_int(arena, 1));
    ctx->t = c_name(arena, "t");
    out = falling ? c_for_down(out, "t", c_name(arena, "to - 1"), c_name(arena, "from"), c_int(arena, 1))
                  : c_for(out, "t", c_name(arena, "from"), c_name(arena, "to"), c_int(arena, 1));
    out = c_for(out, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
    return c_if(out, c_name(arena, "t < f->length[row]"));
}

/* A loaded value gets a name where it is used the second time or more. */
static const CExpr *operand_of(Ctx *ctx, CBlock *out, const Node *node)
{
    if (!ctx->local[node->id] && node->rank > 0 && node->op != OP_UP) {
        const char *name = unique_name(ctx, loaded_name(ctx, node), node->id);
        c_decl(out, "const rnn_vec", name, value_of(ctx, node));
        ctx->local[node->id] = c_name(ctx->arena, "%s", name);
    }
    return value_of(ctx, node);
}

static void add_values(Ctx *ctx, CBlock *out)
{
    Arena *arena = ctx->arena;
    const Block *block = ctx->block;
    for (int i = 0; i < block->inside.n; i++) {
        const Node *node = block->inside.at[i];
        for (int k = 0; k < node->n; k++)
            operand_of(ctx, out, node->arg[k]);
        const char *name = unique_name(ctx, local_name(ctx, node), node->id);
        c_decl(out, "const rnn_vec", name, compute(ctx, node));
        ctx->local[node->id] = c_name(arena, "%s", name);
    }
    for (int i = 0; i < block->nodes.n; i++) {
        const CExpr *sum = c_name(arena, "sum%d", i);
        c_assign(out, sum, "=",
                 c_expr(arena, PREC_SUM, "$a + $b", sum, operand_of(ctx, out, block->nodes.at[i]->arg[0])));
    }
}

static CBlock *open_panels(Ctx *ctx, CBlock *out, const Node *sum)
{
    Arena *arena = ctx->arena;
    if (sum->rank == 2) {
        out = c_for(out, "i", c_int(arena, 0), c_int(arena, sum->dim[0]), c_int(arena, 1));
        ctx->matrix_row = c_name(arena, "i");
    }
    out = c_for(out, "panel", c_name(arena, "panels.from"), c_name(arena, "panels.to"), c_int(arena, 1));
    ctx->panel = c_name(arena, "panel");
    ctx->lane = c_name(arena, "u");
    return c_for(out, "u", c_int(arena, 0), c_int(arena, PANEL), c_name(arena, "RNN_VL"));
}

/* The part's panels of each sum, and of each row of a matrix: zero. */
static void open_share(Ctx *ctx, CBlock *body, const Node *sum)
{
    Arena *arena = ctx->arena;
    const int64_t units = padded(sum->dim[sum->rank - 1]), rows = ctx->block->nodes.n * (width_of(sum) / units);
    const CExpr *i;
    c_decl(body, "const rnn_share", "panels",
           c_name(arena, "rnn_share_of(%lld, part, parts)", (long long)(units / PANEL)));
    if (ctx->block->chunk)
        body = c_if(body, c_name(arena, "!(%s)", goes_on(ctx->block)));
    CBlock *each = c_each(body, "i", rows, &i);
    const CExpr *at = c_add(arena, c_mul(arena, i, c_int(arena, units)), c_name(arena, "panels.from * %d", PANEL));
    c_call(each,
           c_expr(arena, PREC_ATOM, "memset(f->$A + $B, 0, (size_t)(panels.to - panels.from) * 16 * sizeof(rnn_real))",
                  c_name(arena, "%s", ctx->block->scratch->field), at));
}

void emit_sum_loop(Ctx *ctx, CBlock *body)
{
    Arena *arena = ctx->arena;
    const Block *block = ctx->block;
    const Node *first = block->nodes.at[0];
    const char *to = block->scratch->field;
    bool sequence = varies_over_steps(first), falling = sequence && sum_falls(ctx->program, ctx->pass, first->arg[0]);
    int64_t width = width_of(first);
    open_share(ctx, body, first);
    CBlock *panel = open_panels(ctx, open_leaves(ctx, body, sequence, falling), first);
    for (int i = 0; i < block->nodes.n; i++)
        c_decl(panel, "rnn_vec", arena_printf(arena, "sum%d", i), c_name(arena, "rnn_zero()"));
    add_values(ctx, open_steps(ctx, panel, sequence, falling));
    const CExpr *at = unit_position(ctx);
    if (ctx->matrix_row)
        at = c_add(arena, c_mul(arena, ctx->matrix_row, c_int(arena, width / first->dim[0])), at);
    for (int i = 0; i < block->nodes.n; i++) {
        const CExpr *place = c_add(arena, c_name(arena, "f->%s", to), c_add(arena, c_int(arena, i * width), at));
        c_call(panel, c_expr(arena, PREC_ATOM, "rnn_store($A, rnn_load($A) + $B)", place, c_name(arena, "sum%d", i)));
    }
    ctx->t = ctx->row = c_int(arena, 0);
    ctx->panel = ctx->lane = ctx->matrix_row = NULL;
}

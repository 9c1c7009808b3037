/* emit_row.c: blocks of one node that works on whole rows: softmax, argmax, gather, pieces, small matrices, dropout
 * masks, values at one step. A table says how each is called; the function runs for one step and one row. */
#include "emit/body.h"

typedef void RowEmitter(Ctx *ctx, CBlock *out, const Node *node);

static const CExpr *to_pointer(const Ctx *ctx, const Node *node)
{
    return row_pointer(ctx, ctx->pass->loc[node->id].buffer, 0);
}

static const CExpr *num(const Ctx *ctx, int64_t n)
{
    return c_int(ctx->arena, n);
}

#define CALL(ctx, out, text, ...) c_call((out), c_expr((ctx)->arena, PREC_ATOM, (text), __VA_ARGS__))

static void emit_softmax(Ctx *ctx, CBlock *out, const Node *node)
{
    CALL(ctx, out, "rnn_row_softmax($A, $B, $C)", node_pointer(ctx, node->arg[0]), to_pointer(ctx, node),
         num(ctx, node->dim[0]));
}

static void emit_argmax(Ctx *ctx, CBlock *out, const Node *node)
{
    c_assign(out, c_deref(ctx->arena, to_pointer(ctx, node)), "=",
             c_expr(ctx->arena, PREC_ATOM, "(int32_t)rnn_row_argmax($A, $B)", node_pointer(ctx, node->arg[0]),
                    num(ctx, node->arg[0]->dim[0])));
}

static const CExpr *position_of(const Ctx *ctx, const Node *node)
{
    bool along = node->per_axis < 0 && node_domain(node) == DOMAIN_SEQ;
    return along ? c_expr(ctx->arena, PREC_ATOM, "(uint32_t)(f->position[$A] + $B)", ctx->row, ctx->t)
                 : c_name(ctx->arena, "0U");
}

static const CExpr *random_word(const Ctx *ctx, const Node *node, int component)
{
    return c_expr(ctx->arena, PREC_ATOM, "rnn_philox_word(f->key, $A, (uint32_t)$b, $C, $D)", position_of(ctx, node),
                  ctx->row, c_name(ctx->arena, "%dU", node->site), c_name(ctx->arena, "%dU", component));
}

static void emit_sample(Ctx *ctx, CBlock *out, const Node *node)
{
    const CExpr *value = c_expr(ctx->arena, PREC_ATOM, "(int32_t)rnn_row_sample($A, $B, $C, $D, $E)",
                                node_pointer(ctx, node->arg[0]), num(ctx, node->arg[0]->dim[0]),
                                number_of(ctx, node->arg[1]), random_word(ctx, node, 0), random_word(ctx, node, 1));
    c_assign(out, c_deref(ctx->arena, to_pointer(ctx, node)), "=", value);
}

static void emit_mask(Ctx *ctx, CBlock *out, const Node *node)
{
    int64_t count = node->rank == 2 ? node->dim[0] * padded(node->dim[1]) : node->rank == 1 ? node->dim[0] : 1;
    CBlock *drops = c_if(out, c_name(ctx->arena, "f->train"));
    const CExpr *row = ctx->row ? ctx->row : num(ctx, 0);
    if (node->rank == 0) {
        c_decl(drops, "rnn_real", "mask[16]", NULL);
        CALL(ctx, drops, "rnn_dropout_row(mask, 1, $A, f->key, $B, (uint32_t)$c, $D)", number_of(ctx, node->arg[0]),
             position_of(ctx, node), row, c_name(ctx->arena, "%dU", node->site));
        c_assign(drops, c_deref(ctx->arena, to_pointer(ctx, node)), "=", c_name(ctx->arena, "mask[0]"));
    } else {
        CALL(ctx, drops, "rnn_dropout_row($A, $B, $C, f->key, $D, (uint32_t)$e, $F)", to_pointer(ctx, node),
             num(ctx, count), number_of(ctx, node->arg[0]), position_of(ctx, node), row,
             c_name(ctx->arena, "%dU", node->site));
    }
    CBlock *keeps =
        c_for(c_else(out), "i", num(ctx, 0), num(ctx, node->rank == 1 ? padded(count) : count), num(ctx, 1));
    c_assign(keeps, c_expr(ctx->arena, PREC_ATOM, "$a[i]", to_pointer(ctx, node)), "=", num(ctx, 1));
}

static void emit_gather(Ctx *ctx, CBlock *out, const Node *node)
{
    const Node *table = node->arg[0];
    if (node->rank == 0) { /* a place of its own width: nothing is padded */
        c_decl(out, "const int32_t", "token", token_of(ctx, node->arg[1]));
        c_assign(out, c_deref(ctx->arena, to_pointer(ctx, node)), "=",
                 c_expr(ctx->arena, PREC_NONE, "token >= 0 ? $A : 0",
                        c_index(ctx->arena, node_pointer(ctx, table), c_name(ctx->arena, "token"))));
        return;
    }
    if (!node->ta) {
        CALL(ctx, out, "rnn_gather_row($A, $B, $C, $D, $E)", to_pointer(ctx, node), node_pointer(ctx, table),
             num(ctx, row_stride(table)), num(ctx, table->dim[1]), token_of(ctx, node->arg[1]));
        return;
    }
    c_decl(out, "const int32_t", "column", token_of(ctx, node->arg[1]));
    CBlock *each = c_for(out, "i", num(ctx, 0), num(ctx, padded(node->dim[0])), num(ctx, 1));
    c_assign(each, c_expr(ctx->arena, PREC_ATOM, "$a[i]", to_pointer(ctx, node)), "=",
             c_expr(ctx->arena, PREC_NONE, "i < $A && column >= 0 ? ($B)[i * $C + column] : 0", num(ctx, node->dim[0]),
                    node_pointer(ctx, table), num(ctx, row_stride(table))));
}

/* ---- pieces ---- */

static int64_t length_of(const Node *node)
{
    return node->rank == 0 ? 1 : node->dim[0];
}

static void clear_row(Ctx *ctx, CBlock *out, const Node *node)
{
    int64_t width = node->rank == 0 ? 1 : node->rank == 1 ? padded(node->dim[0]) : node->dim[0] * padded(node->dim[1]);
    CALL(ctx, out, "memset($A, 0, $B * sizeof(rnn_real))", to_pointer(ctx, node), num(ctx, width));
}

static void emit_join(Ctx *ctx, CBlock *out, const Node *node)
{
    int64_t at = 0;
    clear_row(ctx, out, node);
    for (int i = 0; i < node->n; i++) {
        const Node *part = node->arg[i];
        const CExpr *to = c_add(ctx->arena, to_pointer(ctx, node), num(ctx, at));
        if (part->rank == 0)
            c_assign(out, c_deref(ctx->arena, to), "=", number_of(ctx, part));
        else
            CALL(ctx, out, "memcpy($A, $B, $C * sizeof(rnn_real))", to, node_pointer(ctx, part),
                 num(ctx, length_of(part)));
        at += length_of(part);
    }
}

static void emit_slice(Ctx *ctx, CBlock *out, const Node *node)
{
    const CExpr *from = c_add(ctx->arena, node_pointer(ctx, node->arg[0]), num(ctx, node->from));
    if (node->rank == 0) {
        c_assign(out, c_deref(ctx->arena, to_pointer(ctx, node)), "=", c_deref(ctx->arena, from));
        return;
    }
    clear_row(ctx, out, node);
    CALL(ctx, out, "memcpy($A, $B, $C * sizeof(rnn_real))", to_pointer(ctx, node), from, num(ctx, length_of(node)));
}

static void emit_pad(Ctx *ctx, CBlock *out, const Node *node)
{
    const Node *part = node->arg[0];
    const CExpr *to = c_add(ctx->arena, to_pointer(ctx, node), num(ctx, node->from));
    clear_row(ctx, out, node);
    if (part->rank == 0)
        c_assign(out, c_deref(ctx->arena, to), "=", number_of(ctx, part));
    else
        CALL(ctx, out, "memcpy($A, $B, $C * sizeof(rnn_real))", to, node_pointer(ctx, part), num(ctx, length_of(part)));
}

static void emit_scatter(Ctx *ctx, CBlock *out, const Node *node)
{
    clear_row(ctx, out, node);
    c_decl(out, "const int32_t", "token", token_of(ctx, node->arg[1]));
    CBlock *inside = c_if(out, c_name(ctx->arena, "token >= 0"));
    int64_t stride = node->rank == 1 ? 1 : padded(node->dim[1]), n = length_of(node->arg[0]);
    CBlock *each = c_for(inside, "i", num(ctx, 0), num(ctx, n), num(ctx, 1));
    const char *at = node->ta ? "$a[i * $B + token]" : "$a[token * $B + i]";
    c_assign(each, c_expr(ctx->arena, PREC_ATOM, at, to_pointer(ctx, node), num(ctx, stride)), "=",
             node->arg[0]->rank == 0 ? number_of(ctx, node->arg[0])
                                     : c_expr(ctx->arena, PREC_ATOM, "$a[i]", node_pointer(ctx, node->arg[0])));
}

/* ---- small matrices ---- */

static void emit_matvec(Ctx *ctx, CBlock *out, const Node *node)
{
    const Node *matrix = node->arg[node->n - 2], *vector = node->arg[node->n - 1];
    const CExpr *args[] = {to_pointer(ctx, node),     node_pointer(ctx, matrix), num(ctx, row_stride(matrix)),
                           node_pointer(ctx, vector), num(ctx, matrix->dim[0]),  num(ctx, matrix->dim[1])};
    c_call(out,
           c_template(ctx->arena, PREC_ATOM,
                      node->ta ? "rnn_row_matvec_t($A, $B, $C, $D, $E, $F)" : "rnn_row_matvec($A, $B, $C, $D, $E, $F)",
                      6, args));
    if (node->op != OP_FMA_PRODUCT)
        return;
    CBlock *each = c_for(out, "i", num(ctx, 0), num(ctx, node->dim[0]), num(ctx, 1));
    c_assign(each, c_expr(ctx->arena, PREC_ATOM, "$a[i]", to_pointer(ctx, node)),
             "+=", c_expr(ctx->arena, PREC_ATOM, "$a[i]", node_pointer(ctx, node->arg[0])));
}

static void emit_matmul(Ctx *ctx, CBlock *out, const Node *node)
{
    const Node *a = node->arg[0], *b = node->arg[1];
    int64_t depth = node->ta ? a->dim[0] : a->dim[1];
    const CExpr *args[] = {to_pointer(ctx, node),   num(ctx, row_stride(node)), node_pointer(ctx, a),
                           num(ctx, row_stride(a)), node_pointer(ctx, b),       num(ctx, row_stride(b)),
                           num(ctx, node->dim[0]),  num(ctx, node->dim[1]),     num(ctx, depth)};
    const char *call =
        arena_printf(ctx->arena, "rnn_row_matmul($A, $B, $C, $D, %d, $E, $F, %d, $G, $H, $I, 0)", node->ta, node->tb);
    c_call(out, c_template(ctx->arena, PREC_ATOM, call, 9, args));
}

static void emit_transpose(Ctx *ctx, CBlock *out, const Node *node)
{
    clear_row(ctx, out, node);
    CBlock *rows = c_for(out, "i", num(ctx, 0), num(ctx, node->dim[0]), num(ctx, 1));
    CBlock *each = c_for(rows, "k", num(ctx, 0), num(ctx, node->dim[1]), num(ctx, 1));
    c_assign(each, c_expr(ctx->arena, PREC_ATOM, "$a[i * $B + k]", to_pointer(ctx, node), num(ctx, row_stride(node))),
             "=",
             c_expr(ctx->arena, PREC_ATOM, "$a[k * $B + i]", node_pointer(ctx, node->arg[0]),
                    num(ctx, row_stride(node->arg[0]))));
}

static void emit_is_max(Ctx *ctx, CBlock *out, const Node *node)
{
    const Node *a = node->arg[0];
    CALL(ctx, out, "rnn_matrix_is_max($A, $B, $C, $D, $E)", node_pointer(ctx, a), num(ctx, row_stride(a)),
         num(ctx, a->dim[0]), num(ctx, a->dim[1]), to_pointer(ctx, node));
}

/* ---- over steps ---- */

static int64_t width_of(const Node *node)
{
    return node->rank == 0 || node->token ? 1
           : node->rank == 1              ? padded(node->dim[0])
                                          : node->dim[0] * padded(node->dim[1]);
}

/* Value at one step, counted from an end of the row; zero where the row is too short. */
static void emit_at(Ctx *ctx, CBlock *out, const Node *node)
{
    Ctx at = *ctx;
    const char *type = node->token ? "int32_t" : "rnn_real";
    const char *step = node->from_end ? arena_printf(ctx->arena, "f->length[row] - %d", node->offset + 1)
                                      : arena_printf(ctx->arena, "%d", node->offset);
    c_decl(out, "const ptrdiff_t", "step", c_name(ctx->arena, "%s", step));
    CBlock *inside = c_if(out, c_name(ctx->arena, "step >= 0 && step < f->length[row]"));
    at.t = c_name(ctx->arena, "step");
    const CExpr *count = c_name(ctx->arena, "%lld * sizeof(%s)", (long long)width_of(node), type);
    const Node *arg = node->arg[0];
    if (arg->rank == 0 && !arg->token) {
        c_assign(inside, c_deref(ctx->arena, to_pointer(ctx, node)), "=", number_of(&at, arg));
    } else {
        Loc loc = node_loc(ctx->program, ctx->pass, arg);
        if (loc.slots == 1) {
            CALL(ctx, inside, "memcpy($A, $B, $C)", to_pointer(ctx, node), node_pointer(&at, arg), count);
        } else {
            at.panel = c_name(ctx->arena, "i");
            at.lane = c_name(ctx->arena, "k");
            CBlock *panels = c_for(inside, "i", num(ctx, 0), num(ctx, width_of(node) / PANEL), num(ctx, 1));
            CBlock *lanes = c_for(panels, "k", num(ctx, 0), num(ctx, PANEL), num(ctx, 1));
            c_assign(lanes, c_expr(ctx->arena, PREC_ATOM, "$a[$B]", to_pointer(ctx, node), unit_position(&at)), "=",
                     c_expr(ctx->arena, PREC_ATOM, "$a[$B]", row_pointer(&at, loc.buffer, node_offset(arg)),
                            unit_index(&at, loc.slots, loc.slot)));
        }
    }
    CALL(ctx, c_else(out), "memset($A, 0, $B)", to_pointer(ctx, node), count);
}

/* Loops over what stands in `over` of a value: rows where it contains the batch, steps inside each row. At one step of
 * several rows only those count that have it. */
static CBlock *open_over(Ctx *at, CBlock *out, const Node *value, AxisSet over)
{
    Arena *arena = at->arena;
    const bool rows = (over & value->axes & AXIS_BIT(AXIS_BATCH)) != 0;
    const bool steps = (over & value->axes & ~AXIS_BIT(AXIS_BATCH)) != 0;
    if (rows) {
        out = c_for(out, "b", num(at, 0), c_name(arena, "f->rows"), num(at, 1));
        at->row = c_name(arena, "b");
    }
    if (steps) {
        out = c_for(out, "t", num(at, 0), c_expr(arena, PREC_ATOM, "f->length[$A]", at->row), num(at, 1));
        at->t = c_name(arena, "t");
    } else if (rows && node_domain(value) == DOMAIN_SEQ) {
        out = c_if(out, c_name(arena, "t < f->length[b]"));
    }
    return out;
}

/* Over the rows that have a step: the first of them has computed it for all. */
static void copy_of_first_row(Ctx *ctx, CBlock *out, const Node *node)
{
    Arena *arena = ctx->arena;
    Ctx at = *ctx;
    if (node_domain(node) != DOMAIN_SEQ || (node->over & AXIS_BIT(AXIS_BATCH)) == 0)
        return;
    CBlock *before = c_for(out, "b", num(ctx, 0), ctx->row, num(ctx, 1));
    at.row = c_name(arena, "b");
    before = c_if(before, c_name(arena, "t < f->length[b]"));
    const CExpr *from = row_pointer(&at, ctx->pass->loc[node->id].buffer, 0);
    CALL(ctx, before, "memcpy($A, $B, $C * sizeof(rnn_real))", to_pointer(ctx, node), from, num(ctx, width_of(node)));
    c_return(before, NULL);
}

/* Sums, maxima and minima over the steps of a row, or over rows. */
static void emit_over_steps(Ctx *ctx, CBlock *out, const Node *node)
{
    Ctx at = *ctx;
    const Node *arg = node->arg[0];
    Arena *arena = ctx->arena;
    const CExpr *to = c_expr(arena, PREC_ATOM, "$a[i]", to_pointer(ctx, node));
    copy_of_first_row(ctx, out, node);
    if (node->rank == 0 && node->op == OP_SUM_AXES) {
        c_decl(out, "double", "sum", c_name(arena, "0.0"));
        CBlock *steps = open_over(&at, out, arg, node->over);
        c_assign(steps, c_name(arena, "sum"), "+=", c_expr(arena, PREC_UNARY, "(double)$a", number_of(&at, arg)));
        c_assign(out, c_deref(arena, to_pointer(ctx, node)), "=", c_name(arena, "(rnn_real)sum"));
        return;
    }
    const char *start = node->op == OP_SUM_AXES   ? "0"
                        : node->op == OP_MAX_AXES ? "-(rnn_real)HUGE_VAL"
                                                  : "(rnn_real)HUGE_VAL";
    CBlock *clear = c_for(out, "i", num(ctx, 0), num(ctx, width_of(node)), num(ctx, 1));
    c_assign(clear, to, "=", c_name(arena, "%s", start));
    CBlock *steps = open_over(&at, out, arg, node->over);
    CBlock *each = c_for(steps, "i", num(ctx, 0), num(ctx, width_of(node)), num(ctx, 1));
    const CExpr *from =
        arg->rank == 0 ? number_of(&at, arg) : c_expr(arena, PREC_ATOM, "$a[i]", node_pointer(&at, arg));
    if (node->op == OP_SUM_AXES) {
        c_assign(each, to, "+=", from);
        return;
    }
    CBlock *better = c_if(each, c_expr(arena, PREC_NONE, node->op == OP_MAX_AXES ? "$a > $b" : "$a < $b", from, to));
    c_assign(better, to, "=", from);
}

static const CExpr *component(const Ctx *ctx, const Node *node)
{
    return node->rank == 0 ? number_of(ctx, node) : c_expr(ctx->arena, PREC_ATOM, "$a[i]", node_pointer(ctx, node));
}

/* first = 0 where the value at the place of `before` is the extreme, too. */
static void look_back(const Ctx *before, CBlock *out, const Node *value, const CExpr *most)
{
    Arena *arena = before->arena;
    CBlock *same = c_if(out, c_expr(arena, PREC_NONE, "$a >= $b && $a <= $b", component(before, value), most));
    c_assign(same, c_name(arena, "first"), "=", num(before, 0));
}

/* 1 where arg[0] equals arg[1] (which does not vary over the axes) for the first time: earlier steps of the row, and all
 * of earlier rows where rows are reduced, are looked at. */
static void emit_first_equal(Ctx *ctx, CBlock *out, const Node *node)
{
    Arena *arena = ctx->arena;
    const Node *a = node->arg[0], *b = node->arg[1];
    CBlock *each = c_for(out, "i", num(ctx, 0), num(ctx, width_of(node)), num(ctx, 1));
    const CExpr *most = component(ctx, b);
    const bool sequence = (node->over & ~AXIS_BIT(AXIS_BATCH)) != 0;
    c_decl(each, "rnn_real", "first",
           c_expr(arena, PREC_NONE, "$a >= $b && $a <= $b ? 1 : 0", component(ctx, a), most));
    if (sequence) {
        Ctx before = *ctx;
        before.t = c_name(arena, "s");
        look_back(&before, c_for(each, "s", num(ctx, 0), ctx->t, num(ctx, 1)), a, most);
    }
    if (node->over & AXIS_BIT(AXIS_BATCH)) {
        Ctx before = *ctx;
        before.row = c_name(arena, "b");
        CBlock *rows = c_for(each, "b", num(ctx, 0), ctx->row, num(ctx, 1));
        if (sequence) {
            before.t = c_name(arena, "s");
            rows = c_for(rows, "s", num(ctx, 0), c_name(arena, "f->length[b]"), num(ctx, 1));
        } else if (node_domain(a) == DOMAIN_SEQ) {
            rows = c_if(rows, c_name(arena, "t < f->length[b]"));
        }
        look_back(&before, rows, a, most);
    }
    c_assign(each, c_expr(arena, PREC_ATOM, "$a[i]", to_pointer(ctx, node)), "=", c_name(arena, "first"));
}

/* Tokens chosen by a condition, and other plain copies. */
static void emit_token_where(Ctx *ctx, CBlock *out, const Node *node)
{
    const CExpr *value = node->n == 3 ? c_expr(ctx->arena, PREC_NONE, "$a != 0 ? $b : $c", number_of(ctx, node->arg[0]),
                                               token_of(ctx, node->arg[1]), token_of(ctx, node->arg[2]))
                                      : token_of(ctx, node->arg[0]);
    c_assign(out, c_deref(ctx->arena, to_pointer(ctx, node)), "=", value);
}

static const struct {
    OpId op;
    RowEmitter *emit;
} row_emitters[] = {
    {OP_SOFTMAX, emit_softmax},
    {OP_ARGMAX, emit_argmax},
    {OP_SAMPLE, emit_sample},
    {OP_MASK, emit_mask},
    {OP_GATHER, emit_gather},
    {OP_JOIN, emit_join},
    {OP_SLICE, emit_slice},
    {OP_PAD, emit_pad},
    {OP_SCATTER, emit_scatter},
    {OP_MATVEC, emit_matvec},
    {OP_FMA_PRODUCT, emit_matvec},
    {OP_MATMUL, emit_matmul},
    {OP_TRANSPOSE, emit_transpose},
    {OP_AT, emit_at},
    {OP_IS_MAX, emit_is_max},
    {OP_SUM_AXES, emit_over_steps},
    {OP_MAX_AXES, emit_over_steps},
    {OP_MIN_AXES, emit_over_steps},
    {OP_IS_FIRST_EQUAL, emit_first_equal},
    {OP_WHERE, emit_token_where},
    {OP_EXPAND, emit_token_where},
    {OP_STOPGRAD, emit_token_where},
};

/* A vector or matrix of the place of the row, vector by vector. */
static void store_start(const Ctx *ctx, CBlock *out, const Node *node, const Node *start)
{
    Ctx at = *ctx;
    Arena *arena = ctx->arena;
    const int64_t units = node->dim[node->rank - 1];
    if (node->rank == 2) {
        out = c_for(out, "i", num(ctx, 0), num(ctx, node->dim[0]), num(ctx, 1));
        at.matrix_row = c_name(arena, "i");
    }
    out = c_for(out, "panel", num(ctx, 0), num(ctx, padded(units) / PANEL), num(ctx, 1));
    at.panel = c_name(arena, "panel");
    at.lane = c_name(arena, "u");
    out = c_for(out, "u", num(ctx, 0), num(ctx, PANEL), c_name(arena, "RNN_VL"));
    store_vector(&at, out, ctx->pass->loc[node->id], value_of(&at, start), units);
}

static void past_the_end(const Ctx *ctx, CBlock *body, const Node *node)
{
    CBlock *past = c_if(body, c_name(ctx->arena, "t >= f->length[row]"));
    const Node *start = start_past_end(ctx, ctx->pass->loc[node->id]);
    if (start && (node->token || node->rank == 0))
        c_assign(past, c_deref(ctx->arena, to_pointer(ctx, node)), "=",
                 node->token ? token_of(ctx, start) : number_of(ctx, start));
    else if (start)
        store_start(ctx, past, node, start);
    else if (node->token) /* a token that nothing looks up */
        c_assign(past, c_deref(ctx->arena, to_pointer(ctx, node)), "=", num(ctx, -1));
    else
        CALL(ctx, past, "memset($A, 0, $B * sizeof(rnn_real))", to_pointer(ctx, node), num(ctx, width_of(node)));
    c_return(past, NULL);
}

void emit_row(Ctx *ctx, CBlock *out)
{
    Arena *arena = ctx->arena;
    const Node *node = ctx->block->nodes.at[0];
    const char *params[3] = {arena_printf(arena, "const %s_frame *f", ctx->emit->m), NULL, NULL};
    int n = 1;
    if (ctx->block->domain == DOMAIN_SEQ) {
        params[n++] = "ptrdiff_t t";
        ctx->t = c_name(arena, "t");
    }
    if (ctx->block->domain != DOMAIN_ONCE) {
        params[n++] = "ptrdiff_t row";
        ctx->row = c_name(arena, "row");
    }
    CBlock *body = c_function(out, "static RNN_NOINLINE void", block_function(ctx, ctx->block, ""), params, n);
    open_pointers(ctx, body);
    comment_equation(ctx, body, node);
    if (ctx->block->domain == DOMAIN_SEQ)
        past_the_end(ctx, body, node);
    for (size_t i = 0; i < sizeof row_emitters / sizeof *row_emitters; i++)
        if (row_emitters[i].op == node->op) {
            row_emitters[i].emit(ctx, body, node);
            c_blank(out);
            return;
        }
    BUG("no row function for %s", op_info[node->op].name);
}

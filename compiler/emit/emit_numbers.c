/* emit_numbers.c: blocks of numbers, one function of a step and a row: component reductions by the runtime, then
 * arithmetic on them, all as vectors of equal lanes of which the first is stored. Numbers free of rows that depend on
 * sums over rows (loss, means) are double: emit_total. */
#include "emit/body.h"
#include "emit/run.h"

/* ---- reductions over the components of one row ---- */

typedef struct Reduction {
    OpId op;
    const char *call; /* $A: pointer, $B: count, $C: second pointer */
} Reduction;
static const Reduction reductions[] = {
    {OP_SUM, "rnn_splat(rnn_row_sum($A, $B))"},
    {OP_MAX, "rnn_splat(rnn_row_max($A, $B))"},
    {OP_MIN, "rnn_splat(rnn_row_min($A, $B))"},
    {OP_SUMSQ, "rnn_splat(rnn_row_sumsq($A, $B))"},
    {OP_NORM, "rnn_sqrt(rnn_splat(rnn_row_sumsq($A, $B)))"},
    {OP_LOGSUMEXP, "rnn_splat(rnn_row_logsumexp($A, $B))"},
    {OP_DOT, "rnn_splat(rnn_row_dot($A, $C, $B))"},
};

static const CExpr *count_of(const Ctx *ctx, const Node *arg)
{
    if (arg->rank == 0)
        return c_int(ctx->arena, 1);
    if (arg->rank == 1)
        return c_int(ctx->arena, arg->dim[0]);
    return c_int(ctx->arena, arg->dim[0] * row_stride(arg)); /* padding is zero */
}

/* What the zeros of the padding would change. */
static const Reduction matrix_reductions[] = {
    {OP_MAX, "rnn_splat(rnn_matrix_max($A, $B, $C, $D))"},
    {OP_MIN, "rnn_splat(rnn_matrix_min($A, $B, $C, $D))"},
    {OP_LOGSUMEXP, "rnn_splat(rnn_matrix_logsumexp($A, $B, $C, $D))"},
};

static const CExpr *reduce(const Ctx *ctx, const Node *node)
{
    const Node *arg = node->arg[0];
    for (size_t i = 0; i < sizeof matrix_reductions / sizeof *matrix_reductions && arg->rank == 2; i++)
        if (matrix_reductions[i].op == node->op)
            return c_expr(ctx->arena, PREC_ATOM, matrix_reductions[i].call, node_pointer(ctx, arg),
                          c_int(ctx->arena, row_stride(arg)), c_int(ctx->arena, arg->dim[0]),
                          c_int(ctx->arena, arg->dim[1]));
    for (size_t i = 0; i < sizeof reductions / sizeof *reductions; i++)
        if (reductions[i].op == node->op) {
            const CExpr *second = node->n > 1 ? node_pointer(ctx, node->arg[1]) : c_int(ctx->arena, 0);
            return c_expr(ctx->arena, PREC_ATOM, reductions[i].call, node_pointer(ctx, arg), count_of(ctx, arg),
                          second);
        }
    BUG("no reduction for %s", op_info[node->op].name);
}

static const CExpr *pick(const Ctx *ctx, const Node *node)
{
    const CExpr *element = c_index(ctx->arena, node_pointer(ctx, node->arg[0]), token_of(ctx, node->arg[1]));
    return c_expr(ctx->arena, PREC_ATOM, "rnn_splat($A)", element);
}

static const CExpr *number_value(const Ctx *ctx, const Node *node)
{
    if (node->op == OP_PICK)
        return pick(ctx, node);
    if (node->op == OP_TOREAL)
        return c_expr(ctx->arena, PREC_ATOM, "rnn_splat((rnn_real)$a)", token_of(ctx, node->arg[0]));
    if (op_info[node->op].family == FAMILY_REDUCE)
        return reduce(ctx, node);
    return compute(ctx, node);
}

static void store_number(const Ctx *ctx, CBlock *out, const Node *node, const CExpr *value)
{
    const CExpr *to = row_pointer(ctx, ctx->pass->loc[node->id].buffer, 0);
    c_assign(out, c_deref(ctx->arena, to), "=", value);
}

static void past_the_end(const Ctx *ctx, CBlock *body)
{
    CBlock *past = NULL;
    for (int i = 0; i < ctx->block->nodes.n; i++) {
        const Node *node = ctx->block->nodes.at[i];
        if (!block_keeps(ctx, node))
            continue;
        if (!past)
            past = c_if(body, c_name(ctx->arena, "t >= f->length[row]"));
        const Node *start = start_past_end(ctx, ctx->pass->loc[node->id]);
        store_number(ctx, past, node, start ? number_of(ctx, start) : c_int(ctx->arena, 0));
    }
    if (past)
        c_return(past, NULL);
}

void emit_numbers(Ctx *ctx, CBlock *out)
{
    Arena *arena = ctx->arena;
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
    if (ctx->block->domain == DOMAIN_SEQ && has_lengths(ctx))
        past_the_end(ctx, body);
    for (int i = 0; i < ctx->block->nodes.n; i++) {
        const Node *node = ctx->block->nodes.at[i];
        comment_equation(ctx, body, node);
        const char *name = unique_name(ctx, local_name(ctx, node), node->id);
        c_decl(body, "const rnn_vec", name, number_value(ctx, node));
        ctx->local[node->id] = c_name(arena, "%s", name);
        if (block_keeps(ctx, node))
            store_number(ctx, body, node, c_expr(arena, PREC_ATOM, "rnn_first($A)", ctx->local[node->id]));
    }
    c_blank(out);
}

/* ---- numbers of the whole call, in double ---- */

const CExpr *total_value(const Ctx *ctx, const Node *node)
{
    Arena *arena = ctx->arena;
    if (ctx->local[node->id])
        return ctx->local[node->id];
    if (node->op == OP_CONST) {
        Text t = text_new(arena);
        text_add_double(&t, node->number);
        return c_template(arena, node->number < 0 ? PREC_UNARY : PREC_ATOM,
                          arena_printf(arena, "(double)%s", text_z(&t)), 0, NULL);
    }
    if (node->op == OP_DLOSS)
        return c_name(arena, "f->dloss");
    if (node->op == OP_COUNT)
        return c_expr(arena, PREC_UNARY, "(double)$a",
                      c_name(arena, node->over & ~AXIS_BIT(AXIS_BATCH) ? "f->valid" : "f->rows"));
    return c_expr(arena, PREC_UNARY, "(double)$a", number_of(ctx, node));
}

/* Made of adjoints from above: 0 where the caller gives none. Totals are declared all the same. */
static bool needs_up(const Ctx *ctx, const Node *node)
{
    return (ctx->pass->needs[node->id] & NEEDS_UP) != 0;
}

/* Sums over rows and steps: t, then row; steps past a row's length do not count. */
static void sum_rows(const Ctx *ctx, CBlock *out, const Node *node, const char *name)
{
    Arena *arena = ctx->arena;
    const Node *arg = node->arg[0];
    Ctx at = *ctx;
    bool most = node->op == OP_MAX_AXES, least = node->op == OP_MIN_AXES;
    c_decl(out, "double", name,
           most    ? c_name(arena, "-HUGE_VAL")
           : least ? c_name(arena, "HUGE_VAL")
                   : c_name(arena, "0.0"));
    CBlock *body = needs_up(ctx, node) ? c_if(out, c_name(arena, "up != NULL")) : out;
    if (node_domain(arg) == DOMAIN_SEQ) {
        body = c_for(body, "t", c_int(arena, 0), c_name(arena, "f->steps"), c_int(arena, 1));
        at.t = c_name(arena, "t");
    }
    if (arg->axes & AXIS_BIT(AXIS_BATCH)) {
        body = c_for(body, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
        at.row = c_name(arena, "row");
    }
    if (at.t)
        body = c_if(body, c_name(arena, "t < f->length[row]"));
    const CExpr *value = c_expr(arena, PREC_UNARY, "(double)$a", number_of(&at, arg));
    const CExpr *sum = c_name(arena, "%s", name);
    if (most || least)
        c_assign(body, sum, "=", c_expr(arena, PREC_ATOM, most ? "fmax($A, $B)" : "fmin($A, $B)", sum, value));
    else
        c_assign(body, sum, "+=", value);
}

void emit_total(const Ctx *ctx, CBlock *out, const Node *node)
{
    Arena *arena = ctx->arena;
    const char *name = arena_printf(arena, "%s_%d", node->name ? node->name : "total", node->id);
    if (ctx->local[node->id]) {
        /* declared by the forward pass of the same call */
    } else if (op_info[node->op].family == FAMILY_AXIS) {
        sum_rows(ctx, out, node, name);
    } else {
        const CExpr *args[3];
        for (int i = 0; i < node->n; i++)
            args[i] = total_value(ctx, node->arg[i]);
        const OpInfo *op = &op_info[node->op];
        const CExpr *value = c_template(arena, op->precedence, op->c_double, node->n, args);
        comment_equation(ctx, out, node);
        c_decl(out, "const double", name,
               needs_up(ctx, node) ? c_expr(arena, PREC_NONE, "up != NULL ? $A : 0.0", value) : value);
    }
    ctx->local[node->id] = c_name(arena, "%s", name);
    if (block_keeps(ctx, node))
        c_assign(out, c_deref(arena, row_pointer(ctx, ctx->pass->loc[node->id].buffer, 0)), "=",
                 c_expr(arena, PREC_UNARY, "(rnn_real)$a", ctx->local[node->id]));
}

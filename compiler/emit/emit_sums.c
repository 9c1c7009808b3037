/* emit_sums.c: sums over steps and rows that are left until a loop has ended: weight gradients as one product over all
 * steps, bias gradients, scattered rows of embeddings; and how they are added into the gradients of the parameters.
 * Order and leaves: rnn/kernels_gradient.h. */
#include <string.h>

#include "emit/body.h"

/* The first of these panels at the first step and row. */
static const CExpr *panels_at(Ctx *ctx, const Node *node, int first)
{
    Loc loc = node_loc(ctx->program, ctx->pass, node);
    if (!loc.buffer)
        BUG("a sum over rows of node %d (%s), which has no place", node->id, op_info[node->op].name);
    return c_add(ctx->arena, row_pointer(ctx, loc.buffer, node_offset(node)), c_int(ctx->arena, first * PANEL));
}

/* "ld, step" of a buffer, or "ld, 0" where there is one step. */
static const char *strides(const Ctx *ctx, const Buffer *buffer, bool sequence)
{
    const char *ld = arena_printf(ctx->arena, "%lld", (long long)(buffer->span == SPAN_ONCE ? 0 : buffer->width));
    if (sequence && buffer->span == SPAN_SEQ)
        return arena_printf(ctx->arena, "%s, f->rows * %s", ld, ld);
    return arena_printf(ctx->arena, "%s, %s", ld, sequence ? "0" : ld);
}

/* Without a sequence axis the rows take the place of the steps. */
static const char *extent(bool sequence, int falling)
{
    if (!sequence)
        return "(int)f->rows, 1, 0";
    return falling ? "(int)(f->to - f->from), (int)f->rows, 1" : "(int)(f->to - f->from), (int)f->rows, 0";
}

/* Has the loop met a chunk before this one, whose sums are there? */
const char *goes_on(const Block *block)
{
    if (!block->chunk)
        return "0";
    return block->chunk->direction < 0 ? "f->to < f->steps" : "f->from > 0";
}

static const char *comes_more(const Block *block)
{
    return block->chunk->direction < 0 ? "f->from > 0" : "f->to < f->steps";
}

bool varies_over_steps(const Node *node)
{
    for (int i = 0; i < node->n; i++)
        if (node_domain(node->arg[i]) == DOMAIN_SEQ)
            return true;
    return false;
}

/* Where the adjoints of all sums of the block stand; of one alone, its own place. */
static PanelSpan adjoint_span(const Ctx *ctx, const Node *adjoint)
{
    PanelSpan span = sum_span(ctx->pass, ctx->block);
    int from = ctx->pass->mirror[adjoint->id] ? 0 : node_loc(ctx->program, ctx->pass, adjoint).slot;
    return (PanelSpan){span.first + from, span.end + from, span.joined};
}

static const Node *adjoint_of(const Ctx *ctx, const Node *sum)
{
    return sum->arg[sum_adjoint(ctx->pass, sum)];
}

static const Node *other_of(const Ctx *ctx, const Node *sum)
{
    return sum->arg[1 - sum_adjoint(ctx->pass, sum)];
}

static void emit_contract(Ctx *ctx, CBlock *body)
{
    const Node *node = ctx->block->nodes.at[0], *g = adjoint_of(ctx, node), *x = other_of(ctx, node);
    Loc at_g = node_loc(ctx->program, ctx->pass, g), at_x = node_loc(ctx->program, ctx->pass, x);
    PanelSpan span = adjoint_span(ctx, g);
    bool sequence = varies_over_steps(node);
    if (at_x.slots > 1)
        BUG("a sum over rows of node %d (%s), which stands interleaved", x->id, op_info[x->op].name);
    c_call(body,
           c_expr(ctx->arena, PREC_ATOM,
                  arena_printf(ctx->arena, "rnn_gemm_dw_part(f->%s, $A, %s, $B, %s, %s, %d, %lld, %s, part, parts)",
                               ctx->block->scratch->field, strides(ctx, at_g.buffer, sequence),
                               strides(ctx, at_x.buffer, sequence),
                               extent(sequence, sum_falls(ctx->program, ctx->pass, g)), (span.end - span.first) * PANEL,
                               (long long)x->dim[0], goes_on(ctx->block)),
                  panels_at(ctx, g, span.first), panels_at(ctx, x, at_x.slot)));
}

static void emit_colsum(Ctx *ctx, CBlock *body)
{
    const Node *node = ctx->block->nodes.at[0], *g = node->arg[0];
    Loc at = node_loc(ctx->program, ctx->pass, g);
    PanelSpan span = adjoint_span(ctx, g);
    bool sequence = varies_over_steps(node);
    int64_t width = node->rank == 2 ? at.buffer->width : (span.end - span.first) * PANEL;
    c_call(body, c_expr(ctx->arena, PREC_ATOM,
                        arena_printf(ctx->arena, "rnn_colsum_part(f->%s, $A, %s, %s, %lld, %s, part, parts)",
                                     ctx->block->scratch->field, strides(ctx, at.buffer, sequence),
                                     extent(sequence, sum_falls(ctx->program, ctx->pass, g)), (long long)width,
                                     goes_on(ctx->block)),
                        panels_at(ctx, g, span.first)));
}

/* ---- where the sums go ---- */

typedef struct Target {
    const char *pointer; /* C text of the first element */
    int64_t stride;      /* between rows of a matrix */
} Target;

static void unpack_contract(Ctx *ctx, CBlock *body, const Node *node, Target to)
{
    const Node *g = adjoint_of(ctx, node), *x = other_of(ctx, node);
    Loc at = node_loc(ctx->program, ctx->pass, g);
    PanelSpan span = adjoint_span(ctx, g);
    c_call(body, c_name(ctx->arena, "%s(%s, %lld, f->%s, %d, %lld, %lld, %d, %d, part, parts)",
                        sum_adjoint(ctx->pass, node) ? "rnn_unpack_add_t_part" : "rnn_unpack_add_part", to.pointer,
                        (long long)to.stride, ctx->block->scratch->field, (span.end - span.first) * PANEL,
                        (long long)g->dim[0], (long long)x->dim[0], at.slot - span.first, at.slots));
}

/* The sums of a block that stand one after the other. */
static void unpack_apart(Ctx *ctx, CBlock *body, const Node *node, Target to)
{
    int64_t rows = node->rank == 2 ? node->dim[0] : 1, units = node->dim[node->rank - 1], from = 0;
    for (int i = 0; ctx->block->nodes.at[i] != node; i++)
        from += rows * padded(units);
    CBlock *each =
        node->rank == 2 ? c_for(body, "i", c_int(ctx->arena, 0), c_int(ctx->arena, rows), c_int(ctx->arena, 1)) : body;
    const char *to_row = node->rank == 2 ? arena_printf(ctx->arena, " + i * %lld", (long long)to.stride) : "";
    const char *from_row = node->rank == 2 ? arena_printf(ctx->arena, " + i * %lld", (long long)padded(units)) : "";
    c_call(each,
           c_name(ctx->arena, "rnn_unpack_add_vector_part(%s%s, f->%s%s%s, %lld, %lld, 0, 1, part, parts)", to.pointer,
                  to_row, ctx->block->scratch->field, from ? arena_printf(ctx->arena, " + %lld", (long long)from) : "",
                  from_row, (long long)padded(units), (long long)units));
}

static void unpack_vector(Ctx *ctx, CBlock *body, const Node *node, Target to)
{
    if (sums_apart(ctx->pass, ctx->block)) {
        unpack_apart(ctx, body, node, to);
        return;
    }
    Loc g = node_loc(ctx->program, ctx->pass, node->arg[0]);
    if (node->rank == 2) { /* a sum of matrices: rows padded in the sum */
        CBlock *rows = c_for(body, "i", c_int(ctx->arena, 0), c_int(ctx->arena, node->dim[0]), c_int(ctx->arena, 1));
        c_call(rows,
               c_name(ctx->arena,
                      "rnn_unpack_add_vector_part(%s + i * %lld, f->%s, %lld, %lld, (int)i * %lld, 1, part, parts)",
                      to.pointer, (long long)to.stride, ctx->block->scratch->field, (long long)g.buffer->width,
                      (long long)node->dim[1], (long long)(padded(node->dim[1]) / PANEL)));
        return;
    }
    const PanelSpan span = adjoint_span(ctx, node->arg[0]);
    c_call(body, c_name(ctx->arena, "rnn_unpack_add_vector_part(%s, f->%s, %d, %lld, %d, %d, part, parts)", to.pointer,
                        ctx->block->scratch->field, (span.end - span.first) * PANEL, (long long)node->dim[0],
                        g.slot - span.first, g.slots));
}

/* To how many places this sum is added. */
static int times_added(const Ctx *ctx, const Node *node)
{
    const Graph *graph = ctx->program->graph;
    int times = block_keeps(ctx, node);
    for (int i = 0; i < graph->param_grads.n; i++) {
        NodeList terms = gradient_terms(ctx->arena, graph->param_grads.at[i].grad);
        for (int k = 0; k < terms.n; k++)
            times += terms.at[k] == node;
    }
    return times;
}

static void scatter(Ctx *ctx, CBlock *body, const Node *node, Target to)
{
    Arena *arena = ctx->arena;
    Ctx at = *ctx;
    const Node *value = node->arg[0], *token = node->arg[1];
    bool sequence = varies_over_steps(node);
    at.t = sequence ? c_name(arena, "t") : NULL;
    at.row = c_name(arena, "row");
    CBlock *loop = ctx->block->nodes.n > 1 || times_added(ctx, node) > 1 ? c_scope(body) : body;
    if (value->rank > 0)
        c_decl(loop, "const rnn_share", "columns",
               c_name(arena, "rnn_share_of_units(%lld, part, parts)", (long long)value->dim[0]));
    if (sequence)
        loop = sum_falls(ctx->program, ctx->pass, value)
                   ? c_for_down(loop, "t", c_name(arena, "f->to - 1"), c_name(arena, "f->from"), c_int(arena, 1))
                   : c_for(loop, "t", c_name(arena, "f->from"), c_name(arena, "f->to"), c_int(arena, 1));
    loop = c_for(loop, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
    if (sequence)
        loop = c_if(loop, c_name(arena, "t < f->length[row]"));
    if (value->rank == 0) {
        c_assign(loop, c_expr(arena, PREC_ATOM, arena_printf(arena, "(%s)[$A]", to.pointer), token_of(&at, token)),
                 "+=", number_of(&at, value));
    } else if (node->ta) {
        CBlock *each = c_for(loop, "i", c_name(arena, "columns.from"), c_name(arena, "columns.to"), c_int(arena, 1));
        c_assign(each,
                 c_expr(arena, PREC_ATOM, arena_printf(arena, "(%s)[i * %lld + $A]", to.pointer, (long long)to.stride),
                        token_of(&at, token)),
                 "+=", c_index(arena, node_pointer(&at, value), c_name(arena, "i")));
    } else {
        c_call(loop,
               c_expr(arena, PREC_ATOM,
                      arena_printf(arena,
                                   "rnn_scatter_add_row(%s + columns.from, %lld, "
                                   "(int)(columns.to - columns.from), $A, $B)",
                                   to.pointer, (long long)to.stride),
                      token_of(&at, token), c_add(arena, node_pointer(&at, value), c_name(arena, "columns.from"))));
    }
}

static void add_sum(Ctx *ctx, CBlock *body, const Node *node, Target to)
{
    if (node->op == OP_CONTRACT)
        unpack_contract(ctx, body, node, to);
    else if (node->op == OP_SCATTER_SUM)
        scatter(ctx, body, node, to);
    else
        unpack_vector(ctx, body, node, to);
}

/* How many sums of the block are added to that gradient. */
static int sums_added(const Ctx *ctx, const ParamGrad *grad)
{
    NodeList terms = gradient_terms(ctx->arena, grad->grad);
    int times = 0;
    for (int k = 0; k < terms.n; k++)
        for (int i = 0; i < ctx->block->nodes.n; i++)
            times += terms.at[k] == ctx->block->nodes.at[i];
    return times;
}

/* Do sums of different columns meet in one gradient? Their order must stay. */
static bool sums_meet(const Ctx *ctx)
{
    const Graph *graph = ctx->program->graph;
    for (int i = 0; i < graph->param_grads.n && !sums_apart(ctx->pass, ctx->block); i++)
        if (sums_added(ctx, &graph->param_grads.at[i]) > 1)
            return true;
    return false;
}

/* What cannot be shared part 0 does as if it were the only part. */
static void open_sums(const Ctx *ctx, CBlock *body)
{
    const Node *first = ctx->block->nodes.at[0];
    const bool number = first->op == OP_SCATTER_SUM && first->arg[0]->rank == 0, meet = sums_meet(ctx);
    if (number || meet)
        share_none(body);
    if (meet && !number)
        c_assign(body, c_name(ctx->arena, "parts"), "=", c_int(ctx->arena, 1));
}

/* Every parameter whose gradient has this sum as a term. */
static void add_to_gradients(Ctx *ctx, CBlock *body, const Node *node)
{
    const Graph *graph = ctx->program->graph;
    for (int i = 0; i < graph->param_grads.n; i++) {
        const ParamGrad *grad = &graph->param_grads.at[i];
        NodeList terms = gradient_terms(ctx->arena, grad->grad);
        for (int k = 0; k < terms.n; k++) {
            if (terms.at[k] != node)
                continue;
            c_comment(body, "d_%s", grad->param->path);
            Target to = {lay_offset(ctx->arena, "f->grad", param_offset(ctx->program, grad->param)),
                         grad->param->dim[1]};
            add_sum(ctx, body, node, to);
        }
    }
}

void emit_sums(Ctx *ctx, CBlock *out)
{
    Arena *arena = ctx->arena;
    CBlock *body = share_function(ctx->emit, out, block_function(ctx, ctx->block, ""), NULL, 0);
    const Node *first = ctx->block->nodes.at[0];
    open_sums(ctx, body);
    ctx->t = c_name(arena, "f->from");
    ctx->row = c_int(arena, 0);
    if (first->op == OP_CONTRACT)
        emit_contract(ctx, body);
    else if (sums_apart(ctx->pass, ctx->block))
        emit_sum_loop(ctx, body);
    else if (first->op != OP_SCATTER_SUM)
        emit_colsum(ctx, body);
    if (ctx->block->chunk && first->op != OP_SCATTER_SUM) {
        c_comment(body, "The last chunk adds the sums of all.");
        c_return(c_if(body, c_name(arena, "%s", comes_more(ctx->block))), NULL);
    }
    for (int i = 0; i < ctx->block->nodes.n; i++) {
        const Node *node = ctx->block->nodes.at[i];
        add_to_gradients(ctx, body, node);
        if (!block_keeps(ctx, node))
            continue;
        Target to = {arena_printf(arena, "f->%s", ctx->pass->loc[node->id].buffer->field), padded(node->dim[1])};
        add_sum(ctx, body, node, to);
    }
    ctx->t = ctx->row = NULL;
    c_blank(out);
}

/* Terms of gradients that are values of their own (a regulariser's, a number's). */
static void add_value(const Ctx *ctx, CBlock *body, const GVar *param, const Node *term)
{
    Arena *arena = ctx->arena;
    const char *to = arena_printf(arena, "f->grad[%lld", (long long)param_offset(ctx->program, param));
    if (term->rank == 0) {
        c_assign(body, c_name(arena, "%s]", to), "+=", number_of(ctx, term));
        return;
    }
    const CExpr *from = node_pointer(ctx, term);
    int64_t rows = term->rank == 2 ? term->dim[0] : 1, columns = term->dim[term->rank - 1];
    CBlock *each = c_for(body, "i", c_int(arena, 0), c_int(arena, rows), c_int(arena, 1));
    each = c_for(each, "k", c_int(arena, 0), c_int(arena, columns), c_int(arena, 1));
    c_assign(each, c_name(arena, "%s + i * %lld + k]", to, (long long)columns),
             "+=", c_index(arena, from, c_name(arena, "i * %lld + k", (long long)padded(columns))));
}

void emit_gradients(Emit *emit, CBlock *body)
{
    const Graph *graph = emit->program->graph;
    Ctx ctx = ctx_new(emit, &emit->program->schedule->backward, NULL);
    for (int i = 0; i < graph->param_grads.n; i++) {
        const ParamGrad *grad = &graph->param_grads.at[i];
        NodeList terms = gradient_terms(emit->arena, grad->grad);
        for (int k = 0; k < terms.n; k++)
            if (!is_direct_sum(terms.at[k])) {
                const bool outside = (ctx.pass->needs[terms.at[k]->id] & NEEDS_UP) != 0;
                add_value(&ctx, outside ? c_if(body, c_name(emit->arena, "f->up != NULL")) : body, grad->param,
                          terms.at[k]);
            }
    }
}

/* build_expr.c: expressions of the tree. The depth of a tree is bounded, so that what walks it may recurse. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/build.h"

Expr *build_leaf(Parser *ps, ExprKind kind, Span span)
{
    Expr *expr = arena_make(ps->arena, Expr);
    expr->kind = kind;
    expr->span = span;
    expr->depth = 1;
    return expr;
}

/* Takes an operand into account. A tree that becomes too deep is reported once and ends the parse. */
static void add_depth(Parser *ps, Expr *expr, const Expr *operand)
{
    if (operand->depth + 1 > expr->depth)
        expr->depth = operand->depth + 1;
    if (expr->depth <= EXPR_DEPTH_MAX)
        return;
    if (!ps->gave_up) {
        DiagMsg *msg = diag_report(ps->diag, E0124, (Span){expr->span.file, expr->span.start, expr->span.start + 1},
                                   "an expression more than %d operators deep", EXPR_DEPTH_MAX);
        diag_hint(ps->diag, msg, "give parts of it names of their own");
    }
    ps->gave_up = true;
}

static Expr *add_item(Parser *ps, Expr *expr, Expr *item)
{
    vec_push(ps->arena, &expr->items, item);
    add_depth(ps, expr, item);
    return expr;
}

/* The digits as typed. After "a number runs into a letter" the letters are not part of them. */
static const char *digits(Parser *ps, Span span)
{
    const char *at = ps->source->text + span.start;
    size_t length = span.end - span.start;
    const size_t number = strspn(at, "0123456789.eE+-");
    return intern(ps->intern, at, number < length ? number : length);
}

static void report_too_large(Parser *ps, Span span, const char *limit)
{
    diag_report(ps->diag, E0123, span, "%s", limit);
}

Expr *build_int(Parser *ps, Span span)
{
    Expr *expr = build_leaf(ps, EXPR_INT, span);
    expr->name = digits(ps, span);
    expr->real = strtod(expr->name, NULL);
    const char *significant = expr->name + strspn(expr->name, "0");
    if (strlen(significant) > 18) {
        expr->integer = -1;
        report_too_large(ps, span, "an integer of more than 18 digits");
    } else {
        expr->integer = strtoll(expr->name, NULL, 10);
    }
    return expr;
}

Expr *build_real(Parser *ps, Span span)
{
    Expr *expr = build_leaf(ps, EXPR_REAL, span);
    expr->name = digits(ps, span);
    expr->integer = -1;
    expr->real = strtod(expr->name, NULL);
    if (!isfinite(expr->real))
        report_too_large(ps, span, "a number beyond the range of a double");
    return expr;
}

Expr *build_string(Parser *ps, Span span)
{
    Expr *expr = build_leaf(ps, EXPR_STRING, span);
    const char *at = ps->source->text + span.start + 1;
    size_t length = span.end - span.start - 1;
    if (length > 0 && at[length - 1] == '"')
        length--;
    expr->name = intern(ps->intern, at, length);
    return expr;
}

Expr *build_variable(Parser *ps, const char *id, Span span)
{
    Expr *expr = build_leaf(ps, EXPR_NAME, span);
    expr->name = id;
    return expr;
}

Expr *build_paren(Parser *ps, Span span, Expr *inner)
{
    return add_item(ps, build_leaf(ps, EXPR_PAREN, span), inner);
}

Expr *build_join(Parser *ps, Span span, ExprList items)
{
    Expr *expr = build_leaf(ps, EXPR_JOIN, span);
    for (int i = 0; i < items.n; i++)
        add_depth(ps, expr, items.at[i]);
    expr->items = items;
    return expr;
}

Expr *build_prefix(Parser *ps, ExprOp op, Span op_span, Expr *operand)
{
    Expr *expr = build_leaf(ps, EXPR_UNARY, span_join(op_span, operand->span));
    expr->op = op;
    expr->op_span = op_span;
    return add_item(ps, expr, operand);
}

Expr *build_postfix(Parser *ps, ExprOp op, Span op_span, Expr *operand)
{
    return build_prefix(ps, op, op_span, operand);
}

Expr *build_operation(Parser *ps, ExprOp op, Span op_span, Expr *left, Expr *right)
{
    Expr *expr = build_leaf(ps, EXPR_BINARY, span_join(left->span, right->span));
    expr->op = op;
    expr->op_span = op_span;
    add_item(ps, expr, left);
    return add_item(ps, expr, right);
}

static bool is_comparison(const Expr *expr)
{
    return expr->kind == EXPR_BINARY && expr->op >= EXPR_EQ && expr->op <= EXPR_GE;
}

Expr *build_comparison(Parser *ps, ExprOp op, Span op_span, Expr *left, Expr *right)
{
    if (is_comparison(left)) {
        const char *first = source_text(ps->arena, ps->sources, left->span);
        const char *middle = source_text(ps->arena, ps->sources, left->items.at[1]->span);
        const char *last = source_text(ps->arena, ps->sources, right->span);
        DiagMsg *msg = diag_report(ps->diag, E0119, op_span, "comparisons cannot be chained");
        diag_hint(ps->diag, msg, "%s and %s %s %s", first, middle, expr_op_info[op].spelling, last);
    }
    return build_operation(ps, op, op_span, left, right);
}

/* '@' beside '*' or '/' is noted here and reported by mixed.c when the whole file is known. */
Expr *build_product(Parser *ps, ExprOp op, Span op_span, Expr *left, Expr *right)
{
    Expr *expr = build_operation(ps, op, op_span, left, right);
    const bool product = left->kind == EXPR_BINARY && left->op >= EXPR_MUL && left->op <= EXPR_AT;
    if (!product || (left->op == EXPR_AT) == (op == EXPR_AT)) {
        if (left == ps->last_mixed)
            ps->last_mixed = expr;
        return expr;
    }
    if (left != ps->last_mixed && ps->mixed.n < MIXED_MAX)
        vec_push(ps->arena, &ps->mixed, (Mixed){left, right, op, op_span});
    ps->last_mixed = expr;
    return expr;
}

Expr *build_index(Parser *ps, Expr *base, ExprList index, Span brackets)
{
    Expr *expr = build_leaf(ps, EXPR_INDEX, span_join(base->span, brackets));
    expr->op_span = brackets;
    expr->base = base;
    expr->items = index;
    add_depth(ps, expr, base);
    for (int i = 0; i < index.n; i++)
        add_depth(ps, expr, index.at[i]);
    return expr;
}

static bool is_callable(const Expr *base)
{
    return base->kind == EXPR_NAME || (base->kind == EXPR_INDEX && base->base->kind == EXPR_NAME);
}

static void report_not_callable(Parser *ps, const Expr *base, Span parens)
{
    DiagMsg *msg =
        diag_report(ps->diag, E0120, (Span){parens.file, parens.start, parens.start + 1},
                    "only a name can be applied to arguments, not %s", source_text(ps->arena, ps->sources, base->span));
    if (base->kind == EXPR_INT || base->kind == EXPR_REAL)
        diag_hint(ps->diag, msg, "a product needs its operator: %s * %s", base->name,
                  source_text(ps->arena, ps->sources, parens));
}

Expr *build_call(Parser *ps, Expr *base, ArgList args, Span parens)
{
    if (!is_callable(base))
        report_not_callable(ps, base, parens);
    Expr *expr = build_leaf(ps, EXPR_CALL, span_join(base->span, parens));
    expr->op_span = parens;
    expr->base = base;
    expr->args = args;
    add_depth(ps, expr, base);
    for (int i = 0; i < args.n; i++)
        add_depth(ps, expr, args.at[i].value);
    return expr;
}

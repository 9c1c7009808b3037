/* mixed.c: E0105. The hint shows both readings. Where the matrix is declared square, both have the same shape, and the
 * hint says so: then no checker could ever find the slip. */
#include "grammar/mixed.h"

#include <string.h>

static const char *text_of(const Parser *ps, Span span)
{
    return source_text(ps->arena, ps->sources, span);
}

static const TypeExpr *type_in(const StmtList *body, const char *id)
{
    for (int i = 0; i < body->n; i++) {
        const Stmt *stmt = body->at[i];
        const bool declares = stmt->kind == STMT_PARAM || stmt->kind == STMT_INPUT || stmt->kind == STMT_TARGET;
        for (int j = 0; declares && j < stmt->names.n; j++)
            if (stmt->names.at[j].id == id)
                return stmt->type;
        const TypeExpr *inner = stmt->kind == STMT_FOR ? type_in(&stmt->body, id) : NULL;
        if (inner != NULL)
            return inner;
    }
    return NULL;
}

/* The declared type of a plain name in the cell or model around it; NULL when it has none. */
static const TypeExpr *declared_type(const Parser *ps, const Expr *expr)
{
    if (expr->kind == EXPR_INDEX)
        expr = expr->base;
    if (expr->kind != EXPR_NAME)
        return NULL;
    for (int i = 0; i < ps->ast->top.n; i++) {
        const Stmt *block = ps->ast->top.at[i];
        if (expr->span.start >= block->span.start && expr->span.end <= block->span.end)
            return type_in(&block->body, expr->name);
    }
    return NULL;
}

static bool is_matrix(const TypeExpr *type)
{
    return type != NULL && type->id == NULL && type->dims.n == 2;
}

/* "H" when `matrix @ vector * factor` has shape [H] either way, else NULL. */
static const char *common_dim(const Parser *ps, const Mixed *mixed)
{
    if (mixed->left->op != EXPR_AT)
        return NULL;
    const TypeExpr *type = declared_type(ps, mixed->left->items.at[0]);
    if (!is_matrix(type) || is_matrix(declared_type(ps, mixed->left->items.at[1])) ||
        is_matrix(declared_type(ps, mixed->right)))
        return NULL;
    const char *rows = text_of(ps, type->dims.at[0]->span);
    return strcmp(rows, text_of(ps, type->dims.at[1]->span)) == 0 ? rows : NULL;
}

static void report(Parser *ps, const Mixed *mixed)
{
    const char *first = expr_op_info[mixed->left->op].spelling, *second = expr_op_info[mixed->op].spelling;
    const char *a = text_of(ps, mixed->left->items.at[0]->span), *b = text_of(ps, mixed->left->items.at[1]->span);
    const char *c = text_of(ps, mixed->right->span);
    const char *dim = common_dim(ps, mixed);
    DiagMsg *msg =
        diag_report(ps->diag, E0105, mixed->op_span, "'%s' and '%s' are mixed without parentheses", first, second);
    const char *shape = dim == NULL ? "" : arena_printf(ps->arena, "; both have shape [%s], so only you can tell", dim);
    diag_hint(ps->diag, msg, "write (%s %s %s) %s %s or %s %s (%s %s %s)%s", a, first, b, second, c, a, first, b,
              second, c, shape);
}

void mixed_report(Parser *ps)
{
    for (int i = 0; i < ps->mixed.n; i++)
        report(ps, &ps->mixed.at[i]);
}

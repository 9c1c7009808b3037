/* typeexpr.c: types as written (S2): [H, D], real, index(V), dist(V). */
#include <string.h>

#include "sema/check.h"

static bool shape_from(Checker *c, Scope *scope, const TypeExpr *expr, Type *out)
{
    if (expr->dims.n > 2) {
        DiagMsg *msg = say(c, scope, E0311, expr->span, "a shape has at most two dimensions");
        diag_hint(c->diag, msg, "use several matrices: param W[k] : [H, D] in a 'for k' gives each its own");
        return false;
    }
    out->kind = TYPE_REAL;
    out->shape.rank = expr->dims.n;
    for (int i = 0; i < expr->dims.n; i++)
        if (!static_dim(c, scope, expr->dims.at[i], &out->shape.dim[i]))
            return false;
    return true;
}

bool type_from(Checker *c, Scope *scope, const TypeExpr *expr, Type *out)
{
    memset(out, 0, sizeof *out);
    if (expr->id == NULL)
        return shape_from(c, scope, expr, out);
    const bool is_index = strcmp(expr->id, "index") == 0, is_dist = strcmp(expr->id, "dist") == 0;
    if (strcmp(expr->id, "real") == 0 && expr->arg == NULL)
        return true;
    if ((is_index || is_dist) && expr->arg != NULL) {
        Dim dim;
        if (!static_dim(c, scope, expr->arg, &dim))
            return false;
        *out = is_index ? (Type){TYPE_TOKEN, VALUE_PLAIN, {0, {{0, NULL}, {0, NULL}}}, dim}
                        : (Type){TYPE_REAL, VALUE_DIST, {1, {dim, {0, NULL}}}, {0, NULL}};
        return true;
    }
    static const char *const known[] = {"real", "index", "dist"};
    DiagMsg *msg = say(c, scope, E0206, expr->span, "unknown type '%s'", say_text(c, expr->span));
    const char *near = diag_nearest(expr->id, known, 3);
    if (near != NULL && strcmp(near, expr->id) != 0)
        diag_hint(c->diag, msg, "did you mean '%s'?", near);
    else
        diag_hint(c->diag, msg, "types are real, [H], [H, D], index(V) and dist(V)");
    return false;
}

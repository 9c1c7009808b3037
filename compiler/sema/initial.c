/* initial.c: initialisers of parameters: a table of names with how many numbers they take and whether they are for
 * matrices only. Layers around may override what the cell says (layer.c). */
#include <string.h>

#include "sema/check.h"

typedef struct Initialiser {
    const char *name;
    InitKind kind;
    int least, most;
    bool matrix_only;
} Initialiser;

static const Initialiser known[] = {
    {"zeros", INIT_ZEROS, 0, 0, false},
    {"ones", INIT_ONES, 0, 0, false},
    {"constant", INIT_CONSTANT, 1, 1, false},
    {"uniform", INIT_UNIFORM, 1, 2, false},
    {"normal", INIT_NORMAL, 1, 1, false},
    {"glorot", INIT_GLOROT, 0, 0, true},
    {"he", INIT_HE, 0, 0, true},
    {"orthogonal", INIT_ORTHOGONAL, 0, 1, true},
    {"identity", INIT_IDENTITY, 0, 1, true},
};
enum { KNOWN = sizeof known / sizeof *known };

static const Initialiser *find(Checker *c, Scope *scope, const Expr *expr)
{
    const Expr *name = expr->kind == EXPR_CALL ? expr->base : expr;
    const char *names[KNOWN];
    for (int i = 0; i < KNOWN; i++) {
        names[i] = known[i].name;
        if (name->kind == EXPR_NAME && strcmp(name->name, known[i].name) == 0)
            return &known[i];
    }
    DiagMsg *msg = say(c, scope, E0313, expr->span, "%s is no initialiser", say_text(c, expr->span));
    const char *near = name->kind == EXPR_NAME ? diag_nearest(name->name, names, KNOWN) : NULL;
    if (static_is(c, scope, expr))
        diag_hint(c->diag, msg, "constant(%s) fills the parameter with that number", say_text(c, expr->span));
    else if (near != NULL)
        diag_hint(c->diag, msg, "did you mean '%s'?", near);
    else
        diag_hint(c->diag, msg,
                  "there are zeros, ones, constant(c), uniform(a), uniform(lo, hi), normal(sd), glorot, "
                  "he, orthogonal(gain), identity(scale)");
    return NULL;
}

static bool numbers(Checker *c, Scope *scope, const Expr *expr, const Initialiser *init, double out[2])
{
    const int given = expr->kind == EXPR_CALL ? expr->args.n : 0;
    if (given < init->least || given > init->most) {
        say(c, scope, E0312, expr->span, "%s takes %s, %d given", init->name,
            init->most == 0    ? "no argument"
            : init->most == 2  ? "one or two arguments"
            : init->least == 0 ? "at most one argument"
                               : "one argument",
            given);
        return false;
    }
    for (int i = 0; i < given; i++) {
        Static number;
        if (expr->args.at[i].name != NULL) {
            say(c, scope, E0312, expr->args.at[i].name_span, "%s has no argument '%s'", init->name,
                expr->args.at[i].name);
            return false;
        }
        if (!static_eval(c, scope, expr->args.at[i].value, &number))
            return false;
        out[i] = number.number;
    }
    return true;
}

static bool in_range(Checker *c, Scope *scope, const Expr *expr, const Initialiser *init, SemaVar *var)
{
    double *arg = var->var.init_arg;
    const int given = expr->kind == EXPR_CALL ? expr->args.n : 0;
    if (init->kind == INIT_UNIFORM && given == 1) {
        arg[1] = arg[0];
        arg[0] = -arg[0];
    }
    if ((init->kind == INIT_ORTHOGONAL || init->kind == INIT_IDENTITY) && given == 0)
        arg[0] = 1;
    if (init->kind == INIT_UNIFORM && arg[0] >= arg[1]) {
        say(c, scope, E0313, expr->span,
            given == 1 ? "uniform(a) draws from -a to a: a must be above 0" : "uniform(lo, hi): lo must be below hi");
        return false;
    }
    if (init->kind == INIT_NORMAL && arg[0] < 0) {
        say(c, scope, E0313, expr->span, "normal(sd): a standard deviation is not negative");
        return false;
    }
    return true;
}

void param_initialise(Checker *c, SemaVar *var, const Expr *expr, Scope *scope)
{
    const Shape shape = var->var.type.shape;
    const Override *override = scope->layer == NULL ? NULL : override_find(c, scope->layer, var, &scope);
    if (override != NULL)
        expr = override->value;
    if (expr == NULL && shape.rank == 2) {
        DiagMsg *msg = say(c, scope, E0313, var->name_span, "%s is a matrix and needs an initialiser", var->name);
        diag_hint(c->diag, msg, "param %s : %s = glorot, or orthogonal where it multiplies a state", var->name,
                  say_shape(c, scope, shape));
        return;
    }
    var->var.init_kind = INIT_ZEROS;
    if (expr == NULL)
        return;
    const Initialiser *init = find(c, scope, expr);
    if (init == NULL || !numbers(c, scope, expr, init, var->var.init_arg) || !in_range(c, scope, expr, init, var))
        return;
    var->var.init_kind = init->kind;
    if (init->matrix_only && shape.rank != 2) {
        DiagMsg *msg = say(c, scope, E0313, expr->span, "%s is for matrices, but %s is %s", init->name, var->name,
                           shape.rank == 0 ? "a scalar" : "a vector");
        diag_note(c->diag, msg, var->name_span, "%s declared here", var->name);
        if (override != NULL && override->path.n == 0)
            diag_hint(c->diag, msg, "'*' means every parameter; name the matrices, or add: %s = zeros", var->name);
        else
            diag_hint(c->diag, msg, "leave it out: vectors start at zero; or use uniform(a)");
    }
}

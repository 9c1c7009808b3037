/* static.c: numbers known when compiling: dims, consts and `for` variables, in any order of definition. Whole numbers
 * keep their form as polynomials over dims (S3); a dim whose value names no other dim is a new atom. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sema/check.h"

static const int64_t dim_max = INT32_MAX;

Static static_number(Checker *c, double number)
{
    Static s = {false, number, {0, NULL}};
    if (number >= -1e15 && number <= 1e15 && number == floor(number)) {
        s.whole = true;
        s.dim = dim_number(c->arena, (int64_t)number);
    }
    return s;
}

Static static_int(Checker *c, int64_t number)
{
    return (Static){true, (double)number, dim_number(c->arena, number)};
}

static bool fail(Checker *c, Scope *scope, Span span, const char *why)
{
    say(c, scope, E0209, span, "%s %s", say_text(c, span), why);
    return false;
}

/* A real that happens to be whole (1.0) stays a real: dims are written as integers. */
static Static real_result(double number)
{
    return (Static){false, number, {0, NULL}};
}

static bool whole_binary(Checker *c, ExprOp op, Static a, Static b, Static *out)
{
    Dim dim = {0, NULL};
    switch (op) {
    case EXPR_ADD:
        dim = dim_add(c->arena, a.dim, b.dim);
        break;
    case EXPR_SUB:
        dim = dim_sub(c->arena, a.dim, b.dim);
        break;
    case EXPR_MUL:
        dim = dim_mul(c->arena, a.dim, b.dim);
        break;
    case EXPR_DIV:
        if (b.dim.form == NULL || b.dim.form->n != 1 || b.dim.form->term[0].atoms > 0)
            return false;
        dim = dim_div(c->arena, a.dim, b.dim.value);
        break;
    default:
        return false;
    }
    if (dim.form == NULL)
        return false;
    *out = (Static){true, (double)dim.value, dim};
    return true;
}

static double real_binary(ExprOp op, double a, double b)
{
    switch (op) {
    case EXPR_ADD:
        return a + b;
    case EXPR_SUB:
        return a - b;
    case EXPR_MUL:
        return a * b;
    case EXPR_DIV:
        return a / b;
    default:
        return pow(a, b);
    }
}

static bool eval_binary(Checker *c, Scope *scope, const Expr *expr, Static *out)
{
    Static a, b;
    if (expr->op < EXPR_ADD || expr->op == EXPR_AT)
        return fail(c, scope, expr->span, "is no number known when compiling");
    if (!static_eval(c, scope, expr->items.at[0], &a) || !static_eval(c, scope, expr->items.at[1], &b))
        return false;
    if (a.whole && b.whole && whole_binary(c, expr->op, a, b, out))
        return true;
    *out = real_result(real_binary(expr->op, a.number, b.number));
    if (expr->op == EXPR_POW && a.whole && b.whole && b.number >= 0)
        *out = static_number(c, out->number);
    return isfinite(out->number) || fail(c, scope, expr->span, "is not a finite number");
}

static bool eval_call(Checker *c, Scope *scope, const Expr *expr, Static *out)
{
    static const struct {
        FunctionId id;
        double (*of)(double);
    } known[] = {{FN_sqrt, sqrt}, {FN_exp, exp}, {FN_log, log}, {FN_abs, fabs}, {FN_tanh, tanh}};
    const FunctionId id = expr->base->kind == EXPR_NAME ? function_find(expr->base->name) : FN_NONE;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        Static arg;
        if (known[i].id != id || expr->args.n != 1 || expr->args.at[0].name != NULL)
            continue;
        if (!static_eval(c, scope, expr->args.at[0].value, &arg))
            return false;
        *out = real_result(known[i].of(arg.number));
        return isfinite(out->number) || fail(c, scope, expr->span, "is not a finite number");
    }
    return fail(c, scope, expr->span, "is no number known when compiling");
}

/* Evaluates the definition of a dim or const when it is first needed. */
bool static_symbol(Checker *c, Symbol *symbol)
{
    if (symbol->kind == SYM_ARG)
        return symbol->has_number;
    if (symbol->kind != SYM_NUMBER)
        return false;
    if (symbol->expr == NULL)
        return true;
    if (symbol->evaluating) {
        say(c, symbol->scope, E0204, symbol->span, "%s is defined by itself", symbol->name);
        symbol->kind = SYM_BROKEN;
        return false;
    }
    symbol->evaluating = true;
    const Expr *expr = symbol->expr;
    bool ok = static_eval(c, symbol->scope, expr, &symbol->number) && symbol->kind == SYM_NUMBER;
    if (ok && symbol->is_dim &&
        (!symbol->number.whole || symbol->number.dim.value < 1 || symbol->number.dim.value > dim_max)) {
        Text value = text_new(c->arena);
        if (expr->kind == EXPR_INT || expr->kind == EXPR_REAL) /* -D may have replaced what the file says */
            text_add_double(&value, symbol->number.number);
        else
            text_add(&value, say_text(c, expr->span));
        say(c, symbol->scope, E0209, expr->span, "dim %s is %s, but a dimension is a whole number from 1 to %lld",
            symbol->name, text_z(&value), (long long)dim_max);
        ok = false;
    }
    const DimForm *form = symbol->number.dim.form;
    if (ok && symbol->is_dim && (form->n != 1 || form->term[0].atoms == 0)) {
        bool has_atoms = false;
        for (int i = 0; i < form->n; i++)
            has_atoms = has_atoms || form->term[i].atoms > 0;
        if (!has_atoms) {
            DimAtom *atom = arena_make(c->arena, DimAtom);
            *atom = (DimAtom){symbol->order, symbol->name, symbol->number.dim.value};
            symbol->number.dim = dim_atom(c->arena, atom);
        }
    }
    symbol->evaluating = false;
    symbol->expr = NULL;
    if (!ok)
        symbol->kind = SYM_BROKEN;
    return ok;
}

static bool eval_name(Checker *c, Scope *scope, const Expr *expr, Static *out)
{
    Symbol *symbol = scope_unknown(c, scope, expr->name, expr->span, "name");
    if (symbol == NULL)
        return false;
    if (symbol->kind != SYM_NUMBER && !(symbol->kind == SYM_ARG && symbol->has_number)) {
        DiagMsg *msg =
            say(c, scope, E0208, expr->span, "%s is %s, not a number known when compiling", expr->name, symbol->what);
        diag_note(c->diag, msg, symbol->span, "%s declared here", expr->name);
        return false;
    }
    if (!static_symbol(c, symbol))
        return false;
    *out = symbol->number;
    return true;
}

bool static_eval(Checker *c, Scope *scope, const Expr *expr, Static *out)
{
    switch (expr->kind) {
    case EXPR_INT:
        *out = static_int(c, expr->integer);
        return expr->integer >= 0 || fail(c, scope, expr->span, "is too large");
    case EXPR_REAL:
        *out = real_result(expr->real);
        return true;
    case EXPR_NAME:
        return eval_name(c, scope, expr, out);
    case EXPR_PAREN:
        return static_eval(c, scope, expr->items.at[0], out);
    case EXPR_BINARY:
        return eval_binary(c, scope, expr, out);
    case EXPR_CALL:
        return eval_call(c, scope, expr, out);
    case EXPR_UNARY:
        if (expr->op != EXPR_NEG)
            break;
        if (!static_eval(c, scope, expr->items.at[0], out))
            return false;
        if (out->whole)
            out->dim = dim_sub(c->arena, dim_number(c->arena, 0), out->dim);
        out->number = -out->number;
        return true;
    default:
        break;
    }
    return fail(c, scope, expr->span, "is no number known when compiling");
}

bool static_is(Checker *c, Scope *scope, const Expr *expr)
{
    const Symbol *symbol;
    switch (expr->kind) {
    case EXPR_INT:
    case EXPR_REAL:
        return true;
    case EXPR_NAME:
        symbol = scope_find(scope, expr->name);
        return symbol != NULL && (symbol->kind == SYM_NUMBER || (symbol->kind == SYM_ARG && symbol->has_number));
    case EXPR_PAREN:
        return static_is(c, scope, expr->items.at[0]);
    case EXPR_UNARY:
        return expr->op == EXPR_NEG && static_is(c, scope, expr->items.at[0]);
    case EXPR_BINARY:
        return expr->op >= EXPR_ADD && expr->op != EXPR_AT && static_is(c, scope, expr->items.at[0]) &&
               static_is(c, scope, expr->items.at[1]);
    default:
        return false;
    }
}

bool static_whole(Checker *c, Scope *scope, const Expr *expr, int64_t low, int64_t high, const char *what, int64_t *out)
{
    Static s;
    if (!static_eval(c, scope, expr, &s))
        return false;
    *out = s.whole ? s.dim.value : 0;
    if (s.whole && *out >= low && *out <= high)
        return true;
    say(c, scope, E0209, expr->span, "%s is a whole number from %lld to %lld, not %s", what, (long long)low,
        (long long)high, s.whole ? arena_printf(c->arena, "%lld", (long long)*out) : say_text(c, expr->span));
    return false;
}

bool static_dim(Checker *c, Scope *scope, const Expr *expr, Dim *out)
{
    Static s;
    if (!static_eval(c, scope, expr, &s))
        return false;
    if (s.whole && s.dim.value >= 1 && s.dim.value <= dim_max) {
        *out = s.dim;
        return true;
    }
    say(c, scope, E0209, expr->span, "%s is no dimension: it must be a whole number from 1 to %lld",
        say_text(c, expr->span), (long long)dim_max);
    return false;
}

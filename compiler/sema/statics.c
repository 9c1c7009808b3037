/* statics.c: the statements dim, const and partition, and what -D replaces (S18): a dim or const of the file that is
 * defined by a number, or the upper bound of an axis. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sema/check.h"

bool define_find(Checker *c, const char *name, Static *out)
{
    for (int i = 0; i < c->options->define_count; i++) {
        const SemaDefine *define = &c->options->defines[i];
        if (strcmp(define->name, name) != 0)
            continue;
        c->define_used[i] = true;
        char *end = NULL;
        errno = 0;
        const long long whole = strtoll(define->value, &end, 10);
        if (errno == 0 && end != define->value && *end == '\0') {
            *out = static_int(c, whole);
            return true;
        }
        const double number = strtod(define->value, &end);
        if (end != define->value && *end == '\0' && isfinite(number)) {
            *out = (Static){false, number, {0, NULL}};
            return true;
        }
        say(c, NULL, E0211, NO_SPAN, "-D %s=%s: the value is no number", name, define->value);
        return false;
    }
    return false;
}

void defines_finish(Checker *c)
{
    for (int i = 0; i < c->options->define_count; i++) {
        const SemaDefine *define = &c->options->defines[i];
        if (c->define_used[i])
            continue;
        const Symbol *symbol = scope_find(c->body, intern_z(c->names, define->name));
        DiagMsg *msg = say(c, NULL, E0211, NO_SPAN,
                           symbol == NULL ? "-D %s: there is no such dim, const or axis"
                                          : "-D %s: this is nothing that -D replaces",
                           define->name);
        if (symbol != NULL)
            diag_note(c->diag, msg, symbol->span, "%s is %s", define->name, symbol->what);
        diag_hint(c->diag, msg,
                  "-D replaces a dim or const of the file that is defined by a number, or the upper "
                  "bound of an axis");
    }
}

static bool is_number(const Expr *expr)
{
    if (expr->kind == EXPR_UNARY && expr->op == EXPR_NEG)
        expr = expr->items.at[0];
    return expr->kind == EXPR_INT || expr->kind == EXPR_REAL;
}

/* -D H=256: an integer literal in place of the one in the file. */
static const Expr *replaced(Checker *c, const Bind *bind)
{
    Static value;
    if (!is_number(bind->value) || !define_find(c, bind->id, &value))
        return bind->value;
    Expr *expr = arena_make(c->arena, Expr);
    expr->kind = value.whole ? EXPR_INT : EXPR_REAL;
    expr->span = bind->value->span;
    expr->integer = value.whole ? value.dim.value : 0;
    expr->real = value.number;
    if (value.number >= 0)
        return expr;
    Expr *negative = arena_make(c->arena, Expr);
    expr->integer = -expr->integer;
    expr->real = -expr->real;
    negative->kind = EXPR_UNARY;
    negative->op = EXPR_NEG;
    negative->span = expr->span;
    vec_push(c->arena, &negative->items, expr);
    return negative;
}

static void number_declare(Checker *c, Scope *scope, const Bind *bind, bool is_dim, bool top)
{
    if (is_dim && ++c->dims == MAX_DIMS + 1)
        say(c, scope, E0212, bind->id_span, "a model has at most %d dims", MAX_DIMS);
    Symbol *symbol = scope_define(c, scope, SYM_NUMBER, bind->id, bind->id_span, is_dim ? "a dim" : "a const");
    if (symbol == NULL)
        return;
    symbol->is_dim = is_dim;
    symbol->order = c->atoms++;
    symbol->expr = top ? replaced(c, bind) : bind->value;
}

static void partition_declare(Checker *c, Scope *scope, const Stmt *stmt)
{
    Symbol *symbol = scope_define(c, scope, SYM_PARTITION, stmt->id, stmt->id_span, "a partition");
    if (symbol == NULL)
        return;
    Partition p = {.name = stmt->id, .span = stmt->span};
    if (!static_dim(c, scope, stmt->first_arg, &p.words) || !static_dim(c, scope, stmt->high, &p.classes)) {
        symbol->kind = SYM_BROKEN;
        return;
    }
    const Expr *e = stmt->value;
    if (p.classes.value > p.words.value)
        say(c, scope, E0209, stmt->high->span, "%s splits %lld words into %lld classes: some would be empty", stmt->id,
            (long long)p.words.value, (long long)p.classes.value);
    if (e->kind == EXPR_CALL && e->base->kind == EXPR_NAME && strcmp(e->base->name, "file") == 0 && e->args.n == 1 &&
        e->args.at[0].name == NULL && e->args.at[0].value->kind == EXPR_STRING)
        p.file = e->args.at[0].value->name;
    else if (e->kind != EXPR_NAME || strcmp(e->name, "even") != 0) {
        DiagMsg *msg = say(c, scope, E0208, e->span, "a partition is even or file(\"...\")");
        diag_hint(c->diag, msg, "partition %s(%s, %s) = even", stmt->id, say_text(c, stmt->first_arg->span),
                  say_text(c, stmt->high->span));
    }
    symbol->partition = c->model->partitions.n;
    vec_push(c->arena, &c->model->partitions, p);
}

void statics_declare(Checker *c, Scope *scope, const StmtList *list, bool top)
{
    for (int i = 0; i < list->n; i++) {
        const Stmt *stmt = list->at[i];
        if (stmt->kind != STMT_DIM && stmt->kind != STMT_CONST)
            continue;
        for (int k = 0; k < stmt->binds.n; k++)
            number_declare(c, scope, &stmt->binds.at[k], stmt->kind == STMT_DIM, top);
    }
}

/* After all names are known: evaluates every dim and const, and lists them in the model. */
void statics_finish(Checker *c, Scope *scope, const StmtList *list)
{
    for (int i = 0; i < list->n; i++) {
        const Stmt *stmt = list->at[i];
        if (stmt->kind == STMT_PARTITION)
            partition_declare(c, scope, stmt);
        if (stmt->kind != STMT_DIM && stmt->kind != STMT_CONST)
            continue;
        for (int k = 0; k < stmt->binds.n; k++) {
            Symbol *symbol = table_find(&scope->names, stmt->binds.at[k].id);
            if (symbol == NULL || symbol->kind != SYM_NUMBER || !static_symbol(c, symbol))
                continue;
            const NamedNumber number = {symbol->name, symbol->number.whole ? symbol->number.dim.value : 0,
                                        symbol->number.number, symbol->span};
            if (stmt->kind == STMT_DIM)
                vec_push(c->arena, &c->model->dims, number);
            else
                vec_push(c->arena, &c->model->consts, number);
        }
    }
}

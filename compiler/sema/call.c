/* call.c: calls: built-in functions, reductions over axes, fns (their body is copied, their arguments are not: each is
 * evaluated once) and applications of layers. */
#include <string.h>

#include "sema/check.h"

static const char *count_text(Checker *c, int least, int most)
{
    if (least != most)
        return arena_printf(c->arena, "%d to %d arguments", least, most);
    return most == 1 ? "one argument" : arena_printf(c->arena, "%d arguments", most);
}

static bool say_count(Checker *c, const Expr *expr, Here here, const char *name, int least, int most, int given)
{
    say(c, here.scope, E0312, expr->base->span, "%s takes %s, %d given", name, count_text(c, least, most), given);
    return false;
}

/* --- attributes ---------------------------------------------------------------------------------------------------- */

/* The axes in brackets: mean[t, batch](...). */
static bool reduce_over(Checker *c, const Expr *expr, SemaTerm *term, Here *here)
{
    const FunctionInfo *info = &function_info[term->term.function];
    const bool softmax = info->signature == SIG_SOFTMAX;
    if (info->signature != SIG_REDUCE && !softmax && !(info->signature == SIG_MAXMIN && expr->args.n == 1)) {
        say(c, here->scope, E0312, expr->base->op_span, "%s takes no axes", info->name);
        return false;
    }
    for (int i = 0; i < expr->base->items.n; i++) {
        const Expr *item = expr->base->items.at[i];
        int axis;
        if (!axis_name(c, here->scope, item, &axis))
            return false;
        if ((term->term.over & AXIS_BIT(axis)) != 0) {
            say(c, here->scope, E0404, item->span, "%s is reduced twice", say_text(c, item->span));
            return false;
        }
        if (softmax && axis == AXIS_BATCH) {
            say(c, here->scope, E0409, item->span, "%s[batch] would make each row depend on its neighbours",
                info->name);
            return false;
        }
        if (softmax && (here->bound & AXIS_BIT(axis)) == 0) {
            DiagMsg *msg =
                say(c, here->scope, E0403, item->span, "%s is not bound in this equation", say_text(c, item->span));
            diag_hint(c->diag, msg, "%s keeps its axis: put it on the left side", info->name);
            return false;
        }
        term->term.over |= AXIS_BIT(axis);
    }
    const AxisSet axes = term->term.over & ~AXIS_BIT(AXIS_BATCH);
    here->bound |= axes;
    here->reduced |= axes;
    return true;
}

static bool named_argument(Checker *c, const Arg *arg, SemaTerm *term, Here here)
{
    const FunctionInfo *info = &function_info[term->term.function];
    if (strcmp(arg->name, "weight") == 0 && (term->term.function == FN_sum || term->term.function == FN_mean) &&
        term->term.weight == NULL) {
        if (term->term.over == 0) {
            DiagMsg *msg = say(c, here.scope, E0312, arg->name_span, "weight belongs to a reduction over axes");
            diag_hint(c->diag, msg, "over components: dot(w, e), or sum(w * e)");
            return false;
        }
        term->term.weight = &term_make(c, arg->value, here)->term;
        return true;
    }
    if (strcmp(arg->name, "per") == 0 && term->term.function == FN_dropout && term->term.per_axis < 0) {
        if (!axis_name(c, here.scope, arg->value, &term->term.per_axis))
            return false;
        if (term->term.per_axis != AXIS_BATCH)
            return true;
        say(c, here.scope, E0404, arg->value->span, "dropout keeps one mask a sequence: per is a sequence axis");
        return false;
    }
    say(c, here.scope, E0312, arg->name_span, "%s has no argument '%s'", info->name, arg->name);
    return false;
}

/* Arguments that are no values: the partition of class_xent, the numbers of slice. False: reported. */
static bool static_argument(Checker *c, const Expr *value, int i, SemaTerm *term, Here here, bool *done)
{
    int64_t number;
    *done = (term->term.function == FN_class_xent && i == 0) || (term->term.function == FN_slice && i > 0);
    if (!*done)
        return true;
    if (term->term.function == FN_slice && i == 1) {
        if (!static_whole(c, here.scope, value, 0, INT32_MAX, "slice counts from 0; its start", &number))
            return false;
        term->term.from = (int)number;
        return true;
    }
    if (term->term.function == FN_slice) {
        if (!static_dim(c, here.scope, value, &term->slice))
            return false;
        term->term.count = (int)term->slice.value;
        return true;
    }
    const Symbol *symbol = value->kind == EXPR_NAME ? scope_find(here.scope, value->name) : NULL;
    if (symbol != NULL && symbol->kind == SYM_PARTITION) {
        term->term.partition = symbol->partition;
        return true;
    }
    if (symbol == NULL || symbol->kind != SYM_BROKEN) {
        DiagMsg *msg = say(c, here.scope, E0208, value->span, "%s is no partition", say_text(c, value->span));
        diag_hint(c->diag, msg, "declare one: partition K(V, C) = even");
    }
    return false;
}

static SemaTerm *call_builtin(Checker *c, const Expr *expr, Here here, FunctionId function)
{
    const FunctionInfo *info = &function_info[function];
    SemaTerm *term = term_call(c, expr, here, function);
    if (expr->base->kind == EXPR_INDEX && !reduce_over(c, expr, term, &here))
        return term_error(c, expr, here);
    int given = 0;
    bool ok = true;
    for (int i = 0; i < expr->args.n; i++) {
        const Arg *arg = &expr->args.at[i];
        bool done = false;
        if (arg->name != NULL) {
            ok = named_argument(c, arg, term, here) && ok;
            continue;
        }
        given++;
        if (!static_argument(c, arg->value, given - 1, term, here, &done))
            ok = false;
        else if (!done)
            term_add(c, term, term_make(c, arg->value, here));
    }
    if (ok && (given < info->min_args || given > info->max_args))
        ok = say_count(c, expr, here, info->name, info->min_args, info->max_args, given);
    if (ok && info->signature == SIG_MAXMIN && given == 2 && term->term.over != 0)
        ok = say_count(c, expr, here, info->name, 1, 1, given);
    if (!ok)
        return term_error(c, expr, here);
    if (info->signature == SIG_DROPOUT || info->signature == SIG_SAMPLE)
        term->term.site = c->sites++;
    term_finish(c, term);
    return term;
}

/* --- fns ----------------------------------------------------------------------------------------------------------- */

static SemaTerm *call_fn(Checker *c, const Expr *expr, Here here, const Stmt *fn)
{
    if (expr->base->kind == EXPR_INDEX) {
        say(c, here.scope, E0312, expr->base->op_span, "%s takes no axes", fn->id);
        return term_error(c, expr, here);
    }
    if (expr->args.n != fn->words.n) {
        say_count(c, expr, here, fn->id, fn->words.n, fn->words.n, expr->args.n);
        return term_error(c, expr, here);
    }
    for (const Scope *s = here.scope; s != NULL; s = s->copy == COPY_NONE ? s->outer : s->around)
        if (s->copy == COPY_FN && s->copy_name == fn->id) {
            say(c, NULL, E0204, expr->base->span, "fn %s calls itself", fn->id);
            return term_error(c, expr, here);
        }
    Scope *scope = scope_new(c, NULL);
    *scope = (Scope){.prefix = "",
                     .copy = COPY_FN,
                     .copy_name = fn->id,
                     .copy_at = expr->base->span,
                     .around = here.scope,
                     .nested = here.scope->nested + 1};
    if (scope->nested > MAX_NESTED) {
        limit_hit(c, here.scope, expr->span, "fns and cells are nested too deeply", MAX_NESTED);
        return term_error(c, expr, here);
    }
    for (int i = 0; i < fn->words.n; i++) {
        const Arg *arg = &expr->args.at[i];
        if (arg->name != NULL) {
            say(c, here.scope, E0312, arg->name_span, "the arguments of a fn have no names");
            return term_error(c, expr, here);
        }
        SemaTerm *value = term_make(c, arg->value, here);
        Symbol *symbol =
            scope_define(c, scope, SYM_ARG, fn->words.at[i], fn->word_spans.at[i], "an argument of the fn");
        if (symbol == NULL)
            return term_error(c, expr, here);
        symbol->term = value;
        symbol->has_number = value->term.kind == TERM_NUMBER && value->state != TYPE_ERROR;
        symbol->number = value->number;
    }
    return term_make(c, fn->value, (Here){.scope = scope, .owner = here.owner});
}

/* --- calls --------------------------------------------------------------------------------------------------------- */

static SemaTerm *say_unknown(Checker *c, const Expr *expr, Here here, const Expr *name, const Symbol *function)
{
    if (function != NULL) {
        DiagMsg *msg = say(c, here.scope, E0208, name->span, "%s is a cell, not a function", name->name);
        diag_hint(c->diag, msg, "a layer owns its parameters: layer l = %s[...], and l(...) applies it", name->name);
        return term_error(c, expr, here);
    }
    const Symbol *value = scope_find(here.scope, name->name);
    if (value != NULL && value->kind == SYM_BROKEN)
        return term_error(c, expr, here);
    DiagMsg *msg = say(c, here.scope, E0203, name->span, "unknown function '%s'", name->name);
    const char *near = scope_nearest_function(c, here.scope, name->name);
    for (int i = 0; i < expr->args.n; i++) /* for the mistakes in there */
        term_make(c, expr->args.at[i].value, here);
    if (near != NULL)
        diag_hint(c->diag, msg, "did you mean '%s'?", near);
    else if (value != NULL)
        diag_note(c->diag, msg, value->span, "%s is %s; a product needs its operator", name->name, value->what);
    return term_error(c, expr, here);
}

SemaTerm *term_of_call(Checker *c, const Expr *expr, Here here)
{
    const Expr *name = expr->base->kind == EXPR_INDEX ? expr->base->base : expr->base;
    if (name->kind != EXPR_NAME) {
        say(c, here.scope, E0208, expr->base->span, "only a function or a layer can be applied");
        return term_error(c, expr, here);
    }
    if (is_application(here.scope, expr)) {
        const Instance *instance = layer_apply(c, expr, here, NULL, 0);
        return instance == NULL ? term_error(c, expr, here) : term_output(c, expr, here, instance->outputs.at[0]);
    }
    const Symbol *symbol = scope_find_function(c, here.scope, name->name);
    const FunctionId builtin = symbol == NULL                ? function_find(name->name)
                               : symbol->kind == SYM_BUILTIN ? symbol->function
                                                             : FN_NONE;
    if (builtin != FN_NONE)
        return call_builtin(c, expr, here, builtin);
    if (symbol != NULL && symbol->kind == SYM_FN)
        return call_fn(c, expr, here, symbol->stmt);
    return say_unknown(c, expr, here, name, symbol);
}

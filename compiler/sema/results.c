/* results.c: the loss and the metrics are single numbers (S14, E0306), outputs are values of rows (E0409). */
#include "sema/check.h"

/* Down to the part that still varies over the batch: through operations of which one operand does. */
static const SemaTerm *culprit(const SemaTerm *term)
{
    while (term->term.kind == TERM_CALL && term->term.over == 0) {
        const SemaTerm *only = NULL;
        int count = 0;
        for (int i = 0; i < term->term.args.n; i++)
            if (term_arg(term, i)->by_rows) {
                only = term_arg(term, i);
                count++;
            }
        const Signature s = function_info[term->term.function].signature;
        if (count != 1 || (s != SIG_EW && s != SIG_MAXMIN))
            break;
        term = only;
    }
    return term;
}

static const char *axes_list(Checker *c, const Expr *head)
{
    Text text = text_new(c->arena);
    for (int i = 0; i < head->items.n; i++)
        text_printf(&text, "%s%s", i > 0 ? ", " : "", say_text(c, head->items.at[i]->span));
    return text_z(&text);
}

static void say_varies(Checker *c, const SemaVar *var)
{
    const SemaTerm *part = culprit(sema_term(var->var.def));
    const Expr *expr = part->expr;
    const bool reduces = part->term.kind == TERM_CALL && part->term.over != 0 && expr->kind == EXPR_CALL &&
                         expr->base->kind == EXPR_INDEX;
    DiagMsg *msg = say(c, part->scope, E0306, reduces ? expr->base->span : expr->span, "%s still varies over batch",
                       var->is_loss ? "the loss" : arena_printf(c->arena, "metric %s", var->name));
    if (!reduces) {
        const Edit edit = {expr->span, arena_printf(c->arena, "mean[batch](%s)", say_text(c, expr->span))};
        offer(c, msg, offer_group(c), &edit, 1, "mean[batch](...) averages over the rows");
        return;
    }
    const char *name = expr->base->base->name, *axes = axes_list(c, expr->base);
    const Edit edit = {expr->base->span, arena_printf(c->arena, "%s[%s, batch]", name, axes)};
    const int group = offer_group(c);
    if (part->term.function == FN_mean)
        offer(c, msg, group, &edit, 1,
              "mean[%s, batch](...) averages over all valid steps; mean[batch](mean[%s](...)) gives every sequence the "
              "same weight; they differ when lengths do",
              axes, axes);
    else if (part->term.function == FN_sum)
        offer(c, msg, group, &edit, 1,
              "mean[batch](sum[%s](...)) averages the sums of the sequences; mean[%s, batch](...) averages over all "
              "valid "
              "steps",
              axes, axes);
    else
        offer(c, msg, group, &edit, 1, "mean[batch](%s[%s](...)) averages over the rows", name, axes);
}

static void check_result(Checker *c, const SemaVar *var)
{
    if (var->state != TYPE_KNOWN || var->var.def == NULL)
        return;
    const char *what = var->is_loss ? "the loss" : arena_printf(c->arena, "metric %s", var->name);
    const SemaTerm *def = sema_term(var->var.def);
    if (var->var.type.kind != TYPE_REAL || var->var.type.shape.rank != 0) {
        DiagMsg *msg = say(c, var->scope, E0303, def->expr->span, "%s is %s, not a scalar", what,
                           say_type(c, var->scope, var->var.type));
        if (var->var.type.kind == TYPE_REAL) {
            const Edit edit = {def->expr->span, arena_printf(c->arena, "sum(%s)", say_text(c, def->expr->span))};
            offer(c, msg, offer_group(c), &edit, 1, "sum(...) and mean(...) without axes are over components");
        }
    } else if ((var->var.axes & AXIS_BIT(AXIS_BATCH)) != 0) {
        say_varies(c, var);
    }
}

typedef struct Found {
    const SemaTerm *term;
} Found;

static bool find_batch(Checker *c, SemaTerm *term, void *data)
{
    Found *found = data;
    (void)c;
    if (found->term == NULL && (term->term.over & AXIS_BIT(AXIS_BATCH)) != 0)
        found->term = term;
    return found->term == NULL;
}

/* Back along the reads to the reduction over the batch that a variable depends on. */
static const SemaTerm *reduction_behind(Checker *c, SemaVar *var)
{
    for (int steps = 0; steps < MAX_VARS; steps++) {
        Found found = {NULL};
        term_walk(c, var->var.def, find_batch, &found);
        if (found.term != NULL)
            return found.term;
        SemaVar *next = NULL;
        for (int k = 0; k < var->deps.n && next == NULL; k++)
            if (var->deps.at[k].to->reduced_batch && var->deps.at[k].to != var)
                next = var->deps.at[k].to;
        if (next == NULL)
            return NULL;
        var = next;
    }
    return NULL;
}

static void check_batch(Checker *c, SemaVar *var)
{
    const bool by_rows = (var->var.axes & AXIS_BIT(AXIS_BATCH)) != 0;
    if (!var->reduced_batch || var->is_loss || var->is_metric || (!by_rows && !var->var.is_output) ||
        var->var.kind != VAR_EQUATION)
        return;
    const SemaTerm *term = reduction_behind(c, var);
    if (term == NULL)
        return;
    DiagMsg *msg = say(c, term->scope, E0409, expr_head(term->expr),
                       "a value reduced over batch feeds %s: a row's result would depend on its neighbours", var->left);
    diag_note(c->diag, msg, var->name_span, "%s defined here", var->name);
    diag_hint(c->diag, msg, "reductions over batch may feed the loss and metrics only");
}

void results_check(Checker *c)
{
    for (int i = 0; i < c->model->vars.n; i++) {
        SemaVar *var = sema_var(c->model->vars.at[i]);
        if (var->is_loss || var->is_metric)
            check_result(c, var);
        if (var->is_metric)
            metric_check(c, var);
        else if (!var->is_loss && var->state == TYPE_KNOWN)
            check_batch(c, var);
    }
}

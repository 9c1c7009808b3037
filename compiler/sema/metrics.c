/* metrics.c: what a metric is made of (S14, E0315). Each mean over batch is kept as one sum and one weight, which grow from
 * call to call; what is around them is applied when the metric is read, to numbers alone. */
#include "sema/check.h"

typedef struct MetricCheck {
    SemaVar *var;
    int mark;   /* variables that were looked at */
    bool wrong; /* one message a metric */
} MetricCheck;

/* `via`: the read in the metric's own text that leads to the term, or NULL where the term stands there itself. */
static DiagMsg *say_part(Checker *c, MetricCheck *check, const SemaTerm *term, const SemaTerm *via, const char *what)
{
    const SemaTerm *at = via == NULL ? term : via;
    check->wrong = true;
    DiagMsg *msg = say(c, at->scope, E0315, expr_head(at->expr), "metric %s%s", check->var->name, what);
    if (via != NULL)
        diag_note(c->diag, msg, expr_head(term->expr), "here, in what %s is", say_text(c, via->expr->span));
    return msg;
}

static void check_kept(Checker *c, MetricCheck *check, const SemaTerm *term, const SemaTerm *via)
{
    const char *text = say_text(c, expr_head(term->expr)), *name = function_info[term->term.function].name;
    const AxisSet left = term->term.axes & ~AXIS_BIT(AXIS_BATCH);
    if (term->term.function != FN_mean && term->term.function != FN_sum) {
        DiagMsg *msg =
            say_part(c, check, term, via, arena_printf(c->arena, ": %s does not grow from call to call", text));
        const AxisSet steps = term->term.over & ~AXIS_BIT(AXIS_BATCH);
        if (steps != 0)
            diag_hint(c->diag, msg, "mean[batch](%s[%s](...)) is the mean of the rows' values", name,
                      axes_text(c, term->scope, steps));
        else
            diag_hint(c->diag, msg, "only sum and mean over batch can be kept as a sum and a weight");
    } else if (left != 0) {
        const char *axes = axes_text(c, term->scope, left);
        DiagMsg *msg = say_part(c, check, term, via,
                                arena_printf(c->arena, " keeps %s, which varies over %s: a mean of means", text, axes));
        diag_hint(c->diag, msg, "%s[%s, batch](...) takes all steps together", name, axes);
    } else if (term->term.type.shape.rank != 0) {
        DiagMsg *msg = say_part(c, check, term, via,
                                arena_printf(c->arena, " keeps %s, which is %s, not a scalar", text,
                                             say_type(c, term->scope, term->term.type)));
        diag_hint(c->diag, msg, "reduce the components inside, as in %s(sumsq(...))", text);
    }
}

/* What stands around the means, down to them. */
static void check_outside(Checker *c, MetricCheck *check, SemaTerm *term, const SemaTerm *via)
{
    if (check->wrong || term->state != TYPE_KNOWN || !term->over_rows)
        return;
    if (term->term.kind == TERM_READ) {
        SemaVar *var = sema_var(term->term.var);
        if (var->mark != check->mark && var->var.def != NULL)
            check_outside(c, check, sema_term(var->var.def), via == NULL ? term : via);
        var->mark = check->mark;
    } else if ((term->term.over & AXIS_BIT(AXIS_BATCH)) != 0) {
        check_kept(c, check, term, via);
    } else if (term->term.type.shape.rank != 0) {
        say_part(c, check, term, via, " applies more than functions of numbers to its means");
    } else {
        for (int i = 0; i < term->term.args.n; i++)
            check_outside(c, check, term_arg(term, i), via);
    }
}

void metric_check(Checker *c, SemaVar *var)
{
    MetricCheck check = {.var = var, .mark = ++c->mark};
    var->mark = check.mark;
    if (var->state == TYPE_KNOWN && var->var.def != NULL && (var->var.axes & AXIS_BIT(AXIS_BATCH)) == 0)
        check_outside(c, &check, sema_term(var->var.def), NULL);
}

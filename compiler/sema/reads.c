/* reads.c: what a single read may look at (S7, S8, S9, S10), once the loops are known: steps behind or ahead, ends of
 * axes that are carried or may be empty, tokens before the first step, and which end an edge equation may replace. */
#include "sema/check.h"

static const char *axis_text(Checker *c, int axis)
{
    return c->model->axes.at[axis].name;
}

/* Runs the variable along this axis: +1 forward, -1 from the end, 0 in no loop along it. */
static int direction_along(const SemaVar *var, int axis)
{
    return var->var.loop_axis == axis ? var->var.loop_direction : 0;
}

static void check_offset(Checker *c, const Dep *dep, const AxisRead *read)
{
    const int direction = direction_along(dep->to, read->axis);
    const bool carry = c->model->axes.at[read->axis].carry;
    const char *text = say_read(c, dep->read);
    if (dep->from->component == dep->to->component && dep->from->on_cycle)
        return;
    if (direction * read->offset > 0) { /* ahead of a forward loop, or behind a reverse one */
        DiagMsg *msg = say(c, dep->read->scope, E0407, dep->read->term.span,
                           read->offset > 0 ? "%s is ahead of the loop of %s, which runs forward along %s"
                                            : "%s is behind the loop of %s, which runs from the end of %s",
                           text, dep->to->name, axis_local(c, dep->read->scope, read->axis));
        diag_note(c->diag, msg, dep->to->name_span, "%s defined here", dep->to->name);
    } else if (read->offset > 0 && carry) {
        DiagMsg *msg = say(c, dep->read->scope, E0407, dep->read->term.span,
                           "%s looks past the end of a window: %s is a carry axis", text, axis_text(c, read->axis));
        diag_note(c->diag, msg, c->model->axes.at[read->axis].span, "what comes after a window is not known");
        diag_hint(c->diag, msg, "drop 'carry', or delay what it is compared with");
    }
}

/* An edge equation stands in where the read would be before the first or after the last step. */
static bool is_covered(const Dep *dep, const AxisRead *read)
{
    const Var *from = &dep->from->var;
    return dep->role == DEP_DEF && from->edge != NULL && from->edge_axis == read->axis &&
           (from->edge_last ? read->offset == 1 : read->offset == -1);
}

static void check_token(Checker *c, const Dep *dep, const AxisRead *read)
{
    const Var *to = &dep->to->var;
    if (to->type.kind != TYPE_TOKEN || dep->to->state != TYPE_KNOWN || to->init != NULL ||
        dep->to->init_span.file != 0 || is_covered(dep, read))
        return;
    const Expr *expr = dep->read->expr;
    const char *name = expr->kind == EXPR_INDEX ? say_text(c, expr->base->span) : dep->to->name;
    DiagMsg *msg = say(c, dep->read->scope, E0310, dep->read->term.span, "%s is read, but %s has no init",
                       say_read(c, dep->read), name);
    diag_note(c->diag, msg, NO_SPAN, "vectors start at zero; a token has no natural zero");
    diag_hint(c->diag, msg, "init %s = 0   (the %s-of-sequence token)", name, read->offset < 0 ? "begin" : "end");
}

static void check_end(Checker *c, const Dep *dep, const AxisRead *read)
{
    const ModelAxis *axis = &c->model->axes.at[read->axis];
    const int direction = direction_along(dep->to, read->axis);
    const bool last = read->place == READ_LAST;
    if (dep->from->component == dep->to->component && dep->from->on_cycle)
        return;
    if (last && axis->carry) {
        DiagMsg *msg = say(c, dep->read->scope, E0408, dep->read->term.span,
                           "%s is a carry axis: its windows have no last step of the stream", axis->name);
        diag_note(c->diag, msg, axis->span, "%s declared here", axis->name);
        diag_hint(c->diag, msg, "drop 'carry', or reduce it, as in mean[%s](...)",
                  axis_local(c, dep->read->scope, read->axis));
    } else if (axis->carry && !(dep->role == DEP_EDGE && dep->from->var.edge_axis == read->axis)) {
        DiagMsg *msg = say(c, dep->read->scope, E0411, dep->read->term.span,
                           "%s is a carry axis: the first step of the stream lies in no later window", axis->name);
        diag_note(c->diag, msg, axis->span, "%s declared here", axis->name);
        diag_hint(c->diag, msg, "drop 'carry', or keep it in a state: f[t] = f[t-1], with f[first] = %s",
                  say_read(c, dep->read));
    } else if (axis->low == 0 && direction != (last ? 1 : -1)) {
        DiagMsg *msg = say(c, dep->read->scope, E0411, dep->read->term.span, "%s does not exist where %s has no step",
                           say_read(c, dep->read), axis->name);
        diag_note(c->diag, msg, axis->span, "its length may be 0");
        diag_hint(c->diag, msg, "begin the axis at 1, or read a state: its %s value is then the one it starts from",
                  last ? "last" : "first");
    }
}

static void check_start(Checker *c, const Dep *dep)
{
    const SemaVar *var = dep->from;
    for (int i = 0; i < dep->read->term.reads.n; i++) {
        const AxisRead *read = &dep->read->term.reads.at[i];
        const bool own = var->var.loop_axis >= 0
                             ? read->axis == var->var.loop_axis
                             : var->var.axis_order.n == 1 && read->axis == var->var.axis_order.at[0];
        if (!own || (dep->read->reduced & AXIS_BIT(read->axis)) != 0)
            continue;
        DiagMsg *msg = say(c, dep->read->scope, E0410, dep->read->term.span,
                           "the start value of %s cannot read %s: it is taken before the first step", var->name,
                           say_read(c, dep->read));
        diag_note(c->diag, msg, var->name_span, "%s defined here", var->name);
        diag_hint(c->diag, msg, "an edge equation is for that: %s[first] = ...", var->name);
    }
}

static void check_edge(Checker *c, const SemaVar *var)
{
    const int axis = var->var.edge_axis;
    if (var->var.edge == NULL)
        return;
    const ModelAxis *info = &c->model->axes.at[axis];
    const int direction = direction_along(var, axis);
    const char *text = say_text(c, var->edge_span);
    if (direction != 0 && (direction > 0) == var->var.edge_last) {
        DiagMsg *msg =
            say(c, var->scope, E0405, var->edge_span, "%s: the loop of %s %s", text, var->name,
                direction > 0 ? "runs forward, so it begins at first" : "runs from the end: it begins at last");
        diag_note(c->diag, msg, var->name_span, "%s defined here", var->name);
    } else if (var->var.edge_last && info->carry) {
        DiagMsg *msg = say(c, var->scope, E0408, var->edge_span,
                           "%s is a carry axis: its windows have no last step of the stream", info->name);
        diag_note(c->diag, msg, info->span, "%s declared here", info->name);
    }
}

void reads_check(Checker *c)
{
    for (int i = 0; i < c->model->vars.n; i++) {
        const SemaVar *var = sema_var(c->model->vars.at[i]);
        for (int k = 0; k < var->deps.n; k++) {
            const Dep *dep = &var->deps.at[k];
            for (int r = 0; r < dep->read->term.reads.n; r++) {
                const AxisRead *read = &dep->read->term.reads.at[r];
                if (read->place != READ_OFFSET) {
                    check_end(c, dep, read);
                } else if (read->offset != 0) {
                    check_offset(c, dep, read);
                    check_token(c, dep, read);
                }
            }
            if (dep->role == DEP_INIT)
                check_start(c, dep);
        }
        check_edge(c, var);
    }
}

/* warn.c: W0802, dropout on a path from a state to itself: a fresh mask at every step erases what the state holds. One
 * mask a sequence (per = t) is fine, and so is dropout between layers. */
#include "sema/check.h"

typedef struct OnPath {
    const SemaVar *var;
    const SemaTerm *dropout; /* the one around, while walking its operand */
    const SemaTerm *read;    /* a read of the same loop below it */
    bool delayed;
} OnPath;

static bool find_read(Checker *c, SemaTerm *term, void *data)
{
    OnPath *path = data;
    (void)c;
    if (term->term.kind != TERM_READ || sema_var(term->term.var)->component != path->var->component)
        return true;
    const Dep dep = {NULL, sema_var(term->term.var), term, DEP_DEF};
    int axis;
    const bool delayed = dep_offset(&dep, &axis) != 0;
    if (path->read == NULL || (delayed && !path->delayed)) {
        path->read = term;
        path->delayed = delayed;
    }
    return true;
}

typedef struct Dropouts {
    VEC(SemaTerm *) list;
} Dropouts;

static bool find_dropout(Checker *c, SemaTerm *term, void *data)
{
    Dropouts *found = data;
    if (term->term.kind == TERM_CALL && term->term.function == FN_dropout && term->term.per_axis < 0)
        vec_push(c->arena, &found->list, term);
    return true;
}

/* A read of the equation that comes from outside of the loop: where dropout would do no harm. */
static const char *other_read(Checker *c, const SemaVar *var, const SemaTerm *dropout)
{
    const SemaTerm *found = NULL;
    for (int i = 0; i < var->deps.n; i++) {
        const Dep *dep = &var->deps.at[i];
        int axis;
        if (dep->role == DEP_DEF && dep->to->component != var->component && dep_offset(dep, &axis) == 0 &&
            (dep->read->term.axes & AXIS_BIT(var->var.loop_axis)) != 0 && dep->to->var.type.kind == TYPE_REAL &&
            (dep->read->term.span.start < dropout->term.span.start ||
             dep->read->term.span.start > dropout->term.span.end) &&
            found == NULL)
            found = dep->read;
    }
    return found == NULL ? NULL : say_read(c, found);
}

static void say_dropout(Checker *c, const SemaVar *var, SemaTerm *dropout)
{
    OnPath path = {.var = var};
    term_walk(c, dropout->term.args.at[0], find_read, &path);
    if (path.read == NULL)
        return;
    const char *from = say_read(c, path.read), *to = var->left;
    for (int i = 0; !path.delayed && i < c->components.n; i++) { /* the delay is in another equation of the loop */
        const SemaVar *other = c->components.at[i];
        for (int k = 0; other->component == var->component && k < other->deps.n && !path.delayed; k++) {
            int axis;
            if (other->deps.at[k].to->component != var->component || dep_offset(&other->deps.at[k], &axis) == 0)
                continue;
            path.delayed = true;
            from = say_read(c, other->deps.at[k].read);
            to = other->left;
        }
    }
    DiagMsg *msg =
        say(c, dropout->scope, W0802, expr_head(dropout->expr), "dropout on the recurrent path %s -> %s", from, to);
    diag_note(c->diag, msg, NO_SPAN, "a fresh mask at every step erases the memory (Zaremba 2014)");
    const char *axis = axis_local(c, dropout->scope, var->var.loop_axis);
    const Span close = {dropout->expr->span.file, dropout->expr->span.end - 1, dropout->expr->span.end - 1};
    const Edit edit = {close, arena_printf(c->arena, ", per = %s", axis)};
    const char *fixed = say_edited(c, dropout->expr->span, &edit, 1), *input = other_read(c, var, dropout);
    offer(c, msg, offer_group(c), &edit, 1, "apply it to %s%s%s between layers, or %s for one mask a sequence",
          input == NULL ? "" : input, input == NULL ? "" : " or ", to, fixed);
}

void warn_dropout(Checker *c)
{
    for (int i = 0; i < c->model->vars.n; i++) {
        const SemaVar *var = sema_var(c->model->vars.at[i]);
        Dropouts found = {0};
        if (var->var.loop_direction == 0)
            continue;
        term_walk(c, var->var.def, find_dropout, &found);
        for (int k = 0; k < found.list.n; k++)
            say_dropout(c, var, found.list.at[k]);
    }
}

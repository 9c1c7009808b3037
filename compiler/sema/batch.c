/* batch.c: which values differ from row to row (S6). Data does, and so does what depends on a row's length, on when a
 * row of a stream began, or draws random numbers. What was reduced over the batch may feed only the loss and metrics
 * (E0409); reduced over steps as well it belongs to no row: the steps are those that some row has. */
#include "sema/check.h"

static bool read_by_rows(Checker *c, const AxisRead *read)
{
    if (read->place != READ_OFFSET)
        return read->place == READ_LAST;
    return read->offset > 0 || (read->offset < 0 && c->model->axes.at[read->axis].carry);
}

static bool rows_by_itself(Checker *c, const SemaTerm *term)
{
    const FunctionId f = term->term.function;
    if (term->term.kind == TERM_CALL)
        return f == FN_dropout || f == FN_sample;
    for (int i = 0; i < term->term.reads.n; i++)
        if (read_by_rows(c, &term->term.reads.at[i]))
            return true;
    return false;
}

static void mark_term(Checker *c, SemaTerm *term)
{
    const AxisSet batch = AXIS_BIT(AXIS_BATCH);
    if (term->mark == c->mark)
        return;
    term->mark = c->mark;
    bool rows = rows_by_itself(c, term), over = (term->term.over & batch) != 0;
    if (term->term.kind == TERM_READ && term->term.var != NULL) {
        rows = rows || (term->term.var->axes & batch) != 0;
        over = over || sema_var(term->term.var)->reduced_batch;
    }
    for (int i = 0; i < term->term.args.n + (term->term.weight != NULL); i++) {
        SemaTerm *arg = i < term->term.args.n ? term_arg(term, i) : sema_term(term->term.weight);
        mark_term(c, arg);
        rows = rows || arg->by_rows;
        over = over || arg->over_rows;
    }
    rows = rows || ((term->term.over & ~batch) != 0 && !over); /* the steps of each row */
    term->by_rows = rows && (term->term.over & batch) == 0;
    term->over_rows = over;
    term->term.axes &= ~batch;
    if (term->by_rows)
        term->term.axes |= batch;
}

void batch_term(Checker *c, SemaTerm *term)
{
    c->mark++;
    mark_term(c, term);
}

static bool mark_var(Checker *c, SemaVar *var)
{
    const AxisSet before = var->var.axes;
    const bool over = var->reduced_batch;
    Term *const parts[] = {var->var.def, var->var.edge, var->var.init};
    for (int i = 0; i < 3; i++) {
        if (parts[i] == NULL)
            continue;
        batch_term(c, sema_term(parts[i]));
        if (sema_term(parts[i])->by_rows)
            var->var.axes |= AXIS_BIT(AXIS_BATCH);
        var->reduced_batch = var->reduced_batch || sema_term(parts[i])->over_rows;
    }
    const Var *own = &var->var; /* where the last step is, or the first one of a stream, depends on the row */
    if (own->edge != NULL && (own->edge_last || c->model->axes.at[own->edge_axis].carry))
        var->var.axes |= AXIS_BIT(AXIS_BATCH);
    return before != var->var.axes || over != var->reduced_batch;
}

/* Whenever a variable changes, those who read it are looked at again; dependences come first. */
void batch_find(Checker *c)
{
    VEC(SemaVar *) queue = {0};
    for (int i = 0; i < c->components.n; i++) {
        c->components.at[i]->is_queued = true;
        vec_push(c->arena, &queue, c->components.at[i]);
    }
    for (int next = 0; next < queue.n; next++) {
        SemaVar *var = queue.at[next];
        var->is_queued = false;
        if (!mark_var(c, var))
            continue;
        for (int i = 0; i < var->readers.n; i++) {
            SemaVar *reader = var->readers.at[i];
            if (!reader->is_queued)
                vec_push(c->arena, &queue, reader);
            reader->is_queued = true;
        }
    }
}

/* After all checks: a sequence is kept for each row, since it ends where its row ends, whatever it depends on. */
void batch_finish(Checker *c)
{
    for (int i = 0; i < c->model->vars.n; i++) {
        Var *var = c->model->vars.at[i];
        if (var->kind == VAR_EQUATION && (var->axes & ~AXIS_BIT(AXIS_BATCH)) != 0)
            var->axes |= AXIS_BIT(AXIS_BATCH);
    }
}

void needs_target_find(Checker *c)
{
    for (int from = 0, to; from < c->components.n; from = to) {
        bool needs = false;
        for (to = from; to < c->components.n && c->components.at[to]->component == c->components.at[from]->component;
             to++) {
            const SemaVar *var = c->components.at[to];
            needs = needs || var->var.kind == VAR_TARGET;
            for (int k = 0; k < var->deps.n; k++)
                needs = needs || var->deps.at[k].to->var.needs_target;
        }
        for (int i = from; i < to; i++)
            c->components.at[i]->var.needs_target = needs;
    }
}

/* causality.c: the loops (S8). In each strongly connected component: no variable needs itself within one step (E0401),
 * all delays lie on one axis and have one sign (E0402), no end of an axis is read (E0407), nothing runs backwards along
 * a carry axis (E0406). What passes gets its loop_axis and loop_direction. */
#include <stdlib.h>

#include "sema/check.h"

enum { LISTED = 40 }; /* reads of a cycle that are shown; the middle of longer ones is left out */

typedef struct Loop {
    SemaVar **var; /* in source order */
    int n;
    DepList deps; /* inside the component, in source order */
} Loop;

static bool is_before(const Dep *a, const Dep *b)
{
    const Span x = a->read->term.span, y = b->read->term.span;
    return x.file != y.file ? x.file < y.file : x.start < y.start;
}

static int compare_ids(const void *left, const void *right)
{
    const SemaVar *a = *(SemaVar *const *)left, *b = *(SemaVar *const *)right;
    return a->var.id - b->var.id;
}

static Loop loop_of(Checker *c, int from, int to)
{
    Loop loop = {arena_array(c->arena, SemaVar *, to - from), to - from, {0}};
    for (int i = from; i < to; i++)
        loop.var[i - from] = c->components.at[i];
    qsort(loop.var, (size_t)loop.n, sizeof *loop.var, compare_ids);
    for (int i = 0; i < loop.n; i++)
        for (int k = 0; k < loop.var[i]->deps.n; k++)
            if (loop.var[i]->deps.at[k].to->component == loop.var[i]->component)
                vec_push(c->arena, &loop.deps, loop.var[i]->deps.at[k]);
    return loop;
}

/* --- E0401 --------------------------------------------------------------------------------------------------------------- */

static bool is_undelayed(const Dep *dep)
{
    int axis;
    return dep_offset(dep, &axis) == 0;
}

/* The variables that are left when those that need no other within the step are taken away, again and again: none
 * where the loop is sound. Marks them. */
static int peel(Checker *c, const Loop *loop)
{
    int *needs = arena_array(c->arena, int, loop->n), *queue = arena_array(c->arena, int, loop->n);
    int *first = arena_array(c->arena, int, loop->n + 1), *reader = arena_array(c->arena, int, loop->deps.n);
    int done = 0, queued = 0;
    for (int i = 0; i < loop->n; i++)
        loop->var[i]->index = i;
    for (int i = 0; i < loop->deps.n; i++)
        if (is_undelayed(&loop->deps.at[i])) {
            needs[loop->deps.at[i].from->index]++;
            first[loop->deps.at[i].to->index + 1]++;
        }
    for (int i = 0; i < loop->n; i++)
        first[i + 1] += first[i];
    for (int i = 0; i < loop->deps.n; i++)
        if (is_undelayed(&loop->deps.at[i]))
            reader[first[loop->deps.at[i].to->index]++] = loop->deps.at[i].from->index;
    for (int i = 0; i < loop->n; i++)
        if (needs[i] == 0)
            queue[queued++] = i;
    for (; done < queued; done++) /* first[i] now ends the readers of i, and begins after those of i - 1 */
        for (int k = queue[done] == 0 ? 0 : first[queue[done] - 1]; k < first[queue[done]]; k++)
            if (--needs[reader[k]] == 0)
                queue[queued++] = reader[k];
    c->mark++;
    for (int i = 0; i < loop->n; i++)
        if (needs[i] > 0)
            loop->var[i]->mark = c->mark;
    return loop->n - queued;
}

typedef struct Walk { /* breadth first; room for each variable of the loop once */
    SemaVar **queue;
    const Dep **found_by;
    int *from, n;
} Walk;

/* The shortest way from `start` back to itself within one step; the last read first. Empty: none. */
static DepList cycle_from(Checker *c, SemaVar *start, Walk *walk)
{
    DepList cycle = {0};
    const int mark = ++c->mark;
    walk->n = 1;
    walk->queue[0] = start;
    walk->found_by[0] = NULL;
    for (int i = 0; i < walk->n; i++) {
        const SemaVar *var = walk->queue[i];
        for (int k = 0; k < var->deps.n; k++) {
            const Dep *dep = &var->deps.at[k];
            if (dep->to->component != start->component || !is_undelayed(dep))
                continue;
            if (dep->to == start) {
                vec_push(c->arena, &cycle, *dep);
                for (int at = i; walk->found_by[at] != NULL; at = walk->from[at])
                    vec_push(c->arena, &cycle, *walk->found_by[at]);
                return cycle;
            }
            if (dep->to->mark == mark)
                continue;
            dep->to->mark = mark;
            walk->queue[walk->n] = dep->to;
            walk->found_by[walk->n] = dep;
            walk->from[walk->n++] = i;
        }
    }
    return cycle;
}

/* The read moved by a step, shown with the operation around it: "W @ h[t-1]". */
static void offer_delay(Checker *c, DiagMsg *msg, const Loop *loop, const Dep *last)
{
    const Expr *read = last->read->expr;
    if (read->kind != EXPR_INDEX)
        return;
    int axis, direction = -1;
    for (int i = 0; i < loop->deps.n; i++) {
        const int offset = dep_offset(&loop->deps.at[i], &axis);
        const Instance *instance = loop->deps.at[i].read->scope->instance;
        if (offset != 0) {
            direction = offset > 0 ? 1 : -1;
            if (instance != NULL && (instance->flips & AXIS_BIT(axis)) != 0)
                direction = -direction;
            break;
        }
    }
    const Expr *index = NULL;
    for (int i = 0; i < read->items.n && index == NULL; i++) {
        const Expr *item = read->items.at[i];
        const Symbol *symbol = item->kind == EXPR_NAME ? scope_find(last->read->scope, item->name) : NULL;
        if (symbol != NULL && symbol->kind == SYM_AXIS)
            index = item;
    }
    if (index == NULL)
        return;
    const Edit edit = {index->span, offset_text(c, index, index->name, direction)};
    offer(c, msg, offer_group(c), &edit, 1, "one of these reads must be of the step %s, such as %s",
          direction < 0 ? "before" : "after", say_edited(c, read_shown(c, read), &edit, 1));
}

static void say_cycle(Checker *c, const Loop *loop, const DepList *cycle)
{
    const Dep *last = &cycle->at[0];
    DiagMsg *msg = say(c, last->from->scope, E0401, last->read->term.span, "%s depends on itself within one step",
                       say_read(c, last->read));
    for (int i = cycle->n - 1; i >= 0; i--) {
        const Dep *dep = &cycle->at[i];
        if (cycle->n > LISTED && i == cycle->n - LISTED / 2) {
            diag_note_more(c->diag, msg, NO_SPAN, "... %d more reads", cycle->n - LISTED);
            i = LISTED / 2;
        } else if (i == cycle->n - 1)
            diag_note(c->diag, msg, dep->read->term.span, "%s", dep_text(c, dep));
        else
            diag_note_more(c->diag, msg, dep->read->term.span, "%s", dep_text(c, dep));
    }
    offer_delay(c, msg, loop, last);
}

static bool check_steps(Checker *c, const Loop *loop)
{
    if (peel(c, loop) == 0)
        return true;
    const int left = c->mark;
    VEC(SemaVar *) suspects = {0};
    for (int i = 0; i < loop->n; i++)
        if (loop->var[i]->mark == left)
            vec_push(c->arena, &suspects, loop->var[i]);
    Walk walk = {arena_array(c->arena, SemaVar *, loop->n + 1), arena_array(c->arena, const Dep *, loop->n + 1),
                 arena_array(c->arena, int, loop->n + 1), 0};
    for (int i = 0; i < suspects.n; i++) {
        const DepList cycle = cycle_from(c, suspects.at[i], &walk);
        if (cycle.n == 0)
            continue;
        say_cycle(c, loop, &cycle);
        break;
    }
    return false;
}

/* --- the other rules ------------------------------------------------------------------------------------------------------ */

static bool check_ends(Checker *c, const Loop *loop)
{
    for (int i = 0; i < loop->deps.n; i++) {
        const Dep *dep = &loop->deps.at[i];
        for (int k = 0; k < dep->read->term.reads.n; k++) {
            if (dep->read->term.reads.at[k].place == READ_OFFSET)
                continue;
            DiagMsg *msg = say(c, dep->read->scope, E0407, dep->read->term.span,
                               "%s cannot be read inside its own loop", say_read(c, dep->read));
            diag_note(c->diag, msg, dep->read->term.span, "%s", dep_text(c, dep));
            return false;
        }
    }
    return true;
}

/* The first read in source order with a delay that passes: along `axis` (not along it when `other`), of this sign. */
static const Dep *first_delay(const Loop *loop, int axis, bool other, int sign)
{
    const Dep *found = NULL;
    for (int i = 0; i < loop->deps.n; i++) {
        const Dep *dep = &loop->deps.at[i];
        for (int k = 0; k < dep->read->term.reads.n; k++) {
            const AxisRead *r = &dep->read->term.reads.at[k];
            if (r->place != READ_OFFSET || r->offset == 0 || (dep->read->reduced & AXIS_BIT(r->axis)) != 0)
                continue;
            const bool fits = (axis < 0 || (r->axis == axis) != other) && (sign == 0 || (r->offset > 0) == (sign > 0));
            if (fits && (found == NULL || is_before(dep, found)))
                found = dep;
        }
    }
    return found;
}

static const char *free_name(const Scope *scope, const char *name, const char *other)
{
    for (; scope != NULL; scope = scope->outer)
        for (int i = 0; i < scope->names.all.n; i++) {
            const char *at = scope->names.all.at[i]->name;
            if (at[0] == name[0] && at[1] == '\0')
                return other;
        }
    return name;
}

static bool check_both_ways(Checker *c, const Loop *loop)
{
    const Dep *ahead = first_delay(loop, -1, false, -1), *back = first_delay(loop, -1, false, 1);
    if (ahead == NULL || back == NULL)
        return true;
    const SemaVar *var = back->from;
    DiagMsg *msg =
        say(c, back->read->scope, E0402, back->read->term.span, "the recurrence of %s runs both ways: %s and %s",
            var->name, say_read(c, ahead->read), say_read(c, back->read));
    diag_note(c->diag, msg, ahead->read->term.span, "the forward read");
    const char *f = free_name(var->scope, "f", "fw"), *r = free_name(var->scope, "r", "bw");
    int axis = -1;
    dep_offset(back, &axis);
    const char *t = axis_local(c, var->scope, axis);
    diag_hint(c->diag, msg, "use two states, %s[%s] and %s[%s], and join them: [%s[%s]; %s[%s]]", f, t, r, t, f, t, r,
              t);
    return false;
}

static bool check_one_axis(Checker *c, const Loop *loop, int axis)
{
    const Dep *one = first_delay(loop, axis, false, 0), *two = first_delay(loop, axis, true, 0);
    if (two == NULL)
        return true;
    const Dep *later = is_before(one, two) ? two : one;
    DiagMsg *msg =
        say(c, later->read->scope, E0402, later->read->term.span,
            one->read == two->read ? "the recurrence of %s runs over two axes at once: %s"
                                   : "the recurrence of %s runs over two axes: %s and %s",
            later->from->name, say_read(c, is_before(one, two) ? one->read : two->read), say_read(c, later->read));
    diag_note(c->diag, msg, later == two ? one->read->term.span : two->read->term.span, "the other read");
    return false;
}

static bool check_carry(Checker *c, const Loop *loop, int axis)
{
    const ModelAxis *info = &c->model->axes.at[axis];
    const Dep *dep = first_delay(loop, axis, false, 1);
    if (!info->carry || dep == NULL)
        return true;
    DiagMsg *msg = say(c, dep->read->scope, E0406, dep->read->term.span,
                       "%s is a carry axis, but %s runs backwards along it", info->name, dep->to->name);
    diag_note(c->diag, msg, info->span, "a window of an unbounded stream has no end to start from");
    const Expr *read = dep->read->expr;
    const char *before = NULL;
    for (int i = 0; read->kind == EXPR_INDEX && i < read->items.n && before == NULL; i++) {
        const char *name = axis_local(c, dep->read->scope, axis);
        const Instance *instance = dep->read->scope->instance;
        const bool flipped = instance != NULL && (instance->flips & AXIS_BIT(axis)) != 0;
        int offset = 0;
        for (int k = 0; k < dep->read->term.reads.n; k++)
            offset = dep->read->term.reads.at[k].axis == axis ? dep->read->term.reads.at[k].offset : offset;
        const char *text = offset_text(c, read->items.at[i], name, -2 * offset);
        const Edit edit = {read->items.at[i]->span, text};
        if (text != NULL && !flipped)
            before = say_edited(c, read->span, &edit, 1);
    }
    if (before != NULL)
        diag_hint(c->diag, msg, "drop 'carry' (each window is then a whole sequence), or use %s", before);
    else
        diag_hint(c->diag, msg, "drop 'carry': each window is then a whole sequence");
    return false;
}

static bool reads_all(const Dep *dep, int axis)
{
    return (dep->read->reduced & AXIS_BIT(axis)) != 0;
}

static bool check_loop(Checker *c, const Loop *loop)
{
    if (!check_ends(c, loop) || !check_steps(c, loop) || !check_both_ways(c, loop))
        return false;
    int axis = -1;
    const Dep *delayed = first_delay(loop, -1, false, 0);
    const int offset = delayed == NULL ? 0 : dep_offset(delayed, &axis);
    if (offset == 0 || !check_one_axis(c, loop, axis))
        return false;
    for (int i = 0; i < loop->deps.n; i++) /* a sum over all steps of what it feeds */
        if (reads_all(&loop->deps.at[i], axis)) {
            const Dep *dep = &loop->deps.at[i];
            DiagMsg *msg = say(c, dep->read->scope, E0401, dep->read->term.span,
                               "%s of all steps is needed for one of them", say_read(c, dep->read));
            diag_note(c->diag, msg, dep->read->term.span, "%s", dep_text(c, dep));
            return false;
        }
    if (!check_carry(c, loop, axis))
        return false;
    for (int i = 0; i < loop->n; i++) {
        loop->var[i]->var.loop_axis = axis;
        loop->var[i]->var.loop_direction = offset < 0 ? 1 : -1;
    }
    return true;
}

void causality_check(Checker *c)
{
    for (int from = 0, to; from < c->components.n; from = to) {
        for (to = from + 1;
             to < c->components.n && c->components.at[to]->component == c->components.at[from]->component;)
            to++;
        if (!c->components.at[from]->on_cycle)
            continue;
        const Loop loop = loop_of(c, from, to);
        check_loop(c, &loop);
    }
}

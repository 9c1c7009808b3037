/* depend.c: who reads whom, and how far away. A read lies on a cycle exactly when its two variables do (a definition is
 * a tree whose root every subexpression feeds), so strongly connected components of variables with reads as edges say
 * the same as those of subexpressions. */
#include "sema/check.h"

static void walk(Checker *c, SemaTerm *term, TermVisit *visit, void *data)
{
    if (term->mark == c->mark)
        return;
    term->mark = c->mark;
    if (!visit(c, term, data))
        return;
    for (int i = 0; i < term->term.args.n; i++)
        walk(c, term_arg(term, i), visit, data);
    if (term->term.weight != NULL)
        walk(c, sema_term(term->term.weight), visit, data);
}

void term_walk(Checker *c, Term *term, TermVisit *visit, void *data)
{
    c->mark++;
    if (term != NULL)
        walk(c, sema_term(term), visit, data);
}

typedef struct Collect {
    SemaVar *from;
    DepRole role;
    DepList *out;
} Collect;

static bool collect(Checker *c, SemaTerm *term, void *data)
{
    const Collect *to = data;
    if (term->term.kind != TERM_READ)
        return true;
    const VarKind kind = term->term.var->kind;
    if (kind != VAR_PARAM && kind != VAR_CONTROL)
        vec_push(c->arena, to->out, (Dep){to->from, sema_var(term->term.var), term, to->role});
    return false;
}

void depend_of(Checker *c, SemaVar *from, Term *term, DepRole role, DepList *out)
{
    Collect to = {from, role, out};
    term_walk(c, term, collect, &to);
}

void depend_collect(Checker *c)
{
    for (int i = 0; i < c->model->vars.n; i++) {
        SemaVar *var = sema_var(c->model->vars.at[i]);
        DepList deps = {0};
        depend_of(c, var, var->var.def, DEP_DEF, &deps);
        depend_of(c, var, var->var.edge, DEP_EDGE, &deps);
        depend_of(c, var, var->var.init, DEP_INIT, &deps);
        for (int k = 0; k < deps.n; k++) {
            vec_push(c->arena, &var->deps, deps.at[k]);
            vec_push(c->arena, &deps.at[k].to->readers, var);
        }
    }
}

/* A delay counts only along an axis that no reduction around the read runs over. */
int dep_offset(const Dep *dep, int *axis)
{
    for (int i = 0; i < dep->read->term.reads.n; i++) {
        const AxisRead *read = &dep->read->term.reads.at[i];
        if (read->place != READ_OFFSET || read->offset == 0 || (dep->read->reduced & AXIS_BIT(read->axis)) != 0)
            continue;
        *axis = read->axis;
        return read->offset;
    }
    return 0;
}

const char *dep_text(Checker *c, const Dep *dep)
{
    const char *read = say_read(c, dep->read);
    if (dep->role == DEP_INIT)
        return arena_printf(c->arena, "init %s needs %s", dep->from->name, read);
    const char *left = dep->role == DEP_EDGE ? say_text(c, dep->from->edge_span) : dep->from->left;
    return arena_printf(c->arena, "%s needs %s", left, read);
}

/* Tarjan's algorithm with its own stack: dependences come out before what depends on them. */
typedef struct Frame {
    SemaVar *var;
    int next;
} Frame;
typedef struct Tarjan {
    VEC(Frame) frames;
    VEC(SemaVar *) stack;
    int visited;
} Tarjan;

static void enter(Checker *c, Tarjan *t, SemaVar *var)
{
    var->index = var->low = ++t->visited;
    var->on_stack = true;
    vec_push(c->arena, &t->stack, var);
    vec_push(c->arena, &t->frames, (Frame){var, 0});
}

static void leave(Checker *c, Tarjan *t, SemaVar *var)
{
    if (var->low != var->index)
        return;
    int size = 0;
    SemaVar *member;
    do {
        member = t->stack.at[--t->stack.n];
        member->on_stack = false;
        member->component = c->components_count;
        vec_push(c->arena, &c->components, member);
        size++;
    } while (member != var);
    for (int i = c->components.n - size; i < c->components.n; i++) {
        member = c->components.at[i];
        member->on_cycle = size > 1;
        for (int k = 0; k < member->deps.n; k++)
            member->on_cycle = member->on_cycle || member->deps.at[k].to == member;
    }
    c->components_count++;
}

static void visit_from(Checker *c, Tarjan *t, SemaVar *root)
{
    enter(c, t, root);
    while (t->frames.n > 0) {
        Frame *frame = &vec_last(&t->frames);
        SemaVar *var = frame->var;
        if (frame->next < var->deps.n) {
            SemaVar *to = var->deps.at[frame->next++].to;
            if (to->index == 0)
                enter(c, t, to);
            else if (to->on_stack && to->index < var->low)
                var->low = to->index;
            continue;
        }
        t->frames.n--;
        if (t->frames.n > 0 && var->low < vec_last(&t->frames).var->low)
            vec_last(&t->frames).var->low = var->low;
        leave(c, t, var);
    }
}

void components_find(Checker *c)
{
    Tarjan t = {0};
    for (int i = 0; i < c->model->vars.n; i++)
        if (sema_var(c->model->vars.at[i])->index == 0)
            visit_from(c, &t, sema_var(c->model->vars.at[i]));
}

/* types.c: what is declared is known; everything else is inferred by a fixpoint over the equations (S4), in which an
 * unknown operand beside a vector is taken to be like it. Then every term is typed once more with all variables known,
 * and now each clash is reported, once, where it arises. */
#include <stdlib.h>

#include "sema/check.h"

SemaTerm *term_arg(const SemaTerm *term, int i)
{
    return i < term->term.args.n ? sema_term(term->term.args.at[i]) : NULL;
}

bool type_fail(SemaTerm *term)
{
    term->state = TYPE_ERROR;
    return false;
}

void set_real(SemaTerm *term, Shape shape, ValueKind value)
{
    term->state = TYPE_KNOWN;
    term->term.type = (Type){.kind = TYPE_REAL, .value = value, .shape = shape};
}

void set_token(SemaTerm *term, Dim vocab)
{
    term->state = TYPE_KNOWN;
    term->term.type = (Type){.kind = TYPE_TOKEN, .value = VALUE_PLAIN, .vocab = vocab};
}

static void type_read(SemaTerm *term)
{
    const SemaVar *var = sema_var(term->term.var);
    term->state = var->state;
    term->term.type = var->var.type;
}

static bool type_equal(Type a, Type b)
{
    if (a.kind != b.kind)
        return false;
    return a.kind == TYPE_TOKEN ? dim_equal(a.vocab, b.vocab) : shape_equal(a.shape, b.shape);
}

/* An argument of an application: while inferring it has the type of its port. */
static void type_port(Checker *c, SemaTerm *term)
{
    const Type type = term->port->type;
    if (!c->reporting) {
        term->state = TYPE_KNOWN;
        term->term.type = type;
        return;
    }
    if (term->state == TYPE_KNOWN && type.kind == TYPE_TOKEN && term->term.kind == TERM_NUMBER) {
        term->term.kind = TERM_TOKEN;
        term->term.type = type;
        if (term->number.whole && term->term.number >= 0 && term->term.number < (double)type.vocab.value)
            return;
    }
    if (term->state == TYPE_KNOWN &&
        (!type_equal(term->term.type, type) || (type.value == VALUE_DIST && term->term.type.value != VALUE_DIST)))
        clash_port(c, term);
}

/* Computes the type of a term and of what it is made of: once a round. */
void type_term(Checker *c, SemaTerm *term)
{
    if (term->mark == c->mark || (!c->reporting && term->state != TYPE_UNKNOWN))
        return;
    term->mark = c->mark;
    term->state = term->broken ? TYPE_ERROR : TYPE_UNKNOWN;
    bool literal = term->term.args.n > 0;
    for (int i = 0; i < term->term.args.n; i++) {
        type_term(c, term_arg(term, i));
        literal = literal && term_arg(term, i)->literal;
    }
    term->literal = term->literal || literal;
    if (term->term.weight != NULL)
        type_term(c, sema_term(term->term.weight));
    if (term->state == TYPE_ERROR)
        return;
    switch (term->term.kind) {
    case TERM_NUMBER:
        set_real(term, (Shape){.rank = 0}, VALUE_PLAIN);
        break;
    case TERM_TOKEN:
        term->state = TYPE_KNOWN;
        break;
    case TERM_READ:
        type_read(term);
        break;
    case TERM_CALL:
        rule_call(c, term);
        break;
    }
    if (term->port != NULL)
        type_port(c, term);
}

/* --- inference ------------------------------------------------------------------------------------------------------- */

static bool infer_from(Checker *c, SemaVar *var, Term *term, bool *failed)
{
    if (term == NULL || var->state != TYPE_UNKNOWN)
        return false;
    SemaTerm *t = sema_term(term);
    type_term(c, t);
    *failed = *failed || t->state == TYPE_ERROR;
    if (t->state != TYPE_KNOWN || (t->literal && term != var->var.def))
        return false;
    var->var.type = t->term.type;
    var->state = TYPE_KNOWN;
    return true;
}

static bool infer_var(Checker *c, SemaVar *var)
{
    if (var->state != TYPE_UNKNOWN)
        return false;
    bool failed = var->var.def == NULL;
    if (infer_from(c, var, var->var.def, &failed) || infer_from(c, var, var->var.edge, &failed) ||
        infer_from(c, var, var->var.init, &failed))
        return true;
    if (failed)
        var->state = TYPE_ERROR;
    return failed;
}

typedef struct Queue { /* of variables whose type may follow now */
    VEC(SemaVar *) list;
    int next;
} Queue;

static void enqueue(Checker *c, Queue *queue, SemaVar *var)
{
    if (var->state != TYPE_UNKNOWN || var->is_queued)
        return;
    var->is_queued = true;
    vec_push(c->arena, &queue->list, var);
}

/* Whenever a type is found, those who read it are looked at again. Dependences stand first in `components`. */
static void infer_all(Checker *c)
{
    Queue queue = {.next = 0};
    for (int i = 0; i < c->components.n; i++)
        enqueue(c, &queue, c->components.at[i]);
    while (queue.next < queue.list.n) {
        SemaVar *var = queue.list.at[queue.next++];
        var->is_queued = false;
        c->mark++;
        if (!infer_var(c, var))
            continue;
        for (int i = 0; i < var->readers.n; i++)
            enqueue(c, &queue, var->readers.at[i]);
    }
}

/* s[t] = 0.9 * s[t-1] + loss[t]: nothing says that s is a vector, and a scalar is added. */
static bool infer_scalar(Checker *c)
{
    bool found = false;
    c->guess = true;
    for (int i = 0; i < c->model->vars.n && !found; i++) {
        c->mark++;
        SemaVar *var = sema_var(c->model->vars.at[i]);
        found = infer_var(c, var);
    }
    c->guess = false;
    return found;
}

static SemaVar *first_unknown(Checker *c)
{
    for (int i = 0; i < c->model->vars.n; i++)
        if (sema_var(c->model->vars.at[i])->state == TYPE_UNKNOWN)
            return sema_var(c->model->vars.at[i]);
    return NULL;
}

static void infer_shapes(Checker *c)
{
    for (int i = 0; i < c->model->vars.n; i++) {
        SemaVar *var = sema_var(c->model->vars.at[i]);
        if (var->state == TYPE_UNKNOWN && var->declared.n > 0) {
            var->state = TYPE_KNOWN;
            var->var.type = var->declared.at[0].type;
        }
    }
    infer_all(c);
    SemaVar *var;
    while ((var = first_unknown(c)) != NULL) {
        if (!infer_scalar(c)) {
            DiagMsg *msg =
                say(c, var->scope, E0307, var->name_span, "the shape of %s depends only on itself", var->left);
            diag_hint(c->diag, msg, "say what it is: %s : [...] = ..., or %s : real = ... for a scalar", var->left,
                      var->left);
            var->state = TYPE_ERROR;
        }
        infer_all(c);
    }
}

/* --- scores or probabilities (S5) -------------------------------------------------------------------------------------- */

static ValueKind value_of(const Term *term)
{
    while (term->kind == TERM_CALL && term->function == FN_stopgrad)
        term = term->args.at[0];
    if (term->kind == TERM_READ)
        return term->var->type.value;
    if (term->kind != TERM_CALL || term->over != 0)
        return VALUE_PLAIN;
    return term->function == FN_softmax ? VALUE_DIST : term->function == FN_log_softmax ? VALUE_LOGDIST : VALUE_PLAIN;
}

static void infer_values(Checker *c)
{
    bool changed = true;
    for (int round = 0; changed && round < MAX_VARS; round++) {
        changed = false;
        for (int i = 0; i < c->model->vars.n; i++) {
            Var *var = c->model->vars.at[i];
            if (var->kind != VAR_EQUATION || var->def == NULL || sema_var(var)->state != TYPE_KNOWN)
                continue;
            ValueKind value = value_of(var->def);
            if (var->edge != NULL && value_of(var->edge) != value)
                value = VALUE_PLAIN;
            changed = changed || value != var->type.value;
            var->type.value = value;
        }
    }
}

/* --- the second round ---------------------------------------------------------------------------------------------------- */

/* False when a value of the variable is not what the variable is; reported. */
static bool check_against(Checker *c, const SemaVar *var, Term **slot, const char *what)
{
    if (*slot == NULL)
        return true;
    type_term(c, sema_term(*slot));
    if (var->var.type.kind == TYPE_TOKEN && var->state == TYPE_KNOWN && (*slot)->kind == TERM_NUMBER)
        return type_token(c, slot, var->var.type.vocab, var);
    const SemaTerm *term = sema_term(*slot);
    if (term->state == TYPE_ERROR)
        return false;
    if (var->state != TYPE_KNOWN || type_equal(term->term.type, var->var.type))
        return true;
    Scope *scope = var->scope;
    DiagMsg *msg = say(c, scope, E0303, term->expr->span, "%s is %s, but %s is %s", what,
                       say_type(c, scope, term->term.type), var->name, say_type(c, scope, var->var.type));
    const Span declared = var->declared.n > 0 ? var->declared.at[0].span : var->name_span;
    diag_note(c->diag, msg, declared, var->declared.n > 0 ? "%s declared here" : "%s defined here", var->name);
    return false;
}

static void check_declared(Checker *c, const SemaVar *var)
{
    for (int i = 1; i < var->declared.n; i++)
        if (!type_equal(var->declared.at[i].type, var->var.type)) {
            DiagMsg *msg = say(c, var->declared.at[0].scope, E0303, var->declared.at[0].span,
                               "%s is declared %s, but what defines it gives %s", var->name,
                               say_type(c, NULL, var->var.type), say_type(c, NULL, var->declared.at[i].type));
            diag_note(c->diag, msg, var->declared.at[i].span, "declared here");
        }
    for (int i = 0; i < var->declared.n; i++)
        if (var->declared.at[i].type.value == VALUE_DIST && var->var.type.value != VALUE_DIST)
            say(c, var->declared.at[i].scope, E0304, var->declared.at[i].span,
                "%s is declared a dist, but it is not the result of softmax", var->name);
}

/* A variable whose own equation is in error has no shape that others could clash with. */
static void check_var(Checker *c, SemaVar *var)
{
    bool ok = true;
    if (var->var.kind == VAR_EQUATION) {
        ok = check_against(c, var, &var->var.def, "the right side") && ok;
        ok = check_against(c, var, &var->var.edge, "this step") && ok;
    }
    check_against(c, var, &var->var.init, "the start value");
    if (var->state == TYPE_KNOWN)
        check_declared(c, var);
    if (!ok)
        var->state = TYPE_ERROR;
}

static int compare_ids(const void *left, const void *right)
{
    const SemaVar *a = *(SemaVar *const *)left, *b = *(SemaVar *const *)right;
    return a->var.id - b->var.id;
}

/* In order of dependence, so that a clash is reported at its cause; inside a loop in source order. */
static void check_all(Checker *c)
{
    SemaVar **order = arena_array(c->arena, SemaVar *, c->components.n);
    for (int from = 0, to; from < c->components.n; from = to) {
        for (to = from; to < c->components.n && c->components.at[to]->component == c->components.at[from]->component;
             to++)
            order[to] = c->components.at[to];
        qsort(order + from, (size_t)(to - from), sizeof *order, compare_ids);
        for (int i = from; i < to; i++)
            check_var(c, order[i]);
    }
}

/* The equation clashed with itself before its variable had a shape, and without one the clash cannot be shown. */
static void report_contradictions(Checker *c)
{
    /* in the trial of a cell that nothing applies other dims could be right */
    for (int i = 0; c->scrap == NULL && i < c->model->vars.n && diag_errors(c->diag) == 0; i++) {
        const SemaVar *var = sema_var(c->model->vars.at[i]);
        if (var->state != TYPE_ERROR)
            continue;
        DiagMsg *msg = say(c, var->scope, E0307, var->name_span,
                           "the equation of %s gives it no shape: its parts do not fit", var->left);
        diag_hint(c->diag, msg, "say what it should be: %s : [...] = ...; the message then names the part", var->left);
    }
}

void types_infer(Checker *c)
{
    infer_shapes(c);
    infer_values(c);
    c->reporting = true;
    c->mark++;
    check_all(c);
    for (int i = 0; i < c->arguments.n; i++)
        type_term(c, c->arguments.at[i]);
    report_contradictions(c);
}

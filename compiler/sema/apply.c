/* apply.c: one application of a layer: a copy of the cell's equations in a scope of its own. The index of the first
 * output is the running axis; it becomes the axis of the equation around. Ports over another axis take a sequence by
 * its bare name. What the arguments vary over beside the running axis, every variable of the copy varies over too. */
#include "sema/check.h"

static const Expr *application(const Expr *expr, bool *reversed)
{
    expr = expr_strip(expr);
    *reversed = expr->kind == EXPR_UNARY && expr->op == EXPR_REVERSE;
    return *reversed ? expr_strip(expr->items.at[0]) : expr;
}

bool is_application(const Scope *scope, const Expr *expr)
{
    bool reversed;
    expr = application(expr, &reversed);
    if (expr->kind != EXPR_CALL)
        return false;
    const Expr *name = expr->base->kind == EXPR_INDEX ? expr->base->base : expr->base;
    const Symbol *symbol = name->kind == EXPR_NAME ? scope_find(scope, name->name) : NULL;
    return symbol != NULL && symbol->kind == SYM_LAYER;
}

/* --- axes ---------------------------------------------------------------------------------------------------------- */

typedef struct Head { /* the axes in the head of a cell, by name, and what they are here */
    const char *name[MAX_AXES];
    int axis[MAX_AXES]; /* -1: not known yet */
    int n;
    int running; /* index, or -1 */
} Head;

static int head_axis(Head *head, const char *name)
{
    for (int i = 0; i < head->n; i++)
        if (head->name[i] == name)
            return i;
    return -1;
}

static bool add_names(Checker *c, Scope *scope, Head *head, const PortList *ports)
{
    for (int i = 0; i < ports->n; i++)
        for (int k = 0; k < ports->at[i].name.index.n; k++) {
            const Expr *index = ports->at[i].name.index.at[k];
            if (index->kind != EXPR_NAME) {
                say(c, scope, E0404, index->span, "in the head of a cell an index is the name of an axis");
                return false;
            }
            if (head_axis(head, index->name) >= 0)
                continue;
            if (head->n == MAX_AXES)
                return limit_hit(c, scope, index->span, "too many axes", MAX_AXES);
            head->axis[head->n] = -1;
            head->name[head->n++] = index->name;
        }
    return true;
}

static int count_bits(AxisSet set)
{
    int count = 0;
    for (; set != 0; set &= set - 1)
        count++;
    return count;
}

static int lowest_axis(AxisSet set)
{
    int axis = 0;
    while ((set >> axis & 1u) == 0)
        axis++;
    return axis;
}

/* The axis along which the cell runs here: the only one bound, else the only one its arguments vary over, else the one
 * the cell calls by the same name. */
static int running_axis(Checker *c, const Expr *expr, Here here, const Stmt *cell, const char *name, AxisSet varies)
{
    AxisSet candidates = here.bound;
    if (count_bits(candidates) > 1 && (candidates & varies) != 0)
        candidates &= varies;
    if (count_bits(candidates) == 1)
        return lowest_axis(candidates);
    const Symbol *same = scope_find(here.scope, name);
    if (same != NULL && same->kind == SYM_AXIS && (candidates >> same->axis & 1u) != 0)
        return same->axis;
    DiagMsg *msg = say(c, here.scope, E0412, expr_head(expr),
                       candidates == 0 ? "%s runs over an axis, but none is bound here" : "%s could run over %s",
                       cell->id, axes_text(c, here.scope, candidates));
    diag_note(c->diag, msg, cell->id_span, "%s", cell_head(c, cell));
    if (candidates == 0)
        diag_hint(c->diag, msg, "give the application an equation of its own: y[t] = ...");
    else
        diag_hint(c->diag, msg, "give it an equation over one axis, or call the cell's axis by the name that is meant");
    return -1;
}

/* --- ports --------------------------------------------------------------------------------------------------------- */

typedef struct Argument {
    const Expr *expr;
    SemaTerm *value; /* running ports and ports without axes */
    SemaVar *sequence;
    const CellPort *outer; /* the sequence is a port of the cell around */
} Argument;

typedef struct Application {
    Checker *c;
    const Expr *expr;
    Here here;
    Layer *layer;
    const Stmt *cell;
    Instance *instance;
    Head head;
    Argument arg[64];
} Application;

static bool is_running_port(const Application *a, int i)
{
    const Name *name = &a->cell->ports.at[i].name;
    return name->index.n == 1 && a->head.running >= 0 && name->index.at[0]->name == a->head.name[a->head.running];
}

static DiagMsg *say_port(Application *a, Span span, const char *message)
{
    DiagMsg *msg = say(a->c, a->here.scope, E0308, span, "%s", message);
    diag_note(a->c->diag, msg, a->cell->id_span, "%s", cell_head(a->c, a->cell));
    return msg;
}

static bool take_arguments(Application *a)
{
    Checker *c = a->c;
    if (a->expr->args.n != a->cell->ports.n || a->cell->ports.n > 64) {
        DiagMsg *msg = say(c, a->here.scope, E0312, a->expr->base->span, "%s takes %d input%s, %d given", a->cell->id,
                           a->cell->ports.n, a->cell->ports.n == 1 ? "" : "s", a->expr->args.n);
        diag_note(c->diag, msg, a->cell->id_span, "%s", cell_head(c, a->cell));
        return false;
    }
    for (int i = 0; i < a->expr->args.n; i++) {
        Argument *arg = &a->arg[i];
        const Arg *given = &a->expr->args.at[i];
        arg->expr = given->value;
        if (given->name != NULL) {
            say(c, a->here.scope, E0312, given->name_span, "the inputs of a layer are given by position");
            return false;
        }
        if (a->cell->ports.at[i].name.index.n == 0 || is_running_port(a, i)) {
            Here here = a->here;
            here.reduced = 0;
            arg->value = term_make(c, given->value, here);
        } else {
            arg->sequence = bare_sequence(c, a->here, given->value, &arg->outer);
            if (arg->sequence == NULL)
                return false;
        }
    }
    return true;
}

/* Binds the axes of a port to those of the sequence it is given. */
static bool bind_sequence(Application *a, int i)
{
    const Name *name = &a->cell->ports.at[i].name;
    const Argument *arg = &a->arg[i];
    const int count = arg->outer != NULL ? arg->outer->axes.n : arg->sequence->var.axis_order.n;
    const int *axes = arg->outer != NULL ? arg->outer->axes.at : arg->sequence->var.axis_order.at;
    if (count < name->index.n) {
        say_port(a, arg->expr->span,
                 arena_printf(a->c->arena, "%s expects a sequence over %d axes for %s", a->cell->id, name->index.n,
                              name->id));
        return false;
    }
    for (int k = 0; k < name->index.n; k++) {
        int *axis = &a->head.axis[head_axis(&a->head, name->index.at[k]->name)];
        if (*axis >= 0 && *axis != axes[k]) {
            say_port(a, arg->expr->span,
                     arena_printf(a->c->arena, "%s is %s here, but %s runs over %s", name->index.at[k]->name,
                                  axis_local(a->c, a->here.scope, *axis), say_text(a->c, arg->expr->span),
                                  axis_local(a->c, a->here.scope, axes[k])));
            return false;
        }
        *axis = axes[k];
    }
    return true;
}

static bool bind_axes(Application *a)
{
    Checker *c = a->c;
    AxisSet varies = 0;
    for (int i = 0; i < a->cell->ports.n; i++)
        if (is_running_port(a, i))
            varies |= a->arg[i].value->term.axes & ~AXIS_BIT(AXIS_BATCH);
    if (a->head.running >= 0) {
        const int axis = running_axis(c, a->expr, a->here, a->cell, a->head.name[a->head.running], varies);
        if (axis < 0)
            return false;
        a->head.axis[a->head.running] = axis;
    }
    a->instance->running = a->head.running < 0 ? -1 : a->head.axis[a->head.running];
    for (int i = 0; i < a->cell->ports.n; i++)
        if (a->arg[i].sequence != NULL && !bind_sequence(a, i))
            return false;
    for (int k = 0; k < a->head.n; k++)
        if (a->head.axis[k] < 0) {
            DiagMsg *msg = say(c, a->here.scope, E0412, a->expr->base->span, "no input of %s says what %s is",
                               a->cell->id, a->head.name[k]);
            diag_note(c->diag, msg, a->cell->id_span, "%s", cell_head(c, a->cell));
            return false;
        }
    const Instance *around = a->here.scope->instance;
    AxisSet extra = a->head.running < 0 ? 0 : varies & ~AXIS_BIT(a->instance->running);
    for (int i = 0; around != NULL && i < around->extra.n; i++)
        if (around->extra.at[i] != a->instance->running)
            extra |= AXIS_BIT(around->extra.at[i]);
    for (int k = 0; k < a->head.n; k++)
        if ((extra & AXIS_BIT(a->head.axis[k])) != 0) {
            say_port(a, a->expr->base->span,
                     arena_printf(c->arena, "an input varies over %s, which the cell uses too",
                                  axis_local(c, a->here.scope, a->head.axis[k])));
            return false;
        }
    for (int axis = 1; axis < c->model->axes.n; axis++)
        if ((extra & AXIS_BIT(axis)) != 0)
            vec_push(c->arena, &a->instance->extra, axis);
    return true;
}

static void check_later(Application *a, CellPort *port, const SemaTerm *value, const Expr *at)
{
    SemaTerm *copy = arena_make(a->c->arena, SemaTerm);
    *copy = *value;
    copy->port = port;
    copy->port_at = at->span;
    if (copy->term.kind == TERM_READ && copy->term.reads.n == 0)
        copy->expr = value->expr;
    port->arg = copy;
    vec_push(a->c->arena, &a->c->arguments, copy);
}

static bool port_add(Application *a, int i)
{
    Checker *c = a->c;
    const Argument *arg = &a->arg[i];
    const Name *name = &a->cell->ports.at[i].name;
    Symbol *symbol = scope_define(c, a->instance->scope, SYM_PORT, name->id, name->id_span, "an input");
    CellPort *port = arena_make(c->arena, CellPort);
    if (symbol == NULL || !type_from(c, a->layer->scope, a->cell->ports.at[i].type, &port->type))
        return false;
    symbol->port = port;
    port->name = name->id;
    port->span = name->id_span;
    port->scope = a->instance->scope;
    port->sequence = arg->sequence;
    for (int k = 0; k < name->index.n; k++)
        vec_push(c->arena, &port->axes, a->head.axis[head_axis(&a->head, name->index.at[k]->name)]);
    if (arg->sequence != NULL) {
        check_later(a, port, term_plain_read(c, arg->expr, a->here, arg->sequence), arg->expr);
        return true;
    }
    if (name->index.n == 0 && (arg->value->term.axes & ~AXIS_BIT(AXIS_BATCH)) != 0) {
        say_port(a, arg->expr->span,
                 arena_printf(c->arena, "%s expects a value without axes for %s", a->cell->id, name->id));
        return false;
    }
    check_later(a, port, arg->value, arg->expr);
    return true;
}

/* The variable that stands for a port where the cell reads other steps of it than the one at hand. */
SemaVar *port_var(Checker *c, CellPort *port)
{
    if (port->var != NULL)
        return port->var;
    const Instance *instance = port->scope->instance;
    SemaVar *var = var_new(c, port->scope, VAR_EQUATION, port->name, port->span);
    var->var.path = arena_printf(c->arena, "%s%s", port->scope->prefix, port->name);
    var->var.equation = port->arg->term.span;
    var->has_def = true;
    for (int i = 0; i < port->axes.n; i++)
        vec_push(c->arena, &var->var.axis_order, port->axes.at[i]);
    for (int i = 0; i < instance->extra.n; i++)
        vec_push(c->arena, &var->var.axis_order, instance->extra.at[i]);
    for (int i = 0; i < var->var.axis_order.n; i++)
        var->var.axes |= AXIS_BIT(var->var.axis_order.at[i]);
    var->var.def = &port->arg->term;
    var->left = port->axes.n == 0
                    ? port->name
                    : arena_printf(c->arena, "%s[%s]", port->name, axis_local(c, port->scope, port->axes.at[0]));
    const Declared declared = {port->type, port->span, port->scope};
    vec_push(c->arena, &var->declared, declared);
    port->var = var;
    return var;
}

/* --- outputs ------------------------------------------------------------------------------------------------------- */

/* Can the variable that the application defines be the cell's output itself? */
static bool is_same(const SemaVar *target, const int *axes, int count)
{
    if (target == NULL || target->has_edge || target->state == TYPE_ERROR || target->var.axis_order.n != count)
        return false;
    for (int i = 0; i < count; i++)
        if (target->var.axis_order.at[i] != axes[i])
            return false;
    return true;
}

static bool output_add(Application *a, int i, SemaVar *target)
{
    Checker *c = a->c;
    const Name *name = &a->cell->results.at[i].name;
    Scope *scope = a->instance->scope;
    Symbol *symbol = scope_define(c, scope, SYM_VAR, name->id, name->id_span, "an output");
    Declared declared = {.span = a->cell->results.at[i].type->span, .scope = scope};
    if (symbol == NULL || !type_from(c, a->layer->scope, a->cell->results.at[i].type, &declared.type))
        return false;
    int axes[2 * MAX_AXES], count = 0;
    for (int k = 0; k < name->index.n; k++)
        axes[count++] = a->head.axis[head_axis(&a->head, name->index.at[k]->name)];
    for (int k = 0; k < a->instance->extra.n; k++)
        axes[count++] = a->instance->extra.at[k];
    SemaVar *var = is_same(target, axes, count) ? target : NULL;
    if (var == NULL) {
        var = var_new(c, scope, VAR_EQUATION, name->id, name->id_span);
        var->var.path = arena_printf(c->arena, "%s%s", scope->prefix, name->id);
        for (int k = 0; k < count; k++) {
            vec_push(c->arena, &var->var.axis_order, axes[k]);
            var->var.axes |= AXIS_BIT(axes[k]);
        }
    }
    var->instance = a->instance;
    var->has_def = false;
    vec_push(c->arena, &var->declared, declared);
    symbol->index_count = name->index.n;
    Member member = {.var = var, .span = name->span};
    vec_push(c->arena, &symbol->members, member);
    vec_push(c->arena, &a->instance->outputs, var);
    return true;
}

static bool outputs_defined(Application *a)
{
    bool ok = true;
    for (int i = 0; i < a->cell->results.n; i++) {
        SemaVar *var = a->instance->outputs.at[i];
        if (var->has_def || a->c->full)
            continue;
        const Name *name = &a->cell->results.at[i].name;
        say(a->c, a->instance->scope, E0215, name->span, "output %s of cell %s has no equation", name->id, a->cell->id);
        var->has_def = true;
        var->state = TYPE_ERROR;
        ok = false;
    }
    return ok;
}

/* --- the application ------------------------------------------------------------------------------------------------ */

static Layer *find_layer(Checker *c, const Expr *call, Here here)
{
    static const ExprList none = {0};
    const Expr *base = call->base;
    const Expr *name = base->kind == EXPR_INDEX ? base->base : base;
    ExprList rest;
    Symbol *symbol = scope_find(here.scope, name->name);
    const Member *member =
        member_of(c, here.scope, symbol, base->kind == EXPR_INDEX ? &base->items : &none, base->span, &rest);
    return member == NULL ? NULL : member->layer;
}

static Instance *instance_new(Application *a)
{
    Checker *c = a->c;
    Instance *instance = arena_make(c->arena, Instance);
    const Instance *around = a->here.scope->instance;
    Scope *scope = scope_new(c, a->layer->scope);
    instance->layer = a->layer;
    instance->applied = a->expr->base->span;
    instance->flips = around == NULL ? 0 : around->flips;
    instance->scope = scope;
    scope->instance = instance;
    scope->continues = true;
    scope->copy = COPY_CELL;
    scope->copy_name = a->cell->id;
    scope->copy_at = a->expr->base->span;
    scope->around = a->here.scope;
    scope->nested = a->here.scope->nested + 1;
    a->layer->applications++;
    if (a->layer->applications > 1)
        scope->prefix = arena_printf(c->arena, "%s(%d).", a->layer->path, a->layer->applications);
    return instance;
}

static bool expand(Application *a, SemaVar *const *targets, int count)
{
    Checker *c = a->c;
    Scope *scope = a->instance->scope;
    EquationList equations = {0};
    for (int k = 0; k < a->head.n; k++) {
        Symbol *axis = scope_define(c, scope, SYM_AXIS, a->head.name[k], a->cell->id_span, "an axis");
        if (axis == NULL)
            return false;
        axis->axis = a->head.axis[k];
    }
    for (int i = 0; i < a->cell->ports.n; i++)
        if (!port_add(a, i))
            return false;
    for (int i = 0; i < a->cell->results.n; i++)
        if (!output_add(a, i, i < count ? targets[i] : NULL))
            return false;
    body_declare(c, scope, &a->cell->body, DECLARE_FLOW, &equations);
    for (int i = 0; i < equations.n; i++) { /* a port with an init of its own is a variable of its own */
        const Equation *e = &equations.at[i];
        const Symbol *symbol = e->kind == EQUATION_INIT ? table_find(&scope->names, e->stmt->names.at[0].id) : NULL;
        if (symbol != NULL && symbol->kind == SYM_PORT && symbol->port->axes.n > 0)
            port_var(c, symbol->port);
    }
    const bool ok = outputs_defined(a);
    equations_define(c, &equations);
    return ok;
}

Instance *layer_apply(Checker *c, const Expr *expr, Here here, SemaVar *const *targets, int count)
{
    bool reversed;
    const Expr *call = application(expr, &reversed);
    Layer *layer = find_layer(c, call, here);
    if (layer == NULL || c->full)
        return NULL;
    if (here.owner == NULL) {
        DiagMsg *msg = say(c, here.scope, E0412, call->base->span, "a layer cannot be applied here");
        diag_hint(c->diag, msg, "give the application an equation of its own in the model");
        return NULL;
    }
    Application *a = arena_make(c->arena, Application);
    *a = (Application){.c = c, .expr = call, .here = here, .layer = layer, .cell = layer->cell};
    a->head.running = -1;
    const PortList *results = &layer->cell->results;
    if (!add_names(c, layer->scope, &a->head, results) || !add_names(c, layer->scope, &a->head, &layer->cell->ports))
        return NULL;
    if (results->at[0].name.index.n > 0)
        a->head.running = head_axis(&a->head, results->at[0].name.index.at[0]->name);
    if (here.scope->nested >= MAX_NESTED) {
        limit_hit(c, here.scope, call->span, "cells contain cells too deeply", MAX_NESTED);
        return NULL;
    }
    if (++c->copies > MAX_COPIES) {
        limit_hit(c, here.scope, call->span, "too many copies of cells", MAX_COPIES);
        return NULL;
    }
    a->instance = instance_new(a);
    if (!take_arguments(a) || !bind_axes(a))
        return NULL;
    if (reversed && a->instance->running < 0) {
        say(c, here.scope, E0412, expr->op_span, "%s runs over no axis that could be reversed", layer->cell->id);
        return NULL;
    }
    if (reversed)
        a->instance->flips ^= AXIS_BIT(a->instance->running);
    vec_push(c->arena, &here.owner->instances, a->instance);
    return expand(a, targets, count) ? a->instance : NULL;
}

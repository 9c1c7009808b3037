/* equation.c: right sides. First edges are tied to their variables (an application looks at them), then definitions are
 * expanded in source order, then edges, then start values. */
#include "sema/check.h"

static AxisSet sequence_axes(const SemaVar *var)
{
    return var->var.axes & ~AXIS_BIT(AXIS_BATCH);
}

/* The variable of this body that a name stands for, in edge equations and init. */
static Symbol *own_symbol(Checker *c, Scope *scope, const Name *name)
{
    Symbol *symbol = scope_unknown(c, scope, name->id, name->id_span, "name");
    if (symbol == NULL || symbol->kind == SYM_VAR || symbol->kind == SYM_PORT)
        return symbol;
    DiagMsg *msg = say(c, scope, E0208, name->id_span, "%s is %s, not a variable", name->id, symbol->what);
    diag_note(c->diag, msg, symbol->span, "%s declared here", name->id);
    return NULL;
}

/* --- edges ----------------------------------------------------------------------------------------------------------- */

static void edge_bind(Checker *c, Equation *e)
{
    const Name *name = &e->stmt->names.at[0];
    LeftIndex index;
    if (scope_find(e->scope, name->id) == NULL) {
        say(c, e->scope, E0405, name->span, "%s replaces a step of an equation, but %s has none",
            say_text(c, name->span), name->id);
        scope_define(c, e->scope, SYM_BROKEN, name->id, name->id_span, "in error");
        return;
    }
    Symbol *symbol = own_symbol(c, e->scope, name);
    if (symbol == NULL || !left_index(c, e->scope, name, NULL, e->stmt, &index))
        return;
    Member *member = symbol->kind == SYM_VAR ? family_find(symbol, index.key, index.keys) : NULL;
    SemaVar *var = member == NULL ? NULL : member->var;
    const char *left = say_text(c, name->span);
    if (var == NULL || var->var.kind != VAR_EQUATION || !var->has_def) {
        DiagMsg *msg =
            say(c, e->scope, E0405, name->span, "%s replaces a step of an equation, but %s has none", left, name->id);
        if (symbol->kind == SYM_PORT || var != NULL)
            diag_note(c->diag, msg, symbol->span, "%s is %s", name->id, symbol->what);
        return;
    }
    if (index.axes > var->var.axis_order.n) {
        say(c, e->scope, E0404, name->index_span, "%s has other indices in its equation", name->id);
        return;
    }
    for (int i = 0; i < index.axes; i++)
        if (i != index.edge && index.axis[i] != var->var.axis_order.at[i]) {
            say(c, e->scope, E0404, name->index_span, "%s has other indices in its equation", name->id);
            return;
        }
    if (var->has_edge) {
        DiagMsg *msg = say(c, e->scope, E0202, name->span, "%s: a variable has at most one edge equation", left);
        diag_note(c->diag, msg, var->edge_span, "first definition");
        return;
    }
    const Instance *instance = e->scope->instance;
    const int axis = var->var.axis_order.at[index.edge];
    const bool flipped = instance != NULL && (instance->flips & AXIS_BIT(axis)) != 0;
    var->has_edge = true;
    var->edge_span = name->span;
    var->var.edge_axis = axis;
    var->var.edge_last = index.edge_last != flipped;
    e->vars.at[0] = var;
}

/* As it is written there: under `reverse` the ends have changed places. */
static const char *edge_word(const Scope *scope, const SemaVar *var)
{
    const bool flipped = scope->instance != NULL && (scope->instance->flips & AXIS_BIT(var->var.edge_axis)) != 0;
    return var->var.edge_last != flipped ? "last" : "first";
}

static void edge_define(Checker *c, const Equation *e)
{
    SemaVar *var = e->vars.at[0];
    if (var == NULL)
        return;
    const Here here = {.scope = e->scope,
                       .bound = sequence_axes(var) & ~AXIS_BIT(var->var.edge_axis),
                       .owner = var,
                       .edge = edge_word(e->scope, var),
                       .edge_axis = var->var.edge_axis};
    var->var.edge = &term_make(c, e->value, here)->term;
}

/* --- definitions ------------------------------------------------------------------------------------------------------ */

static bool is_bad(const SemaVar *var)
{
    return var == NULL || var->state == TYPE_ERROR;
}

static void set_result(Checker *c, const Equation *e, Here here, SemaVar *var, SemaVar *output)
{
    if (var == output)
        return;
    var->result_of = output;
    var->var.def = &term_output(c, e->value, here, output)->term;
}

static void define_application(Checker *c, Equation *e, Here here)
{
    const Instance *instance = layer_apply(c, e->value, here, e->vars.at, e->vars.n);
    const int outputs = instance == NULL ? 0 : instance->outputs.n;
    if (instance != NULL && e->stmt->is_tuple && outputs != e->vars.n) {
        DiagMsg *msg = say(c, e->scope, E0312, e->stmt->lhs_span, "%s has %d output%s, %d named",
                           instance->layer->cell->id, outputs, outputs == 1 ? "" : "s", e->vars.n);
        diag_note(c->diag, msg, instance->layer->cell->id_span, "%s", cell_head(c, instance->layer->cell));
    }
    for (int i = 0; i < e->vars.n; i++) {
        if (is_bad(e->vars.at[i]))
            continue;
        if (i < outputs)
            set_result(c, e, here, e->vars.at[i], instance->outputs.at[i]);
        else
            e->vars.at[i]->state = TYPE_ERROR;
        e->vars.at[i]->has_def = true;
    }
}

static void definition_define(Checker *c, Equation *e)
{
    SemaVar *var = NULL;
    for (int i = 0; i < e->vars.n && var == NULL; i++)
        var = is_bad(e->vars.at[i]) ? NULL : e->vars.at[i];
    if (var == NULL)
        return;
    const Here here = {.scope = e->scope, .bound = sequence_axes(var), .owner = var};
    if (is_application(e->scope, e->value)) {
        define_application(c, e, here);
        return;
    }
    if (e->stmt->is_tuple) {
        if (term_make(c, e->value, here)->state != TYPE_ERROR) {
            DiagMsg *msg = say(c, e->scope, E0312, e->value->span, "several names at once take the outputs of a layer");
            diag_hint(c->diag, msg, "write an equation for each of them");
        }
        for (int i = 0; i < e->vars.n; i++)
            if (e->vars.at[i] != NULL)
                e->vars.at[i]->state = TYPE_ERROR;
        return;
    }
    var->var.def = &term_make(c, e->value, here)->term;
}

/* --- start values ------------------------------------------------------------------------------------------------------ */

static SemaVar *init_target(Checker *c, const Equation *e, const Name *name)
{
    Symbol *symbol = own_symbol(c, e->scope, name);
    ExprList rest;
    if (symbol == NULL)
        return NULL;
    if (symbol->kind == SYM_PORT && name->index.n == 0 && symbol->port->axes.n > 0)
        return port_var(c, symbol->port);
    if (symbol->kind == SYM_PORT) {
        say(c, e->scope, E0410, name->span, "%s does not vary over an axis, so it has no start", name->id);
        return NULL;
    }
    Member *member = member_of(c, e->scope, symbol, &name->index, name->span, &rest);
    if (member == NULL || member->var == NULL)
        return NULL;
    SemaVar *var = member->var;
    const char *why = NULL;
    if (rest.n > 0)
        why = "init names a variable without its axes";
    else if (var->var.kind == VAR_PARAM)
        why = "the initialiser of a parameter stands behind its type";
    else if (var->var.axis_order.n == 0)
        why = arena_printf(c->arena, "%s does not vary over an axis, so it has no start", say_text(c, name->span));
    if (why == NULL)
        return var;
    DiagMsg *msg = say(c, e->scope, E0410, name->span, "%s", why);
    diag_note(c->diag, msg, var->name_span, "%s declared here", name->id);
    return NULL;
}

static void init_define(Checker *c, const Equation *e)
{
    for (int i = 0; i < e->stmt->names.n; i++) {
        const Name *name = &e->stmt->names.at[i];
        SemaVar *named = init_target(c, e, name);
        if (named == NULL)
            continue;
        SemaVar *var = named->result_of != NULL ? named->result_of : named;
        if (var->instance != NULL && var->instance != e->scope->instance && !var->is_state &&
            var->state != TYPE_ERROR) {
            DiagMsg *msg = say(c, e->scope, E0410, name->span, "init %s: the output %s of %s is no state of it",
                               name->id, var->name, var->instance->layer->cell->id);
            diag_note(c->diag, msg, var->scope == e->scope ? var->name_span : var->instance->layer->cell->id_span,
                      "the cell never reads %s of another step", var->name);
            continue;
        }
        if (var->init_span.file != 0 && var->init_scope->instance == e->scope->instance) {
            DiagMsg *msg = say(c, e->scope, E0202, name->span, "init %s is given twice", name->id);
            diag_note(c->diag, msg, var->init_span, "first definition");
            continue;
        }
        var->init_span = name->span;
        var->init_scope = e->scope;
        const Here here = {.scope = e->scope,
                           .owner = var,
                           .start = name->id,
                           .bound = var->var.axis_order.n == 1 ? 0 : sequence_axes(var)};
        var->var.init = &term_make(c, e->value, here)->term;
    }
}

void equations_define(Checker *c, EquationList *list)
{
    for (int i = 0; i < list->n; i++)
        if (list->at[i].kind == EQUATION_EDGE)
            edge_bind(c, &list->at[i]);
    for (int i = 0; i < list->n && !c->full; i++)
        if (list->at[i].kind == EQUATION_DEF)
            definition_define(c, &list->at[i]);
    for (int i = 0; i < list->n && !c->full; i++)
        if (list->at[i].kind == EQUATION_EDGE)
            edge_define(c, &list->at[i]);
    for (int i = 0; i < list->n && !c->full; i++)
        if (list->at[i].kind == EQUATION_INIT)
            init_define(c, &list->at[i]);
}

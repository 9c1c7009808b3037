/* declare.c: what the statements of a model or cell define, before any right side is looked at: axes, inputs, targets,
 * params, layers, left sides. `for` copies its body; its variable is a number in the copy. */
#include <string.h>

#include "sema/check.h"

/* Reports once that a bound was passed; what follows is then not expanded. */
bool limit_hit(Checker *c, Scope *scope, Span span, const char *what, int most)
{
    if (!c->full)
        say(c, scope, E0212, span, "%s: the limit is %d", what, most);
    c->full = true;
    return false;
}

static void axis_declare(Checker *c, Scope *scope, const Stmt *stmt)
{
    ModelAxis axis = {stmt->id, 1, 1, stmt->flag, stmt->id_span};
    const bool is_batch = strcmp(stmt->id, "batch") == 0;
    if (!is_batch && c->model->axes.n >= MAX_AXES) {
        limit_hit(c, scope, stmt->id_span, "too many axes", MAX_AXES);
        return;
    }
    Symbol *symbol = scope_define(c, scope, SYM_AXIS, stmt->id, stmt->id_span, "an axis");
    if (symbol == NULL)
        return;
    Static high;
    bool ok = static_whole(c, scope, stmt->value, 0, INT32_MAX, "the lower bound of an axis", &axis.low);
    if (define_find(c, stmt->id, &high)) {
        axis.high = high.whole ? high.dim.value : 0;
        if (axis.high < 1 || axis.high > INT32_MAX)
            say(c, NULL, E0211, NO_SPAN, "-D %s: the upper bound of an axis is from 1 to 2147483647", stmt->id);
    } else {
        ok = static_whole(c, scope, stmt->high, 1, INT32_MAX, "the upper bound of an axis", &axis.high) && ok;
    }
    if (ok && axis.low > axis.high)
        say(c, scope, E0209, stmt->value->span, "axis %s in %lld..%lld is empty", stmt->id, (long long)axis.low,
            (long long)axis.high);
    if (is_batch && (axis.carry || axis.low != 1))
        say(c, scope, E0209, stmt->id_span, "the batch axis is 1..N, without carry");
    symbol->axis = is_batch ? AXIS_BATCH : c->model->axes.n;
    if (is_batch)
        c->model->axes.at[AXIS_BATCH] = axis;
    else
        vec_push(c->arena, &c->model->axes, axis);
}

void axes_declare(Checker *c, Scope *scope, const StmtList *list)
{
    const char *batch = intern_z(c->names, "batch");
    vec_push(c->arena, &c->model->axes, (ModelAxis){batch, 1, 1, false, NO_SPAN});
    for (int i = 0; i < list->n; i++)
        if (list->at[i]->kind == STMT_AXIS)
            axis_declare(c, scope, list->at[i]);
    if (scope_find(scope, batch) == NULL)
        scope_define(c, scope, SYM_AXIS, batch, NO_SPAN, "an axis")->axis = AXIS_BATCH;
}

/* --- the statements ------------------------------------------------------------------------------------------------ */

static void params_declare(Checker *c, Scope *scope, const Stmt *stmt)
{
    Type type;
    const bool ok = type_from(c, scope, stmt->type, &type);
    for (int i = 0; i < stmt->names.n; i++) {
        LeftIndex index;
        const Name *name = &stmt->names.at[i];
        SemaVar *var = left_index(c, scope, name, NULL, stmt, &index)
                           ? var_declare(c, scope, VAR_PARAM, name, &index, stmt, "a parameter")
                           : NULL;
        if (var == NULL)
            continue;
        var->type_expr = stmt->type;
        var->state = ok && index.axes == 0 ? TYPE_KNOWN : TYPE_ERROR;
        var->var.type = type;
        if (index.axes > 0)
            say(c, scope, E0404, name->index_span, "a parameter does not vary over an axis");
        else if (ok && (type.kind != TYPE_REAL || type.value != VALUE_PLAIN))
            say(c, scope, E0303, stmt->type->span, "a parameter is real: %s : [...]", name->id);
        else if (ok)
            param_initialise(c, var, stmt->value, scope);
        var->var.frozen = stmt->flag;
        for (const Layer *l = scope->layer; l != NULL; l = l->outer)
            var->var.frozen = var->var.frozen || l->stmt->flag;
        vec_push(c->arena, &c->model->params, &var->var);
    }
}

static void inputs_declare(Checker *c, Scope *scope, const Stmt *stmt)
{
    const bool is_input = stmt->kind == STMT_INPUT;
    Type type;
    const bool ok = type_from(c, scope, stmt->type, &type);
    for (int i = 0; i < stmt->names.n; i++) {
        LeftIndex index;
        const Name *name = &stmt->names.at[i];
        SemaVar *var = left_index(c, scope, name, NULL, stmt, &index)
                           ? var_declare(c, scope, is_input ? VAR_INPUT : VAR_TARGET, name, &index, stmt,
                                         is_input ? "an input" : "a target")
                           : NULL;
        if (var == NULL)
            continue;
        var->state = ok && !index.shifted ? TYPE_KNOWN : TYPE_ERROR;
        var->var.type = type;
        var->var.axes |= AXIS_BIT(AXIS_BATCH);
        if (index.edge >= 0)
            say(c, scope, E0404, name->index_span, "%s is declared over an axis, not at its first or last step",
                name->id);
    }
}

static void controls_declare(Checker *c, Scope *scope, const Stmt *stmt)
{
    for (int i = 0; i < stmt->binds.n; i++) {
        const Bind *bind = &stmt->binds.at[i];
        const Name name = {.id = bind->id, .span = bind->id_span, .id_span = bind->id_span};
        const LeftIndex index = {.edge = -1};
        SemaVar *var = var_declare(c, scope, VAR_CONTROL, &name, &index, stmt, "a control");
        Static value;
        if (var == NULL)
            continue;
        var->state = TYPE_KNOWN;
        if (static_eval(c, scope, bind->value, &value))
            var->var.control = value.number;
    }
}

static void equation_declare(Checker *c, Scope *scope, const Stmt *stmt, const Stmt *output, EquationList *equations)
{
    const bool is_output = output != NULL;
    Equation equation = {.kind = EQUATION_DEF, .stmt = stmt, .value = stmt->value, .scope = scope};
    for (int i = 0; i < stmt->names.n; i++) {
        LeftIndex index;
        const Name *name = &stmt->names.at[i];
        SemaVar *var = NULL;
        if (left_index(c, scope, name, stmt->is_tuple ? &stmt->tuple_index : NULL, stmt, &index)) {
            if (index.edge >= 0)
                equation.kind = EQUATION_EDGE;
            else
                var = var_declare(c, scope, VAR_EQUATION, name, &index, stmt, "a variable");
        }
        if (var != NULL) {
            var->has_def = true;
            var->var.is_output = var->var.is_output || is_output;
            var->var.equation = stmt->span;
            if (is_output && var->var.doc == NULL)
                var->var.doc = output->doc;
            if (index.shifted)
                var->state = TYPE_ERROR;
        }
        if (var != NULL && stmt->type != NULL) {
            Declared declared = {.span = stmt->type->span, .scope = scope};
            if (type_from(c, scope, stmt->type, &declared.type))
                vec_push(c->arena, &var->declared, declared);
            else
                var->state = TYPE_ERROR;
        }
        if (var != NULL && is_output)
            vec_push(c->arena, &c->model->outputs, &var->var);
        vec_push(c->arena, &equation.vars, var);
    }
    if (equation.kind == EQUATION_EDGE && (stmt->is_tuple || is_output))
        say(c, scope, E0405, stmt->lhs_span, "an edge equation defines one variable, and is no output");
    else
        vec_push(c->arena, equations, equation);
}

static void results_declare(Checker *c, Scope *scope, const Stmt *stmt, EquationList *equations)
{
    const bool is_loss = stmt->kind == STMT_LOSS;
    for (int i = 0; i < stmt->binds.n; i++) {
        const Bind *bind = &stmt->binds.at[i];
        const Name name = {.id = bind->id, .span = bind->id_span, .id_span = bind->id_span};
        const LeftIndex index = {.edge = -1};
        SemaVar *var = var_declare(c, scope, VAR_EQUATION, &name, &index, stmt, is_loss ? "the loss" : "a metric");
        if (var == NULL)
            continue;
        var->has_def = true;
        var->is_loss = is_loss;
        var->is_metric = !is_loss;
        var->var.equation = span_join(bind->id_span, bind->value->span);
        Equation equation = {.kind = EQUATION_DEF, .stmt = stmt, .value = bind->value, .scope = scope};
        vec_push(c->arena, &equation.vars, var);
        vec_push(c->arena, equations, equation);
        if (!is_loss) {
            vec_push(c->arena, &c->model->metrics, &var->var);
        } else if (c->model->loss != NULL) {
            DiagMsg *msg = say(c, scope, E0202, bind->id_span, "a model has one loss");
            diag_note(c->diag, msg, c->model->loss->span, "first definition");
            diag_hint(c->diag, msg, "add them: loss %s = ... + ...", c->model->loss->path);
        } else {
            c->model->loss = &var->var;
        }
    }
}

static void for_expand(Checker *c, Scope *scope, const Stmt *stmt, int parts, EquationList *equations)
{
    int64_t low, high;
    if (!static_whole(c, scope, stmt->value, -MAX_COPIES, INT32_MAX, "the bound of a for", &low) ||
        !static_whole(c, scope, stmt->high, -MAX_COPIES - 1, INT32_MAX, "the bound of a for", &high))
        return;
    for (int64_t k = low; k <= high && !c->full; k++) {
        if (++c->copies > MAX_COPIES) {
            limit_hit(c, scope, stmt->span, "too many copies of a for", MAX_COPIES);
            return;
        }
        Scope *body = scope_new(c, scope);
        Symbol *symbol = scope_define(c, body, SYM_NUMBER, stmt->id, stmt->id_span, "the variable of a for");
        if (symbol == NULL)
            return;
        symbol->number = static_int(c, k);
        body->transparent = true;
        body->copy = COPY_FOR;
        body->copy_name = stmt->id;
        body->copy_value = k;
        body->around = scope;
        body_declare(c, body, &stmt->body, parts, equations);
    }
}

void body_declare(Checker *c, Scope *scope, const StmtList *list, int parts, EquationList *equations)
{
    for (int i = 0; i < list->n && !c->full; i++) {
        const Stmt *stmt = list->at[i];
        const bool owned = (parts & DECLARE_OWNED) != 0, flow = (parts & DECLARE_FLOW) != 0;
        switch (stmt->kind) {
        case STMT_PARAM:
            if (owned)
                params_declare(c, scope, stmt);
            break;
        case STMT_LAYER:
            if (owned)
                layer_declare(c, scope, stmt);
            break;
        case STMT_FOR:
            for_expand(c, scope, stmt, parts, equations);
            break;
        case STMT_INPUT:
        case STMT_TARGET:
            inputs_declare(c, scope, stmt);
            break;
        case STMT_CONTROL:
            controls_declare(c, scope, stmt);
            break;
        case STMT_LOSS:
        case STMT_METRIC:
            results_declare(c, scope, stmt, equations);
            break;
        case STMT_EQUATION:
            if (flow)
                equation_declare(c, scope, stmt, NULL, equations);
            break;
        case STMT_OUTPUT:
            if (stmt->inner != NULL)
                equation_declare(c, scope, stmt->inner, stmt, equations);
            break;
        case STMT_INIT:
            if (flow)
                vec_push(c->arena, equations,
                         (Equation){.kind = EQUATION_INIT, .stmt = stmt, .value = stmt->value, .scope = scope});
            break;
        default:
            break;
        }
    }
}

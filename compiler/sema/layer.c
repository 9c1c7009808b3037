/* layer.c: a layer is a cell with its arguments: a closed scope in which the cell's parameters have values, and in which
 * its params and inner layers are declared. Applications (apply.c) add the equations. */
#include <string.h>

#include "sema/check.h"

const char *cell_head(Checker *c, const Stmt *cell)
{
    if (cell->ports.n > 0) {
        const Span last = vec_last(&cell->ports).type->span;
        return arena_printf(c->arena, "%s)", say_text(c, span_join(cell->id_span, last)));
    }
    Text text = text_new(c->arena);
    text_printf(&text, "%s[", cell->id);
    for (int i = 0; i < cell->sparams.n; i++)
        text_printf(&text, "%s%s", i > 0 ? ", " : "", cell->sparams.at[i].id);
    text_add(&text, "]()");
    return text_z(&text);
}

static DiagMsg *say_argument(Checker *c, Layer *layer, Span span, const char *message)
{
    DiagMsg *msg = say(c, layer->user, E0210, span, "%s", message);
    diag_note(c->diag, msg, layer->cell->id_span, "%s", cell_head(c, layer->cell));
    return msg;
}

static bool bind_function(Checker *c, Layer *layer, const Sparam *param, const Expr *value, Scope *scope)
{
    const FunctionId builtin = value->kind == EXPR_NAME ? function_find(value->name) : FN_NONE;
    const Symbol *known = value->kind == EXPR_NAME ? scope_find_function(c, scope, value->name) : NULL;
    if (builtin == FN_NONE && (known == NULL || known->kind == SYM_CELL)) {
        DiagMsg *msg = say(c, scope, E0203, value->span, "unknown function '%s'", say_text(c, value->span));
        const char *near = value->kind == EXPR_NAME ? scope_nearest_function(c, scope, value->name) : NULL;
        if (near != NULL)
            diag_hint(c->diag, msg, "did you mean '%s'?", near);
        return false;
    }
    Symbol *symbol = arena_make(c->arena, Symbol);
    *symbol = (Symbol){.kind = known != NULL ? known->kind : SYM_BUILTIN,
                       .name = param->id,
                       .span = param->id_span,
                       .what = "a function",
                       .stmt = known != NULL ? known->stmt : NULL,
                       .function = known != NULL ? known->function : builtin,
                       .axis = -1,
                       .partition = -1};
    table_add(c, &layer->scope->functions, symbol);
    return true;
}

static bool bind_number(Checker *c, Layer *layer, const Sparam *param, const Expr *value, Scope *scope)
{
    Static number = {true, 0, {0, NULL}};
    const bool is_dim = param->kind == SPARAM_DIM;
    const bool ok = is_dim ? static_dim(c, scope, value, &number.dim) : static_eval(c, scope, value, &number);
    if (is_dim)
        number.number = (double)number.dim.value;
    Symbol *symbol = scope_define(c, layer->scope, ok ? SYM_NUMBER : SYM_BROKEN, param->id, param->id_span,
                                  is_dim ? "a dim" : "a const");
    if (symbol == NULL)
        return false;
    symbol->number = number;
    symbol->is_dim = is_dim;
    return ok;
}

/* The argument for the i-th parameter: by position or by name; NULL when it is not given. */
static const Expr *argument_of(const Stmt *stmt, int i, const char *name)
{
    if (i < stmt->args.n && stmt->args.at[i].name == NULL)
        return stmt->args.at[i].value;
    for (int k = 0; k < stmt->args.n; k++)
        if (stmt->args.at[k].name == name)
            return stmt->args.at[k].value;
    return NULL;
}

static bool check_names(Checker *c, Layer *layer)
{
    const Stmt *stmt = layer->stmt, *cell = layer->cell;
    bool named = false;
    for (int i = 0; i < stmt->args.n; i++) {
        const Arg *arg = &stmt->args.at[i];
        int at = i;
        if (arg->name != NULL)
            for (at = 0; at < cell->sparams.n && cell->sparams.at[at].id != arg->name; at++)
                continue;
        const Span span = arg->name != NULL ? arg->name_span : arg->value->span;
        const char *message = NULL;
        if (at >= cell->sparams.n)
            message = arg->name != NULL ? arena_printf(c->arena, "%s has no parameter '%s'", cell->id, arg->name)
                                        : arena_printf(c->arena, "%s takes %d argument%s, %d given", cell->id,
                                                       cell->sparams.n, cell->sparams.n == 1 ? "" : "s", stmt->args.n);
        else if (arg->name == NULL && named)
            message = "an argument without a name cannot follow one with a name";
        else if (arg->name != NULL && at < i && argument_of(stmt, at, arg->name) != arg->value)
            message = arena_printf(c->arena, "'%s' is given twice", arg->name);
        if (message != NULL) {
            say_argument(c, layer, span, message);
            return false;
        }
        named = named || arg->name != NULL;
    }
    return true;
}

static bool bind_arguments(Checker *c, Layer *layer)
{
    bool ok = check_names(c, layer);
    for (int i = 0; ok && i < layer->cell->sparams.n; i++) {
        const Sparam *param = &layer->cell->sparams.at[i];
        const Expr *value = argument_of(layer->stmt, i, param->id);
        Scope *scope = value != NULL ? layer->user : layer->scope;
        if (value == NULL)
            value = param->value;
        if (value == NULL) {
            say_argument(c, layer, layer->stmt->cell_span,
                         arena_printf(c->arena, "%s needs an argument for %s", layer->cell->id, param->id));
            return false;
        }
        ok = param->kind == SPARAM_FN ? bind_function(c, layer, param, value, scope)
                                      : bind_number(c, layer, param, value, scope);
    }
    return ok;
}

/* Every path of an override block must name something. */
static void check_overrides(Checker *c, const Layer *layer)
{
    for (int i = 0; i < layer->stmt->overrides.n; i++) {
        const Override *override = &layer->stmt->overrides.at[i];
        const Scope *scope = layer->scope;
        for (int k = 0; k < override->path.n; k++) {
            const Symbol *symbol = scope == NULL ? NULL : table_find(&scope->names, override->path.at[k]);
            const bool last = k == override->path.n - 1;
            const bool ok = symbol != NULL && symbol->members.n > 0 &&
                            (last ? symbol->kind == SYM_VAR && symbol->members.at[0].var->var.kind == VAR_PARAM
                                  : symbol->kind == SYM_LAYER);
            if (!ok) {
                DiagMsg *msg = say(c, layer->user, E0206, override->span, "%s has no %s '%s'", layer->path,
                                   last ? "parameter" : "layer", override->path.at[k]);
                const char *near = scope == NULL ? NULL : scope_nearest(c, scope, override->path.at[k]);
                if (near != NULL)
                    diag_hint(c->diag, msg, "did you mean '%s'?", near);
                break;
            }
            const Layer *inner = last ? NULL : symbol->members.at[0].layer;
            if (!last && inner == NULL) /* in error itself */
                break;
            scope = last ? NULL : inner->scope;
        }
    }
}

static bool path_matches(const Override *override, const Layer *layer, const Layer *inner, const char *name)
{
    int k = override->path.n - 1;
    if (override->path.n == 0)
        return true;
    if (override->path.at[k--] != name)
        return false;
    for (; inner != layer && k >= 0; inner = inner->outer, k--) {
        const char *last = strrchr(inner->path, '.');
        const char *id = last == NULL ? inner->path : last + 1;
        const size_t n = strlen(override->path.at[k]);
        if (strncmp(id, override->path.at[k], n) != 0 || (id[n] != '\0' && id[n] != '['))
            return false;
    }
    return inner == layer && k < 0;
}

/* The initialiser that the layers around give a parameter: the outermost one, a path before `*`. */
const Override *override_find(Checker *c, const Layer *layer, const SemaVar *var, Scope **scope)
{
    const Override *found = NULL;
    (void)c;
    for (const Layer *outer = layer; outer != NULL; outer = outer->outer) {
        const Override *here = NULL;
        for (int i = 0; i < outer->stmt->overrides.n; i++) {
            const Override *override = &outer->stmt->overrides.at[i];
            if (path_matches(override, outer, layer, var->name) && (here == NULL || override->path.n > 0))
                here = override;
        }
        if (here != NULL) {
            found = here;
            *scope = outer->user;
        }
    }
    return found;
}

static const Stmt *find_cell(Checker *c, Scope *scope, const Stmt *stmt)
{
    Symbol *symbol = table_find(&c->functions, stmt->cell);
    if (symbol != NULL && symbol->kind == SYM_CELL) {
        symbol->is_used = true;
        for (const Layer *l = scope->layer; l != NULL; l = l->outer)
            if (l->cell == symbol->stmt) {
                say(c, scope, E0204, stmt->cell_span, "cell %s contains itself", stmt->cell);
                return NULL;
            }
        return symbol->stmt;
    }
    DiagMsg *msg = say(c, scope, symbol == NULL ? E0206 : E0208, stmt->cell_span,
                       symbol == NULL ? "unknown cell '%s'" : "%s is a fn, not a cell", stmt->cell);
    VEC(const char *) cells = {0};
    for (int i = 0; i < c->functions.all.n; i++)
        if (c->functions.all.at[i]->kind == SYM_CELL)
            vec_push(c->arena, &cells, c->functions.all.at[i]->name);
    const char *near = diag_nearest(stmt->cell, cells.at, cells.n);
    size_t size = 0;
    const char *standard = c->options->builtin == NULL ? NULL : c->options->builtin("std/cells.rnn", &size);
    const char *head = standard == NULL ? NULL : strstr(standard, arena_printf(c->arena, "cell %s[", stmt->cell));
    if (head != NULL)
        diag_hint(c->diag, msg, "it is in the library: use std.cells");
    else if (near != NULL)
        diag_hint(c->diag, msg, "did you mean '%s'?", near);
    return NULL;
}

static void layer_add(Checker *c, Scope *scope, const Stmt *stmt, const Stmt *cell, const Name *name, Symbol *symbol)
{
    Layer *layer = arena_make(c->arena, Layer);
    Member member = {.layer = layer, .span = name->span};
    for (int i = 0; i < name->index.n && i < MAX_INDEX; i++)
        if (!static_whole(c, scope, name->index.at[i], -INT32_MAX, INT32_MAX, "the index of a layer", &member.key[i])) {
            symbol->kind = symbol->members.n == 0 ? SYM_BROKEN : SYM_LAYER;
            return;
        }
    const Member *old = family_find(symbol, member.key, name->index.n);
    if (old != NULL || symbol->index_count != name->index.n) {
        DiagMsg *msg = say(c, scope, E0202, name->span, "%s is defined twice", say_text(c, name->span));
        diag_note(c->diag, msg, old == NULL ? symbol->span : old->span, "first definition");
        return;
    }
    layer->path = arena_printf(c->arena, "%s%s%s", scope->prefix, name->id, key_text(c, member.key, name->index.n));
    layer->stmt = stmt;
    layer->cell = cell;
    layer->user = scope;
    layer->outer = scope->layer;
    layer->span = name->span;
    layer->scope = scope_new(c, NULL);
    layer->scope->prefix = arena_printf(c->arena, "%s.", layer->path);
    layer->scope->layer = layer;
    layer->scope->copy = COPY_CELL;
    layer->scope->copy_name = cell->id;
    layer->scope->copy_at = stmt->cell_span;
    layer->scope->around = scope;
    layer->scope->nested = scope->nested + 1;
    if (layer->scope->nested > MAX_NESTED) {
        limit_hit(c, scope, stmt->cell_span, "cells contain cells too deeply", MAX_NESTED);
        return;
    }
    if (++c->copies > MAX_COPIES) {
        limit_hit(c, scope, stmt->cell_span, "too many copies of cells", MAX_COPIES);
        return;
    }
    if (!bind_arguments(c, layer))
        member.layer = NULL;
    vec_push(c->arena, &symbol->members, member);
    if (member.layer == NULL)
        return;
    body_declare(c, layer->scope, &cell->body, DECLARE_OWNED, NULL);
    check_overrides(c, layer);
}

void layer_declare(Checker *c, Scope *scope, const Stmt *stmt)
{
    const Stmt *cell = find_cell(c, scope, stmt);
    for (int i = 0; i < stmt->names.n && !c->full; i++) {
        const Name *name = &stmt->names.at[i];
        const Symbol *known = scope_find(scope, name->id);
        if (function_find(name->id) != FN_NONE) {
            say(c, scope, E0207, name->id_span, "%s is a built-in function; a layer needs another name", name->id);
            continue;
        }
        if (name->index.n > MAX_INDEX) {
            limit_hit(c, scope, name->span, "too many indices", MAX_INDEX);
            return;
        }
        Symbol *symbol =
            known != NULL && known->kind == SYM_LAYER && known->scope->prefix == scope->prefix
                ? scope_find(scope, name->id)
                : scope_define(c, scope, cell == NULL ? SYM_BROKEN : SYM_LAYER, name->id, name->id_span, "a layer");
        if (symbol == NULL || cell == NULL || symbol->kind != SYM_LAYER)
            continue;
        if (symbol->members.n == 0)
            symbol->index_count = name->index.n;
        layer_add(c, scope, stmt, cell, name, symbol);
    }
}

/* index.c: names and what stands in brackets behind them (S6): axes with offsets, first, last, members of families,
 * and rows of parameters that a token looks up. */
#include <string.h>

#include "sema/check.h"

/* --- axes ---------------------------------------------------------------------------------------------------------- */

const char *axis_local(Checker *c, const Scope *scope, int axis)
{
    for (; scope != NULL; scope = scope->outer)
        for (int i = 0; i < scope->names.all.n; i++)
            if (scope->names.all.at[i]->kind == SYM_AXIS && scope->names.all.at[i]->axis == axis)
                return scope->names.all.at[i]->name;
    return c->model->axes.at[axis].name;
}

const char *axes_text(Checker *c, const Scope *scope, AxisSet axes)
{
    Text text = text_new(c->arena);
    int left = 0;
    for (AxisSet bits = axes; bits != 0; bits &= bits - 1)
        left++;
    for (int axis = 0; axis < c->model->axes.n; axis++)
        if ((axes & AXIS_BIT(axis)) != 0) {
            left--;
            text_printf(&text, "%s%s", axis_local(c, scope, axis), left == 0 ? "" : left == 1 ? " and " : ", ");
        }
    return text_z(&text);
}

bool axis_name(Checker *c, Scope *scope, const Expr *expr, int *axis)
{
    if (expr->kind != EXPR_NAME) {
        say(c, scope, E0404, expr->span, "%s is no axis", say_text(c, expr->span));
        return false;
    }
    const Symbol *symbol = scope_unknown(c, scope, expr->name, expr->span, "axis");
    if (symbol == NULL)
        return false;
    if (symbol->kind != SYM_AXIS) {
        DiagMsg *msg = say(c, scope, E0208, expr->span, "%s is %s, not an axis", expr->name, symbol->what);
        diag_note(c->diag, msg, symbol->span, "%s declared here", expr->name);
        return false;
    }
    *axis = symbol->axis;
    return true;
}

static const char *var_word(const SemaVar *var)
{
    return var->name;
}

void say_unbound(Checker *c, Here here, const Expr *read, const Expr *index, int axis, const SemaVar *var)
{
    const char *name = axis_local(c, here.scope, axis);
    DiagMsg *msg = say(c, here.scope, E0403, read->span, "%s is not bound in this equation", name);
    const AxisSet left = here.bound & ~here.reduced;
    const char *has = here.start != NULL ? arena_printf(c->arena, "the start value of %s has no step", here.start)
                      : left == 0        ? "the left side has no axis"
                                  : arena_printf(c->arena, "the left side has only %s", axes_text(c, here.scope, left));
    if (var != NULL)
        diag_note(c->diag, msg, var->name_span, "%s is a sequence over %s; %s", var_word(var),
                  axes_text(c, here.scope, var->var.axes & ~AXIS_BIT(AXIS_BATCH)), has);
    const ModelAxis *info = &c->model->axes.at[axis];
    const bool at_edge = here.edge != NULL && here.edge_axis == axis;
    const Edit edit = {index->span, at_edge ? here.edge : "last"};
    if (at_edge)
        diag_hint(c->diag, msg, "this equation is of one step: %s", say_edited(c, read->span, &edit, 1));
    else if (here.start != NULL && (here.owner->var.axes & AXIS_BIT(axis)) != 0)
        diag_hint(c->diag, msg, "a start value reads parameters, inputs without %s, and ends of other axes", name);
    else if (!info->carry && info->low > 0)
        diag_hint(c->diag, msg, "reduce it, as in sum[%s](...), or pick a step: %s", name,
                  say_edited(c, read->span, &edit, 1));
    else
        diag_hint(c->diag, msg, "reduce it, as in sum[%s](...)", name);
}

/* One index of a read along `axis`. */
static bool read_index(Checker *c, Here here, const Expr *expr, const Expr *index, int axis, const SemaVar *var,
                       AxisRead *out)
{
    const Instance *instance = here.scope->instance;
    const bool flipped = instance != NULL && (instance->flips & AXIS_BIT(axis)) != 0;
    *out = (AxisRead){axis, READ_OFFSET, 0};
    if (index->kind == EXPR_FIRST || index->kind == EXPR_LAST) {
        out->place = (index->kind == EXPR_FIRST) != flipped ? READ_FIRST : READ_LAST;
        return true;
    }
    const bool moved = index->kind == EXPR_BINARY && (index->op == EXPR_ADD || index->op == EXPR_SUB);
    const Expr *base = moved ? index->items.at[0] : index;
    const Symbol *symbol = base->kind == EXPR_NAME ? scope_find(here.scope, base->name) : NULL;
    if (base->kind == EXPR_NAME && symbol == NULL)
        return scope_unknown(c, here.scope, base->name, base->span, "axis") != NULL;
    if (symbol == NULL || symbol->kind != SYM_AXIS) {
        DiagMsg *msg = say(c, here.scope, E0404, index->span, "an index is an axis, axis + n, axis - n, first or last");
        if (var != NULL && symbol == NULL && base->kind == EXPR_INDEX)
            diag_hint(c->diag, msg, "only a parameter can be looked up by a token");
        return false;
    }
    if (symbol->axis != axis) {
        DiagMsg *msg = say(c, here.scope, E0404, index->span, "%s runs over %s, not over %s",
                           say_text(c, expr->base->span), axis_local(c, here.scope, axis), base->name);
        if (symbol->axis == AXIS_BATCH)
            diag_hint(c->diag, msg, "batch is no index; only reductions name it, as in mean[batch](...)");
        return false;
    }
    if ((here.bound & AXIS_BIT(axis)) == 0) {
        say_unbound(c, here, expr, index, axis, var);
        return false;
    }
    int64_t offset = 0;
    if (moved && !static_whole(c, here.scope, index->items.at[1], -MAX_OFFSET, MAX_OFFSET, "an offset", &offset))
        return false;
    if (moved && (index->op == EXPR_SUB) != flipped)
        offset = -offset;
    out->offset = (int)offset;
    return true;
}

static void say_index_count(Checker *c, Here here, const Expr *expr, const int *axes, int count, const ExprList *index)
{
    const char *name = say_text(c, expr->base->span);
    AxisSet set = 0;
    for (int i = 0; i < count; i++)
        set |= AXIS_BIT(axes[i]);
    for (int i = 0; i < index->n; i++) {
        const Symbol *symbol = index->at[i]->kind == EXPR_NAME ? scope_find(here.scope, index->at[i]->name) : NULL;
        if (symbol == NULL || symbol->kind != SYM_AXIS || symbol->axis != AXIS_BATCH)
            continue;
        DiagMsg *msg = say(c, here.scope, E0404, index->at[i]->span,
                           "batch is no index: every value that depends on data varies over it");
        diag_hint(c->diag, msg, "leave it out; only reductions name it, as in mean[batch](...)");
        return;
    }
    if (count == 0)
        say(c, here.scope, E0404, expr->span, "%s does not vary over an axis and has no index", name);
    else
        say(c, here.scope, E0404, expr->span, "%s runs over %s, but has %d indices here", name,
            axes_text(c, here.scope, set), index->n);
}

/* A read of something over `axes`, the given index for each; the variable is set by the caller. NULL: reported. */
static SemaTerm *read_make(Checker *c, const Expr *expr, Here here, const int *axes, int count, const ExprList *index,
                           const SemaVar *var)
{
    if (index->n == 0 && count > 0) {
        AxisSet set = 0;
        for (int i = 0; i < count; i++)
            set |= AXIS_BIT(axes[i]);
        DiagMsg *msg = say(c, here.scope, E0404, expr->span, "%s is a sequence over %s and needs an index",
                           say_text(c, expr->span), axes_text(c, here.scope, set));
        if (count == 1)
            diag_hint(c->diag, msg, "%s[%s] is its value at a step", say_text(c, expr->span),
                      axis_local(c, here.scope, axes[0]));
        return NULL;
    }
    if (index->n != count) {
        say_index_count(c, here, expr, axes, count, index);
        return NULL;
    }
    SemaTerm *term = term_new(c, TERM_READ, expr, here);
    for (int i = 0; i < count; i++) {
        AxisRead read;
        if (!read_index(c, here, expr, index->at[i], axes[i], var, &read))
            return NULL;
        vec_push(c->arena, &term->term.reads, read);
        if (read.place == READ_OFFSET)
            term->term.axes |= AXIS_BIT(axes[i]);
    }
    term->reduced = term->term.axes & here.reduced;
    return term;
}

static SemaTerm *finish_read(Checker *c, SemaTerm *term, Here here, SemaVar *var)
{
    term->term.var = &var->var;
    for (int i = term->term.reads.n; i < var->var.axis_order.n; i++) { /* axes an application adds */
        const int axis = var->var.axis_order.at[i];
        vec_push(c->arena, &term->term.reads, (AxisRead){axis, READ_OFFSET, 0});
        term->term.axes |= AXIS_BIT(axis);
    }
    term->reduced = term->term.axes & here.reduced;
    for (int i = 0; i < term->term.reads.n; i++)
        if (term->term.reads.at[i].place == READ_OFFSET && term->term.reads.at[i].offset != 0 &&
            var->instance != NULL && var->instance == here.scope->instance)
            var->is_state = true;
    return term;
}

SemaTerm *term_plain_read(Checker *c, const Expr *expr, Here here, SemaVar *var)
{
    return finish_read(c, term_new(c, TERM_READ, expr, here), here, var);
}

SemaTerm *term_output(Checker *c, const Expr *expr, Here here, SemaVar *var)
{
    SemaTerm *term = term_plain_read(c, expr, here, var);
    const AxisSet unbound = term->term.axes & ~here.bound & ~AXIS_BIT(AXIS_BATCH);
    if (unbound == 0)
        return term;
    DiagMsg *msg =
        say(c, here.scope, E0403, expr->span, "%s is not bound in this equation", axes_text(c, here.scope, unbound));
    diag_note(c->diag, msg, var->name_span, "the output %s runs over %s", var->name,
              axes_text(c, here.scope, var->var.axes & ~AXIS_BIT(AXIS_BATCH)));
    return term_error(c, expr, here);
}

/* --- families ------------------------------------------------------------------------------------------------------ */

static const char *members_text(Checker *c, const Symbol *symbol)
{
    Text text = text_new(c->arena);
    const int shown = symbol->members.n > 6 ? 6 : symbol->members.n;
    for (int i = 0; i < shown; i++)
        text_printf(&text, "%s%s%s", i > 0 ? ", " : "", symbol->name,
                    key_text(c, symbol->members.at[i].key, static_count(symbol)));
    return arena_printf(c->arena, "%s%s", text_z(&text), shown < symbol->members.n ? ", ..." : "");
}

Member *member_of(Checker *c, Scope *scope, Symbol *symbol, const ExprList *index, Span span, ExprList *rest)
{
    const bool is_layer = symbol->kind == SYM_LAYER;
    const int statics = is_layer ? symbol->index_count : static_count(symbol);
    *rest = (ExprList){0};
    int64_t key[MAX_INDEX] = {0};
    int keys = 0;
    bool wrong = statics > 0 && index->n != symbol->index_count && index->n != statics;
    for (int i = 0; i < index->n && index->n == statics && symbol->index_count > statics; i++) {
        const Symbol *axis = index->at[i]->kind == EXPR_NAME ? scope_find(scope, index->at[i]->name) : NULL;
        wrong = wrong || (axis != NULL && axis->kind == SYM_AXIS);
    }
    if (wrong) {
        DiagMsg *msg = say(c, scope, E0214, span, "%s is a family: it needs %s", symbol->name,
                           statics == 1 ? "its static index" : "its static indices");
        if (symbol->members.n > 0)
            diag_note(c->diag, msg, symbol->span, "there are %s", members_text(c, symbol));
        return NULL;
    }
    for (int i = 0; i < index->n; i++) {
        const bool is_static = statics > 0 && (is_layer || index->n == statics || (symbol->statics >> i & 1u) != 0);
        if (!is_static)
            vec_push(c->arena, rest, index->at[i]);
        else if (!static_whole(c, scope, index->at[i], -INT32_MAX, INT32_MAX, "a static index", &key[keys++]))
            return NULL;
    }
    Member *member = family_find(symbol, key, statics);
    if (member == NULL) {
        DiagMsg *msg = say(c, scope, E0214, span, "there is no %s%s", symbol->name, key_text(c, key, statics));
        if (symbol->members.n > 0)
            diag_note(c->diag, msg, symbol->span, "there are %s", members_text(c, symbol));
    }
    return member;
}

/* --- names --------------------------------------------------------------------------------------------------------- */

static SemaTerm *make_lookup(Checker *c, const Expr *expr, Here here, SemaTerm *table, const ExprList *index)
{
    if (index->n != 1) {
        say(c, here.scope, E0404, expr->span, "a parameter is looked up by one token");
        return term_error(c, expr, here);
    }
    SemaTerm *term = term_call(c, expr, here, FN_lookup);
    term_add(c, term, table);
    term_add(c, term, term_make(c, index->at[0], here));
    term_finish(c, term);
    return term;
}

static bool is_param(const SemaTerm *term)
{
    return term->term.kind == TERM_READ && term->term.var != NULL && term->term.var->kind == VAR_PARAM;
}

static SemaTerm *read_var(Checker *c, const Expr *expr, Here here, Symbol *symbol, const ExprList *index,
                          const ExprList *second)
{
    ExprList rest;
    const Expr *inner = second->n > 0 ? expr->base : expr;
    const bool is_plain_param =
        !symbol->is_family && symbol->members.n > 0 && symbol->members.at[0].var->var.kind == VAR_PARAM;
    static const ExprList none = {0};
    Member *member = member_of(c, here.scope, symbol, is_plain_param ? &none : index, inner->span, &rest);
    if (member == NULL || member->var == NULL)
        return term_error(c, expr, here);
    SemaVar *var = member->var;
    if (var->var.kind == VAR_PARAM) {
        const ExprList *lookup = is_plain_param ? index : second;
        SemaTerm *table = finish_read(c, term_new(c, TERM_READ, lookup->n > 0 ? expr->base : expr, here), here, var);
        return lookup->n == 0 ? table : make_lookup(c, expr, here, table, lookup);
    }
    if (second->n > 0) {
        say(c, here.scope, E0404, expr->span, "only a parameter can be looked up by a token");
        return term_error(c, expr, here);
    }
    const Instance *instance = here.scope->instance;
    const int own = var->var.axis_order.n - (instance == NULL ? 0 : instance->extra.n);
    SemaTerm *term = read_make(c, expr, here, var->var.axis_order.at, own < 0 ? 0 : own, &rest, var);
    return term == NULL ? term_error(c, expr, here) : finish_read(c, term, here, var);
}

static bool is_at_hand(const SemaTerm *term)
{
    for (int i = 0; i < term->term.reads.n; i++)
        if (term->term.reads.at[i].place != READ_OFFSET || term->term.reads.at[i].offset != 0)
            return false;
    return term->reduced == 0;
}

static SemaTerm *read_port(Checker *c, const Expr *expr, Here here, CellPort *port, const ExprList *index)
{
    if (port->axes.n == 0 && index->n > 0 && is_param(port->arg))
        return make_lookup(c, expr, here, port->arg, index);
    const SemaVar shown = {.var = {.axes = 0}, .name = port->name, .name_span = port->span};
    SemaVar named = shown;
    for (int i = 0; i < port->axes.n; i++)
        named.var.axes |= AXIS_BIT(port->axes.at[i]);
    SemaTerm *term = read_make(c, expr, here, port->axes.at, port->axes.n, index, &named);
    if (term == NULL)
        return term_error(c, expr, here);
    if (port->var == NULL && port->sequence != NULL)
        return finish_read(c, term, here, port->sequence);
    if (port->var == NULL && is_at_hand(term))
        return port->arg;
    return finish_read(c, term, here, port_var(c, port));
}

static SemaTerm *say_wrong_kind(Checker *c, const Expr *expr, Here here, const Symbol *symbol)
{
    DiagMsg *msg = say(c, here.scope, E0208, expr->span, "%s is %s, not a value", symbol->name, symbol->what);
    if (symbol->span.file != 0)
        diag_note(c->diag, msg, symbol->span, "%s declared here", symbol->name);
    if (symbol->kind == SYM_LAYER)
        diag_hint(c->diag, msg, "apply it to its input: %s(...)", say_text(c, expr->span));
    return term_error(c, expr, here);
}

SemaTerm *term_name(Checker *c, const Expr *expr, Here here)
{
    static const ExprList none = {0};
    const Expr *name = expr;
    const ExprList *index = &none, *second = &none;
    if (name->kind == EXPR_INDEX) {
        index = &name->items;
        name = name->base;
    }
    if (name->kind == EXPR_INDEX) {
        second = index;
        index = &name->items;
        name = name->base;
    }
    if (name->kind != EXPR_NAME) {
        DiagMsg *msg = say(c, here.scope, E0404, expr->op_span, "only a name has an index");
        diag_hint(c->diag, msg, "give the value an equation of its own");
        return term_error(c, expr, here);
    }
    Symbol *symbol = scope_unknown(c, here.scope, name->name, name->span, "name");
    if (symbol == NULL)
        return term_error(c, expr, here);
    if (symbol->kind == SYM_VAR)
        return read_var(c, expr, here, symbol, index, second);
    if (symbol->kind == SYM_PORT && second->n == 0)
        return read_port(c, expr, here, symbol->port, index);
    if (symbol->kind == SYM_ARG && index->n > 0 && second->n == 0 && is_param(symbol->term))
        return make_lookup(c, expr, here, symbol->term, index);
    if (symbol->kind != SYM_NUMBER && symbol->kind != SYM_ARG)
        return say_wrong_kind(c, expr, here, symbol);
    if (index->n > 0) {
        say(c, here.scope, E0404, expr->span, "%s is %s and has no index", symbol->name, symbol->what);
        return term_error(c, expr, here);
    }
    if (symbol->kind == SYM_ARG)
        return symbol->term;
    return static_symbol(c, symbol) ? term_number(c, expr, here, symbol->number) : term_error(c, expr, here);
}

/* The variable that a bare name stands for where a whole sequence is wanted; its axes are those of the port, if it is
 * one, else its own. NULL: reported. */
SemaVar *bare_sequence(Checker *c, Here here, const Expr *expr, const CellPort **port)
{
    static const ExprList none = {0};
    const Expr *stripped = expr_strip(expr);
    const Expr *name = stripped->kind == EXPR_INDEX ? stripped->base : stripped;
    const ExprList *index = stripped->kind == EXPR_INDEX ? &stripped->items : &none;
    Symbol *symbol = name->kind == EXPR_NAME ? scope_unknown(c, here.scope, name->name, name->span, "name") : NULL;
    ExprList rest = {0};
    *port = NULL;
    if (name->kind == EXPR_NAME && symbol == NULL)
        return NULL;
    if (symbol != NULL && symbol->kind == SYM_PORT && index->n == 0 && symbol->port->axes.n > 0) {
        *port = symbol->port;
        return symbol->port->sequence != NULL && symbol->port->var == NULL ? symbol->port->sequence
                                                                           : port_var(c, symbol->port);
    }
    if (symbol != NULL && symbol->kind == SYM_VAR && index->n == static_count(symbol)) {
        const Member *member = member_of(c, here.scope, symbol, index, stripped->span, &rest);
        if (member == NULL)
            return NULL;
        if (member->var->var.axis_order.n > 0)
            return member->var;
    }
    DiagMsg *msg = say(c, here.scope, E0308, expr->span, "a whole sequence is wanted here, by its bare name");
    if (name->kind == EXPR_NAME && symbol != NULL && symbol->kind == SYM_VAR)
        diag_hint(c->diag, msg, "%s without an index is the whole sequence", name->name);
    else
        diag_hint(c->diag, msg, "give it an equation of its own, and name that");
    return NULL;
}

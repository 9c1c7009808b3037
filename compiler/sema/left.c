/* left.c: the place where a name is defined: its index (S6, E0201), and the variable that comes into being. A name with
 * static indices is one member of a family: h[2,t] is the variable h[2] over t. */
#include <stdio.h>
#include <string.h>

#include "sema/check.h"

const char *key_text(Checker *c, const int64_t *key, int count)
{
    if (count == 0)
        return "";
    Text text = text_new(c->arena);
    for (int i = 0; i < count; i++)
        text_printf(&text, "%s%lld", i == 0 ? "[" : ",", (long long)key[i]);
    text_add(&text, "]");
    return text_z(&text);
}

static const Expr *find_axis(const Scope *scope, const Expr *expr)
{
    if (expr->kind == EXPR_NAME) {
        const Symbol *symbol = scope_find(scope, expr->name);
        return symbol != NULL && symbol->kind == SYM_AXIS ? expr : NULL;
    }
    for (int i = 0; i < expr->items.n; i++) {
        const Expr *found = find_axis(scope, expr->items.at[i]);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* t, t+2, t-1 with literal offsets: the offset; false for anything else. */
static bool literal_offset(const Expr *index, const char *axis, int64_t *offset)
{
    *offset = 0;
    if (index->kind == EXPR_NAME)
        return index->name == axis;
    if (index->kind != EXPR_BINARY || (index->op != EXPR_ADD && index->op != EXPR_SUB))
        return false;
    const Expr *left = index->items.at[0], *right = index->items.at[1];
    if (left->kind != EXPR_NAME || left->name != axis || right->kind != EXPR_INT || right->integer < 0 ||
        right->integer > MAX_OFFSET)
        return false;
    *offset = index->op == EXPR_ADD ? right->integer : -right->integer;
    return true;
}

/* The index moved by `offset` steps ("t-1"), or NULL where it is no literal one along the axis. */
const char *offset_text(Checker *c, const Expr *index, const char *axis, int offset)
{
    int64_t old;
    if (!literal_offset(index, axis, &old))
        return NULL;
    const long long now = (long long)old + offset;
    return now == 0 ? axis : arena_printf(c->arena, "%s%+lld", axis, now);
}

typedef VEC(Edit) EditList;

/* Edits that move every index along `axis` in an expression; false: one could not be moved. */
static bool shift_all(Checker *c, const Expr *expr, const char *axis, int offset, EditList *edits)
{
    if (expr->kind == EXPR_CALL && expr->base->kind == EXPR_INDEX) /* sum[t](...) binds t anew */
        for (int i = 0; i < expr->base->items.n; i++)
            if (expr->base->items.at[i]->kind == EXPR_NAME && expr->base->items.at[i]->name == axis)
                return true;
    if (expr->kind == EXPR_INDEX)
        for (int i = 0; i < expr->items.n; i++) {
            const char *text = offset_text(c, expr->items.at[i], axis, offset);
            if (text != NULL)
                vec_push(c->arena, edits, (Edit){expr->items.at[i]->span, text});
        }
    bool ok = true;
    for (int i = 0; i < expr->items.n; i++)
        ok = ok && shift_all(c, expr->items.at[i], axis, offset, edits);
    for (int i = 0; i < expr->args.n; i++)
        ok = ok && shift_all(c, expr->args.at[i].value, axis, offset, edits);
    return ok && (expr->base == NULL || shift_all(c, expr->base, axis, offset, edits));
}

static void say_shifted(Checker *c, Scope *scope, const Expr *index, const char *axis, const Stmt *stmt)
{
    DiagMsg *msg = say(c, scope, E0201, index->span, "the left side must be indexed by the bare axis %s", axis);
    int64_t offset;
    EditList edits = {0};
    if (stmt->kind != STMT_EQUATION || !literal_offset(index, axis, &offset) || offset == 0)
        return;
    vec_push(c->arena, &edits, (Edit){index->span, axis});
    if (shift_all(c, stmt->value, axis, (int)-offset, &edits))
        offer(c, msg, offer_group(c), edits.at, edits.n, "shift the whole equation: %s",
              say_edited(c, stmt->span, edits.at, edits.n));
}

static bool add_axis(Checker *c, Scope *scope, const Expr *expr, int axis, LeftIndex *out)
{
    if (axis == AXIS_BATCH) {
        DiagMsg *msg = say(c, scope, E0404, expr->span,
                           "batch is no index: every value that depends on data varies "
                           "over it");
        diag_hint(c->diag, msg, "leave it out; only reductions name it, as in mean[batch](...)");
        return false;
    }
    for (int i = 0; i < out->axes; i++)
        if (out->axis[i] == axis) {
            say(c, scope, E0404, expr->span, "%s stands twice in the index", say_text(c, expr->span));
            return false;
        }
    out->axis[out->axes++] = axis;
    return true;
}

static bool add_index(Checker *c, Scope *scope, const Expr *expr, const Stmt *stmt, LeftIndex *out)
{
    if (out->keys + out->axes >= MAX_INDEX) {
        say(c, scope, E0212, expr->span, "a name has at most %d indices", MAX_INDEX);
        return false;
    }
    if (expr->kind == EXPR_FIRST || expr->kind == EXPR_LAST) {
        if (out->edge >= 0) {
            say(c, scope, E0405, expr->span, "an edge equation is for one end of one axis");
            return false;
        }
        out->edge = out->axes;
        out->edge_last = expr->kind == EXPR_LAST;
        out->axis[out->axes++] = -1;
        return true;
    }
    const Expr *axis = find_axis(scope, expr);
    if (axis != NULL) {
        if (expr->kind != EXPR_NAME) {
            say_shifted(c, scope, expr, axis->name, stmt);
            out->shifted = true;
        }
        return add_axis(c, scope, expr, scope_find(scope, axis->name)->axis, out);
    }
    if (expr->kind == EXPR_NAME && scope_find(scope, expr->name) == NULL)
        return scope_unknown(c, scope, expr->name, expr->span, "axis") != NULL;
    out->statics |= 1u << (out->keys + out->axes);
    return static_whole(c, scope, expr, -INT32_MAX, INT32_MAX, "a static index", &out->key[out->keys++]);
}

/* Reads the index of a name that is defined. False: reported, and uses of the name stay silent. */
bool left_index(Checker *c, Scope *scope, const Name *name, const ExprList *more, const Stmt *stmt, LeftIndex *out)
{
    *out = (LeftIndex){.edge = -1};
    bool ok = true;
    for (int i = 0; ok && i < name->index.n; i++)
        ok = add_index(c, scope, name->index.at[i], stmt, out);
    for (int i = 0; ok && more != NULL && i < more->n; i++)
        ok = add_index(c, scope, more->at[i], stmt, out);
    if (!ok && scope_find(scope, name->id) == NULL)
        scope_define(c, scope, SYM_BROKEN, name->id, name->id_span, "in error");
    return ok;
}

SemaVar *var_new(Checker *c, Scope *scope, VarKind kind, const char *name, Span span)
{
    SemaVar *var = arena_make(c->arena, SemaVar);
    var->var.kind = kind;
    var->var.span = span;
    var->var.path = name;
    var->var.edge_axis = var->var.loop_axis = -1;
    var->name = name;
    var->left = name;
    var->name_span = span;
    var->scope = scope;
    if (scope->instance == NULL) {
        vec_push(c->arena, &c->vars, var);
    } else {
        var->is_hidden = true;
        vec_push(c->arena, &scope->instance->vars, var);
    }
    if (++c->var_count > MAX_VARS)
        limit_hit(c, scope, span, "too many variables after expansion", MAX_VARS);
    return var;
}

static SemaVar *say_twice(Checker *c, Scope *scope, const Name *name, const char *left, const Symbol *symbol,
                          const Member *old, bool is_equation)
{
    DiagMsg *msg = say(c, scope, E0202, name->span, "%s is defined twice", left);
    const Span first = old == NULL ? symbol->span : old->span;
    diag_note(c->diag, msg, first, "first definition");
    if (first.file == name->span.file && first.start == name->span.start)
        diag_hint(c->diag, msg, "a for copies its body; give each copy an index: %s[%s]", name->id,
                  scope->copy == COPY_FOR ? scope->copy_name : "k");
    else if (is_equation && old != NULL && old->var != NULL && old->var->var.kind == VAR_EQUATION)
        diag_hint(c->diag, msg, "an equation is not an assignment; give the second value its own name");
    return NULL;
}

/* An output of a cell exists before its equation: that takes it over. */
static SemaVar *claim(Checker *c, Scope *scope, SemaVar *var, const Name *name, const LeftIndex *index,
                      const char *left)
{
    const Instance *instance = scope->instance;
    const int extra = instance == NULL ? 0 : instance->extra.n;
    bool same = var->var.axis_order.n == index->axes + extra;
    for (int i = 0; same && i < index->axes; i++)
        same = var->var.axis_order.at[i] == index->axis[i];
    if (!same) {
        say(c, scope, E0404, name->span, "output %s has other axes in the head of the cell", name->id);
        var->state = TYPE_ERROR;
    }
    var->scope = scope;
    var->name = name->id;
    var->left = left;
    return var;
}

static void set_axes(Checker *c, SemaVar *var, const LeftIndex *index)
{
    const Instance *instance = var->scope->instance;
    for (int i = 0; i < index->axes; i++)
        if (index->axis[i] >= 0) /* first, last: reported by the caller */
            vec_push(c->arena, &var->var.axis_order, index->axis[i]);
    for (int i = 0; instance != NULL && i < instance->extra.n; i++)
        vec_push(c->arena, &var->var.axis_order, instance->extra.at[i]);
    for (int i = 0; i < var->var.axis_order.n; i++)
        if (var->var.axis_order.at[i] > 0)
            var->var.axes |= AXIS_BIT(var->var.axis_order.at[i]);
}

SemaVar *var_declare(Checker *c, Scope *scope, VarKind kind, const Name *name, const LeftIndex *index, const Stmt *stmt,
                     const char *what)
{
    Symbol *symbol = scope_find(scope, name->id);
    const char *left =
        stmt->is_tuple && stmt->tuple_index.n > 0
            ? arena_printf(c->arena, "%s[%s]", say_text(c, name->id_span),
                           say_text(c, span_join(stmt->tuple_index.at[0]->span, vec_last(&stmt->tuple_index)->span)))
            : say_text(c, name->span);
    const Scope *owner = scope;
    while (owner->transparent)
        owner = owner->outer;
    if (symbol == NULL || table_find(&owner->names, name->id) != symbol) {
        symbol = scope_define(c, scope, SYM_VAR, name->id, name->id_span, what);
        if (symbol == NULL)
            return NULL;
        symbol->is_family = index->keys > 0;
        symbol->statics = index->statics;
        symbol->index_count = index->keys + index->axes;
    } else if (symbol->kind == SYM_BROKEN) {
        return NULL;
    } else if (symbol->kind != SYM_VAR) {
        return say_twice(c, scope, name, left, symbol, NULL, false);
    } else {
        Member *old = family_find(symbol, index->key, index->keys);
        if (symbol->statics != index->statics || symbol->index_count != index->keys + index->axes) {
            DiagMsg *msg = say(c, scope, E0214, name->span, "%s has other indices than before", left);
            diag_note(c->diag, msg, symbol->span, "first definition");
            return NULL;
        }
        if (old != NULL && old->var != NULL && old->var->instance != NULL && !old->var->has_def &&
            kind == VAR_EQUATION && scope->instance != NULL)
            return claim(c, scope, old->var, name, index, left);
        if (old != NULL)
            return say_twice(c, scope, name, left, symbol, old, kind == VAR_EQUATION);
    }
    SemaVar *var = var_new(c, scope, kind, name->id, name->span);
    var->var.path = arena_printf(c->arena, "%s%s%s", scope->prefix, name->id, key_text(c, index->key, index->keys));
    var->var.doc = stmt->doc;
    var->left = left;
    var->name_span = name->id_span;
    set_axes(c, var, index);
    Member member = {.var = var, .span = name->span};
    memcpy(member.key, index->key, sizeof member.key);
    vec_push(c->arena, &symbol->members, member);
    return var;
}

/* clash_port.c: E0308, an input that is not what the cell's port says. The note shows which argument of the layer made
 * the port what it is; the hint is the layer with another argument there. */
#include "sema/check.h"

static bool mentions(const Expr *expr, const char *name)
{
    if (expr->kind == EXPR_NAME)
        return expr->name == name;
    for (int i = 0; i < expr->items.n; i++)
        if (mentions(expr->items.at[i], name))
            return true;
    return false;
}

static bool type_mentions(const TypeExpr *type, const char *name)
{
    for (int i = 0; i < type->dims.n; i++)
        if (mentions(type->dims.at[i], name))
            return true;
    return type->arg != NULL && mentions(type->arg, name);
}

/* "GRU[D, H]": the layer as written, one argument replaced. */
static const char *layer_text(Checker *c, const Stmt *stmt, const Expr *replaced, const char *with)
{
    Text text = text_new(c->arena);
    text_add(&text, stmt->cell);
    for (int i = 0; i < stmt->args.n; i++) {
        const Arg *arg = &stmt->args.at[i];
        text_add(&text, i == 0 ? "[" : ", ");
        if (arg->name != NULL)
            text_printf(&text, "%s = ", arg->name);
        text_add(&text, arg->value == replaced ? with : say_text(c, arg->value->span));
    }
    text_add(&text, stmt->args.n > 0 ? "]" : "");
    return text_z(&text);
}

static const char *names_text(Checker *c, const Stmt *stmt)
{
    return say_text(c, span_join(stmt->names.at[0].span, vec_last(&stmt->names).span));
}

/* The argument given for a parameter of the cell, or NULL. */
static const Expr *argument(const Stmt *stmt, const Stmt *cell, const char *name)
{
    for (int i = 0; i < stmt->args.n; i++)
        if (stmt->args.at[i].name == name ||
            (stmt->args.at[i].name == NULL && i < cell->sparams.n && cell->sparams.at[i].id == name))
            return stmt->args.at[i].value;
    return NULL;
}

static const TypeExpr *port_type(const Stmt *cell, Span span)
{
    for (int i = 0; i < cell->ports.n; i++)
        if (cell->ports.at[i].name.id_span.start == span.start)
            return cell->ports.at[i].type;
    return cell->ports.at[0].type;
}

static void note_arguments(Checker *c, DiagMsg *msg, const Layer *layer, const TypeExpr *type, Scope *scope)
{
    Text has = text_new(c->arena);
    for (int i = 0; i < layer->cell->sparams.n; i++) {
        const char *id = layer->cell->sparams.at[i].id;
        const Symbol *symbol = scope_find(layer->scope, id);
        if (type_mentions(type, id) && symbol != NULL && symbol->kind == SYM_NUMBER)
            text_printf(&has, "%s%s := %s", has.n > 0 ? ", " : "", id,
                        symbol->is_dim ? say_dim(c, scope, symbol->number.dim)
                                       : arena_printf(c->arena, "%g", symbol->number.number));
    }
    if (has.n > 0)
        diag_note(c->diag, msg, layer->stmt->cell_span, "%s = %s has %s", names_text(c, layer->stmt),
                  layer_text(c, layer->stmt, NULL, NULL), text_z(&has));
}

/* Where one dim of the port is a bare parameter of the cell, giving that parameter the dim at hand would fit. */
static void offer_argument(Checker *c, DiagMsg *msg, const Layer *layer, const TypeExpr *type, const SemaTerm *term)
{
    const Type given = term->term.type, port = term->port->type;
    const Expr *changed = NULL;
    Dim wanted = {0, NULL};
    int changes = 0;
    if (given.kind != port.kind || given.shape.rank != port.shape.rank)
        return;
    for (int i = 0; i < given.shape.rank && type->id == NULL; i++)
        if (!dim_equal(given.shape.dim[i], port.shape.dim[i])) {
            changed = type->dims.at[i];
            wanted = given.shape.dim[i];
            changes++;
        }
    if (given.kind == TYPE_TOKEN) {
        changed = type->arg;
        wanted = given.vocab;
        changes = 1;
    }
    if (changes != 1 || changed == NULL || changed->kind != EXPR_NAME)
        return;
    const Expr *old = argument(layer->stmt, layer->cell, changed->name);
    if (old == NULL)
        return;
    const char *with = say_dim(c, layer->user, wanted);
    const Edit edit = {old->span, with};
    offer(c, msg, offer_group(c), &edit, 1, "layer %s = %s", names_text(c, layer->stmt),
          layer_text(c, layer->stmt, old, with));
}

void clash_port(Checker *c, SemaTerm *term)
{
    const CellPort *port = term->port;
    const Instance *instance = port->scope->instance;
    const Layer *layer = instance->layer;
    Scope *scope = port->scope->around;
    const TypeExpr *type = port_type(layer->cell, port->span);
    DiagMsg *msg =
        say(c, scope, E0308, term->port_at, "%s expects %s : %s, given %s", layer->cell->id, port->name,
            port->type.kind == TYPE_REAL && port->type.shape.rank == 0 ? "real" : say_type(c, scope, port->type),
            say_type(c, scope, term->term.type));
    note_arguments(c, msg, layer, type, scope);
    diag_note(c->diag, msg, layer->cell->id_span, "%s", cell_head(c, layer->cell));
    offer_argument(c, msg, layer, type, term);
    type_fail(term);
}

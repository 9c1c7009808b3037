/* unapplied.c: a cell that no layer applies is checked too, by a model that applies it once: its dims are dims of their
 * own, its inputs inputs. What depends on the numbers chosen for it is not reported. */
#include "sema/check.h"

static Expr *name_expr(Checker *c, const char *name, Span span)
{
    Expr *expr = arena_make(c->arena, Expr);
    expr->kind = EXPR_NAME;
    expr->name = name;
    expr->span = expr->op_span = span;
    return expr;
}

static Expr *int_expr(Checker *c, int64_t number, Span span)
{
    Expr *expr = name_expr(c, NULL, span);
    expr->kind = EXPR_INT;
    expr->integer = number;
    expr->real = (double)number;
    return expr;
}

static Stmt *stmt_new(Checker *c, StmtList *list, StmtKind kind, const char *id, Span span)
{
    Stmt *stmt = arena_make(c->arena, Stmt);
    stmt->kind = kind;
    stmt->id = id;
    stmt->span = stmt->id_span = stmt->lhs_span = stmt->cell_span = span;
    vec_push(c->arena, list, stmt);
    return stmt;
}

static void add_axes(Checker *c, StmtList *body, const PortList *ports, Span span)
{
    for (int i = 0; i < ports->n; i++)
        for (int k = 0; k < ports->at[i].name.index.n; k++) {
            const Expr *index = ports->at[i].name.index.at[k];
            bool known = index->kind != EXPR_NAME;
            for (int a = 0; a < body->n; a++)
                known = known || (body->at[a]->kind == STMT_AXIS && body->at[a]->id == index->name);
            if (known)
                continue;
            Stmt *axis = stmt_new(c, body, STMT_AXIS, index->name, span);
            axis->value = int_expr(c, 1, span);
            axis->high = int_expr(c, 9, span);
        }
}

/* The layer with its arguments, and numbers of the same names for the types of the inputs. */
static void add_layer(Checker *c, Ast *ast, StmtList *body, const Stmt *cell, const char *name)
{
    const Span span = cell->id_span;
    Stmt *layer = stmt_new(c, body, STMT_LAYER, NULL, span);
    vec_push(c->arena, &layer->names, (Name){.id = name, .span = span, .id_span = span});
    layer->cell = cell->id;
    for (int i = 0; i < cell->sparams.n; i++) {
        const Sparam *param = &cell->sparams.at[i];
        const bool is_fn = param->kind == SPARAM_FN;
        if (is_fn && param->value != NULL)
            continue;
        const char *value = is_fn ? intern_z(c->names, "tanh") : param->id;
        vec_push(c->arena, &layer->args, (Arg){param->id, span, name_expr(c, value, span)});
        if (is_fn)
            continue;
        Stmt *number = stmt_new(c, &ast->top, param->kind == SPARAM_DIM ? STMT_DIM : STMT_CONST, NULL, span);
        vec_push(c->arena, &number->binds,
                 (Bind){param->id, param->id_span, param->value != NULL ? param->value : int_expr(c, 64 + i, span)});
    }
}

static Expr *application(Checker *c, StmtList *body, const Stmt *cell, const char *layer)
{
    const Span span = cell->id_span;
    const Name *first = &cell->results.at[0].name;
    Expr *call = name_expr(c, NULL, span);
    call->kind = EXPR_CALL;
    call->base = name_expr(c, layer, span);
    for (int i = 0; i < cell->ports.n; i++) {
        const Name *port = &cell->ports.at[i].name;
        Stmt *input = stmt_new(c, body, STMT_INPUT, NULL, port->span);
        vec_push(c->arena, &input->names, *port);
        input->type = cell->ports.at[i].type;
        Expr *value = name_expr(c, port->id, port->span);
        const bool running = port->index.n == 1 && first->index.n > 0 && port->index.at[0]->kind == EXPR_NAME &&
                             first->index.at[0]->kind == EXPR_NAME &&
                             port->index.at[0]->name == first->index.at[0]->name;
        if (running) {
            Expr *read = name_expr(c, NULL, port->span);
            read->kind = EXPR_INDEX;
            read->base = value;
            vec_push(c->arena, &read->items, port->index.at[0]);
            value = read;
        }
        vec_push(c->arena, &call->args, (Arg){NULL, span, value});
    }
    return call;
}

/* dim D = 64 ...; model { axis t in 1..9; input x[t] : [D]; layer l = C[D = D]; y[t] = l(x[t]) } */
static Ast *trial_of(Checker *c, const Stmt *cell, const Stmt **model)
{
    const Span span = cell->id_span;
    const char *layer = intern_z(c->names, "the layer"), *result = intern_z(c->names, "the result");
    Ast *ast = arena_make(c->arena, Ast);
    ast->file = span.file;
    ast->version_span = span;
    StmtList body = {0};
    add_axes(c, &body, &cell->results, span);
    add_axes(c, &body, &cell->ports, span);
    add_layer(c, ast, &body, cell, layer);
    Expr *value = application(c, &body, cell, layer);
    Stmt *equation = stmt_new(c, &body, STMT_EQUATION, NULL, span);
    Name left = cell->results.at[0].name;
    left.id = result;
    vec_push(c->arena, &equation->names, left);
    equation->value = value;
    Stmt *stmt = stmt_new(c, &ast->top, STMT_MODEL, cell->id, span);
    stmt->body = body;
    *model = stmt;
    return ast;
}

void unapplied_check(Checker *c)
{
    for (int i = 0; i < c->functions.all.n; i++) {
        const Symbol *symbol = c->functions.all.at[i];
        if (symbol->kind != SYM_CELL || symbol->is_used || say_is_builtin(c, symbol->span) ||
            symbol->stmt->ports.n > 64)
            continue;
        static const SemaOptions plain = {.no_hints = false};
        const Stmt *model;
        Ast *ast = trial_of(c, symbol->stmt, &model);
        Checker *trial = arena_make(c->arena, Checker);
        *trial = (Checker){.arena = c->arena,
                           .names = c->names,
                           .sources = c->sources,
                           .diag = c->diag,
                           .options = &plain,
                           .functions = c->functions,
                           .model_stmt = model,
                           .scrap = diag_new(c->arena, c->sources),
                           .scrap_at = symbol->span};
        trial->model = arena_make(c->arena, Model);
        trial->model->file = symbol->span.file;
        program_check(trial, ast, model);
        say_copies(trial);
        for (int k = 0; k < trial->offers.n && !c->options->no_hints; k++) {
            Offer made = trial->offers.at[k];
            made.group += c->offer_groups;
            vec_push(c->arena, &c->offers, made);
        }
        c->offer_groups += trial->offer_groups;
    }
}

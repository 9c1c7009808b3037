/* build.c: statements of the tree. The fields each kind uses are listed in syntax/ast.h. */
#include "grammar/build.h"

static Stmt *new_stmt(Parser *ps, StmtKind kind, Span span)
{
    Stmt *stmt = arena_make(ps->arena, Stmt);
    stmt->kind = kind;
    stmt->span = span;
    stmt->doc = build_doc(ps, span.start);
    return stmt;
}

static Stmt *named_stmt(Parser *ps, StmtKind kind, Span span, const char *id, Span id_span)
{
    Stmt *stmt = new_stmt(ps, kind, span);
    stmt->id = id;
    stmt->id_span = id_span;
    return stmt;
}

static void set_words(Stmt *stmt, const Words *words)
{
    stmt->words = words->words;
    stmt->word_spans = words->spans;
}

void build_file(Parser *ps, Span version, StmtList top)
{
    (void)version; /* checked before the parser starts */
    ps->ast->top = top;
}

StmtList build_stmts(Parser *ps, StmtList list, Stmt *stmt)
{
    if (stmt != NULL)
        vec_push(ps->arena, &list, stmt);
    return list;
}

Stmt *build_use_file(Parser *ps, Span keyword, Span string)
{
    Stmt *stmt = new_stmt(ps, STMT_USE, span_join(keyword, string));
    stmt->string = build_string(ps, string)->name;
    stmt->id_span = string;
    return stmt;
}

Stmt *build_use_path(Parser *ps, Span keyword, const Words *path)
{
    Stmt *stmt = new_stmt(ps, STMT_USE, span_join(keyword, vec_last(&path->spans)));
    stmt->id_span = span_join(path->spans.at[0], vec_last(&path->spans));
    set_words(stmt, path);
    return stmt;
}

Stmt *build_cell(Parser *ps, Span from, Span to, const char *id, Span id_span, SparamList sparams, PortList ports,
                 PortList results, StmtList body)
{
    Stmt *stmt = named_stmt(ps, STMT_CELL, span_join(from, to), id, id_span);
    stmt->sparams = sparams;
    stmt->ports = ports;
    stmt->results = results;
    stmt->body = body;
    return stmt;
}

Stmt *build_model(Parser *ps, Span from, Span to, const char *id, Span id_span, StmtList body)
{
    Stmt *stmt = named_stmt(ps, STMT_MODEL, span_join(from, to), id, id_span);
    stmt->body = body;
    return stmt;
}

Stmt *build_binds(Parser *ps, StmtKind kind, Span span, BindList binds)
{
    Stmt *stmt = new_stmt(ps, kind, span);
    stmt->binds = binds;
    return stmt;
}

Stmt *build_bind(Parser *ps, StmtKind kind, Span span, Bind bind)
{
    return build_binds(ps, kind, span, build_bind_list(ps, (BindList){0}, bind));
}

Stmt *build_fn(Parser *ps, Span span, const char *id, Span id_span, const Words *params, Expr *body)
{
    Stmt *stmt = named_stmt(ps, STMT_FN, span, id, id_span);
    set_words(stmt, params);
    stmt->value = body;
    return stmt;
}

Stmt *build_partition(Parser *ps, Span span, const char *id, Span id_span, Expr *words, Expr *classes, Expr *how)
{
    Stmt *stmt = named_stmt(ps, STMT_PARTITION, span, id, id_span);
    stmt->first_arg = words;
    stmt->high = classes;
    stmt->value = how;
    return stmt;
}

Stmt *build_init(Parser *ps, Span keyword, Name name, Expr *value)
{
    Stmt *stmt = new_stmt(ps, STMT_INIT, span_join(keyword, value->span));
    stmt->names = build_names(ps, (NameList){0}, name);
    stmt->value = value;
    return stmt;
}

Stmt *build_param(Parser *ps, Span span, NameList names, TypeExpr *type, Expr *initial, bool frozen)
{
    Stmt *stmt = build_data(ps, STMT_PARAM, span, names, type);
    stmt->value = initial;
    stmt->flag = frozen;
    return stmt;
}

Stmt *build_layer(Parser *ps, Span span, NameList names, const char *cell, Span cell_span, Brackets brackets,
                  bool frozen, OverrideList overrides)
{
    Stmt *stmt = new_stmt(ps, STMT_LAYER, span);
    stmt->names = names;
    stmt->cell = cell;
    stmt->cell_span = cell_span;
    stmt->has_args = brackets.written;
    stmt->args = brackets.args;
    stmt->flag = frozen;
    stmt->overrides = overrides;
    return stmt;
}

Stmt *build_for(Parser *ps, Span span, const char *id, Span id_span, Expr *low, Expr *high, StmtList body)
{
    Stmt *stmt = build_axis(ps, span, id, id_span, low, high, false);
    stmt->kind = STMT_FOR;
    stmt->body = body;
    return stmt;
}

Stmt *build_lhs(Parser *ps, Name name)
{
    return build_tuple(ps, build_names(ps, (NameList){0}, name), (ExprList){0});
}

/* build_lhs makes its statement here too: a tuple begins with '(', before the span of its first name. */
Stmt *build_tuple(Parser *ps, NameList names, ExprList index)
{
    Stmt *stmt = arena_make(ps->arena, Stmt);
    stmt->kind = STMT_EQUATION;
    stmt->names = names;
    stmt->tuple_index = index;
    return stmt;
}

Stmt *build_equation(Parser *ps, Span span, Span lhs_span, Stmt *lhs, TypeExpr *type, Expr *value)
{
    lhs->is_tuple = lhs_span.start < lhs->names.at[0].span.start;
    lhs->span = span;
    lhs->doc = build_doc(ps, span.start);
    lhs->lhs_span = lhs_span;
    lhs->type = type;
    lhs->value = value;
    return lhs;
}

Stmt *build_axis(Parser *ps, Span span, const char *id, Span id_span, Expr *low, Expr *high, bool carry)
{
    Stmt *stmt = named_stmt(ps, STMT_AXIS, span, id, id_span);
    stmt->value = low;
    stmt->high = high;
    stmt->flag = carry;
    return stmt;
}

Stmt *build_data(Parser *ps, StmtKind kind, Span span, NameList names, TypeExpr *type)
{
    Stmt *stmt = new_stmt(ps, kind, span);
    stmt->names = names;
    stmt->type = type;
    return stmt;
}

Stmt *build_output_equation(Parser *ps, Span span, Stmt *equation)
{
    Stmt *stmt = new_stmt(ps, STMT_OUTPUT, span);
    equation->doc = stmt->doc;
    stmt->inner = equation;
    return stmt;
}

Stmt *build_output_names(Parser *ps, Span span, NameList names)
{
    Stmt *stmt = new_stmt(ps, STMT_OUTPUT, span);
    stmt->names = names;
    return stmt;
}

Stmt *build_output_words(Parser *ps, Span span, const Words *words)
{
    Stmt *stmt = new_stmt(ps, STMT_OUTPUT, span);
    set_words(stmt, words);
    return stmt;
}

Stmt *build_step(Parser *ps, Span span, const char *id, Span id_span, const char *axis, Span axis_span,
                 const Words *outputs)
{
    Stmt *stmt = named_stmt(ps, STMT_STEP, span, id, id_span);
    stmt->axis = axis;
    stmt->axis_span = axis_span;
    set_words(stmt, outputs);
    return stmt;
}

Stmt *build_generate(Parser *ps, Span span, const char *id, Span id_span, const char *axis, Span axis_span,
                     StmtList body)
{
    Stmt *stmt = named_stmt(ps, STMT_GENERATE, span, id, id_span);
    stmt->axis = axis;
    stmt->axis_span = axis_span;
    stmt->body = body;
    if (body.n == 0 && diag_errors(ps->diag) == 0)
        diag_report(ps->diag, E0106, id_span, "the block of '%s' defines nothing", id);
    return stmt;
}

Stmt *build_stop(Parser *ps, Span span, Expr *condition)
{
    Stmt *stmt = new_stmt(ps, STMT_STOP, span);
    stmt->value = condition;
    return stmt;
}

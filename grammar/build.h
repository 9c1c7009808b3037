/* build.h: the actions of rnn.y: one function makes one node of the tree. Lists are passed and returned by value. */
#ifndef RNNC_BUILD_H
#define RNNC_BUILD_H
#include "grammar/parser.h"

typedef struct Words { /* names with their places: a.b.c or a, b, c */
    WordList words;
    SpanList spans;
} Words;
typedef struct Brackets { /* of a layer's cell: LSTM or LSTM[H, H] */
    bool written;
    ArgList args;
} Brackets;

/* ---- statements: build.c ---- */
void build_file(Parser *ps, Span version, StmtList top);
StmtList build_stmts(Parser *ps, StmtList list, Stmt *stmt); /* NULL adds nothing */
Stmt *build_use_file(Parser *ps, Span keyword, Span string);
Stmt *build_use_path(Parser *ps, Span keyword, const Words *path);
Stmt *build_cell(Parser *ps, Span from, Span to, const char *id, Span id_span, SparamList sparams, PortList ports,
                 PortList results, StmtList body);
Stmt *build_model(Parser *ps, Span from, Span to, const char *id, Span id_span, StmtList body);
Stmt *build_binds(Parser *ps, StmtKind kind, Span span, BindList binds);
Stmt *build_bind(Parser *ps, StmtKind kind, Span span, Bind bind);
Stmt *build_fn(Parser *ps, Span span, const char *id, Span id_span, const Words *params, Expr *body);
Stmt *build_partition(Parser *ps, Span span, const char *id, Span id_span, Expr *words, Expr *classes, Expr *how);
Stmt *build_init(Parser *ps, Span keyword, Name name, Expr *value);
Stmt *build_param(Parser *ps, Span span, NameList names, TypeExpr *type, Expr *initial, bool frozen);
Stmt *build_layer(Parser *ps, Span span, NameList names, const char *cell, Span cell_span, Brackets brackets,
                  bool frozen, OverrideList overrides);
Stmt *build_for(Parser *ps, Span span, const char *id, Span id_span, Expr *low, Expr *high, StmtList body);
Stmt *build_lhs(Parser *ps, Name name);
Stmt *build_tuple(Parser *ps, NameList names, ExprList index);
Stmt *build_equation(Parser *ps, Span span, Span lhs_span, Stmt *lhs, TypeExpr *type, Expr *value);
Stmt *build_axis(Parser *ps, Span span, const char *id, Span id_span, Expr *low, Expr *high, bool carry);
Stmt *build_data(Parser *ps, StmtKind kind, Span span, NameList names, TypeExpr *type);
Stmt *build_output_equation(Parser *ps, Span span, Stmt *equation);
Stmt *build_output_names(Parser *ps, Span span, NameList names);
Stmt *build_output_words(Parser *ps, Span span, const Words *words);
Stmt *build_step(Parser *ps, Span span, const char *id, Span id_span, const char *axis, Span axis_span,
                 const Words *outputs);
Stmt *build_generate(Parser *ps, Span span, const char *id, Span id_span, const char *axis, Span axis_span,
                     StmtList body);
Stmt *build_stop(Parser *ps, Span span, Expr *condition);

/* ---- lists and small parts: build_part.c ---- */
Words *build_words(Parser *ps, Words *words, const char *word, Span span); /* NULL begins a list */
BindList build_bind_list(Parser *ps, BindList list, Bind bind);
SparamList build_sparams(Parser *ps, SparamList list, Sparam sparam);
PortList build_ports(Parser *ps, PortList list, Port port);
OverrideList build_overrides(Parser *ps, OverrideList list, Override override);
Name build_name(Span id_span, const char *id, ExprList index, Span index_span);
NameList build_names(Parser *ps, NameList list, Name name);
TypeExpr *build_type(Parser *ps, Span span, const char *id, Expr *arg, ExprList dims);
ExprList build_exprs(Parser *ps, ExprList list, Expr *expr);
ArgList build_args(Parser *ps, ArgList list, Arg arg);
/* The text of the `##` comments right above a statement that begins at `start`, or NULL. */
const char *build_doc(const Parser *ps, uint32_t start);

/* ---- expressions: build_expr.c ---- */
Expr *build_leaf(Parser *ps, ExprKind kind, Span span);
Expr *build_int(Parser *ps, Span span);
Expr *build_real(Parser *ps, Span span);
Expr *build_string(Parser *ps, Span span);
Expr *build_variable(Parser *ps, const char *id, Span span);
Expr *build_paren(Parser *ps, Span span, Expr *inner);
Expr *build_join(Parser *ps, Span span, ExprList items);
Expr *build_prefix(Parser *ps, ExprOp op, Span op_span, Expr *operand);
Expr *build_postfix(Parser *ps, ExprOp op, Span op_span, Expr *operand);
Expr *build_operation(Parser *ps, ExprOp op, Span op_span, Expr *left, Expr *right);
Expr *build_comparison(Parser *ps, ExprOp op, Span op_span, Expr *left, Expr *right);
Expr *build_product(Parser *ps, ExprOp op, Span op_span, Expr *left, Expr *right);
Expr *build_index(Parser *ps, Expr *base, ExprList index, Span brackets);
Expr *build_call(Parser *ps, Expr *base, ArgList args, Span parens);
#endif

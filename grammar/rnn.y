/* rnn.y: tokens to the tree of syntax/ast.h, and nothing else: what a name means, sema finds out. Index lists, types
 * and dimensions are parsed as expressions on purpose, so that sema can say what is wrong with one.
 * Every action is one call of build.c. Statements end with TERM, which layout.c puts in; a statement with an error is
 * skipped up to its TERM. */
%require "3.8"
%define api.pure full
%define api.prefix {rnn_}
%define api.location.type {Span}
%define api.value.type union
%define api.token.prefix {T_}
%define api.token.raw
%define parse.error custom
%define parse.lac full
%define lr.type lalr
%define parse.trace
%locations
%param {Parser *ps}
%expect 0 /* a conflict is an ambiguity of the language: remove it, never count it */

%code requires {
#include "grammar/build.h"
#include "grammar/parser.h"
}
%code provides {
/* Hands the tokens of the layout filter to the parser (parse.c). */
int rnn_lex(RNN_STYPE *value, Span *place, Parser *ps);
/* "param", "(", "name": the alias of a token. */
const char *token_alias(int kind);
}
%code {
#include "grammar/syntax_error.h"
static void rnn_error(const Span *place, Parser *ps, const char *message)
{
    syntax_error_exhausted(ps, *place, message);
}
#define YYLLOC_DEFAULT(result, rhs, n)                                             \
    ((result) = (n) > 0 ? span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n))            \
                        : (Span){YYRHSLOC(rhs, 0).file, YYRHSLOC(rhs, 0).end, YYRHSLOC(rhs, 0).end})
}

/* ---- tokens ---- */
/* Words that begin a statement come first, in one run: layout.c relies on it. */
%token USE "use" DIM "dim" CONST "const" FN "fn" CELL "cell" MODEL "model" AXIS "axis" INPUT "input" TARGET "target"
       CONTROL "control" PARAM "param" LAYER "layer" PARTITION "partition" INIT "init" OUTPUT "output" LOSS "loss"
       METRIC "metric" STEP "step" GENERATE "generate" STOP "stop" TRAIN "train" FOR "for"
%token CARRY "carry" FROZEN "frozen" OVER "over" IN "in" REVERSE "reverse" FIRST "first" LAST "last" AND "and" OR "or"
       NOT "not"
%token RNN "rnn" TERM "end of the statement"
%token <const char *> ID "name"
%token INT "number" REAL "real number" STR "string"
%token LPAREN "(" RPAREN ")" LBRACK "[" RBRACK "]" LBRACE "{" RBRACE "}"
%token COMMA "," SEMI ";" COLON ":" ASSIGN "=" ARROW "->" DOTS ".." DOT "."
%token PLUS "+" MINUS "-" STAR "*" SLASH "/" AT "@" POW "^" PRIME "'"
%token EQ "==" NE "!=" LT "<" LE "<=" GT ">" GE ">="

%type <StmtList> tops cstmts mstmts gstmts
%type <Stmt *> top static cstmt mstmt gstmt param layer for equation output generate lhs
%type <Words *> path ids
%type <BindList> binds entries
%type <Bind> bind
%type <SparamList> sparams
%type <Sparam> sparam
%type <PortList> ports results opt_ports
%type <Port> port
%type <Name> name
%type <NameList> names
%type <ExprList> exprs joined
%type <TypeExpr *> type annotation
%type <Expr *> initial expr conj neg cmp sum prod un pow post prim
%type <ArgList> args opt_args
%type <Arg> arg
%type <Brackets> brackets
%type <OverrideList> overrides override_block
%type <Override> override
%type <bool> frozen carry
%type <ExprOp> compare add_op mul_op

%printer { fprintf(yyo, "%s", $$); } <const char *>

%%
/* ---- files ---- */
file: "rnn" INT TERM tops                              { build_file(ps, @2, $4); }
    ;
tops: %empty                                           { $$ = (StmtList){0}; }
    | tops top                                         { $$ = build_stmts(ps, $1, $2); }
    ;
top : "use" STR TERM                                   { $$ = build_use_file(ps, @1, @2); }
    | "use" path TERM                                  { $$ = build_use_path(ps, @1, $2); }
    | static TERM
    | "cell" ID[id] "[" sparams[dims] "]" "(" opt_ports[in] ")" "->" results[out] "{" cstmts[body] "}"[end] TERM
                                                       { $$ = build_cell(ps, @1, @end, $id, @id, $dims, $in, $out, $body); }
    | "model" ID[id] "{" mstmts[body] "}"[end] TERM    { $$ = build_model(ps, @1, @end, $id, @id, $body); }
    | error TERM                                       { $$ = NULL; yyerrok; }
    ;
path: ID                                               { $$ = build_words(ps, NULL, $1, @1); }
    | path "." ID                                      { $$ = build_words(ps, $1, $3, @3); }
    ;
static
    : "dim" binds                                      { $$ = build_binds(ps, STMT_DIM, @$, $2); }
    | "const" binds                                    { $$ = build_binds(ps, STMT_CONST, @$, $2); }
    | "fn" ID "(" ids ")" "=" expr                     { $$ = build_fn(ps, @$, $2, @2, $4, $7); }
    | "partition" ID "(" expr[of] "," expr[into] ")" "=" expr[how]
                                                       { $$ = build_partition(ps, @$, $2, @2, $of, $into, $how); }
    ;
binds
    : bind                                             { $$ = build_bind_list(ps, (BindList){0}, $1); }
    | binds "," bind                                   { $$ = build_bind_list(ps, $1, $3); }
    ;
bind: ID "=" expr                                      { $$ = (Bind){$1, @1, $3}; }
    ;
ids : ID                                               { $$ = build_words(ps, NULL, $1, @1); }
    | ids "," ID                                       { $$ = build_words(ps, $1, $3, @3); }
    ;

/* ---- cells ---- */
sparams
    : sparam                                           { $$ = build_sparams(ps, (SparamList){0}, $1); }
    | sparams "," sparam                               { $$ = build_sparams(ps, $1, $3); }
    ;
sparam
    : ID initial                                       { $$ = (Sparam){SPARAM_DIM, $1, @1, $2}; }
    | "fn" ID initial                                  { $$ = (Sparam){SPARAM_FN, $2, @2, $3}; }
    | "const" ID initial                               { $$ = (Sparam){SPARAM_CONST, $2, @2, $3}; }
    ;
initial
    : %empty                                           { $$ = NULL; }
    | "=" expr                                         { $$ = $2; }
    ;
opt_ports
    : %empty                                           { $$ = (PortList){0}; }
    | ports
    ;
ports
    : port                                             { $$ = build_ports(ps, (PortList){0}, $1); }
    | ports "," port                                   { $$ = build_ports(ps, $1, $3); }
    ;
port: name ":" type                                    { $$ = (Port){$1, $3}; }
    ;
results
    : port                                             { $$ = build_ports(ps, (PortList){0}, $1); }
    | "(" ports ")"                                    { $$ = $2; }
    ;
cstmts
    : %empty                                           { $$ = (StmtList){0}; }
    | cstmts cstmt                                     { $$ = build_stmts(ps, $1, $2); }
    ;
cstmt
    : param TERM
    | layer TERM
    | "init" name "=" expr TERM                        { $$ = build_init(ps, @1, $2, $4); }
    | for TERM
    | equation TERM
    | error TERM                                       { $$ = NULL; yyerrok; }
    ;
param
    : "param" names ":" type initial frozen            { $$ = build_param(ps, @$, $2, $4, $5, $6); }
    ;
frozen
    : %empty                                           { $$ = false; }
    | "frozen"                                         { $$ = true; }
    ;
layer
    : "layer" names "=" ID[cell] brackets frozen override_block
                                                       { $$ = build_layer(ps, @$, $2, $cell, @cell, $5, $6, $7); }
    ;
brackets
    : %empty                                           { $$ = (Brackets){false, {0}}; }
    | "[" opt_args "]"                                 { $$ = (Brackets){true, $2}; }
    ;
override_block
    : %empty                                           { $$ = (OverrideList){0}; }
    | "{" overrides "}"                                { $$ = $2; }
    ;
overrides
    : %empty                                           { $$ = (OverrideList){0}; }
    | overrides override TERM                          { $$ = build_overrides(ps, $1, $2); }
    | overrides error TERM                             { $$ = $1; yyerrok; }
    ;
override
    : path "=" expr                                    { $$ = (Override){$1->words, @1, $3}; }
    | "*" "=" expr                                     { $$ = (Override){{0}, @1, $3}; }
    ;
for : "for" ID "in" expr ".." expr "{" cstmts "}"      { $$ = build_for(ps, @$, $2, @2, $4, $6, $8); }
    ;

/* ---- equations ---- */
equation
    : lhs annotation "=" expr                          { $$ = build_equation(ps, @$, @1, $1, $2, $4); }
    ;
lhs : name                                             { $$ = build_lhs(ps, $1); }
    | "(" names ")"                                    { $$ = build_tuple(ps, $2, (ExprList){0}); }
    | "(" names ")" "[" exprs "]"                      { $$ = build_tuple(ps, $2, $5); }
    ;
annotation
    : %empty                                           { $$ = NULL; }
    | ":" type                                         { $$ = $2; }
    ;
name: ID                                               { $$ = build_name(@1, $1, (ExprList){0}, NO_SPAN); }
    | ID "[" exprs "]"                                 { $$ = build_name(@1, $1, $3, span_join(@2, @4)); }
    ;
names
    : name                                             { $$ = build_names(ps, (NameList){0}, $1); }
    | names "," name                                   { $$ = build_names(ps, $1, $3); }
    ;
type: "[" exprs "]"                                    { $$ = build_type(ps, @$, NULL, NULL, $2); }
    | ID                                               { $$ = build_type(ps, @$, $1, NULL, (ExprList){0}); }
    | ID "(" expr ")"                                  { $$ = build_type(ps, @$, $1, $3, (ExprList){0}); }
    ;

/* ---- models ---- */
mstmts
    : %empty                                           { $$ = (StmtList){0}; }
    | mstmts mstmt                                     { $$ = build_stmts(ps, $1, $2); }
    ;
mstmt
    : param TERM
    | layer TERM
    | "init" name "=" expr TERM                        { $$ = build_init(ps, @1, $2, $4); }
    | for TERM
    | equation TERM
    | static TERM
    | "axis" ID "in" expr ".." expr carry TERM         { $$ = build_axis(ps, span_join(@1, @7), $2, @2, $4, $6, $7); }
    | "input" names ":" type TERM                      { $$ = build_data(ps, STMT_INPUT, span_join(@1, @4), $2, $4); }
    | "target" names ":" type TERM                     { $$ = build_data(ps, STMT_TARGET, span_join(@1, @4), $2, $4); }
    | "control" bind TERM                              { $$ = build_bind(ps, STMT_CONTROL, span_join(@1, @2), $2); }
    | "loss" bind TERM                                 { $$ = build_bind(ps, STMT_LOSS, span_join(@1, @2), $2); }
    | "metric" bind TERM                               { $$ = build_bind(ps, STMT_METRIC, span_join(@1, @2), $2); }
    | output TERM
    | "step" ID[id] "over" ID[axis] "->" ids TERM      { $$ = build_step(ps, span_join(@1, @6), $id, @id, $axis, @axis, $ids); }
    | generate TERM
    | "train" "{" entries "}" TERM                     { $$ = build_binds(ps, STMT_TRAIN, span_join(@1, @4), $3); }
    | error TERM                                       { $$ = NULL; yyerrok; }
    ;
carry
    : %empty                                           { $$ = false; }
    | "carry"                                          { $$ = true; }
    ;
output
    : "output" equation                                { $$ = build_output_equation(ps, @$, $2); }
    | "output" names                                   { $$ = build_output_names(ps, @$, $2); }
    ;
generate
    : "generate" ID[id] "over" ID[axis] "{" gstmts[body] "}"
                                                       { $$ = build_generate(ps, @$, $id, @id, $axis, @axis, $body); }
    ;
gstmts
    : %empty                                           { $$ = (StmtList){0}; }
    | gstmts gstmt                                     { $$ = build_stmts(ps, $1, $2); }
    ;
gstmt
    : equation TERM
    | "stop" expr TERM                                 { $$ = build_stop(ps, span_join(@1, @2), $2); }
    | "output" ids TERM                                { $$ = build_output_words(ps, span_join(@1, @2), $2); }
    | error TERM                                       { $$ = NULL; yyerrok; }
    ;
entries
    : %empty                                           { $$ = (BindList){0}; }
    | entries bind TERM                                { $$ = build_bind_list(ps, $1, $2); }
    | entries error TERM                               { $$ = $1; yyerrok; }
    ;

/* ---- expressions, loosest first ---- */
expr: conj
    | expr "or"[op] conj                               { $$ = build_operation(ps, EXPR_OR, @op, $1, $3); }
    ;
conj: neg
    | conj "and"[op] neg                               { $$ = build_operation(ps, EXPR_AND, @op, $1, $3); }
    ;
neg : cmp
    | "not" neg                                        { $$ = build_prefix(ps, EXPR_NOT, @1, $2); }
    ;
cmp : sum
    | cmp compare sum                                  { $$ = build_comparison(ps, $2, @2, $1, $3); }
    ;
sum : prod
    | sum add_op prod                                  { $$ = build_operation(ps, $2, @2, $1, $3); }
    ;
prod: un
    | prod mul_op un                                   { $$ = build_product(ps, $2, @2, $1, $3); }
    ;
un  : pow
    | "-" un                                           { $$ = build_prefix(ps, EXPR_NEG, @1, $2); }
    | "reverse" un                                     { $$ = build_prefix(ps, EXPR_REVERSE, @1, $2); }
    ;
pow : post
    | post "^" un                                      { $$ = build_operation(ps, EXPR_POW, @2, $1, $3); }
    ;
post: prim
    | post "[" exprs "]"                               { $$ = build_index(ps, $1, $3, span_join(@2, @4)); }
    | post "(" opt_args ")"                            { $$ = build_call(ps, $1, $3, span_join(@2, @4)); }
    | post "'"                                         { $$ = build_postfix(ps, EXPR_TRANSPOSE, @2, $1); }
    ;
prim: INT                                              { $$ = build_int(ps, @1); }
    | REAL                                             { $$ = build_real(ps, @1); }
    | STR                                              { $$ = build_string(ps, @1); }
    | ID                                               { $$ = build_variable(ps, $1, @1); }
    | "first"                                          { $$ = build_leaf(ps, EXPR_FIRST, @1); }
    | "last"                                           { $$ = build_leaf(ps, EXPR_LAST, @1); }
    | "(" expr ")"                                     { $$ = build_paren(ps, @$, $2); }
    | "[" joined "]"                                   { $$ = build_join(ps, @$, $2); }
    ;
compare
    : "==" { $$ = EXPR_EQ; } | "!=" { $$ = EXPR_NE; } | "<" { $$ = EXPR_LT; }
    | "<=" { $$ = EXPR_LE; } | ">" { $$ = EXPR_GT; } | ">=" { $$ = EXPR_GE; }
    ;
add_op
    : "+" { $$ = EXPR_ADD; } | "-" { $$ = EXPR_SUB; }
    ;
mul_op
    : "*" { $$ = EXPR_MUL; } | "/" { $$ = EXPR_DIV; } | "@" { $$ = EXPR_AT; }
    ;
exprs
    : expr                                             { $$ = build_exprs(ps, (ExprList){0}, $1); }
    | exprs "," expr                                   { $$ = build_exprs(ps, $1, $3); }
    ;
joined
    : expr                                             { $$ = build_exprs(ps, (ExprList){0}, $1); }
    | joined ";" expr                                  { $$ = build_exprs(ps, $1, $3); }
    ;
opt_args
    : %empty                                           { $$ = (ArgList){0}; }
    | args
    ;
args: arg                                              { $$ = build_args(ps, (ArgList){0}, $1); }
    | args "," arg                                     { $$ = build_args(ps, $1, $3); }
    ;
arg : expr                                             { $$ = (Arg){NULL, NO_SPAN, $1}; }
    | ID "=" expr                                      { $$ = (Arg){$1, @1, $3}; }
    ;
%%

const char *token_alias(int kind)
{
    return yysymbol_name((yysymbol_kind_t)kind);
}

static int yyreport_syntax_error(const yypcontext_t *context, Parser *ps)
{
    enum { TOKENS = YYNTOKENS };
    yysymbol_kind_t symbol[TOKENS];
    int kind[TOKENS];
    const int count = yypcontext_expected_tokens(context, symbol, TOKENS);
    for (int i = 0; i < count; i++)
        kind[i] = (int)symbol[i];
    syntax_error_report(ps, (int)yypcontext_token(context), kind, count > 0 ? count : 0);
    return 0;
}

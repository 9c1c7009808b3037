/* ast.h: what was written. The parser builds this and nothing else; sema reads it; rnnc fmt prints it.
 * Nodes live in the arena, are never changed after parsing, and keep the span of what was typed. */
#ifndef RNNC_AST_H
#define RNNC_AST_H
#include <stdbool.h>
#include <stdint.h>

#include "support/source.h"
#include "support/vec.h"

typedef struct Expr Expr;
typedef VEC(Expr *) ExprList;

/* Binary and unary operators share one table: token spelling, precedence. */
typedef enum ExprOp {
    EXPR_OR,
    EXPR_AND,
    EXPR_NOT,
    EXPR_EQ,
    EXPR_NE,
    EXPR_LT,
    EXPR_LE,
    EXPR_GT,
    EXPR_GE,
    EXPR_ADD,
    EXPR_SUB,
    EXPR_MUL,
    EXPR_DIV,
    EXPR_AT, /* AT: matrix product */
    EXPR_NEG,
    EXPR_REVERSE,
    EXPR_POW,
    EXPR_TRANSPOSE,
    EXPR_OP_COUNT
} ExprOp;
typedef struct ExprOpInfo {
    const char *spelling; /* "+", "reverse" */
    int precedence;       /* larger binds tighter */
    int operands;         /* 1 or 2 */
} ExprOpInfo;
extern const ExprOpInfo expr_op_info[EXPR_OP_COUNT];

typedef enum ExprKind {
    EXPR_INT,    /* integer */
    EXPR_REAL,   /* real, as typed in `text` */
    EXPR_STRING, /* text without quotes */
    EXPR_NAME,   /* name */
    EXPR_FIRST,  /* the word first */
    EXPR_LAST,   /* the word last */
    EXPR_PAREN,  /* args[0]: kept for fmt and for E0105 */
    EXPR_JOIN,   /* [a; b; ...] */
    EXPR_UNARY,  /* op, args[0] (transpose too) */
    EXPR_BINARY, /* op, args[0], args[1]; op_span is the operator's */
    EXPR_INDEX,  /* base[args...] */
    EXPR_CALL    /* base(args...); base is a NAME or an INDEX of a NAME */
} ExprKind;

typedef struct Arg {  /* of a call or of a layer's brackets: expr | ID = expr */
    const char *name; /* interned; NULL when positional */
    Span name_span;
    Expr *value;
} Arg;
typedef VEC(Arg) ArgList;

struct Expr {
    ExprKind kind;
    ExprOp op;
    Span span;        /* the whole expression */
    Span op_span;     /* of the operator; of `[` .. `]` in INDEX, `(` .. `)` in CALL */
    const char *name; /* NAME: interned; STRING: its text; REAL, INT: digits as typed */
    int64_t integer;  /* INT; -1 when it does not fit */
    double real;      /* REAL, INT */
    Expr *base;       /* INDEX, CALL */
    ExprList items;   /* PAREN, JOIN, UNARY, BINARY, INDEX */
    ArgList args;     /* CALL */
    int depth;        /* levels of the tree: 1 for a leaf, at most EXPR_DEPTH_MAX, so walkers may recurse */
};
enum { EXPR_DEPTH_MAX = 1000 };

typedef struct Name { /* ID [ "[" exprs "]" ] */
    const char *id;
    ExprList index; /* empty when there is none */
    bool has_index;
    Span span, id_span, index_span;
} Name;
typedef VEC(Name) NameList;

typedef struct TypeExpr { /* "[" exprs "]" | ID [ "(" expr ")" ] */
    const char *id;       /* NULL for a bracketed shape */
    Expr *arg;            /* of index(V), dist(V) */
    ExprList dims;
    Span span;
} TypeExpr;

typedef struct Bind { /* ID = expr */
    const char *id;
    Span id_span;
    Expr *value;
} Bind;
typedef VEC(Bind) BindList;

typedef struct Port { /* name ":" type */
    Name name;
    TypeExpr *type;
} Port;
typedef VEC(Port) PortList;

typedef enum SparamKind { SPARAM_DIM, SPARAM_FN, SPARAM_CONST } SparamKind;
typedef struct Sparam { /* [ "fn" | "const" ] ID [ "=" expr ] */
    SparamKind kind;
    const char *id;
    Span id_span;
    Expr *value; /* default, or NULL */
} Sparam;

typedef VEC(Sparam) SparamList;
typedef VEC(const char *) WordList;
typedef VEC(Span) SpanList;

typedef struct Override { /* ( ID { "." ID } | "*" ) "=" expr */
    WordList path;        /* empty for * */
    Span span;
    Expr *value;
} Override;
typedef VEC(Override) OverrideList;

typedef enum StmtKind {
    STMT_USE,
    STMT_DIM,
    STMT_CONST,
    STMT_FN,
    STMT_PARTITION,
    STMT_CELL,
    STMT_MODEL,
    STMT_PARAM,
    STMT_LAYER,
    STMT_INIT,
    STMT_FOR,
    STMT_EQUATION,
    STMT_AXIS,
    STMT_INPUT,
    STMT_TARGET,
    STMT_CONTROL,
    STMT_LOSS,
    STMT_METRIC,
    STMT_OUTPUT,
    STMT_STEP,
    STMT_GENERATE,
    STMT_STOP,
    STMT_TRAIN,
    STMT_KIND_COUNT
} StmtKind;

typedef struct Stmt Stmt;
typedef VEC(Stmt *) StmtList;

/* One flat struct; the comment says which statement uses a field. */
struct Stmt {
    StmtKind kind;
    Span span;       /* from the keyword or left side to the end of the statement, without the TERM */
    const char *doc; /* text of the `##` comments above, or NULL */
    const char *id;  /* use std.cells: NULL; fn, cell, model, axis, partition, for variable, step, generate: the name */
    Span id_span;
    NameList
        names; /* param, layer, input, target; init: one; equation: the left side (several: a tuple); output: bare names */
    bool is_tuple;        /* equation: (h, c)[t] = ... */
    ExprList tuple_index; /* equation: the index of a tuple */
    Span lhs_span;        /* equation */
    TypeExpr *type;       /* param, input, target; equation: annotation or NULL */
    Expr *value;          /* equation, init, fn body, param's initialiser, partition, stop, axis: low bound, for: low */
    Expr *high;           /* axis, for: high bound; partition: second argument */
    Expr *first_arg;      /* partition K(V, C): V */
    bool flag;            /* axis: carry; param, layer: frozen */
    BindList binds;       /* dim, const, control, loss, metric, train */
    WordList words;       /* use std.cells: std, cells; fn: parameters; step, generate's output: variables */
    SpanList word_spans;
    const char *string; /* use "file" */
    const char *axis;   /* step, generate: over which */
    Span axis_span;
    StmtList body;      /* cell, model, for, generate */
    SparamList sparams; /* cell */
    PortList ports;     /* cell: inputs */
    PortList results;   /* cell: outputs */
    const char *cell;   /* layer: name of its cell */
    Span cell_span;
    ArgList args; /* layer: its brackets */
    bool has_args;
    OverrideList overrides; /* layer */
    struct Stmt *inner;     /* output: the equation it defines, or NULL when it lists names */
};

/* Tokens of a file in order, with what stood between them: rnnc fmt needs it. */
typedef struct Comment {
    int token;     /* index of the token that follows it */
    Span span;     /* from '#' to the end of the line */
    bool own_line; /* nothing but blanks before it */
    int blank_lines_before;
} Comment;

typedef struct Ast {
    uint32_t file;
    int64_t version; /* rnn INT */
    Span version_span;
    StmtList top;
    VEC(Comment) comments;
    VEC(Span) tokens; /* spans of all tokens, TERM excluded: comments refer to their index */
} Ast;
#endif

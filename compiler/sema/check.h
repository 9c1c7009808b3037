/* check.h: what the files of sema share. They run in this order (sema.c):
 *
 *   library.c    used files; the table of cells and fns
 *   static.c     dims, consts: numbers known now          scope.c    names
 *   declare.c    what a body defines: axes, inputs, params, left sides; `for` copies its body
 *   layer.c      layers own parameters                    initial.c  their initialisers
 *   equation.c   right sides, edges, init                 term.c, call.c, index.c, apply.c   expressions
 *   types.c      shapes by a fixpoint, then each term checked once (rules.c, losses.c; what they say: clash*.c)
 *   depend.c     who reads whom, how far away             causality.c, reads.c   loops
 *   batch.c      what varies over rows                    reach.c    gradients
 *   entries.c    step, generate (closed.c: look back only)   warn.c     names.c (of C)
 *   unapplied.c  cells that no layer applies                 hint.c     tries the hints
 *
 * Var and Term of the model are the first members of SemaVar and SemaTerm, which add what only sema needs. A failed
 * expression gets the state TYPE_ERROR and stays silent, so one mistake gives one message. */
#ifndef RNNC_SEMA_CHECK_H
#define RNNC_SEMA_CHECK_H
#include "sema/sema.h"

enum {
    MAX_VARS = 4096,
    MAX_DIMS = 64,
    MAX_COPIES = 65536,
    MAX_NESTED = 64,
    MAX_TERM_SIZE = 1 << 16,
    MAX_TERMS = 1 << 20,
    MAX_DEPTH = 2000,
    MAX_OFFSET = 65536,
    MAX_PATH = 95,
    MAX_INDEX = 8
};

typedef struct Scope Scope;
typedef struct Symbol Symbol;
typedef struct Layer Layer;
typedef struct Instance Instance;
typedef struct SemaVar SemaVar;
typedef struct SemaTerm SemaTerm;
typedef struct Checker Checker;

/* A number known when compiling; dim is set when it is whole. */
typedef struct Static {
    bool whole;
    double number;
    Dim dim;
} Static;

/* --- names ------------------------------------------------------------------------------------------------------ */
typedef struct Table {
    VEC(Symbol *) all; /* in order of definition */
    Symbol **slot;
    int slots;
} Table;

typedef enum SymbolKind {
    SYM_NUMBER,
    SYM_AXIS,
    SYM_VAR,
    SYM_PORT,
    SYM_LAYER,
    SYM_PARTITION,
    SYM_ARG,
    SYM_CELL,
    SYM_FN,
    SYM_BUILTIN, /* namespace of functions */
    SYM_BROKEN   /* defined, but in error: uses stay silent */
} SymbolKind;

typedef struct Member { /* of a family: name[2,..] */
    int64_t key[MAX_INDEX];
    SemaVar *var;
    Layer *layer;
    Span span;
} Member;

typedef struct CellPort {
    const char *name;
    Span span;
    Type type;
    Scope *scope;      /* of the instance */
    VEC(int) axes;     /* of the model, in the order of the port */
    SemaTerm *arg;     /* its value at the step at hand, or ... */
    SemaVar *sequence; /* ... a sequence given by its bare name */
    SemaVar *var;      /* made when the cell reads other steps of arg, or has an init for it */
} CellPort;

struct Symbol {
    SymbolKind kind;
    const char *name;
    Span span;
    const char *what; /* "a dim", for messages */
    /* NUMBER */
    Static number;
    const Expr *expr; /* not evaluated yet; NULL afterwards */
    Scope *scope;     /* where expr is to be evaluated */
    bool evaluating;
    bool is_dim;
    bool is_used; /* CELL: some layer applies it */
    int order;    /* of declaration among the dims */
    /* others */
    int axis; /* AXIS: of the model */
    CellPort *port;
    int partition;
    SemaTerm *term;      /* ARG */
    bool has_number;     /* ARG: number is set too */
    const Stmt *stmt;    /* CELL, FN */
    FunctionId function; /* BUILTIN */
    /* VAR, LAYER: one member with no index, or a family */
    bool is_family;
    unsigned statics; /* bit i: index i is static */
    int index_count;
    VEC(Member) members;
};

typedef enum CopyKind { COPY_NONE, COPY_FOR, COPY_CELL, COPY_FN } CopyKind;
struct Scope {
    Scope *outer; /* looked in next; NULL: closed */
    Table names, functions;
    bool transparent;   /* of a `for`: what its body defines belongs to outer */
    bool continues;     /* of an instance: one scope with its layer's */
    const char *prefix; /* of paths: "rnn[2]." */
    Layer *layer;       /* whose cell's text this is; NULL in the model */
    Instance *instance;
    CopyKind copy; /* what the messages add: with k = 2; in cell GRU, applied at 15:12 */
    const char *copy_name;
    int64_t copy_value;
    Span copy_at;
    Scope *around; /* where the copy was asked for */
    int nested;    /* copies around this one */
};

/* --- variables and terms ------------------------------------------------------------------------------------------ */
typedef enum TypeState { TYPE_UNKNOWN, TYPE_KNOWN, TYPE_ERROR } TypeState;

typedef struct Declared { /* : [H, D] */
    Type type;
    Span span;
    Scope *scope;
} Declared;

typedef enum DepRole { DEP_DEF, DEP_EDGE, DEP_INIT } DepRole;
typedef struct Dep {
    SemaVar *from, *to;
    SemaTerm *read;
    DepRole role;
} Dep;

struct SemaVar {
    Var var;
    const char *name;          /* as in its equation: "h" */
    const char *left;          /* "h[t]" */
    const TypeExpr *type_expr; /* as declared, or NULL */
    Span name_span;
    Scope *scope; /* of its equation */
    TypeState state;
    VEC(Declared) declared;
    bool has_def, has_edge, is_metric, is_loss, is_hidden;
    Span init_span, edge_span; /* file 0: none */
    Scope *init_scope;
    const Stmt *init_stmt;     /* the one in force */
    SemaVar *result_of;        /* output variable of the application it is defined by (itself when it is that) */
    Instance *instance;        /* whose output it is */
    bool is_state;             /* its cell reads another step of it */
    VEC(Instance *) instances; /* applications in its equation */
    VEC(Dep) deps;
    VEC(SemaVar *) readers;    /* the other way round */
    int component, low, index; /* Tarjan */
    bool on_stack, on_cycle, reduced_batch, is_queued;
    int mark;
    int from_dep; /* breadth-first search: how it was found */
    SemaVar *from_var;
};

struct SemaTerm {
    Term term;
    TypeState state;
    Scope *scope;
    const Expr *expr;
    AxisSet reduced; /* READ: axes a reduction runs over */
    CellPort *port;  /* argument of an application: to be checked against it */
    Span port_at;
    Static number; /* NUMBER */
    bool literal;  /* made of numbers only: no evidence of a shape */
    bool broken;   /* could not be made at all */
    Dim slice;     /* SLICE: its count as a dim */
    Dim likely;    /* W @ h with h unknown: its length if h is a vector; form NULL: nothing known */
    int size, depth, mark;
    bool by_rows;   /* varies over the batch */
    bool over_rows; /* holds something reduced over the batch */
};

static inline SemaVar *sema_var(Var *var)
{
    return (SemaVar *)var;
}
static inline SemaTerm *sema_term(Term *term)
{
    return (SemaTerm *)term;
}

struct Layer {
    const char *path;
    const Stmt *stmt, *cell;
    Scope *scope; /* the cell's parameters, params and layers inside */
    Scope *user;  /* where the layer statement stands */
    Layer *outer; /* the layer whose cell holds the statement, or NULL */
    Span span;
    int applications;
};

struct Instance { /* one application of a layer */
    Layer *layer;
    Scope *scope;
    int running;    /* axis, or -1 */
    AxisSet flips;  /* axes that run from the end */
    VEC(int) extra; /* axes that all its variables have beside their own */
    VEC(SemaVar *) outputs;
    VEC(SemaVar *) vars; /* in source order */
    Span applied;
};

typedef struct Here { /* where an expression stands */
    Scope *scope;
    AxisSet bound;     /* sequence axes that may be used */
    AxisSet reduced;   /* those of them bound by a reduction */
    SemaVar *owner;    /* whose equation */
    const char *start; /* in an init: of which variable */
    const char *edge;  /* in v[first] = ..: "first"; in v[last] = ..: "last" */
    int edge_axis;     /* then: along which axis */
} Here;

typedef enum EquationKind { EQUATION_DEF, EQUATION_EDGE, EQUATION_INIT } EquationKind;
typedef struct Equation {
    EquationKind kind;
    const Stmt *stmt;
    const Expr *value;
    Scope *scope;
    VEC(SemaVar *) vars; /* several: a tuple; NULL where the left side was in error */
} Equation;
typedef VEC(Equation) EquationList;

typedef struct Edit { /* of a source text */
    Span span;
    const char *text;
} Edit;

typedef struct Offer { /* a hint to be tested: printed when each of its edits, alone, removes an error */
    DiagMsg *msg;
    int group; /* only the first of a group that passes is printed */
    int ways;
    const Edit *edits[2];
    int count[2];
    const char *text;
} Offer;

typedef struct Said {
    DiagMsg *msg;
    Scope *scope;
} Said;

struct Checker {
    Arena *arena;
    Intern *names;
    SourceMap *sources;
    Diag *diag;
    Diag *scrap;   /* unapplied.c: takes messages about the numbers chosen there; NULL elsewhere */
    Span scrap_at; /* the application made there */
    const SemaOptions *options;
    Model *model;
    const Stmt *model_stmt;
    Table functions;        /* all cells and fns */
    VEC(const char *) used; /* paths of the files read */
    Scope *file, *body;
    VEC(SemaVar *) vars;       /* of the model's own text, in source order */
    VEC(SemaVar *) components; /* in topological order: what is read first */
    bool *define_used;
    int dims, atoms, copies, var_count, terms, sites, mark, components_count, offer_groups;
    bool full;                 /* a limit was reported */
    bool reporting;            /* types.c: the second round */
    bool guess;                /* types.c: a scalar is evidence enough */
    int depth;                 /* of the recursion over expressions */
    VEC(SemaTerm *) arguments; /* of applications: typed even where no equation uses them */
    VEC(Offer) offers;
    VEC(Said) said;
    VEC(const Stmt *) entry_stmts; /* of model->entries */
};

/* --- say.c: messages in the user's words -------------------------------------------------------------------------- */
DiagMsg *say(Checker *c, Scope *scope, DiagCode code, Span span, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void say_copies(Checker *c); /* adds "in cell GRU, applied at 15:12" to all messages */
const char *say_text(Checker *c, Span span);
const char *say_dim(Checker *c, Scope *scope, Dim dim);
const char *say_shape(Checker *c, Scope *scope, Shape shape);
const char *say_type(Checker *c, Scope *scope, Type type);
const char *say_read(Checker *c, const SemaTerm *read);                       /* "h[t-1]" */
const char *say_edited(Checker *c, Span span, const Edit *edits, int count);  /* its text with the edits made */
const char *edited_text(Checker *c, Span span, const Edit *edits, int count); /* the same, layout kept */
bool say_is_builtin(Checker *c, Span span);
Span expr_head(const Expr *expr);         /* of a call: what is called; else all of it */
const Expr *expr_strip(const Expr *expr); /* without parentheses */

/* --- scope.c ------------------------------------------------------------------------------------------------------ */
Scope *scope_new(Checker *c, Scope *outer);
Symbol *table_find(const Table *table, const char *name);
void table_add(Checker *c, Table *table, Symbol *symbol);
Symbol *scope_find(const Scope *scope, const char *name);
Symbol *scope_find_function(Checker *c, const Scope *scope, const char *name);
Symbol *scope_define(Checker *c, Scope *scope, SymbolKind kind, const char *name, Span span, const char *what);
const char *scope_nearest(Checker *c, const Scope *scope, const char *name);
const char *scope_nearest_function(Checker *c, const Scope *scope, const char *name);
Symbol *scope_unknown(Checker *c, Scope *scope, const char *name, Span span, const char *what);
Member *family_find(Symbol *symbol, const int64_t *key, int count);
int static_count(const Symbol *symbol);

/* --- static.c ----------------------------------------------------------------------------------------------------- */
bool static_eval(Checker *c, Scope *scope, const Expr *expr, Static *out); /* false: reported */
bool static_is(Checker *c, Scope *scope, const Expr *expr);                /* names numbers only */
bool static_whole(Checker *c, Scope *scope, const Expr *expr, int64_t low, int64_t high, const char *what,
                  int64_t *out);
bool static_dim(Checker *c, Scope *scope, const Expr *expr, Dim *out);
bool static_symbol(Checker *c, Symbol *symbol);
Static static_number(Checker *c, double number);
Static static_int(Checker *c, int64_t number);
void statics_declare(Checker *c, Scope *scope, const StmtList *list, bool top);
void statics_finish(Checker *c, Scope *scope, const StmtList *list);
bool define_find(Checker *c, const char *name, Static *out);
void defines_finish(Checker *c);
bool type_from(Checker *c, Scope *scope, const TypeExpr *expr, Type *out);

/* --- library.c, declare.c, layer.c, initial.c --------------------------------------------------------------------- */
const Stmt *library_load(Checker *c, const Ast *ast);
void axes_declare(Checker *c, Scope *scope, const StmtList *list);
enum { DECLARE_OWNED = 1, DECLARE_FLOW = 2 }; /* params and layers; equations and init */
void body_declare(Checker *c, Scope *scope, const StmtList *list, int parts, EquationList *equations);
typedef struct LeftIndex { /* of a name where something is defined */
    int64_t key[MAX_INDEX];
    int keys;
    unsigned statics;
    int axis[MAX_INDEX], axes; /* -1 where the index is first or last */
    int edge;                  /* position among the axes of first or last; -1: none */
    bool edge_last;
    bool shifted; /* h[t+1]: reported */
} LeftIndex;
bool left_index(Checker *c, Scope *scope, const Name *name, const ExprList *more, const Stmt *stmt, LeftIndex *out);
SemaVar *var_declare(Checker *c, Scope *scope, VarKind kind, const Name *name, const LeftIndex *index, const Stmt *stmt,
                     const char *what);
SemaVar *var_new(Checker *c, Scope *scope, VarKind kind, const char *name, Span span);
const char *key_text(Checker *c, const int64_t *key, int count); /* "[1,2]", or "" */
bool limit_hit(Checker *c, Scope *scope, Span span, const char *what, int most);
void layer_declare(Checker *c, Scope *scope, const Stmt *stmt);
void param_initialise(Checker *c, SemaVar *var, const Expr *expr, Scope *scope);
const char *cell_head(Checker *c, const Stmt *cell); /* "GRU[D, H](x[t] : [D])" */
const Override *override_find(Checker *c, const Layer *layer, const SemaVar *var, Scope **scope);

/* --- equations and terms ------------------------------------------------------------------------------------------ */
void equations_define(Checker *c, EquationList *list);
SemaTerm *term_make(Checker *c, const Expr *expr, Here here);
SemaTerm *term_number(Checker *c, const Expr *expr, Here here, Static number);
SemaTerm *term_error(Checker *c, const Expr *expr, Here here);
SemaTerm *term_call(Checker *c, const Expr *expr, Here here, FunctionId function);
void term_add(Checker *c, SemaTerm *call, SemaTerm *arg);
void term_finish(Checker *c, SemaTerm *call); /* size, axes */
SemaTerm *term_new(Checker *c, TermKind kind, const Expr *expr, Here here);
SemaTerm *term_name(Checker *c, const Expr *expr, Here here);                     /* NAME, INDEX: index.c */
SemaTerm *term_of_call(Checker *c, const Expr *expr, Here here);                  /* CALL: call.c */
SemaTerm *term_plain_read(Checker *c, const Expr *expr, Here here, SemaVar *var); /* at the step at hand */
SemaTerm *term_output(Checker *c, const Expr *expr, Here here, SemaVar *var);     /* of an application */
/* The member of a family that static indices name; the other indices go to rest. NULL: reported, or in error. */
Member *member_of(Checker *c, Scope *scope, Symbol *symbol, const ExprList *index, Span span, ExprList *rest);
bool axis_name(Checker *c, Scope *scope, const Expr *expr, int *axis);
const char *axis_local(Checker *c, const Scope *scope, int axis);    /* as it is called there */
const char *axes_text(Checker *c, const Scope *scope, AxisSet axes); /* "t and s" */
void say_unbound(Checker *c, Here here, const Expr *read, const Expr *index, int axis, const SemaVar *var);
bool is_application(const Scope *scope, const Expr *expr);
/* Expands an application. Results whose axes agree become the variables in `targets` (NULL: none). */
Instance *layer_apply(Checker *c, const Expr *expr, Here here, SemaVar *const *targets, int count);
SemaVar *port_var(Checker *c, CellPort *port);
SemaVar *bare_sequence(Checker *c, Here here, const Expr *expr, const CellPort **port);

/* --- types ---------------------------------------------------------------------------------------------------------- */
void types_infer(Checker *c);
void type_term(Checker *c, SemaTerm *term);
void rule_call(Checker *c, SemaTerm *term);
void rule_loss(Checker *c, SemaTerm *term);
SemaTerm *term_arg(const SemaTerm *term, int i);
const Expr *operand_expr(const SemaTerm *term, int i); /* as written */
void set_real(SemaTerm *term, Shape shape, ValueKind value);
void set_token(SemaTerm *term, Dim vocab);
bool type_fail(SemaTerm *term);
/* Each reports (in the second round) and fails the call when its i-th argument is not what is wanted. */
bool want_real(Checker *c, SemaTerm *call, int i, const char *what);
bool want_rank(Checker *c, SemaTerm *call, int i, int rank, const char *what);
bool want_token(Checker *c, SemaTerm *call, int i, Dim vocab, const char *what);
/* The number in *slot stands for a token: checks its range and replaces it. */
bool type_token(Checker *c, Term **slot, Dim vocab, const SemaVar *of);
bool clash_product(Checker *c, SemaTerm *term);
bool clash_elements(Checker *c, SemaTerm *term, int i, int k);
bool clash_token(Checker *c, SemaTerm *call, int i, const char *what);
bool clash_scores(Checker *c, SemaTerm *call);
bool clash_target(Checker *c, SemaTerm *call);
void clash_port(Checker *c, SemaTerm *term);
void note_equal_today(Checker *c, DiagMsg *msg, Scope *scope, Dim a, Dim b, bool *noted);

/* --- analyses ------------------------------------------------------------------------------------------------------- */
typedef bool TermVisit(Checker *c, SemaTerm *term, void *data);       /* false: do not go into its arguments */
void term_walk(Checker *c, Term *term, TermVisit *visit, void *data); /* each shared term once; not nested */
typedef VEC(Dep) DepList;
void depend_collect(Checker *c);
void depend_of(Checker *c, SemaVar *from, Term *term, DepRole role, DepList *out);
int dep_offset(const Dep *dep, int *axis);        /* the first offset that is not 0, and its axis; 0: none */
const char *dep_text(Checker *c, const Dep *dep); /* "h[t] needs c[t]" */
void components_find(Checker *c);
void causality_check(Checker *c);
void reads_check(Checker *c);
void batch_find(Checker *c);
void batch_finish(Checker *c);
void batch_term(Checker *c, SemaTerm *term);
void needs_target_find(Checker *c);
void results_check(Checker *c);
void metric_check(Checker *c, SemaVar *var);
void reach_check(Checker *c);
void entries_declare(Checker *c, Scope *scope, const StmtList *list);
void entries_check(Checker *c);
void warn_dropout(Checker *c);
void names_assign(Checker *c);
void program_check(Checker *c, const Ast *ast, const Stmt *model);
void unapplied_check(Checker *c);

/* --- hint.c --------------------------------------------------------------------------------------------------------- */
int offer_group(Checker *c);
void offer(Checker *c, DiagMsg *msg, int group, const Edit *edits, int count, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void offer_two(Checker *c, DiagMsg *msg, int group, Edit one, Edit other, const char *text);
void offers_test(Checker *c, const Ast *main_file);
typedef struct SemaOverlay {
    const char *name, *text;
} SemaOverlay;
Span read_shown(const Checker *c, const Expr *read); /* with the product, lookup or call around it */
const char *offset_text(Checker *c, const Expr *index, const char *axis, int offset);
#endif

/* model.h: what a checked program means. sema makes it from the Ast: cells, layers and `for` are expanded by copying,
 * every name is resolved, every shape known. It is right by construction: lower reports no user error but E0901.
 * Next stage: graph/lower.h. */
#ifndef RNNC_MODEL_H
#define RNNC_MODEL_H
#include <stdbool.h>
#include <stdint.h>

#include "op/function.h"
#include "op/shape.h"
#include "support/source.h"
#include "support/vec.h"

enum { MAX_AXES = 16, AXIS_BATCH = 0 };
typedef uint32_t AxisSet; /* bit i: varies over axes.at[i]; bit 0 is batch */
#define AXIS_BIT(axis) ((AxisSet)1 << (axis))

typedef struct ModelAxis {
    const char *name;
    int64_t low, high; /* bounds of the length; batch: of the rows */
    bool carry;
    Span span;
} ModelAxis;

typedef enum TypeKind { TYPE_REAL, TYPE_TOKEN } TypeKind;
typedef enum ValueKind { VALUE_PLAIN, VALUE_DIST, VALUE_LOGDIST } ValueKind; /* S5 */
typedef struct Type {
    TypeKind kind;
    ValueKind value;
    Shape shape; /* TOKEN: rank 0 */
    Dim vocab;   /* TOKEN: index(vocab) */
} Type;

typedef struct Var Var;
typedef struct Term Term;

typedef enum ReadPlace { READ_OFFSET, READ_FIRST, READ_LAST } ReadPlace;
typedef struct AxisRead { /* how one axis of a variable is read: t, t-1, first, last */
    int axis;
    ReadPlace place;
    int offset; /* OFFSET: 0 for plain t. Already negated inside `reverse` */
} AxisRead;

/* A typed expression after expansion. Operators are functions too (op/functions.def): `a + b` is FN_add. */
typedef enum TermKind {
    TERM_NUMBER, /* number: a literal, dim, const or for variable */
    TERM_TOKEN,  /* a token constant: number */
    TERM_READ,   /* var, reads: one entry an axis of the variable, in its order */
    TERM_CALL    /* function, args, and the attributes below */
} TermKind;
struct Term {
    TermKind kind;
    Span span;
    Type type;
    AxisSet axes; /* what the value varies over, batch included */
    double number;
    Var *var;
    VEC(AxisRead) reads;
    FunctionId function;
    VEC(Term *) args;
    AxisSet over;    /* reductions over axes: sum[t, batch](e); 0: over components */
    Term *weight;    /* weight = e of sum[..] and mean[..], or NULL */
    int per_axis;    /* dropout(x, p, per = t): that axis; -1 without */
    int site;        /* dropout, sample: number of the site in source order after expansion, from 0 */
    int from, count; /* slice */
    int partition;   /* class_xent: index into partitions */
};

typedef enum VarKind {
    VAR_INPUT,
    VAR_TARGET,
    VAR_PARAM,
    VAR_CONTROL,
    VAR_EQUATION /* also loss, metrics and outputs */
} VarKind;

typedef enum InitKind { /* initialisers of parameters */
                        INIT_ZEROS,
                        INIT_ONES,
                        INIT_CONSTANT,
                        INIT_UNIFORM,
                        INIT_NORMAL,
                        INIT_GLOROT,
                        INIT_HE,
                        INIT_ORTHOGONAL,
                        INIT_IDENTITY
} InitKind;

struct Var {
    VarKind kind;
    int id;             /* index in Model.vars */
    const char *path;   /* as users write it: "rnn[2].Wz", "h[1]", "o" */
    const char *c_name; /* legal in C and unique: "rnn_2_Wz", "h_1", "int_" */
    const char *doc;    /* `##` text or NULL */
    Span span;          /* of its declaration or left side */
    Span equation;      /* of its whole equation, for "file:line" comments and the text above emitted blocks */
    Type type;
    AxisSet axes;        /* batch included when it depends on data, and for sequences */
    VEC(int) axis_order; /* sequence axes in the order of the left side, without batch */
    Term *def;           /* EQUATION: right side */
    Term *edge;          /* x[first] = e or x[last] = e, or NULL */
    int edge_axis;
    bool edge_last;
    Term *init;         /* init x = e; NULL: zeros. INPUT, TARGET and EQUATION */
    bool frozen;        /* PARAM */
    InitKind init_kind; /* PARAM */
    double init_arg[2];
    double control; /* CONTROL: default */
    bool is_output;
    bool needs_target;  /* depends on a target: not available from infer */
    int loop_axis;      /* EQUATION on a cycle: the axis of its loop, else -1 */
    int loop_direction; /* +1 forward (reads t-1), -1 reverse (reads t+1), 0 in no loop */
};

typedef struct NamedNumber {
    const char *name;
    int64_t integer; /* dims, and consts that are whole */
    double number;
    Span span;
} NamedNumber;

typedef struct Partition {
    const char *name;
    Dim words, classes;
    const char *file; /* NULL: even */
    Span span;
} Partition;

typedef enum EntryKind { ENTRY_STEP, ENTRY_GENERATE } EntryKind;
typedef struct Entry {
    EntryKind kind;
    const char *name;
    int axis;
    Span span;
    VEC(Var *) outputs;    /* step: -> outs; generate: output w, beside the generated ones */
    VEC(Var *) generated;  /* generate: inputs or targets it defines */
    VEC(Term *) equations; /* generate: their values, same order */
    Term *stop;            /* generate: or NULL */
} Entry;

typedef struct TrainAdvice { /* train { key = value } */
    const char *key;
    const char *text; /* of a string value, else NULL */
    double number;
} TrainAdvice;

typedef struct Metric {
    Var *var;
} Metric;

typedef struct Model {
    const char *name;
    Span span;
    uint32_t file;
    VEC(ModelAxis) axes;   /* [0] is batch, always there */
    VEC(NamedNumber) dims; /* top-level and model dims in source order; computed ones too */
    VEC(NamedNumber) consts;
    VEC(Partition) partitions;
    VEC(Var *) vars;    /* all, in source order after expansion */
    VEC(Var *) params;  /* in the order of the file: this is the layout of M_params */
    VEC(Var *) outputs; /* in source order */
    VEC(Var *) metrics;
    Var *loss; /* or NULL */
    VEC(Entry *) entries;
    VEC(TrainAdvice) train;
} Model;
#endif

/* graph.h: a model as recurrence equations: a DAG of immutable, hash-consed nodes, with all cycles in the table of
 * variables. READ leaves look at a variable some steps away; everything else is a plain expression. The gradient
 * (graph/grad.c) adds nodes and variables of the same kinds, whose reads point the other way.
 * Made by graph/lower.c from the Model, scheduled by loop/schedule.c, evaluated naively by graph/interp.c. */
#ifndef RNNC_GRAPH_H
#define RNNC_GRAPH_H
#include <stdbool.h>
#include <stdint.h>

#include "op/op.h"
#include "sema/model.h"
#include "support/source.h"
#include "support/vec.h"

typedef struct Node Node;
typedef struct GVar GVar;

/* A node's value is real unless `token`; it has a shape (rank 0..2), and one value for each step of each axis in `axes`
 * and each row when bit AXIS_BATCH is set. Values at steps past a row's length are never looked at: whoever stores a
 * sequence stores zeros there, and reductions over axes skip them. */
struct Node {
    OpId op;
    int id; /* creation order: args have smaller ids */
    bool token;
    int rank;
    int64_t dim[2]; /* unused ones are 1 */
    AxisSet axes;   /* batch is bit 0 */
    int n;
    Node **arg;
    /* attributes; zero where the op has none (part of what makes nodes equal) */
    double number; /* CONST: value. TOKEN: id */
    GVar *var;     /* PARAM INPUT CONTROL READ UP */
    int axis;      /* READ AT IS_STEP IS_START: which; -1 else */
    int offset;    /* READ: never 0. AT, IS_STEP: how many steps from that end, from 0 */
    bool from_end; /* AT, IS_STEP: counted from the row's last step */
    bool ta, tb;   /* MATVEC FMA_PRODUCT GATHER MATMUL: use arg A (B) transposed */
    AxisSet over;  /* SUM_AXES MAX_AXES MIN_AXES COUNT CONTRACT SCATTER_SUM: what is reduced */
    int from;      /* SLICE PAD: first component */
    int site;      /* MASK SAMPLE */
    int per_axis;  /* MASK: axis along which one mask is kept, -1 none */
    /* not part of equality */
    Span span;        /* where the user wrote it; of the primal for adjoints */
    const char *name; /* C-safe suggestion: the variable it defines, "d_h" for its adjoint; NULL for temporaries */
    GVar *defines;    /* the variable whose definition it is (the first, when several), or NULL */
};

typedef enum GVarKind {
    GVAR_PARAM,
    GVAR_INPUT,
    GVAR_TARGET,
    GVAR_CONTROL,
    GVAR_EQUATION,
    GVAR_ADJOINT /* made by grad: definition = adjoint of a READ, read at the opposite offset */
} GVarKind;
struct GVar {
    GVarKind kind;
    int id;
    const char *name; /* C name; adjoints "d_h" */
    const char *path; /* user's name */
    Var *var;         /* of the model; NULL for adjoints */
    bool token;
    int rank;
    int64_t dim[2], vocab;
    AxisSet axes;
    Node *def;     /* EQUATION, ADJOINT */
    Node *init;    /* value before the first processed step; NULL: zero. Free of the axis */
    int lag;       /* largest |offset| at which it is read */
    int direction; /* of its loop: +1, -1; 0: in no loop */
    int loop_axis; /* -1: in no loop */
    Span span;
};

typedef struct MetricMean { /* one rnn_mean of a metric: node sum / node weight, both free of axes */
    Node *sum, *weight;
} MetricMean;
typedef struct GMetric {
    GVar *var;
    VEC(MetricMean) means;
    Node *value; /* over leaves MEAN_OF (number = index into means); free of everything else that varies */
} GMetric;

typedef struct GOutput {
    GVar *var;
    Node *value;
    bool needs_target;
} GOutput;

typedef struct GEntry { /* a step or generate entry */
    Entry *entry;
    VEC(GVar *) generated;
    VEC(Node *) values;  /* of the generated ones */
    Node *stop;          /* or NULL */
    VEC(GVar *) outputs; /* of output w / -> outs */
} GEntry;

typedef struct ParamGrad {
    GVar *param;
    Node *grad; /* the parameter's shape, free of axes and batch; NULL: no way to the loss, or frozen */
} ParamGrad;
typedef struct InputGrad {
    GVar *input;
    Node *grad; /* axes of the input; NULL: none */
} InputGrad;
typedef struct StateGrad { /* d of the value of `var` `back` steps before the window, one a row */
    GVar *var;
    int back; /* 1 .. var->lag */
    Node *grad;
} StateGrad;

typedef struct Graph {
    Arena *arena;
    const Model *model;
    VEC(Node *) nodes; /* by id */
    VEC(GVar *) vars;
    VEC(GVar *) params; /* in the order of Model.params */
    VEC(GOutput) outputs;
    Node *loss;        /* or NULL; free of axes and batch */
    Node *loss_weight; /* COUNT of its outer mean over data; NULL: has no single one */
    VEC(GMetric) metrics;
    VEC(GEntry) entries;
    /* after grad */
    VEC(ParamGrad) param_grads;
    VEC(InputGrad) input_grads;
    VEC(StateGrad) state_grads;
    struct NodeTable *table; /* hash-consing */
    bool plain;              /* while set, nodes are shared but not simplified: what the oracle of the tests reads */
    int forward_nodes;       /* after grad: nodes with a smaller id were there before it */
    Span at;                 /* span of nodes whose spec has none */
} Graph;

/* --- building: args are simplified (x*1, x+0, constants) and shared; a node that exists is returned again --- */
Graph *graph_new(Arena *arena, const Model *model);
typedef struct NodeSpec { /* what makes a node; zero what the op does not use */
    OpId op;
    int n;
    Node *arg[3];
    Node **more; /* used instead of arg when n > 3 */
    int rank;
    int64_t dim[2];
    AxisSet axes;
    bool token;
    double number;
    GVar *var;
    int axis, offset;
    bool from_end, ta, tb;
    AxisSet over;
    int from, site, per_axis;
    Span span;
} NodeSpec;
Node *graph_node(Graph *graph, const NodeSpec *spec);

/* The leaf that stands for a parameter, input, target or control; the definition of an equation or adjoint. */
Node *graph_var_node(Graph *graph, GVar *var);
/* Calls visit with the place of every root: definitions and start values of variables when `vars`, and outputs, loss,
 * metrics, entries and gradients. What is reached from the roots (READ reaches definition and init) is alive. */
void graph_each_root(Graph *graph, bool vars, void (*visit)(void *context, Node **root), void *context);
/* For each node id: whether it is alive. */
bool *graph_live(Graph *graph, bool vars);
/* Rebuilds what is alive, operands first: `make` gives the new node for an old one, or NULL to rebuild it with the new
 * operands (now[id]: the new node for the old one of that id; set for all operands). make NULL: rebuild everything.
 * Roots follow. Names and definitions move to the new nodes. Old nodes stay in `nodes` until graph_compact. */
typedef Node *GraphMake(void *context, Graph *graph, Node *node, Node **now);
void graph_rewrite(Graph *graph, GraphMake *make, void *context);
/* Drops dead nodes and adjoints that are not read, and numbers the rest anew: what was there before grad first,
 * operands before users, otherwise in the order of the roots. */
void graph_compact(Graph *graph);
/* What graph_node would be given to make this node with other operands. */
NodeSpec graph_spec_of(const Node *node, Node **args);

/* --- for --dump=graph and --dump=grad: a line a variable, the user's names, readable formulas --- */
struct Text;
void graph_print(struct Text *out, const Graph *graph, bool gradient);
/* Checks the invariants above; NULL or a description of the first violation. Run after every pass in tests. */
const char *graph_verify(const Graph *graph);
#endif

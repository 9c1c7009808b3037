/* lower_internal.h: what the files of the lowering share: lower.c variables and their order, lower_term.c terms and
 * reads, lower_functions.c one lowering a function, lower_results.c metrics, loss weight and entries, lower_sizes.c
 * whether everything fits. */
#ifndef RNNC_GRAPH_LOWER_INTERNAL_H
#define RNNC_GRAPH_LOWER_INTERNAL_H
#include "graph/builders.h"
#include "graph/lower.h"
#include "graph/node.h"

typedef struct Lower {
    Graph *graph;
    Diag *diag;
    const Model *model;
    AxisSet *extra; /* by id of the variable: axes it has beyond Var.axes (lengths of rows are data too) */
    char *reduces;  /* lower_results.c: by id, whether the variable contains a reduction over batch */
    int edge_axis;  /* while v[first] = ... or v[last] = ... is lowered: along which axis; else -1 */
    bool grown;     /* extra has grown: lower again */
    bool refused;   /* E0901 or E0701 was reported */
} Lower;

Node *lower_term(Lower *lower, const Term *term);
/* With numbers as tokens where the type is a token. */
Node *lower_term_as(Lower *lower, const Term *term, Type type);
/* A call whose operands are already nodes. */
Node *lower_call(Lower *lower, const Term *term, Node **args);
/* The weight of mean[..](e): valid steps and rows, or the sum of weight = w. */
Node *lower_mean_weight(Lower *lower, const Term *term, Node *e);
void lower_results(Lower *lower);
/* Reports E0701 for the largest value that does not fit into an array. */
void lower_sizes(Lower *lower);
/* Reports E0901; returns a zero of the term's type so that lowering can go on. */
Node *lower_refuse(Lower *lower, const Term *term, const char *what, const char *hint);
/* e with all axes it is reduced over; a reduction over steps also needs the rows, whose lengths bound it. */
Node *lower_spread(Lower *lower, Node *e, AxisSet over);
GVar *lower_var(const Lower *lower, const Var *var);
#endif

/* interp.h: the reference interpreter: any node of a graph, evaluated naively in double (complex, so that a complex step
 * gives derivatives without any derivative formula). No scheduling, no order of additions, no derivative rule: it is
 * the oracle for everything that has these. Slow on purpose; for models of test size.
 *
 *   Interp *interp = interp_new(arena, graph, &data);
 *   loss = interp_loss(interp);
 *   data.direction[param->id].real = v; interp_forget(interp);
 *   slope = interp_slope(interp, graph->loss);        // along v */
#ifndef RNNC_GRAPH_INTERP_H
#define RNNC_GRAPH_INTERP_H
#include "graph/graph.h"
#include "graph/scalar.h"

typedef struct InterpField { /* row-major, as in the C interface: [steps][rows][components] */
    const double *real;      /* of tokens: NULL */
    const int32_t *token;    /* of reals: NULL */
} InterpField;

/* All tables of fields are indexed by GVar.id; a field that is not set counts as zeros. */
typedef struct InterpData {
    int rows;
    int steps[MAX_AXES];              /* of each sequence axis */
    const int32_t *lengths[MAX_AXES]; /* [rows]; NULL: every row is full */
    const InterpField *value;         /* parameters, inputs, targets, controls */
    const InterpField *direction;     /* NULL, or by how much each of `value` moves */
    const InterpField *state;         /* NULL, or on a carry axis the values before the window: [back - 1][rows][..] */
    const InterpField *state_direction;
    const InterpField *up;   /* NULL, or adjoints of outputs */
    const bool *fresh;       /* [rows] whether the row starts here; NULL: all do */
    const int32_t *position; /* [rows] steps since the reset; NULL: 0 */
    double dloss;
    bool train; /* dropout draws */
    uint64_t seed;
    uint32_t tick;
} InterpData;

typedef struct Interp Interp;
/* The data may change afterwards: call interp_forget then. */
Interp *interp_new(Arena *arena, Graph *graph, const InterpData *data);
void interp_forget(Interp *interp);
/* The components of a node at the coordinates `at` (by axis; batch is 0; those of axes it does not have are ignored). */
const Complex *interp_at(Interp *interp, Node *node, const int at[MAX_AXES]);
/* A scalar free of axes: its value and its slope along the directions. */
double interp_scalar(Interp *interp, Node *node);
double interp_slope(Interp *interp, Node *node);
double interp_loss(Interp *interp);
double interp_metric(Interp *interp, int metric);
/* The length of a row along an axis. */
int interp_length(const Interp *interp, int axis, int row);
#endif

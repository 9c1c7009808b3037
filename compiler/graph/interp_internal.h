/* interp_internal.h: what the files of the interpreter share: interp.c values and reads, interp_ops.c ops on
 * components, interp_axes.c ops over axes, interp_random.c random numbers. */
#ifndef RNNC_GRAPH_INTERP_INTERNAL_H
#define RNNC_GRAPH_INTERP_INTERNAL_H
#include "graph/interp.h"
#include "graph/node.h"

typedef struct Memo { /* of one node: a cell for each coordinate */
    Complex *value;
    unsigned char *known;
} Memo;
struct Interp {
    Arena *arena;
    Graph *graph;
    const InterpData *data;
    Memo *memo; /* by node id */
    int nodes;
    VEC(Node *) stack;     /* of interp_at */
    const GMetric *metric; /* whose MEAN_OF leaves are being evaluated */
};
extern const double interp_step; /* what a direction is multiplied by in the imaginary part */

/* A walk over the coordinates of `over`, sequence axes outside, rows inside; skips what lies past a row's length along
 * any axis of `inside`. */
typedef struct Walk {
    const Interp *interp;
    AxisSet over, inside;
    int at[MAX_AXES];
    bool started;
} Walk;
Walk walk_start(const Interp *interp, AxisSet over, AxisSet inside, const int at[MAX_AXES]);
bool walk_next(Walk *walk);

typedef void Evaluate(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y);
Evaluate interp_product, interp_matrix, interp_reduce, interp_row, interp_piece, interp_token, interp_axis;
void interp_mask(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y);
int interp_draw(Interp *interp, const Node *node, const int at[MAX_AXES]);
int interp_token_of(Interp *interp, Node *node, const int at[MAX_AXES], int64_t below);
#endif

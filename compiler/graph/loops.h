/* loops.h: strongly connected components of the graph of subexpressions: its nodes, with READ leading on to the
 * definition and start value of its variable. A component that is a cycle is a loop over one axis in one direction;
 * what is in no cycle leaves the loops. Used by opt/chains.c and loop/schedule.c. */
#ifndef RNNC_GRAPH_LOOPS_H
#define RNNC_GRAPH_LOOPS_H
#include "graph/graph.h"

typedef struct Component {
    bool cycle;
    int axis;      /* of a cycle; -1 else */
    int direction; /* of a cycle: +1 where it reads steps before, -1 where it reads steps after */
    int nodes;     /* how many */
} Component;
typedef struct GraphLoops {
    int n; /* components, operands before users */
    Component *at;
    int *of_node; /* by node id: its component; -1: not alive */
    int nodes;    /* how many nodes the graph had */
} GraphLoops;

GraphLoops *graph_loops(Graph *graph);
/* Whether both are in one cycle. */
bool loops_same_cycle(const GraphLoops *loops, const Node *a, const Node *b);
#endif

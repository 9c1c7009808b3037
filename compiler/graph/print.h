/* print.h: what the files of the graph's printer share: print.c chooses what gets a line, print_expr.c writes formulas
 * with the user's names. */
#ifndef RNNC_GRAPH_PRINT_H
#define RNNC_GRAPH_PRINT_H
#include "graph/graph.h"
#include "support/text.h"

typedef struct Printer {
    Text *out;
    const Graph *graph;
    const char **label; /* by node id: the name under which it is read, without axes; NULL: written out */
} Printer;

/* The formula of a node; `whole`: its own, not its label. */
void print_expr(const Printer *printer, const Node *node, bool whole);
/* "[t]": sequence axes; the batch is understood. */
void print_axes(const Printer *printer, AxisSet axes);
#endif

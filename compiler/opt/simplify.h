/* simplify.h: graph to graph: every local rule (graph/rules.c) everywhere, dead nodes dropped. */
#ifndef RNNC_OPT_SIMPLIFY_H
#define RNNC_OPT_SIMPLIFY_H
#include "graph/graph.h"

void simplify_run(Graph *graph);
#endif

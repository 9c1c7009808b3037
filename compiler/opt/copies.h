/* copies.h: values that are read at other steps stand in a sequence of their own. Runs before ends. */
#ifndef RNNC_OPT_COPIES_H
#define RNNC_OPT_COPIES_H
#include "graph/graph.h"

void copies_run(Graph *graph);
#endif

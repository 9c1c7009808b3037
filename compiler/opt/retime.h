/* retime.h: moves delays of the gradient from the results of products to their operands. Runs after grad, before chains
 * on what grad added. */
#ifndef RNNC_OPT_RETIME_H
#define RNNC_OPT_RETIME_H
#include "graph/graph.h"

void retime_run(Graph *graph);
#endif

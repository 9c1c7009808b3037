/* chains.h: fixes the order of additions (language reference, "the order of additions is a contract"): sums that contain
 * matrix products become chains of FMA_PRODUCT. Runs once on the forward graph before grad and once after it on what
 * grad added; no later pass re-associates. */
#ifndef RNNC_OPT_CHAINS_H
#define RNNC_OPT_CHAINS_H
#include "graph/graph.h"

/* Only sums with id >= from: 0 before grad, graph->forward_nodes after it. */
void chains_run(Graph *graph, int from);
#endif

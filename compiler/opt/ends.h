/* ends.h: sums over steps add whole sequences, so what they add must be zero past the end of each row. Runs after the
 * last chains. */
#ifndef RNNC_OPT_ENDS_H
#define RNNC_OPT_ENDS_H
#include "graph/graph.h"

void ends_run(Graph *graph);
#endif

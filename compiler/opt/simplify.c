/* simplify.c: rebuilds the graph through the simplifying builder. A graph that was lowered with rules changes only
 * where an operand of an older node has become simpler since; a plain one becomes what lower_model would have made. */
#include "opt/simplify.h"

void simplify_run(Graph *graph)
{
    graph->plain = false;
    graph_rewrite(graph, NULL, NULL);
    graph_compact(graph);
}

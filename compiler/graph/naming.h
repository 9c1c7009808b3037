/* naming.h: names for values that the user gave none. */
#ifndef RNNC_GRAPH_NAMING_H
#define RNNC_GRAPH_NAMING_H
#include "graph/graph.h"

/* The node's own name, or "Emb_row", "logsumexp_o", or NULL where nothing short says what it is. */
const char *node_called(Arena *arena, const Node *node);
#endif

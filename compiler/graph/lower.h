/* lower.h: Model -> Graph. Reads at offset 0 become the definition itself, other reads become READ leaves, composite
 * functions become ops. Next: opt/simplify.h, opt/chains.h, graph/grad.h. */
#ifndef RNNC_GRAPH_LOWER_H
#define RNNC_GRAPH_LOWER_H
#include "graph/graph.h"
#include "support/diag.h"

/* An array of the emitted C has fewer elements: places in it are int32_t. */
#define ARRAY_ELEMENTS_MAX 2147483648.0

/* NULL after E0901 (the model has a construct for which no code is generated yet) or E0701 (a value is too large). */
Graph *lower_model(Arena *arena, Diag *diag, const Model *model);
/* The same equations without any simplification: what the oracle of the tests evaluates. */
Graph *lower_model_plain(Arena *arena, Diag *diag, const Model *model);
#endif

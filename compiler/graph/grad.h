/* grad.h: reverse mode over the graph. The derivative of recurrence equations is recurrence equations whose reads point
 * the other way, so the result is more nodes and variables (GVAR_ADJOINT) of the same graph. */
#ifndef RNNC_GRAPH_GRAD_H
#define RNNC_GRAPH_GRAD_H
#include "graph/graph.h"

/* Fills param_grads, input_grads and state_grads. The seed is DLOSS at the loss, and with_up also UP leaves at the
 * real outputs. Called once a graph. */
void grad_build(Graph *graph, bool with_up);
/* grad_rules.c: the gradient column of y's op for its operand: what the adjoint g of y adds to the adjoint of that
 * operand, broadcasting not undone; NULL: the column says NoGrad. */
Node *grad_rule(Graph *graph, Node *y, Node *g, int operand);
#endif

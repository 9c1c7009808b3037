/* graph_case.h: a graph made by hand or from a program, random data for it, and the check that every test of gradients
 * comes down to: the slope of the loss along a random direction by the complex step (interp.h), against the gradient
 * nodes evaluated by the same interpreter. */
#ifndef GRAPH_CASE_H
#define GRAPH_CASE_H
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/builders.h"
#include "graph/grad.h"
#include "graph/interp.h"
#include "unit.h"

enum { CASE_VARS_MAX = 4096, CASE_T = 1 };
typedef struct GraphCase {
    Arena *arena;
    Graph *graph;
    InterpData data;
    InterpField *value, *direction, *state, *state_direction, *up;
    bool *fresh;
    uint64_t random;
} GraphCase;

static inline uint32_t case_random(GraphCase *c)
{
    c->random = c->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(c->random >> 33);
}

static inline double case_uniform(GraphCase *c, double low, double high)
{
    return low + (high - low) * ((double)case_random(c) + 0.5) / 2147483648.0;
}

static inline void case_tables(GraphCase *c, int rows, int steps)
{
    c->value = arena_array(c->arena, InterpField, CASE_VARS_MAX);
    c->direction = arena_array(c->arena, InterpField, CASE_VARS_MAX);
    c->state = arena_array(c->arena, InterpField, CASE_VARS_MAX);
    c->state_direction = arena_array(c->arena, InterpField, CASE_VARS_MAX);
    c->up = arena_array(c->arena, InterpField, CASE_VARS_MAX);
    c->data = (InterpData){.rows = rows,
                           .value = c->value,
                           .direction = c->direction,
                           .state = c->state,
                           .state_direction = c->state_direction,
                           .up = c->up,
                           .dloss = 1,
                           .train = true,
                           .seed = 7,
                           .tick = 3};
    for (int axis = 1; axis < MAX_AXES; axis++)
        c->data.steps[axis] = steps;
}

/* A model with axes batch and t only, for graphs made by hand. */
static inline GraphCase case_new(int rows, int steps, bool carry, uint64_t seed)
{
    GraphCase c = {.arena = arena_new(), .random = seed};
    Model *model = arena_make(c.arena, Model);
    vec_push(c.arena, &model->axes, (ModelAxis){.name = "batch", .low = 1, .high = rows});
    vec_push(c.arena, &model->axes, (ModelAxis){.name = "t", .low = 1, .high = steps, .carry = carry});
    c.graph = graph_new(c.arena, model);
    case_tables(&c, rows, steps);
    return c;
}

static inline size_t case_extent(const GraphCase *c, AxisSet axes)
{
    size_t n = (axes & AXIS_BIT(AXIS_BATCH)) != 0 ? (size_t)c->data.rows : 1;
    for (int axis = 1; axis < MAX_AXES; axis++)
        if ((axes & AXIS_BIT(axis)) != 0)
            n *= (size_t)c->data.steps[axis];
    return n;
}

static inline double *case_numbers(GraphCase *c, size_t n, double low, double high)
{
    double *number = arena_array(c->arena, double, n);
    for (size_t i = 0; i < n; i++)
        number[i] = case_uniform(c, low, high);
    return number;
}

/* Values and a direction for a variable that comes from outside. */
static inline void case_fill(GraphCase *c, const GVar *var, double low, double high)
{
    const AxisSet axes = var->kind == GVAR_PARAM || var->kind == GVAR_CONTROL ? 0 : var->axes;
    const size_t n = case_extent(c, axes) * (size_t)(var->dim[0] * var->dim[1]);
    if (var->token) {
        int32_t *token = arena_array(c->arena, int32_t, n);
        for (size_t i = 0; i < n; i++)
            token[i] = (int32_t)(case_random(c) % (uint32_t)var->vocab);
        c->value[var->id].token = token;
        return;
    }
    c->value[var->id].real = case_numbers(c, n, low, high);
    const bool moves = var->kind == GVAR_INPUT || (var->kind == GVAR_PARAM && (var->var == NULL || !var->var->frozen));
    c->direction[var->id].real = moves ? case_numbers(c, n, -1, 1) : NULL;
}

static inline Node *case_var(GraphCase *c, GVarKind kind, int rank, int64_t rows, int64_t columns, AxisSet axes,
                             double low, double high)
{
    GVar *var = arena_make(c->arena, GVar);
    const int id = c->graph->vars.n;
    *var = (GVar){.kind = kind,
                  .id = id,
                  .rank = rank,
                  .dim = {rank > 0 ? rows : 1, rank > 1 ? columns : 1},
                  .axes = axes,
                  .loop_axis = -1};
    var->name = var->path = arena_printf(c->arena, "v%d", id);
    vec_push(c->arena, &c->graph->vars, var);
    if (kind == GVAR_PARAM)
        vec_push(c->arena, &c->graph->params, var);
    case_fill(c, var, low, high);
    return graph_var_node(c->graph, var);
}

static inline Node *case_token(GraphCase *c, int vocab, AxisSet axes)
{
    GVar *var = arena_make(c->arena, GVar);
    const int id = c->graph->vars.n;
    *var = (GVar){.kind = GVAR_TARGET,
                  .id = id,
                  .token = true,
                  .vocab = vocab,
                  .dim = {1, 1},
                  .axes = axes,
                  .loop_axis = -1,
                  .name = "token",
                  .path = "token"};
    vec_push(c->arena, &c->graph->vars, var);
    case_fill(c, var, 0, 0);
    return graph_var_node(c->graph, var);
}

/* The loss: all components of y, weighted at random, over all axes. */
static inline void case_loss(GraphCase *c, Node *y)
{
    Graph *graph = c->graph;
    Node *weights = case_var(c, GVAR_TARGET, y->rank, y->dim[0], y->dim[1], 0, -1, 1);
    Node *sum = build_unary(graph, OP_SUM, Mul(y, weights));
    if ((sum->axes & ~AXIS_BIT(AXIS_BATCH)) != 0)
        sum = build_expand_axes(graph, sum, AXIS_BIT(AXIS_BATCH));
    graph->loss = sum->axes == 0 ? sum : build_over(graph, OP_SUM_AXES, sum, sum->axes);
}

/* Sum of gradient times direction over the valid coordinates of `axes`. */
static inline double case_product(GraphCase *c, Interp *interp, Node *grad, const InterpField *direction, AxisSet axes)
{
    double sum = 0;
    const int64_t n = grad->dim[0] * grad->dim[1];
    const int steps = (axes & AXIS_BIT(CASE_T)) != 0 ? c->data.steps[CASE_T] : 1;
    const int rows = (axes & AXIS_BIT(AXIS_BATCH)) != 0 ? c->data.rows : 1;
    for (int t = 0; t < steps; t++)
        for (int row = 0; row < rows; row++) {
            const int at[MAX_AXES] = {row, t};
            if (steps > 1 && rows > 1 && t >= interp_length(interp, CASE_T, row))
                continue;
            const Complex *g = interp_at(interp, grad, at);
            for (int64_t i = 0; i < n; i++)
                sum += creal(g[i]) * direction->real[(t * rows + row) * n + i];
        }
    return sum;
}

static inline double case_gradient_product(GraphCase *c)
{
    Graph *graph = c->graph;
    Interp *interp = interp_new(c->arena, graph, &c->data);
    double sum = 0;
    for (int i = 0; i < graph->param_grads.n; i++) {
        const ParamGrad *g = &graph->param_grads.at[i];
        if (g->grad != NULL && c->direction[g->param->id].real != NULL)
            sum += case_product(c, interp, g->grad, &c->direction[g->param->id], 0);
    }
    for (int i = 0; i < graph->input_grads.n; i++) {
        const InputGrad *g = &graph->input_grads.at[i];
        if (g->grad != NULL)
            sum += case_product(c, interp, g->grad, &c->direction[g->input->id], g->input->axes);
    }
    for (int i = 0; i < graph->state_grads.n; i++) {
        const StateGrad *g = &graph->state_grads.at[i];
        const InterpField *all = &c->state_direction[g->var->id];
        if (g->grad == NULL || all->real == NULL)
            continue;
        const InterpField part = {.real = all->real + (size_t)(g->back - 1) * (size_t)c->data.rows *
                                                          (size_t)(g->var->dim[0] * g->var->dim[1])};
        sum += case_product(c, interp, g->grad, &part, AXIS_BIT(AXIS_BATCH));
    }
    return sum;
}

/* What the caller's adjoints add: outputs' slopes times them, over the valid coordinates. */
static inline double case_output_slope(GraphCase *c, Graph *graph, Interp *interp)
{
    double sum = 0;
    for (int i = 0; i < graph->outputs.n; i++) {
        const GOutput *output = &graph->outputs.at[i];
        const double *up = c->up[output->var->id].real;
        const AxisSet axes = output->var->axes;
        const int64_t n = output->value->dim[0] * output->value->dim[1];
        const int steps = (axes & AXIS_BIT(CASE_T)) != 0 ? c->data.steps[CASE_T] : 1;
        const int rows = (axes & AXIS_BIT(AXIS_BATCH)) != 0 ? c->data.rows : 1;
        for (int cell = 0; up != NULL && cell < steps * rows; cell++) {
            const int at[MAX_AXES] = {cell % rows, cell / rows};
            if (steps > 1 && rows > 1 && at[CASE_T] >= interp_length(interp, CASE_T, at[0]))
                continue;
            const Complex *y = interp_at(interp, output->value, at);
            for (int64_t k = 0; k < n; k++)
                sum += cimag(y[k]) * up[cell * n + k];
        }
    }
    return sum * 1e30;
}

/* Complex step of `graph`'s loss (and outputs, where they have adjoints) against the gradient nodes of c->graph:
 * relative error. */
static inline double case_error(GraphCase *c, Graph *graph)
{
    Interp *interp = interp_new(c->arena, graph, &c->data);
    const double slope =
        (graph->loss == NULL ? 0 : interp_slope(interp, graph->loss)) + case_output_slope(c, graph, interp);
    const double product = case_gradient_product(c);
    return fabs(slope - product) / (fabs(slope) + fabs(product) + 1e-3);
}
#endif

/* lower_sizes.c: every value of a model fits into an array of the emitted C, over all steps and rows (E0701). So the
 * arithmetic of the memory plan, in 64 bits, cannot overflow; the sums it makes are checked after it (cmd/passes.c). */
#include "graph/lower_internal.h"

static double elements_of(const Model *model, const Node *node)
{
    double n =
        node->rank == 0 ? 1 : (double)padded(node->dim[node->rank - 1]) * (node->rank == 2 ? (double)node->dim[0] : 1);
    for (int axis = 0; axis < model->axes.n; axis++)
        if ((node->axes & AXIS_BIT(axis)) != 0)
            n *= (double)model->axes.at[axis].high;
    return n;
}

/* The bound that would make it smaller most. */
typedef struct Bound {
    const char *name;
    int64_t value;
} Bound;

static void meet_bound(Bound *bound, const char *name, int64_t value)
{
    if (value > bound->value)
        *bound = (Bound){name, value};
}

static void meet_dim(Bound *bound, const Model *model, int64_t value)
{
    for (int i = 0; i < model->dims.n; i++)
        if (model->dims.at[i].integer == value)
            meet_bound(bound, model->dims.at[i].name, value);
}

static Bound largest_bound(const Model *model, const Node *node)
{
    Bound bound = {NULL, 0};
    for (int i = 0; i < node->rank; i++)
        meet_dim(&bound, model, node->dim[i]);
    for (int axis = 0; axis < model->axes.n; axis++)
        if ((node->axes & AXIS_BIT(axis)) != 0)
            meet_bound(&bound, model->axes.at[axis].name, model->axes.at[axis].high);
    return bound;
}

static void report(Lower *lower, const Node *node, double elements)
{
    const Var *var = node->var != NULL ? node->var->var : node->defines != NULL ? node->defines->var : NULL;
    const Bound bound = largest_bound(lower->model, node);
    DiagMsg *msg = diag_report(lower->diag, E0701, var != NULL ? var->span : node->span,
                               "%s takes %.0f elements, padding included, and an array has fewer than 2147483648",
                               var != NULL ? var->path : "this value", elements);
    const double fits = bound.name != NULL ? (double)bound.value * ARRAY_ELEMENTS_MAX / elements : 0;
    if (fits >= 2 * PANEL)
        diag_hint(lower->diag, msg, "its largest bound is %s = %lld; %s = %.0f would do: -D %s=%.0f", bound.name,
                  (long long)bound.value, bound.name, fits - PANEL, bound.name, fits - PANEL);
    else if (bound.name != NULL)
        diag_hint(lower->diag, msg, "its largest bound is %s = %lld; make more than one of its bounds smaller",
                  bound.name, (long long)bound.value);
    lower->refused = true;
}

void lower_sizes(Lower *lower)
{
    const Node *largest = NULL;
    double most = 0;
    for (int i = 0; i < lower->graph->nodes.n; i++) {
        const Node *node = lower->graph->nodes.at[i];
        const double elements = elements_of(lower->model, node);
        if (elements > most) {
            most = elements;
            largest = node;
        }
    }
    if (most >= ARRAY_ELEMENTS_MAX)
        report(lower, largest, most);
}

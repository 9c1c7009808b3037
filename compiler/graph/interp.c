/* interp.c: values of nodes by recursion over operands, kept once computed. A READ asks for its variable's definition at
 * another step; steps are computed from the border of the row on, so that the recursion stays as deep as one step. */
#include <math.h>
#include <string.h>

#include "graph/interp_internal.h"
#include "support/diag.h"

const double interp_step = 1e-30;

Interp *interp_new(Arena *arena, Graph *graph, const InterpData *data)
{
    Interp *interp = arena_make(arena, Interp);
    *interp = (Interp){.arena = arena, .graph = graph, .data = data, .nodes = graph->nodes.n};
    interp->memo = arena_array(arena, Memo, interp->nodes);
    return interp;
}

static int extent(const Interp *interp, int axis)
{
    return axis == AXIS_BATCH ? interp->data->rows : interp->data->steps[axis];
}

static size_t cells(const Interp *interp, AxisSet axes)
{
    size_t n = 1;
    for (int axis = 0; axis < MAX_AXES; axis++)
        if ((axes & AXIS_BIT(axis)) != 0)
            n *= (size_t)extent(interp, axis);
    return n;
}

/* Rows fastest, then the axes in their order. */
static size_t cell(const Interp *interp, AxisSet axes, const int at[MAX_AXES])
{
    size_t index = 0;
    for (int axis = MAX_AXES - 1; axis >= 0; axis--)
        if ((axes & AXIS_BIT(axis)) != 0)
            index = index * (size_t)extent(interp, axis) + (size_t)at[axis];
    return index;
}

void interp_forget(Interp *interp)
{
    for (int id = 0; id < interp->nodes; id++)
        if (interp->memo[id].known != NULL)
            memset(interp->memo[id].known, 0, cells(interp, interp->graph->nodes.at[id]->axes));
    interp->metric = NULL;
}

int interp_length(const Interp *interp, int axis, int row)
{
    const int32_t *lengths = interp->data->lengths[axis];
    return lengths == NULL || row < 0 ? interp->data->steps[axis] : (int)lengths[row];
}

/* How many steps of the axis a value with these axes has here: the row's, or all where no row owns it. */
static int length_at(const Interp *interp, AxisSet axes, int axis, const int at[MAX_AXES])
{
    return interp_length(interp, axis, (axes & AXIS_BIT(AXIS_BATCH)) != 0 ? at[AXIS_BATCH] : -1);
}

static bool is_fresh(const Interp *interp, const int at[MAX_AXES])
{
    return interp->data->fresh == NULL || interp->data->fresh[at[AXIS_BATCH]];
}

/* ---- leaves ---- */
static void load(const InterpField *field, const InterpField *direction, size_t from, size_t n, Complex *y)
{
    for (size_t i = 0; i < n; i++) {
        const double re = field->token != NULL  ? field->token[from + i]
                          : field->real != NULL ? field->real[from + i]
                                                : 0;
        const double slope = direction != NULL && direction->real != NULL ? direction->real[from + i] : 0;
        y[i] = scalar_make(re, slope * interp_step);
    }
}

static void load_var(const Interp *interp, const GVar *var, const int at[MAX_AXES], Complex *y)
{
    const InterpData *data = interp->data;
    const size_t n = (size_t)(var->dim[0] * var->dim[1]);
    const AxisSet axes = var->kind == GVAR_PARAM || var->kind == GVAR_CONTROL ? 0 : var->axes;
    load(&data->value[var->id], data->direction == NULL ? NULL : &data->direction[var->id], cell(interp, axes, at) * n,
         n, y);
}

static void load_state(const Interp *interp, const GVar *var, int back, int row, Complex *y)
{
    const InterpData *data = interp->data;
    const size_t n = (size_t)(var->dim[0] * var->dim[1]);
    const size_t from = ((size_t)(back - 1) * (size_t)data->rows + (size_t)row) * n;
    const InterpField none = {NULL, NULL};
    load(data->state == NULL ? &none : &data->state[var->id],
         data->state_direction == NULL ? NULL : &data->state_direction[var->id], from, n, y);
}

static bool is_known(const Interp *interp, const Node *node, const int at[MAX_AXES])
{
    const Memo *memo = &interp->memo[node->id];
    return node->op == OP_INPUT || (memo->known != NULL && memo->known[cell(interp, node->axes, at)] != 0);
}

/* The definition at step `pos`, after all steps between the border and it. */
static const Complex *value_at_step(Interp *interp, Node *def, int axis, int pos, int direction, int length,
                                    const int at[MAX_AXES])
{
    int there[MAX_AXES], step = pos;
    const Complex *value;
    memcpy(there, at, sizeof there);
    there[axis] = step - direction;
    while (there[axis] >= 0 && there[axis] < length && !is_known(interp, def, there)) {
        step -= direction;
        there[axis] = step - direction;
    }
    do {
        there[axis] = step;
        value = interp_at(interp, def, there);
        step += direction;
    } while (step != pos + direction);
    return value;
}

static void read_outside(Interp *interp, const Node *read, int pos, const int at[MAX_AXES], Complex *y)
{
    const GVar *var = read->var;
    const size_t n = (size_t)node_count(read);
    const bool carried = interp->graph->model != NULL && interp->graph->model->axes.at[read->axis].carry;
    if (var->kind == GVAR_ADJOINT)
        memset(y, 0, n * sizeof *y);
    else if (pos < 0 && carried && !is_fresh(interp, at))
        load_state(interp, var, -pos, at[AXIS_BATCH], y);
    else if (var->init != NULL)
        memcpy(y, interp_at(interp, var->init, at), n * sizeof *y);
    else
        memset(y, 0, n * sizeof *y);
}

static void read_var(Interp *interp, const Node *read, const int at[MAX_AXES], Complex *y)
{
    const int pos = at[read->axis] + read->offset, length = length_at(interp, read->axes, read->axis, at);
    if (pos < 0 || pos >= length) {
        read_outside(interp, read, pos, at, y);
    } else if (read->var->def == NULL) {
        int there[MAX_AXES];
        memcpy(there, at, sizeof there);
        there[read->axis] = pos;
        load_var(interp, read->var, there, y);
    } else {
        const Complex *value =
            value_at_step(interp, read->var->def, read->axis, pos, read->offset < 0 ? 1 : -1, length, at);
        memcpy(y, value, (size_t)node_count(read) * sizeof *y);
    }
}

static Complex count_valid(const Interp *interp, const Node *node, const int at[MAX_AXES])
{
    Walk walk = walk_start(interp, node->over, node->over | node->axes, at);
    double n = 0;
    while (walk_next(&walk))
        n++;
    return n;
}

static Complex mean_of(Interp *interp, const Node *node)
{
    if (interp->metric == NULL)
        BUG("a mean outside a metric");
    const MetricMean *mean = &interp->metric->means.at[(int)node->number];
    return interp_scalar(interp, mean->sum) / interp_scalar(interp, mean->weight);
}

static void evaluate_leaf(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    const InterpData *data = interp->data;
    switch (node->op) {
    case OP_PARAM:
    case OP_INPUT:
    case OP_CONTROL:
        load_var(interp, node->var, at, y);
        break;
    case OP_READ:
        read_var(interp, node, at, y);
        break;
    case OP_UP: {
        const InterpField none = {NULL, NULL};
        const size_t n = (size_t)node_count(node);
        load(data->up == NULL ? &none : &data->up[node->var->id], NULL, cell(interp, node->axes, at) * n, n, y);
        break;
    }
    case OP_DLOSS:
        *y = data->dloss;
        break;
    case OP_COUNT:
        *y = count_valid(interp, node, at);
        break;
    case OP_IS_STEP: {
        const int last = length_at(interp, node->axes, node->axis, at) - 1;
        *y = at[node->axis] == (node->from_end ? last - node->offset : node->offset);
        break;
    }
    case OP_IS_START:
        *y = at[node->axis] == 0 && is_fresh(interp, at);
        break;
    case OP_FRESH:
        *y = is_fresh(interp, at);
        break;
    case OP_MASK:
        interp_mask(interp, node, at, y);
        break;
    case OP_MEAN_OF:
        *y = mean_of(interp, node);
        break;
    default: /* CONST TOKEN */
        *y = node->number;
        break;
    }
}

/* ---- any node ---- */
static void evaluate_elementwise(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    ScalarFunction *function = scalar_function(node->op);
    const Complex *x[3] = {NULL, NULL, NULL};
    for (int i = 0; i < node->n; i++)
        x[i] = interp_at(interp, node->arg[i], at);
    for (int64_t k = 0; k < node_count(node); k++) {
        Complex component[3] = {0, 0, 0};
        for (int i = 0; i < node->n; i++)
            component[i] = x[i][node->arg[i]->rank == 0 ? 0 : k];
        y[k] = function(component);
    }
}

static void evaluate(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    static Evaluate *const families[] = {
        [FAMILY_LEAF] = evaluate_leaf,   [FAMILY_EW] = evaluate_elementwise, [FAMILY_PRODUCT] = interp_product,
        [FAMILY_MATRIX] = interp_matrix, [FAMILY_REDUCE] = interp_reduce,    [FAMILY_ROW] = interp_row,
        [FAMILY_PIECE] = interp_piece,   [FAMILY_TOKEN] = interp_token,      [FAMILY_AXIS] = interp_axis,
    };
    families[op_info[node->op].family](interp, node, at, y);
}

static Complex *place(Interp *interp, const Node *node, const int at[MAX_AXES], unsigned char **known)
{
    if (node->id >= interp->nodes)
        BUG("the graph has grown since interp_new");
    Memo *memo = &interp->memo[node->id];
    const size_t n = (size_t)node_count(node), index = cell(interp, node->axes, at);
    if (memo->known == NULL) {
        const size_t all = cells(interp, node->axes);
        memo->value = arena_array(interp->arena, Complex, all * n);
        memo->known = arena_array(interp->arena, unsigned char, all);
    }
    *known = &memo->known[index];
    return memo->value + index * n;
}

/* The first operand that is evaluated at the same coordinates and is not there yet. */
static Node *missing_operand(Interp *interp, const Node *node, const int at[MAX_AXES])
{
    const OpFamily family = op_info[node->op].family;
    unsigned char *known;
    for (int i = 0; family != FAMILY_LEAF && family != FAMILY_AXIS && i < node->n; i++) {
        place(interp, node->arg[i], at, &known);
        if (*known == 0)
            return node->arg[i];
    }
    return NULL;
}

/* Operands first, on a stack of our own: formulas may be thousands of equations deep. */
const Complex *interp_at(Interp *interp, Node *node, const int at[MAX_AXES])
{
    const int base = interp->stack.n;
    vec_push(interp->arena, &interp->stack, node);
    while (interp->stack.n > base) {
        Node *top = vec_last(&interp->stack), *missing;
        unsigned char *known;
        Complex *value = place(interp, top, at, &known);
        if (*known == 0 && (missing = missing_operand(interp, top, at)) != NULL) {
            vec_push(interp->arena, &interp->stack, missing);
            continue;
        }
        if (*known == 0)
            evaluate(interp, top, at, value);
        *known = 1;
        interp->stack.n--;
    }
    unsigned char *known;
    return place(interp, node, at, &known);
}

static Complex scalar_of(Interp *interp, Node *node)
{
    const int origin[MAX_AXES] = {0};
    if (node->axes != 0 || node->rank != 0)
        BUG("not a scalar free of axes");
    return interp_at(interp, node, origin)[0];
}

double interp_scalar(Interp *interp, Node *node)
{
    return creal(scalar_of(interp, node));
}

double interp_slope(Interp *interp, Node *node)
{
    return cimag(scalar_of(interp, node)) / interp_step;
}

double interp_loss(Interp *interp)
{
    return interp_scalar(interp, interp->graph->loss);
}

/* MEAN_OF numbers its metric's means, so what depends on it is kept for one metric at a time. */
double interp_metric(Interp *interp, int metric)
{
    const GMetric *wanted = &interp->graph->metrics.at[metric];
    if (interp->metric != wanted)
        interp_forget(interp);
    interp->metric = wanted;
    return interp_scalar(interp, wanted->value);
}

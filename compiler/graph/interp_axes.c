/* interp_axes.c: ops over axes: a walk over the coordinates that are reduced, without what lies past a row's length. */
#include <string.h>

#include "graph/interp_internal.h"
#include "support/diag.h"

Walk walk_start(const Interp *interp, AxisSet over, AxisSet inside, const int at[MAX_AXES])
{
    Walk walk = {.interp = interp, .over = over, .inside = inside};
    memcpy(walk.at, at, sizeof walk.at);
    for (int axis = 0; axis < MAX_AXES; axis++)
        if ((over & AXIS_BIT(axis)) != 0)
            walk.at[axis] = 0;
    return walk;
}

static bool step(Walk *walk)
{
    if (!walk->started) {
        walk->started = true;
        return true;
    }
    for (int axis = 0; axis < MAX_AXES; axis++) {
        if ((walk->over & AXIS_BIT(axis)) == 0)
            continue;
        const InterpData *data = walk->interp->data;
        if (++walk->at[axis] < (axis == AXIS_BATCH ? data->rows : data->steps[axis]))
            return true;
        walk->at[axis] = 0;
    }
    return false;
}

static bool is_valid(const Walk *walk)
{
    if ((walk->inside & AXIS_BIT(AXIS_BATCH)) == 0)
        return true;
    for (int axis = 1; axis < MAX_AXES; axis++)
        if ((walk->inside & AXIS_BIT(axis)) != 0 &&
            walk->at[axis] >= interp_length(walk->interp, axis, walk->at[AXIS_BATCH]))
            return false;
    return true;
}

bool walk_next(Walk *walk)
{
    while (step(walk))
        if (is_valid(walk))
            return true;
    return false;
}

static void sum_over(Interp *interp, const Node *node, Walk *walk, Complex *y)
{
    Node *a = node->arg[0], *b = node->arg[node->n - 1];
    const bool column = node->ta && node->rank == 2;
    memset(y, 0, (size_t)node_count(node) * sizeof *y);
    while (walk_next(walk)) {
        const Complex *x = interp_at(interp, a, walk->at);
        if (node->op == OP_SUM_AXES) {
            for (int64_t i = 0; i < node_count(node); i++)
                y[i] += x[i];
        } else if (node->op == OP_CONTRACT) {
            const Complex *z = interp_at(interp, b, walk->at);
            for (int64_t i = 0; i < node_count(node); i++)
                y[i] += x[i / node->dim[1]] * z[i % node->dim[1]];
        } else {
            const int token = interp_token_of(interp, b, walk->at, node->dim[column ? 1 : 0]);
            for (int64_t i = 0; i < node_count(a); i++)
                y[column ? i * node->dim[1] + token : token * node->dim[1] + i] += x[i];
        }
    }
}

static void extreme_over(Interp *interp, const Node *node, Walk *walk, Complex *y)
{
    const double sign = node->op == OP_MAX_AXES ? 1 : -1;
    bool any = false;
    memset(y, 0, (size_t)node_count(node) * sizeof *y);
    while (walk_next(walk)) {
        const Complex *x = interp_at(interp, node->arg[0], walk->at);
        for (int64_t i = 0; i < node_count(node); i++)
            if (!any || sign * creal(x[i]) > sign * creal(y[i]))
                y[i] = x[i];
        any = true;
    }
}

/* 1 where a equals b and did not at any coordinate before this one. */
static void is_first_equal(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    Node *a = node->arg[0];
    const Complex *b = interp_at(interp, node->arg[1], at), *here = interp_at(interp, a, at);
    for (int64_t i = 0; i < node_count(node); i++)
        y[i] = creal(here[i]) == creal(b[i]);
    Walk walk = walk_start(interp, node->over, a->axes, at);
    while (walk_next(&walk) && memcmp(walk.at, at, sizeof walk.at) != 0) {
        const Complex *before = interp_at(interp, a, walk.at);
        for (int64_t i = 0; i < node_count(node); i++)
            if (creal(before[i]) == creal(b[i]))
                y[i] = 0;
    }
}

static void at_step(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    Node *a = node->arg[0];
    const bool rows = (a->axes & AXIS_BIT(AXIS_BATCH)) != 0;
    const int length = interp_length(interp, node->axis, rows ? at[AXIS_BATCH] : -1);
    const int step_at = node->from_end ? length - 1 - node->offset : node->offset;
    int there[MAX_AXES];
    memcpy(there, at, sizeof there);
    there[node->axis] = step_at;
    if (step_at < 0 || step_at >= length)
        memset(y, 0, (size_t)node_count(node) * sizeof *y);
    else
        memcpy(y, interp_at(interp, a, there), (size_t)node_count(node) * sizeof *y);
}

void interp_axis(Interp *interp, const Node *node, const int at[MAX_AXES], Complex *y)
{
    if (node->op == OP_AT) {
        at_step(interp, node, at, y);
        return;
    }
    if (node->op == OP_IS_FIRST_EQUAL) {
        is_first_equal(interp, node, at, y);
        return;
    }
    Walk walk = walk_start(interp, node->over, node->over | node->axes, at);
    if (node->op == OP_MAX_AXES || node->op == OP_MIN_AXES)
        extreme_over(interp, node, &walk, y);
    else
        sum_over(interp, node, &walk, y);
}

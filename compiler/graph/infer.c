/* infer.c: shape, axes and kind of a node from its operands, one function a family. sema has checked the user's
 * program, so whatever does not fit here is a bug of rnnc. */
#include "graph/node.h"
#include "support/diag.h"

static void check(bool holds, const NodeSpec *spec, const char *what)
{
    if (!holds)
        BUG("node %s: %s", op_info[spec->op].name, what);
}

static void set_shape(NodeSpec *spec, int rank, int64_t rows, int64_t columns)
{
    spec->rank = rank;
    spec->dim[0] = rank > 0 ? rows : 1;
    spec->dim[1] = rank > 1 ? columns : 1;
}

static void set_shape_of(NodeSpec *spec, const Node *node)
{
    set_shape(spec, node->rank, node->dim[0], node->dim[1]);
}

static AxisSet axes_of_args(NodeSpec *spec)
{
    AxisSet axes = 0;
    for (int i = 0; i < spec->n; i++)
        axes |= spec_args(spec)[i]->axes;
    return axes;
}

static void infer_leaf(NodeSpec *spec)
{
    switch (spec->op) {
    case OP_PARAM:
    case OP_INPUT:
    case OP_CONTROL:
    case OP_READ:
    case OP_UP:
        set_shape(spec, spec->var->rank, spec->var->dim[0], spec->var->dim[1]);
        spec->axes = spec->op == OP_PARAM || spec->op == OP_CONTROL ? 0 : spec->var->axes;
        spec->token = spec->var->token;
        break;
    case OP_MASK:
        set_shape(spec, spec->rank, spec->dim[0], spec->dim[1]);
        break;
    case OP_IS_STEP:
        set_shape(spec, 0, 1, 1);
        spec->axes = AXIS_BIT(spec->axis) | (spec->from_end ? AXIS_BIT(AXIS_BATCH) : 0);
        break;
    case OP_IS_START:
        set_shape(spec, 0, 1, 1);
        spec->axes = AXIS_BIT(spec->axis) | AXIS_BIT(AXIS_BATCH);
        break;
    case OP_FRESH:
        set_shape(spec, 0, 1, 1);
        spec->axes = AXIS_BIT(AXIS_BATCH);
        break;
    default: /* CONST TOKEN DLOSS COUNT MEAN_OF */
        set_shape(spec, 0, 1, 1);
        spec->axes = spec->op == OP_COUNT ? spec->axes : 0;
        spec->token = spec->op == OP_TOKEN;
        break;
    }
}

/* Scalars meet any shape; fewer axes meet more. */
static void infer_elementwise(NodeSpec *spec)
{
    if (spec->op == OP_EXPAND) {
        const Node *a = spec->arg[0];
        set_shape(spec, spec->rank, spec->dim[0], spec->dim[1]);
        check((a->axes & ~spec->axes) == 0, spec, "fewer axes than its operand");
        check(a->rank == 0 || (a->rank == spec->rank && a->dim[0] == spec->dim[0] && a->dim[1] == spec->dim[1]), spec,
              "only scalars expand");
        spec->token = a->token;
        return;
    }
    set_shape(spec, 0, 1, 1);
    for (int i = 0; i < spec->n; i++) {
        const Node *a = spec->arg[i];
        if (a->rank == 0)
            continue;
        check(spec->rank == 0 || (spec->rank == a->rank && spec->dim[0] == a->dim[0] && spec->dim[1] == a->dim[1]),
              spec, "shapes differ");
        set_shape_of(spec, a);
    }
    spec->axes = axes_of_args(spec);
    spec->token = spec->op == OP_WHERE && spec->arg[1]->token;
}

static void infer_product(NodeSpec *spec)
{
    const Node *matrix = spec->arg[spec->op == OP_FMA_PRODUCT ? 1 : 0];
    const Node *vector = spec->arg[spec->op == OP_FMA_PRODUCT ? 2 : 1];
    check(matrix->rank == 2 && vector->rank == 1, spec, "takes a matrix and a vector");
    check(matrix->dim[spec->ta ? 0 : 1] == vector->dim[0], spec, "inner dimensions differ");
    set_shape(spec, 1, matrix->dim[spec->ta ? 1 : 0], 1);
    if (spec->op == OP_FMA_PRODUCT)
        check(spec->arg[0]->rank == 1 && spec->arg[0]->dim[0] == spec->dim[0], spec, "accumulator of another shape");
    spec->axes = axes_of_args(spec);
}

static void infer_matrix(NodeSpec *spec)
{
    const Node *a = spec->arg[0], *b = spec->arg[spec->n - 1];
    spec->axes = axes_of_args(spec);
    if (spec->op == OP_TRANSPOSE) {
        check(a->rank == 2, spec, "takes a matrix");
        set_shape(spec, 2, a->dim[1], a->dim[0]);
    } else if (spec->op == OP_IS_MAX) {
        check(a->rank == 2, spec, "takes a matrix");
        set_shape_of(spec, a);
    } else if (spec->op == OP_OUTER) {
        check(a->rank == 1 && b->rank == 1, spec, "takes two vectors");
        set_shape(spec, 2, a->dim[0], b->dim[0]);
    } else {
        check(a->rank == 2 && b->rank == 2, spec, "takes two matrices");
        check(a->dim[spec->ta ? 0 : 1] == b->dim[spec->tb ? 1 : 0], spec, "inner dimensions differ");
        set_shape(spec, 2, a->dim[spec->ta ? 1 : 0], b->dim[spec->tb ? 0 : 1]);
    }
}

static void infer_reduce(NodeSpec *spec)
{
    check(spec->n == 1 || same_shape(spec->arg[0], spec->arg[1]), spec, "shapes differ");
    set_shape(spec, 0, 1, 1);
    spec->axes = axes_of_args(spec);
}

static void infer_row(NodeSpec *spec)
{
    check(spec->arg[0]->rank == 1, spec, "takes a vector");
    if (spec->op == OP_SOFTMAX)
        set_shape_of(spec, spec->arg[0]);
    else
        set_shape(spec, 0, 1, 1);
    spec->token = spec->op != OP_SOFTMAX;
    spec->axes = axes_of_args(spec);
}

static void infer_piece(NodeSpec *spec)
{
    if (spec->op == OP_JOIN) {
        int64_t length = 0;
        for (int i = 0; i < spec->n; i++) {
            check(spec_args(spec)[i]->rank < 2, spec, "joins vectors and scalars");
            length += node_count(spec_args(spec)[i]);
        }
        set_shape(spec, 1, length, 1);
    } else {
        const int64_t have = spec->arg[0]->dim[0], want = spec->dim[0];
        check(spec->arg[0]->rank == 1, spec, "takes a vector");
        check(spec->op == OP_SLICE ? spec->from + want <= have : spec->from + have <= want, spec, "outside the vector");
        set_shape(spec, 1, want, 1);
    }
    spec->axes = axes_of_args(spec);
}

static void infer_token(NodeSpec *spec)
{
    const Node *a = spec->arg[0];
    check(spec->arg[spec->n - 1]->token, spec, "takes a token");
    spec->axes = axes_of_args(spec);
    if (spec->op == OP_GATHER)
        set_shape(spec, a->rank - 1, a->dim[a->rank == 2 && !spec->ta ? 1 : 0], 1);
    else if (spec->op == OP_ONEHOT || spec->op == OP_SCATTER)
        set_shape(spec, spec->op == OP_ONEHOT ? 1 : spec->rank, spec->dim[0], spec->dim[1]);
    else
        set_shape(spec, 0, 1, 1);
    if (spec->op == OP_SCATTER)
        check(spec->rank == a->rank + 1, spec, "rank");
}

static void infer_axis(NodeSpec *spec)
{
    const Node *a = spec->arg[0];
    const AxisSet varies = axes_of_args(spec);
    if (spec->op == OP_CONTRACT) {
        check(a->rank == 1 && spec->arg[1]->rank == 1, spec, "takes two vectors");
        set_shape(spec, 2, a->dim[0], spec->arg[1]->dim[0]);
    } else if (spec->op == OP_SCATTER_SUM) {
        set_shape(spec, spec->rank, spec->dim[0], spec->dim[1]);
    } else {
        set_shape_of(spec, a);
    }
    if (spec->op == OP_IS_FIRST_EQUAL) {
        spec->axes = varies;
    } else if (spec->op == OP_AT) {
        check((varies & AXIS_BIT(spec->axis)) != 0, spec, "operand does not vary over the axis");
        spec->axes = varies & ~AXIS_BIT(spec->axis);
    } else {
        check((spec->over & ~varies) == 0 && spec->over != 0, spec, "operand does not vary over what is reduced");
        spec->axes = varies & ~spec->over;
    }
    spec->token = spec->op == OP_AT && a->token;
}

void graph_infer(NodeSpec *spec)
{
    static void (*const infer[])(NodeSpec *) = {
        [FAMILY_LEAF] = infer_leaf,     [FAMILY_EW] = infer_elementwise, [FAMILY_PRODUCT] = infer_product,
        [FAMILY_MATRIX] = infer_matrix, [FAMILY_REDUCE] = infer_reduce,  [FAMILY_ROW] = infer_row,
        [FAMILY_PIECE] = infer_piece,   [FAMILY_TOKEN] = infer_token,    [FAMILY_AXIS] = infer_axis,
    };
    const int args = op_info[spec->op].args;
    check(args < 0 || spec->n == args, spec, "number of operands");
    infer[op_info[spec->op].family](spec);
}

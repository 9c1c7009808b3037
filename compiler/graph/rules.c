/* rules.c: local simplification, one function an op. A rule looks at one spec and gives the simpler node that has the
 * same value in every step, row and component, or NULL. Order of additions: rules never re-associate a sum of
 * components; what they may do to sums over axes (take out factors that do not vary) happens before `chains` fixes it.
 *
 * Expansion comes first: an op of expanded operands is the expansion of the op, computed where fewer things vary. */
#include <math.h>

#include "graph/builders.h"
#include "graph/node.h"
#include "graph/scalar.h"

typedef Node *Rule(Graph *graph, NodeSpec *spec);

static bool is_const(const Node *node)
{
    return node->op == OP_CONST;
}

static bool is_number(const Node *node, double number)
{
    return node->op == OP_CONST && node->number == number;
}

/* Finite whatever the data: then 0 times it is 0. */
static bool is_finite(const Node *node)
{
    switch (node->op) {
    case OP_COUNT:
    case OP_IS_STEP:
    case OP_IS_START:
    case OP_FRESH:
    case OP_ONEHOT:
    case OP_TOREAL:
    case OP_TANH:
    case OP_SIGMOID:
        return true;
    case OP_CONST:
        return isfinite(node->number) != 0;
    default:
        return (op_info[node->op].flags & OP_TRUTH) != 0;
    }
}

/* ---- any op: constants, expansion ---- */
static Node *fold_constants(Graph *graph, const NodeSpec *spec)
{
    Complex x[3] = {0, 0, 0};
    ScalarFunction *function = scalar_function(spec->op);
    if (function == NULL || spec->op == OP_EXPAND)
        return NULL;
    for (int i = 0; i < spec->n; i++) {
        if (!is_const(spec->arg[i]))
            return NULL;
        x[i] = spec->arg[i]->number;
    }
    const double value = creal(function(x));
    return isfinite(value) ? Num(value) : NULL;
}

/* Ops that look at one step and row at a time: expansion over axes passes through them. */
static bool is_pointwise(const NodeSpec *spec)
{
    const OpFamily family = op_info[spec->op].family;
    return family != FAMILY_LEAF && family != FAMILY_AXIS && spec->op != OP_EXPAND && spec->op != OP_SAMPLE;
}

static Node *pass_expansion(Graph *graph, NodeSpec *spec)
{
    bool changed = false;
    if (!is_pointwise(spec))
        return NULL;
    NodeSpec inner = *spec;
    if (spec->n > 3) {
        inner.more = arena_array(graph->arena, Node *, spec->n);
        for (int i = 0; i < spec->n; i++)
            inner.more[i] = spec->more[i];
    }
    for (int i = 0; i < spec->n; i++) {
        Node *a = spec_args(spec)[i];
        if (a->op != OP_EXPAND || (op_info[spec->op].family != FAMILY_EW && !same_shape(a, a->arg[0])))
            continue;
        spec_args(&inner)[i] = a->arg[0];
        changed = true;
    }
    return changed ? graph_node(graph, &inner) : NULL;
}

/* ---- element by element ---- */
static Node *rule_add(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0], *b = spec->arg[1];
    if (is_number(a, 0))
        return b;
    if (is_number(b, 0))
        return a;
    if (b->op == OP_NEG)
        return Sub(a, b->arg[0]);
    if (a->op == OP_NEG)
        return Sub(b, a->arg[0]);
    return NULL;
}

static Node *rule_sub(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0], *b = spec->arg[1];
    if (is_number(b, 0))
        return a;
    if (is_number(a, 0))
        return Neg(b);
    return b->op == OP_NEG ? Add(a, b->arg[0]) : NULL;
}

static Node *rule_mul(Graph *graph, NodeSpec *spec)
{
    for (int i = 0; i < 2; i++) {
        Node *a = spec->arg[i], *b = spec->arg[1 - i];
        if (is_number(a, 1))
            return b;
        if (is_number(a, -1))
            return Neg(b);
        if (is_number(a, 0) && is_finite(b))
            return a;
        if (a->op == OP_NEG)
            return b->op == OP_NEG ? Mul(a->arg[0], b->arg[0]) : Neg(i == 0 ? Mul(a->arg[0], b) : Mul(b, a->arg[0]));
    }
    return NULL;
}

static Node *rule_div(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0], *b = spec->arg[1];
    if (is_number(b, 1))
        return a;
    return a->op == OP_NEG ? Neg(Div(a->arg[0], b)) : NULL;
}

static Node *rule_pow(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0], *b = spec->arg[1];
    if (is_number(b, 1))
        return a;
    if (is_number(b, 2))
        return Mul(a, a);
    if (is_number(b, 0.5))
        return build_unary(graph, OP_SQRT, a);
    return is_number(b, 0) ? One : NULL;
}

static Node *rule_neg(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0];
    if (a->op == OP_NEG)
        return a->arg[0];
    return a->op == OP_SUB ? Sub(a->arg[1], a->arg[0]) : NULL;
}

static Node *rule_where(Graph *graph, NodeSpec *spec)
{
    (void)graph;
    if (is_const(spec->arg[0]))
        return spec->arg[0]->number != 0 ? spec->arg[1] : spec->arg[2];
    return spec->arg[1] == spec->arg[2] ? spec->arg[1] : NULL;
}

static Node *rule_expand(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0];
    if (a->axes == spec->axes && a->rank == spec->rank && a->dim[0] == spec->dim[0] && a->dim[1] == spec->dim[1])
        return a;
    return a->op == OP_EXPAND ? graph_fit(graph, a->arg[0], spec->rank, spec->dim, spec->axes) : NULL;
}

static Node *rule_stopgrad(Graph *graph, NodeSpec *spec)
{
    (void)graph;
    return spec->arg[0]->op == OP_STOPGRAD || is_const(spec->arg[0]) ? spec->arg[0] : NULL;
}

/* ---- products ---- */
static Node *rule_matvec(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0];
    return a->op == OP_TRANSPOSE ? build_matvec(graph, a->arg[0], !spec->ta, spec->arg[1]) : NULL;
}

static Node *rule_matmul(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0], *b = spec->arg[1];
    if (a->op == OP_TRANSPOSE)
        return build_matmul(graph, a->arg[0], !spec->ta, b, spec->tb);
    return b->op == OP_TRANSPOSE ? build_matmul(graph, a, spec->ta, b->arg[0], !spec->tb) : NULL;
}

static Node *rule_transpose(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0];
    if (a->op == OP_TRANSPOSE)
        return a->arg[0];
    if (a->op == OP_OUTER)
        return build_binary(graph, OP_OUTER, a->arg[1], a->arg[0]);
    if (a->op == OP_CONTRACT)
        return graph_node(graph,
                          &(NodeSpec){.op = OP_CONTRACT, .n = 2, .arg = {a->arg[1], a->arg[0]}, .over = a->over});
    return NULL;
}

/* ---- over components ---- */
static Node *rule_sum(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0];
    if (a->rank == 0)
        return a;
    if (a->op == OP_EXPAND && a->arg[0]->rank == 0)
        return Mul(a->arg[0], Num((double)node_count(a)));
    if (a->op == OP_NEG)
        return Neg(build_unary(graph, OP_SUM, a->arg[0]));
    if (a->op == OP_MUL && a->rank == 1 && same_shape(a->arg[0], a->arg[1])) /* rows of matrices differ in stride */
        return Dot(a->arg[0], a->arg[1]);
    return NULL;
}

static Node *rule_dot(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0], *b = spec->arg[1];
    if (a->rank == 0)
        return Mul(a, b);
    if (a == b)
        return build_unary(graph, OP_SUMSQ, a);
    for (int i = 0; i < 2; i++, a = spec->arg[1], b = spec->arg[0])
        if (a->op == OP_EXPAND && a->arg[0]->rank == 0)
            return Mul(a->arg[0], build_unary(graph, OP_SUM, b));
    return NULL;
}

static Node *rule_sumsq(Graph *graph, NodeSpec *spec)
{
    return spec->arg[0]->rank == 0 ? Mul(spec->arg[0], spec->arg[0]) : NULL;
}

static Node *rule_norm(Graph *graph, NodeSpec *spec)
{
    return spec->arg[0]->rank == 0 ? build_unary(graph, OP_ABS, spec->arg[0]) : NULL;
}

static Node *rule_scalar_is_itself(Graph *graph, NodeSpec *spec)
{
    (void)graph;
    return spec->arg[0]->rank == 0 ? spec->arg[0] : NULL;
}

/* ---- pieces ---- */
static Node *rule_slice(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0];
    if (spec->dim[0] == a->dim[0])
        return a;
    if (a->op == OP_SLICE)
        return build_slice(graph, a->arg[0], a->from + spec->from, spec->dim[0]);
    if (a->op != OP_JOIN)
        return NULL;
    int64_t at = 0;
    for (int i = 0; i < a->n && at <= spec->from; at += node_count(a->arg[i]), i++)
        if (at == spec->from && a->arg[i]->rank == 1 && node_count(a->arg[i]) == spec->dim[0])
            return a->arg[i];
    return NULL;
}

static Node *rule_pad(Graph *graph, NodeSpec *spec)
{
    (void)graph;
    return spec->arg[0]->dim[0] == spec->dim[0] ? spec->arg[0] : NULL;
}

static Node *rule_join(Graph *graph, NodeSpec *spec)
{
    (void)graph;
    return spec->n == 1 && spec->arg[0]->rank == 1 ? spec->arg[0] : NULL;
}

/* ---- tokens ---- */
static Node *rule_gather(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0];
    if (a->op != OP_TRANSPOSE)
        return NULL;
    return graph_node(graph, &(NodeSpec){.op = OP_GATHER, .n = 2, .arg = {a->arg[0], spec->arg[1]}, .ta = !spec->ta});
}

static Node *rule_toreal(Graph *graph, NodeSpec *spec)
{
    return spec->arg[0]->op == OP_TOKEN ? Num(spec->arg[0]->number) : NULL;
}

/* ---- sums over axes ---- */
/* Whether `part` alone may be summed over steps of `whole`: the steps that count are those of the row, if there is one. */
static bool keeps_rows(const Node *whole, const Node *part, AxisSet over)
{
    const AxisSet batch = AXIS_BIT(AXIS_BATCH);
    return (over & ~batch) == 0 || (whole->axes & batch) == 0 || (part->axes & batch) != 0;
}

/* A value that is only expanded over some of what is summed counts as often as there are steps and rows. */
static Node *sum_expanded(Graph *graph, Node *expand, AxisSet over)
{
    Node *inner = expand->arg[0];
    const AxisSet missing = over & ~inner->axes, rest = expand->axes & ~missing;
    if (missing == 0 || !keeps_rows(expand, inner, over & inner->axes))
        return NULL;
    Node *once = graph_fit(graph, inner, expand->rank, expand->dim, rest);
    Node *many = Mul(once, build_count(graph, missing, rest));
    return (over & ~missing) == 0 ? many : build_over(graph, OP_SUM_AXES, many, over & ~missing);
}

/* a b' summed over what only a varies over is (sum of a) b'; over what both vary over it is a contraction. */
static Node *sum_outer(Graph *graph, Node *outer, AxisSet over)
{
    Node *a = outer->arg[0], *b = outer->arg[1];
    const AxisSet only_a = over & a->axes & ~b->axes, only_b = over & b->axes & ~a->axes,
                  both = over & a->axes & b->axes;
    if (!keeps_rows(outer, a, only_a) || !keeps_rows(outer, b, only_b))
        return NULL;
    if (((only_a | only_b) & AXIS_BIT(AXIS_BATCH)) != 0 && both != 0)
        return ((a->axes | b->axes) & ~over) != 0 ? NULL : build_contraction(graph, a, b, over);
    if (only_a != 0)
        a = build_over(graph, OP_SUM_AXES, a, only_a);
    if (only_b != 0)
        b = build_over(graph, OP_SUM_AXES, b, only_b);
    if (both == 0)
        return build_binary(graph, OP_OUTER, a, b);
    if (((a->axes | b->axes) & ~both) == 0)
        return build_contraction(graph, a, b, both);
    return only_a == 0 && only_b == 0 ? NULL
                                      : build_over(graph, OP_SUM_AXES, build_binary(graph, OP_OUTER, a, b), both);
}

static Node *scatter_sum(Graph *graph, Node *value, Node *token, const Node *shape, bool ta, AxisSet over)
{
    value = build_expand_axes(graph, value, over);
    return graph_node(graph, &(NodeSpec){.op = OP_SCATTER_SUM,
                                         .n = 2,
                                         .arg = {value, token},
                                         .rank = shape->rank,
                                         .dim = {shape->dim[0], shape->dim[1]},
                                         .ta = ta,
                                         .over = over});
}

/* Factors that do not vary over what is summed come out; a scalar times e_token is a scatter. */
static Node *sum_product(Graph *graph, Node *mul, AxisSet over)
{
    for (int i = 0; i < 2; i++) {
        Node *a = mul->arg[i], *b = mul->arg[1 - i];
        if ((b->axes & over) == 0 && (over & ~a->axes) == 0 && keeps_rows(mul, a, over))
            return Mul(build_over(graph, OP_SUM_AXES, a, over), b);
        if (b->op == OP_ONEHOT && a->rank == 0 && ((a->axes | b->axes) & ~over) == 0)
            return scatter_sum(graph, a, b->arg[0], mul, false, over);
    }
    return NULL;
}

/* Of where(t == first, x, 0) only one step counts: AT, and the sum over the rows that is left. */
static Node *sum_one_step(Graph *graph, Node *where, AxisSet over)
{
    const Node *step = where->arg[0];
    Node *x = where->arg[1];
    if ((step->op != OP_IS_STEP && step->op != OP_IS_START) || !node_is_number(where->arg[2], 0) ||
        (over & AXIS_BIT(step->axis)) == 0)
        return NULL;
    const AxisSet rest = over & ~AXIS_BIT(step->axis);
    x = graph_fit(graph, x, where->rank, where->dim, where->axes);
    x = build_at(graph, x, step->axis, step->offset, step->from_end);
    if (step->op == OP_IS_START)
        x = Where(graph_node(graph, &(NodeSpec){.op = OP_FRESH}), x, Zero);
    return rest == 0 ? x : build_over(graph, OP_SUM_AXES, x, rest);
}

static Node *rule_sum_axes(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0];
    const AxisSet over = spec->over;
    switch (a->op) {
    case OP_EXPAND:
        return sum_expanded(graph, a, over);
    case OP_OUTER:
        return sum_outer(graph, a, over);
    case OP_SCATTER:
        return (a->axes & ~over) == 0 ? scatter_sum(graph, a->arg[0], a->arg[1], a, a->ta, over) : NULL;
    case OP_WHERE:
        return sum_one_step(graph, a, over);
    case OP_NEG:
        return Neg(build_over(graph, OP_SUM_AXES, a->arg[0], over));
    case OP_MUL:
        return sum_product(graph, a, over);
    case OP_DIV:
        return (a->arg[1]->axes & over) == 0 && keeps_rows(a, a->arg[0], over)
                   ? Div(build_over(graph, OP_SUM_AXES, a->arg[0], over), a->arg[1])
                   : NULL;
    default:
        return NULL;
    }
}

/* Every row has a first and a last step where the axis is never empty. */
static Node *rule_at(Graph *graph, NodeSpec *spec)
{
    Node *a = spec->arg[0];
    if (a->op != OP_EXPAND || (a->arg[0]->axes & AXIS_BIT(spec->axis)) != 0 || spec->offset != 0 ||
        graph->model == NULL || graph->model->axes.at[spec->axis].low < 1)
        return NULL;
    return graph_fit(graph, a->arg[0], spec->rank, spec->dim, spec->axes);
}

Node *graph_simpler(Graph *graph, NodeSpec *spec)
{
    static Rule *const rules[OP_ROWS] = {
        [OP_ADD] = rule_add,
        [OP_SUB] = rule_sub,
        [OP_MUL] = rule_mul,
        [OP_DIV] = rule_div,
        [OP_POW] = rule_pow,
        [OP_NEG] = rule_neg,
        [OP_WHERE] = rule_where,
        [OP_EXPAND] = rule_expand,
        [OP_STOPGRAD] = rule_stopgrad,
        [OP_MATVEC] = rule_matvec,
        [OP_MATMUL] = rule_matmul,
        [OP_TRANSPOSE] = rule_transpose,
        [OP_SUM] = rule_sum,
        [OP_DOT] = rule_dot,
        [OP_SUMSQ] = rule_sumsq,
        [OP_NORM] = rule_norm,
        [OP_LOGSUMEXP] = rule_scalar_is_itself,
        [OP_MAX] = rule_scalar_is_itself,
        [OP_MIN] = rule_scalar_is_itself,
        [OP_SLICE] = rule_slice,
        [OP_PAD] = rule_pad,
        [OP_JOIN] = rule_join,
        [OP_GATHER] = rule_gather,
        [OP_TOREAL] = rule_toreal,
        [OP_SUM_AXES] = rule_sum_axes,
        [OP_AT] = rule_at,
    };
    Node *simpler = pass_expansion(graph, spec);
    if (simpler == NULL)
        simpler = fold_constants(graph, spec);
    if (simpler == NULL && rules[spec->op] != NULL)
        simpler = rules[spec->op](graph, spec);
    return simpler;
}

/* lower_functions.c: one lowering a function of op/functions.def. Elementwise functions are their op; the others are
 * written here as the few ops they consist of, in the numerically stable form. A stable form that subtracts a maximum
 * cuts its gradient: the true one is zero. */
#include "graph/lower_internal.h"

typedef Node *Lowering(Lower *lower, const Term *term, Node **args);

static const OpId elementwise[FUNCTION_COUNT] = {
    [FN_add] = OP_ADD,
    [FN_sub] = OP_SUB,
    [FN_mul] = OP_MUL,
    [FN_div] = OP_DIV,
    [FN_pow] = OP_POW,
    [FN_neg] = OP_NEG,
    [FN_eq] = OP_EQ,
    [FN_ne] = OP_NE,
    [FN_lt] = OP_LT,
    [FN_le] = OP_LE,
    [FN_gt] = OP_GT,
    [FN_ge] = OP_GE,
    [FN_and] = OP_AND,
    [FN_or] = OP_OR,
    [FN_not] = OP_NOT,
    [FN_tanh] = OP_TANH,
    [FN_sigmoid] = OP_SIGMOID,
    [FN_relu] = OP_RELU,
    [FN_leaky_relu] = OP_LEAKY_RELU,
    [FN_elu] = OP_ELU,
    [FN_gelu] = OP_GELU,
    [FN_softplus] = OP_SOFTPLUS,
    [FN_exp] = OP_EXP,
    [FN_log] = OP_LOG,
    [FN_sqrt] = OP_SQRT,
    [FN_abs] = OP_ABS,
    [FN_sign] = OP_SIGN,
    [FN_sin] = OP_SIN,
    [FN_cos] = OP_COS,
    [FN_clip] = OP_CLIP,
    [FN_where] = OP_WHERE,
    [FN_stopgrad] = OP_STOPGRAD,
};

/* A number where a token is meant. */
static Node *as_token(Graph *graph, Node *node)
{
    return node->token || node->op != OP_CONST ? node
                                               : graph_node(graph, &(NodeSpec){.op = OP_TOKEN, .number = node->number});
}

/* Tokens are compared as numbers. */
static Node *lower_elementwise(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    Node *x[3] = {NULL, NULL, NULL};
    for (int i = 0; i < term->args.n; i++)
        x[i] = args[i];
    if (term->function == FN_where && term->type.kind == TYPE_TOKEN) {
        for (int i = 1; i < 3; i++)
            x[i] = as_token(graph, x[i]);
    } else {
        for (int i = 0; i < term->args.n; i++)
            if (x[i]->token && function_info[term->function].signature == SIG_TRUTH)
                x[i] = build_unary(graph, OP_TOREAL, x[i]);
    }
    return build_ew(graph, elementwise[term->function], x[0], x[1], x[2]);
}

/* ---- products ---- */
static Node *gather(Graph *graph, Node *table, Node *token, bool column)
{
    token = as_token(graph, token);
    return graph_node(graph, &(NodeSpec){.op = OP_GATHER, .n = 2, .arg = {table, token}, .ta = column});
}

static Node *lower_matmul(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    Node *a = args[0], *b = args[1];
    (void)term;
    if (a->rank == 2 && b->rank == 2)
        return build_matmul(graph, a, false, b, false);
    if (a->rank == 2)
        return b->op == OP_ONEHOT && a->axes == 0 ? gather(graph, a, b->arg[0], true) : Matvec(a, b);
    if (b->rank == 2)
        return a->op == OP_ONEHOT && b->axes == 0 ? gather(graph, b, a->arg[0], false) : MatvecTransposed(b, a);
    return Dot(a, b);
}

static Node *lower_lookup(Lower *lower, const Term *term, Node **args)
{
    (void)term;
    if (args[0]->rank == 1 && args[0]->axes != 0)
        return build_binary(lower->graph, OP_PICK, args[0], as_token(lower->graph, args[1]));
    return gather(lower->graph, args[0], args[1], false);
}

static Node *lower_transpose(Lower *lower, const Term *term, Node **args)
{
    (void)term;
    return build_unary(lower->graph, OP_TRANSPOSE, args[0]);
}

static Node *lower_outer(Lower *lower, const Term *term, Node **args)
{
    (void)term;
    return build_binary(lower->graph, OP_OUTER, args[0], args[1]);
}

static Node *lower_dot(Lower *lower, const Term *term, Node **args)
{
    (void)term;
    return build_binary(lower->graph, OP_DOT, args[0], args[1]);
}

/* ---- pieces ---- */
static Node *lower_join(Lower *lower, const Term *term, Node **args)
{
    NodeSpec spec = {.op = OP_JOIN, .n = term->args.n};
    if (spec.n > 3)
        spec.more = args;
    for (int i = 0; i < spec.n && spec.n <= 3; i++)
        spec.arg[i] = args[i];
    return graph_node(lower->graph, &spec);
}

static Node *lower_slice(Lower *lower, const Term *term, Node **args)
{
    return build_slice(lower->graph, args[0], term->from, term->count);
}

/* ---- reductions ---- */
/* Over steps, of what was reduced over batch before: no row owns it, so each step that some row has counts once. */
static bool is_of_all_rows(const Term *term)
{
    return (term->over & ~AXIS_BIT(AXIS_BATCH)) != 0 && ((term->over | term->axes) & AXIS_BIT(AXIS_BATCH)) == 0;
}

static AxisSet reduced_axes(const Term *term)
{
    return is_of_all_rows(term) ? term->over | AXIS_BIT(AXIS_BATCH) : term->over;
}

static Node *sum_over(Lower *lower, const Term *term, Node *e)
{
    Graph *graph = lower->graph;
    const AxisSet rows = AXIS_BIT(AXIS_BATCH), over = term->over | rows;
    if (!is_of_all_rows(term))
        return build_over(graph, OP_SUM_AXES, lower_spread(lower, e, term->over), term->over);
    Node *share = Div(e, build_count(graph, rows, over & ~rows)); /* of each row that has the step */
    return build_over(graph, OP_SUM_AXES, build_expand_axes(graph, share, over), over);
}

static Node *lower_sum(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    Node *e = args[0];
    if (term->over == 0)
        return build_unary(graph, OP_SUM, e);
    if (term->weight != NULL)
        e = Mul(lower_term(lower, term->weight), e);
    return sum_over(lower, term, e);
}

Node *lower_mean_weight(Lower *lower, const Term *term, Node *e)
{
    Graph *graph = lower->graph;
    if (term->weight != NULL)
        return sum_over(lower, term, lower_term(lower, term->weight));
    if (is_of_all_rows(term)) /* as many steps as the longest row has */
        return build_over(graph, OP_MAX_AXES, build_count(graph, term->over, AXIS_BIT(AXIS_BATCH)),
                          AXIS_BIT(AXIS_BATCH));
    return build_count(graph, term->over, lower_spread(lower, e, term->over)->axes & ~term->over);
}

static Node *lower_mean(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    Node *sum = lower_sum(lower, term, args);
    Node *weight = term->over == 0 ? Num((double)node_count(args[0])) : lower_mean_weight(lower, term, args[0]);
    return Div(sum, weight);
}

static Node *lower_extreme(Lower *lower, const Term *term, Node **args, OpId two, OpId all, OpId axes)
{
    Graph *graph = lower->graph;
    if (term->args.n == 2)
        return build_ew(graph, two, args[0], args[1], NULL);
    if (term->over != 0)
        return build_over(graph, axes, lower_spread(lower, args[0], term->over), reduced_axes(term));
    return args[0]->rank == 0 ? args[0] : build_unary(graph, all, args[0]);
}

static Node *lower_max(Lower *lower, const Term *term, Node **args)
{
    return lower_extreme(lower, term, args, OP_MAX2, OP_MAX, OP_MAX_AXES);
}

static Node *lower_min(Lower *lower, const Term *term, Node **args)
{
    return lower_extreme(lower, term, args, OP_MIN2, OP_MIN, OP_MIN_AXES);
}

/* exp(e - max) over steps, and the maximum. */
static Node *shifted_exp(Lower *lower, const Term *term, Node *e, Node **top)
{
    Graph *graph = lower->graph;
    *top = build_unary(graph, OP_STOPGRAD, build_over(graph, OP_MAX_AXES, e, reduced_axes(term)));
    return Exp(Sub(e, *top));
}

static Node *lower_logsumexp(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    Node *top;
    if (term->over == 0)
        return args[0]->rank == 0 ? args[0] : build_unary(graph, OP_LOGSUMEXP, args[0]);
    Node *e = shifted_exp(lower, term, lower_spread(lower, args[0], term->over), &top);
    return Add(top, Log(sum_over(lower, term, e)));
}

static Node *lower_softmax(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    Node *top;
    if (term->over == 0)
        return build_unary(graph, OP_SOFTMAX, args[0]);
    Node *e = shifted_exp(lower, term, lower_spread(lower, args[0], term->over), &top);
    return Div(e, sum_over(lower, term, e));
}

static Node *lower_log_softmax(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    return Sub(args[0], lower_logsumexp(lower, term, args));
}

static Node *lower_norm(Lower *lower, const Term *term, Node **args)
{
    (void)term;
    return build_unary(lower->graph, OP_NORM, args[0]);
}

static Node *lower_sumsq(Lower *lower, const Term *term, Node **args)
{
    (void)term;
    return build_unary(lower->graph, OP_SUMSQ, args[0]);
}

/* ---- losses ---- */
static Node *score_loss(Graph *graph, Node *scores, Node *token)
{
    token = as_token(graph, token);
    return Sub(build_unary(graph, OP_LOGSUMEXP, scores), build_binary(graph, OP_PICK, scores, token));
}

static Node *lower_xent(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    (void)term;
    if (args[1]->rank == 0)
        return score_loss(graph, args[0], args[1]);
    Node *all = build_unary(graph, OP_LOGSUMEXP, args[0]);
    return Sub(Mul(all, build_unary(graph, OP_SUM, args[1])), Dot(args[0], args[1]));
}

/* What softmax or log_softmax was taken of, when that is how p was made. */
static Node *scores_of(Node *p)
{
    while (p->op == OP_EXPAND && p->arg[0]->rank == p->rank)
        p = p->arg[0];
    if (p->op == OP_SOFTMAX)
        return p->arg[0];
    if (p->op == OP_SUB && p->arg[1]->op == OP_LOGSUMEXP && p->arg[1]->arg[0] == p->arg[0])
        return p->arg[0];
    return NULL;
}

static Node *lower_nll(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    Node *scores = scores_of(args[0]);
    if (scores != NULL)
        return score_loss(graph, scores, args[1]);
    Node *picked = build_binary(graph, OP_PICK, args[0], as_token(graph, args[1]));
    return Neg(term->args.at[0]->type.value == VALUE_LOGDIST ? picked : Log(picked));
}

static Node *lower_bce(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    (void)term;
    Node *each = Sub(build_unary(graph, OP_SOFTPLUS, args[0]), Mul(args[0], args[1]));
    return build_unary(graph, OP_SUM, each);
}

static Node *lower_sqerr(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    (void)term;
    return build_unary(graph, OP_SUMSQ, Sub(args[0], args[1]));
}

static Node *lower_mse(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    Node *error = Sub(args[0], args[1]);
    (void)term;
    return Div(build_unary(graph, OP_SUMSQ, error), Num((double)node_count(error)));
}

static Node *lower_abserr(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    (void)term;
    return build_unary(graph, OP_SUM, build_unary(graph, OP_ABS, Sub(args[0], args[1])));
}

static Node *lower_huber(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    Node *e = Sub(args[0], args[1]), *size = build_unary(graph, OP_ABS, e), *d = args[2];
    (void)term;
    Node *inside = Mul(Num(0.5), Mul(e, e)), *outside = Mul(d, Sub(size, Mul(Num(0.5), d)));
    return build_unary(graph, OP_SUM, Where(Le(size, d), inside, outside));
}

static Node *lower_class_xent(Lower *lower, const Term *term, Node **args)
{
    (void)args;
    return lower_refuse(lower, term, "class_xent", "use xent(scores, token) over the whole vocabulary");
}

/* ---- tokens and random choices ---- */
static Node *lower_hard_sigmoid(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    (void)term;
    return build_ew(graph, OP_CLIP, Add(Mul(Num(0.2), args[0]), Num(0.5)), Zero, One);
}

static Node *lower_onehot(Lower *lower, const Term *term, Node **args)
{
    return graph_node(lower->graph, &(NodeSpec){.op = OP_ONEHOT,
                                                .n = 1,
                                                .arg = {as_token(lower->graph, args[0])},
                                                .dim = {term->type.shape.dim[0].value, 1}});
}

static Node *lower_argmax(Lower *lower, const Term *term, Node **args)
{
    (void)term;
    return build_unary(lower->graph, OP_ARGMAX, args[0]);
}

static Node *lower_sample(Lower *lower, const Term *term, Node **args)
{
    Node *scores = build_expand_axes(lower->graph, args[0], term->axes);
    return graph_node(lower->graph, &(NodeSpec){.op = OP_SAMPLE, .n = 2, .arg = {scores, args[1]}, .site = term->site});
}

static Node *lower_dropout(Lower *lower, const Term *term, Node **args)
{
    Graph *graph = lower->graph;
    Node *x = args[0];
    if (node_is_number(args[1], 0))
        return x;
    const AxisSet kept = term->per_axis >= 0 ? AXIS_BIT(term->per_axis) : 0;
    Node *mask = graph_node(graph, &(NodeSpec){.op = OP_MASK,
                                               .n = 1,
                                               .arg = {args[1]},
                                               .rank = x->rank,
                                               .dim = {x->dim[0], x->dim[1]},
                                               .axes = x->axes & ~kept,
                                               .site = term->site,
                                               .per_axis = term->per_axis});
    return Mul(x, mask);
}

Node *lower_call(Lower *lower, const Term *term, Node **args)
{
    static Lowering *const lowerings[FUNCTION_COUNT] = {
        [FN_matmul] = lower_matmul,
        [FN_transpose] = lower_transpose,
        [FN_join] = lower_join,
        [FN_lookup] = lower_lookup,
        [FN_hard_sigmoid] = lower_hard_sigmoid,
        [FN_max] = lower_max,
        [FN_min] = lower_min,
        [FN_sum] = lower_sum,
        [FN_mean] = lower_mean,
        [FN_logsumexp] = lower_logsumexp,
        [FN_softmax] = lower_softmax,
        [FN_log_softmax] = lower_log_softmax,
        [FN_norm] = lower_norm,
        [FN_sumsq] = lower_sumsq,
        [FN_dot] = lower_dot,
        [FN_outer] = lower_outer,
        [FN_slice] = lower_slice,
        [FN_xent] = lower_xent,
        [FN_nll] = lower_nll,
        [FN_bce] = lower_bce,
        [FN_sqerr] = lower_sqerr,
        [FN_mse] = lower_mse,
        [FN_abserr] = lower_abserr,
        [FN_huber] = lower_huber,
        [FN_class_xent] = lower_class_xent,
        [FN_onehot] = lower_onehot,
        [FN_argmax] = lower_argmax,
        [FN_sample] = lower_sample,
        [FN_dropout] = lower_dropout,
    };
    if (lowerings[term->function] != NULL)
        return lowerings[term->function](lower, term, args);
    if (elementwise[term->function] == OP_CONST)
        BUG("function %s has no lowering", function_info[term->function].name);
    return lower_elementwise(lower, term, args);
}

/* lower_term.c: a term as a node. Reads are the only place where time enters: offset 0 is the definition itself,
 * first and last are AT, everything else is a READ leaf. */
#include "graph/lower_internal.h"
#include "support/diag.h"

static AxisSet lengths_of(AxisSet over)
{
    const AxisSet batch = AXIS_BIT(AXIS_BATCH);
    return (over & ~batch) != 0 ? over | batch : over;
}

Node *lower_spread(Lower *lower, Node *e, AxisSet over)
{
    return build_expand_axes(lower->graph, e, lengths_of(over));
}

GVar *lower_var(const Lower *lower, const Var *var)
{
    return lower->graph->vars.at[var->id];
}

Node *lower_refuse(Lower *lower, const Term *term, const char *what, const char *hint)
{
    DiagMsg *msg = diag_report(lower->diag, E0901, term->span, "%s: no code is generated for this yet", what);
    diag_hint(lower->diag, msg, "%s", hint);
    lower->refused = true;
    Graph *graph = lower->graph;
    if (term->type.kind == TYPE_TOKEN)
        return graph_node(graph, &(NodeSpec){.op = OP_TOKEN});
    const Shape shape = term->type.shape;
    const int64_t dim[2] = {shape.rank > 0 ? shape.dim[0].value : 1, shape.rank > 1 ? shape.dim[1].value : 1};
    return graph_fit(graph, Zero, shape.rank, dim, term->axes);
}

static bool is_carried(const Lower *lower, int axis)
{
    return lower->model->axes.at[axis].carry;
}

/* x[first], x[last]. On a carry axis x[first] stands only in an edge equation, where it is the step at hand (E0411). */
static Node *lower_edge_read(Lower *lower, Node *value, const AxisRead *read)
{
    const bool last = read->place == READ_LAST;
    if (is_carried(lower, read->axis)) {
        if (last || read->axis != lower->edge_axis)
            BUG("an end of a carry axis is read");
        return value;
    }
    if (last)
        value = build_expand_axes(lower->graph, value, AXIS_BIT(AXIS_BATCH));
    return build_at(lower->graph, value, read->axis, 0, last);
}

static Node *lower_offset_read(Lower *lower, GVar *var, const AxisRead *read)
{
    const int distance = read->offset < 0 ? -read->offset : read->offset;
    if (var->lag < distance)
        var->lag = distance;
    if (is_carried(lower, read->axis) && (var->axes & AXIS_BIT(AXIS_BATCH)) == 0) {
        lower->extra[var->id] |= AXIS_BIT(AXIS_BATCH); /* rows of a stream start at different times */
        lower->grown = true;
    }
    return build_read(lower->graph, var, read->axis, read->offset);
}

/* A sequence that depends on no data is kept for each row, but one step of it is one value: the mean over the rows. */
static Node *same_for_all_rows(Graph *graph, const Term *term, Node *value)
{
    const AxisSet rows = AXIS_BIT(AXIS_BATCH);
    const bool one_step = (value->axes & ~rows) == 0;
    if (!one_step || (term->axes & rows) != 0 || (value->axes & rows) == 0 || value->token)
        return value;
    return Div(build_over(graph, OP_SUM_AXES, value, rows), build_count(graph, rows, 0));
}

static Node *lower_read(Lower *lower, const Term *term)
{
    GVar *var = lower_var(lower, term->var);
    const AxisRead *moved = NULL;
    int edges = 0;
    for (int i = 0; i < term->reads.n; i++) {
        const AxisRead *read = &term->reads.at[i];
        if (read->place != READ_OFFSET)
            edges++;
        else if (read->offset != 0)
            moved = read;
    }
    if (moved != NULL && edges > 0)
        BUG("a read along two axes");
    if (moved != NULL)
        return lower_offset_read(lower, var, moved);
    Node *value = graph_var_node(lower->graph, var);
    if (value == NULL)
        BUG("%s is read before its definition", var->path);
    for (int i = 0; i < term->reads.n; i++)
        if (term->reads.at[i].place != READ_OFFSET)
            value = lower_edge_read(lower, value, &term->reads.at[i]);
    return same_for_all_rows(lower->graph, term, value);
}

Node *lower_term(Lower *lower, const Term *term)
{
    Graph *graph = lower->graph;
    Node **args;
    graph->at = term->span;
    switch (term->kind) {
    case TERM_NUMBER:
        return Num(term->number);
    case TERM_TOKEN:
        return graph_node(graph, &(NodeSpec){.op = OP_TOKEN, .number = term->number});
    case TERM_READ:
        return lower_read(lower, term);
    case TERM_CALL:
        break;
    }
    args = arena_array(graph->arena, Node *, term->args.n);
    for (int i = 0; i < term->args.n; i++)
        args[i] = lower_term_as(lower, term->args.at[i], term->args.at[i]->type);
    graph->at = term->span;
    return lower_call(lower, term, args);
}

Node *lower_term_as(Lower *lower, const Term *term, Type type)
{
    Graph *graph = lower->graph;
    Node *node = lower_term(lower, term);
    if (type.kind == TYPE_TOKEN && !node->token && node->op == OP_CONST)
        node = graph_node(graph, &(NodeSpec){.op = OP_TOKEN, .number = node->number});
    return node;
}

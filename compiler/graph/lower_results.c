/* lower_results.c: what leaves the model: outputs, the loss and its weight, metrics as means that accumulate over
 * calls (S14), entry points. A metric that reads a variable already reduced over batch, such as the loss, is written
 * out down to the reductions. */
#include "graph/lower_internal.h"
#include "support/diag.h"

static bool over_batch(AxisSet axes)
{
    return (axes & AXIS_BIT(AXIS_BATCH)) != 0;
}

/* Whether a reduction over batch is below. What varies over batch has none (S6). One look a variable. */
static bool reduces_batch(Lower *lower, const Term *term)
{
    enum { UNKNOWN, NO, YES };
    if (over_batch(term->axes))
        return false;
    if (term->kind == TERM_CALL && over_batch(term->over))
        return true;
    if (term->kind == TERM_READ && term->var->kind == VAR_EQUATION && term->var->axes == 0) {
        char *known = &lower->reduces[term->var->id];
        if (*known == UNKNOWN)
            *known = reduces_batch(lower, term->var->def) ? YES : NO;
        return *known == YES;
    }
    for (int i = 0; i < term->args.n; i++)
        if (reduces_batch(lower, term->args.at[i]))
            return true;
    return false;
}

/* ---- metrics ---- */
static int add_mean(Lower *lower, GMetric *metric, Node *sum, Node *weight)
{
    for (int i = 0; i < metric->means.n; i++)
        if (metric->means.at[i].sum == sum && metric->means.at[i].weight == weight)
            return i;
    vec_push(lower->graph->arena, &metric->means, (MetricMean){sum, weight});
    return metric->means.n - 1;
}

static Node *metric_reduction(Lower *lower, GMetric *metric, const Term *term)
{
    Graph *graph = lower->graph;
    Node *e = lower_term(lower, term->args.at[0]);
    Node *weighted = term->weight == NULL ? e : Mul(lower_term(lower, term->weight), e);
    graph->at = term->span;
    Node *sum = build_over(graph, OP_SUM_AXES, lower_spread(lower, weighted, term->over), term->over);
    Node *weight = term->function == FN_mean ? lower_mean_weight(lower, term, e) : One;
    if (sum->rank != 0 || sum->axes != 0)
        BUG("a metric keeps what is no number");
    const int index = add_mean(lower, metric, sum, weight);
    return graph_node(graph, &(NodeSpec){.op = OP_MEAN_OF, .number = index});
}

static bool is_number(const Term *term)
{
    for (int i = 0; i < term->args.n; i++)
        if (!is_number(term->args.at[i]))
            return false;
    return term->kind != TERM_READ;
}

static Node *metric_value(Lower *lower, GMetric *metric, Node **known, const Term *term)
{
    Graph *graph = lower->graph;
    if (!reduces_batch(lower, term) && is_number(term))
        return lower_term(lower, term);
    if (!reduces_batch(lower, term)) /* of parameters and controls: counts once a call */
        return graph_node(
            graph, &(NodeSpec){.op = OP_MEAN_OF, .number = add_mean(lower, metric, lower_term(lower, term), One)});
    if (term->kind == TERM_READ) {
        Node **value = &known[term->var->id];
        if (*value == NULL)
            *value = metric_value(lower, metric, known, term->var->def);
        return *value;
    }
    if (over_batch(term->over))
        return metric_reduction(lower, metric, term);
    Node **args = arena_array(lower->graph->arena, Node *, term->args.n);
    for (int i = 0; i < term->args.n; i++)
        args[i] = metric_value(lower, metric, known, term->args.at[i]);
    lower->graph->at = term->span;
    return lower_call(lower, term, args);
}

static void lower_metrics(Lower *lower)
{
    for (int i = 0; i < lower->model->metrics.n; i++) {
        const Var *var = lower->model->metrics.at[i];
        GMetric metric = {.var = lower_var(lower, var)};
        Node **known = arena_array(lower->graph->arena, Node *, lower->model->vars.n);
        metric.value = metric_value(lower, &metric, known, var->def);
        vec_push(lower->graph->arena, &lower->graph->metrics, metric);
    }
}

/* ---- the loss ---- */
/* The weight all means over batch share; *single becomes false when there is a sum, or another weight. */
static Node *shared_weight(Lower *lower, char *seen, const Term *term, Node *found, bool *single)
{
    if (!reduces_batch(lower, term))
        return found;
    if (term->kind == TERM_READ) {
        if (seen[term->var->id] != 0)
            return found;
        seen[term->var->id] = 1;
        return shared_weight(lower, seen, term->var->def, found, single);
    }
    if (over_batch(term->over)) {
        if (term->function != FN_mean)
            *single = false;
        Node *weight = lower_mean_weight(lower, term, lower_term(lower, term->args.at[0]));
        *single = *single && (found == NULL || found == weight) && weight->axes == 0;
        return weight;
    }
    for (int i = 0; i < term->args.n; i++)
        found = shared_weight(lower, seen, term->args.at[i], found, single);
    return found;
}

static void lower_loss(Lower *lower)
{
    const Var *loss = lower->model->loss;
    bool single = true;
    if (loss == NULL)
        return;
    lower->graph->loss = lower_var(lower, loss)->def;
    char *seen = arena_array(lower->graph->arena, char, lower->model->vars.n);
    Node *weight = shared_weight(lower, seen, loss->def, NULL, &single);
    lower->graph->loss_weight = single ? weight : NULL;
}

/* ---- outputs and entries ---- */
static void lower_outputs(Lower *lower)
{
    for (int i = 0; i < lower->model->outputs.n; i++) {
        const Var *var = lower->model->outputs.at[i];
        GVar *made = lower_var(lower, var);
        vec_push(lower->graph->arena, &lower->graph->outputs,
                 (GOutput){made, graph_var_node(lower->graph, made), var->needs_target});
    }
}

static void lower_entry(Lower *lower, Entry *entry)
{
    Graph *graph = lower->graph;
    GEntry made = {.entry = entry};
    for (int i = 0; i < entry->generated.n; i++) {
        GVar *var = lower_var(lower, entry->generated.at[i]);
        Node *value = lower_term_as(lower, entry->equations.at[i], entry->generated.at[i]->type);
        vec_push(graph->arena, &made.generated, var);
        vec_push(graph->arena, &made.values, graph_fit(graph, value, var->rank, var->dim, value->axes | var->axes));
    }
    if (entry->stop != NULL)
        made.stop = lower_term(lower, entry->stop);
    for (int i = 0; i < entry->outputs.n; i++)
        vec_push(graph->arena, &made.outputs, lower_var(lower, entry->outputs.at[i]));
    vec_push(graph->arena, &graph->entries, made);
}

void lower_results(Lower *lower)
{
    lower_outputs(lower);
    lower_loss(lower);
    lower_metrics(lower);
    for (int i = 0; i < lower->model->entries.n; i++)
        lower_entry(lower, lower->model->entries.at[i]);
}

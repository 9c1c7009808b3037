/* print.c: --dump=graph and --dump=grad. A line each for what has a name and for what is used more than once; everything
 * else is written out where it is used. Operands come before their users. */
#include "graph/print.h"

#include <string.h>

#include "graph/naming.h"
#include "graph/node.h"

/* ---- labels ---- */
static void count_root(void *context, Node **root)
{
    ((int *)context)[(*root)->id]++;
}

static int *count_uses(Graph *graph, const bool *live)
{
    int *uses = arena_array(graph->arena, int, graph->nodes.n);
    graph_each_root(graph, false, count_root, uses);
    for (int id = 0; id < graph->nodes.n; id++)
        for (int i = 0; live[id] && i < graph->nodes.at[id]->n; i++)
            uses[graph->nodes.at[id]->arg[i]->id]++;
    return uses;
}

static bool is_taken(const Printer *printer, const char *name, int below)
{
    for (int id = 0; id < below; id++)
        if (printer->label[id] != NULL && strcmp(printer->label[id], name) == 0)
            return true;
    return false;
}

static const char *unique(const Printer *printer, const char *name, int id)
{
    const char *label = name;
    for (int n = 2; is_taken(printer, label, id); n++)
        label = arena_printf(printer->graph->arena, "%s_%d", name, n);
    return label;
}

/* What is used more than once and has no name: "#" marks it, as no name of the file begins so. */
static const char *shared_name(Graph *graph, const Node *node)
{
    const char *name = node_called(graph->arena, node);
    return arena_printf(graph->arena, "#%s", name != NULL ? name : "value");
}

static void label_nodes(Printer *printer, Graph *graph, const bool *live)
{
    const int *uses = count_uses(graph, live);
    for (int id = 0; id < graph->nodes.n; id++) {
        const Node *node = graph->nodes.at[id];
        if (!live[id] || node->n == 0 || node->op == OP_MASK)
            continue;
        if (node->defines != NULL && node->defines->def == node)
            printer->label[id] = node->defines->path;
        else if (node->name != NULL && id >= graph->forward_nodes && graph->forward_nodes > 0)
            printer->label[id] = unique(printer, node->name, id);
        else if (uses[id] > 1 && node->op != OP_EXPAND)
            printer->label[id] = unique(printer, shared_name(graph, node), id);
    }
}

/* ---- lines ---- */
/* The name of a dim where only one has this number, else the number. */
static const char *dim_called(const Graph *graph, int64_t size)
{
    const char *name = NULL;
    int same = 0;
    for (int i = 0; graph->model != NULL && i < graph->model->dims.n; i++)
        if (graph->model->dims.at[i].integer == size) {
            name = graph->model->dims.at[i].name;
            same++;
        }
    return same == 1 ? name : arena_printf(graph->arena, "%lld", (long long)size);
}

/* The variable, or the one whose adjoint this is, that says how its dims are called. */
static const Var *like_variable(const Graph *graph, const Node *node)
{
    if (node->defines != NULL && node->defines->var != NULL)
        return node->defines->var;
    for (int i = 0; i < graph->param_grads.n; i++)
        if (graph->param_grads.at[i].grad == node)
            return graph->param_grads.at[i].param->var;
    for (int i = 0; i < graph->input_grads.n; i++)
        if (graph->input_grads.at[i].grad == node)
            return graph->input_grads.at[i].input->var;
    return NULL;
}

static void print_shape(const Printer *printer, const Node *node)
{
    const Var *var = like_variable(printer->graph, node);
    for (int i = 0; i < node->rank; i++) {
        const bool known = var != NULL && var->type.shape.rank == node->rank && var->type.shape.dim[i].form != NULL;
        text_add(printer->out, i == 0 ? " : [" : ", ");
        text_add(printer->out, known ? dim_text(printer->graph->arena, var->type.shape.dim[i])
                                     : dim_called(printer->graph, node->dim[i]));
    }
    if (node->rank > 0)
        text_add(printer->out, "]");
}

static void print_node(const Printer *printer, const Node *node)
{
    text_add(printer->out, printer->label[node->id]);
    print_axes(printer, node->axes);
    print_shape(printer, node);
    text_add(printer->out, " = ");
    print_expr(printer, node, true);
    text_add(printer->out, "\n");
}

static void print_result(const Printer *printer, const char *what, const char *name, AxisSet axes, const Node *value)
{
    if (value == NULL)
        return;
    text_printf(printer->out, "%s%s", what, name);
    print_axes(printer, axes);
    text_add(printer->out, " = ");
    print_expr(printer, value, false);
    text_add(printer->out, "\n");
}

/* Variables that share the definition of another, or whose definition is a leaf. */
static void print_aliases(const Printer *printer, bool gradient)
{
    for (int i = 0; i < printer->graph->vars.n; i++) {
        const GVar *var = printer->graph->vars.at[i];
        if (var->def != NULL && var->def->defines != var && (var->kind == GVAR_ADJOINT) == gradient)
            print_result(printer, "", var->path, var->axes, var->def);
        if (!gradient)
            print_result(printer, "init ", var->path, 0, var->init);
    }
}

static void print_forward(const Printer *printer)
{
    const Graph *graph = printer->graph;
    for (int i = 0; i < graph->outputs.n; i++)
        print_result(printer, "output ", graph->outputs.at[i].var->path, graph->outputs.at[i].var->axes,
                     graph->outputs.at[i].value);
    print_result(printer, "loss", "", 0, graph->loss);
    print_result(printer, "loss weight", "", 0, graph->loss_weight);
    for (int i = 0; i < graph->metrics.n; i++) {
        const GMetric *metric = &graph->metrics.at[i];
        print_result(printer, "metric ", metric->var->path, 0, metric->value);
        for (int k = 0; k < metric->means.n; k++) {
            const char *name = arena_printf(graph->arena, "%d", k);
            print_result(printer, "    sum of mean_", name, 0, metric->means.at[k].sum);
            print_result(printer, "    weight of mean_", name, 0, metric->means.at[k].weight);
        }
    }
    for (int i = 0; i < graph->entries.n; i++) {
        const GEntry *entry = &graph->entries.at[i];
        const char *name = entry->entry->name;
        for (int k = 0; k < entry->values.n; k++)
            print_result(printer, arena_printf(graph->arena, "%s: ", name), entry->generated.at[k]->path,
                         entry->generated.at[k]->axes, entry->values.at[k]);
        print_result(printer, arena_printf(graph->arena, "%s: stop", name), "", 0, entry->stop);
    }
}

static void print_gradient(const Printer *printer)
{
    const Graph *graph = printer->graph;
    for (int i = 0; i < graph->param_grads.n; i++)
        print_result(printer, "gradient of ", graph->param_grads.at[i].param->path, 0, graph->param_grads.at[i].grad);
    for (int i = 0; i < graph->input_grads.n; i++)
        print_result(printer, "gradient of ", graph->input_grads.at[i].input->path,
                     graph->input_grads.at[i].input->axes, graph->input_grads.at[i].grad);
    for (int i = 0; i < graph->state_grads.n; i++) {
        const StateGrad *grad = &graph->state_grads.at[i];
        print_result(printer,
                     arena_printf(graph->arena, "gradient of the state of %s, %d back", grad->var->path, grad->back),
                     "", 0, grad->grad);
    }
}

/* Shared parts that some line of the chosen half refers to. */
static bool *find_needed(const Printer *printer, const bool *live, bool gradient)
{
    const Graph *graph = printer->graph;
    bool *needed = arena_array(graph->arena, bool, graph->nodes.n);
    for (int id = graph->nodes.n - 1; id >= 0; id--) {
        const Node *node = graph->nodes.at[id];
        const bool added = graph->forward_nodes > 0 && id >= graph->forward_nodes;
        needed[id] = needed[id] || (live[id] && added == gradient);
        const bool named = printer->label[id] != NULL && printer->label[id][0] != '#';
        for (int i = 0; needed[id] && (!named || added == gradient) && i < node->n; i++)
            needed[node->arg[i]->id] = true;
    }
    return needed;
}

void graph_print(struct Text *out, const Graph *graph, bool gradient)
{
    Printer printer = {.out = out, .graph = graph, .label = arena_array(graph->arena, const char *, graph->nodes.n)};
    Graph *read = arena_make(graph->arena, Graph); /* walking roots takes their places; nothing is changed */
    *read = *graph;
    const bool *live = graph_live(read, true);
    label_nodes(&printer, read, live);
    const bool *needed = find_needed(&printer, live, gradient);
    for (int id = 0; id < graph->nodes.n; id++) {
        const bool added = graph->forward_nodes > 0 && id >= graph->forward_nodes;
        if (printer.label[id] != NULL && (added == gradient || printer.label[id][0] == '#') && needed[id])
            print_node(&printer, graph->nodes.at[id]);
    }
    print_aliases(&printer, gradient);
    if (gradient)
        print_gradient(&printer);
    else
        print_forward(&printer);
}

/* verify.c: the invariants of graph.h. Run after every pass; what it finds is a bug of that pass. */
#include "graph/node.h"
#include "support/text.h"

typedef struct Verify {
    const Graph *graph;
    const char *found; /* the first violation */
} Verify;

static void expect(Verify *verify, bool holds, const Node *node, const char *what)
{
    if (holds || verify->found != NULL)
        return;
    verify->found = node == NULL
                        ? what
                        : arena_printf(verify->graph->arena, "node %d, %s%s%s: %s", node->id, op_info[node->op].name,
                                       node->name == NULL ? "" : " ", node->name == NULL ? "" : node->name, what);
}

static bool has_form(const Node *node, int rank, const int64_t dim[2], AxisSet axes)
{
    return node->rank == rank && node->dim[0] == dim[0] && node->dim[1] == dim[1] && node->axes == axes;
}

static void verify_read(Verify *verify, const Node *node)
{
    const GVar *var = node->var;
    expect(verify, node->offset != 0, node, "reads at offset 0");
    expect(verify, (var->axes & AXIS_BIT(node->axis)) != 0, node, "its variable does not vary over the axis");
    expect(verify, (node->offset < 0 ? -node->offset : node->offset) <= var->lag, node, "looks back further than lag");
    expect(verify, var->kind == GVAR_INPUT || var->kind == GVAR_TARGET || var->def != NULL, node,
           "of an undefined variable");
}

static void verify_node(Verify *verify, const Node *node, int place)
{
    expect(verify, node->id == place, node, "id is not its place");
    for (int i = 0; i < node->n; i++)
        expect(verify, node->arg[i]->id < node->id, node, "operand with a larger id");
    if (node->op == OP_READ)
        verify_read(verify, node);
    if (verify->found != NULL)
        return;
    NodeSpec spec = graph_spec_of(node, node->arg);
    graph_infer(&spec);
    expect(verify, has_form(node, spec.rank, spec.dim, spec.axes) && node->token == spec.token, node,
           "shape or axes are not those of its operands");
}

static void verify_var(Verify *verify, const GVar *var)
{
    if (var->def != NULL)
        expect(verify, has_form(var->def, var->rank, var->dim, var->axes) && var->def->token == var->token, var->def,
               "definition of another shape or other axes than its variable");
    if (var->init != NULL)
        expect(verify, has_form(var->init, var->rank, var->dim, var->init->axes) && (var->init->axes & ~var->axes) == 0,
               var->init, "start value of another shape than its variable");
    expect(verify, var->kind != GVAR_ADJOINT || var->def != NULL, NULL, "an adjoint without definition");
}

static void verify_scalar(Verify *verify, const Node *node)
{
    if (node != NULL)
        expect(verify, node->rank == 0 && node->axes == 0, node, "should be a scalar free of axes");
}

static void verify_results(Verify *verify, const Graph *graph)
{
    verify_scalar(verify, graph->loss);
    verify_scalar(verify, graph->loss_weight);
    for (int i = 0; i < graph->metrics.n; i++) {
        verify_scalar(verify, graph->metrics.at[i].value);
        for (int k = 0; k < graph->metrics.at[i].means.n; k++) {
            verify_scalar(verify, graph->metrics.at[i].means.at[k].sum);
            verify_scalar(verify, graph->metrics.at[i].means.at[k].weight);
        }
    }
    for (int i = 0; i < graph->param_grads.n; i++) {
        const ParamGrad *grad = &graph->param_grads.at[i];
        if (grad->grad != NULL)
            expect(verify, has_form(grad->grad, grad->param->rank, grad->param->dim, 0), grad->grad,
                   "gradient of another shape than its parameter");
    }
    for (int i = 0; i < graph->input_grads.n; i++) {
        const InputGrad *grad = &graph->input_grads.at[i];
        if (grad->grad != NULL)
            expect(verify, has_form(grad->grad, grad->input->rank, grad->input->dim, grad->input->axes), grad->grad,
                   "gradient of another shape than its input");
    }
}

const char *graph_verify(const Graph *graph)
{
    Verify verify = {.graph = graph};
    for (int i = 0; i < graph->nodes.n; i++)
        verify_node(&verify, graph->nodes.at[i], i);
    for (int i = 0; i < graph->vars.n; i++)
        verify_var(&verify, graph->vars.at[i]);
    verify_results(&verify, graph);
    return verify.found;
}

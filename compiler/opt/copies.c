/* copies.c: a variable that is read at other steps needs memory of its own, with its own start value before the window.
 * Where it is only another name of an input, of a parameter or of what another such variable holds, it gets a copy.
 * Vectors of elementwise work are left alone: the block that makes them stores them twice. */
#include "opt/copies.h"

#include "support/arena.h"

static bool is_stored_twice(const Node *def)
{
    return op_info[def->op].family == FAMILY_EW && def->rank > 0 && !def->token;
}

static Node *copy_of(Graph *graph, Node *def, const GVar *var)
{
    /* site: so that two variables never share one copy */
    return graph_node(graph,
                      &(NodeSpec){.op = OP_STOPGRAD, .n = 1, .arg = {def}, .site = var->id + 1, .span = var->span});
}

void copies_run(Graph *graph)
{
    bool *taken = arena_array(graph->arena, bool, graph->nodes.n + graph->vars.n);
    bool changed = false;
    for (int i = 0; i < graph->vars.n; i++) {
        GVar *var = graph->vars.at[i];
        Node *def = var->def;
        if (!def || var->lag == 0)
            continue;
        const bool alias = def->n == 0 || (taken[def->id] && !is_stored_twice(def));
        taken[def->id] = true;
        if (!alias)
            continue;
        var->def = copy_of(graph, def, var);
        var->def->name = var->name;
        var->def->defines = var;
        changed = true;
    }
    if (changed)
        graph_compact(graph);
}

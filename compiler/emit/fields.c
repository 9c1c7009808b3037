/* fields.c: what the parts of a model are for the C interface: its fields in the order of rnn_model.fields, the inputs
 * and outputs of its entries, and their types, sizes and shapes as C text. */
#include <string.h>

#include "emit/interface.h"
#include "rnn/rnn.h"

bool emit_is_token(const Var *var)
{
    return var->type.kind == TYPE_TOKEN;
}

bool emit_varies(const Var *var, int axis)
{
    return (var->axes & AXIS_BIT(axis)) != 0;
}

bool emit_is_real_input(const Var *var)
{
    return var->kind == VAR_INPUT && !emit_is_token(var);
}

int64_t emit_rows_max(const Emit *emit)
{
    return emit->program->model->axes.at[AXIS_BATCH].high;
}

bool emit_has_dropout(const Emit *emit)
{
    const Graph *graph = emit->program->graph;
    for (int i = 0; i < graph->nodes.n; i++)
        if (graph->nodes.at[i]->op == OP_MASK)
            return true;
    return false;
}

bool emit_has_targets(const Emit *emit)
{
    const Model *model = emit->program->model;
    for (int i = 0; i < model->vars.n; i++)
        if (model->vars.at[i]->kind == VAR_TARGET)
            return true;
    return false;
}

int emit_metric_means(const Emit *emit, const Var *metric)
{
    const Graph *graph = emit->program->graph;
    for (int i = 0; i < graph->metrics.n; i++)
        if (graph->metrics.at[i].var->var == metric)
            return graph->metrics.at[i].means.n;
    return 0;
}

int emit_field_index(const FieldList *fields, const Var *var)
{
    for (int i = 0; i < fields->n; i++)
        if (fields->at[i].var == var)
            return i;
    return -1;
}

static void add_field(Emit *emit, FieldList *fields, Var *var, int role)
{
    if (emit_field_index(fields, var) < 0)
        vec_push(emit->arena, fields, (Field){var, role, 0, 0});
}

/* Inputs and targets, outputs, metrics, controls, then what only entries write. */
FieldList emit_fields(Emit *emit)
{
    const Model *model = emit->program->model;
    FieldList fields = {0};
    int means = 0;
    for (int i = 0; i < model->vars.n; i++) {
        Var *var = model->vars.at[i];
        if (var->kind == VAR_INPUT || var->kind == VAR_TARGET)
            add_field(emit, &fields, var, var->kind == VAR_INPUT ? RNN_ROLE_INPUT : RNN_ROLE_TARGET);
    }
    for (int i = 0; i < model->outputs.n; i++)
        add_field(emit, &fields, model->outputs.at[i], RNN_ROLE_OUTPUT);
    for (int i = 0; i < model->metrics.n; i++) {
        Var *metric = model->metrics.at[i];
        const int own = emit_metric_means(emit, metric);
        vec_push(emit->arena, &fields, (Field){metric, RNN_ROLE_METRIC, own, means});
        means += own;
    }
    for (int i = 0; i < model->vars.n; i++)
        if (model->vars.at[i]->kind == VAR_CONTROL)
            add_field(emit, &fields, model->vars.at[i], RNN_ROLE_CONTROL);
    for (int i = 0; i < model->entries.n; i++)
        for (int k = 0; k < model->entries.at[i]->outputs.n; k++)
            add_field(emit, &fields, model->entries.at[i]->outputs.at[k], RNN_ROLE_ENTRY);
    return fields;
}

/* --- what an entry takes and gives --- */

typedef struct Reach {
    bool *node, *var; /* [nodes], [vars]: reached */
    VEC(Node *) todo;
    Arena *arena;
} Reach;

static void reach_node(Reach *reach, Node *node)
{
    if (node == NULL || reach->node[node->id])
        return;
    reach->node[node->id] = true;
    vec_push(reach->arena, &reach->todo, node);
}

/* READ looks at past values too: at what defines the variable and what it starts from. */
static void reach_var(Reach *reach, const Node *node)
{
    reach->var[node->var->id] = true;
    if (node->op == OP_READ) {
        reach_node(reach, node->var->def);
        reach_node(reach, node->var->init);
    }
}

/* The variables that an entry's results are computed from. */
static bool *entry_reach(Emit *emit, const GEntry *entry)
{
    const Graph *graph = emit->program->graph;
    Reach reach = {arena_array(emit->arena, bool, graph->nodes.n + 1),
                   arena_array(emit->arena, bool, graph->vars.n + 1),
                   {0},
                   emit->arena};
    for (int i = 0; i < entry->outputs.n; i++)
        reach_node(&reach, entry->outputs.at[i]->def);
    for (int i = 0; i < entry->values.n; i++)
        reach_node(&reach, entry->values.at[i]);
    reach_node(&reach, entry->stop);
    while (reach.todo.n > 0) {
        const Node *node = reach.todo.at[--reach.todo.n];
        if (node->var != NULL)
            reach_var(&reach, node);
        for (int i = 0; i < node->n; i++)
            reach_node(&reach, node->arg[i]);
    }
    return reach.var;
}

static bool is_generated(const GEntry *entry, const GVar *var)
{
    for (int i = 0; i < entry->generated.n; i++)
        if (entry->generated.at[i] == var)
            return true;
    return false;
}

/* Inputs and targets that the entry reaches: those given at each step, or (fixed) those that begin reads. */
static VarList entry_inputs(Emit *emit, const GEntry *entry, bool fixed)
{
    const Graph *graph = emit->program->graph;
    const bool *reached = entry_reach(emit, entry);
    VarList list = {0};
    for (int i = 0; i < graph->vars.n; i++) {
        GVar *var = graph->vars.at[i];
        if ((var->kind != GVAR_INPUT && var->kind != GVAR_TARGET) || !reached[var->id] || is_generated(entry, var))
            continue;
        const bool each_step = emit_varies(var->var, entry->entry->axis) || entry->entry->kind == ENTRY_STEP;
        if (each_step != fixed)
            vec_push(emit->arena, &list, var->var);
    }
    /* the graph's order is its own; the file's order is the interface */
    for (int i = 1; i < list.n; i++)
        for (int k = i; k > 0 && list.at[k - 1]->id > list.at[k]->id; k--) {
            Var *swap = list.at[k];
            list.at[k] = list.at[k - 1];
            list.at[k - 1] = swap;
        }
    return list;
}

VarList emit_entry_ins(Emit *emit, const GEntry *entry)
{
    return entry_inputs(emit, entry, false);
}

VarList emit_entry_fixed(Emit *emit, const GEntry *entry)
{
    return entry_inputs(emit, entry, true);
}

VarList emit_entry_outs(Emit *emit, const GEntry *entry)
{
    VarList list = {0};
    for (int i = 0; i < entry->generated.n; i++)
        vec_push(emit->arena, &list, entry->generated.at[i]->var);
    for (int i = 0; i < entry->outputs.n; i++)
        if (!is_generated(entry, entry->outputs.at[i]))
            vec_push(emit->arena, &list, entry->outputs.at[i]->var);
    return list;
}

/* --- as C text --- */

const char *emit_element(const Emit *emit, const Var *var)
{
    return emit_is_token(var) ? "int32_t" : emit->real;
}

const char *emit_dim(const Emit *emit, Dim dim)
{
    const Model *model = emit->program->model;
    const DimForm *form = dim.form;
    if (form != NULL && form->n == 1 && form->term[0].coefficient == 1 && form->term[0].atoms == 1)
        for (int i = 0; i < model->dims.n; i++)
            if (strcmp(model->dims.at[i].name, form->term[0].atom[0]->name) == 0 &&
                model->dims.at[i].integer == dim.value)
                return arena_printf(emit->arena, "%s_DIM_%s", emit->M, model->dims.at[i].name);
    return arena_printf(emit->arena, "%lld", (long long)dim.value);
}

const char *emit_type(const Emit *emit, const Var *var)
{
    if (emit_is_token(var))
        return arena_printf(emit->arena, "index(%s)", dim_text(emit->arena, var->type.vocab));
    if (var->type.value == VALUE_DIST)
        return arena_printf(emit->arena, "dist(%s)", dim_text(emit->arena, var->type.shape.dim[0]));
    return var->type.shape.rank == 0 ? "real" : shape_text(emit->arena, var->type.shape);
}

/* `without`: an axis that is left out, as in the arrays of one step; -1: none. */
const char *emit_array(const Emit *emit, const Var *var, int without)
{
    const Model *model = emit->program->model;
    Text text = text_new(emit->arena);
    for (int i = 0; i < var->axis_order.n; i++)
        if (var->axis_order.at[i] != without)
            text_printf(&text, "[%s_steps]", model->axes.at[var->axis_order.at[i]].name);
    if (emit_varies(var, AXIS_BATCH))
        text_add(&text, "[rows]");
    for (int i = 0; i < var->type.shape.rank; i++)
        text_printf(&text, "[%s]", emit_dim(emit, var->type.shape.dim[i]));
    return text.n > 0 ? text_z(&text) : "[1]";
}

/* The size of that array: rows as a C expression, and the batch that the other axes are read from. */
const char *emit_bytes(const Emit *emit, const Var *var, const char *rows, const char *in, int without)
{
    const Model *model = emit->program->model;
    Text text = text_new(emit->arena);
    text_printf(&text, "sizeof(%s)", emit_element(emit, var));
    for (int i = 0; i < var->axis_order.n; i++)
        if (var->axis_order.at[i] != without)
            text_printf(&text, " * (size_t)%s->%s_steps", in, model->axes.at[var->axis_order.at[i]].name);
    if (emit_varies(var, AXIS_BATCH))
        text_printf(&text, " * (size_t)%s", rows);
    for (int i = 0; i < var->type.shape.rank; i++)
        text_printf(&text, " * %s", emit_dim(emit, var->type.shape.dim[i]));
    return text_z(&text);
}

/* emit_model_table.c: under #ifdef RNN_WITH_MODEL, everything about the model as the constant tables of rnn_model, for
 * trainers, bindings and tools that know no model. */
#include "emit/interface.h"
#include "rnn/rnn.h"

enum { STEP_FIELDS_MAX = (int)(sizeof((rnn_entry_info *)0)->in / sizeof(int32_t)) };

static void axes(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    text_printf(out, "/* name, least, most, carry */\nstatic const rnn_axis_info %s_table_axes[%d] = {\n", emit->m,
                model->axes.n);
    for (int i = 0; i < model->axes.n; i++) {
        const ModelAxis *axis = &model->axes.at[i];
        text_printf(out, "    {\"%s\", %lld, %lld, %d}%s\n", axis->name, (long long)axis->low, (long long)axis->high,
                    axis->carry, i + 1 < model->axes.n ? "," : "");
    }
    text_add(out, "};\n\n");
}

static void field(Emit *emit, Text *out, const Field *at, bool last)
{
    static const char *const role[] = {"RNN_ROLE_INPUT",  "RNN_ROLE_TARGET",  "RNN_ROLE_OUTPUT",
                                       "RNN_ROLE_METRIC", "RNN_ROLE_CONTROL", "RNN_ROLE_ENTRY"};
    const Var *var = at->var;
    const Shape *shape = &var->type.shape;
    const bool token = emit_is_token(var), metric = at->role == RNN_ROLE_METRIC;
    const int axes_count = metric ? 0 : var->axis_order.n;
    text_add(out, "    {");
    lay_string(out, var->path, 95);
    text_printf(out, ", %s, %d, %lld, %d, {", role[at->role], token, (long long)(token ? var->type.vocab.value : 0),
                axes_count);
    for (int i = 0; i < axes_count; i++)
        text_printf(out, "%s%d", i > 0 ? ", " : "", var->axis_order.at[i]);
    text_printf(out, "%s}, %d, %d, {%lld, %lld}, %s, %d, %d, %d}%s\n", axes_count == 0 ? "0" : "",
                !metric && emit_varies(var, AXIS_BATCH), token ? 0 : shape->rank,
                (long long)(!token && shape->rank > 0 ? shape->dim[0].value : 1),
                (long long)(!token && shape->rank > 1 ? shape->dim[1].value : 1), lay_double(emit->arena, var->control),
                var->needs_target && !metric, at->means, at->first_mean, last ? "" : ",");
}

static void fields_table(Emit *emit, Text *out, const FieldList *fields)
{
    if (fields->n == 0)
        return;
    text_printf(out,
                "/* name, role, is_token, vocab, axes, has_batch, rank, dims, initial, needs_target, means, first */\n"
                "static const rnn_field_info %s_table_fields[%d] = {\n",
                emit->m, fields->n);
    for (int i = 0; i < fields->n; i++)
        field(emit, out, &fields->at[i], i + 1 == fields->n);
    text_add(out, "};\n\n");
}

static void indices(Text *out, const FieldList *fields, const VarList *list)
{
    text_printf(out, "%d, {", list->n);
    for (int i = 0; i < list->n; i++)
        text_printf(out, "%s%d", i > 0 ? ", " : "", emit_field_index(fields, list->at[i]));
    text_printf(out, "%s}, ", list->n == 0 ? "0" : "");
}

static void entries(Emit *emit, Text *out, const FieldList *fields)
{
    const Graph *graph = emit->program->graph;
    if (graph->entries.n == 0)
        return;
    text_printf(
        out,
        "/* name, kind, axis, fields given at each step, fields written, how many of these are generated, stop */\n"
        "static const rnn_entry_info %s_table_entries[%d] = {\n",
        emit->m, graph->entries.n);
    for (int i = 0; i < graph->entries.n; i++) {
        const GEntry *entry = &graph->entries.at[i];
        const VarList ins = emit_entry_ins(emit, entry), outs = emit_entry_outs(emit, entry);
        const bool generate = entry->entry->kind == ENTRY_GENERATE;
        text_printf(out, "    {\"%s\", %s, %d, ", entry->entry->name,
                    generate ? "RNN_ENTRY_GENERATE" : "RNN_ENTRY_STEP", entry->entry->axis);
        indices(out, fields, &ins);
        indices(out, fields, &outs);
        text_printf(out, "%d, %d}%s\n", entry->generated.n, entry->stop != NULL, i + 1 < graph->entries.n ? "," : "");
    }
    text_add(out, "};\n\n");
}

static void constants(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    const int n = model->dims.n + model->consts.n;
    if (n == 0)
        return;
    text_printf(out, "static const rnn_constant_info %s_table_constants[%d] = {\n", emit->m, n);
    for (int i = 0; i < n; i++) {
        const bool dim = i < model->dims.n;
        const NamedNumber *number = dim ? &model->dims.at[i] : &model->consts.at[i - model->dims.n];
        text_printf(out, "    {\"%s\", %s, %d}%s\n", number->name,
                    lay_double(emit->arena, dim ? (double)number->integer : number->number), dim, i + 1 < n ? "," : "");
    }
    text_add(out, "};\n\n");
}

/* "charlm_table_axes" or NULL */
static const char *table(Emit *emit, const char *name, int n)
{
    return n > 0 ? arena_printf(emit->arena, "%s_%s", emit->m, name) : "NULL";
}

static void model_table(Emit *emit, Text *out, const FieldList *fields)
{
    const Model *model = emit->program->model;
    const Graph *graph = emit->program->graph;
    const char *m = emit->m, *M = emit->M;
    const int constant_count = model->dims.n + model->consts.n;
    int means = 0;
    for (int i = 0; i < fields->n; i++)
        means += fields->at[i].means;
    text_printf(
        out, "static const rnn_model %s_table = {\n    RNN_RUNTIME_ABI, %d, \"%s\", %s_LAYOUT_HASH, %s_PARAMS_HASH,\n",
        m, emit->options->is_double ? 8 : 4, model->name, M, M);
    text_printf(out, "    sizeof(%s_params), sizeof(%s_packed), sizeof(%s_state), sizeof(%s_work), ", m, m, m, m);
    text_add(out, model->loss != NULL ? arena_printf(emit->arena, "sizeof(%s_tape),\n", m) : "0U,\n");
    text_printf(
        out,
        "    %s_PARAM_FLOATS, %d, %d, %d, %d, %d, %d, %d, /* params, axes, fields, entries, constants, advices, "
        "means */\n    %d, %d, %d, 0, /* has loss, dropout, infer */\n",
        M, model->params.n, model->axes.n, fields->n, graph->entries.n, constant_count, model->train.n, means,
        model->loss != NULL, emit_has_dropout(emit), emit_has_targets(emit));
    text_printf(out, "    %s_param_info, %s, %s, %s, %s, %s,\n", m, table(emit, "table_axes", model->axes.n),
                table(emit, "table_fields", fields->n), table(emit, "table_entries", graph->entries.n),
                table(emit, "table_constants", constant_count), table(emit, "train", model->train.n));
    text_printf(out, "    %s_thunk_params_init, %s_thunk_pack, %s_thunk_state_reset, %s_thunk_state_copy_row,\n", m, m,
                m, m);
    text_printf(out, "    %s_thunk_eval, %s_thunk_%s, %s, %s, %s,\n", m, m, emit_has_targets(emit) ? "infer" : "eval",
                table(emit, "thunk_forward", model->loss != NULL), table(emit, "thunk_backward", model->loss != NULL),
                table(emit, "thunk_gradient", model->loss != NULL));
    text_printf(out, "    %s, %s, %s};\n\n", table(emit, "thunk_begin", graph->entries.n),
                table(emit, "thunk_step", graph->entries.n), table(emit, "thunk_metric", model->metrics.n));
}

/* What the fixed arrays of rnn_model cannot hold; NULL: it fits. The model itself compiles either way. */
static const char *too_large(Emit *emit)
{
    const Graph *graph = emit->program->graph;
    if (emit->program->model->axes.n > RNN_AXES_MAX)
        return "axes";
    for (int i = 0; i < graph->entries.n; i++)
        if (emit_entry_ins(emit, &graph->entries.at[i]).n > STEP_FIELDS_MAX ||
            emit_entry_outs(emit, &graph->entries.at[i]).n > STEP_FIELDS_MAX)
            return "arrays of an entry";
    return NULL;
}

void emit_model_table(Emit *emit, Text *out)
{
    const FieldList fields = emit_fields(emit);
    text_add(out, "#ifdef RNN_WITH_MODEL\n");
    if (too_large(emit) != NULL) {
        text_printf(out,
                    "#error \"%s: too many %s for rnn_model; the model's own functions work without it\"\n#endif\n",
                    emit->m, too_large(emit));
        return;
    }
    text_add(out, "/* ---- The model as data, for code that knows no model ---- */\n\n");
    axes(emit, out);
    fields_table(emit, out, &fields);
    entries(emit, out, &fields);
    constants(emit, out);
    emit_thunks(emit, out, &fields);
    model_table(emit, out, &fields);
    text_printf(out, "const rnn_model *%s_model(void)\n{\n    return &%s_table;\n}\n#endif\n", emit->m, emit->m);
}

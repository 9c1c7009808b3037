/* emit_structs.c: the types of a model's header: parameters, window, controls, memory, results, adjoints. The caller
 * owns all of them; the private ones (state, work, tape) hold no pointers. */
#include "emit/interface.h"

int64_t emit_tape_ints(const Emit *emit)
{
    return emit->program->sizes.tape_ints + EMIT_MARK_INTS;
}

int64_t emit_work_ints(const Emit *emit)
{
    return emit->program->sizes.work_ints + EMIT_MARK_INTS;
}

static void params(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    const char *m = emit->m, *M = emit->M;
    text_printf(
        out,
        "/* Parameters as in the file, row-major. The same type holds weights, gradients and optimiser moments. */\n"
        "typedef struct %s_params { %s v[%s_PARAM_FLOATS]; } %s_params;\n",
        m, emit->real, M, m);
    for (int i = 0; i < model->params.n; i++)
        if (model->params.at[i]->doc != NULL)
            lay_doc(out, "", arena_printf(emit->arena, "%s: %s", model->params.at[i]->path, model->params.at[i]->doc));
    text_add(out, "enum { ");
    Wrap wrap = {out, 7, 0};
    for (int i = 0; i < model->params.n; i++)
        wrap_item(&wrap, "%s_P_%s", M, emit_param_name(emit, model->params.at[i]));
    wrap_item(&wrap, "%s_P_COUNT", M);
    text_add(out, " };\n");
    text_printf(out, "extern const rnn_param_info %s_param_info[%s];    /* name, offset, shape */\n", m,
                model->params.n > 0 ? arena_printf(emit->arena, "%s_P_COUNT", M) : "1");
    text_printf(
        out,
        "int32_t %s_param_index(const char *name);   /* \"rnn.Wz\"; -1 when unknown */\n"
        "RNN_NODISCARD rnn_status %s_params_init(%s_params *p, uint64_t seed);   /* the file's initialisers */\n\n",
        m, m, m);
    text_printf(out,
                "/* What the loops read: weights in panels. Make it again whenever the parameters have changed. */\n"
                "typedef struct %s_packed { %s w[%s_PACKED_FLOATS]; } %s_packed;\n"
                "RNN_NODISCARD rnn_status %s_pack(const %s_params *p, %s_packed *w);\n\n",
                m, emit->real, M, m, m, m, m);
}

static void batch_axes(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    lay_field(out, "int32_t rows", "%lld .. %s_AXIS_%s_MAX", (long long)model->axes.at[0].low, emit->M,
              model->axes.at[0].name);
    for (int i = 1; i < model->axes.n; i++) {
        const ModelAxis *axis = &model->axes.at[i];
        lay_field(out, arena_printf(emit->arena, "int32_t %s_steps", axis->name), "%lld .. %s_AXIS_%s_MAX%s",
                  (long long)axis->low, emit->M, axis->name, axis->carry ? "; the next window of the stream" : "");
        lay_field(out, arena_printf(emit->arena, "const int32_t *%s_len", axis->name),
                  "[rows], %lld .. %s_steps; NULL: every row is full", (long long)axis->low, axis->name);
    }
}

static void batch(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    text_printf(
        out,
        "/* One window of data, owned by the caller, only read. Time-major: element (t, b) is at [t*rows + b].\n"
        "   Nothing past a row's length is looked at. */\n"
        "typedef struct %s_batch {\n",
        emit->m);
    batch_axes(emit, out);
    for (int i = 0; i < model->vars.n; i++) {
        const Var *var = model->vars.at[i];
        if (var->kind != VAR_INPUT && var->kind != VAR_TARGET)
            continue;
        const char *range = "";
        if (emit_is_token(var))
            range = arena_printf(emit->arena, ", 0 .. %s-1", emit_dim(emit, var->type.vocab));
        lay_doc(out, "    ", var->doc);
        lay_field(out,
                  arena_printf(emit->arena, "const %s *%s", emit_element(emit, var), emit_c_name(emit, var->c_name)),
                  "%s %s : %s, %s%s", var->kind == VAR_INPUT ? "input" : "target", var->path, emit_type(emit, var),
                  emit_array(emit, var, -1), range);
    }
    text_printf(out, "} %s_batch;\n", emit->m);
}

static void controls(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    const bool dropout = emit_has_dropout(emit);
    text_printf(out, "typedef struct %s_controls {  /* start from %s_CONTROLS_INIT */\n", emit->m, emit->M);
    Text initial = text_new(emit->arena);
    for (int i = 0; i < model->vars.n; i++) {
        const Var *var = model->vars.at[i];
        if (var->kind != VAR_CONTROL)
            continue;
        lay_doc(out, "    ", var->doc);
        lay_field(out, arena_printf(emit->arena, "%s %s", emit->real, emit_c_name(emit, var->c_name)),
                  "control %s = %s", var->path, lay_double(emit->arena, var->control));
        text_printf(&initial, "%s, ", lay_real(emit, var->control));
    }
    lay_field(out, "rnn_key key", "all randomness is a function of (seed, tick, position, row, site, component)");
    if (dropout)
        lay_field(out, "int32_t train", "1: forward drops (dropout); 0: it does not. Other entries never drop");
    text_printf(out, "} %s_controls;\n#define %s_CONTROLS_INIT { %s{ UINT64_C(1), 0U }%s }\n\n", emit->m, emit->M,
                text_z(&initial), dropout ? ", 1" : "");
}

static void memory_struct(Emit *emit, Text *out, const char *name, const char *macro)
{
    text_printf(out, "typedef struct %s_%s { %s r[%s_%s_FLOATS]; int32_t i[%s_%s_INTS]; } %s_%s;\n", emit->m, name,
                emit->real, emit->M, macro, emit->M, macro, emit->m, name);
}

static void memory(Emit *emit, Text *out)
{
    text_add(out,
             "/* Memory: plain complete types, sized by the compiler; put them in static storage or malloc(sizeof).\n"
             "   No pointers inside: copy, send or write them as bytes. Fields are private. */\n");
    memory_struct(emit, out, "state", "STATE");
    memory_struct(emit, out, "work", "WORK");
    if (emit->program->model->loss != NULL)
        memory_struct(emit, out, "tape", "TAPE");
    text_add(out, "\n");
}

static void metric_fields(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    for (int i = 0; i < model->metrics.n; i++) {
        const Var *metric = model->metrics.at[i];
        const int means = emit_metric_means(emit, metric);
        if (means == 0)
            continue;
        lay_doc(out, "    ", metric->doc);
        const char *name = emit_c_name(emit, metric->c_name);
        const char *declaration = means == 1 ? arena_printf(emit->arena, "rnn_mean %s", name)
                                             : arena_printf(emit->arena, "rnn_mean %s[%d]", name, means);
        lay_field(out, declaration, "metric %s; zero it to start an epoch", metric->path);
    }
}

static void result(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    text_printf(
        out,
        "/* Results. Array pointers are the caller's; NULL means \"not wanted\". Metrics accumulate over calls. */\n"
        "typedef struct %s_result {\n",
        emit->m);
    for (int i = 0; i < model->outputs.n; i++) {
        const Var *var = model->outputs.at[i];
        lay_doc(out, "    ", var->doc);
        lay_field(out, arena_printf(emit->arena, "%s *%s", emit_element(emit, var), emit_c_name(emit, var->c_name)),
                  "output %s, %s or NULL%s", var->path, emit_array(emit, var, -1),
                  var->needs_target ? "; reaches a target: not from infer" : "");
    }
    if (model->loss != NULL) {
        lay_doc(out, "    ", model->loss->doc);
        lay_field(out, "double loss", "loss %s of this call", model->loss->path);
        lay_field(out, "double loss_weight", "%s",
                  emit->program->graph->loss_weight != NULL ? "weight of its mean over data: adds over shards"
                                                            : "0: the loss is no single mean over data");
    }
    metric_fields(emit, out);
    lay_field(out, "rnn_fault fault", "set when a call does not return RNN_OK");
    text_printf(out, "} %s_result;\n", emit->m);
    for (int i = 0; i < model->metrics.n; i++)
        text_printf(out, "double %s_metric_%s(const %s_result *r);\n", emit->m, model->metrics.at[i]->c_name, emit->m);
    text_add(out, "\n");
}

static void adjoint_in(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    int n = 0;
    text_printf(out, "typedef struct %s_adjoint_in {\n", emit->m);
    for (int i = 0; i < model->outputs.n; i++) {
        const Var *var = model->outputs.at[i];
        if (emit_is_token(var))
            continue;
        lay_field(out, arena_printf(emit->arena, "const %s *%s", emit->real, emit_c_name(emit, var->c_name)),
                  "d of output %s, %s", var->path, emit_array(emit, var, -1));
        n++;
    }
    if (n == 0)
        lay_field(out, "const void *none", "this model has no real outputs");
    text_printf(out, "} %s_adjoint_in;\n", emit->m);
}

static void adjoint_out(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    text_printf(out, "typedef struct %s_adjoint_out {\n", emit->m);
    for (int i = 0; i < model->vars.n; i++) {
        const Var *var = model->vars.at[i];
        if (!emit_is_real_input(var))
            continue;
        lay_field(out, arena_printf(emit->arena, "%s *%s", emit->real, emit_c_name(emit, var->c_name)),
                  "d of input %s, %s", var->path, emit_array(emit, var, -1));
    }
    lay_field(out, arena_printf(emit->arena, "%s *state", emit->real), "d of the initial state, [%s_STATE_FLOATS]",
              emit->M);
    text_printf(out, "} %s_adjoint_out;\n\n", emit->m);
}

void emit_structs(Emit *emit, Text *out)
{
    params(emit, out);
    batch(emit, out);
    controls(emit, out);
    memory(emit, out);
    result(emit, out);
    if (emit->program->model->loss != NULL) {
        text_add(out, "/* Adjoints across the border of the model; each pointer, and either struct, may be NULL. */\n");
        adjoint_in(emit, out);
        adjoint_out(emit, out);
    }
}

/* emit_thunks.c: the functions behind rnn_model's pointers: they translate a rnn_call, whose arrays are indexed by
 * field, into the model's own structs and back. The checks are those of the entry points they call. */
#include "emit/interface.h"
#include "rnn/rnn.h"

static bool is_window_field(int role)
{
    return role == RNN_ROLE_INPUT || role == RNN_ROLE_TARGET;
}

static void batch(Emit *emit, Text *out, const FieldList *fields)
{
    const Model *model = emit->program->model;
    text_printf(out,
                "static void %s_thunk_batch(const rnn_call *call, %s_batch *in)\n{\n"
                "    memset(in, 0, sizeof *in);\n"
                "    in->rows = call->rows;\n",
                emit->m, emit->m);
    for (int i = 1; i < model->axes.n; i++)
        text_printf(out,
                    "    in->%s_steps = call->steps == NULL ? 0 : call->steps[%d];\n"
                    "    in->%s_len = call->len == NULL ? NULL : call->len[%d];\n",
                    model->axes.at[i].name, i, model->axes.at[i].name, i);
    for (int i = 0; i < fields->n; i++)
        if (is_window_field(fields->at[i].role))
            text_printf(out, "    in->%s = call->in == NULL ? NULL : call->in[%d];\n",
                        emit_c_name(emit, fields->at[i].var->c_name), i);
    text_add(out, "}\n\n");
}

static void controls(Emit *emit, Text *out, const FieldList *fields)
{
    text_printf(out, "static void %s_thunk_controls(const rnn_call *call, %s_controls *c)\n{\n", emit->m, emit->m);
    for (int i = 0; i < fields->n; i++) {
        const Var *var = fields->at[i].var;
        if (fields->at[i].role == RNN_ROLE_CONTROL)
            text_printf(out, "    c->%s = call->controls == NULL ? %s : (%s)call->controls[%d];\n",
                        emit_c_name(emit, var->c_name), lay_real(emit, var->control), emit->real, i);
    }
    text_add(out, "    c->key = call->key;\n");
    if (emit_has_dropout(emit))
        text_add(out, "    c->train = call->train;\n");
    text_add(out, "}\n\n");
}

/* Means go in before the call and come out after it: they accumulate as the caller's own would. */
static void means(Emit *emit, Text *out, const FieldList *fields, const char *indent, const char *result, bool back)
{
    for (int i = 0; i < fields->n; i++) {
        const Field *field = &fields->at[i];
        const char *name = emit_c_name(emit, field->var->c_name);
        for (int k = 0; field->role == RNN_ROLE_METRIC && k < field->means; k++) {
            const char *element = arena_printf(emit->arena, field->means == 1 ? "%s%s" : "%s%s[%d]", result, name, k);
            const char *mean = arena_printf(emit->arena, "means[%d]", field->first_mean + k);
            text_printf(out, "%s%s = %s;\n", indent, back ? mean : element, back ? element : mean);
        }
    }
}

static int mean_count(const FieldList *fields)
{
    int n = 0;
    for (int i = 0; i < fields->n; i++)
        n += fields->at[i].means;
    return n;
}

static void result(Emit *emit, Text *out, const FieldList *fields)
{
    const bool any = mean_count(fields) > 0;
    text_printf(out, "static void %s_thunk_result(const rnn_call *call, %s_result *r)\n{\n", emit->m, emit->m);
    if (any)
        text_add(out, "    const rnn_mean *means = call->metrics;\n");
    text_add(out, "    memset(r, 0, sizeof *r);\n");
    bool used = any;
    for (int i = 0; i < fields->n; i++)
        if (fields->at[i].role == RNN_ROLE_OUTPUT) {
            text_printf(out, "    r->%s = call->out == NULL ? NULL : call->out[%d];\n",
                        emit_c_name(emit, fields->at[i].var->c_name), i);
            used = true;
        }
    if (any) {
        text_add(out, "    if (means != NULL) {\n");
        means(emit, out, fields, "        ", "r->", false);
        text_add(out, "    }\n");
    }
    if (!used)
        text_add(out, "    (void)call;\n");
    text_add(out, "}\n\n");
}

static void done(Emit *emit, Text *out, const FieldList *fields)
{
    const bool any = mean_count(fields) > 0;
    text_printf(out, "static rnn_status %s_thunk_done(rnn_call *call, const %s_result *r, rnn_status status)\n{\n",
                emit->m, emit->m);
    if (any)
        text_add(out, "    rnn_mean *means = call->metrics;\n");
    text_add(out, "    if (status != RNN_OK) {\n        call->fault = r->fault;\n        return status;\n    }\n");
    if (emit->program->model->loss != NULL)
        text_add(out, "    call->loss = r->loss;\n    call->loss_weight = r->loss_weight;\n");
    if (any) {
        text_add(out, "    if (means != NULL) {\n");
        means(emit, out, fields, "        ", "r->", true);
        text_add(out, "    }\n");
    }
    text_add(out, "    return status;\n}\n\n");
}

static void window(Emit *emit, Text *out, const Point *point)
{
    const char *m = emit->m, *memory = point->kind == POINT_FORWARD ? "tape" : "work";
    text_printf(out,
                "static rnn_status %s_thunk_%s(const void *params, const void *packed, rnn_call *call, void *state,\n"
                "    void *%s)\n"
                "{\n"
                "    %s_batch in;\n    %s_controls c;\n    %s_result r;\n"
                "    %s_thunk_batch(call, &in);\n    %s_thunk_controls(call, &c);\n    %s_thunk_result(call, &r);\n"
                "    return %s_thunk_done(call, &r, %s_%s(params, packed, &in, &c, state, %s, &r));\n}\n\n",
                m, point->name, memory, m, m, m, m, m, m, m, m, point->name, memory);
}

static void backward(Emit *emit, Text *out, const FieldList *fields)
{
    const char *m = emit->m;
    bool ups = false, downs = false;
    text_printf(
        out,
        "static rnn_status %s_thunk_backward(const void *params, const void *packed, rnn_call *call, void *tape,\n"
        "    void *work, double dloss, const void *const *up, void *grad, void *const *down)\n"
        "{\n"
        "    %s_batch in;\n    %s_adjoint_in above;\n    %s_adjoint_out below;\n"
        "    %s_thunk_batch(call, &in);\n"
        "    memset(&above, 0, sizeof above);\n    memset(&below, 0, sizeof below);\n",
        m, m, m, m, m);
    for (int i = 0; i < fields->n; i++) {
        const Var *var = fields->at[i].var;
        const char *name = emit_c_name(emit, var->c_name);
        if (fields->at[i].role == RNN_ROLE_OUTPUT && !emit_is_token(var)) {
            text_printf(out, "    above.%s = up == NULL ? NULL : up[%d];\n", name, i);
            ups = true;
        }
        if (fields->at[i].role == RNN_ROLE_INPUT && !emit_is_token(var)) {
            text_printf(out, "    below.%s = down == NULL ? NULL : down[%d];\n", name, i);
            downs = true;
        }
    }
    text_printf(out, "%s%s", ups ? "" : "    (void)up;\n", downs ? "" : "    (void)down;\n");
    text_printf(out,
                "    return %s_backward(params, packed, &in, tape, work, dloss, &above, grad, &below, &call->fault);\n"
                "}\n\n",
                m);
}

static void gradient(Emit *emit, Text *out)
{
    const char *m = emit->m;
    text_printf(
        out,
        "static rnn_status %s_thunk_gradient(const void *params, const void *packed, rnn_call *call, void *state,\n"
        "    void *tape, void *work, double dloss, void *grad)\n"
        "{\n"
        "    %s_batch in;\n    %s_controls c;\n    %s_result r;\n"
        "    %s_thunk_batch(call, &in);\n    %s_thunk_controls(call, &c);\n    %s_thunk_result(call, &r);\n"
        "    return %s_thunk_done(call, &r, %s_gradient(params, packed, &in, &c, state, tape, work, dloss, grad, "
        "&r));\n"
        "}\n\n",
        m, m, m, m, m, m, m, m, m);
}

static void begin_case(Emit *emit, Text *out, int index)
{
    const Entry *entry = emit->program->graph->entries.at[index].entry;
    if (entry->kind == ENTRY_GENERATE)
        text_printf(out,
                    "    case %d:\n"
                    "        return %s_%s_begin(params, packed, &in, &c, state, work, &call->fault);\n",
                    index, emit->m, emit_entry_name(emit, entry));
    else
        text_printf(out, "    case %d:\n        return RNN_OK; /* a step entry has no begin */\n", index);
}

static void step_case(Emit *emit, Text *out, const FieldList *fields, int index)
{
    const GEntry *entry = &emit->program->graph->entries.at[index];
    const VarList ins = emit_entry_ins(emit, entry), outs = emit_entry_outs(emit, entry);
    text_printf(out, "    case %d:\n        return %s_%s%s(params, packed, &c, state, work, call->rows", index, emit->m,
                emit_entry_name(emit, entry->entry), entry->entry->kind == ENTRY_GENERATE ? "_step" : "");
    for (int i = 0; i < ins.n; i++)
        text_printf(out, ",\n            call->in == NULL ? NULL : call->in[%d]", emit_field_index(fields, ins.at[i]));
    for (int i = 0; i < outs.n; i++)
        text_printf(out, ",\n            call->out == NULL ? NULL : call->out[%d]",
                    emit_field_index(fields, outs.at[i]));
    if (entry->entry->kind == ENTRY_GENERATE)
        text_add(out, ",\n            done");
    text_add(out, ",\n            &call->fault);\n");
}

static void entries(Emit *emit, Text *out, const FieldList *fields)
{
    const Graph *graph = emit->program->graph;
    const char *m = emit->m;
    bool generates = false;
    for (int i = 0; i < graph->entries.n; i++)
        generates = generates || graph->entries.at[i].entry->kind == ENTRY_GENERATE;
    text_printf(
        out,
        "static rnn_status %s_thunk_begin(int32_t entry, const void *params, const void *packed, rnn_call *call,\n"
        "    void *state, void *work)\n{\n",
        m);
    if (generates)
        text_printf(out,
                    "    %s_batch in;\n    %s_controls c;\n"
                    "    %s_thunk_batch(call, &in);\n    %s_thunk_controls(call, &c);\n",
                    m, m, m, m);
    else
        text_add(out, "    (void)params;\n    (void)packed;\n    (void)call;\n    (void)state;\n    (void)work;\n");
    text_add(out, "    switch (entry) {\n");
    for (int i = 0; i < graph->entries.n; i++)
        begin_case(emit, out, i);
    text_printf(
        out,
        "    default:\n        return RNN_ARG;\n    }\n}\n\n"
        "static rnn_status %s_thunk_step(int32_t entry, const void *params, const void *packed, rnn_call *call,\n"
        "    void *state, void *work, uint8_t *done)\n{\n    %s_controls c;\n    %s_thunk_controls(call, &c);\n",
        m, m, m);
    if (!generates)
        text_add(out, "    (void)done;\n");
    text_add(out, "    switch (entry) {\n");
    for (int i = 0; i < graph->entries.n; i++)
        step_case(emit, out, fields, i);
    text_add(out, "    default:\n        return RNN_ARG;\n    }\n}\n\n");
}

static void metric(Emit *emit, Text *out, const FieldList *fields)
{
    text_printf(out,
                "static double %s_thunk_metric(int32_t field, const rnn_mean *means)\n{\n"
                "    %s_result r;\n"
                "    memset(&r, 0, sizeof r);\n",
                emit->m, emit->m);
    if (mean_count(fields) == 0)
        text_add(out, "    (void)means;\n");
    means(emit, out, fields, "    ", "r.", false);
    text_add(out, "    switch (field) {\n");
    for (int i = 0; i < fields->n; i++)
        if (fields->at[i].role == RNN_ROLE_METRIC)
            text_printf(out, "    case %d:\n        return %s_metric_%s(&r);\n", i, emit->m, fields->at[i].var->c_name);
    text_add(out, "    default:\n        return 0;\n    }\n}\n\n");
}

static void memory(Emit *emit, Text *out)
{
    const char *m = emit->m;
    text_printf(
        out,
        "static rnn_status %s_thunk_params_init(void *params, uint64_t seed)\n"
        "{\n    return %s_params_init(params, seed);\n}\n\n"
        "static rnn_status %s_thunk_pack(const void *params, void *packed)\n"
        "{\n    return %s_pack(params, packed);\n}\n\n"
        "static rnn_status %s_thunk_state_reset(void *state, int32_t row)\n"
        "{\n    return %s_state_reset(state, row);\n}\n\n"
        "static rnn_status %s_thunk_state_copy_row(void *to, int32_t to_row, const void *from, int32_t from_row)\n"
        "{\n    return %s_state_copy_row(to, to_row, from, from_row);\n}\n\n",
        m, m, m, m, m, m, m, m);
}

void emit_thunks(Emit *emit, Text *out, const FieldList *fields)
{
    const PointList points = emit_points(emit);
    memory(emit, out);
    batch(emit, out, fields);
    controls(emit, out, fields);
    result(emit, out, fields);
    done(emit, out, fields);
    for (int i = 0; i < points.n; i++)
        if (points.at[i].kind <= POINT_FORWARD)
            window(emit, out, &points.at[i]);
        else if (points.at[i].kind == POINT_BACKWARD)
            backward(emit, out, fields);
        else if (points.at[i].kind == POINT_GRADIENT)
            gradient(emit, out);
    if (emit->program->graph->entries.n > 0)
        entries(emit, out, fields);
    if (emit->program->model->metrics.n > 0)
        metric(emit, out, fields);
}

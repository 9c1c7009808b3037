/* emit_checks.c: the static functions that look at arguments before anything is written: missing objects, rows, steps,
 * lengths, tokens as far as a row goes, controls, tokens kept in the state, marks on tape and work. Only what the model
 * needs is printed. Overlaps: emit_spans.c. */
#include "emit/interface.h"

static const char *axis_low(const Emit *emit, const ModelAxis *axis)
{
    return arena_printf(emit->arena, "%lld", (long long)axis->low);
}

static void check_given(Emit *emit, Text *out)
{
    text_printf(out,
                "/* The objects that every call needs. */\n"
                "static rnn_status %s_check_given(const void *p, const void *w, const void *c, const void *memory,\n"
                "    const char *memory_name, rnn_fault *fault)\n"
                "{\n"
                "    const char *missing = NULL;\n"
                "    if (p == NULL)\n        missing = \"params\";\n"
                "    else if (w == NULL)\n        missing = \"packed\";\n"
                "    else if (c == NULL)\n        missing = \"controls\";\n"
                "    else if (memory == NULL)\n        missing = memory_name;\n"
                "    return missing == NULL ? RNN_OK : %s_fail(fault, RNN_ARG, missing, -1, -1, -1);\n"
                "}\n\n",
                emit->m, emit->m);
}

static void check_rows(Emit *emit, Text *out)
{
    const ModelAxis *axis = &emit->program->model->axes.at[AXIS_BATCH];
    text_printf(out,
                "static rnn_status %s_check_rows(int32_t rows, rnn_fault *fault)\n"
                "{\n"
                "    if (rows < %s || rows > %s_AXIS_%s_MAX)\n"
                "        return %s_fail(fault, RNN_ARG, \"rows\", 0, -1, -1);\n"
                "    return RNN_OK;\n}\n\n",
                emit->m, axis_low(emit, axis), emit->M, axis->name, emit->m);
}

/* Steps of an axis and lengths of its rows. */
static void check_axis(Emit *emit, Text *out, int index)
{
    const ModelAxis *axis = &emit->program->model->axes.at[index];
    const char *m = emit->m, *a = axis->name, *low = axis_low(emit, axis);
    text_printf(out,
                "static rnn_status %s_check_axis_%s(const %s_batch *in, rnn_fault *fault)\n"
                "{\n"
                "    if (in->%s_steps < %s || in->%s_steps > %s_AXIS_%s_MAX)\n"
                "        return %s_fail(fault, RNN_ARG, \"%s_steps\", %d, -1, -1);\n"
                "    for (int32_t row = 0; in->%s_len != NULL && row < in->rows; row++)\n"
                "        if (in->%s_len[row] < %s || in->%s_len[row] > in->%s_steps)\n"
                "            return %s_fail(fault, RNN_LENGTH, \"%s\", %d, -1, row);\n"
                "    return RNN_OK;\n}\n\n",
                m, a, m, a, low, a, emit->M, a, m, a, index, a, a, low, a, a, m, a, index);
}

/* Nested loops over the steps of each axis and the rows of a token input; steps past a row's length are skipped. */
static void token_loops(Emit *emit, Text *out, const Var *var, const char *name)
{
    const Model *model = emit->program->model;
    Text index = text_new(emit->arena), active = text_new(emit->arena);
    int depth = 1;
    for (int i = 0; i < var->axis_order.n; i++, depth++) {
        const char *a = model->axes.at[var->axis_order.at[i]].name;
        text_printf(out, "%*sfor (int32_t %s_step = 0; %s_step < in->%s_steps; %s_step++)\n", 4 * depth, "", a, a, a,
                    a);
        const char *before = index.n == 0 ? NULL : arena_printf(emit->arena, "%s", text_z(&index));
        index = text_new(emit->arena);
        if (before == NULL)
            text_printf(&index, "(size_t)%s_step", a);
        else
            text_printf(&index, "(%s) * (size_t)in->%s_steps + (size_t)%s_step", before, a, a);
        text_printf(&active, "%s(in->%s_len == NULL || %s_step < in->%s_len[row])", i == 0 ? "" : " && ", a, a, a);
    }
    if (emit_varies(var, AXIS_BATCH)) {
        text_printf(out, "%*sfor (int32_t row = 0; row < in->rows; row++)", 4 * depth, "");
        const char *before = index.n == 0 ? NULL : arena_printf(emit->arena, "%s", text_z(&index));
        index = text_new(emit->arena);
        if (before == NULL)
            text_add(&index, "row");
        else
            text_printf(&index,
                        var->axis_order.n > 1 ? "(%s) * (size_t)in->rows + (size_t)row"
                                              : "%s * (size_t)in->rows + (size_t)row",
                        before);
        depth++;
    }
    const char *first =
        var->axis_order.n > 0 ? arena_printf(emit->arena, "%s_step", model->axes.at[var->axis_order.at[0]].name) : "-1";
    text_printf(out, "%s\n", depth > 1 ? " {" : "");
    text_printf(out, "%*sconst int32_t token = in->%s[%s];\n", 4 * depth, "", name, index.n > 0 ? text_z(&index) : "0");
    text_printf(out, "%*sif (%s%s(token < 0 || token >= %s))\n", 4 * depth, "", text_z(&active),
                active.n > 0 ? " && " : "", emit_dim(emit, var->type.vocab));
    text_printf(out, "%*sreturn %s_fail(fault, RNN_RANGE, \"%s\", %d, %s, %s);\n", 4 * depth + 4, "", emit->m,
                var->path, var->axis_order.n > 0 ? var->axis_order.at[0] : -1, first,
                emit_varies(var, AXIS_BATCH) ? "row" : "-1");
    if (depth > 1)
        text_printf(out, "%*s}\n", 4 * (depth - 1), "");
}

/* Whether an array may be empty, and its pointer NULL: an axis `0..T` with no step. */
static const char *not_empty(Emit *emit, const Var *var)
{
    const Model *model = emit->program->model;
    Text text = text_new(emit->arena);
    for (int i = 0; i < var->axis_order.n; i++)
        if (model->axes.at[var->axis_order.at[i]].low == 0)
            text_printf(&text, " && in->%s_steps > 0", model->axes.at[var->axis_order.at[i]].name);
    return text_z(&text);
}

static void check_field(Emit *emit, Text *out, const Var *var)
{
    const char *name = emit_c_name(emit, var->c_name);
    text_printf(out,
                "static rnn_status %s_check_in_%s(const %s_batch *in, rnn_fault *fault)\n"
                "{\n"
                "    if (in->%s == NULL%s)\n"
                "        return %s_fail(fault, RNN_ARG, \"%s\", -1, -1, -1);\n",
                emit->m, name, emit->m, name, not_empty(emit, var), emit->m, var->path);
    if (emit_is_token(var))
        token_loops(emit, out, var, name);
    text_add(out, "    return RNN_OK;\n}\n\n");
}

static void then(Emit *emit, Text *out, const char *check, const char *name)
{
    text_printf(out, "    if (status == RNN_OK)\n        status = %s_check_%s%s(in, fault);\n", emit->m, check, name);
}

static void check_batch(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    text_printf(out,
                "/* The window: rows, steps, lengths and inputs. */\n"
                "static rnn_status %s_check_batch(const %s_batch *in, rnn_fault *fault)\n"
                "{\n"
                "    rnn_status status;\n"
                "    if (in == NULL)\n"
                "        return %s_fail(fault, RNN_ARG, \"batch\", -1, -1, -1);\n"
                "    status = %s_check_rows(in->rows, fault);\n",
                emit->m, emit->m, emit->m, emit->m);
    for (int i = 1; i < model->axes.n; i++)
        then(emit, out, "axis_", model->axes.at[i].name);
    for (int i = 0; i < model->vars.n; i++)
        if (model->vars.at[i]->kind == VAR_INPUT)
            then(emit, out, "in_", emit_c_name(emit, model->vars.at[i]->c_name));
    text_add(out, "    return status;\n}\n\n");
}

static void check_targets(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    text_printf(out,
                "static rnn_status %s_check_targets(const %s_batch *in, rnn_fault *fault)\n"
                "{\n",
                emit->m, emit->m);
    bool first = true;
    for (int i = 0; i < model->vars.n; i++) {
        const char *name = emit_c_name(emit, model->vars.at[i]->c_name);
        if (model->vars.at[i]->kind != VAR_TARGET)
            continue;
        if (first)
            text_printf(out, "    rnn_status status = %s_check_in_%s(in, fault);\n", emit->m, name);
        else
            then(emit, out, "in_", name);
        first = false;
    }
    text_add(out, "    return status;\n}\n\n");
}

bool emit_checks_controls(const Emit *emit)
{
    const Model *model = emit->program->model;
    for (int i = 0; i < model->vars.n; i++)
        if (model->vars.at[i]->kind == VAR_CONTROL)
            return true;
    return false;
}

static void check_controls(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    const char *largest = emit->options->is_double ? "DBL_MAX" : "FLT_MAX";
    text_printf(out,
                "/* NaN fails both comparisons. */\n"
                "static rnn_status %s_check_controls(const %s_controls *c, rnn_fault *fault)\n{\n",
                emit->m, emit->m);
    for (int i = 0; i < model->vars.n; i++) {
        const Var *var = model->vars.at[i];
        if (var->kind != VAR_CONTROL)
            continue;
        const char *name = emit_c_name(emit, var->c_name);
        text_printf(out,
                    "    if (!(c->%s >= -%s && c->%s <= %s))\n"
                    "        return %s_fail(fault, RNN_NONFINITE, \"%s\", -1, -1, -1);\n",
                    name, largest, name, largest, emit->m, var->path);
    }
    text_add(out, "    return RNN_OK;\n}\n\n");
}

/* Tokens in the state index tables: a state of unknown origin must not read outside of them. */
bool emit_checks_state(const Emit *emit)
{
    const Program *program = emit->program;
    /* who reads it: windows of a stream, and steps */
    if (program->axis < 0 || (!program->model->axes.at[program->axis].carry && program->graph->entries.n == 0))
        return false;
    for (int i = 0; i < program->state.n; i++)
        if (program->state.at[i].token)
            return true;
    return false;
}

static void check_state(Emit *emit, Text *out)
{
    const Program *program = emit->program;
    const long long rows = emit_rows_max(emit);
    text_printf(out,
                "/* Tokens that rows on their way keep from step to step; s may be NULL. */\n"
                "static rnn_status %s_check_state(const %s_state *s, int32_t rows, rnn_fault *fault)\n"
                "{\n"
                "    for (int32_t row = 0; s != NULL && row < rows; row++) {\n"
                "        if (s->i[%lld + row] <= 0)\n"
                "            continue; /* starts afresh */\n",
                emit->m, emit->m, (long long)program->position_at);
    for (int i = 0; i < program->state.n; i++) {
        const StateSlot *slot = &program->state.at[i];
        if (!slot->token)
            continue;
        const char *path = slot->var->path != NULL ? slot->var->path : slot->var->name;
        text_printf(out,
                    "        for (int32_t back = 0; back < %d; back++) {\n"
                    "            const int32_t token = s->i[%lld + back * %lld + row];\n"
                    "            if (token < 0 || token >= %lld)\n"
                    "                return %s_fail(fault, RNN_RANGE, \"%s\", %d, -1 - back, row);\n"
                    "        }\n",
                    slot->back, (long long)slot->at, rows, (long long)slot->var->vocab, emit->m, path, program->axis);
    }
    text_add(out, "    }\n    return RNN_OK;\n}\n\n");
}

/* backward wants the window that forward saw: a sum over rows, steps and lengths is left on the tape. */
static void window_sum(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    text_printf(out,
                "/* Rows, steps and lengths of a window in one number (FNV-1a by 32-bit words). */\n"
                "static int32_t %s_check_window_sum(const %s_batch *in)\n"
                "{\n"
                "    uint32_t sum = (2166136261U ^ (uint32_t)in->rows) * 16777619U;\n",
                emit->m, emit->m);
    for (int i = 1; i < model->axes.n; i++) {
        const char *a = model->axes.at[i].name;
        text_printf(
            out,
            "    sum = (sum ^ (uint32_t)in->%s_steps) * 16777619U;\n"
            "    for (int32_t row = 0; row < in->rows; row++)\n"
            "        sum = (sum ^ (uint32_t)(in->%s_len == NULL ? in->%s_steps : in->%s_len[row])) * 16777619U;\n",
            a, a, a, a);
    }
    text_add(out, "    return (int32_t)(sum & 0x7fffffffU);\n}\n\n");
}

void emit_checks(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    text_add(out, "/* ---- Checks of arguments: everything is looked at before anything is written ---- */\n\n");
    check_given(emit, out);
    check_rows(emit, out);
    for (int i = 1; i < model->axes.n; i++)
        check_axis(emit, out, i);
    for (int i = 0; i < model->vars.n; i++)
        if (model->vars.at[i]->kind == VAR_INPUT || model->vars.at[i]->kind == VAR_TARGET)
            check_field(emit, out, model->vars.at[i]);
    check_batch(emit, out);
    if (emit_has_targets(emit))
        check_targets(emit, out);
    if (emit_checks_controls(emit))
        check_controls(emit, out);
    if (emit_checks_state(emit))
        check_state(emit, out);
    if (model->loss != NULL)
        window_sum(emit, out);
}

/* emit_steps.c: the public functions of step and generate entries. A generation is begun on a state and a work object;
 * its steps go on with both, which a mark at the end of M_work.i ties together. */
#include "emit/interface.h"

static void then(const Emit *emit, Text *out, const char *check)
{
    text_printf(out, "    if (status == RNN_OK)\n        status = %s_check_%s;\n", emit->m, check);
}

/* The mark of an entry: its place among the entries, from 1 (0 is the tape's). */
static uint32_t entry_mark(const Emit *emit, const GEntry *entry)
{
    return emit_mark(emit, 1 + (int)(entry - emit->program->graph->entries.at));
}

static void opening(Emit *emit, Text *out, const Point *point)
{
    emit_signature(emit, out, "", point, false);
    text_printf(out,
                "\n{\n"
                "    rnn_fault no_fault;\n"
                "    rnn_status status;\n"
                "    fault = fault == NULL ? &no_fault : fault;\n"
                "    status = %s_check_given(p, w, c, work, \"work\", fault);\n"
                "    if (status == RNN_OK && s == NULL)\n"
                "        status = %s_fail(fault, RNN_ARG, \"state\", -1, -1, -1);\n",
                emit->m, emit->m);
    if (emit_checks_controls(emit))
        then(emit, out, "controls(c, fault)");
}

static void overlaps(Emit *emit, Text *out, const Point *point)
{
    text_printf(out, "    if (status == RNN_OK)\n        status = %s_check_overlaps_%s", emit->m, point->name);
    emit_arguments(emit, out, point);
    text_add(out, ";\n");
}

static void call(Emit *emit, Text *out, const Point *point, const char *start)
{
    text_printf(out, "%s%s_do_%s", start, emit->m, point->name);
    emit_arguments(emit, out, point);
    text_add(out, ";\n");
}

static void begin(Emit *emit, Text *out, const Point *point)
{
    const char *m = emit->m;
    const long long mark = (long long)emit->program->sizes.work_ints;
    const VarList fixed = emit_entry_fixed(emit, point->entry);
    opening(emit, out, point);
    text_printf(out,
                "    if (status == RNN_OK && in == NULL)\n"
                "        status = %s_fail(fault, RNN_ARG, \"batch\", -1, -1, -1);\n",
                m);
    then(emit, out, "rows(in->rows, fault)");
    for (int i = 1; i < emit->program->model->axes.n; i++)
        if (i != point->entry->entry->axis)
            then(emit, out, arena_printf(emit->arena, "axis_%s(in, fault)", emit->program->model->axes.at[i].name));
    for (int i = 0; i < fixed.n; i++)
        then(emit, out, arena_printf(emit->arena, "in_%s(in, fault)", emit_c_name(emit, fixed.at[i]->c_name)));
    if (emit_checks_state(emit))
        then(emit, out, "state(s, in->rows, fault)");
    overlaps(emit, out, point);
    text_printf(out, "    if (status != RNN_OK)\n        return status;\n    work->i[%lld] = 0;\n", mark);
    call(emit, out, point, "    status = ");
    text_printf(out,
                "    if (status == RNN_OK) {\n"
                "        work->i[%lld] = %u; /* what the steps look for */\n"
                "        work->i[%lld] = in->rows;\n"
                "    }\n"
                "    return status;\n}\n\n",
                mark, entry_mark(emit, point->entry), mark + 1);
}

static void check_pointer(Emit *emit, Text *out, const char *name, const char *path)
{
    text_printf(out,
                "    if (status == RNN_OK && %s == NULL)\n"
                "        status = %s_fail(fault, RNN_ARG, \"%s\", -1, -1, -1);\n",
                name, emit->m, path);
}

static void check_step_tokens(Emit *emit, Text *out, const Var *var)
{
    text_printf(out,
                "    for (int32_t row = 0; status == RNN_OK && row < rows; row++)\n"
                "        if (%s_in[row] < 0 || %s_in[row] >= %s)\n"
                "            status = %s_fail(fault, RNN_RANGE, \"%s\", -1, -1, row);\n",
                var->c_name, var->c_name, emit_dim(emit, var->type.vocab), emit->m, var->path);
}

static void step(Emit *emit, Text *out, const Point *point)
{
    const VarList ins = emit_entry_ins(emit, point->entry), outs = emit_entry_outs(emit, point->entry);
    const bool generate = point->entry->entry->kind == ENTRY_GENERATE;
    const long long mark = (long long)emit->program->sizes.work_ints;
    opening(emit, out, point);
    then(emit, out, "rows(rows, fault)");
    for (int i = 0; i < ins.n; i++) {
        check_pointer(emit, out, arena_printf(emit->arena, "%s_in", ins.at[i]->c_name), ins.at[i]->path);
        if (emit_is_token(ins.at[i]))
            check_step_tokens(emit, out, ins.at[i]);
    }
    for (int i = 0; i < outs.n; i++)
        check_pointer(emit, out, arena_printf(emit->arena, "%s_out", outs.at[i]->c_name), outs.at[i]->path);
    if (generate && point->entry->stop != NULL)
        check_pointer(emit, out, "done", "done");
    if (emit_checks_state(emit))
        then(emit, out, "state(s, rows, fault)");
    overlaps(emit, out, point);
    if (generate)
        text_printf(
            out,
            "    if (status == RNN_OK && (work->i[%lld] != %u || work->i[%lld] != rows))\n"
            "        status = %s_fail(fault, RNN_ORDER, \"work\", -1, -1, -1); /* not begun, or with other rows */\n",
            mark, entry_mark(emit, point->entry), mark + 1, emit->m);
    text_add(out, "    if (status != RNN_OK)\n        return status;\n");
    if (!generate)
        text_printf(out, "    work->i[%lld] = 0; /* ends a generation that was begun on this memory */\n", mark);
    call(emit, out, point, "    return ");
    text_add(out, "}\n\n");
}

void emit_steps(Emit *emit, Text *out, const Point *point)
{
    if (point->kind == POINT_BEGIN)
        begin(emit, out, point);
    else
        step(emit, out, point);
}

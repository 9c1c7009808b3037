/* emit_spans.c: overlap of arguments. Each call lists the memory it may write, then what it reads, as spans; one static
 * function compares them. Arrays of the caller are as large as the window says. */
#include "emit/interface.h"

typedef struct SpanList {
    Emit *emit;
    Text written, read;
    int writes, reads;
} SpanList;

static void add_span(SpanList *list, bool written, const char *pointer, const char *bytes, const char *what)
{
    Text *to = written ? &list->written : &list->read;
    *(written ? &list->writes : &list->reads) += 1;
    text_printf(to, "        {%s, %s, \"%s\"},\n", pointer, bytes, what);
}

static void add_object(SpanList *list, bool written, const char *pointer, const char *what)
{
    add_span(list, written, pointer, arena_printf(list->emit->arena, "sizeof *%s", pointer), what);
}

/* An array that a struct of the caller points to. */
static void add_array(SpanList *list, bool written, const char *of, const Var *var, const char *prefix)
{
    Emit *emit = list->emit;
    const char *field = arena_printf(emit->arena, "%s->%s", of, emit_c_name(emit, var->c_name));
    add_span(list, written, field, emit_bytes(emit, var, "in->rows", "in", -1),
             arena_printf(emit->arena, "%s%s", prefix, var->path));
}

/* The window itself: targets only where they are looked at. */
static void add_batch(SpanList *list, bool targets)
{
    Emit *emit = list->emit;
    const Model *model = emit->program->model;
    add_object(list, false, "in", "batch");
    for (int i = 1; i < model->axes.n; i++)
        add_span(list, false, arena_printf(emit->arena, "in->%s_len", model->axes.at[i].name),
                 "sizeof(int32_t) * (size_t)in->rows", arena_printf(emit->arena, "%s_len", model->axes.at[i].name));
    for (int i = 0; i < model->vars.n; i++) {
        const Var *var = model->vars.at[i];
        if (var->kind == VAR_INPUT || (var->kind == VAR_TARGET && targets))
            add_array(list, false, "in", var, "");
    }
}

static void add_weights(SpanList *list)
{
    add_object(list, false, "p", "params");
    add_object(list, false, "w", "packed");
}

static void print_spans(SpanList *list, Text *out)
{
    const char *m = list->emit->m;
    text_printf(out, "    const %s_span span[] = {\n%s%s", m, text_z(&list->written), text_z(&list->read));
    text_printf(out, "    };\n    return %s_check_spans(span, %d, %d, fault);\n}\n\n", m, list->writes,
                list->writes + list->reads);
}

void emit_overlap_function(Emit *emit, Text *out)
{
    const char *m = emit->m;
    text_printf(out,
                "typedef struct %s_span {\n"
                "    const void *at; /* NULL: not given */\n"
                "    size_t bytes;\n"
                "    const char *what;\n"
                "} %s_span;\n\n",
                m, m);
    text_printf(
        out,
        "/* The first `written` spans are written: none may share a byte with any other. */\n"
        "static rnn_status %s_check_spans(const %s_span *span, int32_t written, int32_t count, rnn_fault *fault)\n"
        "{\n"
        "    for (int32_t a = 0; a < written; a++) {\n"
        "        for (int32_t b = a + 1; b < count; b++) {\n"
        "            const uintptr_t one = (uintptr_t)span[a].at, other = (uintptr_t)span[b].at;\n"
        "            const int apart = one < other ? other - one >= span[a].bytes : one - other >= span[b].bytes;\n"
        "            if (!apart && one != 0 && other != 0 && span[a].bytes > 0 && span[b].bytes > 0)\n"
        "                return %s_fail(fault, RNN_ARG, span[a].what, -1, -1, -1);\n"
        "        }\n"
        "    }\n"
        "    return RNN_OK;\n}\n\n",
        m, m, m);
}

/* eval and forward, or infer: outputs, state and memory against everything else. */
static void window_overlaps(Emit *emit, Text *out, bool targets)
{
    const Model *model = emit->program->model;
    SpanList list = {emit, text_new(emit->arena), text_new(emit->arena), 0, 0};
    text_printf(out,
                "static rnn_status %s_check_%s(const %s_params *p, const %s_packed *w, const %s_batch *in,\n"
                "    const %s_controls *c, const %s_state *s, const void *memory, size_t bytes, %s_result *r)\n"
                "{\n"
                "    rnn_fault *const fault = &r->fault;\n",
                emit->m, targets ? "overlaps" : "infer_overlaps", emit->m, emit->m, emit->m, emit->m, emit->m, emit->m);
    for (int i = 0; i < model->outputs.n; i++)
        if (targets || !model->outputs.at[i]->needs_target)
            add_array(&list, true, "r", model->outputs.at[i], "");
    add_object(&list, true, "r", "result");
    add_object(&list, true, "s", "state");
    add_span(&list, true, "memory", "bytes", "memory");
    add_weights(&list);
    add_object(&list, false, "c", "controls");
    add_batch(&list, targets);
    print_spans(&list, out);
}

static void backward_overlaps(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    SpanList list = {emit, text_new(emit->arena), text_new(emit->arena), 0, 0};
    text_printf(out,
                "/* up and down are never NULL here. */\n"
                "static rnn_status %s_check_back_overlaps(const %s_params *p, const %s_packed *w, const %s_batch *in,\n"
                "    const %s_tape *tape, const %s_work *work, const %s_adjoint_in *up, const %s_params *grad,\n"
                "    const %s_adjoint_out *down, rnn_fault *fault)\n"
                "{\n",
                emit->m, emit->m, emit->m, emit->m, emit->m, emit->m, emit->m, emit->m, emit->m);
    add_object(&list, true, "tape", "tape");
    add_object(&list, true, "work", "work");
    add_object(&list, true, "grad", "grad");
    for (int i = 0; i < model->vars.n; i++)
        if (emit_is_real_input(model->vars.at[i]))
            add_array(&list, true, "down", model->vars.at[i], "d_");
    add_span(&list, true, "down->state", arena_printf(emit->arena, "sizeof(%s) * %s_STATE_FLOATS", emit->real, emit->M),
             "d_state");
    add_object(&list, true, "fault", "fault");
    add_weights(&list);
    add_batch(&list, true);
    add_object(&list, false, "up", "up");
    add_object(&list, false, "down", "down");
    for (int i = 0; i < model->outputs.n; i++)
        if (!emit_is_token(model->outputs.at[i]))
            add_array(&list, false, "up", model->outputs.at[i], "d_");
    print_spans(&list, out);
}

static void gradient_overlaps(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    SpanList list = {emit, text_new(emit->arena), text_new(emit->arena), 0, 0};
    text_printf(
        out,
        "static rnn_status %s_check_gradient_overlaps(const %s_params *p, const %s_packed *w, const %s_batch *in,\n"
        "    const %s_controls *c, const %s_state *s, const %s_tape *tape, const %s_work *work,\n"
        "    const %s_params *grad, %s_result *r)\n"
        "{\n"
        "    rnn_fault *const fault = &r->fault;\n",
        emit->m, emit->m, emit->m, emit->m, emit->m, emit->m, emit->m, emit->m, emit->m, emit->m);
    for (int i = 0; i < model->outputs.n; i++)
        add_array(&list, true, "r", model->outputs.at[i], "");
    add_object(&list, true, "r", "result");
    add_object(&list, true, "s", "state");
    add_object(&list, true, "tape", "tape");
    add_object(&list, true, "work", "work");
    add_object(&list, true, "grad", "grad");
    add_weights(&list);
    add_object(&list, false, "c", "controls");
    add_batch(&list, true);
    print_spans(&list, out);
}

static void begin_overlaps(Emit *emit, Text *out, const Point *point)
{
    SpanList list = {emit, text_new(emit->arena), text_new(emit->arena), 0, 0};
    const VarList fixed = emit_entry_fixed(emit, point->entry);
    emit_signature(emit, out, "static ",
                   &(Point){POINT_BEGIN, point->entry, arena_printf(emit->arena, "check_overlaps_%s", point->name)},
                   false);
    text_add(out, "\n{\n");
    add_object(&list, true, "s", "state");
    add_object(&list, true, "work", "work");
    add_object(&list, true, "fault", "fault");
    add_weights(&list);
    add_object(&list, false, "c", "controls");
    add_object(&list, false, "in", "batch");
    for (int i = 0; i < fixed.n; i++)
        add_array(&list, false, "in", fixed.at[i], "");
    print_spans(&list, out);
}

static void step_overlaps(Emit *emit, Text *out, const Point *point)
{
    SpanList list = {emit, text_new(emit->arena), text_new(emit->arena), 0, 0};
    const VarList ins = emit_entry_ins(emit, point->entry), outs = emit_entry_outs(emit, point->entry);
    const int axis = point->entry->entry->axis;
    emit_signature(emit, out, "static ",
                   &(Point){POINT_STEP, point->entry, arena_printf(emit->arena, "check_overlaps_%s", point->name)},
                   false);
    text_add(out, "\n{\n");
    for (int i = 0; i < outs.n; i++)
        add_span(&list, true, arena_printf(emit->arena, "%s_out", outs.at[i]->c_name),
                 emit_bytes(emit, outs.at[i], "rows", "in", axis), outs.at[i]->path);
    if (point->entry->entry->kind == ENTRY_GENERATE)
        add_span(&list, true, "done", "(size_t)rows", "done");
    add_object(&list, true, "s", "state");
    add_object(&list, true, "work", "work");
    add_object(&list, true, "fault", "fault");
    add_weights(&list);
    add_object(&list, false, "c", "controls");
    for (int i = 0; i < ins.n; i++)
        add_span(&list, false, arena_printf(emit->arena, "%s_in", ins.at[i]->c_name),
                 emit_bytes(emit, ins.at[i], "rows", "in", axis), ins.at[i]->path);
    bool by_rows = point->entry->entry->kind == ENTRY_GENERATE;
    for (int i = 0; i < ins.n + outs.n; i++)
        by_rows = by_rows || emit_varies(i < ins.n ? ins.at[i] : outs.at[i - ins.n], AXIS_BATCH);
    if (!by_rows)
        text_add(out, "    (void)rows;\n");
    print_spans(&list, out);
}

void emit_window_overlaps(Emit *emit, Text *out)
{
    emit_overlap_function(emit, out);
    const PointList points = emit_points(emit);
    for (int i = 0; i < points.n; i++) {
        const Point *point = &points.at[i];
        if (point->kind == POINT_EVAL || point->kind == POINT_INFER)
            window_overlaps(emit, out, point->kind == POINT_EVAL);
        if (point->kind == POINT_BACKWARD)
            backward_overlaps(emit, out);
        if (point->kind == POINT_GRADIENT)
            gradient_overlaps(emit, out);
        if (point->kind == POINT_BEGIN)
            begin_overlaps(emit, out, point);
        if (point->kind == POINT_STEP)
            step_overlaps(emit, out, point);
    }
}

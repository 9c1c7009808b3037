/* emit_prototypes.c: the signatures of the entry points: one table of what each kind of entry point takes, printed as
 * prototypes with remarks, as definitions, and as the arguments of the call inside. */
#include <string.h>

#include "emit/interface.h"

typedef struct Parameter {
    const char *type, *name, *remark; /* type with its '*' and the prefix as %s */
} Parameter;

enum { PARAMETERS_MAX = 12 };
static const Parameter parameters[][PARAMETERS_MAX] = {
    [POINT_EVAL] = {{"const %s_params *", "p", ""},
                    {"const %s_packed *", "w", ""},
                    {"const %s_batch *", "in", ""},
                    {"const %s_controls *", "c", ""},
                    {"%s_state *", "s", " /* NULL: fresh */"},
                    {"%s_work *", "work", ""},
                    {"%s_result *", "r", ""},
                    {0}},
    [POINT_INFER] = {{"const %s_params *", "p", ""},
                     {"const %s_packed *", "w", ""},
                     {"const %s_batch *", "in", ""},
                     {"const %s_controls *", "c", ""},
                     {"%s_state *", "s", " /* NULL: fresh */"},
                     {"%s_work *", "work", ""},
                     {"%s_result *", "r", ""},
                     {0}},
    [POINT_FORWARD] = {{"const %s_params *", "p", ""},
                       {"const %s_packed *", "w", ""},
                       {"const %s_batch *", "in", ""},
                       {"const %s_controls *", "c", ""},
                       {"%s_state *", "s", " /* NULL: fresh */"},
                       {"%s_tape *", "tape", ""},
                       {"%s_result *", "r", ""},
                       {0}},
    [POINT_BACKWARD] = {{"const %s_params *", "p", ""},
                        {"const %s_packed *", "w", ""},
                        {"const %s_batch *", "in", " /* as given to forward */"},
                        {"%s_tape *", "tape", " /* consumed */"},
                        {"%s_work *", "work", ""},
                        {"double ", "dloss", ""},
                        {"const %s_adjoint_in *", "up", ""},
                        {"%s_params *", "grad", " /* += */"},
                        {"%s_adjoint_out *", "down", ""},
                        {"rnn_fault *", "fault", ""},
                        {0}},
    [POINT_GRADIENT] = {{"const %s_params *", "p", ""},
                        {"const %s_packed *", "w", ""},
                        {"const %s_batch *", "in", ""},
                        {"const %s_controls *", "c", ""},
                        {"%s_state *", "s", " /* NULL: fresh */"},
                        {"%s_tape *", "tape", ""},
                        {"%s_work *", "work", ""},
                        {"double ", "dloss", ""},
                        {"%s_params *", "grad", " /* += */"},
                        {"%s_result *", "r", ""},
                        {0}},
    [POINT_BEGIN] = {{"const %s_params *", "p", ""},
                     {"const %s_packed *", "w", ""},
                     {"const %s_batch *", "in", ""},
                     {"const %s_controls *", "c", ""},
                     {"%s_state *", "s", ""},
                     {"%s_work *", "work", ""},
                     {"rnn_fault *", "fault", ""},
                     {0}},
    [POINT_STEP] = {{"const %s_params *", "p", ""},
                    {"const %s_packed *", "w", ""},
                    {"const %s_controls *", "c", ""},
                    {"%s_state *", "s", ""},
                    {"%s_work *", "work", ""},
                    {"int32_t ", "rows", ""},
                    {0}},
};

static void add_point(Emit *emit, PointList *list, PointKind kind, const GEntry *entry, const char *name)
{
    vec_push(emit->arena, list, (Point){kind, entry, name});
}

PointList emit_points(Emit *emit)
{
    const Graph *graph = emit->program->graph;
    PointList list = {0};
    add_point(emit, &list, POINT_EVAL, NULL, "eval");
    if (emit_has_targets(emit))
        add_point(emit, &list, POINT_INFER, NULL, "infer");
    if (emit->program->model->loss != NULL) {
        add_point(emit, &list, POINT_FORWARD, NULL, "forward");
        add_point(emit, &list, POINT_BACKWARD, NULL, "backward");
        add_point(emit, &list, POINT_GRADIENT, NULL, "gradient");
    }
    for (int i = 0; i < graph->entries.n; i++) {
        const GEntry *entry = &graph->entries.at[i];
        const char *name = emit_entry_name(emit, entry->entry);
        if (entry->entry->kind == ENTRY_GENERATE) {
            add_point(emit, &list, POINT_BEGIN, entry, arena_printf(emit->arena, "%s_begin", name));
            add_point(emit, &list, POINT_STEP, entry, arena_printf(emit->arena, "%s_step", name));
        } else {
            add_point(emit, &list, POINT_STEP, entry, name);
        }
    }
    return list;
}

/* What a step takes and gives beside the fixed parameters. */
static void step_parameters(Emit *emit, Wrap *wrap, const GEntry *entry, bool typed)
{
    const VarList ins = emit_entry_ins(emit, entry), outs = emit_entry_outs(emit, entry);
    for (int i = 0; i < ins.n; i++)
        wrap_item(wrap, "%s%s%s%s_in", typed ? "const " : "", typed ? emit_element(emit, ins.at[i]) : "",
                  typed ? " *" : "", ins.at[i]->c_name);
    for (int i = 0; i < outs.n; i++)
        wrap_item(wrap, "%s%s%s_out", typed ? emit_element(emit, outs.at[i]) : "", typed ? " *" : "",
                  outs.at[i]->c_name);
    if (entry->entry->kind == ENTRY_GENERATE)
        wrap_item(wrap, "%s", typed ? "uint8_t *done" : "done");
    wrap_item(wrap, "%s", typed ? "rnn_fault *fault" : "fault");
}

void emit_signature(Emit *emit, Text *out, const char *head, const Point *point, bool remarks)
{
    text_printf(out, "%srnn_status %s_%s(", head, emit->m, point->name);
    Wrap wrap = {out, 4, 0};
    for (const Parameter *at = parameters[point->kind]; at->type != NULL; at++) {
        const char *star = strstr(at->type, "%s");
        const char *type =
            star == NULL ? at->type
                         : arena_printf(emit->arena, "%.*s%s%s", (int)(star - at->type), at->type, emit->m, star + 2);
        wrap_item(&wrap, "%s%s%s", type, at->name, remarks ? at->remark : "");
    }
    if (point->kind == POINT_STEP)
        step_parameters(emit, &wrap, point->entry, true);
    text_add(out, ")");
}

void emit_arguments(Emit *emit, Text *out, const Point *point)
{
    text_add(out, "(");
    Wrap wrap = {out, 8, 0};
    for (const Parameter *at = parameters[point->kind]; at->type != NULL; at++)
        wrap_item(&wrap, "%s", at->name);
    if (point->kind == POINT_STEP)
        step_parameters(emit, &wrap, point->entry, false);
    text_add(out, ")");
}

/* "x_in : [D], [rows][CHARLM_DIM_D]" for each array of a step. */
static void step_shapes(Emit *emit, Text *out, const GEntry *entry)
{
    const VarList ins = emit_entry_ins(emit, entry), outs = emit_entry_outs(emit, entry);
    for (int i = 0; i < ins.n + outs.n; i++) {
        const Var *var = i < ins.n ? ins.at[i] : outs.at[i - ins.n];
        text_printf(out, "%s   %s_%s : %s, %s", i == 0 ? "" : ";\n", var->c_name, i < ins.n ? "in" : "out",
                    emit_type(emit, var), emit_array(emit, var, entry->entry->axis));
    }
}

static void entry_comment(Emit *emit, Text *out, const GEntry *entry)
{
    const Entry *model_entry = entry->entry;
    const char *axis = emit->program->model->axes.at[model_entry->axis].name;
    if (model_entry->kind == ENTRY_GENERATE)
        text_printf(
            out,
            "/* generate %s over %s: begin computes what does not vary over %s (it reads rows and the fields "
            "without %s);\n   then one step a call%s.\n"
            "   To go on from something, eval it with the same state before begin: eval takes the work memory.\n",
            model_entry->name, axis, axis, axis,
            entry->stop != NULL ? "; done[b] becomes 1 when the stop condition holds"
                                : "; there is no stop condition: done may be NULL");
    else
        text_printf(out, "/* step %s over %s: one step of each row a call, continuing the state.\n", model_entry->name,
                    axis);
    step_shapes(emit, out, entry);
    text_add(out, " */\n");
}

void emit_prototypes(Emit *emit, Text *out)
{
    const char *m = emit->m;
    text_add(out,
             "/* Entry points. Reentrant: no writable globals, no allocation, no I/O, no locale, no errno; calls that\n"
             "   share only const objects may run at the same time. Every argument is checked (token ranges, lengths,\n"
             "   NULL, overlap of outputs) before anything is written. */\n");
    text_printf(out, "RNN_NODISCARD rnn_status %s_check(uint64_t layout_hash);      /* pass %s_LAYOUT_HASH once */\n",
                m, emit->M);
    text_printf(out,
                "/* init is evaluated when the row starts */\n"
                "RNN_NODISCARD rnn_status %s_state_reset(%s_state *s, int32_t row /* -1: all rows */);\n"
                "RNN_NODISCARD rnn_status %s_state_copy_row(%s_state *to, int32_t to_row, const %s_state *from,\n"
                "    int32_t from_row);\n\n",
                m, m, m, m, m);
    const PointList points = emit_points(emit);
    for (int i = 0; i < points.n; i++) {
        const Point *point = &points.at[i];
        if (point->kind == POINT_INFER)
            text_add(out,
                     "/* For outputs that reach no target: targets, loss, metrics and the other outputs are ignored"
                     " and may be NULL. */\n");
        if (point->kind == POINT_GRADIENT)
            text_add(out,
                     "/* forward and backward in one call, to the last bit, without adjoints from outside; it does not"
                     " compute twice\n   what they must. When the loss is no number, grad is no gradient. */\n");
        if (point->entry != NULL && (i == 0 || points.at[i - 1].entry != point->entry)) {
            text_add(out, "\n");
            entry_comment(emit, out, point->entry);
        }
        emit_signature(emit, out, "RNN_NODISCARD ", point, true);
        text_add(out, ";\n");
    }
}

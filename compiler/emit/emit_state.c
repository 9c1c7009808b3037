/* emit_state.c: rows of the state: starting one afresh, copying one (beam search, moving a stream to another batch). A
 * table of what the state holds keeps both functions short. */
#include "emit/interface.h"

static void slot_table(Emit *emit, Text *out)
{
    const Program *program = emit->program;
    const char *m = emit->m;
    text_printf(out,
                "/* Past values that a row keeps: [back][row][width] from `at` in .r, tokens in .i. */\n"
                "typedef struct %s_slot {\n    size_t at, back, width;\n    int32_t token;\n} %s_slot;\n"
                "static const %s_slot %s_slots[%d] = {\n",
                m, m, m, m, program->state.n);
    for (int i = 0; i < program->state.n; i++) {
        const StateSlot *slot = &program->state.at[i];
        text_printf(out, "    {%lldU, %dU, %lldU, %d}%s /* ", (long long)slot->at, slot->back, (long long)slot->width,
                    slot->token, i + 1 < program->state.n ? "," : "");
        lay_comment_text(out, slot->var->path != NULL ? slot->var->path : slot->var->name);
        text_add(out, " */\n");
    }
    text_add(out, "};\n\n");
}

/* Whether rows are counted: a model without a sequence axis keeps nothing. */
static bool has_position(const Emit *emit)
{
    const Program *program = emit->program;
    return program->axis >= 0 && program->sizes.state_ints >= program->position_at + emit_rows_max(emit);
}

static void reset(Emit *emit, Text *out)
{
    const char *m = emit->m, *M = emit->M, *rows = emit->program->model->axes.at[AXIS_BATCH].name;
    text_printf(out,
                "rnn_status %s_state_reset(%s_state *s, int32_t row)\n{\n"
                "    if (s == NULL || row < -1 || row >= %s_AXIS_%s_MAX)\n"
                "        return RNN_ARG;\n"
                "    if (row < 0) {\n"
                "        memset(s, 0, sizeof *s);\n"
                "        return RNN_OK;\n"
                "    }\n",
                m, m, M, rows);
    if (emit->program->state.n > 0)
        text_printf(out,
                    "    for (size_t i = 0; i < sizeof %s_slots / sizeof *%s_slots; i++) {\n"
                    "        const %s_slot *slot = &%s_slots[i];\n"
                    "        for (size_t back = 0; back < slot->back; back++) {\n"
                    "            const size_t at = slot->at + (back * %s_AXIS_%s_MAX + (size_t)row) * slot->width;\n"
                    "            if (slot->token)\n"
                    "                memset(s->i + at, 0, slot->width * sizeof *s->i);\n"
                    "            else\n"
                    "                memset(s->r + at, 0, slot->width * sizeof *s->r);\n"
                    "        }\n"
                    "    }\n",
                    m, m, m, m, M, rows);
    if (has_position(emit))
        text_printf(out, "    s->i[%lld + row] = 0; /* steps since the start */\n",
                    (long long)emit->program->position_at);
    text_add(out, "    return RNN_OK;\n}\n\n");
}

static void copy_row(Emit *emit, Text *out)
{
    const char *m = emit->m, *M = emit->M, *rows = emit->program->model->axes.at[AXIS_BATCH].name;
    text_printf(
        out,
        "rnn_status %s_state_copy_row(%s_state *to, int32_t to_row, const %s_state *from, int32_t from_row)\n{\n"
        "    if (to == NULL || from == NULL || to_row < 0 || to_row >= %s_AXIS_%s_MAX || from_row < 0 ||\n"
        "        from_row >= %s_AXIS_%s_MAX)\n"
        "        return RNN_ARG;\n",
        m, m, m, M, rows, M, rows);
    if (emit->program->state.n > 0)
        text_printf(out,
                    "    for (size_t i = 0; i < sizeof %s_slots / sizeof *%s_slots; i++) {\n"
                    "        const %s_slot *slot = &%s_slots[i];\n"
                    "        for (size_t back = 0; back < slot->back; back++) {\n"
                    "            const size_t start = slot->at + back * %s_AXIS_%s_MAX * slot->width;\n"
                    "            const size_t put = start + (size_t)to_row * slot->width;\n"
                    "            const size_t get = start + (size_t)from_row * slot->width;\n"
                    "            if (slot->token)\n"
                    "                memmove(to->i + put, from->i + get, slot->width * sizeof *to->i);\n"
                    "            else\n"
                    "                memmove(to->r + put, from->r + get, slot->width * sizeof *to->r);\n"
                    "        }\n"
                    "    }\n",
                    m, m, m, m, M, rows);
    if (has_position(emit))
        text_printf(out, "    to->i[%lld + to_row] = from->i[%lld + from_row];\n",
                    (long long)emit->program->position_at, (long long)emit->program->position_at);
    text_add(out, "    return RNN_OK;\n}\n\n");
}

void emit_state(Emit *emit, Text *out)
{
    if (emit->program->state.n > 0)
        slot_table(emit, out);
    reset(emit, out);
    copy_row(emit, out);
}

/* emit_frame.c: the struct of pointers that every block gets, and one function a place that fills it. The same blocks
 * run on M_tape (forward), M_work (eval, step, generate) or both (backward) because only these pointers differ. */
#include "emit/body.h"
#include "emit/interface.h"
#include "emit/run.h"

static const char *element(const Buffer *buffer)
{
    return buffer->token ? "int32_t *" : "rnn_real *";
}

/* "[steps + 1]" */
static const char *steps_of(const Emit *emit, const Buffer *buffer)
{
    const int ends = buffer->lead + buffer->trail;
    if (buffer->span != SPAN_SEQ)
        return "";
    if (buffer->chunk)
        return "[steps of a chunk]";
    return arena_printf(emit->arena, "[steps%s%s]", ends > 0 ? arena_printf(emit->arena, " + %d", ends) : "",
                        buffer->passes ? ", in eval of a chunk" : "");
}

static const char *shape_comment(const Emit *emit, const Buffer *buffer)
{
    const char *steps = steps_of(emit, buffer);
    const char *rows = buffer->span == SPAN_ONCE ? "" : "[rows]";
    const Strip *strip = buffer->strip;
    if (strip && strip->slots > 1) {
        const char *parts = "";
        for (int g = 0; g < strip->groups.n; g++)
            parts = arena_printf(emit->arena, "%s%s[%d panels][%d slot%s][16]", parts, g ? ", " : "",
                                 group_panels(strip->groups.at[g]) / strip->groups.at[g]->slots,
                                 strip->groups.at[g]->slots, strip->groups.at[g]->slots == 1 ? "" : "s");
        return arena_printf(emit->arena, strip->groups.n > 1 ? "%s%s: %s" : "%s%s%s", steps, rows, parts);
    }
    const char *width = buffer->width == 1 ? "" : arena_printf(emit->arena, "[%lld]", (long long)buffer->width);
    const char *all = arena_printf(emit->arena, "%s%s%s", steps, rows, width);
    return *all ? all : "one number";
}

void emit_frame(Emit *emit, CBlock *out)
{
    Text text = text_new(emit->arena);
    text_printf(
        &text,
        "/* What one call works on. Vectors are padded to a multiple of 16; a sequence that is read at other steps\n"
        "   has room for those before the first and after the last. Adjoints begin with d_. */\n"
        "typedef struct %s_frame {\n",
        emit->m);
    lay_field(&text, "const rnn_real *p", "parameters");
    lay_field(&text, "const rnn_real *w", "packed weights");
    lay_field(&text, arena_printf(emit->arena, "const %s_controls *c", emit->m), "not given to backward");
    if (emit->program->schedule->has_backward) {
        lay_field(&text, "rnn_real *wb", "packed weights that only backward uses");
        lay_field(&text, arena_printf(emit->arena, "const %s_adjoint_in *up", emit->m), "adjoints of outputs, or NULL");
        lay_field(&text, "rnn_real *grad", "gradients of the parameters");
        lay_field(&text, "double dloss", "the adjoint of the loss");
    }
    lay_field(&text, "ptrdiff_t rows, steps", "of this window");
    lay_field(&text, "ptrdiff_t from, to", "steps of the chunk at hand: from .. to - 1");
    if (emit_has_passing(emit->program))
        lay_field(&text, "ptrdiff_t held", "the first step that is held of what backward needs whole: 0, in eval from");
    lay_field(&text, "ptrdiff_t valid", "steps inside the rows' lengths, all rows together");
    lay_field(&text, "rnn_key key", "of all randomness");
    if (emit_has_dropout(emit))
        lay_field(&text, "int train", "dropout drops");
    for (int i = 0; i < emit->program->buffers.n; i++) {
        const Buffer *buffer = emit->program->buffers.at[i];
        const char *what = explain_buffer(emit, buffer);
        lay_field(&text, arena_printf(emit->arena, "%s%s", element(buffer), buffer->field), "%s%s%s",
                  shape_comment(emit, buffer), what ? "  " : "", what ? what : "");
    }
    text_printf(&text, "} %s_frame;", emit->m);
    c_line(out, "%s", text_z(&text));
    c_blank(out);
}

static void place(const Emit *emit, CBlock *body, const Buffer *buffer, const char *from, int64_t at)
{
    if (at >= 0)
        c_assign(
            body, c_name(emit->arena, "f->%s", buffer->field), "=",
            c_name(emit->arena, "%s",
                   lay_offset(emit->arena, arena_printf(emit->arena, "%s->%s", from, buffer->token ? "i" : "r"), at)));
}

static void place_function(Emit *emit, CBlock *out, const char *name, const char *from, int which)
{
    static const char *const what[] = {"What forward leaves on the tape for backward.", "Windows without a tape.",
                                       "What backward needs besides the tape.", "One step."};
    c_comment(out, "%s", what[which]);
    const char *params[] = {arena_printf(emit->arena, "%s_frame *f", emit->m),
                            arena_printf(emit->arena, "%s_%s *%s", emit->m, from, from)};
    CBlock *body =
        c_function(out, "static RNN_NOINLINE void", arena_printf(emit->arena, "%s_place_%s", emit->m, name), params, 2);
    for (int i = 0; i < emit->program->buffers.n; i++) {
        const Buffer *b = emit->program->buffers.at[i];
        place(emit, body, b, from,
              which == 0   ? b->tape_at
              : which == 1 ? b->work_at
              : which == 2 ? b->back_at
                           : b->step_at);
    }
    if (which == 2) {
        if (emit->program->back_packed > 0)
            c_assign(body, c_name(emit->arena, "f->wb"), "=",
                     c_name(emit->arena, "%s", lay_offset(emit->arena, "work->r", emit->program->region[2])));
        c_call(body, c_name(emit->arena, "(void)work"));
    }
    c_blank(out);
}

void emit_places(Emit *emit, CBlock *out)
{
    place_function(emit, out, "eval", "work", 1);
    if (emit->program->schedule->has_backward) {
        place_function(emit, out, "forward", "tape", 0);
        place_function(emit, out, "backward", "work", 2);
    }
    if (emit->program->graph->entries.n > 0)
        place_function(emit, out, "step", "work", 3);
}

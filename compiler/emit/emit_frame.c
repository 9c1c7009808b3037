/* emit_frame.c: the struct of pointers that every block gets, and one function a place that fills it. The same blocks
 * run on M_tape (forward), M_work (eval, step, generate) or both (backward) because only these pointers differ. */
#include "emit/body.h"

static const char *element(const Buffer *buffer)
{
    return buffer->token ? "int32_t *" : "rnn_real *";
}

static const char *shape_comment(const Emit *emit, const Buffer *buffer)
{
    const char *steps = buffer->span == SPAN_SEQ
                            ? arena_printf(emit->arena, buffer->lead + buffer->trail ? "[steps + %d]" : "[steps]",
                                           buffer->lead + buffer->trail)
                            : "";
    const char *rows = buffer->span == SPAN_ONCE ? "" : "[rows]";
    if (buffer->slots > 1)
        return arena_printf(emit->arena, "%s%s[%lld panels][%d slots][16]", steps, rows,
                            (long long)(buffer->width / buffer->slots / PANEL), buffer->slots);
    return arena_printf(emit->arena, "%s%s[%lld]", steps, rows, (long long)buffer->width);
}

void emit_frame(Emit *emit, CBlock *out)
{
    const char *m = emit->m;
    c_comment(out, "Where everything is in one call. Vectors are padded to 16; a sequence has room for the steps "
                   "before and after.");
    c_line(out, "typedef struct %s_frame {", m);
    c_line(out, "    const rnn_real *p;        /* parameters */");
    c_line(out, "    const rnn_real *w;        /* packed weights */");
    c_line(out, "    const %s_controls *c;", m);
    if (emit->program->schedule->has_backward) {
        c_line(out, "    rnn_real *wb;             /* packed weights that only backward uses */");
        c_line(out, "    const %s_adjoint_in *up;", m);
        c_line(out, "    rnn_real *grad;           /* gradients of the parameters */");
        c_line(out, "    double dloss;");
    }
    c_line(out, "    ptrdiff_t rows, steps, valid; /* valid: steps inside the rows' lengths, all rows together */");
    c_line(out, "    rnn_key key;");
    c_line(out, "    int train;                /* dropout drops */");
    for (int i = 0; i < emit->program->buffers.n; i++) {
        const Buffer *buffer = emit->program->buffers.at[i];
        c_line(out, "    %s%s; /* %s */", element(buffer), buffer->field, shape_comment(emit, buffer));
    }
    c_line(out, "} %s_frame;", m);
    c_blank(out);
}

static void place(const Emit *emit, CBlock *body, const Buffer *buffer, const char *from, int64_t at)
{
    if (at >= 0)
        c_assign(body, c_name(emit->arena, "f->%s", buffer->field), "=",
                 c_name(emit->arena, "%s->%s + %lld", from, buffer->token ? "i" : "r", (long long)at));
}

static void place_function(Emit *emit, CBlock *out, const char *name, const char *from, int which)
{
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
                     c_name(emit->arena, "work->r + %lld", (long long)emit->program->region[2]));
        CBlock *unused = body;
        c_call(unused, c_name(emit->arena, "(void)work"));
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

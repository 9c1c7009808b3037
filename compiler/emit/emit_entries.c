/* emit_entries.c: the public entry points over windows: check everything, then call the static function of the same
 * name with do_ (emit_body.c), which trusts its arguments. Marks on tape and work tell calls out of order. Steps and
 * generation: emit_steps.c; state: emit_state.c. */
#include "emit/interface.h"

static void then(const Emit *emit, Text *out, const char *check)
{
    text_printf(out, "    if (status == RNN_OK)\n        status = %s_check_%s;\n", emit->m, check);
}

static void call(Emit *emit, Text *out, const Point *point)
{
    text_printf(out, "%s_do_%s", emit->m, point->name);
    emit_arguments(emit, out, point);
    text_add(out, ";\n");
}

static void pack(Emit *emit, Text *out)
{
    const char *m = emit->m;
    text_printf(out,
                "rnn_status %s_pack(const %s_params *p, %s_packed *w)\n{\n"
                "    const uintptr_t from = (uintptr_t)p, to = (uintptr_t)w;\n"
                "    if (p == NULL || w == NULL || (from < to ? to - from < sizeof *p : from - to < sizeof *w))\n"
                "        return RNN_ARG;\n"
                "    %s_do_pack(p, w, 0, 1);\n"
                "    return RNN_OK;\n}\n\n",
                m, m, m, m);
}

/* What a window is made of, apart from memory. */
static void window_checks(Emit *emit, Text *out, bool targets)
{
    if (emit_checks_controls(emit))
        then(emit, out, "controls(c, &r->fault)");
    then(emit, out, "batch(in, &r->fault)");
    if (emit_has_targets(emit) && targets)
        then(emit, out, "targets(in, &r->fault)");
    if (emit_checks_state(emit) && emit->program->model->axes.at[emit->program->axis].carry)
        then(emit, out, "state(s, in->rows, &r->fault)");
}

/* eval, infer and forward */
static void window(Emit *emit, Text *out, const Point *point)
{
    const bool forward = point->kind == POINT_FORWARD, infer = point->kind == POINT_INFER;
    const char *memory = forward ? "tape" : "work", *m = emit->m;
    emit_signature(emit, out, "", point, false);
    text_printf(out,
                "\n{\n"
                "    rnn_status status;\n"
                "    if (r == NULL)\n        return RNN_ARG;\n"
                "    status = %s_check_given(p, w, c, %s, \"%s\", &r->fault);\n",
                m, memory, memory);
    window_checks(emit, out, !infer);
    then(emit, out,
         arena_printf(emit->arena, "%soverlaps(p, w, in, c, s, %s, sizeof *%s, r)", infer ? "infer_" : "", memory,
                      memory));
    text_add(out, "    if (status != RNN_OK)\n        return status;\n");
    text_printf(out, "    %s->i[%lld] = 0; /* %s */\n", memory,
                (long long)(forward ? emit->program->sizes.tape_ints : emit->program->sizes.work_ints),
                forward ? "no tape until it is complete" : "ends a generation that was begun on this memory");
    if (!forward) {
        text_add(out, "    return ");
        call(emit, out, point);
        text_add(out, "}\n\n");
        return;
    }
    text_add(out, "    status = ");
    call(emit, out, point);
    text_printf(out,
                "    if (status == RNN_OK) {\n"
                "        tape->i[%lld] = %u;\n"
                "        tape->i[%lld] = %s_check_window_sum(in);\n"
                "    }\n"
                "    return status;\n}\n\n",
                (long long)emit->program->sizes.tape_ints, emit_mark(emit, 0),
                (long long)emit->program->sizes.tape_ints + 1, m);
}

/* Adjoints that are all absent cost nothing. */
static void nothing_from_outside(Emit *emit, Text *out)
{
    const Model *model = emit->program->model;
    int n = 0;
    for (int i = 0; i < model->outputs.n; i++)
        if (!emit_is_token(model->outputs.at[i]))
            text_printf(out, "%sup->%s == NULL", n++ == 0 ? "    if (" : " && ",
                        emit_c_name(emit, model->outputs.at[i]->c_name));
    if (n > 0)
        text_add(out, ")\n        up = NULL;\n");
}

static void backward(Emit *emit, Text *out, const Point *point)
{
    const char *m = emit->m;
    const long long mark = (long long)emit->program->sizes.tape_ints;
    emit_signature(emit, out, "", point, false);
    text_printf(out,
                "\n{\n"
                "    const %s_adjoint_in no_up = {0};\n"
                "    %s_adjoint_out no_down = {0};\n"
                "    rnn_fault no_fault;\n"
                "    rnn_status status;\n"
                "    fault = fault == NULL ? &no_fault : fault;\n"
                "    up = up == NULL ? &no_up : up;\n"
                "    down = down == NULL ? &no_down : down;\n"
                "    status = %s_check_given(p, w, p, tape, \"tape\", fault);\n"
                "    if (status == RNN_OK && (work == NULL || grad == NULL))\n"
                "        status = %s_fail(fault, RNN_ARG, work == NULL ? \"work\" : \"grad\", -1, -1, -1);\n"
                "    if (status == RNN_OK && !(dloss >= -DBL_MAX && dloss <= DBL_MAX))\n"
                "        status = %s_fail(fault, RNN_NONFINITE, \"dloss\", -1, -1, -1);\n",
                m, m, m, m, m);
    then(emit, out, "batch(in, fault)");
    if (emit_has_targets(emit))
        then(emit, out, "targets(in, fault)");
    then(emit, out, "back_overlaps(p, w, in, tape, work, up, grad, down, fault)");
    text_printf(out,
                "    if (status == RNN_OK && (tape->i[%lld] != %u || tape->i[%lld] != %s_check_window_sum(in)))\n"
                "        status = %s_fail(fault, RNN_ORDER, \"tape\", -1, -1, -1);\n"
                "    if (status != RNN_OK)\n        return status;\n"
                "    tape->i[%lld] = 0; /* consumed */\n"
                "    work->i[%lld] = 0; /* ends a generation that was begun on this memory */\n",
                mark, emit_mark(emit, 0), mark + 1, m, m, mark, (long long)emit->program->sizes.work_ints);
    nothing_from_outside(emit, out);
    text_add(out, "    return ");
    call(emit, out, point);
    text_add(out, "}\n\n");
}

static void gradient(Emit *emit, Text *out, const Point *point)
{
    const char *m = emit->m;
    emit_signature(emit, out, "", point, false);
    text_printf(out,
                "\n{\n"
                "    rnn_status status;\n"
                "    if (r == NULL)\n        return RNN_ARG;\n"
                "    status = %s_check_given(p, w, c, tape, \"tape\", &r->fault);\n"
                "    if (status == RNN_OK && (work == NULL || grad == NULL))\n"
                "        status = %s_fail(&r->fault, RNN_ARG, work == NULL ? \"work\" : \"grad\", -1, -1, -1);\n"
                "    if (status == RNN_OK && !(dloss >= -DBL_MAX && dloss <= DBL_MAX))\n"
                "        status = %s_fail(&r->fault, RNN_NONFINITE, \"dloss\", -1, -1, -1);\n",
                m, m, m);
    window_checks(emit, out, true);
    then(emit, out, "gradient_overlaps(p, w, in, c, s, tape, work, grad, r)");
    text_printf(out,
                "    if (status != RNN_OK)\n        return status;\n"
                "    tape->i[%lld] = 0; /* nothing is left for backward */\n"
                "    work->i[%lld] = 0; /* ends a generation that was begun on this memory */\n"
                "    return ",
                (long long)emit->program->sizes.tape_ints, (long long)emit->program->sizes.work_ints);
    call(emit, out, point);
    text_add(out, "}\n\n");
}

void emit_entries(Emit *emit, Text *out)
{
    emit_checks(emit, out);
    emit_window_overlaps(emit, out);
    text_add(out, "/* ---- Entry points ---- */\n\n");
    emit_state(emit, out);
    pack(emit, out);
    const PointList points = emit_points(emit);
    for (int i = 0; i < points.n; i++) {
        const Point *point = &points.at[i];
        if (point->kind == POINT_EVAL || point->kind == POINT_INFER || point->kind == POINT_FORWARD)
            window(emit, out, point);
        else if (point->kind == POINT_BACKWARD)
            backward(emit, out, point);
        else if (point->kind == POINT_GRADIENT)
            gradient(emit, out, point);
        else
            emit_steps(emit, out, point);
    }
}

/* emit_gradient.c: gradient: forward and backward in one call. Nothing comes from outside, so what only serves adjoints of
 * outputs is not computed; and what backward would run again (loop/again.c) runs once, inside its chunks (loop/late.c):
 * the blocks of the forward pass that may be late, then backward, then the loss. The same calls as in emit_run.c and
 * emit_backward.c otherwise. */
#include "emit/body.h"
#include "emit/interface.h"
#include "emit/run.h"

static bool is_from_outside(const Run *back, const Node *node)
{
    return node->op == OP_WHEN_UP || (back->ctx.pass->needs[node->id] & NEEDS_UP) != 0;
}

/* What backward reads of the forward pass: values on the tape, sequences. */
static void need_tape(Run *forward, const Run *back)
{
    const Program *program = back->ctx.program;
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        if (!back->needed[i] || !pass_computes(program, back->ctx.pass, node) || is_from_outside(back, node))
            continue;
        for (int k = 0; k < node->n; k++) {
            Node *arg = node->arg[k];
            const bool sequence = arg->op == OP_READ && arg->var->kind != GVAR_ADJOINT;
            if (pass_loads(program, back->ctx.pass, arg) || sequence || arg->op == OP_INPUT)
                run_need(forward, arg);
        }
    }
}

static Run forward_run(Emit *emit, Stages *stages)
{
    Run run = run_new(emit, &emit->program->schedule->forward);
    run.stages = stages;
    run.input_text = input_of_window;
    run.state_text = is_carried(emit->program) ? "s" : "NULL";
    run.skip_late = emit->program->schedule->has_late;
    run_need_window(&run, false);
    return run;
}

static Run backward_run(Emit *emit, Stages *stages)
{
    Run run = run_new(emit, &emit->program->schedule->backward);
    run.stages = stages;
    run.state_text = "NULL";
    run.no_up = true;
    need_gradients(&run);
    return run;
}

static void run_backward(Run *back, Run *forward, CBlock *out)
{
    Emit *emit = back->ctx.emit;
    Arena *arena = emit->arena;
    const Graph *graph = emit->program->graph;
    back->forward = emit->program->schedule->has_late ? forward : NULL;
    for (int i = 0; i < graph->nodes.n; i++) /* numbers that both declare */
        if (node_is_total(graph->nodes.at[i]))
            back->ctx.local[i] = forward->ctx.local[i];
    c_assign(out, c_name(arena, "f->grad"), "=", c_name(arena, "grad->v"));
    c_assign(out, c_name(arena, "f->dloss"), "=", c_name(arena, "dloss"));
    c_call(out, c_name(arena, "%s_place_backward(f, work)", emit->m));
    if (packs_at_start(emit->program))
        c_call(out, c_name(arena, "%s_pack_backward(f->p, f->wb, 0, 1)", emit->m));
    for (int i = 0; i < back->ctx.pass->blocks.n; i++)
        run_when_needed(back, out, back->ctx.pass->blocks.at[i]);
    emit_gradients(emit, out);
}

static void run_late_totals(Run *forward, CBlock *out)
{
    forward->skip_late = false;
    for (int i = 0; i < forward->ctx.pass->blocks.n; i++)
        if (forward->ctx.pass->blocks.at[i]->late)
            run_when_needed(forward, out, forward->ctx.pass->blocks.at[i]);
}

void emit_gradient_run(Emit *emit, Stages *stages, CBlock *out)
{
    Run forward = forward_run(emit, stages), back = backward_run(emit, stages);
    const WantedList wanted = wanted_outputs(&forward, false);
    forward.wanted = &wanted;
    need_tape(&forward, &back);
    run_open_window(&forward, out, true, "tape");
    for (int i = 0; i < forward.ctx.pass->blocks.n; i++)
        run_when_needed(&forward, out, forward.ctx.pass->blocks.at[i]);
    give_window(&forward, out, true, false); /* adjoints may take their places */
    run_backward(&back, &forward, out);
    if (emit->program->schedule->has_late)
        run_late_totals(&forward, out);
    run_give_results(&forward, out);
    give_window(&forward, out, false, true);
    run_save_state(&forward, c_if(out, c_name(emit->arena, "s != NULL")), false);
    c_return(out, c_name(emit->arena, "RNN_OK"));
}

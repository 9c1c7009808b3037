/* emit_backward.c: backward: the blocks of the gradient on the tape that forward left, the gradients of the parameters,
 * and the adjoints of inputs and state for a caller who wants them. */
#include "emit/body.h"
#include "emit/interface.h"
#include "emit/run.h"

static const char *input_of_backward(const Run *run, const GVar *var)
{
    return arena_printf(run->ctx.arena, "up->%s", emit_c_name(run->ctx.emit, var->name));
}

static void zero_adjoint(const Run *run, CBlock *out, const GVar *input, const char *field)
{
    bool sequence = input->axes & ~AXIS_BIT(AXIS_BATCH);
    c_call(out, c_name(run->ctx.arena, "memset(down->%s, 0, (size_t)(%sf->rows * %lld) * sizeof(rnn_real))", field,
                       sequence ? "f->steps * " : "", (long long)(input->dim[0] * input->dim[1])));
}

static WantedList wanted_adjoints(const Run *run)
{
    Emit *emit = run->ctx.emit;
    const Graph *graph = emit->program->graph;
    WantedList list = {0};
    for (int i = 0; i < graph->input_grads.n; i++) {
        const InputGrad *grad = &graph->input_grads.at[i];
        if (grad->grad)
            add_wanted(
                run, &list,
                arena_printf(emit->arena, "down != NULL && down->%s != NULL", emit_c_name(emit, grad->input->name)),
                grad->grad);
    }
    for (int i = 0; i < graph->state_grads.n; i++)
        add_wanted(run, &list, "down != NULL && down->state != NULL", graph->state_grads.at[i].grad);
    return list;
}

static void give_adjoints(Run *run, CBlock *out)
{
    const Graph *graph = run->ctx.program->graph;
    Arena *arena = run->ctx.arena;
    CBlock *down = c_if(out, c_name(arena, "down != NULL"));
    for (int i = 0; i < graph->input_grads.n; i++) {
        const char *name = graph->input_grads.at[i].input->name, *field = emit_c_name(run->ctx.emit, name);
        CBlock *wanted = c_if(down, c_name(arena, "down->%s != NULL", field));
        const Node *grad = graph->input_grads.at[i].grad;
        if (grad && (run->ctx.pass->needs[grad->id] & NEEDS_UP)) { /* made of adjoints from outside alone */
            zero_adjoint(run, wanted, graph->input_grads.at[i].input, field);
            wanted = c_if(wanted, c_name(arena, "up != NULL"));
        }
        if (grad)
            c_call(wanted, c_name(arena, "%s_down_%s(f, down->%s, 0, 1)", run->ctx.emit->m, name, field));
        else
            zero_adjoint(run, wanted, graph->input_grads.at[i].input, field);
    }
    CBlock *state = c_if(down, c_name(arena, "down->state != NULL"));
    c_call(state, c_name(arena, "memset(down->state, 0, %lld * sizeof(rnn_real))",
                         (long long)run->ctx.program->sizes.state_reals));
    if (emit_has_down_state(run->ctx.program))
        c_call(state, c_name(arena, "%s_down_state(f, down->state, 0, 1)", run->ctx.emit->m));
}

void need_gradients(Run *run)
{
    const Graph *graph = run->ctx.program->graph;
    for (int i = 0; i < graph->param_grads.n; i++) {
        NodeList terms = gradient_terms(run->ctx.arena, graph->param_grads.at[i].grad);
        for (int k = 0; k < terms.n; k++)
            run_need(run, terms.at[k]);
    }
}

void emit_backward_run(Emit *emit, Stages *stages, CBlock *out)
{
    Arena *arena = emit->arena;
    const Program *program = emit->program;
    Run run = run_new(emit, &program->schedule->backward);
    const WantedList wanted = wanted_adjoints(&run);
    run.wanted = &wanted;
    run.stages = stages;
    run.input_text = input_of_backward;
    run.state_text = "NULL";
    need_gradients(&run);
    c_call(out, c_name(arena, "(void)fault"));
    run_open_frame(&run, out, "in->rows", steps_text(&run), false);
    c_assign(out, c_name(arena, "f->grad"), "=", c_name(arena, "grad->v"));
    c_assign(out, c_name(arena, "f->dloss"), "=", c_name(arena, "dloss"));
    c_assign(out, c_name(arena, "f->up"), "=", c_name(arena, "up"));
    c_call(out, c_name(arena, "%s_place_forward(f, tape)", emit->m));
    c_call(out, c_name(arena, "%s_place_backward(f, work)", emit->m));
    c_call(out, c_name(arena, "%s_count_valid(f)", emit->m));
    if (packs_at_start(program))
        c_call(out, c_name(arena, "%s_pack_backward(f->p, f->wb, 0, 1)", emit->m));
    for (int i = 0; i < run.ctx.pass->blocks.n; i++)
        run_when_needed(&run, out, run.ctx.pass->blocks.at[i]);
    emit_gradients(emit, out);
    give_adjoints(&run, out);
    c_return(out, c_name(arena, "RNN_OK"));
}

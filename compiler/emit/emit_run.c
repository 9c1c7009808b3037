/* emit_run.c: eval, infer and forward: a window of data through the blocks of the forward pass, in the order of the
 * schedule. A block runs in an entry when one of its values leads to what the entry gives or to the state it keeps.
 * The same blocks step by step: emit_stream.c; backward: emit_backward.c. */
#include "emit/body.h"
#include "emit/interface.h"
#include "emit/run.h"

const char *input_of_window(const Run *run, const GVar *var)
{
    return arena_printf(run->ctx.arena, "in->%s", emit_c_name(run->ctx.emit, var->name));
}

const char *steps_text(const Run *run)
{
    const Program *program = run->ctx.program;
    return program->axis < 0
               ? "1"
               : arena_printf(run->ctx.arena, "in->%s_steps", program->model->axes.at[program->axis].name);
}

void run_open_frame(const Run *run, CBlock *out, const char *rows, const char *steps, bool has_controls)
{
    Arena *arena = run->ctx.arena;
    c_decl(out, arena_printf(arena, "%s_frame", run->ctx.emit->m), "frame", NULL);
    c_decl(out, arena_printf(arena, "%s_frame *const", run->ctx.emit->m), "f", c_name(arena, "&frame"));
    c_call(out, c_name(arena, "memset(f, 0, sizeof *f)"));
    c_assign(out, c_name(arena, "f->p"), "=", c_name(arena, "p->v"));
    c_assign(out, c_name(arena, "f->w"), "=", c_name(arena, "w->w"));
    if (has_controls) {
        c_assign(out, c_name(arena, "f->c"), "=", c_name(arena, "c"));
        c_assign(out, c_name(arena, "f->key"), "=", c_name(arena, "c->key"));
    }
    c_assign(out, c_name(arena, "f->rows"), "=", c_name(arena, "%s", rows));
    c_assign(out, c_name(arena, "f->steps"), "=", c_name(arena, "%s", steps));
    c_assign(out, c_name(arena, "f->to"), "=", c_name(arena, "f->steps"));
}

static bool state_is_kept(const Run *run, const StateSlot *slot, bool infer)
{
    bool target =
        slot->var->kind == GVAR_TARGET || (slot->var->def && (run->ctx.pass->needs[slot->var->def->id] & NEEDS_TARGET));
    return !(infer && target);
}

void run_need_window(Run *run, bool infer)
{
    const Program *program = run->ctx.program;
    const Graph *graph = program->graph;
    for (int i = 0; i < program->state.n; i++) {
        const StateSlot *slot = &program->state.at[i];
        if (!state_is_kept(run, slot, infer))
            continue;
        run_need(run, slot->var->def);
        run_need(run, slot->var->init);
        for (int k = 0; k < graph->nodes.n; k++)
            if (graph->nodes.at[k]->op == OP_READ && graph->nodes.at[k]->var == slot->var && run->ctx.pass->in[k])
                run_need(run, graph->nodes.at[k]);
    }
    if (infer)
        return;
    run_need(run, graph->loss);
    run_need(run, graph->loss_weight);
    for (int i = 0; i < graph->metrics.n; i++)
        for (int k = 0; k < graph->metrics.at[i].means.n; k++) {
            run_need(run, graph->metrics.at[i].means.at[k].sum);
            run_need(run, graph->metrics.at[i].means.at[k].weight);
        }
}

WantedList wanted_outputs(const Run *run, bool infer)
{
    const Graph *graph = run->ctx.program->graph;
    WantedList list = {0};
    for (int i = 0; i < graph->outputs.n; i++)
        if (!infer || !graph->outputs.at[i].needs_target)
            add_wanted(run, &list,
                       arena_printf(run->ctx.arena, "r->%s != NULL",
                                    emit_c_name(run->ctx.emit, graph->outputs.at[i].var->name)),
                       graph->outputs.at[i].value);
    return list;
}

static void run_window_blocks(Run *run, CBlock *out, bool infer)
{
    const WantedList list = wanted_outputs(run, infer);
    run->wanted = &list;
    for (int i = 0; i < run->ctx.pass->blocks.n; i++)
        run_when_needed(run, out, run->ctx.pass->blocks.at[i]);
    run->wanted = NULL;
}

void give_output(const Run *run, CBlock *out, const GOutput *output)
{
    const char *name = emit_c_name(run->ctx.emit, output->var->name);
    CBlock *wanted = c_if(out, c_name(run->ctx.arena, "r->%s != NULL", name));
    if (node_is_total(output->value))
        c_assign(wanted, c_name(run->ctx.arena, "*r->%s", name), "=",
                 c_expr(run->ctx.arena, PREC_UNARY, "(rnn_real)$a", total_value(&run->ctx, output->value)));
    else
        c_call(wanted, c_name(run->ctx.arena, "%s_give_%s(f, r->%s, 0, 1)", run->ctx.emit->m, output->var->name, name));
}

/* What is held for one chunk only has been given with it. */
void give_window(Run *run, CBlock *out, bool early, bool late)
{
    const Graph *graph = run->ctx.program->graph;
    for (int i = 0; i < graph->outputs.n; i++) {
        const GOutput *output = &graph->outputs.at[i];
        if (run->infer && output->needs_target)
            continue;
        if (!output_is_of_chunk(run, output, NULL) && (output_is_late(run, output) ? late : early))
            give_output(run, out, output);
    }
}

static void give_loss(Run *run, CBlock *out)
{
    Arena *arena = run->ctx.arena;
    const Graph *graph = run->ctx.program->graph;
    if (graph->loss) {
        c_assign(out, c_name(arena, "r->loss"), "=", total_value(&run->ctx, graph->loss));
        c_assign(out, c_name(arena, "r->loss_weight"), "=",
                 graph->loss_weight ? total_value(&run->ctx, graph->loss_weight) : c_name(arena, "0.0"));
    }
    for (int i = 0; i < graph->metrics.n; i++) {
        const GMetric *metric = &graph->metrics.at[i];
        const char *name = emit_c_name(run->ctx.emit, metric->var->name);
        for (int k = 0; k < metric->means.n; k++) {
            const char *to =
                metric->means.n == 1 ? arena_printf(arena, "r->%s", name) : arena_printf(arena, "r->%s[%d]", name, k);
            c_assign(out, c_name(arena, "%s.sum", to), "+=", total_value(&run->ctx, metric->means.at[k].sum));
            c_assign(out, c_name(arena, "%s.weight", to), "+=", total_value(&run->ctx, metric->means.at[k].weight));
        }
    }
}

/* A loss that is no number must not be taken for one: the state stays as it was. */
static void refuse_nonfinite(const Run *run, CBlock *out)
{
    const Graph *graph = run->ctx.program->graph;
    if (!graph->loss)
        return;
    CBlock *bad = c_if(out, c_name(run->ctx.arena, "!(r->loss - r->loss == 0.0)"));
    c_return(bad,
             c_name(run->ctx.arena, "%s_fail(&r->fault, RNN_NONFINITE, \"the loss\", -1, -1, -1)", run->ctx.emit->m));
}

void run_give_results(Run *run, CBlock *out)
{
    give_loss(run, out);
    refuse_nonfinite(run, out);
}

void run_save_state(const Run *run, CBlock *out, bool infer)
{
    const Program *program = run->ctx.program;
    for (int i = 0; i < program->state.n; i++)
        if (state_is_kept(run, &program->state.at[i], infer) && run_needs_var(run, program->state.at[i].var, true))
            c_call(out,
                   c_name(run->ctx.arena, "%s_save_%s(f, s, 0, 1)", run->ctx.emit->m, program->state.at[i].var->name));
    c_call(out, c_name(run->ctx.arena, "%s_advance(f, s, 0, 1)", run->ctx.emit->m));
}

bool is_carried(const Program *program)
{
    return program->axis >= 0 && program->model->axes.at[program->axis].carry;
}

void run_open_window(Run *run, CBlock *out, bool forward, const char *memory)
{
    Emit *emit = run->ctx.emit;
    Arena *arena = emit->arena;
    const Program *program = emit->program;
    run_open_frame(run, out, "in->rows", steps_text(run), true);
    if (forward && emit_has_dropout(emit))
        c_assign(out, c_name(arena, "f->train"), "=", c_name(arena, "c->train"));
    c_call(out, c_name(arena, forward ? "%s_place_forward(f, %s)" : "%s_place_eval(f, %s)", emit->m, memory));
    for (int i = 0; forward && i < program->graph->vars.n; i++)
        if (program->schedule->control[i])
            c_assign(out, c_name(arena, "*f->%s", program->schedule->control[i]->field), "=",
                     c_name(arena, "c->%s", emit_c_name(emit, program->graph->vars.at[i]->name)));
    const char *lengths =
        program->axis < 0 ? "NULL" : arena_printf(arena, "in->%s_len", program->model->axes.at[program->axis].name);
    c_call(out, c_name(arena, "%s_start(f, %s, %s)", emit->m, lengths, run->state_text));
}

bool emit_has_passing(const Program *program)
{
    for (int i = 0; i < program->buffers.n; i++)
        if (program->buffers.at[i]->passes)
            return true;
    return false;
}

static bool is_left_on_tape(const Program *program, int node)
{
    const Buffer *buffer = program->schedule->forward.loc[node].buffer;
    return program->schedule->on_tape[node] && !(buffer && buffer->chunk);
}

static void emit_window_run(Emit *emit, Stages *stages, CBlock *out, PointKind kind)
{
    Arena *arena = emit->arena;
    const Program *program = emit->program;
    Run run = run_new(emit, &program->schedule->forward);
    bool infer = kind == POINT_INFER, forward = kind == POINT_FORWARD;
    run.stages = stages;
    run.input_text = input_of_window;
    run.state_text = is_carried(program) ? "s" : "NULL";
    run_need_window(&run, infer);
    run.infer = infer;
    run.passes = !forward && emit_has_passing(program);
    for (int i = 0; forward && i < program->graph->nodes.n; i++) /* whatever backward reads, asked for or not */
        if (is_left_on_tape(program, i))
            run_need(&run, program->graph->nodes.at[i]);
    run_open_window(&run, out, forward, forward ? "tape" : "work");
    if (infer)
        c_call(out, c_name(arena, "(void)r"));
    run_window_blocks(&run, out, infer);
    if (!infer)
        run_give_results(&run, out);
    give_window(&run, out, true, true);
    CBlock *kept = c_if(out, c_name(arena, "s != NULL"));
    run_save_state(&run, kept, infer);
    c_return(out, c_name(arena, "RNN_OK"));
}

void emit_point(Emit *emit, Stages *stages, CBlock *body, const Point *point)
{
    if (point->kind == POINT_BACKWARD)
        emit_backward_run(emit, stages, body);
    else if (point->kind == POINT_GRADIENT)
        emit_gradient_run(emit, stages, body);
    else if (point->kind == POINT_BEGIN)
        emit_begin_run(emit, stages, body, point->entry);
    else if (point->kind == POINT_STEP)
        emit_step_run(emit, stages, body, point->entry);
    else
        emit_window_run(emit, stages, body, point->kind);
}

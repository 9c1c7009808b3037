/* emit_run.c: the entry points: which blocks run, in which order, on which memory. A block runs in an entry when one
 * of its values leads to what the entry gives or to the state it keeps. eval and forward run the blocks in the order of
 * the schedule; step and generate run those of one step as soon as what they read is there. */
#include "emit/body.h"
#include "emit/interface.h"
#include "emit/run.h"

/* ---- needed nodes ---- */

static void need(Run *run, Node *node)
{
    if (!node || run->needed[node->id])
        return;
    run->needed[node->id] = true;
    vec_push(run->ctx.arena, &run->work, node);
}

/* Follows arguments, variables that are read, and, in an entry that generates, the values of generated variables. */
static void need_all(Run *run)
{
    while (run->work.n) {
        Node *node = run->work.at[--run->work.n];
        for (int i = 0; i < node->n; i++)
            need(run, node->arg[i]);
        if (node->op == OP_READ) {
            need(run, node->var->def);
            need(run, node->var->init);
        }
    }
}

Run run_new(Emit *emit, const Pass *pass)
{
    Run run = {.ctx = ctx_new(emit, pass, NULL)};
    const Graph *graph = emit->program->graph;
    run.needed = arena_alloc(emit->arena, sizeof *run.needed * (size_t)(graph->nodes.n + 1));
    run.done = arena_alloc(emit->arena, sizeof *run.done * (size_t)(emit->program->schedule->block_count + 1));
    return run;
}

void run_need(Run *run, Node *node)
{
    need(run, node);
    need_all(run);
}

bool run_needs_var(const Run *run, const GVar *var, bool only_read)
{
    const Graph *graph = run->ctx.program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        bool looks = node->op == OP_READ || (node->op == OP_INPUT && !only_read);
        if (run->needed[i] && node->var == var && looks)
            return true;
    }
    return false;
}

static bool run_needs_up(const Run *run, const GVar *var)
{
    const Graph *graph = run->ctx.program->graph;
    for (int i = 0; i < graph->nodes.n; i++)
        if (run->needed[i] && graph->nodes.at[i]->op == OP_UP && graph->nodes.at[i]->var == var)
            return true;
    return false;
}

bool run_needs_block(const Run *run, const Block *block)
{
    if (block->kind == BLOCK_INPUT && !block->backward)
        return run_needs_var(run, block->var, false);
    if (block->kind == BLOCK_INPUT)
        return run_needs_up(run, block->var);
    if (block->kind == BLOCK_LEAD)
        return run_needs_var(run, block->var, true);
    for (int i = 0; i < block->nodes.n; i++)
        if (run->needed[block->nodes.at[i]->id])
            return true;
    for (int i = 0; i < block->body.n; i++)
        if (run_needs_block(run, block->body.at[i]))
            return true;
    for (int i = 0; i < block->copies.n; i++) /* starts of a group that is needed */
        for (int g = 0; g < run->ctx.pass->groups.n; g++) {
            const Group *group = run->ctx.pass->groups.at[g];
            if (group->prefill_block == block)
                return run->needed[group->result[0]->id];
        }
    return false;
}

/* ---- calls ---- */

static const char *call_text(const Run *run, const Block *block)
{
    return block_function(&run->ctx, block, "");
}

/* One block at step `t`, all rows. */
static void call_at_step(const Run *run, CBlock *out, const Block *block, const char *t)
{
    Arena *arena = run->ctx.arena;
    if (block->kind == BLOCK_UNITS && block->group && block->component >= 0) {
        c_call(out, c_name(arena, "%s(f, %s)", call_text(run, block), t));
        return;
    }
    CBlock *rows = c_for(out, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
    c_call(rows, c_name(arena, "%s(f, %s, row)", call_text(run, block), t));
}

static void call_steps(const Run *run, CBlock *out, const Block *loop, int steps)
{
    for (int s = 0; s < steps; s++)
        for (int i = 0; i < loop->body.n; i++)
            call_at_step(run, out, loop->body.at[i],
                         s == 0 ? "t" : arena_printf(run->ctx.arena, loop->direction > 0 ? "t + %d" : "t - %d", s));
}

/* The loop over steps, written `unroll_steps` at a time with what is left over after it. */
void emit_loop(const Run *run, CBlock *out, const Block *loop)
{
    Arena *arena = run->ctx.arena;
    const char *params[] = {arena_printf(arena, "const %s_frame *f", run->ctx.emit->m)};
    CBlock *body = c_function(out, "static RNN_NOINLINE void", call_text(run, loop), params, 1);
    int steps = loop->unroll_steps;
    bool up = loop->direction > 0;
    if (steps == 1) {
        CBlock *each = up ? c_for(body, "t", c_int(arena, 0), c_name(arena, "f->steps"), c_int(arena, 1))
                          : c_for_down(body, "t", c_name(arena, "f->steps - 1"), c_int(arena, 0), c_int(arena, 1));
        call_steps(run, each, loop, 1);
    } else {
        c_decl(body, "ptrdiff_t", "t", c_name(arena, up ? "0" : "f->steps - 1"));
        CBlock *many = c_for_on(body, up ? "t" : "t", c_name(arena, up ? "t + %d <= f->steps" : "t - %d >= 0",
                                                             up ? steps : steps - 1),
                                up ? c_int(arena, steps) : c_name(arena, "-%d", steps));
        call_steps(run, many, loop, steps);
        CBlock *rest = c_for_on(body, "t", c_name(arena, up ? "t < f->steps" : "t >= 0"),
                                up ? c_int(arena, 1) : c_name(arena, "-1"));
        call_steps(run, rest, loop, 1);
    }
    c_blank(out);
}

static void call_everywhere(const Run *run, CBlock *out, const Block *block)
{
    Arena *arena = run->ctx.arena;
    if (block->domain == DOMAIN_ONCE) {
        c_call(out, c_name(arena, "%s(f)", call_text(run, block)));
        return;
    }
    bool sequence = block->domain == DOMAIN_SEQ;
    if (sequence)
        out = c_for(out, "t", c_int(arena, 0), c_name(arena, "f->steps"), c_int(arena, 1));
    out = c_for(out, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
    c_call(out, c_name(arena, sequence ? "%s(f, t, row)" : "%s(f, row)", call_text(run, block)));
}

static bool has_state_slot(const Program *program, const GVar *var)
{
    for (int i = 0; i < program->state.n; i++)
        if (program->state.at[i].var == var)
            return true;
    return false;
}

void run_block(Run *run, CBlock *out, const Block *block)
{
    Arena *arena = run->ctx.arena;
    run->done[block->id] = true;
    switch (block->kind) {
    case BLOCK_INPUT:
        c_call(out, c_name(arena, "%s(f, %s)", call_text(run, block), run->input_text(run, block->var)));
        break;
    case BLOCK_LEAD:
        c_call(out, c_name(arena, has_state_slot(run->ctx.program, block->var) ? "%s(f, %s)" : "%s(f)",
                           call_text(run, block), run->state_text));
        break;
    case BLOCK_TOTAL:
        for (int i = 0; i < block->nodes.n; i++)
            if (run->needed[block->nodes.at[i]->id])
                emit_total(&run->ctx, out, block->nodes.at[i]);
        break;
    case BLOCK_PRODUCT:
    case BLOCK_CONTRACT:
    case BLOCK_SUM:
    case BLOCK_LOOP: c_call(out, c_name(arena, "%s(f)", call_text(run, block))); break;
    case BLOCK_UNITS:
    case BLOCK_SCALARS:
    case BLOCK_ROW:
        if (block->component >= 0)
            call_at_step(run, out, block, "0");
        else
            call_everywhere(run, out, block);
        break;
    }
}

/* ---- what is computed only when the caller wants it ---- */

typedef struct Wanted {
    const char *given; /* C condition: the caller wants it */
    Run run;           /* what it needs */
} Wanted;
typedef VEC(Wanted) WantedList;

static void add_wanted(const Run *run, WantedList *list, const char *given, Node *root)
{
    Wanted wanted = {given, run_new(run->ctx.emit, run->ctx.pass)};
    run_need(&wanted.run, root);
    vec_push(run->ctx.arena, list, wanted);
}

/* "r->p != NULL || r->q != NULL" for the results that need this block; NULL: nobody. */
static const char *wanted_by(const Run *run, const WantedList *list, const Block *block)
{
    const char *any = NULL;
    for (int i = 0; i < list->n; i++)
        if (run_needs_block(&list->at[i].run, block))
            any = any ? arena_printf(run->ctx.arena, "%s || %s", any, list->at[i].given) : list->at[i].given;
    return any;
}

/* Numbers in double declare names that later blocks use: they are cheap and always there, whoever wants them. */
static void need_wanted_totals(Run *run, const WantedList *list, const Block *block)
{
    for (int i = 0; block->kind == BLOCK_TOTAL && i < block->nodes.n; i++)
        for (int k = 0; k < list->n; k++)
            run->needed[block->nodes.at[i]->id] |= list->at[k].run.needed[block->nodes.at[i]->id];
}

/* ---- eval, infer, forward ---- */

static const char *input_of_window(const Run *run, const GVar *var)
{
    return arena_printf(run->ctx.arena, "in->%s", emit_c_name(run->ctx.emit, var->name));
}

static const char *steps_text(const Run *run)
{
    const Program *program = run->ctx.program;
    return program->axis < 0 ? "1" : arena_printf(run->ctx.arena, "in->%s_steps", program->model->axes.at[program->axis].name);
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
}

static bool state_is_kept(const Run *run, const StateSlot *slot, bool infer)
{
    bool target = slot->var->kind == GVAR_TARGET ||
                  (slot->var->def && (run->ctx.pass->needs[slot->var->def->id] & NEEDS_TARGET));
    return !(infer && target);
}

static void need_window(Run *run, bool infer)
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

static WantedList wanted_outputs(const Run *run, bool infer)
{
    const Graph *graph = run->ctx.program->graph;
    WantedList list = {0};
    for (int i = 0; i < graph->outputs.n; i++)
        if (!infer || !graph->outputs.at[i].needs_target)
            add_wanted(run, &list,
                       arena_printf(run->ctx.arena, "r->%s != NULL", emit_c_name(run->ctx.emit, graph->outputs.at[i].var->name)),
                       graph->outputs.at[i].value);
    return list;
}

static void run_window_blocks(Run *run, CBlock *out, bool infer)
{
    WantedList list = wanted_outputs(run, infer);
    for (int i = 0; i < run->ctx.pass->blocks.n; i++) {
        const Block *block = run->ctx.pass->blocks.at[i];
        const char *wanted = wanted_by(run, &list, block);
        need_wanted_totals(run, &list, block);
        if (run_needs_block(run, block))
            run_block(run, out, block);
        else if (wanted)
            run_block(run, c_if(out, c_name(run->ctx.arena, "%s", wanted)), block);
    }
}

static void give_window(Run *run, CBlock *out, bool infer)
{
    const Graph *graph = run->ctx.program->graph;
    for (int i = 0; i < graph->outputs.n; i++) {
        const GOutput *output = &graph->outputs.at[i];
        if (infer && output->needs_target)
            continue;
        const char *name = emit_c_name(run->ctx.emit, output->var->name);
        CBlock *wanted = c_if(out, c_name(run->ctx.arena, "r->%s != NULL", name));
        if (node_is_total(output->value))
            c_assign(wanted, c_name(run->ctx.arena, "*r->%s", name), "=",
                     c_expr(run->ctx.arena, PREC_UNARY, "(rnn_real)$a", total_value(&run->ctx, output->value)));
        else
            c_call(wanted, c_name(run->ctx.arena, "%s_give_%s(f, r->%s)", run->ctx.emit->m, output->var->name, name));
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
            const char *to = metric->means.n == 1 ? arena_printf(arena, "r->%s", name)
                                                  : arena_printf(arena, "r->%s[%d]", name, k);
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
    c_return(bad, c_name(run->ctx.arena, "%s_fail(&r->fault, RNN_NONFINITE, \"the loss\", -1, -1, -1)", run->ctx.emit->m));
}

void run_save_state(const Run *run, CBlock *out, bool infer)
{
    const Program *program = run->ctx.program;
    for (int i = 0; i < program->state.n; i++)
        if (state_is_kept(run, &program->state.at[i], infer) && run_needs_var(run, program->state.at[i].var, true))
            c_call(out, c_name(run->ctx.arena, "%s_save_%s(f, s)", run->ctx.emit->m, program->state.at[i].var->name));
    c_call(out, c_name(run->ctx.arena, "%s_advance(f, s)", run->ctx.emit->m));
}

static bool is_carried(const Program *program)
{
    return program->axis >= 0 && program->model->axes.at[program->axis].carry;
}

static void emit_window_run(Emit *emit, CBlock *out, PointKind kind)
{
    Arena *arena = emit->arena;
    const Program *program = emit->program;
    Run run = run_new(emit, &program->schedule->forward);
    bool infer = kind == POINT_INFER, forward = kind == POINT_FORWARD;
    run.input_text = input_of_window;
    run.state_text = is_carried(program) ? "s" : "NULL";
    need_window(&run, infer);
    run_open_frame(&run, out, "in->rows", steps_text(&run), true);
    if (forward && emit_has_dropout(emit))
        c_assign(out, c_name(arena, "f->train"), "=", c_name(arena, "c->train"));
    c_call(out, c_name(arena, forward ? "%s_place_forward(f, tape)" : "%s_place_eval(f, work)", emit->m));
    for (int i = 0; forward && i < program->graph->vars.n; i++)
        if (program->schedule->control[i])
            c_assign(out, c_name(arena, "*f->%s", program->schedule->control[i]->field), "=",
                     c_name(arena, "c->%s", emit_c_name(emit, program->graph->vars.at[i]->name)));
    const char *lengths = program->axis < 0 ? "NULL"
                                            : arena_printf(arena, "in->%s_len", program->model->axes.at[program->axis].name);
    c_call(out, c_name(arena, "%s_start(f, %s, %s)", emit->m, lengths, run.state_text));
    if (infer)
        c_call(out, c_name(arena, "(void)r"));
    run_window_blocks(&run, out, infer);
    if (!infer) {
        give_loss(&run, out);
        refuse_nonfinite(&run, out);
    }
    give_window(&run, out, infer);
    CBlock *kept = c_if(out, c_name(arena, "s != NULL"));
    run_save_state(&run, kept, infer);
    c_return(out, c_name(arena, "RNN_OK"));
}

/* ---- backward ---- */

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
            add_wanted(run, &list,
                       arena_printf(emit->arena, "(down != NULL && down->%s != NULL)", emit_c_name(emit, grad->input->name)),
                       grad->grad);
    }
    for (int i = 0; i < graph->state_grads.n; i++)
        add_wanted(run, &list, "(down != NULL && down->state != NULL)", graph->state_grads.at[i].grad);
    return list;
}

static void run_backward_blocks(Run *run, CBlock *out, const WantedList *list)
{
    for (int i = 0; i < run->ctx.pass->blocks.n; i++) {
        const Block *block = run->ctx.pass->blocks.at[i];
        const char *wanted = wanted_by(run, list, block);
        need_wanted_totals(run, list, block);
        bool outside = block->needs & NEEDS_UP;
        if (outside && (run_needs_block(run, block) || wanted))
            run_block(run, c_if(out, c_name(run->ctx.arena, "up != NULL")), block);
        else if (run_needs_block(run, block))
            run_block(run, out, block);
        else if (wanted)
            run_block(run, c_if(out, c_name(run->ctx.arena, "%s", wanted)), block);
    }
}

static void give_adjoints(Run *run, CBlock *out)
{
    const Graph *graph = run->ctx.program->graph;
    Arena *arena = run->ctx.arena;
    CBlock *down = c_if(out, c_name(arena, "down != NULL"));
    for (int i = 0; i < graph->input_grads.n; i++) {
        const char *name = graph->input_grads.at[i].input->name, *field = emit_c_name(run->ctx.emit, name);
        CBlock *wanted = c_if(down, c_name(arena, "down->%s != NULL", field));
        if (graph->input_grads.at[i].grad)
            c_call(wanted, c_name(arena, "%s_give_d_%s(f, down->%s)", run->ctx.emit->m, name, field));
        else
            zero_adjoint(run, wanted, graph->input_grads.at[i].input, field);
    }
    CBlock *state = c_if(down, c_name(arena, "down->state != NULL"));
    c_call(state, c_name(arena, "%s_give_d_state(f, down->state)", run->ctx.emit->m));
}

static void emit_backward_run(Emit *emit, CBlock *out)
{
    Arena *arena = emit->arena;
    const Program *program = emit->program;
    const Graph *graph = program->graph;
    Run run = run_new(emit, &program->schedule->backward);
    WantedList wanted = wanted_adjoints(&run);
    run.input_text = input_of_backward;
    run.state_text = "NULL";
    for (int i = 0; i < graph->param_grads.n; i++) {
        NodeList terms = gradient_terms(arena, graph->param_grads.at[i].grad);
        for (int k = 0; k < terms.n; k++)
            run_need(&run, terms.at[k]);
    }
    c_call(out, c_name(arena, "(void)fault"));
    run_open_frame(&run, out, "in->rows", steps_text(&run), false);
    c_assign(out, c_name(arena, "f->grad"), "=", c_name(arena, "grad->v"));
    c_assign(out, c_name(arena, "f->dloss"), "=", c_name(arena, "dloss"));
    c_assign(out, c_name(arena, "f->up"), "=", c_name(arena, "up"));
    c_call(out, c_name(arena, "%s_place_forward(f, tape)", emit->m));
    c_call(out, c_name(arena, "%s_place_backward(f, work)", emit->m));
    c_call(out, c_name(arena, "%s_count_valid(f)", emit->m));
    if (program->back_packed > 0)
        c_call(out, c_name(arena, "%s_pack_backward(f->p, f->wb)", emit->m));
    run_backward_blocks(&run, out, &wanted);
    emit_gradients(emit, out);
    give_adjoints(&run, out);
    c_return(out, c_name(arena, "RNN_OK"));
}

void emit_point(Emit *emit, CBlock *body, const Point *point)
{
    if (point->kind == POINT_BACKWARD)
        emit_backward_run(emit, body);
    else if (point->kind == POINT_BEGIN)
        emit_begin_run(emit, body, point->entry);
    else if (point->kind == POINT_STEP)
        emit_step_run(emit, body, point->entry);
    else
        emit_window_run(emit, body, point->kind);
}

/* plan.c: the static memory plan: where parameters, packed weights, state and every buffer stand. Buffers that are
 * never alive together share memory; what backward reads again has a place of its own on the tape. All offsets are
 * multiples of 16 elements, all arithmetic is in 64 bits; sizes are checked against the limits by cmd. */
#include <stdlib.h>
#include <string.h>

#include "loop/schedule.h"

enum { PANELS_AT_ONCE = 4 }; /* of products over all steps: rnn/kernels.h */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void place_params(Program *program)
{
    const Graph *graph = program->graph;
    program->param_at = arena_array(program->arena, int64_t, graph->params.n + 1);
    int64_t at = 0;
    for (int i = 0; i < graph->params.n; i++) {
        program->param_at[i] = at;
        at += padded(graph->params.at[i]->dim[0] * graph->params.at[i]->dim[1]);
    }
    program->sizes.params = at + PANEL; /* vectors may be loaded past the end of the last row */
}

/* ---- matrices in panels ---- */

static Loc loc_of(const Program *program, const Pass *pass, const Node *node)
{
    return node->op == OP_READ || node->op == OP_INPUT ? program->schedule->var_loc[pass->backward][node->var->id]
                                                       : pass->loc[node->id];
}

void panel_span(PanelSpan *span, Loc loc, int64_t units)
{
    int end = loc.slot + ((int)(padded(units) / PANEL) - 1) * loc.slots + 1;
    bool fresh = span->end == 0;
    span->joined = span->joined || loc.slots > 1 || (!fresh && (span->first != loc.slot || span->end != end));
    span->first = fresh || loc.slot < span->first ? loc.slot : span->first;
    span->end = fresh || end > span->end ? end : span->end;
}

/* The part of a row that the products of a round run over. */
static PanelSpan operand_span(const Program *program, const Pass *pass, const Round *round)
{
    PanelSpan span = {0};
    for (int i = 0; i < round->products.n; i++) {
        const Node *operand = product_operand(round->products.at[i]);
        Loc loc = loc_of(program, pass, operand);
        if (loc.buffer)
            panel_span(&span, loc, operand->dim[0]);
    }
    return span;
}

static void find_operand(const Program *program, const Pass *pass, Round *round, const PanelSpan *span)
{
    const Node *lead = product_operand(round->products.at[0]);
    round->operand = (Operand){.buffer = loc_of(program, pass, lead).buffer,
                               .offset = lead->op == OP_READ ? lead->offset : 0,
                               .from = span->first * PANEL,
                               .depth = span->joined ? (span->end - span->first) * PANEL : lead->dim[0]};
}

static void pack_round(Program *program, Pass *pass, Round *round, int64_t panels, int at_once)
{
    PackedMatrix *packed = arena_make(program->arena, PackedMatrix);
    PanelSpan span = operand_span(program, pass, round);
    find_operand(program, pass, round, &span);
    packed->id = program->packed.n;
    packed->panels = panels;
    packed->depth = round->operand.depth;
    packed->at_once = at_once;
    packed->backward = pass->backward;
    packed->late = pass->backward && round->block && round->block->domain != DOMAIN_SEQ;
    packed->count = panels * PANEL * packed->depth;
    packed->pieces = round->products.n;
    packed->piece = arena_alloc(program->arena, sizeof *packed->piece * (size_t)packed->pieces);
    for (int i = 0; i < packed->pieces; i++) {
        const Node *product = round->products.at[i];
        const Group *group = pass->group[product->id];
        Loc loc = loc_of(program, pass, product_operand(product));
        packed->piece[i] = (struct PackPiece){.matrix = product_matrix(product),
                                              .transposed = product->ta,
                                              .units = group->units,
                                              .depth = product_operand(product)->dim[0],
                                              .slot = (round->block ? group->first : 0) + pass->slot[product->id],
                                              .slots = group->slots,
                                              .depth_slot = span.joined ? loc.slot - span.first : 0,
                                              .depth_slots = span.joined ? loc.slots : 0};
    }
    round->packed = packed;
    vec_push(program->arena, &program->packed, packed);
}

static void bias_of(Program *program, Strip *strip)
{
    bool any = false;
    for (int g = 0; g < strip->groups.n; g++)
        for (int s = 0; s < strip->groups.at[g]->slots; s++)
            any = any || strip->groups.at[g]->start[s];
    if (!any || strip->prefill || strip->rounds.n == 0)
        return;
    BiasRow *bias = arena_make(program->arena, BiasRow);
    bias->count = strip->panels * PANEL;
    bias->strip = strip;
    strip->bias = bias;
    vec_push(program->arena, &program->bias, bias);
}

static void place_packed(Program *program)
{
    int64_t forward = 0, backward = 0, late = 0;
    for (int i = 0; i < program->packed.n; i++) {
        PackedMatrix *packed = program->packed.at[i];
        int64_t *at = packed->backward ? &backward : &forward;
        if (packed->late)
            continue;
        packed->at = *at;
        *at += padded(packed->count);
    }
    for (int i = 0; i < program->packed.n; i++)
        if (program->packed.at[i]->late) {
            program->packed.at[i]->at = backward;
            late = larger(late, padded(program->packed.at[i]->count));
        }
    for (int i = 0; i < program->bias.n; i++) {
        program->bias.at[i]->at = forward;
        forward += program->bias.at[i]->count;
    }
    program->sizes.packed = forward > 0 ? forward : 1;
    program->back_packed = backward + late;
}

static void pack_pass(Program *program, Pass *pass)
{
    for (int i = 0; i < pass->strips.n; i++) {
        Strip *strip = pass->strips.at[i];
        for (int r = 0; r < strip->rounds.n; r++)
            pack_round(program, pass, strip->rounds.at[r], strip->panels, PANELS_AT_ONCE);
        for (int g = 0; g < strip->groups.n; g++) {
            const Group *group = strip->groups.at[g];
            for (int r = 0; r < group->rounds.n; r++)
                pack_round(program, pass, group->rounds.at[r], group_panels(group),
                           group->slots * group->panels_at_once);
        }
        bias_of(program, strip);
    }
}

/* ---- partial sums of deferred products ---- */

static void add_scratch(Program *program, const Pass *pass, Block *block)
{
    if (block->kind != BLOCK_CONTRACT && block->kind != BLOCK_SUM)
        return;
    const Node *node = block->nodes.at[0];
    if (node->op == OP_SCATTER_SUM)
        return;
    Buffer *buffer = arena_make(program->arena, Buffer);
    buffer->id = program->buffers.n;
    buffer->name = "partial";
    buffer->field = arena_printf(program->arena, "partial_%d", buffer->id);
    buffer->span = SPAN_ONCE;
    buffer->backward = pass->backward;
    buffer->forward = !pass->backward;
    buffer->tape_at = buffer->work_at = buffer->back_at = buffer->step_at = -1;
    int64_t width = 0;
    if (sums_apart(pass, block)) /* one after the other */
        width = block->nodes.n * (node->rank == 2 ? node->dim[0] * padded(node->dim[1]) : padded(node->dim[0]));
    else if (node->rank == 2 && node->op != OP_CONTRACT)
        width = loc_of(program, pass, node->arg[0]).buffer->width;
    else {
        PanelSpan span = sum_span(pass, block);
        width = (span.end - span.first) * PANEL;
        if (node->op == OP_CONTRACT)
            width *= padded(node->arg[1 - sum_adjoint(pass, node)]->dim[0]);
    }
    buffer->width = width;
    vec_push(program->arena, &program->buffers, buffer);
    block->scratch = buffer;
}

/* ---- who is alive when ---- */

static void touch(Buffer *buffer, int pass, int at)
{
    if (!buffer)
        return;
    if (buffer->first[pass] < 0)
        buffer->first[pass] = at;
    if (at > buffer->last[pass])
        buffer->last[pass] = at;
}

static void touch_node(const Program *program, const Pass *pass, const Node *node, int at)
{
    if (node->op == OP_UP)
        touch(program->schedule->up_loc[node->var->id].buffer, pass->backward, at);
    if (node->op == OP_READ || node->op == OP_INPUT)
        touch(program->schedule->var_loc[pass->backward][node->var->id].buffer, pass->backward, at);
    touch(pass->loc[node->id].buffer, pass->backward, at);
}

static void touch_block(const Program *program, const Pass *pass, const Block *block, int at)
{
    const Accesses accesses = block_accesses(program, pass, block);
    for (int i = 0; i < accesses.n; i++)
        touch(accesses.at[i].buffer, pass->backward, at);
}

/* What backward runs in one call with forward finds everything as forward left it. */
static void touch_late(const Program *program, const Pass *pass, const Block *block)
{
    if (block->late)
        touch_block(program, pass, block, pass->blocks.n);
    for (int i = 0; i < block->body.n; i++)
        touch_late(program, pass, block->body.at[i]);
}

/* Read after the last block: outputs, loss, metrics, gradients, past values for the state, padding values. */
static void touch_ends(const Program *program, const Pass *pass)
{
    const Graph *graph = program->graph;
    int end = pass->blocks.n;
    for (int i = 0; !pass->backward && i < graph->outputs.n; i++)
        touch_node(program, pass, graph->outputs.at[i].value, end);
    for (int i = 0; !pass->backward && i < graph->metrics.n; i++)
        for (int k = 0; k < graph->metrics.at[i].means.n; k++) {
            touch_node(program, pass, graph->metrics.at[i].means.at[k].sum, end);
            touch_node(program, pass, graph->metrics.at[i].means.at[k].weight, end);
        }
    if (!pass->backward && graph->loss)
        touch_node(program, pass, graph->loss, end);
    for (int i = 0; i < graph->vars.n; i++) {
        const GVar *var = graph->vars.at[i];
        if (!pass->backward && var->lag > 0 && var->kind != GVAR_ADJOINT) {
            touch(program->schedule->var_loc[0][i].buffer, 0, end);
            if (var->init)
                touch_node(program, pass, var->init, end);
        }
    }
    for (int i = 0; pass->backward && i < graph->param_grads.n; i++) {
        NodeList terms = gradient_terms(program->arena, graph->param_grads.at[i].grad);
        for (int k = 0; k < terms.n; k++)
            touch_node(program, pass, terms.at[k], end);
    }
    for (int i = 0; pass->backward && i < graph->input_grads.n; i++)
        if (graph->input_grads.at[i].grad)
            touch_node(program, pass, graph->input_grads.at[i].grad, end);
    for (int i = 0; pass->backward && i < graph->state_grads.n; i++)
        if (graph->state_grads.at[i].grad)
            touch_node(program, pass, graph->state_grads.at[i].grad, end);
    for (int i = 0; i < graph->nodes.n; i++) /* numbers in double read their operands where the loss is put together */
        if (pass->in[i] && node_is_total(graph->nodes.at[i]))
            for (int k = 0; k < graph->nodes.at[i]->n; k++)
                touch_node(program, pass, graph->nodes.at[i]->arg[k], end);
}

static void find_lifetimes(Program *program, const Pass *pass)
{
    for (int i = 0; i < pass->blocks.n; i++)
        touch_block(program, pass, pass->blocks.at[i], i);
    for (int i = 0; i < pass->blocks.n; i++)
        touch_late(program, pass, pass->blocks.at[i]);
    touch_ends(program, pass);
}

/* ---- first fit ---- */

static int64_t elements(const Program *program, const Buffer *buffer, PlanRegion region)
{
    const bool one_step = region == PLAN_STEP;
    const bool chunk = (buffer->chunk && !one_step) || (buffer->passes && region == PLAN_EVAL);
    int64_t rows = program->model->axes.at[AXIS_BATCH].high;
    int64_t steps = program->axis < 0 || one_step ? 1 : program->model->axes.at[program->axis].high;
    int64_t n = buffer->width;
    if (buffer->span != SPAN_ONCE)
        n *= chunk ? chunk_rows(program) : rows;
    if (buffer->span == SPAN_SEQ && !chunk)
        n *= steps + buffer->lead + buffer->trail;
    return padded(n) + (buffer->token ? 0 : PANEL); /* numbers of the last row are loaded a vector at a time */
}

typedef struct Placed {
    int64_t at, end;
    int first, last;
    bool token;
} Placed;

typedef struct Region {
    Arena *arena;
    VEC(Placed) placed;
    int64_t reals, ints;
} Region;

static int64_t fit(Region *region, int64_t count, int first, int last, bool token)
{
    int64_t at = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < region->placed.n; i++) {
            const Placed *other = &region->placed.at[i];
            bool apart = other->token != token || other->last < first || last < other->first || other->end <= at ||
                         at + count <= other->at;
            if (!apart) {
                at = other->end;
                moved = true;
            }
        }
    }
    Placed placed = {at, at + count, first, last, token};
    vec_push(region->arena, &region->placed, placed);
    int64_t *most = token ? &region->ints : &region->reals;
    if (at + count > *most)
        *most = at + count;
    return at;
}

static Region plan_region(Program *program, PlanRegion which)
{
    Region region = {.arena = program->arena};
    for (int i = 0; i < program->buffers.n; i++) {
        Buffer *b = program->buffers.at[i];
        int pass = which == PLAN_BACKWARD;
        bool here = which == PLAN_BACKWARD ? b->backward && !b->tape : b->forward;
        if (!here)
            continue;
        bool forever = which == PLAN_STEP || (which == PLAN_TAPE && b->tape);
        int first = forever || b->first[pass] < 0 ? 0 : b->first[pass];
        int last = forever || b->first[pass] < 0 ? 1 << 30 : b->last[pass];
        int64_t *const at[] = {&b->tape_at, &b->work_at, &b->back_at, &b->step_at};
        *at[which] = fit(&region, elements(program, b, which), first, last, b->token);
    }
    program->region[which] = region.reals;
    return region;
}

static void plan_buffers(Program *program)
{
    Region tape = plan_region(program, PLAN_TAPE), eval = plan_region(program, PLAN_EVAL);
    Region back = plan_region(program, PLAN_BACKWARD), step = plan_region(program, PLAN_STEP);
    ProgramSizes *sizes = &program->sizes;
    sizes->tape_reals = larger(1, tape.reals);
    sizes->tape_ints = larger(1, tape.ints) + PANEL; /* [0]: what the tape holds */
    sizes->work_reals = larger(1, larger(eval.reals, larger(back.reals + program->back_packed, step.reals)));
    sizes->work_ints = larger(1, larger(eval.ints, larger(back.ints, step.ints)));
}

/* ---- what a stream remembers ---- */

static void plan_state(Program *program)
{
    const Graph *graph = program->graph;
    int64_t rows = program->model->axes.at[AXIS_BATCH].high, reals = 0, ints = 0;
    for (int i = 0; i < graph->vars.n; i++) {
        GVar *var = graph->vars.at[i];
        const Buffer *buffer = program->schedule->var_loc[0][i].buffer;
        if (var->kind == GVAR_ADJOINT || var->lag == 0 || !buffer || buffer->lead == 0)
            continue;
        StateSlot slot = {.var = var, .back = buffer->lead, .width = buffer->width, .token = var->token};
        int64_t *at = var->token ? &ints : &reals;
        slot.at = *at;
        *at += padded(slot.back * rows * slot.width);
        vec_push(program->arena, &program->state, slot);
    }
    program->position_at = ints;
    program->sizes.state_reals = larger(1, reals);
    program->sizes.state_ints = ints + rows;
}

void plan_memory(Program *program)
{
    Schedule *schedule = program->schedule;
    place_params(program);
    pack_pass(program, &schedule->forward);
    if (schedule->has_backward)
        pack_pass(program, &schedule->backward);
    for (int i = 0; i < schedule->all_blocks.n; i++)
        add_scratch(program, schedule->all_blocks.at[i]->backward ? &schedule->backward : &schedule->forward,
                    schedule->all_blocks.at[i]);
    place_packed(program);
    for (int i = 0; i < program->buffers.n; i++)
        for (int pass = 0; pass < 2; pass++)
            program->buffers.at[i]->first[pass] = program->buffers.at[i]->last[pass] = -1;
    find_lifetimes(program, &schedule->forward);
    if (schedule->has_backward)
        find_lifetimes(program, &schedule->backward);
    plan_buffers(program);
    plan_state(program);
}

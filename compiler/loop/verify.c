/* verify.c: runs a program's blocks over its memory in thought. Each element of a region belongs to the buffer that was
 * written there last; a block that reads a buffer must find it whole. Lifetimes as plan.c sees them are not looked at:
 * what a block reads and writes is found here once more. */
#include "loop/verify.h"

#include "loop/schedule.h"

int64_t buffer_elements(const Program *program, const Buffer *buffer, PlanRegion region)
{
    const bool one_step = region == PLAN_STEP;
    int64_t rows = program->model->axes.at[AXIS_BATCH].high;
    int64_t steps = program->axis < 0 || one_step ? 1 : program->model->axes.at[program->axis].high;
    int64_t n = buffer->width;
    if ((buffer->chunk && !one_step) || (buffer->passes && region == PLAN_EVAL))
        return n * chunk_rows(program);
    if (buffer->span != SPAN_ONCE)
        n *= rows;
    if (buffer->span == SPAN_SEQ)
        n *= steps + buffer->lead + buffer->trail;
    return n;
}

typedef enum Turn { ALL, EARLY, LATE } Turn; /* which blocks run: late.c */
typedef struct Check {
    Turn turn;
    const Program *program;
    const Pass *pass;
    PlanRegion region;
    bool *spoilt;        /* [buffers] somebody else has written there since the values were */
    bool *spoilt_ends;   /* [buffers] ... since the steps before and after the window were */
    bool *written;       /* [buffers] */
    const Block **taken; /* [buffers] backward: who has written adjoints over what the tape held */
    const char *wrong;
} Check;

static int64_t place_of(const Buffer *buffer, PlanRegion region)
{
    const int64_t at[] = {buffer->tape_at, buffer->work_at, buffer->back_at, buffer->step_at};
    return at[region];
}

/* Backward finds what it loads where forward has put it; the tape does not move. */
static bool stands_here(const Check *check, const Buffer *buffer)
{
    return check->region != PLAN_BACKWARD || !(buffer->tape || (buffer->forward && !buffer->backward));
}

static bool overlap(const Check *check, const Buffer *a, const Buffer *b)
{
    int64_t a_at = place_of(a, check->region), b_at = place_of(b, check->region);
    return a_at >= 0 && b_at >= 0 && a->token == b->token &&
           a_at < b_at + buffer_elements(check->program, b, check->region) &&
           b_at < a_at + buffer_elements(check->program, a, check->region);
}

static void complain(Check *check, const char *what, const Buffer *buffer, const Block *block)
{
    static const char *const names[] = {"forward", "eval", "backward", "step"};
    if (!check->wrong)
        check->wrong = arena_printf(check->program->arena, "%s: b%d %s %s at block %s", names[check->region],
                                    buffer->id, buffer->name, what, block ? block->name : "'end'");
}

/* What forward kept is not spoilt by what only it used, when backward makes that once more. */
static void spare_tape(Check *check, const Buffer *buffer, const Block *block)
{
    const int64_t end = buffer->tape_at + buffer_elements(check->program, buffer, PLAN_TAPE);
    for (int i = 0; i < check->program->buffers.n && !buffer->tape; i++) {
        const Buffer *other = check->program->buffers.at[i];
        if (other->tape && other->token == buffer->token && other->tape_at < end &&
            buffer->tape_at < other->tape_at + buffer_elements(check->program, other, PLAN_TAPE))
            complain(check, "spoils the tape", buffer, block);
    }
}

/* `block` LEAD writes the steps before and after the window, all others write the rest. */
static void write_buffer(Check *check, const Buffer *buffer, const Block *block)
{
    if (!buffer)
        return;
    check->written[buffer->id] = true;
    check->taken[buffer->id] = block;
    if (!stands_here(check, buffer)) {
        spare_tape(check, buffer, block);
        return;
    }
    *(block && block->kind == BLOCK_LEAD ? &check->spoilt_ends[buffer->id] : &check->spoilt[buffer->id]) = false;
    if (place_of(buffer, check->region) < 0)
        complain(check, "has no place but is written", buffer, block);
    for (int i = 0; i < check->program->buffers.n; i++) {
        const Buffer *other = check->program->buffers.at[i];
        if (other != buffer && overlap(check, buffer, other))
            check->spoilt[other->id] = check->spoilt_ends[other->id] = true;
    }
}

static void read_part(Check *check, const Buffer *buffer, bool ends, const Block *block)
{
    if (!buffer)
        return;
    if (!stands_here(check, buffer)) {
        if (buffer->tape_at < 0)
            complain(check, "is read from the tape but is not there", buffer, block);
        else if (buffer->chunk && !check->written[buffer->id])
            complain(check, "is read from the tape but holds one chunk there", buffer, block);
        return;
    }
    if (place_of(buffer, check->region) < 0)
        complain(check, "has no place but is read", buffer, block);
    else if (!check->written[buffer->id])
        complain(check, "is read before it is written", buffer, block);
    else if (check->spoilt[buffer->id] || (ends && check->spoilt_ends[buffer->id]))
        complain(check, "is overwritten before it is read", buffer, block);
}

/* A value of the tape in whose place an adjoint stands is read by the block of that adjoint at last. */
static void read_tape(Check *check, const Node *node, const Buffer *buffer, const Block *block)
{
    const bool alone = buffer && !(buffer->strip && buffer->strip->slots > 1);
    const Block *taker = alone ? check->taken[buffer->id] : NULL;
    if (check->region == PLAN_BACKWARD && taker && taker != block && pass_loads(check->program, check->pass, node))
        complain(check, "holds an adjoint already when the tape is read", buffer, block);
}

static void read_buffer(Check *check, const Buffer *buffer, const Block *block)
{
    read_part(check, buffer, false, block);
}

/* ---- what blocks touch ---- */

typedef VEC(const Block *) Leaves;

static const Buffer *buffer_of(const Check *check, const Node *node)
{
    if (node->op == OP_READ || node->op == OP_INPUT)
        return check->program->schedule->var_loc[check->pass->backward][node->var->id].buffer;
    return check->pass->loc[node->id].buffer;
}

static void read_arguments_of(Check *check, const Block *block, const Node *node)
{
    for (int k = 0; k < node->n; k++)
        if (!block_makes(block, node->arg[k], check->pass)) {
            read_part(check, buffer_of(check, node->arg[k]), node->arg[k]->op == OP_READ, block);
            read_tape(check, node->arg[k], buffer_of(check, node->arg[k]), block);
        }
}

/* A node that is not kept lives in the registers of its home; so do arguments that the same block has just made. */
static void read_arguments(Check *check, const Block *block)
{
    for (int i = 0; i < block->nodes.n; i++)
        read_arguments_of(check, block, block->nodes.at[i]);
    for (int i = 0; i < block->inside.n; i++)
        read_arguments_of(check, block, block->inside.at[i]);
    for (int i = 0; i < block->copies.n; i++)
        if (block->copies.at[i].node && !block_makes(block, block->copies.at[i].node, check->pass))
            read_buffer(check, buffer_of(check, block->copies.at[i].node), block);
    if (block->kind == BLOCK_LEAD && block->var->init)
        read_buffer(check, buffer_of(check, block->var->init), block);
    const Group *group = block->group;
    for (int r = 0; group && r < group->rounds.n; r++)
        read_buffer(check, group->rounds.at[r]->operand.buffer, block);
    if (group && group->strip->rounds.n > 0)
        read_buffer(check, group->strip->buffer, block);
    if (block->kind == BLOCK_PRODUCT)
        read_buffer(check, block->round->operand.buffer, block);
}

static void write_results(Check *check, const Block *block)
{
    for (int i = 0; i < block->nodes.n; i++)
        write_buffer(check, check->pass->loc[block->nodes.at[i]->id].buffer, block);
    for (int i = 0; i < block->copies.n; i++)
        write_buffer(check, block->copies.at[i].to.buffer, block);
    if (block->kind == BLOCK_INPUT && check->pass->backward) /* an adjoint from outside */
        write_buffer(check, check->program->schedule->up_loc[block->var->id].buffer, block);
    else if (block->kind == BLOCK_INPUT || block->kind == BLOCK_LEAD)
        write_buffer(check, check->program->schedule->var_loc[check->pass->backward][block->var->id].buffer, block);
    if (block->kind == BLOCK_PRODUCT)
        write_buffer(check, block->strip->buffer, block);
    write_buffer(check, block->scratch, block);
}

/* What forward runs in backward once more fills its places on the tape again: for the chunk at hand. */
static void run_again(Check *check, const Block *chunk)
{
    const Pass *backward = check->pass;
    check->pass = &check->program->schedule->forward;
    for (int i = 0; i < chunk->again.n; i++) {
        const Block *block = chunk->again.at[i].block;
        read_arguments(check, block);
        write_results(check, block);
        for (int k = 0; k < block->nodes.n; k++) {
            const Buffer *buffer = check->pass->loc[block->nodes.at[k]->id].buffer;
            if (buffer)
                check->taken[buffer->id] = NULL;
        }
    }
    check->pass = backward;
}

static void list_leaves(const Check *check, Leaves *leaves, const Block *block, bool late)
{
    late = late || block->late;
    if (block->body.n == 0 && (check->turn == ALL || late == (check->turn == LATE)))
        vec_push(check->program->arena, leaves, block);
    for (int i = 0; i < block->body.n; i++)
        list_leaves(check, leaves, block->body.at[i], late);
}

/* Steps of a loop or walk follow each other, so what one phase writes must leave alone what any other reads or has
 * written; so do chunks. */
static void run_block(Check *check, const Block *block)
{
    Leaves leaves = {0};
    list_leaves(check, &leaves, block, false);
    if (block->body.n == 0 && leaves.n == 1) {
        read_arguments(check, block);
        write_results(check, block);
        read_arguments(check, block);
        return;
    }
    for (int round = 0; round < 2; round++) {
        run_again(check, block);
        for (int i = 0; i < leaves.n; i++) {
            if (round == 1)
                read_arguments(check, leaves.at[i]);
            write_results(check, leaves.at[i]);
        }
    }
    for (int i = 0; i < leaves.n; i++) {
        if (block->again.n == 0) /* else adjoints stand there by now */
            read_arguments(check, leaves.at[i]);
        for (int k = 0; k < leaves.at[i]->nodes.n; k++)
            read_buffer(check, check->pass->loc[leaves.at[i]->nodes.at[k]->id].buffer, block);
    }
}

/* ---- what is read when all blocks have run ---- */

static void read_at_end(Check *check)
{
    const Graph *graph = check->program->graph;
    bool backward = check->pass->backward;
    for (int i = 0; !backward && i < graph->outputs.n; i++)
        read_buffer(check, buffer_of(check, graph->outputs.at[i].value), NULL);
    for (int i = 0; !backward && i < graph->vars.n; i++)
        if (graph->vars.at[i]->lag > 0 && graph->vars.at[i]->kind != GVAR_ADJOINT)
            read_part(check, check->program->schedule->var_loc[0][i].buffer, true, NULL);
    for (int i = 0; backward && i < graph->input_grads.n; i++)
        if (graph->input_grads.at[i].grad)
            read_buffer(check, buffer_of(check, graph->input_grads.at[i].grad), NULL);
    for (int i = 0; backward && i < graph->state_grads.n; i++)
        if (graph->state_grads.at[i].grad)
            read_buffer(check, buffer_of(check, graph->state_grads.at[i].grad), NULL);
    for (int i = 0; backward && i < graph->param_grads.n; i++) {
        NodeList terms = gradient_terms(check->program->arena, graph->param_grads.at[i].grad);
        for (int k = 0; k < terms.n; k++)
            if (!is_direct_sum(terms.at[k]))
                read_buffer(check, buffer_of(check, terms.at[k]), NULL);
    }
    for (int i = 0; check->region == PLAN_TAPE && i < check->program->buffers.n; i++)
        if (check->program->buffers.at[i]->tape && check->written[i])
            read_buffer(check, check->program->buffers.at[i], NULL);
}

/* in_one_call: late blocks run when all others have. */
static const char *check_run(const Program *program, const Pass *pass, PlanRegion region, bool in_one_call)
{
    Check check = {.program = program,
                   .pass = pass,
                   .region = region,
                   .spoilt = arena_array(program->arena, bool, program->buffers.n),
                   .spoilt_ends = arena_array(program->arena, bool, program->buffers.n),
                   .written = arena_array(program->arena, bool, program->buffers.n),
                   .taken = arena_array(program->arena, const Block *, program->buffers.n)};
    for (int i = 0; i < 2 && !pass->backward; i++) /* lengths and positions: noted when a call starts, read by all */
        write_buffer(&check, program->buffers.at[i], NULL);
    for (int i = 0; i < program->graph->vars.n && region == PLAN_TAPE; i++) /* controls that backward reads */
        write_buffer(&check, program->schedule->control[i], NULL);
    for (check.turn = in_one_call ? EARLY : ALL; check.turn <= (in_one_call ? LATE : ALL); check.turn++)
        for (int i = 0; i < pass->blocks.n; i++)
            run_block(&check, pass->blocks.at[i]);
    for (int i = 0; i < 2; i++)
        read_buffer(&check, program->buffers.at[i], NULL);
    read_at_end(&check);
    return check.wrong;
}

/* In step and generate blocks run in an order of their own: nothing may share. */
static const char *check_step(const Program *program)
{
    Check check = {.program = program, .region = PLAN_STEP};
    for (int i = 0; i < program->buffers.n; i++)
        for (int k = 0; k < i; k++)
            if (overlap(&check, program->buffers.at[i], program->buffers.at[k]))
                complain(&check, "shares memory with another", program->buffers.at[i], NULL);
    return check.wrong;
}

/* ---- bounds ---- */

static const char *check_bounds(const Program *program)
{
    const ProgramSizes *sizes = &program->sizes;
    for (int i = 0; i < program->buffers.n; i++) {
        const Buffer *buffer = program->buffers.at[i];
        for (PlanRegion region = PLAN_TAPE; region <= PLAN_STEP; region++) {
            int64_t at = place_of(buffer, region);
            int64_t reals = region == PLAN_TAPE ? sizes->tape_reals : sizes->work_reals;
            int64_t ints = region == PLAN_TAPE ? sizes->tape_ints : sizes->work_ints;
            if (at >= 0 && at % PANEL)
                return arena_printf(program->arena, "b%d %s does not stand at a multiple of 16", buffer->id,
                                    buffer->name);
            if (at >= 0 && at + buffer_elements(program, buffer, region) > (buffer->token ? ints : reals))
                return arena_printf(program->arena, "b%d %s ends outside its struct", buffer->id, buffer->name);
        }
    }
    if (program->region[PLAN_BACKWARD] + program->back_packed > sizes->work_reals)
        return "the matrices that backward packs end outside M_work";
    return NULL;
}

typedef struct Span64 {
    int64_t at, count;
    int kind; /* those of one kind must be apart */
    const char *name;
    bool in_turn; /* those that are, may share: one is used up before the next is made */
} Span64;
typedef VEC(Span64) Spans;

static Spans fixed_spans(const Program *program)
{
    Spans spans = {0};
    Arena *arena = program->arena;
    const Graph *graph = program->graph;
    int64_t rows = program->model->axes.at[AXIS_BATCH].high;
    for (int i = 0; i < graph->params.n; i++) {
        const GVar *param = graph->params.at[i];
        vec_push(arena, &spans, (Span64){program->param_at[i], param->dim[0] * param->dim[1], 0, param->path, false});
    }
    for (int i = 0; i < program->packed.n; i++) {
        const PackedMatrix *packed = program->packed.at[i];
        vec_push(arena, &spans,
                 (Span64){packed->at, packed->count, packed->backward ? 1 : 2, "a packed matrix", packed->late});
    }
    for (int i = 0; i < program->bias.n; i++)
        vec_push(arena, &spans,
                 (Span64){program->bias.at[i]->at, program->bias.at[i]->count, 2, "a row of starts", false});
    for (int i = 0; i < program->state.n; i++) {
        const StateSlot *slot = &program->state.at[i];
        vec_push(arena, &spans,
                 (Span64){slot->at, slot->back * rows * slot->width, slot->token ? 4 : 3, slot->var->path, false});
    }
    vec_push(arena, &spans, (Span64){program->position_at, rows, 4, "the positions", false});
    return spans;
}

static const char *check_fixed(const Program *program)
{
    const ProgramSizes *sizes = &program->sizes;
    const int64_t ends[] = {sizes->params, program->back_packed, sizes->packed, sizes->state_reals, sizes->state_ints};
    Spans spans = fixed_spans(program);
    for (int i = 0; i < spans.n; i++) {
        const Span64 *a = &spans.at[i];
        if (a->at % PANEL)
            return arena_printf(program->arena, "%s does not stand at a multiple of 16", a->name);
        if (a->at < 0 || a->at + a->count > ends[a->kind])
            return arena_printf(program->arena, "%s ends outside its struct", a->name);
        for (int k = 0; k < i; k++) {
            const Span64 *b = &spans.at[k];
            if (a->kind == b->kind && !(a->in_turn && b->in_turn) && a->at < b->at + b->count &&
                b->at < a->at + a->count)
                return arena_printf(program->arena, "%s and %s share memory", a->name, b->name);
        }
    }
    return NULL;
}

const char *plan_verify(const Program *program)
{
    const Schedule *schedule = program->schedule;
    const char *wrong = check_bounds(program);
    if (!wrong)
        wrong = check_fixed(program);
    if (!wrong)
        wrong = order_verify(program, &schedule->forward);
    if (!wrong && schedule->has_backward)
        wrong = order_verify(program, &schedule->backward);
    if (!wrong)
        wrong = check_run(program, &schedule->forward, PLAN_TAPE, false);
    if (!wrong && schedule->has_late)
        wrong = check_run(program, &schedule->forward, PLAN_TAPE, true);
    if (!wrong)
        wrong = check_run(program, &schedule->forward, PLAN_EVAL, false);
    if (!wrong && schedule->has_backward)
        wrong = check_run(program, &schedule->backward, PLAN_BACKWARD, false);
    return wrong ? wrong : check_step(program);
}

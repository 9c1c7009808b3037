/* emit_body.c: the inside of a model, in order: frame, places, packing, blocks of the forward pass, outputs and state,
 * blocks of the backward pass, and the entry points that run them (body.h lists the files). */
#include "emit/body.h"

#include "emit/interface.h"
#include "emit/run.h"

typedef void BlockEmitter(Ctx *ctx, CBlock *out);
static BlockEmitter *const emitters[] = {
    [BLOCK_INPUT] = emit_input,   [BLOCK_LEAD] = emit_lead,
    [BLOCK_UNITS] = emit_units,   [BLOCK_SCALARS] = emit_numbers,
    [BLOCK_ROW] = emit_row,       [BLOCK_PRODUCT] = emit_product,
    [BLOCK_CONTRACT] = emit_sums, [BLOCK_SUM] = emit_sums,
    [BLOCK_TOTAL] = NULL,         [BLOCK_LOOP] = NULL,
    [BLOCK_WALK] = NULL,          [BLOCK_CHUNK] = NULL,
};

static void emit_one(Emit *emit, CBlock *out, const Pass *pass, const Block *block)
{
    Ctx ctx = ctx_new(emit, pass, block);
    for (int i = 0; i < block->body.n; i++)
        emit_one(emit, out, pass, block->body.at[i]);
    if (block->kind == BLOCK_LOOP) {
        Run run = run_new(emit, pass);
        explain_block(emit, out, pass, block);
        emit_loop(&run, out, block);
    } else if (block->kind == BLOCK_INPUT && !block->backward && !run_takes_input(emit, block->var)) {
        return;
    } else if (emitters[block->kind]) {
        explain_block(emit, out, pass, block);
        emitters[block->kind](&ctx, out);
    }
}

void emit_block_functions(Emit *emit, CBlock *out, const Pass *pass)
{
    for (int i = 0; i < pass->blocks.n; i++)
        emit_one(emit, out, pass, pass->blocks.at[i]);
}

static const char *position_index(const Emit *emit)
{
    return c_text(emit->arena,
                  c_add(emit->arena, c_int(emit->arena, emit->program->position_at), c_name(emit->arena, "row")));
}

/* Lengths and positions of the rows; how many steps are valid in all. */
static void emit_start(Emit *emit, CBlock *out)
{
    Arena *arena = emit->arena;
    const char *params[] = {arena_printf(arena, "%s_frame *f", emit->m), "const int32_t *length",
                            arena_printf(arena, "const %s_state *s", emit->m)};
    const char *count[] = {params[0]};
    c_comment(out, "How many steps stand inside the rows' lengths.");
    CBlock *body =
        c_function(out, "static RNN_NOINLINE void", arena_printf(arena, "%s_count_valid", emit->m), count, 1);
    c_assign(body, c_name(arena, "f->valid"), "=", c_int(arena, 0));
    CBlock *rows = c_for(body, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
    c_assign(rows, c_name(arena, "f->valid"), "+=", c_name(arena, "f->length[row]"));
    c_blank(out);
    c_comment(out, "Lengths of the rows (NULL: all steps), and how many steps each has behind it.");
    body = c_function(out, "static RNN_NOINLINE void", arena_printf(arena, "%s_start", emit->m), params, 3);
    rows = c_for(body, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
    c_assign(rows, c_name(arena, "f->length[row]"), "=",
             c_name(arena, "length != NULL ? length[row] : (int32_t)f->steps"));
    c_assign(rows, c_name(arena, "f->position[row]"), "=",
             c_name(arena, "s != NULL ? s->i[%s] : 0", position_index(emit)));
    c_call(body, c_name(arena, "%s_count_valid(f)", emit->m));
    c_blank(out);
}

static void emit_advance(Emit *emit, CBlock *out)
{
    Arena *arena = emit->arena;
    const char *state[] = {arena_printf(arena, "%s_state *s", emit->m)};
    c_comment(out, "The rows have these steps behind them, too.");
    CBlock *body = share_function(emit, out, arena_printf(arena, "%s_advance", emit->m), state, 1);
    share_rows(body);
    CBlock *rows = share_each_row(body);
    c_assign(
        rows, c_name(arena, "s->i[%s]", position_index(emit)), "=",
        c_name(arena, "f->position[row] < INT32_MAX - f->length[row] ? f->position[row] + f->length[row] : INT32_MAX"));
    c_blank(out);
}

/* Does that adjoint of a value before the window go there? */
static bool is_of_slot(const StateGrad *grad, const StateSlot *slot)
{
    return grad->grad && slot->var == grad->var && !slot->token && grad->back <= slot->back;
}

bool emit_has_down_state(const Program *program)
{
    for (int i = 0; i < program->graph->state_grads.n; i++)
        for (int k = 0; k < program->state.n; k++)
            if (is_of_slot(&program->graph->state_grads.at[i], &program->state.at[k]))
                return true;
    return false;
}

/* d of the values before the window, in the layout of M_state.r. */
static void emit_d_state(Emit *emit, CBlock *out)
{
    Arena *arena = emit->arena;
    const Program *program = emit->program;
    const char *to[] = {"rnn_real *to"};
    if (!emit_has_down_state(program))
        return;
    c_comment(out, "d of the values before the window, in the layout of %s_state.r, which is zero elsewhere.", emit->m);
    CBlock *body = share_function(emit, out, arena_printf(arena, "%s_down_state", emit->m), to, 1);
    share_rows(body);
    Ctx ctx = ctx_new(emit, &program->schedule->backward, NULL);
    for (int i = 0; i < program->graph->state_grads.n; i++) {
        const StateGrad *grad = &program->graph->state_grads.at[i];
        for (int k = 0; k < program->state.n; k++) {
            const StateSlot *slot = &program->state.at[k];
            if (!is_of_slot(grad, slot))
                continue;
            const bool outside = (ctx.pass->needs[grad->grad->id] & NEEDS_UP) != 0;
            CBlock *rows = share_each_row(outside ? c_if(body, c_name(arena, "f->up != NULL")) : body);
            ctx.row = c_name(arena, "row");
            const CExpr *row =
                c_add(arena, c_int(arena, (grad->back - 1) * program->model->axes.at[AXIS_BATCH].high), ctx.row);
            const CExpr *at = c_add(arena, c_add(arena, c_name(arena, "to"), c_int(arena, slot->at)),
                                    c_mul(arena, row, c_int(arena, slot->width)));
            if (grad->grad->rank == 0)
                c_assign(rows, c_deref(arena, at), "=", number_of(&ctx, grad->grad));
            else
                c_call(rows, c_expr(arena, PREC_ATOM, "memcpy($A, $B, $C * sizeof(rnn_real))", at,
                                    node_pointer(&ctx, grad->grad), c_int(arena, slot->width)));
        }
    }
    c_blank(out);
}

static void emit_entry_points(Emit *emit, Text *out)
{
    PointList points = emit_points(emit);
    Stages stages = {0};
    for (int i = 0; i < points.n; i++) {
        Point point = points.at[i];
        CBlock *body = c_block(emit->arena);
        stages.functions = c_block(emit->arena);
        stages.entry = points.at[i].name;
        emit_point(emit, &stages, body, &points.at[i]);
        c_print(out, stages.functions, 0);
        point.name = arena_printf(emit->arena, "do_%s", points.at[i].name);
        emit_signature(emit, out, "static ", &point, false);
        text_add(out, "\n{\n");
        c_print(out, body, 1);
        text_add(out, "}\n\n");
    }
}

static void part(CBlock *file, const char *title)
{
    c_comment(file, "---- %s ----", title);
    c_blank(file);
}

/* The rule of body.h, for readers of the emitted C. */
static const char rule[] =
    "What takes (part, parts) does a share of its work. All parts of one function may run in any order or at the same\n"
    "time; together they do its work; no part reads what another part of the same function writes. Between two "
    "functions\n"
    "of a run all parts must have met. No bit of a result depends on parts. What has no parts (places, lengths, "
    "totals,\n"
    "results, checks) a run does itself, once.";

void emit_body(Emit *emit, Text *out)
{
    const Schedule *schedule = emit->program->schedule;
    CBlock *file = c_block(emit->arena);
    part(file, "Where everything is");
    c_comment(file, "%s", rule);
    c_blank(file);
    emit_frame(emit, file);
    emit_places(emit, file);
    emit_start(emit, file);
    emit_advance(emit, file);
    part(file, "Weights in panels");
    emit_pack(emit, file);
    part(file, "Forward");
    emit_block_functions(emit, file, &schedule->forward);
    part(file, "What leaves a window: outputs and the state of the rows");
    emit_window(emit, file);
    if (schedule->has_backward) {
        part(file, "Backward");
        emit_block_functions(emit, file, &schedule->backward);
        emit_d_state(emit, file);
    }
    part(file, "Whole calls, their arguments checked before");
    c_print(out, file, 0);
    emit_entry_points(emit, out);
}

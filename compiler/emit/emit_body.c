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
};

static void emit_one(Emit *emit, CBlock *out, const Pass *pass, const Block *block)
{
    Ctx ctx = ctx_new(emit, pass, block);
    if (block->kind == BLOCK_LOOP) {
        for (int i = 0; i < block->body.n; i++)
            emit_one(emit, out, pass, block->body.at[i]);
        Run run = run_new(emit, pass);
        emit_loop(&run, out, block);
    } else if (emitters[block->kind]) {
        emitters[block->kind](&ctx, out);
    }
}

void emit_block_functions(Emit *emit, CBlock *out, const Pass *pass)
{
    for (int i = 0; i < pass->blocks.n; i++)
        emit_one(emit, out, pass, pass->blocks.at[i]);
}

/* Lengths and positions of the rows; how many steps are valid in all. */
static void emit_start(Emit *emit, CBlock *out)
{
    Arena *arena = emit->arena;
    const char *params[] = {arena_printf(arena, "%s_frame *f", emit->m), "const int32_t *length",
                            arena_printf(arena, "const %s_state *s", emit->m)};
    const char *count[] = {params[0]};
    CBlock *body =
        c_function(out, "static RNN_NOINLINE void", arena_printf(arena, "%s_count_valid", emit->m), count, 1);
    c_assign(body, c_name(arena, "f->valid"), "=", c_int(arena, 0));
    CBlock *rows = c_for(body, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
    c_assign(rows, c_name(arena, "f->valid"), "+=", c_name(arena, "f->length[row]"));
    c_blank(out);
    body = c_function(out, "static RNN_NOINLINE void", arena_printf(arena, "%s_start", emit->m), params, 3);
    rows = c_for(body, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
    c_assign(rows, c_name(arena, "f->length[row]"), "=",
             c_name(arena, "length != NULL ? length[row] : (int32_t)f->steps"));
    c_assign(rows, c_name(arena, "f->position[row]"), "=",
             c_name(arena, "s != NULL ? s->i[%lld + row] : 0", (long long)emit->program->position_at));
    c_call(body, c_name(arena, "%s_count_valid(f)", emit->m));
    c_blank(out);
}

static void emit_advance(Emit *emit, CBlock *out)
{
    Arena *arena = emit->arena;
    const char *params[] = {arena_printf(arena, "const %s_frame *f", emit->m),
                            arena_printf(arena, "%s_state *s", emit->m)};
    CBlock *body = c_function(out, "static RNN_NOINLINE void", arena_printf(arena, "%s_advance", emit->m), params, 2);
    CBlock *rows = c_for(body, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
    c_assign(
        rows, c_name(arena, "s->i[%lld + row]", (long long)emit->program->position_at), "=",
        c_name(arena, "f->position[row] < INT32_MAX - f->length[row] ? f->position[row] + f->length[row] : INT32_MAX"));
    c_blank(out);
}

/* d of the values before the window, in the layout of M_state.r. */
static void emit_d_state(Emit *emit, CBlock *out)
{
    Arena *arena = emit->arena;
    const Program *program = emit->program;
    const char *params[] = {arena_printf(arena, "const %s_frame *f", emit->m), "rnn_real *to"};
    CBlock *body =
        c_function(out, "static RNN_NOINLINE void", arena_printf(arena, "%s_give_d_state", emit->m), params, 2);
    c_call(body, c_name(arena, "(void)f"));
    c_call(body, c_name(arena, "memset(to, 0, %lld * sizeof(rnn_real))", (long long)program->sizes.state_reals));
    Ctx ctx = ctx_new(emit, &program->schedule->backward, NULL);
    for (int i = 0; i < program->graph->state_grads.n; i++) {
        const StateGrad *grad = &program->graph->state_grads.at[i];
        for (int k = 0; k < program->state.n && grad->grad; k++) {
            const StateSlot *slot = &program->state.at[k];
            if (slot->var != grad->var || slot->token || grad->back > slot->back)
                continue;
            CBlock *rows = c_for(body, "row", c_int(arena, 0), c_name(arena, "f->rows"), c_int(arena, 1));
            ctx.row = c_name(arena, "row");
            const CExpr *at = c_name(arena, "to + %lld + (%d * %lld + row) * %lld", (long long)slot->at, grad->back - 1,
                                     (long long)program->model->axes.at[AXIS_BATCH].high, (long long)slot->width);
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
    for (int i = 0; i < points.n; i++) {
        Point point = points.at[i];
        point.name = arena_printf(emit->arena, "do_%s", points.at[i].name);
        emit_signature(emit, out, "static ", &point, false);
        text_add(out, "\n{\n");
        CBlock *body = c_block(emit->arena);
        emit_point(emit, body, &points.at[i]);
        c_print(out, body, 1);
        text_add(out, "}\n\n");
    }
}

void emit_body(Emit *emit, Text *out)
{
    const Schedule *schedule = emit->program->schedule;
    CBlock *file = c_block(emit->arena);
    if (emit->program->graph->loss)
        c_line(file,
               "static rnn_status %s_fail(rnn_fault *fault, rnn_status code, const char *what, int32_t axis,\n"
               "    int32_t step, int32_t row);\n",
               emit->m);
    emit_frame(emit, file);
    emit_places(emit, file);
    emit_start(emit, file);
    emit_advance(emit, file);
    emit_pack(emit, file);
    emit_block_functions(emit, file, &schedule->forward);
    emit_window(emit, file);
    if (schedule->has_backward) {
        emit_block_functions(emit, file, &schedule->backward);
        emit_d_state(emit, file);
    }
    c_print(out, file, 0);
    emit_entry_points(emit, out);
}

/* emit_window.c: what crosses the border of a window: inputs into padded buffers, the steps before the first and after
 * the last one, outputs out of them, and the past values that a stream keeps. */
#include "emit/body.h"

static const CExpr *num(const Ctx *ctx, int64_t n)
{
    return c_int(ctx->arena, n);
}

static const char *element_type(const GVar *var)
{
    return var->token ? "int32_t" : "rnn_real";
}

static int64_t count_of(const GVar *var)
{
    return var->rank == 0 ? 1 : var->dim[0] * var->dim[1];
}

/* ---- inputs ---- */

static void copy_in(Ctx *ctx, CBlock *out, const GVar *var, const CExpr *to, const CExpr *from)
{
    if (var->token || var->rank == 0) {
        c_assign(out, c_deref(ctx->arena, to), "=", c_deref(ctx->arena, from));
    } else if (var->rank == 1) {
        c_call(out, c_expr(ctx->arena, PREC_ATOM, "rnn_pad_row($A, $B, $C)", to, from, num(ctx, var->dim[0])));
    } else {
        CBlock *rows = c_for(out, "i", num(ctx, 0), num(ctx, var->dim[0]), num(ctx, 1));
        c_call(rows, c_expr(ctx->arena, PREC_ATOM, "rnn_pad_row($A + i * $B, $C + i * $D, $D)", to,
                            num(ctx, padded(var->dim[1])), from, num(ctx, var->dim[1])));
    }
}

static void clear_input(Ctx *ctx, CBlock *out, const GVar *var, const CExpr *to, int64_t width)
{
    if (var->token)
        c_assign(out, c_deref(ctx->arena, to), "=", num(ctx, -1));
    else
        c_call(out, c_expr(ctx->arena, PREC_ATOM, "memset($A, 0, $B * sizeof(rnn_real))", to, num(ctx, width)));
}

void emit_input(Ctx *ctx, CBlock *out)
{
    Arena *arena = ctx->arena;
    const GVar *var = ctx->block->var;
    const Schedule *schedule = ctx->program->schedule;
    bool up = ctx->pass->backward; /* an adjoint from outside, which may be missing */
    const Buffer *buffer = (up ? schedule->up_loc : schedule->var_loc[0])[var->id].buffer;
    const char *more[] = {arena_printf(arena, "const %s *from", element_type(var))};
    CBlock *body = share_function(ctx->emit, out, block_function(ctx, ctx->block, ""), more, 1);
    bool sequence = ctx->block->domain == DOMAIN_SEQ;
    if (sequence) {
        body = share_area(body, up ? "f->from" : "0", up ? "f->to" : "f->steps");
        ctx->t = c_name(arena, "t");
    } else {
        share_rows(body);
        body = share_each_row(body);
    }
    ctx->row = c_name(arena, "row");
    const CExpr *to = row_pointer(ctx, buffer, 0);
    const CExpr *at = sequence ? c_template(arena, PREC_SUM, "t * f->rows + row", 0, NULL) : ctx->row;
    const CExpr *from = c_add(arena, c_name(arena, "from"), c_mul(arena, at, num(ctx, count_of(var))));
    if (sequence || up) {
        const char *there = !up        ? "t < f->length[row]"
                            : sequence ? "from != NULL && t < f->length[row]"
                                       : "from != NULL";
        CBlock *inside = c_if(body, c_name(arena, "%s", there));
        copy_in(ctx, inside, var, to, from);
        clear_input(ctx, c_else(body), var, to, buffer->width);
    } else {
        copy_in(ctx, body, var, to, from);
    }
    ctx->t = ctx->row = NULL;
    c_blank(out);
}

/* ---- steps before and after ---- */

/* Stores init (or zero, or the token) as the row of `loc` at step `step`. */
static void store_init(Ctx *ctx, CBlock *out, const GVar *var, Loc loc)
{
    Arena *arena = ctx->arena;
    if (var->token) {
        c_assign(out, c_deref(arena, row_pointer(ctx, loc.buffer, 0)), "=",
                 var->init ? token_of(ctx, var->init) : num(ctx, -1));
        return;
    }
    if (var->rank == 0) {
        c_assign(out, c_deref(arena, row_pointer(ctx, loc.buffer, 0)), "=",
                 var->init ? number_of(ctx, var->init) : num(ctx, 0));
        return;
    }
    ctx->matrix_row = NULL;
    if (var->rank == 2) {
        out = c_for(out, "i", num(ctx, 0), num(ctx, var->dim[0]), num(ctx, 1));
        ctx->matrix_row = c_name(arena, "i");
    }
    int64_t units = var->dim[var->rank - 1];
    out = c_each(out, "panel", padded(units) / PANEL, &ctx->panel);
    out = c_for(out, "u", num(ctx, 0), num(ctx, PANEL), c_name(arena, "RNN_VL"));
    ctx->lane = c_name(arena, "u");
    store_vector(ctx, out, loc, var->init ? value_of(ctx, var->init) : c_name(arena, "rnn_zero()"), units);
    ctx->panel = ctx->lane = ctx->matrix_row = NULL;
}

static const StateSlot *slot_of(const Program *program, const GVar *var)
{
    for (int i = 0; i < program->state.n; i++)
        if (program->state.at[i].var == var)
            return &program->state.at[i];
    return NULL;
}

/* Of `back` steps ago and the present row: `s->r + at + ((back - 1) * rows + row) * width` */
static const CExpr *state_pointer(const Ctx *ctx, const StateSlot *slot, const CExpr *back)
{
    Arena *arena = ctx->arena;
    const CExpr *all = num(ctx, ctx->program->model->axes.at[AXIS_BATCH].high);
    const CExpr *row = c_add(arena, c_mul(arena, c_add(arena, back, num(ctx, -1)), all), ctx->row);
    const CExpr *slots = c_name(arena, "%s", lay_offset(arena, slot->token ? "s->i" : "s->r", slot->at));
    return c_add(arena, slots, c_mul(arena, row, num(ctx, slot->width)));
}

/* A loop over 1 .. n steps ago; no loop where n is 1. */
static CBlock *each_back(const Ctx *ctx, CBlock *out, int64_t n, const CExpr **back)
{
    *back = n == 1 ? num(ctx, 1) : c_name(ctx->arena, "back");
    return n == 1 ? out : c_for(out, "back", num(ctx, 1), num(ctx, n + 1), num(ctx, 1));
}

static void fill_before(Ctx *ctx, CBlock *out, const GVar *var, Loc loc)
{
    Arena *arena = ctx->arena;
    const StateSlot *slot = slot_of(ctx->program, var);
    const CExpr *back;
    CBlock *body = share_each_row(each_back(ctx, out, loc.buffer->lead, &back));
    ctx->t = loc.buffer->lead == 1 ? num(ctx, -1) : c_expr(arena, PREC_UNARY, "-$a", back);
    ctx->row = c_name(arena, "row");
    if (slot) {
        CBlock *known = c_if(body, c_name(arena, "s != NULL && f->position[row] > 0"));
        c_call(known, c_expr(arena, PREC_ATOM,
                             arena_printf(arena, "memcpy($A, $B, %lld * sizeof(%s))", (long long)slot->width,
                                          element_type(var)),
                             row_pointer(ctx, loc.buffer, 0), state_pointer(ctx, slot, back)));
        body = c_else(body);
    }
    store_init(ctx, body, var, loc);
}

static void fill_after(Ctx *ctx, CBlock *out, const GVar *var, Loc loc)
{
    Arena *arena = ctx->arena;
    const CExpr *after;
    CBlock *body = share_each_row(c_each(out, "after", loc.buffer->trail, &after));
    ctx->t = c_add(arena, c_name(arena, "f->steps"), after);
    ctx->row = c_name(arena, "row");
    store_init(ctx, body, var, loc);
}

/* Where the variable is read after the present step, rows that end early look at init, too. */
static void fill_padding(Ctx *ctx, CBlock *out, const GVar *var, Loc loc)
{
    Arena *arena = ctx->arena;
    CBlock *body = share_each_row(c_for(out, "t", num(ctx, 0), c_name(arena, "f->steps"), num(ctx, 1)));
    body = c_if(body, c_name(arena, "t >= f->length[row]"));
    ctx->t = c_name(arena, "t");
    ctx->row = c_name(arena, "row");
    store_init(ctx, body, var, loc);
}

void emit_lead(Ctx *ctx, CBlock *out)
{
    const GVar *var = ctx->block->var;
    Loc loc = ctx->program->schedule->var_loc[ctx->pass->backward][var->id];
    const char *state[] = {arena_printf(ctx->arena, "const %s_state *s", ctx->emit->m)};
    int n = slot_of(ctx->program, var) ? 1 : 0;
    CBlock *body = share_function(ctx->emit, out, block_function(ctx, ctx->block, ""), state, n);
    share_rows(body);
    if (loc.buffer->lead > 0 && !ctx->pass->backward)
        fill_before(ctx, body, var, loc);
    if (loc.buffer->trail > 0)
        fill_after(ctx, body, var, loc);
    if (loc.buffer->lead > 0 && ctx->pass->backward)
        fill_before(ctx, body, var, loc);
    bool from_caller = var->kind == GVAR_INPUT || var->kind == GVAR_TARGET;
    if (loc.buffer->trail > 0 && from_caller && var->init)
        fill_padding(ctx, body, var, loc);
    ctx->t = ctx->row = NULL;
    c_blank(out);
}

/* ---- outputs ---- */

static void copy_out(Ctx *ctx, CBlock *out, const Node *value, const CExpr *to)
{
    Arena *arena = ctx->arena;
    if (value->token) {
        c_assign(out, c_deref(arena, to), "=", token_of(ctx, value));
        return;
    }
    if (value->rank == 0) {
        c_assign(out, c_deref(arena, to), "=", number_of(ctx, value));
        return;
    }
    int64_t columns = value->dim[value->rank - 1];
    ctx->matrix_row = NULL;
    if (value->rank == 2) {
        out = c_for(out, "i", num(ctx, 0), num(ctx, value->dim[0]), num(ctx, 1));
        ctx->matrix_row = c_name(arena, "i");
        to = c_expr(arena, PREC_SUM, "$a + i * $b", to, num(ctx, columns));
    }
    ctx->lane = c_name(arena, "u");
    out = c_each(out, "panel", padded(columns) / PANEL, &ctx->panel);
    out = c_for(out, "u", num(ctx, 0), num(ctx, PANEL), c_name(arena, "RNN_VL"));
    c_call(out, c_expr(arena, PREC_ATOM, "rnn_store_part($A, $B, $C)", c_add(arena, to, unit_position(ctx)),
                       value_of(ctx, value), units_left(ctx, columns)));
    ctx->panel = ctx->lane = ctx->matrix_row = NULL;
}

static void zero_out(Ctx *ctx, CBlock *out, const Node *value, const CExpr *to)
{
    int64_t count = value->rank == 0 ? 1 : value->dim[0] * value->dim[1];
    c_call(out, c_expr(ctx->arena, PREC_ATOM,
                       arena_printf(ctx->arena, "memset($A, 0, %lld * sizeof(%s))", (long long)count,
                                    value->token ? "int32_t" : "rnn_real"),
                       to));
}

/* static void M_give_<output>(f, to), M_down_<input>(f, to): zeros past a row's length; Tokens are 0 there. */
static void emit_give(Ctx *ctx, CBlock *out, const char *verb, const char *name, const Node *value)
{
    Arena *arena = ctx->arena;
    const char *more[] = {arena_printf(arena, "%s *to", value->token ? "int32_t" : "rnn_real")};
    c_comment(out, "%s%s, to the caller's array; zero past a row's length", ctx->pass->backward ? "d_" : "", name);
    CBlock *body = share_function(ctx->emit, out, arena_printf(arena, "%s_%s_%s", ctx->emit->m, verb, name), more, 1);
    int64_t count = value->rank == 0 ? 1 : value->dim[0] * value->dim[1];
    const CExpr *at = num(ctx, 0);
    bool sequence = node_domain(value) == DOMAIN_SEQ;
    if (sequence) {
        body = share_area(body, "f->from", "f->to");
        ctx->t = c_name(arena, "t");
    } else if (value->axes) {
        share_rows(body);
        body = share_each_row(body);
    } else {
        share_none(body);
    }
    if (value->axes) {
        ctx->row = c_name(arena, "row");
        at = sequence ? c_template(arena, PREC_SUM, "t * f->rows + row", 0, NULL) : ctx->row;
    }
    const CExpr *to = c_add(arena, c_name(arena, "to"), c_mul(arena, at, num(ctx, count)));
    if (sequence) {
        CBlock *inside = c_if(body, c_name(arena, "t < f->length[row]"));
        copy_out(ctx, inside, value, to);
        zero_out(ctx, c_else(body), value, to);
    } else {
        copy_out(ctx, body, value, to);
    }
    ctx->t = ctx->row = NULL;
    c_blank(out);
}

static void give_outputs(Emit *emit, CBlock *out)
{
    const Graph *graph = emit->program->graph;
    const Schedule *schedule = emit->program->schedule;
    Ctx ctx = ctx_new(emit, &schedule->forward, NULL);
    for (int i = 0; i < graph->outputs.n; i++)
        if (!node_is_total(graph->outputs.at[i].value))
            emit_give(&ctx, out, "give", graph->outputs.at[i].var->name, graph->outputs.at[i].value);
    for (int i = 0; i < graph->entries.n; i++)
        for (int k = 0; k < graph->entries.at[i].outputs.n; k++) {
            const GVar *var = graph->entries.at[i].outputs.at[k];
            bool given = false;
            for (int j = 0; j < graph->outputs.n; j++)
                given = given || graph->outputs.at[j].var == var;
            for (int e = 0; e <= i; e++)
                for (int j = 0; j < (e < i ? graph->entries.at[e].outputs.n : k); j++)
                    given = given || graph->entries.at[e].outputs.at[j] == var;
            if (!given)
                emit_give(&ctx, out, "give", var->name, var->def);
        }
    if (!schedule->has_backward)
        return;
    Ctx back = ctx_new(emit, &schedule->backward, NULL);
    for (int i = 0; i < graph->input_grads.n; i++)
        if (graph->input_grads.at[i].grad)
            emit_give(&back, out, "down", graph->input_grads.at[i].input->name, graph->input_grads.at[i].grad);
}

/* ---- state ---- */

static void save_slot(Ctx *ctx, CBlock *out, const StateSlot *slot)
{
    Arena *arena = ctx->arena;
    const Buffer *buffer = ctx->program->schedule->var_loc[0][slot->var->id].buffer;
    const char *state[] = {arena_printf(arena, "%s_state *s", ctx->emit->m)};
    c_comment(out, "%s, for the next call", slot->var->path);
    CBlock *body =
        share_function(ctx->emit, out, arena_printf(arena, "%s_save_%s", ctx->emit->m, slot->var->name), state, 1);
    const CExpr *back;
    share_rows(body);
    body = share_each_row(each_back(ctx, body, slot->back, &back));
    ctx->t = c_expr(arena, PREC_SUM, "$a - $b", c_name(arena, "f->length[row]"), back);
    ctx->row = c_name(arena, "row");
    c_call(body, c_expr(arena, PREC_ATOM,
                        arena_printf(arena, "memcpy($A, $B, %lld * sizeof(%s))", (long long)slot->width,
                                     element_type(slot->var)),
                        state_pointer(ctx, slot, back), row_pointer(ctx, buffer, 0)));
    ctx->t = ctx->row = NULL;
    c_blank(out);
}

void emit_window(Emit *emit, CBlock *out)
{
    Ctx ctx = ctx_new(emit, &emit->program->schedule->forward, NULL);
    give_outputs(emit, out);
    for (int i = 0; i < emit->program->state.n; i++)
        save_slot(&ctx, out, &emit->program->state.at[i]);
}

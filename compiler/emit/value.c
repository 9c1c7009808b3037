/* value.c: where a value stands, and what a node is, as C expressions (body.h). Everything is an rnn_vec: a number is a
 * vector of equal lanes. Values outside the block are loaded where they are used; the C compiler keeps them. */
#include <math.h>
#include <string.h>

#include "emit/body.h"

Ctx ctx_new(Emit *emit, const Pass *pass, const Block *block)
{
    Ctx ctx = {.emit = emit, .arena = emit->arena, .program = emit->program, .pass = pass, .block = block};
    ctx.local = arena_alloc(emit->arena, sizeof *ctx.local * (size_t)(emit->program->graph->nodes.n + 1));
    return ctx;
}

Loc node_loc(const Program *program, const Pass *pass, const Node *node)
{
    if (node->op == OP_UP)
        return program->schedule->up_loc[node->var->id];
    if (node->op == OP_READ || node->op == OP_INPUT)
        return program->schedule->var_loc[pass->backward][node->var->id];
    return pass->loc[node->id];
}

int node_offset(const Node *node)
{
    return node->op == OP_READ ? node->offset : 0;
}

int64_t param_offset(const Program *program, const GVar *param)
{
    for (int i = 0; i < program->graph->params.n; i++)
        if (program->graph->params.at[i] == param)
            return program->param_at[i];
    BUG("parameter %s has no place", param->path);
}

const char *lay_offset(Arena *arena, const char *pointer, int64_t offset)
{
    return offset == 0 ? pointer : arena_printf(arena, "%s + %lld", pointer, (long long)offset);
}

int64_t row_stride(const Node *matrix)
{
    int64_t columns = matrix->dim[1];
    return matrix->op == OP_PARAM ? columns : padded(columns);
}

static const CExpr *text(const Ctx *ctx, const char *name)
{
    return c_name(ctx->arena, "%s", name);
}

static const CExpr *advance(const Ctx *ctx, const CExpr *pointer, const CExpr *by)
{
    long long zero;
    if (c_is_int(by, &zero) && zero == 0)
        return pointer;
    return c_add(ctx->arena, pointer, by);
}

void open_pointers(Ctx *ctx, CBlock *body)
{
    ctx->pointers = arena_make(ctx->arena, RowPointers);
    ctx->pointers->to = c_group(body);
    ctx->pointers->t = ctx->t;
    ctx->pointers->row = ctx->row;
}

static const char *pointer_name(const Ctx *ctx, const Buffer *buffer, int offset)
{
    if (offset == 0)
        return arena_printf(ctx->arena, "%s_at", buffer->field);
    const char *where = offset < 0 ? "prev" : "next";
    int distance = offset < 0 ? -offset : offset;
    return distance == 1 ? arena_printf(ctx->arena, "%s_at_%s", buffer->field, where)
                         : arena_printf(ctx->arena, "%s_at_%s%d", buffer->field, where, distance);
}

/* The pointer's name, declared when it is asked for first. */
static const CExpr *declared_pointer(const Ctx *ctx, const Buffer *buffer, int offset, const CExpr *value)
{
    RowPointers *all = ctx->pointers;
    for (int i = 0; i < all->known.n; i++)
        if (all->known.at[i].buffer == buffer && all->known.at[i].offset == offset)
            return c_name(ctx->arena, "%s", all->known.at[i].name);
    const char *name = pointer_name(ctx, buffer, offset);
    c_decl(all->to, buffer->token ? "int32_t *const" : "rnn_real *const", name, value);
    RowPointer pointer = {buffer, offset, name};
    vec_push(ctx->arena, &all->known, pointer);
    /* in the order of buffers: who asks first depends on the order in which C evaluates arguments */
    CStmt **stmts = all->to->stmts.at;
    RowPointer *known = all->known.at;
    for (int i = all->known.n - 1; i > 0; i--) {
        bool after =
            known[i - 1].buffer->id != buffer->id ? known[i - 1].buffer->id > buffer->id : known[i - 1].offset > offset;
        if (!after)
            break;
        CStmt *stmt = stmts[i];
        stmts[i] = stmts[i - 1];
        stmts[i - 1] = stmt;
        known[i] = known[i - 1];
        known[i - 1] = pointer;
    }
    return c_name(ctx->arena, "%s", name);
}

/* Counted from where the buffer begins: at the first step, or at the first one of the chunk at hand. */
static const CExpr *step_of(const Ctx *ctx, const Buffer *buffer)
{
    long long step;
    const bool passes = buffer->passes && !ctx->pass->backward;
    if (!(buffer->chunk || passes) || c_is_int(ctx->t, &step)) /* a constant: of a call of one step */
        return ctx->t;
    if (buffer->chunk && ctx->t->n == 0 && strcmp(ctx->t->text, "f->from") == 0)
        return c_int(ctx->arena, 0);
    return c_expr(ctx->arena, PREC_SUM, buffer->chunk ? "$a - f->from" : "$a - f->held", ctx->t);
}

const CExpr *row_pointer(const Ctx *ctx, const Buffer *buffer, int offset)
{
    Arena *arena = ctx->arena;
    const CExpr *base = c_name(arena, "f->%s", buffer->field), *at = c_int(arena, 0);
    if (buffer->span == SPAN_SEQ) {
        if (!ctx->t)
            BUG("buffer %s is read where there is no step", buffer->field);
        const CExpr *step = c_add(arena, step_of(ctx, buffer), c_int(arena, buffer->lead + offset));
        at = c_add(arena, c_mul(arena, step, text(ctx, "f->rows")), ctx->row);
    } else if (buffer->span == SPAN_ROWS) {
        if (!ctx->row)
            BUG("buffer %s is read where there is no row", buffer->field);
        at = ctx->row;
    }
    const CExpr *pointer = advance(ctx, base, c_mul(arena, at, c_int(arena, buffer->width)));
    bool same = ctx->pointers && ctx->pointers->t == ctx->t && ctx->pointers->row == ctx->row;
    return same && buffer->span != SPAN_ONCE ? declared_pointer(ctx, buffer, offset, pointer) : pointer;
}

const CExpr *param_pointer(const Ctx *ctx, const GVar *param)
{
    return advance(ctx, text(ctx, "f->p"), c_int(ctx->arena, param_offset(ctx->program, param)));
}

const CExpr *node_pointer(const Ctx *ctx, const Node *node)
{
    if (node->op == OP_PARAM)
        return param_pointer(ctx, node->var);
    Loc loc = node_loc(ctx->program, ctx->pass, node);
    if (!loc.buffer || loc.slots > 1)
        BUG("node %d (%s) has no row of its own", node->id, op_info[node->op].name);
    return advance(ctx, row_pointer(ctx, loc.buffer, node_offset(node)), c_int(ctx->arena, loc.slot * PANEL));
}

const CExpr *unit_position(const Ctx *ctx)
{
    return c_add(ctx->arena, c_mul(ctx->arena, ctx->panel, c_int(ctx->arena, PANEL)), ctx->lane);
}

const CExpr *units_left(const Ctx *ctx, int64_t units)
{
    const CExpr *at = c_expr(ctx->arena, PREC_UNARY, "(int)$a", unit_position(ctx));
    return c_expr(ctx->arena, PREC_SUM, "$a - $b", c_int(ctx->arena, units), at);
}

const CExpr *unit_index(const Ctx *ctx, int slots, int slot)
{
    Arena *arena = ctx->arena;
    const CExpr *panel = c_mul(arena, ctx->panel, c_int(arena, PANEL * slots));
    return c_add(arena, c_add(arena, panel, c_int(arena, PANEL * slot)), ctx->lane);
}

const CExpr *real_literal(const Ctx *ctx, double value)
{
    Text t = text_new(ctx->arena);
    text_add_double(&t, value);
    const char *digits = text_z(&t);
    bool has_point = strpbrk(digits, ".eEn") != NULL;
    const char *suffix = strcmp(ctx->emit->real, "float") == 0 ? "F" : "";
    const char *all = arena_printf(ctx->arena, "%s%s%s", digits, has_point ? "" : ".0", suffix);
    return c_template(ctx->arena, value < 0 ? PREC_UNARY : PREC_ATOM, all, 0, NULL);
}

static const CExpr *call1(const Ctx *ctx, const char *function, const CExpr *arg)
{
    return c_expr(ctx->arena, PREC_ATOM, arena_printf(ctx->arena, "%s($A)", function), arg);
}

static const CExpr *load(const Ctx *ctx, const CExpr *pointer)
{
    return call1(ctx, "rnn_load", pointer);
}

static const CExpr *real_cast(const Ctx *ctx, const CExpr *e)
{
    return c_expr(ctx->arena, PREC_UNARY, "(rnn_real)$a", e);
}

/* ---- leaves that are numbers of a step or row ---- */

static const CExpr *length_of_row(const Ctx *ctx)
{
    return c_expr(ctx->arena, PREC_ATOM, "f->length[$A]", ctx->row);
}

static const CExpr *is_step(const Ctx *ctx, const Node *node)
{
    Arena *arena = ctx->arena;
    const CExpr *at = c_int(arena, node->offset);
    if (node->from_end)
        at = c_expr(arena, PREC_SUM, "$a - $b", length_of_row(ctx), c_int(arena, node->offset + 1));
    return c_expr(arena, PREC_NONE, "$a == $b ? 1 : 0", ctx->t, at);
}

static const CExpr *count_of(const Ctx *ctx, const Node *node)
{
    AxisSet steps = node->over & ~AXIS_BIT(AXIS_BATCH);
    if (steps && (node->over & AXIS_BIT(AXIS_BATCH)))
        return text(ctx, "f->valid");
    if (steps)
        return length_of_row(ctx);
    if (node_domain(node) == DOMAIN_SEQ) /* rows that have this step */
        return c_expr(ctx->arena, PREC_ATOM, "rnn_rows_at(f->length, f->rows, $A)", ctx->t);
    return text(ctx, "f->rows");
}

static const CExpr *leaf_number(const Ctx *ctx, const Node *node)
{
    Arena *arena = ctx->arena;
    switch (node->op) {
    case OP_CONST:
        return real_literal(ctx, node->number);
    case OP_CONTROL:
        if (ctx->pass->backward)
            return c_name(arena, "*f->%s", ctx->program->schedule->control[node->var->id]->field);
        return c_name(arena, "f->c->%s", emit_c_name(ctx->emit, node->var->name));
    case OP_DLOSS:
        return real_cast(ctx, text(ctx, "f->dloss"));
    case OP_COUNT:
        return real_cast(ctx, count_of(ctx, node));
    case OP_IS_STEP:
        return real_cast(ctx, c_expr(arena, PREC_ATOM, "($A)", is_step(ctx, node)));
    case OP_IS_START:
        return real_cast(ctx, c_expr(arena, PREC_ATOM, "($A + f->position[$B] == 0 ? 1 : 0)", ctx->t, ctx->row));
    case OP_FRESH:
        return real_cast(ctx, c_expr(arena, PREC_ATOM, "(f->position[$A] == 0 ? 1 : 0)", ctx->row));
    case OP_PARAM:
        return c_expr(arena, PREC_ATOM, "f->p[$A]", c_int(arena, param_offset(ctx->program, node->var)));
    default:
        return NULL;
    }
}

const CExpr *token_of(const Ctx *ctx, const Node *node)
{
    if (node->op == OP_TOKEN)
        return c_int(ctx->arena, (long long)node->number);
    Loc loc = node_loc(ctx->program, ctx->pass, node);
    return c_deref(ctx->arena, row_pointer(ctx, loc.buffer, node_offset(node)));
}

/* Where the caller's array of adjoints has this step and row. */
static const CExpr *up_index(const Ctx *ctx, const Node *node)
{
    Arena *arena = ctx->arena;
    const CExpr *at = c_int(arena, 0);
    if (node_domain(node) == DOMAIN_SEQ)
        at = c_expr(arena, PREC_ATOM, "($A)", c_add(arena, c_mul(arena, ctx->t, text(ctx, "f->rows")), ctx->row));
    else if (node->axes)
        at = ctx->row;
    return c_mul(arena, at, c_int(arena, node->dim[0] * node->dim[1]));
}

static const CExpr *up_number(const Ctx *ctx, const Node *node)
{
    const char *name = emit_c_name(ctx->emit, node->var->name);
    return c_expr(ctx->arena, PREC_ATOM,
                  arena_printf(ctx->arena, "(f->up->%s != NULL ? f->up->%s[$A] : 0)", name, name), up_index(ctx, node));
}

static const CExpr *up_vector(const Ctx *ctx, const Node *node)
{
    Arena *arena = ctx->arena;
    const char *name = emit_c_name(ctx->emit, node->var->name);
    const CExpr *at = up_index(ctx, node);
    if (node->rank == 2)
        at = c_add(arena, at, c_mul(arena, ctx->matrix_row, c_int(arena, node->dim[1])));
    const CExpr *left = units_left(ctx, node->dim[node->rank - 1]);
    return c_expr(
        arena, PREC_ATOM,
        arena_printf(arena, "(f->up->%s != NULL ? rnn_load_part(f->up->%s + $A, $B) : rnn_zero())", name, name),
        c_add(arena, at, unit_position(ctx)), left);
}

const CExpr *number_of(const Ctx *ctx, const Node *node)
{
    if (ctx->local[node->id])
        return call1(ctx, "rnn_first", ctx->local[node->id]);
    if (node->op == OP_UP)
        return up_number(ctx, node);
    const CExpr *leaf = node->rank == 0 ? leaf_number(ctx, node) : NULL;
    if (leaf)
        return leaf;
    return c_deref(ctx->arena, row_pointer(ctx, node_loc(ctx->program, ctx->pass, node).buffer, node_offset(node)));
}

/* ---- vectors ---- */

static const CExpr *stored_vector(const Ctx *ctx, const Node *node)
{
    Arena *arena = ctx->arena;
    if (node->op == OP_PARAM) {
        const CExpr *at = node->rank == 2 ? c_add(arena, c_mul(arena, ctx->matrix_row, c_int(arena, node->dim[1])),
                                                  unit_position(ctx))
                                          : unit_position(ctx);
        return load(ctx, advance(ctx, param_pointer(ctx, node->var), at));
    }
    Loc loc = node_loc(ctx->program, ctx->pass, node);
    if (!loc.buffer)
        BUG("node %d (%s) is used outside its block but has no place", node->id, op_info[node->op].name);
    const CExpr *at = unit_index(ctx, loc.slots, loc.slot);
    if (node->rank == 2)
        at = c_add(arena, c_mul(arena, ctx->matrix_row, c_int(arena, row_stride(node))), at);
    return load(ctx, advance(ctx, row_pointer(ctx, loc.buffer, node_offset(node)), at));
}

const CExpr *value_of(const Ctx *ctx, const Node *node)
{
    if (ctx->local[node->id])
        return ctx->local[node->id];
    if (node->op == OP_UP && node->rank > 0 && !ctx->program->schedule->up_loc[node->var->id].buffer)
        return up_vector(ctx, node);
    if (node->rank == 0)
        return call1(ctx, "rnn_splat", number_of(ctx, node));
    return stored_vector(ctx, node);
}

static const CExpr *compute_onehot(const Ctx *ctx, const Node *node)
{
    const CExpr *first = real_cast(ctx, unit_position(ctx));
    const CExpr *lanes = c_expr(ctx->arena, PREC_SUM, "rnn_iota() + rnn_splat($A)", first);
    return c_expr(ctx->arena, PREC_ATOM, "rnn_eq($A, rnn_splat((rnn_real)$B))", lanes, token_of(ctx, node->arg[0]));
}

static const CExpr *compute_outer(const Ctx *ctx, const Node *node)
{
    Arena *arena = ctx->arena;
    const Node *left = node->arg[0];
    const CExpr *element;
    if (left->op == OP_PARAM) {
        element = c_deref(arena, advance(ctx, param_pointer(ctx, left->var), ctx->matrix_row));
    } else {
        element = c_deref(arena, advance(ctx, node_pointer(ctx, left), ctx->matrix_row));
    }
    return c_expr(arena, PREC_PROD, "rnn_splat($A) * $b", element, value_of(ctx, node->arg[1]));
}

const CExpr *compute(const Ctx *ctx, const Node *node)
{
    if (node->op == OP_WHEN_UP)
        return c_expr(ctx->arena, PREC_ATOM, "(f->up != NULL ? $A : rnn_zero())", value_of(ctx, node->arg[0]));
    if (node->op == OP_ONEHOT)
        return compute_onehot(ctx, node);
    if (node->op == OP_OUTER)
        return compute_outer(ctx, node);
    const CExpr *args[3];
    for (int i = 0; i < node->n; i++)
        args[i] = value_of(ctx, node->arg[i]);
    const OpInfo *op = &op_info[node->op];
    if (strcmp(op->c, "$a") == 0)
        return args[0];
    return c_template(ctx->arena, op->precedence, op->c, node->n, args);
}

static bool ends_with(const char *name, const char *end)
{
    const size_t n = strlen(name), length = strlen(end);
    return n >= length && strcmp(name + n - length, end) == 0;
}

/* Names that the functions around use themselves: parameters and counters, the runtime's, sums and row pointers. */
static bool is_taken(const char *name)
{
    static const char *const ours[] = {"f",    "t", "u", "i",    "k",  "z",    "row",  "block", "panel",
                                       "rows", "s", "x", "from", "to", "leaf", "part", "parts", "panels"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(name, ours[i]) == 0)
            return true;
    const bool is_sum = strncmp(name, "sum", 3) == 0 && name[3 + strspn(name + 3, "0123456789")] == '\0';
    return is_sum || strncmp(name, "rnn_", 4) == 0 || ends_with(name, "_at") || strstr(name, "_at_") != NULL;
}

const char *local_name(const Ctx *ctx, const Node *node)
{
    if (node->name && !is_taken(node->name))
        return emit_c_name(ctx->emit, node->name);
    return arena_printf(ctx->arena, "v%d", node->id);
}

static bool is_local(const Ctx *ctx, const char *name)
{
    for (int i = 0; i < ctx->program->graph->nodes.n; i++)
        if (ctx->local[i] && ctx->local[i]->n == 0 && strcmp(ctx->local[i]->text, name) == 0)
            return true;
    return false;
}

/* Names of the language end in no '_'. */
const char *unique_name(const Ctx *ctx, const char *name, int id)
{
    if (is_taken(name))
        name = arena_printf(ctx->arena, "%s_", name);
    if (is_local(ctx, name))
        name = arena_printf(ctx->arena, "%s_%d", name, id);
    while (is_local(ctx, name))
        name = arena_printf(ctx->arena, "%s_", name);
    return name;
}

void comment_equation(const Ctx *ctx, CBlock *out, const Node *node)
{
    if (!node->defines || node->defines->kind == GVAR_ADJOINT || !node->defines->var)
        return;
    const Var *var = node->defines->var;
    if (var->equation.file == 0)
        return;
    Place place = source_place(ctx->emit->sources, var->equation.file, var->equation.start);
    const Source *source = source_of(ctx->emit->sources, var->equation.file);
    c_comment(out, "%s:%d  %s", source->name, place.line, source_text(ctx->arena, ctx->emit->sources, var->equation));
}

bool has_lengths(const Ctx *ctx)
{
    return ctx->program->axis >= 0;
}

bool block_keeps(const Ctx *ctx, const Node *node)
{
    return ctx->pass->keep[node->id] && ctx->pass->loc[node->id].buffer != NULL;
}

const char *block_function(const Ctx *ctx, const Block *block, const char *suffix)
{
    bool marked = !block->backward || strncmp(block->name, "d_", 2) == 0;
    return arena_printf(ctx->arena, "%s_%s%s%s", ctx->emit->m, marked ? "" : "d_", block->name, suffix);
}

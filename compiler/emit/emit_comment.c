/* emit_comment.c: what the function of a block computes, as a comment above it: its values as formulas of the language,
 * under the names that their places have in the C text. Formulas: graph/print_expr.c. */
#include "emit/body.h"
#include "graph/print.h"

enum { FORMULA_MOST = 400 };

/* The place of a node in either pass, under the user's name where it has one. */
static const char *label_of(const Ctx *ctx, const Node *node)
{
    const Schedule *schedule = ctx->program->schedule;
    if (node->n == 0)
        return NULL;
    if (node->defines && node->defines->def == node)
        return node->defines->path;
    const Pass *passes[] = {&schedule->forward, &schedule->backward};
    for (int i = 0; i < 1 + schedule->has_backward; i++) {
        const Loc loc = passes[i]->loc[node->id];
        if (!passes[i]->keep[node->id] || !loc.buffer)
            continue;
        return loc.buffer->slots > 1 ? arena_printf(ctx->arena, "%s.%d", loc.buffer->field, loc.slot)
                                     : loc.buffer->field;
    }
    return NULL;
}

static Printer printer_new(const Ctx *ctx, Text *out)
{
    const Graph *graph = ctx->program->graph;
    Printer printer = {out, graph, arena_array(ctx->arena, const char *, graph->nodes.n)};
    for (int i = 0; i < graph->nodes.n; i++)
        printer.label[i] = label_of(ctx, graph->nodes.at[i]);
    return printer;
}

/* "h[t] = tanh(sum_2[t] + rnn.W @ h[t-1])" */
static void comment_value(const Ctx *ctx, CBlock *out, Printer *printer, const Node *node)
{
    Text text = text_new(ctx->arena);
    printer->out = &text;
    const Group *group = ctx->block->kind == BLOCK_PRODUCT ? ctx->block->group : NULL;
    const char *name = printer->label[node->id];
    if (!name && group)
        name = group->slots > 1 ? arena_printf(ctx->arena, "%s.%d", group->buffer->field, ctx->pass->slot[node->id])
                                : group->buffer->field;
    if (name) {
        text_add(&text, name);
        print_axes(printer, node->axes);
        text_add(&text, " = ");
    }
    print_expr(printer, node, true);
    const char *more = text.n > FORMULA_MOST ? " ..." : "";
    c_comment(out, "%.*s%s", FORMULA_MOST, text_z(&text), more);
}

static bool is_shown(const Ctx *ctx, const Printer *printer, const Node *node)
{
    const BlockKind kind = ctx->block->kind;
    if (kind == BLOCK_CONTRACT || kind == BLOCK_SUM || kind == BLOCK_PRODUCT)
        return true;
    return printer->label[node->id] != NULL;
}

void emit_block_comment(const Ctx *ctx, CBlock *out)
{
    const Block *block = ctx->block;
    Printer printer = printer_new(ctx, NULL);
    if (block->kind == BLOCK_INPUT)
        c_comment(out, "%s, from the caller's array", block->var->path);
    else if (block->kind == BLOCK_LEAD)
        c_comment(out, "%s at the steps outside of the window that are looked at", block->var->path);
    else if (block->kind == BLOCK_LOOP)
        c_comment(out, "All steps, %s",
                  block->direction > 0 ? "from the first to the last" : "from the last to the first");
    for (int i = 0; i < block->nodes.n; i++)
        if (is_shown(ctx, &printer, block->nodes.at[i]))
            comment_value(ctx, out, &printer, block->nodes.at[i]);
}

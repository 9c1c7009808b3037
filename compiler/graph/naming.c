/* naming.c: names for values that the user gave none: "Emb_row" for Emb[w[t-1]], "Un_x" for Un @ x[t], "logsumexp_o".
 * Adjoints, dumps, and buffers and functions of the emitted C carry them; they need not be unique and are C-safe. */
#include <ctype.h>
#include <string.h>

#include "graph/naming.h"

enum { NAME_DEPTH = 1, NAME_LENGTH = 63 }; /* what is further away explains nothing; C99 */

static const char *name_at(Arena *arena, const Node *node, int depth);

static const char *in_lower_case(Arena *arena, const char *name)
{
    char *copy = arena_printf(arena, "%s", name);
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

static const char *leaf_name(Arena *arena, const Node *node)
{
    if (!node->var)
        return node->op == OP_DLOSS ? "d_loss" : NULL;
    if (node->op == OP_READ && node->offset != 0)
        return arena_printf(arena, "%s_%s", node->var->name, node->offset < 0 ? "prev" : "next");
    return node->op == OP_UP ? arena_printf(arena, "up_%s", node->var->name) : node->var->name;
}

static const char *joined(Arena *arena, const char *a, const char *b)
{
    if (!a || !b)
        return a ? a : b;
    return arena_printf(arena, "%s_%s", a, b);
}

/* The first operand that has a name. */
static const char *operand_name(Arena *arena, const Node *node, int depth)
{
    const char *name = NULL;
    for (int i = 0; i < node->n && !name; i++)
        name = name_at(arena, node->arg[i], depth + 1);
    return name;
}

/* Ops whose value is called otherwise than "op_operand". */
static const struct {
    OpId op;
    const char *before, *after;
} wordings[] = {
    {OP_EXPAND, NULL, NULL},    {OP_TOREAL, NULL, NULL},    {OP_WHEN_UP, NULL, NULL},   {OP_STOPGRAD, NULL, NULL},
    {OP_MUL, NULL, "times"},    {OP_ADD, NULL, "plus"},     {OP_SUB, NULL, "minus"},    {OP_DIV, NULL, "over"},
    {OP_GATHER, NULL, "row"},   {OP_PICK, NULL, "picked"},  {OP_SLICE, NULL, "part"},   {OP_JOIN, NULL, "joined"},
    {OP_SUM_AXES, "sum", NULL}, {OP_MAX_AXES, "max", NULL}, {OP_MIN_AXES, "min", NULL}, {OP_SCATTER_SUM, "rows", NULL},
    {OP_CONTRACT, "sum", NULL},
};

static const char *op_name(Arena *arena, const Node *node, int depth)
{
    const char *of = operand_name(arena, node, depth);
    if (node->op == OP_MASK)
        return "mask";
    if (node->op == OP_AT && of)
        return joined(arena, of, node->from_end ? "last" : "first");
    for (size_t i = 0; i < sizeof wordings / sizeof *wordings; i++)
        if (wordings[i].op == node->op)
            return of ? joined(arena, wordings[i].before, joined(arena, of, wordings[i].after)) : NULL;
    return of ? joined(arena, in_lower_case(arena, op_info[node->op].name), of) : NULL;
}

static const char *name_at(Arena *arena, const Node *node, int depth)
{
    if (node->name)
        return node->name;
    if (op_info[node->op].family == FAMILY_LEAF && node->op != OP_MASK)
        return leaf_name(arena, node);
    if (depth > NAME_DEPTH)
        return NULL;
    if (op_info[node->op].family == FAMILY_PRODUCT)
        return joined(arena, name_at(arena, node->arg[node->n - 2], depth + 1),
                      name_at(arena, node->arg[node->n - 1], depth + 1));
    return op_name(arena, node, depth);
}

const char *node_called(Arena *arena, const Node *node)
{
    const char *name = name_at(arena, node, 0);
    return name && strlen(name) <= NAME_LENGTH ? name : NULL;
}

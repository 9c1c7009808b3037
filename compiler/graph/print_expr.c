/* print_expr.c: a node as a formula of the language, nearly: what the language cannot say (steps counted from an end,
 * masks, scatter) is written in the same spirit. Parentheses by precedence. */
#include "graph/print.h"

#include <ctype.h>
#include <math.h>

#include "graph/node.h"

enum { LEVEL_SUM = 1, LEVEL_PRODUCT, LEVEL_UNARY, LEVEL_ATOM };

static void expr(const Printer *printer, const Node *node, int level);

static const char *axis_name(const Printer *printer, int axis)
{
    const Model *model = printer->graph->model;
    return model != NULL && axis < model->axes.n ? model->axes.at[axis].name : axis == AXIS_BATCH ? "batch" : "t";
}

static void print_axis_list(const Printer *printer, AxisSet axes)
{
    bool any = false;
    for (int i = 1; i <= MAX_AXES; i++) { /* batch last */
        const int axis = i % MAX_AXES;
        if ((axes & AXIS_BIT(axis)) == 0)
            continue;
        text_printf(printer->out, "%s%s", any ? ", " : "", axis_name(printer, axis));
        any = true;
    }
}

void print_axes(const Printer *printer, AxisSet axes)
{
    axes &= ~AXIS_BIT(AXIS_BATCH);
    if (axes == 0)
        return;
    text_add(printer->out, "[");
    print_axis_list(printer, axes);
    text_add(printer->out, "]");
}

/* name[t, s-1] */
static void print_read(const Printer *printer, const Node *node)
{
    bool any = false;
    text_add(printer->out, node->var->path);
    text_add(printer->out, "[");
    for (int axis = 1; axis < MAX_AXES; axis++) {
        if ((node->var->axes & AXIS_BIT(axis)) == 0)
            continue;
        text_printf(printer->out, "%s%s", any ? ", " : "", axis_name(printer, axis));
        if (axis == node->axis)
            text_printf(printer->out, "%+d", node->offset);
        any = true;
    }
    text_add(printer->out, "]");
}

static void print_end(const Printer *printer, const Node *node)
{
    text_add(printer->out, node->from_end ? "last" : "first");
    if (node->offset != 0)
        text_printf(printer->out, "%s%d", node->from_end ? "-" : "+", node->offset);
}

/* name(a, b, ...) */
static void print_call(const Printer *printer, const char *name, const Node *node)
{
    text_printf(printer->out, "%s(", name);
    for (int i = 0; i < node->n; i++) {
        if (i > 0)
            text_add(printer->out, ", ");
        expr(printer, node->arg[i], 0);
    }
    text_add(printer->out, ")");
}

/* name[axes](inner) */
static void print_over(const Printer *printer, const char *name, const Node *node, const char *inner)
{
    text_printf(printer->out, "%s[", name);
    print_axis_list(printer, node->over);
    text_add(printer->out, "](");
    if (inner != NULL)
        print_call(printer, inner, node);
    else
        expr(printer, node->arg[0], 0);
    text_add(printer->out, ")");
}

static void print_leaf(const Printer *printer, const Node *node)
{
    Text *out = printer->out;
    switch (node->op) {
    case OP_CONST:
    case OP_TOKEN:
        if (fabs(node->number) < 1e9 && node->number == floor(node->number))
            text_printf(out, "%d", (int)node->number);
        else
            text_add_double(out, node->number);
        break;
    case OP_PARAM:
    case OP_CONTROL:
        text_add(out, node->var->path);
        break;
    case OP_INPUT:
        text_add(out, node->var->path);
        print_axes(printer, node->axes);
        break;
    case OP_READ:
        print_read(printer, node);
        break;
    case OP_UP:
        text_printf(out, "up_%s", node->var->name);
        print_axes(printer, node->axes);
        break;
    case OP_DLOSS:
        text_add(out, "d_loss");
        break;
    case OP_COUNT:
        text_add(out, "count[");
        print_axis_list(printer, node->over);
        text_add(out, "]");
        break;
    case OP_IS_STEP:
        text_printf(out, "(%s == ", axis_name(printer, node->axis));
        print_end(printer, node);
        text_add(out, ")");
        break;
    case OP_IS_START:
        text_printf(out, "(%s == start)", axis_name(printer, node->axis));
        break;
    case OP_FRESH:
        text_add(out, "fresh");
        break;
    case OP_MASK:
        text_printf(out, "mask%d(", node->site);
        expr(printer, node->arg[0], 0);
        text_add(out, ")");
        break;
    default: /* MEAN_OF */
        text_printf(out, "mean_%d", (int)node->number);
        break;
    }
}

static void print_at(const Printer *printer, const Node *node, int level)
{
    (void)level;
    const Node *a = node->arg[0];
    if (printer->label[a->id] != NULL || a->op == OP_INPUT) {
        text_add(printer->out, a->op == OP_INPUT ? a->var->path : printer->label[a->id]);
        text_add(printer->out, "[");
        print_end(printer, node);
        text_add(printer->out, "]");
        return;
    }
    text_printf(printer->out, "at[%s == ", axis_name(printer, node->axis));
    print_end(printer, node);
    text_add(printer->out, "](");
    expr(printer, a, 0);
    text_add(printer->out, ")");
}

static const char *infix(OpId op, int *level)
{
    static const struct {
        OpId op;
        int level;
        const char *text;
    } rows[] = {
        {OP_ADD, LEVEL_SUM, " + "},
        {OP_SUB, LEVEL_SUM, " - "},
        {OP_MUL, LEVEL_PRODUCT, " * "},
        {OP_DIV, LEVEL_PRODUCT, " / "},
        {OP_EQ, 0, " == "},
        {OP_NE, 0, " != "},
        {OP_LT, 0, " < "},
        {OP_LE, 0, " <= "},
        {OP_GT, 0, " > "},
        {OP_GE, 0, " >= "},
        {OP_AND, 0, " and "},
        {OP_OR, 0, " or "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].op == op) {
            *level = rows[i].level;
            return rows[i].text;
        }
    return NULL;
}

/* The left operand of a chain of one op needs no parentheses; @ is never mixed with * and /. */
static void print_infix(const Printer *printer, const Node *node, const char *text, int inner, int level)
{
    const bool parens = inner < level;
    if (parens)
        text_add(printer->out, "(");
    const bool product = node->arg[0]->op == OP_MATVEC && inner == LEVEL_PRODUCT;
    expr(printer, node->arg[0], product ? LEVEL_UNARY : inner == 0 ? LEVEL_SUM : inner);
    text_add(printer->out, text);
    expr(printer, node->arg[1], inner + 1);
    if (parens)
        text_add(printer->out, ")");
}

static void print_product(const Printer *printer, const Node *node, int level)
{
    const int first = node->op == OP_FMA_PRODUCT;
    const int own = first == 1 ? LEVEL_SUM : LEVEL_PRODUCT;
    if (own < level)
        text_add(printer->out, "(");
    if (first == 1) {
        expr(printer, node->arg[0], LEVEL_SUM);
        text_add(printer->out, " + ");
    }
    expr(printer, node->arg[first], LEVEL_UNARY);
    text_add(printer->out, node->ta ? "' @ " : " @ ");
    expr(printer, node->arg[first + 1], LEVEL_UNARY);
    if (node->tb)
        text_add(printer->out, "'");
    if (own < level)
        text_add(printer->out, ")");
}

static void print_join(const Printer *printer, const Node *node, int level)
{
    (void)level;
    for (int i = 0; i < node->n; i++) {
        text_add(printer->out, i == 0 ? "[" : "; ");
        expr(printer, node->arg[i], 0);
    }
    text_add(printer->out, "]");
}

static void print_lookup(const Printer *printer, const Node *node, int level)
{
    (void)level;
    expr(printer, node->arg[0], LEVEL_ATOM);
    text_add(printer->out, node->ta ? "[:, " : "[");
    expr(printer, node->arg[1], 0);
    text_add(printer->out, "]");
}

static void print_named(const Printer *printer, const Node *node)
{
    char name[24];
    size_t i = 0;
    for (const char *c = op_info[node->op].name; *c != '\0' && i + 1 < sizeof name; c++)
        name[i++] = (char)tolower((unsigned char)*c);
    name[i] = '\0';
    print_call(printer, name, node);
}

static void print_operand(const Printer *printer, const Node *node, int level)
{
    expr(printer, node->arg[0], level);
}

static void print_negative(const Printer *printer, const Node *node, int level)
{
    text_add(printer->out, LEVEL_UNARY < level ? "(-" : "-");
    expr(printer, node->arg[0], LEVEL_UNARY);
    text_add(printer->out, LEVEL_UNARY < level ? ")" : "");
}

static void print_transposed(const Printer *printer, const Node *node, int level)
{
    (void)level;
    expr(printer, node->arg[0], LEVEL_ATOM);
    text_add(printer->out, "'");
}

/* slice(a, from, n) */
static void print_range(const Printer *printer, const Node *node, int level)
{
    (void)level;
    text_add(printer->out, node->op == OP_SLICE ? "slice(" : "pad(");
    expr(printer, node->arg[0], 0);
    text_printf(printer->out, ", %d, %lld)", node->from, (long long)node->dim[0]);
}

static void print_over_axes(const Printer *printer, const Node *node, int level)
{
    static const struct {
        OpId op;
        const char *name, *inner;
    } rows[] = {{OP_SUM_AXES, "sum", NULL},
                {OP_MAX_AXES, "max", NULL},
                {OP_MIN_AXES, "min", NULL},
                {OP_CONTRACT, "sum", "outer"},
                {OP_SCATTER_SUM, "sum", "scatter"}};
    (void)level;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].op == node->op)
            print_over(printer, rows[i].name, node, rows[i].inner);
}

/* Ops with a form of their own; all others are written as calls. */
static const struct {
    OpId op;
    void (*print)(const Printer *printer, const Node *node, int level);
} forms[] = {
    {OP_EXPAND, print_operand},
    {OP_TOREAL, print_operand},
    {OP_NEG, print_negative},
    {OP_MATVEC, print_product},
    {OP_MATMUL, print_product},
    {OP_FMA_PRODUCT, print_product},
    {OP_JOIN, print_join},
    {OP_GATHER, print_lookup},
    {OP_PICK, print_lookup},
    {OP_TRANSPOSE, print_transposed},
    {OP_SLICE, print_range},
    {OP_PAD, print_range},
    {OP_AT, print_at},
    {OP_SUM_AXES, print_over_axes},
    {OP_MAX_AXES, print_over_axes},
    {OP_MIN_AXES, print_over_axes},
    {OP_CONTRACT, print_over_axes},
    {OP_SCATTER_SUM, print_over_axes},
};

static void print_formula(const Printer *printer, const Node *node, int level)
{
    int inner = 0;
    const char *text = infix(node->op, &inner);
    if (text != NULL) {
        print_infix(printer, node, text, inner, level);
        return;
    }
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].op == node->op) {
            forms[i].print(printer, node, level);
            return;
        }
    print_named(printer, node);
}

static void expr(const Printer *printer, const Node *node, int level)
{
    if (printer->label[node->id] != NULL) {
        text_add(printer->out, printer->label[node->id]);
        print_axes(printer, node->axes);
    } else if (op_info[node->op].family == FAMILY_LEAF) {
        print_leaf(printer, node);
    } else {
        print_formula(printer, node, level);
    }
}

void print_expr(const Printer *printer, const Node *node, bool whole)
{
    if (!whole)
        expr(printer, node, 0);
    else if (op_info[node->op].family == FAMILY_LEAF)
        print_leaf(printer, node);
    else
        print_formula(printer, node, 0);
}

/* ast_dump.c: the tree as text. The fields printed are those that syntax/ast.h lists for each kind of statement. */
#include "syntax/ast_dump.h"

static const char *const stmt_name[STMT_KIND_COUNT] = {
    [STMT_USE] = "use",
    [STMT_DIM] = "dim",
    [STMT_CONST] = "const",
    [STMT_FN] = "fn",
    [STMT_PARTITION] = "partition",
    [STMT_CELL] = "cell",
    [STMT_MODEL] = "model",
    [STMT_PARAM] = "param",
    [STMT_LAYER] = "layer",
    [STMT_INIT] = "init",
    [STMT_FOR] = "for",
    [STMT_EQUATION] = "equation",
    [STMT_AXIS] = "axis",
    [STMT_INPUT] = "input",
    [STMT_TARGET] = "target",
    [STMT_CONTROL] = "control",
    [STMT_LOSS] = "loss",
    [STMT_METRIC] = "metric",
    [STMT_OUTPUT] = "output",
    [STMT_STEP] = "step",
    [STMT_GENERATE] = "generate",
    [STMT_STOP] = "stop",
    [STMT_TRAIN] = "train",
};

/* ---- expressions ---- */
static void dump_expr(Text *out, const Expr *expr);

static void dump_exprs(Text *out, const ExprList *list)
{
    for (int i = 0; i < list->n; i++) {
        text_add(out, " ");
        dump_expr(out, list->at[i]);
    }
}

static void dump_args(Text *out, const ArgList *args)
{
    for (int i = 0; i < args->n; i++) {
        text_printf(out, " %s%s", args->at[i].name != NULL ? args->at[i].name : "",
                    args->at[i].name != NULL ? "=" : "");
        dump_expr(out, args->at[i].value);
    }
}

static void dump_expr(Text *out, const Expr *expr)
{
    switch (expr->kind) {
    case EXPR_INT:
    case EXPR_REAL:
    case EXPR_NAME:
        text_add(out, expr->name);
        return;
    case EXPR_STRING:
        text_printf(out, "\"%s\"", expr->name);
        return;
    case EXPR_FIRST:
    case EXPR_LAST:
        text_add(out, expr->kind == EXPR_FIRST ? "first" : "last");
        return;
    case EXPR_PAREN:
    case EXPR_JOIN:
        text_add(out, expr->kind == EXPR_PAREN ? "(paren" : "(join");
        break;
    case EXPR_UNARY:
    case EXPR_BINARY:
        text_printf(out, "(%s", expr_op_info[expr->op].spelling);
        break;
    case EXPR_INDEX:
    case EXPR_CALL:
        text_add(out, expr->kind == EXPR_INDEX ? "(index " : "(call ");
        dump_expr(out, expr->base);
        break;
    }
    dump_exprs(out, &expr->items);
    dump_args(out, &expr->args);
    text_add(out, ")");
}

/* ---- parts of statements; each begins with its own blank ---- */
static void dump_value(Text *out, const char *label, const Expr *value)
{
    if (value == NULL)
        return;
    text_printf(out, " %s ", label);
    dump_expr(out, value);
}

static void dump_name(Text *out, const Name *name)
{
    text_printf(out, " %s", name->id);
    if (!name->has_index)
        return;
    text_add(out, "[");
    dump_exprs(out, &name->index);
    text_add(out, " ]");
}

static void dump_names(Text *out, const NameList *names)
{
    for (int i = 0; i < names->n; i++)
        dump_name(out, &names->at[i]);
}

static void dump_type(Text *out, const TypeExpr *type)
{
    if (type == NULL)
        return;
    text_printf(out, " : %s", type->id != NULL ? type->id : "[");
    dump_exprs(out, &type->dims);
    if (type->id == NULL)
        text_add(out, " ]");
    dump_value(out, "of", type->arg);
}

static void dump_ports(Text *out, const char *label, const PortList *ports)
{
    for (int i = 0; i < ports->n; i++) {
        text_printf(out, " (%s", label);
        dump_name(out, &ports->at[i].name);
        dump_type(out, ports->at[i].type);
        text_add(out, ")");
    }
}

static void dump_sparams(Text *out, const SparamList *sparams)
{
    static const char *const label[] = {"dim", "fn", "const"};
    for (int i = 0; i < sparams->n; i++) {
        text_printf(out, " (%s %s", label[sparams->at[i].kind], sparams->at[i].id);
        dump_value(out, "=", sparams->at[i].value);
        text_add(out, ")");
    }
}

static void dump_binds(Text *out, const BindList *binds)
{
    for (int i = 0; i < binds->n; i++) {
        text_printf(out, " (%s", binds->at[i].id);
        dump_value(out, "=", binds->at[i].value);
        text_add(out, ")");
    }
}

static void dump_overrides(Text *out, const OverrideList *overrides)
{
    for (int i = 0; i < overrides->n; i++) {
        const Override *override = &overrides->at[i];
        text_add(out, override->path.n == 0 ? " {*" : " {");
        for (int j = 0; j < override->path.n; j++)
            text_printf(out, "%s%s", j > 0 ? "." : "", override->path.at[j]);
        dump_value(out, "=", override->value);
        text_add(out, "}");
    }
}

/* ---- statements ---- */
static void dump_stmt(Text *out, const Stmt *stmt, int indent)
{
    text_printf(out, "%*s%s", indent, "", stmt_name[stmt->kind]);
    if (stmt->id != NULL)
        text_printf(out, " %s", stmt->id);
    if (stmt->string != NULL)
        text_printf(out, " \"%s\"", stmt->string);
    if (stmt->axis != NULL)
        text_printf(out, " over %s", stmt->axis);
    dump_sparams(out, &stmt->sparams);
    dump_ports(out, "in", &stmt->ports);
    dump_ports(out, "out", &stmt->results);
    text_add(out, stmt->is_tuple ? " tuple" : "");
    dump_names(out, &stmt->names);
    if (stmt->tuple_index.n > 0)
        text_add(out, " at");
    dump_exprs(out, &stmt->tuple_index);
    dump_type(out, stmt->type);
    if (stmt->cell != NULL)
        text_printf(out, " = %s%s", stmt->cell, stmt->has_args ? " with" : "");
    dump_args(out, &stmt->args);
    dump_value(out, "of", stmt->first_arg);
    dump_value(out, "=", stmt->value);
    dump_value(out, "..", stmt->high);
    text_add(out, stmt->flag ? (stmt->kind == STMT_AXIS ? " carry" : " frozen") : "");
    dump_binds(out, &stmt->binds);
    for (int i = 0; i < stmt->words.n; i++)
        text_printf(out, " %s", stmt->words.at[i]);
    dump_overrides(out, &stmt->overrides);
    text_add(out, "\n");
    if (stmt->inner != NULL)
        dump_stmt(out, stmt->inner, indent + 2);
    for (int i = 0; i < stmt->body.n; i++)
        dump_stmt(out, stmt->body.at[i], indent + 2);
}

void ast_dump(const Ast *ast, Text *out)
{
    text_printf(out, "rnn %lld\n", (long long)ast->version);
    for (int i = 0; i < ast->top.n; i++)
        dump_stmt(out, ast->top.at[i], 0);
}

/* list_ops.c: `rnnc --list-ops` prints docs/ops.md: what can be called in a model file, from functions.def, and the
 * operations it becomes, from ops.def. */
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/options.h"
#include "op/function.h"
#include "op/op.h"

static const char *const signature_text[] = {
    [SIG_EW] = "element by element; equal shapes or scalars",
    [SIG_TRUTH] = "element by element; gives 0 or 1",
    [SIG_MATMUL] = "matrix product: the last dimension of the left with the first of the right",
    [SIG_TRANSPOSE] = "of a matrix",
    [SIG_JOIN] = "vectors and scalars to one vector",
    [SIG_LOOKUP] = "a row of a matrix, or an element of a vector, by a token",
    [SIG_REDUCE] = "all components to a scalar; with axes in brackets over these, the shape kept",
    [SIG_MAXMIN] = "of two, element by element; of one, over its components; with axes over these",
    [SIG_SOFTMAX] = "vector to vector; with an axis over that axis",
    [SIG_TO_SCALAR] = "vector or matrix to a scalar",
    [SIG_DOT] = "two equal vectors to a scalar",
    [SIG_OUTER] = "two vectors to a matrix",
    [SIG_SLICE] = "(vector, from, count), both static, from counts from 0",
    [SIG_SCORE_LOSS] = "(scores, token or distribution) to a scalar",
    [SIG_NLL] = "(distribution or its logarithm, token) to a scalar",
    [SIG_PAIR_LOSS] = "two values of equal shape to a scalar",
    [SIG_HUBER] = "(a, b, d): two values of equal shape and a width, to a scalar",
    [SIG_CLASS_XENT] = "(partition, class scores, W, b, h, token) to a scalar",
    [SIG_ONEHOT] = "token to vector",
    [SIG_ARGMAX] = "scores to the token of the largest, the first of equals",
    [SIG_SAMPLE] = "(scores, temperature) to a token drawn at random",
    [SIG_DROPOUT] = "(value, rate, per = axis): in training only",
    [SIG_STOPGRAD] = "the value itself, constant for the gradient",
};
static const char *const family_text[] = {[FAMILY_LEAF] = "leaf",
                                          [FAMILY_EW] = "element by element",
                                          [FAMILY_PRODUCT] = "product",
                                          [FAMILY_MATRIX] = "matrix",
                                          [FAMILY_REDUCE] = "over components",
                                          [FAMILY_ROW] = "whole rows",
                                          [FAMILY_PIECE] = "components moved",
                                          [FAMILY_TOKEN] = "tokens",
                                          [FAMILY_AXIS] = "over axes"};

/* A text inside a Markdown table, where | would end the cell. */
static void print_cell(const char *text)
{
    putchar(' ');
    for (; *text; text++)
        printf(*text == '|' ? "\\%c" : "%c", *text);
    printf(" |");
}

static void print_functions(void)
{
    printf(
        "## Functions and operators\n\n| name | arguments | what it takes and gives | gradient |\n|---|---|---|---|\n");
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        const FunctionInfo *info = &function_info[i];
        printf("|");
        char name[64];
        snprintf(name, sizeof name, "`%s`", info->name);
        print_cell(name);
        if (info->min_args == info->max_args)
            printf(" %d |", info->min_args);
        else
            printf(" %d to %d |", info->min_args, info->max_args);
        print_cell(signature_text[info->signature]);
        printf(" %s |\n", info->cuts_gradient ? "cut" : "yes");
    }
}

/* The columns of the row, up to the last one that is not "NoGrad". */
static void print_gradient(OpId op)
{
    bool any = false;
    for (int column = 0; column < 3; column++)
        if (op_differentiable(op, column)) {
            printf(" %c: `%s`%s", 'a' + column, op_info[op].gradient[column], column < 2 ? " " : "");
            any = true;
        }
    printf(any ? " |\n" : " none |\n");
}

static void print_ops(void)
{
    printf("\n## Operations of the graph\n\nWhat the functions become, and what the gradient is made of.\n\n"
           "| name | family | arguments | formula | gradient |\n|---|---|---|---|---|\n");
    for (int i = 0; i < OP_ROWS; i++) {
        const OpInfo *info = &op_info[i];
        printf("| %s | %s |", info->name, family_text[info->family]);
        if (info->args < 0)
            printf(" any |");
        else
            printf(" %d |", info->args);
        char formula[256];
        snprintf(formula, sizeof formula, info->tex[0] ? "`%s`" : "%s", info->tex);
        print_cell(formula);
        print_gradient((OpId)i);
    }
}

int list_ops_command(int argc, char **argv)
{
    static const CommandHelp help = {"rnnc --list-ops", "Prints every function and operation, as Markdown.\n",
                                     "  rnnc --list-ops > ops.md\n", NULL, 0};
    OptionList none = {0};
    const int over = options_parse(&help, argc, argv, NULL, &none);
    if (over >= 0)
        return over;
    if (none.n > 0)
        return command_usage(&help, "--list-ops takes no arguments");
    printf(
        "# Operations\n\nWritten by `make docs` from the tables `compiler/op/functions.def` and `compiler/op/ops.def`; "
        "do not edit.\n\n");
    print_functions();
    print_ops();
    return EXIT_DONE;
}

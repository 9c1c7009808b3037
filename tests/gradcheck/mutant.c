/* mutant.c: the gradient columns of ops.def with one of them planted wrong, linked in place of graph/grad_rules.c.
 * RNNC_MUTANT="MUL 1 negative" replaces column 1 of MUL by its negative, "MUL 1 zero" by nothing at all.
 * RNNC_MUTANT_LOG=FILE: adds a line "MUL 1" to the file for each column that is used. */
#define grad_rule grad_rule_true
#include "graph/grad_rules.c"
#undef grad_rule

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Node *grad_rule(Graph *graph, Node *y, Node *g, int operand);

static void log_column(const char *name, int column)
{
    const char *path = getenv("RNNC_MUTANT_LOG");
    FILE *log = path ? fopen(path, "a") : NULL;
    if (!log)
        return;
    fprintf(log, "%s %d\n", name, column);
    fclose(log);
}

Node *grad_rule(Graph *graph, Node *y, Node *g, int operand)
{
    char name[64] = "", kind[16] = "";
    int column = -1;
    const char *mutant = getenv("RNNC_MUTANT");
    Node *truth = grad_rule_true(graph, y, g, operand);
    const int own = op_info[y->op].args < 0 && operand > 0 ? 1 : operand;
    if (truth)
        log_column(op_info[y->op].name, own);
    if (!mutant || sscanf(mutant, "%63s %d %15s", name, &column, kind) != 3)
        return truth;
    if (!truth || strcmp(name, op_info[y->op].name) != 0 || column != own)
        return truth;
    return strcmp(kind, "zero") == 0 ? NULL : Neg(truth);
}

/* grad_rules.c: the gradient columns of ops.def, compiled: three functions an op. A new row needs nothing here. */
#include "graph/builders.h"
#include "graph/grad.h"

typedef Node *GradRule(Graph *graph, Node *a, Node *b, Node *c, Node *y, Node *g);

#define NoGrad NULL
#define RULE(name, column)                                                                                             \
    static Node *rule_##name(Graph *graph, Node *a, Node *b, Node *c, Node *y, Node *g)                                \
    {                                                                                                                  \
        (void)graph, (void)a, (void)b, (void)c, (void)y, (void)g;                                                      \
        return column;                                                                                                 \
    }
#define OP(name, family, args, flags, low, high, precedence, text, text_double, tex, ga, gb, gc)                       \
    RULE(name##_a, ga)                                                                                                 \
    RULE(name##_b, gb)                                                                                                 \
    RULE(name##_c, gc)
#include "op/ops.def"
#undef OP

Node *grad_rule(Graph *graph, Node *y, Node *g, int operand)
{
    static GradRule *const rules[OP_ROWS][3] = {
#define OP(name, ...) [OP_##name] = {rule_##name##_a, rule_##name##_b, rule_##name##_c},
#include "op/ops.def"
#undef OP
    };
    if (op_info[y->op].args < 0) /* JOIN: its columns are the pattern for any number of operands */
        return build_slice_part(graph, y, g, operand);
    Node *x[3] = {NULL, NULL, NULL};
    for (int i = 0; i < y->n; i++)
        x[i] = y->arg[i];
    return rules[y->op][operand](graph, x[0], x[1], x[2], y, g);
}

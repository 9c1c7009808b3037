/* op.c: the rows of ops.def as a table. The gradient columns stand here only as text, for documentation and for the
 * question whether an operand has a derivative at all; graph/grad_rules.c compiles the same columns as expressions. */
#include "op/op.h"

#include <string.h>

const OpInfo op_info[OP_ROWS] = {
#define OP(name, family, args, flags, low, high, precedence, c, c_double, tex, ga, gb, gc)                             \
    [OP_##name] = {#name, family, args, flags, low, high, precedence, c, c_double, tex, {#ga, #gb, #gc}},
#include "op/ops.def"
#undef OP
};

bool op_differentiable(OpId op, int operand)
{
    const int column = op_info[op].args < 0 && operand > 0 ? 1 : operand;
    return strcmp(op_info[op].gradient[column], "NoGrad") != 0;
}

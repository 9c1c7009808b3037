/* function.c: the table of functions.def and the search by name. Operators stand first in it, up to `lookup`. */
#include "op/function.h"

#include <stddef.h>
#include <string.h>

const FunctionInfo function_info[FUNCTION_COUNT] = {
#define FN(id, spelling, min_args, max_args, signature, cuts)                                                          \
    {spelling, min_args, max_args, signature, FN_##id <= FN_lookup, cuts},
#include "op/functions.def"
#undef FN
};

FunctionId function_find(const char *name)
{
    for (int i = 0; i < FUNCTION_COUNT; i++)
        if (!function_info[i].is_operator && strcmp(function_info[i].name, name) == 0)
            return (FunctionId)i;
    return FN_NONE;
}

/* vec.c: the growing half of vec.h: doubles the capacity into a new arena block. */
#include "support/vec.h"

#include <limits.h>
#include <string.h>

#include "support/diag.h"

void *vec_grow(Arena *arena, void *at, int n, int *capacity, size_t element)
{
    if (*capacity > INT_MAX / 2)
        BUG("an array of more than %d elements", *capacity);
    *capacity = *capacity == 0 ? 4 : *capacity * 2;
    void *wider = arena_alloc(arena, (size_t)*capacity * element);
    if (n > 0)
        memcpy(wider, at, (size_t)n * element);
    return wider;
}

/* vec.h: growable arrays in an arena. VEC(T) is a plain struct {T *at; int n, cap;};
 * a zeroed one is empty. Growing leaves the old block to the arena. */
#ifndef RNNC_VEC_H
#define RNNC_VEC_H
#include "support/arena.h"

#define VEC(T)                                                                                                         \
    struct {                                                                                                           \
        T *at;                                                                                                         \
        int n, capacity;                                                                                               \
    }
/* Makes room for one more and returns nothing; used by vec_push only. */
void *vec_grow(Arena *arena, void *at, int n, int *capacity, size_t element);
#define vec_push(arena, vec, ...)                                                                                      \
    ((vec)->at = (vec)->n < (vec)->capacity                                                                            \
                     ? (vec)->at                                                                                       \
                     : vec_grow((arena), (vec)->at, (vec)->n, &(vec)->capacity, sizeof *(vec)->at),                    \
     (void)((vec)->at[(vec)->n++] = (__VA_ARGS__)))
#define vec_last(vec) ((vec)->at[(vec)->n - 1])
#endif

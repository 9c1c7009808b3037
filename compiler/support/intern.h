/* intern.h: one pointer for equal names, so names compare by pointer. */
#ifndef RNNC_INTERN_H
#define RNNC_INTERN_H
#include "support/arena.h"

typedef struct Intern Intern;
Intern *intern_new(Arena *arena);
const char *intern(Intern *table, const char *text, size_t length);
const char *intern_z(Intern *table, const char *text);
#endif

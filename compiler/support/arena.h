/* arena.h: memory of one compilation, freed in one call by main.
 * No stage frees anything. Running out of memory prints a message and exits 1. */
#ifndef RNNC_ARENA_H
#define RNNC_ARENA_H
#include <stddef.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *arena);
/* Zeroed, aligned for any type. bytes may be 0. */
void *arena_alloc(Arena *arena, size_t bytes);
char *arena_copy(Arena *arena, const char *text, size_t length); /* adds a NUL */
char *arena_printf(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define arena_make(arena, Type) ((Type *)arena_alloc((arena), sizeof(Type)))
#define arena_array(arena, Type, count) ((Type *)arena_alloc((arena), sizeof(Type) * (size_t)(count)))
#endif

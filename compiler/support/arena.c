/* arena.c: memory of one compilation as a list of blocks.
 * An allocation is cut from the newest block; a request larger than a block gets one of its own. Nothing is freed
 * before arena_free, so pointers stay valid for the whole run. */
#include "support/arena.h"

#include <limits.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 * 1024 };

typedef struct Block {
    struct Block *next;
    alignas(max_align_t) unsigned char bytes[];
} Block;

struct Arena {
    Block *blocks;
    unsigned char *free; /* of the newest block that small requests are cut from */
    size_t left;
};

_Noreturn static void out_of_memory(void)
{
    fputs("rnnc: out of memory\n", stderr);
    exit(1);
}

Arena *arena_new(void)
{
    Arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        out_of_memory();
    return arena;
}

void arena_free(Arena *arena)
{
    if (arena == NULL)
        return;
    for (Block *block = arena->blocks, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}

static Block *add_block(Arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - sizeof(Block))
        out_of_memory();
    Block *block = calloc(1, sizeof(Block) + bytes);
    if (block == NULL)
        out_of_memory();
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_alloc(Arena *arena, size_t bytes)
{
    const size_t unit = alignof(max_align_t);
    if (bytes > SIZE_MAX - unit)
        out_of_memory();
    bytes = bytes == 0 ? unit : (bytes + unit - 1) / unit * unit;
    if (bytes > BLOCK_BYTES / 4)
        return add_block(arena, bytes)->bytes;
    if (bytes > arena->left) {
        arena->free = add_block(arena, BLOCK_BYTES)->bytes;
        arena->left = BLOCK_BYTES;
    }
    void *result = arena->free;
    arena->free += bytes;
    arena->left -= bytes;
    return result;
}

char *arena_copy(Arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        out_of_memory();
    char *copy = arena_alloc(arena, length + 1);
    if (length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *arena_printf(Arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        out_of_memory();
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

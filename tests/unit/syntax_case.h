/* syntax_case.h: one text through the parser, for the tests of the syntax: its messages, its tree, its canonical
 * form, each as text. */
#ifndef SYNTAX_CASE_H
#define SYNTAX_CASE_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/parse.h"
#include "syntax/ast_dump.h"
#include "syntax/format.h"
#include "unit.h"

typedef struct SyntaxCase {
    Arena *arena;
    SourceMap *sources;
    Diag *diag;
    Ast *ast;
} SyntaxCase;

static inline SyntaxCase syntax_case_new(const char *name, const char *text, size_t size)
{
    SyntaxCase c;
    c.arena = arena_new();
    c.sources = source_map_new(c.arena);
    c.diag = diag_new(c.arena, c.sources);
    const uint32_t file = source_add(c.sources, name, text, (uint32_t)size, false);
    c.ast = parse_file(c.arena, intern_new(c.arena), c.sources, c.diag, file);
    return c;
}

static inline bool syntax_case_is_clean(const SyntaxCase *c)
{
    return c->ast != NULL && diag_errors(c->diag) == 0;
}

/* "" when the file has errors. */
static inline const char *syntax_case_format(const SyntaxCase *c)
{
    Text text = text_new(c->arena);
    if (syntax_case_is_clean(c))
        format_ast(c->sources, c->ast, &text);
    return text_z(&text);
}

static inline const char *syntax_case_dump(const SyntaxCase *c)
{
    Text text = text_new(c->arena);
    if (syntax_case_is_clean(c))
        ast_dump(c->ast, &text);
    return text_z(&text);
}

/* The messages as printed. */
static inline const char *syntax_case_messages(const SyntaxCase *c, bool color)
{
    FILE *file = tmpfile();
    if (file == NULL)
        return "no temporary file";
    diag_print(c->diag, file, color);
    const long size = ftell(file);
    char *text = arena_alloc(c->arena, (size_t)size + 1);
    rewind(file);
    const size_t got = fread(text, 1, (size_t)size, file);
    text[got] = '\0';
    fclose(file);
    return text;
}

/* The whole file, with a NUL; NULL when it cannot be read. The caller frees it. */
static inline char *syntax_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    size_t capacity = 1 << 16;
    char *text = malloc(capacity);
    *size = 0;
    for (size_t got; text != NULL && (got = fread(text + *size, 1, capacity - *size - 1, file)) > 0;) {
        *size += got;
        if (*size + 1 == capacity)
            text = realloc(text, capacity *= 2);
    }
    fclose(file);
    if (text != NULL)
        text[*size] = '\0';
    return text;
}
#endif

/* passes.c: the stages of the compiler in order, a row each: how it runs, what checks its result, how it is printed. */
#include "cmd/compilation.h"
#include "grammar/parse.h"
#include "sema/sema.h"
#include "support/embedded.h"
#include "syntax/format.h"

#include <string.h>

/* ---- tokens, ast ---- */
static bool run_tokens(Compilation *compilation)
{
    (void)compilation; /* the parser asks for them one by one */
    return true;
}

static void dump_tokens(Compilation *compilation, Text *out)
{
    parse_dump_tokens(compilation->arena, compilation->names, compilation->sources, compilation->diag,
                      compilation->file, out);
}

static bool run_ast(Compilation *compilation)
{
    compilation->ast = parse_file(compilation->arena, compilation->names, compilation->sources, compilation->diag,
                                  compilation->file);
    return compilation->ast && diag_errors(compilation->diag) == 0;
}

/* ---- model ---- */
static const char *builtin_text(const char *path, size_t *size)
{
    const EmbeddedFile *file = embedded_find(path);
    if (file)
        *size = file->size;
    return file ? file->text : NULL;
}

static bool run_model(Compilation *compilation)
{
    Arena *arena = compilation->arena;
    const Defines *defines = &compilation->defines;
    SemaDefine *given = arena_array(arena, SemaDefine, defines->n);
    for (int i = 0; i < defines->n; i++) {
        char value[40];
        define_text(defines->at[i].value, value);
        given[i] = (SemaDefine){defines->at[i].name, arena_copy(arena, value, strlen(value))};
    }
    const char *slash = strrchr(compilation->path, '/');
    const SemaOptions options = {
        .defines = given,
        .define_count = defines->n,
        .directory = slash ? arena_copy(arena, compilation->path, (size_t)(slash - compilation->path) + 1) : NULL,
        .builtin = builtin_text,
    };
    compilation->model = sema_check(arena, compilation->names, compilation->sources, compilation->diag,
                                    compilation->ast, &options);
    return compilation->model != NULL;
}

static void dump_model(Compilation *compilation, Text *out)
{
    model_print(out, compilation->model);
}

const Pass passes[] = {
    {"tokens", run_tokens, NULL, dump_tokens},
    {"ast", run_ast, NULL, NULL},
    {"model", run_model, NULL, dump_model},
    {0, 0, 0, 0},
};

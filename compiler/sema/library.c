/* library.c: reads the files that are used (std.* from inside rnnc, others from below the main file's directory) and
 * fills the one table of cells and fns. A file that is used twice is read once. */
#define _XOPEN_SOURCE 700 /* realpath */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "grammar/parse.h"
#include "sema/check.h"

enum { FILE_MAX = (1 << 20) + 1 }; /* one byte more than the parser takes: it says so */

typedef struct FileText {
    const char *name, *text;
    size_t size;
    bool builtin;
} FileText;

static void load_uses(Checker *c, const Ast *ast, int nested);

static bool fail(Checker *c, Span span, const char *format, const char *path)
{
    DiagMsg *msg = say(c, NULL, E0213, span, "cannot use \"%s\": %s", path, format);
    diag_hint(c->diag, msg,
              "use takes a path below the directory of the model: use \"cells/mine.rnn\", or a built-in "
              "file: use std.cells");
    return false;
}

/* Relative, without "..", and plain: what a model may read is below its own directory. */
static bool is_inside(const char *path)
{
    if (path[0] == '/' || path[0] == '\0' || strchr(path, '\\') != NULL)
        return false;
    for (const char *at = path; at != NULL; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
            return false;
    }
    return true;
}

/* Follows links: the file must still be below the main file's directory. */
static bool is_below(const char *directory, const char *path)
{
    char *base = realpath(directory, NULL), *file = realpath(path, NULL);
    const size_t n = base == NULL ? 0 : strlen(base);
    const bool below =
        base != NULL && file != NULL && strncmp(base, file, n) == 0 && (file[n] == '/' || (n == 1 && base[0] == '/'));
    free(base);
    free(file);
    return below;
}

static bool read_text(Checker *c, Span span, const char *name, const char *path, FileText *out)
{
    struct stat info;
    FILE *file = stat(path, &info) == 0 && S_ISREG(info.st_mode) ? fopen(path, "rb") : NULL;
    if (file == NULL)
        return fail(c, span, "there is no such file", name);
    char *text = arena_alloc(c->arena, FILE_MAX + 1);
    out->size = fread(text, 1, FILE_MAX, file);
    out->text = text;
    const bool failed = ferror(file) != 0;
    fclose(file);
    return !failed || fail(c, span, "it cannot be read", name);
}

static const char *directory_of(Checker *c, const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash == NULL ? "" : arena_copy(c->arena, name, (size_t)(slash - name) + 1);
}

/* "./cells//mine.rnn" and "cells/mine.rnn" are one file. */
static const char *plain_path(Checker *c, const char *path)
{
    Text text = text_new(c->arena);
    while (*path != '\0') {
        const size_t n = strcspn(path, "/");
        if (n > 0 && !(n == 1 && path[0] == '.')) {
            text_add(&text, text.n > 0 ? "/" : "");
            text_add_n(&text, path, n);
        }
        path += n + (path[n] == '/');
    }
    return text_z(&text);
}

static bool find_builtin(Checker *c, const Stmt *stmt, FileText *out)
{
    Text path = text_new(c->arena);
    for (int i = 0; i < stmt->words.n; i++)
        text_printf(&path, "%s%s", i > 0 ? "/" : "", stmt->words.at[i]);
    text_add(&path, ".rnn");
    *out = (FileText){text_z(&path), NULL, 0, true};
    out->text = c->options->builtin == NULL ? NULL : c->options->builtin(out->name, &out->size);
    return out->text != NULL || fail(c, stmt->span, "there is no such built-in file", out->name);
}

static bool find_file(Checker *c, const Stmt *stmt, uint32_t user, FileText *out)
{
    const Source *from = source_of(c->sources, user);
    if (from->builtin || !is_inside(stmt->string))
        return fail(c, stmt->span, "it is not below the directory of the model", stmt->string);
    *out = (FileText){arena_printf(c->arena, "%s%s", directory_of(c, from->name), plain_path(c, stmt->string)), NULL, 0,
                      false};
    const SemaOverlay *overlay = c->options->overlay;
    if (overlay != NULL && strcmp(overlay->name, out->name) == 0) {
        out->text = overlay->text;
        out->size = strlen(overlay->text);
        return true;
    }
    const char *main_dir = directory_of(c, source_of(c->sources, c->model->file)->name);
    const char *wanted = c->options->directory == NULL ? main_dir : c->options->directory;
    const char *below = out->name + strlen(main_dir); /* names of files begin with the main file's directory */
    const char *base = wanted[0] == '\0' ? "." : wanted;
    const char *path = arena_printf(c->arena, "%s/%s", base, below);
    if (!read_text(c, stmt->span, stmt->string, path, out))
        return false;
    return is_below(base, path) || fail(c, stmt->span, "it is not below the directory of the model", stmt->string);
}

static void function_declare(Checker *c, const Stmt *stmt)
{
    const bool is_cell = stmt->kind == STMT_CELL;
    if (function_find(stmt->id) != FN_NONE) {
        say(c, NULL, E0207, stmt->id_span, "%s is a built-in function; a %s needs another name", stmt->id,
            is_cell ? "cell" : "fn");
        return;
    }
    const Symbol *old = table_find(&c->functions, stmt->id);
    if (old != NULL) {
        DiagMsg *msg = say(c, NULL, E0202, stmt->id_span, "%s is defined twice", stmt->id);
        diag_note(c->diag, msg, old->span, "first definition");
        return;
    }
    Symbol *symbol = arena_make(c->arena, Symbol);
    *symbol = (Symbol){.kind = is_cell ? SYM_CELL : SYM_FN,
                       .name = stmt->id,
                       .span = stmt->id_span,
                       .what = is_cell ? "a cell" : "a fn",
                       .stmt = stmt,
                       .axis = -1,
                       .partition = -1};
    table_add(c, &c->functions, symbol);
}

static void load_used(Checker *c, const Stmt *stmt, uint32_t user, int nested)
{
    FileText file;
    if (nested > MAX_NESTED) {
        fail(c, stmt->span, "files use files too deeply", stmt->string == NULL ? "std" : stmt->string);
        return;
    }
    if (!(stmt->string == NULL ? find_builtin(c, stmt, &file) : find_file(c, stmt, user, &file)))
        return;
    for (int i = 0; i < c->used.n; i++)
        if (strcmp(c->used.at[i], file.name) == 0)
            return;
    vec_push(c->arena, &c->used, file.name);
    const uint32_t id = source_add(c->sources, file.name, file.text, (uint32_t)file.size, file.builtin);
    const int errors = diag_errors(c->diag);
    const Ast *ast = parse_file(c->arena, c->names, c->sources, c->diag, id);
    if (ast == NULL || diag_errors(c->diag) > errors)
        return;
    load_uses(c, ast, nested + 1);
    for (int i = 0; i < ast->top.n; i++) {
        const Stmt *inner = ast->top.at[i];
        if (inner->kind == STMT_CELL || inner->kind == STMT_FN)
            function_declare(c, inner);
        else if (inner->kind != STMT_USE)
            say(c, NULL, E0213, inner->span, "a used file holds only cells and fns");
    }
}

static void load_uses(Checker *c, const Ast *ast, int nested)
{
    for (int i = 0; i < ast->top.n; i++)
        if (ast->top.at[i]->kind == STMT_USE)
            load_used(c, ast->top.at[i], ast->file, nested);
}

/* Loads everything the main file uses and returns its model statement, or NULL. */
const Stmt *library_load(Checker *c, const Ast *ast)
{
    const Stmt *model = NULL;
    vec_push(c->arena, &c->used, source_of(c->sources, ast->file)->name);
    load_uses(c, ast, 0);
    for (int i = 0; i < ast->top.n; i++) {
        const Stmt *stmt = ast->top.at[i];
        if (stmt->kind == STMT_CELL || stmt->kind == STMT_FN)
            function_declare(c, stmt);
        if (stmt->kind == STMT_MODEL && model != NULL) {
            DiagMsg *msg = say(c, NULL, E0213, stmt->id_span, "a file has one model");
            diag_note(c->diag, msg, model->id_span, "the first one");
        } else if (stmt->kind == STMT_MODEL) {
            model = stmt;
        }
    }
    for (int i = 0; model != NULL && i < model->body.n; i++)
        if (model->body.at[i]->kind == STMT_FN)
            function_declare(c, model->body.at[i]);
    if (model == NULL)
        say(c, NULL, E0213, ast->version_span, "the file has no model");
    return model;
}

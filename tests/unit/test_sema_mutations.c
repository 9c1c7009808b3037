/* test_sema_mutations.c: programs with one token taken out, or replaced by another token of the same program. What still
 * parses must end in a model or in a message, never in both or neither, and what is accepted must be printable. */
#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>

#include "grammar/parse.h"
#include "sema/sema.h"
#include "support/embedded.h"
#include "unit.h"

enum { FILE_MAX = 1 << 16, EVERY = 2 }; /* one mutant in EVERY is checked: the choice is fixed */

static int accepted, refused;

static const char *builtin(const char *path, size_t *size)
{
    const EmbeddedFile *file = embedded_find(path);
    if (file != NULL)
        *size = file->size;
    return file == NULL ? NULL : file->text;
}

static void check_mutant(const char *text, size_t size)
{
    Arena *arena = arena_new();
    SourceMap *sources = source_map_new(arena);
    Diag *diag = diag_new(arena, sources);
    Intern *names = intern_new(arena);
    const uint32_t file = source_add(sources, "m.rnn", text, (uint32_t)size, false);
    const Ast *ast = parse_file(arena, names, sources, diag, file);
    if (ast != NULL && diag_errors(diag) == 0) {
        const SemaOptions options = {.builtin = builtin, .no_hints = true};
        const Model *model = sema_check(arena, names, sources, diag, ast, &options);
        CHECK((model == NULL) == (diag_errors(diag) > 0));
        accepted += model != NULL;
        refused += model == NULL;
        Text out = text_new(arena);
        if (model != NULL)
            model_print(&out, model);
        CHECK(model == NULL || out.n > 0);
    }
    arena_free(arena);
}

static size_t replaced(char *out, const char *text, size_t size, Span token, Span by)
{
    const size_t n = by.end - by.start;
    memcpy(out, text, token.start);
    memcpy(out + token.start, text + by.start, n);
    memcpy(out + token.start + n, text + token.end, size - token.end);
    return token.start + n + (size - token.end);
}

static void mutate(const char *text, size_t size, char *buffer, uint32_t *state)
{
    Arena *arena = arena_new();
    SourceMap *sources = source_map_new(arena);
    Diag *diag = diag_new(arena, sources);
    const uint32_t file = source_add(sources, "m.rnn", text, (uint32_t)size, false);
    const Ast *ast = parse_file(arena, intern_new(arena), sources, diag, file);
    for (int i = 0; ast != NULL && i < ast->tokens.n; i++) {
        const Span token = ast->tokens.at[i];
        for (int k = 0; k < 3; k++) {
            *state = *state * 1664525u + 1013904223u;
            const Span by = k == 0 ? (Span){file, 0, 0} : ast->tokens.at[(*state >> 8) % (uint32_t)ast->tokens.n];
            if ((*state >> 16) % EVERY == 0)
                check_mutant(buffer, replaced(buffer, text, size, token, by));
        }
    }
    arena_free(arena);
}

static void mutate_file(const char *path, uint32_t *state)
{
    static char text[FILE_MAX], buffer[2 * FILE_MAX];
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    if (file == NULL)
        return;
    const size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    mutate(text, size, buffer, state);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* Sorted, so that every run makes the same mutants. */
static void mutate_folder(const char *folder, int each)
{
    static char names[1024][128];
    int count = 0;
    uint32_t state = 2024;
    DIR *dir = opendir(folder);
    CHECK(dir != NULL);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL && count < 1024;) {
        const size_t n = strlen(entry->d_name);
        if (n > 4 && n < 100 && strcmp(entry->d_name + n - 4, ".rnn") == 0)
            snprintf(names[count++], sizeof names[0], "%s", entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    qsort(names, (size_t)count, sizeof names[0], compare_names);
    for (int i = 0; i < count; i += each) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        mutate_file(path, &state);
    }
}

int main(void)
{
    mutate_folder("tests/syntax/programs", 1);
    mutate_folder("tests/bad", 4);
    CHECK(accepted > 100);
    CHECK(refused > 1000);
    printf("%d accepted, %d refused\n", accepted, refused);
    return unit_result();
}

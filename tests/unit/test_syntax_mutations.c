/* test_syntax_mutations.c: every program of tests/syntax/programs with each of its tokens once removed, doubled and
 * swapped with the next, and with bytes changed at random: the parser ends, gives a message or accepts, never both a
 * tree without messages and nothing; and what it accepts has a stable canonical form with the same tree. */
#include <dirent.h>
#include <stdint.h>

#include "syntax_case.h"

typedef struct Mutant {
    char *text;
    size_t size;
} Mutant;

static int accepted, refused;

static void check_mutant(const char *name, const char *text, size_t size)
{
    SyntaxCase c = syntax_case_new(name, text, size);
    if (c.ast == NULL)
        CHECK(diag_errors(c.diag) > 0);
    if (diag_errors(c.diag) > 0) {
        refused++;
        CHECK(syntax_case_messages(&c, false)[0] != '\0');
        arena_free(c.arena);
        return;
    }
    accepted++;
    const char *once = syntax_case_format(&c);
    SyntaxCase again = syntax_case_new(name, once, strlen(once));
    CHECK_TEXT(syntax_case_format(&again), once);
    CHECK_TEXT(syntax_case_dump(&again), syntax_case_dump(&c));
    arena_free(again.arena);
    arena_free(c.arena);
}

static void add(Mutant *mutant, const char *text, size_t from, size_t to)
{
    memcpy(mutant->text + mutant->size, text + from, to - from);
    mutant->size += to - from;
}

static void mutate_tokens(const char *name, const char *text, size_t size, char *buffer)
{
    SyntaxCase c = syntax_case_new(name, text, size);
    CHECK(syntax_case_is_clean(&c));
    for (int i = 0; c.ast != NULL && i < c.ast->tokens.n; i++) {
        const Span token = c.ast->tokens.at[i];
        Mutant removed = {buffer, 0};
        add(&removed, text, 0, token.start);
        add(&removed, text, token.end, size);
        check_mutant(name, removed.text, removed.size);
        Mutant doubled = {buffer, 0};
        add(&doubled, text, 0, token.end);
        add(&doubled, " ", 0, 1);
        add(&doubled, text, token.start, size);
        check_mutant(name, doubled.text, doubled.size);
        if (i + 1 == c.ast->tokens.n)
            continue;
        const Span next = c.ast->tokens.at[i + 1];
        Mutant swapped = {buffer, 0};
        add(&swapped, text, 0, token.start);
        add(&swapped, text, next.start, next.end);
        add(&swapped, text, token.end, next.start);
        add(&swapped, text, token.start, token.end);
        add(&swapped, text, next.end, size);
        check_mutant(name, swapped.text, swapped.size);
    }
    arena_free(c.arena);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void mutate_bytes(const char *name, const char *text, size_t size, char *buffer)
{
    static const char bytes[] = "()[]{};:=,.+-*/@^'\"#\n \\_09azAZ\x00\x1b\xe2\x88\x92\xff<>!&";
    uint32_t state = 12345;
    for (int round = 0; round < 400; round++) {
        memcpy(buffer, text, size);
        const uint32_t changes = 1 + next_random(&state) % 4;
        for (uint32_t i = 0; i < changes; i++)
            buffer[next_random(&state) % size] = bytes[next_random(&state) % (sizeof bytes - 1)];
        check_mutant(name, buffer, round % 8 == 0 ? next_random(&state) % size : size);
    }
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "tests/syntax/programs";
    DIR *programs = opendir(folder);
    if (programs == NULL) {
        fprintf(stderr, "no folder %s: run from the project's root\n", folder);
        return 1;
    }
    for (const struct dirent *entry; (entry = readdir(programs)) != NULL;) {
        char path[512];
        if (strstr(entry->d_name, ".rnn") == NULL)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        size_t size = 0;
        char *text = syntax_read_file(path, &size);
        char *buffer = malloc(2 * size + 64);
        CHECK(text != NULL && buffer != NULL && size > 0);
        if (text != NULL && buffer != NULL && size > 0) {
            mutate_tokens(entry->d_name, text, size, buffer);
            mutate_bytes(entry->d_name, text, size, buffer);
        }
        free(buffer);
        free(text);
    }
    closedir(programs);
    CHECK(refused > accepted);
    CHECK(accepted > 0);
    printf("%d mutants refused, %d accepted\n", refused, accepted);
    return unit_result();
}

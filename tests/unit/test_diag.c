/* test_diag.c: messages are sorted, merged, counted, and printed in the documented form; every code has a page. */
#include <stdlib.h>

#include "support/diag.h"
#include "unit.h"

static const char text[] = "rnn 1\nmodel m {\n\ta = b + c\n\n    d = e\n}\n";
enum { AT_B = 21, AT_E = 36 };

static Arena *arena;
static SourceMap *sources;
static uint32_t file, cells;

static Diag *begin(void)
{
    sources = source_map_new(arena);
    file = source_add(sources, "m.rnn", text, sizeof text - 1, false);
    cells = source_add(sources, "std/cells.rnn", text, sizeof text - 1, true);
    return diag_new(arena, sources);
}

static const char *print(const Diag *diag, bool color)
{
    FILE *out = tmpfile();
    static char printed[16384];
    printed[0] = '\0';
    if (out == NULL)
        return printed;
    diag_print(diag, out, color);
    rewind(out);
    printed[fread(printed, 1, sizeof printed - 1, out)] = '\0';
    fclose(out);
    return printed;
}

static void test_form(void)
{
    Diag *diag = begin();
    DiagMsg *late = diag_report(diag, E0203, (Span){file, AT_E, AT_E + 1}, "second %s", "message");
    diag_hint(diag, late, "a hint\x1b");
    DiagMsg *early = diag_report(diag, E0301, (Span){file, AT_B, AT_B + 5}, "first message");
    diag_note(diag, early, (Span){file, 6, 7}, "here");
    diag_note_more(diag, early, (Span){file, 12, 13}, "and here");
    diag_note(diag, early, (Span){cells, 6, 7}, "in a file of rnnc");
    diag_note(diag, early, NO_SPAN, "nowhere");
    diag_report(diag, E0203, (Span){file, AT_E, AT_E + 1}, "the same again");
    diag_report(diag, W0803, (Span){file, 0, 3}, "not printed beside errors");
    CHECK(diag_errors(diag) == 2);
    CHECK_TEXT(print(diag, false), "m.rnn:3:6: error[E0301]: first message\n"
                                   "    3 | \ta = b + c\n"
                                   "      | \t    ^~~~~\n"
                                   "      note: 2:1: here; 2:7: and here\n"
                                   "      note: std/cells.rnn: in a file of rnnc\n"
                                   "      note: nowhere\n"
                                   "m.rnn:5:9: error[E0203]: second message\n"
                                   "    5 |     d = e\n"
                                   "      |         ^\n"
                                   "      hint: a hint?\n");
    CHECK(strstr(print(diag, true), "\033[1;31merror[E0301]:\033[0m first message") != NULL);
}

static void test_edges(void)
{
    Diag *diag = begin();
    diag_report(diag, E0103, (Span){file, AT_E + 1, AT_E + 1}, "behind the line");
    diag_report(diag, E0401, NO_SPAN, "no place");
    diag_report(diag, E0106, (Span){file, AT_B, AT_E}, "over two lines");
    diag_report(diag, E0106, (Span){file, 26, 26}, "an empty line");
    CHECK_TEXT(print(diag, false), "rnnc: error[E0401]: no place\n"
                                   "m.rnn:3:6: error[E0106]: over two lines\n"
                                   "    3 | \ta = b + c\n"
                                   "      | \t    ^~~~~\n"
                                   "m.rnn:3:11: error[E0106]: an empty line\n"
                                   "    3 | \ta = b + c\n"
                                   "      | \t         ^\n"
                                   "m.rnn:5:10: error[E0103]: behind the line\n"
                                   "    5 |     d = e\n"
                                   "      |          ^\n");
}

static void test_warnings(void)
{
    Diag *diag = begin();
    diag_report(diag, W0803, (Span){file, 0, 3}, "a warning");
    CHECK(diag_errors(diag) == 0);
    CHECK(strncmp(print(diag, false), "m.rnn:1:1: warning[W0803]: a warning\n", 37) == 0);
    diag_set_strict(diag, true);
    CHECK(diag_errors(diag) == 1);
    CHECK(strncmp(print(diag, false), "m.rnn:1:1: error[W0803]: a warning\n", 35) == 0);
}

static void test_limit(void)
{
    Diag *diag = begin();
    for (uint32_t i = 0; i < 30; i++)
        diag_note(diag, diag_report(diag, E0106, (Span){file, i, i + 1}, "error %u", (unsigned)i), NO_SPAN, "note");
    CHECK(diag_errors(diag) == 30);
    const char *printed = print(diag, false);
    CHECK(strstr(printed, "error 19\n") != NULL && strstr(printed, "error 20\n") == NULL);
    CHECK(strstr(printed, "rnnc: 10 more errors are not shown: at most 20 are printed\n") != NULL);
}

static void test_long_lines(void)
{
    static char line[4001];
    memset(line, 'x', sizeof line - 1);
    sources = source_map_new(arena);
    file = source_add(sources, "m.rnn", line, sizeof line - 1, false);
    Diag *diag = diag_new(arena, sources);
    diag_report(diag, E0106, (Span){file, 2000, 2003}, "far right");
    const char *printed = print(diag, false);
    CHECK(strlen(printed) < 400);
    const char *source = strstr(printed, " | ...xxx"), *marks = strstr(printed, "      |    ");
    CHECK(source != NULL && marks != NULL && strstr(printed, "^~~\n") != NULL);
}

static void test_pages(void)
{
    static const char *const names[] = {
#define DIAG(code, severity, title, page) #code,
#include "support/diag.def"
#undef DIAG
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *page = diag_explain(names[i]);
        CHECK(page != NULL && strlen(page) > 80 && page[strlen(page) - 1] == '\n');
        CHECK(strncmp(page, names[i], strlen(names[i])) == 0);
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(names[i], names[j]) != 0);
    }
    CHECK(diag_explain("E9999") == NULL && diag_explain("") == NULL);
}

static void test_nearest(void)
{
    static const char *const names[] = {"tanh", "sigmoid", "softmax", "h", "W", "Emb"};
    CHECK_TEXT(diag_nearest("tnah", names, 6), "tanh");
    CHECK_TEXT(diag_nearest("sigmod", names, 6), "sigmoid");
    CHECK_TEXT(diag_nearest("soft_max", names, 6), "softmax");
    CHECK_TEXT(diag_nearest("emb", names, 6), "Emb");
    CHECK_TEXT(diag_nearest("w", names, 6), "W");
    CHECK(diag_nearest("x", names, 6) == NULL);
    CHECK(diag_nearest("relu", names, 6) == NULL);
    CHECK(diag_nearest("", names, 6) == NULL);
    CHECK(diag_nearest("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", names, 6) == NULL);
}

int main(void)
{
    arena = arena_new();
    test_form();
    test_edges();
    test_warnings();
    test_limit();
    test_long_lines();
    test_pages();
    test_nearest();
    arena_free(arena);
    return unit_result();
}

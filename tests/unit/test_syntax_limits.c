/* test_syntax_limits.c: every limit of the language, one step inside of it and one step beyond, and texts that are made
 * to hurt: bytes that are no text, deep and long expressions, many errors. */
#include "syntax_case.h"

enum { BIG = 3 << 20 };
static char buffer[BIG];
static size_t used;

static void add(const char *text)
{
    const size_t length = strlen(text);
    memcpy(buffer + used, text, length);
    used += length;
}

static void begin(const char *text)
{
    used = 0;
    add(text);
}

static void repeat(const char *text, int times)
{
    for (int i = 0; i < times; i++)
        add(text);
}

/* The codes of the messages in order, "" when there is none. */
static const char *codes(void)
{
    static char found[4096];
    SyntaxCase c = syntax_case_new("x.rnn", buffer, used);
    const char *at = syntax_case_messages(&c, false);
    found[0] = '\0';
    while ((at = strstr(at, "error[E")) != NULL && strlen(found) < sizeof found - 16) {
        if (found[0] != '\0')
            strcat(found, " ");
        strncat(found, at + 6, 5);
        at += 6;
    }
    CHECK((found[0] == '\0') == syntax_case_is_clean(&c));
    arena_free(c.arena);
    return found;
}

static void test_sizes(void)
{
    begin("rnn 1\n# ");
    while (used + 80 < 1 << 20)
        add("0123456789 0123456789 0123456789 0123456789 0123456789 0123456789\n# ");
    CHECK_TEXT(codes(), "");
    repeat("0123456789\n# ", 10);
    CHECK_TEXT(codes(), "E0113");
    begin("rnn 1\n# ");
    repeat("x", 4094);
    CHECK_TEXT(codes(), "");
    add("x");
    CHECK_TEXT(codes(), "E0114");
    add("\n");
    CHECK_TEXT(codes(), "E0114");
}

static void nested(const char *open, const char *middle, const char *close, int times)
{
    begin("rnn 1\nmodel m {\na = ");
    for (int i = 0; i < times; i++)
        add(i % 8 == 7 ? "\n" : open), add(i % 8 == 7 ? open : "");
    add(middle);
    for (int i = 0; i < times; i++)
        add(i % 8 == 7 ? "\n" : close), add(i % 8 == 7 ? close : "");
    add("\n}\n");
}

static void test_nesting(void)
{
    nested("(", "1", ")", 63); /* the model's brace is one */
    CHECK_TEXT(codes(), "");
    nested("(", "1", ")", 64);
    CHECK_TEXT(codes(), "E0115");
    nested("x[", "1", "]", 100000);
    CHECK_TEXT(codes(), "E0115");
    nested("- ", "1", "", 100000);
    CHECK_TEXT(codes(), "E0115");
    nested("not ", "1", "", 900);
    CHECK_TEXT(codes(), "");
    nested("1 + ", "1", "", 990);
    CHECK_TEXT(codes(), "");
    nested("1 + ", "1", "", 1100);
    CHECK_TEXT(codes(), "E0124");
    nested("1 + ", "1", "", 200000);
    CHECK_TEXT(codes(), "E0124");
    nested("2 ^ ", "1", "", 100000);
    CHECK_TEXT(codes(), "E0115");
}

static void test_bytes(void)
{
    begin("rnn 1\n# caf\xc3\xa9 \xe4\xb8\xad\nuse \"caf\xc3\xa9\"\r\n");
    CHECK_TEXT(codes(), "");
    begin("rnn 1\n# caf\xe9\n");
    CHECK_TEXT(codes(), "E0112");
    begin("rnn 1\n# a \xe2\x80\xae b\n");
    CHECK_TEXT(codes(), "E0112");
    begin("rnn 1\n# a \x1b[31m b\n");
    CHECK_TEXT(codes(), "E0112");
    begin("rnn 1\nconst a = 1");
    buffer[used++] = '\0';
    add("\n");
    CHECK_TEXT(codes(), "E0112");
    used = 0;
    for (const char *c = "rnn 1\n"; *c != '\0'; c++) { /* UTF-16 */
        buffer[used++] = *c;
        buffer[used++] = '\0';
    }
    CHECK_TEXT(codes(), "E0112 E0112 E0112");
    begin("\xef\xbb\xbfrnn 1\n");
    CHECK_TEXT(codes(), "E0101");
}

static void test_many_errors(void)
{
    begin("rnn 1\nmodel m {\n");
    repeat("a = 2H\n", 25);
    add("}\n");
    SyntaxCase c = syntax_case_new("x.rnn", buffer, used);
    CHECK(diag_errors(c.diag) == 25);
    const char *text = syntax_case_messages(&c, false);
    CHECK(strstr(text, "x.rnn:22:5: error") != NULL && strstr(text, "x.rnn:23:5: error") == NULL);
    CHECK(strstr(text, "rnnc: 5 more errors are not shown: at most 20 are printed\n") != NULL);
    arena_free(c.arena);
    begin("rnn 1\n");
    repeat("\xc3\xa9 (\n", 200000); /* linear, and no end of it in the messages */
    CHECK(strlen(codes()) <= 20 * 6);
    begin("rnn 1\nmodel m {\n");
    repeat("a[\n", 60);
    repeat("b[1]\n", 100000);
    CHECK(codes()[0] == 'E');
}

int main(void)
{
    test_sizes();
    test_nesting();
    test_bytes();
    test_many_errors();
    return unit_result();
}

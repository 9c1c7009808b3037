/* format.c: lays a file out anew from its tokens (ast.tokens), what stands between them and the comments
 * (ast.comments). Lines are collected first, so that comments behind neighbouring lines can be put into one column.
 * Blanks inside of a line: format_space.c. */
#include "syntax/format.h"

#include <string.h>

#include "syntax/format_space.h"

enum { INDENT = 4, LINE_MAX_BYTES = 4096, WRAP_BYTES = 4000 };

typedef struct Line {
    Text code;
    const char *comment; /* behind the code, or NULL */
} Line;

typedef struct Format {
    Arena *arena;
    const Ast *ast;
    const char *source;
    uint32_t size;
    FormatToken *tokens;
    int count;
    VEC(Line) lines;
    int blocks;   /* braces open before the token at hand */
    int brackets; /* ( and [ open before it */
    int comment;  /* index of the next comment to print */
} Format;

/* What stands between token i - 1 and token i. */
typedef struct Gap {
    bool breaks;    /* a line break was typed */
    bool semicolon; /* a ';' that ends a statement */
} Gap;

static uint32_t token_start(const Format *f, int i)
{
    return i < f->count ? f->ast->tokens.at[i].start : f->size;
}

static uint32_t token_end(const Format *f, int i)
{
    return i < 0 ? 0 : f->ast->tokens.at[i].end;
}

static int newlines(const Format *f, uint32_t from, uint32_t to)
{
    int count = 0;
    for (uint32_t i = from; i < to; i++)
        count += f->source[i] == '\n';
    return count;
}

static Gap gap_before(const Format *f, int i)
{
    Gap gap = {false, false};
    const uint32_t to = token_start(f, i);
    bool comment = false;
    for (uint32_t at = token_end(f, i - 1); at < to; at++) {
        const char c = f->source[at];
        comment = c != '\n' && (comment || c == '#');
        gap.breaks |= c == '\n';
        gap.semicolon |= c == ';' && !comment;
    }
    return gap;
}

/* ---- lines ---- */
static void start_line(Format *f, int indent)
{
    Line line = {text_new(f->arena), NULL};
    text_printf(&line.code, "%*s", indent, "");
    vec_push(f->arena, &f->lines, line);
}

static void blank_line(Format *f)
{
    if (f->lines.n > 0 && vec_last(&f->lines).code.n > 0)
        vec_push(f->arena, &f->lines, (Line){text_new(f->arena), NULL});
}

static const char *comment_text(const Format *f, const Comment *comment)
{
    return arena_copy(f->arena, f->source + comment->span.start, comment->span.end - comment->span.start);
}

/* A comment on a line of its own; one that the limit leaves no room for is not indented. */
static int comment_indent(size_t length, int indent)
{
    return length + (size_t)indent <= LINE_MAX_BYTES ? indent : 0;
}

static void start_comment_line(Format *f, const Comment *comment, int indent)
{
    const char *text = comment_text(f, comment);
    start_line(f, comment_indent(strlen(text), indent));
    text_add(&vec_last(&f->lines).code, text);
}

/* The indentation of a line that begins with token i. */
static int indent_of(const Format *f, int i, bool continued)
{
    const bool closes_block = i < f->count && format_is(&f->tokens[i], "}");
    const bool closes = i < f->count && (format_is(&f->tokens[i], ")") || format_is(&f->tokens[i], "]"));
    return INDENT * (f->blocks - closes_block + (continued && !closes));
}

/* Prints the comments before token i; returns the offset behind the last, or behind token i - 1. */
static uint32_t print_comments(Format *f, int i, bool continued)
{
    uint32_t at = token_end(f, i - 1);
    bool block_begins = i > 0 && format_is(&f->tokens[i - 1], "{");
    for (; f->comment < f->ast->comments.n && f->ast->comments.at[f->comment].token == i; f->comment++) {
        const Comment *comment = &f->ast->comments.at[f->comment];
        if (!comment->own_line && f->lines.n > 0) {
            vec_last(&f->lines).comment = comment_text(f, comment);
        } else {
            if (!continued && !block_begins && newlines(f, at, comment->span.start) > 1)
                blank_line(f);
            start_comment_line(f, comment, INDENT * (f->blocks + continued));
            block_begins = false;
        }
        at = comment->span.end;
    }
    return at;
}

/* Is the block of this brace set on several lines? */
static bool is_broken(const Format *f, int brace)
{
    const int other = f->tokens[brace].match;
    return newlines(f, token_start(f, brace < other ? brace : other), token_start(f, brace < other ? other : brace)) >
           0;
}

/* How token i follows the one before it. */
typedef enum Joint { JOINT_SAME_LINE, JOINT_SEMICOLON, JOINT_CONTINUED, JOINT_NEW_LINE } Joint;

static Joint joint_before(const Format *f, int i, Gap gap)
{
    if (i == 0)
        return JOINT_NEW_LINE;
    const FormatToken *before = &f->tokens[i - 1], *token = &f->tokens[i];
    if (format_is(token, "}"))
        return is_broken(f, i) ? JOINT_NEW_LINE : JOINT_SAME_LINE;
    if (format_is(before, "{"))
        return is_broken(f, i - 1) ? JOINT_NEW_LINE : JOINT_SAME_LINE;
    const bool ends = f->brackets == 0 && (gap.semicolon || (gap.breaks && !format_continues(before)));
    const bool full = vec_last(&f->lines).code.n > WRAP_BYTES;
    if (ends)
        return gap.breaks || full ? JOINT_NEW_LINE : JOINT_SEMICOLON;
    if (gap.breaks || (full && (f->brackets > 0 || format_continues(before))))
        return JOINT_CONTINUED;
    return JOINT_SAME_LINE;
}

static void place_token(Format *f, int i)
{
    const Gap gap = gap_before(f, i);
    const Joint joint = joint_before(f, i, gap);
    const bool continued = joint == JOINT_CONTINUED;
    const int lines = f->lines.n;
    const uint32_t at = print_comments(f, i, continued);
    if (joint == JOINT_SAME_LINE) {
        if (format_space_between(&f->tokens[i - 1], &f->tokens[i]))
            text_add(&vec_last(&f->lines).code, " ");
    } else if (joint == JOINT_SEMICOLON) {
        text_add(&vec_last(&f->lines).code, "; ");
    } else {
        const bool edge =
            (i > 0 && format_is(&f->tokens[i - 1], "{") && f->lines.n == lines) || format_is(&f->tokens[i], "}");
        if (!continued && !edge && newlines(f, at, token_start(f, i)) > 1)
            blank_line(f);
        start_line(f, indent_of(f, i, continued));
    }
    text_add(&vec_last(&f->lines).code, f->tokens[i].text);
}

static void count_bracket(Format *f, const FormatToken *token)
{
    const char first = token->text[0];
    f->blocks += (first == '{') - (first == '}');
    f->brackets += (first == '(' || first == '[') - (first == ')' || first == ']');
}

/* ---- comments behind lines ---- */
static int columns(const Text *text)
{
    int count = 0;
    for (size_t i = 0; i < text->n; i++)
        count += ((unsigned char)text->at[i] & 0xC0) != 0x80;
    return count;
}

static void print_line(const Line *line, int column, Text *out)
{
    const char *code = text_z(&line->code);
    if (line->comment == NULL) {
        text_printf(out, "%s\n", code);
        return;
    }
    const size_t length = strlen(line->comment), bytes = line->code.n + length;
    int pad = column - columns(&line->code);
    if (bytes + (size_t)pad > LINE_MAX_BYTES)
        pad = 2;
    if (bytes + (size_t)pad <= LINE_MAX_BYTES)
        text_printf(out, "%s%*s%s\n", code, pad, "", line->comment);
    else
        text_printf(out, "%*s%s\n%s\n", comment_indent(length, (int)strspn(code, " ")), "", line->comment, code);
}

static void print_lines(const Format *f, Text *out)
{
    for (int i = 0; i < f->lines.n;) {
        int end = i, column = 0;
        for (; end < f->lines.n && f->lines.at[end].comment != NULL; end++)
            if (columns(&f->lines.at[end].code) + 2 > column)
                column = columns(&f->lines.at[end].code) + 2;
        if (end == i)
            end++;
        for (; i < end; i++)
            print_line(&f->lines.at[i], column, out);
    }
}

void format_ast(const SourceMap *sources, const Ast *ast, Text *out)
{
    const Source *source = source_of(sources, ast->file);
    Format f = {out->arena, ast, source->text, source->size, NULL, ast->tokens.n, {0}, 0, 0, 0};
    f.tokens = arena_array(out->arena, FormatToken, f.count);
    for (int i = 0; i < f.count; i++)
        f.tokens[i].text = arena_copy(f.arena, f.source + token_start(&f, i), token_end(&f, i) - token_start(&f, i));
    format_classify(f.arena, f.tokens, f.count);
    for (int i = 0; i < f.count; i++) {
        place_token(&f, i);
        count_bracket(&f, &f.tokens[i]);
    }
    print_comments(&f, f.count, false);
    print_lines(&f, out);
}

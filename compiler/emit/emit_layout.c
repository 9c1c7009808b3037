/* emit_layout.c: small pieces of text that the interface is printed from: lists that wrap, comments that hold users'
 * text, fields with their comment, literals. */
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "emit/interface.h"
#include "support/diag.h"
#include "support/utf8.h"

static int column_of(const Text *out)
{
    int column = 0;
    for (size_t i = out->n; i > 0 && out->at[i - 1] != '\n'; i--)
        column++;
    return column;
}

void wrap_item(Wrap *wrap, const char *format, ...)
{
    char item[1024];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(item, sizeof item, format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= sizeof item)
        BUG("an item of %d bytes", length);
    if (wrap->n++ > 0) {
        text_add(wrap->out, ",");
        if (column_of(wrap->out) + length + 3 > EMIT_COLUMNS)
            text_printf(wrap->out, "\n%*s", wrap->indent, "");
        else
            text_add(wrap->out, " ");
    }
    text_add(wrap->out, item);
}

/* Whether a comment may not hold these two bytes side by side: a border of comments, or a trigraph. */
static bool is_bad_pair(char a, char b)
{
    return (a == '*' && b == '/') || (a == '/' && b == '*') || (a == '/' && b == '/') || (a == '?' && b == '?');
}

void lay_comment_text(Text *out, const char *text)
{
    int left = (int)strlen(text);
    char before = out->n > 0 ? out->at[out->n - 1] : ' ';
    while (left > 0) {
        uint32_t code;
        const int bytes = utf8_decode(text, left, &code);
        if (is_bad_pair(before, *text))
            text_add(out, " ");
        if (code == '\t')
            text_add(out, " ");
        else if (!utf8_is_printable(code) || utf8_is_direction_mark(code))
            text_add(out, "?");
        else
            text_add_n(out, text, (size_t)bytes);
        before = out->at[out->n - 1];
        text += bytes;
        left -= bytes;
    }
    if (before == '\\')
        text_add(out, " "); /* never the last of a line */
}

void lay_doc(Text *out, const char *indent, const char *doc)
{
    if (doc == NULL || *doc == '\0')
        return;
    text_printf(out, "%s/* ", indent);
    Text line = text_new(out->arena);
    for (const char *at = doc; *at; at++) {
        if (*at != '\n') {
            text_add_n(&line, at, 1);
            continue;
        }
        lay_comment_text(out, text_z(&line));
        line = text_new(out->arena);
        text_printf(out, "\n%s   ", indent);
    }
    lay_comment_text(out, text_z(&line));
    text_add(out, " */\n");
}

void lay_field(Text *out, const char *declaration, const char *format, ...)
{
    enum { COMMENT_COLUMN = 34 };
    char raw[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    Text comment = text_new(out->arena);
    lay_comment_text(&comment, raw);
    const int width = (int)strlen(declaration) + 5;
    const int at = width < COMMENT_COLUMN ? COMMENT_COLUMN : width + 1;
    if (at + (int)comment.n + 6 > EMIT_COLUMNS)
        text_printf(out, "    /* %s */\n    %s;\n", text_z(&comment), declaration);
    else
        text_printf(out, "    %s;%*s/* %s */\n", declaration, at - width, "", text_z(&comment));
}

void lay_string(Text *out, const char *text, int most)
{
    text_add(out, "\"");
    for (int i = 0; text[i] && i < most; i++) {
        const unsigned char byte = (unsigned char)text[i];
        if (byte >= ' ' && byte < 127 && byte != '"' && byte != '\\' && byte != '?')
            text_add_n(out, text + i, 1);
        else
            text_printf(out, "\\%03o", byte); /* three digits: what follows cannot become part of it */
    }
    text_add(out, "\"");
}

const char *lay_double(Arena *arena, double value)
{
    Text text = text_new(arena);
    text_add_double(&text, value);
    if (strpbrk(text_z(&text), ".en") == NULL)
        text_add(&text, ".0");
    return text_z(&text);
}

const char *lay_real(const Emit *emit, double value)
{
    if (emit->options->is_double)
        return lay_double(emit->arena, value);
    /* what a float cannot hold would be a warning of the C compiler */
    if (fabs(value) > (double)FLT_MAX)
        value = value < 0 ? -(double)FLT_MAX : (double)FLT_MAX;
    if (fabs(value) < (double)FLT_MIN)
        value = 0;
    return arena_printf(emit->arena, "%sF", lay_double(emit->arena, value));
}

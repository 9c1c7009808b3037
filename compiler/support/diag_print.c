/* diag_print.c: messages as text for a person, in the form shown in diag.h.
 * The line of carets repeats the tabs of the source line, so it stays aligned whatever the tab width. What a
 * terminal could take as a command (control bytes, broken UTF-8, direction marks) is shown as '?'. */
#include <stdlib.h>
#include <string.h>

#include "support/diag.h"
#include "support/diag_data.h"
#include "support/text.h"
#include "support/utf8.h"

enum { EXCERPT_COLUMNS = 200, EXCERPT_BEFORE = 60, GUTTER_DIGITS = 5 };

typedef struct Style {
    const char *bold, *error, *warning, *mark, *off;
} Style;
static const Style style_plain = {"", "", "", "", ""};
static const Style style_color = {"\033[1m", "\033[1;31m", "\033[1;35m", "\033[1;32m", "\033[0m"};

static int compare_u32(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_messages(const void *left, const void *right)
{
    const DiagMsg *a = *(DiagMsg *const *)left, *b = *(DiagMsg *const *)right;
    int order = compare_u32(a->span.file, b->span.file);
    if (order == 0)
        order = compare_u32(a->span.start, b->span.start);
    if (order == 0)
        order = compare_u32(a->span.end, b->span.end);
    return order != 0 ? order : (int)a->code - (int)b->code;
}

DiagMsg *const *diag_sorted(const Diag *diag, int *count)
{
    const bool failed = diag_errors(diag) > 0;
    DiagMsg **chosen = arena_array(diag->arena, DiagMsg *, diag->messages.n);
    *count = 0;
    for (int i = 0; i < diag->messages.n; i++)
        if (!failed || diag_is_error(diag, diag->messages.at[i]))
            chosen[(*count)++] = diag->messages.at[i];
    if (*count > 1)
        qsort(chosen, (size_t)*count, sizeof *chosen, compare_messages);
    return chosen;
}

/* The source line and the carets under it, cut to EXCERPT_COLUMNS around the first caret. */
typedef struct Excerpt {
    Text line, marks;
    int column;             /* of the code point at hand */
    int from, to;           /* columns shown: [from, to) */
    int first_mark, marked; /* columns [first_mark, marked) get carets */
} Excerpt;

static void excerpt_add(Excerpt *e, const char *at, int bytes, uint32_t code)
{
    const int column = e->column++;
    if (column < e->from || column >= e->to)
        return;
    const bool invisible = column == e->first_mark && utf8_width(code) == 0;
    const bool shown = (utf8_is_printable(code) && !invisible) || code == '\t';
    text_add_n(&e->line, shown ? at : "?", shown ? (size_t)bytes : 1);
    if (column >= e->marked)
        return;
    const bool marked = column >= e->first_mark;
    const char *mark = !marked ? (code == '\t' ? "\t" : " ") : column == e->first_mark ? "^" : "~";
    const int width = shown && code != '\t' ? utf8_width(code) : 1;
    for (int i = 0; i < width; i++)
        text_add(&e->marks, i > 0 && marked ? "~" : mark);
}

static Excerpt make_excerpt(const Diag *diag, Span span, Place place)
{
    int length = 0;
    const char *line = source_line(diag->sources, span.file, place.line, &length);
    const Place end = source_place(diag->sources, span.file, span.end);
    Excerpt e = {text_new(diag->arena), text_new(diag->arena), 1, 1, EXCERPT_COLUMNS, place.column, 0};
    e.marked = end.line == place.line ? end.column : length + 1;
    if (e.marked <= e.first_mark)
        e.marked = e.first_mark + 1;
    if (e.first_mark >= e.to - EXCERPT_BEFORE) {
        e.from = e.first_mark - EXCERPT_BEFORE;
        e.to = e.from + EXCERPT_COLUMNS;
        text_add(&e.line, "...");
        text_add(&e.marks, "   ");
    }
    for (int i = 0; i < length;) {
        uint32_t code = 0;
        const int bytes = utf8_decode(line + i, length - i, &code);
        excerpt_add(&e, line + i, bytes, code);
        i += bytes;
    }
    if (e.column > e.to)
        text_add(&e.line, "...");
    if (e.first_mark >= e.column) { /* just past the end of the line */
        for (; e.column < e.first_mark; e.column++)
            text_add(&e.marks, " ");
        text_add(&e.marks, "^");
    }
    return e;
}

static void print_excerpt(const Diag *diag, const DiagMsg *msg, FILE *out, const Style *style, int gutter)
{
    const Place place = source_place(diag->sources, msg->span.file, msg->span.start);
    const Excerpt e = make_excerpt(diag, msg->span, place);
    fprintf(out, "%*d |%s%s\n", gutter, place.line, e.line.n > 0 ? " " : "", text_z(&e.line));
    fprintf(out, "%*s | %s%s%s\n", gutter, "", style->mark, text_z(&e.marks), style->off);
}

/* Places in the file of the message print as "8:11: ", in others with the file; a built-in file has no line. */
static void print_place(const Diag *diag, const DiagMsg *msg, Span span, FILE *out)
{
    if (span.file == 0)
        return;
    const Source *source = source_of(diag->sources, span.file);
    const Place place = source_place(diag->sources, span.file, span.start);
    if (span.file == msg->span.file)
        fprintf(out, "%d:%d: ", place.line, place.column);
    else if (source->builtin)
        fprintf(out, "%s: ", source->name);
    else
        fprintf(out, "%s:%d:%d: ", source->name, place.line, place.column);
}

static void print_notes(const Diag *diag, const DiagMsg *msg, FILE *out, const Style *style, int indent)
{
    for (int i = 0; i < msg->notes.n; i++) {
        const DiagNote *note = &msg->notes.at[i];
        if (note->joined)
            fputs("; ", out);
        else
            fprintf(out, "%s%*s%snote:%s ", i > 0 ? "\n" : "", indent, "", style->bold, style->off);
        print_place(diag, msg, note->span, out);
        fputs(note->text, out);
    }
    if (msg->notes.n > 0)
        fputc('\n', out);
    for (int i = 0; i < msg->hints.n; i++)
        fprintf(out, "%*s%shint:%s %s\n", indent, "", style->bold, style->off, msg->hints.at[i]);
}

static void print_message(const Diag *diag, const DiagMsg *msg, FILE *out, const Style *style)
{
    const bool error = diag_is_error(diag, msg);
    int gutter = GUTTER_DIGITS;
    if (msg->span.file == 0) {
        fprintf(out, "%srnnc:%s ", style->bold, style->off);
    } else {
        const Place place = source_place(diag->sources, msg->span.file, msg->span.start);
        fprintf(out, "%s%s:%d:%d:%s ", style->bold, source_of(diag->sources, msg->span.file)->name, place.line,
                place.column, style->off);
        for (int line = place.line; line >= 100000; line /= 10)
            gutter++;
    }
    fprintf(out, "%s%s[%s]:%s %s\n", error ? style->error : style->warning, error ? "error" : "warning",
            diag_info[msg->code].name, style->off, msg->text);
    if (msg->span.file != 0)
        print_excerpt(diag, msg, out, style, gutter);
    print_notes(diag, msg, out, style, gutter + 1);
}

void diag_print(const Diag *diag, FILE *out, bool color)
{
    int count = 0;
    DiagMsg *const *messages = diag_sorted(diag, &count);
    for (int i = 0; i < count; i++)
        print_message(diag, messages[i], out, color ? &style_color : &style_plain);
    if (diag->dropped > 0)
        fprintf(out, "rnnc: %d more error%s not shown: at most %d are printed\n", diag->dropped,
                diag->dropped == 1 ? " is" : "s are", DIAG_ERRORS_MAX);
}

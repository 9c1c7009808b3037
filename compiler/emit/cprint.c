/* cprint.c: lays out the syntax tree of emitted C: K&R, 4 spaces, lines of at most 120 columns.
 * It decides where parentheses and line breaks go and nothing else. */
#include <string.h>

#include "emit/ctree.h"

enum { LINE_WIDTH = 120 };

static void print_operand(Text *out, const CExpr *e, int outer, bool strict)
{
    bool wrap = e->prec < outer || (strict && e->prec == outer);
    if (wrap)
        text_add(out, "(");
    c_print_expr(out, e);
    if (wrap)
        text_add(out, ")");
}

void c_print_expr(Text *out, const CExpr *e)
{
    const char *p = e->text;
    if (e->n == 0) {
        text_add(out, p);
        return;
    }
    for (; *p; p++) {
        if (*p != '$') {
            text_add_n(out, p, 1);
            continue;
        }
        p++;
        bool free_place = *p >= 'A' && *p <= 'I';
        int i = *p - (free_place ? 'A' : 'a');
        bool leads = p - 1 == e->text; /* the left operand may have equal precedence */
        print_operand(out, e->arg[i], free_place ? PREC_NONE : e->prec, !leads);
    }
}

static void indent_by(Text *out, int indent)
{
    for (int i = 0; i < indent; i++)
        text_add(out, "    ");
}

/* Where a line that is too long goes on in the next one: at a blank behind a comma or an operator, rather few
 * parentheses deep than far to the right. In a comment any blank will do. */
static int choose_cut(const char *line, int room, bool comment)
{
    int best = 0, best_cost = 0, depth = 0;
    for (int i = 0; i <= room && line[i] != '\0'; i++) {
        depth += (line[i] == '(' || line[i] == '[') - (line[i] == ')' || line[i] == ']');
        if (line[i] != ' ' || i <= 20)
            continue;
        const bool good = comment || strchr(",;=+-*/?:&|<>", line[i - 1]) != NULL;
        const int cost =
            room - i + (comment ? 0 : 24 * depth) + (comment || line[i - 1] == ',' ? 0 : 12) + (good ? 0 : 1000);
        if (best == 0 || cost <= best_cost) {
            best = i;
            best_cost = cost;
        }
    }
    return best;
}

/* One logical line, broken where it is too long. */
static void print_line(Text *out, int indent, const char *line)
{
    const int width = LINE_WIDTH - 4 * indent;
    const bool comment = strncmp(line, "/*", 2) == 0 || strncmp(line, " * ", 3) == 0;
    int room = width;
    indent_by(out, indent);
    while ((int)strlen(line) > room) {
        const int cut = choose_cut(line, room, comment);
        if (cut == 0)
            break;
        text_add_n(out, line, (size_t)cut);
        text_add(out, "\n");
        indent_by(out, indent);
        text_add(out, comment ? "   " : "    ");
        line += cut + 1;
        room = width - 4;
    }
    text_add(out, line);
    text_add(out, "\n");
}

/* Lines of the text become lines of one comment. */
static void print_comment(Text *out, int indent, const char *text)
{
    const char *begin = "/* ";
    for (const char *end = text; end != NULL;) {
        Text line = text_new(out->arena);
        end = strchr(text, '\n');
        text_add(&line, begin);
        text_add_n(&line, text, end != NULL ? (size_t)(end - text) : strlen(text));
        text_add(&line, end != NULL ? "" : " */");
        print_line(out, indent, text_z(&line));
        begin = " * ";
        if (end != NULL)
            text = end + 1;
    }
}

static const char *expr_text(Text *out, const CExpr *e)
{
    Text t = text_new(out->arena);
    c_print_expr(&t, e);
    return text_z(&t);
}

static void print_body(Text *out, const CBlock *body, int indent, const char *tail)
{
    c_print(out, body, indent + 1);
    indent_by(out, indent);
    text_printf(out, "}%s", tail);
}

static void print_for(Text *out, const CStmt *s, int indent)
{
    Text head = text_new(out->arena);
    long long one;
    bool unit = s->step != NULL && c_is_int(s->step, &one) && one == 1;
    const char *step =
        s->step == NULL ? ""
        : unit          ? arena_printf(out->arena, s->down ? "%s--" : "%s++", s->name)
                        : arena_printf(out->arena, s->down ? "%s -= %s" : "%s += %s", s->name, expr_text(out, s->step));
    if (s->kind == C_WHILE_FOR)
        text_printf(&head, "for (; %s; %s) {", expr_text(out, s->value), step);
    else
        text_printf(&head, "for (ptrdiff_t %s = %s; %s %s %s;%s%s) {", s->name, expr_text(out, s->value), s->name,
                    s->down ? ">=" : "<", expr_text(out, s->limit), *step ? " " : "", step);
    print_line(out, indent, text_z(&head));
    print_body(out, s->body, indent, "\n");
}

static void print_if(Text *out, const CStmt *s, int indent)
{
    const char *head = "";
    for (; s; s = s->other->stmts.at[0]) { /* else { if ... } is else if */
        print_line(out, indent, arena_printf(out->arena, "%sif (%s) {", head, expr_text(out, s->value)));
        c_print(out, s->body, indent + 1);
        head = "} else ";
        if (!s->other || s->other->stmts.n != 1 || s->other->stmts.at[0]->kind != C_IF)
            break;
    }
    if (s->other) {
        print_line(out, indent, "} else {");
        c_print(out, s->other, indent + 1);
    }
    print_line(out, indent, "}");
}

static void print_function(Text *out, const CStmt *s, int indent)
{
    Text head = text_new(out->arena);
    text_printf(&head, "%s %s(", s->type, s->name);
    for (int i = 0; i < s->params.n; i++)
        text_printf(&head, "%s%s", i ? ", " : "", s->params.at[i]);
    text_add(&head, s->params.n ? ")" : "void)");
    print_line(out, indent, text_z(&head));
    text_add(out, "{\n");
    print_body(out, s->body, indent, "\n");
}

static void print_stmt(Text *out, const CStmt *s, int indent)
{
    Arena *arena = out->arena;
    switch (s->kind) {
    case C_DECL:
        print_line(out, indent,
                   s->value
                       ? arena_printf(arena, "%s%s%s = %s;", s->type, s->type[strlen(s->type) - 1] == '*' ? "" : " ",
                                      s->name, expr_text(out, s->value))
                       : arena_printf(arena, "%s %s;", s->type, s->name));
        break;
    case C_ASSIGN:
        print_line(out, indent,
                   arena_printf(arena, "%s %s %s;", expr_text(out, s->target), s->op, expr_text(out, s->value)));
        break;
    case C_CALL:
        print_line(out, indent, arena_printf(arena, "%s;", expr_text(out, s->value)));
        break;
    case C_FOR:
    case C_WHILE_FOR:
        print_for(out, s, indent);
        break;
    case C_WHILE:
        print_line(out, indent, arena_printf(arena, "while (%s) {", expr_text(out, s->value)));
        print_body(out, s->body, indent, "\n");
        break;
    case C_IF:
        print_if(out, s, indent);
        break;
    case C_SCOPE:
        print_line(out, indent, "{");
        print_body(out, s->body, indent, "\n");
        break;
    case C_GROUP:
        c_print(out, s->body, indent);
        break;
    case C_RETURN:
        print_line(out, indent, s->value ? arena_printf(arena, "return %s;", expr_text(out, s->value)) : "return;");
        break;
    case C_COMMENT:
        print_comment(out, indent, s->name);
        break;
    case C_BLANK:
        text_add(out, "\n");
        break;
    case C_LINE:
        text_printf(out, "%s\n", s->name);
        break;
    case C_FUNCTION:
        print_function(out, s, indent);
        break;
    }
}

void c_print(Text *out, const CBlock *block, int indent)
{
    for (int i = 0; i < block->stmts.n; i++)
        print_stmt(out, block->stmts.at[i], indent);
}

/* hint.c: a hint that names a program text is printed only when that text is right: the file is edited in a copy, and
 * checked again without hints; the edit must remove an error and bring no new one. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "grammar/parse.h"
#include "sema/check.h"

enum { MAX_TRIES = 60, FEW_TRIES = 6, LARGE_FILE = 16384 };

int offer_group(Checker *c)
{
    return ++c->offer_groups;
}

static void add_offer(Checker *c, Offer made)
{
    if (!c->options->no_hints)
        vec_push(c->arena, &c->offers, made);
}

static const Edit *copy_edits(Checker *c, const Edit *edits, int count)
{
    Edit *copy = arena_array(c->arena, Edit, count);
    memcpy(copy, edits, sizeof *copy * (size_t)count);
    return copy;
}

void offer(Checker *c, DiagMsg *msg, int group, const Edit *edits, int count, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = arena_alloc(c->arena, length < 0 ? 1 : (size_t)length + 1);
    if (length >= 0)
        vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    add_offer(c, (Offer){msg, group, 1, {copy_edits(c, edits, count), NULL}, {count, 0}, text});
}

/* Two ways in one hint: both must be right. */
void offer_two(Checker *c, DiagMsg *msg, int group, Edit one, Edit other, const char *text)
{
    add_offer(c, (Offer){msg, group, 2, {copy_edits(c, &one, 1), copy_edits(c, &other, 1)}, {1, 1}, text});
}

/* Checks the program with one file edited; returns the number of errors. What it makes is thrown away at once. */
static int errors_with(Checker *c, const Ast *main_file, uint32_t file, const char *text)
{
    Arena *arena = arena_new();
    SourceMap *sources = source_map_new(arena);
    Diag *diag = diag_new(arena, sources);
    const Source *main_source = source_of(c->sources, main_file->file);
    const bool is_main = file == main_file->file;
    const SemaOverlay overlay = {source_of(c->sources, file)->name, text};
    const char *main_text = is_main ? text : main_source->text;
    const uint32_t id = source_add(sources, main_source->name, main_text, (uint32_t)strlen(main_text), false);
    const Ast *ast = parse_file(arena, c->names, sources, diag, id);
    SemaOptions options = *c->options;
    options.no_hints = true;
    options.overlay = is_main ? NULL : &overlay;
    if (ast != NULL && diag_errors(diag) == 0)
        sema_check(arena, c->names, sources, diag, ast, &options);
    const int errors = ast == NULL ? diag_errors(c->diag) : diag_errors(diag);
    arena_free(arena);
    return errors;
}

static bool is_right(Checker *c, const Ast *main_file, const Edit *edits, int count, int errors)
{
    const uint32_t file = edits[0].span.file;
    if (count == 0 || source_of(c->sources, file)->builtin)
        return false;
    const Span whole = {file, 0, source_of(c->sources, file)->size};
    const int after = errors_with(c, main_file, file, edited_text(c, whole, edits, count));
    return after == 0 || after < errors;
}

void offers_test(Checker *c, const Ast *main_file)
{
    const int errors = diag_errors(c->diag);
    const int most = source_of(c->sources, main_file->file)->size > LARGE_FILE ? FEW_TRIES : MAX_TRIES;
    int tries = 0, passed = 0;
    for (int i = 0; i < c->offers.n && tries < most; i++) {
        const Offer *o = &c->offers.at[i];
        if (o->group == passed)
            continue;
        bool right = true;
        for (int way = 0; right && way < o->ways; way++, tries++)
            right = is_right(c, main_file, o->edits[way], o->count[way], errors);
        if (!right)
            continue;
        diag_hint(c->diag, o->msg, "%s", o->text);
        for (int k = 0; o->ways == 1 && k < o->count[0]; k++)
            diag_fixit(c->diag, o->msg, o->edits[0][k].span, o->edits[0][k].text);
        passed = o->group;
    }
}

/* --- where a place stands in the tree ------------------------------------------------------------------------------ */

static bool contains(Span outer, Span inner)
{
    return outer.file == inner.file && outer.start <= inner.start && outer.end >= inner.end;
}

static const Expr *value_at(const StmtList *list, Span span)
{
    for (int i = 0; i < list->n; i++) {
        const Stmt *stmt = list->at[i];
        if (!contains(stmt->span, span))
            continue;
        if (stmt->value != NULL && contains(stmt->value->span, span))
            return stmt->value;
        for (int k = 0; k < stmt->binds.n; k++)
            if (contains(stmt->binds.at[k].value->span, span))
                return stmt->binds.at[k].value;
        return stmt->inner != NULL ? (contains(stmt->inner->value->span, span) ? stmt->inner->value : NULL)
                                   : value_at(&stmt->body, span);
    }
    return NULL;
}

/* The right side that a place stands in: in the model, or in the cell of some file. */
static const Expr *root_at(const Checker *c, Span span)
{
    const Expr *found = value_at(&c->model_stmt->body, span);
    for (int i = 0; found == NULL && i < c->functions.all.n; i++)
        if (c->functions.all.at[i]->kind == SYM_CELL && contains(c->functions.all.at[i]->stmt->span, span))
            found = value_at(&c->functions.all.at[i]->stmt->body, span);
    return found;
}

/* The smallest operator, lookup or call that has the expression at `span` as an operand; NULL: none. */
static const Expr *operation_around(const Expr *root, Span span)
{
    const Expr *found = NULL;
    const Expr *at = root;
    while (at != NULL) {
        const Expr *next = NULL;
        for (int i = 0; i < at->items.n; i++)
            if (contains(at->items.at[i]->span, span))
                next = at->items.at[i];
        for (int i = 0; i < at->args.n; i++)
            if (contains(at->args.at[i].value->span, span))
                next = at->args.at[i].value;
        if (next == NULL)
            return found;
        if (at->kind != EXPR_PAREN)
            found = at;
        if (next->span.start == span.start && next->span.end == span.end && next->kind != EXPR_PAREN)
            return found;
        at = next;
    }
    return found;
}

/* How a read is shown in a hint: with the product, lookup or call it is an operand of. */
Span read_shown(const Checker *c, const Expr *read)
{
    const Expr *root = root_at(c, read->span);
    const Expr *around = root == NULL ? NULL : operation_around(root, read->span);
    const bool show =
        around != NULL && (around->kind == EXPR_INDEX || around->kind == EXPR_CALL ||
                           (around->kind == EXPR_BINARY && (around->op == EXPR_AT || around->op == EXPR_MUL)));
    return show ? around->span : read->span;
}

/* say.c: messages in the user's own words: texts as typed, dims by the names that the cell at hand gives them, and
 * for text that was copied the note where the copy comes from. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sema/check.h"

/* In the trial of a cell that nothing applies: what other numbers for its dims could make right. */
static bool is_about_numbers(const Checker *c, DiagCode code)
{
    static const DiagCode codes[] = {E0209, E0212, E0301, E0302, E0303, E0305,
                                     E0308, E0311, E0313, E0314, W0802, W0803};
    for (size_t i = 0; c->scrap != NULL && i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code)
            return true;
    return false;
}

DiagMsg *say(Checker *c, Scope *scope, DiagCode code, Span span, const char *format, ...)
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
    DiagMsg *msg = diag_report(is_about_numbers(c, code) ? c->scrap : c->diag, code, span, "%s", text);
    if (scope != NULL)
        vec_push(c->arena, &c->said, (Said){msg, scope});
    return msg;
}

/* "15:12", or "m.rnn:15:12" where the text that was copied stands in another file. */
static const char *place_text(Checker *c, Span at, uint32_t file)
{
    const Place place = source_place(c->sources, at.file, at.start);
    if (at.file == file)
        return arena_printf(c->arena, "%d:%d", place.line, place.column);
    return arena_printf(c->arena, "%s:%d:%d", source_of(c->sources, at.file)->name, place.line, place.column);
}

static const char *copy_text(Checker *c, const Scope *scope)
{
    if (scope->copy == COPY_FOR)
        return arena_printf(c->arena, "with %s = %lld", scope->copy_name, (long long)scope->copy_value);
    const uint32_t file = scope->copy == COPY_CELL ? scope->layer->cell->id_span.file : scope->copy_at.file;
    return scope->copy == COPY_CELL ? arena_printf(c->arena, "in cell %s, applied at %s", scope->copy_name,
                                                   place_text(c, scope->copy_at, file))
                                    : arena_printf(c->arena, "in fn %s, called at %s", scope->copy_name,
                                                   place_text(c, scope->copy_at, file));
}

void say_copies(Checker *c)
{
    for (int i = 0; i < c->said.n; i++) {
        DiagMsg *msg = c->said.at[i].msg;
        int copies = 0;
        for (const Scope *s = c->said.at[i].scope; s != NULL; s = s->copy == COPY_NONE ? s->outer : s->around) {
            const bool trial = c->scrap != NULL && s->copy_at.start == c->scrap_at.start;
            if (s->copy == COPY_NONE || copies > 4 || trial)
                continue;
            if (copies++ == 0)
                diag_note(c->diag, msg, NO_SPAN, "%s", copy_text(c, s));
            else
                diag_note_more(c->diag, msg, NO_SPAN, "%s", copy_text(c, s));
        }
    }
}

const char *say_text(Checker *c, Span span)
{
    return source_text(c->arena, c->sources, span);
}

/* The cell in whose text a scope lies: it has its own names for dims. */
static const Layer *layer_of(const Scope *scope)
{
    while (scope != NULL && scope->layer == NULL)
        scope = scope->copy == COPY_NONE ? scope->outer : scope->around;
    return scope == NULL ? NULL : scope->layer;
}

static const char *local_name(const Layer *layer, Dim dim)
{
    for (int i = 0; i < layer->scope->names.all.n; i++) {
        const Symbol *symbol = layer->scope->names.all.at[i];
        if (symbol->kind == SYM_NUMBER && symbol->is_dim && symbol->expr == NULL && symbol->number.whole &&
            dim_equal(symbol->number.dim, dim))
            return symbol->name;
    }
    return NULL;
}

const char *say_dim(Checker *c, Scope *scope, Dim dim)
{
    const Layer *layer = layer_of(scope);
    if (layer == NULL || dim.form == NULL)
        return dim_text(c->arena, dim);
    if (dim.form->n > 0 && dim.form->term[0].atoms > 0 && local_name(layer, dim) != NULL)
        return local_name(layer, dim);
    DimForm *form = arena_make(c->arena, DimForm);
    form->n = dim.form->n;
    form->term = arena_array(c->arena, DimMonomial, form->n);
    for (int i = 0; i < form->n; i++) {
        form->term[i] = dim.form->term[i];
        for (int k = 0; k < form->term[i].atoms; k++) {
            const DimAtom *atom = form->term[i].atom[k];
            const char *name = local_name(layer, dim_atom(c->arena, atom));
            DimAtom *renamed = arena_make(c->arena, DimAtom);
            *renamed = *atom;
            renamed->name = name == NULL ? atom->name : name;
            form->term[i].atom[k] = renamed;
        }
    }
    return dim_text(c->arena, (Dim){dim.value, form});
}

const char *say_shape(Checker *c, Scope *scope, Shape shape)
{
    if (shape.rank == 0)
        return "a scalar";
    if (shape.rank == 1)
        return arena_printf(c->arena, "[%s]", say_dim(c, scope, shape.dim[0]));
    return arena_printf(c->arena, "[%s, %s]", say_dim(c, scope, shape.dim[0]), say_dim(c, scope, shape.dim[1]));
}

const char *say_type(Checker *c, Scope *scope, Type type)
{
    if (type.kind == TYPE_TOKEN)
        return arena_printf(c->arena, "index(%s)", say_dim(c, scope, type.vocab));
    if (type.value == VALUE_DIST && type.shape.rank == 1)
        return arena_printf(c->arena, "dist(%s)", say_dim(c, scope, type.shape.dim[0]));
    return say_shape(c, scope, type.shape);
}

const char *say_read(Checker *c, const SemaTerm *read)
{
    return say_text(c, read->term.span);
}

/* The text of a span with edits made; they do not overlap, and may come in any order. */
const char *edited_text(Checker *c, Span span, const Edit *edits, int count)
{
    Edit *sorted = arena_array(c->arena, Edit, count);
    for (int i = 0; i < count; i++) {
        int at = i;
        for (; at > 0 && edits[i].span.start < sorted[at - 1].span.start; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = edits[i];
    }
    const char *source = source_of(c->sources, span.file)->text;
    Text text = text_new(c->arena);
    uint32_t at = span.start;
    for (int i = 0; i < count; i++) {
        if (sorted[i].span.start < at || sorted[i].span.end > span.end)
            continue;
        text_add_n(&text, source + at, sorted[i].span.start - at);
        text_add(&text, sorted[i].text);
        at = sorted[i].span.end;
    }
    text_add_n(&text, source + at, span.end - at);
    return text_z(&text);
}

const char *say_edited(Checker *c, Span span, const Edit *edits, int count)
{
    const char *text = edited_text(c, span, edits, count);
    SourceMap *scratch = source_map_new(c->arena);
    const uint32_t size = (uint32_t)strlen(text);
    return source_text(c->arena, scratch, (Span){source_add(scratch, "", text, size, false), 0, size});
}

bool say_is_builtin(Checker *c, Span span)
{
    return span.file != 0 && source_of(c->sources, span.file)->builtin;
}

Span expr_head(const Expr *expr)
{
    expr = expr_strip(expr);
    return expr->kind == EXPR_CALL ? expr->base->span : expr->span;
}

const Expr *expr_strip(const Expr *expr)
{
    while (expr->kind == EXPR_PAREN)
        expr = expr->items.at[0];
    return expr;
}

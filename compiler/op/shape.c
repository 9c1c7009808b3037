/* shape.c: dimensions in normal form: a sum of monomials sorted by their atoms in order of declaration, the constant
 * last, none with coefficient zero. Equal dims have equal lists. What does not fit (a product of more than four
 * atoms, more than 64 terms, a number beyond 63 bits) has form NULL and value -1, like a division that leaves a rest. */
#include "op/shape.h"

#include <stddef.h>
#include <string.h>

#include "support/text.h"

enum { ATOMS_MAX = 4, TERMS_MAX = 64 };

static const Dim dim_failed = {-1, NULL};

static bool is_failed(Dim dim)
{
    return dim.form == NULL && dim.value == -1;
}

/* A form with room for `terms`; n starts at 0. */
static DimForm *new_form(Arena *arena, int terms)
{
    DimForm *form = arena_make(arena, DimForm);
    form->term = arena_array(arena, DimMonomial, terms);
    return form;
}

Dim dim_number(Arena *arena, int64_t value)
{
    DimForm *form = new_form(arena, 1);
    if (value != 0)
        form->term[form->n++] = (DimMonomial){value, 0, {NULL}};
    return (Dim){value, form};
}

Dim dim_atom(Arena *arena, const DimAtom *atom)
{
    DimForm *form = new_form(arena, 1);
    form->term[form->n++] = (DimMonomial){1, 1, {atom}};
    return (Dim){atom->value, form};
}

/* Order of the normal form: by atoms, first declared first; a product before its own prefix. */
static int compare_monomials(const DimMonomial *a, const DimMonomial *b)
{
    for (int i = 0; i < a->atoms && i < b->atoms; i++)
        if (a->atom[i]->id != b->atom[i]->id)
            return a->atom[i]->id < b->atom[i]->id ? -1 : 1;
    return b->atoms - a->atoms;
}

/* a + sign * b of two sorted lists. */
static bool merge(DimForm *sum, const DimForm *a, const DimForm *b, int sign)
{
    int i = 0, j = 0;
    while (i < a->n || j < b->n) {
        const int order = i == a->n ? 1 : j == b->n ? -1 : compare_monomials(&a->term[i], &b->term[j]);
        DimMonomial term = order <= 0 ? a->term[i] : b->term[j];
        int64_t left = order <= 0 ? a->term[i++].coefficient : 0, right = 0;
        if (order >= 0 && __builtin_mul_overflow(b->term[j++].coefficient, (int64_t)sign, &right))
            return false;
        if (__builtin_add_overflow(left, right, &term.coefficient))
            return false;
        if (term.coefficient != 0)
            sum->term[sum->n++] = term;
    }
    return sum->n <= TERMS_MAX;
}

static Dim add_signed(Arena *arena, Dim a, Dim b, int sign)
{
    Dim result = {0, NULL};
    int64_t right = 0;
    if (is_failed(a) || is_failed(b) || __builtin_mul_overflow(b.value, (int64_t)sign, &right) ||
        __builtin_add_overflow(a.value, right, &result.value))
        return dim_failed;
    if (a.form == NULL || b.form == NULL)
        return result;
    DimForm *form = new_form(arena, a.form->n + b.form->n);
    result.form = form;
    return merge(form, a.form, b.form, sign) ? result : dim_failed;
}

Dim dim_add(Arena *arena, Dim a, Dim b)
{
    return add_signed(arena, a, b, 1);
}

Dim dim_sub(Arena *arena, Dim a, Dim b)
{
    return add_signed(arena, a, b, -1);
}

static bool multiply_monomials(const DimMonomial *a, const DimMonomial *b, DimMonomial *product)
{
    if (a->atoms + b->atoms > ATOMS_MAX)
        return false;
    memset(product, 0, sizeof *product);
    int i = 0, j = 0;
    while (i < a->atoms || j < b->atoms) {
        const bool left = j == b->atoms || (i < a->atoms && a->atom[i]->id <= b->atom[j]->id);
        product->atom[product->atoms++] = left ? a->atom[i++] : b->atom[j++];
    }
    return !__builtin_mul_overflow(a->coefficient, b->coefficient, &product->coefficient);
}

Dim dim_mul(Arena *arena, Dim a, Dim b)
{
    Dim result = {0, NULL};
    if (is_failed(a) || is_failed(b) || __builtin_mul_overflow(a.value, b.value, &result.value))
        return dim_failed;
    if (a.form == NULL || b.form == NULL)
        return result;
    const DimForm *form = new_form(arena, 0);
    for (int i = 0; i < a.form->n; i++)
        for (int j = 0; j < b.form->n; j++) {
            DimForm *one = new_form(arena, 1), *sum = new_form(arena, form->n + 1);
            one->n = 1;
            if (!multiply_monomials(&a.form->term[i], &b.form->term[j], &one->term[0]) || !merge(sum, form, one, 1))
                return dim_failed;
            form = sum;
        }
    result.form = form;
    return result;
}

Dim dim_div(Arena *arena, Dim a, int64_t by)
{
    if (is_failed(a) || by == 0 || (by == -1 && a.value == INT64_MIN) || a.value % by != 0)
        return dim_failed;
    Dim result = {a.value / by, NULL};
    if (a.form == NULL)
        return result;
    DimForm *form = new_form(arena, a.form->n);
    for (int i = 0; i < a.form->n; i++) {
        DimMonomial term = a.form->term[i];
        if ((by == -1 && term.coefficient == INT64_MIN) || term.coefficient % by != 0)
            return dim_failed;
        term.coefficient /= by;
        form->term[form->n++] = term;
    }
    result.form = form;
    return result;
}

bool dim_equal(Dim a, Dim b)
{
    if (a.form == NULL || b.form == NULL)
        return a.value == b.value;
    if (a.form->n != b.form->n)
        return false;
    for (int i = 0; i < a.form->n; i++)
        if (compare_monomials(&a.form->term[i], &b.form->term[i]) != 0 ||
            a.form->term[i].coefficient != b.form->term[i].coefficient)
            return false;
    return true;
}

bool shape_equal(Shape a, Shape b)
{
    if (a.rank != b.rank)
        return false;
    for (int i = 0; i < a.rank; i++)
        if (!dim_equal(a.dim[i], b.dim[i]))
            return false;
    return true;
}

static void add_monomial(Text *text, const DimMonomial *term, bool first)
{
    const bool negative = term->coefficient < 0;
    const uint64_t size = negative ? 0 - (uint64_t)term->coefficient : (uint64_t)term->coefficient;
    text_add(text, first ? (negative ? "-" : "") : (negative ? " - " : " + "));
    if (size != 1 || term->atoms == 0)
        text_printf(text, "%llu%s", (unsigned long long)size, term->atoms > 0 ? " * " : "");
    for (int i = 0; i < term->atoms; i++)
        text_printf(text, "%s%s", i > 0 ? " * " : "", term->atom[i]->name);
}

const char *dim_text(Arena *arena, Dim dim)
{
    Text text = text_new(arena);
    if (dim.form == NULL || dim.form->n == 0)
        text_printf(&text, "%lld", (long long)dim.value);
    else
        for (int i = 0; i < dim.form->n; i++)
            add_monomial(&text, &dim.form->term[i], i == 0);
    return text_z(&text);
}

const char *shape_text(Arena *arena, Shape shape)
{
    if (shape.rank == 0)
        return "a scalar";
    if (shape.rank == 1)
        return arena_printf(arena, "[%s]", dim_text(arena, shape.dim[0]));
    return arena_printf(arena, "[%s, %s]", dim_text(arena, shape.dim[0]), dim_text(arena, shape.dim[1]));
}

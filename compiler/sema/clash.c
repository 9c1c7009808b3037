/* clash.c: what is said when shapes or kinds do not match (E0301, E0302, E0304, E0309). Positions are those of the
 * operation; dims have the names of the text at hand; a hint is offered only after it was tried (hint.c). */
#include <string.h>

#include "sema/check.h"

/* "16 and 16 today": equal numbers are the likely reason for the mistake, so they are named. */
void note_equal_today(Checker *c, DiagMsg *msg, Scope *scope, Dim a, Dim b, bool *noted)
{
    *noted = false;
    if (a.value != b.value || a.form == NULL || b.form == NULL || dim_equal(a, b))
        return;
    const bool a_named = a.form->n > 0 && a.form->term[0].atoms > 0,
               b_named = b.form->n > 0 && b.form->term[0].atoms > 0;
    if (!a_named || !b_named)
        return;
    const bool b_atom = b.form->n == 1 && b.form->term[0].atoms == 1 && b.form->term[0].coefficient == 1;
    const bool a_atom = a.form->n == 1 && a.form->term[0].atoms == 1 && a.form->term[0].coefficient == 1;
    const char *write = "";
    if (b_atom)
        write = arena_printf(c->arena, "; write 'dim %s = %s' if they must agree", dim_text(c->arena, b),
                             dim_text(c->arena, a));
    else if (a_atom)
        write = arena_printf(c->arena, "; write 'dim %s = %s' if they must agree", dim_text(c->arena, a),
                             dim_text(c->arena, b));
    diag_note(c->diag, msg, NO_SPAN, "%s and %s are both %lld today, but they are different dimensions%s",
              say_dim(c, scope, a), say_dim(c, scope, b), (long long)a.value, write);
    *noted = true;
}

/* The declaration behind an operand that is a plain name or a read of one; NULL for other expressions. */
static Symbol *operand_symbol(const SemaTerm *call, int i)
{
    const Expr *expr = expr_strip(operand_expr(call, i));
    const bool indexed = expr->kind == EXPR_INDEX;
    if (indexed)
        expr = expr->base;
    Symbol *symbol = expr->kind == EXPR_NAME ? scope_find(call->scope, expr->name) : NULL;
    if (symbol == NULL || (symbol->kind != SYM_VAR && symbol->kind != SYM_PORT))
        return NULL;
    const bool is_param = symbol->kind == SYM_VAR && symbol->members.n > 0 && symbol->members.at[0].var != NULL &&
                          symbol->members.at[0].var->var.kind == VAR_PARAM;
    return is_param && indexed && !symbol->is_family ? NULL : symbol;
}

static SemaVar *operand_param(const SemaTerm *call, int i)
{
    const Expr *expr = expr_strip(operand_expr(call, i));
    const Symbol *symbol = expr->kind == EXPR_NAME ? scope_find(call->scope, expr->name) : NULL;
    if (symbol == NULL || symbol->kind != SYM_VAR || symbol->is_family || symbol->members.n != 1)
        return NULL;
    SemaVar *var = symbol->members.at[0].var;
    return var->var.kind == VAR_PARAM && var->var.type.shape.rank == 2 ? var : NULL;
}

/* "last of W : [H, H]", "x : [D]". */
static const char *operand_text(Checker *c, const SemaTerm *call, int i)
{
    const Shape shape = term_arg(call, i)->term.type.shape;
    const Symbol *symbol = operand_symbol(call, i);
    const char *name = symbol != NULL ? symbol->name : say_text(c, expr_strip(operand_expr(call, i))->span);
    const char *which = shape.rank == 1 ? "" : i == 0 ? "last of " : "first of ";
    return arena_printf(c->arena, "%s%s : %s", which, name, say_shape(c, call->scope, shape));
}

static void note_declared(Checker *c, DiagMsg *msg, const SemaTerm *call)
{
    bool any = false;
    const Symbol *first = operand_symbol(call, 0);
    for (int i = 0; i < 2; i++) {
        const Symbol *symbol = operand_symbol(call, i);
        if (symbol == NULL || (i == 1 && symbol == first))
            continue;
        const bool defined = symbol->kind == SYM_VAR && symbol->members.n > 0 && symbol->members.at[0].var != NULL &&
                             symbol->members.at[0].var->var.kind == VAR_EQUATION;
        const char *text = arena_printf(c->arena, "%s %s here", symbol->name, defined ? "defined" : "declared");
        if (any)
            diag_note_more(c->diag, msg, symbol->span, "%s", text);
        else
            diag_note(c->diag, msg, symbol->span, "%s", text);
        any = true;
    }
}

/* The parameter's dims the other way round, or its transpose where it is used. */
static void offer_transposed(Checker *c, DiagMsg *msg, int group, const SemaTerm *call, int i)
{
    const SemaVar *param = operand_param(call, i);
    if (param == NULL)
        return;
    const Shape shape = param->var.type.shape;
    const Shape other = term_arg(call, 1 - i)->term.type.shape;
    if (!dim_equal(shape.dim[i == 0 ? 0 : 1], i == 0 ? other.dim[0] : other.dim[other.rank - 1]))
        return;
    const Span at = operand_expr(call, i)->span;
    const Edit use = {{at.file, at.end, at.end}, "'"};
    const Shape turned = {2, {shape.dim[1], shape.dim[0]}};
    const char *declared = say_shape(c, call->scope, turned);
    const Edit declare = {param->type_expr->span, declared};
    const char *used = say_edited(c, call->expr->span, &use, 1);
    offer_two(c, msg, group, declare, use,
              arena_printf(c->arena, "declare %s : %s, or use %s", param->name, declared, used));
    offer(c, msg, group, &declare, 1, "declare %s : %s", param->name, declared);
    offer(c, msg, group, &use, 1, "use %s", used);
}

/* --- other parameters that fit ------------------------------------------------------------------------------------ */

typedef struct Candidates {
    SemaVar *var[8];
    int n;
} Candidates;

static uint32_t distance(Span a, Span b)
{
    return a.file != b.file ? UINT32_MAX : a.start > b.start ? a.start - b.start : b.start - a.start;
}

/* The matrices in reach whose dim `d` is `dim`, those declared nearest to `near` first. */
static Candidates matrices_with(const Scope *scope, int d, Dim dim, const SemaVar *not_this, Span near)
{
    Candidates found = {.n = 0};
    for (; scope != NULL; scope = scope->outer)
        for (int k = 0; k < scope->names.all.n; k++) {
            const Symbol *symbol = scope->names.all.at[k];
            SemaVar *var = symbol->kind == SYM_VAR && !symbol->is_family && symbol->members.n == 1
                               ? symbol->members.at[0].var
                               : NULL;
            if (var == NULL || var == not_this || var->var.kind != VAR_PARAM || var->state != TYPE_KNOWN ||
                var->var.type.shape.rank != 2 || !dim_equal(var->var.type.shape.dim[d], dim))
                continue;
            int at = found.n < 8 ? found.n++ : 7;
            for (; at > 0 && distance(var->name_span, near) < distance(found.var[at - 1]->name_span, near); at--)
                found.var[at] = found.var[at - 1];
            found.var[at] = var;
        }
    return found;
}

static void offer_params(Checker *c, DiagMsg *msg, int group, const SemaTerm *call, int i)
{
    const SemaVar *used = operand_param(call, i);
    const Shape other = term_arg(call, 1 - i)->term.type.shape;
    if (used == NULL || other.rank == 0)
        return;
    const Candidates found = matrices_with(call->scope, i == 0 ? 1 : 0,
                                           i == 0 ? other.dim[0] : other.dim[other.rank - 1], used, used->name_span);
    for (int k = 0; k < found.n; k++) {
        const SemaVar *var = found.var[k];
        const Edit edit = {operand_expr(call, i)->span, var->name};
        offer(c, msg, group, &edit, 1, "%s : %s fits: %s", var->name, say_shape(c, call->scope, var->var.type.shape),
              say_edited(c, call->expr->span, &edit, 1));
    }
}

bool clash_product(Checker *c, SemaTerm *term)
{
    const Shape a = term_arg(term, 0)->term.type.shape, b = term_arg(term, 1)->term.type.shape;
    const char *text = say_text(c, term->expr->span);
    if (a.rank == 0 || b.rank == 0) {
        DiagMsg *msg =
            say(c, term->scope, E0301, term->expr->op_span, "%s: %s is a scalar, and '@' contracts dimensions", text,
                say_text(c, expr_strip(operand_expr(term, a.rank == 0 ? 0 : 1))->span));
        const Edit edit = {term->expr->op_span, "*"};
        offer(c, msg, offer_group(c), &edit, 1, "a scalar multiplies with '*': %s",
              say_edited(c, term->expr->span, &edit, 1));
        return type_fail(term);
    }
    const Dim last = a.dim[a.rank - 1], first = b.dim[0];
    DiagMsg *msg = say(c, term->scope, E0301, term->expr->op_span, "%s: inner dimensions differ, %s (%s) and %s (%s)",
                       text, say_dim(c, term->scope, last), operand_text(c, term, 0), say_dim(c, term->scope, first),
                       operand_text(c, term, 1));
    bool noted = false;
    note_equal_today(c, msg, term->scope, last, first, &noted);
    if (!noted)
        note_declared(c, msg, term);
    const int group = offer_group(c);
    for (int i = 0; i < 2; i++)
        offer_transposed(c, msg, group, term, i);
    for (int i = 0; i < 2; i++)
        offer_params(c, msg, group, term, i);
    return type_fail(term);
}

static const char *operation_name(FunctionId function)
{
    static const struct {
        FunctionId id;
        const char *name;
    } names[] = {{FN_add, "sum"},      {FN_sub, "difference"}, {FN_mul, "product"},
                 {FN_div, "quotient"}, {FN_and, "and"},        {FN_or, "or"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].id == function)
            return names[i].name;
    return "comparison";
}

/* The i-th and k-th argument have different shapes. */
bool clash_elements(Checker *c, SemaTerm *term, int i, int k)
{
    Scope *scope = term->scope;
    const Shape a = term_arg(term, i)->term.type.shape, b = term_arg(term, k)->term.type.shape;
    const char *sa = say_shape(c, scope, a), *sb = say_shape(c, scope, b);
    const bool is_operator = function_info[term->term.function].is_operator != 0;
    DiagMsg *msg = is_operator ? say(c, scope, E0302, term->expr->op_span, "%s: element-wise %s of %s and %s",
                                     say_text(c, term->expr->span), operation_name(term->term.function), sa, sb)
                               : say(c, scope, E0302, expr_head(term->expr), "%s: %s has shape %s, but %s has %s",
                                     function_info[term->term.function].name, say_text(c, operand_expr(term, i)->span),
                                     sa, say_text(c, operand_expr(term, k)->span), sb);
    bool noted = false;
    for (int d = 0; !noted && a.rank == b.rank && d < a.rank; d++)
        note_equal_today(c, msg, scope, a.dim[d], b.dim[d], &noted);
    if (term->term.function == FN_mul) {
        const Edit edit = {term->expr->op_span, "@"};
        offer(c, msg, offer_group(c), &edit, 1, "'*' is element by element; the matrix product is %s",
              say_edited(c, term->expr->span, &edit, 1));
    }
    return type_fail(term);
}

/* --- tokens ---------------------------------------------------------------------------------------------------------- */

static void offer_lookups(Checker *c, DiagMsg *msg, const SemaTerm *call, int i, Span replace)
{
    const Dim vocab = term_arg(call, i)->term.type.vocab;
    const char *token = say_text(c, operand_expr(call, i)->span);
    const int group = offer_group(c);
    const SemaVar *used = call->term.function == FN_matmul ? operand_param(call, 1 - i) : NULL;
    if (used != NULL && dim_equal(used->var.type.shape.dim[i], vocab)) {
        const Edit edit = {operand_expr(call, i)->span, arena_printf(c->arena, "onehot(%s)", token)};
        offer(c, msg, group, &edit, 1, "%s picks a %s of %s", say_edited(c, call->expr->span, &edit, 1),
              i == 1 ? "column" : "row", used->name);
    }
    const Candidates found =
        matrices_with(call->scope, 0, vocab, NULL, used != NULL ? used->name_span : call->term.span);
    for (int k = 0; k < found.n; k++) {
        const char *name = found.var[k]->name, *row = arena_printf(c->arena, "%s[%s]", name, token);
        const Edit edit = {replace, row};
        offer(c, msg, group, &edit, 1, "%s selects a row of %s; %s' @ onehot(%s) is the same as a product", row, name,
              name, token);
    }
}

bool clash_token(Checker *c, SemaTerm *call, int i, const char *what)
{
    const Expr *expr = expr_strip(operand_expr(call, i));
    DiagMsg *msg = say(c, call->scope, E0309, expr->span, "%s is a token, %s, not %s", say_text(c, expr->span),
                       say_type(c, call->scope, term_arg(call, i)->term.type), what);
    offer_lookups(c, msg, call, i, call->term.function == FN_matmul ? call->expr->span : expr->span);
    return type_fail(call);
}

/* --- scores and probabilities ------------------------------------------------------------------------------------------ */

/* The softmax that a value comes from, through equations that only hand it on; NULL: none (an input). */
static const SemaTerm *normalised_by(const SemaTerm *term)
{
    for (int i = 0; i < MAX_VARS && term != NULL; i++) {
        if (term->term.kind == TERM_CALL && term->term.function == FN_stopgrad)
            term = term_arg(term, 0);
        else if (term->term.kind == TERM_READ)
            term = term->term.var->def == NULL ? NULL : sema_term(term->term.var->def);
        else
            return term->term.kind == TERM_CALL ? term : NULL;
    }
    return NULL;
}

bool clash_scores(Checker *c, SemaTerm *call)
{
    const SemaTerm *arg = term_arg(call, 0);
    const char *name = function_info[call->term.function].name;
    const Span at = operand_expr(call, 0)->span;
    const char *text = say_text(c, at), *other = say_text(c, operand_expr(call, 1)->span);
    if (call->term.function == FN_nll) {
        DiagMsg *msg = say(c, call->scope, E0304, at, "nll takes probabilities, but %s are scores", text);
        const Edit edit = {call->expr->base->span, "xent"};
        offer(c, msg, offer_group(c), &edit, 1, "write xent(%s, %s), which normalises them", text, other);
        return type_fail(call);
    }
    const SemaTerm *softmax = normalised_by(arg);
    const char *what = softmax == NULL ? "distribution" : function_info[softmax->term.function].name;
    DiagMsg *msg = say(c, call->scope, E0304, at, "%s takes scores, but %s is already a %s", name, text, what);
    if (softmax != NULL && (softmax->term.span.file != at.file || softmax->term.span.start != at.start))
        diag_note(c->diag, msg, expr_head(softmax->expr), "normalised here");
    if (softmax == NULL)
        return type_fail(call);
    const Edit edit = {call->expr->base->span, "nll"};
    const int group = offer_group(c);
    if (call->term.function == FN_xent)
        offer(c, msg, group, &edit, 1,
              "drop that %s, or write nll(%s, %s); both compile to the same fused, stable code", what, text, other);
    const SemaTerm *inner = term_arg(softmax, 0);
    const Edit drop = {softmax->expr->span, say_text(c, inner->expr->span)};
    offer(c, msg, group, &drop, 1, "drop that %s", what);
    return type_fail(call);
}

bool clash_target(Checker *c, SemaTerm *call)
{
    const Span at = operand_expr(call, 1)->span;
    DiagMsg *msg = say(c, call->scope, E0304, at, "the target of xent is a token or a distribution, but %s is %s",
                       say_text(c, at), say_type(c, call->scope, term_arg(call, 1)->term.type));
    const Symbol *symbol = operand_symbol(call, 1);
    if (symbol != NULL && symbol->kind == SYM_VAR && symbol->members.at[0].var != NULL &&
        (symbol->members.at[0].var->var.kind == VAR_INPUT || symbol->members.at[0].var->var.kind == VAR_TARGET) &&
        term_arg(call, 1)->term.type.shape.rank == 1)
        diag_hint(c->diag, msg, "soft targets are declared %s : dist(%s); numbers are compared by mse or sqerr",
                  symbol->name, say_dim(c, call->scope, term_arg(call, 1)->term.type.shape.dim[0]));
    return type_fail(call);
}

/* rules.c: how the type of a call follows from its arguments, by signature class. In the first round (types.c) an
 * argument may be unknown; in the second all are known and every clash is reported. */
#include "sema/check.h"

static const Shape scalar = {.rank = 0};

/* The i-th argument as written. */
const Expr *operand_expr(const SemaTerm *term, int i)
{
    const Expr *expr = term->expr;
    if (expr->kind == EXPR_INDEX)
        return i == 0 ? expr->base : expr->items.at[0];
    if (expr->kind != EXPR_CALL)
        return i < expr->items.n ? expr->items.at[i] : expr;
    int at = term->term.function == FN_class_xent ? i + 1 : i;
    for (int k = 0; k < expr->args.n; k++)
        if (expr->args.at[k].name == NULL && at-- == 0)
            return expr->args.at[k].value;
    return expr;
}

bool want_real(Checker *c, SemaTerm *call, int i, const char *what)
{
    const SemaTerm *arg = term_arg(call, i);
    if (arg->state == TYPE_UNKNOWN || arg->term.type.kind == TYPE_REAL)
        return true;
    return c->reporting ? clash_token(c, call, i, what) : type_fail(call);
}

/* rank: the one wanted, 0 to 2. */
bool want_rank(Checker *c, SemaTerm *call, int i, int rank, const char *what)
{
    static const char *const names[] = {"a scalar", "a vector", "a matrix"};
    const SemaTerm *arg = term_arg(call, i);
    if (arg->state == TYPE_UNKNOWN)
        return true;
    if (!want_real(c, call, i, names[rank]))
        return false;
    if (arg->term.type.shape.rank == rank)
        return true;
    if (c->reporting) {
        const Expr *expr = operand_expr(call, i);
        DiagMsg *msg = say(c, call->scope, E0311, expr->span, "%s takes %s%s, but %s is %s",
                           function_info[call->term.function].name, names[rank], what, say_text(c, expr->span),
                           say_shape(c, call->scope, arg->term.type.shape));
        if (call->term.function == FN_transpose)
            diag_hint(c->diag, msg, "a vector needs no transpose: x @ W and W @ x both contract it");
    }
    return type_fail(call);
}

bool type_token(Checker *c, Term **slot, Dim vocab, const SemaVar *of)
{
    const SemaTerm *number = sema_term(*slot);
    SemaTerm *token = arena_make(c->arena, SemaTerm);
    *token = *number;
    token->term.kind = TERM_TOKEN;
    set_token(token, vocab);
    *slot = &token->term;
    if (number->number.whole && number->term.number >= 0 && number->term.number < (double)vocab.value)
        return true;
    if (c->reporting) {
        DiagMsg *msg =
            say(c, number->scope, E0305, number->term.span, "token %s is outside index(%s), which is 0 .. %lld",
                number->number.whole ? dim_text(c->arena, dim_number(c->arena, number->number.dim.value))
                                     : say_text(c, number->term.span),
                say_dim(c, number->scope, vocab), (long long)vocab.value - 1);
        if (of != NULL)
            diag_note(c->diag, msg, of->name_span, "%s declared here", of->name);
    }
    return type_fail(token);
}

/* A token of this vocabulary; vocab.form NULL: of any. */
bool want_token(Checker *c, SemaTerm *call, int i, Dim vocab, const char *what)
{
    const SemaTerm *arg = term_arg(call, i);
    if (arg->state == TYPE_UNKNOWN)
        return true;
    if (arg->term.kind == TERM_NUMBER && vocab.form != NULL)
        return type_token(c, &call->term.args.at[i], vocab, NULL) || type_fail(call);
    const bool is_token = arg->term.type.kind == TYPE_TOKEN;
    if (is_token && (vocab.form == NULL || dim_equal(arg->term.type.vocab, vocab)))
        return true;
    if (c->reporting) {
        const Expr *expr = operand_expr(call, i);
        const char *text = say_text(c, expr->span), *type = say_type(c, call->scope, arg->term.type);
        DiagMsg *msg = is_token
                           ? say(c, call->scope, E0314, expr->span, "%s, but %s is %s", what, text, type)
                           : say(c, call->scope, E0314, expr->span, "%s, but %s is %s, not a token", what, text, type);
        bool noted = false;
        if (is_token)
            note_equal_today(c, msg, call->scope, vocab, arg->term.type.vocab, &noted);
    }
    return type_fail(call);
}

/* --- element by element ------------------------------------------------------------------------------------------------ */

/* While inferring: beside a vector of another length the first operand decides, and the second is reported. */
static Shape likely_shape(const SemaTerm *term, int first)
{
    const Shape known = term_arg(term, first)->term.type.shape;
    for (int i = 0; i < first && known.rank == 1; i++)
        if (term_arg(term, i)->state == TYPE_UNKNOWN && term_arg(term, i)->likely.form != NULL)
            return (Shape){1, {term_arg(term, i)->likely, {0, NULL}}};
    return known;
}

static void rule_elements(Checker *c, SemaTerm *term)
{
    int first = -1;
    bool unknown = false, evidence = false;
    term->likely = (Dim){0, NULL};
    const int shaped = term->term.function == FN_pow ? 1 : term->term.args.n;
    if (shaped < term->term.args.n && !want_rank(c, term, 1, 0, " as exponent"))
        return;
    for (int i = 0; i < shaped; i++) {
        const SemaTerm *arg = term_arg(term, i);
        unknown = unknown || arg->state == TYPE_UNKNOWN;
        if (!want_real(c, term, i, "a number"))
            return;
        if (arg->state == TYPE_UNKNOWN && term->likely.form == NULL)
            term->likely = arg->likely;
        if (arg->state == TYPE_UNKNOWN)
            continue;
        evidence = evidence || !arg->literal;
        if (arg->term.type.shape.rank == 0)
            continue;
        if (first < 0) {
            first = i;
        } else if (!shape_equal(term_arg(term, first)->term.type.shape, arg->term.type.shape)) {
            if (c->reporting)
                clash_elements(c, term, first, i);
            type_fail(term);
            return;
        }
    }
    if (first >= 0)
        set_real(term, likely_shape(term, first), VALUE_PLAIN);
    else if (!unknown || (c->guess && evidence))
        set_real(term, scalar, VALUE_PLAIN);
}

static const SemaVar *read_of(const SemaTerm *term)
{
    return term->term.kind == TERM_READ ? sema_var(term->term.var) : NULL;
}

static void rule_truth(Checker *c, SemaTerm *term)
{
    const FunctionId f = term->term.function;
    if (f == FN_and || f == FN_or || f == FN_not) {
        rule_elements(c, term);
        return;
    }
    for (int i = 0; i < 2; i++) {
        const SemaTerm *token = term_arg(term, i), *other = term_arg(term, 1 - i);
        if (token->state != TYPE_KNOWN || token->term.type.kind != TYPE_TOKEN || other->state != TYPE_KNOWN)
            continue;
        const Dim vocab = token->term.type.vocab;
        if (other->term.kind == TERM_NUMBER && !type_token(c, &term->term.args.at[1 - i], vocab, read_of(token))) {
            type_fail(term);
            return;
        }
        other = term_arg(term, 1 - i);
        if (other->term.type.kind != TYPE_TOKEN)
            want_real(c, term, i, "a number");
        else if (want_token(c, term, 1 - i, vocab,
                            arena_printf(c->arena, "compared with index(%s)", say_dim(c, term->scope, vocab))))
            set_real(term, scalar, VALUE_PLAIN);
        return;
    }
    if (term_arg(term, 0)->state == TYPE_KNOWN && term_arg(term, 1)->state == TYPE_KNOWN)
        rule_elements(c, term);
}

/* --- products and shapes ----------------------------------------------------------------------------------------------- */

static bool all_known(const SemaTerm *term)
{
    for (int i = 0; i < term->term.args.n; i++)
        if (term_arg(term, i)->state != TYPE_KNOWN)
            return false;
    return true;
}

static Shape shape_of(const SemaTerm *term, int i)
{
    return term_arg(term, i)->term.type.shape;
}

static void rule_product(Checker *c, SemaTerm *term)
{
    const SemaTerm *left = term_arg(term, 0);
    if (left->state == TYPE_KNOWN && left->term.type.kind == TYPE_REAL && left->term.type.shape.rank == 2)
        term->likely = left->term.type.shape.dim[0];
    if (!all_known(term) || !want_real(c, term, 0, "a vector") || !want_real(c, term, 1, "a vector"))
        return;
    const Shape a = shape_of(term, 0), b = shape_of(term, 1);
    if (a.rank == 0 || b.rank == 0 || !dim_equal(a.dim[a.rank - 1], b.dim[0])) {
        if (c->reporting)
            clash_product(c, term);
        type_fail(term);
        return;
    }
    Shape result = scalar;
    if (a.rank == 2)
        result.dim[result.rank++] = a.dim[0];
    if (b.rank == 2)
        result.dim[result.rank++] = b.dim[1];
    set_real(term, result, VALUE_PLAIN);
}

static void rule_join(Checker *c, SemaTerm *term)
{
    Shape result = {.rank = 1};
    result.dim[0] = dim_number(c->arena, 0);
    const Dim one = dim_number(c->arena, 1);
    for (int i = 0; i < term->term.args.n; i++) {
        const SemaTerm *arg = term_arg(term, i);
        if (arg->state == TYPE_UNKNOWN)
            return;
        if (arg->term.type.kind == TYPE_TOKEN || arg->term.type.shape.rank > 1) {
            want_rank(c, term, i, 1, "s and scalars");
            return;
        }
        result.dim[0] = dim_add(c->arena, result.dim[0], shape_of(term, i).rank == 0 ? one : shape_of(term, i).dim[0]);
    }
    if (result.dim[0].form == NULL || result.dim[0].value > INT32_MAX) {
        if (c->reporting)
            say(c, term->scope, E0311, term->term.span, "the joined vector is too long");
        type_fail(term);
        return;
    }
    set_real(term, result, VALUE_PLAIN);
}

static void rule_lookup(Checker *c, SemaTerm *term)
{
    const SemaTerm *table = term_arg(term, 0);
    const Shape shape = table->term.type.shape;
    if (table->state != TYPE_KNOWN)
        return;
    if (shape.rank == 0) {
        if (c->reporting)
            say(c, term->scope, E0404, term->term.span, "%s is a scalar and has no rows",
                sema_var(table->term.var)->name);
        type_fail(term);
        return;
    }
    const char *what = arena_printf(c->arena, "%s has rows index(%s)", say_text(c, operand_expr(term, 0)->span),
                                    say_dim(c, term->scope, shape.dim[0]));
    if (want_token(c, term, 1, shape.dim[0], what))
        set_real(term, shape.rank == 2 ? (Shape){1, {shape.dim[1], {0, NULL}}} : scalar, VALUE_PLAIN);
}

static void rule_reduce(Checker *c, SemaTerm *term)
{
    if (!want_real(c, term, 0, "a number"))
        return;
    const SemaTerm *arg = term_arg(term, 0), *weight = term->term.weight == NULL ? NULL : sema_term(term->term.weight);
    if (weight != NULL && weight->state == TYPE_ERROR) {
        type_fail(term);
        return;
    }
    if (weight != NULL && c->reporting && (weight->term.type.kind != TYPE_REAL || weight->term.type.shape.rank != 0)) {
        say(c, term->scope, E0311, weight->expr->span, "a weight is a scalar, but %s is %s",
            say_text(c, weight->expr->span), say_type(c, term->scope, weight->term.type));
        type_fail(term);
        return;
    }
    if (term->term.over == 0)
        set_real(term, scalar, VALUE_PLAIN);
    else if (arg->state == TYPE_KNOWN)
        set_real(term, arg->term.type.shape, VALUE_PLAIN);
}

static void rule_softmax(Checker *c, SemaTerm *term)
{
    if (term_arg(term, 0)->state == TYPE_UNKNOWN)
        return;
    if (term->term.over != 0 ? !want_real(c, term, 0, "a number") : !want_rank(c, term, 0, 1, ""))
        return;
    const ValueKind value = term->term.over != 0                ? VALUE_PLAIN
                            : term->term.function == FN_softmax ? VALUE_DIST
                                                                : VALUE_LOGDIST;
    set_real(term, shape_of(term, 0), value);
}

static void rule_two_vectors(Checker *c, SemaTerm *term)
{
    if (!want_rank(c, term, 0, 1, "s") || !want_rank(c, term, 1, 1, "s"))
        return;
    if (term->term.function == FN_dot) {
        if (all_known(term) && !shape_equal(shape_of(term, 0), shape_of(term, 1))) {
            if (c->reporting)
                clash_elements(c, term, 0, 1);
            type_fail(term);
            return;
        }
        set_real(term, scalar, VALUE_PLAIN);
    } else if (all_known(term)) {
        set_real(term, (Shape){2, {shape_of(term, 0).dim[0], shape_of(term, 1).dim[0]}}, VALUE_PLAIN);
    }
}

static void rule_slice(Checker *c, SemaTerm *term)
{
    if (!want_rank(c, term, 0, 1, ""))
        return;
    if (c->reporting && (int64_t)term->term.from + term->term.count > shape_of(term, 0).dim[0].value) {
        say(c, term->scope, E0311, term->term.span, "components %d .. %lld do not exist: %s is %s", term->term.from,
            (long long)term->term.from + term->term.count - 1, say_text(c, operand_expr(term, 0)->span),
            say_shape(c, term->scope, shape_of(term, 0)));
        type_fail(term);
        return;
    }
    set_real(term, (Shape){1, {term->slice, {0, NULL}}}, VALUE_PLAIN);
}

static void rule_token_of(Checker *c, SemaTerm *term)
{
    if (!want_rank(c, term, 0, 1, ""))
        return;
    if (term->term.function == FN_sample && !want_rank(c, term, 1, 0, " as temperature"))
        return;
    const SemaTerm *scores = term_arg(term, 0);
    if (scores->state != TYPE_KNOWN)
        return;
    if (term->term.function == FN_sample && scores->term.type.value != VALUE_PLAIN) {
        if (c->reporting)
            clash_scores(c, term);
        type_fail(term);
        return;
    }
    set_token(term, scores->term.type.shape.dim[0]);
}

static void rule_dropout(Checker *c, SemaTerm *term)
{
    const SemaTerm *rate = term_arg(term, 1);
    if (!want_real(c, term, 0, "a number") || !want_rank(c, term, 1, 0, " as rate"))
        return;
    if (c->reporting && rate->term.kind == TERM_NUMBER && (rate->term.number < 0 || rate->term.number >= 1)) {
        say(c, term->scope, E0311, operand_expr(term, 1)->span, "a dropout rate is at least 0 and below 1");
        type_fail(term);
        return;
    }
    if (term_arg(term, 0)->state == TYPE_KNOWN)
        set_real(term, shape_of(term, 0), VALUE_PLAIN);
}

/* --- by signature ------------------------------------------------------------------------------------------------------- */

static void rule_transpose(Checker *c, SemaTerm *term)
{
    if (want_rank(c, term, 0, 2, "") && all_known(term))
        set_real(term, (Shape){2, {shape_of(term, 0).dim[1], shape_of(term, 0).dim[0]}}, VALUE_PLAIN);
}

/* max(a, b) is element by element, max(v) a reduction */
static void rule_max_min(Checker *c, SemaTerm *term)
{
    if (term->term.args.n == 2)
        rule_elements(c, term);
    else
        rule_reduce(c, term);
}

static void rule_to_scalar(Checker *c, SemaTerm *term)
{
    if (want_real(c, term, 0, "a vector"))
        set_real(term, scalar, VALUE_PLAIN);
}

static void rule_onehot(Checker *c, SemaTerm *term)
{
    const Dim any = {0, NULL};
    if (want_token(c, term, 0, any, "onehot takes a token") && all_known(term))
        set_real(term, (Shape){1, {term_arg(term, 0)->term.type.vocab, {0, NULL}}}, VALUE_PLAIN);
}

static void rule_stopgrad(Checker *c, SemaTerm *term)
{
    if (want_real(c, term, 0, "a number") && all_known(term))
        set_real(term, shape_of(term, 0), term_arg(term, 0)->term.type.value);
}

typedef void Rule(Checker *c, SemaTerm *term);
static Rule *const rules[] = {
    [SIG_EW] = rule_elements,         [SIG_TRUTH] = rule_truth,     [SIG_MATMUL] = rule_product,
    [SIG_TRANSPOSE] = rule_transpose, [SIG_JOIN] = rule_join,       [SIG_LOOKUP] = rule_lookup,
    [SIG_REDUCE] = rule_reduce,       [SIG_MAXMIN] = rule_max_min,  [SIG_SOFTMAX] = rule_softmax,
    [SIG_TO_SCALAR] = rule_to_scalar, [SIG_DOT] = rule_two_vectors, [SIG_OUTER] = rule_two_vectors,
    [SIG_SLICE] = rule_slice,         [SIG_ONEHOT] = rule_onehot,   [SIG_ARGMAX] = rule_token_of,
    [SIG_SAMPLE] = rule_token_of,     [SIG_DROPOUT] = rule_dropout, [SIG_STOPGRAD] = rule_stopgrad,
    [SIG_SCORE_LOSS] = rule_loss,     [SIG_NLL] = rule_loss,        [SIG_PAIR_LOSS] = rule_loss,
    [SIG_HUBER] = rule_loss,          [SIG_CLASS_XENT] = rule_loss,
};

void rule_call(Checker *c, SemaTerm *term)
{
    for (int i = 0; i < term->term.args.n; i++)
        if (term_arg(term, i)->state == TYPE_ERROR) {
            type_fail(term);
            return;
        }
    rules[function_info[term->term.function].signature](c, term);
}

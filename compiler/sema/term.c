/* term.c: expressions become terms: operators, numbers, vectors. Names and indices are in index.c, calls in call.c,
 * applications of layers in apply.c. Types come later (types.c). */
#include "sema/check.h"

SemaTerm *term_new(Checker *c, TermKind kind, const Expr *expr, Here here)
{
    SemaTerm *term = arena_make(c->arena, SemaTerm);
    term->term.kind = kind;
    term->term.span = expr->span;
    term->term.per_axis = term->term.partition = term->term.site = -1;
    term->term.function = FN_NONE;
    term->scope = here.scope;
    term->expr = expr;
    term->size = term->depth = 1;
    if (++c->terms > MAX_TERMS)
        limit_hit(c, here.scope, expr->span, "too many terms after expansion", MAX_TERMS);
    return term;
}

SemaTerm *term_error(Checker *c, const Expr *expr, Here here)
{
    SemaTerm *term = term_new(c, TERM_NUMBER, expr, here);
    term->state = TYPE_ERROR;
    term->broken = true;
    return term;
}

SemaTerm *term_number(Checker *c, const Expr *expr, Here here, Static number)
{
    SemaTerm *term = term_new(c, TERM_NUMBER, expr, here);
    term->term.number = number.number;
    term->number = number;
    term->literal = true;
    return term;
}

SemaTerm *term_call(Checker *c, const Expr *expr, Here here, FunctionId function)
{
    SemaTerm *term = term_new(c, TERM_CALL, expr, here);
    term->term.function = function;
    return term;
}

void term_add(Checker *c, SemaTerm *call, SemaTerm *arg)
{
    vec_push(c->arena, &call->term.args, &arg->term);
}

/* Keeps the tree small enough for everyone who walks it without marks. */
static void measure(Checker *c, SemaTerm *call, const Term *part)
{
    const SemaTerm *arg = (const SemaTerm *)part;
    call->size += arg->size;
    call->depth = call->depth > arg->depth + 1 ? call->depth : arg->depth + 1;
    if (call->size > MAX_TERM_SIZE || call->depth > MAX_DEPTH) {
        limit_hit(c, call->scope, call->term.span, "an expression grows too large when its functions are expanded",
                  call->depth > MAX_DEPTH ? MAX_DEPTH : MAX_TERM_SIZE);
        call->size = call->depth = 1;
        call->state = TYPE_ERROR;
        call->broken = true;
        call->term.args.n = 0;
    }
}

void term_finish(Checker *c, SemaTerm *call)
{
    const FunctionId function = call->term.function;
    AxisSet axes = 0;
    for (int i = 0; i < call->term.args.n; i++) {
        axes |= call->term.args.at[i]->axes;
        measure(c, call, call->term.args.at[i]);
    }
    if (call->term.weight != NULL) {
        axes |= call->term.weight->axes;
        measure(c, call, call->term.weight);
    }
    if (function_info[function].signature != SIG_SOFTMAX)
        axes &= ~call->term.over;
    call->term.axes = axes;
}

static const FunctionId operator_of[EXPR_OP_COUNT] = {
    [EXPR_OR] = FN_or,        [EXPR_AND] = FN_and,   [EXPR_NOT] = FN_not,
    [EXPR_EQ] = FN_eq,        [EXPR_NE] = FN_ne,     [EXPR_LT] = FN_lt,
    [EXPR_LE] = FN_le,        [EXPR_GT] = FN_gt,     [EXPR_GE] = FN_ge,
    [EXPR_ADD] = FN_add,      [EXPR_SUB] = FN_sub,   [EXPR_MUL] = FN_mul,
    [EXPR_DIV] = FN_div,      [EXPR_AT] = FN_matmul, [EXPR_NEG] = FN_neg,
    [EXPR_REVERSE] = FN_NONE, [EXPR_POW] = FN_pow,   [EXPR_TRANSPOSE] = FN_transpose,
};

static SemaTerm *make_operation(Checker *c, const Expr *expr, Here here, FunctionId function)
{
    SemaTerm *term = term_call(c, expr, here, function);
    for (int i = 0; i < expr->items.n; i++)
        term_add(c, term, term_make(c, expr->items.at[i], here));
    term_finish(c, term);
    const SemaTerm *arg = term_arg(term, 0);
    if (function == FN_neg && term->term.args.n == 1 && arg->term.kind == TERM_NUMBER && arg->state != TYPE_ERROR) {
        Static negative = arg->number;
        negative.number = -negative.number;
        if (negative.whole)
            negative.dim = dim_sub(c->arena, dim_number(c->arena, 0), negative.dim);
        return term_number(c, expr, here, negative);
    }
    return term;
}

static SemaTerm *make_reverse(Checker *c, const Expr *expr, Here here)
{
    if (is_application(here.scope, expr)) {
        const Instance *instance = layer_apply(c, expr, here, NULL, 0);
        return instance == NULL ? term_error(c, expr, here) : term_output(c, expr, here, instance->outputs.at[0]);
    }
    DiagMsg *msg = say(c, here.scope, E0208, expr->op_span, "reverse stands before the application of a layer");
    diag_hint(c->diag, msg, "a loop that reads t+1 runs from the end by itself: b[t] = tanh(W @ b[t+1] + x[t])");
    return term_error(c, expr, here);
}

static SemaTerm *make(Checker *c, const Expr *expr, Here here)
{
    switch (expr->kind) {
    case EXPR_INT:
        return term_number(c, expr, here, static_int(c, expr->integer));
    case EXPR_REAL:
        return term_number(c, expr, here, (Static){false, expr->real, {0, NULL}});
    case EXPR_NAME:
    case EXPR_INDEX:
        return term_name(c, expr, here);
    case EXPR_PAREN:
        return term_make(c, expr->items.at[0], here);
    case EXPR_JOIN:
        return make_operation(c, expr, here, FN_join);
    case EXPR_CALL:
        return term_of_call(c, expr, here);
    case EXPR_UNARY:
    case EXPR_BINARY:
        return expr->op == EXPR_REVERSE ? make_reverse(c, expr, here)
                                        : make_operation(c, expr, here, operator_of[expr->op]);
    case EXPR_STRING:
        say(c, here.scope, E0208, expr->span, "a string is no value");
        break;
    case EXPR_FIRST:
    case EXPR_LAST:
        say(c, here.scope, E0208, expr->span, "%s is an index, not a value", say_text(c, expr->span));
        break;
    }
    return term_error(c, expr, here);
}

/* Never NULL; what is in error has the state TYPE_ERROR. */
SemaTerm *term_make(Checker *c, const Expr *expr, Here here)
{
    if (c->full)
        return term_error(c, expr, here);
    if (c->depth >= MAX_DEPTH) {
        limit_hit(c, here.scope, expr->span, "expressions are nested too deeply when they are expanded", MAX_DEPTH);
        return term_error(c, expr, here);
    }
    c->depth++;
    SemaTerm *term = make(c, expr, here);
    c->depth--;
    return term;
}

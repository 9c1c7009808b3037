/* losses.c: type rules of the losses: scores against probabilities (S5), tokens against vocabularies. In the first
 * round a loss is a scalar whatever its arguments. */
#include "sema/check.h"

static const Shape scalar = {.rank = 0};

static const Type *type_of(const SemaTerm *term, int i)
{
    return &term_arg(term, i)->term.type;
}

static void rule_xent(Checker *c, SemaTerm *term)
{
    if (!want_rank(c, term, 0, 1, " of scores"))
        return;
    if (type_of(term, 0)->value != VALUE_PLAIN) {
        clash_scores(c, term);
        return;
    }
    const Dim classes = type_of(term, 0)->shape.dim[0];
    const Type *target = type_of(term, 1);
    if (target->kind == TYPE_REAL && term_arg(term, 1)->term.kind != TERM_NUMBER) {
        if (target->value != VALUE_DIST || target->shape.rank != 1)
            clash_target(c, term);
        else if (!dim_equal(classes, target->shape.dim[0]))
            clash_elements(c, term, 0, 1);
        return;
    }
    want_token(c, term, 1, classes,
               arena_printf(c->arena, "%s are scores of index(%s)", say_text(c, operand_expr(term, 0)->span),
                            say_dim(c, term->scope, classes)));
}

static void rule_nll(Checker *c, SemaTerm *term)
{
    if (!want_rank(c, term, 0, 1, " of probabilities"))
        return;
    const Dim classes = type_of(term, 0)->shape.dim[0];
    if (type_of(term, 0)->value == VALUE_PLAIN) {
        clash_scores(c, term);
        return;
    }
    want_token(c, term, 1, classes,
               arena_printf(c->arena, "%s is over index(%s)", say_text(c, operand_expr(term, 0)->span),
                            say_dim(c, term->scope, classes)));
}

static void rule_pair(Checker *c, SemaTerm *term)
{
    if (!want_real(c, term, 0, "a number") || !want_real(c, term, 1, "a number"))
        return;
    if (!shape_equal(type_of(term, 0)->shape, type_of(term, 1)->shape))
        clash_elements(c, term, 0, 1);
    else if (term->term.args.n > 2)
        want_rank(c, term, 2, 0, " as width");
}

/* class_xent(partition, class scores [C], W [V, H], b [V], h [H], token of V). */
static void rule_class_xent(Checker *c, SemaTerm *term)
{
    static const int ranks[] = {1, 2, 1, 1};
    const Partition *p = &c->model->partitions.at[term->term.partition];
    for (int i = 0; i < 4; i++)
        if (!want_rank(c, term, i, ranks[i], ""))
            return;
    const Dim h = type_of(term, 3)->shape.dim[0];
    const Shape wanted[] = {
        {1, {p->classes, {0, NULL}}}, {2, {p->words, h}}, {1, {p->words, {0, NULL}}}, {1, {h, {0, NULL}}}};
    static const char *const names[] = {"class scores", "word matrix", "word biases", "hidden vector"};
    for (int i = 0; i < 4; i++) {
        if (shape_equal(type_of(term, i)->shape, wanted[i]))
            continue;
        const Expr *expr = operand_expr(term, i);
        DiagMsg *msg = say(c, term->scope, E0311, expr->span, "the %s of class_xent are %s, but %s is %s", names[i],
                           say_shape(c, term->scope, wanted[i]), say_text(c, expr->span),
                           say_shape(c, term->scope, type_of(term, i)->shape));
        diag_note(c->diag, msg, p->span, "%s declared here", p->name);
        type_fail(term);
        return;
    }
    want_token(c, term, 4, p->words,
               arena_printf(c->arena, "%s splits index(%s)", p->name, say_dim(c, term->scope, p->words)));
}

void rule_loss(Checker *c, SemaTerm *term)
{
    set_real(term, scalar, VALUE_PLAIN);
    if (!c->reporting)
        return;
    switch (function_info[term->term.function].signature) {
    case SIG_SCORE_LOSS:
        rule_xent(c, term);
        break;
    case SIG_NLL:
        rule_nll(c, term);
        break;
    case SIG_CLASS_XENT:
        rule_class_xent(c, term);
        break;
    default:
        rule_pair(c, term);
        break;
    }
}

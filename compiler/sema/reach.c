/* reach.c: which parameters the gradient of the loss reaches (S13). One that is reached only through something without
 * a gradient is E0501, reported at that function; one that is not reached at all is W0803. */
#include <string.h>

#include "sema/check.h"

typedef struct Reach {
    bool *through; /* by var id: some way, cuts included */
    bool *smooth;  /* by var id: a way without cuts */
    bool *mine;    /* the set being filled */
    bool cuts;     /* stop at functions without a gradient */
    VEC(SemaVar *) queue;
    VEC(SemaTerm *) cut; /* functions without a gradient on some way */
} Reach;

static bool is_cut(const SemaTerm *term)
{
    return term->term.kind == TERM_CALL && function_info[term->term.function].cuts_gradient != 0;
}

static bool visit(Checker *c, SemaTerm *term, void *data)
{
    Reach *reach = data;
    if (is_cut(term)) {
        if (reach->cuts)
            return false;
        vec_push(c->arena, &reach->cut, term);
    }
    if (term->term.kind == TERM_READ && !reach->mine[term->term.var->id]) {
        reach->mine[term->term.var->id] = true;
        vec_push(c->arena, &reach->queue, sema_var(term->term.var));
    }
    return true;
}

static void run(Checker *c, Reach *reach)
{
    while (reach->queue.n > 0) {
        const SemaVar *var = reach->queue.at[--reach->queue.n];
        term_walk(c, var->var.def, visit, reach);
        term_walk(c, var->var.edge, visit, reach);
        term_walk(c, var->var.init, visit, reach);
    }
}

static void flood(Checker *c, Reach *reach, bool *set, bool cuts, SemaVar *from)
{
    reach->mine = set;
    reach->cuts = cuts;
    set[from->var.id] = true;
    vec_push(c->arena, &reach->queue, from);
    run(c, reach);
}

/* Variables that the operands of a function without a gradient reach smoothly. */
static void flood_operands(Checker *c, Reach *reach, bool *set, const SemaTerm *cut)
{
    reach->mine = set;
    reach->cuts = true;
    for (int i = 0; i < cut->term.args.n; i++)
        term_walk(c, cut->term.args.at[i], visit, reach);
    run(c, reach);
}

static const SemaTerm *token_beside(const SemaTerm *root, const SemaTerm *cut)
{
    if ((root->term.function != FN_eq && root->term.function != FN_ne) || root->term.args.n != 2)
        return NULL;
    return term_arg(root, 0) == cut ? term_arg(root, 1) : term_arg(root, 1) == cut ? term_arg(root, 0) : NULL;
}

static void say_cut(Checker *c, Reach *reach, const SemaTerm *cut, const char *params)
{
    const char *name = function_info[cut->term.function].name;
    DiagMsg *msg = say(c, cut->scope, E0501, cut->expr->kind == EXPR_CALL ? expr_head(cut->expr) : cut->expr->op_span,
                       "%s has no gradient, and the loss depends on %s through it", name, params);
    for (int i = 0; cut->term.function == FN_argmax && i < reach->cut.n; i++) {
        const SemaTerm *token = token_beside(reach->cut.at[i], cut);
        if (token == NULL)
            continue;
        const char *xent = arena_printf(c->arena, "xent(%s, %s)", say_text(c, operand_expr(cut, 0)->span),
                                        say_text(c, token->expr->span));
        const Edit edit = {reach->cut.at[i]->expr->span, xent};
        offer(c, msg, offer_group(c), &edit, 1, "this is a metric; for training use %s", xent);
        return;
    }
}

static void add_param(Checker *c, Text *list, const SemaVar *param, const SemaTerm *cut)
{
    const bool inside = cut->scope->layer != NULL && param->scope->layer == cut->scope->layer;
    (void)c;
    text_printf(list, "%s%s", list->n > 0 ? ", " : "", inside ? param->name : param->var.path);
}

static bool is_earlier(const SemaTerm *a, const SemaTerm *b)
{
    return a->term.span.file != b->term.span.file ? a->term.span.file < b->term.span.file
                                                  : a->term.span.start < b->term.span.start;
}

static void check_cuts(Checker *c, Reach *reach)
{
    const int vars = c->model->vars.n;
    bool *done = arena_array(c->arena, bool, vars), *set = arena_array(c->arena, bool, vars);
    const int cuts = reach->cut.n;
    for (int i = 1; i < cuts; i++)
        for (int k = i; k > 0 && is_earlier(reach->cut.at[k], reach->cut.at[k - 1]); k--) {
            SemaTerm *swap = reach->cut.at[k];
            reach->cut.at[k] = reach->cut.at[k - 1];
            reach->cut.at[k - 1] = swap;
        }
    for (int deliberate = 1; deliberate >= 0; deliberate--)
        for (int i = 0; i < cuts; i++) {
            SemaTerm *cut = reach->cut.at[i];
            Text list = text_new(c->arena);
            if ((cut->term.function == FN_stopgrad) != (deliberate == 1))
                continue;
            memset(set, 0, sizeof *set * (size_t)vars);
            flood_operands(c, reach, set, cut);
            for (int k = 0; k < c->model->params.n; k++) {
                const SemaVar *param = sema_var(c->model->params.at[k]);
                const int id = param->var.id;
                if (!set[id] || reach->smooth[id] || done[id] || param->var.frozen)
                    continue;
                done[id] = true;
                add_param(c, &list, param, cut);
            }
            if (list.n > 0 && deliberate == 0)
                say_cut(c, reach, cut, text_z(&list));
        }
}

void reach_check(Checker *c)
{
    if (c->model->loss == NULL || diag_errors(c->diag) > 0)
        return;
    Reach reach = {.through = arena_array(c->arena, bool, c->model->vars.n),
                   .smooth = arena_array(c->arena, bool, c->model->vars.n)};
    flood(c, &reach, reach.through, false, sema_var(c->model->loss));
    flood(c, &reach, reach.smooth, true, sema_var(c->model->loss));
    check_cuts(c, &reach);
    for (int i = 0; i < c->model->params.n; i++) {
        const SemaVar *param = sema_var(c->model->params.at[i]);
        if (reach.through[param->var.id] || param->var.frozen)
            continue;
        DiagMsg *msg =
            say(c, param->scope, W0803, param->name_span, "the loss does not depend on parameter %s", param->var.path);
        diag_hint(c->diag, msg, "use it, remove it, or write 'frozen' behind it");
    }
}

/* sema.c: the order of the checks. Each file of sema does one of them; check.h lists them. Later ones run only where
 * what they rely on holds, so that one mistake does not show as several. */
#include "sema/sema.h"

#include "sema/check.h"

/* Variables in source order after expansion: those of an application stand before the equation that applies it. */
static void add_var(Checker *c, SemaVar *var)
{
    if (var->mark == c->mark)
        return;
    var->mark = c->mark;
    for (int i = 0; i < var->instances.n; i++)
        for (int k = 0; k < var->instances.at[i]->vars.n; k++)
            add_var(c, var->instances.at[i]->vars.at[k]);
    var->var.id = c->model->vars.n;
    vec_push(c->arena, &c->model->vars, &var->var);
}

static void order_vars(Checker *c)
{
    c->mark++;
    for (int i = 0; i < c->vars.n; i++)
        add_var(c, c->vars.at[i]);
}

static bool has_errors(const Checker *c)
{
    return c->full || diag_errors(c->diag) > 0;
}

/* Names: everything is found and expanded. */
static void resolve(Checker *c, const Ast *ast, const Stmt *model)
{
    EquationList equations = {0};
    c->file = scope_new(c, NULL);
    statics_declare(c, c->file, &ast->top, true);
    c->body = scope_new(c, c->file);
    statics_declare(c, c->body, &model->body, false);
    axes_declare(c, c->body, &model->body);
    statics_finish(c, c->file, &ast->top);
    statics_finish(c, c->body, &model->body);
    body_declare(c, c->body, &model->body, DECLARE_OWNED | DECLARE_FLOW, &equations);
    if (c->full)
        return;
    equations_define(c, &equations);
    entries_declare(c, c->body, &model->body);
    defines_finish(c);
    order_vars(c);
}

static void analyse(Checker *c)
{
    depend_collect(c);
    components_find(c);
    types_infer(c);
    causality_check(c);
    reads_check(c);
    batch_find(c);
    needs_target_find(c);
    results_check(c);
    entries_check(c);
    names_assign(c);
    reach_check(c);
    batch_finish(c);
    if (!has_errors(c))
        warn_dropout(c);
}

void program_check(Checker *c, const Ast *ast, const Stmt *model)
{
    resolve(c, ast, model);
    if (!c->full)
        analyse(c);
}

static Model *run(Checker *c, const Ast *ast)
{
    const Stmt *model = library_load(c, ast);
    if (model == NULL || has_errors(c))
        return NULL;
    c->model_stmt = model;
    c->model->name = model->id;
    c->model->span = model->span;
    program_check(c, ast, model);
    unapplied_check(c);
    say_copies(c);
    if (!c->options->no_hints)
        offers_test(c, ast);
    return has_errors(c) ? NULL : c->model;
}

Model *sema_check(Arena *arena, Intern *names, SourceMap *sources, Diag *diag, const Ast *main_file,
                  const SemaOptions *options)
{
    Checker *c = arena_make(arena, Checker);
    c->arena = arena;
    c->names = names;
    c->sources = sources;
    c->diag = diag;
    c->options = options;
    c->model = arena_make(arena, Model);
    c->model->file = main_file->file;
    c->define_used = arena_array(arena, bool, options->define_count);
    return run(c, main_file);
}

/* entries.c: what the generated C offers beside eval and forward (S16): outputs, step, generate, and the advice of the
 * train block. Names and equations here; whether they look back only is checked in closed.c. */
#include <string.h>

#include "sema/check.h"

/* --- outputs ----------------------------------------------------------------------------------------------------------- */

static SemaVar *output_var(Checker *c, Scope *scope, const Name *name)
{
    Symbol *symbol = scope_unknown(c, scope, name->id, name->id_span, "name");
    ExprList rest = {0};
    Member *member =
        symbol != NULL && symbol->kind == SYM_VAR ? member_of(c, scope, symbol, &name->index, name->span, &rest) : NULL;
    if (symbol == NULL || (symbol->kind == SYM_VAR && member == NULL))
        return NULL;
    SemaVar *var = member == NULL ? NULL : member->var;
    if (var != NULL && rest.n == 0 && var->var.kind == VAR_EQUATION && !var->is_loss && !var->is_metric)
        return var;
    DiagMsg *msg = say(c, scope, E0602, name->span, "%s is no output: it is %s", say_text(c, name->span),
                       rest.n > 0 ? "written with its axes" : symbol->what);
    if (rest.n > 0)
        diag_hint(c->diag, msg, "output lists bare names: output %s", name->id);
    else
        diag_note(c->diag, msg, symbol->span, "%s declared here", name->id);
    return NULL;
}

/* Outputs in source order, whether defined in place or named. */
static void outputs_declare(Checker *c, Scope *scope, const Stmt *stmt)
{
    for (int i = 0; stmt->inner != NULL && i < c->vars.n; i++) {
        const Span span = c->vars.at[i]->var.span, left = stmt->inner->names.at[0].span;
        if (span.start == left.start && span.file == left.file && c->vars.at[i]->var.is_output)
            vec_push(c->arena, &c->model->outputs, &c->vars.at[i]->var);
    }
    for (int i = 0; stmt->inner == NULL && i < stmt->names.n; i++) {
        SemaVar *var = output_var(c, scope, &stmt->names.at[i]);
        if (var == NULL)
            continue;
        if (var->var.is_output) {
            say(c, scope, E0202, stmt->names.at[i].span, "%s is an output twice", stmt->names.at[i].id);
            continue;
        }
        var->var.is_output = true;
        vec_push(c->arena, &c->model->outputs, &var->var);
    }
}

/* --- step and generate --------------------------------------------------------------------------------------------------- */

/* What every model's C has; an entry of that name would be a second one. */
static const char *const taken[] = {
    "check",  "pack",        "eval",        "infer",      "forward",     "backward",       "gradient",
    "model",  "params_init", "param_index", "param_info", "state_reset", "state_copy_row", "params",
    "packed", "batch",       "controls",    "state",      "work",        "tape",           "result",
    "train",  "table",       "frame",       "span",       "slot",        "slots",          "fail",
    "start",  "advance",     "count_valid", "adjoint_in", "adjoint_out"};

/* With these it calls things after variables, axes and entries: give_p, check_in_x. */
static const char *const families[] = {"check_", "do_",   "give_",  "down_",  "save_",
                                       "place_", "pack_", "thunk_", "table_", "metric_"};

static const char *family_of(const char *name)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strncmp(name, families[i], strlen(families[i])) == 0)
            return families[i];
    return NULL;
}

/* generate text makes text_begin and text_step. */
static bool is_part_of(const char *name, const Entry *entry)
{
    const size_t n = strlen(entry->name);
    return entry->kind == ENTRY_GENERATE && strncmp(name, entry->name, n) == 0 &&
           (strcmp(name + n, "_begin") == 0 || strcmp(name + n, "_step") == 0);
}

static bool differs_from_others(Checker *c, Scope *scope, const Stmt *stmt)
{
    const Entry made = {.kind = stmt->kind == STMT_GENERATE ? ENTRY_GENERATE : ENTRY_STEP, .name = stmt->id};
    for (int i = 0; i < c->model->entries.n; i++) {
        const Entry *other = c->model->entries.at[i];
        DiagMsg *msg = NULL;
        if (strcmp(other->name, stmt->id) == 0)
            msg = say(c, scope, E0202, stmt->id_span, "%s is defined twice", stmt->id);
        else if (is_part_of(stmt->id, other) || is_part_of(other->name, &made))
            msg = say(c, scope, E0205, stmt->id_span, "%s and %s give one function in C", stmt->id, other->name);
        if (msg == NULL)
            continue;
        diag_note(c->diag, msg, other->span, "%s",
                  strcmp(other->name, stmt->id) == 0 ? "first definition" : "the other");
        return false;
    }
    return true;
}

static bool name_is_free(Checker *c, Scope *scope, const Stmt *stmt)
{
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(stmt->id, taken[i]) == 0) {
            say(c, scope, E0205, stmt->id_span, "%s is what the generated C calls something of its own", stmt->id);
            return false;
        }
    if (family_of(stmt->id) != NULL) {
        say(c, scope, E0205, stmt->id_span, "%s... is what the generated C calls things of its own",
            family_of(stmt->id));
        return false;
    }
    return differs_from_others(c, scope, stmt);
}

static SemaVar *over_axis(Checker *c, Scope *scope, const Entry *entry, const char *word, Span span)
{
    Symbol *symbol = scope_unknown(c, scope, word, span, "name");
    if (symbol == NULL)
        return NULL;
    const bool is_var = symbol->kind == SYM_VAR && !symbol->is_family && symbol->members.n == 1;
    SemaVar *var = is_var ? symbol->members.at[0].var : NULL;
    if (var != NULL && (var->var.axes & AXIS_BIT(entry->axis)) != 0)
        return var;
    DiagMsg *msg = say(c, scope, E0602, span, "%s does not vary over %s", word, c->model->axes.at[entry->axis].name);
    if (var == NULL)
        diag_note(c->diag, msg, symbol->span, "%s is %s", word, symbol->is_family ? "a family" : symbol->what);
    if (symbol->is_family)
        diag_hint(c->diag, msg, "give the member that is meant a name: y[t] = %s[1,t]", word);
    return NULL;
}

static void add_outputs(Checker *c, Scope *scope, Entry *entry, const Stmt *stmt)
{
    for (int i = 0; i < stmt->words.n; i++) {
        SemaVar *var = over_axis(c, scope, entry, stmt->words.at[i], stmt->word_spans.at[i]);
        for (int k = 0; var != NULL && k < entry->outputs.n; k++)
            if (entry->outputs.at[k] == &var->var) {
                say(c, scope, E0202, stmt->word_spans.at[i], "%s is an output twice", stmt->words.at[i]);
                var = NULL;
            }
        if (var != NULL)
            vec_push(c->arena, &entry->outputs, &var->var);
    }
}

static void generate_equation(Checker *c, Scope *scope, Entry *entry, const Stmt *stmt)
{
    const Name *name = &stmt->names.at[0];
    LeftIndex index;
    if (stmt->is_tuple || stmt->type != NULL) {
        say(c, scope, E0602, stmt->lhs_span, "an equation of generate defines one input or target, with its own type");
        return;
    }
    if (!left_index(c, scope, name, NULL, stmt, &index) || index.shifted)
        return;
    SemaVar *var = over_axis(c, scope, entry, name->id, name->id_span);
    if (var == NULL)
        return;
    if (var->var.kind != VAR_INPUT && var->var.kind != VAR_TARGET) {
        DiagMsg *msg =
            say(c, scope, E0602, name->span, "generate defines inputs and targets, but %s has an equation", name->id);
        diag_note(c->diag, msg, var->name_span, "%s defined here", name->id);
        return;
    }
    if (index.keys > 0 || index.edge >= 0 || index.axes != 1 || index.axis[0] != entry->axis ||
        var->var.axis_order.n != 1) {
        say(c, scope, E0602, name->span, "generate defines a sequence over %s alone: %s[%s]",
            c->model->axes.at[entry->axis].name, name->id, c->model->axes.at[entry->axis].name);
        return;
    }
    for (int i = 0; i < entry->generated.n; i++)
        if (entry->generated.at[i] == &var->var) {
            say(c, scope, E0202, name->span, "%s is defined twice", var->left);
            return;
        }
    const Here here = {.scope = scope, .bound = AXIS_BIT(entry->axis)};
    vec_push(c->arena, &entry->generated, &var->var);
    vec_push(c->arena, &entry->equations, &term_make(c, stmt->value, here)->term);
}

static void generate_declare(Checker *c, Scope *scope, Entry *entry, const Stmt *stmt)
{
    const Here here = {.scope = scope, .bound = AXIS_BIT(entry->axis)};
    for (int i = 0; i < stmt->body.n; i++) {
        const Stmt *inner = stmt->body.at[i];
        if (inner->kind == STMT_EQUATION)
            generate_equation(c, scope, entry, inner);
        else if (inner->kind == STMT_OUTPUT)
            add_outputs(c, scope, entry, inner);
        else if (inner->kind == STMT_STOP && entry->stop != NULL)
            say(c, scope, E0202, inner->span, "generate %s has two stop conditions; join them with or", entry->name);
        else if (inner->kind == STMT_STOP)
            entry->stop = &term_make(c, inner->value, here)->term;
    }
    if (entry->generated.n == 0 && diag_errors(c->diag) == 0)
        say(c, scope, E0602, stmt->id_span, "generate %s defines no input and no target", stmt->id);
}

static void entry_declare(Checker *c, Scope *scope, const Stmt *stmt)
{
    const Symbol *axis = scope_unknown(c, scope, stmt->axis, stmt->axis_span, "axis");
    if (axis == NULL || !name_is_free(c, scope, stmt))
        return;
    if (axis->kind != SYM_AXIS || axis->axis == AXIS_BATCH) {
        say(c, scope, E0602, stmt->axis_span, "%s is no sequence axis", stmt->axis);
        return;
    }
    Entry *entry = arena_make(c->arena, Entry);
    entry->kind = stmt->kind == STMT_STEP ? ENTRY_STEP : ENTRY_GENERATE;
    entry->name = stmt->id;
    entry->axis = axis->axis;
    entry->span = stmt->kind == STMT_STEP ? stmt->id_span : stmt->span;
    if (entry->kind == ENTRY_STEP)
        add_outputs(c, scope, entry, stmt);
    else
        generate_declare(c, scope, entry, stmt);
    vec_push(c->arena, &c->model->entries, entry);
    vec_push(c->arena, &c->entry_stmts, stmt);
}

/* --- train ------------------------------------------------------------------------------------------------------------------ */

static void train_declare(Checker *c, Scope *scope, const Stmt *stmt)
{
    static const char *const keys[] = {"optimizer", "schedule", "lr",           "momentum",  "beta1",
                                       "beta2",     "epsilon",  "weight_decay", "clip_norm", "clip_value",
                                       "epochs",    "batch",    "seed"};
    enum { KEYS = sizeof keys / sizeof *keys, TEXT_KEYS = 2 };
    for (int i = 0; i < stmt->binds.n; i++) {
        const Bind *bind = &stmt->binds.at[i];
        TrainAdvice advice = {.key = bind->id};
        int key = 0;
        while (key < KEYS && strcmp(keys[key], bind->id) != 0)
            key++;
        if (key == KEYS) {
            DiagMsg *msg = say(c, scope, E0605, bind->id_span, "train has no key '%s'", bind->id);
            const char *near = diag_nearest(bind->id, keys, KEYS);
            if (near != NULL)
                diag_hint(c->diag, msg, "did you mean '%s'?", near);
            else
                diag_hint(c->diag, msg,
                          "keys are optimizer, schedule, lr, momentum, beta1, beta2, epsilon, "
                          "weight_decay, clip_norm, clip_value, epochs, batch, seed");
            continue;
        }
        for (int k = 0; k < c->model->train.n; k++)
            if (strcmp(c->model->train.at[k].key, bind->id) == 0)
                say(c, scope, E0202, bind->id_span, "%s is defined twice", bind->id);
        Static number = {false, 0, {0, NULL}};
        if (key < TEXT_KEYS && bind->value->kind == EXPR_STRING)
            advice.text = bind->value->name;
        else if (key < TEXT_KEYS)
            say(c, scope, E0605, bind->value->span, "%s is a text in quotes, such as %s", bind->id,
                key == 0 ? "\"adam\"" : "\"cosine\"");
        else if (bind->value->kind == EXPR_STRING)
            say(c, scope, E0605, bind->value->span, "%s is a number", bind->id);
        else if (static_eval(c, scope, bind->value, &number))
            advice.number = number.number;
        vec_push(c->arena, &c->model->train, advice);
    }
}

void entries_declare(Checker *c, Scope *scope, const StmtList *list)
{
    c->model->outputs.n = 0;
    for (int i = 0; i < list->n; i++) {
        const Stmt *stmt = list->at[i];
        if (stmt->kind == STMT_OUTPUT)
            outputs_declare(c, scope, stmt);
        else if (stmt->kind == STMT_STEP || stmt->kind == STMT_GENERATE)
            entry_declare(c, scope, stmt);
        else if (stmt->kind == STMT_TRAIN)
            train_declare(c, scope, stmt);
    }
}

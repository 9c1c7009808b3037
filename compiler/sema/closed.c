/* closed.c: entry points look back only (E0601, E0603). For generate the system is closed first: a generated input
 * depends on what its equation reads. */
#include "sema/check.h"

typedef struct Search { /* breadth first, over what is read */
    const Entry *entry;
    VEC(SemaVar *) queue;
    VEC(Dep) found_by; /* of each in the queue; read NULL at the start */
    VEC(int) from;
    DepList *given; /* of each generated variable, in their order */
} Search;

static int generated_index(const Entry *entry, const SemaVar *var)
{
    for (int i = 0; i < entry->generated.n; i++)
        if (entry->generated.at[i] == &var->var)
            return i;
    return -1;
}

static int dep_count(const Search *s, const SemaVar *var)
{
    const int generated = generated_index(s->entry, var);
    return generated >= 0 ? s->given[generated].n : var->deps.n;
}

static const Dep *dep_at(const Search *s, const SemaVar *var, int i)
{
    const int generated = generated_index(s->entry, var);
    return generated >= 0 ? &s->given[generated].at[i] : &var->deps.at[i];
}

static void push(Checker *c, Search *s, SemaVar *var, const Dep *dep, int from)
{
    static const Dep none;
    if (var->mark == c->mark)
        return;
    var->mark = c->mark;
    vec_push(c->arena, &s->queue, var);
    vec_push(c->arena, &s->found_by, dep == NULL ? none : *dep);
    vec_push(c->arena, &s->from, from);
}

static void note_path(Checker *c, DiagMsg *msg, const Search *s, int end, const Dep *last)
{
    DepList path = {0};
    if (last != NULL)
        vec_push(c->arena, &path, *last);
    for (int at = end; at >= 0 && s->found_by.at[at].read != NULL; at = s->from.at[at])
        vec_push(c->arena, &path, s->found_by.at[at]);
    for (int i = path.n - 1; i >= 0; i--)
        if (i == path.n - 1)
            diag_note(c->diag, msg, path.at[i].read->term.span, "%s", dep_text(c, &path.at[i]));
        else
            diag_note_more(c->diag, msg, path.at[i].read->term.span, "%s", dep_text(c, &path.at[i]));
}

/* --- the future ------------------------------------------------------------------------------------------------------------ */

typedef struct Future {
    int axis;
    SemaTerm *term; /* found: what needs steps that have not come yet */
} Future;

static bool find_future(Checker *c, SemaTerm *term, void *data)
{
    Future *future = data;
    (void)c;
    bool ahead = (term->term.over & AXIS_BIT(future->axis)) != 0;
    for (int i = 0; i < term->term.reads.n; i++) {
        const AxisRead *read = &term->term.reads.at[i];
        ahead = ahead || (read->axis == future->axis &&
                          (read->place == READ_LAST || (read->place == READ_OFFSET && read->offset > 0)));
    }
    if (ahead && future->term == NULL)
        future->term = term;
    return future->term == NULL;
}

static SemaTerm *future_in(Checker *c, Term *term, int axis)
{
    Future future = {axis, NULL};
    const int mark = c->mark;
    term_walk(c, term, find_future, &future);
    c->mark = mark; /* marks of terms and variables are apart */
    return future.term;
}

static SemaTerm *future_of(Checker *c, const Entry *entry, const SemaVar *var)
{
    if (generated_index(entry, var) >= 0)
        return NULL;
    Term *const parts[] = {var->var.def, var->var.edge, var->var.init};
    for (int i = 0; i < 3; i++) {
        SemaTerm *found = parts[i] == NULL ? NULL : future_in(c, parts[i], entry->axis);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* Follows what is in the queue; reports and returns false where the future is needed. */
static bool looks_back(Checker *c, Search *s, DiagCode code, Span span, const char *message)
{
    for (int i = 0; i < s->queue.n; i++) {
        SemaVar *var = s->queue.at[i];
        SemaTerm *future = future_of(c, s->entry, var);
        if (future != NULL) {
            DiagMsg *msg = say(c, NULL, code, span, "%s", message);
            const Dep last = {var, var, future, DEP_DEF};
            note_path(c, msg, s, i, &last);
            diag_hint(c->diag, msg,
                      code == E0601 ? "only outputs that look back can be streamed"
                                    : "what generates a step can look back only");
            return false;
        }
        for (int k = 0; k < dep_count(s, var); k++)
            push(c, s, dep_at(s, var, k)->to, dep_at(s, var, k), i);
    }
    return true;
}

static Search search_new(Checker *c, const Entry *entry, DepList *given)
{
    c->mark += 2; /* one for variables here, the others for terms */
    return (Search){.entry = entry, .given = given};
}

/* --- step -------------------------------------------------------------------------------------------------------------------- */

static void check_step(Checker *c, const Entry *entry, const Stmt *stmt)
{
    for (int i = 0; i < entry->outputs.n; i++) {
        SemaVar *out = sema_var(entry->outputs.at[i]);
        Search s = search_new(c, entry, NULL);
        Span span = stmt->span;
        for (int k = 0; k < stmt->words.n; k++) {
            const Symbol *symbol = scope_find(c->body, stmt->words.at[k]);
            if (symbol != NULL && symbol->members.n > 0 && symbol->members.at[0].var == out)
                span = stmt->word_spans.at[k];
        }
        push(c, &s, out, NULL, -1);
        looks_back(
            c, &s, E0601, span,
            arena_printf(c->arena, "step '%s' cannot return %s: it needs the future", entry->name, say_text(c, span)));
    }
}

/* --- generate ---------------------------------------------------------------------------------------------------------------- */

static const Stmt *statement_of(const Stmt *stmt, const Term *value)
{
    for (int i = 0; i < stmt->body.n; i++) {
        const Expr *expr = stmt->body.at[i]->value;
        if (expr != NULL && expr->span.start <= value->span.start && expr->span.end >= value->span.end)
            return stmt->body.at[i];
    }
    return stmt;
}

static void offer_before(Checker *c, DiagMsg *msg, const Stmt *stmt, const Dep *last)
{
    const SemaVar *var = last->to;
    const Expr *read = last->read->expr;
    if (read->kind != EXPR_INDEX || read->items.n == 0)
        return;
    const Expr *index = vec_last(&read->items);
    const char *text = index->kind == EXPR_NAME ? offset_text(c, index, index->name, -1) : NULL;
    if (text == NULL)
        return;
    const bool token = var->var.type.kind == TYPE_TOKEN, needs_init = token && var->var.init == NULL;
    const char *init = arena_printf(c->arena, "init %s = 0; ", var->name);
    const Edit edits[] = {{index->span, text}, {{stmt->span.file, stmt->span.start, stmt->span.start}, init}};
    const char *shown = say_edited(c, read_shown(c, read), edits, 1);
    offer(c, msg, offer_group(c), edits, needs_init ? 2 : 1, "let the model read the %s before: %s%s",
          token ? "token" : "step", shown, needs_init ? arena_printf(c->arena, " with init %s = 0", var->name) : "");
}

static bool check_generated(Checker *c, const Entry *entry, const Stmt *stmt, DepList *given, int which)
{
    SemaVar *start = sema_var(entry->generated.at[which]);
    Search s = search_new(c, entry, given);
    push(c, &s, start, NULL, -1);
    for (int i = 0; i < s.queue.n; i++) {
        SemaVar *var = s.queue.at[i];
        for (int k = 0; k < dep_count(&s, var); k++) {
            const Dep *dep = dep_at(&s, var, k);
            int axis;
            if (dep_offset(dep, &axis) != 0)
                continue;
            if (dep->to != start) {
                push(c, &s, dep->to, dep, i);
                continue;
            }
            const Stmt *equation = statement_of(stmt, entry->equations.at[which]);
            DiagMsg *msg = say(c, NULL, E0603, expr_head(equation->value),
                               "generated %s depends on itself within one step", start->left);
            note_path(c, msg, &s, i, dep);
            offer_before(c, msg, stmt, dep);
            return false;
        }
    }
    return true;
}

/* The type of a generated value is that of what it stands for. */
static void check_type(Checker *c, const Entry *entry, int which)
{
    const Var *var = entry->generated.at[which];
    Term **slot = &entry->equations.at[which];
    type_term(c, sema_term(*slot));
    if (var->type.kind == TYPE_TOKEN && (*slot)->kind == TERM_NUMBER) {
        type_token(c, slot, var->type.vocab, sema_var(entry->generated.at[which]));
        return;
    }
    const SemaTerm *term = sema_term(*slot);
    const Type type = term->term.type;
    if (term->state != TYPE_KNOWN || sema_var(entry->generated.at[which])->state != TYPE_KNOWN)
        return;
    const bool same =
        type.kind == var->type.kind &&
        (type.kind == TYPE_TOKEN ? dim_equal(type.vocab, var->type.vocab) : shape_equal(type.shape, var->type.shape));
    if (same && (var->type.value != VALUE_DIST || type.value == VALUE_DIST))
        return;
    DiagMsg *msg =
        say(c, c->body, E0303, term->expr->span, "the generated value is %s, but %s is %s", say_type(c, c->body, type),
            sema_var(entry->generated.at[which])->name, say_type(c, c->body, var->type));
    diag_note(c->diag, msg, var->span, "%s declared here", sema_var(entry->generated.at[which])->name);
}

static void check_stop(Checker *c, const Entry *entry)
{
    if (entry->stop == NULL)
        return;
    const SemaTerm *stop = sema_term(entry->stop);
    type_term(c, sema_term(entry->stop));
    if (stop->state == TYPE_KNOWN && (stop->term.type.kind != TYPE_REAL || stop->term.type.shape.rank != 0))
        say(c, c->body, E0303, stop->expr->span, "a stop condition is a scalar, but this is %s",
            say_type(c, c->body, stop->term.type));
}

static void check_targets(Checker *c, const Entry *entry, const Stmt *stmt, const Search *s)
{
    for (int i = 0; i < s->queue.n; i++) {
        const SemaVar *var = s->queue.at[i];
        if (var->var.kind != VAR_TARGET || generated_index(entry, var) >= 0)
            continue;
        DiagMsg *msg = say(c, NULL, E0604, stmt->id_span, "generate '%s' needs the target %s, which it does not define",
                           entry->name, var->name);
        note_path(c, msg, s, i, NULL);
        diag_hint(c->diag, msg, "a target is absent when the model runs: declare it as an input, or generate it");
        return;
    }
}

static void check_generate(Checker *c, const Entry *entry, const Stmt *stmt)
{
    DepList *given = arena_array(c->arena, DepList, entry->generated.n);
    DepList stop = {0};
    for (int i = 0; i < entry->generated.n; i++) {
        depend_of(c, sema_var(entry->generated.at[i]), entry->equations.at[i], DEP_DEF, &given[i]);
        batch_term(c, sema_term(entry->equations.at[i]));
    }
    for (int i = 0; i < entry->generated.n; i++)
        if (!check_generated(c, entry, stmt, given, i))
            return;
    if (entry->stop != NULL) {
        batch_term(c, sema_term(entry->stop));
        depend_of(c, sema_var(entry->generated.at[0]), entry->stop, DEP_DEF, &stop);
    }
    Search s = search_new(c, entry, given);
    for (int i = 0; i < entry->generated.n; i++)
        push(c, &s, sema_var(entry->generated.at[i]), NULL, -1);
    for (int i = 0; i < entry->outputs.n; i++)
        push(c, &s, sema_var(entry->outputs.at[i]), NULL, -1);
    for (int i = 0; i < stop.n; i++)
        push(c, &s, stop.at[i].to, NULL, -1);
    for (int i = 0; i <= entry->generated.n; i++) {
        Term *value = i < entry->generated.n ? entry->equations.at[i] : entry->stop;
        const SemaTerm *future = value == NULL ? NULL : future_in(c, value, entry->axis);
        if (future == NULL)
            continue;
        DiagMsg *msg = say(c, c->body, E0603, future->term.span, "%s is not known when a step is generated",
                           say_text(c, future->term.span));
        diag_hint(c->diag, msg, "what generates a step can look back only");
        return;
    }
    if (looks_back(c, &s, E0603, stmt->id_span, arena_printf(c->arena, "generate '%s' needs the future", entry->name)))
        check_targets(c, entry, stmt, &s);
}

void entries_check(Checker *c)
{
    c->mark++;
    for (int i = 0; i < c->model->entries.n; i++) {
        const Entry *entry = c->model->entries.at[i];
        for (int k = 0; k < entry->generated.n; k++)
            check_type(c, entry, k);
        check_stop(c, entry);
    }
    for (int i = 0; i < c->model->entries.n; i++) {
        const Entry *entry = c->model->entries.at[i];
        if (entry->kind == ENTRY_STEP)
            check_step(c, entry, c->entry_stmts.at[i]);
        else if (entry->generated.n > 0)
            check_generate(c, entry, c->entry_stmts.at[i]);
    }
}

/* scope.c: names. A name means one thing in a scope and may not hide an outer one; functions and variables are two
 * namespaces. A table keeps the order of definition, so nothing that is printed depends on hashing. */
#include <string.h>

#include "sema/check.h"

static size_t hash_pointer(const char *name)
{
    uintptr_t bits = (uintptr_t)name;
    bits ^= bits >> 17;
    bits *= (uintptr_t)0x9E3779B1u;
    return (size_t)(bits ^ (bits >> 13));
}

static Symbol **find_slot(const Table *table, const char *name)
{
    size_t i = hash_pointer(name) & (size_t)(table->slots - 1);
    while (table->slot[i] != NULL && table->slot[i]->name != name)
        i = (i + 1) & (size_t)(table->slots - 1);
    return &table->slot[i];
}

Symbol *table_find(const Table *table, const char *name)
{
    return table->slots == 0 ? NULL : *find_slot(table, name);
}

void table_add(Checker *c, Table *table, Symbol *symbol)
{
    if (table->all.n * 2 >= table->slots) {
        table->slots = table->slots == 0 ? 16 : table->slots * 2;
        table->slot = arena_array(c->arena, Symbol *, table->slots);
        for (int i = 0; i < table->all.n; i++)
            *find_slot(table, table->all.at[i]->name) = table->all.at[i];
    }
    vec_push(c->arena, &table->all, symbol);
    *find_slot(table, symbol->name) = symbol;
}

Scope *scope_new(Checker *c, Scope *outer)
{
    Scope *scope = arena_make(c->arena, Scope);
    scope->outer = outer;
    scope->prefix = outer == NULL ? "" : outer->prefix;
    scope->layer = outer == NULL ? NULL : outer->layer;
    scope->instance = outer == NULL ? NULL : outer->instance;
    scope->nested = outer == NULL ? 0 : outer->nested;
    return scope;
}

Symbol *scope_find(const Scope *scope, const char *name)
{
    for (; scope != NULL; scope = scope->outer) {
        Symbol *symbol = table_find(&scope->names, name);
        if (symbol != NULL)
            return symbol;
    }
    return NULL;
}

Symbol *scope_find_function(Checker *c, const Scope *scope, const char *name)
{
    for (; scope != NULL; scope = scope->outer) {
        Symbol *symbol = table_find(&scope->functions, name);
        if (symbol != NULL)
            return symbol;
    }
    return table_find(&c->functions, name);
}

/* The scope that what is defined here belongs to: a `for` body defines in the scope around it. */
static Scope *owner_of(Scope *scope)
{
    while (scope->transparent)
        scope = scope->outer;
    return scope;
}

static bool is_same_scope(const Scope *scope, const char *name)
{
    for (; scope != NULL; scope = scope->outer) {
        if (table_find(&scope->names, name) != NULL)
            return true;
        if (!scope->continues)
            return false;
    }
    return false;
}

/* What a name is that was used and is nowhere defined: it is reported once. */
static const char unknown_name[] = "unknown";

static Symbol *add_symbol(Checker *c, Scope *scope, SymbolKind kind, const char *name, Span span, const char *what)
{
    Symbol *symbol = arena_make(c->arena, Symbol);
    *symbol =
        (Symbol){.kind = kind, .name = name, .span = span, .what = what, .scope = scope, .axis = -1, .partition = -1};
    table_add(c, &owner_of(scope)->names, symbol);
    return symbol;
}

Symbol *scope_define(Checker *c, Scope *scope, SymbolKind kind, const char *name, Span span, const char *what)
{
    Scope *owner = owner_of(scope);
    Symbol *old = scope_find(scope, name);
    if (old != NULL && old->kind == SYM_BROKEN && old->what == unknown_name) {
        *old = (Symbol){
            .kind = kind, .name = name, .span = span, .what = what, .scope = scope, .axis = -1, .partition = -1};
        return old;
    }
    if (old != NULL && is_same_scope(owner, name)) {
        diag_note(c->diag, say(c, scope, E0202, span, "%s is defined twice", name), old->span, "first definition");
        return NULL;
    }
    if (old != NULL) {
        DiagMsg *msg = say(c, scope, E0207, span, "%s already means something here", name);
        diag_note(c->diag, msg, old->span, "%s is %s", name, old->what);
        diag_hint(c->diag, msg, "a name means one thing in a file; choose another one");
        add_symbol(c, scope, SYM_BROKEN, name, span, what);
        return NULL;
    }
    return add_symbol(c, scope, kind, name, span, what);
}

const char *scope_nearest(Checker *c, const Scope *scope, const char *name)
{
    VEC(const char *) candidates = {0};
    for (; scope != NULL; scope = scope->outer)
        for (int i = 0; i < scope->names.all.n; i++)
            vec_push(c->arena, &candidates, scope->names.all.at[i]->name);
    return diag_nearest(name, candidates.at, candidates.n);
}

const char *scope_nearest_function(Checker *c, const Scope *scope, const char *name)
{
    VEC(const char *) candidates = {0};
    for (int i = 0; i < FUNCTION_COUNT; i++)
        if (!function_info[i].is_operator)
            vec_push(c->arena, &candidates, function_info[i].name);
    for (; scope != NULL; scope = scope->outer) {
        for (int i = 0; i < scope->functions.all.n; i++)
            vec_push(c->arena, &candidates, scope->functions.all.at[i]->name);
        for (int i = 0; i < scope->names.all.n; i++)
            if (scope->names.all.at[i]->kind == SYM_LAYER)
                vec_push(c->arena, &candidates, scope->names.all.at[i]->name);
    }
    for (int i = 0; i < c->functions.all.n; i++)
        if (c->functions.all.at[i]->kind == SYM_FN)
            vec_push(c->arena, &candidates, c->functions.all.at[i]->name);
    return diag_nearest(name, candidates.at, candidates.n);
}

/* Finds a name or reports that there is none; NULL also for names whose definition was in error. */
Symbol *scope_unknown(Checker *c, Scope *scope, const char *name, Span span, const char *what)
{
    Symbol *symbol = scope_find(scope, name);
    if (symbol != NULL)
        return symbol->kind == SYM_BROKEN ? NULL : symbol;
    DiagMsg *msg = say(c, scope, E0206, span, "unknown %s '%s'", what, name);
    const char *near = scope_nearest(c, scope, name);
    const Scope *top = scope;
    while (top->outer != NULL)
        top = top->outer;
    if (near != NULL)
        diag_hint(c->diag, msg, "did you mean '%s'?", near);
    else if (top != c->file && scope_find(c->body == NULL ? c->file : c->body, name) != NULL)
        diag_hint(c->diag, msg, "cells and fns see only their own names: make '%s' a parameter", name);
    add_symbol(c, scope, SYM_BROKEN, name, span, unknown_name);
    return NULL;
}

Member *family_find(Symbol *symbol, const int64_t *key, int count)
{
    for (int i = 0; i < symbol->members.n; i++) {
        Member *member = &symbol->members.at[i];
        int k = 0;
        while (k < count && member->key[k] == key[k])
            k++;
        if (k == count)
            return member;
    }
    return NULL;
}

int static_count(const Symbol *symbol)
{
    int count = 0;
    for (unsigned bits = symbol->statics; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

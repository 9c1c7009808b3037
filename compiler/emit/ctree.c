/* ctree.c: builders of the syntax tree of emitted C (ctree.h). Laid out by cprint.c. */
#include "emit/ctree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *format_text(Arena *arena, const char *format, va_list args)
{
    char small[512];
    va_list copy;
    va_copy(copy, args);
    int n = vsnprintf(small, sizeof small, format, copy);
    va_end(copy);
    if (n < (int)sizeof small)
        return arena_copy(arena, small, (size_t)n);
    char *text = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, args);
    return text;
}

const CExpr *c_name(Arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    CExpr *e = arena_make(arena, CExpr);
    e->prec = PREC_ATOM;
    e->text = format_text(arena, format, args);
    va_end(args);
    return e;
}

const CExpr *c_int(Arena *arena, long long value)
{
    CExpr *e = (CExpr *)arena_make(arena, CExpr);
    e->prec = value < 0 ? PREC_UNARY : PREC_ATOM;
    e->text = arena_printf(arena, "%lld", value);
    return e;
}

const CExpr *c_template(Arena *arena, int prec, const char *text, int n, const CExpr *const *args)
{
    CExpr *e = arena_make(arena, CExpr);
    e->prec = prec;
    e->text = text;
    e->n = n;
    for (int i = 0; i < n; i++)
        e->arg[i] = args[i];
    return e;
}

bool c_is_int(const CExpr *e, long long *value)
{
    if (e->n != 0 || e->text[0] == 0)
        return false;
    char *end;
    *value = strtoll(e->text, &end, 10);
    return *end == 0;
}

const char *c_text(Arena *arena, const CExpr *e)
{
    Text text = text_new(arena);
    c_print_expr(&text, e);
    return text_z(&text);
}

static bool is_sum(const CExpr *e)
{
    return e->n == 2 && (strcmp(e->text, "$a + $b") == 0 || strcmp(e->text, "$a + $B") == 0);
}

static bool is_difference(const CExpr *e)
{
    return e->n == 2 && strcmp(e->text, "$a - $b") == 0;
}

const CExpr *c_add(Arena *arena, const CExpr *a, const CExpr *b)
{
    long long x = 0, y = 0;
    bool ai = c_is_int(a, &x), bi = c_is_int(b, &y);
    if (ai && bi)
        return c_int(arena, x + y);
    if (ai && x == 0)
        return b;
    if (bi && y == 0)
        return a;
    if (bi && is_sum(a) && c_is_int(a->arg[1], &x)) /* a constant that is there already */
        return c_add(arena, a->arg[0], c_int(arena, x + y));
    if (bi && is_difference(a) && c_is_int(a->arg[1], &x))
        return c_add(arena, a->arg[0], c_int(arena, y - x));
    if (bi && y < 0)
        return c_expr(arena, PREC_SUM, "$a - $b", a, c_int(arena, -y));
    return c_expr(arena, PREC_SUM, b->prec == PREC_SUM ? "$a + $B" : "$a + $b", a, b); /* integers: any order */
}

const CExpr *c_mul(Arena *arena, const CExpr *a, const CExpr *b)
{
    long long x, y;
    bool ai = c_is_int(a, &x), bi = c_is_int(b, &y);
    if (ai && bi)
        return c_int(arena, x * y);
    if ((ai && x == 0) || (bi && y == 0))
        return c_int(arena, 0);
    if (ai && x == 1)
        return b;
    if (bi && y == 1)
        return a;
    return c_expr(arena, PREC_PROD, "$a * $b", a, b);
}

const CExpr *c_index(Arena *arena, const CExpr *pointer, const CExpr *index)
{
    if (is_sum(pointer))
        return c_index(arena, pointer->arg[0], c_add(arena, pointer->arg[1], index));
    return c_expr(arena, PREC_ATOM, "$a[$B]", pointer, index);
}

const CExpr *c_deref(Arena *arena, const CExpr *pointer)
{
    if (is_sum(pointer))
        return c_index(arena, pointer, c_int(arena, 0));
    return c_expr(arena, PREC_UNARY, "*$a", pointer);
}

CBlock *c_block(Arena *arena)
{
    CBlock *block = arena_make(arena, CBlock);
    block->arena = arena;
    return block;
}

static CStmt *append(CBlock *to, CStmtKind kind)
{
    CStmt *stmt = arena_make(to->arena, CStmt);
    stmt->kind = kind;
    vec_push(to->arena, &to->stmts, stmt);
    return stmt;
}

void c_decl(CBlock *to, const char *type, const char *name, const CExpr *value)
{
    CStmt *s = append(to, C_DECL);
    s->type = type;
    s->name = name;
    s->value = value;
}

void c_assign(CBlock *to, const CExpr *target, const char *op, const CExpr *value)
{
    CStmt *s = append(to, C_ASSIGN);
    s->target = target;
    s->op = op;
    s->value = value;
}

void c_call(CBlock *to, const CExpr *value)
{
    append(to, C_CALL)->value = value;
}

static CBlock *loop(CBlock *to, const char *name, const CExpr *from, const CExpr *limit, const CExpr *step, bool down)
{
    CStmt *s = append(to, C_FOR);
    s->name = name;
    s->value = from;
    s->limit = limit;
    s->step = step;
    s->down = down;
    return s->body = c_block(to->arena);
}

CBlock *c_for(CBlock *to, const char *name, const CExpr *from, const CExpr *limit, const CExpr *step)
{
    return loop(to, name, from, limit, step, false);
}

CBlock *c_each(CBlock *to, const char *name, int64_t n, const CExpr **index)
{
    *index = n == 1 ? c_int(to->arena, 0) : c_name(to->arena, "%s", name);
    return n == 1 ? to : c_for(to, name, c_int(to->arena, 0), c_int(to->arena, n), c_int(to->arena, 1));
}

CBlock *c_for_down(CBlock *to, const char *name, const CExpr *from, const CExpr *limit, const CExpr *step)
{
    return loop(to, name, from, limit, step, true);
}

CBlock *c_for_on(CBlock *to, const char *name, const CExpr *cond, const CExpr *step, bool down)
{
    CStmt *s = append(to, C_WHILE_FOR);
    s->name = name;
    s->value = cond;
    s->step = step;
    s->down = down;
    return s->body = c_block(to->arena);
}

CBlock *c_if(CBlock *to, const CExpr *cond)
{
    CStmt *s = append(to, C_IF);
    s->value = cond;
    return s->body = c_block(to->arena);
}

CBlock *c_while(CBlock *to, const CExpr *cond)
{
    CStmt *s = append(to, C_WHILE);
    s->value = cond;
    return s->body = c_block(to->arena);
}

CBlock *c_else(CBlock *to)
{
    CStmt *s = vec_last(&to->stmts);
    return s->other = c_block(to->arena);
}

CBlock *c_scope(CBlock *to)
{
    return append(to, C_SCOPE)->body = c_block(to->arena);
}

CBlock *c_group(CBlock *to)
{
    return append(to, C_GROUP)->body = c_block(to->arena);
}

void c_return(CBlock *to, const CExpr *value)
{
    append(to, C_RETURN)->value = value;
}

void c_comment(CBlock *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    append(to, C_COMMENT)->name = format_text(to->arena, format, args);
    va_end(args);
}

void c_blank(CBlock *to)
{
    append(to, C_BLANK);
}

void c_line(CBlock *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    append(to, C_LINE)->name = format_text(to->arena, format, args);
    va_end(args);
}

CBlock *c_function(CBlock *to, const char *type, const char *name, const char *const *params, int n)
{
    CStmt *s = append(to, C_FUNCTION);
    s->type = type;
    s->name = name;
    for (int i = 0; i < n; i++)
        vec_push(to->arena, &s->params, params[i]);
    return s->body = c_block(to->arena);
}

int c_size(const CBlock *block)
{
    int n = 0;
    for (int i = 0; block && i < block->stmts.n; i++)
        n += 1 + c_size(block->stmts.at[i]->body) + c_size(block->stmts.at[i]->other);
    return n;
}

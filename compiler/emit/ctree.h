/* ctree.h: the syntax tree of emitted C. Emitters build statements and expressions; emit/cprint.c lays them out.
 * An expression is a template over other expressions with a precedence, like the C text of a row of ops.def: `$a`..`$i`
 * are operands, in parentheses where their precedence asks for it (the right operand also where it is equal: float
 * addition is not associative); `$A`..`$I` stand where none are ever needed (arguments, indices). */
#ifndef RNNC_CTREE_H
#define RNNC_CTREE_H
#include <stdbool.h>
#include <stdint.h>

#include "op/op.h"
#include "support/text.h"
#include "support/vec.h"

typedef struct CExpr {
    int prec; /* PREC_* of op.h */
    const char *text;
    const struct CExpr *arg[9];
    int n;
} CExpr;

typedef struct CStmt CStmt;
typedef struct CBlock {
    Arena *arena;
    VEC(CStmt *) stmts;
} CBlock;

typedef enum CStmtKind {
    C_DECL,      /* type name = value; value may be NULL */
    C_ASSIGN,    /* target op value */
    C_CALL,      /* value; */
    C_FOR,       /* for (ptrdiff_t name = value; name < limit; name += step); step NULL: the body goes on */
    C_WHILE_FOR, /* for (; cond; step) with no declaration */
    C_WHILE,     /* while (value) { body } */
    C_IF,        /* if (value) { body } else { other } */
    C_SCOPE,     /* { body } */
    C_GROUP,     /* body, without braces: a place to add to later */
    C_RETURN,
    C_COMMENT,
    C_BLANK,
    C_LINE,    /* one whole line as it is: preprocessor lines, enum entries */
    C_FUNCTION /* type name(params) { body } */
} CStmtKind;
struct CStmt {
    CStmtKind kind;
    const char *type, *name, *op;
    const CExpr *target, *value, *limit, *step;
    bool down; /* FOR: counts down: name > limit, name -= step */
    CBlock *body, *other;
    VEC(const char *) params;
};

/* --- expressions --- */
const CExpr *c_name(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
const CExpr *c_int(Arena *arena, long long value);
const CExpr *c_template(Arena *arena, int prec, const char *text, int n, const CExpr *const *args);
#define c_expr(arena, prec, text, ...)                                                                                 \
    c_template((arena), (prec), (text), (int)(sizeof((const CExpr *[]){__VA_ARGS__}) / sizeof(CExpr *)),               \
               (const CExpr *[]){__VA_ARGS__})
/* sums and products of indices, folding 0, 1 and constants */
const CExpr *c_add(Arena *arena, const CExpr *a, const CExpr *b);
const CExpr *c_mul(Arena *arena, const CExpr *a, const CExpr *b);
bool c_is_int(const CExpr *e, long long *value);
const char *c_text(Arena *arena, const CExpr *e); /* for templates of text */
/* what a pointer points to, and the i-th from there: "*p", and "p[i]" for sums */
const CExpr *c_deref(Arena *arena, const CExpr *pointer);
const CExpr *c_index(Arena *arena, const CExpr *pointer, const CExpr *index);

/* --- statements: appended to a block; those with a body return it --- */
CBlock *c_block(Arena *arena);
void c_decl(CBlock *to, const char *type, const char *name, const CExpr *value);
void c_assign(CBlock *to, const CExpr *target, const char *op, const CExpr *value);
void c_call(CBlock *to, const CExpr *value);
CBlock *c_for(CBlock *to, const char *name, const CExpr *from, const CExpr *limit, const CExpr *step);
/* for (name = 0; name < n; name++), *index being the name; once: no loop, and the index is 0 */
CBlock *c_each(CBlock *to, const char *name, int64_t n, const CExpr **index);
/* for (name = from; name >= limit; name -= step) */
CBlock *c_for_down(CBlock *to, const char *name, const CExpr *from, const CExpr *limit, const CExpr *step);
/* for (; cond; name += step), or name -= step: goes on with a variable declared before */
CBlock *c_for_on(CBlock *to, const char *name, const CExpr *cond, const CExpr *step, bool down);
CBlock *c_while(CBlock *to, const CExpr *cond);
CBlock *c_if(CBlock *to, const CExpr *cond);
CBlock *c_else(CBlock *to); /* of the last if in `to` */
CBlock *c_scope(CBlock *to);
CBlock *c_group(CBlock *to);
void c_return(CBlock *to, const CExpr *value); /* value may be NULL */
void c_comment(CBlock *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
void c_blank(CBlock *to);
void c_line(CBlock *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
CBlock *c_function(CBlock *to, const char *type, const char *name, const char *const *params, int n);
int c_size(const CBlock *block); /* statements, nested ones too */

void c_print(Text *out, const CBlock *block, int indent);
void c_print_expr(Text *out, const CExpr *expr);
#endif

/* parser.h: what the steps of one parse share: lexer (rnn.l, scan.c), layout filter (layout.c), parser (rnn.y,
 * build.c) and its messages (syntax_error.c, mixed.c). Others include parse.h. */
#ifndef RNNC_PARSER_H
#define RNNC_PARSER_H
#include "support/arena.h"
#include "support/diag.h"
#include "support/intern.h"
#include "support/source.h"
#include "support/vec.h"
#include "syntax/ast.h"

enum {
    FILE_BYTES_MAX = 1 << 20,
    LINE_BYTES_MAX = 4096,
    NESTING_MAX = 64,
    NAME_BYTES_MAX = 48,
    LANGUAGE_VERSION = 1,
    MIXED_MAX = 20, /* as many as are printed: each costs a search for declarations */
};

typedef struct Token {
    uint32_t start, end; /* bytes; equal for what the layout filter inserts */
    int16_t kind;        /* T_... of rnn.tab.h */
    uint8_t depth;       /* braces open before it */
    bool new_line;       /* first on its line */
} Token;
typedef VEC(Token) TokenList;

typedef struct Mixed { /* `left op right` where left is an unparenthesised product of the other sort: E0105 */
    const Expr *left, *right;
    ExprOp op;
    Span op_span;
} Mixed;

typedef struct Parser {
    Arena *arena;
    Intern *intern;
    const SourceMap *sources;
    Diag *diag;
    const Source *source;
    Ast *ast;
    TokenList raw;         /* from the lexer */
    TokenList tokens;      /* from the layout filter, for the parser */
    VEC(uint32_t) trouble; /* offsets of messages so far: the parser adds none in the same statement */
    VEC(Mixed) mixed;
    const Expr *last_mixed;   /* reported once a chain */
    uint32_t at, token_start; /* lexer: end and start of the token at hand */
    bool line_begins;         /* lexer: no token yet on this line */
    int blank_lines;          /* lexer: since the last token or comment */
    int next;                 /* parser: index of the token to hand out */
    int skip_depth;           /* parser: -1, or skip to the TERM at this depth */
    bool gave_up;             /* a limit was passed: the rest is not read */
    bool outside_reported;    /* one message for a run of statements outside of their block */
} Parser;

static inline Span parser_span(const Parser *ps, uint32_t start, uint32_t end)
{
    return (Span){ps->ast->file, start, end};
}
/* The text of a span as typed, interned. */
static inline const char *parser_name(const Parser *ps, Span span)
{
    return intern(ps->intern, ps->source->text + span.start, span.end - span.start);
}
static inline void parser_trouble(Parser *ps, uint32_t offset)
{
    vec_push(ps->arena, &ps->trouble, offset);
}
#endif

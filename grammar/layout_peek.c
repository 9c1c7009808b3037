/* layout_peek.c: tables over token kinds. Looks ahead are bounded, so a file costs linear time. */
#include "grammar/layout_peek.h"

#include "rnn.tab.h"

enum { LOOK_AHEAD = 256 };

bool peek_is_binary(int kind)
{
    return (kind >= T_PLUS && kind <= T_GE && kind != T_PRIME) || kind == T_AND || kind == T_OR;
}

bool peek_can_end(int kind)
{
    switch (kind) {
    case T_LBRACE:
    case T_COMMA:
    case T_ASSIGN:
    case T_ARROW:
    case T_DOTS:
    case T_COLON:
    case T_NOT:
        return false;
    default:
        return !peek_is_binary(kind);
    }
}

static int kind_at(const TokenList *tokens, int raw)
{
    return raw < tokens->n ? tokens->at[raw].kind : 0;
}

bool peek_can_begin(const TokenList *tokens, int raw)
{
    const int kind = kind_at(tokens, raw);
    switch (kind) {
    case T_STAR:
        return kind_at(tokens, raw + 1) == T_ASSIGN;
    case T_LBRACE:
    case T_LBRACK:
    case T_COMMA:
    case T_ASSIGN:
    case T_ARROW:
    case T_DOTS:
    case T_DOT:
    case T_COLON:
    case T_PRIME:
    case T_CARRY:
    case T_FROZEN:
    case T_OVER:
    case T_IN:
        return false;
    default:
        return !peek_is_binary(kind);
    }
}

bool peek_ends_operand(int kind)
{
    return kind == T_ID || kind == T_INT || kind == T_REAL || kind == T_STR || kind == T_RPAREN || kind == T_RBRACK ||
           kind == T_PRIME || kind == T_FIRST || kind == T_LAST;
}

/* Index behind the bracket that closes the one at `raw`, or -1 when it is not near. */
static int behind_bracket(const TokenList *tokens, int raw)
{
    int depth = 0;
    for (int i = raw; i < tokens->n && i < raw + LOOK_AHEAD; i++) {
        const int kind = tokens->at[i].kind;
        depth += (kind == T_LPAREN || kind == T_LBRACK) - (kind == T_RPAREN || kind == T_RBRACK);
        if (depth == 0)
            return i + 1;
    }
    return -1;
}

/* (h, c)[t] = ... */
static bool is_tuple_equation(const TokenList *tokens, int raw)
{
    int behind = behind_bracket(tokens, raw);
    if (behind > 0 && kind_at(tokens, behind) == T_LBRACK)
        behind = behind_bracket(tokens, behind);
    return behind > 0 && kind_at(tokens, behind) == T_ASSIGN;
}

bool peek_is_statement(const TokenList *tokens, int raw, int before)
{
    const int kind = kind_at(tokens, raw);
    if (kind >= T_USE && kind <= T_FOR)
        return (kind != T_FN && kind != T_CONST) || peek_ends_operand(before);
    if (kind == T_RBRACE)
        return true;
    if (kind == T_ID) { /* h[t] = ..., or z = ... where a named argument cannot stand */
        const bool indexed = kind_at(tokens, raw + 1) == T_LBRACK;
        const int behind = indexed ? behind_bracket(tokens, raw + 1) : raw + 1;
        return behind > 0 && kind_at(tokens, behind) == T_ASSIGN &&
               (indexed || peek_ends_operand(before) || before == T_SEMI);
    }
    return kind == T_LPAREN && is_tuple_equation(tokens, raw);
}

bool peek_cuts_short(const TokenList *tokens, int raw, int before)
{
    const int kind = kind_at(tokens, raw);
    if (kind >= T_USE && kind <= T_FOR)
        return true;
    if (before == T_COMMA) /* dim A = 1, B = 2; layer a, b[k] = ... */
        return false;
    if (kind == T_ID) {
        const int behind = kind_at(tokens, raw + 1) == T_LBRACK ? behind_bracket(tokens, raw + 1) : raw + 1;
        return behind > 0 && kind_at(tokens, behind) == T_ASSIGN;
    }
    return kind == T_LPAREN && is_tuple_equation(tokens, raw);
}

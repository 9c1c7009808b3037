/* layout_peek.h: what tokens can begin, end or continue a statement. Facts about kinds and bounded looks ahead. */
#ifndef RNNC_LAYOUT_PEEK_H
#define RNNC_LAYOUT_PEEK_H
#include "grammar/parser.h"

/* An operator with a left operand: + - * / @ ^ comparisons, and, or. */
bool peek_is_binary(int kind);
/* May a statement end behind it? Not behind { , = + - * / @ ^ -> .. : and or not, comparisons. */
bool peek_can_end(int kind);
/* May a statement begin with the token at `raw`? `* =` of an override may. */
bool peek_can_begin(const TokenList *tokens, int raw);
/* Inside of open brackets: is the token at `raw` clearly the beginning of a statement? `before`: the kind before it. */
bool peek_is_statement(const TokenList *tokens, int raw, int before);
/* Behind a token that cannot end a statement, outside of brackets: does a new statement begin at `raw` all the same? */
bool peek_cuts_short(const TokenList *tokens, int raw, int before);
/* A name, number, string, first, last, a closing bracket or ': an operand ends with it. */
bool peek_ends_operand(int kind);
#endif

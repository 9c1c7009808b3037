/* layout.h: the filter between lexer and parser: where statements end, and which bracket closes what. */
#ifndef RNNC_LAYOUT_H
#define RNNC_LAYOUT_H
#include "grammar/parser.h"

/* Makes ps->tokens from ps->raw, and the token table of the tree. What it makes is balanced: every bracket and brace
 * closes, every statement ends with TERM, the first tokens are `rnn` INT TERM, the last is end of file. */
void layout_run(Parser *ps);
#endif

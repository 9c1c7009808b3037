/* syntax_error.h: what the parser says when a token does not fit. */
#ifndef RNNC_SYNTAX_ERROR_H
#define RNNC_SYNTAX_ERROR_H
#include "grammar/parser.h"

/* The token just handed out is `found`; `expected` lists the kinds that could stand there. Makes the parser skip to
 * the end of the statement. */
void syntax_error_report(Parser *ps, int found, const int *expected, int count);
/* The parser's stack is full: the only other error bison has. */
void syntax_error_exhausted(Parser *ps, Span place, const char *message);
#endif

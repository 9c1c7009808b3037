/* expected.h: tokens in words: the one found, and those that could stand in its place. */
#ifndef RNNC_EXPECTED_H
#define RNNC_EXPECTED_H
#include "grammar/parser.h"

/* "name 'x'", "keyword 'in'", "')'", "the end of the line". */
const char *expected_found(const Parser *ps, const Token *token);
/* "':'", "',' or ':'", "an expression", "an operator, ',' or ')'"; NULL when the list would be too long to help. */
const char *expected_list(Arena *arena, const int *kinds, int count);
#endif

/* format_space.h: what stands between two tokens of a line. Works on the text of tokens. */
#ifndef RNNC_FORMAT_SPACE_H
#define RNNC_FORMAT_SPACE_H
#include <stdbool.h>

#include "support/arena.h"

typedef struct FormatToken {
    const char *text;
    int match;            /* of a bracket or brace: index of the other one; else -1 */
    bool tight;           /* no blanks around it: an operator or comma in an index */
    bool unary;           /* a sign */
    bool is_keyword_like; /* a word that an operand follows: and, or, not, reverse, in, stop, output */
} FormatToken;

/* Fills everything but text. */
void format_classify(Arena *arena, FormatToken *tokens, int count);
bool format_space_between(const FormatToken *left, const FormatToken *right);
/* Can the statement go on behind it on the next line, outside of brackets? */
bool format_continues(const FormatToken *token);
bool format_is(const FormatToken *token, const char *text);
#endif

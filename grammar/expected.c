/* expected.c: long lists of tokens are put together into what they stand for: an expression, an operator, a
 * statement. */
#include "grammar/expected.h"

#include <string.h>

#include "grammar/layout_peek.h"
#include "rnn.tab.h"
#include "support/text.h"

enum { NAMED_MAX = 5, KINDS = T_GE + 1 };

const char *expected_found(const Parser *ps, const Token *token)
{
    const Span span = parser_span(ps, token->start, token->end);
    const char *text = source_text(ps->arena, ps->sources, span);
    const char typed = ps->source->text[token->start];
    switch (token->kind) {
    case T_YYEOF:
        return "end of the file";
    case T_TERM:
        return typed == '}' ? "'}'" : typed == ';' ? "';'" : "the end of the line";
    case T_ID:
        return arena_printf(ps->arena, "name '%s'", text);
    case T_INT:
    case T_REAL:
        return arena_printf(ps->arena, "number %s", text);
    case T_STR:
        return arena_printf(ps->arena, "string %s", text);
    default:
        return arena_printf(ps->arena, token->kind <= T_NOT && token->kind >= T_USE ? "keyword '%s'" : "'%s'",
                            token_alias(token->kind));
    }
}

typedef struct Group { /* kinds that are named together when the `needed` ones are all there */
    const char *name;
    int needed[4];
    const int *members;
    int count;
} Group;

static const int of_expression[] = {T_INT,    T_REAL,   T_STR,   T_ID,      T_FIRST, T_LAST,
                                    T_LPAREN, T_LBRACK, T_MINUS, T_REVERSE, T_NOT};
static const int of_operator[] = {T_PLUS, T_MINUS, T_STAR, T_SLASH, T_AT,  T_POW, T_PRIME,  T_EQ,    T_NE,
                                  T_LT,   T_LE,    T_GT,   T_GE,    T_AND, T_OR,  T_LPAREN, T_LBRACK};
static const int of_statement[] = {T_USE,    T_DIM,     T_CONST,    T_FN,    T_CELL,      T_MODEL, T_AXIS,   T_INPUT,
                                   T_TARGET, T_CONTROL, T_PARAM,    T_LAYER, T_PARTITION, T_INIT,  T_OUTPUT, T_LOSS,
                                   T_METRIC, T_STEP,    T_GENERATE, T_STOP,  T_TRAIN,     T_FOR,   T_ID,     T_LPAREN};
#define MEMBERS(list) (list), (int)(sizeof(list) / sizeof((list)[0]))
static const Group groups[] = {
    {"an expression", {T_INT, T_FIRST, T_LPAREN, T_MINUS}, MEMBERS(of_expression)},
    {"an operator", {T_PLUS, T_STAR, T_AND, T_EQ}, MEMBERS(of_operator)},
    {"an operator", {T_PLUS, T_STAR, T_POW, T_PRIME}, MEMBERS(of_operator)},
    {"a statement", {T_PARAM, T_LAYER, T_INIT, T_FOR}, MEMBERS(of_statement)},
    {"a statement", {T_USE, T_DIM, T_CELL, T_MODEL}, MEMBERS(of_statement)},
};

static bool take_group(const Group *group, bool *open)
{
    for (int i = 0; i < 4; i++)
        if (!open[group->needed[i]])
            return false;
    for (int i = 0; i < group->count; i++)
        open[group->members[i]] = false;
    if (group->members == of_operator)
        open[T_ASSIGN] = false; /* of a named argument: nobody misses it there */
    return true;
}

static const char *kind_in_words(Arena *arena, int kind)
{
    switch (kind) {
    case T_YYEOF:
        return "the end of the file";
    case T_TERM:
        return "the end of the statement";
    case T_ID:
        return "a name";
    case T_INT:
    case T_REAL:
        return "a number";
    case T_STR:
        return "a string";
    default:
        return arena_printf(arena, "'%s'", token_alias(kind));
    }
}

const char *expected_list(Arena *arena, const int *kinds, int count)
{
    bool open[KINDS] = {false};
    const char *word[NAMED_MAX + 1];
    int words = 0;
    for (int i = 0; i < count; i++)
        if (kinds[i] >= 0 && kinds[i] < KINDS)
            open[kinds[i]] = true;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (words <= NAMED_MAX && take_group(&groups[i], open))
            word[words++] = groups[i].name;
    for (int kind = KINDS - 1; kind >= 0; kind--) /* punctuation before keywords */
        if (open[kind] && words <= NAMED_MAX)
            word[words++] = kind_in_words(arena, kind);
    if (words == 0 || words > NAMED_MAX)
        return NULL;
    Text text = text_new(arena);
    for (int i = 0; i < words; i++)
        text_printf(&text, "%s%s", i == 0 ? "" : i == words - 1 ? " or " : ", ", word[i]);
    return text_z(&text);
}

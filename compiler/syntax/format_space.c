/* format_space.c: blanks around operators, except in an index: h[t-1], e[t,s], but [V, 2 * H] and mean[t, batch](..).
 * Brackets are told apart by what stands around them. */
#include "syntax/format_space.h"

#include <ctype.h>
#include <string.h>

#include "support/vec.h"

typedef enum Inside { /* how what stands in a bracket is set */
                      INSIDE_NORMAL,
                      INSIDE_APPLIED, /* rnn[k-1](x), mean[t, batch](x): operators tight, commas not */
                      INSIDE_INDEX    /* h[k-1,t] */
} Inside;

bool format_is(const FormatToken *token, const char *text)
{
    return strcmp(token->text, text) == 0;
}

static bool is_any(const FormatToken *token, const char *const *list)
{
    for (; *list != NULL; list++)
        if (format_is(token, *list))
            return true;
    return false;
}

static bool is_word_before_operand(const FormatToken *token)
{
    static const char *const words[] = {"and", "or", "not", "reverse", "in", "stop", "output", NULL};
    return is_any(token, words);
}

static bool is_arithmetic(const FormatToken *token)
{
    static const char *const signs[] = {"+", "-", "*", "/", "@", NULL};
    return is_any(token, signs);
}

bool format_continues(const FormatToken *token)
{
    static const char *const open[] = {"{", ",",   "=",  "+",   "-",  "*",  "/", "@",  "^", "->", "..",
                                       ":", "and", "or", "not", "==", "!=", "<", "<=", ">", ">=", NULL};
    return is_any(token, open);
}

static bool ends_operand(const FormatToken *token)
{
    const char first = token->text[0];
    if (isalnum((unsigned char)first))
        return !token->is_keyword_like;
    return first == '"' || first == ')' || first == ']' || first == '\'';
}

/* Is the '=' at i that of a layer statement: layer a, b[k] = ...? */
static bool is_layer_assign(const FormatToken *tokens, int i)
{
    if (!format_is(&tokens[i], "="))
        return false;
    while (i > 0) {
        i--;
        if (format_is(&tokens[i], "]"))
            i = tokens[i].match - 1;
        if (i <= 0 || !isalpha((unsigned char)tokens[i].text[0]))
            return false;
        i--;
        if (!format_is(&tokens[i], ","))
            return format_is(&tokens[i], "layer");
    }
    return false;
}

static Inside inside_of(const FormatToken *tokens, int count, int i)
{
    if (i == 0 || !format_is(&tokens[i], "[") || !ends_operand(&tokens[i - 1]))
        return INSIDE_NORMAL;
    if (i >= 2 && format_is(&tokens[i - 2], "cell"))
        return INSIDE_NORMAL;
    if (i >= 2 && is_layer_assign(tokens, i - 2))
        return INSIDE_NORMAL;
    const int behind = tokens[i].match + 1;
    return behind < count && format_is(&tokens[behind], "(") ? INSIDE_APPLIED : INSIDE_INDEX;
}

static void match_brackets(Arena *arena, FormatToken *tokens, int count)
{
    VEC(int) open = {0};
    for (int i = 0; i < count; i++) {
        const char first = tokens[i].text[0];
        tokens[i].match = -1;
        if (first == '(' || first == '[' || first == '{') {
            vec_push(arena, &open, i);
        } else if ((first == ')' || first == ']' || first == '}') && open.n > 0) {
            tokens[i].match = vec_last(&open);
            tokens[vec_last(&open)].match = i;
            open.n--;
        }
    }
}

void format_classify(Arena *arena, FormatToken *tokens, int count)
{
    VEC(Inside) inside = {0};
    match_brackets(arena, tokens, count);
    for (int i = 0; i < count; i++) {
        FormatToken *token = &tokens[i];
        token->is_keyword_like = is_word_before_operand(token);
        token->unary = format_is(token, "-") && (i == 0 || !ends_operand(&tokens[i - 1]));
        const Inside now = inside.n > 0 ? vec_last(&inside) : INSIDE_NORMAL;
        token->tight = (now != INSIDE_NORMAL && is_arithmetic(token)) || (now == INSIDE_INDEX && format_is(token, ","));
        if (token->match > i)
            vec_push(arena, &inside, inside_of(tokens, count, i));
        else if (token->match >= 0)
            inside.n--;
    }
}

bool format_space_between(const FormatToken *left, const FormatToken *right)
{
    static const char *const never_before[] = {")", "]", ",", ";", "'", "..", ".", "^", NULL};
    static const char *const never_behind[] = {"(", "[", "..", ".", "^", NULL};
    if (is_any(right, never_before) || is_any(left, never_behind) || left->unary || left->tight || right->tight)
        return false;
    if (format_is(right, "(") || format_is(right, "["))
        return !ends_operand(left);
    return true;
}

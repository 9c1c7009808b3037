/* syntax_error.c: chooses the message for a token that does not fit. The special cases come first, each a function
 * that returns true when it has spoken; what remains names the token found and what could stand there. Nothing is
 * said about a statement in which the lexer or the layout filter has already found something. */
#include "grammar/syntax_error.h"

#include <string.h>

#include "grammar/expected.h"
#include "grammar/layout_peek.h"
#include "rnn.tab.h"

typedef struct Slip { /* the place of the error */
    Parser *ps;
    int index; /* in tokens */
    const Token *token;
    const int *expected;
    int count;
    int statement; /* index of the first token of the statement */
} Slip;

static Span token_span(const Slip *slip, int index)
{
    const Token *token = &slip->ps->tokens.at[index];
    return parser_span(slip->ps, token->start, token->end);
}

static const char *token_text(const Slip *slip, int index)
{
    return source_text(slip->ps->arena, slip->ps->sources, token_span(slip, index));
}

static int kind_at(const Slip *slip, int index)
{
    return index >= 0 && index < slip->ps->tokens.n ? slip->ps->tokens.at[index].kind : 0;
}

static bool is_expected(const Slip *slip, int kind)
{
    for (int i = 0; i < slip->count; i++)
        if (slip->expected[i] == kind)
            return true;
    return false;
}

static bool is_starter(int kind)
{
    return kind >= T_USE && kind <= T_FOR;
}

static bool has_trouble(const Slip *slip)
{
    const Parser *ps = slip->ps;
    const uint32_t from = ps->tokens.at[slip->statement].start, to = slip->token->end;
    for (int i = 0; i < ps->trouble.n; i++)
        if (ps->trouble.at[i] >= from && ps->trouble.at[i] <= to)
            return true;
    return false;
}

/* ---- statements in the wrong block ---- */
/* First token of the statement that opens the block the token stands in; -1 outside of all blocks. */
static int block_head(const Slip *slip)
{
    const TokenList *tokens = &slip->ps->tokens;
    int i = slip->index;
    const int depth = slip->token->depth;
    while (i >= 0 && tokens->at[i].depth >= depth)
        i--;
    while (i > 0 && kind_at(slip, i - 1) != T_TERM && kind_at(slip, i - 1) != T_LBRACE)
        i--;
    return i;
}

/* NULL outside of all blocks. */
static const char *block_name(const Slip *slip)
{
    const int head = slip->token->depth == 0 ? -1 : block_head(slip);
    switch (kind_at(slip, head)) {
    case T_CELL:
        return "in a cell";
    case T_MODEL:
        return "in a model";
    case T_FOR:
        return "in a 'for' block";
    case T_GENERATE:
        return "in a 'generate' block";
    case T_TRAIN:
        return "in a 'train' block";
    case T_LAYER:
        return "among a layer's initialisers";
    default:
        return NULL;
    }
}

static const char *home_of(int kind)
{
    switch (kind) {
    case T_USE:
    case T_CELL:
    case T_MODEL:
        return "outside of all blocks";
    case T_DIM:
    case T_CONST:
    case T_FN:
    case T_PARTITION:
        return "at the top of the file or in a model";
    case T_PARAM:
    case T_LAYER:
    case T_INIT:
    case T_FOR:
        return "in a model or a cell";
    case T_STOP:
        return "in a 'generate' block";
    case T_ID:
        return "in a model or a cell";
    default:
        return "in a model";
    }
}

static bool report_wrong_block(const Slip *slip)
{
    Parser *ps = slip->ps;
    const int kind = slip->token->kind;
    if (slip->index != slip->statement || !(is_starter(kind) || (kind == T_ID && slip->token->depth == 0)))
        return false;
    if (slip->token->depth == 0 && ps->outside_reported)
        return true;
    ps->outside_reported |= slip->token->depth == 0;
    const char *what = kind == T_ID ? "an equation" : arena_printf(ps->arena, "'%s'", token_alias(kind));
    const char *block = block_name(slip);
    diag_report(ps->diag, E0121, token_span(slip, slip->index), "%s belongs %s%s%s", what, home_of(kind),
                block != NULL ? ", not " : "", block != NULL ? block : "");
    return true;
}

/* `parm W : [H]`: two names in a row where a statement begins. */
static bool report_misspelt_keyword(const Slip *slip)
{
    Parser *ps = slip->ps;
    const int first = slip->statement;
    const bool behind = slip->index == first + 1 && kind_at(slip, first) == T_ID;
    const bool outside = slip->index == first && slip->token->depth == 0;
    const int next = kind_at(slip, first + 1);
    if ((!behind && !outside) || kind_at(slip, first) != T_ID || (next != T_ID && next != T_STR && next != T_LBRACE))
        return false;
    const char *keywords[T_FOR - T_USE + 1];
    for (int kind = T_USE; kind <= T_FOR; kind++)
        keywords[kind - T_USE] = token_alias(kind);
    const char *word = token_text(slip, first);
    const char *near = diag_nearest(word, keywords, T_FOR - T_USE + 1);
    DiagMsg *msg = diag_report(ps->diag, E0106, token_span(slip, first), "no statement begins with '%s'", word);
    if (near != NULL)
        diag_hint(ps->diag, msg, "did you mean '%s'?", near);
    else if (strcmp(word, "if") == 0 || strcmp(word, "while") == 0)
        diag_hint(ps->diag, msg, "there is no '%s': where(c, a, b) chooses between values, an index makes a loop",
                  word);
    else if (strcmp(word, "import") == 0 || strcmp(word, "include") == 0)
        diag_hint(ps->diag, msg, "use std.cells");
    return true;
}

static bool report_keyword_as_name(const Slip *slip)
{
    const int kind = slip->token->kind;
    if (kind < T_USE || kind > T_NOT || !is_expected(slip, T_ID) || slip->index == slip->statement)
        return false;
    const char *word = token_alias(kind);
    DiagMsg *msg =
        diag_report(slip->ps->diag, E0107, token_span(slip, slip->index), "'%s' is a keyword, not a name", word);
    diag_hint(slip->ps->diag, msg, "choose another name");
    return true;
}

/* ---- brackets ---- */
/* Index of the innermost bracket that is open before the token, or -1. */
static int open_bracket(const Slip *slip)
{
    int closers = 0;
    for (int i = slip->index - 1; i >= slip->statement; i--) {
        const int kind = kind_at(slip, i);
        closers += kind == T_RPAREN || kind == T_RBRACK;
        if ((kind == T_LPAREN || kind == T_LBRACK) && closers-- == 0)
            return i;
    }
    return -1;
}

/* An operand on a new line behind an operand, inside of a bracket: the bracket was to be closed before. */
static bool report_open_line(const Slip *slip)
{
    Parser *ps = slip->ps;
    const int open = open_bracket(slip);
    if (open < 0 || !slip->token->new_line || !peek_ends_operand(kind_at(slip, slip->index - 1)))
        return false;
    const int kind = kind_at(slip, open);
    const uint32_t at = ps->tokens.at[slip->index - 1].end;
    DiagMsg *msg = diag_report(ps->diag, E0103, parser_span(ps, at, at), "expected '%s' before the end of the line",
                               token_alias(kind == T_LPAREN ? T_RPAREN : T_RBRACK));
    diag_note(ps->diag, msg, token_span(slip, open), "it would close this '%s'", token_alias(kind));
    return true;
}

/* ---- everything else ---- */
/* param W [H, D] = ...: a type without its ':'. */
static bool hint_type(const Slip *slip, DiagMsg *msg)
{
    const int first = slip->statement, kind = kind_at(slip, first);
    const bool declares = kind == T_PARAM || kind == T_INPUT || kind == T_TARGET;
    if (!declares || !is_expected(slip, T_COLON) || kind_at(slip, first + 1) != T_ID ||
        kind_at(slip, first + 2) != T_LBRACK || kind_at(slip, slip->index - 1) != T_RBRACK)
        return false;
    const Span type = span_join(token_span(slip, first + 2), token_span(slip, slip->index - 1));
    diag_hint(slip->ps->diag, msg, "a type follows ':', as in %s %s : %s", token_text(slip, first),
              token_text(slip, first + 1), source_text(slip->ps->arena, slip->ps->sources, type));
    return true;
}

static void add_hints(const Slip *slip, DiagMsg *msg)
{
    if (hint_type(slip, msg))
        return;
    Diag *diag = slip->ps->diag;
    const int found = slip->token->kind, before = kind_at(slip, slip->index - 1);
    const bool juxtaposed = peek_ends_operand(before) && is_expected(slip, T_STAR);
    if (juxtaposed && (found == T_ID || found == T_INT || found == T_REAL))
        diag_hint(diag, msg, "a product needs its operator: '*' element by element, '@' for matrices");
    else if (found == T_ASSIGN && is_expected(slip, T_EQ))
        diag_hint(diag, msg, "'=' defines; '==' compares");
    else if (found == T_SEMI && open_bracket(slip) >= 0 && kind_at(slip, open_bracket(slip)) == T_LPAREN)
        diag_hint(diag, msg, "arguments are separated by ','; ';' joins vectors in [ ]");
}

static void report_unexpected(const Slip *slip)
{
    Parser *ps = slip->ps;
    const char *wanted = expected_list(ps->arena, slip->expected, slip->count);
    const char *found = expected_found(ps, slip->token);
    const Span span = token_span(slip, slip->index);
    DiagMsg *msg;
    if (wanted == NULL)
        msg = diag_report(ps->diag, E0106, span, "unexpected %s", found);
    else if (slip->token->kind == T_TERM)
        msg = diag_report(ps->diag, E0106, span, "expected %s before %s", wanted, found);
    else
        msg = diag_report(ps->diag, E0106, span, "unexpected %s, expected %s", found, wanted);
    add_hints(slip, msg);
}

void syntax_error_report(Parser *ps, int found, const int *expected, int count)
{
    (void)found; /* the kind of the token at hand */
    Slip slip = {ps, ps->next - 1, &ps->tokens.at[ps->next - 1], expected, count, 0};
    if (slip.token->kind != T_TERM && slip.token->kind != T_YYEOF)
        ps->skip_depth = slip.token->depth;
    slip.statement = slip.index;
    while (slip.statement > 0 && kind_at(&slip, slip.statement - 1) != T_TERM &&
           kind_at(&slip, slip.statement - 1) != T_LBRACE)
        slip.statement--;
    ps->gave_up |= diag_errors(ps->diag) >= 20;
    if (ps->gave_up || has_trouble(&slip))
        return;
    static bool (*const special[])(const Slip *) = {report_misspelt_keyword, report_wrong_block, report_keyword_as_name,
                                                    report_open_line};
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if (special[i](&slip))
            return;
    report_unexpected(&slip);
}

void syntax_error_exhausted(Parser *ps, Span place, const char *message)
{
    (void)message;
    if (ps->gave_up)
        return;
    ps->gave_up = true;
    DiagMsg *msg = diag_report(ps->diag, E0115, place, "operators are nested too deeply");
    diag_hint(ps->diag, msg, "give the inner parts names of their own");
}

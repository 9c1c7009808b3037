/* parse.c: the steps of a parse in order, and the tokens handed to the parser. */
#include "grammar/parse.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/check_text.h"
#include "grammar/layout.h"
#include "grammar/mixed.h"
#include "grammar/parser.h"
#include "grammar/scan.h"
#include "rnn.tab.h"

static Parser *new_parser(Arena *arena, Intern *names, SourceMap *sources, Diag *diag, uint32_t file)
{
    Parser *ps = arena_make(arena, Parser);
    ps->arena = arena;
    ps->intern = names;
    ps->sources = sources;
    ps->diag = diag;
    ps->source = source_of(sources, file);
    ps->ast = arena_make(arena, Ast);
    ps->ast->file = file;
    ps->line_begins = true;
    ps->skip_depth = -1;
    return ps;
}

static bool is_word(const Parser *ps, int raw, const char *word)
{
    const Token *token = &ps->raw.at[raw];
    const size_t length = token->end - token->start;
    return token->kind == T_ID && strlen(word) == length && memcmp(ps->source->text + token->start, word, length) == 0;
}

/* Without `rnn 1` the parser gets one, so that the rest of the file is still looked at. */
static void add_first_line(Parser *ps)
{
    const Span span = ps->raw.n > 0 ? parser_span(ps, ps->raw.at[0].start, ps->raw.at[0].end) : parser_span(ps, 0, 0);
    DiagMsg *msg = diag_report(ps->diag, E0108, span, "the first line must name the version of the language");
    diag_hint(ps->diag, msg, "rnn %d", LANGUAGE_VERSION);
    parser_trouble(ps, span.start);
    static const int header[] = {T_RNN, T_INT, T_TERM};
    for (int i = 0; i < 3; i++)
        vec_push(ps->arena, &ps->tokens, (Token){span.start, span.start, (int16_t)header[i], 0, false});
}

/* `rnn` is a keyword only here. False when the file is of another version: the rest would not make sense. */
static bool check_first_line(Parser *ps)
{
    if (ps->raw.n == 0 || !is_word(ps, 0, "rnn")) {
        add_first_line(ps);
        return true;
    }
    ps->raw.at[0].kind = T_RNN;
    if (ps->raw.n < 2 || ps->raw.at[1].kind != T_INT)
        return true; /* the parser says what is missing */
    const Token *number = &ps->raw.at[1];
    ps->ast->version_span = parser_span(ps, number->start, number->end);
    ps->ast->version = strtoll(ps->source->text + number->start, NULL, 10);
    if (ps->ast->version == LANGUAGE_VERSION)
        return true;
    DiagMsg *msg = diag_report(ps->diag, E0109, ps->ast->version_span, "language version %s is not known",
                               source_text(ps->arena, ps->sources, ps->ast->version_span));
    diag_hint(ps->diag, msg, "this rnnc reads version %d", LANGUAGE_VERSION);
    return false;
}

/* Everything before the parser. */
static bool make_tokens(Parser *ps)
{
    if (!check_text(ps))
        return false;
    scan_file(ps);
    if (!check_first_line(ps))
        return false;
    layout_run(ps);
    return !ps->gave_up;
}

int rnn_lex(RNN_STYPE *value, Span *place, Parser *ps)
{
    const Token *token = &ps->tokens.at[ps->next];
    while (ps->skip_depth >= 0 && token->kind != T_YYEOF && !(token->kind == T_TERM && token->depth == ps->skip_depth))
        token = &ps->tokens.at[++ps->next];
    ps->skip_depth = -1;
    *place = parser_span(ps, token->start, token->end);
    if (ps->gave_up || token->kind == T_YYEOF)
        return T_YYEOF;
    ps->next++;
    if (token->kind == T_ID) {
        const char *greek = scan_greek_name(ps->source->text + token->start, token->end - token->start);
        value->T_ID = greek != NULL ? intern_z(ps->intern, greek) : parser_name(ps, *place);
    }
    return token->kind;
}

Ast *parse_file(Arena *arena, Intern *names, SourceMap *sources, Diag *diag, uint32_t file)
{
    Parser *ps = new_parser(arena, names, sources, diag, file);
    if (!make_tokens(ps))
        return NULL;
    const int failed = rnn_parse(ps);
    mixed_report(ps);
    if (failed != 0 && diag_errors(diag) == 0)
        BUG("the parser stopped without a message");
    return failed != 0 || ps->gave_up ? NULL : ps->ast;
}

void parse_dump_tokens(Arena *arena, Intern *names, SourceMap *sources, Diag *diag, uint32_t file, Text *out)
{
    Parser *ps = new_parser(arena, names, sources, diag, file);
    if (!make_tokens(ps))
        return;
    for (int i = 0; i < ps->tokens.n; i++) {
        const Token *token = &ps->tokens.at[i];
        const Place place = source_place(sources, file, token->start);
        const bool valued =
            token->kind == T_ID || token->kind == T_INT || token->kind == T_REAL || token->kind == T_STR;
        text_printf(out, "%d:%d %s%s%s\n", place.line, place.column, token_alias(token->kind), valued ? " " : "",
                    valued ? source_text(arena, sources, parser_span(ps, token->start, token->end)) : "");
    }
}

/* layout.c: ends statements and balances brackets, so that one slip stays in its statement.
 * TERM stands at a newline or ';' outside of ( ) and [ ], and before '}'; not after a token that cannot end a
 * statement. Where a bracket is open and the next line is clearly a statement, the bracket is closed there (E0103).
 * layout_peek.c answers what the next tokens look like. */
#include "grammar/layout.h"

#include <string.h>

#include "grammar/layout_peek.h"
#include "rnn.tab.h"

typedef struct Open { /* a bracket that waits for its closer */
    int kind;         /* T_LPAREN, T_LBRACK, T_LBRACE */
    Span span;
    int statement; /* index in tokens of the first token of the statement it stands in */
} Open;

typedef struct Layout {
    Parser *ps;
    Open open[NESTING_MAX];
    int depth;     /* of `open` */
    int braces;    /* braces among them */
    int statement; /* index in tokens of the first token of the statement at hand */
    int previous;  /* ... of the statement before */
    bool *kept;    /* a raw token: is it in the token table of the tree? */
} Layout;

static Span span_of(const Layout *layout, const Token *token)
{
    return parser_span(layout->ps, token->start, token->end);
}

static const char *text_of(const Layout *layout, const Token *token)
{
    return source_text(layout->ps->arena, layout->ps->sources, span_of(layout, token));
}

static const Token *last_token(const Layout *layout)
{
    return &vec_last(&layout->ps->tokens);
}

/* The place just behind the last token that was typed. */
static uint32_t end_of_last(const Layout *layout)
{
    return layout->ps->tokens.n > 0 ? last_token(layout)->end : 0;
}

static void emit(Layout *layout, uint32_t start, uint32_t end, int kind, bool new_line)
{
    const Token token = {start, end, (int16_t)kind, (uint8_t)layout->braces, new_line};
    vec_push(layout->ps->arena, &layout->ps->tokens, token);
}

static void emit_inserted(Layout *layout, int kind)
{
    const uint32_t at = end_of_last(layout);
    emit(layout, at, at, kind, false);
}

/* ---- statements ---- */
/* Ends the statement at hand if there is one. start, end: what ended it. */
static void end_statement(Layout *layout, uint32_t start, uint32_t end)
{
    TokenList *tokens = &layout->ps->tokens;
    if (tokens->n == 0 || last_token(layout)->kind == T_TERM || last_token(layout)->kind == T_LBRACE)
        return;
    emit(layout, start, end, T_TERM, false);
    layout->previous = layout->statement;
    layout->statement = tokens->n;
}

static bool at_statement_start(const Layout *layout)
{
    return layout->statement == layout->ps->tokens.n;
}

/* ---- brackets ---- */
static const Open *innermost(const Layout *layout)
{
    return layout->depth > 0 ? &layout->open[layout->depth - 1] : NULL;
}

static bool in_brackets(const Layout *layout)
{
    return layout->depth > 0 && innermost(layout)->kind != T_LBRACE;
}

static int closer_of(int kind)
{
    return kind == T_LPAREN ? T_RPAREN : kind == T_LBRACK ? T_RBRACK : T_RBRACE;
}

static void push(Layout *layout, const Token *token)
{
    Parser *ps = layout->ps;
    if (layout->depth == NESTING_MAX) {
        DiagMsg *msg =
            diag_report(ps->diag, E0115, span_of(layout, token), "brackets are nested more than %d deep", NESTING_MAX);
        diag_hint(ps->diag, msg, "give the inner parts names of their own");
        ps->gave_up = true;
        return;
    }
    layout->open[layout->depth++] = (Open){token->kind, span_of(layout, token), layout->statement};
    emit(layout, token->start, token->end, token->kind, token->new_line);
    if (token->kind == T_LBRACE) {
        layout->braces++;
        layout->statement = ps->tokens.n;
    }
}

/* Leaves the innermost bracket; its closer has been emitted. */
static void pop(Layout *layout)
{
    const Open *open = &layout->open[--layout->depth];
    if (open->kind == T_LBRACE) {
        layout->braces--;
        layout->statement = open->statement;
    }
}

static void report_unclosed(Layout *layout, Span span, const char *before)
{
    Parser *ps = layout->ps;
    const Open *open = innermost(layout);
    const char *closer = token_alias(closer_of(open->kind));
    DiagMsg *msg = diag_report(ps->diag, E0103, span, "expected '%s' before %s", closer, before);
    diag_note(ps->diag, msg, open->span, "it would close this '%s'", token_alias(open->kind));
    diag_fixit(ps->diag, msg, (Span){span.file, span.start, span.start}, closer);
    parser_trouble(ps, span.start);
    if (open->kind != T_LBRACE) /* what follows the bracket was not meant to be inside of it */
        parser_trouble(ps, open->span.start);
}

/* Closes every bracket opened since the last brace: one message, for the innermost. */
static void close_brackets(Layout *layout, const char *before)
{
    const uint32_t at = end_of_last(layout);
    if (in_brackets(layout))
        report_unclosed(layout, parser_span(layout->ps, at, at), before);
    while (in_brackets(layout)) {
        emit_inserted(layout, closer_of(innermost(layout)->kind));
        pop(layout);
    }
}

/* A ) or ]. One that does not fit closes what it was probably meant for. */
static void close_bracket(Layout *layout, const Token *token)
{
    Parser *ps = layout->ps;
    const int opener = token->kind == T_RPAREN ? T_LPAREN : T_LBRACK;
    int match = layout->depth - 1;
    while (match >= 0 && layout->open[match].kind != opener && layout->open[match].kind != T_LBRACE)
        match--;
    const bool found = match >= 0 && layout->open[match].kind == opener;
    if (!found && !in_brackets(layout)) {
        diag_report(ps->diag, E0110, span_of(layout, token), "this '%s' closes nothing", token_alias(token->kind));
        parser_trouble(ps, token->start);
        return;
    }
    if (match != layout->depth - 1)
        report_unclosed(layout, span_of(layout, token), token_alias(token->kind)[0] == ')' ? "')'" : "']'");
    while (found && match != layout->depth - 1) {
        emit_inserted(layout, closer_of(innermost(layout)->kind));
        pop(layout);
    }
    emit(layout, token->start, token->end, closer_of(innermost(layout)->kind), token->new_line);
    pop(layout);
}

static void close_brace(Layout *layout, const Token *token)
{
    Parser *ps = layout->ps;
    close_brackets(layout, "'}'");
    if (layout->braces == 0) {
        diag_report(ps->diag, E0110, span_of(layout, token), "this '}' closes nothing");
        parser_trouble(ps, token->start);
        ps->outside_reported = true; /* an early '}' put what follows outside: that is one slip */
        return;
    }
    end_statement(layout, token->start, token->start);
    emit(layout, token->start, token->end, T_RBRACE, token->new_line);
    pop(layout);
}

/* The end of the file, or a cell or model at the left margin, inside of a block. */
static void close_blocks(Layout *layout, const char *before)
{
    close_brackets(layout, before);
    const uint32_t at = end_of_last(layout);
    end_statement(layout, at, at);
    if (layout->braces > 0)
        report_unclosed(layout, parser_span(layout->ps, at, at), before);
    while (layout->braces > 0) {
        emit_inserted(layout, T_RBRACE);
        pop(layout);
        end_statement(layout, at, at);
    }
}

/* ---- lines ---- */
static void report_bad_start(Layout *layout, const Token *token)
{
    Parser *ps = layout->ps;
    const Token *first = &ps->tokens.at[layout->statement];
    const int line = source_place(ps->sources, ps->ast->file, end_of_last(layout)).line;
    const bool equation = first->kind == T_ID || first->kind == T_LPAREN;
    const char *text = text_of(layout, token);
    DiagMsg *msg = diag_report(ps->diag, E0104, span_of(layout, token), "a statement cannot begin with '%s'", text);
    diag_note(ps->diag, msg, span_of(layout, first), "the %s above ended with its line",
              equation ? "equation" : "statement");
    if (peek_is_binary(token->kind) && equation)
        diag_hint(ps->diag, msg, "leave '%s' at the end of line %d, or put the right-hand side in parentheses", text,
                  line);
    else if (peek_is_binary(token->kind))
        diag_hint(ps->diag, msg, "leave '%s' at the end of line %d", text, line);
    else
        diag_hint(ps->diag, msg, "write '%s' at the end of line %d", text, line);
    parser_trouble(ps, token->start);
}

/* model m, cell ..., for ...: without its '{' at the end of the line. */
static void report_no_block(Layout *layout)
{
    Parser *ps = layout->ps;
    const Token *first = &ps->tokens.at[layout->statement];
    if (first->kind != T_MODEL && first->kind != T_CELL && first->kind != T_FOR)
        return;
    if (last_token(layout)->kind == T_RBRACE || layout->depth == NESTING_MAX)
        return;
    const uint32_t at = end_of_last(layout);
    DiagMsg *msg = diag_report(ps->diag, E0103, parser_span(ps, at, at), "expected '{' before the end of the line");
    diag_note(ps->diag, msg, span_of(layout, first), "it would open the block of this '%s'", token_alias(first->kind));
    parser_trouble(ps, at);
    push(layout, &(Token){at, at, T_LBRACE, 0, false});
}

/* Before a token that is the first on its line. */
static void begin_line(Layout *layout, int raw)
{
    Parser *ps = layout->ps;
    const Token *token = &ps->raw.at[raw];
    if (in_brackets(layout)) {
        if (!peek_is_statement(&ps->raw, raw, last_token(layout)->kind))
            return;
        close_brackets(layout, "the end of the line");
    }
    if (ps->tokens.n == 0 || at_statement_start(layout))
        return;
    const int last = last_token(layout)->kind;
    if (!peek_can_end(last) && !peek_cuts_short(&ps->raw, raw, last))
        return;
    if (!peek_can_begin(&ps->raw, raw)) {
        report_bad_start(layout, token);
        return;
    }
    if (token->kind != T_RBRACE)
        report_no_block(layout);
    end_statement(layout, end_of_last(layout), end_of_last(layout));
}

/* ';': joins vectors inside of [ ], ends a statement elsewhere. True when it is a token of its own. */
static bool take_semicolon(Layout *layout, int raw)
{
    Parser *ps = layout->ps;
    const Token *token = &ps->raw.at[raw];
    if (in_brackets(layout)) {
        if (raw + 1 >= ps->raw.n || !peek_is_statement(&ps->raw, raw + 1, T_SEMI))
            return true;
        close_brackets(layout, "';'");
    }
    end_statement(layout, token->start, token->end);
    return false;
}

/* A cell or model at the left margin, or `use`: whatever is still open was to be closed before it. */
static void check_margin(Layout *layout, const Token *token)
{
    const bool outer = token->kind == T_MODEL || token->kind == T_CELL || token->kind == T_USE;
    if (!outer || layout->braces == 0 || !at_statement_start(layout))
        return;
    if (source_place(layout->ps->sources, layout->ps->ast->file, token->start).column > 1)
        return;
    close_blocks(layout, token->kind == T_MODEL ? "'model'" : token->kind == T_CELL ? "'cell'" : "'use'");
}

static void take(Layout *layout, int raw)
{
    Parser *ps = layout->ps;
    const Token *token = &ps->raw.at[raw];
    if (token->new_line)
        begin_line(layout, raw);
    if (token->kind == T_SEMI && !take_semicolon(layout, raw))
        return;
    layout->kept[raw] = true;
    check_margin(layout, token);
    switch (token->kind) {
    case T_LBRACE:
        close_brackets(layout, "'{'");
        push(layout, token);
        return;
    case T_LPAREN:
    case T_LBRACK:
        push(layout, token);
        return;
    case T_RPAREN:
    case T_RBRACK:
        close_bracket(layout, token);
        return;
    case T_RBRACE:
        close_brace(layout, token);
        return;
    default:
        emit(layout, token->start, token->end, token->kind, token->new_line);
    }
}

/* The tree's table holds every token but the ';' that end statements; comments refer to it. */
static void fill_token_table(Layout *layout)
{
    Parser *ps = layout->ps;
    Ast *ast = ps->ast;
    int comment = 0;
    for (int raw = 0; raw <= ps->raw.n; raw++) {
        while (comment < ast->comments.n && ast->comments.at[comment].token == raw)
            ast->comments.at[comment++].token = ast->tokens.n;
        if (raw < ps->raw.n && layout->kept[raw])
            vec_push(ps->arena, &ast->tokens, span_of(layout, &ps->raw.at[raw]));
    }
}

void layout_run(Parser *ps)
{
    Layout *layout = arena_make(ps->arena, Layout);
    layout->ps = ps;
    layout->kept = arena_array(ps->arena, bool, ps->raw.n);
    for (int raw = 0; raw < ps->raw.n && !ps->gave_up; raw++)
        take(layout, raw);
    if (ps->gave_up)
        return;
    close_brackets(layout, "the end of the line");
    close_blocks(layout, "the end of the file");
    const uint32_t end = ps->source->size;
    end_statement(layout, end, end);
    emit(layout, end, end, T_YYEOF, true);
    fill_token_table(layout);
}

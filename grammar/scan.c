/* scan.c: the actions of rnn.l: keywords, limits of names and numbers, comments, and the replacement for what is not
 * of the language. */
#include "grammar/scan.h"

#include <stdio.h>
#include <string.h>

#include "rnn.tab.h"
#include "support/text.h"
#include "support/utf8.h"

static Span token_span(const Parser *ps)
{
    return parser_span(ps, ps->token_start, ps->at);
}

static const char *token_text(const Parser *ps)
{
    return source_text(ps->arena, ps->sources, token_span(ps));
}

/* A message at the token at hand, or at a part of it. */
#define REPORT(ps, code, span, ...)                                                                                    \
    (parser_trouble((ps), (span).start), diag_report((ps)->diag, (code), (span), __VA_ARGS__))

void scan_advance(Parser *ps, uint32_t bytes)
{
    ps->token_start = ps->at;
    ps->at += bytes;
}

void scan_newline(Parser *ps)
{
    ps->blank_lines += ps->line_begins;
    ps->line_begins = true;
}

void scan_comment(Parser *ps)
{
    uint32_t end = ps->at;
    while (end > ps->token_start + 1 && strchr(" \t\r", ps->source->text[end - 1]) != NULL)
        end--;
    const Comment comment = {ps->raw.n, parser_span(ps, ps->token_start, end), ps->line_begins, ps->blank_lines};
    vec_push(ps->arena, &ps->ast->comments, comment);
    ps->blank_lines = ps->line_begins ? -1 : 0; /* the newline that ends its own line makes no blank one */
}

void scan_add(Parser *ps, int kind)
{
    vec_push(ps->arena, &ps->raw, (Token){ps->token_start, ps->at, (int16_t)kind, 0, ps->line_begins});
    ps->line_begins = false;
    ps->blank_lines = 0;
}

/* ---- names ---- */
static int find_keyword(const char *word, size_t length)
{
    for (int kind = T_USE; kind <= T_NOT; kind++) {
        const char *keyword = token_alias(kind);
        if (keyword[0] == word[0] && strlen(keyword) == length && memcmp(keyword, word, length) == 0)
            return kind;
    }
    return T_ID;
}

/* The name without the underscores that it cannot have; empty when nothing remains. */
static const char *strip_underscores(Parser *ps, const char *word, size_t length)
{
    Text text = text_new(ps->arena);
    for (size_t i = 0; i < length; i++)
        if (word[i] != '_' || (text.n > 0 && i + 1 < length && word[i + 1] != '_'))
            text_add_n(&text, &word[i], 1);
    return text_z(&text);
}

static bool has_double_underscore(const char *word, size_t length)
{
    for (size_t i = 1; i < length; i++)
        if (word[i] == '_' && word[i - 1] == '_')
            return true;
    return false;
}

static void check_name(Parser *ps, const char *word, size_t length)
{
    if (length > NAME_BYTES_MAX)
        REPORT(ps, E0116, token_span(ps), "a name of %d bytes; at most %d are allowed", (int)length, NAME_BYTES_MAX);
    const char *where = word[0] == '_'                        ? "begins with an underscore"
                        : word[length - 1] == '_'             ? "ends with an underscore"
                        : has_double_underscore(word, length) ? "has two underscores in a row"
                                                              : NULL;
    if (where == NULL)
        return;
    DiagMsg *msg = REPORT(ps, E0117, token_span(ps), "the name '%s' %s", token_text(ps), where);
    const char *better = strip_underscores(ps, word, length);
    if (better[0] != '\0' && !(better[0] >= '0' && better[0] <= '9'))
        diag_hint(ps->diag, msg, "%s", better);
}

int scan_word(Parser *ps)
{
    const char *word = ps->source->text + ps->token_start;
    const size_t length = ps->at - ps->token_start;
    const int kind = find_keyword(word, length);
    if (kind == T_ID)
        check_name(ps, word, length);
    return kind;
}

/* ---- numbers ---- */
int scan_integer(Parser *ps)
{
    (void)ps;
    return T_INT;
}

int scan_real(Parser *ps)
{
    (void)ps;
    return T_REAL;
}

/* Is the token at hand in [ ] or in a `dim` statement, as far as its line shows? */
static bool is_in_dimension(const Parser *ps)
{
    int closers = 0;
    for (int i = ps->raw.n - 1; i >= 0 && !ps->line_begins; i--) {
        const Token *token = &ps->raw.at[i];
        closers += token->kind == T_RPAREN || token->kind == T_RBRACK;
        if ((token->kind == T_LPAREN || token->kind == T_LBRACK) && closers-- == 0)
            return token->kind == T_LBRACK;
        if (token->kind == T_DIM || token->new_line)
            return token->kind == T_DIM;
    }
    return false;
}

/* 2H: read as the number, so that what follows still makes sense. */
int scan_number_letter(Parser *ps)
{
    const char *text = token_text(ps);
    const size_t digits = strspn(text, "0123456789.");
    const char *letters = text + digits;
    DiagMsg *msg = REPORT(ps, E0102, token_span(ps), "a number runs into a letter");
    const bool real = memchr(text, '.', digits) != NULL;
    if (strcmp(letters, "e") == 0 || strcmp(letters, "E") == 0)
        diag_hint(ps->diag, msg, "an exponent needs digits: %se0", arena_copy(ps->arena, text, digits));
    else if (letters[0] == '_' || strlen(letters) > NAME_BYTES_MAX)
        diag_hint(ps->diag, msg, "names begin with a letter");
    else if (text[0] == '0' && (letters[0] == 'x' || letters[0] == 'b'))
        diag_hint(ps->diag, msg, "numbers are written in decimal");
    else
        diag_hint(ps->diag, msg, "a %sproduct needs its operator: %.*s * %s", is_in_dimension(ps) ? "dimension " : "",
                  (int)digits, text, letters);
    return real ? T_REAL : T_INT;
}

int scan_bare_point(Parser *ps)
{
    const char *text = token_text(ps);
    DiagMsg *msg = REPORT(ps, E0118, token_span(ps), "a number needs digits on both sides of its point");
    diag_hint(ps->diag, msg, "%s%s%s", text[0] == '.' ? "0" : "", text, text[strlen(text) - 1] == '.' ? "0" : "");
    return T_REAL;
}

/* ---- what is not of the language ---- */
int scan_open_string(Parser *ps)
{
    DiagMsg *msg = REPORT(ps, E0111, token_span(ps), "the string is not closed before the end of its line");
    diag_hint(ps->diag, msg, "%s\"", token_text(ps));
    return T_STR;
}

typedef struct Foreign {
    const char *sign;
    int kind;
    const char *hint;
} Foreign;
static const Foreign foreign[] = {
#define FOREIGN(sign, kind, hint) {sign, kind, hint},
#include "grammar/foreign.def"
#undef FOREIGN
};

int scan_foreign(Parser *ps)
{
    const char *text = ps->source->text + ps->token_start;
    const uint32_t length = ps->at - ps->token_start;
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        const uint32_t bytes = (uint32_t)strlen(foreign[i].sign);
        const bool comment = strcmp(foreign[i].sign, "//") == 0;
        if (strncmp(text, foreign[i].sign, bytes) != 0 || (bytes != length && !comment))
            continue;
        const Span span = parser_span(ps, ps->token_start, ps->token_start + bytes);
        DiagMsg *msg = REPORT(ps, E0122, span, "'%s' is not part of the language", foreign[i].sign);
        if (foreign[i].hint != NULL)
            diag_hint(ps->diag, msg, "%s", foreign[i].hint);
        return foreign[i].kind;
    }
    BUG("a foreign sign without a row: %.2s", text);
}

typedef struct Lookalike {
    uint32_t code;
    const char *name, *ascii;
    int kind;
} Lookalike;
static const Lookalike lookalikes[] = {
#define LOOKALIKE(code, name, ascii, kind) {code, name, ascii, kind},
#define GREEK(code, name, ascii)
#include "grammar/lookalike.def"
#undef LOOKALIKE
#undef GREEK
};
static const Lookalike greek[] = {
#define LOOKALIKE(code, name, ascii, kind)
#define GREEK(code, name, ascii) {code, "GREEK " name, ascii, T_ID},
#include "grammar/lookalike.def"
#undef LOOKALIKE
#undef GREEK
};

static const Lookalike *find_lookalike(const Lookalike *table, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].code == code)
            return &table[i];
    return NULL;
}

const char *scan_greek_name(const char *text, uint32_t length)
{
    uint32_t code = 0;
    if (length == 0 || (unsigned char)text[0] < 0x80)
        return NULL;
    utf8_decode(text, (int)length, &code);
    const Lookalike *found = find_lookalike(greek, sizeof greek / sizeof greek[0], code);
    if (found == NULL)
        found = find_lookalike(lookalikes, sizeof lookalikes / sizeof lookalikes[0], code);
    return found == NULL ? NULL : found->ascii;
}

static bool is_operator(int kind)
{
    return kind >= T_PLUS && kind <= T_GE;
}

static int report_lookalike(Parser *ps, const Lookalike *found)
{
    const char *what = is_operator(found->kind) ? "is not an operator" : "is not part of the language";
    DiagMsg *msg = REPORT(ps, E0101, token_span(ps), "U+%04X %s %s", (unsigned)found->code, found->name, what);
    if (found->ascii[0] == '\0')
        diag_hint(ps->diag, msg, "text pasted from a PDF? remove it");
    else if (found->ascii[0] == ' ')
        diag_hint(ps->diag, msg, "text pasted from a PDF? replace it by a blank");
    else
        diag_hint(ps->diag, msg, "text pasted from a PDF? replace it by %s%s%s", found->ascii[0] == '\'' ? "\"" : "'",
                  found->ascii, found->ascii[0] == '\'' ? "\"" : "'");
    diag_fixit(ps->diag, msg, token_span(ps), found->ascii);
    return found->kind;
}

int scan_beyond_ascii(Parser *ps)
{
    uint32_t code = 0;
    utf8_decode(ps->source->text + ps->token_start, (int)(ps->at - ps->token_start), &code);
    parser_trouble(ps, ps->token_start);
    if (code == UTF8_BROKEN || !utf8_is_printable(code))
        return 0; /* reported by check_text.c */
    const Lookalike *found = find_lookalike(lookalikes, sizeof lookalikes / sizeof lookalikes[0], code);
    if (found != NULL)
        return report_lookalike(ps, found);
    found = find_lookalike(greek, sizeof greek / sizeof greek[0], code);
    DiagMsg *msg = REPORT(ps, E0101, token_span(ps), "U+%04X%s%s cannot be part of a name", (unsigned)code,
                          found != NULL ? " " : "", found != NULL ? found->name : "");
    if (found != NULL)
        diag_hint(ps->diag, msg, "write it out: %s", found->ascii);
    else
        diag_hint(ps->diag, msg, "outside comments and strings a model file is plain ASCII");
    return found != NULL ? T_ID : 0;
}

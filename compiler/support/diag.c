/* diag.c: messages collected as data. Two of one code at one span are one; after the 20th error further ones are
 * only counted. diag_print.c writes them out; what a code means stands in diag.def. */
#include "support/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "support/diag_data.h"

const DiagInfo diag_info[DIAG_CODE_COUNT] = {
#define DIAG(code, severity, title, page) {#code, SEVERITY_##severity, #code ": " title "\n\n" page},
#include "support/diag.def"
#undef DIAG
};

Diag *diag_new(Arena *arena, const SourceMap *sources)
{
    Diag *diag = arena_make(arena, Diag);
    diag->arena = arena;
    diag->sources = sources;
    return diag;
}

void diag_set_strict(Diag *diag, bool strict)
{
    diag->strict = strict;
}

bool diag_is_error(const Diag *diag, const DiagMsg *msg)
{
    const Severity severity = diag_info[msg->code].severity;
    return severity == SEVERITY_ERROR || (severity == SEVERITY_STRICT && diag->strict);
}

int diag_errors(const Diag *diag)
{
    int errors = diag->dropped;
    for (int i = 0; i < diag->messages.n; i++)
        errors += diag_is_error(diag, diag->messages.at[i]);
    return errors;
}

/* Formats into the arena. Bytes that could steer a terminal become '?': a message may quote any text. */
static const char *format_message(Arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        BUG("bad format '%s'", format);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, args);
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = '?';
    return text;
}

static bool is_known(const Diag *diag, DiagCode code, Span span)
{
    for (int i = 0; i < diag->messages.n; i++) {
        const DiagMsg *msg = diag->messages.at[i];
        if (msg->code == code && msg->span.file == span.file && msg->span.start == span.start &&
            msg->span.end == span.end)
            return true;
    }
    return false;
}

DiagMsg *diag_report(Diag *diag, DiagCode code, Span span, const char *format, ...)
{
    DiagMsg *msg = arena_make(diag->arena, DiagMsg);
    msg->code = code;
    msg->span = span;
    if (is_known(diag, code, span))
        return msg;
    if (diag->messages.n >= DIAG_MESSAGES_MAX)
        return msg;
    if (diag_is_error(diag, msg) && diag_errors(diag) >= DIAG_ERRORS_MAX) {
        diag->dropped++;
        return msg;
    }
    va_list args;
    va_start(args, format);
    msg->text = format_message(diag->arena, format, args);
    va_end(args);
    vec_push(diag->arena, &diag->messages, msg);
    return msg;
}

void diag_note(Diag *diag, DiagMsg *msg, Span span, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vec_push(diag->arena, &msg->notes, (DiagNote){span, format_message(diag->arena, format, args), false});
    va_end(args);
}

void diag_note_more(Diag *diag, DiagMsg *msg, Span span, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const bool more = msg->notes.n > 0;
    vec_push(diag->arena, &msg->notes, (DiagNote){span, format_message(diag->arena, format, args), more});
    va_end(args);
}

void diag_hint(Diag *diag, DiagMsg *msg, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vec_push(diag->arena, &msg->hints, format_message(diag->arena, format, args));
    va_end(args);
}

void diag_fixit(Diag *diag, DiagMsg *msg, Span span, const char *text)
{
    vec_push(diag->arena, &msg->fixits, (DiagFixit){span, arena_copy(diag->arena, text, strlen(text))});
}

const char *diag_explain(const char *code)
{
    for (int i = 0; i < DIAG_CODE_COUNT; i++)
        if (strcmp(diag_info[i].name, code) == 0)
            return diag_info[i].page;
    return NULL;
}

_Noreturn void bug_at(const char *file, int line, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "rnnc: internal error at %s:%d: ", file, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs("\nThis is a bug of rnnc, not of the model: please report it with the file that caused it.\n", stderr);
    exit(70);
}

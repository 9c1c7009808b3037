/* diag.h: messages to the user as data, printed when the run ends or at the 20th error.
 * Codes, severities, titles and --explain pages are rows of diag.def.
 *
 *   m.rnn:11:32: error[E0301]: <message>
 *      11 |     h[t] = ...
 *         |            ^~~
 *         note: 8:11: W declared here; 6:11: x declared here
 *         hint: ...
 *
 * Notes, hints and fix-its are kept as data: another printer (JSON) needs no new calls. */
#ifndef RNNC_DIAG_H
#define RNNC_DIAG_H
#include <stdbool.h>
#include <stdio.h>

#include "support/source.h"

typedef enum DiagCode {
#define DIAG(code, severity, title, page) code,
#include "support/diag.def"
#undef DIAG
    DIAG_CODE_COUNT
} DiagCode;

typedef struct Diag Diag;       /* all messages of a run */
typedef struct DiagMsg DiagMsg; /* one message */

Diag *diag_new(Arena *arena, const SourceMap *sources);
/* Adds a message; the returned one takes notes and hints. After 20 errors further ones are counted, not kept
 * (the returned message is then a dummy). Two messages of one code at one span are one. */
DiagMsg *diag_report(Diag *diag, DiagCode code, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A new note line. span may be NO_SPAN; places in the main file print as "8:11: ", in others as "std/cells.rnn:8:11: "
 * (a built-in file: its name only). */
void diag_note(Diag *diag, DiagMsg *msg, Span span, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Continues the last note line after "; ". */
void diag_note_more(Diag *diag, DiagMsg *msg, Span span, const char *format, ...) __attribute__((format(printf, 4, 5)));
void diag_hint(Diag *diag, DiagMsg *msg, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Replace `span` by `text`: for editors; not printed in plain text. */
void diag_fixit(Diag *diag, DiagMsg *msg, Span span, const char *text);

int diag_errors(const Diag *diag);
void diag_set_strict(Diag *diag, bool strict); /* warnings marked strict in diag.def become errors */
/* Prints every message in source order. Warnings are printed only when there is no error. */
void diag_print(const Diag *diag, FILE *out, bool color);
/* The --explain page of a code such as "E0402"; NULL when there is none. */
const char *diag_explain(const char *code);
/* The candidate nearest to `name` by edit distance, or NULL when none is near. */
const char *diag_nearest(const char *name, const char *const *candidates, int count);

/* An internal error: a bug of rnnc. Prints file and line, exits 70. */
_Noreturn void bug_at(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
#endif

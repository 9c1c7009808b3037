/* diag_data.h: how messages are kept, for diag.c and its printers only. */
#ifndef RNNC_DIAG_DATA_H
#define RNNC_DIAG_DATA_H
#include "support/diag.h"
#include "support/vec.h"

enum {
    DIAG_ERRORS_MAX = 20,     /* errors printed in a run */
    DIAG_MESSAGES_MAX = 1000, /* with warnings: a bound on memory only */
};

typedef enum Severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_STRICT } Severity;

typedef struct DiagInfo {
    const char *name; /* "E0101" */
    Severity severity;
    const char *page; /* what --explain prints */
} DiagInfo;
extern const DiagInfo diag_info[DIAG_CODE_COUNT];

typedef struct DiagNote {
    Span span;
    const char *text;
    bool joined; /* on the line of the note before it, after "; " */
} DiagNote;

typedef struct DiagFixit {
    Span span;
    const char *text;
} DiagFixit;

struct DiagMsg {
    DiagCode code;
    Span span;
    const char *text;
    VEC(DiagNote) notes;
    VEC(const char *) hints;
    VEC(DiagFixit) fixits;
};

struct Diag {
    Arena *arena;
    const SourceMap *sources;
    VEC(DiagMsg *) messages; /* as reported; printers sort */
    int dropped;             /* errors after the 20th */
    bool strict;
};

bool diag_is_error(const Diag *diag, const DiagMsg *msg);
/* The messages to print, sorted by place; warnings only when there is no error. */
DiagMsg *const *diag_sorted(const Diag *diag, int *count);
#endif

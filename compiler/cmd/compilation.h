/* compilation.h: one model file on its way through the stages, as the commands see it. The stages are rows of the
 * table in passes.c; what each leaves behind is a field here. Everything lives in the arena. */
#ifndef RNNC_COMPILATION_H
#define RNNC_COMPILATION_H
#include "cmd/model_options.h"
#include "emit/emit.h"
#include "graph/graph.h"
#include "loop/program.h"
#include "sema/model.h"
#include "support/diag.h"
#include "support/intern.h"
#include "support/text.h"
#include "syntax/ast.h"

typedef struct Compilation {
    Arena *arena;
    SourceMap *sources;
    Intern *names;
    Diag *diag;
    const char *path; /* of the model file */
    uint32_t file;
    Defines defines;
    bool is_double, precise, strict, standalone;
    bool quiet;  /* prints errors but no warnings: they come when it is compiled again */
    bool silent; /* prints nothing */
    bool whole;  /* windows, not chunks of steps */
    int unroll_k, unroll_s;
    const char *prefix;       /* or NULL: the model's name */
    const char *header_name;  /* as the C file includes it; NULL: pasted into it */
    const char *command_line; /* for the banner */
    /* after each stage */
    Ast *ast;
    Model *model;
    Graph *graph;
    Program *program;
    Text c, header;
} Compilation;

/* A stage: run turns one field into the next and returns false after a user's error (in diag). verify returns NULL or
 * what is wrong (a bug of rnnc). dump prints the stage for --dump. Either may be NULL. */
typedef struct CompilerPass {
    const char *name; /* also of its dump */
    bool (*run)(Compilation *compilation);
    const char *(*verify)(const Compilation *compilation);
    void (*dump)(Compilation *compilation, Text *out);
} CompilerPass;
extern const CompilerPass passes[]; /* a row of NULLs ends it */

/* Reads the file and sets what the options say; values of -D and of the weights are collected. Returns -1 to go on, or
 * an exit code after a message. compilation_close may be called either way. */
int compilation_open(Compilation *compilation, const char *path, const ModelOptions *options, const CommandHelp *help);
void compilation_close(Compilation *compilation);
/* Back to the text of the file, keeping options and `defines` (changed by the caller). */
int compilation_restart(Compilation *compilation);
/* Runs the passes up to and including the named one, from where it stands; prints messages to standard error.
 * Returns -1, or EXIT_REFUSED when there were errors. */
int compilation_run(Compilation *compilation, const char *last);
/* Runs up to the stage and adds its dump to *out. EXIT_USAGE when there is none of that name. */
int compilation_dump(Compilation *compilation, const char *stage, Text *out);
#endif

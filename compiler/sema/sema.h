/* sema.h: from what was written to what it means: Ast -> Model, with every semantic error reported on the way.
 * Files that are used are read, cells, layers and `for` are expanded by copying, names resolved, shapes inferred,
 * causality checked. What comes out is described in model.h; how the work is divided stands in check.h. */
#ifndef RNNC_SEMA_H
#define RNNC_SEMA_H
#include <stddef.h>

#include "sema/model.h"
#include "support/diag.h"
#include "support/intern.h"
#include "support/text.h"
#include "syntax/ast.h"

typedef struct SemaDefine { /* -D name=value */
    const char *name, *value;
} SemaDefine;

typedef struct SemaOptions {
    const SemaDefine *defines;
    int define_count;
    const char *directory; /* of the main file, for use "f.rnn"; NULL: the current one */
    /* The text of a built-in file by its path ("std/cells.rnn"), or NULL; may itself be NULL. */
    const char *(*builtin)(const char *path, size_t *size);
    bool no_hints; /* do not test hints by checking edited copies of the files */
    /* Texts that stand in for files of these paths, used when a hint is tested; NULL outside of sema. */
    const struct SemaOverlay *overlay;
} SemaOptions;

/* NULL when there were errors: they are in diag. */
Model *sema_check(Arena *arena, Intern *names, SourceMap *sources, Diag *diag, const Ast *main_file,
                  const SemaOptions *options);

/* --dump=model: axes, dims, variables with their types, axes and equations in readable form. */
void model_print(Text *out, const Model *model);
#endif

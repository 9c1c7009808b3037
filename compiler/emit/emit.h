/* emit.h: from a Program to the text of model.c and model.h. Deterministic bytes, independent of the host.
 * emit_header.c: the header; emit_tables.c: parameter table, hashes, metrics, M_model(); emit_checks.c: argument checks
 * and the public entry points around the static `M_do_*` functions; emit_body.c and its neighbours: those functions. */
#ifndef RNNC_EMIT_H
#define RNNC_EMIT_H
#include "loop/program.h"
#include "support/text.h"

typedef struct EmitOptions {
    const char *prefix;       /* of every external symbol; default: the model's name */
    const char *header_name;  /* as in #include "model.h"; NULL: its text is pasted, the C file stands alone */
    const char *source_name;  /* "charlm.rnn" in banner and comments */
    const char *source_hash;  /* the SHA-256 of the .rnn text, as sha256sum prints it */
    const char *command_line; /* for the banner: options that matter, no paths of the machine */
    bool is_double;           /* --real=double */
    bool precise;             /* --math=precise */
    bool standalone;
} EmitOptions;

typedef struct Emit { /* what every part of the emitter has at hand */
    Arena *arena;
    const Program *program;
    const SourceMap *sources;
    const EmitOptions *options;
    const char *m, *M; /* prefix, and in upper case */
    const char *real;  /* "float" or "double" */
    uint64_t layout_hash, params_hash;
    const char **labels[2]; /* [pass][nodes] names in comments; made by explain.c when first needed */
} Emit;

/* Fills both texts. */
void emit_model(Arena *arena, const Program *program, const SourceMap *sources, const EmitOptions *options, Text *c,
                Text *header);

/* the parts, in the order of the C file */
void emit_header_file(Emit *emit, Text *out);
void emit_prologue(Emit *emit, Text *out);    /* banner, includes or pasted runtime, size assertions, #errors */
void emit_tables(Emit *emit, Text *out);      /* param_info, param_index, params_init, hashes check, metrics */
void emit_body(Emit *emit, Text *out);        /* pack, frames, blocks, loops, static M_do_* */
void emit_entries(Emit *emit, Text *out);     /* argument checks and public entry points; state_reset, state_copy_row */
void emit_model_table(Emit *emit, Text *out); /* #ifdef RNN_WITH_MODEL */

/* The prefix of a model's external symbols; "rnn_" itself belongs to the runtime. */
const char *emit_prefix(Arena *arena, const char *name);
/* a user's name as a C identifier: keywords and our own field names get '_' at the end */
const char *emit_c_name(Emit *emit, const char *name);
/* what follows the prefix in the functions of an entry: its name, with '_' at the end where we use it ourselves */
const char *emit_entry_name(Emit *emit, const Entry *entry);
/* The arrays that a step takes and gives, in the order of the C parameters `x_in`, `y_out`: inputs and targets over the
 * axis that the entry reaches and does not generate (of a step entry also those without an axis), in the order of the
 * file; what generate defines, then the entry's outputs. emit_entry_fixed: what generate's begin reads of the batch. */
typedef VEC(Var *) VarList;
VarList emit_entry_ins(Emit *emit, const GEntry *entry);
VarList emit_entry_outs(Emit *emit, const GEntry *entry);
VarList emit_entry_fixed(Emit *emit, const GEntry *entry);
bool emit_has_dropout(const Emit *emit);
bool emit_has_targets(const Emit *emit);
#endif

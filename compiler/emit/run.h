/* run.h: the entry points: run.c (common), emit_walk.c (blocks of single steps and rows), emit_chunk.c,
 * emit_run.c (windows), emit_backward.c, emit_gradient.c (both in one call) and emit_stream.c (step, generate). */
#ifndef RNNC_EMIT_RUN_H
#define RNNC_EMIT_RUN_H
#include "emit/body.h"
#include "emit/interface.h"

typedef struct Stage {     /* a function that several entry points may call */
    const char *of, *name; /* its name, and with that of the entry point where another text has taken it */
    const char *text;
} Stage;
typedef struct Stages {
    CBlock *functions; /* new ones: before the entry point that is being written */
    const char *entry;
    VEC(Stage) known;
} Stages;

typedef struct Run { /* one entry point while its calls are written */
    Ctx ctx;
    bool *needed; /* [nodes] */
    bool *done;   /* [blocks] called already */
    NodeList work;
    const char *(*input_text)(const struct Run *run, const GVar *var); /* where the caller's array is */
    const char *state_text;                                            /* "s" or "NULL": what leads are filled from */
    const GEntry *entry;
    Stages *stages;
    const struct WantedList *wanted; /* what else the caller may want; NULL: nothing */
    const char *under;               /* the condition that calls stand under, or NULL */
    bool infer;
    bool passes;         /* eval and infer: of a value that is used in one chunk only that chunk is held */
    bool skip_late;      /* what runs together with backward is not called yet */
    bool no_up;          /* nothing comes from outside */
    struct Run *forward; /* backward in one call with forward: the run of the late blocks; else NULL */
} Run;

/* A result that is computed only when the caller wants it. */
typedef struct Wanted {
    const char *given; /* C condition: the caller wants it */
    Run run;           /* what it needs */
} Wanted;
typedef struct WantedList {
    VEC(Wanted) of;
} WantedList;
void add_wanted(const Run *run, WantedList *list, const char *given, Node *root);
const char *wanted_by(const Run *run, const Block *block); /* a C condition; NULL: nobody */
void need_wanted_totals(Run *run, const Block *block);
/* Statements under a condition: behind those of the same condition where nothing stands between. NULL: always. */
CBlock *run_under(Run *run, CBlock *out, const char *condition);

Run run_new(Emit *emit, const Pass *pass);
void run_need(Run *run, Node *node);
void run_need_window(Run *run, bool infer);
/* Whether some entry point takes the variable from the caller: a generated one may be read by what generates it alone. */
bool run_takes_input(Emit *emit, const GVar *var);
bool run_needs_var(const Run *run, const GVar *var, bool only_read);
bool run_needs_block(const Run *run, const Block *block);
void run_when_needed(Run *run, CBlock *out, const Block *block); /* or wanted: under that condition */
void run_chunk(Run *run, CBlock *out, const Block *chunk);
void give_output(const Run *run, CBlock *out, const GOutput *output);
bool output_is_of_chunk(const Run *run, const GOutput *output, const Block *chunk); /* NULL: of any */
void run_block(Run *run, CBlock *out, const Block *block);
void run_walk(Run *run, CBlock *out, const Block *walk);       /* or a block that could be part of one */
void run_rows(Run *run, CBlock *out, const BlockList *blocks); /* of one step: at least one */
bool runs_alone(const Block *block);                           /* by part 0 */
bool block_takes_rows(const Block *block);                     /* a phase with products: f, t, rows */
void run_open_frame(const Run *run, CBlock *out, const char *rows, const char *steps, bool has_controls);
void run_save_state(const Run *run, CBlock *out, bool infer);
void emit_loop(const Run *run, CBlock *out, const Block *loop);
const CExpr *total_value(const Ctx *ctx, const Node *node);

const char *steps_text(const Run *run);
bool emit_has_down_state(const Program *program); /* is there M_down_state? */
bool emit_has_passing(const Program *program);    /* some buffer holds one chunk in eval */
bool is_carried(const Program *program);          /* the one axis of steps */
const char *input_of_window(const Run *run, const GVar *var);
WantedList wanted_outputs(const Run *run, bool infer);
void run_open_window(Run *run, CBlock *out, bool forward, const char *memory); /* frame, places, lengths */
void run_give_results(Run *run, CBlock *out);                   /* loss and metrics, if the loss is finite */
void give_window(Run *run, CBlock *out, bool early, bool late); /* outputs; late: made together with backward */
bool output_is_late(const Run *run, const GOutput *output);
void emit_backward_run(Emit *emit, Stages *stages, CBlock *out);
void emit_gradient_run(Emit *emit, Stages *stages, CBlock *out);
void need_gradients(Run *run); /* of all parameters */
void emit_point(Emit *emit, Stages *stages, CBlock *body, const Point *point);
void emit_begin_run(Emit *emit, Stages *stages, CBlock *body, const GEntry *entry);
void emit_step_run(Emit *emit, Stages *stages, CBlock *body, const GEntry *entry);
#endif

/* run_model.h: a model file made runnable: its standalone C compiled into the cache, loaded, and driven through the
 * constant table that <name>_model() returns. */
#ifndef RNNC_RUN_MODEL_H
#define RNNC_RUN_MODEL_H
#include "cmd/compilation.h"
#include "rnn/file.h"
#include "rnn/rnn.h"

typedef struct RunModel {
    const rnn_model *model;
    Compilation compilation;
    void *library;
    /* one aligned object each, made by run_model_memory */
    void *params, *packed, *state, *work;
} RunModel;

/* Compiles `compilation` (moved into the RunModel), builds and loads it. Returns -1 or an exit code after a message;
 * run_model_close may be called either way. */
int run_model_load(RunModel *run, const char *compiler);
void run_model_close(RunModel *run);
/* Allocates params, packed, state (reset) and work. As above. */
int run_model_memory(RunModel *run);
/* Loads weights by path, or when it is NULL initialises them from the seed; packs. */
int run_model_weights(RunModel *run, const char *path, uint64_t seed);

/* 64-byte aligned and zeroed; NULL when there is no memory. Release with free. */
void *run_alloc(size_t bytes);
/* Index of a field by name and role, -1 when there is none. */
int run_field(const rnn_model *model, rnn_role role, const char *name);
/* Values of all controls, [fields], defaults replaced by NAME=VALUE settings. NULL after a message. Release with free. */
double *run_controls(const rnn_model *model, const OptionList *settings);
/* Prints the fault of a call in words; returns EXIT_REFUSED. */
int run_fault(const rnn_model *model, const rnn_call *call);
/* Prints an error of the library; returns EXIT_REFUSED. */
int run_error(const rnn_error *err);
/* "name value" lines of the metrics that have seen anything. */
void run_print_metrics(const rnn_model *model, const rnn_mean *means);
#endif

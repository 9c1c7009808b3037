/* model_options.h: the options that every command which reads a model takes, and the values that -D and --weights give
 * to its dimensions and constants. */
#ifndef RNNC_MODEL_OPTIONS_H
#define RNNC_MODEL_OPTIONS_H
#include "cmd/options.h"

typedef struct ModelOptions {
    const char *real;     /* "float" or "double" */
    const char *math;     /* "fast" or "precise" */
    const char *weights;  /* file whose -D values apply */
    const char *unroll;   /* "K" or "K,S" */
    const char *chunks;   /* "yes" or "no" */
    const char *compiler; /* --cc */
    OptionList defines;   /* NAME=VALUE */
    bool strict;
} ModelOptions;

/* Rows for the option table of a command whose struct of values T has a ModelOptions called `model`. */
#define MODEL_OPTION(T, name, value, kind, field, help)                                                                \
    {                                                                                                                  \
        name, value, kind, offsetof(T, model.field), help                                                              \
    }
#define MODEL_OPTION_ROWS(T)                                                                                           \
    MODEL_OPTION(T, "-D", "NAME=VALUE", OPTION_LIST, defines,                                                          \
                 "replace a dim or const that is defined by a number,\nor the upper bound of an axis"),                \
        MODEL_OPTION(T, "--real", "float|double", OPTION_TEXT, real, "type of all reals (float)"),                     \
        MODEL_OPTION(T, "--math", "fast|precise", OPTION_TEXT, math,                                                   \
                     "precise: exp, tanh, log of the C library (fast)"),                                               \
        MODEL_OPTION(T, "--unroll", "K[,S]", OPTION_TEXT, unroll,                                                      \
                     "unroll products by K = 4 .. 32 and steps by S = 1, 2, 4\n(default: chosen for the model)"),      \
        MODEL_OPTION(T, "--chunks", "yes|no", OPTION_TEXT, chunks,                                                     \
                     "no: each value for all steps of a window before the next\none, and large ones kept, not made "   \
                     "again by backward (yes)"),                                                                       \
        MODEL_OPTION(T, "--strict", 0, OPTION_FLAG, strict, "warnings of doubtful gradients are errors")
#define RUN_OPTION_ROWS(T)                                                                                             \
    MODEL_OPTION(T, "--cc", "PROGRAM", OPTION_TEXT, compiler, "C compiler (default: $RNNC_CC, clang or gcc)")

enum { DEFINES_MAX = 128 };
typedef enum DefineOrigin {
    DEFINE_GIVEN,   /* on the command line, or a vocabulary set it */
    DEFINE_WEIGHTS, /* kept in the file of weights */
    DEFINE_BOUND    /* of an axis, raised for this run only: not kept with the weights */
} DefineOrigin;
typedef struct Define { /* one effective -D value */
    char name[52];
    double value;
    DefineOrigin origin;
} Define;
typedef struct Defines {
    Define at[DEFINES_MAX];
    int n;
} Defines;

/* Adds or replaces. False when there are too many. */
bool define_set(Defines *defines, const char *name, double value, DefineOrigin origin);
/* NULL when the name has no value of its own. */
const Define *defines_find(const Defines *defines, const char *name);
/* The values kept in the file of weights, then those of -D. Returns -1 or an exit code after a message. */
int defines_collect(Defines *defines, const ModelOptions *options, const CommandHelp *help);
/* Checks --real, --math, --chunks and --unroll; *unroll_k and *unroll_s are 0 when they are to be chosen. As above. */
int model_options_check(const ModelOptions *options, const CommandHelp *help, int *unroll_k, int *unroll_s);
/* "%.17g" without an exponent where the number is whole: how a value stands in files and messages. */
void define_text(double value, char text[40]);
#endif

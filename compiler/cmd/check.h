/* check.h: what the parts of `rnnc check` share: a loss as a function of arrays of doubles. */
#ifndef RNNC_CHECK_H
#define RNNC_CHECK_H
#include "cmd/run_model.h"

typedef struct CheckProblem {
    RunModel *run; /* a double build */
    rnn_call call; /* its window; dropout is on, its masks fixed by the key */
    int32_t steps[RNN_AXES_MAX];
    int32_t *len[RNN_AXES_MAX];
    const int32_t *len_list[RNN_AXES_MAX];
    void **in;       /* [fields] */
    size_t *in_size; /* [fields]: elements */
    double *grad;    /* as params */
    void **down;     /* [fields]: gradients of real inputs */
    void *tape;
    uint64_t random;
} CheckProblem;

/* check_data.c. -1 to go on or an exit code after a message; check_close may be called either way. */
/* Small distinct odd sizes for every dim and axis that can be made smaller; restarts the compilation. */
int check_shrink(Compilation *compilation);
/* Draws weights and a window with unequal lengths. */
int check_open(CheckProblem *problem, RunModel *run, uint64_t seed);
void check_close(CheckProblem *problem);
double check_uniform(CheckProblem *problem, double low, double high);

/* check_difference.c */
typedef struct CheckResult {
    double error;    /* |g - fd| / (|g| + |fd| + 1e-8 |all|) in 2-norm */
    double rounding; /* the part of it that the rounding of fd explains */
    double norm;     /* of the gradient's checked entries */
    int entries;     /* compared, directions included */
    int kinks;       /* entries left out: the loss has a kink next to them */
} CheckResult;
/* Runs forward and backward into grad and down. */
int check_gradient(CheckProblem *problem);
/* Compares `count` gradient entries with five-point differences of the loss in `value` (a part of params or an input);
 * all: the 2-norm of the whole gradient. */
int check_compare(CheckProblem *problem, double *value, const double *grad, size_t count, double all,
                  CheckResult *result);

/* check_oracle.c: the reference interpreter on the same numbers: no schedule, no derivative rule. */
typedef struct CheckOracle CheckOracle;
/* NULL after a message. It reads the arrays of the problem where they are. */
CheckOracle *check_oracle_open(CheckProblem *problem);
/* |emitted - interpreted| / |interpreted| of the loss. */
double check_oracle_loss(CheckOracle *oracle, double loss);
/* Compares gradient entries (or directions, where there are many) of a parameter or input with complex steps; the error
 * in the 2-norm as in CheckResult, and the part of it that rounding explains: where terms of the size of the whole
 * gradient cancel, nothing of them is left but their last places. False when the interpreter has no such field. */
bool check_oracle_compare(CheckOracle *oracle, const char *name, const double *grad, size_t count, double all,
                          double *error, double *rounding);
#endif

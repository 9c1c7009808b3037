/* report.h: what a schedule amounts to, in numbers: counts of its parts, bytes of memory, arithmetic. Read by the dump of
 * the schedule, by `rnnc report` and by the structure tests. */
#ifndef RNNC_LOOP_REPORT_H
#define RNNC_LOOP_REPORT_H
#include "loop/schedule.h"
#include "support/text.h"

/* A product here is all that one group joins: slots side by side, operands one after the other on the same sums. It
 * opens a phase of the step, so there are as many phases. */
typedef struct PassCounts {
    int loops;
    int products;   /* a step of all loops */
    int stages;     /* levels at which these run: how often a step waits for products */
    int operands;   /* rows that these run over */
    int reductions; /* blocks of a step that end in numbers or need whole rows */
    int maps;       /* blocks of a step that are elementwise and have no product */
    int loose;      /* products of a step that are on no cycle: should be 0 */
    int hoisted;    /* joined products over all steps that begin the sums of a loop */
    int outside;    /* other joined products over all steps */
    int rows;       /* joined products of a row, or of the whole call: no steps */
    int weights;    /* products with k = all steps and rows: gradients of matrices */
    int sums;       /* sums over steps and rows of vectors or scattered rows */
    int chunks;     /* runs of blocks that go by chunks of steps */
    int again;      /* blocks of the forward pass that backward runs once more in them */
} PassCounts;
PassCounts pass_counts(const Program *program, const Pass *pass);
/* "loop 1 product 1 stage 1 operand 1 ..." */
void pass_counts_print(Text *out, const PassCounts *counts);

BlockList pass_loops(Arena *arena, const Pass *pass); /* in order, those in chunks among them */

/* Floating-point operations: a multiply-add is 2, all else 1 an element. */
typedef struct Flops {
    int64_t products, other;
} Flops;
Flops block_flops(const Block *block);          /* of one row at one step; of a loop: of its phases */
int64_t block_weight_reals(const Block *block); /* packed weights that one step reads; of a loop: of its phases */
Flops pass_flops_window(const Program *program, const Pass *pass); /* all steps, all rows */
int64_t pass_weight_reals_window(const Program *program,
                                 const Pass *pass); /* each step reads its loop's weights again */

/* The whole report. */
void report_print(Text *out, const Program *program, bool is_double);
#endif

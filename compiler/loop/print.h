/* print.h: --dump=loop and --dump=plan: a scheduled model and its memory, with the user's names. Buffers are b0, b1 ...
 * in both, matrices m0, m1 ...; what has no name is #1, #2 ... . Names stand in no column, so that renaming a variable
 * changes the text only where the name stands. */
#ifndef RNNC_LOOP_PRINT_H
#define RNNC_LOOP_PRINT_H
#include "loop/program.h"
#include "support/text.h"

/* Each pass: what report.h counts, then the blocks in the order in which they run, phases of loops inside them. */
void loop_print(Text *out, const Program *program);
/* Parameters, packed matrices, state and buffers: where each stands, when it is alive, what shares its memory. */
void plan_print(Text *out, const Program *program);
#endif

/* verify.h: checks the memory plan of a program against what its blocks read and write. */
#ifndef RNNC_LOOP_VERIFY_H
#define RNNC_LOOP_VERIFY_H
#include "loop/program.h"

/* NULL, or what is wrong: a value that is overwritten before its last use, two things that are kept in one place, an
 * offset that is no multiple of 16, a struct that is too small. */
const char *plan_verify(const Program *program);
/* Elements that a buffer needs at the bounds of the axes, without padding at its end. */
int64_t buffer_elements(const Program *program, const Buffer *buffer, PlanRegion region);

/* --- verify_order.c, for verify.c --- */
struct Pass;
struct Block;
struct Node;
bool block_makes(const struct Block *block, const struct Node *node, const struct Pass *pass); /* in its registers */
const char *order_verify(const Program *program, const struct Pass *pass);
#endif

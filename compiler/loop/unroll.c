/* unroll.c: how often the k loop of a phase and the step loop are written out. A cost model of static facts: the body of
 * the k loop stays below 1 KiB of code, and a step is written more than once only where a step is so short that the
 * loop around it shows. All choices give equal bits. */
#include "loop/schedule.h"

enum { BODY_BYTES = 1024, BYTES_OF_FMA = 7, SHORT_STEP_BYTES = 16 * 1024, FIRST_CACHE = 32 * 1024 };

static int vectors_of(const Group *group)
{
    return group->slots * group->panels_at_once;
}

static int choose_k(const Program *program, const Group *group)
{
    if (program->unroll_k)
        return program->unroll_k;
    int64_t most = program->model->axes.at[AXIS_BATCH].high;
    int rows = most >= 6 && vectors_of(group) <= 4 ? 6 : most >= 4 ? 4 : 1;
    int body = rows * vectors_of(group) * BYTES_OF_FMA;
    int64_t depth = 1 << 20;
    for (int r = 0; r < group->rounds.n; r++)
        if (group->rounds.at[r]->operand.depth < depth)
            depth = group->rounds.at[r]->operand.depth;
    int k = 4;
    while (k < 32 && 2 * k * body <= BODY_BYTES && 2 * k <= depth)
        k *= 2;
    return k;
}

static int64_t weight_bytes(const Block *loop)
{
    int64_t bytes = 0;
    for (int i = 0; i < loop->body.n; i++) {
        const Group *group = loop->body.at[i]->group;
        for (int r = 0; group && r < group->rounds.n; r++)
            bytes += group->units * group->slots * group->rounds.at[r]->operand.depth * 4;
    }
    return bytes;
}

/* A single row has one chain of multiply-adds a panel. Two blocks of panels at once hide their latency where the weights
 * stay in the first cache; from the second one, one stream of weights comes faster than two. */
static void choose_pairs(const Block *loop)
{
    for (int i = 0; i < loop->body.n; i++) {
        const Group *group = loop->body.at[i]->group;
        loop->body.at[i]->pairs = group && weight_bytes(loop) <= FIRST_CACHE &&
                                  group_panels(group) / group->slots / group->panels_at_once >= 2;
    }
}

static int choose_steps(const Program *program, const Block *loop)
{
    if (program->unroll_steps)
        return program->unroll_steps;
    return weight_bytes(loop) <= SHORT_STEP_BYTES ? 2 : 1;
}

void choose_unrolling(Program *program)
{
    Schedule *schedule = program->schedule;
    for (int i = 0; i < schedule->all_blocks.n; i++) {
        Block *block = schedule->all_blocks.at[i];
        if (block->kind == BLOCK_LOOP) {
            block->unroll_steps = choose_steps(program, block);
            choose_pairs(block);
        }
        if (block->kind == BLOCK_UNITS && block->group)
            block->unroll_k = choose_k(program, block->group);
    }
}

/* report_print.c: the text of `rnnc report`: memory, arithmetic, and every loop with its phases and unrollings. */
#include "loop/report.h"

typedef struct Report {
    Text *out;
    const Program *program;
    int real; /* bytes of rnn_real */
} Report;

static void print_model(const Report *r)
{
    const Model *model = r->program->model;
    text_printf(r->out, "model %s, real = %s;", model->name, r->real == 8 ? "double" : "float");
    for (int i = 0; i < model->axes.n; i++) {
        const ModelAxis *axis = &model->axes.at[i];
        text_printf(r->out, "%s %s in %lld..%lld%s", i ? "," : "", axis->name, (long long)axis->low,
                    (long long)axis->high, axis->carry ? " carry" : "");
    }
    text_add(r->out, "\n\n");
}

/* ---- memory ---- */

static void print_bytes(const Report *r, const char *what, int64_t reals, int64_t ints, const char *note)
{
    text_printf(r->out, "  %-22s %14lld   %s\n", what, (long long)(reals * r->real + ints * 4), note);
}

static void print_memory(const Report *r)
{
    const ProgramSizes *sizes = &r->program->sizes;
    text_add(r->out, "memory                            bytes\n");
    print_bytes(r, "parameters", sizes->params, 0, "M_params: weights, or gradients");
    print_bytes(r, "packed weights", sizes->packed, 0, "M_packed: what the loops read");
    print_bytes(r, "state", sizes->state_reals, sizes->state_ints, "M_state: what a stream remembers, all rows");
    print_bytes(r, "work", sizes->work_reals, sizes->work_ints, "M_work: eval, infer, step, backward");
    if (!r->program->graph->loss)
        return;
    print_bytes(r, "tape", sizes->tape_reals, sizes->tape_ints, "M_tape: forward to backward");
    print_bytes(r, "optimiser, SGD", 0, 0, "keeps nothing");
    print_bytes(r, "optimiser, momentum", sizes->params, 0, "one moment");
    print_bytes(r, "optimiser, Adam", 2 * sizes->params, 0, "two moments");
}

/* ---- arithmetic ---- */

static void print_flops(const Report *r, const char *what, Flops flops, int64_t weight_reals)
{
    text_printf(r->out, "  %-29s %14lld %14lld %14lld\n", what, (long long)flops.products, (long long)flops.other,
                (long long)(weight_reals * r->real));
}

static void print_loop_flops(const Report *r, const Pass *pass)
{
    Arena *arena = r->program->arena;
    const BlockList loops = pass_loops(arena, pass);
    for (int i = 0; i < loops.n; i++) {
        const Block *loop = loops.at[i];
        const char *what = arena_printf(arena, "%s loop %d, a step*", pass->backward ? "backward" : "forward", i + 1);
        print_flops(r, what, block_flops(loop), block_weight_reals(loop));
    }
}

static void print_window(const Report *r, const Pass *pass)
{
    const char *what = arena_printf(r->program->arena, "%s, largest window", pass->backward ? "backward" : "forward");
    print_flops(r, what, pass_flops_window(r->program, pass), pass_weight_reals_window(r->program, pass));
}

static void print_arithmetic(const Report *r)
{
    const Schedule *schedule = r->program->schedule;
    text_add(r->out, "\narithmetic                            products          other   weight bytes\n");
    print_loop_flops(r, &schedule->forward);
    if (schedule->has_backward)
        print_loop_flops(r, &schedule->backward);
    print_window(r, &schedule->forward);
    if (schedule->has_backward)
        print_window(r, &schedule->backward);
    text_add(r->out, "  * flops of one row; the weights are read once for all rows, a multiply-add is 2\n");
}

/* ---- loops ---- */

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

static void print_phase(const Report *r, const Block *block, int number)
{
    const Group *group = block->group;
    if (!group) {
        text_printf(r->out, "    %d. %s, %d value%s\n", number,
                    block->kind == BLOCK_UNITS ? "elementwise" : "reductions", block->nodes.n, plural(block->nodes.n));
        return;
    }
    int joined = 0;
    int64_t depth = 0;
    for (int i = 0; i < group->rounds.n; i++) {
        joined += group->rounds.at[i]->products.n;
        depth += group->rounds.at[i]->operand.depth;
    }
    text_printf(r->out,
                "    %d. %d product%s joined, %d x %lld units, k = %lld; %d hoisted before the loop; k unrolled by %d; "
                "%lld bytes of weights\n",
                number, joined, plural(joined), group->slots, (long long)group->units, (long long)depth,
                group->strip->rounds.n, block->unroll_k, (long long)(block_weight_reals(block) * r->real));
}

static void print_loops(const Report *r, const Pass *pass)
{
    const BlockList loops = pass_loops(r->program->arena, pass);
    for (int i = 0; i < loops.n; i++) {
        const Block *loop = loops.at[i];
        text_printf(r->out, "  %s loop over %s, %s, %d block%s a step, steps unrolled by %d\n",
                    pass->backward ? "backward" : "forward", r->program->model->axes.at[loop->axis].name,
                    loop->direction > 0 ? "rising" : "falling", loop->body.n, plural(loop->body.n), loop->unroll_steps);
        for (int b = 0; b < loop->body.n; b++)
            print_phase(r, loop->body.at[b], b + 1);
    }
}

static void print_chunks(const Report *r, const Pass *pass)
{
    for (int i = 0; i < pass->blocks.n; i++) {
        const Block *chunk = pass->blocks.at[i];
        if (chunk->kind != BLOCK_CHUNK)
            continue;
        text_printf(r->out, "  %s chunks of %s, %s, at most %lld rows: %d blocks one after the other",
                    pass->backward ? "backward" : "forward", r->program->model->axes.at[chunk->axis].name,
                    chunk->direction > 0 ? "rising" : "falling", (long long)chunk_rows(r->program), chunk->body.n);
        if (chunk->again.n)
            text_printf(r->out, ", %d of the forward pass once more", chunk->again.n);
        text_add(r->out, "\n");
    }
}

static void print_counts(const Report *r, const Pass *pass)
{
    PassCounts counts = pass_counts(r->program, pass);
    text_printf(
        r->out, "  %-10s %2d a step, %2d over all steps before a loop, %2d others over all steps, %2d for weights\n",
        pass->backward ? "backward" : "forward", counts.products, counts.hoisted, counts.outside, counts.weights);
}

void report_print(Text *out, const Program *program, bool is_double)
{
    const Report r = {out, program, is_double ? 8 : 4};
    const Schedule *schedule = program->schedule;
    print_model(&r);
    print_memory(&r);
    print_arithmetic(&r);
    text_add(out, "\nloops\n");
    print_loops(&r, &schedule->forward);
    if (schedule->has_backward)
        print_loops(&r, &schedule->backward);
    const bool chunks = pass_counts(program, &schedule->forward).chunks > 0;
    text_printf(out, "\nchunks%s\n", chunks ? "" : ": none, windows run whole");
    print_chunks(&r, &schedule->forward);
    if (schedule->has_backward)
        print_chunks(&r, &schedule->backward);
    text_add(out, "\njoined products\n");
    print_counts(&r, &schedule->forward);
    if (schedule->has_backward)
        print_counts(&r, &schedule->backward);
}

/* break_plan.c: does the verifier of the memory plan notice? Makes the program of each model given, lays one buffer
 * over another that is needed at the same time, moves offsets by one, makes structs too small, and counts what goes unseen.
 * All of that must be seen, with one exception: a buffer is kept longer than it is read where that is simpler to plan,
 * so of buffers that only take turns one in ten may go unseen. Started by run.sh: break_plan MODEL.rnn ... */
#include <stdio.h>

#include "cmd/compilation.h"
#include "loop/schedule.h"
#include "loop/verify.h"

enum { REGIONS = 4 };
static const char *const region_names[] = {"tape", "eval", "backward", "step"};

typedef struct Tally {
    const char *model;
    int made, unseen;
    int turns, turns_unseen; /* of buffers that take turns */
} Tally;

static void expect_wrong(Tally *tally, const Program *program, const char *what, const char *a, const char *b)
{
    tally->made++;
    if (plan_verify(program))
        return;
    printf("%s: nothing is said when %s %s %s\n", tally->model, a, what, b);
    tally->unseen++;
}

/* Nothing shares its place in step, and nothing that is on the tape. */
static bool stays(const Buffer *a, const Buffer *b, int region)
{
    return region == 3 || (region == 0 && a->tape && b->tape);
}

static int64_t *place_in(Buffer *buffer, int region)
{
    int64_t *const at[REGIONS] = {&buffer->tape_at, &buffer->work_at, &buffer->back_at, &buffer->step_at};
    return at[region];
}

/* Both hold values after one and before another block of the pass, strictly: the bounds of a life may be generous. */
static bool live_together(const Buffer *a, const Buffer *b, int region)
{
    int pass = region == 2;
    if (stays(a, b, region))
        return true;
    if (a->first[pass] < 0 || b->first[pass] < 0)
        return false;
    return a->first[pass] < b->last[pass] && b->first[pass] < a->last[pass] && a->first[pass] != b->first[pass];
}

static void lay_over(Tally *tally, Program *program, int region)
{
    for (int i = 0; i < program->buffers.n; i++)
        for (int k = 0; k < program->buffers.n; k++) {
            Buffer *a = program->buffers.at[i], *b = program->buffers.at[k];
            int64_t *at = place_in(a, region), *other = place_in(b, region), before = *at;
            if (a == b || *at < 0 || *other < 0 || a->token != b->token || !live_together(a, b, region))
                continue;
            *at = *other;
            if (stays(a, b, region)) {
                expect_wrong(tally, program, region_names[region], a->field, b->field);
            } else {
                tally->turns++;
                tally->turns_unseen += !plan_verify(program);
            }
            *at = before;
        }
}

static void move_by_one(Tally *tally, Program *program)
{
    for (int i = 0; i < program->buffers.n; i++)
        for (int region = 0; region < REGIONS; region++) {
            int64_t *at = place_in(program->buffers.at[i], region), before = *at;
            if (*at < 0)
                continue;
            *at = before + 1;
            expect_wrong(tally, program, "moves by one in", program->buffers.at[i]->field, region_names[region]);
            *at = before;
        }
    for (int i = 0; i < program->packed.n; i++) {
        int64_t *at = &program->packed.at[i]->at;
        *at += 8;
        expect_wrong(tally, program, "moves by", program->packed.at[i]->name ? program->packed.at[i]->name : "a matrix",
                     "8");
        *at -= 8;
    }
}

static void shrink(Tally *tally, Program *program)
{
    int64_t *const sizes[] = {&program->sizes.params, &program->sizes.packed, &program->sizes.state_reals,
                              &program->sizes.work_reals, &program->sizes.tape_reals};
    static const char *const names[] = {"params", "packed", "state", "work", "tape"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t before = *sizes[i];
        if (before < 64)
            continue;
        *sizes[i] = before / 2;
        expect_wrong(tally, program, "is half as large as", names[i], "it should be");
        *sizes[i] = before;
    }
}

/* Chunks of steps that run in the other direction, without what must run again, and in another order. */
static void break_chunk(Tally *tally, Program *program, Block *chunk)
{
    bool directed = false;
    for (int i = 0; i < chunk->body.n; i++)
        directed |= chunk->body.at[i]->kind == BLOCK_LOOP;
    if (directed) {
        chunk->direction = -chunk->direction;
        expect_wrong(tally, program, "runs through its chunks", chunk->name, "in the other direction");
        chunk->direction = -chunk->direction;
    }
    for (int i = 0; i < chunk->again.n; i++) {
        const Again last = chunk->again.at[chunk->again.n - 1], left_out = chunk->again.at[i];
        chunk->again.at[i] = last;
        chunk->again.n--;
        expect_wrong(tally, program, "is not run again in", left_out.block->name, chunk->name);
        chunk->again.n++;
        chunk->again.at[chunk->again.n - 1] = last;
        chunk->again.at[i] = left_out;
    }
    Block *first = chunk->body.at[0], *last = chunk->body.at[chunk->body.n - 1];
    chunk->body.at[0] = last;
    chunk->body.at[chunk->body.n - 1] = first;
    expect_wrong(tally, program, "changes places in its chunk with", first->name, last->name);
    chunk->body.at[0] = first;
    chunk->body.at[chunk->body.n - 1] = last;
}

/* Values of whole windows that are held for one chunk. */
static void hold_less(Tally *tally, Program *program)
{
    for (int i = 0; i < program->buffers.n; i++) {
        Buffer *buffer = program->buffers.at[i];
        const bool used = buffer->first[0] < buffer->last[0] || buffer->first[1] < buffer->last[1];
        if (buffer->span != SPAN_SEQ || buffer->chunk || buffer->token || !used || !buffer->tape)
            continue;
        buffer->chunk = true;
        expect_wrong(tally, program, "is held for one chunk,", buffer->field, "but used outside of it");
        buffer->chunk = false;
    }
}

static void break_chunks(Tally *tally, Program *program)
{
    const Pass *const passes[] = {&program->schedule->forward, &program->schedule->backward};
    bool any = false;
    for (int p = 0; p < 1 + program->schedule->has_backward; p++)
        for (int i = 0; i < passes[p]->blocks.n; i++)
            if (passes[p]->blocks.at[i]->kind == BLOCK_CHUNK) {
                break_chunk(tally, program, passes[p]->blocks.at[i]);
                any = true;
            }
    if (any)
        hold_less(tally, program);
}

static int break_model(const char *path)
{
    const ModelOptions options = {0};
    const CommandHelp help = {0};
    Compilation compilation;
    Tally tally = {.model = path};
    if (compilation_open(&compilation, path, &options, &help) >= 0)
        return 1;
    compilation.quiet = true;
    if (compilation_run(&compilation, "plan") >= 0)
        return 1;
    for (int region = 0; region < REGIONS; region++)
        lay_over(&tally, compilation.program, region);
    move_by_one(&tally, compilation.program);
    break_chunks(&tally, compilation.program);
    shrink(&tally, compilation.program);
    if (plan_verify(compilation.program)) {
        printf("%s: the plan itself is called wrong\n", path);
        tally.unseen++;
    }
    compilation_close(&compilation);
    printf("%s: %d broken plans, %d unseen; %d in turns, %d unseen\n", path, tally.made, tally.unseen, tally.turns,
           tally.turns_unseen);
    return tally.unseen > 0 || tally.made == 0 || tally.turns_unseen * 10 > tally.turns;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= break_model(argv[i]);
    return failed;
}

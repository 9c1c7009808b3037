/* report.c: `rnnc report MODEL.rnn`: the memory, the arithmetic and the loops of a model, as scheduled. */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/compilation.h"
#include "loop/schedule.h"

typedef struct ReportValues {
    ModelOptions model;
} ReportValues;

static const Option options[] = {
    MODEL_OPTION_ROWS(ReportValues),
    {"--weights", "FILE", OPTION_TEXT, offsetof(ReportValues, model.weights), "take the -D values kept in a file of weights"},
};
static const CommandHelp help = {
    "rnnc report MODEL.rnn",
    "Prints bytes of parameters, packed weights, state, work, tape and optimiser, floating-point operations and bytes a\n"
    "step, and the loops with the unrolling that was chosen.\n",
    "  rnnc report charlm.rnn -D H=512\n  rnnc report charlm.rnn --unroll=8,2\n",
    options,
    sizeof options / sizeof *options,
};

/* ---- memory ---- */
static void print_bytes(const char *what, int64_t reals, int64_t ints, int real_bytes, const char *note)
{
    printf("  %-22s %14" PRId64 "   %s\n", what, reals * real_bytes + ints * 4, note);
}

static void print_memory(const Compilation *compilation)
{
    const Program *program = compilation->program;
    const ProgramSizes *sizes = &program->sizes;
    const int real = compilation->is_double ? 8 : 4;
    printf("memory                          bytes\n");
    print_bytes("parameters", sizes->params, 0, real, "M_params: weights, or gradients");
    print_bytes("packed weights", sizes->packed, 0, real, "M_packed: what the loops read");
    print_bytes("state", sizes->state_reals, sizes->state_ints, real, "M_state: a stream of every row");
    print_bytes("work", sizes->work_reals, sizes->work_ints, real, "M_work: eval, step, backward");
    if (program->graph->loss) {
        print_bytes("tape", sizes->tape_reals, sizes->tape_ints, real, "M_tape: forward to backward");
        print_bytes("optimiser, Adam", 2 * sizes->params, 0, real, "two moments");
        print_bytes("optimiser, SGD", sizes->params, 0, real, "one with momentum, none without");
    }
}

/* ---- arithmetic: multiply-adds count 2, all else 1 an element ---- */
static int64_t node_elements(const Node *node)
{
    return node->dim[0] * node->dim[1];
}

static int64_t node_flops(const Node *node)
{
    switch (op_info[node->op].family) {
    case FAMILY_PRODUCT: {
        const Node *matrix = node->arg[node->op == OP_FMA_PRODUCT ? 1 : 0];
        return 2 * node_elements(matrix);
    }
    case FAMILY_MATRIX:
        return node->op == OP_MATMUL ? 2 * node_elements(node) * node->arg[0]->dim[node->ta ? 0 : 1] : node_elements(node);
    case FAMILY_AXIS:
        return node->op == OP_CONTRACT ? 2 * node_elements(node) : node_elements(node->arg[0]);
    case FAMILY_REDUCE:
    case FAMILY_ROW:
        return (node->op == OP_SOFTMAX ? 4 : 2) * node_elements(node->arg[0]);
    case FAMILY_EW:
        return node_elements(node);
    case FAMILY_LEAF:
    case FAMILY_PIECE:
    case FAMILY_TOKEN:
        return 0;
    }
    return 0;
}

typedef struct Flops {
    int64_t product, other;
} Flops;

/* Of one step of one row: nodes over the sequence axis, and sums over it. */
static Flops flops_of(const Program *program, const Pass *pass)
{
    Flops flops = {0, 0};
    for (int i = 0; i < program->graph->nodes.n; i++) {
        const Node *node = program->graph->nodes.at[i];
        const OpFamily family = op_info[node->op].family;
        const AxisSet axes = node->axes | node->over;
        if (!pass->in[i] || (pass->backward && program->schedule->on_tape[i]) ||
            (program->axis >= 0 && !(axes & AXIS_BIT(program->axis))))
            continue;
        if (family == FAMILY_PRODUCT || node->op == OP_CONTRACT || node->op == OP_MATMUL)
            flops.product += node_flops(node);
        else
            flops.other += node_flops(node);
    }
    return flops;
}

static void print_arithmetic(const Program *program)
{
    const Flops forward = flops_of(program, &program->schedule->forward);
    printf("\narithmetic, a step and row   products          other\n");
    printf("  %-20s %14" PRId64 " %14" PRId64 "   flops\n", "forward", forward.product, forward.other);
    if (program->schedule->has_backward) {
        const Flops backward = flops_of(program, &program->schedule->backward);
        printf("  %-20s %14" PRId64 " %14" PRId64 "   flops\n", "backward", backward.product, backward.other);
    }
}

/* ---- loops ---- */
static void print_phase(const Block *block, int number, int real_bytes)
{
    const Group *group = block->group;
    if (!group) {
        printf("    %d: %s, %d values\n", number, block->kind == BLOCK_UNITS ? "elementwise" : "reductions", block->nodes.n);
        return;
    }
    int64_t bytes = 0, depth = 0;
    for (int i = group->hoisted; i < group->rounds.n; i++) {
        bytes += group->rounds.at[i]->packed->count * real_bytes;
        depth += group->rounds.at[i]->operand.depth;
    }
    printf("    %d: %d product%s of %" PRId64 " units over k = %" PRId64 " joined, %d hoisted before the loop; k unrolled by %d; "
           "%" PRId64 " bytes of weights a step\n",
           number, group->slots, group->slots == 1 ? "" : "s", group->units, depth, group->hoisted, block->unroll_k, bytes);
}

static void print_loops(const Compilation *compilation, const Pass *pass)
{
    for (int i = 0; i < pass->blocks.n; i++) {
        const Block *loop = pass->blocks.at[i];
        if (loop->kind != BLOCK_LOOP)
            continue;
        printf("  %s loop over %s, %s, %d block%s a step, steps unrolled by %d\n", pass->backward ? "backward" : "forward",
               compilation->model->axes.at[loop->axis].name, loop->direction > 0 ? "running up" : "running down",
               loop->body.n, loop->body.n == 1 ? "" : "s", loop->unroll_steps);
        for (int b = 0; b < loop->body.n; b++)
            print_phase(loop->body.at[b], b + 1, compilation->is_double ? 8 : 4);
    }
}

static int report(Compilation *compilation)
{
    const int over = compilation_run(compilation, "loop");
    if (over >= 0)
        return over;
    const Schedule *schedule = compilation->program->schedule;
    printf("model %s, real = %s\n", compilation->model->name, compilation->is_double ? "double" : "float");
    for (int i = 0; i < compilation->model->axes.n; i++)
        printf("%s %s in %" PRId64 "..%" PRId64 "%s", i == 0 ? "axes:" : ",", compilation->model->axes.at[i].name,
               compilation->model->axes.at[i].low, compilation->model->axes.at[i].high,
               compilation->model->axes.at[i].carry ? " carry" : "");
    printf("\n\n");
    print_memory(compilation);
    print_arithmetic(compilation->program);
    printf("\nloops\n");
    print_loops(compilation, &schedule->forward);
    if (schedule->has_backward)
        print_loops(compilation, &schedule->backward);
    return EXIT_DONE;
}

int report_command(int argc, char **argv)
{
    ReportValues values = {0};
    OptionList files = {0};
    int over = options_parse(&help, argc, argv, &values, &files);
    if (over >= 0)
        return over;
    if (files.n != 1)
        return command_usage(&help, "report needs one model");
    Compilation compilation;
    over = compilation_open(&compilation, files.at[0], &values.model, &help);
    if (over < 0)
        over = report(&compilation);
    compilation_close(&compilation);
    return over;
}

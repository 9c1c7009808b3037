/* report.c: counts and arithmetic of a schedule: how many products a step runs, what has left the loop, and how many
 * operations that makes. Printed by report_print.c. */
#include "loop/report.h"

/* ---- counts ---- */

static bool has_product(const Block *block)
{
    return block->group && block->group->rounds.n > 0;
}

static bool is_first_of_level(const Block *loop, int at)
{
    for (int i = 0; i < at; i++)
        if (has_product(loop->body.at[i]) && loop->body.at[i]->level == loop->body.at[at]->level)
            return false;
    return true;
}

static int count_loose(const Program *program, const Block *block)
{
    const GraphLoops *loops = program->schedule->loops;
    int n = 0;
    for (int i = 0; i < block->nodes.n; i++) {
        const Node *node = block->nodes.at[i];
        bool product = op_info[node->op].family == FAMILY_PRODUCT || op_info[node->op].family == FAMILY_MATRIX;
        int cycle = node->id < loops->nodes ? loops->of_node[node->id] : -1;
        n += product && node->op != OP_TRANSPOSE && (cycle < 0 || !loops->at[cycle].cycle);
    }
    return n;
}

static void count_step(const Program *program, const Block *loop, PassCounts *counts)
{
    for (int i = 0; i < loop->body.n; i++) {
        const Block *block = loop->body.at[i];
        counts->loose += count_loose(program, block);
        if (has_product(block)) {
            counts->products++;
            counts->stages += is_first_of_level(loop, i);
            counts->operands += block->group->rounds.n;
        } else if (block->kind == BLOCK_UNITS) {
            counts->maps++;
        } else {
            counts->reductions++;
        }
    }
}

static void add_loops(Arena *arena, BlockList *loops, const Block *block)
{
    if (block->kind == BLOCK_LOOP)
        vec_push(arena, loops, block);
    for (int i = 0; i < block->body.n && block->kind == BLOCK_CHUNK; i++)
        add_loops(arena, loops, block->body.at[i]);
}

BlockList pass_loops(Arena *arena, const Pass *pass)
{
    BlockList loops = {0};
    for (int i = 0; i < pass->blocks.n; i++)
        add_loops(arena, &loops, pass->blocks.at[i]);
    return loops;
}

static void count_block(const Program *program, const Pass *pass, const Block *block, PassCounts *counts)
{
    if (block->kind == BLOCK_LOOP) {
        counts->loops++;
        count_step(program, block, counts);
    } else if (block->kind == BLOCK_CHUNK) {
        counts->chunks++;
        counts->again += block->again.n;
        for (int i = 0; i < block->body.n; i++)
            count_block(program, pass, block->body.at[i], counts);
    } else if (block->kind == BLOCK_PRODUCT) {
        bool begins = pass->component[block->strip->groups.at[0]->result[0]->id] >= 0;
        *(begins ? &counts->hoisted : block->domain == DOMAIN_SEQ ? &counts->outside : &counts->rows) += 1;
    } else if (block->kind == BLOCK_CONTRACT) {
        counts->weights++;
    } else if (block->kind == BLOCK_SUM) {
        counts->sums++;
    }
}

PassCounts pass_counts(const Program *program, const Pass *pass)
{
    PassCounts counts = {0};
    for (int i = 0; i < pass->blocks.n; i++)
        count_block(program, pass, pass->blocks.at[i], &counts);
    return counts;
}

void pass_counts_print(Text *out, const PassCounts *counts)
{
    const struct {
        const char *name;
        int n;
    } rows[] = {
        {"loop", counts->loops},       {"product", counts->products},     {"stage", counts->stages},
        {"operand", counts->operands}, {"reduction", counts->reductions}, {"map", counts->maps},
        {"loose", counts->loose},      {"hoisted", counts->hoisted},      {"outside", counts->outside},
        {"rows", counts->rows},        {"weights", counts->weights},      {"sum", counts->sums},
        {"chunk", counts->chunks},     {"again", counts->again},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        text_printf(out, "%s%s %d", i ? " " : "", rows[i].name, rows[i].n);
}

/* ---- arithmetic ---- */

static int64_t elements(const Node *node)
{
    return node->dim[0] * node->dim[1];
}

static int64_t node_flops(const Node *node)
{
    switch (op_info[node->op].family) {
    case FAMILY_PRODUCT:
        return 2 * elements(product_matrix(node));
    case FAMILY_MATRIX:
        return node->op == OP_MATMUL ? 2 * elements(node) * node->arg[0]->dim[node->ta ? 0 : 1] : elements(node);
    case FAMILY_AXIS:
        return node->op == OP_CONTRACT ? 2 * elements(node) : elements(node->arg[0]);
    case FAMILY_REDUCE:
        return 2 * elements(node->arg[0]);
    case FAMILY_ROW:
        return 4 * elements(node->arg[0]);
    case FAMILY_EW:
        return node->op == OP_EXPAND || node->op == OP_STOPGRAD ? 0 : elements(node);
    case FAMILY_LEAF:
    case FAMILY_PIECE:
    case FAMILY_TOKEN:
        return 0;
    }
    return 0;
}

static void add_node(Flops *flops, const Node *node)
{
    bool product = op_info[node->op].family == FAMILY_PRODUCT || node->op == OP_CONTRACT || node->op == OP_MATMUL;
    *(product ? &flops->products : &flops->other) += node_flops(node);
}

Flops block_flops(const Block *block)
{
    Flops flops = {0, 0};
    for (int i = 0; i < block->nodes.n; i++)
        add_node(&flops, block->nodes.at[i]);
    for (int i = 0; i < block->inside.n; i++)
        add_node(&flops, block->inside.at[i]);
    for (int i = 0; i < block->body.n; i++) {
        Flops phase = block_flops(block->body.at[i]);
        flops.products += phase.products;
        flops.other += phase.other;
    }
    return flops;
}

int64_t block_weight_reals(const Block *block)
{
    int64_t reals = 0;
    if (block->kind == BLOCK_PRODUCT)
        reals = block->round->packed->count;
    else if (block->group)
        for (int r = 0; r < block->group->rounds.n; r++)
            reals += block->group->rounds.at[r]->packed->count;
    for (int i = 0; i < block->body.n; i++)
        reals += block_weight_reals(block->body.at[i]);
    return reals;
}

static int64_t steps_of(const Program *program)
{
    return program->axis < 0 ? 1 : program->model->axes.at[program->axis].high;
}

/* How often the work of a block that is no loop is done: sums over steps and rows are done for each of these. */
static int64_t times(const Program *program, const Node *node)
{
    int64_t n = 1;
    AxisSet axes = node->axes | node->over;
    for (int i = 0; i < node->n && op_info[node->op].family == FAMILY_AXIS; i++)
        axes |= node->arg[i]->axes;
    if (axes & AXIS_BIT(AXIS_BATCH))
        n *= program->model->axes.at[AXIS_BATCH].high;
    if (axes & ~AXIS_BIT(AXIS_BATCH))
        n *= steps_of(program);
    return n;
}

static void add_block(const Program *program, Flops *flops, const Block *block)
{
    for (int i = 0; i < block->nodes.n; i++) {
        Flops one = {0, 0};
        add_node(&one, block->nodes.at[i]);
        flops->products += one.products * times(program, block->nodes.at[i]);
        flops->other += one.other * times(program, block->nodes.at[i]);
    }
    for (int i = 0; i < block->again.n; i++)
        add_block(program, flops, block->again.at[i].block);
    for (int i = 0; i < block->body.n; i++)
        add_block(program, flops, block->body.at[i]);
}

Flops pass_flops_window(const Program *program, const Pass *pass)
{
    Flops flops = {0, 0};
    for (int i = 0; i < pass->blocks.n; i++)
        add_block(program, &flops, pass->blocks.at[i]);
    return flops;
}

/* A loop reads its weights at every step, a product once for all steps, or once a chunk of them. */
static int64_t weight_reals(const Program *program, const Block *block, int64_t chunks)
{
    int64_t reals = 0;
    if (block->kind != BLOCK_CHUNK)
        return block_weight_reals(block) * (block->kind == BLOCK_LOOP ? steps_of(program) : chunks);
    for (int i = 0; i < block->again.n; i++)
        reals += weight_reals(program, block->again.at[i].block, chunk_count(program));
    for (int i = 0; i < block->body.n; i++)
        reals += weight_reals(program, block->body.at[i], chunk_count(program));
    return reals;
}

int64_t pass_weight_reals_window(const Program *program, const Pass *pass)
{
    int64_t reals = 0;
    for (int i = 0; i < pass->blocks.n; i++)
        reals += weight_reals(program, pass->blocks.at[i], 1);
    return reals;
}

/* print.c: --dump=loop: the blocks of each pass in the order in which they run. A line each for what has a name, is
 * kept or is used more than once; everything else is written out where it is used (graph/print_expr.c). */
#include "loop/print.h"

#include <string.h>

#include "graph/print.h"
#include "loop/report.h"

typedef struct LoopPrinter {
    Printer formula; /* label: of the values of both passes */
    const Program *program;
    const Pass *pass;
    bool *plain; /* [nodes] backward: leads to the gradient of a parameter */
    int indent;
} LoopPrinter;

/* ---- labels ---- */

typedef struct Labels {
    const Program *program;
    const char **label;
    VEC(const char *) names;
    int shared;
} Labels;

static bool is_taken(const Labels *labels, const char *name)
{
    for (int i = 0; i < labels->names.n; i++)
        if (strcmp(labels->names.at[i], name) == 0)
            return true;
    return false;
}

static const char *unique(Labels *labels, const char *name)
{
    const char *label = name;
    for (int n = 2; is_taken(labels, label); n++)
        label = arena_printf(labels->program->arena, "%s_%d", name, n);
    vec_push(labels->program->arena, &labels->names, label);
    return label;
}

static bool is_read_elsewhere(const Pass *pass, const Node *node)
{
    for (int k = 0; k < pass->users[node->id].n; k++)
        if (pass->home[pass->users[node->id].at[k]->id] != pass->home[node->id])
            return true;
    return pass->users[node->id].n > 1;
}

static bool needs_label(const Program *program, const Node *node)
{
    const Schedule *schedule = program->schedule;
    for (int i = 0; i < 1 + schedule->has_backward; i++) {
        const Pass *pass = i == 0 ? &schedule->forward : &schedule->backward;
        if (pass_computes(program, pass, node) && (pass->keep[node->id] || is_read_elsewhere(pass, node)))
            return true;
    }
    return false;
}

static const char *label_of(Labels *labels, const Node *node)
{
    if (node->n == 0)
        return NULL;
    if (node->defines && node->defines->def == node)
        return unique(labels, node->defines->path);
    if (!needs_label(labels->program, node) || (node->op == OP_EXPAND && node->arg[0]->n == 0))
        return NULL;
    if (node->name)
        return unique(labels, node->name);
    return arena_printf(labels->program->arena, "#%d", ++labels->shared);
}

static const char **label_all(const Program *program)
{
    const Graph *graph = program->graph;
    Labels labels = {.program = program, .label = arena_array(program->arena, const char *, graph->nodes.n)};
    for (int i = 0; i < graph->nodes.n; i++)
        labels.label[i] = label_of(&labels, graph->nodes.at[i]);
    return labels.label;
}

/* ---- backward: what runs only when the caller asks for the adjoint of an input or of the state ---- */

static void reach(const Program *program, bool *seen, NodeList *work, Node *node)
{
    if (!node || seen[node->id])
        return;
    seen[node->id] = true;
    vec_push(program->arena, work, node);
}

static bool *reach_gradients(const Program *program)
{
    const Graph *graph = program->graph;
    bool *seen = arena_array(program->arena, bool, graph->nodes.n);
    NodeList work = {0};
    for (int i = 0; i < graph->param_grads.n; i++)
        reach(program, seen, &work, graph->param_grads.at[i].grad);
    while (work.n) {
        const Node *node = work.at[--work.n];
        for (int k = 0; k < node->n; k++)
            reach(program, seen, &work, node->arg[k]);
        if (node->op == OP_READ) {
            reach(program, seen, &work, node->var->def);
            reach(program, seen, &work, node->var->init);
        }
    }
    return seen;
}

static bool is_optional(const LoopPrinter *p, const Block *block)
{
    if (!p->pass->backward || block->nodes.n == 0)
        return false;
    for (int i = 0; i < block->nodes.n; i++)
        if (p->plain[block->nodes.at[i]->id])
            return false;
    return true;
}

/* ---- pieces of lines ---- */

static Text *line(const LoopPrinter *p)
{
    for (int i = 0; i < p->indent; i++)
        text_add(p->formula.out, "  ");
    return p->formula.out;
}

static const char *axis_name(const LoopPrinter *p)
{
    return p->program->axis < 0 ? "no axis" : p->program->model->axes.at[p->program->axis].name;
}

static const char *plural(int n)
{
    return n == 1 ? "" : "s";
}

/* "b5 gates" */
static void print_buffer(const LoopPrinter *p, const Buffer *buffer)
{
    text_printf(p->formula.out, "b%d %s", buffer->id, buffer->name);
}

static void print_place(const LoopPrinter *p, Loc loc)
{
    if (!loc.buffer)
        return;
    text_add(p->formula.out, "   -> ");
    print_buffer(p, loc.buffer);
    if (loc.slots > 1)
        text_printf(p->formula.out, ", slot %d", loc.slot);
    else if (loc.buffer->strip && loc.buffer->strip->slots > 1)
        text_printf(p->formula.out, " from panel %d", loc.slot);
}

static void print_operand(const LoopPrinter *p, const Operand *operand)
{
    if (!operand->buffer) {
        text_add(p->formula.out, "a parameter");
        return;
    }
    print_buffer(p, operand->buffer);
    if (operand->buffer->span == SPAN_SEQ)
        text_printf(p->formula.out, operand->offset ? "[%s%+d]" : "[%s]", axis_name(p), operand->offset);
    if (operand->from > 0)
        text_printf(p->formula.out, " from %lld", (long long)operand->from);
}

static void print_matrices(const LoopPrinter *p, const PackedMatrix *packed)
{
    text_printf(p->formula.out, ", m%d:", packed->id);
    for (int i = 0; i < packed->pieces; i++) {
        const struct PackPiece *piece = &packed->piece[i];
        text_add(p->formula.out, i == 0 ? " " : ", ");
        print_expr(&p->formula, piece->matrix, false);
        text_add(p->formula.out, piece->transposed ? "'" : "");
        if (packed->panels > piece->slots * ((piece->units + PANEL - 1) / PANEL) || piece->slots > 1)
            text_printf(p->formula.out, " in %d", piece->slot);
        if (piece->depth_slots > 0)
            text_printf(p->formula.out, " from %d", piece->depth_slot);
    }
}

static void print_round(const LoopPrinter *p, const Round *round)
{
    text_printf(p->formula.out, "k = %lld over ", (long long)round->operand.depth);
    print_operand(p, &round->operand);
    if (round->packed)
        print_matrices(p, round->packed);
    text_add(p->formula.out, "\n");
}

/* ---- blocks ---- */

static void print_value(const LoopPrinter *p, const Node *node)
{
    Text *out = line(p);
    text_add(out, p->formula.label[node->id]);
    print_axes(&p->formula, node->axes);
    if (node->rank == 1)
        text_printf(out, " : [%lld]", (long long)node->dim[0]);
    else if (node->rank == 2)
        text_printf(out, " : [%lld, %lld]", (long long)node->dim[0], (long long)node->dim[1]);
    text_add(out, " = ");
    print_expr(&p->formula, node, true);
    print_place(p, p->pass->loc[node->id]);
    text_add(out, "\n");
}

/* Gradients and totals that have no label are written out whole. */
static void print_unlabelled(const LoopPrinter *p, const Node *node)
{
    line(p);
    print_expr(&p->formula, node, true);
    print_place(p, p->pass->loc[node->id]);
    text_add(p->formula.out, "\n");
}

static bool is_written_out(const LoopPrinter *p, const Block *block, const Node *node)
{
    for (int k = 0; k < p->pass->users[node->id].n; k++)
        if (p->pass->home[p->pass->users[node->id].at[k]->id] == block)
            return true;
    return false;
}

static void print_values(const LoopPrinter *p, const Block *block)
{
    for (int i = 0; i < block->nodes.n; i++) {
        const Node *node = block->nodes.at[i];
        if (p->formula.label[node->id])
            print_value(p, node);
        else if (!is_written_out(p, block, node))
            print_unlabelled(p, node);
    }
    for (int i = 0; i < block->copies.n; i++) {
        const Copy *copy = &block->copies.at[i];
        line(p);
        text_add(p->formula.out, "copy of ");
        if (copy->node)
            print_expr(&p->formula, copy->node, false);
        else
            text_add(p->formula.out, "zero");
        print_place(p, copy->to);
        text_add(p->formula.out, "\n");
    }
}

static void print_domain(const LoopPrinter *p, const Block *block)
{
    static const char *const rows[] = {[DOMAIN_ONCE] = "once", [DOMAIN_ROWS] = "each row"};
    if (block->domain == DOMAIN_SEQ)
        text_printf(p->formula.out, "each %s", axis_name(p));
    else
        text_add(p->formula.out, rows[block->domain]);
}

static void print_ending(const LoopPrinter *p, const Block *block)
{
    if (block->needs & NEEDS_TARGET)
        text_add(p->formula.out, "; needs targets");
    if (block->needs & NEEDS_FUTURE)
        text_add(p->formula.out, "; needs later steps");
    if (block->late)
        text_add(p->formula.out, "; late in one call with backward");
    if (is_optional(p, block))
        text_add(p->formula.out, "; only when an adjoint is asked for");
    text_add(p->formula.out, "\n");
}

static void print_group(LoopPrinter *p, const Block *block)
{
    const Group *group = block->group;
    Text *out = line(p);
    text_printf(out, "g%d: %d product%s side by side, %lld units, %d panel%s at once, k unrolled by %d", group->id,
                group->slots, plural(group->slots), (long long)group->units, group->panels_at_once,
                plural(group->panels_at_once), block->unroll_k);
    if (group->strip->rounds.n) {
        text_add(out, ", starts from ");
        print_buffer(p, group->strip->buffer);
    }
    text_add(out, "\n");
    p->indent++;
    for (int r = 0; r < group->rounds.n; r++) {
        line(p);
        print_round(p, group->rounds.at[r]);
    }
    p->indent--;
}

static void print_phase(LoopPrinter *p, const Block *block, int number)
{
    static const char *const kinds[] = {[BLOCK_UNITS] = "units", [BLOCK_SCALARS] = "numbers", [BLOCK_ROW] = "row"};
    Text *out = line(p);
    text_printf(out, "%d. level %d, %s", number, block->level, kinds[block->kind]);
    if (block->kind == BLOCK_UNITS)
        text_printf(out, " %s%lld",
                    block->matrix_rows > 1 ? arena_printf(p->program->arena, "%lld x ", (long long)block->matrix_rows)
                                           : "",
                    (long long)block->units);
    text_add(out, "\n");
    p->indent++;
    if (block->group)
        print_group(p, block);
    print_values(p, block);
    p->indent--;
}

static void print_loop(LoopPrinter *p, const Block *loop)
{
    text_printf(p->formula.out, "loop over %s, %s, %d block%s a step, steps unrolled by %d", axis_name(p),
                loop->direction > 0 ? "rising" : "falling", loop->body.n, plural(loop->body.n), loop->unroll_steps);
    print_ending(p, loop);
    p->indent++;
    for (int i = 0; i < loop->body.n; i++)
        print_phase(p, loop->body.at[i], i + 1);
    p->indent--;
}

static void print_lead(const LoopPrinter *p, const Block *block)
{
    const Buffer *buffer = p->program->schedule->var_loc[p->pass->backward][block->var->id].buffer;
    text_printf(p->formula.out, "lead %s: ", block->var->path);
    if (buffer)
        text_printf(p->formula.out, "%d step%s before, %d after, ", buffer->lead, plural(buffer->lead), buffer->trail);
    if (block->var->init)
        print_expr(&p->formula, block->var->init, false);
    else
        text_add(p->formula.out, "zero");
    print_place(p, p->program->schedule->var_loc[p->pass->backward][block->var->id]);
    print_ending(p, block);
}

static void print_product(const LoopPrinter *p, const Block *block)
{
    const Strip *strip = block->strip;
    bool begins = p->pass->component[strip->groups.at[0]->result[0]->id] >= 0;
    text_add(p->formula.out, "product ");
    print_domain(p, block);
    for (int i = 0; i < strip->groups.n; i++) {
        const Group *group = strip->groups.at[i];
        text_printf(p->formula.out, ", g%d%s: %d of %lld units", group->id, begins ? ", before its loop" : "",
                    group->slots, (long long)group->units);
    }
    text_printf(p->formula.out, "%s; ", strip->bias ? ", on a bias" : strip->prefill ? ", on starts" : "");
    print_round(p, block->round);
    if (block->late)
        text_add(line(p), "  late in one call with backward\n");
}

static void print_block(LoopPrinter *p, const Block *block);

static void print_walk(LoopPrinter *p, const Block *walk)
{
    text_printf(line(p), "%d walk ", walk->level);
    print_domain(p, walk);
    text_printf(p->formula.out, ", %d blocks side by side", walk->body.n);
    print_ending(p, walk);
    p->indent++;
    for (int i = 0; i < walk->body.n; i++)
        print_block(p, walk->body.at[i]);
    p->indent--;
}

static void print_chunk(LoopPrinter *p, const Block *chunk)
{
    text_printf(line(p), "%d chunks of %s, %s, %d blocks one after the other", chunk->level, axis_name(p),
                chunk->direction > 0 ? "rising" : "falling", chunk->body.n);
    print_ending(p, chunk);
    p->indent++;
    for (int i = 0; i < chunk->again.n; i++)
        text_printf(line(p), "again, as forward did: %s%s\n", chunk->again.at[i].block->name,
                    chunk->again.at[i].only_up ? "; only for adjoints from outside" : "");
    for (int i = 0; i < chunk->body.n; i++)
        print_block(p, chunk->body.at[i]);
    p->indent--;
}

static void print_block(LoopPrinter *p, const Block *block)
{
    static const char *const kinds[] = {
        [BLOCK_UNITS] = "units",      [BLOCK_SCALARS] = "numbers", [BLOCK_ROW] = "row",
        [BLOCK_CONTRACT] = "weights", [BLOCK_SUM] = "sum",         [BLOCK_TOTAL] = "total"};
    if (block->kind == BLOCK_WALK || block->kind == BLOCK_CHUNK) {
        (block->kind == BLOCK_WALK ? print_walk : print_chunk)(p, block);
        return;
    }
    text_printf(line(p), "%d ", block->level);
    if (block->kind == BLOCK_LOOP) {
        print_loop(p, block);
        return;
    }
    if (block->kind == BLOCK_LEAD) {
        print_lead(p, block);
        return;
    }
    if (block->kind == BLOCK_PRODUCT) {
        print_product(p, block);
    } else if (block->kind == BLOCK_INPUT) {
        text_printf(p->formula.out, "input %s", block->var->path);
        print_place(p, p->program->schedule->var_loc[p->pass->backward][block->var->id]);
        print_ending(p, block);
    } else {
        text_printf(p->formula.out, "%s ", kinds[block->kind]);
        print_domain(p, block);
        if (block->kind == BLOCK_CONTRACT || block->kind == BLOCK_SUM)
            text_printf(p->formula.out, ", %d joined", block->nodes.n);
        print_ending(p, block);
    }
    p->indent++;
    print_values(p, block);
    p->indent--;
}

static void print_pass(LoopPrinter *p, const Pass *pass)
{
    PassCounts counts = pass_counts(p->program, pass);
    p->pass = pass;
    text_printf(p->formula.out, "%s: ", pass->backward ? "backward" : "forward");
    pass_counts_print(p->formula.out, &counts);
    text_add(p->formula.out, "\n");
    p->indent++;
    for (int i = 0; i < pass->blocks.n; i++)
        print_block(p, pass->blocks.at[i]);
    p->indent--;
}

void loop_print(Text *out, const Program *program)
{
    LoopPrinter p = {.formula = {.out = out, .graph = program->graph, .label = label_all(program)},
                     .program = program,
                     .plain = reach_gradients(program)};
    print_pass(&p, &program->schedule->forward);
    if (program->schedule->has_backward)
        print_pass(&p, &program->schedule->backward);
}

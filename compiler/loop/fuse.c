/* fuse.c: what the loops of sums over steps and rows compute themselves. The gradient of a peephole or a gain is the sum
 * of an elementwise adjoint d[t] * y[t] that nobody else reads: it is computed where it is added, from rows that are in
 * memory anyway, and never stored. What such a value is made of is computed there once more when that is cheap, and
 * kept for it else. Run by schedule.c before levels and blocks, by place.c when it is known what is kept. */
#include "loop/schedule.h"

enum { DEEPEST = 3 }; /* of what is computed once more */

bool node_is_row_sum(const Node *node)
{
    return node->op == OP_SUM_AXES && node->rank > 0 && node_domain(node) == DOMAIN_ONCE;
}

/* Sums of adjoints are made in the order of the loop that computes the adjoint; of what no loop computes, falling. */
bool sum_falls(const Program *program, const Pass *pass, const Node *value)
{
    const Node *def = value->op == OP_READ ? value->var->def : value;
    int component = def ? pass->component[def->id] : -1;
    return component < 0 || program->schedule->loops->at[component].direction < 0;
}

static bool is_plain_vector(const Node *node)
{
    return node_is_elementwise(node) && node->rank > 0 && node->op != OP_OUTER && node->op != OP_ONEHOT &&
           node->op != OP_WHEN_UP;
}

static bool only_summed(const Program *program, const Pass *pass, const Node *node)
{
    const NodeList *users = &pass->users[node->id];
    for (int k = 0; k < users->n; k++) {
        const Node *user = users->at[k];
        bool sum = node_is_row_sum(user) && users->n == 1;
        bool inner = pass->fused[user->id] && same_vectors(node, user) && node_domain(node) == node_domain(user);
        if (!(sum || inner) || !pass_computes(program, pass, user))
            return false;
    }
    return users->n > 0;
}

void pass_find_fused(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = graph->nodes.n - 1; i >= 0; i--) { /* users first */
        const Node *node = graph->nodes.at[i];
        bool fits = is_plain_vector(node) && pass_computes(program, pass, node) && pass->component[i] < 0 &&
                    node_domain(node) != DOMAIN_ONCE && !program->schedule->on_tape[i];
        pass->fused[i] = fits && only_summed(program, pass, node) && !node_is_asked_for(program, node);
    }
}

/* ---- what is computed inside, what is loaded ---- */

typedef struct Filling {
    const Program *program;
    Pass *pass;
    Block *block;
    bool *inside; /* [nodes] */
} Filling;

/* In memory until the sum is made. Gates may be overwritten by their adjoints, so nobody new may ask for them. */
static bool stays(const Filling *f, const Node *node)
{
    if (node_is_leaf(node))
        return node->op != OP_UP;
    if (pass_loads(f->program, f->pass, node)) {
        const Buffer *buffer = f->program->schedule->forward.loc[node->id].buffer;
        return buffer && !(buffer->strip && buffer->strip->slots > 1);
    }
    return f->pass->keep[node->id] && !node_is_scratch(f->program, f->pass, node);
}

static bool is_cheap(const Filling *f, const Node *node, int depth)
{
    const Node *sum = f->block->nodes.at[0];
    bool cheap = depth < DEEPEST && is_plain_vector(node) && same_vectors(node, sum) &&
                 node_domain(node) == node_domain(sum->arg[0]) && !f->pass->mirror[node->id] &&
                 f->pass->needs[node->id] == f->block->needs && !(op_info[node->op].flags & OP_TRANSCENDENTAL);
    for (int k = 0; k < node->n && cheap; k++)
        cheap = stays(f, node->arg[k]) || is_cheap(f, node->arg[k], depth + 1);
    return cheap;
}

static void put_inside(Filling *f, const Node *node);

static void provide(Filling *f, const Node *node)
{
    if (!pass_computes(f->program, f->pass, node) || f->pass->keep[node->id])
        return;
    if (f->pass->fused[node->id] || is_cheap(f, node, 0))
        put_inside(f, node);
    else
        f->pass->keep[node->id] = true;
}

static void put_inside(Filling *f, const Node *node)
{
    if (f->inside[node->id])
        return;
    f->inside[node->id] = true;
    for (int k = 0; k < node->n; k++)
        provide(f, node->arg[k]);
}

int sum_adjoint(const Pass *pass, const Node *sum)
{
    return sum->op == OP_CONTRACT && pass->mirror[sum->arg[1]->id] ? 1 : 0;
}

PanelSpan sum_span(const Pass *pass, const Block *block)
{
    PanelSpan span = {0};
    for (int i = 0; i < block->nodes.n; i++) {
        const Node *value = block->nodes.at[i]->arg[sum_adjoint(pass, block->nodes.at[i])];
        Loc loc = pass->mirror[value->id] ? pass->loc[value->id] : (Loc){NULL, 0, 1};
        panel_span(&span, loc, value->dim[0]);
    }
    return span;
}

/* Are the sums of a block made in a loop written for them, not from one row that holds all their values? */
bool sums_apart(const Pass *pass, const Block *block)
{
    if (!node_is_row_sum(block->nodes.at[0]))
        return false;
    const Node *first = block->nodes.at[0]->arg[0];
    for (int i = 1; i < block->nodes.n; i++) {
        const Node *value = block->nodes.at[i]->arg[0];
        if (!pass->mirror[value->id] || !pass->mirror[first->id] ||
            pass->mirror[value->id]->strip != pass->mirror[first->id]->strip)
            return true;
    }
    return pass->fused[first->id];
}

void pass_fill_sums(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (int b = 0; b < pass->blocks.n; b++) {
        Block *block = pass->blocks.at[b];
        if (block->kind != BLOCK_SUM || !sums_apart(pass, block))
            continue;
        Filling f = {program, pass, block, arena_array(program->arena, bool, graph->nodes.n)};
        for (int i = 0; i < block->nodes.n; i++)
            provide(&f, block->nodes.at[i]->arg[0]);
        for (int i = 0; i < graph->nodes.n; i++)
            if (f.inside[i])
                vec_push(program->arena, &block->inside, graph->nodes.at[i]);
    }
}

/* ---- what is computed inside of all who read it is computed nowhere else ---- */

static bool *computed_inside(const Program *program, const Pass *pass)
{
    bool *inside = arena_array(program->arena, bool, program->graph->nodes.n);
    for (int b = 0; b < pass->blocks.n; b++)
        for (int i = 0; i < pass->blocks.at[b]->inside.n; i++)
            inside[pass->blocks.at[b]->inside.at[i]->id] = true;
    return inside;
}

/* In no memory, and nobody in its block reads it. */
static bool is_idle(const Pass *pass, const bool *idle, const bool *inside, const Node *node)
{
    const Block *home = pass->home[node->id];
    bool left = inside[node->id];
    if (!home || pass->keep[node->id] || !node_is_elementwise(node) || pass->fused[node->id])
        return false;
    for (int i = 0; i < home->copies.n; i++)
        if (home->copies.at[i].node == node)
            return false;
    for (int k = 0; k < pass->users[node->id].n; k++) {
        const Node *user = pass->users[node->id].at[k];
        if (pass->home[user->id] == home && !idle[user->id])
            return false;
        left = left || idle[user->id];
    }
    return left;
}

/* Is anything left of a block that had something? */
static bool drop_idle(const bool *idle, Block *block)
{
    const int before = block->nodes.n + block->body.n;
    int n = 0;
    for (int i = 0; i < block->nodes.n; i++)
        if (!idle[block->nodes.at[i]->id])
            block->nodes.at[n++] = block->nodes.at[i];
    block->nodes.n = n;
    n = 0;
    for (int i = 0; i < block->body.n; i++)
        if (drop_idle(idle, block->body.at[i]))
            block->body.at[n++] = block->body.at[i];
    block->body.n = n;
    return before == 0 || block->nodes.n + block->body.n > 0;
}

void pass_drop_idle(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    const bool *inside = computed_inside(program, pass);
    bool *idle = arena_array(program->arena, bool, graph->nodes.n);
    int n = 0;
    for (int i = graph->nodes.n - 1; i >= 0; i--) /* users first */
        idle[i] = is_idle(pass, idle, inside, graph->nodes.at[i]);
    for (int b = 0; b < pass->blocks.n; b++)
        if (drop_idle(idle, pass->blocks.at[b]))
            pass->blocks.at[n++] = pass->blocks.at[b];
    pass->blocks.n = n;
}

/* strip.c: groups that begin alike stand side by side in one strip, so that what they multiply the same operand by is one
 * product over all steps: the phases of one loop whose sums begin outside of it (GRU: z and r, then n), and products
 * outside of loops (the input products of LayerNormLSTM). Their adjoints stand in one row, too, so the weights' and the
 * operand's gradients become one product each. Joined are only products that wait for the same things and that the same
 * results ask for. Which products of a strip run together: round.c. */
#include "loop/schedule.h"

enum { MOST_SLOTS = 32 };

typedef struct Joining {
    Program *program;
    Pass *pass;
    const int *level; /* [nodes] with nothing joined */
    uint64_t *wanted; /* [nodes] tells the sets of results apart that ask for a node */
} Joining;

/* ---- who asks for a node ---- */

typedef struct Reach {
    Joining *joining;
    bool *seen;
    NodeList work;
} Reach;

static void reach(Reach *r, Node *node)
{
    if (!node || r->seen[node->id])
        return;
    r->seen[node->id] = true;
    vec_push(r->joining->program->arena, &r->work, node);
}

/* All that the nodes reached so far are made of is asked for by one more result. */
static void close_set(Reach *r, uint64_t number)
{
    const Graph *graph = r->joining->program->graph;
    while (r->work.n) {
        Node *node = r->work.at[--r->work.n];
        for (int i = 0; i < node->n; i++)
            reach(r, node->arg[i]);
        if (node->op == OP_READ) {
            reach(r, node->var->def);
            reach(r, node->var->init);
        }
    }
    for (int i = 0; i < graph->nodes.n; i++)
        if (r->seen[i]) {
            r->joining->wanted[i] = r->joining->wanted[i] * UINT64_C(0x9E3779B97F4A7C15) + number;
            r->seen[i] = false;
        }
}

static void reach_forward(Reach *r)
{
    const Graph *graph = r->joining->program->graph;
    uint64_t number = 1;
    reach(r, graph->loss);
    reach(r, graph->loss_weight);
    for (int i = 0; i < graph->metrics.n; i++)
        for (int k = 0; k < graph->metrics.at[i].means.n; k++) {
            reach(r, graph->metrics.at[i].means.at[k].sum);
            reach(r, graph->metrics.at[i].means.at[k].weight);
        }
    close_set(r, number++);
    for (int i = 0; i < graph->vars.n; i++)
        if (graph->vars.at[i]->lag > 0 && graph->vars.at[i]->kind != GVAR_ADJOINT) {
            reach(r, graph->vars.at[i]->def);
            reach(r, graph->vars.at[i]->init);
        }
    close_set(r, number++);
    for (int i = 0; i < graph->outputs.n; i++) {
        reach(r, graph->outputs.at[i].value);
        close_set(r, number++);
    }
    for (int i = 0; i < graph->entries.n; i++) {
        const GEntry *entry = &graph->entries.at[i];
        for (int k = 0; k < entry->values.n; k++)
            reach(r, entry->values.at[k]);
        reach(r, entry->stop);
        for (int k = 0; k < entry->outputs.n; k++)
            reach(r, entry->outputs.at[k]->def);
        close_set(r, number++);
    }
}

static void reach_backward(Reach *r)
{
    const Graph *graph = r->joining->program->graph;
    uint64_t number = 1;
    for (int i = 0; i < graph->param_grads.n; i++)
        reach(r, graph->param_grads.at[i].grad);
    close_set(r, number++);
    for (int i = 0; i < graph->input_grads.n; i++) {
        reach(r, graph->input_grads.at[i].grad);
        close_set(r, number++);
    }
    for (int i = 0; i < graph->state_grads.n; i++) {
        reach(r, graph->state_grads.at[i].grad);
        close_set(r, number++);
    }
}

static void find_wanted(Joining *joining)
{
    Program *program = joining->program;
    int n = program->graph->nodes.n;
    joining->wanted = arena_array(program->arena, uint64_t, n);
    Reach r = {.joining = joining, .seen = arena_array(program->arena, bool, n)};
    if (joining->pass->backward)
        reach_backward(&r);
    else
        reach_forward(&r);
}

/* ---- what begins alike ---- */

/* The products of a slot that run before the loop, or outside of loops. */
static NodeList beginning(const Joining *joining, const Group *group, int slot)
{
    NodeList chain = group_chain(joining->program, joining->pass, group, slot);
    int n = 0;
    while (n < chain.n && joining->pass->component[chain.at[n]->id] < 0)
        n++;
    chain.n = n;
    return chain;
}

static bool begin_alike(const Joining *joining, const NodeList *a, const NodeList *b)
{
    if (a->n == 0 || a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++) {
        const Node *x = a->at[i], *y = b->at[i];
        if (product_operand(x) != product_operand(y) || joining->pass->needs[x->id] != joining->pass->needs[y->id])
            return false;
    }
    return true;
}

/* Products on the same level cannot wait for each other, whatever is joined besides them. */
static bool wait_alike(Joining *joining, const NodeList *a, const NodeList *b)
{
    if (!joining->wanted)
        find_wanted(joining);
    for (int i = 0; i < a->n; i++)
        if (joining->level[a->at[i]->id] != joining->level[b->at[i]->id] ||
            joining->wanted[a->at[i]->id] != joining->wanted[b->at[i]->id])
            return false;
    return true;
}

/* All slots of both groups begin with the same operands, from zero or a bias. */
static bool takes(Joining *joining, const Strip *strip, const Group *group)
{
    const Pass *pass = joining->pass;
    const Group *first = strip->groups.at[0];
    const Node *a = first->result[0], *b = group->result[0];
    bool outside = pass->component[a->id] < 0;
    if (pass->component[a->id] != pass->component[b->id] || node_domain(a) != node_domain(b) ||
        strip->slots + group->slots > (outside ? MAX_SLOTS : MOST_SLOTS))
        return false;
    if (outside && (node_is_asked_for(joining->program, a) || node_is_asked_for(joining->program, b)))
        return false;
    NodeList lead = beginning(joining, first, 0);
    for (int s = 0; s < first->slots + group->slots; s++) {
        const Group *of = s < first->slots ? first : group;
        int slot = s < first->slots ? s : s - first->slots;
        NodeList other = beginning(joining, of, slot);
        if (!start_is_plain(of->start[slot]) || !begin_alike(joining, &lead, &other) ||
            (outside && !wait_alike(joining, &lead, &other)))
            return false;
    }
    return true;
}

static Strip *strip_new(Program *program, Pass *pass)
{
    Strip *strip = arena_make(program->arena, Strip);
    strip->id = program->schedule->strip_count++;
    vec_push(program->arena, &pass->strips, strip);
    return strip;
}

void pass_strips(Program *program, Pass *pass, const int *level)
{
    Joining joining = {program, pass, level, NULL};
    for (int i = 0; i < pass->groups.n; i++) {
        Group *group = pass->groups.at[i];
        Strip *strip = NULL;
        for (int k = 0; k < pass->strips.n && !strip; k++)
            if (takes(&joining, pass->strips.at[k], group))
                strip = pass->strips.at[k];
        if (!strip)
            strip = strip_new(program, pass);
        group->strip = strip;
        group->first = strip->panels;
        group->ordinal = strip->slots;
        strip->panels += group_panels(group);
        strip->slots += group->slots;
        vec_push(program->arena, &strip->groups, group);
    }
}

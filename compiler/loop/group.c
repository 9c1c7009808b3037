/* group.c: which products run as one. Products of one phase with equally many units are slots of a group, side by side
 * in interleaved panels; terms of one sum are joined over k; the beginning of a sum that is off the cycle is hoisted:
 * it runs over all steps at once, into the slots, before the loop. Next: strip.c joins groups that begin alike, round.c
 * tells which products share an operand. Nothing here knows the name of a cell. */
#include "loop/schedule.h"

typedef struct RootSearch {
    const Node *node;
    bool found;
} RootSearch;

static void compare_root(void *context, Node **root)
{
    RootSearch *search = context;
    search->found = search->found || *root == search->node;
}

/* An output, a gradient, a start value, or read at other steps: asked for by more than its users. */
bool node_is_asked_for(const Program *program, const Node *node)
{
    RootSearch search = {node, false};
    graph_each_root(program->graph, false, compare_root, &search);
    for (int i = 0; i < program->graph->vars.n && !search.found; i++) {
        const GVar *var = program->graph->vars.at[i];
        search.found = var->init == node || (var->def == node && var->lag > 0);
    }
    return search.found;
}

/* The product that goes on with this one's sum, when nobody else reads it. */
static Node *continued_by(const Program *program, const Pass *pass, const Node *product)
{
    const NodeList *users = &pass->users[product->id];
    if (users->n != 1 || node_is_asked_for(program, product))
        return NULL;
    Node *user = users->at[0];
    return node_is_product(user) && product_start(user) == product && product_operand(user) != product ? user : NULL;
}

static bool same_stage(const Pass *pass, const Node *a, const Node *b)
{
    return pass->component[a->id] == pass->component[b->id] && pass->level[a->id] == pass->level[b->id];
}

/* A sum goes on in the same group: later in the same phase, or from outside into a loop, or outside loops. */
static bool continues_in_group(const Program *program, const Pass *pass, const Node *product)
{
    const Node *next = continued_by(program, pass, product);
    if (!next)
        return false;
    if (pass->component[product->id] < 0)
        return pass->component[next->id] >= 0 ? node_domain(product) == DOMAIN_SEQ
                                              : node_domain(product) == node_domain(next);
    return same_stage(pass, product, next);
}

static Group *group_new(Program *program, Pass *pass, const Node *result)
{
    Group *group = arena_make(program->arena, Group);
    group->id = program->schedule->group_count++;
    group->units = result->dim[0];
    vec_push(program->arena, &pass->groups, group);
    return group;
}

unsigned generated_needs(const Pass *pass, const Node *node)
{
    const Group *group = pass->group[node->id];
    const Node *whole = group && group->result[0] ? group->result[0] : node;
    return pass->backward ? 0 : pass->needs[whole->id] & ~(NEEDS_GENERATED - 1U);
}

static bool joins_group(const Pass *pass, const Group *group, const Node *result)
{
    const Node *first = group->result[0];
    return pass->component[result->id] >= 0 && group->slots < MAX_SLOTS && group->units == result->dim[0] &&
           same_stage(pass, first, result) && generated_needs(pass, first) == generated_needs(pass, result);
}

static void add_slot(Program *program, Pass *pass, Node *result)
{
    Group *group = NULL;
    for (int i = 0; i < pass->groups.n && !group; i++)
        if (joins_group(pass, pass->groups.at[i], result))
            group = pass->groups.at[i];
    if (!group)
        group = group_new(program, pass, result);
    int slot = group->slots++;
    group->result[slot] = result;
    Node *at = result;
    for (;;) {
        pass->group[at->id] = group;
        pass->slot[at->id] = slot;
        group->start[slot] = product_start(at);
        Node *before = product_start(at);
        if (!before || !node_is_product(before) || !pass_computes(program, pass, before) || before->op == OP_READ)
            break;
        if (!continues_in_group(program, pass, before) || continued_by(program, pass, before) != at)
            break;
        at = before;
    }
}

NodeList group_chain(Program *program, const Pass *pass, const Group *group, int slot)
{
    Node *at = group->result[slot];
    NodeList reversed = {0}, chain = {0};
    for (;;) {
        vec_push(program->arena, &reversed, at);
        if (product_start(at) == group->start[slot] &&
            !(product_start(at) && pass->group[product_start(at)->id] == group))
            break;
        at = product_start(at);
    }
    for (int i = reversed.n - 1; i >= 0; i--)
        vec_push(program->arena, &chain, reversed.at[i]);
    return chain;
}

int group_panels(const Group *group)
{
    return (int)((group->units + PANEL - 1) / PANEL) * group->slots;
}

/* 4 to 6 panels a block. */
static void choose_panels_at_once(Group *group)
{
    int panels = group_panels(group) / group->slots;
    group->panels_at_once = group->slots >= 4 ? 1 : group->slots >= 2 ? 2 : 4;
    if (group->panels_at_once > panels)
        group->panels_at_once = panels;
}

/* ---- backward: the adjoint of a slot's sum multiplies the same matrix the other way, so it can be told by it ---- */

static void claim(Pass *pass, Node *adjoint, Group *group, int slot)
{
    if (pass->mirror[adjoint->id] && (pass->mirror[adjoint->id] != group || pass->mirror_slot[adjoint->id] != slot))
        return;
    pass->mirror[adjoint->id] = group;
    pass->mirror_slot[adjoint->id] = slot;
}

static int uses_of_matrix(const Program *program, const Node *matrix, Node **product)
{
    const Pass *forward = &program->schedule->forward;
    int n = 0;
    for (int i = 0; i < forward->users[matrix->id].n; i++) {
        Node *user = forward->users[matrix->id].at[i];
        if (node_is_product(user) && product_matrix(user) == matrix) {
            *product = user;
            n++;
        }
    }
    return n;
}

/* What may read a value that stands interleaved with others; reads at other steps see the same rows. */
static bool may_walk(const Node *user)
{
    return (node_is_elementwise(user) && user->op != OP_OUTER) || node_is_product(user) || user->op == OP_CONTRACT ||
           (user->op == OP_AT && user->rank == 1) || (user->op == OP_SUM_AXES && node_domain(user) == DOMAIN_ONCE);
}

static bool walks_interleaved(const Graph *graph, const Node *node)
{
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *user = graph->nodes.at[i];
        for (int k = 0; k < user->n; k++) {
            const Node *arg = user->arg[k];
            bool reads = arg == node || (arg->op == OP_READ && arg->var->def == node);
            if (reads && !may_walk(user))
                return false;
        }
    }
    return true;
}

static void mirror_operand(const Program *program, Pass *pass, const Node *matrix, Node *adjoint)
{
    Node *product = NULL;
    if (!adjoint || uses_of_matrix(program, matrix, &product) != 1 || !pass_computes(program, pass, adjoint))
        return;
    Group *group = program->schedule->forward.group[product->id];
    bool fits = adjoint->rank == 1 && group && group->strip->slots > 1 && adjoint->dim[0] == group->units &&
                op_info[adjoint->op].family == FAMILY_EW && node_domain(adjoint) == node_domain(group->result[0]);
    if (fits && (group->slots == 1 || walks_interleaved(program->graph, adjoint)))
        claim(pass, adjoint, group, program->schedule->forward.slot[product->id]);
}

/* Two adjoints must not stand in one slot. */
static void drop_double_claims(const Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++)
        for (int k = 0; pass->mirror[i] && k < i; k++)
            if (pass->mirror[k] == pass->mirror[i] && pass->mirror_slot[k] == pass->mirror_slot[i])
                pass->mirror[i] = NULL;
}

static void find_mirrors(const Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        Node *node = graph->nodes.at[i];
        if (!pass_computes(program, pass, node) || !node_is_product(node))
            continue;
        Node *operand = product_operand(node), *def = operand->op == OP_READ ? operand->var->def : NULL;
        mirror_operand(program, pass, product_matrix(node), def ? def : operand);
    }
    drop_double_claims(program, pass);
}

void pass_groups(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    const int *level = pass_first_levels(program, pass);
    if (pass->backward)
        find_mirrors(program, pass);
    for (int i = 0; i < graph->nodes.n; i++) {
        Node *node = graph->nodes.at[i];
        if (pass_computes(program, pass, node) && node_is_product(node) && !continues_in_group(program, pass, node))
            add_slot(program, pass, node);
    }
    for (int i = 0; i < pass->groups.n; i++)
        choose_panels_at_once(pass->groups.at[i]);
    pass_strips(program, pass, level);
    pass_rounds(program, pass);
}

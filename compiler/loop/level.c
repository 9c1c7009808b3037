/* level.c: how deep each node lies: longest paths over edges that need a complete value (1) or can share registers (0).
 * Inside a loop the levels are its phases; outside they order the blocks. */
#include "loop/schedule.h"

/* Values that one block can compute side by side: vectors of equal shape, or numbers. */
bool same_vectors(const Node *a, const Node *b)
{
    return a->rank == b->rank && a->rank > 0 && a->dim[0] == b->dim[0] && a->dim[1] == b->dim[1];
}

static int product_edge(const Node *from, const Node *product, bool in_loop)
{
    bool is_start = product_start(product) == from && product_operand(product) != from;
    return is_start && in_loop && node_is_product(from) && node_is_product(product) ? 0 : 1;
}

/* 1: `from` must be complete before `to` starts. */
static int edge_weight(const Node *from, const Node *to, bool in_loop)
{
    if (op_info[to->op].family == FAMILY_PRODUCT)
        return product_edge(from, to, in_loop);
    if (to->op == OP_OUTER || to->op == OP_ONEHOT)
        return 1;
    if (node_is_elementwise(to) && to->rank > 0) {
        bool flows = node_is_elementwise(from) || (in_loop && node_is_product(from));
        return flows && same_vectors(from, to) ? 0 : 1;
    }
    if (node_is_computed_number(to))
        return node_is_computed_number(from) && !node_is_total(from) == !node_is_total(to) ? 0 : 1;
    return 1;
}

/* ---- inside loops ---- */

static int argument_level(const Pass *pass, const Node *node)
{
    int level = 0;
    for (int k = 0; k < node->n; k++) {
        const Node *arg = node->arg[k];
        if (node_is_leaf(arg) || pass->component[arg->id] != pass->component[node->id])
            continue;
        int at = pass->level[arg->id] + edge_weight(arg, node, true);
        level = at > level ? at : level;
    }
    return level;
}

/* The latest level at which all users still find the node in time. */
static int latest_level(const Pass *pass, const Node *node)
{
    int latest = 1 << 20;
    for (int k = 0; k < pass->users[node->id].n; k++) {
        const Node *user = pass->users[node->id].at[k];
        if (pass->component[user->id] != pass->component[node->id])
            continue;
        int at = pass->level[user->id] - edge_weight(node, user, true);
        latest = at < latest ? at : latest;
    }
    return latest;
}

/* Is the value there at that level, even when nobody but `but` asks for it: kept for others, or made of such values by
 * elementwise work that moves along? */
static bool is_at_hand(const Program *program, const Pass *pass, const Node *node, const Node *but, int level,
                       int depth)
{
    if (node_is_leaf(node) || !pass_computes(program, pass, node) || (node->defines && node->defines->lag > 0) ||
        pass->component[node->id] != pass->component[but->id])
        return true;
    bool early = false;
    for (int k = 0; k < pass->users[node->id].n; k++) {
        const Node *user = pass->users[node->id].at[k];
        if (pass->component[user->id] != pass->component[node->id] || (user != but && pass->level[user->id] >= level))
            return true;
        early = early || user != but;
    }
    bool moves = !early && depth < 8 && node_is_elementwise(node) && edge_weight(node, but, true) == 0;
    for (int k = 0; k < node->n && moves; k++)
        moves = is_at_hand(program, pass, node->arg[k], node, level, depth + 1);
    return moves;
}

/* Work that is used only in a later phase moves there when that keeps no additional value alive: so the gate, not
 * (1 - gate) * h, crosses the border, and the terms of one sum become one product. */
static void sink(const Program *program, Pass *pass, Node *node)
{
    int latest = latest_level(pass, node);
    if (latest == 1 << 20 || latest <= pass->level[node->id])
        return;
    if (node_is_product(node)) {
        const NodeList *users = &pass->users[node->id];
        if (users->n == 1 && product_start(users->at[0]) == node && node_is_product(users->at[0]))
            pass->level[node->id] = latest;
        return;
    }
    if (!node_is_elementwise(node) || !pass_computes(program, pass, node))
        return;
    for (int k = 0; k < node->n; k++)
        if (!is_at_hand(program, pass, node->arg[k], node, latest, 0))
            return;
    pass->level[node->id] = latest;
}

void pass_loop_levels(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    for (int i = 0; i < graph->nodes.n; i++)
        if (pass->component[i] >= 0 && pass_computes(program, pass, graph->nodes.at[i]))
            pass->level[i] = argument_level(pass, graph->nodes.at[i]);
    for (int i = graph->nodes.n - 1; i >= 0; i--)
        if (pass->component[i] >= 0 && pass_computes(program, pass, graph->nodes.at[i]))
            sink(program, pass, graph->nodes.at[i]);
}

/* ---- among all blocks: loops and rounds of products count as one unit ---- */

typedef struct Units {
    const Program *program;
    const Pass *pass;
    int *unit;  /* [nodes] id of the first node of its unit */
    int *level; /* [nodes] by unit */
    bool changed;
} Units;

static void units_find(Units *u)
{
    const Graph *graph = u->program->graph;
    int n = graph->nodes.n;
    int *first_of_loop = arena_array(u->program->arena, int, u->program->schedule->loops->n + 1);
    for (int i = 0; i < u->program->schedule->loops->n; i++)
        first_of_loop[i] = -1;
    for (int i = 0; i < n; i++) {
        int loop = u->pass->component[i];
        const Round *round = u->pass->round[i];
        u->unit[i] = i;
        if (!u->pass->in[i])
            continue;
        if (loop >= 0) {
            if (first_of_loop[loop] < 0)
                first_of_loop[loop] = i;
            u->unit[i] = first_of_loop[loop];
        } else if (round && round->products.n) {
            u->unit[i] = round->products.at[0]->id;
        }
        u->level[i] = 1;
    }
}

static bool is_single(const Units *u, const Node *node)
{
    return u->pass->component[node->id] < 0 && !u->pass->round[node->id];
}

static void raise(Units *u, const Node *node, int level)
{
    int unit = u->unit[node->id];
    if (u->level[unit] < level) {
        u->level[unit] = level;
        u->changed = true;
    }
}

/* Everything a READ looks at must be there: the variable's sequence and what stands before it. */
static void relax_read(Units *u, const Node *user, const Node *read)
{
    const GVar *var = read->var;
    if (var->init && u->pass->in[var->init->id] && !node_is_leaf(var->init))
        raise(u, user, u->level[u->unit[var->init->id]] + 2);
    if (var->def && pass_computes(u->program, u->pass, var->def) && u->unit[var->def->id] != u->unit[user->id])
        raise(u, user, u->level[u->unit[var->def->id]] + 1);
}

/* A variable that is read at later steps holds its start value past the ends of rows. */
static void relax_start(Units *u, const GVar *var)
{
    const Graph *graph = u->program->graph;
    if (!var->init || !var->def || !pass_computes(u->program, u->pass, var->def) || node_is_leaf(var->init) ||
        !u->pass->in[var->init->id] || u->unit[var->init->id] == u->unit[var->def->id])
        return;
    for (int i = 0; i < graph->nodes.n; i++)
        if (graph->nodes.at[i]->op == OP_READ && graph->nodes.at[i]->var == var && graph->nodes.at[i]->offset > 0) {
            raise(u, var->def, u->level[u->unit[var->init->id]] + 1);
            return;
        }
}

static int unit_weight(const Units *u, const Node *from, const Node *to)
{
    if (u->pass->fused[from->id]) /* in the loop of the sum */
        return 0;
    if (u->pass->fused[to->id])
        return 1;
    if (is_single(u, to) && is_single(u, from) && node_domain(from) == node_domain(to) &&
        u->pass->needs[from->id] == u->pass->needs[to->id] && node_is_total(from) == node_is_total(to))
        return edge_weight(from, to, false);
    bool starts = op_info[to->op].family == FAMILY_PRODUCT && product_start(to) == from;
    return starts ? 2 : 1; /* room for writing starts into the slots of a group */
}

/* A round before the loop adds to the sums that the one before it has begun; the first one finds all starts written. */
static void relax_round(Units *u, const Node *product)
{
    const Group *group = u->pass->group[product->id];
    const Strip *strip = group ? group->strip : NULL;
    if (!strip || strip->rounds.n == 0)
        return;
    for (int r = 1; r < strip->rounds.n; r++)
        if (strip->rounds.at[r] == u->pass->round[product->id])
            raise(u, product, u->level[u->unit[strip->rounds.at[r - 1]->products.at[0]->id]] + 1);
    bool first = strip->rounds.at[0] == u->pass->round[product->id];
    for (int s = 0; s < group->slots && first && strip->prefill; s++)
        if (group->start[s] && pass_computes(u->program, u->pass, group->start[s]))
            raise(u, product, u->level[u->unit[group->start[s]->id]] + 2);
}

static void relax(Units *u, const Node *node)
{
    relax_round(u, node);
    for (int k = 0; k < node->n; k++) {
        const Node *arg = node->arg[k];
        if (arg->op == OP_READ)
            relax_read(u, node, arg);
        if (pass_computes(u->program, u->pass, arg) && u->unit[arg->id] != u->unit[node->id])
            raise(u, node, u->level[u->unit[arg->id]] + unit_weight(u, arg, node));
    }
}

/* ---- elementwise work outside loops waits for the block that reads it, and goes through no memory ---- */

static bool *read_by_variables(const Program *program)
{
    const Graph *graph = program->graph;
    bool *read = arena_array(program->arena, bool, graph->nodes.n);
    for (int i = 0; i < graph->vars.n; i++) {
        const GVar *var = graph->vars.at[i];
        if (var->def && var->lag > 0)
            read[var->def->id] = true;
        if (var->init)
            read[var->init->id] = true;
    }
    return read;
}

static bool may_wait(const Units *u, const bool *read, const Node *node)
{
    return pass_computes(u->program, u->pass, node) && is_single(u, node) && node_is_elementwise(node) &&
           node->rank > 0 && node_domain(node) != DOMAIN_ONCE && !read[node->id];
}

/* In memory whether `but` reads it or not, or made of such values by work that waits too. */
static bool is_kept_anyway(const Units *u, const bool *read, const Node *node, const Node *but, int depth)
{
    if (!may_wait(u, read, node))
        return true;
    bool other = false;
    for (int k = 0; k < u->pass->users[node->id].n; k++) {
        const Node *user = u->pass->users[node->id].at[k];
        if (user != but && (!is_single(u, user) || u->level[user->id] != u->level[node->id]))
            return true;
        other = other || user != but;
    }
    bool waits = !other && depth < 8;
    for (int k = 0; k < node->n && waits; k++)
        waits = is_kept_anyway(u, read, node->arg[k], node, depth + 1);
    return waits;
}

/* Nobody reads the sum that the fused value goes into. */
static bool is_last(const Units *u, const Node *fused)
{
    while (u->pass->fused[fused->id]) {
        if (u->pass->users[fused->id].n > 1)
            return false;
        fused = u->pass->users[fused->id].at[0];
    }
    return u->pass->users[fused->id].n == 0;
}

/* Sums come after the last of what their loops read. */
static void sums_wait(Units *u)
{
    const Graph *graph = u->program->graph;
    for (int i = 0; i < graph->nodes.n; i++) {
        const Node *node = graph->nodes.at[i];
        bool fused = u->pass->fused[i] || (node_is_row_sum(node) && u->pass->fused[node->arg[0]->id]);
        for (int k = 0; k < node->n && fused && pass_computes(u->program, u->pass, node); k++) {
            const Node *arg = node->arg[k];
            int after = u->level[u->unit[arg->id]] + unit_weight(u, arg, node);
            if (pass_computes(u->program, u->pass, arg) && u->level[i] < after)
                u->level[i] = after;
        }
    }
}

static void let_wait(Units *u, const bool *read, const Node *node)
{
    int latest = 1 << 20;
    bool shares = false;
    for (int k = 0; k < u->pass->users[node->id].n; k++) {
        const Node *user = u->pass->users[node->id].at[k];
        if (u->pass->fused[user->id]) /* the sum waits as well: sums_wait */
            continue;
        int weight = unit_weight(u, node, user), at = u->level[u->unit[user->id]] - weight;
        if (at < latest)
            shares = false;
        latest = at < latest ? at : latest;
        shares = shares || (at == latest && weight == 0);
    }
    if (!shares || latest <= u->level[node->id])
        return;
    for (int k = 0; k < u->pass->users[node->id].n; k++)
        if (u->pass->fused[u->pass->users[node->id].at[k]->id] && !is_last(u, u->pass->users[node->id].at[k]))
            return;
    for (int k = 0; k < node->n; k++)
        if (!is_kept_anyway(u, read, node->arg[k], node, 0))
            return;
    u->level[node->id] = latest;
}

/* The earliest level of each unit. */
static Units find_levels(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    int n = graph->nodes.n;
    Units u = {.program = program,
               .pass = pass,
               .unit = arena_array(program->arena, int, n),
               .level = arena_array(program->arena, int, n),
               .changed = true};
    units_find(&u);
    for (int round = 0; u.changed; round++) {
        if (round > n + 2)
            BUG("the blocks of '%s' depend on each other in a circle", program->model->name);
        u.changed = false;
        for (int i = 0; i < n; i++)
            if (pass_computes(program, pass, graph->nodes.at[i]))
                relax(&u, graph->nodes.at[i]);
        for (int i = 0; i < graph->vars.n; i++)
            relax_start(&u, graph->vars.at[i]);
    }
    return u;
}

const int *pass_first_levels(Program *program, Pass *pass)
{
    Units u = find_levels(program, pass);
    int n = program->graph->nodes.n, *level = arena_array(program->arena, int, n);
    for (int i = 0; i < n; i++)
        level[i] = u.level[u.unit[i]];
    return level;
}

void pass_levels(Program *program, Pass *pass)
{
    const Graph *graph = program->graph;
    int n = graph->nodes.n;
    Units u = find_levels(program, pass);
    const bool *read = read_by_variables(program);
    for (int i = n - 1; i >= 0; i--)
        if (may_wait(&u, read, graph->nodes.at[i]))
            let_wait(&u, read, graph->nodes.at[i]);
    sums_wait(&u);
    int *loop_level = arena_array(program->arena, int, program->schedule->loops->n + 1);
    for (int i = 0; i < n; i++) {
        if (!pass_computes(program, pass, graph->nodes.at[i]))
            continue;
        if (pass->component[i] < 0)
            pass->level[i] = u.level[u.unit[i]];
        else
            loop_level[pass->component[i]] = u.level[u.unit[i]];
    }
    pass->loop_level = loop_level;
}

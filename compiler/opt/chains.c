/* chains.c: a nest of additions whose inner sums have no other use is one sum of terms. If one of them is a product of
 * a matrix that no row owns, the sum becomes
 *     terms outside the loop that are no products, in source order,
 *     + products outside the loop, + products of the loop      (each FMA_PRODUCT(accumulator, matrix, vector)),
 *     + the remaining terms of the loop.
 * The loop is the cycle the sum itself is part of: what is not in it can be computed before the loop starts, and the
 * products of the loop continue the chain that the products outside began. */
#include "opt/chains.h"

#include "graph/builders.h"
#include "graph/loops.h"
#include "graph/node.h"

typedef struct Addend {
    Node *node;
    bool negative;
} Addend;
typedef VEC(Addend) Sum;
typedef struct Chains {
    Graph *graph;
    int from;
    const GraphLoops *loops;
    int *uses;         /* by id */
    bool *has_product; /* by id: a product, or a sum that would be taken apart and has one */
    bool *absorbed;    /* by id: an inner sum of a larger one */
} Chains;

/* ---- uses ---- */
static void count_use(void *context, Node **root)
{
    int *uses = context;
    uses[(*root)->id]++;
}

static void count_uses(Chains *chains)
{
    Graph *graph = chains->graph;
    const bool *live = graph_live(graph, false);
    graph_each_root(graph, false, count_use, chains->uses);
    for (int id = 0; id < graph->nodes.n; id++) {
        Node *node = graph->nodes.at[id];
        if (!live[id])
            continue;
        for (int i = 0; i < node->n; i++)
            chains->uses[node->arg[i]->id]++;
        if (node->op == OP_READ && node->var->def != NULL)
            chains->uses[node->var->def->id]++;
        if (node->op == OP_READ && node->var->init != NULL)
            chains->uses[node->var->init->id]++;
    }
}

/* ---- taking sums apart ---- */
static bool is_sum(const Node *node)
{
    return (node->op == OP_ADD || node->op == OP_SUB) && node->rank == 1;
}

static bool is_product(const Chains *chains, const Node *node)
{
    return node->op == OP_MATVEC && node->arg[0]->axes == 0 && chains->uses[node->id] == 1;
}

/* Whether `inner`, an operand of the sum `outer`, is taken apart with it. A sum outside the loop without products stays
 * one term: it is added up once. */
static bool is_inner(const Chains *chains, const Node *outer, const Node *inner)
{
    return is_sum(inner) && chains->uses[inner->id] == 1 && inner->id >= chains->from &&
           (chains->has_product[inner->id] || loops_same_cycle(chains->loops, outer, inner));
}

static void find_products(Chains *chains)
{
    Graph *graph = chains->graph;
    for (int id = chains->from; id < graph->nodes.n; id++) {
        Node *node = graph->nodes.at[id];
        for (int i = 0; is_sum(node) && i < 2; i++) {
            Node *operand = node->arg[i];
            const bool inner = is_sum(operand) && chains->uses[operand->id] == 1 && chains->has_product[operand->id];
            if (is_product(chains, operand) || inner)
                chains->has_product[id] = true;
        }
    }
    for (int id = graph->nodes.n - 1; id >= chains->from; id--) { /* users first */
        Node *node = graph->nodes.at[id];
        for (int i = 0; is_sum(node) && i < 2; i++)
            if (chains->has_product[id] && is_inner(chains, node, node->arg[i]))
                chains->has_product[node->arg[i]->id] = chains->absorbed[node->arg[i]->id] = true;
    }
}

static void take_apart(const Chains *chains, const Node *sum, bool negative, Sum *terms)
{
    for (int i = 0; i < 2; i++) {
        Node *operand = sum->arg[i];
        const bool sign = negative != (sum->op == OP_SUB && i == 1);
        if (is_inner(chains, sum, operand))
            take_apart(chains, operand, sign, terms);
        else
            vec_push(chains->graph->arena, terms, (Addend){operand, sign});
    }
}

/* ---- putting them together ---- */
static Node *add_term(Graph *graph, Node *sum, Node *term, bool negative)
{
    if (sum == NULL)
        return negative ? Neg(term) : term;
    return negative ? Sub(sum, term) : Add(sum, term);
}

/* A product that is subtracted is the product with the negated vector: the same bits. */
static Node *add_product(Graph *graph, Node *sum, const Node *product, const Addend *addend, Node **now)
{
    Node *matrix = now[product->arg[0]->id], *vector = now[product->arg[1]->id];
    if (addend->negative)
        vector = Neg(vector);
    if (sum == NULL)
        return build_matvec(graph, matrix, product->ta, vector);
    const int64_t dim[2] = {product->dim[0], 1};
    sum = graph_fit(graph, sum, 1, dim, sum->axes);
    return graph_node(graph,
                      &(NodeSpec){.op = OP_FMA_PRODUCT, .n = 3, .arg = {sum, matrix, vector}, .ta = product->ta});
}

static Node *chain(const Chains *chains, const Node *root, const Sum *terms, Node **now)
{
    static const struct {
        bool product, loop;
    } turns[] = {{false, false}, {true, false}, {true, true}, {false, true}};
    Node *sum = NULL;
    for (int turn = 0; turn < 4; turn++)
        for (int i = 0; i < terms->n; i++) {
            const Addend *addend = &terms->at[i];
            /* a product that varies over fewer axes is made once for all of them, a term like any other */
            const bool product = is_product(chains, addend->node) && addend->node->axes == root->axes;
            if (product != turns[turn].product ||
                loops_same_cycle(chains->loops, root, addend->node) != turns[turn].loop)
                continue;
            sum = product ? add_product(chains->graph, sum, addend->node, addend, now)
                          : add_term(chains->graph, sum, now[addend->node->id], addend->negative);
        }
    return sum;
}

static Node *make(void *context, Graph *graph, Node *node, Node **now)
{
    const Chains *chains = context;
    Sum terms = {0};
    if (node->id < chains->from || !is_sum(node) || !chains->has_product[node->id] || chains->absorbed[node->id])
        return NULL;
    take_apart(chains, node, false, &terms);
    return graph_fit(graph, chain(chains, node, &terms, now), node->rank, node->dim, node->axes);
}

void chains_run(Graph *graph, int from)
{
    const int n = graph->nodes.n;
    Chains chains = {.graph = graph,
                     .from = from,
                     .loops = graph_loops(graph),
                     .uses = arena_array(graph->arena, int, n),
                     .has_product = arena_array(graph->arena, bool, n),
                     .absorbed = arena_array(graph->arena, bool, n)};
    count_uses(&chains);
    find_products(&chains);
    graph_rewrite(graph, make, &chains);
    graph_compact(graph);
}

/* loops.c: Tarjan's algorithm with its own stack: graphs are deeper than the C stack is sure to be. */
#include "graph/loops.h"

#include "support/diag.h"

typedef struct Frame {
    Node *node;
    int next; /* the successor to look at next */
} Frame;
typedef struct Tarjan {
    Graph *graph;
    GraphLoops *loops;
    int *number, *low; /* by node id; number 0: not seen */
    bool *open;        /* on `path` */
    int seen;
    VEC(Node *) path;
    VEC(Frame) stack;
    VEC(Component) found;
} Tarjan;

/* Operands, then what a READ looks at; NULL behind the last. */
static Node *successor(const Node *node, int index, bool *end)
{
    *end = false;
    if (index < node->n)
        return node->arg[index];
    if (node->op == OP_READ && index - node->n == 0)
        return node->var->def;
    if (node->op == OP_READ && index - node->n == 1)
        return node->var->init;
    *end = true;
    return NULL;
}

static void enter(Tarjan *t, Node *node)
{
    t->number[node->id] = t->low[node->id] = ++t->seen;
    t->open[node->id] = true;
    vec_push(t->graph->arena, &t->path, node);
    vec_push(t->graph->arena, &t->stack, (Frame){node, 0});
}

/* Takes a finished component off the path. */
static void close_component(Tarjan *t, const Node *root)
{
    const int index = t->found.n;
    Component component = {.axis = -1};
    Node *node;
    do {
        node = t->path.at[--t->path.n];
        t->open[node->id] = false;
        t->loops->of_node[node->id] = index;
        component.nodes++;
    } while (node != root);
    vec_push(t->graph->arena, &t->found, component);
}

static void walk(Tarjan *t, Node *root)
{
    enter(t, root);
    while (t->stack.n > 0) {
        Frame *frame = &vec_last(&t->stack);
        Node *node = frame->node;
        bool end;
        Node *next = successor(node, frame->next++, &end);
        if (!end) {
            if (next != NULL && t->number[next->id] == 0)
                enter(t, next);
            else if (next != NULL && t->open[next->id] && t->number[next->id] < t->low[node->id])
                t->low[node->id] = t->number[next->id];
            continue;
        }
        t->stack.n--;
        if (t->low[node->id] == t->number[node->id])
            close_component(t, node);
        if (t->stack.n > 0) {
            const Node *user = vec_last(&t->stack).node;
            if (t->low[node->id] < t->low[user->id])
                t->low[user->id] = t->low[node->id];
        }
    }
}

/* The reads that close a cycle give it its axis and direction. */
static void orient(Tarjan *t)
{
    GraphLoops *loops = t->loops;
    for (int id = 0; id < t->graph->nodes.n; id++) {
        const Node *read = t->graph->nodes.at[id];
        if (loops->of_node[id] < 0 || read->op != OP_READ || read->var->def == NULL ||
            loops->of_node[read->var->def->id] != loops->of_node[id])
            continue;
        Component *component = &loops->at[loops->of_node[id]];
        const int direction = read->offset < 0 ? 1 : -1;
        if (component->cycle && (component->axis != read->axis || component->direction != direction))
            BUG("a cycle through %s runs both ways", read->var->path);
        component->cycle = true;
        component->axis = read->axis;
        component->direction = direction;
    }
}

GraphLoops *graph_loops(Graph *graph)
{
    const int n = graph->nodes.n;
    Arena *arena = graph->arena;
    const bool *live = graph_live(graph, true);
    GraphLoops *loops = arena_make(arena, GraphLoops);
    loops->of_node = arena_array(arena, int, n);
    loops->nodes = n;
    Tarjan t = {.graph = graph,
                .loops = loops,
                .number = arena_array(arena, int, n),
                .low = arena_array(arena, int, n),
                .open = arena_array(arena, bool, n)};
    for (int id = 0; id < n; id++)
        loops->of_node[id] = -1;
    for (int id = 0; id < n; id++)
        if (live[id] && t.number[id] == 0)
            walk(&t, graph->nodes.at[id]);
    loops->n = t.found.n;
    loops->at = t.found.at;
    orient(&t);
    return loops;
}

bool loops_same_cycle(const GraphLoops *loops, const Node *a, const Node *b)
{
    const int c = loops->of_node[a->id];
    return c >= 0 && c == loops->of_node[b->id] && loops->at[c].cycle;
}

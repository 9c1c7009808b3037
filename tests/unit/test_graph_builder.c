/* The builder: equal nodes are one node, the simplifications, inferred shapes; what `chains` makes of sums. */
#include "graph/loops.h"
#include "graph_case.h"
#include "opt/chains.h"
#include "support/text.h"

static const AxisSet seq = 3;

static Node *vec(GraphCase *c, int n, AxisSet axes)
{
    return case_var(c, axes == 0 ? GVAR_PARAM : GVAR_INPUT, n == 0 ? 0 : 1, n, 1, axes, -1, 1);
}

static Node *mat(GraphCase *c, int rows, int columns)
{
    return case_var(c, GVAR_PARAM, 2, rows, columns, 0, -1, 1);
}

static void test_sharing(void)
{
    GraphCase c = case_new(2, 3, false, 1);
    Graph *graph = c.graph;
    Node *x = vec(&c, 3, seq), *y = vec(&c, 3, 0), *s = vec(&c, 0, 0);
    CHECK(Add(x, y) == Add(y, x));
    CHECK(Sub(x, y) != Sub(y, x));
    CHECK(Add(x, y)->arg[0] == x && Add(y, x)->arg[0] == x); /* in the order first written */
    CHECK(Mul(x, s)->axes == seq && Mul(x, s)->rank == 1);
    CHECK(build_read(graph, x->var, CASE_T, -1) != build_read(graph, x->var, CASE_T, -2));
    CHECK(Num(0.0) != Num(-0.0));
    CHECK(Matvec(mat(&c, 2, 3), x)->dim[0] == 2);
    CHECK(Exp(Sub(x, y)) == Exp(Sub(x, y)));
    arena_free(c.arena);
}

static void test_rules(void)
{
    GraphCase c = case_new(2, 3, false, 1);
    Graph *graph = c.graph;
    Node *x = vec(&c, 3, seq), *y = vec(&c, 3, 0), *s = vec(&c, 0, 0), *m = mat(&c, 3, 3);
    CHECK(Mul(x, One) == x && Mul(One, x) == x && Div(x, One) == x);
    CHECK(Add(x, Zero) == x && Sub(x, Zero) == x && Sub(Zero, x) == Neg(x));
    CHECK(Neg(Neg(x)) == x && Neg(Sub(x, y)) == Sub(y, x) && Add(x, Neg(y)) == Sub(x, y));
    CHECK(Mul(Zero, x)->op == OP_MUL); /* x may be infinite */
    CHECK(node_is_number(Mul(Zero, Sigmoid(x)), 0) && Mul(Zero, Sigmoid(x))->axes == seq);
    CHECK(Add(Num(2), Num(3)) == Num(5) && Pow(x, Num(2)) == Mul(x, x));
    CHECK(Transpose(Transpose(m)) == m && Matvec(Transpose(m), x) == MatvecTransposed(m, x));
    CHECK(build_expand_axes(graph, x, seq) == x);
    CHECK(Add(build_expand_axes(graph, y, seq), x) == Add(y, x));
    Node *wide = Mul(build_expand_axes(graph, y, seq), s);
    CHECK(wide->op == OP_EXPAND && wide->arg[0] == Mul(y, s)); /* computed once, expanded after */
    CHECK(build_unary(graph, OP_SUM, Mul(x, y)) == Dot(x, y) && Dot(x, x)->op == OP_SUMSQ);
    CHECK(Where(One, x, y)->op == OP_INPUT && Where(Gt(s, Zero), x, x) == x);
    arena_free(c.arena);
}

static void test_sums(void)
{
    GraphCase c = case_new(2, 3, false, 1);
    Graph *graph = c.graph;
    Node *x = vec(&c, 3, seq), *y = vec(&c, 2, seq), *p = vec(&c, 3, 0), *row = vec(&c, 2, 1);
    Node *outer = build_over(graph, OP_SUM_AXES, build_binary(graph, OP_OUTER, x, y), seq);
    CHECK(outer->op == OP_CONTRACT && outer->axes == 0 && outer->dim[0] == 3 && outer->dim[1] == 2);
    Node *half = build_over(graph, OP_SUM_AXES, build_binary(graph, OP_OUTER, x, row), seq);
    CHECK(half->op == OP_CONTRACT && half->over == 1 && half->arg[0]->op == OP_SUM_AXES);
    Node *scaled = build_over(graph, OP_SUM_AXES, Mul(x, p), seq);
    CHECK(scaled->op == OP_MUL && scaled->arg[0]->op == OP_SUM_AXES);
    Node *counted = build_over(graph, OP_SUM_AXES, build_expand_axes(graph, p, seq), seq);
    CHECK(counted == Mul(p, build_count(graph, seq, 0)));
    Node *first = graph_node(graph, &(NodeSpec){.op = OP_IS_STEP, .axis = CASE_T});
    CHECK(build_over(graph, OP_SUM_AXES, Where(first, x, Zero), seq) ==
          build_over(graph, OP_SUM_AXES, build_at(graph, x, CASE_T, 0, false), 1));
    arena_free(c.arena);
}

/* The formula of h after chains, for a sum made by `make`. */
typedef Node *MakeSum(GraphCase *c, Node *old);

static Node *written_backwards(GraphCase *c, Node *old)
{
    Graph *graph = c->graph;
    Node *x = vec(c, 3, seq), *b = vec(c, 3, 0), *peep = vec(c, 3, 0), *w = mat(c, 3, 3), *u = mat(c, 3, 3);
    return Add(Add(Add(Mul(peep, old), Matvec(w, old)), Matvec(u, x)), b);
}

static Node *subtracted(GraphCase *c, Node *old)
{
    Graph *graph = c->graph;
    Node *x = vec(c, 3, seq), *w = mat(c, 3, 3), *u = mat(c, 3, 3);
    return Sub(Matvec(w, old), Add(Matvec(u, x), x));
}

static Node *shared_product(GraphCase *c, Node *old)
{
    Graph *graph = c->graph;
    Node *x = vec(c, 3, seq), *product = Matvec(mat(c, 3, 3), x);
    return Mul(Add(product, old), product);
}

static Node *two_of_each(GraphCase *c, Node *old)
{
    Graph *graph = c->graph;
    Node *x = vec(c, 3, seq), *a = mat(c, 3, 3), *b = mat(c, 3, 3);
    return Add(Add(Matvec(a, old), MatvecTransposed(b, x)), Add(Matvec(b, old), Matvec(a, x)));
}

static void check_chain(MakeSum *make, const char *wanted)
{
    GraphCase c = case_new(2, 3, false, 1);
    Graph *graph = c.graph;
    GVar *h = arena_make(c.arena, GVar);
    *h = (GVar){.kind = GVAR_EQUATION,
                .id = 0,
                .rank = 1,
                .dim = {3, 1},
                .axes = seq,
                .name = "h",
                .path = "h",
                .lag = 1,
                .loop_axis = -1};
    vec_push(c.arena, &graph->vars, h);
    h->def = build_unary(graph, OP_TANH, make(&c, build_read(graph, h, CASE_T, -1)));
    h->def->defines = h;
    vec_push(c.arena, &graph->outputs, (GOutput){h, h->def, false});
    chains_run(graph, 0);
    CHECK(graph_verify(graph) == NULL);
    const GraphLoops *loops = graph_loops(graph);
    const Component *loop = &loops->at[loops->of_node[h->def->id]];
    CHECK(loop->cycle && loop->axis == CASE_T && loop->direction == 1);
    Text text = text_new(c.arena);
    graph_print(&text, graph, false);
    CHECK_TEXT(text_z(&text), wanted);
    arena_free(c.arena);
}

int main(void)
{
    test_sharing();
    test_rules();
    test_sums();
    check_chain(written_backwards, "h[t] : [3] = tanh(v2 + v5 @ v1[t] + v4 @ h[t-1] + v3 * h[t-1])\n"
                                   "output h[t] = h[t]\n");
    check_chain(subtracted, "#neg_v1[t] : [3] = -v1[t]\n"
                            "h[t] : [3] = tanh(#neg_v1[t] + v3 @ #neg_v1[t] + v2 @ h[t-1])\n"
                            "output h[t] = h[t]\n");
    check_chain(shared_product, "#v2_v1[t] : [3] = v2 @ v1[t]\n"
                                "h[t] : [3] = tanh((#v2_v1[t] + h[t-1]) * #v2_v1[t])\n"
                                "output h[t] = h[t]\n");
    check_chain(two_of_each, "h[t] : [3] = tanh(v3' @ v1[t] + v2 @ v1[t] + v2 @ h[t-1] + v3 @ h[t-1])\n"
                             "output h[t] = h[t]\n");
    return unit_result();
}

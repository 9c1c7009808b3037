/* Recurrences, differentiated: loops in both directions, delays of one and more steps, start values, rows of unequal
 * length, streams that go on (carry), reads of inputs and of plain variables at other steps, edges, first and last
 * steps, masks, lookups. Each graph: complex step against its gradient, before and after `chains`. Every planted fault
 * in the treatment of time must be found. */
#include "graph/loops.h"
#include "graph_case.h"
#include "opt/chains.h"
#include "opt/retime.h"
#include "opt/simplify.h"

enum { ROWS = 4, STEPS = 5 };
static const AxisSet seq = 3;

static GVar *equation(GraphCase *c, const char *name, int rank, int64_t rows, int64_t columns, Node *init)
{
    GVar *var = arena_make(c->arena, GVar);
    *var = (GVar){.kind = GVAR_EQUATION,
                  .id = c->graph->vars.n,
                  .rank = rank,
                  .axes = seq,
                  .loop_axis = -1,
                  .dim = {rank > 0 ? rows : 1, rank > 1 ? columns : 1},
                  .name = name,
                  .path = name,
                  .init = init};
    vec_push(c->arena, &c->graph->vars, var);
    const size_t n = (size_t)(3 * ROWS) * (size_t)(var->dim[0] * var->dim[1]);
    c->state[var->id].real = case_numbers(c, n, -1, 1);
    c->state_direction[var->id].real = c->graph->model->axes.at[CASE_T].carry ? case_numbers(c, n, -1, 1) : NULL;
    return var;
}

static Node *define(GraphCase *c, GVar *var, Node *def)
{
    var->def = build_expand_axes(c->graph, def, seq);
    if (var->def->n > 0 && var->def->defines == NULL) {
        var->def->defines = var;
        var->def->name = var->name;
    }
    return var->def;
}

static Node *read(GraphCase *c, GVar *var, int offset)
{
    const int distance = offset < 0 ? -offset : offset;
    if (var->lag < distance)
        var->lag = distance;
    return build_read(c->graph, var, CASE_T, offset);
}

static Node *param(GraphCase *c, int rank, int rows, int columns)
{
    return case_var(c, GVAR_PARAM, rank, rows, columns, 0, -0.8, 0.8);
}

static Node *input(GraphCase *c, int n)
{
    return case_var(c, GVAR_INPUT, 1, n, 1, seq, -1, 1);
}

static Node *unary(GraphCase *c, OpId op, Node *a)
{
    return build_unary(c->graph, op, a);
}

/* ---- models: each returns what the loss is made of ---- */
static Node *elman(GraphCase *c, int direction, int lag, Node *init)
{
    Graph *graph = c->graph;
    GVar *h = equation(c, "h", 1, 3, 1, init);
    Node *sum = Add(Matvec(param(c, 2, 3, 3), read(c, h, -direction * lag)), Matvec(param(c, 2, 3, 2), input(c, 2)));
    return define(c, h, unary(c, OP_TANH, Add(sum, param(c, 1, 3, 1))));
}

static Node *forward(GraphCase *c)
{
    return elman(c, 1, 1, param(c, 1, 3, 1));
}

static Node *reverse(GraphCase *c)
{
    return elman(c, -1, 1, param(c, 1, 3, 1));
}

static Node *delayed(GraphCase *c)
{
    return elman(c, 1, 3, param(c, 1, 3, 1));
}

static Node *delayed_reverse(GraphCase *c)
{
    return elman(c, -1, 2, param(c, 1, 3, 1));
}

static Node *two_delays(GraphCase *c)
{
    Graph *graph = c->graph;
    GVar *h = equation(c, "h", 1, 3, 1, param(c, 1, 3, 1));
    Node *a = Matvec(param(c, 2, 3, 3), read(c, h, -1)), *b = Matvec(param(c, 2, 3, 3), read(c, h, -2));
    return define(c, h, unary(c, OP_TANH, Add(Add(a, input(c, 3)), b)));
}

static Node *lstm(GraphCase *c)
{
    Graph *graph = c->graph;
    GVar *h = equation(c, "h", 1, 3, 1, NULL), *cell = equation(c, "c", 1, 3, 1, param(c, 1, 3, 1));
    Node *x = input(c, 2), *gate[4], *peep = param(c, 1, 3, 1);
    for (int i = 0; i < 4; i++) {
        Node *sum = Add(Matvec(param(c, 2, 3, 3), read(c, h, -1)), Matvec(param(c, 2, 3, 2), x));
        if (i < 2)
            sum = Add(sum, Mul(peep, read(c, cell, -1)));
        gate[i] = unary(c, i == 3 ? OP_TANH : OP_SIGMOID, Add(sum, param(c, 1, 3, 1)));
    }
    Node *next = define(c, cell, Add(Mul(gate[1], read(c, cell, -1)), Mul(gate[0], gate[3])));
    return define(c, h, Mul(gate[2], unary(c, OP_TANH, next)));
}

static Node *gru_of_reverse(GraphCase *c)
{
    Graph *graph = c->graph;
    Node *below = elman(c, -1, 1, NULL);
    GVar *h = equation(c, "g", 1, 2, 1, param(c, 0, 1, 1));
    h->init = build_expand_to(graph, param(c, 1, 2, 1), h->init);
    Node *old = read(c, h, -1);
    Node *z = Sigmoid(Add(Matvec(param(c, 2, 2, 2), old), Matvec(param(c, 2, 2, 3), below)));
    Node *r = Sigmoid(Sub(Matvec(param(c, 2, 2, 3), below), Matvec(param(c, 2, 2, 2), old)));
    Node *n =
        unary(c, OP_TANH, Add(MatvecTransposed(param(c, 2, 2, 2), Mul(r, old)), Matvec(param(c, 2, 2, 3), below)));
    return define(c, h, Add(Mul(Sub(One, z), old), Mul(z, n)));
}

static Node *matrix_state(GraphCase *c)
{
    Graph *graph = c->graph;
    GVar *h = equation(c, "h", 1, 3, 1, NULL), *a = equation(c, "A", 2, 3, 3, NULL);
    Node *old = read(c, h, -1);
    Node *fast =
        define(c, a, Add(Mul(Num(0.9), read(c, a, -1)), Mul(Num(0.5), build_binary(graph, OP_OUTER, old, old))));
    Node *z = Add(Matvec(param(c, 2, 3, 3), old), input(c, 3));
    return define(c, h, unary(c, OP_TANH, Add(z, Matvec(fast, unary(c, OP_TANH, z)))));
}

/* Reads of an input and of a variable outside loops at other steps, with start values on both sides. */
static Node *shifted(GraphCase *c)
{
    Graph *graph = c->graph;
    Node *x = input(c, 2);
    x->var->init = param(c, 1, 2, 1);
    x->var->lag = 2;
    c->state[x->var->id].real = case_numbers(c, 2 * ROWS * 2, -1, 1);
    c->state_direction[x->var->id].real =
        graph->model->axes.at[CASE_T].carry ? case_numbers(c, 2 * ROWS * 2, -1, 1) : NULL;
    GVar *y = equation(c, "y", 1, 3, 1, param(c, 1, 3, 1));
    define(c, y, unary(c, OP_TANH, Matvec(param(c, 2, 3, 2), build_read(graph, x->var, CASE_T, -2))));
    Node *back = read(c, y, -1);
    Node *ahead = graph->model->axes.at[CASE_T].carry ? y->def : read(c, y, 2);
    return Add(Mul(back, ahead), Mul(y->def, read(c, y, -2)));
}

static Node *edges(GraphCase *c)
{
    Graph *graph = c->graph;
    const bool carry = graph->model->axes.at[CASE_T].carry;
    GVar *h = equation(c, "h", 1, 3, 1, NULL);
    Node *start = graph_node(graph, &(NodeSpec){.op = carry ? OP_IS_START : OP_IS_STEP, .axis = CASE_T});
    Node *last = graph_node(graph, &(NodeSpec){.op = OP_IS_STEP, .axis = CASE_T, .offset = 1, .from_end = true});
    Node *main = unary(c, OP_TANH, Add(Matvec(param(c, 2, 3, 3), read(c, h, -1)), input(c, 3)));
    define(c, h, Where(start, param(c, 1, 3, 1), main));
    return Where(last, Mul(h->def, param(c, 1, 3, 1)), h->def);
}

static Node *ends(GraphCase *c)
{
    Graph *graph = c->graph;
    Node *h = elman(c, 1, 1, param(c, 1, 3, 1)), *r = elman(c, -1, 1, NULL);
    Node *last = build_at(graph, h, CASE_T, 0, true), *first = build_at(graph, r, CASE_T, 0, false);
    GVar *d = equation(c, "d", 1, 6, 1, NULL);
    NodeSpec join = {.op = OP_JOIN, .n = 2, .arg = {last, first}};
    d->init = unary(c, OP_TANH, graph_node(graph, &join));
    return define(c, d, unary(c, OP_TANH, Add(Matvec(param(c, 2, 6, 6), read(c, d, -1)), param(c, 1, 6, 1))));
}

static Node *dropped(GraphCase *c)
{
    Graph *graph = c->graph;
    Node *rate = Num(0.4), *mask[2];
    for (int per = 0; per < 2; per++)
        mask[per] = graph_node(graph, &(NodeSpec){.op = OP_MASK,
                                                  .n = 1,
                                                  .arg = {rate},
                                                  .rank = 1,
                                                  .dim = {3, 1},
                                                  .axes = per ? AXIS_BIT(AXIS_BATCH) : seq,
                                                  .site = per,
                                                  .per_axis = per ? CASE_T : -1});
    GVar *h = equation(c, "h", 1, 3, 1, NULL);
    Node *old = Mul(read(c, h, -1), mask[1]);
    define(c, h, unary(c, OP_TANH, Add(Matvec(param(c, 2, 3, 3), old), input(c, 3))));
    return Mul(h->def, mask[0]);
}

static Node *language_model(GraphCase *c)
{
    Graph *graph = c->graph;
    Node *word = case_token(c, 5, seq), *table = param(c, 2, 5, 3), *bias = param(c, 1, 5, 1);
    word->var->lag = 1;
    int32_t *before = arena_array(c->arena, int32_t, ROWS);
    c->state[word->var->id].token = before;
    Node *old = build_read(graph, word->var, CASE_T, -1);
    GVar *h = equation(c, "h", 1, 3, 1, NULL);
    NodeSpec gather = {.op = OP_GATHER, .n = 2, .arg = {table, old}}, column = gather, element = gather;
    column.arg[0] = param(c, 2, 3, 5);
    column.ta = true;
    element.arg[0] = bias;
    Node *x = Add(graph_node(graph, &gather), graph_node(graph, &column));
    define(c, h, unary(c, OP_TANH, Add(Matvec(param(c, 2, 3, 3), read(c, h, -1)), x)));
    Node *o = Add(Matvec(table, h->def), bias);
    Node *nll = Sub(unary(c, OP_LOGSUMEXP, o), build_binary(graph, OP_PICK, o, word));
    return Mul(Add(nll, graph_node(graph, &element)), Div(One, build_count(graph, seq, 0)));
}

/* A sequence that no row owns, and weights that meet it. */
static Node *no_rows(GraphCase *c)
{
    Graph *graph = c->graph;
    GVar *p = equation(c, "p", 1, 3, 1, param(c, 1, 3, 1));
    p->axes = AXIS_BIT(CASE_T);
    p->def = unary(c, OP_TANH, Matvec(param(c, 2, 3, 3), read(c, p, -1)));
    return Mul(Matvec(param(c, 2, 3, 3), p->def), Add(input(c, 3), read(c, p, -1)));
}

/* Such a sequence times values of a row: the row's length bounds the sum. */
static Node *rows_meet_steps(GraphCase *c)
{
    Graph *graph = c->graph;
    GVar *p = equation(c, "p", 1, 3, 1, param(c, 1, 3, 1));
    p->axes = AXIS_BIT(CASE_T);
    p->def = unary(c, OP_TANH, Matvec(param(c, 2, 3, 3), read(c, p, -1)));
    Node *row = case_var(c, GVAR_INPUT, 1, 3, 1, AXIS_BIT(AXIS_BATCH), -1, 1);
    Node *outer = build_binary(graph, OP_OUTER, p->def, row);
    Node *sums = build_over(graph, OP_SUM_AXES, Add(outer, outer), AXIS_BIT(CASE_T));
    Node *more = build_over(graph, OP_SUM_AXES, outer, AXIS_BIT(CASE_T));
    Node *scaled = build_over(graph, OP_SUM_AXES, Div(Mul(p->def, row), Exp(row)), AXIS_BIT(CASE_T));
    return Add(Matvec(Mul(sums, more), scaled), build_over(graph, OP_SUM_AXES, Mul(p->def, row), AXIS_BIT(CASE_T)));
}

static Node *all_rows_meet_steps(GraphCase *c)
{
    Graph *graph = c->graph;
    GVar *p = equation(c, "p", 1, 3, 1, param(c, 1, 3, 1));
    p->axes = AXIS_BIT(CASE_T);
    p->def = unary(c, OP_TANH, Matvec(param(c, 2, 3, 3), read(c, p, -1)));
    Node *row = case_var(c, GVAR_INPUT, 1, 3, 1, AXIS_BIT(AXIS_BATCH), -1, 1);
    return build_over(graph, OP_SUM_AXES, build_binary(graph, OP_OUTER, p->def, row), seq);
}

/* ---- checks ---- */
typedef Node *Make(GraphCase *c);
typedef struct Named {
    const char *name;
    Make *make;
    bool carry; /* also on a carry axis */
} Named;
static const Named models[] = {
    {"forward", forward, true},
    {"reverse", reverse, false},
    {"delayed", delayed, true},
    {"delayed reverse", delayed_reverse, false},
    {"two delays", two_delays, true},
    {"lstm", lstm, true},
    {"gru of reverse", gru_of_reverse, false},
    {"matrix state", matrix_state, true},
    {"shifted", shifted, true},
    {"edges", edges, true},
    {"ends", ends, false},
    {"dropout", dropped, true},
    {"language model", language_model, true},
    {"no rows", no_rows, false},
    {"rows meet steps", rows_meet_steps, false},
    {"all rows meet steps", all_rows_meet_steps, false},
};
enum { MODELS = sizeof models / sizeof *models };

static GraphCase build(const Named *model, bool carry, bool plain, uint64_t seed)
{
    static const int32_t lengths[ROWS] = {5, 1, 3, 2};
    GraphCase c = case_new(ROWS, STEPS, carry, seed);
    c.graph->plain = plain;
    bool *fresh = arena_array(c.arena, bool, ROWS);
    fresh[1] = fresh[3] = true;
    c.data.lengths[CASE_T] = seed % 3 == 0 ? NULL : lengths;
    c.data.fresh = carry ? fresh : NULL;
    case_loss(&c, model->make(&c));
    return c;
}

static void expect(const Named *model, const char *what, double error)
{
    if (error < 1e-10)
        return;
    fprintf(stderr, "%s, %s: error %g\n", model->name, what, error);
    unit_failures++;
}

static void expect_sound(const Named *model, const Graph *graph)
{
    const char *broken = graph_verify(graph);
    if (broken == NULL)
        return;
    fprintf(stderr, "%s: %s\n", model->name, broken);
    unit_failures++;
}

/* All passes in their order; the value of the loss never moves. */
static void check(const Named *model, bool carry, uint64_t seed)
{
    GraphCase c = build(model, carry, true, seed);
    const double plain = interp_loss(interp_new(c.arena, c.graph, &c.data));
    simplify_run(c.graph);
    expect_sound(model, c.graph);
    expect(model, "simplified", fabs(interp_loss(interp_new(c.arena, c.graph, &c.data)) - plain));
    chains_run(c.graph, 0);
    expect_sound(model, c.graph);
    expect(model, "chains", fabs(interp_loss(interp_new(c.arena, c.graph, &c.data)) - plain));
    grad_build(c.graph, true);
    expect_sound(model, c.graph);
    expect(model, "gradient of chains", case_error(&c, c.graph));
    retime_run(c.graph);
    expect_sound(model, c.graph);
    expect(model, "retimed", case_error(&c, c.graph));
    chains_run(c.graph, c.graph->forward_nodes);
    expect_sound(model, c.graph);
    expect(model, "chains of the gradient", case_error(&c, c.graph));
    simplify_run(c.graph);
    expect(model, "all", case_error(&c, c.graph));
    arena_free(c.arena);
}

static void check_plain(const Named *model, bool carry, uint64_t seed)
{
    GraphCase c = build(model, carry, true, seed);
    grad_build(c.graph, false);
    expect_sound(model, c.graph);
    expect(model, "plain", case_error(&c, c.graph));
    arena_free(c.arena);
}

/* Faults in the treatment of time: each must show in some model. */
static double planted(const Named *model, bool carry, int fault)
{
    GraphCase c = build(model, carry, false, 4);
    Graph *graph = c.graph;
    grad_build(graph, false);
    for (int id = graph->forward_nodes; id < graph->nodes.n; id++) {
        Node *node = graph->nodes.at[id];
        if (fault == 0 && node->op == OP_READ)
            node->offset = -node->offset; /* the wrong way */
        if (fault == 1 && node->op == OP_READ)
            node->offset *= 2; /* a stale step */
        if (fault == 2 && node->op == OP_AT)
            node->from_end = !node->from_end; /* the start value at the wrong end */
        if (fault == 3 && node->op == OP_FRESH)
            node->op = OP_DLOSS, node->axes = 0; /* rows that go on counted as fresh */
        if (fault == 4 && node->op == OP_IS_STEP)
            node->offset++;
    }
    const double error = case_error(&c, graph);
    arena_free(c.arena);
    return error;
}

int main(void)
{
    int checked = 0;
    for (int i = 0; i < MODELS; i++)
        for (int carry = 0; carry <= models[i].carry; carry++)
            for (uint64_t seed = 1; seed <= 6; seed++) {
                check(&models[i], carry, seed);
                check_plain(&models[i], carry, seed);
                checked++;
            }
    for (int fault = 0; fault < 5; fault++) {
        double worst = 0;
        for (int i = 0; i < MODELS; i++)
            for (int carry = 0; carry <= models[i].carry; carry++) {
                const double error = planted(&models[i], carry, fault);
                worst = error > worst ? error : worst;
            }
        if (!(worst > 1e-3)) {
            fprintf(stderr, "planted fault %d was not found\n", fault);
            unit_failures++;
        }
    }
    printf("%d recurrences\n", checked);
    return unit_result();
}

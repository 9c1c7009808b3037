/* The gradient column of every row of ops.def, for scalars, vectors and matrices of several sizes, operands that vary
 * over steps and rows, over rows or over nothing, and one operand used twice: complex step against the column. Every
 * operand of every differentiable row must be reached, and planted faults must be found. */
#include "graph_case.h"

static int checked;              /* gradient cases */
static bool reached[OP_ROWS][3]; /* which columns were used */

static const AxisSet kinds[] = {0, 1, 3}; /* no axis, rows, steps and rows */
static const int sizes[] = {1, 2, 3, 5, 8, 17};

static bool has_kink(OpId op)
{
    return op == OP_RELU || op == OP_LEAKY_RELU || op == OP_ELU || op == OP_ABS;
}

static Node *operand(GraphCase *c, OpId op, int rank, int64_t rows, int64_t columns, AxisSet axes, int sign)
{
    const double low = op_info[op].low, high = op_info[op].high;
    return case_var(c, axes == 0 ? GVAR_PARAM : GVAR_INPUT, rank, rows, columns, axes, sign < 0 ? -high : low,
                    sign < 0 ? -low : high);
}

static void finish(GraphCase *c, Node *y)
{
    for (int i = 0; i < y->n && i < 3; i++)
        reached[y->op][i] = true;
    case_loss(c, y);
    grad_build(c->graph, false);
    const char *broken = graph_verify(c->graph);
    const double error = case_error(c, c->graph);
    checked++;
    if (broken != NULL || !(error < 1e-10)) {
        fprintf(stderr, "%s: error %g %s\n", op_info[y->op].name, error, broken == NULL ? "" : broken);
        unit_failures++;
    }
    arena_free(c->arena);
}

static GraphCase start(int seed)
{
    static const int32_t lengths[] = {4, 2, 3};
    GraphCase c = case_new(3, 4, false, (uint64_t)seed * 77 + 5);
    c.data.lengths[CASE_T] = lengths;
    c.graph->plain = seed % 2 == 0; /* with and without simplification */
    return c;
}

static Node *node(GraphCase *c, NodeSpec spec)
{
    return graph_node(c->graph, &spec);
}

/* ---- families ---- */
static void check_elementwise(OpId op, int size, int shapes, int first, int second, int sign)
{
    GraphCase c = start(checked);
    Node *x[3] = {NULL, NULL, NULL};
    for (int i = 0; i < op_info[op].args; i++) {
        const AxisSet axes = i == 0 ? kinds[first] : i == 1 ? kinds[second] : kinds[(first + second) % 3];
        x[i] = operand(&c, op, (shapes >> i) & 1, size, 1, axes, sign);
    }
    if (op == OP_WHERE)
        x[0] = build_binary(c.graph, OP_GT, x[0], build_number(c.graph, 0));
    finish(&c, op == OP_EXPAND
                   ? node(&c, (NodeSpec){.op = op, .n = 1, .arg = {x[0]}, .rank = 1, .dim = {size, 1}, .axes = 3})
                   : node(&c, (NodeSpec){.op = op, .n = op_info[op].args, .arg = {x[0], x[1], x[2]}}));
}

static void check_same_operand(OpId op)
{
    GraphCase c = start(checked);
    Node *x = operand(&c, op, 1, 3, 1, 3, 1);
    finish(&c, node(&c, (NodeSpec){.op = op, .n = op_info[op].args, .arg = {x, x, x}}));
}

static void check_product(OpId op, int rows, int columns, AxisSet a_axes, AxisSet x_axes, bool ta)
{
    GraphCase c = start(checked);
    Node *a = operand(&c, op, 2, ta ? columns : rows, ta ? rows : columns, a_axes, 1);
    Node *x = operand(&c, op, 1, columns, 1, x_axes, 1), *acc = operand(&c, op, 1, rows, 1, 1, 1);
    finish(&c, op == OP_MATVEC ? node(&c, (NodeSpec){.op = op, .n = 2, .arg = {a, x}, .ta = ta})
                               : node(&c, (NodeSpec){.op = op, .n = 3, .arg = {acc, a, x}, .ta = ta}));
}

static void check_matrix(OpId op, int rows, int depth, int columns, AxisSet a_axes, AxisSet b_axes, int flags)
{
    GraphCase c = start(checked);
    const bool ta = (flags & 1) != 0, tb = (flags & 2) != 0;
    if (op == OP_OUTER) {
        Node *a = operand(&c, op, 1, rows, 1, a_axes, 1), *b = operand(&c, op, 1, columns, 1, b_axes, 1);
        finish(&c, node(&c, (NodeSpec){.op = op, .n = 2, .arg = {a, b}}));
    } else if (op == OP_TRANSPOSE) {
        finish(&c, node(&c, (NodeSpec){.op = op, .n = 1, .arg = {operand(&c, op, 2, rows, columns, a_axes, 1)}}));
    } else {
        Node *a = operand(&c, op, 2, ta ? depth : rows, ta ? rows : depth, a_axes, 1);
        Node *b = operand(&c, op, 2, tb ? columns : depth, tb ? depth : columns, b_axes, 1);
        finish(&c, node(&c, (NodeSpec){.op = op, .n = 2, .arg = {a, b}, .ta = ta, .tb = tb}));
    }
}

static void check_reduce(OpId op, int rank, int size, AxisSet a_axes, AxisSet b_axes)
{
    GraphCase c = start(checked);
    Node *a = operand(&c, op, rank, size, 3, a_axes, 1);
    Node *b = op == OP_DOT ? operand(&c, op, rank, size, 3, b_axes, 1) : NULL;
    finish(&c, node(&c, (NodeSpec){.op = op, .n = b == NULL ? 1 : 2, .arg = {a, b}}));
}

static void check_pieces(int size, AxisSet a_axes, AxisSet b_axes)
{
    GraphCase c = start(checked);
    Node *list[5];
    for (int i = 0; i < 5; i++)
        list[i] = operand(&c, OP_JOIN, i % 2, size + i, 1, i < 2 ? a_axes : b_axes, 1);
    finish(&c, node(&c, (NodeSpec){.op = OP_JOIN, .n = 5, .more = list}));
    c = start(checked);
    Node *two[2] = {operand(&c, OP_JOIN, 1, size, 1, a_axes, 1), operand(&c, OP_JOIN, 0, 1, 1, b_axes, 1)};
    finish(&c, node(&c, (NodeSpec){.op = OP_JOIN, .n = 2, .arg = {two[0], two[1]}}));
    c = start(checked);
    Node *a = operand(&c, OP_SLICE, 1, size + 2, 1, a_axes, 1);
    finish(&c, node(&c, (NodeSpec){.op = OP_SLICE, .n = 1, .arg = {a}, .from = 1, .dim = {size, 1}}));
    c = start(checked);
    a = operand(&c, OP_PAD, 1, size, 1, a_axes, 1);
    finish(&c, node(&c, (NodeSpec){.op = OP_PAD, .n = 1, .arg = {a}, .from = 2, .dim = {size + 3, 1}}));
}

static void check_tokens(int size, AxisSet a_axes, AxisSet token_axes, bool ta)
{
    for (int rank = 1; rank <= 2; rank++) {
        GraphCase c = start(checked);
        Node *table = operand(&c, OP_GATHER, rank, size, 4, a_axes, 1);
        Node *token = case_token(&c, (int)table->dim[rank == 2 && ta ? 1 : 0], token_axes);
        finish(&c, node(&c, (NodeSpec){.op = OP_GATHER, .n = 2, .arg = {table, token}, .ta = ta}));
        c = start(checked);
        Node *value = operand(&c, OP_SCATTER, rank - 1, ta && rank == 2 ? size : 4, 1, a_axes, 1);
        token = case_token(&c, ta && rank == 2 ? 4 : size, token_axes);
        finish(&c, node(&c, (NodeSpec){.op = OP_SCATTER,
                                       .n = 2,
                                       .arg = {value, token},
                                       .ta = ta,
                                       .rank = rank,
                                       .dim = {size, rank == 2 ? 4 : 1}}));
    }
    GraphCase c = start(checked);
    Node *scores = operand(&c, OP_PICK, 1, size, 1, a_axes, 1), *token = case_token(&c, size, token_axes);
    finish(&c, node(&c, (NodeSpec){.op = OP_PICK, .n = 2, .arg = {scores, token}}));
}

static void check_axes(OpId op, int rank, AxisSet over)
{
    GraphCase c = start(checked);
    Node *a = operand(&c, op, rank, 3, 1, 3, 1);
    finish(&c, node(&c, (NodeSpec){.op = op, .n = 1, .arg = {a}, .over = over}));
}

static void check_at(int rank, int offset, bool from_end)
{
    GraphCase c = start(checked);
    Node *a = operand(&c, OP_AT, rank, 3, 1, 3, 1);
    finish(&c, node(&c, (NodeSpec){
                            .op = OP_AT, .n = 1, .arg = {a}, .axis = CASE_T, .offset = offset, .from_end = from_end}));
}

/* ---- all rows ---- */
static void all_elementwise(void)
{
    for (int op = 0; op < OP_ROWS; op++) {
        bool smooth = false;
        for (int i = 0; i < op_info[op].args && i < 3; i++)
            smooth = smooth || op_differentiable((OpId)op, i);
        if (op_info[op].family != FAMILY_EW || !smooth)
            continue;
        const int shapes = op == OP_EXPAND ? 1 : 1 << op_info[op].args;
        for (int shape = 0; shape < shapes; shape++)
            for (int kind = 0; kind < (op_info[op].args == 1 ? 3 : 9); kind++)
                for (int s = 0; s < 6; s++)
                    for (int sign = has_kink((OpId)op) ? -1 : 1; sign <= 1; sign += 2)
                        check_elementwise((OpId)op, sizes[s], shape, kind % 3, kind / 3, sign);
        if (op_info[op].args > 1 && op != OP_WHERE)
            check_same_operand((OpId)op);
    }
}

static void all_products(void)
{
    for (int kind = 0; kind < 9; kind++)
        for (int i = 0; i < 6; i++)
            for (int flags = 0; flags < 4; flags++) {
                const AxisSet a = kinds[kind % 3], b = kinds[kind / 3];
                const int rows = sizes[i], columns = sizes[(i + 2) % 6];
                check_product(flags & 1 ? OP_MATVEC : OP_FMA_PRODUCT, rows, columns, a, b, (flags & 2) != 0);
                check_matrix(OP_MATMUL, rows, 3, columns, a, b, flags);
                if (flags == 0) {
                    check_matrix(OP_OUTER, rows, 1, columns, a, b, 0);
                    check_matrix(OP_TRANSPOSE, rows, 1, columns, a, b, 0);
                }
            }
}

static void all_others(void)
{
    static const OpId reductions[] = {OP_SUM, OP_SUMSQ, OP_NORM, OP_DOT, OP_LOGSUMEXP, OP_MAX, OP_MIN, OP_SOFTMAX};
    for (int kind = 0; kind < 9; kind++)
        for (int i = 0; i < 6; i++) {
            const AxisSet a = kinds[kind % 3], b = kinds[kind / 3];
            for (size_t k = 0; k < sizeof reductions / sizeof *reductions; k++)
                for (int rank = 1; rank <= (k < 5 ? 2 : 1); rank++)
                    check_reduce(reductions[k], rank, sizes[i], a, b);
            check_pieces(sizes[i], a, b);
            check_tokens(sizes[i], a, b, kind % 2 != 0);
        }
    for (int rank = 0; rank < 2; rank++)
        for (int offset = 0; offset < 4; offset++) {
            check_at(rank, offset, false);
            check_at(rank, offset, true);
            if (offset == 0)
                continue;
            check_axes(OP_SUM_AXES, rank, (AxisSet)offset);
            check_axes(OP_MAX_AXES, rank, (AxisSet)offset);
            check_axes(OP_MIN_AXES, rank, (AxisSet)offset);
        }
}

static void check_all_reached(void)
{
    for (int op = 0; op < OP_ROWS; op++)
        for (int i = 0; i < 3; i++)
            if ((op_info[op].args < 0 ? i < 2 : i < op_info[op].args) && op_differentiable((OpId)op, i) &&
                !reached[op][i]) {
                fprintf(stderr, "%s: operand %d was never checked\n", op_info[op].name, i);
                unit_failures++;
            }
}

/* ---- the harness itself: wrong gradients must be found ---- */
static double planted(int fault)
{
    GraphCase c = start(1);
    Graph *graph = c.graph;
    Node *a = operand(&c, OP_MATVEC, 2, 3, 2, 0, 1), *x = operand(&c, OP_MATVEC, 1, 2, 1, 3, 1);
    Node *b = operand(&c, OP_MATVEC, 1, 3, 1, 0, 1);
    case_loss(&c, build_unary(graph, OP_TANH, Add(Matvec(a, x), b)));
    grad_build(graph, false);
    Node **g = &graph->param_grads.at[0].grad;
    if (fault == 1)
        *g = Neg(*g);
    if (fault == 2)
        *g = NULL;
    if (fault == 3)
        graph->param_grads.at[1].grad = Mul(Num(2), graph->param_grads.at[1].grad);
    if (fault == 4)
        graph->input_grads.at[0].grad = NULL;
    const double error = case_error(&c, graph);
    arena_free(c.arena);
    return error;
}

int main(void)
{
    all_elementwise();
    all_products();
    all_others();
    check_all_reached();
    CHECK(planted(0) < 1e-10);
    for (int fault = 1; fault <= 4; fault++)
        CHECK(planted(fault) > 1e-3);
    printf("%d gradient cases\n", checked);
    CHECK(checked >= 5000);
    return unit_result();
}

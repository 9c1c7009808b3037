/* From text to gradient: programs, and every function of the language in a small one. The equations without any
 * simplification, evaluated by the interpreter, are the reference for values (loss, metrics, outputs) and, by the
 * complex step, for the gradient of the graph after all passes. */
#include "grammar/parse.h"
#include "graph/lower.h"
#include "graph_case.h"
#include "opt/chains.h"
#include "opt/retime.h"
#include "opt/simplify.h"
#include "sema/sema.h"
#include "support/embedded.h"
#include "support/text.h"

static int programs, expressions;

static const char *builtin(const char *path, size_t *size)
{
    const EmbeddedFile *file = embedded_find(path);
    if (file != NULL)
        *size = file->size;
    return file == NULL ? NULL : file->text;
}

typedef struct Compiled {
    GraphCase c;
    SourceMap *sources;
    Diag *diag;
    const Model *model;
    Graph *plain, *graph;
} Compiled;

static Compiled compile(const char *text)
{
    Compiled p = {.c = {.arena = arena_new(), .random = 11}};
    Intern *names = intern_new(p.c.arena);
    p.sources = source_map_new(p.c.arena);
    p.diag = diag_new(p.c.arena, p.sources);
    const uint32_t file = source_add(p.sources, "m.rnn", text, (uint32_t)strlen(text), false);
    const Ast *ast = parse_file(p.c.arena, names, p.sources, p.diag, file);
    const SemaOptions options = {.builtin = builtin, .no_hints = true};
    if (ast != NULL && diag_errors(p.diag) == 0)
        p.model = sema_check(p.c.arena, names, p.sources, p.diag, ast, &options);
    if (p.model != NULL) {
        p.plain = lower_model_plain(p.c.arena, p.diag, p.model);
        p.graph = lower_model(p.c.arena, p.diag, p.model);
    }
    if (p.graph == NULL) {
        diag_print(p.diag, stderr, false);
        fprintf(stderr, "in:\n%s\n", text);
        unit_failures++;
    }
    return p;
}

static void fill(Compiled *p, bool full)
{
    static const int32_t lengths[] = {5, 1, 3, 2};
    GraphCase *c = &p->c;
    case_tables(c, 4, 5);
    bool *fresh = arena_array(c->arena, bool, 4);
    fresh[0] = fresh[3] = true;
    c->data.fresh = fresh;
    c->graph = p->graph;
    for (int axis = 1; axis < MAX_AXES && !full; axis++)
        c->data.lengths[axis] = lengths;
    for (int i = 0; i < p->graph->vars.n; i++) {
        const GVar *var = p->graph->vars.at[i];
        const size_t n = (size_t)(3 * 4) * (size_t)(var->dim[0] * var->dim[1]);
        if (var->kind == GVAR_CONTROL)
            c->value[i].real = &var->var->control;
        else if (var->kind != GVAR_EQUATION)
            case_fill(c, var, var->var->type.value == VALUE_DIST ? 0.1 : -0.9, 0.9);
        if (var->token) {
            c->state[i].token = arena_array(c->arena, int32_t, n);
        } else if (var->kind != GVAR_PARAM && var->kind != GVAR_CONTROL) {
            c->state[i].real = case_numbers(c, n, -1, 1);
            c->state_direction[i].real = var->kind == GVAR_TARGET ? NULL : case_numbers(c, n, -1, 1);
        }
    }
}

static bool differs(double a, double b)
{
    return !(fabs(a - b) <= 1e-11 * (1 + fabs(a)));
}

static void fail(const char *text, const char *what, double a, double b)
{
    fprintf(stderr, "%s: %g, %g in:\n%s\n", what, a, b, text);
    unit_failures++;
}

static void compare_outputs(Compiled *p, const char *text, Interp *a, Interp *b)
{
    for (int i = 0; i < p->graph->outputs.n; i++) {
        Node *x = p->plain->outputs.at[i].value, *y = p->graph->outputs.at[i].value;
        const bool steps = (x->axes & ~(AxisSet)1) != 0;
        for (int t = 0; t < (steps ? p->c.data.steps[1] : 1); t++)
            for (int row = 0; row < p->c.data.rows; row++) {
                const int at[MAX_AXES] = {row, t};
                if (steps && t >= interp_length(a, 1, row))
                    continue;
                const Complex *u = interp_at(a, x, at), *v = interp_at(b, y, at);
                for (int64_t k = 0; k < x->dim[0] * x->dim[1]; k++)
                    if (differs(creal(u[k]), creal(v[k])))
                        fail(text, p->graph->outputs.at[i].var->path, creal(u[k]), creal(v[k]));
            }
    }
}

static void compare_values(Compiled *p, const char *text)
{
    Interp *a = interp_new(p->c.arena, p->plain, &p->c.data), *b = interp_new(p->c.arena, p->graph, &p->c.data);
    if (p->graph->loss != NULL && differs(interp_loss(a), interp_loss(b)))
        fail(text, "loss", interp_loss(a), interp_loss(b));
    compare_outputs(p, text, a, b);
    for (int i = 0; i < p->graph->metrics.n; i++)
        if (differs(interp_metric(a, i), interp_metric(b, i)))
            fail(text, p->graph->metrics.at[i].var->path, interp_metric(a, i), interp_metric(b, i));
}

static void give_adjoint(GraphCase *c, const GVar *output)
{
    const size_t n = case_extent(c, output->axes) * (size_t)(output->dim[0] * output->dim[1]);
    if (!output->token)
        c->up[output->id].real = case_numbers(c, n, -1, 1);
}

static void check(const char *text)
{
    for (int full = 0; full < 2; full++) {
        Compiled p = compile(text);
        if (p.graph == NULL) {
            arena_free(p.c.arena);
            return;
        }
        fill(&p, full);
        compare_values(&p, text);
        simplify_run(p.graph);
        chains_run(p.graph, 0);
        compare_values(&p, text);
        if (p.graph->loss != NULL) {
            for (int i = 0; i < p.graph->outputs.n; i++)
                give_adjoint(&p.c, p.graph->outputs.at[i].var);
            grad_build(p.graph, true);
            retime_run(p.graph);
            chains_run(p.graph, p.graph->forward_nodes);
            const double error = case_error(&p.c, p.plain);
            if (!(error < 1e-9))
                fail(text, "gradient", error, 0);
        }
        const char *broken = graph_verify(p.graph);
        if (broken != NULL)
            fail(text, broken, 0, 0);
        arena_free(p.c.arena);
    }
    programs++;
}

/* ---- every function ---- */
static void check_expression(const char *expression)
{
    static const char *const frame =
        "rnn 1\n"
        "dim D = 3, H = 4, K = 5\n"
        "const BOS = 0\n"
        "fn layernorm(a) = (a - mean(a)) / sqrt(mean((a - mean(a))^2) + 0.00001)\n"
        "model m {\n"
        "    axis batch in 1..4\n"
        "    axis t in 1..5%s\n"
        "    input x[t] : [D]; input k[t] : index(K); target y[t] : index(K); target r[t] : [H]\n"
        "    input q[t] : dist(K); input s[t] : real; init k = BOS\n"
        "    control tau = 0.7\n"
        "    param W, M : [H, H] = orthogonal; param U : [H, D] = glorot; param b, g : [H]; param V : [K, H] = glorot\n"
        "    param O : [H, K] = glorot; param z : real; param c : [K]\n"
        "    param N : [H, D + 1] = glorot\n"
        "    h[t] = tanh(W @ h[t-1] + U @ x[t] + b)\n"
        "    o[t] = V @ h[t] + c\n"
        "    e[t] = %s\n"
        "    loss J = mean[t, batch](e[t])\n"
        "    metric total = exp(J / 10) + sum[t, batch](e[t])\n"
        "}\n";
    for (int carry = 0; carry < 2; carry++) {
        char text[2048];
        snprintf(text, sizeof text, frame, carry ? " carry" : "", expression);
        if (carry && (strstr(expression, "last") != NULL || strstr(expression, "first") != NULL ||
                      strstr(expression, "t+") != NULL))
            continue;
        check(text);
    }
    expressions++;
}

static const char *const everything[] = {
    "sum(h[t])",
    "sum(h[t] + b)",
    "sum(h[t] - g)",
    "sum(h[t] * g * h[t])",
    "sum(h[t] / (2 + g))",
    "sum((1.5 + g)^z)",
    "sum((h[t])^3)",
    "sum(-h[t])",
    "sum(tanh(g * h[t]))",
    "sum(sigmoid(h[t]))",
    "sum(hard_sigmoid(3 * h[t]))",
    "sum(relu(h[t]))",
    "sum(leaky_relu(h[t], 0.1))",
    "sum(elu(h[t]))",
    "sum(gelu(h[t]))",
    "sum(softplus(h[t]))",
    "sum(exp(h[t]))",
    "sum(log(2 + h[t]))",
    "sum(sqrt(2 + h[t]))",
    "sum(abs(h[t]))",
    "sum(sin(h[t]))",
    "sum(cos(h[t]))",
    "sum(clip(h[t], -0.3, 0.4))",
    "sum(where(h[t] > 0.1, h[t] * g, b))",
    "sum(max(h[t], g))",
    "sum(min(h[t], 0.2))",
    "max(h[t])",
    "min(h[t] * g)",
    "sum(stopgrad(h[t]) * h[t])",
    "mean(h[t])",
    "mean(W)* z",
    "logsumexp(o[t])",
    "dot(softmax(o[t]), c)",
    "sum(log_softmax(o[t]) * c)",
    "norm(h[t])",
    "sumsq(h[t]) + 0.1 * sumsq(W)",
    "dot(h[t], g)",
    "sum(outer(h[t], b) @ g)",
    "sum(slice(h[t], 1, 2))",
    "sum([h[t]; s[t]; x[t]])",
    "xent(o[t], y[t])",
    "xent(o[t], q[t])",
    "nll(softmax(o[t]), y[t])",
    "nll(log_softmax(o[t]), y[t])",
    "nll(q[t], y[t]) * z",
    "bce(h[t], sigmoid(r[t]))",
    "bce(z * s[t], 1)",
    "sqerr(h[t], r[t])",
    "mse(h[t], r[t])",
    "abserr(h[t], r[t])",
    "huber(h[t], r[t], 0.4)",
    "sum(V[k[t]])",
    "sum(V[k[t-1]] * h[t])",
    "c[k[t]] * z",
    "sum(O @ onehot(k[t]))",
    "sum(onehot(k[t]) @ V)",
    "sum(V' @ onehot(k[t]))",
    "sum(h[t] @ W)",
    "sum(W' @ h[t])",
    "sum((W @ M) @ h[t])",
    "sum((W' @ M') @ h[t])",
    "sum(N @ [x[t]; s[t]])",
    "sum(dropout(h[t], 0.5))",
    "sum(dropout(h[t], 0.5, per = t))",
    "sum((argmax(o[t]) == y[t]) * h[t]) + sum(o[t])",
    "(k[t] == BOS) * s[t] * z",
    "sum(sign(h[t]) * h[t])",
    "sum(where(not (h[t] > 0 and h[t] < 0.5) or h[t] == 0, h[t], g))",
    "sum(layernorm(h[t]))",
    "sum(layernorm(h[t]) * g)",
    "sum(h[last]) + s[first] * z",
    "sum(h[t-2] * h[t-1])",
    "sum(x[t-1]) * z",
    "sum(x[t+1]) * z",
    "sum(sum[t](h[t]) * g)",
    "sum(mean[t](h[t]))",
    "max[t](s[t] * z)",
    "sum(min[t](h[t]))",
    "sum(softmax[t](h[t]) * g)",
    "sum(log_softmax[t](h[t]) * g)",
    "logsumexp[t](s[t] * z)",
    "mean[t](s[t] * z, weight = sigmoid(s[t]))",
    "sum[t](s[t] * z, weight = s[t] * z)",
    "tau * z * s[t]",
    "z",
    "1",
    "sum(W) * s[t]",
    "sum(b)",
    "z * sum[t](1)",
    "mean[t](z) * s[t]",
    "H * z / sqrt(D)",
    "sum(softmax(b) * h[t])",
};

/* ---- whole programs ---- */
static const char *const wholes[] = {
    "rnn 1\nuse std.cells\ndim V = 7, E = 3, H = 4\nconst BOS = 0, EOS = 1\n"
    "model charlm {\n    axis batch in 1..4\n    axis t in 1..5 carry\n    input w[t] : index(V)\n    init w = BOS\n"
    "    control tau = 1.0\n    param Emb : [V, E] = uniform(0.05); param Wo : [V, H] = glorot; param bo : [V]\n"
    "    layer rnn = GRU[E, H]\n    h[t] = rnn(Emb[w[t-1]])\n    o[t] = Wo @ h[t] + bo\n    nll[t] = xent(o[t], w[t])\n"
    "    output p[t] = softmax(o[t])\n    loss J = mean[t, batch](nll[t])\n    metric ppl = exp(mean[t, "
    "batch](nll[t]))\n"
    "    metric acc = mean[t, batch](argmax(o[t]) == w[t])\n"
    "    generate text over t { w[t] = sample(o[t], tau); stop w[t] == EOS }\n}\n",
    "rnn 1\nuse std.cells\ndim V = 6, H = 3, L = 2\n"
    "model zaremba {\n    axis batch in 1..4\n    axis t in 1..5 carry\n"
    "    input x[t] : index(V); target y[t] : index(V)\n    param Emb, Wo : [V, H] = uniform(0.05); param bo : [V]\n"
    "    h[0,t] = dropout(Emb[x[t]], 0.5)\n    for k in 1..L {\n"
    "        layer rnn[k] = LSTM[H, H, forget = 0.0] { * = uniform(0.05) }\n"
    "        h[k,t] = dropout(rnn[k](h[k-1,t]), 0.5)\n    }\n    o[t] = Wo @ h[L,t] + bo\n    nll[t] = xent(o[t], "
    "y[t])\n"
    "    output logp[t] = log_softmax(o[t])\n    loss J = mean[batch](sum[t](nll[t]))\n"
    "    metric ppl = exp(mean[t, batch](nll[t]))\n    step next over t -> logp\n}\n",
    "rnn 1\ndim V = 7, E = 3, H = 2, K = 5, L = 2\n"
    "cell BiLayer[D, H](x[t] : [D]) -> y[t] : [2 * H] {\n    param Wf, Wb : [H, D] = he; param Vf, Vb : [H, H] = "
    "orthogonal\n"
    "    param bf, bb : [H]\n    f[t] = relu(Wf @ x[t] + Vf @ f[t-1] + bf)\n    r[t] = relu(Wb @ x[t] + Vb @ r[t+1] + "
    "bb)\n"
    "    y[t] = [f[t]; r[t]]\n}\n"
    "model tagger {\n    axis batch in 1..4\n    axis t in 1..5\n"
    "    input word[t] : index(V); target tag[t] : index(K)\n    param Emb : [V, E] = uniform(0.1) frozen\n"
    "    param U : [K, 2 * H] = glorot; param c : [K]\n    layer bi[1] = BiLayer[E, H]\n    y[1,t] = "
    "bi[1](Emb[word[t]])\n"
    "    for k in 2..L { layer bi[k] = BiLayer[2 * H, H]; y[k,t] = bi[k](y[k-1,t]) }\n    o[t] = U @ y[L,t] + c\n"
    "    output best[t] = argmax(o[t])\n    loss J = mean[batch](mean[t](xent(o[t], tag[t])))\n"
    "    metric acc = mean[t, batch](argmax(o[t]) == tag[t])\n}\n",
    "rnn 1\nuse std.cells\ndim V = 6, E = 3, H = 3\n"
    "model sentiment {\n    axis batch in 1..4\n    axis t in 1..5\n    input w[t] : index(V); target label : "
    "index(2)\n"
    "    param Emb : [V, E] = uniform(0.05); param Wo : [2, 2 * H] = glorot; param bo : [2]\n    layer fw, bw = "
    "LSTM[E, H]\n"
    "    e[t] = dropout(Emb[w[t]], 0.3)\n    f[t] = fw(e[t])\n    b[t] = reverse bw(e[t])\n"
    "    z = Wo @ dropout([f[last]; b[first]], 0.5) + bo\n    output prob = softmax(z)\n"
    "    loss J = mean[batch](xent(z, label)) + 0.0001 * sumsq(Wo)\n    metric acc = mean[batch](argmax(z) == "
    "label)\n}\n",
    "rnn 1\nuse std.cells\ndim F = 4, V = 6, E = 3, H = 3\nconst BOS = 1, EOS = 2\n"
    "model caption {\n    axis batch in 1..4\n    axis t in 1..5\n    input feat : [F]; target w[t] : index(V)\n"
    "    control tau = 1.0\n    param Emb : [V, E] = uniform(0.05); param Pi : [E, F] = glorot; param Ph : [H, F] = "
    "glorot\n"
    "    param Wo : [V, H] = glorot; param bo : [V]\n    layer rnn = LSTM[E, H]\n    x[first] = Pi @ feat\n"
    "    x[t] = Emb[w[t-1]]\n    (h, c)[t] = rnn(x[t])\n    init h = tanh(Ph @ feat)\n"
    "    o[t] = Wo @ dropout(h[t], 0.5) + bo\n    loss J = mean[t, batch](xent(o[t], w[t]))\n"
    "    generate describe over t { w[t] = sample(o[t], tau); stop w[t] == EOS }\n}\n",
    "rnn 1\nuse std.cells\ndim D = 2, H = 3, C = 2\n"
    "model forecast {\n    axis batch in 1..4\n    axis t in 1..5 carry\n    input x[t] : [D]; target y[t] : [D]\n"
    "    param Wy : [D, C + H] = glorot; param by : [D]\n    layer rnn = SCRN[D, H, C, alpha = 0.97]\n    s[t] = "
    "rnn(x[t])\n"
    "    output yhat[t] = Wy @ s[t] + by\n    loss J = mean[t, batch](mse(yhat[t], y[t]))\n"
    "    metric mae = mean[t, batch](mean(abs(yhat[t] - y[t])))\n    step next over t -> yhat\n}\n",
    "rnn 1\ndim V = 6, E = 3, H = 3\n"
    "fn layernorm(a) = (a - mean(a)) / sqrt(mean((a - mean(a))^2) + 0.00001)\n"
    "cell Fast[D, H, const keep = 0.95, const eta = 0.5](x[t] : [D]) -> h[t] : [H] {\n"
    "    param W : [H, H] = identity(0.05); param U : [H, D] = glorot; param b : [H]\n"
    "    A[t] : [H, H] = keep * A[t-1] + eta * outer(h[t-1], h[t-1])\n    z[t] = W @ h[t-1] + U @ x[t] + b\n"
    "    h[t] = relu(layernorm(z[t] + A[t] @ relu(layernorm(z[t]))))\n}\n"
    "model recall {\n    axis batch in 1..4\n    axis t in 1..5\n    input x[t] : index(V); target y : index(V)\n"
    "    param Emb : [V, E] = uniform(0.1); param Wo : [V, H] = glorot; param bo : [V]\n    layer rnn = Fast[E, H]\n"
    "    h[t] = rnn(Emb[x[t]])\n    z = Wo @ h[last] + bo\n    output p = softmax(z)\n    loss J = mean[batch](xent(z, "
    "y))\n"
    "    metric acc = mean[batch](argmax(z) == y)\n}\n",
    "rnn 1\nuse std.cells\ndim D = 3, H = 3\n"
    "model peep {\n    axis batch in 1..4\n    axis t in 1..5 carry\n    input x[t] : [D]; target y[t] : [H]\n"
    "    param h0 : [H] = uniform(0.1)\n    layer rnn = PeepLSTM[D, H]\n    (h, c)[t] = rnn(x[t])\n    init h = h0\n"
    "    output h\n    loss J = mean[t, batch](sqerr(h[t], y[t]))\n}\n",
};

/* Variables of every kind of axes, edges on both sides, families, tokens as variables, sums of all sorts as loss. */
#define KINDS(carry, body, loss)                                                                                       \
    "rnn 1\ndim H = 3, K = 4\nmodel m {\n    axis batch in 1..4\n    axis t in 1..5" carry "\n"                        \
    "    input x[t] : [H]; input v : [H]; target y[t] : index(K); target r : [H]\n"                                    \
    "    param W, U : [H, H] = orthogonal; param b : [H] = uniform(0.5); param V : [K, H] = glorot; param z : "        \
    "real\n" body "    loss J = " loss "\n    metric j = J\n    metric twice = 2 * J + 3\n}\n"
static const char *const kinds[] = {
    KINDS("", "    p[t] = tanh(W @ p[t-1] + b)\n    init p = b\n", "mean[t, batch](sum(p[t] * x[t]))"),
    KINDS(" carry", "    p[t] = tanh(W @ p[t-1] + b)\n    init p = b\n", "mean[t, batch](sum(p[t] * x[t]))"),
    KINDS("", "    p[t] = tanh(W @ p[t-1] + b)\n", "mean[batch](sum(sum[t](p[t]) * v))"),
    KINDS("", "    p[t] = tanh(W @ p[t-1] + b)\n", "mean[batch](sum(p[last] * v)) + sum(p[first])"),
    KINDS("", "    n = sum[t](1)\n    q[t] = n * z\n    q[last] = z * z\n", "sum[t, batch](q[t] * sum(x[t]))"),
    KINDS("", "    q[t] = z\n    q[last] = z * z\n", "mean[t, batch](q[t])"),
    KINDS("", "    h[t] = tanh(W @ h[t+1] + x[t])\n    h[last] = tanh(U @ v)\n", "mean[t, batch](sqerr(h[t], r))"),
    KINDS("", "    h[t] = tanh(W @ h[t-1] + x[t])\n    h[first] = tanh(U @ v)\n", "mean[t, batch](sqerr(h[t], r))"),
    KINDS(" carry", "    h[t] = tanh(W @ h[t-1] + x[t])\n    h[first] = tanh(U @ v)\n",
          "sum[t, batch](sqerr(h[t], r))"),
    KINDS("", "    h[t] = tanh(W @ h[t-2] + x[t])\n    init h = tanh(U @ v)\n", "mean[batch](mean[t](sum(h[t])))"),
    KINDS(" carry", "    h[t] = tanh(W @ h[t-2] + U @ h[t-3] + x[t])\n    init h = tanh(U @ v)\n",
          "mean[t, batch](sum(h[t]))"),
    KINDS("", "    h[t] = tanh(W @ h[t+2] + x[t+1] * x[t-3])\n    init h = tanh(U @ v)\n    init x = b\n",
          "mean[t, batch](sum(h[t]))"),
    KINDS("", "    for i in 1..3 { h[i,t] = tanh(W @ h[i,t-1] + U @ h[i-1,t]) }\n    h[0,t] = x[t]\n",
          "mean[t, batch](sum(h[3,t] * h[1,t])) + 0.01 * (sumsq(W) + sumsq(U))"),
    KINDS("", "    h[t] = tanh(W @ h[t-1] + V[k[t-1]])\n    k[t] = argmax(V @ h[t])\n    init k = 2\n",
          "mean[t, batch](xent(V @ h[t], y[t]) + (k[t] == y[t]))"),
    KINDS("", "    k[t] = argmax(V @ x[t])\n    k[first] = 1\n", "mean[t, batch](sum(V[k[t]] * x[t]) * z)"),
    KINDS("", "    a = W @ v\n    c = U @ b\n", "mean[batch](sqerr(a, r)) + sum(c) * z"),
    "rnn 1\ndim H = 3\nmodel m {\n    axis batch in 1..4\n    axis t in 1..5\n    input x[t] : [H]; input v : [H]\n"
    "    param W : [H, H] = orthogonal; param z : real\n    m = mean[batch](v)\n"
    "    loss J = max[batch](sum(W @ v)) + min[t, batch](sum(x[t]) * z) + sum(W @ m)\n}\n",
    KINDS("", "    A[t] : [H, H] = 0.5 * A[t-1] + outer(W @ x[t], v)\n    B[t] = A[t]' @ (W @ A[t])\n",
          "mean[t, batch](sum(B[t]) + norm(A[t]) + mean(A[t]) + logsumexp(B[t]))"),
    KINDS("", "    s[t] = s[t-1] + z * sum(x[t])\n    u[t] = tanh(s[t]) * x[t]\n",
          "mean[t, batch](sum(u[t]), weight = sigmoid(s[t])) + mean[t, batch](s[t])"),
    KINDS("", "    l[t] = logsumexp[t](sum(x[t]) * z)\n", "mean[t, batch](l[t]) * mean[t, batch](l[t] * z)"),
};

/* ---- what is not translated yet is refused with a place ---- */
static void check_refused(const char *text)
{
    Compiled p = {.c = {.arena = arena_new()}};
    Intern *names = intern_new(p.c.arena);
    p.sources = source_map_new(p.c.arena);
    p.diag = diag_new(p.c.arena, p.sources);
    const uint32_t file = source_add(p.sources, "m.rnn", text, (uint32_t)strlen(text), false);
    const Ast *ast = parse_file(p.c.arena, names, p.sources, p.diag, file);
    const SemaOptions options = {.builtin = builtin, .no_hints = true};
    p.model = sema_check(p.c.arena, names, p.sources, p.diag, ast, &options);
    CHECK(p.model != NULL && diag_errors(p.diag) == 0);
    if (p.model != NULL) {
        CHECK(lower_model(p.c.arena, p.diag, p.model) == NULL);
        CHECK(diag_errors(p.diag) == 1);
    } else {
        diag_print(p.diag, stderr, false);
    }
    arena_free(p.c.arena);
}

/* nll(softmax(o), y) is xent(o, y): the same node. */
static void check_same_loss(void)
{
    Compiled p =
        compile("rnn 1\ndim D = 3, K = 4\nmodel m {\n    axis batch in 1..4\n    axis t in 1..5\n"
                "    input x[t] : [D]; target y[t] : index(K); param W : [K, D] = glorot\n    o[t] = W @ x[t]\n"
                "    p[t] = softmax(o[t])\n    l[t] = log_softmax(o[t])\n    output a[t] = xent(o[t], y[t])\n"
                "    output b[t] = nll(p[t], y[t])\n    output c[t] = nll(l[t], y[t])\n"
                "    loss J = mean[t, batch](a[t])\n}\n");
    if (p.graph == NULL)
        return;
    CHECK(p.graph->outputs.at[0].value == p.graph->outputs.at[1].value);
    CHECK(p.graph->outputs.at[0].value == p.graph->outputs.at[2].value);
    CHECK(p.graph->loss_weight != NULL && p.graph->loss_weight->op == OP_COUNT);
    arena_free(p.c.arena);
}

int main(void)
{
    for (size_t i = 0; i < sizeof everything / sizeof *everything; i++)
        check_expression(everything[i]);
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++)
        check(wholes[i]);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        check(kinds[i]);
    check_same_loss();
    check_refused("rnn 1\ndim D = 3\nmodel m {\n    axis batch in 1..4\n    axis s in 1..5\n    axis t in 1..5\n"
                  "    input x[s] : [D]; input y[t] : [D]; param W : [D, D] = glorot\n"
                  "    output h[t] = W @ sum[s](softmax[s](dot(x[s], y[t])) * x[s])\n}\n");
    printf("%d programs, %d expressions\n", programs, expressions);
    return unit_result();
}
